#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: 6.1
#
# Traffic on a link without SA calls for one: an acquire event says what the packet was, the packet waits, and
# leaves when the SA comes.
# shellcheck disable=SC2016 # what eval gets is expanded there
. "$(dirname "$0")/lib.sh"
. "$here/netlink.sh"
need_module
topology hub spoke1
dvti_end hub spoke1
ready() { # link "t0" of spoke1 without SA
	ip -n spoke1 link del t0 2>/dev/null
	nl spoke1 link-new name=t0 local="${v4[spoke1]}" remote="${v4[hub]}" cookie=5 "$@" >/dev/null || give_up "no link"
	# IPv6 reports its group memberships, which would be traffic too.
	on spoke1 sysctl -qw net.ipv6.conf.t0.disable_ipv6=1
	ip -n spoke1 link set t0 up
	address spoke1 t0 "${tun4[spoke1]}/24"
}
sas_come() {
	nl spoke1 sa-new dev=t0 dir=in spi=0x1012 aead=aes-gcm-16 key="$(static_key aes-gcm-16 0x1012)" replay-window=64 \
		sa dev=t0 dir=out spi=0x1021 aead=aes-gcm-16 key="$(static_key aes-gcm-16 0x1021)"
}

ready trigger-queue=8
events spoke1
check "the link waits for traffic: it has a carrier" wait_for 5 carrier spoke1 t0
on spoke1 ping -n -q -c 3 -i 0.2 -W 8 "${tun4[hub]}" >"$work/ping" 2>&1 &
waiting=$!
check "an acquire event names link and flow" wait_for 3 event ".event == \"acquire\" and .link.cookie == 5 and
	(.flow[0] | .\"local-start\" == \"${tun4[spoke1]}\" and .\"remote-end\" == \"${tun4[hub]}\" and .protocol == 1)"
check "the SAs come" sas_come
wait $waiting
check "no packet was lost" grep -q "3 packets transmitted, 3 received" "$work/ping"
check "the carrier stays" carrier spoke1 t0

ready trigger-queue=2
events spoke1
on spoke1 ping -n -q -c 20 -i 0.05 -W 1 "${tun4[hub]}" >/dev/null 2>&1
check "more than the queue holds is dropped and counted" eval '[ "$(link_stat spoke1 t0 tx-no-sa)" = 18 ]'
check "events come once a second" eval '[ "$(grep -c acquire "$work/events")" -le 3 ]'
check "what waits too long is dropped and counted" wait_for 15 eval '[ "$(link_stat spoke1 t0 tx-trigger-expired)" = 2 ]'
events spoke1
on spoke1 sysctl -qw net.ipv6.conf.t0.disable_ipv6=0
address spoke1 t0 "${tun6[spoke1]}/64"
on spoke1 ping -n -q -c 1 -W 1 "${tun6[hub]}" >/dev/null 2>&1
check "IPv6 is announced, too" wait_for 3 eval "grep -q '${tun6[hub]}' \$work/events"
check "what the kernel reports by itself when IPv6 comes up is not" not grep -q ff02 "$work/events"
ip -n spoke1 link set t0 down
check "a link that goes down keeps nothing" eval '[ "$(link_stat spoke1 t0 tx-dev-down)" -gt 0 ]'

ready trigger-queue=0
check "without a queue there is no carrier" no_carrier spoke1 t0
check "so nothing is sent" ping_fails spoke1 "${tun4[hub]}"
