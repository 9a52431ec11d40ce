#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: full
#
# Several SAs spread by themselves: what comes in on a CPU is sealed, opened and delivered there, without a word to
# another, and nothing is lost.
# shellcheck disable=SC2016 # what eval gets is expanded there
. "$(dirname "$0")/lib.sh"
. "$here/stream.sh"
need_module
[ "$(nproc)" -gt 1 ] || skip_all "there is only one CPU"
modprobe -q pktgen || skip_all "this kernel has no pktgen"
tracing=/sys/kernel/tracing
[ -e $tracing/trace ] || mount -t tracefs tracefs $tracing 2>/dev/null
[ -d $tracing/events/dvti ] || skip_all "this kernel has no tracing"
count=${COUNT:-20000}

stream_hosts
on B ip link add sink type dummy
on B ip link set sink up
for n in 0 1; do
	ip -n A link add lan$n type dummy
	ip -n A link set lan$n up
	address A lan$n 10.20.$n.1/24
	for h in A B; do
		out=0x$((3 - n))00$n in=0x$((3 - n))10$n local=10.1.0.1 remote=10.1.0.2
		[ $h = A ] || out=0x$((3 - n))10$n in=0x$((3 - n))00$n local=10.1.0.2 remote=10.1.0.1
		nl $h link-new name=t$n role=static local=$local remote=$remote up \
			sa dir=in spi=$in aead=aes-gcm-16 key="$(static_key aes-gcm-16 $in)" replay-window=1024 \
			sa dir=out spi=$out aead=aes-gcm-16 key="$(static_key aes-gcm-16 $out)" >"$work/$h.t$n" ||
			give_up "link t$n on $h" "$(cat "$work/$h.t$n")"
		on $h sysctl -qw net.ipv4.conf.t$n.rp_filter=0
	done
	ip -n A route add 10.30.$n.0/24 dev t$n
	ip -n B route add 10.30.$n.0/24 dev sink
done

# Two generators at a time, each on its own CPU with a tunnel of its own
generate() {
	on A bash -s "$count" "$(on A cat /sys/class/net/lan0/address)" "$(on A cat /sys/class/net/lan1/address)" <<-'END'
		pg=/proc/net/pktgen
		for n in 0 1; do
			echo rem_device_all >$pg/kpktgend_$n
			echo add_device lan$n >$pg/kpktgend_$n
			mac=$(($n + 2))
			for c in "count $1" "clone_skb 0" "pkt_size 114" "xmit_mode netif_receive" "burst 16" "dst 10.30.$n.2" \
				"src_min 10.20.$n.9" "src_max 10.20.$n.9" "udp_dst_min 9" "udp_dst_max 9" "dst_mac ${!mac}"; do
				echo "$c" >$pg/lan$n
			done
		done
		echo start >$pg/pgctrl
	END
}
counted() { nl "$1" link-get dev="$2" | jq -r ".stats[\"$3\"] // 0"; }
arrived() { [ "$(counted B "$1" rx-packets)" -ge "$count" ]; }

echo 0 >/sys/module/dvti/parameters/spread
echo 8192 >$tracing/buffer_size_kb
echo >$tracing/trace
for e in seal open; do echo 1 >$tracing/events/dvti/dvti_$e/enable; done
generate
for n in 0 1; do check "all that went into tunnel $n came out of it" wait_for 10 arrived t$n; done
for e in seal open; do echo 0 >$tracing/events/dvti/dvti_$e/enable; done

# packets EVENT LINK: of large batches, by CPU
packets() {
	sed -n "s/.*\[\([0-9]*\)\].* dvti_$1: link=$2 .* packets=\([0-9]*\) .*/\1 \2/p" $tracing/trace |
		awk '$2 > 1 { n[$1 + 0] += $2 } END { for (c in n) print c, n[c] }' | sort -n
}
only_on() { # CPU EVENT LINK
	packets "$2" "$3"
	[ "$(packets "$2" "$3" | awk '{ print $1 }')" = "$1" ]
}
for n in 0 1; do
	check "tunnel $n is sealed on CPU $n alone" only_on $n seal t$n
	check "and opened there" only_on $n open t$n
done
