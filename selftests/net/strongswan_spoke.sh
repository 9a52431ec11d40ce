#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: every
#
# strongSwan dials our hub: over IPv4 and IPv6, plain and through a NAT. Each time it gets an address from the
# pool, a virtual-access link of its own on the hub with a route to it, survives rekeys from either side, and
# leaves nothing behind when it goes.
. "$(dirname "$0")/lib.sh"
need_module

hub_config() {
	cat <<-END
		virtual-template "vt1" { unnumbered = "lan0" }
		pool "p4" { range = "10.99.0.2-10.99.0.9" }
		pool "p6" { range = "fd63::2-fd63::9" }
		authorization-policy "branch" { pool = {"p4", "p6"} }
		ikev2-profile "spokes" {
			identity-local = "fqdn hub.example.com"
			match-identity-remote = {"fqdn *.example.com"}
			pre-shared-key = "correct horse battery staple"
			virtual-template = "vt1"
			authorization = "branch"
		}
	END
}

spoke_config() {
	cat <<-END
		connections { hub {
			version = 2
			remote_addrs = $(outer hub)
			proposals = aes256gcm16-prfsha384-ecp256
			vips = 0.0.0.0, ::
			if_id_in = 42
			if_id_out = 42
			local { auth = psk
				id = spoke1.example.com }
			remote { auth = psk
				id = hub.example.com }
			children { lan {
				remote_ts = 10.10.0.0/24, fd10::/64
				esp_proposals = aes256gcm16
			} }
		} }
		secrets { ike-1 { secret = "correct horse battery staple" } }
	END
}

both_ways() {
	ping_ok spoke1 "${lan4[hub]}" && ping_ok spoke1 "${lan6[hub]}" &&
		ping_ok hub 10.99.0.2 3 -I "${lan4[hub]}" && ping_ok hub fd63::2 3 -I "${lan6[hub]}"
}

children_are() { [ "$(ctl hub --json show sessions | jq '.sessions[0].children | length')" = "$1" ]; }
first_spi() { ctl hub --json show sessions | jq -r '.sessions[0].children[0].spi_in'; }
other_spi() { local now; now=$(first_spi) && [ "$now" != "$1" ] && children_are 1; }
ike_spi() { ctl hub --json show sessions | jq -r '.sessions[0] | "\(.spi_initiator) \(.spi_responder)"'; }
other_ike_spi() { local now; now=$(ike_spi) && [ "$now" != "$1" ] && sessions_up hub 1; }
gone() { ! ip -n hub link show "$1" && ! ip -n hub route show | grep -q 10.99.0.2; }

rekeys() { # NAME LINK
	local name=$1 link=$2 spi ike
	spi=$(first_spi)
	check "$name: strongSwan rekeys the Child SA" swan spoke1 --rekey --child lan
	check "$name: the hub uses the new one alone" wait_for 10 other_spi "$spi"
	check "$name: traffic passes after it" both_ways
	spi=$(first_spi)
	check "$name: the hub rekeys the Child SA" ctl hub rekey 1 child
	check "$name: both use the new one alone" wait_for 10 other_spi "$spi"
	check "$name: traffic passes after it" both_ways
	ike=$(ike_spi)
	check "$name: strongSwan rekeys the IKE SA" swan spoke1 --rekey --ike hub
	check "$name: the hub follows" wait_for 10 other_ike_spi "$ike"
	ike=$(ike_spi)
	check "$name: the hub rekeys the IKE SA" ctl hub rekey 1 ike
	check "$name: strongSwan follows" wait_for 10 other_ike_spi "$ike"
	check "$name: the link is the same after all that" test "$(link_of hub spoke1.example.com)" = "$link"
	check "$name: traffic passes after all that" both_ways
}

variant() { # NAME FAMILY HOST WIRE FILTER [rekeys]
	local name=$1 link
	family=$2
	topology hub "$3"
	hub_config | dvtid_start hub
	spoke_config | swan_start spoke1
	capture inet to-hub underlay
	check "$name: strongSwan establishes" swan spoke1 --initiate --child lan --timeout 20 ||
		{ tail -n 15 "$work/hub/dvtid.log" "$work/spoke1/charon.log" | diag; tear_down; return; }
	check "$name: the hub has one session" wait_for 10 sessions_up hub 1
	link=$(link_of hub spoke1.example.com)
	check "$name: it has a virtual-access link of its own" ip -n hub -d link show dev "$link"
	check "$name: the peer's address is routed to that link" grep -q "dev $link" <(ip -n hub route get 10.99.0.2)
	ip -n spoke1 route add 10.10.0.0/24 dev ipsec0 src 10.99.0.2
	ip -n spoke1 -6 route add fd10::/64 dev ipsec0 src fd63::2
	check "$name: IPv4 and IPv6 pass both ways" both_ways

	[ -z "${6:-}" ] || rekeys "$name" "$link"
	capture_stop underlay
	check "$name: all of it travelled as $4" protected underlay "$5"

	check "$name: strongSwan hangs up" swan spoke1 --terminate --ike hub
	check "$name: link and routes are gone" wait_for 10 gone "$link"
	tear_down
}

variant "IPv4" 4 spoke1 "plain ESP" "esp" rekeys
variant "IPv6" 6 spoke1 "plain ESP" "ip6 proto 50"
variant "IPv4 NAT" 4 spoke1@nat "ESP in UDP" "udp port 4500"
variant "IPv6 NAT" 6 spoke1@nat "ESP in UDP" "udp port 4500" rekeys
