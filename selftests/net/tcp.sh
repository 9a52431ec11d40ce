# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
#
# Sourced after lib.sh by tests that carry bulk TCP.

# By whom and where, in front of the programs that send and take: taskset, for instance
send_by=() take_by=()

# transfer_file OCTETS: what transfer sends
transfer_file() {
	head -c "$1" /dev/urandom >"$work/sent"
	transfer_sum=$(sha256sum <"$work/sent")
}

# transfer FROM TO ADDRESS: what arrives is what was sent, and that is untouched
transfer() {
	local taker rc=0
	on "$2" "${take_by[@]}" "$tools/tcp_copy" listen 7001 >"$work/got" 2>"$work/taker" &
	taker=$!
	wait_for 10 transfer_awaited "$2" >/dev/null
	on "$1" timeout 60 "${send_by[@]}" "$tools/tcp_copy" send "$3" 7001 <"$work/sent" || rc=1
	[ $rc = 0 ] || kill $taker
	wait $taker
	[ "$(sha256sum <"$work/got")" = "$transfer_sum" ] || { cat "$work/taker"; cmp "$work/sent" "$work/got"; return 1; }
	[ "$(sha256sum <"$work/sent")" = "$transfer_sum" ] || { echo "the file that was sent has changed"; return 1; }
	return $rc
}
transfer_awaited() { on "$1" ss -ltn | grep -q :7001; }

# nothing_dropped HOST: by t0, but for what its queue had no room for
nothing_dropped() {
	local said
	said=$(nl "$1" link-get dev=t0 | jq -c '.stats | with_entries(select(.value > 0 and (.key | test("packets|bytes|overflow") | not)))')
	[ "$said" = "{}" ] || { echo "$said"; return 1; }
}
