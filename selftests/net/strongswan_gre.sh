#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: 6.12
#
# GRE inside ESP in transport mode, as routers do it by default: strongSwan and the stock kernel's GRE device are the
# other end, first as the hub that our spoke dials, then as the spoke that dials our hub.
. "$(dirname "$0")/lib.sh"
need_module

swan_config() { # PEER LOCAL-ID REMOTE-ID
	cat <<-END
		connections { router {
			version = 2
			remote_addrs = $1
			local { auth = psk
				id = $2 }
			remote { auth = psk
				id = $3 }
			children { gre {
				mode = transport
				local_ts = dynamic[gre]
				remote_ts = dynamic[gre]
				esp_proposals = aes256gcm16
			} }
		} }
		secrets { ike-1 { secret = "correct horse battery staple" } }
	END
}

stock_gre() { # HOST OTHER ADDRESS [OPTION…]
	ip -n "$1" link add gre1 type gre local "${v4[$1]}" remote "${v4[$2]}" ttl 64 "${@:4}" || skip_all "this kernel has no GRE devices"
	ip -n "$1" link set gre1 up
	ip -n "$1" addr add "$3" dev gre1
}
mode_is() { [ "$(ctl "$1" --json show sessions | jq -r '.sessions[0].children[0].mode')" = "$2" ]; }
spi_of() { ctl "$1" --json show sessions | jq -r '.sessions[0].children[0].spi_in'; }
other_spi() { [ "$(spi_of "$1")" != "$2" ]; }

topology hub spoke1
stock_gre hub spoke1 172.16.0.1/30
swan_config "%any" hub.example.com spoke1.example.com | swan_start hub
dvtid_start spoke1 <<-END
	ikev2-profile "hq" {
		peer = "${v4[hub]}"
		identity-local = "fqdn spoke1.example.com"
		match-identity-remote = {"fqdn hub.example.com"}
		pre-shared-key = "correct horse battery staple"
		interface = "dvti0"
		interface-mode = "gre"
	}
END
check "our spoke comes up in transport mode" wait_for 15 mode_is spoke1 transport ||
	tail -n 15 "$work/hub/charon.log" "$work/spoke1/dvtid.log" | diag
ip -n spoke1 addr add 172.16.0.2/30 dev dvti0
capture inet to-hub underlay
check "packets pass from our link to the GRE device" ping_ok spoke1 172.16.0.1
check "and back" ping_ok hub 172.16.0.2
spi=$(spi_of spoke1)
check "the spoke rekeys" ctl spoke1 rekey 1 child
check "it has a new Child SA" wait_for 10 other_spi spoke1 "$spi"
check "packets pass after it" wait_for 5 ping_ok spoke1 172.16.0.1
capture_stop underlay
check "all of it travelled as ESP" protected underlay esp
tear_down

topology hub spoke1
stock_gre spoke1 hub 172.16.0.2/30 key 4000000000
dvtid_start hub <<-END
	virtual-template "vt1" { mode = "gre"  gre-key = 4000000000  unnumbered = "lan0" }
	authorization-policy "routers" { remote-route = {"172.16.0.2/32"} }
	ikev2-profile "routers" {
		identity-local = "fqdn hub.example.com"
		match-identity-remote = {"fqdn *.example.com"}
		pre-shared-key = "correct horse battery staple"
	}
END
swan_config "${v4[hub]}" spoke1.example.com hub.example.com | swan_start spoke1
check "strongSwan dials" swan spoke1 --initiate --child gre --timeout 15
check "our hub has it in transport mode" wait_for 10 mode_is hub transport
ip -n spoke1 route add "${lan4[hub]}" dev gre1
check "packets pass from the GRE device to our link" ping_ok spoke1 "${lan4[hub]}" 3 -I 172.16.0.2
check "and back" ping_ok hub 172.16.0.2 3 -I "${lan4[hub]}"
