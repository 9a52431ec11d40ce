#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: 6.12
#
# ESP packets made by hand: what is right goes up, and whatever is wrong with the others has a counter of its own,
# moves no window and disturbs nobody.
. "$(dirname "$0")/lib.sh"
. "$here/netlink.sh"
need_module

topology hub spoke1
# The hub is ours; on the other end there is only esp_send.
dvti_end hub spoke1
spi=$(spi_of spoke1 hub)
key=$(static_key aes-gcm-16 "$spi")
ping4=(echo="${tun4[spoke1]},${tun4[hub]}")

from=${v4[spoke1]}
send() { on spoke1 "$tools/esp_send" local="$from" remote="${v4[hub]}" spi="$spi" key="$key" "$@"; }

# counts COUNTER WORD…: a packet so made is counted there once, and is not received
counts() {
	local counter=$1 before received now
	shift
	before=$(link_stat hub t0 "$counter")
	received=$(link_stat hub t0 rx-packets)
	send "$@" || return 1
	wait_for 5 grew hub t0 "$counter" "$before" || { nl hub link-get dev=t0; return 1; }
	now=$(link_stat hub t0 "$counter")
	[ "$now" -eq $((before + 1)) ] || { echo "$counter went from $before to $now"; return 1; }
	[ "$(link_stat hub t0 rx-packets)" = "$received" ] || { echo "it was received as well"; return 1; }
}

# arrives WORD…: a packet so made is received
arrives() {
	local before
	before=$(link_stat hub t0 rx-packets)
	send "$@" && wait_for 5 grew hub t0 rx-packets "$before"
}

check "a proper packet arrives" arrives seq=10 "${ping4[@]}"
check "the same again is a replay" counts rx-replay seq=10 "${ping4[@]}"
check "a late one within the window arrives" arrives seq=5 "${ping4[@]}"
check "sequence number 0 is none" counts rx-replay seq=0 "${ping4[@]}"
check "the window moves on" arrives seq=5000 "${ping4[@]}"
check "what fell out of it is refused" counts rx-replay seq=3976 "${ping4[@]}"
check "its last number is not" arrives seq=3977 "${ping4[@]}"

check "a forged packet fails its check" counts rx-integrity seq=4000000000 flip=30 "${ping4[@]}"
check "a forged ICV fails its check" counts rx-integrity seq=4000000001 flip=70 "${ping4[@]}"
check "the SA counts both" test "$(sa_stat hub t0 in integrity)" -eq 2
check "a forged number does not move the window" arrives seq=5001 "${ping4[@]}"
check "the log names link, peer and SPI" wait_for 5 eval \
	'dmesg | grep -q "t0: integrity check failed: ESP packet from ${v4[spoke1]}, SPI 0x0000$(printf %04x "$spi")"'

check "header alone" counts rx-truncated seq=5002 cut=8 "${ping4[@]}"
check "without a whole ICV" counts rx-truncated seq=5002 cut=30 "${ping4[@]}"
check "cut within the ICV" counts rx-integrity seq=5002 cut=80 "${ping4[@]}"
check "shorter than an ESP header is left to the stock stack" send seq=5002 cut=7 "${ping4[@]}"

check "padding longer than the packet" counts rx-padding seq=5010 pad=200 "${ping4[@]}"
check "unknown next header" counts rx-next-header seq=5011 next=17 "${ping4[@]}"
check "dummy packet" counts rx-dummy seq=5012 next=59 "${ping4[@]}"
check "IPv6 announced, IPv4 inside" counts rx-inner seq=5013 next=41 "${ping4[@]}"
check "inner header cut off" counts rx-inner seq=5014 next=4 inner=4500001400000000
check "inner header length below 20" counts rx-inner seq=5015 \
	inner=4400001400000000400100007f0000017f000001
check "inner length beyond the packet" counts rx-inner seq=5016 \
	inner=4500ffff00000000400100007f0000017f000001
check "inner IPv6 length beyond the packet" counts rx-inner seq=5017 inner="6000000010003a40$(printf '%064d' 0)"
check "empty payload" counts rx-inner seq=5018 next=4 inner=
check "the SA counts what was malformed" test "$(sa_stat hub t0 in malformed)" -ge 8
check "filling behind the inner packet is cut off" arrives seq=5020 behind=500 "${ping4[@]}"
bytes=$(sa_stat hub t0 in bytes) count=$(sa_stat hub t0 in packets)
check "and is not counted as payload" test "$bytes" -eq $((count * 60))

check "an unknown SPI is not ours" eval \
	'on spoke1 "$tools/esp_send" local="${v4[spoke1]}" remote="${v4[hub]}" spi=0xdead key="$key" seq=1 "${ping4[@]}"'
check "it is counted by the stock stack" wait_for 5 eval \
	'[ "$(on hub cat /proc/net/xfrm_stat | awk "/XfrmInNoStates/ {print \$2}")" -ge 1 ]'

udp_socket hub
check "in UDP where plain ESP is agreed" counts rx-encap seq=5030 port=4500 "${ping4[@]}"

ip -n hub link set t0 down
check "the link is down" counts rx-dev-down seq=5040 "${ping4[@]}"
ip -n hub link set t0 up
check "and up again" arrives seq=5041 "${ping4[@]}"

