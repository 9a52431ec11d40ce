#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels: 6.12
#
# Whatever is wrong in a request is refused with a sentence, and leaves nothing behind.
. "$(dirname "$0")/lib.sh"
. "$here/netlink.sh"
need_module
topology hub spoke1

key=$(static_key aes-gcm-16 0x101)
ends=(local="${v4[hub]}" remote="${v4[spoke1]}")
new=(nl hub link-new name=t1 "${ends[@]}")
in=(sa dir=in spi=0xc0de0001 aead=aes-gcm-16 key="$key")
out=(sa dir=out spi=0xc0de0002 aead=aes-gcm-16 key="$key")

nl hub link-new name=t0 "${ends[@]}" up "${in[@]}" "${out[@]}" >/dev/null || give_up "no link"
nl hub link-new name=vt0 role=virtual-template >/dev/null || give_up "no template"

# no WHAT TEXT COMMAND…: refused, and no link t1 has come into being
no() {
	local what=$1
	shift
	check "$what" refused "$@"
	no_dev hub t1 || { check "$what: nothing is left" false; ip -n hub link del t1; }
}

no "a name that is taken" 'there is an interface "t0" already' nl hub link-new name=t0
no "a name that is none" "no valid interface name" nl hub link-new name=a/b
no "a pattern that is none" "is no name pattern" nl hub link-new name=t%s
no "a pattern with two numbers" "is no name pattern" nl hub link-new name=t%d%d
no "a role that does not exist" "" "${new[@]}" role=9
no "a virtual-access without template" "cloned from a template" "${new[@]}" role=virtual-access
no "a template that is static" "is no virtual-template" "${new[@]}" template=t0
no "a template that is no dvti link" "no dvti link has the index" "${new[@]}" template=eth0
no "a template with a role beside it" "cloned from a template" "${new[@]}" role=static template=vt0
no "ends of two families" "of one family" nl hub link-new name=t1 local="${v4[hub]}" remote="${v6[spoke1]}"
no "a multicast end" "unicast" nl hub link-new name=t1 local="${v4[hub]}" remote=224.0.0.1
no "an MTU too small" "an MTU is 0 (follow the path) or 68 to" "${new[@]}" mtu=67
no "an MTU too large" "an MTU is 0 (follow the path) or 68 to" "${new[@]}" mtu=65500
no "an underlay device that is not there" "the underlay has no device with index" "${new[@]}" underlay=4711
no "a master that is not there" "has no device with index" "${new[@]}" master=4711
no "a master that takes none" "takes no devices under it" "${new[@]}" master=lan0
no "a tunnel mode that does not exist" "" "${new[@]}" mode=2
no "an attribute that is only read" "only ever read" "${new[@]}" netns-id=1
no "an attribute that nobody knows" "" "${new[@]}" raw=99:00
no "an attribute of the wrong length" "" "${new[@]}" raw=12:00

no "an SPI below 256" "values below 256 are reserved" "${new[@]}" sa dir=in spi=255 aead=aes-gcm-16 key="$key"
no "a key that is too short" "does not take a key of 3 octets" "${new[@]}" sa dir=in spi=0x101 aead=aes-gcm-16 key=010203
no "a key that is too long" "at most 160 octets" "${new[@]}" sa dir=in spi=0x101 aead=aes-gcm-16 \
	key="$(printf '%0400d' 0)"
no "a transform that does not exist" "" "${new[@]}" sa dir=in spi=0x101 aead=77 key="$key"
no "an SA without a key" 'needs the attribute "key"' "${new[@]}" sa dir=in spi=0x101 aead=aes-gcm-16
no "an SA without an SPI" 'needs the attribute "spi"' "${new[@]}" sa dir=in aead=aes-gcm-16 key="$key"
no "an SA without a direction" 'needs the attribute "dir"' "${new[@]}" sa spi=0x101 aead=aes-gcm-16 key="$key"
no "a window of 31" "a replay window is 0 (off) or 32 to 8192" "${new[@]}" sa dir=in spi=0x101 aead=aes-gcm-16 key="$key" replay-window=31
no "a window above 8192" "" "${new[@]}" sa dir=in spi=0x101 aead=aes-gcm-16 key="$key" replay-window=8193
no "a window on the way out" "is for inbound SAs" "${new[@]}" sa dir=out spi=0x101 aead=aes-gcm-16 key="$key" replay-window=64
no "ESN without a window" "cannot be inferred" "${new[@]}" sa dir=in spi=0x101 aead=aes-gcm-16 key="$key" esn
no "a long sequence number without ESN" "needs esn" "${new[@]}" sa dir=out spi=0x101 aead=aes-gcm-16 key="$key" seq=4294967296
for aead in aes-gmac null-hmac-sha1-96; do
	plain=(dir=out spi=0x102 aead="$aead" key="$(static_key "$aead" 1)")
	no "$aead, which does not encrypt" 'needs the attribute "allow-unencrypted"' "${new[@]}" sa "${plain[@]}"
	check "$aead is taken from who says that he means it" nl hub link-new name=t3 "${ends[@]}" sa "${plain[@]}" allow-unencrypted
	nl hub link-del name=t3
