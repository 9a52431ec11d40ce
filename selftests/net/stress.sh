#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: full
#
# Everything at once for SECONDS_LONG seconds, in an order that no two runs repeat: floods and bulk TCP through a link
# whose SAs are replaced all the time, other links of every kind that come and go under load, namespaces that are
# deleted, CPUs that go and come back, dumps, and settings that change. No packet may be spoiled, and when it is over
# everything works.
# shellcheck disable=SC2016,SC2046,SC2086 # what eval gets is expanded there; lists of words
. "$(dirname "$0")/lib.sh"
. "$here/netlink.sh"
need_module
long=${SECONDS_LONG:-25}

topology hub spoke1
static_pair hub spoke1
udp_socket hub
udp_socket spoke1
check "the tunnel works" ping_ok spoke1 "${tun4[hub]}"
end=$((SECONDS + long))
going() { [ $SECONDS -lt $end ] && [ ! -e "$work/stop" ]; }
failed() { echo "$*" >>"$work/failures"; }
sa() { echo "dir=$1 spi=$2 aead=${3:-aes-gcm-16} key=$(static_key "${3:-aes-gcm-16}" "$2")"; }

replace() { # FROM TO SPI: the SA in that direction, again and again; nothing of it may fail
	local old spi=$3
	old=$(spi_of "$1" "$2")
	while going; do
		spi=$((spi + 1))
		nl "$2" sa-new dev=t0 $(sa in $spi) replay-window=1024 || failed "inbound SA $spi on $2"
		nl "$1" sa-new dev=t0 $(sa out $spi) || failed "outbound SA $spi on $1"
		nl "$1" sa-del dev=t0 dir=out spi=$old || failed "deletion of $old on $1"
		pause 0.1
		nl "$2" sa-del dev=t0 dir=in spi=$old || failed "deletion of $old on $2"
		old=$spi
		echo >>"$work/replaced"
	done
}

