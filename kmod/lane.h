/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A lane: the batches that one CPU has gathered in one direction, between the start of the cipher and their end.
 * Any CPU may put a batch through the cipher; they end one after the other, in the order in which they came.
 */
#ifndef DVTI_LANE_H
#define DVTI_LANE_H

#include <linux/list.h>
#include <linux/netdevice.h>
#include <linux/smp.h>
#include <linux/spinlock.h>

struct dvti_batch;

/** Batches in a lane; room for many small ones costs memory and gains nothing. */
#define DVTI_LANE_BATCHES 64

/**
 * struct dvti_lane - see above
 * @gatherer: NAPI context that fills the lane
 * @cpu: that gathers
 * @roams: batches may end on any CPU, else on @cpu, which leaves the choice of transmit queues to it alone
 * @submitted: batches that have been put in so far; written by the gatherer
 * @spare: batches for the gatherer alone
 * @lock: protects what follows, on any CPU with BH disabled
 * @batches: in order
 * @next: the first that no CPU has taken, or NULL
 * @returned: memory of batches that have ended
 * @n_returned: how many
 * @waiting: from @next on
 * @helpers: CPUs that have been asked to take some and have not left again
 * @packets: in the lane
 * @depth: batches in the lane
 * @stalled: the gatherer wants to know when there is room again
 * @napi: ends batches
 * @polled: that @napi has taken out so far
 * @finished: of these, how many have left NAPI's lists, too
 * @kicks: bits, see lane.c
 * @csd: gets @cpu to do what @kicks says
 */
struct dvti_lane {
	struct napi_struct *gatherer;
	int cpu;
	bool roams;
	unsigned long submitted;
	struct dvti_batch *spare;

	spinlock_t lock ____cacheline_aligned_in_smp;	/* see above */
	struct list_head batches;
	struct dvti_batch *next;
	struct dvti_batch *returned;
	unsigned int n_returned;
	unsigned int waiting;
	unsigned int helpers;
	unsigned int packets;
	unsigned int depth;
	bool stalled;
	struct napi_struct napi;
	unsigned long polled;
	unsigned long finished;
	unsigned long kicks;
	call_single_data_t csd;
};

/**
 * dvti_lane_idle() - has everything come to its end that was ever put in?
 * @lane: lane
 *
 * If so, the gatherer may work on a batch by itself, and what it delivers overtakes nothing. To other CPUs, too, the
 * answer is of use if they know that a batch has been submitted.
 *
 * Return: true if so.
 */
static inline bool dvti_lane_idle(const struct dvti_lane *lane)
{
	/* Pairs with dvti_lane_publish(). */
	return smp_load_acquire(&lane->finished) == READ_ONCE(lane->submitted);
}

/* Process context; @gatherer has been added to @dev */
void dvti_lane_init(struct dvti_lane *lane, struct net_device *dev, int cpu, struct napi_struct *gatherer, bool roams);
void dvti_lane_settle(struct dvti_lane *lane);
void dvti_lane_destroy(struct dvti_lane *lane);
void dvti_lane_wait(struct dvti_lane *lane);

/* BH disabled, from the gatherer's poll alone */
bool dvti_lane_full(struct dvti_lane *lane, unsigned int packets);
bool dvti_lane_stall(struct dvti_lane *lane, unsigned int packets);
void dvti_lane_submit(struct dvti_lane *lane, struct dvti_batch *b, bool taken);
void dvti_lane_refill(struct dvti_lane *lane);

/* BH disabled, any CPU */
struct dvti_batch *dvti_lane_take(struct dvti_lane *lane);
struct dvti_batch *dvti_lane_take_surplus(struct dvti_lane *lane);
void dvti_lane_done(struct dvti_batch *b);	/* @b is gone afterwards */
void dvti_lane_gather(struct dvti_lane *lane);

#endif
