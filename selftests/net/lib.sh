# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
#
# Sourced by every test of this folder. A test builds hosts out of network namespaces, starts what it needs on
# them, and states what must be seen:
#
#	. "$(dirname "$0")/lib.sh"
#	need_module
#	topology hub spoke1
#	static_pair hub spoke1
#	check "inner IPv4 arrives" ping_ok spoke1 "${tun4[hub]}"
#
# Output is TAP. Whatever the test started ends with it; its files are in $work, which the runner keeps when the
# test failed.

set -u
set -o pipefail
shopt -s lastpipe # "config | dvtid_start" sets variables of this shell
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
test_name=$(basename "$0" .sh)
work=${DVTI_TEST_WORK:-/run/dvti-test/$test_name}
bin=${DVTI_TEST_BIN:-$top/build/userland/bin}
tools=${DVTI_TEST_TOOLS:-$top/build/net}
module=${DVTI_TEST_MODULE:-$top/build/kmod/$(uname -r)/dvti.ko}
test_count=0 test_failed=0 test_pids=() test_netns=()
declare -A dvtid_pid=() capture_pid=()
rm -rf "$work"
mkdir -p "$work"

# --- verdicts -----------------------------------------------------------------------------------------------

diag() { sed 's/^/# /'; }

# check NAME COMMAND…: one line of TAP; on failure with what the command said
check() {
	local name=$1 said rc
	shift
	test_count=$((test_count + 1))
	said=$("$@" 2>&1)
	rc=$?
	if [ "$rc" -eq 0 ]; then
		echo "ok $test_count - $name"
		return 0
	fi
	test_failed=$((test_failed + 1))
	echo "not ok $test_count - $name"
	printf '%s: status %d\n%s\n' "$*" "$rc" "$said" | tail -n 40 | diag
	return 1
}

# skip NAME REASON: this one check cannot be made here
skip() {
	test_count=$((test_count + 1))
	echo "ok $test_count - $1 # SKIP $2"
}

skip_all() {
	echo "1..0 # SKIP $1"
	test_skipped=1
	exit 0
}

