#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: every
#
# tshark, a parser that was not written here, reads a capture of our own exchange with the keys that
# dvtid --key-log gives it: well-formed, integrity correct, and the inner packets come out.
. "$(dirname "$0")/lib.sh"
. "$here/tunnel.sh"
command -v tshark >/dev/null || skip_all "tshark is not installed"
need_module

fields() { # CAPTURE FILTER FIELD
	WIRESHARK_CONFIG_DIR=$keys tshark -n -r "$work/$1.pcap" -o esp.enable_encryption_decode:TRUE \
		-o esp.enable_authentication_check:TRUE -Y "$2" -T fields -e "$3" 2>>"$work/tshark.err"
}
some() { [ -n "$("$@")" ] || { echo "tshark shows none"; tail -n 5 "$work/tshark.err"; return 1; }; }
none() { local said; said=$("$@"); [ -z "$said" ] || { echo "$said"; return 1; }; }

variant() { # NAME HOST LINES-OF-BOTH
	local name=$1
	topology hub "$2"
	keys=$work/keys
	rm -rf "$keys"
	mkdir "$keys"
	capture hub eth0 exchange
	{ hub_config "$4"; printf '%s\n' "$3"; } | dvtid_start hub --key-log "$keys"
	{ spoke_config spoke1 "$4"; printf '%s\n' "$3"; } | dvtid_start spoke1
	check "$name: the tunnel comes up" wait_for 20 sessions_up spoke1 1
	ctl spoke1 rekey 1 child >/dev/null
	wait_for 5 both_ways spoke1 >/dev/null
	ctl spoke1 rekey 1 ike >/dev/null
	sleep 1
	ctl spoke1 clear all >/dev/null
	sleep 1
	capture_stop exchange
	check "$name: IKE_AUTH is decrypted, with the initiator's identity" grep -q spoke1.example.com \
		<(fields exchange "isakmp.exchangetype == 35" isakmp.id.data.fqdn)
	check "$name: so is CREATE_CHILD_SA" some fields exchange \
		"isakmp.exchangetype == 36 && isakmp.enc.decrypted" frame.number
	check "$name: no payload is malformed" none fields exchange "isakmp && _ws.malformed" frame.number
	check "$name: no integrity check value of IKE is wrong" none fields exchange \
		'isakmp && _ws.expert.message contains "ntegrity" && _ws.expert.severity == "Error"' frame.number
	check "$name: pings come out of ESP" some fields exchange "esp && icmp.type == 8" frame.number
	check "$name: IPv6 too" some fields exchange "esp && icmpv6.type == 128" frame.number
	tear_down
}

variant "AES-GCM" spoke1 '' ''
variant "AES-GCM behind a NAT" spoke1@nat '' ''
variant "AES-CBC with HMAC" spoke1 \
	'ikev2-proposal "cbc" { encryption = {"aes-cbc-256"} integrity = {"sha256"} prf = {"sha256"} group = {14} }
	 transform-set "cbc" { encryption = {"aes-cbc-256"} integrity = {"sha256"} }
	 ipsec-profile "cbc" { transform-set = {"cbc"} }' \
	'proposal = {"cbc"} ipsec-profile = "cbc"'
