# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154
#
# Sourced after lib.sh by tests with dvtid on both sides: configurations of a hub and of its spokes, which differ
# only where a test says so.

psk="correct horse battery staple"

# hub_config [LINE…]: lines that go into the profile
hub_config() {
	cat <<-END
		virtual-template "vt1" { unnumbered = "lan0" }
		pool "p4" { range = "10.99.0.2-10.99.0.250" }
		pool "p6" { range = "fd63::2-fd63::250" }
		authorization-policy "branch" {
			pool = {"p4", "p6"}
			route-set = {"10.10.0.0/24", "fd10::/64"}
		}
		ikev2-profile "spokes" {
			identity-local = "fqdn hub.example.com"
			match-identity-remote = {"fqdn *.example.com"}
			pre-shared-key = "$psk"
			virtual-template = "vt1"
			authorization = "branch"
			$(printf '%s\n' "$@")
		}
	END
}

# spoke_config HOST [LINE…]
spoke_config() {
	local me=$1
	shift
	cat <<-END
		ikev2-profile "hq" {
			peer = "$(outer hub)"
			identity-local = "fqdn $me.example.com"
			match-identity-remote = {"fqdn hub.example.com"}
			pre-shared-key = "$psk"
			interface = "dvti0"
			config-request = true
			connect = "auto"
			$(printf '%s\n' "$@")
		}
	END
}

# both_ways SPOKE: the hub's LAN from the spoke, and the spoke's address from the hub's LAN, both families
both_ways() {
	local address
	ping_ok "$1" "${lan4[hub]}" && ping_ok "$1" "${lan6[hub]}" || return 1
	for address in $(inner_addresses "$1"); do
		case $address in
		*:*) ping_ok hub "$address" 3 -I "${lan6[hub]}" || return 1 ;;
		*) ping_ok hub "$address" 3 -I "${lan4[hub]}" || return 1 ;;
		esac
	done
}

inner_addresses() {
	ip -n "$1" -j addr show dev dvti0 | jq -r '.[0].addr_info[] | select(.scope == "global") | .local'
}

counter() {
	local said
	said=$(ctl "$1" --json show counters) || return 1
	[[ $said =~ \"$2\":\ *([0-9]+) ]] && echo "${BASH_REMATCH[1]}"
}
counter_grew() { # HOST NAME BEFORE
	local now
	now=$(counter "$1" "$2")
	[ "$now" -gt "$3" ] || { echo "$2 on $1 is $now, was $3"; return 1; }
}
logged() { grep -E "$2" "$work/$1/dvtid.log"; }
alive() { kill -0 "${dvtid_pid[$1]}"; }
