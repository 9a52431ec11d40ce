#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: 6.1
#
# Several spokes on one hub: each has its own virtual-access link, address and route; what happens to one does
# not disturb the others. One is behind a NAT, one is strongSwan.
. "$(dirname "$0")/lib.sh"
. "$here/tunnel.sh"
need_module
topology hub spoke1@nat spoke2 spoke3
hub_config | dvtid_start hub
spoke_config spoke1 | dvtid_start spoke1
spoke_config spoke2 | dvtid_start spoke2
swan_start spoke3 <<-END
	connections { hub {
		version = 2
		remote_addrs = ${v4[hub]}
		vips = 0.0.0.0, ::
		if_id_in = 42
		if_id_out = 42
		local { auth = psk
			id = spoke3.example.com }
		remote { auth = psk
			id = hub.example.com }
		children { lan { remote_ts = 10.10.0.0/24, fd10::/64 } }
	} }
	secrets { ike-1 { secret = "$psk" } }
END
check "strongSwan establishes" swan spoke3 --initiate --child lan --timeout 20
check "the hub has three sessions" wait_for 20 sessions_up hub 3
check "spoke1 is up" wait_for 5 sessions_up spoke1 1
check "spoke2 is up" wait_for 5 sessions_up spoke2 1
check "three virtual-access links" test "$(nl hub link-get | jq -s 'map(select(.role == "virtual-access")) | length')" -eq 3
check "three different ones" test "$(for s in spoke1 spoke2 spoke3; do link_of hub $s.example.com; done | sort -u | wc -l)" -eq 3

check "spoke1, behind the NAT, passes both ways" both_ways spoke1
check "spoke2 passes both ways" both_ways spoke2
check "the hub sees spoke1 in UDP" test "$(nl hub sa-get dev="$(link_of hub spoke1.example.com)" | jq -r .encap | sort -u)" = udp
check "the hub sees spoke2 plain" test "$(nl hub sa-get dev="$(link_of hub spoke2.example.com)" | jq -r .encap | sort -u)" = none

from=$(inner_addresses spoke1 | head -n 1)
to=$(inner_addresses spoke2 | head -n 1)
ip -n spoke1 route add "$to" dev dvti0 src "$from"
ip -n spoke2 route add "$from" dev dvti0 src "$to"
check "spoke to spoke through the hub, by routes alone" ping_ok spoke1 "$to"

on spoke2 ping -n -q -i 0.1 -c 40 "${lan4[hub]}" >"$work/steady" 2>&1 &
steady=$!
check "the administrator clears one session" ctl hub clear \
	"$(ctl hub --json show sessions | jq '.sessions[] | select(.remote_id | tostring | contains("spoke1")) | .session')"
check "that spoke dials again" wait_for 20 sessions_up spoke1 1
check "and passes both ways" wait_for 10 both_ways spoke1
wait $steady
check "the others lost nothing meanwhile" grep -q "40 packets transmitted, 40 received" "$work/steady"

dvtid_stop spoke2
check "a spoke that ends takes its link on the hub along" wait_for 10 sessions_up hub 2
check "the hub still serves the rest" both_ways spoke1
dvtid_stop hub
check "a hub that ends leaves no virtual-access link" test \
	"$(nl hub link-get | jq -s 'map(select(.role == "virtual-access")) | length')" -eq 0
