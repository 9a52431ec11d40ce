#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: full
#
# A week's worth of packets: the numbers of an SA come near their end in the middle of a conversation. The daemon
# learns of it while a million are left and replaces the SA; nothing is lost. With extended numbers 2^32 is no end.
# shellcheck disable=SC2016 # what eval gets is expanded there
. "$(dirname "$0")/lib.sh"
. "$here/netlink.sh"
. "$here/tunnel.sh"
need_module

out_sa() { nl "$1" sa-get dev="$2" | jq -c 'select(.dir == "out")'; }
spi_of_out() { out_sa "$1" "$2" | jq -r .spi; }
advance() { nl "$1" sa-update dev="$2" dir=out spi="$(spi_of_out "$1" "$2")" seq="$3"; }
replaced() { # HOST DEV SPI: that one is gone, and another alone is there
	local now
	now=$(spi_of_out "$1" "$2")
	[ -n "$now" ] && [ "$(wc -l <<<"$now")" -eq 1 ] && [ "$now" != "$3" ] || { echo "SPIs $now"; return 1; }
}
received() { [ "$(nl "$1" sa-get dev="$2" | jq 'select(.dir == "in") | .seq')" -gt "$3" ]; }
all_back() { cat "$work/conversation"; grep -q "600 packets transmitted, 600 received" "$work/conversation"; }

for numbers in short extended; do
	topology hub spoke1
	config=("ipsec-profile = \"numbers\"")
	numbering() { echo "ipsec-profile \"numbers\" { esn = $([ $numbers = extended ] && echo true || echo false) }"; }
	{ numbering; hub_config "${config[@]}"; } | dvtid_start hub
	{ numbering; spoke_config spoke1 "${config[@]}"; } | dvtid_start spoke1
	check "$numbers numbers: the tunnel comes up" wait_for 20 both_ways spoke1
	dev=$(link_of hub spoke1)
	spi=$(spi_of_out spoke1 dvti0) back=$(spi_of_out hub "$dev")
	on spoke1 ping -n -q -c 600 -i 0.02 -W 5 "${lan4[hub]}" >"$work/conversation" 2>&1 &
	conversation=$!
	if [ $numbers = short ]; then
		edge=$((0x100000000 - 0x100000 - 40))
		check "short numbers: the spoke's come near their end" advance spoke1 dvti0 $edge
		check "short numbers: the SA is replaced" wait_for 10 replaced spoke1 dvti0 "$spi"
		back=$(spi_of_out hub "$dev")
		check "short numbers: the hub's come near their end" advance hub "$dev" $edge
		check "short numbers: that SA is replaced, too" wait_for 10 replaced hub "$dev" "$back"
	else
		# In two steps: nobody could tell which half of the 64 bits has changed when the other jumps by 2^32.
		for edge in 0x80000000 $((0x100000000 - 20)); do
			check "extended numbers: both sides' go on at $edge" eval \
				'advance spoke1 dvti0 $edge && advance hub "$dev" $edge && wait_for 5 received hub "$dev" $((edge)) &&
				wait_for 5 received spoke1 dvti0 $((edge))'
		done
	fi
	wait $conversation
	check "$numbers numbers: not one packet was lost" all_back
	if [ $numbers = extended ]; then
		check "extended numbers: they went on beyond 2^32" eval \
			'[ "$(out_sa spoke1 dvti0 | jq .seq)" -gt 4294967296 ] && [ "$(out_sa hub "$dev" | jq .seq)" -gt 4294967296 ]'
		check "extended numbers: by the same SAs" eval '! replaced spoke1 dvti0 "$spi" && ! replaced hub "$dev" "$back"'
	fi
	tear_down
done