# give_up WHY: without this step no later check means anything
give_up() {
	test_count=$((test_count + 1))
	test_failed=$((test_failed + 1))
	echo "not ok $test_count - $1"
	shift
	[ $# -eq 0 ] || printf '%s\n' "$@" | diag
	exit 1
}

not() { ! "$@"; }

# Starting a process is what costs most in an emulated machine, so the shell itself waits.
exec {never}<> <(:)
pause() { read -rt "$1" -u "$never" || true; }

# wait_for SECONDS COMMAND…: until it succeeds; says what it last said when it never does
wait_for() {
	local end=$((SECONDS + $1)) said
	shift
	while ! said=$("$@" 2>&1); do
		if [ "$SECONDS" -ge "$end" ]; then
			printf 'never came true: %s\n%s\n' "$*" "$said"
			return 1
		fi
		pause 0.05
	done
}

# End every process that the test started, and remove its hosts: for tests that build one topology after another
tear_down() {
	local end=$((SECONDS + 3)) pid left=1
	[ ${#test_pids[@]} -eq 0 ] || kill "${test_pids[@]}" 2>/dev/null
	while [ -n "$left" ]; do
		left=
		for pid in "${test_pids[@]}"; do
			if kill -0 "$pid" 2>/dev/null; then
				left=1
				[ "$SECONDS" -lt "$end" ] || kill -KILL "$pid"
			fi
		done
		[ -z "$left" ] || pause 0.05
	done
	[ ${#test_netns[@]} -eq 0 ] || printf 'netns del %s\n' "${test_netns[@]}" | ip -force -batch - 2>/dev/null
	wait
	test_pids=() test_netns=() dvtid_pid=() capture_pid=()
}

test_end() {
	local rc=$?
	trap - EXIT
	[ "$rc" -eq 0 ] || [ "$test_failed" -gt 0 ] || {
		test_count=$((test_count + 1)) test_failed=1
		echo "not ok $test_count - the script ended with status $rc"
	}
	tear_down
	[ -n "${test_skipped:-}" ] || echo "1..$test_count"
	[ "$test_failed" -eq 0 ] || exit 1
	exit 0
}
trap test_end EXIT

# --- hosts --------------------------------------------------------------------------------------------------

# Outer addresses, LAN addresses (dummy device lan0), and addresses inside tunnels
declare -A v4=([hub]=10.1.0.1 [spoke1]=10.2.0.1 [spoke2]=10.3.0.1 [spoke3]=10.4.0.1)
declare -A v6=([hub]=fd01::1 [spoke1]=fd02::1 [spoke2]=fd03::1 [spoke3]=fd04::1)
declare -A lan4=([hub]=10.10.0.1 [spoke1]=10.11.0.1 [spoke2]=10.12.0.1 [spoke3]=10.13.0.1)
declare -A lan6=([hub]=fd10::1 [spoke1]=fd11::1 [spoke2]=fd12::1 [spoke3]=fd13::1)
declare -A tun4=([hub]=192.168.9.1 [spoke1]=192.168.9.2 [spoke2]=192.168.9.3 [spoke3]=192.168.9.4)
declare -A tun6=([hub]=fd99::1 [spoke1]=fd99::2 [spoke2]=fd99::3 [spoke3]=fd99::4)
# Of hosts behind a NAT
declare -A private4=() private6=()

on() { ip netns exec "$@"; }

# run_on HOST COMMAND…: in the background, ended with the test; $! is its pid, output in $work
run_on() {
	local ns=$1
	shift
	ip netns exec "$ns" "$@" >"$work/$ns.$(basename "$1").out" 2>&1 </dev/null &
	test_pids+=($!)
}

# What every host is: a router, without the delays that address detection would bring
host_settings='cd /proc/sys/net
	for f in ipv4/ip_forward ipv6/conf/all/forwarding; do echo 1 >$f; done
	for f in ipv6/conf/all/accept_dad ipv6/conf/default/accept_dad ipv4/conf/all/rp_filter ipv4/conf/default/rp_filter; do
		echo 0 >$f
	done
	echo "0 2147483647" >ipv4/ping_group_range'

host() {
	[ ! -e "/run/netns/$1" ] || ip netns del "$1"
	ip netns add "$1" || give_up "netns $1 cannot be made"
	test_netns+=("$1")
	ip netns exec "$1" sh -c "$host_settings; ip link set lo up"
}

# wire HOST DEV HOST DEV
wire() {
	ip link add "$2" netns "$1" type veth peer name "$4" netns "$3"
	ip -n "$1" link set "$2" up
	ip -n "$3" link set "$4" up
}

# address HOST DEV ADDRESS/LENGTH…
address() {
	local ns=$1 dev=$2
	shift 2
	addresses "$dev" "$@" | ip -n "$ns" -batch -
}

# addresses DEV ADDRESS/LENGTH…: the lines for ip -batch
addresses() {
	local dev=$1 a
	shift
	for a; do
		case $a in
		*:*) echo "addr add $a dev $dev nodad" ;;
		*) echo "addr add $a dev $dev" ;;
		esac
	done
}

# topology HOST…: each on a wire of its own to the router "inet". HOST@nat is a host behind a NAT router
# "nat-HOST", which owns the host's usual outer addresses; the host itself is 192.168.N.2 and fd68:N::2.
topology() {
	local item name n=0 edge dev ns make='' old=() names=(inet)
	local -A lines=([inet]='')
	for item; do
		name=${item%@nat}
		n=$((n + 1))
		names+=("$name")
		edge=$name dev=eth0
		if [ "$item" != "$name" ]; then
			edge=nat-$name dev=wan0
			names+=("$edge")
			private4[$name]=192.168.$n.2 private6[$name]=fd68:$n::2
			make+="link add eth0 netns $name type veth peer name lan0 netns $edge"$'\n'
			lines[$name]=$(
				echo "link set eth0 up"
				addresses eth0 "192.168.$n.2/24" "fd68:$n::2/64"
				echo "route add default via 192.168.$n.1"
				echo "route add default via fd68:$n::1"
			)$'\n'
			lines[$edge]=$(
				echo "link set lan0 up"
				addresses lan0 "192.168.$n.1/24" "fd68:$n::1/64"
			)$'\n'
		fi
		make+="link add $dev netns $edge type veth peer name to-$name netns inet"$'\n'
		lines[inet]+=$(
			echo "link set to-$name up"
			addresses "to-$name" "${v4[$name]%.*}.254/24" "${v6[$name]%::*}::fe/64"
		)$'\n'
		lines[$edge]+=$(
			echo "link set $dev up"
			addresses "$dev" "${v4[$name]}/24" "${v6[$name]}/64"
			echo "route add default via ${v4[$name]%.*}.254"
			echo "route add default via ${v6[$name]%::*}::fe"
		)$'\n'
		lines[$name]+=$(
			echo "link add lan0 type dummy"
			echo "link set lan0 up"
			addresses lan0 "${lan4[$name]}/24" "${lan6[$name]}/64"
		)$'\n'
	done
	for ns in "${names[@]}"; do [ ! -e "/run/netns/$ns" ] || old+=("netns del $ns"); done
	{ printf '%s\n' "${old[@]}"; printf 'netns add %s\n' "${names[@]}"; echo "$make"; } | ip -batch - ||
		give_up "the topology cannot be made"
	test_netns+=("${names[@]}")
	for ns in "${names[@]}"; do
		ip netns exec "$ns" sh -c "$host_settings; ip -batch -" <<<"link set lo up"$'\n'"${lines[$ns]}" ||
			give_up "$ns cannot be set up"
	done
	for item; do
		[ "${item%@nat}" = "$item" ] || masquerade "nat-${item%@nat}" wan0
	done
}

# masquerade HOST DEV: NAT for both families, random ports so that a port is seen to be translated
masquerade() {
	on "$1" nft -f - <<-END || give_up "nft cannot masquerade on $1"
		table inet nat {
			chain out {
				type nat hook postrouting priority srcnat;
				meta l4proto udp oifname "$2" masquerade to :20000-30000
				oifname "$2" masquerade
			}
		}
	END
}

# --- observing ----------------------------------------------------------------------------------------------

# ping_ok HOST ADDRESS [COUNT [OPTION…]]: every packet must come back
ping_ok() {
	local ns=$1 to=$2 count=${3:-3} said n
	shift 2
	[ $# -eq 0 ] || shift
	# With a deadline ping waits for late answers, and goes on sending meanwhile; without, no longer than twice the
	# slowest of the round trips before, and a busy machine is more irregular than that.
	said=$(on "$ns" ping -n -c "$count" -i 0.05 -w $((4 + count / 10)) "$@" "$to" 2>&1)
	for ((n = 1; n <= count; n++)); do
		[[ $said == *"icmp_seq=$n ttl="* ]] || { echo "$said"; return 1; }
	done
}

ping_fails() { ! on "$1" ping -n -q -c 2 -i 0.2 -W 1 "$2"; }

# reachable HOST ADDRESS: one packet, for wait_for
reachable() { on "$1" ping -n -q -c 1 -W 1 "$2"; }

# capture HOST DEV NAME [FILTER]: into $work/NAME.pcap, from when this returns until capture_stop NAME
capture() {
	rm -f "$work/$3.tcpdump" # an earlier capture of that name was listening, too
	ip netns exec "$1" tcpdump -Z root --immediate-mode -U -n -i "$2" -w "$work/$3.pcap" "${4:-}" 2>"$work/$3.tcpdump" &
	capture_pid[$3]=$!
	test_pids+=($!)
	wait_for 5 grep -q "listening on" "$work/$3.tcpdump" >/dev/null || give_up "tcpdump does not start on $1 $2"
}

capture_stop() {
	sleep 0.3
	kill -INT "${capture_pid[$1]}"
	wait "${capture_pid[$1]}"
}

# protected NAME: a capture of the underlay holds ESP, and nothing of what ping sends
protected() {
	if [ "$(captured "$1" 'icmp[icmptype] == icmp-echo or icmp6[icmp6type] == icmp6-echo')" -gt 0 ] ||
		[ "$(captured "$1" "${2:-esp}")" -eq 0 ]; then
		tcpdump -n -c 20 -r "$work/$1.pcap" 2>/dev/null
		return 1
	fi
}

# captured NAME FILTER: how many packets of a capture match
captured() { tcpdump -n -r "$work/$1.pcap" "$2" 2>/dev/null | wc -l; }

# link_stat HOST DEV COUNTER, sa_stat HOST DEV in|out COUNTER (summed over SAs)
link_stat() {
	local said
	said=$(nl "$1" link-get dev="$2") || return 1
	[[ $said =~ \"$3\":([0-9]+) ]] && echo "${BASH_REMATCH[1]}"
}
sa_stat() {
	local said line sum=0
	said=$(nl "$1" sa-get dev="$2") || return 1
	while read -r line; do
		[[ $line == *"\"dir\":\"$3\""* && ${line##*stats} =~ \"$4\":([0-9]+) ]] && sum=$((sum + BASH_REMATCH[1]))
	done <<<"$said"
	echo "$sum"
}

# grew HOST DEV COUNTER BEFORE: the counter is above what it was
grew() {
	local now
	now=$(link_stat "$1" "$2" "$3")
	[ "$now" -gt "$4" ] || { echo "$3 of $2 on $1 is $now, was $4"; return 1; }
}

# --- the module, with static keys ----------------------------------------------------------------------------

# need_module [PARAMETER=VALUE…]: with parameters the module is loaded anew
need_module() {
	local m
	[ -r "$module" ] || skip_all "dvti.ko is not built for this kernel ($module)"
	if grep -q '^dvti ' /proc/modules; then
		[ $# -gt 0 ] || return 0
		rmmod dvti || give_up "dvti.ko cannot be unloaded, to be loaded with $*"
	fi
	modinfo -F depends "$module" | tr ',' '\n' | while read -r m; do modprobe -q "$m"; done
	# What the crypto API and UDP encapsulation would load on demand
	modprobe -qa aesni_intel gcm ccm seqiv echainiv authenc cbc sha1_generic sha256_generic sha512_generic \
		chacha20poly1305 xfrm_interface esp4 esp6 dummy veth
	insmod "$module" "$@" || give_up "dvti.ko cannot be loaded" "$(dmesg | tail -n 5)"
}

# nl HOST COMMAND…: dvti-nl in the host
nl() {
	local ns=$1
	shift
	ip netns exec "$ns" "$tools/dvti-nl" "$@"
}

# How many octets of key each transform wants: of encryption with salt, and of integrity
key_lengths() {
	local encryption integrity=0
	case $1 in
	aes-gcm-16 | chacha20-poly1305 | aes-gmac) encryption=36 ;;
	aes-ccm-*) encryption=35 ;;
	aes-cbc-*) encryption=32 ;;
	3des-cbc-*) encryption=24 ;;
	null-*) encryption=0 ;;
	esac
	case $1 in
	*-md5-96) integrity=16 ;;
	*-sha1-96) integrity=20 ;;
	*-sha256-128) integrity=32 ;;
	*-sha384-192) integrity=48 ;;
	*-sha512-256) integrity=64 ;;
	esac
	echo "$encryption $integrity"
}

