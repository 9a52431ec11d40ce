#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: every
#
# The test bed itself: hosts reach each other, a NAT translates, the kernel's own IPsec carries traffic with
# static keys. When this fails, no other test of the folder means anything.
. "$(dirname "$0")/lib.sh"

topology hub spoke1@nat spoke2
check "spoke2 reaches the hub over IPv4" ping_ok spoke2 "${v4[hub]}"
check "spoke2 reaches the hub over IPv6" ping_ok spoke2 "${v6[hub]}"

capture hub eth0 nat icmp
check "spoke1 reaches the hub through its NAT" ping_ok spoke1 "${v4[hub]}"
check "spoke1 reaches the hub through its IPv6 NAT" ping_ok spoke1 "${v6[hub]}"
capture_stop nat
check "the hub saw the NAT's address" test "$(captured nat "src ${v4[spoke1]}")" -gt 0
check "the hub never saw the private one" test "$(captured nat "src net 192.168.0.0/16")" -eq 0

xfrm_end hub spoke2
xfrm_end spoke2 hub
check "stock IPsec with static keys carries IPv4" ping_ok spoke2 "${tun4[hub]}"
check "stock IPsec with static keys carries IPv6" ping_ok spoke2 "${tun6[hub]}"
