#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: full
#
# Requests that change or show links and SAs, again and again, with the first, the second, … the last of their
# allocations failing (no_memory.sh does so for those that make links). Each must then either succeed all the same or
# be refused for want of memory, and leave no trace.
# shellcheck disable=SC2016 # what eval gets is expanded there
. "$(dirname "$0")/lib.sh"
faults=/sys/kernel/debug
[ -e $faults/failslab ] && [ -e /proc/self/fail-nth ] || skip_all "this kernel injects no faults"
need_module
for f in failslab fail_page_alloc; do
	echo 0 >$faults/$f/ignore-gfp-wait
	echo 0 >$faults/$f/verbose
	# A test before this one may have been content with the allocations of some functions.
	echo 0 >$faults/$f/require-start
	echo 0xffffffffffffffff >$faults/$f/require-end
done
# There are many rounds, so the requests come from the netns of the test itself.
our() { "$tools/dvti-nl" "$@"; }

# each_fails AFTER-FAILURE AFTER-SUCCESS COMMAND…: @N in the command stands for the number of the round
each_fails() {
	local failed=$1 succeeded=$2 n said words
	shift 2
	for ((n = 1; n < 2000; n++)); do
		words=("${@//@N/$n}")
		said=$(DVTI_FAIL_NTH=$n our "${words[@]}" 2>&1)
		case $? in
		0) eval "$succeeded" || { echo "round $n succeeded: $said"; return 1; } ;;
		1) eval "$failed" || { echo "round $n left something: $said"; return 1; } ;;
		# Done or not: no memory was left to say so.
		3) { eval "$failed" >/dev/null || eval "$succeeded"; } || { echo "round $n did something else: $said"; return 1; } ;;
		esac
		case $said in
		*"fault: none"*) break ;;
		*"memory"*"fault: injected"* | *"buffer space"*"fault: injected"*) ;;
		*Error*) echo "round $n was refused for another reason: $said"; return 1 ;;
		esac
	done
	[ "$n" -gt 2 ] || { echo "no allocation failed"; return 1; }
}

# What there is, without what traffic and time change
state() {
	local line
	{ our link-get && our sa-get; } | while read -r line; do
		line=${line%%,\"age-seconds\"*}
		line=${line%%,\"stats\"*}
		[[ ! $line =~ (.*)\"seq\":[0-9]+,(.*) ]] || line=${BASH_REMATCH[1]}${BASH_REMATCH[2]}
		echo "$line"
	done
}
unchanged() {
	local now
	now=$(state)
	[ "$now" = "$before" ] || { printf 'was\n%s\nis\n%s\n' "$before" "$now"; return 1; }
}

key() { static_key aes-gcm-16 "$1"; }
ends=(local=10.1.0.1 remote=10.2.0.1)
in=(dev=t0 dir=in spi=0x1021) out=(dev=t0 dir=out spi=0x1012)
make_t0() {
	our link-new name=t0 "${ends[@]}" up sa "${in[@]:1}" aead=aes-gcm-16 key="$(key 0x1021)" replay-window=64 \
		sa "${out[@]:1}" aead=aes-gcm-16 key="$(key 0x1012)" >/dev/null
}

ip link add lan type dummy
ip link set lan up
addresses lan 10.1.0.1/24 | ip -batch -
ip route add 10.2.0.0/24 dev lan
our link-new name=vt1 role=virtual-template mtu=1300 trigger-queue=4 >/dev/null
make_t0 || give_up "no link"
before=$(state)

one=(dev=t0 dir=in spi=0x3001 aead=aes-cbc-hmac-sha256-128 key="$(static_key aes-cbc-hmac-sha256-128 0x3001)" replay-window=8192)
two=(dev=t0 dir=out spi=0x3002 aead=aes-gcm-16 key="$(key 0x3002)" local=10.1.0.1)
check "sa-new: all or nothing" each_fails unchanged \
	'our sa-del "${one[@]:0:3}" sa "${two[@]:0:3}" && unchanged' sa-new "${one[@]}" sa "${two[@]}"
check "link-set: all or nothing" each_fails unchanged \
	'our link-set dev=t0 "${ends[@]}" cookie=0 ttl=0 && unchanged' link-set dev=t0 cookie=9 ttl=3 mtu=0 \
	local=10.1.0.77 remote=10.2.0.77
our sa-update "${in[@]}" "${ends[@]}" sa "${out[@]}" "${ends[@]}"
check "sa-update: all or nothing" each_fails unchanged \
	'our sa-update "${in[@]}" "${ends[@]}" cookie=0 sa "${out[@]}" "${ends[@]}" hard-packets=0 && unchanged' \
	sa-update "${in[@]}" local=10.1.0.77 cookie=7 sa "${out[@]}" remote=10.2.0.78 hard-packets=5000
check "spi-reserve: what was not promised is free" each_fails 'our spi-reserve local=10.1.0.1 spi=9000$n seconds=5' true \
	spi-reserve local=10.1.0.1 spi=9000@N seconds=5
check "link-get" each_fails true true link-get dev=t0
check "the dump of links" each_fails true true link-get
check "sa-get" each_fails true true sa-get "${in[@]}"
check "the dump of SAs" each_fails true true sa-get
again='our sa-new "${one[@]}" sa "${two[@]}"'
eval "$again"
before=$(state)
check "sa-del: both or none" each_fails unchanged "$again && unchanged" sa-del "${one[@]:0:3}" sa "${two[@]:0:3}"
check "sa-flush" each_fails true 'test -z "$(our sa-get dev=t0)"' sa-flush dev=t0
for l in t0 vt1 lan; do ip link del $l; done
