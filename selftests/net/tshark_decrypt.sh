#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: every
#
# tshark, a parser that was not written here, reads a capture of our own exchange with the keys that
# dvtid --key-log gives it: well-formed, integrity correct, and the inner packets come out.
# shellcheck disable=SC2016 # awk expands what is in single quotes
. "$(dirname "$0")/lib.sh"
. "$here/tunnel.sh"
command -v tshark >/dev/null || skip_all "tshark is not installed"
need_module

# read_capture CAPTURE: a line for each packet, a column for each field; tshark starts slowly, so it reads once
columns=(exchange fqdn decrypted malformed expert severity icmp icmpv6)
read_capture() {
	WIRESHARK_CONFIG_DIR=$keys tshark -n -r "$work/$1.pcap" -o esp.enable_encryption_decode:TRUE \
		-o esp.enable_authentication_check:TRUE -T fields -E separator='|' -e isakmp.exchangetype \
		-e isakmp.id.data.fqdn -e isakmp.enc.decrypted -e _ws.malformed -e _ws.expert.message \
		-e _ws.expert.severity -e icmp.type -e icmpv6.type >"$work/packets" 2>"$work/tshark.err"
}

# packets CONDITION: those that the condition of awk holds for, with $exchange and so on as names of columns
packets() {
	local i names=()
	for i in "${!columns[@]}"; do names+=(-v "${columns[i]}=$((i + 1))"); done
	awk -F'|' "${names[@]}" "$1" "$work/packets"
}
some() { [ -n "$(packets "$1")" ] || { echo "tshark shows none"; tail -n 5 "$work/tshark.err"; return 1; }; }
none() { local said; said=$(packets "$1"); [ -z "$said" ] || { echo "$said"; return 1; }; }

variant() { # NAME HOST LINES-OF-BOTH
	local name=$1
	topology hub "$2"
	keys=$work/keys
	rm -rf "$keys"
	mkdir "$keys"
	capture hub eth0 exchange
	{ hub_config "$4"; printf '%s\n' "$3"; } | dvtid_start hub --key-log "$keys"
	{ spoke_config spoke1 "$4"; printf '%s\n' "$3"; } | dvtid_start spoke1
	check "$name: the tunnel comes up" wait_for 20 sessions_up spoke1 1
	ctl spoke1 rekey 1 child >/dev/null
	wait_for 5 both_ways spoke1 >/dev/null
	ctl spoke1 rekey 1 ike >/dev/null
	sleep 1
	ctl spoke1 clear all >/dev/null
	sleep 1
	capture_stop exchange
	check "$name: tshark reads the capture" read_capture exchange
	check "$name: IKE_AUTH is decrypted, with the initiator's identity" some '$exchange == 35 && $fqdn ~ /spoke1.example.com/'
	check "$name: so is CREATE_CHILD_SA" some '$exchange == 36 && $decrypted != ""'
	check "$name: no payload is malformed" none '$exchange != "" && $malformed != ""'
	# 8388608 is the severity "Error"
	check "$name: no integrity check value of IKE is wrong" none \
		'$exchange != "" && $expert ~ /ntegrity/ && $severity ~ /8388608/'
	check "$name: pings come out of ESP" some '$icmp == 8'
	check "$name: IPv6 too" some '$icmpv6 == 128'
	tear_down
}

variant "AES-GCM" spoke1 '' ''
variant "AES-GCM behind a NAT" spoke1@nat '' ''
variant "AES-CBC with HMAC" spoke1 \
	'ikev2-proposal "cbc" { encryption = {"aes-cbc-256"} integrity = {"sha256"} prf = {"sha256"} group = {14} }
	 transform-set "cbc" { encryption = {"aes-cbc-256"} integrity = {"sha256"} }
	 ipsec-profile "cbc" { transform-set = {"cbc"} }' \
	'proposal = {"cbc"} ipsec-profile = "cbc"'
