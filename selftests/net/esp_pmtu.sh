#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: 6.1
#
# A narrow path between the tunnel's ends: the router's ICMP errors about ESP are believed, senders learn what fits,
# and each policy for the outer DF bit does what it says.
# shellcheck disable=SC2016 # what eval gets is expanded there
. "$(dirname "$0")/lib.sh"
need_module

topology hub spoke1
# A host behind the hub, whose packets the hub forwards into the tunnel
host server
wire hub lan1 server eth0
address hub lan1 172.16.0.1/24 fd16::1/64
address server eth0 172.16.0.2/24 fd16::2/64
ip -n server route add default via 172.16.0.1
ip -n server -6 route add default via fd16::1

# What is left of 1300 octets: 20 of IPv4, 8 of ESP, 8 of IV, 16 of ICV, blocks of 4, 2 of trailer
inside=$((((1300 - 52) & ~3) - 2))

# The router forwards no more than that, though its devices would take 1500.
narrow() { # MTU
	ip -n inet route replace 10.1.0.0/24 dev to-hub mtu lock "$1"
	ip -n inet route replace 10.2.0.0/24 dev to-spoke1 mtu lock "$1"
	ip -n inet -6 route replace fd01::/64 dev to-hub metric 256 mtu lock "$1"
	ip -n inet -6 route replace fd02::/64 dev to-spoke1 metric 256 mtu lock "$1"
}

ends() {
	nl hub link-del dev=t0 >/dev/null 2>&1
	nl spoke1 link-del dev=t0 >/dev/null 2>&1
	ip netns exec hub ip route flush cache
	static_pair hub spoke1 "$@"
	ip -n spoke1 route add 172.16.0.0/24 dev t0
	ip -n spoke1 -6 route add fd16::/64 dev t0
	ip -n server route flush cache
}

knows_mtu() { # HOST DESTINATION MTU
	local said
	said=$(ip -n "$1" route get "$2") || return 1
	case $said in
	*"mtu $3 "*) return 0 ;;
	esac
	echo "$said"
	return 1
}

# A ping that fits the wide path only is sent until somebody has learned
learns() { # HOST DESTINATION MTU SIZE
	on "$1" ping -n -q -c 1 -W 1 -M "do" -s "$4" "$2" >/dev/null 2>&1
	knows_mtu "$1" "$2" "$3"
}

check "the device starts with the MTU of the wide path" eval 'ends && ip -n hub link show t0 | grep -q "mtu 1446 "'
narrow 1300
before=$(link_stat hub t0 tx-too-big)
check "IPv4: a local sender learns what fits" wait_for 10 learns hub "${tun4[spoke1]}" $inside 1390
check "IPv4: a host behind learns what fits" wait_for 10 learns server "${tun4[spoke1]}" $inside 1390
check "IPv6: a local sender learns what fits" wait_for 10 learns hub "${tun6[spoke1]}" 1280 1350
check "IPv6: a host behind learns what fits" wait_for 10 learns server "${tun6[spoke1]}" 1280 1350
check "what was too big was counted" grew hub t0 tx-too-big "$before"
check "IPv4: the largest packet passes" ping_ok server "${tun4[spoke1]}" 2 -M "do" -s $((inside - 28))
check "IPv6: 1280 octets pass, in fragments" wait_for 5 ping_ok server "${tun6[spoke1]}" 2 -M "do" -s $((1280 - 48))

# To an address about which nobody has learned anything yet
ip -n hub route add 10.11.0.0/24 dev t0
capture spoke1 eth0 copy "src ${v4[hub]} and ip[6:2] & 0x3fff != 0"
check "copy: what may be fragmented passes" wait_for 5 ping_ok server "${lan4[spoke1]}" 2 -M dont -s 1390
capture_stop copy
check "copy: in fragments of the outer packet" test "$(captured copy ip)" -gt 0

ends df=set
wait_for 10 learns hub "${tun4[spoke1]}" $inside 1390 >/dev/null
capture hub eth0 set "src ${v4[hub]} and ip[6:2] & 0x3fff != 0"
capture hub eth0 nodf "src ${v4[hub]} and esp and ip[6] & 0x40 == 0"
check "set: what may be fragmented passes" ping_ok hub "${tun4[spoke1]}" 2 -M dont -s 1390
capture_stop set
capture_stop nodf
check "set: no outer packet was fragmented" test "$(captured set ip)" -eq 0
check "set: none could have been" test "$(captured nodf ip)" -eq 0

