#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: 6.1
#
# Peers that must not get in: a wrong key, an unknown identity, nothing in common. Each is told apart by one line
# that says what to change; the peer that does fit is served meanwhile.
. "$(dirname "$0")/lib.sh"
. "$here/tunnel.sh"
need_module
topology hub spoke1 spoke2
hub_config | dvtid_start hub
spoke_config spoke1 | dvtid_start spoke1
check "the good peer comes up" wait_for 20 sessions_up hub 1

refused() { # NAME COUNTER PATTERN
	check "$1: counted" wait_for 15 counter_grew hub "$2" "$before"
	check "$1: the log says why" wait_for 5 logged hub "$3"
	check "$1: dvtictl show failures says why" grep -E "$3" <(ctl hub show failures)
	check "$1: no link was left" test "$(nl hub link-get | jq -s 'map(select(.role == "virtual-access")) | length')" -eq 1
	dvtid_stop spoke2
}

before=$(counter hub refused_auth)
psk_good=$psk psk="a wrong one"
spoke_config spoke2 | dvtid_start spoke2
psk=$psk_good
refused "wrong key" refused_auth "spoke2.example.com.*(pre-shared|key)"

before=$(counter hub refused_auth)
spoke_config spoke2 | sed 's/fqdn spoke2.example.com/fqdn spoke2.elsewhere.org/' | dvtid_start spoke2
refused "unknown identity" refused_auth "spoke2.elsewhere.org"

before=$(counter hub refused_proposal)
{ echo 'ikev2-proposal "odd" { encryption = {"aes-cbc-192"} integrity = {"sha1"} prf = {"sha1"} group = {21} }'
  spoke_config spoke2 'proposal = {"odd"}'; } | dvtid_start spoke2
refused "no IKE proposal in common" refused_proposal "aes-cbc-192"

before=$(counter hub refused_proposal)
{ echo 'transform-set "odd" { encryption = {"aes-cbc-192"} integrity = {"sha512"} }
  ipsec-profile "odd" { transform-set = {"odd"} }'
  spoke_config spoke2 'ipsec-profile = "odd"'; } | dvtid_start spoke2
refused "no ESP proposal in common" refused_proposal "aes-cbc-192/sha512"

check "the good peer never noticed" both_ways spoke1
