#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: 6.1
#
# IPv6 packets routed into a link, forwarded or the host's own, and those that a link brings for any address of the
# host, pass untouched by policies of the host's own IPsec, whatever these want: block, transform, wait for SAs that
# nobody makes. Policies go on to hold for everything else.
# shellcheck disable=SC2016,SC2034 # what eval gets is expanded there
. "$(dirname "$0")/lib.sh"
need_module
topology hub spoke1
static_pair hub spoke1
if [ ! -d /sys/kernel/tracing ]; then
	ip -n hub xfrm policy add dir out src ::/0 dst fd77::/64 action block
	check "a kernel without tracepoints: it says that policies apply" \
		wait_for 5 eval 'dmesg | grep "IPv6 packets routed into dvti links meet the xfrm policies of the host"'
	skip "exemption of IPv6" "this kernel has no tracepoints"
	exit
fi
host server
host client
wire hub lan1 server eth0
wire spoke1 lan1 client eth0
address hub lan1 fd16::1/64
address server eth0 fd16::2/64
address spoke1 lan1 fd17::1/64
address client eth0 fd17::2/64
ip -n server route add default via fd16::1
ip -n client route add default via fd17::1
ip -n hub route add fd17::/64 dev t0
ip -n spoke1 route add fd16::/64 dev t0
ip -n spoke1 route add local fd55::/64 dev lo
ip -n server route add blackhole fd55::/64

# policy DIR SOURCE DESTINATION ACTION [WORD…], on the hub
policy() { ip -n hub xfrm policy add dir "$1" src "$2" dst "$3" action "$4" priority 10 "${@:5}"; }
# into_tunnel ACTION [WORD…]: for all that the hub routes into it
into_tunnel() {
	local to
	for to in fd99::/64 fd17::/64 fd55::/64; do
		echo "xfrm policy add dir out src ::/0 dst $to priority 10 action $*"
	done | ip -n hub -batch -
}
template() { echo tmpl src "${v6[hub]}" dst "${v6[spoke1]}" proto esp reqid "$1" mode tunnel; }
xfrm_counter() { on hub awk -v name="$1" '$1 == name {print $2}' /proc/net/xfrm_stat; }
# flows: an exchange over each sort of socket, from the hub
flows() {
	local said
	echo >&"$to_flows"
	read -rt 30 said <&"$from_flows" || said="no answer"
	[ "$said" = ok ] || { echo "$said"; return 1; }
}
# Bound, since ping asks for its source with another kind of packet, which has another hash.
echoes() { on hub ping -n -q -c 1 -W 1 -I "${tun6[hub]}" "$1" >/dev/null && echo "$1"; }
# arrived: which of some addresses answer, over the next hops that their hashes choose
arrived() {
	local n
	for n in {1..16}; do echoes fd55::$n & done | sort
}
# passes: every sort of packet from, to and through the hub
passes() {
	ping_ok hub "${tun6[spoke1]}" && flows && ping_ok server fd17::2 && ping_ok client fd16::2
}

run_on spoke1 python3 "$here/flows.py" serve 7000
wait_for 20 grep -q listening "$work/spoke1.python3.out" || give_up "nobody listens"
coproc on hub python3 "$here/flows.py" client "${tun6[spoke1]}" 7000 2>"$work/flows.err"
test_pids+=("$COPROC_PID")
exec {to_flows}>&"${COPROC[1]}" {from_flows}<&"${COPROC[0]}"
read -rt 20 <&"$from_flows" || give_up "no flows" "$(cat "$work/flows.err")"
check "before: all arrive" passes

into_tunnel block
check "a policy that blocks, after the link: packets arrive" wait_for 5 reachable hub "${tun6[spoke1]}"
blocked=$(xfrm_counter XfrmOutPolBlock)
check "all of them, and none is blocked" eval 'passes && [ "$(xfrm_counter XfrmOutPolBlock)" = "$blocked" ]'
policy out fd16::1/128 fd16::2/128 block
check "policies go on to hold beside the link" ping_fails hub fd16::2
ip -n hub xfrm policy flush
check "and end when they are deleted" wait_for 5 reachable hub fd16::2

