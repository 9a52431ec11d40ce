#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: full
#
# Packets that come one by one, and bursts between them: whichever way each takes, none is lost and none overtakes
# another.
. "$(dirname "$0")/lib.sh"
. "$here/stream.sh"
need_module

stream_hosts
host client
wire client eth0 A eth1
address client eth0 10.20.0.9/24
address A eth1 10.20.0.1/24
ip -n client route add default via 10.20.0.1
# What the client's socket cuts at the last moment comes without a pause.
on client ethtool -K eth0 tx-udp-segmentation off || give_up "ethtool"

complains() { nl "$1" link-get dev=t0 | jq -e '.stats | with_entries(select(.value > 0 and (.key | test("replay|overflow|integrity"))))
	| length > 0'; }
no_complaints() { ! complains A && ! complains B; }

turns() { # WORD…
	static_pair A B "$@" sa esn replay-window=32
	ip -n B route add 10.20.0.0/24 dev t0
	ping_ok client 192.168.9.2 >/dev/null
	order_begin
	on client "$tools/udp_order" send 192.168.9.2 7000 60 1 20 1 3 1 30 1
	sleep 0.3
	order_end
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
