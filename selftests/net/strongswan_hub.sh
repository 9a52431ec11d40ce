#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: every
#
# Our spoke dials a strongSwan hub: over IPv4 and IPv6, plain and through a NAT. It gets its address from
# strongSwan's pool, routes what the hub grants through its static link, survives rekeys from either side, and
# takes its routes away when the hub hangs up.
. "$(dirname "$0")/lib.sh"
need_module

hub_config() {
	cat <<-END
		connections { spokes {
			version = 2
			local_addrs = $(outer hub)
			proposals = aes256gcm16-prfsha384-ecp256, aes128-sha256-modp2048
			pools = p4, p6
			if_id_in = 42
			if_id_out = 42
			local { auth = psk
				id = hub.example.com }
			remote { auth = psk }
			children { lan {
				local_ts = 10.10.0.0/24, fd10::/64
				esp_proposals = aes256gcm16-ecp256, aes256gcm16
			} }
		} }
		pools {
			p4 { addrs = 10.99.0.2-10.99.0.9 }
			p6 { addrs = fd63::2-fd63::9 }
		}
		secrets { ike-1 { secret = "correct horse battery staple" } }
	END
}

spoke_config() {
	cat <<-END
		ikev2-profile "hq" {
			peer = "$(outer hub)"
			identity-local = "fqdn spoke1.example.com"
			match-identity-remote = {"fqdn hub.example.com"}
			pre-shared-key = "correct horse battery staple"
			interface = "dvti0"
			config-request = true
			connect = "auto"
		}
	END
}

both_ways() {
	ping_ok spoke1 "${lan4[hub]}" && ping_ok spoke1 "${lan6[hub]}" &&
		ping_ok hub 10.99.0.2 3 -I "${lan4[hub]}" && ping_ok hub fd63::2 3 -I "${lan6[hub]}"
}

first_spi() { ctl spoke1 --json show sessions | jq -r '.sessions[0].children[0].spi_in'; }
other_spi() {
	[ "$(first_spi)" != "$1" ] && [ "$(ctl spoke1 --json show sessions | jq '.sessions[0].children | length')" = 1 ]
}
ike_spi() { ctl spoke1 --json show sessions | jq -r '.sessions[0] | "\(.spi_initiator) \(.spi_responder)"'; }
other_ike_spi() { local now; now=$(ike_spi) && [ "$now" != "$1" ] && sessions_up spoke1 1; }
route_gone() { ! ip -n spoke1 route show 10.10.0.0/24 | grep -q dvti0; }

rekeys() { # NAME
	local name=$1 spi ike
	spi=$(first_spi)
	check "$name: the spoke rekeys the Child SA" ctl spoke1 rekey 1 child
	check "$name: it uses the new one alone" wait_for 10 other_spi "$spi"
	check "$name: traffic passes after it" both_ways
	spi=$(first_spi)
	check "$name: strongSwan rekeys the Child SA" swan hub --rekey --child lan
	check "$name: the spoke uses the new one alone" wait_for 10 other_spi "$spi"
	check "$name: traffic passes after it" both_ways
	ike=$(ike_spi)
	check "$name: the spoke rekeys the IKE SA" ctl spoke1 rekey 1 ike
	check "$name: strongSwan follows" wait_for 10 other_ike_spi "$ike"
	ike=$(ike_spi)
	check "$name: strongSwan rekeys the IKE SA" swan hub --rekey --ike spokes
	check "$name: the spoke follows" wait_for 10 other_ike_spi "$ike"
	check "$name: traffic passes after all that" both_ways
}

variant() { # NAME FAMILY HOST WIRE FILTER [rekeys]
	local name=$1
	family=$2
	topology hub "$3"
	hub_config | swan_start hub
	ip -n hub route add 10.99.0.0/24 dev ipsec0 src "${lan4[hub]}"
	ip -n hub -6 route add fd63::/64 dev ipsec0 src "${lan6[hub]}"
	capture inet to-hub underlay
	spoke_config | dvtid_start spoke1
	check "$name: the spoke dials and comes up" wait_for 20 sessions_up spoke1 1 ||
		{ tail -n 15 "$work/hub/charon.log" "$work/spoke1/dvtid.log" | diag; tear_down; return; }
	check "$name: it has the address that the hub gave" grep -q 10.99.0.2 <(ip -n spoke1 addr show dvti0)
	check "$name: the hub's network is routed to the link" grep -q dvti0 <(ip -n spoke1 route get "${lan4[hub]}")
	check "$name: IPv4 and IPv6 pass both ways" both_ways

	[ -z "${6:-}" ] || rekeys "$name"
	capture_stop underlay
	check "$name: all of it travelled as $4" protected underlay "$5"

	check "$name: strongSwan hangs up" swan hub --terminate --ike spokes
	check "$name: the route is gone, or the spoke has dialled again" wait_for 15 eval "route_gone || sessions_up spoke1 1"
	tear_down
}

variant "IPv4" 4 spoke1 "plain ESP" "esp" rekeys
variant "IPv6" 6 spoke1 "plain ESP" "ip6 proto 50"
variant "IPv4 NAT" 4 spoke1@nat "ESP in UDP" "udp port 4500"
variant "IPv6 NAT" 6 spoke1@nat "ESP in UDP" "udp port 4500" rekeys
