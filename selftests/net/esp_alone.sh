#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: full
#
# Packets that come one by one, and bursts between them: whichever way each takes, none is lost and none overtakes
# another.
. "$(dirname "$0")/lib.sh"
. "$here/netlink.sh"
need_module
modprobe -q pktgen || insmod "$(find "$top/build/uml/plain" -name pktgen.ko 2>/dev/null | grep .)" 2>/dev/null ||
	skip_all "this kernel has no pktgen"

host A
host B
wire A eth0 B eth0
v4+=([A]=10.1.0.1 [B]=10.1.0.2) host_number+=([A]=1 [B]=2) tun4+=([A]=192.168.9.1 [B]=192.168.9.2)
tun6+=([A]=fd99::1 [B]=fd99::2)
address A eth0 10.1.0.1/24
address B eth0 10.1.0.2/24
ip -n A link add lan0 type dummy
ip -n A link set lan0 up
address A lan0 10.20.0.1/24
on B sysctl -qw net.ipv4.conf.all.rp_filter=0

# As if received by lan0, @2 packets without a pause between them, @1 in all
load() {
	on A bash -s "$1" "$2" "$(on A cat /sys/class/net/lan0/address)" <<-'END'
		pg=/proc/net/pktgen
		echo rem_device_all >$pg/kpktgend_0
		echo add_device lan0 >$pg/kpktgend_0
		for c in "count $1" "clone_skb 0" "pkt_size 78" "xmit_mode netif_receive" "burst $2" "dst 192.168.9.2" \
			"src_min 10.20.0.9" "src_max 10.20.0.9" "udp_dst_min 7000" "udp_dst_max 7000" "dst_mac $3"; do
			echo "$c" >$pg/lan0
		done
		echo start >$pg/pgctrl
	END
}
stat() { nl "$1" link-get dev=t0 | jq -r ".stats[\"$2\"] // 0"; }
complains() { nl "$1" link-get dev=t0 | jq -e '.stats | with_entries(select(.value > 0 and (.key | test("replay|overflow|integrity"))))
	| length > 0'; }
in_order() { cat "$work/order"; grep -q "^received $1 late 0 " "$work/order"; }
no_complaints() { ! complains A && ! complains B; }

turns() { # WORD…
	local burst
	static_pair A B "$@" sa esn replay-window=32
	on B sysctl -qw net.ipv4.conf.t0.rp_filter=0
	ping_ok A 192.168.9.2 >/dev/null
	ip netns exec B "$tools/udp_order" 7000 >"$work/order" 2>&1 &
	listener=$!
	sleep 0.2
	for burst in 1 20 1 3 1 30 1; do load 60 $burst; done
	sleep 0.3
	kill $listener
	wait $listener
}

for how in "" "encap=udp"; do
	[ -z "$how" ] || { udp_socket A gro; udp_socket B gro; }
	# shellcheck disable=SC2086 # words
	turns $how
	check "${how:-plain}: all come, in order" in_order 420
	check "${how:-plain}: nothing was refused" no_complaints
	ip -n A link del t0
	ip -n B link del t0
done
