/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ESP packets that need no route to be known as ours.
 */
#ifndef DVTI_EARLY_DEMUX_H
#define DVTI_EARLY_DEMUX_H

#include <linux/in6.h>
#include <linux/seqlock.h>

struct dvti_sa;
struct net;
struct sk_buff;

/**
 * struct dvti_demux_way - how a packet came that IP found to be for this host
 * @saddr: from where; IPv4 in the first four octets, rest zero
 * @ifindex: through which device; 0 if none has come
 * @routes: generation of the routes at that time
 */
struct dvti_demux_way {
	struct in6_addr saddr;
	int ifindex;
	u32 routes;
};

/**
 * struct dvti_demux - what an inbound SA remembers
 * @lock: around @way
 * @way: of the last packet that took the long one
 */
struct dvti_demux {
	seqlock_t lock;
	struct dvti_demux_way way;
};

void dvti_demux_learn(struct dvti_sa *sa, const struct sk_buff *skb, u8 family);
void dvti_demux_forget(const struct net *net);	/* the last link with its underlay there has gone; RTNL */
int dvti_demux_init(void);
void dvti_demux_exit(void);	/* process context; afterwards nothing more comes in this way */

#endif
