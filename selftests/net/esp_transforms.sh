#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: full
#
# The less usual transforms against the kernel's own IPsec with the same keys, in both directions and, one in two,
# with ESN.
. "$(dirname "$0")/lib.sh"
. "$here/netlink.sh"
need_module

# both_ways: IPv4 from the stock side, IPv6 from ours, of a size that needs padding; nothing may be dropped
both_ways() {
	ping_ok spoke1 "${tun4[hub]}" 1 -s 63 && ping_ok hub "${tun6[spoke1]}" 1 -s 200 || return 1
	said_is '.stats | with_entries(select(.value > 0 and (.key | test("packets|bytes") | not))) | length == 0' \
		nl hub link-get dev=t0
}

fresh_ends() {
	nl hub link-del dev=t0 >/dev/null 2>&1
	ip -n spoke1 link del t0 2>/dev/null
	on spoke1 ip xfrm state flush
	on spoke1 ip xfrm policy flush
	dvti_end hub spoke1 sa allow-unencrypted "$@"
	xfrm_end spoke1 hub
}

topology hub spoke1
n=0
for aead in aes-ccm-{8,16} aes-gmac aes-cbc-hmac-md5-96 {3des-cbc,null}-hmac-{md5-96,sha1-96,sha256-128,sha384-192,sha512-256}; do
	n=$((n + 1)) xfrm_flags=''
	[ $((n % 2)) -eq 1 ] || xfrm_flags=esn
	fresh_ends $xfrm_flags
	check "$aead${xfrm_flags:+ with ESN}" both_ways
done

# What ping fills its packets with shows, or does not, on the way.
readable() {
	tcpdump -n -x -r "$work/$1.pcap" 2>/dev/null | tr -d ' \n' | sed 's/0x00..://g' | grep -q 1011121314151617
}
xfrm_flags=''
for aead in aes-ccm-8 null-hmac-sha1-96; do
	fresh_ends
	capture hub eth0 "$aead" esp
	check "$aead" both_ways
	capture_stop "$aead"
done
check "AES-CCM cannot be read on the way" not readable aes-ccm-8
check "NULL can be, which shows that the other check can fail" readable null-hmac-sha1-96
