# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154
#
# Sourced by what runs inside a test machine and measures: two gateways "A" and "B" with a LAN each, several tunnels
# between them at once, and a route that says which one the traffic takes.
#
# Results are lines "sample WORD=VALUE…", and "condition TEXT" for what they were measured on.
. "$(dirname "${BASH_SOURCE[0]}")/../../net/lib.sh"
test_skipped=1

lan_target=10.10.0.9
tunnel_mtu=1400

need_pktgen() { modprobe -q pktgen || insmod "$(find "$top/build/uml/plain" -name pktgen.ko)" || give_up "no pktgen"; }

# Which clock counts: the meter of User Mode Linux if its module is there, told by the LAN's device, else pktgen's own
has_meter() { [ -e /proc/bench/meter ]; }

gateways() {
	local h kind=dummy
	! has_meter || kind=bench_sink
	v4+=([A]=10.1.0.1 [B]=10.1.0.2) host_number+=([A]=1 [B]=2)
	host A
	host B
	wire A eth0 B eth0
	# What comes in where our ESP comes in passes a hook of ours, of which no other path shall have cost or gain.
	wire A eth1 B eth1
	for h in A B; do
		ip -n $h link add lan0 type $kind
		ip -n $h link set lan0 up
	done
	address A eth0 10.1.0.1/24
	address B eth0 10.1.0.2/24
	address A eth1 10.2.0.1/24
	address B eth1 10.2.0.2/24
	address A lan0 10.20.0.1/24
	address B lan0 10.10.0.1/24
	# Neighbours that never age: no measurement waits for ARP.
	ip -n B neigh add $lan_target lladdr 02:00:00:00:00:09 dev lan0 nud permanent
	ip -n A neigh add 10.1.0.2 lladdr "$(mac B eth0)" dev eth0 nud permanent
	ip -n B neigh add 10.1.0.1 lladdr "$(mac A eth0)" dev eth0 nud permanent
	ip -n A neigh add 10.2.0.2 lladdr "$(mac B eth1)" dev eth1 nud permanent
	ip -n B neigh add 10.2.0.1 lladdr "$(mac A eth1)" dev eth1 nud permanent
	udp_socket A gro
	udp_socket B gro
	pid_B=$(pgrep -n -f 'dvti-nl udp-socket')
	lan_mac=$(mac A lan0)
}
mac() { on "$1" cat "/sys/class/net/$2/address"; }

# --- paths: plain, stock, stock-udp, dvti, dvti-udp, wireguard ----------------------------------------------

declare -A path_dev=([plain]=eth0 [stock]=stock [stock-udp]=stockudp [dvti]=esp [dvti-udp]=udp [wireguard]=wg0)
declare -A path_id=([stock]=42 [stock-udp]=43 [dvti]=44 [dvti-udp]=45 [wireguard]=46)
aead_key=$(printf '%02x' {1..36})

path_spi() { # PATH FROM
	printf '0x%x' $((0x10000 * path_id[$1] + 16 * host_number[$2]))
}

tunnel_address() { echo "192.168.${path_id[$1]}.${host_number[$2]}"; } # PATH HOST

# make_path PATH: its tunnel, on both gateways
make_path() {
	case $1 in
	plain) return ;;
	stock | stock-udp) stock_end "$1" A B; stock_end "$1" B A ;;
	dvti | dvti-udp) our_end "$1" A B; our_end "$1" B A ;;
	wireguard) wireguard_ends ;;
	*) give_up "unknown path $1" ;;
	esac
	local h
	for h in A B; do
		ip -n $h link set "${path_dev[$1]}" up mtu $tunnel_mtu || give_up "path $1 on $h"
		address $h "${path_dev[$1]}" "$(tunnel_address "$1" $h)/24"
	done
}

our_end() { # PATH HOST PEER
	local port=,4500 from=${v4[$2]} to=${v4[$3]}
	[ "$1" != dvti ] || port='' from=${from/10.1/10.2} to=${to/10.1/10.2}
	nl "$2" link-new name="${path_dev[$1]}" role=static local="$from$port" remote="$to$port" \
		${port:+encap=udp} \
		sa dir=in spi="$(path_spi "$1" "$3")" aead=aes-gcm-16 key="$aead_key" esn replay-window=1024 \
		sa dir=out spi="$(path_spi "$1" "$2")" aead=aes-gcm-16 key="$aead_key" esn >"$work/$2.$1" ||
		give_up "dvti link on $2" "$(cat "$work/$2.$1")"
}

