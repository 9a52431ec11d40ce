/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Security associations (RFC 4303): the object that the data path works on.
 */
#ifndef DVTI_SA_H
#define DVTI_SA_H

#include <linux/rhashtable.h>

#include "aead/aead.h"
#include "link.h"
#include "replay.h"
#include "selector.h"

/** struct dvti_sa_key - how an inbound SA is found */
struct dvti_sa_key {
	__be32 spi;
	u8 family;
	u8 pad[3];
	struct in6_addr daddr;		/* IPv4 in the first four octets, rest zero */
};

/**
 * struct dvti_limits - 0 is no limit
 */
struct dvti_limits {
	u64 soft_bytes, hard_bytes;
	u64 soft_packets, hard_packets;
	u64 soft_seconds, hard_seconds;
};

enum dvti_sa_flag {
	DVTI_SA_SOFT_SENT,	/* soft event sent */
	DVTI_SA_DEAD,		/* hard limit reached or deleted: carries nothing */
	DVTI_SA_MOVED_SENT,
};

/**
 * struct dvti_sa - one direction
 *
 * Found under RCU; freed by kfree_rcu-like deferral after the last reference. The data path takes a
 * reference only where work outlives the RCU section (queued batches, asynchronous crypto).
 *
 * @seq: outbound: last number used; atomic64_add_return(n) takes a block
 * @replay: inbound
 * @aead: keyed transform
 * @ends: overrides the link's, or NULL
 * @selectors: NULL takes everything
 * @packets, @bytes: per-CPU statistics are summed for the limits only every few packets, see sa.c
 */
struct dvti_sa {
	struct rhash_head hash;		/* inbound, dvti_net.sas_in */
	struct dvti_sa_key key;
	struct dvti_link *link;		/* valid under RCU while not DEAD */
	struct list_head node;		/* in link->sas, RTNL */
	u8 dir;				/* enum dvti_direction */
	bool esn;
	unsigned long flags;
	__be32 spi;
	struct dvti_aead *aead;
	struct dvti_endpoints __rcu *ends;
	struct dvti_selectors *selectors;
	atomic64_t seq ____cacheline_aligned_in_smp;
	struct dvti_replay replay ____cacheline_aligned_in_smp;
	struct dvti_limits limits;
	struct dvti_sa_stats __percpu *stats;
	u64 installed_at;		/* ktime_get_boottime_seconds() */
	u64 used_at;
	u64 cookie;
	refcount_t refs;
	struct rcu_head rcu;
	struct delayed_work lifetime;
};

/* Inbound lookup. Context: RCU read side, any. Return: NULL for an SPI that is not ours. */
struct dvti_sa *dvti_sa_find(struct net *net, __be32 spi, u8 family, const void *daddr);
bool dvti_sa_get(struct dvti_sa *sa);
void dvti_sa_put(struct dvti_sa *sa);

/*
 * Count packets and check limits. Called by the data path once per batch and SA, softirq.
 * Return: false when the hard limit has been reached: the batch must be dropped.
 */
bool dvti_sa_account(struct dvti_sa *sa, unsigned int packets, u64 bytes);

/*
 * An authenticated packet came from @remote; the event goes out once per new place.
 * Context: softirq, RCU read side.
 */
void dvti_sa_peer_moved(struct dvti_sa *sa, const struct dvti_endpoints *from);

#endif
