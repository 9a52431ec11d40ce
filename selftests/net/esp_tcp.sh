#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: 6.12
#
# Bulk TCP: large segments are cut once, sealed in batches, and what comes out is byte for byte what went in.
. "$(dirname "$0")/lib.sh"
need_module
megabytes=${MEGABYTES:-8}

transfer() { # FROM TO ADDRESS
	local taker rc=0
	on "$2" "$tools/tcp_copy" listen 7000 >"$work/got" 2>"$work/taker" &
	taker=$!
	wait_for 10 listening "$2" >/dev/null
	on "$1" timeout 60 "$tools/tcp_copy" send "$3" 7000 <"$work/sent" || rc=1
	[ $rc = 0 ] || kill $taker
	wait $taker
	[ "$(sha256sum <"$work/got")" = "$sum" ] || { cat "$work/taker"; cmp "$work/sent" "$work/got"; return 1; }
	[ "$(sha256sum <"$work/sent")" = "$sum" ] || { echo "the file that was sent has changed"; return 1; }
	return $rc
}
listening() { on "$1" ss -ltn | grep -q :7000; }

only_whole_batches() { # HOST: nothing of what we count as lost
	local said
	said=$(nl "$1" link-get dev=t0 | jq -c '.stats | with_entries(select(.value > 0 and (.key | test("packets|bytes|overflow") | not)))')
	[ "$said" = "{}" ] || { echo "$said"; return 1; }
}

head -c "${megabytes}M" /dev/urandom >"$work/sent"
sum=$(sha256sum <"$work/sent")
topology hub spoke1
dvti_end hub spoke1
dvti_end spoke1 hub
check "on the wire, to know the test" transfer hub spoke1 "${v4[spoke1]}"
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