# static_key AEAD SPI: the first octet differs by direction
static_key() {
	local n hex='' encryption integrity
	read -r encryption integrity <<<"$(key_lengths "$1")"
	n=$((encryption + integrity))
	while [ "${#hex}" -lt $((2 * n)) ]; do hex+=$(printf '%02x%08x' $((${#hex} & 255)) $(($2))); done
	echo "${hex:0:$((2 * n))}"
}

# Each direction has one SPI: from hub to spoke1 0x1012 and so on.
declare -A host_number=([hub]=1 [spoke1]=2 [spoke2]=3 [spoke3]=4)
spi_of() { printf '0x%x' $((0x1000 + 16 * host_number[$1] + host_number[$2])); }

# outer HOST: address of the family that $family chooses
family=4
outer() { if [ "$family" = 6 ]; then echo "${v6[$1]}"; else echo "${v4[$1]}"; fi; }

# dvti_end HOST PEER [LINK-WORD… [sa SA-WORD…]]: static link "t0" with a pair of SAs; SA words go to both, but
# for a replay window, which is for the inbound one
dvti_end() {
	local me=$1 peer=$2 aead=${aead:-aes-gcm-16} link_words=() sa_words=() window=replay-window=1024 w to=link
	shift 2
	for w; do
		case $to,$w in
		*,sa) to=sa ;;
		link,*) link_words+=("$w") ;;
		sa,replay-window=*) window=$w ;;
		sa,*) sa_words+=("$w") ;;
		esac
	done
	nl "$me" link-new name=t0 role=static local="$(outer "$me")" remote="$(outer "$peer")" up "${link_words[@]}" \
		sa dir=in spi="$(spi_of "$peer" "$me")" aead="$aead" \
		key="$(static_key "$aead" "$(spi_of "$peer" "$me")")" "$window" "${sa_words[@]}" \
		sa dir=out spi="$(spi_of "$me" "$peer")" aead="$aead" \
		key="$(static_key "$aead" "$(spi_of "$me" "$peer")")" "${sa_words[@]}" >"$work/$me.link-new" ||
		give_up "dvti link on $me to $peer cannot be made"
	address "$me" t0 "${tun4[$me]}/24" "${tun6[$me]}/64"
}

