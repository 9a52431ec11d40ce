#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: every
#
# Our spoke dials libreswan, with fixed selectors on both sides and no address assignment.
. "$(dirname "$0")/lib.sh"
need_module

child_spi() { ctl spoke1 --json show sessions | jq -r '.sessions[0].children[0].spi_in'; }
other_spi() { local now; now=$(child_spi) && [ "$now" != "$1" ]; }

variant() { # NAME IKE ESP OUR-IKE OUR-ESP
	local name=$1 spi
	topology hub spoke1
	pluto_start hub '@hub.example.com @spoke1.example.com : PSK "correct horse battery staple"' <<-END
		config setup
		  logfile=$work/hub/pluto.log
		  virtual-private=
		conn spoke1
		  ikev2=insist
		  authby=secret
		  left=${v4[hub]}
		  leftid=@hub.example.com
		  leftupdown=%disabled
		  leftsubnet=10.10.0.0/24
		  right=%any
		  rightid=@spoke1.example.com
		  rightsubnet=10.11.0.0/24
		  ike=$2
		  esp=$3
		  auto=add
	END
	whack hub --listen >"$work/whack.out" 2>&1
	ip netns exec hub /usr/libexec/ipsec/addconn --config "$work/hub/ipsec.conf" \
		--ctlsocket "$work/hub/pluto/pluto.ctl" spoke1 >>"$work/whack.out" 2>&1 ||
		give_up "libreswan refuses its configuration" "$(cat "$work/whack.out")"
	dvtid_start spoke1 <<-END
		ikev2-proposal "p" { $4 }
		transform-set "t" { $5 }
		ipsec-profile "lan" { transform-set = {"t"} local-ts = {"10.11.0.0/24"} remote-ts = {"10.10.0.0/24"} }
		ikev2-profile "hq" {
			peer = "${v4[hub]}"
			identity-local = "fqdn spoke1.example.com"
			match-identity-remote = {"fqdn hub.example.com"}
			pre-shared-key = "correct horse battery staple"
			proposal = {"p"}
			ipsec-profile = "lan"
			interface = "dvti0"
			config-request = false
			connect = "auto"
		}
	END
	check "$name: the spoke dials and comes up" wait_for 20 sessions_up spoke1 1 ||
		{ tail -n 15 "$work/hub/pluto.log" "$work/spoke1/dvtid.log" | diag; tear_down; return; }
	check "$name: the hub's network is routed to the link" grep -q dvti0 <(ip -n spoke1 route get "${lan4[hub]}")
	capture inet to-hub underlay
	check "$name: traffic passes from the spoke" ping_ok spoke1 "${lan4[hub]}" 3 -I "${lan4[spoke1]}"
	check "$name: traffic passes to the spoke" ping_ok hub "${lan4[spoke1]}" 3 -I "${lan4[hub]}"
	spi=$(child_spi)
	check "$name: the spoke rekeys the Child SA" ctl spoke1 rekey 1 child
	check "$name: it has a new one" wait_for 10 other_spi "$spi"
	check "$name: traffic passes after it" wait_for 10 ping_ok spoke1 "${lan4[hub]}" 3 -I "${lan4[spoke1]}"
	check "$name: the spoke rekeys the IKE SA" ctl spoke1 rekey 1 ike
	check "$name: traffic passes after it" wait_for 10 ping_ok spoke1 "${lan4[hub]}" 3 -I "${lan4[spoke1]}"
	capture_stop underlay
	check "$name: all of it travelled as ESP" protected underlay esp
	check "$name: the spoke hangs up" ctl spoke1 clear all
	tear_down
}

variant "AES-GCM" aes_gcm256-sha2_512-dh19 aes_gcm256 \
	'encryption = {"aes-gcm-256"} prf = {"sha512"} group = {19}' 'encryption = {"aes-gcm-256"}'
variant "AES-CBC" aes256-sha2_256-dh14 aes256-sha2_256 \
	'encryption = {"aes-cbc-256"} integrity = {"sha256"} prf = {"sha256"} group = {14}' \
	'encryption = {"aes-cbc-256"} integrity = {"sha256"}'
