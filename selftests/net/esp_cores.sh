#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: full
#
# One SA whose CPU is busy all the time: other CPUs take part in the work, packets keep their order, and none is lost
# when SAs are replaced, CPUs go and come back, or the link is deleted.
# shellcheck disable=SC2016 # what eval gets is expanded there
. "$(dirname "$0")/lib.sh"
. "$here/netlink.sh"
. "$here/stream.sh"
. "$here/tcp.sh"
need_module
[ "$(nproc)" -gt 1 ] || skip_all "there is only one CPU"
modprobe -q pktgen || skip_all "this kernel has no pktgen"
length=${LENGTH:-1400} count=${COUNT:-20000} bulk=${BULK:-8M}

stream_hosts
ip -n A link add lan0 type dummy
ip -n A link set lan0 up
address A lan0 10.20.0.1/24
for h in A B; do ip -n $h link set eth0 mtu 9000; done
# The first load crosses from one cycle of sequence numbers to the next, even where most of it finds no room.
static_pair A B sa esn replay-window=64 seq="$(printf 0x%x $((0x100000000 - count / 8)))"
on B sysctl -qw net.ipv4.conf.t0.rp_filter=0

# From CPU 0, as if received by lan0, in bursts; @1 packets, or until load_stop. A burst has one number. Who takes them is
# there before: a CPU that goes cannot be bound to any more.
load() {
	on A bash -s "$1" "$length" "$(on A cat /sys/class/net/lan0/address)" <<-'END'
		pg=/proc/net/pktgen
		echo rem_device_all >$pg/kpktgend_0
		echo add_device lan0 >$pg/kpktgend_0
		for c in "count $1" "clone_skb 0" "pkt_size $(($2 + 14))" "xmit_mode netif_receive" "burst 32" \
			"dst 192.168.9.2" "src_min 10.20.0.9" "src_max 10.20.0.9" "udp_dst_min 7000" "udp_dst_max 7000" \
			"dst_mac $3"; do
			echo "$c" >$pg/lan0
		done
	END
	order_begin taskset -c 1
	ip netns exec A bash -c 'echo start >/proc/net/pktgen/pgctrl' &
	generator=$!
	sleep 0.5
}
load_wait() {
	wait $generator
	wait_for 5 all_arrived || true
	order_end
}
load_stop() {
	on A bash -c 'echo stop >/proc/net/pktgen/pgctrl'
	load_wait
}
helped() { cat /sys/module/dvti/parameters/spread_helped; }
stats() { nl "$1" link-get dev=t0 | jq -c '.stats | with_entries(select(.value > 0))'; }
stat() { nl "$1" link-get dev=t0 | jq -r ".stats[\"$2\"] // 0"; }
# What A has sealed B has opened and delivered, but for what its queue had no room for. The load knows no limit, so
# there is always something that has no room.
all_arrived() { [ "$(stat A tx-packets)" = $(($(stat B rx-packets) + $(stat B rx-overflow) + before_both)) ]; }
nothing_lost() { all_arrived || { echo "before B was there: $before_both"; stats A; stats B; return 1; }; }

check "the tunnel works" ping_ok A 192.168.9.2
# What A has sent before B was there, counted while nothing is on its way: multicast reports come when they like.
count_before() {
	local sent
	sent=$(stat A tx-packets)
	pause 0.2
	before_both=$((sent - $(stat B rx-packets)))
	[ "$(stat A tx-packets)" = "$sent" ]
}
until count_before; do :; done

before=$(helped)
load "$count"
load_wait
check "a busy CPU gets help" test "$(helped)" -gt "$before"
check "packets come in order" in_order
check "nothing was lost" nothing_lost
check "sequence numbers are beyond 32 bits" eval 'sas A t0 "any(.dir == \"out\" and .seq > 4294967296)" &&
	sas B t0 "any(.dir == \"in\" and .seq > 4294967296)"'

transfer_file "$bulk"
send_by=(taskset -c 0) take_by=(taskset -c 1) # the sender's CPU is busy with it
out_of_order() { on "$1" nstat -asz TcpExtTCPOFOQueue | awk '/OFO/ { print $2 }'; }
check "bulk TCP to B" transfer A B 192.168.9.2
check "bulk TCP to A" transfer B A 192.168.9.1
# Some may, when a connection's packets change from one CPU to another and wait behind the veth there: one in a hundred.
check "hardly any segment came out of order" test $(($(out_of_order A) + $(out_of_order B))) -le 100

# The program sends from one CPU, and what works on the acknowledgements from another: those that go to their end at
# once must not overtake each other behind the veth. A machine that stands still for a moment spoils a copy or two.
on A ethtool -K t0 tso off gso off
for ((n = 0; n < 9; n++)); do
	before=$(out_of_order B)
	transfer A B 192.168.9.2 || echo "$n" >>"$work/spoiled"
	echo $(($(out_of_order B) - before)) >>"$work/late"
done
usual_disorder() {
	sort -n "$work/late" | tr '\n' ' '
	[ "$(sort -n "$work/late" | sed -n 5p)" -le 4 ]
}
check "bulk TCP in small packets" not test -e "$work/spoiled"
check "which usually keep their order" usual_disorder

echo 0 >/sys/module/dvti/parameters/spread
before=$(helped)
load "$count"
load_wait
check "unless that is switched off" test "$(helped)" -eq "$before"
echo 512 >/sys/module/dvti/parameters/spread

load 0
for ((n = 0; n < 4; n++)); do
	echo 0 >/sys/devices/system/cpu/cpu1/online
	sleep 0.2
	echo 1 >/sys/devices/system/cpu/cpu1/online
	sleep 0.3
done
load_stop
check "a CPU goes and comes, four times" in_order
check "and nothing was lost" nothing_lost

load 0
from=0x1012
for to in 0x2001 0x2002 0x2003 0x2004; do
	nl B sa-new dev=t0 dir=in spi=$to aead=aes-gcm-16 key="$(static_key aes-gcm-16 $to)" replay-window=64 esn
	nl A sa-new dev=t0 dir=out spi=$to aead=aes-gcm-16 key="$(static_key aes-gcm-16 $to)" esn
	nl A sa-del dev=t0 dir=out spi=$from
	sleep 0.5 # what is on its way
	nl B sa-del dev=t0 dir=in spi=$from
	from=$to
done
load_stop
check "SAs are replaced, four times" in_order
check "and nothing was lost" nothing_lost
check "no packet was taken for a replay" test "$(stat B rx-replay)" -eq 0

load 0
check "the link goes under load" nl A link-del dev=t0
check "and at the other end" nl B link-del dev=t0
on A bash -c 'echo stop >/proc/net/pktgen/pgctrl'
wait $generator
order_end
check "the module can be unloaded" rmmod dvti