# shellcheck disable=SC2086 # xfrm_flags is a list
# xfrm_state HOST FROM TO: the state in the given direction, with the words of $encap and $esn; xfrm_mode=transport
# for one that belongs to no interface
xfrm_state() {
	local ns=$1 from=$2 to=$3 aead=${aead:-aes-gcm-16} key spi algo hash encryption integrity
	local mode="tunnel if_id 42" flags="flag af-unspec ${xfrm_flags:-}"
	[ "${xfrm_mode:-tunnel}" = tunnel ] || mode=$xfrm_mode flags=${xfrm_flags:+flag $xfrm_flags}
	spi=$(spi_of "$from" "$to")
	key=$(static_key "$aead" "$spi")
	read -r encryption integrity <<<"$(key_lengths "$aead")"
	case $aead in
	aes-gcm-16) algo=(aead "rfc4106(gcm(aes))" "0x$key" 128) ;;
	aes-gmac) algo=(aead "rfc4543(gcm(aes))" "0x$key" 128) ;;
	aes-ccm-8) algo=(aead "rfc4309(ccm(aes))" "0x$key" 64) ;;
	aes-ccm-16) algo=(aead "rfc4309(ccm(aes))" "0x$key" 128) ;;
	chacha20-poly1305) algo=(aead "rfc7539esp(chacha20,poly1305)" "0x$key" 128) ;;
	*-hmac-*)
		hash=${aead##*-hmac-}
		algo=(auth-trunc "hmac(${hash%-*})" "0x${key:2*encryption}" "${hash#*-}")
		case $aead in
		aes-cbc-*) algo+=(enc "cbc(aes)" "0x${key:0:2*encryption}") ;;
		3des-cbc-*) algo+=(enc "cbc(des3_ede)" "0x${key:0:2*encryption}") ;;
		null-*) algo+=(enc "ecb(cipher_null)" "") ;;
		esac
		;;
	esac
	ip -n "$ns" xfrm state add src "$(outer "$from")" dst "$(outer "$to")" proto esp spi "$spi" reqid 1 mode $mode $flags \
		replay-window "${xfrm_window:-32}" "${algo[@]}" \
		${xfrm_encap:+encap espinudp 4500 4500 0.0.0.0}
}

