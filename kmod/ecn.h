/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Congestion marks across a tunnel (RFC 6040).
 */
#ifndef DVTI_ECN_H
#define DVTI_ECN_H

#include <net/inet_ecn.h>

struct sk_buff;

/*
 * Traffic class of the outer header: @dscp with the ECN field of the inner one, in RFC 6040's normal mode (section
 * 4.1). INET_ECN_encapsulate() would do what RFC 3168 says and hide CE.
 */
static inline u8 dvti_ecn_encapsulate(u8 dscp, u8 inner)
{
	return (dscp & ~INET_ECN_MASK) | (inner & INET_ECN_MASK);
}

bool dvti_ecn_decapsulate(struct sk_buff *skb, u8 outer);

#endif
