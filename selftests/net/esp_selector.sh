#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: full
#
# Traffic selectors hold in both directions, on the way out and, whatever the peer believes, on the way in.
. "$(dirname "$0")/lib.sh"
need_module
topology hub spoke1

dvti_end hub spoke1 sa ts="${tun4[hub]},${tun4[spoke1]}" ts="${tun6[hub]},${tun6[spoke1]},58"
dvti_end spoke1 hub
address hub t0 192.168.8.1/32
ip -n hub route add 192.168.8.2/32 dev t0 src "${tun4[hub]}"
ip -n spoke1 route add 192.168.8.1/32 dev t0
address spoke1 t0 192.168.8.2/32

check "what fits passes, IPv4" ping_ok spoke1 "${tun4[hub]}"
check "what fits passes, IPv6" ping_ok spoke1 "${tun6[hub]}"

before=$(link_stat hub t0 tx-selector)
check "outbound: another destination does not pass" ping_fails hub 192.168.8.2
check "outbound: it was counted" grew hub t0 tx-selector "$before"

before=$(link_stat hub t0 rx-selector)
check "inbound: another destination does not pass" ping_fails spoke1 192.168.8.1
check "inbound: it was counted" grew hub t0 rx-selector "$before"
check "inbound: by the SA as well" test "$(sa_stat hub t0 in selector)" -ge 1

# UDP over IPv6 where only ICMPv6 is agreed
before=$(link_stat hub t0 rx-selector)
on spoke1 bash -c "echo x >/dev/udp/${tun6[hub]}/9" 2>/dev/null
check "inbound: another protocol does not pass" wait_for 5 grew hub t0 rx-selector "$before"
