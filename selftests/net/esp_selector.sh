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

# Ports, of both ends and both directions: those of the hub are 1000 to 1009, those of the spoke 2000 alone.
nl hub link-del dev=t0 >/dev/null
dvti_end hub spoke1 sa ts="${tun4[hub]},${tun4[spoke1]},17,1000-1009,2000" ts="${tun6[hub]},${tun6[spoke1]},17,1000-1009,2000"
udp() { # HOST PORT ADDRESS PORT
	on "$1" python3 -c 'import socket, sys
to = socket.getaddrinfo(sys.argv[2], sys.argv[3], type=socket.SOCK_DGRAM)[0]
s = socket.socket(to[0], to[1])
s.bind(("", int(sys.argv[1])))
s.sendto(b"x", to[4])' "$2" "$3" "$4"
}
counts() { # COUNTER HOST PORT ADDRESS PORT
	local before passed
	before=$(link_stat hub t0 "$1")
	passed=$(link_stat hub t0 "${1%-*}-packets")
	udp "${@:2}" && wait_for 5 grew hub t0 "$1" "$before" || return 1
	[ "${1#*-}" = packets ] || [ "$(link_stat hub t0 "${1%-*}-packets")" = "$passed" ] || { echo "it has passed as well"; return 1; }
}
for inner in 4 6; do
	declare -n tun=tun$inner
	what="IPv$inner"
	# The answers to these are ICMP errors, which do not pass: what is to be dropped on the way out comes before them.
	check "$what, outbound: another port of ours does not pass" counts tx-selector hub 1010 "${tun[spoke1]}" 2000
	check "$what, outbound: another port of theirs does not pass" counts tx-selector hub 1000 "${tun[spoke1]}" 2001
	check "$what, outbound: the last port passes" counts tx-packets hub 1009 "${tun[spoke1]}" 2000
	check "$what, inbound: another port of ours does not pass" counts rx-selector spoke1 2000 "${tun[hub]}" 999
	check "$what, inbound: another port of theirs does not pass" counts rx-selector spoke1 1999 "${tun[hub]}" 1005
	check "$what, inbound: the first port passes" counts rx-packets spoke1 2000 "${tun[hub]}" 1000
done
