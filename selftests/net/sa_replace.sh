#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: 6.12
#
# Make before break: SAs are replaced under a ping flood and not one packet is lost. When two rekeys have crossed
# and the SA in use is the one that is deleted, the survivor carries on.
# shellcheck disable=SC2016 # what eval gets is expanded there
. "$(dirname "$0")/lib.sh"
. "$here/netlink.sh"
need_module
topology hub spoke1
static_pair hub spoke1
key_of() { static_key aes-gcm-16 "$1"; }
add_in() { nl "$1" sa-new dev=t0 dir=in spi="$2" aead=aes-gcm-16 key="$(key_of "$2")" replay-window=256; }
add_out() { nl "$1" sa-new dev=t0 dir=out spi="$2" aead=aes-gcm-16 key="$(key_of "$2")"; }

on spoke1 ping -n -q -i 0.01 -c 400 -W 5 "${tun4[hub]}" >"$work/flood" 2>&1 &
flood=$!
from=0x1021
for to in 0x2001 0x2002 0x2003 0x2004; do
	if ! add_in hub $to || ! add_out spoke1 $to; then give_up "the SA cannot be replaced by $to"; fi
	sleep 0.3
	nl spoke1 sa-del dev=t0 dir=out spi=$from || give_up "the old outbound SA cannot be deleted"
	sleep 0.2
	nl hub sa-del dev=t0 dir=in spi=$from || give_up "the old inbound SA cannot be deleted"
	from=$to
done
wait $flood
check "four replacements, not one packet lost" grep -q "400 packets transmitted, 400 received" "$work/flood"
check "one outbound SA is left" sas spoke1 t0 'map(select(.dir == "out")) | length == 1'

add_in hub 0x3001
add_in hub 0x3002
add_out spoke1 0x3001
add_out spoke1 0x3002
check "the newest carries" eval 'ping_ok spoke1 "${tun4[hub]}" && sas hub t0 "map(select(.spi == \"0x00003002\" and .stats.packets >= 3)) | length == 1"'
check "it is deleted" nl spoke1 sa-del dev=t0 dir=out spi=0x3002
check "the one before it carries on" eval 'ping_ok spoke1 "${tun4[hub]}" && sas hub t0 "map(select(.spi == \"0x00003001\" and .stats.packets >= 3)) | length == 1"'
check "all go" nl spoke1 sa-flush dev=t0
check "without SA there is no carrier" wait_for 3 no_carrier spoke1 t0
check "and nothing comes in any more" ping_fails hub "${tun4[spoke1]}"
check "no SA is left" test -z "$(nl spoke1 sa-get dev=t0)"

check "an SA on a new local address" eval 'ip -n hub addr add 10.1.0.9/24 dev eth0 &&
	nl hub sa-update dev=t0 dir=in spi=0x3001 local=10.1.0.9 && nl spoke1 link-set dev=t0 remote=10.1.0.9'
add_out spoke1 0x3001
nl hub sa-flush dev=t0
add_in hub 0x3001
nl hub link-set dev=t0 local=10.1.0.9
add_out hub 0x4001
add_in spoke1 0x4001
check "link and SAs follow their ends to a new address" ping_ok spoke1 "${tun4[hub]}"
check "an end that would collide is refused" eval \
	'nl hub link-new name=t1 local="${v4[hub]}" remote="${v4[spoke1]}" sa dir=in spi=0x3001 aead=aes-gcm-16 key="$(key_of 0x3001)" &&
	refused "exists already" nl hub link-set dev=t0 local="${v4[hub]}"'
check "and nothing has changed" ping_ok spoke1 "${tun4[hub]}"

# One request changes several SAs, or none.
add_in hub 0x5001
check "two updates, the second of which collides, are refused" refused "exists already" nl hub sa-update \
	dev=t0 dir=in spi=0x5001 local="${v4[hub]}" cookie=9 hard-packets=7 \
	sa dev=t0 dir=in spi=0x3001 local="${v4[hub]}"
check "the first of them has not been made" sas hub t0 \
	'map(select(.spi == "0x00005001" and .local.address == "10.1.0.9" and .cookie == 0 and .["hard-packets"] == null)) | length == 1'
check "the SPI is free where it would have moved" nl hub sa-new dev=t1 dir=in spi=0x5001 aead=aes-gcm-16 key="$(key_of 0x5001)"
check "the tunnel still works" ping_ok spoke1 "${tun4[hub]}"
check "an SA cannot be named twice" refused "names this SA twice" nl hub sa-update \
	dev=t0 dir=in spi=0x5001 cookie=1 sa dev=t0 dir=in spi=0x5001 cookie=2
nl hub link-del dev=t1
check "two SAs move at once" nl hub sa-update \
	dev=t0 dir=in spi=0x5001 local="${v4[hub]}" cookie=9 sa dev=t0 dir=in spi=0x3001 local="${v4[hub]}"
nl spoke1 link-set dev=t0 remote="${v4[hub]}"
check "and are found where they are now" ping_ok spoke1 "${tun4[hub]}"

# Both ends of a tunnel move (as with MOBIKE, RFC 4555): to the other family, and from one address to another in it
nl hub link-del dev=t0
nl spoke1 link-del dev=t0
static_pair hub spoke1
check "before the move" ping_ok spoke1 "${tun4[hub]}"
nl hub link-set dev=t0 local="${v6[hub]}" remote="${v6[spoke1]}"
nl spoke1 link-set dev=t0 local="${v6[spoke1]}" remote="${v6[hub]}"
check "from IPv4 to IPv6" ping_ok spoke1 "${tun4[hub]}"
check "the device's MTU follows" dev_has hub t0 "mtu 1426 "
new=${v6[hub]}9
ip -n hub addr add "$new/64" dev eth0 nodad
nl hub sa-update dev=t0 dir=in spi=0x1021 local="$new" sa dev=t0 dir=out spi=0x1012 local="$new"
nl spoke1 sa-update dev=t0 dir=out spi=0x1021 remote="$new" sa dev=t0 dir=in spi=0x1012 remote="$new"
events hub
capture spoke1 eth0 moved "ip6 proto 50 and src host $new"
check "from one IPv6 address to another" ping_ok spoke1 "${tun6[hub]}"
capture_stop moved
check "packets come from there" test "$(captured moved ip6)" -ge 3
check "which nobody reports as a NAT's doing" event '.event == "moved"' 0
check "the SAs are the same, and their numbers have gone on" sas hub t0 'length == 2 and all(.seq >= 9)'