links() { # NUMBER: a second tunnel between both hosts, of all sorts, deleted at either end while it carries a flood
	local n=$1 h other encaps=(none udp) modes=(esp gre) words aead flood sum=0
	local aeads=(aes-gcm-16 chacha20-poly1305 aes-cbc-hmac-sha256-128 aes-ccm-16)
	while going; do
		aead=${aeads[RANDOM % ${#aeads[@]}]}
		words="encap=${encaps[RANDOM % 2]} mode=${modes[RANDOM % 2]}"
		for h in hub spoke1; do
			other=$([ $h = hub ] && echo spoke1 || echo hub)
			nl $h link-new name=s$n role=static local="${v4[$h]}" remote="${v4[$other]}" up $words \
				sa $(sa in $((0x100000 * n + (host_number[$h] == 1))) $aead) replay-window=64 \
				sa $(sa out $((0x100000 * n + (host_number[$h] == 2))) $aead) >/dev/null || failed "link s$n on $h: $words $aead"
			address $h s$n 192.168.$((100 + n)).${host_number[$h]}/24
		done
		on hub timeout 5 ping -n -q -f -l 40 -s $((RANDOM % 1600)) 192.168.$((100 + n)).2 >/dev/null 2>&1 &
		flood=$!
		! wait_for 4 grew spoke1 s$n rx-packets 0 >/dev/null || sum=$((sum + 1))
		pause 0.$((RANDOM % 6))
		h=$([ $((RANDOM % 2)) = 0 ] && echo hub || echo spoke1)
		case $((RANDOM % 3)) in
		0) nl $h sa-flush dev=s$n >/dev/null || failed "flush of s$n on $h" ;;
		1) ip -n $h link set s$n down || failed "s$n down on $h" ;;
		esac
		pause 0.1
		for h in hub spoke1; do nl $h link-del dev=s$n >/dev/null || failed "deletion of s$n on $h"; done
		kill $flood 2>/dev/null
		wait $flood
	done
	echo $sum >"$work/links.$n"
}

namespaces() { # a link in a namespace that is deleted while others send into it
	local n=0
	while going; do
		n=$((n + 1))
		ip netns add x$n
		nl hub link-new name=x0 netns=/run/netns/x$n local="${v4[hub]}" remote="${v4[spoke1]}" up \
			sa $(sa in $((0x900000 + n))) sa $(sa out $((0xa00000 + n))) >/dev/null || failed "link in x$n"
		address x$n x0 192.168.120.1/24
		nl spoke1 link-new name=x$n role=static local="${v4[spoke1]}" remote="${v4[hub]}" up \
			sa $(sa in $((0xa00000 + n))) sa $(sa out $((0x900000 + n))) >/dev/null || failed "link x$n"
		address spoke1 x$n 192.168.120.2/24
		on spoke1 timeout 2 ping -n -q -f -l 30 -s 500 -I x$n 192.168.120.1 >/dev/null 2>&1 &
		pause 0.4
		ip netns del x$n
		nl spoke1 link-del dev=x$n >/dev/null || failed "deletion of x$n"
		wait $!
	done
}

processors() {
	local cpu
	while going && [ "$(nproc --all)" -gt 1 ]; do
		cpu=/sys/devices/system/cpu/cpu$((1 + RANDOM % ($(nproc --all) - 1)))/online
		[ -w "$cpu" ] || return
		echo 0 >"$cpu"
		pause 0.2
		echo 1 >"$cpu"
		pause 0.5
	done
}

observers() {
	local h
	while going; do
		for h in hub spoke1; do
			nl $h link-get >/dev/null || failed "dump of links on $h"
			nl $h sa-get >/dev/null || failed "dump of SAs on $h"
			ip -n $h -s -d link show >/dev/null
		done
		[ ! -d /sys/kernel/tracing/events/dvti ] || echo $((RANDOM % 2)) >/sys/kernel/tracing/events/dvti/enable
		echo $((RANDOM % 2 * 64)) >/sys/module/dvti/parameters/spread
		nl hub link-set dev=t0 ttl=$((RANDOM % 200)) encap=none || failed "change of t0"
		pause 0.2
	done
}

traffic() { # HOST ADDRESS
	while going; do
		on "$1" ping -n -q -f -l 50 -c 400 -w 3 -s $((RANDOM % 3000)) "$2" >/dev/null 2>&1
	done
}

bulk() { # FROM TO ADDRESS: TCP; what arrives is what was sent
	local taker
	while going; do
		on "$2" timeout 60 "$tools/tcp_copy" listen 7000 >"$work/got" &
		taker=$!
		wait_for 20 listening "$2" >/dev/null
		on "$1" timeout 60 "$tools/tcp_copy" send "$3" 7000 <"$work/sent" || failed "bulk TCP"
		wait $taker
		cmp -s "$work/sent" "$work/got" || failed "TCP has brought something else"
		echo >>"$work/copied"
	done
}
listening() { on "$1" ss -ltn | grep -q :7000; }

head -c 300000 /dev/urandom >"$work/sent"
workers=()
for worker in "replace hub spoke1 0x200000" "replace spoke1 hub 0x300000" "links 1" "links 2" namespaces processors observers \
	"traffic hub ${tun4[spoke1]}" "traffic spoke1 ${tun6[hub]}" "bulk spoke1 hub ${tun4[hub]}"; do
	(trap - EXIT; RANDOM=$((SRANDOM % 32768)); $worker) &
	workers+=($!)
done
wait "${workers[@]}"
for cpu in /sys/devices/system/cpu/cpu[1-9]*/online; do [ ! -w "$cpu" ] || echo 1 >"$cpu"; done
[ ! -d /sys/kernel/tracing/events/dvti ] || echo 0 >/sys/kernel/tracing/events/dvti/enable
echo 512 >/sys/module/dvti/parameters/spread

check "no request failed" test ! -e "$work/failures" || diag <"$work/failures"
spoiled() { # what no sound packet can be counted as
	nl "$1" link-get dev=t0 | jq -e '.stats | [.["rx-integrity"], .["rx-padding"], .["rx-inner"], .["rx-truncated"],
		.["rx-next-header"], .["tx-crypto"], .["rx-crypto"]] | map(. // 0) | add > 0'
}
for h in hub spoke1; do check "no packet was spoiled on its way to $h" not spoiled $h; done
check "SAs were replaced: $(wc -l <"$work/replaced") times" test "$(wc -l <"$work/replaced")" -ge 2
check "bulk TCP got through: $(wc -l <"$work/copied") times" test "$(wc -l <"$work/copied")" -ge 1
check "other links have carried something" test "$(($(cat "$work/links.1") + $(cat "$work/links.2")))" -gt 0
check "IPv4 works" ping_ok spoke1 "${tun4[hub]}" 20
check "IPv6 works" ping_ok hub "${tun6[spoke1]}" 20 -s 4000
check "no link is left but the first" eval '[ "$(nl hub link-get | wc -l)" = 1 ] && [ "$(nl spoke1 link-get | wc -l)" = 1 ]'
check "nor an SA beyond its four" eval '[ "$(nl hub sa-get | wc -l)" = 2 ] && [ "$(nl spoke1 sa-get | wc -l)" = 2 ]'
check "the module can be unloaded" rmmod dvti
