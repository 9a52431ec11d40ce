/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Security associations (RFC 4303): the object that the data path works on.
 */
#ifndef DVTI_SA_H
#define DVTI_SA_H

#include <linux/rhashtable.h>
#include <linux/socket.h>
#include <linux/string.h>

#include "aead/aead.h"
#include "early_demux.h"
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
 * struct dvti_sa_place - where an SA is found
 * @in: inbound, in dvti_net.sas_in
 * @out: outbound, in dvti_net.sas_out
 * @key: where packets come to, or where they go
 * @sa: the SA that it is part of
 */
struct dvti_sa_place {
	union {
		struct rhash_head in;
		struct rhlist_head out;
	};
	struct dvti_sa_key key;
	struct dvti_sa *sa;
};

/**
 * struct dvti_limits - 0 is no limit
 */
struct dvti_limits {
	u64 soft_bytes, hard_bytes;
	u64 soft_packets, hard_packets;
	u64 soft_seconds, hard_seconds;
};

/*
 * Last sequence number that may be sent. The 64-bit counter goes on while CPUs learn that the SA is dead, hence the
 * distance to where it would wrap.
 */
#define DVTI_SEQ_MAX U32_MAX
#define DVTI_SEQ_MAX_ESN (U64_MAX - U32_MAX)

enum dvti_sa_flag {
	DVTI_SA_SOFT_SENT,	/* soft event sent */
	DVTI_SA_DEAD,		/* hard limit reached or deleted: carries nothing */
	DVTI_SA_EXPIRED,	/* hard event sent */
};

/**
 * struct dvti_sa - one direction
 *
 * Found under RCU. The data path takes a reference only for asynchronous crypto; what it merely queues is
 * waited for (dvti_batch_flush_sa()) before the initial reference is dropped.
 *
 * @place: one, and while the SA moves both, are in the tables; see sa_table.c; RTNL
 * @at: index of the one that stays; RTNL
 * @staged: the other one is in the tables too; RTNL
 * @key: that of @place[@at]
 * @link: valid for as long as the SA is; the SA holds a reference to the device
 * @link_tracker: that reference
 * @node: in link->sas; RTNL
 * @dir: enum dvti_direction
 * @esn: sequence numbers have 64 bits
 * @counted: packets or bytes are limited, so dvti_sa_account() keeps common counts
 * @flags: enum dvti_sa_flag
 * @spi: as on the wire
 * @aead: keyed transform
 * @info: its sizes
 * @ends: overrides the link's, or NULL
 * @selectors: NULL takes everything
 * @demux: inbound
 * @seq: outbound: last number used; atomic64_add_return(n) takes a block
 * @replay: inbound
 * @pmtu: outbound: path MTU that the routing table could not be told, see pmtu.c
 * @pmtu_until: jiffies, how long @pmtu holds
 * @limits: written under RTNL, read with READ_ONCE
 * @total_packets: while @counted
 * @total_bytes: while @counted
 * @stats: counters
 * @installed_at: ktime_get_boottime_seconds()
 * @used_at: get_jiffies_64() of the last batch
 * @cookie: the daemon's
 * @refs: see above
 * @lifetime: fires at the next limit of time; holds a reference while pending
 * @moved_lock: taken in softirq
 * @moved: where the peer was last reported to be
 * @moved_at: jiffies of that report
 * @dying: on the list of what waits for the data path to let go
 */
struct dvti_sa {
	struct dvti_sa_place place[2];
	u8 at;
	bool staged;
	struct dvti_sa_key key;
	struct dvti_link *link;
	netdevice_tracker link_tracker;
	struct list_head node;
	u8 dir;
	bool esn;
	bool counted;
	unsigned long flags;
	__be32 spi;
	struct dvti_cipher *aead;
	const struct dvti_aead_info *info;
	struct dvti_endpoints __rcu *ends;
	struct dvti_selectors *selectors;
	struct dvti_demux demux;
	atomic64_t seq ____cacheline_aligned_in_smp;
	struct dvti_replay replay ____cacheline_aligned_in_smp;
	u32 pmtu;
	unsigned long pmtu_until;
	struct dvti_limits limits;
	atomic64_t total_packets;
	atomic64_t total_bytes;
	struct dvti_sa_stats __percpu *stats;
	u64 installed_at;
	u64 used_at;
	u64 cookie;
	refcount_t refs;
	struct delayed_work lifetime;
	spinlock_t moved_lock;	/* protects @moved, @moved_at */
	struct {
		u8 family;
		__be16 port;
		struct in6_addr addr;
	} moved;
	unsigned long moved_at;
	struct llist_node dying;
};

