# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
#
# Sourced by tests of what netfilter sees of the outer packets on the hub.

# hook NAME STATEMENT…: a chain of netfilter's at that hook of the hub, for ESP and what leaves in UDP
hook() {
	on hub nft -f - <<-END || give_up "nft makes no chain at $1"
		table inet outer {
			chain $1 {
				type filter hook $1 priority 0
				meta l4proto esp ${*:2}
				udp sport 4500 ${*:2}
			}
		}
	END
}
unhook() { on hub nft delete table inet outer; }
# seen N CHAIN: by that chain, so many packets at least
seen() {
	local n
	n=$(on hub nft -j list chain inet outer "$2" | jq '[.. | .counter? | objects | .packets] | add')
	[ "$n" -ge "$1" ] || { echo "the hook has seen $n packets"; return 1; }
}
