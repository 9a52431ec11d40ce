# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
#
# Sourced after lib.sh by tests that talk to the module's netlink family themselves.

# refused TEXT COMMAND…: it fails, and what it says holds the text
refused() {
	local text=$1 said
	shift
	if said=$("$@" 2>&1); then
		echo "not refused: $said"
		return 1
	fi
	case $said in
	*"$text"*) return 0 ;;
	esac
	echo "refused with other words: $said"
	return 1
}

# link_is HOST DEV JQ-CONDITION: on what link-get says
link_is() { said_is "$3" nl "$1" link-get dev="$2"; }

# said_is JQ-CONDITION COMMAND…: on the JSON that it prints
said_is() {
	local condition=$1 said
	shift
	said=$("$@" 2>&1) || { echo "$said"; return 1; }
	jq -e "$condition" >/dev/null 2>&1 <<<"$said" || { echo "$said"; return 1; }
}

# sas HOST DEV JQ-CONDITION: on the list of the link's SAs
sas() {
	local said
	said=$(nl "$1" sa-get dev="$2") || return 1
	jq -es "$3" >/dev/null 2>&1 <<<"$said" || { echo "$said"; return 1; }
}

# dev_has HOST DEV WORD: ip -d link show
dev_has() {
	local said
	said=$(ip -n "$1" -d link show "$2" 2>&1) || { echo "$said"; return 1; }
	case $said in
	*"$3"*) return 0 ;;
	esac
	echo "$said"
	return 1
}

no_dev() { ! ip -n "$1" link show "$2" >/dev/null 2>&1; }
no_carrier() { dev_has "$1" "$2" NO-CARRIER; }
carrier() { not dev_has "$1" "$2" NO-CARRIER; }

# events HOST: collect events from now on, and only those
monitor_pid=
events() {
	if [ -n "$monitor_pid" ]; then
		kill "$monitor_pid"
		wait "$monitor_pid"
	fi
	ip netns exec "$1" "$tools/dvti-nl" monitor >"$work/events" 2>"$work/events.err" &
	monitor_pid=$!
	test_pids+=("$monitor_pid")
	wait_for 5 grep -q listening "$work/events.err" >/dev/null || give_up "no monitor on $1"
}

# event JQ-CONDITION [COUNT]: that many events so far fulfil it
event() {
	local n
	n=$(jq -cs "map(select($1)) | length" "$work/events")
	[ "$n" -eq "${2:-1}" ] || { echo "$n events fulfil $1:"; cat "$work/events"; return 1; }
}