done
no "an SPI that exists" "an inbound SA with SPI 0xc0de0001 exists already on this address" "${new[@]}" "${in[@]}"
no "a good SA before a bad one" "exists already" "${new[@]}" sa dir=in spi=0x101 aead=aes-gcm-16 key="$key" "${in[@]}"
check "the good one is gone, too" nl hub link-new name=t2 "${ends[@]}" sa dir=in spi=0x101 aead=aes-gcm-16 key="$key"
no "an SA that ends nowhere" "neither the SA nor its link says" nl hub link-new name=t1 "${in[@]}"
no "the same SPI twice in one request" "exists already" "${new[@]}" sa dir=in spi=0x103 aead=aes-gcm-16 key="$key" \
	sa dir=in spi=0x103 aead=aes-gcm-16 key="$key"
no "a selector that ends before it begins" "ends before it begins" "${new[@]}" \
	sa dir=in spi=0x104 aead=aes-gcm-16 key="$key" ts=10.0.0.9-10.0.0.1,0.0.0.0-255.255.255.255
no "a selector of two families" "of one family" "${new[@]}" \
	sa dir=in spi=0x104 aead=aes-gcm-16 key="$key" ts=10.0.0.9-10.0.0.9,::1-::1
no "a port range that ends before it begins" "ends before it begins" "${new[@]}" \
	sa dir=in spi=0x104 aead=aes-gcm-16 key="$key" ts=10.0.0.9-10.0.0.9,10.0.0.1-10.0.0.1,17,9-8
no "a template with SAs" "carries no packets" nl hub link-new name=t1 role=virtual-template "${in[@]}"

check "a link that is not there" refused "no dvti link has the index" nl hub link-get dev=4711
check "a device that is no dvti link" refused "no dvti link has the index" nl hub link-del dev=eth0
check "a name that is not there" refused 'no dvti link is called "nope"' nl hub link-del name=nope
check "no name at all" refused "ifindex or ifname" nl hub link-del ttl=1
check "a role cannot be changed" refused "when a link is made" nl hub link-set dev=t0 role=static
check "an SA that is not there" refused "t0 has no inbound SA with SPI 0x00000999" nl hub sa-del dev=t0 dir=in spi=0x999
check "a deletion with one mistake deletes nothing" refused "has no inbound SA" \
	nl hub sa-del dev=t0 dir=in spi=0xc0de0001 sa dev=t0 dir=in spi=0x999
check "both SAs of t0 are still there" sas hub t0 'length == 2'
check "an SA's key cannot be changed" refused "install a new one" nl hub sa-update dev=t0 dir=out spi=0xc0de0002 key="$key"
check "a sequence number does not go back" eval \
	'nl hub sa-update dev=t0 dir=out spi=0xc0de0002 seq=100 && refused "only goes forward" nl hub sa-update dev=t0 dir=out spi=0xc0de0002 seq=99'
check "SAs of two links in one request" refused "of one link" nl hub sa-new dev=t0 dir=in spi=0x105 aead=aes-gcm-16 key="$key" \
	sa dev=t2 dir=in spi=0x106 aead=aes-gcm-16 key="$key"
check "keys are never told" not eval "nl hub sa-get dev=t0 | grep -qi -e key -e $key"

ip -n hub xfrm state add src "${v4[spoke1]}" dst "${v4[hub]}" proto esp spi 0x777 mode tunnel \
	aead 'rfc4106(gcm(aes))' "0x$key" 128
check "an SPI that xfrm has" refused "xfrm has an SA with SPI 0x00000777" "${new[@]}" sa dir=in spi=0x777 aead=aes-gcm-16 key="$key"

check "who is not root has no say" refused "" ip netns exec hub setpriv --reuid 65534 --clear-groups --inh-caps=-all \
	"$tools/dvti-nl" link-get
check "root of a user namespace has, in a netns of its own" ip netns exec hub unshare -Urn \
	"$tools/dvti-nl" link-new name=u0
check "but not beyond" refused "not yours" ip netns exec hub unshare -Urn "$tools/dvti-nl" link-new name=u0 netns=/run/netns/spoke1
