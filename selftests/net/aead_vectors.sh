#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: every
#
# Known answers, forgeries and round trips of every transform, through the interface that the data path uses.
. "$(dirname "$0")/lib.sh"
need_module
selftest=$(dirname "$module")/dvti_selftest.ko
[ -r "$selftest" ] || skip_all "dvti_selftest.ko is not built for this kernel"
dmesg -C
check "dvti_selftest.ko loads, so all its tests passed" insmod "$selftest"
passed=$(dmesg | grep -c 'dvti_selftest: ok: ')
check "all of them were run" test "$passed" -ge 570
dmesg | sed -n 's/.*dvti_selftest: not ok: //p' | while read -r line; do
	check "$line" false
done
rmmod dvti_selftest 2>/dev/null
