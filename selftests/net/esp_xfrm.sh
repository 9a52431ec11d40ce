#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: every
#
# Our data path against the kernel's own IPsec with the same static keys, in both directions: every transform,
# each kind with and without ESN, over IPv4 and IPv6, plain and in UDP, IPv4 and IPv6 inside.
. "$(dirname "$0")/lib.sh"
need_module

# both_ways: IPv4 from the stock side, IPv6 from ours
both_ways() { ping_ok spoke1 "${tun4[hub]}" 2 && ping_ok hub "${tun6[spoke1]}" 2; }

# One packet for each way in which padding can come out with blocks of 4 and of 16 octets, and a large one
all_sizes() {
	local size
	for size in 0 1 2 3 6 7 11 14 15 1300; do
		ping_ok spoke1 "${tun4[hub]}" 1 -s "$size" || { echo "with $size octets"; return 1; }
	done
}

no_drops() {
	local drops
	drops=$(nl hub link-get dev=t0 | jq -c '.stats | with_entries(select(.value > 0 and (.key | test("packets|bytes") | not)))')
	[ "$drops" = "{}" ] || { echo "$drops"; return 1; }
}

# Both ends anew, on the same hosts
fresh_ends() {
	nl hub link-del dev=t0 >/dev/null 2>&1
	ip -n spoke1 link del t0 2>/dev/null
	on spoke1 ip xfrm state flush
	on spoke1 ip xfrm policy flush
	dvti_end hub spoke1 "$@"
	xfrm_end spoke1 hub
}

topology hub spoke1
for family in 4 6; do
	for aead in aes-gcm-16 chacha20-poly1305 aes-cbc-hmac-sha1-96 aes-cbc-hmac-sha256-128 \
		aes-cbc-hmac-sha384-192 aes-cbc-hmac-sha512-256; do
		for xfrm_flags in "" esn; do
			[ "$aead" = aes-gcm-16 ] || [ "$family" = 4 ] || continue
			# What ESN adds is the same for every HMAC.
			case $aead$xfrm_flags in *sha1*esn | *sha384*esn | *sha512*esn) continue ;; esac
			fresh_ends sa $xfrm_flags
			name="$aead${xfrm_flags:+ with ESN} over IPv$family"
			check "$name" both_ways
			case $aead$xfrm_flags in
			aes-gcm-16 | aes-cbc-hmac-sha256-128) check "$name: all sizes" all_sizes ;;
			esac
			check "$name: nothing was dropped" no_drops
		done
	done
done

# The kernel's own ESP in UDP, without an IKE daemon, exists for IPv4 alone.
family=4 aead=aes-gcm-16 xfrm_flags='' xfrm_encap=1
udp_socket hub
udp_socket spoke1
fresh_ends encap=udp local="${v4[hub]},4500" remote="${v4[spoke1]},4500"
capture hub eth0 udp4 'udp port 4500'
check "in UDP" both_ways
check "in UDP: all sizes" all_sizes
check "in UDP: nothing was dropped" no_drops
capture_stop udp4
check "in UDP: our checksum is zero" test "$(captured udp4 "src ${v4[hub]} and udp[6:2] == 0")" -gt 0
