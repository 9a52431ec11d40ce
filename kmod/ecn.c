// SPDX-License-Identifier: GPL-2.0-only
/*
 * The outer header's congestion marks when a packet leaves the tunnel (RFC 6040 section 4.2).
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/dsfield.h>

#include "ecn.h"

/* What __INET_ECN_decapsulate() answers for a packet that must not go on. */
#define DVTI_ECN_DROP 2

/**
 * dvti_ecn_decapsulate() - pass congestion on to the inner packet
 * @skb: inner packet, network header and protocol set, header writable
 * @outer: traffic class of the outer header
 *
 * Return: false when the packet must be dropped: congestion was signalled to a sender that cannot see it.
 */
bool dvti_ecn_decapsulate(struct sk_buff *skb, u8 outer)
{
	u8 inner;

	if (likely(!(outer & INET_ECN_MASK)))
		return true;

	if (skb->protocol == htons(ETH_P_IP))
		inner = ipv4_get_dsfield(ip_hdr(skb));
	else
		inner = ipv6_get_dsfield(ipv6_hdr(skb));

	return INET_ECN_decapsulate(skb, outer, inner) < DVTI_ECN_DROP;
}
