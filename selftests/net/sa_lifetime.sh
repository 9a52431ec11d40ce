#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: 6.1
#
# Each limit of an SA is announced once when it is soft, and ends the SA when it is hard: the event goes out, packets
# are counted as expired, the carrier goes off so that routes lose, and a new SA brings it back.
# shellcheck disable=SC2016 # what eval gets is expanded there
. "$(dirname "$0")/lib.sh"
. "$here/netlink.sh"
need_module
topology hub spoke1

pair() { # WORD…: of spoke1's outbound SA
	ip -n hub link del t0 2>/dev/null
	ip -n spoke1 link del t0 2>/dev/null
	dvti_end hub spoke1
	# IPv6 of either end would report its group memberships, and they would be counted with the pings.
	on hub sysctl -qw net.ipv6.conf.t0.disable_ipv6=1
	nl spoke1 link-new name=t0 local="${v4[spoke1]}" remote="${v4[hub]}" \
		sa dir=in spi=0x1012 aead=aes-gcm-16 key="$(static_key aes-gcm-16 0x1012)" replay-window=64 \
		sa dir=out spi=0x1021 aead=aes-gcm-16 key="$(static_key aes-gcm-16 0x1021)" cookie=77 "$@" >/dev/null ||
		give_up "no link with $*"
	on spoke1 sysctl -qw net.ipv6.conf.t0.disable_ipv6=1
	ip -n spoke1 link set t0 up
	address spoke1 t0 "${tun4[spoke1]}/24"
	events spoke1
}
expired() { event ".event == \"expire\" and .kind == \"$1\" and .limit == \"$2\" and .sa.cookie == 77 and .link.name == \"t0\"" "${3:-1}"; }

pair soft-packets=4 hard-packets=8
check "packets: traffic flows" ping_ok spoke1 "${tun4[hub]}" 3
check "packets: nothing is announced yet" eval 'expired soft packets 0 && expired hard packets 0'
check "packets: the soft limit does not disturb" ping_ok spoke1 "${tun4[hub]}" 3
check "packets: it is announced once" wait_for 3 expired soft packets
check "packets: the hard limit ends it" not ping_ok spoke1 "${tun4[hub]}" 6
check "packets: that is announced once" wait_for 3 expired hard packets
check "packets: the carrier is off" wait_for 3 no_carrier spoke1 t0
# The core drops what is sent to a device without a carrier; 6.1 does not count it.
case $(uname -r) in
6.1.*) skip "packets: what comes later is counted, with its reason" "not by this kernel" ;;
*)
	check "packets: what comes later is counted, with its reason" eval \
		'before=$(link_stat spoke1 t0 tx-no-carrier); ping_fails spoke1 "${tun4[hub]}" && grew spoke1 t0 tx-no-carrier "$before" &&
		[ "$(on spoke1 cat /sys/class/net/t0/statistics/tx_dropped)" -ge "$(link_stat spoke1 t0 tx-no-carrier)" ]'
	;;
esac
check "packets: exactly eight have left" eval '[ "$(sa_stat spoke1 t0 out packets)" = 8 ]'
nl spoke1 sa-new dev=t0 dir=out spi=0x1031 aead=aes-gcm-16 key="$(static_key aes-gcm-16 0x1031)"
nl hub sa-new dev=t0 dir=in spi=0x1031 aead=aes-gcm-16 key="$(static_key aes-gcm-16 0x1031)" replay-window=64
check "packets: a new SA brings the carrier back" wait_for 3 carrier spoke1 t0
check "packets: and the traffic" ping_ok spoke1 "${tun4[hub]}" 3

pair
nl spoke1 sa-update dev=t0 dir=in spi=0x1012 cookie=77 soft-packets=3 hard-packets=5
check "inbound: the soft limit is announced" eval 'ping_ok spoke1 "${tun4[hub]}" 4 && wait_for 3 expired soft packets'
check "inbound: the hard limit ends it" not ping_ok spoke1 "${tun4[hub]}" 4
check "inbound: that is announced once" wait_for 3 expired hard packets
check "inbound: exactly five have come in" eval '[ "$(sa_stat spoke1 t0 in packets)" = 5 ]'
check "inbound: the others are counted, with their reason" test "$(link_stat spoke1 t0 rx-expired)" -ge 1
check "inbound: the outbound SA goes on" carrier spoke1 t0

pair soft-bytes=300 hard-bytes=600
check "bytes: the soft limit is announced" eval 'on spoke1 ping -q -c 5 -i 0.05 -W 1 "${tun4[hub]}"; wait_for 3 expired soft bytes'
check "bytes: the hard limit ends it" eval 'on spoke1 ping -q -c 5 -i 0.05 -W 1 "${tun4[hub]}"; wait_for 3 expired hard bytes'
check "bytes: no carrier" wait_for 3 no_carrier spoke1 t0

pair soft-seconds=8 hard-seconds=16
check "time: not too early" eval 'expired soft time 0 && ping_ok spoke1 "${tun4[hub]}"'
check "time: the soft limit is announced" wait_for 12 expired soft time
check "time: traffic still flows" ping_ok spoke1 "${tun4[hub]}" 1
check "time: the hard limit ends it" wait_for 14 expired hard time
check "time: no carrier" wait_for 3 no_carrier spoke1 t0
check "time: each was announced once" eval 'expired soft time && expired hard time'

pair hard-seconds=8
check "a limit is lifted before it bites" nl spoke1 sa-update dev=t0 dir=out spi=0x1021 hard-seconds=0 soft-packets=2
check "and another one set" eval 'on spoke1 ping -q -c 4 -i 0.05 -W 1 "${tun4[hub]}"; wait_for 3 expired soft packets'
sleep 8.5
check "the SA lives" eval 'carrier spoke1 t0 && ping_ok spoke1 "${tun4[hub]}"'

pair seq=$((0xffffffff - 0x100000 - 2))
check "sequence numbers: their end is announced in time" eval \
	'on spoke1 ping -q -c 6 -i 0.05 -W 1 "${tun4[hub]}"; wait_for 3 expired soft sequence'
check "sequence numbers: close to the end" nl spoke1 sa-update dev=t0 dir=out spi=0x1021 seq=$((0xffffffff - 3))
check "sequence numbers: they never wrap" not ping_ok spoke1 "${tun4[hub]}" 8
check "sequence numbers: the end is announced" wait_for 3 expired hard sequence
check "sequence numbers: no carrier" wait_for 3 no_carrier spoke1 t0
check "the hub accepted no number twice" eval '[ "$(sa_stat hub t0 in replay)" = 0 ]'
