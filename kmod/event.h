/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the module tells userland unasked, on the multicast group "events" of the underlay's netns.
 */
#ifndef DVTI_EVENT_H
#define DVTI_EVENT_H

#include <linux/types.h>

struct dvti_endpoints;
struct dvti_link;
struct dvti_sa;
struct sk_buff;

/* Context: any, RCU read side or RTNL. */
void dvti_event_acquire(struct dvti_link *link, const struct sk_buff *skb);
void dvti_event_expire(struct dvti_sa *sa, u32 kind, u32 limit);
void dvti_event_moved(struct dvti_sa *sa, const struct dvti_endpoints *from);
void dvti_event_link_del(struct dvti_link *link);

#endif