# xfrm_end HOST PEER: the kernel's own IPsec with the same keys, behind an xfrm interface "t0".
# xfrm_encap=1 for UDP, xfrm_flags=esn, xfrm_window=N and aead= choose variants.
xfrm_end() {
	local me=$1 peer=$2 any dir
	ip -n "$me" link add t0 type xfrm dev eth0 if_id 42 || give_up "no xfrm interface on $me"
	ip -n "$me" link set t0 up mtu 1400
	xfrm_state "$me" "$me" "$peer" || give_up "no outbound xfrm state on $me"
	xfrm_state "$me" "$peer" "$me" || give_up "no inbound xfrm state on $me"
	for any in 0.0.0.0/0 ::/0; do
		ip -n "$me" xfrm policy add dir out src $any dst $any if_id 42 \
			tmpl src "$(outer "$me")" dst "$(outer "$peer")" proto esp reqid 1 mode tunnel
		for dir in in fwd; do
			ip -n "$me" xfrm policy add dir $dir src $any dst $any if_id 42 \
				tmpl src "$(outer "$peer")" dst "$(outer "$me")" proto esp reqid 1 mode tunnel
		done
	done
	address "$me" t0 "${tun4[$me]}/24" "${tun6[$me]}/64"
}

# static_pair A B [WORD…]: dvti on both sides
static_pair() {
	local a=$1 b=$2
	shift 2
	dvti_end "$a" "$b" "$@"
	dvti_end "$b" "$a" "$@"
}

