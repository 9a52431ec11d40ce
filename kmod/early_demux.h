/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ESP packets that need no route to be known as ours.
 */
#ifndef DVTI_EARLY_DEMUX_H
#define DVTI_EARLY_DEMUX_H

#include <linux/in6.h>
#include <linux/seqlock.h>

struct dst_entry;
struct dvti_sa;
struct net;
struct sk_buff;

/**
 * struct dvti_demux_way - what IP has found a packet to be for this host by
 * @saddr: from where; IPv4 in the first four octets, rest zero
 * @daddr: to which of our addresses
 * @ifindex: through which device
 * @mark: that the packet had
 * @sport: UDP port it came from; zero if ESP was not in UDP
 * @dport: and to
 */
struct dvti_demux_way {
	struct in6_addr saddr, daddr;
	int ifindex;
	u32 mark;
	__be16 sport, dport;
};

/**
 * struct dvti_demux - what an inbound SA remembers of the last packet that took the long way
 * @lock: around the rest; taken in softirq
 * @way: the packet's
 * @dst: route that IP has found for it, with a reference; NULL if none has come
 * @cookie: with which @dst is valid
 * @learned: jiffies of that
 */
struct dvti_demux {
	seqlock_t lock;
	struct dvti_demux_way way;
	struct dst_entry *dst;
	u32 cookie;
	u32 learned;
};

void dvti_demux_reset(struct dvti_demux *d);	/* nobody uses it any more */
void dvti_demux_learn(struct dvti_sa *sa, const struct sk_buff *skb, u8 family, u8 encap);
/* The last link with its underlay there has gone, or with NULL all of them; RTNL */
void dvti_demux_forget(const struct net *net);
int dvti_demux_init(void);
void dvti_demux_exit(void);	/* process context; afterwards nothing more comes in this way */

#endif
