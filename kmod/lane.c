// SPDX-License-Identifier: GPL-2.0-only
/*
 * Order for batches that several CPUs put through the ciphers.
 *
 * The gathering CPU appends; whoever has time takes the oldest batch that nobody has taken, and says when it is done.
 * A NAPI context of the lane ends what stands at the head and is done. The core polls a context on one CPU at a time,
 * so batches end one after the other, and what GRO holds back stays in order as well. With the context the right to
 * end batches moves from CPU to CPU; where the lane does not roam, it is always scheduled on the gathering CPU.
 *
 * The lock is held for a few list operations, five times per batch.
 */
#include <linux/slab.h>

#include "batch.h"
#include "lane.h"

/*
 * Batches in reserve for each helper: while the gathering CPU works on one itself it gathers nothing, and nobody shall
 * run dry meanwhile.
 */
#define DVTI_LANE_RESERVE 3

/* Memory that a lane keeps. */
#define DVTI_LANE_SPARES 16

enum dvti_lane_kick {
	DVTI_LANE_KICK_PENDING,		/* @csd is on its way */
	DVTI_LANE_KICK_FINISH,		/* schedule @napi */
	DVTI_LANE_KICK_GATHER,		/* schedule @gatherer */
};

static void dvti_lane_kicked(void *data)
{
	struct dvti_lane *lane = data;

	clear_bit(DVTI_LANE_KICK_PENDING, &lane->kicks);
	/* A kick from now on sends the next call, one from before is seen below. */
	smp_mb__after_atomic();
	if (test_and_clear_bit(DVTI_LANE_KICK_FINISH, &lane->kicks))
		napi_schedule(&lane->napi);
	if (test_and_clear_bit(DVTI_LANE_KICK_GATHER, &lane->kicks))
		napi_schedule(lane->gatherer);
}

/* Get the gathering CPU to do something; if it has gone offline meanwhile, this one does it. */
static void dvti_lane_kick(struct dvti_lane *lane, enum dvti_lane_kick what)
{
	set_bit(what, &lane->kicks);
	if (test_and_set_bit(DVTI_LANE_KICK_PENDING, &lane->kicks))
		return;
	if (lane->cpu == smp_processor_id() || smp_call_function_single_async(lane->cpu, &lane->csd))
		dvti_lane_kicked(lane);
}

/**
 * dvti_lane_gather() - there is something to be gathered
 * @lane: of any CPU
 *
 * Context: BH disabled.
 */
void dvti_lane_gather(struct dvti_lane *lane)
{
	dvti_lane_kick(lane, DVTI_LANE_KICK_GATHER);
}

/* The batch at the head is done. */
static void dvti_lane_wake(struct dvti_lane *lane)
{
	if (lane->roams)
		napi_schedule(&lane->napi);
	else
		dvti_lane_kick(lane, DVTI_LANE_KICK_FINISH);
}

/**
 * dvti_lane_full() - should the gatherer stop gathering?
 * @lane: lane
 * @packets: that may be in it
 *
 * Return: true if so.
 */
bool dvti_lane_full(struct dvti_lane *lane, unsigned int packets)
{
	return READ_ONCE(lane->packets) >= packets || READ_ONCE(lane->depth) >= DVTI_LANE_BATCHES;
}

/**
 * dvti_lane_stall() - wait for room
 * @lane: lane
 * @packets: that may be in it
 *
 * Return: false if there is some already; else the gatherer will be scheduled when there is.
 */
bool dvti_lane_stall(struct dvti_lane *lane, unsigned int packets)
{
	bool full;

	spin_lock(&lane->lock);
	full = dvti_lane_full(lane, packets);
	lane->stalled = full;
	spin_unlock(&lane->lock);
	return full;
}

/**
 * dvti_lane_submit() - put a batch in
 * @lane: lane
 * @b: batch; its cipher has yet to run, unless @taken
 * @taken: the caller is at it already
 */