# The MTU of the path is learned for a single destination, whose route is a copy of its own.
ip -n client link set eth0 mtu 1280
ip -n spoke1 link set lan1 mtu 1280
check "a path with a smaller MTU" wait_for 5 on hub ping -n -q -c 1 -W 1 -s 1300 fd17::2
check "is known" eval 'ip -n hub -6 route get fd17::2 | grep "mtu 1280"'
ip -n hub -6 nexthop add id 7 dev t0
ip -n hub route add fd55::/64 nhid 7
check "a next hop that is an object" reachable hub fd55::1
into_tunnel block
check "policies again: packets of that path arrive" wait_for 5 on hub ping -n -q -c 1 -W 1 -s 1300 fd17::2
check "and by the next hop" reachable hub fd55::1
ip -n hub route add fd66::/64 dev lo
check "also the first after routes have changed" ping_ok hub fd55::1 1
ip -n hub xfrm policy flush

ip -n hub route del fd55::/64
ip -n hub -6 route add fd55::/64 nexthop via "${tun6[spoke1]}" dev t0 nexthop via fd16::2 dev lan1
some=$(arrived)
check "next hops in and outside the tunnel share" eval 'echo "${some:-none}"; [ -n "$some" ] && [ "$(wc -w <<<"$some")" -lt 16 ]'
into_tunnel block
wait_for 5 reachable hub "${tun6[spoke1]}" >/dev/null
check "with policies it is the same ones that arrive" eval '[ "$(arrived)" = "$some" ]'
ip -n hub xfrm policy flush

# shellcheck disable=SC2046 # words
into_tunnel allow $(template 10)
wait_for 5 reachable hub "${tun6[spoke1]}" >/dev/null
check "a transformation without SA" passes
on hub sysctl -qw net.core.xfrm_larval_drop=0
check "which packets may wait for" flows
ip -n hub xfrm policy flush

ip -n hub xfrm state add src "${v6[hub]}" dst "${v6[spoke1]}" proto esp spi 0x999 reqid 9 mode tunnel \
	aead "rfc4106(gcm(aes))" "0x$(static_key aes-gcm-16 0x999)" 128
# shellcheck disable=SC2046 # words
into_tunnel allow $(template 9)
wait_for 5 reachable hub "${tun6[spoke1]}" >/dev/null
sent() { ip -n hub -s xfrm state get dst "${v6[spoke1]}" spi 0x999 proto esp | awk '/lifetime current/ {getline; print $1}'; }
before=$(sent)
check "a transformation with its SA, which takes none of them" eval 'passes && [ "$(sent)" = "$before" ] && [ -n "$before" ]'
# shellcheck disable=SC2046 # words
policy out fd16::1/128 fd16::2/128 allow $(template 9)
check "but those it is for" eval '! reachable hub fd16::2 && [ "$(sent)" != "$before" ]'
ip -n hub xfrm policy flush

# Addresses of other interfaces, as a link without any of its own borrows them.
ip -n spoke1 route add "${lan6[hub]}" dev t0
policy in ::/0 "${lan6[hub]}" block
check "in: packets for another interface's address arrive" wait_for 5 reachable spoke1 "${lan6[hub]}"
run_on hub python3 "$here/flows.py" serve 7000
wait_for 20 grep -q listening "$work/hub.python3.out" || give_up "nobody listens"
echo 2>"$work/in.err" | on spoke1 python3 "$here/flows.py" client "${lan6[hub]}" 7000 >"$work/in.out"
check "by UDP and TCP" grep -x ok "$work/in.out"
check "not those of other devices" ping_fails server "${lan6[hub]}"
ip -n hub xfrm policy flush

# The link comes to policies that are there already.
into_tunnel block
policy in ::/0 "${lan6[hub]}" block
ip -n hub link set t0 down
ip -n hub link set t0 up
address hub t0 "${tun6[hub]}/64"
ip -n hub route add fd17::/64 dev t0
check "policies before the link: the first packet arrives" ping_ok hub "${tun6[spoke1]}" 1
check "the first forwarded, too" ping_ok server fd17::2 1
check "and the first for an address of the host" ping_ok spoke1 "${lan6[hub]}" 1

ip -n hub link add red type vrf table 100
ip -n hub link set red up
ip -n hub link set t0 master red
ip -n hub link set lan0 master red
address hub t0 "${tun6[hub]}/64"
address hub lan0 "${lan6[hub]}/64"
check "in a VRF: out" ping_ok hub "${tun6[spoke1]}" 3 -I red
check "in a VRF: in" ping_ok spoke1 "${lan6[hub]}"

host tenant
ip -n tenant xfrm policy add dir out src ::/0 dst fd99::/64 action block
ip -n hub link set t0 netns tenant
ip -n tenant link set t0 up
address tenant t0 "${tun6[hub]}/64"
check "in another netns with policies of its own" ping_ok tenant "${tun6[spoke1]}" 1
