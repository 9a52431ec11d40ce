// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where outer packets go that are sealed out of place. Either each gets an skb of its own; or several of one size
 * become the payload of one UDP super-packet, which walks through the stack once and is cut where it leaves
 * (SKB_GSO_UDP_L4).
 */
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/udp.h>

#include "batch.h"
#include "carrier.h"
#include "pages.h"

/* Payload of a super-packet; the rest of 64 KB is for its headers. */
#define DVTI_CARRIER_MAX (U16_MAX - 128)

static struct sk_buff *dvti_carrier_skb(unsigned int headroom, unsigned int size)
{
	unsigned int room = SKB_DATA_ALIGN(headroom + size) + SKB_DATA_ALIGN(sizeof(struct skb_shared_info));
	struct page_frag *pf;
	struct sk_buff *skb;

	/* A jumbo frame */
	if (unlikely(room > PAGE_SIZE)) {
		skb = alloc_skb(headroom + size, GFP_ATOMIC);
		if (likely(skb))
			skb_reserve(skb, headroom);
		return skb;
	}

	pf = dvti_pages_refill(room, SMP_CACHE_BYTES);
	if (unlikely(!pf))
		return NULL;
	skb = napi_build_skb(page_address(pf->page) + pf->offset, room);
	if (unlikely(!skb))
		return NULL;
	get_page(pf->page);
	pf->offset += room;
	skb_reserve(skb, headroom);
	return skb;
}

/**
 * dvti_carrier_single() - an skb for one ESP packet
 * @skb: result
 * @headroom: for the outer headers
 * @size: octets of the ESP packet
 *
 * Return: where the ESP header goes, NULL without memory.
 */
u8 *dvti_carrier_single(struct sk_buff **skb, unsigned int headroom, unsigned int size)
{
	*skb = dvti_carrier_skb(headroom, size);
	return likely(*skb) ? __skb_put(*skb, size) : NULL;
}

/* Can another ESP packet be appended? */
static bool dvti_carrier_takes(const struct dvti_carrier *c, unsigned int size, u8 tos, u8 ttl, bool df)
{
	return c->skb && !c->full && size <= c->size && c->tos == tos && c->ttl == ttl &&
	       c->df == df && c->n < DVTI_BATCH_MAX && c->skb->len + size <= DVTI_CARRIER_MAX;
}

/* Put @size octets at @pf into the super-packet. Return: false when it has no place left. */
static bool dvti_carrier_grow(struct sk_buff *skb, struct page_frag *pf, unsigned int size)
{
	unsigned int n = skb_shinfo(skb)->nr_frags;

	if (skb_can_coalesce(skb, n, pf->page, pf->offset)) {
		skb_frag_size_add(&skb_shinfo(skb)->frags[n - 1], size);
	} else {
		if (unlikely(n == MAX_SKB_FRAGS))
			return false;
		get_page(pf->page);
		skb_fill_page_desc(skb, n, pf->page, pf->offset, size);
		skb->truesize += pf->size;
	}

	skb->len += size;
	skb->data_len += size;
	return true;
}

/**
 * dvti_carrier_append() - room for another ESP packet in a super-packet
 * @c: carrier; what it holds is closed and another one begun where the packet does not fit in
 * @headroom: for the outer headers
 * @size: octets of the ESP packet
 * @tos: traffic class of the outer header
 * @ttl: its time to live or hop limit
 * @df: the packet must not be fragmented
 *
 * Return: where the ESP header goes, NULL without memory.
 */
u8 *dvti_carrier_append(struct dvti_carrier *c, unsigned int headroom, unsigned int size, u8 tos, u8 ttl, bool df)
{
	struct page_frag *pf;
	u8 *data;

	if (c->skb && !dvti_carrier_takes(c, size, tos, ttl, df))
		dvti_carrier_close(c);
	if (c->skb) {
		pf = dvti_pages_refill(size, 1);
		if (unlikely(!pf || !dvti_carrier_grow(c->skb, pf, size)))
			dvti_carrier_close(c);
	}
	if (!c->skb) {
		/* The first is in the linear part: receivers who look at its header would take it apart. */
		data = dvti_carrier_single(&c->skb, headroom, size);
		c->size = size;
		c->n = 1;
		c->tos = tos;
		c->ttl = ttl;
		c->df = df;
		c->full = false;
		return data;
	}

	data = page_address(pf->page) + pf->offset;
	pf->offset += size;
	c->n++;
	c->full = size < c->size;
	return data;
}

/**
 * dvti_carrier_end() - the last packet has been appended
 * @c: carrier with an skb, empty afterwards
 */
void dvti_carrier_end(struct dvti_carrier *c)
{
	struct sk_buff *skb = c->skb;

	c->skb = NULL;
	if (c->n < 2)
		return;

	skb_shinfo(skb)->gso_size = c->size;
	skb_shinfo(skb)->gso_segs = c->n;
	skb_shinfo(skb)->gso_type = SKB_GSO_UDP_L4;
}
