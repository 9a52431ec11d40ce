#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: 6.1
#
# What the module does can be watched: batches, drops with their reasons and expired limits as tracepoints, drops also
# by the kernel's own tracepoint with the nearest of its reasons, and their sums, sorted into errors and others, in the
# device's statistics.
# shellcheck disable=SC2016 # what eval gets is expanded there
. "$(dirname "$0")/lib.sh"
need_module
topology hub spoke1
dvti_end hub spoke1
spi=$(spi_of spoke1 hub)
send() {
	on spoke1 "$tools/esp_send" local="${v4[spoke1]}" remote="${v4[hub]}" spi="$spi" \
		key="$(static_key aes-gcm-16 "$spi")" echo="${tun4[spoke1]},${tun4[hub]}" "$@"
}
device() { on hub cat "/sys/class/net/t0/statistics/$1"; }
device_is() { # COUNTER VALUE
	local now
	now=$(device "$1")
	[ "$now" = "$2" ] || { echo "$1 is $now"; return 1; }
}

tracing=/sys/kernel/tracing
[ -e $tracing/trace ] || mount -t tracefs tracefs $tracing 2>/dev/null
if [ -d $tracing/events/dvti ]; then
	traced=1
	echo >$tracing/trace
	echo 1 >$tracing/events/dvti/enable
	echo 1 >$tracing/events/skb/kfree_skb/enable
fi
send seq=7
send seq=7
send seq=8 flip=30
send seq=9 next=17
send seq=10 next=59
# The hub answers the first; this limit has been passed then.
nl hub sa-update dev=t0 dir=out spi="$(spi_of hub spoke1)" soft-packets=1
send seq=11
wait_for 5 grew hub t0 rx-dummy 0 >/dev/null

# saw TEXT: a line of the trace ends so
saw() { grep -E "$1\$" $tracing/trace || { grep -v '^#' $tracing/trace; return 1; }; }
events=("a batch is opened|dvti_open: link=t0 spi=0x0000${spi#0x} packets=1 bytes=60"
	"a batch is sealed|dvti_seal: link=t0 spi=0x0000$(printf %04x "$(spi_of hub spoke1)") packets=1 bytes=60"
	"a drop has its reason|dvti_drop: link=t0 reason=rx_replay packets=1"
	"each has its own|dvti_drop: link=t0 reason=rx_integrity packets=1"
	"a limit is reached|dvti_expire: link=t0 spi=0x0000$(printf %04x "$(spi_of hub spoke1)") kind=soft limit=packets"
	"a forgery ends for the kernel's nearest reason|kfree_skb: .* reason: SKB_CSUM"
	"an unknown payload too|kfree_skb: .* reason: UNHANDLED_PROTO")
for e in "${events[@]}"; do
	if [ -n "${traced:-}" ]; then
		check "${e%%|*}" wait_for 5 saw "${e#*|}"
	else
		skip "${e%%|*}" "this kernel has no tracing"
	fi
done
for e in dvti skb/kfree_skb; do [ -z "${traced:-}" ] || echo 0 >$tracing/events/$e/enable; done

check "errors are what was wrong" device_is rx_errors 3
check "a forgery counts as a failed checksum" device_is rx_crc_errors 1
check "nonsense inside as a frame error" device_is rx_frame_errors 1
check "what is merely not wanted is dropped" device_is rx_dropped 1
