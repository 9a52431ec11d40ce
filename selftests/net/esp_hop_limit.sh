#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: 6.12
#
# The hop limit of the outer header: the system's, a fixed one, or the inner packet's.
. "$(dirname "$0")/lib.sh"
. "$here/tcp.sh"
need_module

# outer_limits NAME: those of a capture, each once
outer_limits() {
	tcpdump -n -v -r "$work/$1.pcap" 2>/dev/null | sed -n 's/.*\(ttl\|hlim\) \([0-9]*\).*/\2/p' | sort -nu | tr '\n' ' '
}
limits_are() { # NAME LIMIT…
	local said
	said=$(outer_limits "$1")
	shift
	[ "$said" = "$* " ] || { echo "outer hop limits: ${said:-none}"; return 1; }
}

# limited HOP-LIMIT-OF-PING: what leaves for spoke1 is captured as "out"
limited() {
	capture spoke1 eth0 out 'src host '"$(outer hub)"' and (esp or udp port 4500)'
	ping_ok hub "${tun4[spoke1]}" 2 -t "$1" && ping_ok hub "${tun6[spoke1]}" 2 -t "$(($1 + 1))" || give_up "no ping"
	capture_stop out
}

topology hub spoke1
transfer_file 1M
udp_socket hub gro
udp_socket spoke1 gro
for family in 4 6; do
	static_pair hub spoke1
	limited 33
	check "IPv$family: the system's" limits_are out 63
	nl hub link-set dev=t0 ttl=9
	limited 33
	check "IPv$family: a fixed one" limits_are out 8
	nl hub link-set dev=t0 ttl-inherit=1
	limited 33
	check "IPv$family: of the inner packet" limits_are out 32 33
	ip -n hub link del t0
	ip -n spoke1 link del t0

	dvti_end hub spoke1 encap=udp local="$(outer hub),4500" remote="$(outer spoke1),4500" ttl-inherit=1
	dvti_end spoke1 hub encap=udp local="$(outer spoke1),4500" remote="$(outer hub),4500"
	on hub sysctl -qw net.ipv4.ip_default_ttl=77
	capture spoke1 eth0 bulk 'src host '"$(outer hub)"' and udp port 4500'
	check "IPv$family: segments of a large packet" transfer hub spoke1 "${tun4[spoke1]}"
	capture_stop bulk
	check "IPv$family: inherit its" limits_are bulk 76
	on hub sysctl -qw net.ipv4.ip_default_ttl=64
	ip -n hub link del t0
	ip -n spoke1 link del t0
done
