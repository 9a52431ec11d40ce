#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: 6.12
#
# The less usual transforms against the kernel's own IPsec with the same keys, in both directions and, one in two,
# with ESN; those that do not encrypt are taken only from somebody who says that he means it. A few stand for all
# here; esp_transforms_all.sh has the others.
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
for aead in ${transforms:-aes-ccm-16 aes-gmac 3des-cbc-hmac-sha1-96 null-hmac-sha256-128 aes-cbc-hmac-md5-96}; do
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

nl hub link-del dev=t0
nl hub link-new name=t0 role=static local="${v4[hub]}" remote="${v4[spoke1]}" up >/dev/null
for aead in aes-gmac null-hmac-sha256-128; do
	check "$aead is refused without allow-unencrypted" refused allow-unencrypted \
		nl hub sa-new sa dev=t0 dir=out spi=0x3001 aead="$aead" key="$(static_key "$aead" 0x3001)"
	check "$aead is taken with it" \
		nl hub sa-new sa dev=t0 dir=out spi=0x3001 aead="$aead" key="$(static_key "$aead" 0x3001)" allow-unencrypted
	nl hub sa-flush
done
check "no key, no NULL" refused "key" \
	nl hub sa-new sa dev=t0 dir=out spi=0x3002 aead=null-hmac-sha1-96 key= allow-unencrypted
