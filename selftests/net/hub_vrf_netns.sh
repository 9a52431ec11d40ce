#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: 6.12
#
# One hub, three tenants that see nothing of each other: spoke1's link appears in a VRF, spoke2's in a network
# namespace, spoke3's in neither. The underlay stays where the daemon is.
. "$(dirname "$0")/lib.sh"
. "$here/tunnel.sh"
need_module
topology hub spoke1 spoke2 spoke3
ip -n hub link add red type vrf table 100 || skip_all "this kernel has no VRF devices"
ip -n hub link set red up
ip -n hub link add lan1 type dummy
ip -n hub link set lan1 master red up
address hub lan1 10.50.0.1/24 fd50::1/64
host tenant
ip -n tenant link add lan2 type dummy
ip -n tenant link set lan2 up
address tenant lan2 10.60.0.1/24 fd60::1/64

profile() { # NUMBER
	cat <<-END
		ikev2-profile "tenant$1" {
			identity-local = "fqdn hub.example.com"
			match-identity-remote = {"fqdn spoke$1.example.com"}
			pre-shared-key = "$psk"
			virtual-template = "vt$1"
			authorization = "tenant$1"
		}
		authorization-policy "tenant$1" { pool = {"p$1"} route-set = {"$2", "$3"} }
		pool "p$1" { range = "10.99.$1.2-10.99.$1.9" }
	END
}
{
	echo 'virtual-template "vt1" { unnumbered = "lan1"  vrf = "red"  interface-pattern = "red%d" }'
	echo 'virtual-template "vt2" { unnumbered = "lan2"  netns = "tenant"  interface-pattern = "ten%d" }'
	echo 'virtual-template "vt3" { unnumbered = "lan0" }'
	profile 1 10.50.0.0/24 fd50::/64
	profile 2 10.60.0.0/24 fd60::/64
	profile 3 10.10.0.0/24 fd10::/64
} | dvtid_start hub
# Each says that the hub's networks are behind it, a half of one of them each.
for s in spoke1 spoke2 spoke3; do
	{
		echo 'authorization-policy "greedy" { route-set = {"10.10.0.128/25", "10.50.0.128/25", "10.60.0.128/25"} }'
		spoke_config $s
	} | dvtid_start $s
done
check "three sessions" wait_for 20 sessions_up hub 3
check "spoke1's link is in the VRF" grep -q "master red" <(ip -n hub link show red0)
check "its route is in the VRF's table" grep -q red0 <(ip -n hub route show table 100)
check "spoke2's link is in the netns" ip -n tenant link show ten0
check "its route too" grep -q ten0 <(ip -n tenant route show)
check "no spoke gets a part of the network that its link borders on" wait_for 5 eval \
	"logged hub '10.50.0.128/25 .is a network of our own on lan1' && logged hub '10.60.0.128/25 .is .* on lan2' &&
	logged hub '10.10.0.128/25 .is .* on lan0'"
check "spoke1 gets the others, which its VRF does not know" test \
	"$(ip -n hub -j route show table 100 dev red0 | jq -r '.[].dst' | grep -c /25)" -eq 2
check "spoke2 too, in its netns" test "$(ip -n tenant -j route show dev ten0 | jq -r '.[].dst' | grep -c /25)" -eq 2
check "spoke1 reaches its network" ping_ok spoke1 10.50.0.1
check "spoke2 reaches its network" ping_ok spoke2 10.60.0.1
check "spoke3 reaches its network" ping_ok spoke3 "${lan4[hub]}"
ip -n spoke1 route replace 10.60.0.0/24 dev dvti0
ip -n spoke3 route replace 10.50.0.0/24 dev dvti0
check "spoke1 does not reach the network of spoke2" ping_fails spoke1 10.60.0.1
check "spoke3 does not reach the network of spoke1" ping_fails spoke3 10.50.0.1

on spoke1 ping -n -q -i 0.1 -c 50 10.50.0.1 >"$work/steady" 2>&1 &
steady=$!
ip netns del tenant
check "the tenant's netns is gone, and its session with it" wait_for 20 not eval "ctl hub --json show sessions | jq -e '.sessions[] | select(.interface == \"ten0\" and .state == \"up\")'"
wait $steady
check "the others noticed nothing" grep -q "50 packets transmitted, 50 received" "$work/steady"
