#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: full
#
# Links in their three roles: a template lends its settings and never carries a packet, a virtual-access is a
# clone of it, a static link can also be made with ip(8).
. "$(dirname "$0")/lib.sh"
. "$here/netlink.sh"
need_module
topology hub spoke1

ip -n hub link add red type vrf table 100
ip -n hub link set red up
ends=(local="${v4[hub]}" remote="${v4[spoke1]}")

check "a virtual-template is made" nl hub link-new name=vt1 role=virtual-template mtu=1300 fwmark=7 ttl=9 df=set \
	dscp=fixed dscp-value=46 trigger-queue=5
ip -n hub link set vt1 group 33 txqueuelen 77 master red up
check "its settings are kept" link_is hub vt1 \
	'.role == "virtual-template" and .mtu == 1300 and .fwmark == 7 and .ttl == 9 and .df == "set" and ."dscp-value" == 46'
check "it has no carrier though it is up" no_carrier hub vt1
check "it takes no SA" refused "virtual-template" nl hub sa-new dev=vt1 dir=out spi=0x101 aead=aes-gcm-16 \
	key="$(static_key aes-gcm-16 0x101)"

check "a virtual-access is cloned by name pattern" said_is '.name == "va0"' nl hub link-new name=va%d template=vt1 "${ends[@]}"
check "the next one gets the next number" said_is '.name == "va1"' nl hub link-new name=va%d template=vt1 "${ends[@]}" mtu=1200
check "settings are inherited" link_is hub va0 \
	'.role == "virtual-access" and .mtu == 1300 and .fwmark == 7 and .ttl == 9 and .df == "set" and ."trigger-queue" == 5'
check "so is the MTU of the device" dev_has hub va0 "mtu 1300"
check "so is the group" dev_has hub va0 "group 33"
check "so is the queue length" dev_has hub va0 "qlen 77"
check "so is the VRF" dev_has hub va0 "master red"
check "what the request names wins" dev_has hub va1 "mtu 1200"
check "the clone knows its template" link_is hub va0 '.template == "vt1"'
check "master=0 declines the template's VRF" nl hub link-new name=va%d template=vt1 master=0 "${ends[@]}"
check "the clone is then under none" not dev_has hub va2 "master red"
check "a lower number that becomes free is used again" eval \
	'nl hub link-del dev=va0 && nl hub link-new name=va%d template=vt1 | jq -e ".name == \"va0\""'

nl hub link-set dev=vt1 fwmark=8
check "a change of the template leaves clones alone" link_is hub va1 '.fwmark == 7'
check "and is inherited from then on" said_is '.fwmark == 8' nl hub link-new name=vb%d template=vt1
check "another pattern has its own numbers" link_is hub vb0 '.name == "vb0"'

check "ip(8) makes a static link" ip -n hub link add st0 type dvti
check "which is static and not configured" link_is hub st0 '.role == "static" and (has("remote") | not)'
check "ip -d shows the kind" dev_has hub st0 "dvti"
check "it is configured later" nl hub link-set dev=st0 "${ends[@]}" mtu=1280
check "and has what it was told" link_is hub st0 ".remote.address == \"${v4[spoke1]}\" and .mtu == 1280"
check "the MTU follows" dev_has hub st0 "mtu 1280"
check "an MTU set with ip(8) stays" eval 'ip -n hub link set st0 mtu 1290 && nl hub link-set dev=st0 ttl=3'
check "as it was set" dev_has hub st0 "mtu 1290"

check "a dump lists all links" said_is 'length == 6' eval 'nl hub link-get | jq -s .'
check "links know no host names: IPv6 makes no link-local address" \
	not eval "ip -n hub -6 addr show dev st0 | grep -q fe80"
check "the template goes" ip -n hub link del vt1
check "its clones stay" link_is hub va1 '.fwmark == 7'
check "nothing is cloned from it any more" not nl hub link-new name=va%d template=vt1
check "several are deleted in one request, or none" refused 'no dvti link is called "nope"' \
	nl hub link-del name=va0 link name=va1 link name=nope
check "none has been" eval 'link_is hub va0 . && link_is hub va1 .'
check "one named twice does not matter" nl hub link-del name=va0 link dev=va1 link name=va0 link name=va2 link name=vb0 link name=st0
check "all links are gone" test -z "$(nl hub link-get)"
