/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inner TCP segments that follow one another become one large packet again.
 */
#ifndef DVTI_JOIN_H
#define DVTI_JOIN_H

#include <linux/list.h>
#include <linux/types.h>

struct page;
struct sk_buff;

/**
 * struct dvti_join - a run of TCP segments of one flow
 * @head: first segment, which grows; NULL: no run
 * @next_seq: sequence number that continues the run
 * @hlen: octets of IP and TCP header
 * @size: octets of payload of each segment; the last may have less
 * @n: segments in @head
 * @id_step: by how much the IPv4 identification grows from segment to segment, 0 or 1; known from the second on
 * @closed: the last segment was the last of what its sender wrote
 */
struct dvti_join {
	struct sk_buff *head;
	u32 next_seq;
	u16 hlen;
	u16 size;
	u16 n;
	u8 id_step;
	bool closed;
};

/* Context of all: softirq. */
bool dvti_join_part(struct dvti_join *j, struct page *page, const u8 *ip, unsigned int len, __be16 protocol);
void dvti_join_skb(struct dvti_join *j, struct sk_buff *skb, struct list_head *out);
void dvti_join_end(struct dvti_join *j, struct list_head *out);

#endif
