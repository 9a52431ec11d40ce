#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Bulk TCP: large segments are cut once, sealed in batches, and what comes out is byte for byte what went in.
. "$(dirname "$0")/lib.sh"
need_module
megabytes=${MEGABYTES:-8}

transfer() { # FROM TO ADDRESS
	rm -f "$work/got"
	on "$2" iperf3 -s -1 -F "$work/got" >"$work/iperf.server" 2>&1 &
	wait_for 10 eval "on $2 ss -ltn | grep -q 5201" >/dev/null || { cat "$work/iperf.server"; return 1; }
	on "$1" timeout 100 iperf3 -c "$3" -n "${megabytes}M" -F "$work/sent" >"$work/iperf.client" 2>&1 || {
		cat "$work/iperf.client"
		return 1
	}
	wait $!
	cmp -n $((megabytes << 20)) "$work/sent" "$work/got" || { cat "$work/iperf.client"; return 1; }
	[ "$(stat -c %s "$work/got")" -ge $((megabytes << 20)) ]
}

only_whole_batches() { # HOST: nothing of what we count as lost
	local said
	said=$(nl "$1" link-get dev=t0 | jq -c '.stats | with_entries(select(.value > 0 and (.key | test("packets|bytes|overflow") | not)))')
	[ "$said" = "{}" ] || { echo "$said"; return 1; }
}

head -c "${megabytes}M" /dev/urandom >"$work/sent"
topology hub spoke1
dvti_end hub spoke1
dvti_end spoke1 hub
check "IPv4 from hub to spoke" transfer hub spoke1 "${tun4[spoke1]}"
check "IPv6 from spoke to hub" transfer spoke1 hub "${tun6[hub]}"
check "no packet was lost in the tunnel, hub" only_whole_batches hub
check "no packet was lost in the tunnel, spoke" only_whole_batches spoke1

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
