#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: 6.12
#
# Bulk TCP: large segments are cut once, sealed in batches, and what comes out is byte for byte what went in.
. "$(dirname "$0")/lib.sh"
. "$here/tcp.sh"
need_module
megabytes=${MEGABYTES:-8}

transfer_file "${megabytes}M"
topology hub spoke1
dvti_end hub spoke1
dvti_end spoke1 hub
check "on the wire, to know the test" transfer hub spoke1 "${v4[spoke1]}"
check "IPv4 from hub to spoke" transfer hub spoke1 "${tun4[spoke1]}"
check "IPv6 from spoke to hub" transfer spoke1 hub "${tun6[hub]}"
check "no packet was lost in the tunnel, hub" nothing_dropped hub
check "no packet was lost in the tunnel, spoke" nothing_dropped spoke1

nl hub link-del dev=t0 >/dev/null
nl spoke1 link-del dev=t0 >/dev/null
xfrm_end hub spoke1
dvti_end spoke1 hub
check "IPv4 from the stock stack" transfer hub spoke1 "${tun4[spoke1]}"
check "IPv4 to the stock stack" transfer spoke1 hub "${tun4[hub]}"
ip -n hub link del t0
nl spoke1 link-del dev=t0 >/dev/null
ip -n hub xfrm state flush
ip -n hub xfrm policy flush

udp_socket hub
udp_socket spoke1
for family in 4 6; do
	dvti_end hub spoke1 encap=udp local="$(outer hub),4500" remote="$(outer spoke1),4500"
	dvti_end spoke1 hub encap=udp local="$(outer spoke1),4500" remote="$(outer hub),4500"
	check "in UDP over IPv$family" transfer hub spoke1 "${tun4[spoke1]}"
	nl hub link-del dev=t0 >/dev/null
	nl spoke1 link-del dev=t0 >/dev/null
done