void dvti_lane_submit(struct dvti_lane *lane, struct dvti_batch *b, bool taken)
{
	b->lane = lane;
	b->done = false;

	spin_lock(&lane->lock);
	list_add_tail(&b->node, &lane->batches);
	lane->depth++;
	WRITE_ONCE(lane->packets, lane->packets + b->n);
	if (!taken) {
		if (!lane->next)
			lane->next = b;
		lane->waiting++;
	}
	spin_unlock(&lane->lock);
	WRITE_ONCE(lane->submitted, lane->submitted + 1);
}

static struct dvti_batch *dvti_lane_take_locked(struct dvti_lane *lane)
{
	struct dvti_batch *b = lane->next;

	lockdep_assert_held(&lane->lock);
	if (!b)
		return NULL;

	lane->waiting--;
	lane->next = lane->waiting ? list_next_entry(b, node) : NULL;
	return b;
}

/**
 * dvti_lane_take() - a batch to be put through its cipher
 * @lane: lane
 *
 * Return: the caller's until dvti_lane_done(), or NULL.
 */
struct dvti_batch *dvti_lane_take(struct dvti_lane *lane)
{
	struct dvti_batch *b;

	spin_lock(&lane->lock);
	b = dvti_lane_take_locked(lane);
	spin_unlock(&lane->lock);
	return b;
}

/**
 * dvti_lane_take_surplus() - the same, if more wait than those CPUs need that have been asked for help
 * @lane: lane
 *
 * Return: the caller's until dvti_lane_done(), or NULL.
 */
struct dvti_batch *dvti_lane_take_surplus(struct dvti_lane *lane)
{
	struct dvti_batch *b = NULL;

	spin_lock(&lane->lock);
	if (lane->waiting > lane->helpers * DVTI_LANE_RESERVE)
		b = dvti_lane_take_locked(lane);
	spin_unlock(&lane->lock);
	return b;
}

/**
 * dvti_lane_done() - a batch has been through its cipher
 * @b: from dvti_lane_take(), or submitted as taken
 */
void dvti_lane_done(struct dvti_batch *b)
{
	struct dvti_lane *lane = b->lane;
	bool first;

	spin_lock(&lane->lock);
	b->done = true;
	first = list_is_first(&b->node, &lane->batches);
	spin_unlock(&lane->lock);

	if (first)
		dvti_lane_wake(lane);
}

/* Take out the batch at the head if it is done. Return: NULL if there is none. */
static struct dvti_batch *dvti_lane_pop(struct dvti_lane *lane)
{
	struct dvti_batch *b;

	spin_lock(&lane->lock);
	b = list_first_entry_or_null(&lane->batches, struct dvti_batch, node);
	if (b && b->done) {
		list_del(&b->node);
		lane->polled++;
	} else {
		b = NULL;
	}
	spin_unlock(&lane->lock);
	return b;
}

/* A batch has ended; its memory goes back to the gatherer. */
static void dvti_lane_retire(struct dvti_lane *lane, struct dvti_batch *b)
{
	bool stalled;

	spin_lock(&lane->lock);
	lane->depth--;
	WRITE_ONCE(lane->packets, lane->packets - b->n);
	if (lane->n_returned < DVTI_LANE_SPARES) {
		b->spare = lane->returned;
		lane->returned = b;
		lane->n_returned++;
		b = NULL;
	}
	stalled = lane->stalled;
	lane->stalled = false;
	spin_unlock(&lane->lock);

	kfree(b);
	if (unlikely(stalled))
		dvti_lane_kick(lane, DVTI_LANE_KICK_GATHER);
}

/*
 * NAPI has delivered all that this context had taken out when @polled was read. The lock, because another CPU may be
 * at the next poll already.
 */
static void dvti_lane_publish(struct dvti_lane *lane, unsigned long polled)
{
	spin_lock(&lane->lock);
	if ((long)(polled - lane->finished) > 0)
		/* Pairs with dvti_lane_idle() and dvti_lane_wait(). */
		smp_store_release(&lane->finished, polled);
	spin_unlock(&lane->lock);
}

