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
while read -r line; do
	check "${line#*: }" test "${line%%: *}" = ok
done < <(dmesg | sed -n 's/.*dvti_selftest: \(ok\|not ok\): /\1: /p' | grep -E '^not ok|known packet|opens \(0\)|lengths failed|FPU|ESN alone')
rmmod dvti_selftest 2>/dev/null
