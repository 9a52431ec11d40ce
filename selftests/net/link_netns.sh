#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: 6.1
#
# The underlay in one netns, the link in another: it carries traffic there, survives a move, and dies with whichever
# of the two goes first.
# shellcheck disable=SC2016 # what eval gets is expanded there
. "$(dirname "$0")/lib.sh"
. "$here/netlink.sh"
need_module
topology hub spoke1
host inside
host other

pair() { # NETNS: link "t0" of the hub in that netns, peer on spoke1
	nl hub link-new name=t0 netns="/run/netns/$1" local="${v4[hub]}" remote="${v4[spoke1]}" up "${@:2}" \
		sa dir=in spi=0x1021 aead=aes-gcm-16 key="$(static_key aes-gcm-16 0x1021)" replay-window=1024 \
		sa dir=out spi=0x1012 aead=aes-gcm-16 key="$(static_key aes-gcm-16 0x1012)"
}

check "a link is made in another netns, with its SAs" pair inside
dvti_end spoke1 hub
address inside t0 "${tun4[hub]}/24" "${tun6[hub]}/64"
check "the hub has no such device" no_dev hub t0
check "it carries IPv4" ping_ok spoke1 "${tun4[hub]}"
check "it carries IPv6" ping_ok spoke1 "${tun6[hub]}"
check "its underlay's netns knows it" said_is '.name == "t0" and ."netns-id" != null' nl hub link-get
check "and can change it by its index" eval \
	'i=$(nl hub link-get | jq .ifindex) && nl hub link-set dev=$i ttl=5 && nl inside link-get dev=t0 | jq -e ".ttl == 5"'
check "so can the netns it is in" nl inside link-set dev=t0 ttl=0
check "both see its SAs" eval '[ "$(nl hub sa-get | wc -l)" = 2 ] && [ "$(nl inside sa-get dev=t0 | wc -l)" = 2 ]'
check "another netns does not" refused "no dvti link" nl other link-get name=t0
check "ip shows where the underlay is" eval 'ip -n inside -d link show t0 | grep -q link-netns'

ip -n inside link set t0 netns other
address other t0 "${tun4[hub]}/24" "${tun6[hub]}/64"
ip -n other link set t0 up
check "it moves to a third netns and carries on" ping_ok spoke1 "${tun4[hub]}"
check "with IPv6" ping_ok spoke1 "${tun6[hub]}"
check "the underlay still finds it" said_is '.name == "t0"' nl hub link-get
check "it comes home" eval 'ip -n other link set t0 netns hub && dev_has hub t0 dvti'
address hub t0 "${tun4[hub]}/24"
ip -n hub link set t0 up
check "and carries on there" ping_ok spoke1 "${tun4[hub]}"
check "it is deleted" nl hub link-del dev=t0

events hub
check "again in another netns" pair inside
ip netns del inside
check "the device's netns goes: the underlay has no link left" wait_for 10 test -z "$(nl hub link-get)"
check "userland is told" wait_for 5 event '.event == "link-del" and .link.name == "t0"'
check "its inbound SPI is free again" pair other
tear_down
check "the underlay's netns goes" wait_for 10 eval '! ip netns list | grep -q hub'

topology hub spoke1
host other
check "a link once more" pair other
check "its underlay goes" ip netns del hub
check "the link goes with it" wait_for 10 no_dev other t0
check "another of that name finds no trace of it" eval 'host hub && [ -z "$(nl hub link-get)" ]'
tear_down

topology hub spoke1
run_on hub unshare -Urn sleep 600
tenant=$!
wait_for 5 eval '! [ /proc/$tenant/ns/user -ef /proc/self/ns/user ] && grep -q . /proc/$tenant/uid_map' >/dev/null
check "a link is put into a tenant's netns" nl hub link-new name=u0 netns="/proc/$tenant/ns/net"
check "whose root sees it but does not rule the underlay" refused "not yours" \
	nsenter -t "$tenant" -U -n --preserve-credentials "$tools/dvti-nl" link-set name=u0 ttl=3

host customer
ip -n customer link add red type vrf table 100
ip -n customer link set red up
check "a link is put into a VRF of the target" pair customer master=red
check "it is in it" dev_has customer t0 "master red"
dvti_end spoke1 hub
address customer t0 "${tun4[hub]}/24"
check "traffic arrives in the VRF" ping_ok spoke1 "${tun4[hub]}"
check "and answers come from it" on customer ping -n -q -c 2 -i 0.1 -W 3 -I red "${tun4[spoke1]}"
