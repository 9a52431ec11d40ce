#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: 6.1
#
# front-vrf: the hub's uplink is in a VRF of its own, where IKE and ESP live; its links and LAN are outside of it.
. "$(dirname "$0")/lib.sh"
. "$here/tunnel.sh"
need_module
topology hub spoke1@nat spoke2
ip -n hub link add internet type vrf table 200 || skip_all "this kernel has no VRF devices"
ip -n hub link set internet up
ip -n hub link set eth0 master internet
address hub eth0 "${v6[hub]}/64" 2>/dev/null # an IPv6 address does not survive the change of master
ip -n hub route add default via "${v4[hub]%.*}.254" vrf internet
ip -n hub -6 route add default via "${v6[hub]%::*}::fe" vrf internet
hub_config | sed 's|unnumbered = "lan0"|unnumbered = "lan0" front-vrf = "internet"|' | dvtid_start hub
spoke_config spoke1 | dvtid_start spoke1
family=6
spoke_config spoke2 | dvtid_start spoke2
check "spokes come in through the VRF, over IPv4 and IPv6" wait_for 20 sessions_up hub 2
check "the links are outside of it" test -z "$(ip -n hub -o link show master internet type dvti)"
check "spoke1, in UDP, passes both ways" both_ways spoke1
check "spoke2, over IPv6, passes both ways" both_ways spoke2
check "the hub's LAN does not see the uplink" ping_fails hub "${v4[hub]%.*}.254"
