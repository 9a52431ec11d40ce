#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: 6.12
#
# The module is unloaded while links in several namespaces carry a flood in both directions, again and again: the
# links go, nothing crashes, and the next load works.
# shellcheck disable=SC2016 # what eval gets is expanded there
. "$(dirname "$0")/lib.sh"
. "$here/netlink.sh"
need_module
topology hub spoke1
host inside
flood() {
	on spoke1 ping -n -q -f -w 20 "${tun4[hub]}" >/dev/null 2>&1 &
	test_pids+=($!)
	on hub ping -n -q -f -w 20 -s 1200 "${tun4[spoke1]}" >/dev/null 2>&1 &
	test_pids+=($!)
}

for round in 1 2 3; do
	static_pair hub spoke1 trigger-queue=16 sa hard-seconds=600
	nl hub link-new name=vt0 role=virtual-template >/dev/null
	nl hub link-new name=va%d template=vt0 netns=/run/netns/inside up trigger-queue=4 >/dev/null
	check "round $round: traffic flows" ping_ok spoke1 "${tun4[hub]}"
	flood
	sleep 0.5
	[ $round = 2 ] && nl spoke1 sa-flush
	check "round $round: the module goes under traffic" wait_for 20 rmmod dvti
	check "round $round: so have the links" eval 'no_dev hub t0 && no_dev spoke1 t0 && no_dev hub vt0 && no_dev inside va0'
	check "round $round: ESP of the kernel's own is left alone" eval \
		'xfrm_end hub spoke1 && xfrm_end spoke1 hub && ping_ok spoke1 "${tun4[hub]}"'
	for ns in hub spoke1; do
		ip -n $ns link del t0
		ip -n $ns xfrm state flush
		ip -n $ns xfrm policy flush
	done
	need_module
done
check "the kernel has nothing to complain about" not eval 'dmesg | grep -E "BUG|WARNING|Oops|unregister_netdevice: waiting|refcount"'
