#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: 6.1
#
# connect = "on-demand": the spoke is silent until the first packet is routed into its link. That packet waits for
# the tunnel and is not lost.
. "$(dirname "$0")/lib.sh"
. "$here/tunnel.sh"
need_module
topology hub spoke1
hub_config | dvtid_start hub
capture spoke1 eth0 quiet "udp port 500"
{
	echo "ipsec-profile \"lan\" { local-ts = {\"${lan4[spoke1]%.*}.0/24\"} }"
	spoke_config spoke1 | sed '/config-request/d; s/connect = "auto"/connect = "on-demand"/'
} | dvtid_start spoke1
ip -n spoke1 route add "${lan4[hub]%.*}.0/24" dev dvti0
sleep 2
capture_stop quiet
check "silence until traffic calls" test "$(captured quiet 'udp port 500')" -eq 0
check "no session either" sessions_up spoke1 0
# The hub's way back is the tunnel that this very ping brings up.
check "the first ping is answered, none is lost" ping_ok spoke1 "${lan4[hub]}" 3 -I "${lan4[spoke1]}" -w 20
check "the session is up" sessions_up spoke1 1
