#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: full
#
# Ciphers that finish later, on other CPUs: pcrypt takes the place of AES-GCM in the crypto API, and the module leaves
# AES-GCM to that. Packets keep their order, and links and SAs may go while their packets are in a cipher.
. "$(dirname "$0")/lib.sh"
need_module aes_gcm=kernel
if ! modprobe -q pcrypt || ! modprobe -q algif_aead; then skip_all "this kernel has no pcrypt"; fi

# Named by its driver: by the algorithm's name pcrypt would find itself and wrap that, again and again.
driver=$(awk '$1 == "name" { name = $3 } $1 == "driver" { driver = $3 }
	$1 == "priority" && name == "rfc4106(gcm(aes))" && driver !~ /pcrypt/ && $3 > best { best = $3; found = driver }
	END { print found }' /proc/crypto)
[ -n "$driver" ] || skip_all "no AES-GCM that pcrypt could wrap"
python3 -c '
import socket, sys
s = socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET, 0)
s.bind(("aead", "pcrypt(%s)" % sys.argv[1]))' "$driver" || skip_all "pcrypt does not take AES-GCM"
check "pcrypt is what the crypto API chooses now" grep -qF "pcrypt($driver)" /proc/crypto

users() { awk -v d="pcrypt($driver)" '$1 == "driver" { ours = $3 == d } $1 == "refcnt" && ours { print $3 }' /proc/crypto; }
idle=$(users)

topology hub spoke1
static_pair hub spoke1
check "the four SAs use it" test "$(users)" -ge $((idle + 4))
check "IPv4" ping_ok spoke1 "${tun4[hub]}" 10
check "IPv6" ping_ok spoke1 "${tun6[hub]}" 10
check "a flood" on spoke1 ping -n -q -f -c 500 -W 3 "${tun4[hub]}"
check "nothing was lost to ciphers" test "$(link_stat hub t0 tx-crypto)$(link_stat hub t0 rx-crypto)$(link_stat hub t0 rx-integrity)" = 000
check "nothing overtook its neighbours by more than the window" test "$(link_stat hub t0 rx-replay)" -eq 0

for round in 1 2 3; do
	on spoke1 ping -n -q -f -w 3 "${tun4[hub]}" >/dev/null 2>&1 &
	sleep 0.5
	if [ $round = 2 ]; then nl hub sa-flush dev=t0; else nl hub link-del dev=t0; fi >/dev/null
	check "round $round: gone under load" eval 'nl spoke1 link-del dev=t0 >/dev/null'
	[ $round = 2 ] && nl hub link-del dev=t0 >/dev/null
	wait $!
	static_pair hub spoke1
	check "round $round: and back" ping_ok spoke1 "${tun4[hub]}"
done
check "unload waits for the ciphers" rmmod dvti

# Later tests shall have the usual cipher.
check "pcrypt goes as well" wait_for 5 modprobe -r pcrypt
