#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: 6.12
#
# The traffic class of the outer header: its DSCP is the inner packet's or a fixed one, its ECN field always the inner
# packet's (RFC 6040 section 4.1), and the inner header comes out as it went in.
. "$(dirname "$0")/lib.sh"
. "$here/tcp.sh"
need_module

# classes_are NAME CLASS…: those of the packets of a capture, each once
classes_are() {
	local said
	said=$(tcpdump -n -v -r "$work/$1.pcap" 2>/dev/null | sed -n 's/.*(\(tos\|class\) 0x\([0-9a-f]*\).*/\2/p' | sort -u | xargs)
	shift
	[ "$said" = "$*" ] || { echo "traffic classes: ${said:-none}"; return 1; }
}

# marked CLASS: pings of both families that bear it; the outer packets are captured as "outer", what comes out as "inner".
# They are large, which tells them from what IPv6 reports about multicast.
marked() {
	capture spoke1 eth0 outer "src host $(outer hub) and greater 1000"
	capture spoke1 t0 inner "greater 1000 and dst host ${tun4[spoke1]} or dst host ${tun6[spoke1]} and greater 1000"
	ping_ok hub "${tun4[spoke1]}" 2 -s 1000 -Q "$1" && ping_ok hub "${tun6[spoke1]}" 2 -s 1000 -Q "$1" || give_up "no ping"
	capture_stop outer
	capture_stop inner
}

topology hub spoke1
transfer_file 300K
udp_socket hub gro
udp_socket spoke1 gro
for family in 4 6; do
	static_pair hub spoke1
	marked 0xba
	check "over IPv$family: the inner packet's" classes_are outer ba
	nl hub link-set dev=t0 dscp=fixed dscp-value=46
	marked 0x21
	check "over IPv$family: a fixed one, with the inner packet's ECN field" classes_are outer b9
	check "over IPv$family: the inner packet keeps its own" classes_are inner 21
	ip -n hub link del t0
	ip -n spoke1 link del t0

	dvti_end hub spoke1 encap=udp local="$(outer hub),4500" remote="$(outer spoke1),4500" dscp=fixed dscp-value=10
	dvti_end spoke1 hub encap=udp local="$(outer spoke1),4500" remote="$(outer hub),4500"
	capture spoke1 eth0 bulk "src host $(outer hub) and udp port 4500 and greater 1000"
	check "over IPv$family: segments of a large packet" transfer hub spoke1 "${tun4[spoke1]}"
	capture_stop bulk
	check "over IPv$family: bear it, too" classes_are bulk 28
	ip -n hub link del t0
	ip -n spoke1 link del t0
done
