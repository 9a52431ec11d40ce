#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: full
#
# Mode gre: GRE in ESP's transport mode, against the kernel's own GRE devices protected by its own IPsec, and
# against ourselves; a GRE header that is not the link's is refused.
. "$(dirname "$0")/lib.sh"
. "$here/netlink.sh"
need_module
modprobe -qa ip_gre ip6_gre
xfrm_mode=transport

# both_ways: IPv4 from the stock side, IPv6 from ours; nothing may be dropped
both_ways() {
	ping_ok spoke1 "${tun4[hub]}" 2 -s 1200 && ping_ok hub "${tun6[spoke1]}" 2 -s 1200 || return 1
	said_is '.stats | with_entries(select(.value > 0 and (.key | test("packets|bytes") | not))) | length == 0' \
		nl hub link-get dev=t0
}

# gre_end HOST PEER [WORD…]: a GRE device "t0" whose packets stock xfrm protects
gre_end() {
	local me=$1 peer=$2 kind=gre
	shift 2
	[ "$family" = 4 ] || kind=ip6gre
	ip -n "$me" link add t0 type $kind local "$(outer "$me")" remote "$(outer "$peer")" ttl 64 "$@" ||
		give_up "no GRE device on $me"
	ip -n "$me" link set t0 up mtu 1380
	xfrm_state "$me" "$me" "$peer" || give_up "no outbound xfrm state on $me"
	xfrm_state "$me" "$peer" "$me" || give_up "no inbound xfrm state on $me"
	ip -n "$me" xfrm policy add dir out src "$(outer "$me")" dst "$(outer "$peer")" proto gre \
		tmpl proto esp reqid 1 mode transport
	ip -n "$me" xfrm policy add dir in src "$(outer "$peer")" dst "$(outer "$me")" proto gre \
		tmpl proto esp reqid 1 mode transport
	address "$me" t0 "${tun4[$me]}/24" "${tun6[$me]}/64"
}

remove_ends() {
	nl hub link-del dev=t0 >/dev/null 2>&1
	ip -n spoke1 link del t0 2>/dev/null
	on spoke1 ip xfrm state flush
	on spoke1 ip xfrm policy flush
}

topology hub spoke1
dvti_end hub spoke1 mode=gre
gre_end spoke1 hub
check "over IPv4" both_ways
check "the device's MTU leaves room for GRE" dev_has hub t0 "mtu 1442 "
remove_ends

dvti_end hub spoke1 mode=gre gre-key=3735928559
gre_end spoke1 hub key 3735928559 ocsum oseq
check "with a key, checksums and sequence numbers" both_ways
check "the MTU leaves room for the key" dev_has hub t0 "mtu 1438 "
remove_ends

xfrm_encap=1
udp_socket hub
udp_socket spoke1
dvti_end hub spoke1 mode=gre encap=udp local="${v4[hub]},4500" remote="${v4[spoke1]},4500"
gre_end spoke1 hub
check "in UDP" both_ways
remove_ends
xfrm_encap=

family=6
dvti_end hub spoke1 mode=gre
gre_end spoke1 hub encaplimit none
check "over IPv6" both_ways
remove_ends
family=4

# Bulk TCP between two of ours: segments are cut with GRE headers
transfer() { # FROM TO ADDRESS
	on "$2" "$tools/tcp_copy" listen 7000 >"$work/got" &
	wait_for 10 listening "$2" >/dev/null
	on "$1" timeout 60 "$tools/tcp_copy" send "$3" 7000 <"$work/sent" || { kill $!; return 1; }
	wait $!
	cmp "$work/sent" "$work/got"
}
listening() { on "$1" ss -ltn | grep -q :7000; }
head -c 1M /dev/urandom >"$work/sent"
dvti_end hub spoke1 mode=gre
dvti_end spoke1 hub mode=gre
check "bulk TCP over IPv4" transfer hub spoke1 "${tun4[spoke1]}"
check "bulk TCP over IPv6" transfer spoke1 hub "${tun6[hub]}"

# The same in UDP, where equal packets leave together
for end in hub spoke1; do nl "$end" link-del dev=t0; done
dvti_end hub spoke1 mode=gre encap=udp local="${v4[hub]},4500" remote="${v4[spoke1]},4500"
dvti_end spoke1 hub mode=gre encap=udp local="${v4[spoke1]},4500" remote="${v4[hub]},4500"
check "bulk TCP in UDP" transfer hub spoke1 "${tun4[spoke1]}"
check "a burst of equal packets in UDP" ping_ok spoke1 "${tun4[hub]}" 32 -l 32
check "nothing was refused" test "$(link_stat hub t0 rx-gre)$(link_stat spoke1 t0 rx-gre)" = 00
for end in hub spoke1; do nl "$end" link-del dev=t0; done
dvti_end hub spoke1 mode=gre
dvti_end spoke1 hub mode=gre

# What a peer should not send
bad() { # COUNTER NEXT-HEADER HEX
	local before
	before=$(link_stat hub t0 "$1")
	on spoke1 "$tools/esp_send" local="${v4[spoke1]}" remote="${v4[hub]}" spi="$(spi_of spoke1 hub)" \
		key="$(static_key aes-gcm-16 "$(spi_of spoke1 hub)")" seq=$((1000000 + test_count)) next="$2" inner="$3" || return 1
	wait_for 5 grew hub t0 "$1" "$before"
}
inner=4500001400000000400100007f0000017f000001
check "GRE cut off" bad rx-gre 47 0000
check "a key cut off" bad rx-gre 47 200008000000
check "an unknown protocol" bad rx-gre 47 00002001$inner
check "a source route" bad rx-gre 47 4000080000000000$inner
check "another version" bad rx-gre 47 00010800$inner
check "a key where there is none" bad rx-gre 47 2000080000000007$inner
check "a wrong checksum" bad rx-gre 47 8000080012340000$inner
check "an inner packet that is cut off" bad rx-inner 47 0000080045
check "no GRE at all" bad rx-next-header 4 $inner
nl hub link-set dev=t0 gre-key=7
check "no key where there is one" bad rx-gre 47 00000800$inner
check "another key" bad rx-gre 47 2000080000000008$inner
nl hub link-set dev=t0 mode=esp
check "GRE where it is not agreed" bad rx-next-header 47 00000800$inner
