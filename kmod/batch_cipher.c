// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a batch goes through its cipher.
 *
 * A batch usually runs to its end at once on the CPU that has gathered it. While that CPU is busy all the time
 * (spread.c) it goes into the CPU's lane (lane.c), where others help with the cipher; so it does when the cipher
 * finishes later. Batches never overtake each other: as long as there is something in the lane all goes there.
 */
#include <linux/slab.h>

#include "batch_queue.h"
#include "sa.h"
#include "spread.h"

/* What makes it worth while to wake another CPU: packets to be delivered, octets to be sealed. */
#define DVTI_BATCH_SPREAD_IN 16
#define DVTI_BATCH_SPREAD_OUT 8192

static void dvti_batch_op_done(struct dvti_aead_op *op)
{
	struct dvti_batch *b = op->owner;

	if (atomic_dec_and_test(&b->pending))
		dvti_lane_done(b);
}

/**
 * dvti_batch_new() - memory for one more batch
 *
 * What its operations need to know of it stays the same for good.
 *
 * Return: NULL without memory.
 */
struct dvti_batch *dvti_batch_new(void)
{
	struct dvti_batch *b = kmalloc(sizeof(*b), GFP_ATOMIC);
	unsigned int i;

	if (unlikely(!b))
		return NULL;
	b->spare = NULL;
	for (i = 0; i < DVTI_BATCH_MAX; i++) {
		b->op[i].done = dvti_batch_op_done;
		b->op[i].owner = b;
	}
	return b;
}

struct dvti_batch *dvti_batch_get(void)
{
	struct dvti_lane *lane = &__this_cpu_read(dvti_batch_cpus->current_queue)->lane;
	struct dvti_batch *b;

	if (unlikely(!lane->spare))
		dvti_lane_refill(lane);
	b = lane->spare;
	if (unlikely(!b))
		return NULL;

	lane->spare = b->spare;
	b->n = 0;
	b->sources = false;
	b->ids = 0;
	b->bytes = 0;
	b->napi = NULL;
	return b;
}

void dvti_batch_put(struct dvti_batch *b)
{
	struct dvti_lane *lane = &__this_cpu_read(dvti_batch_cpus->current_queue)->lane;

	b->spare = lane->spare;
	lane->spare = b;
}

/* Return: how many operations finish later. The batch stays until the caller gives up its share of @pending. */
static unsigned int dvti_batch_cipher(struct dvti_batch *b)
{
	atomic_set(&b->pending, b->n + 1);
	return b->cipher(b->sa->aead, b->op, b->n);
}

/**
 * dvti_batch_work() - put a batch through its cipher
 * @b: from a lane
 *
 * Context: BH disabled, RCU read side, any CPU.
 */
void dvti_batch_work(struct dvti_batch *b)
{
	unsigned int later = dvti_batch_cipher(b);

	if (likely(!later) || atomic_sub_and_test(b->n + 1 - later, &b->pending))
		dvti_lane_done(b);
}

/* Is there so much to do for the cipher, or in delivery, that another CPU can be of use? */
static bool dvti_batch_is_heavy(const struct dvti_batch *b, const struct dvti_lane *lane)
{
	unsigned int i, octets = 0;

	if (lane->roams)
		return b->n >= DVTI_BATCH_SPREAD_IN;

	for (i = 0; i < b->n; i++)
		octets += b->op[i].len;
	return octets >= DVTI_BATCH_SPREAD_OUT;
}

/* Run the batch to its end here and now; nothing is in the lane. */
static void dvti_batch_run_here(struct dvti_batch_queue *q, struct dvti_batch *b)
{
	unsigned int later;

	/* Lists of a context that is not polled would wait until it is. */
	b->napi = q->lane.roams && q->polling ? &q->napi : NULL;
	later = dvti_batch_cipher(b);
	if (likely(!later)) {
		b->finish(b);
		dvti_batch_put(b);
		return;
	}

	/* Our own share of @pending keeps the batch where it is until it has its place. */
	dvti_lane_submit(&q->lane, b, true);
	if (!q->late) {
		atomic_sub(b->n - later, &b->pending);
		q->late = b;
	} else if (atomic_sub_and_test(b->n + 1 - later, &b->pending)) {
		dvti_lane_done(b);
	}
}

static void dvti_batch_run(struct dvti_batch *b)
{
	struct dvti_batch_queue *q = __this_cpu_read(dvti_batch_cpus->current_queue);

	if (dvti_lane_idle(&q->lane) && !(q->spread && dvti_batch_is_heavy(b, &q->lane))) {
		dvti_batch_run_here(q, b);
		return;
	}

	dvti_lane_submit(&q->lane, b, false);
	if (q->spread)
		dvti_spread_ask(&q->lane);
	/* Who finds no help, or not enough of it, works himself. */
	while ((b = dvti_lane_take_surplus(&q->lane)))
		dvti_batch_work(b);
}

void dvti_batch_seal(struct dvti_batch *b)
{
	b->cipher = dvti_aead_seal;
	dvti_batch_run(b);
}

void dvti_batch_open(struct dvti_batch *b)
{
	b->cipher = dvti_aead_open;
	dvti_batch_run(b);
}
