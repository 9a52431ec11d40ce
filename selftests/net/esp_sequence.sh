#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: full
#
# Sequence numbers at their edges: extended ones go on past 2^32 with peers that are not ours, short ones end there
# and the SA with them.
. "$(dirname "$0")/lib.sh"
. "$here/netlink.sh"
need_module
topology hub spoke1

edge=4294967280	# 2^32 - 16
xfrm_flags="esn replay-seq $edge replay-oseq $edge"
dvti_end hub spoke1 sa esn seq=$edge
xfrm_end spoke1 hub
check "ESN: stock to us and back across 2^32" ping_ok spoke1 "${tun4[hub]}" 40
check "ESN: our numbers went on" sas hub t0 'all(.seq > 4294967296)'
check "ESN: nothing was dropped" link_is hub t0 '.stats["rx-replay"] == 0 and .stats["rx-integrity"] == 0 and .stats["tx-sequence"] == 0'
ip -n spoke1 link del t0
ip -n spoke1 xfrm state flush
ip -n spoke1 xfrm policy flush
nl hub link-del dev=t0 >/dev/null

# By hand: the upper half is never sent, only authenticated.
spi=$(spi_of spoke1 hub)
key=$(static_key aes-gcm-16 "$spi")
send() {
	on spoke1 "$tools/esp_send" local="${v4[spoke1]}" remote="${v4[hub]}" spi="$spi" key="$key" \
		echo="${tun4[spoke1]},${tun4[hub]}" "$@"
}
received() { [ "$(link_stat hub t0 rx-packets)" -eq "$1" ]; }

dvti_end hub spoke1 sa esn seq=0x2fffffff0
send esn seq=0x2fffffff8
send esn seq=0x300000003
send esn seq=0x2fffffffb
check "ESN: three packets on both sides of a cycle arrive" wait_for 5 received 3
before=$(link_stat hub t0 rx-integrity)
send esn seq=0x200000005
check "ESN: a number of the cycle before is not believed" wait_for 5 grew hub t0 rx-integrity "$before"
before=$(link_stat hub t0 rx-replay)
send esn seq=0x2fffffffb
check "ESN: nor a repetition from the cycle before" wait_for 5 grew hub t0 rx-replay "$before"
nl hub link-del dev=t0 >/dev/null

# 32 bits
events hub
dvti_end hub spoke1 sa seq=4294967292
dvti_end spoke1 hub sa seq=4294967000
on hub ping -n -q -c 6 -i 0.1 -W 1 "${tun4[spoke1]}" >/dev/null
check "short numbers: the last three are used" link_is hub t0 '.stats["tx-packets"] == 3'
check "short numbers: then the SA is dead, and says so" wait_for 5 event '.event == "expire" and .limit == "sequence" and .kind == "hard"'
check "short numbers: what came later was counted" link_is hub t0 '.stats["tx-sequence"] >= 1'
check "short numbers: the peer saw no number twice" test "$(link_stat spoke1 t0 rx-replay)" -eq 0
