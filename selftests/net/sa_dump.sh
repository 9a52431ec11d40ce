#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: 6.1
#
# A dump of SAs is complete: an SA with as many selectors as it may have does not end it early, nor does a request
# that is nothing but SAs keep the kernel busy.
. "$(dirname "$0")/lib.sh"
need_module
topology hub
key=$(static_key aes-gcm-16 0x1001)

# selectors N: that many words, each another IPv6 address
selectors() {
	local i
	for ((i = 1; i <= $1; i++)); do printf 'ts=fd01::%x-fd01::%x,fd02::-fd02::ffff\n' "$i" "$i"; done
}

# dumped [WORD…]: SPIs of a dump, in one line
dumped() { nl hub sa-get "$@" | jq -r .spi | xargs; }
dump_is() { [ "$(dumped "${@:2}")" = "$1" ] || { echo "dumped: $(dumped "${@:2}")"; return 1; }; }

mapfile -t many < <(selectors 255)
nl hub link-new name=t0 role=static local="${v4[hub]}" remote="${v4[spoke1]}" \
	sa dir=in spi=0x1001 aead=aes-gcm-16 key="$key" replay-window=64 "${many[@]}" \
	sa dir=in spi=0x1002 aead=aes-gcm-16 key="$key" replay-window=64 \
	sa dir=out spi=0x1003 aead=aes-gcm-16 key="$key" "${many[@]}" >/dev/null || give_up "no link with large SAs"
nl hub link-new name=t1 role=static local="${v4[hub]}" remote="${v4[spoke2]}" \
	sa dir=out spi=0x1004 aead=aes-gcm-16 key="$key" >/dev/null || give_up "no second link"

check "a dump of all SAs has all" dump_is "0x00001001 0x00001002 0x00001003 0x00001004"
check "a dump of one link's SAs has all" dump_is "0x00001001 0x00001002 0x00001003" dev=t0
check "a large SA has all its selectors" \
	test "$(nl hub sa-get dev=t0 dir=in spi=0x1001 | jq '.selectors // .ts | length')" = 255