ends df=clear
capture spoke1 eth0 clear "src ${v4[hub]} and ip[6:2] & 0x3fff != 0"
check "clear: even what must not be fragmented passes" ping_ok hub "${tun4[spoke1]}" 2 -M "do" -s 1390
capture_stop clear
check "clear: in fragments of the outer packet" test "$(captured clear ip)" -gt 0

# Anybody can send an ICMP error. One about an SPI that we do not send with changes nothing.
too_big() { on inet "$here/icmp_too_big.py" "${v4[hub]}" "${v4[spoke1]}" "$1" 700; }
ends df=clear
check "a forged error is heard by the host" eval \
	'icmp_in() { on hub awk "/^Icmp: [0-9]/ {print \$2}" /proc/net/snmp; }
	before=$(icmp_in); too_big 0xdead1021 && wait_for 5 eval "[ \$(icmp_in) -gt $before ]"'
check "and not believed" not knows_mtu hub "${v4[spoke1]}" 700
check "a true one is" eval 'too_big "$(spi_of hub spoke1)"; wait_for 5 knows_mtu hub "${v4[spoke1]}" 700'

ends fragment=before
capture hub eth0 before "src ${v4[hub]} and ip[6:2] & 0x3fff != 0"
check "fragment before: what may be fragmented passes" ping_ok hub "${tun4[spoke1]}" 2 -M dont -s 1390
capture_stop before
check "fragment before: no outer packet was fragmented" test "$(captured before ip)" -eq 0

ends mtu=1500 mtu-ignore=1
check "ignored MTU: IPv4 that must not be fragmented passes" wait_for 5 ping_ok hub "${tun4[spoke1]}" 2 -M "do" -s 1390
check "ignored MTU: IPv6 passes" ping_ok hub "${tun6[spoke1]}" 2 -M "do" -s 1390
nl hub link-set dev=t0 fragment=before
capture hub eth0 ignored "src ${v4[hub]} and ip[6:2] & 0x3fff != 0"
check "ignored MTU, fragment before: IPv4 passes" ping_ok hub "${tun4[spoke1]}" 2 -M "do" -s 1390
capture_stop ignored
check "ignored MTU, fragment before: no outer packet was fragmented" test "$(captured ignored ip)" -eq 0
check "ignored MTU: nobody was told" test "$(link_stat hub t0 tx-too-big)" -eq 0

# Large segments of a TCP that takes part in no discovery: each is fragmented before the tunnel.
ends df=set mtu=1446
on hub sysctl -qw net.ipv4.ip_no_pmtu_disc=1 net.ipv4.tcp_mtu_probing=0
on spoke1 "$tools/tcp_copy" listen 7000 >"$work/got" &
wait_for 10 eval 'on spoke1 ss -ltn | grep -q :7000' >/dev/null
head -c 200000 /dev/urandom >"$work/sent"
check "TCP without discovery passes" eval 'on hub timeout 20 "$tools/tcp_copy" send "${tun4[spoke1]}" 7000 <"$work/sent"'
kill $! 2>/dev/null
wait $!
check "every octet of it" cmp "$work/sent" "$work/got"
on hub sysctl -qw net.ipv4.ip_no_pmtu_disc=0

# Marked packets take a route of their own, which the kernel does not find when the error comes.
on hub ip rule add fwmark 7 table 77
ip -n hub route add default via "${v4[hub]%.*}.254" table 77
ends
nl hub link-set dev=t0 fwmark=7 >/dev/null
check "with a mark: a local sender learns what fits" wait_for 10 learns hub "${tun4[spoke1]}" $inside 1390

family=6
narrow 1400
inside=$((((1400 - 72) & ~3) - 2))
ends
check "over IPv6: a local sender learns what fits" wait_for 10 learns hub "${tun4[spoke1]}" $inside 1380
check "over IPv6: IPv6 inside as well" wait_for 10 learns hub "${tun6[spoke1]}" $inside 1360
check "over IPv6: the largest packet passes" ping_ok hub "${tun4[spoke1]}" 2 -M "do" -s $((inside - 28))
