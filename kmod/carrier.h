/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of outer packets that are sealed out of place: an skb for one, or one UDP super-packet for several.
 */
#ifndef DVTI_CARRIER_H
#define DVTI_CARRIER_H

#include <linux/types.h>

struct sk_buff;

/**
 * struct dvti_carrier - a UDP super-packet that is being filled
 * @skb: its payload is the ESP packets, one behind the other; NULL: nothing is being filled
 * @size: octets of each ESP packet; the last may be shorter
 * @n: ESP packets so far
 * @tos: traffic class of the outer header
 * @ttl: its time to live or hop limit
 * @df: the outer packets must not be fragmented
 * @full: takes no more
 */
struct dvti_carrier {
	struct sk_buff *skb;
	unsigned int size;
	unsigned int n;
	u8 tos;
	u8 ttl;
	bool df;
	bool full;
};

/* Context of all: softirq, which makes the memory of this CPU ours. */
u8 *dvti_carrier_single(struct sk_buff **skb, unsigned int headroom, unsigned int size);
u8 *dvti_carrier_append(struct dvti_carrier *c, unsigned int headroom, unsigned int size, u8 tos, u8 ttl, bool df);
void dvti_carrier_end(struct dvti_carrier *c);

/**
 * dvti_carrier_close() - nothing more will be appended
 * @c: carrier, empty afterwards; the skb is in the hands of those who were given memory in it
 */
static inline void dvti_carrier_close(struct dvti_carrier *c)
{
	if (c->skb)
		dvti_carrier_end(c);
}

#endif
