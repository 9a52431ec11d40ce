#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: 6.1
#
# Policies of the host's own IPsec are for the host's packets. Inner packets of a tunnel, terminated or forwarded,
# pass untouched although a policy would block them.
# shellcheck disable=SC2016 # what eval gets is expanded there
. "$(dirname "$0")/lib.sh"
. "$here/netlink.sh"
need_module
topology hub spoke1
static_pair hub spoke1
ip -n spoke1 route add "${lan4[hub]%.*}.0/24" dev t0
ip -n hub route add "${lan4[spoke1]%.*}.0/24" dev t0
host server
wire hub lan1 server eth0
address hub lan1 172.16.0.1/24
address server eth0 172.16.0.2/24
ip -n server route add default via 172.16.0.1
ip -n spoke1 route add 172.16.0.0/24 dev t0
check "before: the tunnel ends at the hub" ping_ok spoke1 "${tun4[hub]}"
check "before: the hub forwards" ping_ok spoke1 172.16.0.2

for dir in in out fwd; do
	ip -n hub xfrm policy add dir $dir src 192.168.9.0/24 dst 0.0.0.0/0 action block priority 1
	ip -n hub xfrm policy add dir $dir src 0.0.0.0/0 dst 192.168.9.0/24 action block priority 1
done
check "a host policy that blocks the inner addresses does not touch what ends here" ping_ok spoke1 "${tun4[hub]}"
check "nor what the hub itself sends" ping_ok hub "${tun4[spoke1]}"
check "nor what comes in by the tunnel and is forwarded" ping_ok spoke1 "${lan4[hub]}"
ip -n hub xfrm policy flush

# A policy that wants stock IPsec for the same addresses must not wrap inner packets again.
ip -n hub xfrm policy add dir out src 0.0.0.0/0 dst 192.168.9.0/24 priority 1 \
	tmpl src "${v4[hub]}" dst "${v4[spoke1]}" proto esp reqid 9 mode tunnel
check "nor is anything wrapped twice" ping_ok spoke1 "${tun4[hub]}"
check "the policy was not asked" eval '[ "$(on hub cat /proc/net/xfrm_stat | awk "/XfrmOutNoStates/ {print \$2}")" = 0 ]'
check "no drop is charged to xfrm" eval 'on hub cat /proc/net/xfrm_stat | awk "/InNoPols|InPolBlock|OutPolBlock/ && \$2 > 0 {bad = 1; print} END {exit bad}"'