# if_id and reqid, away from those of thousands of other interfaces
stock_id() { echo $((60000 + path_id[$1])); }

stock_end() { # PATH HOST PEER
	local encap='' from
	[ "$1" = stock ] || encap="encap espinudp 4500 4500 0.0.0.0"
	ip -n "$2" link add "${path_dev[$1]}" type xfrm dev eth0 if_id "$(stock_id "$1")" || give_up "no xfrm interface"
	for from in "$2 $3" "$3 $2"; do
		# shellcheck disable=SC2086 # words
		set -- "$1" "$2" "$3" $from
		# shellcheck disable=SC2086 # words
		ip -n "$2" xfrm state add src "${v4[$4]}" dst "${v4[$5]}" proto esp spi "$(path_spi "$1" "$4")" \
			reqid "$(stock_id "$1")" mode tunnel flag af-unspec esn replay-window 1024 \
			aead "rfc4106(gcm(aes))" "0x$aead_key" 128 if_id "$(stock_id "$1")" $encap || give_up "xfrm state"
	done
}

# policies on|off: those of the stock paths, on both gateways. Stock tunnels need them; anything else in the same
# namespace then pays for looking them up.
policies() {
	local h peer p dir
	for h in A B; do
		peer=B
		[ $h = A ] || peer=A
		{
			echo "xfrm policy flush"
			[ "$1" = off ] || for p in stock stock-udp; do
				for dir in out in fwd; do
					printf 'xfrm policy add dir %s src 0.0.0.0/0 dst 0.0.0.0/0 if_id %s ' $dir "$(stock_id $p)"
					if [ $dir = out ]; then
						printf 'tmpl src %s dst %s' "${v4[$h]}" "${v4[$peer]}"
					else
						printf 'tmpl src %s dst %s' "${v4[$peer]}" "${v4[$h]}"
					fi
					printf ' proto esp reqid %s mode tunnel\n' "$(stock_id $p)"
				done
			done
		} | ip -n $h -batch - || give_up "policies on $h"
	done
}

wireguard_ends() {
	local h peer
	for h in A B; do
		(umask 077 && wg genkey >"$work/wg.$h")
		wg pubkey <"$work/wg.$h" >"$work/wg.$h.public"
	done
	for h in A B; do
		peer=B
		[ $h = A ] || peer=A
		ip -n $h link add wg0 type wireguard || give_up "no WireGuard"
		on $h wg set wg0 listen-port 5001 private-key "$work/wg.$h" peer "$(cat "$work/wg.$peer.public")" \
			endpoint "${v4[$peer]}:5001" allowed-ips 0.0.0.0/0 || give_up "WireGuard on $h"
	done
}

# take PATH: the LAN behind B is reached over it
take() {
	if [ "$1" = plain ]; then
		ip -n A route replace 10.10.0.0/24 via 10.1.0.2
	else
		ip -n A route replace 10.10.0.0/24 dev "${path_dev[$1]}"
	fi
}

# --- load ---------------------------------------------------------------------------------------------------

delivered() { # packets that left for B's LAN
	local dev rest
	while read -r dev rest; do
		[ "$dev" = lan0: ] || continue
		# shellcheck disable=SC2086 # columns
		set -- $rest
		echo "${10}"
		return
	done <"/proc/$pid_B/net/dev"
}
has_delivered() { [ "$(delivered)" -ge "$1" ]; }

# pktgen_run LENGTH|imix COUNT BURST [DELAY-NS]: prints "PACKETS COUNTED NANOSECONDS CYCLES INSTRUCTIONS": all packets,
# those that count (which the meter saw while nobody shared the core) and what they took
pktgen_run() {
	local size
	# 7:4:1, the large ones as large as the tunnels take them
	if [ "$1" = imix ]; then size="imix_weights 78,7 590,4 $((tunnel_mtu + 14)),1"; else size="pkt_size $(($1 + 14))"; fi
	on A bash -s "$2" "$3" "$size" "${4:-0}" "$lan_target" "$lan_mac" <<-'END'
		set -e
		pg=/proc/net/pktgen
		echo rem_device_all >$pg/kpktgend_0
		echo add_device lan0 >$pg/kpktgend_0
		for c in "count $1" "clone_skb 0" "$3" "xmit_mode netif_receive" "burst $2" "delay $4" "flag NO_TIMESTAMP" "dst $5" \
			"src_min 10.20.0.9" "src_max 10.20.0.9" "udp_dst_min 9" "udp_dst_max 9" "dst_mac $6"; do
			echo "$c" >$pg/lan0
		done
		before=(0 0 0 0 0)
		[ ! -e /proc/bench/meter ] || read -ra before </proc/bench/meter
		echo start >$pg/pgctrl
		if [ -e /proc/bench/meter ]; then
			read -ra after </proc/bench/meter
		else
			us=$(sed -n 's/^Result: OK: \([0-9]*\)(.*/\1/p' $pg/lan0)
			after=("$1" "$1" $((us * 1000)) 0 0)
		fi
		for i in 0 1 2 3 4; do echo $((after[i] - before[i])); done | tr '\n' ' '
	END
}

