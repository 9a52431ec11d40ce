#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: 6.12
#
# An SPI that was promised is given to nobody else, neither by us nor beside xfrm, until it is claimed or its
# time is over.
# shellcheck disable=SC2016 # what eval gets is expanded there
. "$(dirname "$0")/lib.sh"
. "$here/netlink.sh"
need_module
topology hub spoke1
here4=local=${v4[hub]}
key=$(static_key aes-gcm-16 0x101)
reserve() { nl hub spi-reserve "$here4" "$@"; }

check "an SPI is reserved" said_is '.spi | test("^0x[0-9a-f]{8}$")' reserve
check "two are different" eval '[ "$(reserve | jq -r .spi)" != "$(reserve | jq -r .spi)" ]'
check "on IPv6, too" nl hub spi-reserve local="${v6[hub]}"
check "a wish is granted" said_is '.spi == "0xc0de0001"' reserve spi=0xc0de0001 seconds=2
check "once" refused "SPI 0xc0de0001 is in use or reserved" reserve spi=0xc0de0001
check "the same number on another address is free" nl hub spi-reserve local=10.1.0.77 spi=0xc0de0001
check "the reservation ends in time" wait_for 8 reserve spi=0xc0de0001 seconds=600
check "reserved values are refused" refused "below 256" reserve spi=255
check "a reservation needs an address" refused "for a local address" nl hub spi-reserve seconds=3
check "an SA claims it" nl hub link-new name=t0 "$here4" remote="${v4[spoke1]}" \
	sa dir=in spi=0xc0de0001 aead=aes-gcm-16 key="$key"
check "and has it" refused "in use" reserve spi=0xc0de0001
check "until it goes" eval 'nl hub link-del dev=t0 && reserve spi=0xc0de0001'
ip -n hub xfrm state add src "${v4[spoke1]}" dst "${v4[hub]}" proto esp spi 0x777 mode tunnel \
	aead 'rfc4106(gcm(aes))' "0x$key" 128
check "xfrm's SPIs are taken" refused "in use" reserve spi=0x777
