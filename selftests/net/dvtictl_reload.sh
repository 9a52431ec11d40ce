#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A reload is all or nothing: a file with a mistake changes nothing and is answered with the mistake, a good
# one takes effect and disturbs no session that it does not concern.
. "$(dirname "$0")/lib.sh"
need_module
topology hub spoke1 spoke2

hub_config() { # ROUTES KEY-OF-SPOKE2
	cat <<-END
		virtual-template "vt1" { unnumbered = "lan0" }
		pool "p4" { range = "10.99.0.2-10.99.0.9" }
		authorization-policy "one" { pool = {"p4"}  route-set = {"10.10.0.0/24"} }
		authorization-policy "two" { route-set = {$1} }
		ikev2-profile "one" {
			identity-local = "fqdn hub.example.com"
			match-identity-remote = {"fqdn spoke1.example.com"}
			pre-shared-key = "key of spoke 1"
			authorization = "one"
		}
		ikev2-profile "two" {
			identity-local = "fqdn hub.example.com"
			match-identity-remote = {"fqdn spoke2.example.com"}
			pre-shared-key = "$2"
			authorization = "two"
		}
	END
}

spoke_config() { # NAME KEY
	cat <<-END
		ikev2-profile "hub" {
			peer = "${v4[hub]}"
			identity-local = "fqdn $1.example.com"
			pre-shared-key = "$2"
		}
	END
}

config=$work/hub/dvti.conf
says() {
	local want=$1 out
	shift
	out=$("$@" 2>&1)
	grep -qF -- "$want" <<<"$out" || { echo "no \"$want\" in: $out"; return 1; }
}
spoke1_up() { ctl hub --json show sessions | jq -e '.sessions[] | select(.remote_id == "fqdn spoke1.example.com" and .state == "up")'; }
session1() { spoke1_up | jq .session; }
refused_reloads() { ctl hub --json show daemon | jq -e ".reloads_refused == $1"; }

dvtid_start hub < <(hub_config '"10.10.0.0/24"' "key of spoke 2")
dvtid_start spoke1 < <(spoke_config spoke1 "key of spoke 1")
check "a spoke comes up" wait_for 20 spoke1_up
before=$(session1)

cp "$config" "$work/good.conf"
sed -i 's/"one" { pool = {"p4"}/"one" { pool = {"p5"}/' "$config"
check "a file with a mistake is refused" not ctl hub reload
check "with file, line and what is known" says "$config:3: authorization-policy \"one\": unknown pool \"p5\" (did you mean \"p4\"?)" \
	ctl hub reload
check "what was in force still is" says 'pool4 = "p4"' ctl hub show configuration
echo 'ikev2-profile "cut off" {' >>"$work/good.conf.cut"
cp "$work/good.conf.cut" "$config"
check "a file that ends early is refused" not ctl hub reload
rm "$config"
check "a file that is not there is refused" says "No such file" ctl hub reload
check "refusals are counted" refused_reloads 4
kill -HUP "${dvtid_pid[hub]}"
check "so is one that a signal asked for" wait_for 5 refused_reloads 5
check "the session has not noticed" test "$(session1)" = "$before"
check "and carries traffic" ping_ok spoke1 "${lan4[hub]}"

hub_config '"10.10.0.0/24", "172.16.0.0/12"' "another key of spoke 2" >"$config"
check "a good file is taken" ctl hub reload
check "and is in force" says '"172.16.0.0/12"' ctl hub show configuration
check "the session of a profile that did not change has not noticed" test "$(session1)" = "$before"
dvtid_start spoke2 < <(spoke_config spoke2 "another key of spoke 2")
check "a spoke with the new key comes up" wait_for 20 sessions_up hub 2

hub_config '"10.10.0.0/24"' "another key of spoke 2" | sed '/profile "one"/,/^}/d' >"$config"
check "a file without its profile is taken" ctl hub reload
check "and ends the session" wait_for 10 not spoke1_up
check "the other stays" sessions_up hub 1
