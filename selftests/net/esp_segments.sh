#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: full
#
# Large packets that are not plain TCP: datagrams that a program sends in bulk, IPv4 with options, and TCP that tells
# its peer that it has slowed down (CWR), which only the first of its segments may say.
. "$(dirname "$0")/lib.sh"
need_module

datagrams() { # ADDRESS: from hub to spoke
	local taker rc=0
	rm -f "$work/datagrams"	# the last one was ready, too
	on spoke1 "$here/offload.py" take-udp 7001 >"$work/datagrams" &
	taker=$!
	wait_for 10 grep -q ready "$work/datagrams" >/dev/null
	on hub "$here/offload.py" send-udp "$1" 7001 || rc=1
	wait $taker || rc=1
	[ $rc = 0 ] || { cat "$work/datagrams"; on spoke1 grep ^Udp: /proc/net/snmp; }
	return $rc
}

stream() { # COMMAND…: what it sends from hub to spoke arrives
	local taker rc=0
	on spoke1 "$tools/tcp_copy" listen 7000 >"$work/got" &
	taker=$!
	wait_for 10 eval 'on spoke1 ss -ltn | grep -q :7000' >/dev/null
	on hub timeout 60 "$@" "${tun4[spoke1]}" 7000 <"$work/sent" || rc=1
	[ $rc = 0 ] || kill $taker
	wait $taker
	cmp "$work/sent" "$work/got" && return $rc
}

nothing_lost() { # HOST
	local said
	said=$(nl "$1" link-get dev=t0 | jq -c '.stats | with_entries(select(.value > 0 and (.key | test("packets|bytes|overflow") | not)))')
	[ "$said" = "{}" ] || { echo "$said"; return 1; }
}

# slowed_down: some segments say so, and none right behind another one that does
slowed_down() {
	tcpdump -nr "$work/cwr.pcap" "src host ${tun4[hub]} and greater 500" 2>/dev/null | awk '
		{ now = $0 ~ /Flags \[[^]]*W/; said += now; again += now && before; before = now }
		END { print NR " segments, " said + 0 " say it, " again + 0 " behind another one"; exit !(said > 0 && again == 0) }'
}

ends() { # ENCAPSULATION
	local port=''
	[ "$1" = none ] || port=,4500
	dvti_end hub spoke1 encap="$1" local="${v4[hub]}$port" remote="${v4[spoke1]}$port"
	dvti_end spoke1 hub encap="$1" local="${v4[spoke1]}$port" remote="${v4[hub]}$port"
}
gone() { for h in hub spoke1; do nl $h link-del dev=t0 >/dev/null; done; }

head -c 2M /dev/urandom >"$work/sent"
topology hub spoke1
udp_socket hub gro
udp_socket spoke1 gro
for encap in none udp; do
	ends $encap
	check "encap $encap: datagrams in bulk over IPv4" datagrams "${tun4[spoke1]}"
	check "encap $encap: datagrams in bulk over IPv6" datagrams "${tun6[spoke1]}"
	capture spoke1 t0 options.$encap tcp
	check "encap $encap: TCP in IPv4 with options" stream "$here/offload.py" send-tcp
	capture_stop options.$encap
	check "encap $encap: the options are there" test "$(captured options.$encap "src host ${tun4[hub]} and ip[0] & 15 > 5")" -gt 2
	check "encap $encap: nothing was lost, hub" nothing_lost hub
	check "encap $encap: nothing was lost, spoke" nothing_lost spoke1
	gone
done

ends none
for h in hub spoke1; do on $h sh -c 'echo 1 >/proc/sys/net/ipv4/tcp_ecn'; done
on spoke1 ethtool -K t0 gro off || give_up "ethtool"
on inet tc qdisc add dev to-spoke1 root netem delay 2ms loss 1% ecn || give_up "no netem"
capture spoke1 t0 cwr tcp
check "TCP over a path that marks packets" stream "$tools/tcp_copy" send
capture_stop cwr
check "what slows down says so in one segment" slowed_down