static __always_inline void dvti_sa_key_set(struct dvti_sa_key *key, __be32 spi, u8 family, const void *addr)
{
	*key = (struct dvti_sa_key){ .spi = spi, .family = family };
	if (family == AF_INET)
		memcpy(&key->daddr, addr, sizeof(struct in_addr));
	else
		memcpy(&key->daddr, addr, sizeof(struct in6_addr));
}

/* sa_table.c: the lookup tables. Inbound. Context: RCU read side, any. Return: NULL for an SPI that is not ours. */
struct dvti_sa *dvti_sa_find(struct dvti_net *dn, __be32 spi, u8 family, const void *daddr);
/* Outbound lookup, for ICMP errors. Context: RCU read side, any. */
struct dvti_sa *dvti_sa_find_out(struct net *net, __be32 spi, u8 family, const void *remote);
/* RTNL held */
bool dvti_sa_table_has(struct dvti_net *dn, const struct dvti_sa_key *key);	/* among inbound ones */
int dvti_sa_table_add(struct dvti_net *dn, struct dvti_sa *sa);			/* at @sa->key */
void dvti_sa_table_remove(struct dvti_net *dn, struct dvti_sa *sa);
int dvti_sa_table_stage(struct dvti_net *dn, struct dvti_sa *sa, const struct dvti_sa_key *key);
void dvti_sa_table_commit(struct dvti_net *dn, struct dvti_sa *sa);
void dvti_sa_table_abort(struct dvti_net *dn, struct dvti_sa *sa);
int dvti_sa_table_init(struct dvti_net *dn);
void dvti_sa_table_exit(struct dvti_net *dn);

bool dvti_sa_get(struct dvti_sa *sa);
void dvti_sa_put(struct dvti_sa *sa);

/*
 * Count packets and check limits. Called by the data path once per batch and SA, softirq.
 * Return: false when the hard limit has been reached: the batch must be dropped.
 */
bool dvti_sa_account(struct dvti_sa *sa, unsigned int packets, u64 bytes);

/* Sequence numbers are used up: the SA dies, one hard event goes out. Context: softirq. */
void dvti_sa_exhausted(struct dvti_sa *sa);

/*
 * An authenticated packet came from @remote; the event goes out once per new place.
 * Context: softirq, RCU read side.
 */
void dvti_sa_peer_moved(struct dvti_sa *sa, const struct dvti_endpoints *from);

/**
 * struct dvti_sa_request - what a new SA shall be
 * @dir: enum dvti_direction
 * @esn: sequence numbers have 64 bits
 * @spi: as on the wire
 * @aead: enum dvti_aead
 * @key: keying material
 * @key_len: octets of @key
 * @window: anti-replay window in packets
 * @seq: last number sent, or highest received
 * @cookie: the daemon's
 * @limits: lifetimes
 * @selectors: NULL takes everything; taken over by dvti_sa_alloc() when that succeeds
 */
struct dvti_sa_request {
	u8 dir;
	bool esn;
	__be32 spi;
	u32 aead;
	const u8 *key;
	unsigned int key_len;
	u32 window;
	u64 seq;
	u64 cookie;
	struct dvti_limits limits;
	struct dvti_selectors *selectors;
};

/* Process context; may sleep for long (cipher modules), so not under RTNL. ERR_PTR, with the reason in @extack. */
struct dvti_sa *dvti_sa_alloc(const struct dvti_sa_request *req, struct netlink_ext_ack *extack);
void dvti_sa_discard(struct dvti_sa *sa);	/* one that was never installed */

/* RTNL held */
int dvti_sa_install(struct dvti_link *link, struct list_head *sas, struct netlink_ext_ack *extack);
int dvti_sa_stage_ends(struct dvti_sa *sa, const struct dvti_endpoints *ends, struct netlink_ext_ack *extack);
void dvti_sa_commit_ends(struct dvti_sa *sa, struct dvti_endpoints *ends);
void dvti_sa_abort_ends(struct dvti_sa *sa);
int dvti_sa_set_link_ends(struct dvti_link *link, struct dvti_endpoints *ends, struct netlink_ext_ack *extack);
void dvti_sa_set_limits(struct dvti_sa *sa, const struct dvti_limits *limits);
void dvti_sa_delete(struct dvti_sa *sa);
void dvti_sa_flush(struct dvti_link *link);
struct dvti_sa *dvti_sa_of_link(struct dvti_link *link, u8 dir, __be32 spi);

/* The data path may still hold the link's device: keep it until it does not. */
void dvti_sa_retire_link(struct dvti_link *link);

int dvti_sa_init_net(struct dvti_net *dn);
void dvti_sa_exit_net(struct dvti_net *dn);	/* waits for the last SA */
int dvti_sa_init(void);
void dvti_sa_exit(void);

#endif
