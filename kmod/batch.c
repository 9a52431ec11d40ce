// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where packets wait until this CPU works on them, and how a batch goes through the cipher.
 *
 * Senders and the ESP handlers only queue. Two NAPI contexts per CPU take the queues up when the softirq that
 * filled them has done the rest of its work, so whatever has arrived together is sealed or opened together.
 *
 * Queued packets hold no references: an outbound one has a bare pointer to its device, an inbound one to its SA.
 * Who removes either waits with dvti_batch_flush_sa() until all that was queued before has been worked on.
 */
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "batch.h"
#include "link.h"
#include "sa.h"

/* Per CPU, in skbs. Inbound ones are single packets where a burst of outbound ones may be a few large skbs. */
#define DVTI_BATCH_QUEUE_OUT 1024
#define DVTI_BATCH_QUEUE_IN 4096

/**
 * struct dvti_batch_queue - packets that wait on one CPU
 * @skbs: only this CPU touches it, with BH disabled
 * @napi: takes them up
 * @taken: packets being worked on; not on the stack, which is deep enough when a sender's own softirq gets here
 * @others: scratch of dvti_batch_group()
 * @polled: taken from @skbs so far
 * @queued: put into @skbs so far; read by dvti_batch_flush_sa()
 * @done: left our hands so far; read by dvti_batch_flush_sa()
 */
struct dvti_batch_queue {
	struct sk_buff_head skbs;
	struct napi_struct napi;
	struct sk_buff *taken[DVTI_BATCH_MAX];
	struct sk_buff *others[DVTI_BATCH_MAX];
	unsigned long polled;
	unsigned long queued;
	unsigned long done;
};

struct dvti_batch_cpu {
	struct dvti_batch_queue out, in;
	struct dvti_batch *spare;
	u8 depth;
};

/* What a queued packet carries in its control block. */
struct dvti_batch_cb {
	struct dvti_sa *sa;	/* inbound */
	u8 depth;		/* outbound */
};

static DEFINE_PER_CPU(struct dvti_batch_cpu, dvti_batch_cpus);
static struct net_device *dvti_batch_dev;

static struct dvti_batch_cb *dvti_batch_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct dvti_batch_cb) > sizeof_field(struct sk_buff, cb));
	return (struct dvti_batch_cb *)skb->cb;
}

struct dvti_batch *dvti_batch_get(void)
{
	struct dvti_batch *b = __this_cpu_read(dvti_batch_cpus.spare);

	if (likely(b))
		__this_cpu_write(dvti_batch_cpus.spare, NULL);
	else
		b = kmalloc(sizeof(*b), GFP_ATOMIC);
	if (likely(b)) {
		b->n = 0;
		b->napi = NULL;
	}
	return b;
}

void dvti_batch_put(struct dvti_batch *b)
{
	if (likely(!__this_cpu_read(dvti_batch_cpus.spare)))
		__this_cpu_write(dvti_batch_cpus.spare, b);
	else
		kfree(b);
}

/* The last of several asynchronous operations has finished. */
static void dvti_batch_finish_late(struct dvti_batch *b)
{
	struct dvti_sa *sa = b->sa;
	struct net_device *dev = b->link->dev;
	netdevice_tracker tracker = b->dev_tracker;

	rcu_read_lock();
	b->finish(b);
	dvti_batch_put(b);
	rcu_read_unlock();

	dvti_sa_put(sa);
	netdev_put(dev, &tracker);
}

static void dvti_batch_op_done(struct dvti_aead_op *op)
{
	struct dvti_batch *b = op->owner;

	if (atomic_dec_and_test(&b->pending))
		dvti_batch_finish_late(b);
}

static void dvti_batch_run(struct dvti_batch *b,
			   unsigned int (*cipher)(struct dvti_cipher *aead, struct dvti_aead_op *ops, unsigned int n))
{
	unsigned int i, later;

	for (i = 0; i < b->n; i++) {
		b->op[i].done = dvti_batch_op_done;
		b->op[i].owner = b;
	}

	atomic_set(&b->pending, b->n + 1);
	later = cipher(b->sa->aead, b->op, b->n);
	if (likely(!later)) {
		b->finish(b);
		dvti_batch_put(b);
		return;
	}

	/* Our own share of @pending keeps the batch until we have given it its references. */
	b->napi = NULL;
	WARN_ON_ONCE(!dvti_sa_get(b->sa));
	netdev_hold(b->link->dev, &b->dev_tracker, GFP_ATOMIC);
	if (atomic_sub_and_test(b->n + 1 - later, &b->pending))
		dvti_batch_finish_late(b);
}

void dvti_batch_seal(struct dvti_batch *b)
{
	dvti_batch_run(b, dvti_aead_seal);
}

void dvti_batch_open(struct dvti_batch *b)
{
	dvti_batch_run(b, dvti_aead_open);
}

