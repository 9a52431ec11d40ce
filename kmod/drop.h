/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets that end here, and why.
 */
#ifndef DVTI_DROP_H
#define DVTI_DROP_H

#include "stats.h"

struct dvti_link;
struct rtnl_link_stats64;
struct sk_buff;

/* @slot is DVTI_DROP(reason) throughout. Context: BH off. */
void dvti_drop_count(struct dvti_link *link, unsigned int slot, unsigned int packets);
void dvti_drop_skb(struct dvti_link *link, struct sk_buff *skb, unsigned int slot);	/* counts one packet */

/* Free what has been counted. Any context that may free an skb. */
void dvti_drop_free(struct sk_buff *skb, unsigned int slot);

/* Sort the sums of @drops into what ip -s link shows. */
void dvti_drop_device_stats(const u64 *drops, struct rtnl_link_stats64 *stats);

#endif
