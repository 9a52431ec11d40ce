#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: full
#
# ESP in UDP as super-packets: what leaves as one large packet arrives byte for byte, at a gateway that takes it whole,
# at the stock stack, and behind a wire that loses and reorders. Inner TCP comes out as large packets again.
. "$(dirname "$0")/lib.sh"
. "$here/tcp.sh"
need_module
megabytes=${MEGABYTES:-2}

# Is there a packet of at least so many octets of payload in a capture?
large() { # CAPTURE OCTETS
	local most
	most=$(tcpdump -nr "$work/$1.pcap" 2>/dev/null | sed -n 's/.* length \([0-9]*\).*/\1/p' | sort -n | tail -n 1)
	echo "the longest has ${most:-no} octets"
	[ "${most:-0}" -ge "$2" ]
}

pair() { # LINK-WORD…: hub and spoke1 with dvti
	dvti_end hub spoke1 encap=udp local="$(outer hub),4500" remote="$(outer spoke1),4500" "$@"
	dvti_end spoke1 hub encap=udp local="$(outer spoke1),4500" remote="$(outer hub),4500" "$@"
}
gone() {
	for h; do ip -n "$h" link del t0; ip -n "$h" xfrm state flush; ip -n "$h" xfrm policy flush; done
}

transfer_file "${megabytes}M"
host hub
host spoke1
wire hub eth0 spoke1 eth0
v4+=([hub]=10.1.0.1 [spoke1]=10.1.0.2) v6+=([hub]=fd01::1 [spoke1]=fd01::2)
address hub eth0 10.1.0.1/24 fd01::1/64
address spoke1 eth0 10.1.0.2/24 fd01::2/64
udp_socket hub gro
udp_socket spoke1 gro
# On a slow machine TCP would send two segments at a time.
for h in hub spoke1; do on $h sysctl -qw net.ipv4.tcp_min_tso_segs=16 || give_up "sysctl"; done

for family in 4 6; do
	pair
	capture spoke1 eth0 "wire$family" 'udp port 4500'
	capture spoke1 t0 "inner$family" tcp
	check "IPv4 in UDP over IPv$family" transfer hub spoke1 "${tun4[spoke1]}"
	check "IPv6 in UDP over IPv$family" transfer spoke1 hub "${tun6[hub]}"
	capture_stop "wire$family"
	capture_stop "inner$family"
	check "super-packets on the wire over IPv$family" large "wire$family" 10000
	check "large segments after the tunnel over IPv$family" large "inner$family" 5000
	check "nothing was lost over IPv$family, hub" nothing_dropped hub
	check "nothing was lost over IPv$family, spoke" nothing_dropped spoke1
	gone hub spoke1
done

# Single packets that come in bursts from behind the hub, and a receiver that wants them single
family=4
host client
wire client eth0 hub eth1
address client eth0 10.10.0.2/24 fd10::2/64
address hub eth1 10.10.0.1/24 fd10::1/64
ip -n client route add default via 10.10.0.1
ip -n client route add default via fd10::1
on client ethtool -K eth0 tso off gso off || give_up "ethtool"
on hub ethtool -K eth1 gro off || give_up "ethtool"
on client tc qdisc add dev eth0 root netem slot 5ms 5ms limit 2000 || give_up "no netem"
for mode in esp gre; do
	pair mode=$mode
	ip -n spoke1 route add 10.10.0.0/24 dev t0
	ip -n spoke1 route add fd10::/64 dev t0
	on spoke1 ethtool -K t0 gro off || give_up "ethtool"
	capture spoke1 eth0 "runs-$mode" 'udp port 4500'
	capture spoke1 t0 "cut-$mode" tcp
	check "mode $mode, bursts of single packets, IPv4" transfer client spoke1 "${tun4[spoke1]}"
	check "mode $mode, bursts of single packets, IPv6" transfer client spoke1 "${tun6[spoke1]}"
	capture_stop "runs-$mode"
	capture_stop "cut-$mode"
	check "mode $mode: they share super-packets" large "runs-$mode" 4000
	check "mode $mode: not joined with GRO off" not large "cut-$mode" 2000
	check "mode $mode: nothing was lost" nothing_dropped spoke1
	gone hub spoke1
done
# What leaves a super-packet and goes on through another tunnel
relay_end() { # HOST DEV OUT IN LOCAL REMOTE ADDRESS
	nl "$1" link-new name="$2" role=static local="$5" remote="$6" up \
		sa dir=in spi="$4" aead=aes-gcm-16 key="$(static_key aes-gcm-16 "$4")" replay-window=1024 \
		sa dir=out spi="$3" aead=aes-gcm-16 key="$(static_key aes-gcm-16 "$3")" >"$work/$1.$2" ||
		give_up "dvti link on $1" "$(cat "$work/$1.$2")"
	address "$1" "$2" "$7/24"
}
host far
wire spoke1 eth1 far eth0
address spoke1 eth1 10.2.0.1/24
address far eth0 10.2.0.2/24
relay_end spoke1 t1 0x9001 0x9002 10.2.0.1 10.2.0.2 192.168.77.1
relay_end far t0 0x9002 0x9001 10.2.0.2 10.2.0.1 192.168.77.2
ip -n far route add 10.10.0.0/24 dev t0
pair
ip -n hub route add 192.168.77.0/24 dev t0
ip -n spoke1 route add 10.10.0.0/24 dev t0
on spoke1 ethtool -K t0 gro off || give_up "ethtool"
check "from super-packets on through another tunnel" transfer client far 192.168.77.2
check "and nothing was lost on the way" nothing_dropped spoke1
check "nor at the end" nothing_dropped far
ip -n spoke1 link del t1
gone hub spoke1

pair mode=gre
check "mode gre, cut inside the tunnel" transfer hub spoke1 "${tun4[spoke1]}"
gone hub spoke1

xfrm_encap=1
dvti_end hub spoke1 encap=udp local="$(outer hub),4500" remote="$(outer spoke1),4500"
xfrm_end spoke1 hub
check "to the stock stack" transfer hub spoke1 "${tun4[spoke1]}"
check "from the stock stack" transfer spoke1 hub "${tun4[hub]}"
gone hub spoke1

pair
for h in hub spoke1; do
	on $h tc qdisc add dev eth0 root netem delay 1ms reorder 90% loss 1% limit 2000 || give_up "no netem"
done
check "over a wire that loses and reorders" transfer hub spoke1 "${tun4[spoke1]}"
gone hub spoke1
for h in hub spoke1; do on $h tc qdisc del dev eth0 root; done

pair
on hub ethtool -K eth0 tx-udp-segmentation off || give_up "ethtool"
capture spoke1 eth0 single "udp port 4500 and src host $(outer hub)"
check "where the device does not cut UDP" transfer hub spoke1 "${tun4[spoke1]}"
capture_stop single
check "single packets on the wire there" not large single 2000
