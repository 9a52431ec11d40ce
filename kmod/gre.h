/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GRE between ESP and the inner packet (RFC 2784, RFC 2890), for links of mode "gre": ESP in transport mode.
 */
#ifndef DVTI_GRE_H
#define DVTI_GRE_H

#include <linux/types.h>

#include "link.h"

struct sk_buff;

/* Base header, and a key if the link has one */
#define DVTI_GRE_HLEN 4
#define DVTI_GRE_HLEN_MAX 8

/* What dvti_gre_next() says of a packet whose GRE header is not the link's */
#define DVTI_GRE_BAD (-2)

/* Octets between ESP header with IV, and the inner packet. */
static inline unsigned int dvti_gre_hlen(const struct dvti_link *link)
{
	if (likely(READ_ONCE(link->set.mode) != DVTI_TUNNEL_MODE_GRE))
		return 0;
	return READ_ONCE(link->set.gre_key) ? DVTI_GRE_HLEN_MAX : DVTI_GRE_HLEN;
}

void dvti_gre_write(const struct dvti_link *link, u8 *p, unsigned int len, __be16 protocol);
int dvti_gre_pull(const struct dvti_link *link, struct sk_buff *skb, int next);

/**
 * dvti_gre_next() - what follows ESP, and the GRE header if there should be one
 * @link: its mode decides
 * @skb: behind the ESP header and IV, trailer cut off; of mode gre the GRE header is cut off
 * @next: next header of ESP, negative if its trailer is nonsense
 *
 * Return: IPPROTO_IPIP or IPPROTO_IPV6 by what the packet holds, DVTI_GRE_BAD, or @next if it is neither.
 */
static inline int dvti_gre_next(const struct dvti_link *link, struct sk_buff *skb, int next)
{
	return likely(READ_ONCE(link->set.mode) != DVTI_TUNNEL_MODE_GRE) ? next : dvti_gre_pull(link, skb, next);
}

#endif