static void dvti_batch_count_sa(struct dvti_sa *sa, unsigned int packets, u64 bytes)
{
	struct dvti_sa_stats *stats = this_cpu_ptr(sa->stats);

	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->packets, packets);
	u64_stats_add(&stats->bytes, bytes);
	u64_stats_update_end(&stats->syncp);
}

void dvti_batch_count_out(const struct dvti_batch *b, unsigned int packets, u64 bytes)
{
	struct dvti_link_stats *stats = this_cpu_ptr(b->link->stats);

	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->tx_packets, packets);
	u64_stats_add(&stats->tx_bytes, bytes);
	u64_stats_update_end(&stats->syncp);
	dvti_batch_count_sa(b->sa, packets, bytes);
}

void dvti_batch_count_in(const struct dvti_batch *b, unsigned int packets, u64 bytes)
{
	struct dvti_link_stats *stats = this_cpu_ptr(b->link->stats);

	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->rx_packets, packets);
	u64_stats_add(&stats->rx_bytes, bytes);
	u64_stats_update_end(&stats->syncp);
	dvti_batch_count_sa(b->sa, packets, bytes);
}

static bool dvti_batch_queue(struct dvti_batch_queue *q, struct sk_buff *skb, unsigned int max)
{
	if (unlikely(skb_queue_len(&q->skbs) >= max))
		return false;

	__skb_queue_tail(&q->skbs, skb);
	WRITE_ONCE(q->queued, q->queued + 1);
	if (skb_queue_len(&q->skbs) == 1)
		napi_schedule(&q->napi);
	return true;
}

bool dvti_batch_queue_out(struct sk_buff *skb)
{
	struct dvti_batch_cpu *cpu = this_cpu_ptr(&dvti_batch_cpus);

	dvti_batch_cb(skb)->depth = cpu->depth;
	return dvti_batch_queue(&cpu->out, skb, DVTI_BATCH_QUEUE_OUT);
}

bool dvti_batch_queue_in(struct sk_buff *skb, struct dvti_sa *sa)
{
	struct dvti_batch_cpu *cpu = this_cpu_ptr(&dvti_batch_cpus);

	dvti_batch_cb(skb)->sa = sa;
	return dvti_batch_queue(&cpu->in, skb, DVTI_BATCH_QUEUE_IN);
}

/**
 * dvti_batch_enter() - note that outer packets are sent now
 * @depth: links of ours that they have come through, this one included
 *
 * A queue between two links hides recursion from the stack, so whoever sends while this is noted passes the
 * depth on, and a loop ends with a counter instead of running for ever.
 *
 * Return: for dvti_batch_leave().
 */
u8 dvti_batch_enter(u8 depth)
{
	u8 before = __this_cpu_read(dvti_batch_cpus.depth);

	__this_cpu_write(dvti_batch_cpus.depth, depth);
	return before;
}

void dvti_batch_leave(u8 before)
{
	__this_cpu_write(dvti_batch_cpus.depth, before);
}

/* Take up to @max packets. Return: how many are in @q->taken. */
static unsigned int dvti_batch_dequeue(struct dvti_batch_queue *q, unsigned int max)
{
	unsigned int n = 0;

	while (n < max) {
		q->taken[n] = __skb_dequeue(&q->skbs);
		if (!q->taken[n])
			break;
		n++;
	}

	q->polled += n;
	return n;
}

/*
 * Move the packets of one group to the front of @skbs, keeping the order in the group and among the rest.
 * @others: scratch. @key: tells the group of a packet. Return: size of the group.
 */
static unsigned int dvti_batch_group(struct sk_buff **skbs, unsigned int n, struct sk_buff **others,
				     const void *(*key)(struct sk_buff *skb))
{
	const void *first = key(skbs[0]);
	unsigned int i, same = 1, rest = 0;

	for (i = 1; i < n; i++) {
		if (likely(key(skbs[i]) == first))
			skbs[same++] = skbs[i];
		else
			others[rest++] = skbs[i];
	}

	if (rest)
		memcpy(skbs + same, others, rest * sizeof(*others));
	return same;
}

static const void *dvti_batch_key_out(struct sk_buff *skb)
{
	return skb->dev;
}

static const void *dvti_batch_key_in(struct sk_buff *skb)
{
	return dvti_batch_cb(skb)->sa;
}

static u8 dvti_batch_max_depth(struct sk_buff **skbs, unsigned int n)
{
	unsigned int i;
	u8 depth = 0;

	for (i = 0; i < n; i++)
		depth = max(depth, dvti_batch_cb(skbs[i])->depth);
	return depth;
}

