#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: 6.1
#
# The hub hands out the default route. Everything of the spoke goes through the tunnel, except the packets that
# carry it: IKE and ESP keep the way that they had.
. "$(dirname "$0")/lib.sh"
. "$here/tunnel.sh"
need_module
topology hub spoke1
hub_config | sed 's|route-set = .*|route-set = {"0.0.0.0/0", "::/0"}|' | dvtid_start hub
{
	echo 'authorization-policy "everything" { route-accept = {"0.0.0.0/0", "::/0"} }'
	spoke_config spoke1
} | dvtid_start spoke1
# The hub is the spoke's way out.
on hub nft -f - <<-END || give_up "nft cannot masquerade on hub"
	table inet nat {
		chain out {
			type nat hook postrouting priority srcnat;
			oifname "eth0" ip saddr 10.99.0.0/24 masquerade
			oifname "eth0" ip6 saddr fd63::/64 masquerade
		}
	}
END
check "the tunnel comes up" wait_for 20 sessions_up spoke1 1
check "IPv4 goes into the link by default" grep -q "dev dvti0" <(ip -n spoke1 route get 198.51.100.1)
check "IPv6 goes into the link by default" grep -q "dev dvti0" <(ip -n spoke1 -6 route get 2001:db8::1)
check "the way to the hub itself does not" grep -q "dev eth0" <(ip -n spoke1 route get "${v4[hub]}")
capture spoke1 eth0 outer
check "a stranger is reached" ping_ok spoke1 "${v4[hub]%.*}.254"
check "in IPv6 too" ping_ok spoke1 "${v6[hub]%::*}::fe"
capture_stop outer
check "through the tunnel" protected outer
session=$(ctl spoke1 --json show sessions | jq '.sessions[0].session')
check "IKE is not caught in it" ctl spoke1 rekey "$session" ike
check "the rekeyed session goes on" wait_for 10 eval "sessions_up spoke1 1 && ping_ok spoke1 ${lan4[hub]}"
dvtid_stop spoke1
check "what was pinned is gone with the daemon" test -z "$(ip -n spoke1 route show proto 118)"
check "and the old default route serves" ping_ok spoke1 "${v4[hub]}"
