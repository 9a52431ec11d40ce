#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: 6.12
#
# Daemons are killed with SIGKILL: idle, and in the middle of an exchange. Tunnels go on forwarding without them;
# a restarted daemon takes its links over or replaces them, and nobody else notices.
. "$(dirname "$0")/lib.sh"
. "$here/tunnel.sh"
need_module
topology hub spoke1 spoke2
hub_config 'dpd = 3' | dvtid_start hub
spoke_config spoke1 'dpd = 3' | dvtid_start spoke1
check "the tunnel comes up" wait_for 20 sessions_up hub 1
link=$(link_of hub spoke1.example.com)

dvtid_stop hub KILL
check "traffic passes with the hub's daemon dead" both_ways spoke1
dvtid_start hub </dev/null
check "the restarted hub has the session again" wait_for 30 sessions_up hub 1
check "traffic passes" wait_for 10 both_ways spoke1
check "on the same link" test "$(link_of hub spoke1.example.com)" = "$link"
check "which is the only one" test "$(nl hub link-get | jq -s 'map(select(.role == "virtual-access")) | length')" -eq 1

dvtid_stop spoke1 KILL
check "traffic passes with the spoke's daemon dead" both_ways spoke1
dvtid_start spoke1 </dev/null
check "the restarted spoke is up again" wait_for 30 sessions_up spoke1 1
check "the hub has one session with it" wait_for 15 sessions_up hub 1
check "traffic passes" wait_for 10 both_ways spoke1

# Mid-exchange: at several points of the second peer's first second
for delay in 0 0.02 0.05 0.1 0.2 0.4; do
	spoke_config spoke2 | sed 's/connect = "auto"/connect = "listen"/' | dvtid_start spoke2
	ctl spoke2 initiate hq >/dev/null &
	sleep $delay
	dvtid_stop spoke2 KILL
done
check "the hub lives" alive hub
spoke_config spoke2 | dvtid_start spoke2
check "the peer that was killed so often gets in" wait_for 40 sessions_up spoke2 1
check "and passes" wait_for 10 both_ways spoke2
check "the first peer still passes" both_ways spoke1
