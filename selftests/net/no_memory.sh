#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: full
#
# Memory runs out, at each allocation of each request in turn, and at random in the data path. Requests are done as a
# whole or not at all, packets are lost and counted, and when memory is back everything works. What leaks, kmemleak
# finds.
# shellcheck disable=SC2016,SC2034 # what eval gets is expanded there
. "$(dirname "$0")/lib.sh"
. "$here/netlink.sh"
need_module
debug=/sys/kernel/debug/failslab
[ -w $debug/probability ] && [ -w /proc/self/fail-nth ] || skip_all "this kernel injects no faults"

topology hub spoke1
for fault in /sys/kernel/debug/fail{slab,_page_alloc}; do
	[ -d "$fault" ] || continue
	echo N >"$fault/ignore-gfp-wait"
	echo 0 >"$fault/verbose"
	# A test before this one may have been content with the allocations of some functions.
	echo 0 >"$fault/require-start"
	echo 0xffffffffffffffff >"$fault/require-end"
done

# exhaust COMMAND… next COMMAND…: see dvti-nl
exhaust() {
	if ! timeout 60 ip netns exec hub "$tools/dvti-nl" exhaust "$@" >"$work/said" 2>&1; then
		tail -n 5 "$work/said"
		return 1
	fi
	grep 'allocations$' "$work/said" >>"$work/counts"
}
sa() { echo "sa dir=$1 spi=$2 aead=$3 key=$(static_key "$3" "$2")"; }
ends="local=${v4[hub]} remote=${v4[spoke1]}"
# shellcheck disable=SC2046,SC2086 # lists of words
{
	# The first number must still be free after all the failures.
	check "a new link with two SAs" exhaust link-new name=x%d $ends up \
		$(sa in 0x2001 aes-gcm-16) replay-window=1024 $(sa out 0x2002 aes-gcm-16) next link-del name=x0
	nl hub link-new name=x0 $ends up >/dev/null
	check "two SAs with selectors" exhaust sa-new $(sa in 0x2003 aes-cbc-hmac-sha256-128) dev=x0 \
		ts=10.0.0.0-10.0.0.255,0.0.0.0-255.255.255.255 $(sa out 0x2004 aes-cbc-hmac-sha256-128) dev=x0 \
		next sa-del sa dev=x0 dir=in spi=0x2003 sa dev=x0 dir=out spi=0x2004
	nl hub sa-new $(sa in 0x2005 aes-gcm-16) dev=x0 $(sa out 0x2006 aes-gcm-16) dev=x0
	check "a deletion" exhaust link-del name=x0 next link-new name=x0 $ends up
}
nl hub link-del name=x0 >/dev/null
cat "$work/counts"

# Now packets, with one in five of the allocations failing that our functions ask for, themselves or by a function or two
# of the kernel: deeper in the stack there is everything that packets do after us.
depth=10
begin=$(cat /sys/module/dvti/sections/.text)
end=$(printf '%#x' $((begin + $(awk '$1 == "dvti" { print $2 }' /proc/modules))))
faults() { # PERCENT
	local fault
	for fault in /sys/kernel/debug/fail{slab,_page_alloc}; do
		[ -d "$fault" ] || continue
		echo "$begin" >"$fault/require-start"
		echo "$end" >"$fault/require-end"
		echo $depth >"$fault/stacktrace-depth"
		[ ! -e "$fault/min-order" ] || echo 0 >"$fault/min-order"
		echo -1 >"$fault/times"
		echo "$1" >"$fault/probability"
	done
}
lost() { # sum over both ends of what was dropped for want of memory
	local host name sum=0
	for host in hub spoke1; do
		for name in tx-no-memory rx-no-memory; do sum=$((sum + $(link_stat "$host" t0 $name))); done
	done
	echo $sum
}
# What got through of a transfer that may break is what was sent.
transfer_begins() {
	on spoke1 timeout 25 "$tools/tcp_copy" listen 7000 >"$work/got" &
	taker=$!
	wait_for 10 eval 'on spoke1 ss -ltn | grep -q :7000' >/dev/null
	on hub timeout 20 "$tools/tcp_copy" send "${tun4[spoke1]}" 7000 <"$work/sent" || kill $taker
	wait $taker
	cmp -n "$(stat -c %s "$work/got")" "$work/sent" "$work/got"
}

head -c 300K /dev/urandom >"$work/sent"
udp_socket hub gro
udp_socket spoke1 gro
for kind in esp gre udp cbc; do
	words=() aead=aes-gcm-16
	case $kind in
	gre) words=(mode=gre) ;;
	udp) words=(encap=udp) ;;
	cbc) aead=aes-cbc-hmac-sha256-128 ;;
	esac
	for ends in "hub spoke1" "spoke1 hub"; do
		read -r me peer <<<"$ends"
		[ $kind != udp ] || words=(encap=udp local="${v4[$me]},4500" remote="${v4[$peer]},4500")
		dvti_end "$me" "$peer" "${words[@]}"
	done
	check "$kind: the tunnel works" ping_ok spoke1 "${tun4[hub]}"
	faults 20
	# Where little memory is asked for there may be enough for once.
	same=0
	for try in {1..10}; do
		for size in 10 1400 4000; do
			on spoke1 ping -n -q -c 60 -i 0.002 -W 1 -s $size "${tun4[hub]}" >>"$work/pings" 2>&1
			on hub ping -n -q -c 60 -i 0.002 -W 1 -s $size "${tun6[spoke1]}" >>"$work/pings" 2>&1
		done
		transfer_begins >>"$work/compared" 2>&1 || same=1
		[ "$(lost)" -eq 0 ] || break
	done
	faults 0
	check "$kind: packets were lost for want of memory, and counted" test "$(lost)" -gt 0
	check "$kind: what TCP got through is what was sent" eval 'cat "$work/compared"; [ $same = 0 ]'
	check "$kind: with memory, all is well again, IPv4" ping_ok spoke1 "${tun4[hub]}" 20
	check "$kind: with memory, all is well again, IPv6" ping_ok hub "${tun6[spoke1]}" 20 -s 4000
	for host in hub spoke1; do nl $host link-del dev=t0 >/dev/null; done
done

# Nor may an event take anything with it that has no memory: a packet that calls for an SA waits all the same.
dvti_end hub spoke1 trigger-queue=9
nl hub sa-flush dev=t0
events hub
faults 100
on hub ping -n -q -c 2 -i 0.1 -W 1 "${tun4[spoke1]}" >/dev/null
faults 0
check "without memory nobody hears of packets that call for an SA" event '.event == "acquire"' 0
on hub ping -n -q -c 3 -i 1.1 -W 1 "${tun4[spoke1]}" >/dev/null
check "with memory, the next call is heard" test "$(jq -cs 'map(select(.event == "acquire")) | length' "$work/events")" -ge 1
