#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: 6.1
#
# Noise on ports 500 and 4500: random octets, truncated and altered copies of real messages, replays. The
# daemon counts it, lives, and no tunnel notices.
. "$(dirname "$0")/lib.sh"
. "$here/tunnel.sh"
need_module
topology hub spoke1 spoke2
capture hub eth0 exchange "udp"
hub_config | dvtid_start hub
spoke_config spoke1 | dvtid_start spoke1
check "the tunnel comes up" wait_for 20 sessions_up hub 1
ctl spoke1 rekey 1 child >/dev/null
sleep 1
capture_stop exchange
malformed=$(counter hub rx_malformed)
datagrams=$(counter hub rx_datagrams)

on spoke1 ping -n -q -i 0.1 -c 50 "${lan4[hub]}" >"$work/steady" 2>&1 &
steady=$!
check "noise is sent" on spoke2 python3 "$here/ike_noise.py" "$work/exchange.pcap" "${v4[hub]}"
check "all of it has reached the daemon" wait_for 10 counter_grew hub rx_datagrams $((datagrams + 1000))
check "malformed messages are counted" counter_grew hub rx_malformed "$malformed"
check "the daemon lives" alive hub
check "a line in the log names the sender" wait_for 5 logged hub "${v4[spoke2]}"
check "the log is not flooded" test "$(wc -l <"$work/hub/dvtid.log")" -lt 400
wait $steady
check "the tunnel lost nothing" grep -q "50 packets transmitted, 50 received" "$work/steady"
check "it can still be rekeyed" ctl spoke1 rekey 1 ike
check "and passes both ways" wait_for 10 both_ways spoke1
check "the hub accepts another peer afterwards" eval 'spoke_config spoke2 | dvtid_start spoke2; wait_for 30 sessions_up hub 2'