# RFC 6040 section 4.2, figure 4: inner field, outer field, and what comes out
capture hub t0 ecn 'icmp[icmptype] == icmp-echo'
wanted=() seq=6000
for cell in "0 0 0" "2 3 3" "2 1 1" "1 2 1" "3 0 3" "2 0 2"; do
	read -r inner outer out <<<"$cell"
	send seq=$((seq++)) tos="$outer" inner-tos="$inner" "${ping4[@]}"
	wanted+=("$out")
done
capture_stop ecn
check "ECN: congestion is passed on, and never taken back" eval \
	'seen=$(tcpdump -n -v -r "$work/ecn.pcap" 2>/dev/null | sed -n "s/.*(tos 0x\([0-9a-f]*\).*/\1/p" | sed "s/^0\(.\)/\1/" | xargs)
	[ "$seen" = "${wanted[*]}" ] || { echo "came out as $seen, not ${wanted[*]}"; false; }'
check "ECN: not capable but congested is dropped" counts rx-ecn seq=6200 tos=3 inner-tos=0 "${ping4[@]}"

# The peer's NAT forgets it, and its packets come from elsewhere. Only a packet that is authentic and newer than all
# others says where the peer is; whoever repeats or delays one cannot draw the tunnel away.
elsewhere=10.2.0.7
address spoke1 eth0 $elsewhere/24
moved() { event ".event == \"moved\" and .sa.dir == \"in\" and .link.name == \"t0\" and $1" "${2:-1}"; }
moves() { jq -cs 'map(select(.event == "moved")) | length' "$work/events"; }
more_moves() { [ "$(moves)" -gt "$before" ]; }
events hub
arrives seq=7100 "${ping4[@]}"
from=$elsewhere
check "a replay from elsewhere is dropped" counts rx-replay seq=7100 "${ping4[@]}"
check "a forged packet too" counts rx-integrity seq=7200 flip=30 "${ping4[@]}"
check "an old one from elsewhere arrives" arrives seq=7050 "${ping4[@]}"
from=${v4[spoke1]}
check "the peer goes on" arrives seq=7101 "${ping4[@]}"
check "nothing of that is a move" eval 'pause 0.3; moved true 0'
from=$elsewhere
# shellcheck disable=SC2034 # what eval gets is expanded there
since=$SECONDS
check "the next packet comes from elsewhere" arrives seq=7102 "${ping4[@]}"
check "the move is reported" wait_for 5 moved ".remote.address == \"$elsewhere\""
# Once every two seconds, of which a slow machine needs some for a few packets
check "not with every packet" eval 'for n in {7103..7106}; do arrives seq=$n "${ping4[@]}"; done
	pause 0.3; n=$(moves); echo "$n reports in $((SECONDS - since)) s"; [ $n -le $((1 + (SECONDS - since + 1) / 2)) ]'
before=$(moves)
check "but again while nobody follows" eval 'pause 2; arrives seq=7107 "${ping4[@]}" && wait_for 3 more_moves'
check "and the tunnel's end is userland's to change" link_is hub t0 ".remote.address == \"${v4[spoke1]}\""

nl hub link-set dev=t0 local="${v4[hub]},4500" remote="$elsewhere,4500" encap=udp
events hub
check "in UDP: from the port that is known" arrives seq=7200 port=4500 "${ping4[@]}"
check "in UDP: that is no move" eval 'pause 0.3; moved true 0'
check "in UDP: from another port" arrives seq=7201 port=4501 "${ping4[@]}"
check "in UDP: the move is reported" wait_for 5 moved ".remote.address == \"$elsewhere\" and .remote.port == 4501"

# The smallest window, the largest, and none
for window in 32 8192; do
	nl hub link-del dev=t0 >/dev/null
	dvti_end hub spoke1 sa replay-window=$window
	from=${v4[spoke1]}
	arrives seq=10000 "${ping4[@]}"
	check "window of $window: its last number arrives" arrives seq=$((10001 - window)) "${ping4[@]}"
	check "window of $window: but once" counts rx-replay seq=$((10001 - window)) "${ping4[@]}"
	check "window of $window: the one before does not" counts rx-replay seq=$((10000 - window)) "${ping4[@]}"
done
nl hub link-del dev=t0 >/dev/null
dvti_end hub spoke1 sa replay-window=0
arrives seq=10000 "${ping4[@]}"
check "no window: an old packet arrives" arrives seq=1 "${ping4[@]}"
check "no window: and arrives again" arrives seq=1 "${ping4[@]}"

# The same over IPv6: another address, and in UDP another port
family=6
elsewhere=${v6[spoke1]}7
ip -n spoke1 addr add "$elsewhere/64" dev eth0 nodad
send() { on spoke1 "$tools/esp_send" local="$from" remote="${v6[hub]}" spi="$spi" key="$key" "$@"; }
nl hub link-del dev=t0 >/dev/null
dvti_end hub spoke1
events hub
from=${v6[spoke1]}
check "over IPv6: a proper packet arrives" arrives seq=1 "${ping4[@]}"
check "over IPv6: that is no move" eval 'pause 0.3; moved true 0'
from=$elsewhere
check "over IPv6: one from elsewhere too" arrives seq=2 "${ping4[@]}"
check "over IPv6: the move is reported" wait_for 5 moved ".remote.address == \"$elsewhere\""
nl hub link-set dev=t0 local="${v6[hub]},4500" remote="$elsewhere,4500" encap=udp
events hub
check "over IPv6 in UDP: one from another port arrives" arrives seq=3 port=4501 "${ping4[@]}"
check "over IPv6 in UDP: the move is reported" wait_for 5 moved ".remote.address == \"$elsewhere\" and .remote.port == 4501"
