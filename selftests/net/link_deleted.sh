#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: 6.1
#
# Somebody deletes a peer's link under traffic. Its session ends with it, the peer comes back on a new link, and
# the others notice nothing.
. "$(dirname "$0")/lib.sh"
. "$here/tunnel.sh"
need_module
topology hub spoke1 spoke2
hub_config 'dpd = 3' | dvtid_start hub
spoke_config spoke1 'dpd = 3' | dvtid_start spoke1
spoke_config spoke2 'dpd = 3' | dvtid_start spoke2
check "two tunnels come up" wait_for 20 sessions_up hub 2
on spoke2 ping -n -q -i 0.1 -c 80 "${lan4[hub]}" >"$work/steady" 2>&1 &
steady=$!
on spoke1 ping -n -q -f -c 3000 "${lan4[hub]}" >"$work/flood" 2>&1 &
flood=$!
sleep 0.5
link=$(link_of hub spoke1.example.com)
check "the link is deleted under traffic" ip -n hub link del "$link"
check "the hub's daemon says so" wait_for 5 logged hub "$link"
check "the spoke is back" wait_for 30 eval 'sessions_up hub 2 && both_ways spoke1'
kill $flood 2>/dev/null
wait $steady
check "the other peer lost nothing" grep -q "80 packets transmitted, 80 received" "$work/steady"
check "the daemon lives" alive hub
