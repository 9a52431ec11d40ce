/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How large an inner packet may be, and what becomes of one that is larger.
 */
#ifndef DVTI_PMTU_H
#define DVTI_PMTU_H

#include <linux/skbuff.h>
#include <linux/types.h>

struct dvti_aead_info;
struct dvti_outer;
struct dvti_link;
struct dvti_sa;

/**
 * enum dvti_pmtu_verdict - for an inner packet
 * @DVTI_PMTU_PASS: fits, the outer packet may be forbidden to be fragmented
 * @DVTI_PMTU_FRAGMENT_OUTER: seal it whole; the outer packet is to be fragmented on its way
 * @DVTI_PMTU_FRAGMENT_INNER: IPv4, to be fragmented before it is sealed
 * @DVTI_PMTU_TOO_BIG: the sender has been told
 */
enum dvti_pmtu_verdict {
	DVTI_PMTU_PASS,
	DVTI_PMTU_FRAGMENT_OUTER,
	DVTI_PMTU_FRAGMENT_INNER,
	DVTI_PMTU_TOO_BIG,
};

unsigned int dvti_pmtu_inner(const struct dvti_aead_info *info, unsigned int hlen, unsigned int path);
unsigned int dvti_pmtu_of_path(const struct dvti_outer *e, const struct dvti_sa *sa);
void dvti_pmtu_learn(struct dvti_sa *sa, u32 mtu);
enum dvti_pmtu_verdict dvti_pmtu_check_large(struct dvti_link *link, struct sk_buff *skb, unsigned int mtu);

/**
 * dvti_pmtu_check() - is an inner packet too large for the path?
 * @link: on which it leaves
 * @skb: inner packet, also GSO, IP header in linear memory
 * @mtu: of dvti_pmtu_of_path()
 *
 * With df "clear", or if told to ignore the MTU, the size of the path matters to nobody but us. Otherwise the
 * sender decides, as in an ordinary router, whether it is told or its packet is fragmented.
 *
 * Context: softirq. Return: verdict; after DVTI_PMTU_TOO_BIG the caller drops the packet.
 */
static inline enum dvti_pmtu_verdict dvti_pmtu_check(struct dvti_link *link, struct sk_buff *skb, unsigned int mtu)
{
	if (likely(!skb_is_gso(skb) && skb->len <= mtu))
		return DVTI_PMTU_PASS;
	return dvti_pmtu_check_large(link, skb, mtu);
}

/* What the device's MTU should be when it follows the path. Context: process, may not hold BH. 0: unknown. */
int dvti_pmtu_link_mtu(struct dvti_link *link);

#endif
