#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: 6.1
#
# Policies of the host's own IPsec are for the host's packets. Inner packets of a tunnel, terminated or forwarded,
# pass untouched although a policy would block them. What IPv6 has no switches for is host_policy6.sh's.
# shellcheck disable=SC2016 # what eval gets is expanded there
. "$(dirname "$0")/lib.sh"
. "$here/netlink.sh"
need_module
topology hub spoke1
static_pair hub spoke1
host server
wire hub lan1 server eth0
address hub lan1 172.16.0.1/24 fd16::1/64
address server eth0 172.16.0.2/24 fd16::2/64
ip -n server route add default via 172.16.0.1
ip -n server route add default via fd16::1
ip -n spoke1 route add 172.16.0.0/24 dev t0
ip -n spoke1 route add fd16::/64 dev t0
check "before: the hub forwards" ping_ok spoke1 172.16.0.2
check "before: the hub forwards IPv6" ping_ok spoke1 fd16::2

# policy DIR SOURCE DESTINATION ACTION [WORD…], on the hub
policy() { ip -n hub xfrm policy add dir "$1" src "$2" dst "$3" action "$4" "${@:5}"; }
policy in 192.168.9.0/24 0.0.0.0/0 block priority 10
policy fwd 192.168.9.0/24 0.0.0.0/0 block priority 10
policy out 0.0.0.0/0 192.168.9.0/24 block priority 10
check "a host policy that blocks the inner addresses does not touch what ends here" ping_ok spoke1 "${tun4[hub]}"
check "nor what ends at another address of the hub" eval \
	'ip -n spoke1 route add "${lan4[hub]}" dev t0 && ping_ok spoke1 "${lan4[hub]}"'
check "nor what the hub itself sends" ping_ok hub "${tun4[spoke1]}"
check "nor what is forwarded, in either direction" ping_ok spoke1 172.16.0.2
ip -n hub xfrm policy flush

# A policy that wants stock IPsec for the same addresses must not wrap inner packets again.
policy out 0.0.0.0/0 192.168.9.0/24 allow priority 10 tmpl src "${v4[hub]}" dst "${v4[spoke1]}" proto esp reqid 9 mode tunnel
check "nor is anything wrapped twice" ping_ok spoke1 "${tun4[hub]}"
ip -n hub xfrm policy flush

policy in fd99::/64 ::/0 block priority 10
policy fwd fd99::/64 ::/0 block priority 10
check "IPv6: nor what comes in by the tunnel and ends here" ping_ok spoke1 "${tun6[hub]}"
check "IPv6: nor what comes in and is forwarded" ping_ok spoke1 fd16::2
check "nothing was asked of xfrm so far" eval \
	'on hub cat /proc/net/xfrm_stat | awk "\$1 ~ /NoStates|NoPols|PolBlock/ && \$2 > 0 {bad = 1; print} END {exit bad}"'
