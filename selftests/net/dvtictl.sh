#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: 6.12
#
# An administrator looks at a hub with two spokes and steers it with dvtictl alone. What is shown agrees with what
# ip(8) and a ping see, each command does what it says, each refusal says why, and a reload is all or nothing: a
# file with a mistake changes nothing, a good one disturbs no session that it does not concern.
. "$(dirname "$0")/lib.sh"
need_module
topology hub spoke1 spoke2
config=$work/hub/dvti.conf

hub_config() { # ROUTES KEY-OF-SPOKE2
	cat <<-END
		virtual-template "vt1" { unnumbered = "lan0" }
		pool "p4" { range = "10.99.0.2-10.99.0.9" }
		authorization-policy "one" { pool = {"p4"}  route-set = {"10.10.0.0/24"} }
		authorization-policy "two" { pool = {"p4"}  route-set = {$1} }
		keyring "k1" { peer "spoke1" { identity = "fqdn spoke1.example.com"  pre-shared-key = "key of spoke 1" } }
		keyring "k2" { peer "spoke2" { identity = "fqdn spoke2.example.com"  pre-shared-key = "$2" } }
		ikev2-profile "one" {
			identity-local = "fqdn hub.example.com"
			match-identity-remote = {"fqdn spoke1.example.com"}
			keyring = "k1"
			authorization = "one"
		}
		ikev2-profile "two" {
			identity-local = "fqdn hub.example.com"
			match-identity-remote = {"fqdn *.example.com"}
			keyring = "k2"
			authorization = "two"
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

json() { # HOST FILTER COMMAND…
	local ns=$1 filter=$2
	shift 2
	ctl "$ns" --json "$@" | jq -er "$filter"
}
refused() { # STATUS TEXT COMMAND…: with that status, saying that
	local want=$1 text=$2 out rc
	shift 2
	out=$("$@" 2>&1)
	rc=$?
	[ "$rc" -eq "$want" ] && grep -qF -- "$text" <<<"$out" && return 0
	echo "status $rc, $want wanted; \"$text\" wanted in: $out"
	return 1
}
says() { refused 0 "$@"; }
session_of() { json hub ".sessions[] | select(.remote_id == \"fqdn $1.example.com\" and .state == \"up\") | .session" show sessions; }
has_session() { session_of "$1" >/dev/null; }
spi_of() { json hub '.sessions[0].children[0].spi_in' show sessions "$1"; }
other_spi() { [ "$(spi_of "$1")" != "$2" ]; }

# In place of systemd
python3 -u -c 'import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True: print(s.recv(4096).decode())' "$work/notify" >"$work/notified" &
test_pids+=($!)
wait_for 10 test -S "$work/notify" >/dev/null
export NOTIFY_SOCKET=$work/notify WATCHDOG_USEC=400000
dvtid_start hub < <(hub_config '"10.10.0.0/24"' "key of spoke 2")
unset NOTIFY_SOCKET WATCHDOG_USEC
dvtid_start spoke1 < <(spoke_config spoke1 "key of spoke 1")
dvtid_start spoke2 < <(spoke_config spoke2 "key of spoke 2")
check "both spokes come up" wait_for 20 sessions_up hub 2
s1=$(session_of spoke1) s2=$(session_of spoke2)

# Show
ping_ok spoke1 "${lan4[hub]}" 5 >/dev/null
ctl hub --json show sessions detail "$s1" >"$work/session"
link=$(jq -r '.sessions[0].interface' "$work/session")
inner=$(jq -r '.sessions[0].remote_tunnel_addresses[0]' "$work/session")
check "the address that is shown is routed to the link that is shown" \
	grep -q "dev $link" <(ip -n hub route get "$inner")
check "detail has the traffic of the SAs" \
	jq -e '.sessions[0].children[0] | .in.packets >= 5 and .out.packets >= 5 and .in.spi == .spi_in' "$work/session"
check "show sa LINK shows the two SAs of the session" \
	json hub "[.sas[] | select(.session == $s1)] | length == 2" show sa "$link"
check "show links shows link and traffic" json hub ".links[0] | .session == $s1 and .rx_packets >= 5" show links "$link"
check "the template is among the links" says virtual-template ctl hub show links
check "counters count" json hub '.ike | .sessions_up >= 2 and .rx_datagrams >= 4' show counters
# A forgery under the SPI of the session
on spoke1 "$tools/esp_send" local="${v4[spoke1]}" remote="${v4[hub]}" spi="$(jq -r '.sessions[0].children[0].spi_in' "$work/session")" \
	key="$(static_key aes-gcm-16 1)" seq=100000 echo="$inner,${lan4[hub]}"
counted() {
	json hub ".ike == null and (.links | length == 1) and .links[0].interface == \"$link\" and .links[0].drops.rx_integrity == 1" \
		show counters "$link"
}
check "those of a link are its own, with what it has dropped" wait_for 5 counted
check "and why" says "rx_integrity " ctl hub show counters "$link"
check "the detailed form reads as on a router" \
	says "Session-id:$s1, Status:UP-ACTIVE, IKE count:1, CHILD count:1, Profile:one" ctl hub show sessions detail
check "words may be cut short" says "fqdn spoke2.example.com" ctl hub sh se
check "the configuration is shown, without keys" \
	json hub '(.configuration.profiles | length == 2) and (tostring | contains("key of") | not)' show configuration
check "profiles are listed" says "fqdn *.example.com" ctl hub show profiles

# Refusals
check "of an unknown session: the known ones are named" refused 1 "there are: " ctl hub show sessions 999
check "of an unknown profile: likewise" refused 1 'no ikev2-profile "nosuch" in' ctl hub initiate nosuch
check "of a profile that has nobody to dial" refused 1 "names no peer to dial" ctl hub initiate one
check "of wrong usage: status 2" refused 2 "which session, or all?" ctl hub clear
check "where there is no daemon: where it was looked for" \
	refused 1 "cannot reach dvtid at $work/nothing" "$bin/dvtictl" --control "$work/nothing" show daemon
check "the socket is for root and its group" test "$(stat -c %a "$work/hub/control")" = 660

# Rekey, clear, monitor
run_on hub "$bin/dvtictl" --control "$work/hub/control" --json monitor
monitor=$work/hub.dvtictl.out
spi=$(spi_of "$s1")
check "rekey is accepted" ctl hub rekey "$s1"
check "and changes the keys" wait_for 10 other_spi "$s1" "$spi"
check "clear ends a session, which dials again" ctl hub clear "$s2"
check "as another one" wait_for 30 has_session spoke2
check "the monitor has told who cleared it" wait_for 5 \
	grep -q '"event":"control-command".*clear session' "$monitor"
check "and that it went" wait_for 5 grep -q '"event":"session-down"' "$monitor"

# Static links
ip -n hub link add s1 type dvti
check "a static link takes settings" ctl hub set-link s1 local "${v4[hub]}" remote 192.0.2.9:4501 df set ttl 9 dscp 46
check "which show links shows" json hub '.links[0] | .role == "static" and .remote_address == "192.0.2.9" and
	.remote_port == 4501 and .encapsulation == "udp" and .df == "set" and .ttl == 9 and .dscp_value == 46' show links s1
check "a wrong value is refused, with what is known" \
	refused 1 'df: "maybe" is not known here; expected copy, set, clear' ctl hub set-link s1 df maybe
check "the hop limit may be the inner packet's" ctl hub set-link s1 ttl inherit
check "and is shown so" json hub '.links[0] | .ttl_inherit and .ttl == 9' show links s1
check "what is no link of ours is refused by the kernel" refused 1 dvtictl: ctl hub set-link lo ttl 9

# Reload
sed -i 's/"one" { pool = {"p4"}/"one" { pool = {"p5"}/' "$config"
mistake="$config:3: authorization-policy \"one\": unknown pool \"p5\" (did you mean \"p4\"?)"
check "dvtid --check names a mistake, status 1" refused 1 "$mistake" "$bin/dvtid" --check "$config"
check "a reload does too" refused 1 "$mistake" ctl hub reload
check "what was in force still is" says 'pool4 = "p4"' ctl hub show configuration
rm "$config"
check "a file that is not there is refused" refused 1 "No such file" ctl hub reload
kill -HUP "${dvtid_pid[hub]}"
refused_reloads() { json hub ".reloads_refused == $1" show daemon; }
check "so is one by signal" wait_for 5 refused_reloads 3
check "the session has not noticed" test "$(session_of spoke1)" = "$s1"
hub_config '"10.10.0.0/24", "172.16.0.0/12"' "another key of spoke 2" >"$config"
check "dvtid --check likes a good one" says good "$bin/dvtid" --check "$config"
check "it is taken" ctl hub reload
check "and is in force" says '"172.16.0.0/12"' ctl hub show configuration
check "the session of a profile that did not change has not noticed" test "$(session_of spoke1)" = "$s1"
check "and carries traffic over the same link" ping_ok spoke1 "${lan4[hub]}"
hub_config '"10.10.0.0/24"' "another key of spoke 2" | sed '/profile "one"/,/^}/d' >"$config"
check "a file without its profile is taken" ctl hub reload
check "and ends the session" wait_for 10 not has_session spoke1

# systemd
notified() { [ "$(grep -c "$1" "$work/notified")" -ge "$2" ] || { cat "$work/notified"; return 1; }; }
check "systemd was told when the daemon was ready, and of each reload by signal" notified READY=1 2
before=$(grep -c WATCHDOG=1 "$work/notified")
check "and is told all the time that the loop turns" wait_for 5 notified WATCHDOG=1 $((before + 5))
kill -STOP "${dvtid_pid[hub]}"
sleep 0.5
before=$(grep -c WATCHDOG=1 "$work/notified")
sleep 1
check "but not when it does not" test "$(grep -c WATCHDOG=1 "$work/notified")" -eq "$before"
kill -CONT "${dvtid_pid[hub]}"
