/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inner super-packets, cut while they are sealed.
 */
#ifndef DVTI_SEGMENT_H
#define DVTI_SEGMENT_H

#include <linux/types.h>

struct dvti_out;
struct sk_buff;

bool dvti_segment_possible(struct sk_buff *skb);
void dvti_segment(struct dvti_out *o, struct sk_buff *skb);

#endif
