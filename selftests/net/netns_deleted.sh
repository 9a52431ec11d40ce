#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: full
#
# Network namespaces go while they forward bulk TCP and a flood in both directions: the one that a link is in, the one
# of its underlay, and the peer's. What is in a cipher or a queue at that time goes with them, and nothing is left.
# shellcheck disable=SC2016 # what eval gets is expanded there
. "$(dirname "$0")/lib.sh"
. "$here/netlink.sh"
need_module
head -c 4M /dev/urandom >"$work/block"
endless() { while cat "$work/block"; do :; done; }

# The traffic comes from and goes to "far" and "lan", which outlive the others: a process keeps its namespace alive.
setup() { # LINK-WORD…
	topology hub spoke1
	host inside
	host far
	host lan
	nl hub link-new name=t0 netns=/run/netns/inside local="${v4[hub]}" remote="${v4[spoke1]}" up "$@" \
		sa dir=in spi=0x1021 aead=aes-gcm-16 key="$(static_key aes-gcm-16 0x1021)" replay-window=1024 \
		sa dir=out spi=0x1012 aead=aes-gcm-16 key="$(static_key aes-gcm-16 0x1012)" >/dev/null ||
		give_up "the link cannot be made"
	address inside t0 "${tun4[hub]}/24"
	dvti_end spoke1 hub "$@"
	wire inside eth1 lan eth0
	wire spoke1 eth1 far eth0
	address inside eth1 10.30.0.254/24
	address lan eth0 10.30.0.1/24
	address spoke1 eth1 10.31.0.254/24
	address far eth0 10.31.0.1/24
	ip -n inside route add 10.31.0.0/24 dev t0
	ip -n spoke1 route add 10.30.0.0/24 dev t0
	ip -n lan route add default via 10.30.0.254
	ip -n far route add default via 10.31.0.254
}
# A wire carries nothing before the kernel has seen that both ends are up, a moment later: hence the waiting.
listening() { on far ss -ltn | grep -q :7000; }
load() {
	run_on far "$tools/tcp_copy" listen 7000
	wait_for 10 listening >/dev/null
	endless 2>/dev/null | on lan "$tools/tcp_copy" send 10.31.0.1 7000 >/dev/null 2>&1 &
	test_pids+=($!)
	run_on lan ping -n -q -f -l 30 -s 1300 10.31.0.1
	run_on far ping -n -q -f -l 30 -s 40 10.30.0.1
}
grown() { [ "$(link_stat spoke1 t0 rx-packets)" -gt $((before + 200)) ]; }
no_link() { [ -z "$(nl "$1" link-get)" ]; }
flows() {
	local before
	before=$(link_stat spoke1 t0 rx-packets)
	wait_for 10 grown
}

for encap in none udp; do
	for victim in inside hub spoke1; do
		setup encap=$encap
		owner=''
		for h in hub spoke1; do
			[ $encap = udp ] || break
			udp_socket $h
			[ $h != $victim ] || owner=${test_pids[-1]}
		done
		what="$victim, encapsulation $encap"
		check "$what: traffic flows both ways" wait_for 5 ping_ok lan 10.31.0.1
		load
		check "$what: and plenty of it" flows
		ip netns del $victim
		[ -z "$owner" ] || kill "$owner" # it holds its namespace
		case $victim in
		inside) check "$what: the underlay has no link left" wait_for 20 no_link hub ;;
		hub) check "$what: the link on it is gone" wait_for 20 no_dev inside t0 ;;
		spoke1) check "$what: so is the wire to it" wait_for 20 no_dev far eth0 ;;
		esac
		tear_down
	done
done
check "the module can be unloaded" rmmod dvti
