# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
#
# Sourced after lib.sh by tests that watch the order of numbered packets on their way through a tunnel, to host B.

# stream_hosts: A and B on one wire
stream_hosts() {
	host A
	host B
	wire A eth0 B eth0
	v4+=([A]=10.1.0.1 [B]=10.1.0.2) host_number+=([A]=1 [B]=2) tun4+=([A]=192.168.9.1 [B]=192.168.9.2)
	tun6+=([A]=fd99::1 [B]=fd99::2)
	address A eth0 10.1.0.1/24
	address B eth0 10.1.0.2/24
	on B sysctl -qw net.ipv4.conf.all.rp_filter=0
}

# order_begin [COMMAND…]: B takes the stream from now on, under that command, until order_end
order_begin() {
	ip netns exec B "$@" "$tools/udp_order" 7000 >"$work/order" 2>&1 &
	order_pid=$!
	wait_for 10 order_awaited >/dev/null
}
order_awaited() { on B ss -lun | grep -q :7000; }
order_end() {
	kill "$order_pid"
	wait "$order_pid"
}

# in_order [COUNT]: so many came, or any number, and none behind a later one
in_order() {
	cat "$work/order"
	grep -q "^received ${1:-[0-9]*} late 0 " "$work/order"
}
