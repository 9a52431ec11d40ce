#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: full
#
# Netfilter's hook behind the routing decision (postrouting) sees the outer packets, although they go straight to the
# neighbour: it can count them, drop them and hold them back, whether it is alone or together with one at local output.
# What it still holds when the module goes is let go into a kernel without it.
# shellcheck disable=SC2016 # what eval gets is expanded there
. "$(dirname "$0")/lib.sh"
. "$here/hooks.sh"
need_module

through() { ping_ok hub "${tun4[spoke1]}" 3 && ping_ok hub "${tun6[spoke1]}" 3; }

can_hold() { on hub nft -c add table inet try '{ chain c { type filter hook postrouting priority 0; queue num 0; }; }' 2>/dev/null; }
# hold [MILLISECONDS]
hold() {
	run_on hub "$tools/nf_accept" "$@"
	wait_for 5 grep -q ready "$work/hub.nf_accept.out" || give_up "no queue"
	hook postrouting counter queue num 0
}

nothing_held() { [ "$(on hub awk '{ print $3 }' /proc/net/netfilter/nfnetlink_queue)" = 0 ]; }

topology hub spoke1
udp_socket hub gro
udp_socket spoke1 gro
for kind in "4" "6" "4 udp" "6 udp"; do
	read -r family encap <<<"$kind"
	name="IPv$family${encap:+ in UDP}"
	if [ -n "$encap" ]; then
		dvti_end hub spoke1 encap=udp local="$(outer hub),4500" remote="$(outer spoke1),4500"
		dvti_end spoke1 hub encap=udp local="$(outer spoke1),4500" remote="$(outer hub),4500"
	else
		static_pair hub spoke1
	fi
	check "$name: without hooks" through

	hook postrouting counter
	check "$name: past a hook that counts" through
	check "$name: which has seen them" seen 6 postrouting
	check "$name: and a burst" eval 'on hub ping -q -n -l 40 -c 40 -i 0.002 -W 2 "${tun4[spoke1]}" | grep -q " 0% packet loss"'
	check "$name: all of it" seen 46 postrouting
	unhook

	hook postrouting counter drop
	before=$(link_stat hub t0 tx-outer)
	check "$name: a hook that drops" ping_fails hub "${tun4[spoke1]}"
	check "$name: has seen them" seen 2 postrouting
	check "$name: and the link has counted them" test "$(link_stat hub t0 tx-outer)" -ge $((before + 2))
	unhook

	hook output counter
	hook postrouting counter
	check "$name: past hooks at local output and behind" through
	check "$name: both of which see each once" test "$(on hub nft -j list table inet outer |
		jq '[.. | .counter? | objects | .packets] | add')" -le 20
	unhook

	if can_hold; then
		hold
		check "$name: past a program that holds them back" through
		check "$name: which hands each on once" eval '! on hub ping -q -n -c 3 -i 0.1 "${tun4[spoke1]}" | grep -q duplicates'
		unhook
		pkill -x nf_accept
	else
		skip "$name: past a program that holds them back" "this kernel has no queues of netfilter"
	fi

	for h in hub spoke1; do ip -n $h link del t0; done
done

can_hold || exit 0
for family in 4 6; do
	static_pair hub spoke1
	hold 3000
	on hub ping -n -q -c 1 -W 1 "${tun4[spoke1]}" >/dev/null &
	check "IPv$family: a packet is held back" wait_for 2 seen 1 postrouting
	for h in hub spoke1; do ip -n $h link del t0; done
	check "IPv$family: the module goes meanwhile" wait_for 2 rmmod dvti
	check "IPv$family: the packet comes after it" wait_for 6 nothing_held
	check "IPv$family: and the host goes on" ping_ok hub "$(outer spoke1)"
	unhook
	pkill -x nf_accept
	need_module
done
