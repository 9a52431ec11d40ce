/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Gathering of packets on a CPU, and the unit in which they are worked on: the batch, packets of one SA in order.
 */
#ifndef DVTI_BATCH_H
#define DVTI_BATCH_H

#include <linux/netdevice.h>
#include <linux/skbuff.h>

#include "aead/aead.h"
#include "encap.h"
#include "esp.h"

struct dvti_lane;
struct dvti_link;
struct dvti_sa;

#define DVTI_BATCH_MAX 64

/**
 * struct dvti_batch_packet - what is remembered of an outbound packet while it is sealed
 * @len: of the inner packet
 * @tos: traffic class of the outer header
 * @ttl: its time to live or hop limit
 * @df: the outer packet must not be fragmented
 * @source: packet that must stay until those so far have been sealed, because they are copied from it, or NULL
 *
 * Neighbours that share one skb in their ops are parts of one UDP super-packet.
 */
struct dvti_batch_packet {
	u32 len;
	u8 tos;
	u8 ttl;
	bool df;
	struct sk_buff *source;
};

/**
 * struct dvti_batch - packets of one SA, to be sealed or opened together
 * @link: the SA's link
 * @sa: security association
 * @finish: takes the packets when all have been sealed or opened; each op has its result in err. Called once, on
 *          any CPU, with BH disabled and under RCU; after the batches that the same CPU gathered before, and before
 *          those that it gathers later
 * @napi: inbound: context for GRO
 * @cipher: seals or opens the packets
 * @pending: operations that have not finished, and one for the submitter
 * @lane: that the batch is in, see lane.h; this and the next three belong to the lane
 * @node: in lane->batches
 * @spare: the next of a list of unused batches
 * @done: the packets have been sealed or opened
 * @n: packets
 * @depth: outbound: how many of our links the packets have been through on this CPU
 * @sources: outbound: some packet has a source
 * @ids: outbound: packets that need an IPv4 ID
 * @bytes: outbound: of the inner packets
 * @encap: outbound: outer header and route
 * @packet: outbound
 * @op: the packets
 *
 * The lane of the CPU that gathers keeps some, so that no packet needs an allocation. A batch holds no references, see
 * dvti_batch_flush_sa().
 */
struct dvti_batch {
	struct dvti_link *link;
	struct dvti_sa *sa;
	void (*finish)(struct dvti_batch *b);
	struct napi_struct *napi;
	unsigned int (*cipher)(struct dvti_cipher *aead, struct dvti_aead_op *ops, unsigned int n);
	atomic_t pending;
	struct dvti_lane *lane;
	struct list_head node;
	struct dvti_batch *spare;
	bool done;
	u16 n;
	u8 depth;
	bool sources;
	u32 ids;
	u64 bytes;
	struct dvti_outer encap;
	struct dvti_batch_packet packet[DVTI_BATCH_MAX];
	struct dvti_aead_op op[DVTI_BATCH_MAX];
};

/* How many packets an skb stands for */
static inline unsigned int dvti_batch_segments(const struct sk_buff *skb)
{
	return max_t(unsigned int, skb_shinfo(skb)->gso_segs, 1);
}

/* Context of all below: BH disabled, RCU read side. */

/* From dvti_esp_out() and dvti_esp_in() alone. */
struct dvti_batch *dvti_batch_get(void);	/* NULL without memory */
void dvti_batch_put(struct dvti_batch *b);	/* one that was neither sealed nor opened */
void dvti_batch_seal(struct dvti_batch *b);	/* @b is gone afterwards */
void dvti_batch_open(struct dvti_batch *b);

/* From the lanes: one more, for dvti_batch_get(). */
struct dvti_batch *dvti_batch_new(void);

/* From other CPUs: put a batch that was taken from a lane through its cipher. */
void dvti_batch_work(struct dvti_batch *b);
struct dvti_lane *dvti_batch_lane(int cpu, bool in);

/* Process context: a NAPI context that no socket may poll. */
void dvti_batch_napi_add(struct net_device *dev, struct napi_struct *napi, int (*poll)(struct napi_struct *, int));

/*
 * Queue a packet for dvti_esp_out() or dvti_esp_in(), or bring it to its end before this returns. Return: false if the
 * queue of this CPU is full; the packet stays the caller's.
 */
bool dvti_batch_queue_out(struct sk_buff *skb);
bool dvti_batch_queue_in(struct sk_buff *skb, struct dvti_sa *sa);

/* How deep the packet being sent by this CPU already is in our own links; see dvti_batch_enter(). */
u8 dvti_batch_enter(u8 depth);
void dvti_batch_leave(u8 before);

/* esp_out.c and esp_in.c: packets of one link or SA that were gathered. Return: packets worked on. */
unsigned int dvti_esp_out(struct dvti_link *link, struct sk_buff **skbs, unsigned int n, u8 depth);
void dvti_esp_in(struct dvti_sa *sa, struct sk_buff **skbs, unsigned int n, struct napi_struct *napi);

#endif