# pktgen_send PATH LENGTH|imix COUNT BURST: a run without loss; leaves what it printed in run[]
pktgen_send() {
	local path=$1 length=$2 count=$3 burst=$4 before delay=0 tries=3
	# WireGuard seals in a work queue: what comes faster than that is thrown away. While pktgen sleeps nothing counts,
	# but after a pause of the whole machine it catches up too fast.
	[ "$path" != wireguard ] || burst=64 delay=3000000 count=$((count / 2))
	while true; do
		before=$(delivered)
		read -ra run < <(pktgen_run "$length" "$count" "$burst" $delay)
		[ ${#run[@]} -eq 5 ] || give_up "pktgen"
		! wait_for 1 has_delivered $((before + count)) >/dev/null || return 0
		tries=$((tries - 1))
		[ "$path" = wireguard ] && [ $tries -gt 0 ] ||
			give_up "$path $length: $(($(delivered) - before)) of $count packets arrived"
	done
}

# bulk_send PATH MEGABYTES: one TCP connection's worth; leaves in run[] what pktgen_run prints, of bytes
bulk_send() {
	local path=$1 megabytes=$2 to=10.1.0.2 bytes
	[ "$path" = plain ] || to=$(tunnel_address "$path" B)
	on B bash -c 'echo take >/proc/bench/bulk' || give_up "bulk receiver"
	read -ra run < <(on A bash -s "$to" "$megabytes" <<-'END'
		read -ra before </proc/bench/meter
		echo "give $1 $2" >/proc/bench/bulk || exit 1
		read -ra after </proc/bench/meter
		for i in 0 1 2 3 4; do echo $((after[i] - before[i])); done | tr '\n' ' '
	END
	)
	[ ${#run[@]} -eq 5 ] || give_up "$path: bulk transfer failed"
	read -r bytes </proc/bench/bulk
	[ "$bytes" -eq $((megabytes << 20)) ] || give_up "$path: $bytes bytes of $megabytes MB arrived"
}

# sample ENOUGH SCALE WORDS SEND…: one sample of what a unit costs, times SCALE: send until ENOUGH units count. On a core
# that others share all the time there is none.
sample() {
	local enough=$1 scale=$2 words=$3 sum=(0 0 0 0 0) run tries i
	shift 3
	for ((tries = 50; tries && sum[1] < enough; tries--)); do
		"$@"
		for i in 0 1 2 3 4; do sum[i]=$((sum[i] + run[i])); done
	done
	if [ "${sum[1]}" -lt "$enough" ]; then
		echo "no sample $words: $((sum[1] * 100 / sum[0])) % with a core for itself" >&2
		return
	fi
	echo "sample $words ns=$((sum[2] * scale / sum[1])) cycles=$((sum[3] * scale / sum[1]))" \
		"instructions=$((sum[4] * scale / sum[1])) alone=$((sum[1] * 100 / sum[0]))"
}

# packets PATH LENGTH|imix COUNT BURST [WORD…]: one sample of the cost of a packet
packets() { sample $(($3 / 4)) 1 "path=$1 length=$2 burst=$4 ${*:5}" pktgen_send "$1" "$2" "$3" "$4"; }

# warm LENGTH|imix: what comes first pays for routes and empty caches; slow enough for anyone
warm() { pktgen_run "$1" 640 64 1000000 >/dev/null; }

# bulk PATH MEGABYTES [WORD…]: one sample of the cost of a byte in one TCP connection, in thousandths
bulk() { sample $(($2 << 18)) 1000 "path=$1 length=tcp burst=0 ${*:3}" bulk_send "$1" "$2"; }