# udp_socket HOST [gro]: open port 4500 for ESP in UDP
udp_socket() {
	run_on "$1" "$tools/dvti-nl" udp-socket "${@:2}"
	wait_for 5 grep -q listening "$work/$1.dvti-nl.out" || give_up "no socket on port 4500 of $1"
}

# --- dvtid --------------------------------------------------------------------------------------------------

# dvtid_start HOST [OPTION…] <CONFIG
dvtid_start() {
	local ns=$1 dir=$work/$1
	shift
	mkdir -p "$dir"
	[ -t 0 ] || (umask 077 && cat >"$dir/dvti.conf.new" && [ -s "$dir/dvti.conf.new" ] &&
		mv "$dir/dvti.conf.new" "$dir/dvti.conf")
	ip netns exec "$ns" "$bin/dvtid" -f "$dir/dvti.conf" --control "$dir/control" --state "$dir" --foreground \
		"$@" >>"$dir/dvtid.log" 2>&1 </dev/null &
	dvtid_pid[$ns]=$!
	test_pids+=($!)
	wait_for 10 ctl "$ns" show counters >/dev/null || give_up "dvtid does not come up on $ns" "$(tail -n 20 "$dir/dvtid.log")"
}

# dvtid_stop HOST [SIGNAL]
dvtid_stop() {
	kill "-${2:-TERM}" "${dvtid_pid[$1]}"
	wait_for 10 not kill -0 "${dvtid_pid[$1]}" >/dev/null
	wait "${dvtid_pid[$1]}" 2>/dev/null
}

# ctl HOST COMMAND…: dvtictl in the host
ctl() {
	local ns=$1
	shift
	ip netns exec "$ns" "$bin/dvtictl" --control "$work/$ns/control" "$@"
}

# link_of HOST PEER-IDENTITY: the interface of the session with that peer
link_of() {
	ctl "$1" --json show sessions | jq -er ".sessions[] | select(.remote_id | tostring | contains(\"$2\")) | .interface"
}

