#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# An administrator looks at a hub with two spokes and steers it with dvtictl alone: what is shown agrees with
# what ip(8) and a ping see, each command does what it says, and each refusal says why.
. "$(dirname "$0")/lib.sh"
need_module
topology hub spoke1 spoke2

hub_config() {
	cat <<-END
		virtual-template "vt1" { unnumbered = "lan0" }
		pool "p4" { range = "10.99.0.2-10.99.0.9" }
		authorization-policy "branch" { pool = {"p4"}  route-set = {"10.10.0.0/24"} }
		keyring "spokes" {
			peer "spoke1" { identity = "fqdn spoke1.example.com"  pre-shared-key = "key of spoke 1" }
			peer "spoke2" { identity = "fqdn spoke2.example.com"  pre-shared-key = "key of spoke 2" }
		}
		ikev2-profile "spokes" {
			identity-local = "fqdn hub.example.com"
			match-identity-remote = {"fqdn *.example.com"}
		}
	END
}

spoke_config() { # NAME KEY
	cat <<-END
		ikev2-profile "hub" {
			peer = "${v4[hub]}"
			identity-local = "fqdn $1.example.com"
			match-identity-remote = {"fqdn hub.example.com"}
			pre-shared-key = "$2"
		}
	END
}

json() { local ns=$1 filter=$2; shift 2; ctl "$ns" --json "$@" | jq -er "$filter"; }
status() { local want=$1 rc; shift; "$@"; rc=$?; [ "$rc" -eq "$want" ] || { echo "status $rc, $want wanted"; return 1; }; }
says() { # TEXT COMMAND…: in its output or errors, whatever its status
	local want=$1 out
	shift
	out=$("$@" 2>&1)
	grep -qF -- "$want" <<<"$out" || { echo "no \"$want\" in: $out"; return 1; }
}
session_of() { json hub ".sessions[] | select(.remote_id == \"fqdn $1.example.com\") | .session" show sessions; }
has_session() { session_of "$1" >/dev/null; }

hub_config | dvtid_start hub
spoke_config spoke1 "key of spoke 1" | dvtid_start spoke1
spoke_config spoke2 "key of spoke 2" | dvtid_start spoke2
check "both spokes come up" wait_for 20 sessions_up hub 2

s1=$(session_of spoke1) s2=$(session_of spoke2)
l1=$(link_of hub spoke1.example.com)
inner=$(json hub ".sessions[] | select(.session == $s1) | .remote_tunnel_addresses[0]" show sessions)
check "each has a link of its own" test "$l1" != "$(link_of hub spoke2.example.com)"
check "the address that is shown is routed to the link that is shown" \
	grep -q "dev $l1" <(ip -n hub route get "$inner")
ping_ok spoke1 "${lan4[hub]}" 5 >/dev/null
check "packets are counted by the SA" \
	json hub ".sas[] | select(.session == $s1 and .direction == \"in\") | select(.packets >= 5)" show sa
check "and by the link" json hub ".links[] | select(.interface == \"$l1\") | select(.rx_packets >= 5 and .tx_packets >= 5)" \
	show links
check "show sa LINK shows two SAs" test "$(json hub '.sas | length' show sa "$l1")" = 2
check "detail joins sessions and SAs" \
	json hub ".sessions[0].children[0] | select(.in.packets >= 5 and .in.spi == .spi_in)" show sessions detail "$s1"
check "the table names the peer" says "fqdn spoke1.example.com" ctl hub show sessions
check "the detailed form reads as on a router" says "Session-id:$s1, Status:UP-ACTIVE, IKE count:1, CHILD count:1" \
	ctl hub show sessions detail
check "words may be cut short" says "fqdn spoke2.example.com" ctl hub sh se
check "the template is among the links" says "virtual-template" ctl hub show links
check "counters count" json hub '.ike | select(.sessions_up >= 2 and .rx_datagrams >= 4)' show counters
check "no key in the configuration that is shown" not says "key of spoke" ctl hub --json show configuration
check "but the profile is" says "ikev2-profile \"spokes\"" ctl hub show configuration
check "profiles are listed" says "fqdn *.example.com" ctl hub show profiles

check "an unknown session is refused, and the known ones are named" says "there are: " ctl hub show sessions 999
check "with status 1" status 1 ctl hub show sessions 999
check "an unknown profile is refused" says "no ikev2-profile \"nosuch\"" ctl hub initiate nosuch
check "a profile without a peer cannot dial" says "names no peer to dial" ctl hub initiate spokes
check "an unknown link is refused" says "no dvti link \"eth7\"" ctl hub show links eth7
check "wrong usage has status 2" status 2 ctl hub clear
check "a daemon that is not there has status 1" status 1 "$bin/dvtictl" --control "$work/nothing" show daemon
check "and says where it was looked for" says "cannot reach dvtid at $work/nothing" \
	"$bin/dvtictl" --control "$work/nothing" show daemon

run_on hub "$bin/dvtictl" --control "$work/hub/control" --json monitor
monitor=$work/hub.dvtictl.out
spi=$(json hub ".sessions[] | select(.session == $s1) | .children[0].spi_in" show sessions)
other_spi() { [ "$(json hub ".sessions[] | select(.session == $s1) | .children[0].spi_in" show sessions)" != "$spi" ]; }
check "rekey changes the keys" ctl hub rekey "$s1"
check "of that session" wait_for 10 other_spi
check "and traffic passes" ping_ok spoke1 "${lan4[hub]}"

check "clear ends one session" ctl hub clear "$s2"
check "whose link goes" wait_for 10 not grep -qx "$s2" <(session_of spoke2)
check "and which dials again, since its profile says auto" wait_for 30 has_session spoke2
check "the other was not disturbed" test "$(link_of hub spoke1.example.com)" = "$l1"
check "the monitor has told who cleared it" wait_for 5 grep -q '"event":"control-command".*clear session' "$monitor"
check "and that it went" wait_for 5 grep -q '"event":"session-down"' "$monitor"

ip -n hub link add s1 type dvti
check "a static link takes settings" ctl hub set-link s1 local "${v4[hub]}" remote 192.0.2.9:4501 df set ttl 9 dscp 46
check "which show links shows" json hub '.links[0] | select(.role == "static" and .remote_address == "192.0.2.9" and
	.remote_port == 4501 and .encapsulation == "udp" and .df == "set" and .ttl == 9 and .dscp_value == 46)' show links s1
check "and ip(8) knows its kind" grep -qw dvti <(ip -n hub -d link show s1)
check "what it does not know is refused, with what it knows" \
	says 'df: "maybe" is not known here; expected copy, set, clear' ctl hub set-link s1 df maybe
check "what the kernel refuses is refused in its words" status 1 ctl hub set-link lo ttl 9

mode() { stat -c %a "$work/hub/control"; }
check "only root and its group may command the daemon" test "$(mode)" = 660
