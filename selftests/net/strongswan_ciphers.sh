#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: 6.12
#
# Less usual ciphers of ESP, negotiated with strongSwan and carried by the stock kernel at its end.
. "$(dirname "$0")/lib.sh"
need_module
topology hub spoke1
swan_start hub <<-END
	connections { spokes {
		version = 2
		local_addrs = ${v4[hub]}
		pools = p4
		if_id_in = 42
		if_id_out = 42
		local { auth = psk
			id = hub.example.com }
		remote { auth = psk }
		children { lan {
			local_ts = 10.10.0.0/24
			esp_proposals = chacha20poly1305, aes256ccm16, aes128ccm8, 3des-md5, aes256gmac, null-sha256
		} }
	} }
	pools { p4 { addrs = 10.99.0.2-10.99.0.9 } }
	secrets { ike-1 { secret = "correct horse battery staple" } }
END
ip -n hub route add 10.99.0.0/24 dev ipsec0 src "${lan4[hub]}"

suite_is() { [ "$(ctl spoke1 --json show sessions | jq -r '.sessions[0].children[0].suite')" = "$1" ]; }
both_ways() { ping_ok spoke1 "${lan4[hub]}" 3 && ping_ok hub 10.99.0.2 3 -I "${lan4[hub]}"; }

variant() { # SUITE TRANSFORM-SET
	dvtid_start spoke1 <<-END
		transform-set "t" { $2 }
		ikev2-profile "hq" {
			peer = "${v4[hub]}"
			identity-local = "fqdn spoke1.example.com"
			match-identity-remote = {"fqdn hub.example.com"}
			pre-shared-key = "correct horse battery staple"
			interface = "dvti0"
			config-request = true
		}
	END
	check "$1: the spoke comes up with it" wait_for 15 suite_is "$1" ||
		tail -n 15 "$work/hub/charon.log" "$work/spoke1/dvtid.log" | diag
	check "$1: packets pass both ways" both_ways
	dvtid_stop spoke1
}

variant chacha20-poly1305 'encryption = {"chacha20-poly1305"}'
variant aes-ccm-256 'encryption = {"aes-ccm-256"}'
