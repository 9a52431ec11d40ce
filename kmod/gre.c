// SPDX-License-Identifier: GPL-2.0-only
/*
 * The GRE header of links whose ESP is in transport mode: what a Cisco router calls "tunnel mode gre ip" with
 * "tunnel protection". The outer header, which says where the GRE packet goes, is the ESP packet's own.
 *
 * We send the base header and a key if one is set. Checksums and sequence numbers, which ESP makes superfluous, are
 * accepted from peers that send them; the first is checked, the order of the second ESP's window has seen to.
 */
#include <linux/if_tunnel.h>
#include <linux/skbuff.h>
#include <net/gre.h>

#include "gre.h"

/* RFC 2784 section 2.2 has packets with these discarded: source routes of RFC 1701, recursion, another version. */
#define DVTI_GRE_REFUSED (GRE_ROUTING | GRE_STRICT | cpu_to_be16(0x0400) | GRE_VERSION)

/**
 * dvti_gre_write() - write the header in front of an inner packet
 * @link: of mode gre
 * @p: where
 * @len: dvti_gre_hlen() as it was when room was made: the key may have been changed since
 * @protocol: Ethernet type of the inner packet
 */
void dvti_gre_write(const struct dvti_link *link, u8 *p, unsigned int len, __be16 protocol)
{
	put_unaligned(len == DVTI_GRE_HLEN_MAX ? GRE_KEY : 0, (__be16 *)p);
	put_unaligned(protocol, (__be16 *)(p + 2));
	if (len == DVTI_GRE_HLEN_MAX)
		put_unaligned_be32(READ_ONCE(link->set.gre_key), p + 4);
}

/* The key is the link's, and there is none if the link has none. */
static bool dvti_gre_key_ok(const struct dvti_link *link, __be16 flags, const u8 *key)
{
	u32 wanted = READ_ONCE(link->set.gre_key);

	if (!(flags & GRE_KEY))
		return !wanted;
	return wanted && get_unaligned_be32(key) == wanted;
}

/**
 * dvti_gre_pull() - check and take off the header of a received packet
 * @link: of mode gre
 * @skb: from the GRE header on
 * @next: next header of ESP
 *
 * Plain IPv4 and IPv6 are refused, as the peer refuses them: a link is of one mode.
 *
 * Return: see dvti_gre_next().
 */
int dvti_gre_pull(const struct dvti_link *link, struct sk_buff *skb, int next)
{
	const struct gre_base_hdr *base;
	unsigned int len = sizeof(*base);
	__be16 flags, protocol;
	unsigned int key;

	if (next != IPPROTO_GRE)
		return next == IPPROTO_IPIP || next == IPPROTO_IPV6 ? IPPROTO_RAW : next;
	if (!pskb_may_pull(skb, len))
		return DVTI_GRE_BAD;
	base = (const struct gre_base_hdr *)skb->data;
	flags = base->flags;
	protocol = base->protocol;
	if (flags & DVTI_GRE_REFUSED)
		return DVTI_GRE_BAD;

	if (flags & GRE_CSUM)
		len += 4;
	key = len;
	if (flags & GRE_KEY)
		len += 4;
	if (flags & GRE_SEQ)
		len += 4;
	if (!pskb_may_pull(skb, len) || !dvti_gre_key_ok(link, flags, skb->data + key))
		return DVTI_GRE_BAD;
	if (flags & GRE_CSUM && csum_fold(skb_checksum(skb, 0, skb->len, 0)))
		return DVTI_GRE_BAD;

	__skb_pull(skb, len);
	switch (protocol) {
	case htons(ETH_P_IP):
		return IPPROTO_IPIP;
	case htons(ETH_P_IPV6):
		return IPPROTO_IPV6;
	default:
		return DVTI_GRE_BAD;
	}
}