static int dvti_lane_poll(struct napi_struct *napi, int budget)
{
	struct dvti_lane *lane = container_of(napi, struct dvti_lane, napi);
	unsigned long polled;
	struct dvti_batch *b;
	int work = 0;

	/* What the poll before this one has left in NAPI's list is delivered by now. */
	if (lane->polled != lane->finished)
		dvti_lane_publish(lane, lane->polled);

	rcu_read_lock();
	while (work < budget && (b = dvti_lane_pop(lane))) {
		work += b->n;
		b->napi = lane->roams ? napi : NULL;
		b->finish(b);
		dvti_lane_retire(lane, b);
	}
	rcu_read_unlock();
	polled = lane->polled;

	if (work >= budget) {
		napi_gro_flush(napi, false);
		return budget;
	}
	napi_complete_done(napi, work);
	dvti_lane_publish(lane, polled);
	return work;
}

/**
 * dvti_lane_refill() - get spare batches for a lane that has none
 * @lane: lane of the gatherer
 *
 * Without memory it has none afterwards either.
 */
void dvti_lane_refill(struct dvti_lane *lane)
{
	if (READ_ONCE(lane->n_returned)) {
		spin_lock(&lane->lock);
		lane->spare = lane->returned;
		lane->returned = NULL;
		lane->n_returned = 0;
		spin_unlock(&lane->lock);
	} else {
		lane->spare = dvti_batch_new();
	}
}

/**
 * dvti_lane_wait() - wait for the end of all batches that have been put in before the call
 * @lane: lane
 *
 * Context: process, may sleep.
 */
void dvti_lane_wait(struct dvti_lane *lane)
{
	unsigned long submitted = READ_ONCE(lane->submitted);

	/* Pairs with dvti_lane_publish(): what follows must not overtake the last use of a batch. */
	while ((long)(smp_load_acquire(&lane->finished) - submitted) < 0)
		schedule_timeout_uninterruptible(1);
}

/**
 * dvti_lane_init() - make a lane
 * @lane: zeroed
 * @dev: for NAPI
 * @cpu: that gathers
 * @gatherer: its context
 * @roams: see struct dvti_lane
 */
void dvti_lane_init(struct dvti_lane *lane, struct net_device *dev, int cpu, struct napi_struct *gatherer, bool roams)
{
	lane->cpu = cpu;
	lane->gatherer = gatherer;
	lane->roams = roams;
	spin_lock_init(&lane->lock);
	INIT_LIST_HEAD(&lane->batches);
	INIT_CSD(&lane->csd, dvti_lane_kicked, lane);
	dvti_batch_napi_add(dev, &lane->napi, dvti_lane_poll);
}

/**
 * dvti_lane_settle() - wait until no call to the gathering CPU is on its way
 * @lane: idle for good
 *
 * Context: process, may sleep; an RCU grace period must follow before dvti_lane_destroy().
 */
void dvti_lane_settle(struct dvti_lane *lane)
{
	while (test_bit(DVTI_LANE_KICK_PENDING, &lane->kicks))
		schedule_timeout_uninterruptible(1);
}

static void dvti_lane_free(struct dvti_batch *b)
{
	struct dvti_batch *next;

	for (; b; b = next) {
		next = b->spare;
		kfree(b);
	}
}

/**
 * dvti_lane_destroy() - free what a lane holds
 * @lane: idle for good, settled
 */
void dvti_lane_destroy(struct dvti_lane *lane)
{
	WARN_ON_ONCE(!list_empty(&lane->batches));
	napi_disable(&lane->napi);
	netif_napi_del(&lane->napi);
	dvti_lane_free(lane->spare);
	dvti_lane_free(lane->returned);
	lane->spare = NULL;
	lane->returned = NULL;
	lane->n_returned = 0;
}