# sessions_up HOST COUNT: that many sessions are up
sessions_up() {
	local n=0 rest
	rest=$(ctl "$1" --json show sessions) || return 1
	while [[ $rest =~ \"state\":\ *\"(up|rekeying)\"(.*) ]]; do
		n=$((n + 1))
		rest=${BASH_REMATCH[2]}
	done
	[ "$n" = "$2" ] || { echo "$1 has $n sessions up, $2 wanted"; ctl "$1" show sessions; return 1; }
}

# listens HOST SOCKET: somebody does, on a local socket; it is there a moment before that
listens() { [ -S "$2" ] && on "$1" grep -q " 00010000 .* $2$" /proc/net/unix; }

# --- strongSwan ---------------------------------------------------------------------------------------------

# swan_start HOST <SWANCTL.CONF: charon-systemd of its own, with an xfrm interface "ipsec0" for if_id 42
swan_start() {
	local ns=$1 dir=$work/$1
	[ -x /usr/sbin/charon-systemd ] || skip_all "strongSwan (charon-systemd) is not installed"
	mkdir -p "$dir"/swanctl/{x509,x509ca,x509ocsp,x509aa,x509ac,x509crl,pubkey,private,rsa,ecdsa,bliss,pkcs8,pkcs12,conf.d}
	cat >"$dir/swanctl/swanctl.conf"
	cat >"$dir/strongswan.conf" <<-END
		charon-systemd {
			load = random nonce aes sha1 sha2 hmac kdf gcm openssl curve25519 pem pkcs1 pkcs8 x509 constraints pubkey kernel-netlink socket-default vici updown
			install_routes = no
			install_virtual_ip_on = ipsec0
			retransmit_timeout = 2.0
			start-scripts { }
			plugins {
				vici { socket = unix://$dir/charon.vici }
			}
			filelog { l {
				path = $dir/charon.log
				default = 1
				ike = 2
				knl = 1
				flush_line = yes
				time_format = %T
			} }
			journal { default = -1 }
		}
		swanctl {
			load = random pem pkcs1 pkcs8 x509 pubkey
			socket = unix://$dir/charon.vici
		}
	END
	STRONGSWAN_CONF=$dir/strongswan.conf SWANCTL_DIR=$dir/swanctl \
		ip netns exec "$ns" /usr/sbin/charon-systemd >"$dir/charon.out" 2>&1 </dev/null &
	test_pids+=($!)
	if ! ip -n "$ns" link show ipsec0 >/dev/null 2>&1; then
		ip -n "$ns" link add ipsec0 type xfrm dev eth0 if_id 42 || give_up "no xfrm interface on $ns"
		ip -n "$ns" link set ipsec0 up mtu 1400
	fi
	wait_for 20 listens "$ns" "$dir/charon.vici" || give_up "charon-systemd does not start on $ns" "$(tail "$dir/charon.out")"
	swan "$ns" --load-all >"$dir/load.out" 2>&1 || give_up "strongSwan refuses its configuration" "$(cat "$dir/load.out")"
}

# swan HOST OPTION…: swanctl in the host
swan() {
	local ns=$1 dir=$work/$1
	shift
	STRONGSWAN_CONF=$dir/strongswan.conf SWANCTL_DIR=$dir/swanctl ip netns exec "$ns" swanctl "$@"
}

# --- libreswan ----------------------------------------------------------------------------------------------

pluto_bin=/usr/libexec/ipsec/pluto

# pluto_start HOST SECRETS <IPSEC.CONF
pluto_start() {
	local ns=$1 secrets=$2 dir=$work/$1
	[ -x $pluto_bin ] || skip_all "libreswan is not unpacked (selftests/vm/peers)"
	rm -rf "$dir/nss" "$dir/pluto"
	mkdir -p "$dir/nss" "$dir/pluto"
	cat >"$dir/ipsec.conf"
	(umask 077 && printf '%s\n' "$secrets" >"$dir/ipsec.secrets")
	certutil -N -d "sql:$dir/nss" --empty-password || give_up "no NSS database"
	ip netns exec "$ns" $pluto_bin --config "$dir/ipsec.conf" --secretsfile "$dir/ipsec.secrets" \
		--nssdir "$dir/nss" --rundir "$dir/pluto" --nofork --logfile "$dir/pluto.log" >"$dir/pluto.out" 2>&1 </dev/null &
	test_pids+=($!)
	wait_for 20 listens "$ns" "$dir/pluto/pluto.ctl" || give_up "pluto does not start on $ns" "$(tail "$dir/pluto.log" "$dir/pluto.out")"
}

# whack HOST OPTION…
whack() {
	local ns=$1
	shift
	ip netns exec "$ns" /usr/libexec/ipsec/whack --ctlsocket "$work/$ns/pluto/pluto.ctl" "$@"
}