static int dvti_batch_poll_out(struct napi_struct *napi, int budget)
{
	struct dvti_batch_queue *q = container_of(napi, struct dvti_batch_queue, napi);
	struct sk_buff **at;
	unsigned int n, same;
	int work = 0;

	rcu_read_lock();
	while (work < budget) {
		n = dvti_batch_dequeue(q, min_t(unsigned int, budget - work, DVTI_BATCH_MAX));
		if (!n)
			break;

		for (at = q->taken; n; at += same, n -= same) {
			same = dvti_batch_group(at, n, q->others, dvti_batch_key_out);
			work += dvti_esp_out(netdev_priv(at[0]->dev), at, same, dvti_batch_max_depth(at, same));
		}
	}
	rcu_read_unlock();

	/* Pairs with dvti_batch_wait(): no use of a device after this. */
	smp_store_release(&q->done, q->polled);
	if (work >= budget)
		return budget;

	napi_complete_done(napi, work);
	return work;
}

static int dvti_batch_poll_in(struct napi_struct *napi, int budget)
{
	struct dvti_batch_queue *q = container_of(napi, struct dvti_batch_queue, napi);
	struct sk_buff **at;
	unsigned int n, same;
	int work = 0;

	/* Pairs with dvti_batch_wait(): NAPI has delivered what the poll before this one left in its list. */
	smp_store_release(&q->done, q->polled);

	rcu_read_lock();
	while (work < budget) {
		n = dvti_batch_dequeue(q, min_t(unsigned int, budget - work, DVTI_BATCH_MAX));
		if (!n)
			break;
		work += n;

		for (at = q->taken; n; at += same, n -= same) {
			same = dvti_batch_group(at, n, q->others, dvti_batch_key_in);
			dvti_esp_in(dvti_batch_cb(at[0])->sa, at, same, napi);
		}
	}
	rcu_read_unlock();

	if (work >= budget) {
		napi_gro_flush(napi, false);
		return budget;
	}

	napi_complete_done(napi, work);
	/* Pairs with dvti_batch_wait(). */
	smp_store_release(&q->done, q->polled);
	return work;
}

static void dvti_batch_wait(struct dvti_batch_queue *q)
{
	unsigned long queued = READ_ONCE(q->queued);

	/* Pairs with the polls: what follows here must not overtake their last use of a packet. */
	while ((long)(smp_load_acquire(&q->done) - queued) < 0)
		schedule_timeout_uninterruptible(1);
}

/**
 * dvti_batch_flush_sa() - wait for all packets that have been queued before the call
 *
 * Called after a link has been closed, or an SA unpublished, and after the grace period that makes that certain.
 * Costs a look at two counters per CPU when nothing waits.
 *
 * Context: process, may sleep.
 */
void dvti_batch_flush_sa(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		dvti_batch_wait(&per_cpu(dvti_batch_cpus.out, cpu));
		dvti_batch_wait(&per_cpu(dvti_batch_cpus.in, cpu));
	}
}

static void dvti_batch_queue_init(struct dvti_batch_queue *q, int (*poll)(struct napi_struct *napi, int budget))
{
	__skb_queue_head_init(&q->skbs);
	/*
	 * Sockets that poll busily would take packets from under the CPU that owns the queue. Adding the context
	 * looks at the bit and then gives it no ID to be found by.
	 */
	set_bit(NAPI_STATE_NO_BUSY_POLL, &q->napi.state);
	netif_napi_add(dvti_batch_dev, &q->napi, poll);
	napi_enable(&q->napi);
}

static void dvti_batch_queue_destroy(struct dvti_batch_queue *q)
{
	napi_disable(&q->napi);
	netif_napi_del(&q->napi);
	__skb_queue_purge(&q->skbs);
}

/**
 * dvti_batch_init() - make the queues of all CPUs
 *
 * Return: 0 or a negative error.
 */
int dvti_batch_init(void)
{
	struct dvti_batch_cpu *c;
	int cpu, err;

	err = dvti_aead_init();
	if (err)
		return err;

	dvti_batch_dev = dvti_compat_alloc_dummy();
	if (!dvti_batch_dev) {
		dvti_aead_exit();
		return -ENOMEM;
	}

	for_each_possible_cpu(cpu) {
		c = per_cpu_ptr(&dvti_batch_cpus, cpu);
		dvti_batch_queue_init(&c->out, dvti_batch_poll_out);
		dvti_batch_queue_init(&c->in, dvti_batch_poll_in);
	}
	return 0;
}

/**
 * dvti_batch_exit() - free the queues
 *
 * Context: process; no link is left and the ESP handlers are gone.
 */
void dvti_batch_exit(void)
{
	struct dvti_batch_cpu *c;
	int cpu;

	/* A cipher's callback may have given back its references and still be on its way out of here. */
	synchronize_net();

	for_each_possible_cpu(cpu) {
		c = per_cpu_ptr(&dvti_batch_cpus, cpu);
		dvti_batch_queue_destroy(&c->out);
		dvti_batch_queue_destroy(&c->in);
		kfree(c->spare);
		c->spare = NULL;
	}

	dvti_compat_free_dummy(dvti_batch_dev);
	dvti_aead_exit();
}
