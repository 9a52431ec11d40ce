// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where packets wait until this CPU works on them.
 *
 * Senders and the ESP handlers only queue. Two NAPI contexts per CPU take the queues up when the softirq that
 * filled them has done the rest of its work, so whatever has arrived together is sealed or opened together.
 *
 * What is gathered goes through the cipher as batches (batch_cipher.c), at once or in the lane of the CPU.
 *
 * Where packets come one by one there is nothing to gather, and two more rounds of NAPI would be most of what one
 * costs: a poll that finds a packet alone lets the next ones go to their end in the hands of whoever brings them. Now
 * and then one takes the way through the queue, to see whether that is still so.
 *
 * Queued packets hold no references: an outbound one has a bare pointer to its device, an inbound one to its SA.
 * Who removes either waits with dvti_batch_flush_sa() until all that was queued before has been worked on.
 */
#include <linux/cpuhotplug.h>
#include <linux/hash.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <net/sock.h>

#include "batch_queue.h"
#include "link.h"
#include "sa.h"
#include "spread.h"

/* Per CPU: skbs of senders, whose sockets are charged for them; packets of whoever sends to us. */
#define DVTI_BATCH_QUEUE_OUT 1024
#define DVTI_BATCH_QUEUE_IN 4096

/* How many packets go at once when a poll has found one alone: few beside a burst, many beside one that was queued. */
#define DVTI_BATCH_AT_ONCE 64

/* CPUs that sockets send through, by hash. */
#define DVTI_BATCH_HOME_BITS 8

/* What a queued packet carries in its control block. */
struct dvti_batch_cb {
	struct dvti_sa *sa;	/* inbound */
	u8 depth;		/* outbound */
};

struct dvti_batch_cpu __percpu *dvti_batch_cpus;
static int dvti_batch_homes[1 << DVTI_BATCH_HOME_BITS];
static struct net_device *dvti_batch_dev;
static enum cpuhp_state dvti_batch_cpuhp;

static struct dvti_batch_cb *dvti_batch_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct dvti_batch_cb) > sizeof_field(struct sk_buff, cb));
	return (struct dvti_batch_cb *)skb->cb;
}

/**
 * dvti_batch_lane() - a lane by its CPU
 * @cpu: possible CPU
 * @in: of inbound batches
 *
 * Return: the lane.
 */
struct dvti_lane *dvti_batch_lane(int cpu, bool in)
{
	struct dvti_batch_cpu *c = per_cpu_ptr(dvti_batch_cpus, cpu);

	return in ? &c->in.lane : &c->out.lane;
}

static void dvti_batch_queue(struct dvti_batch_queue *q, struct sk_buff *skb)
{
	__skb_queue_tail(&q->skbs, skb);
	q->packets += dvti_batch_segments(skb);
	WRITE_ONCE(q->queued, q->queued + 1);
	if (skb_queue_len(&q->skbs) == 1)
		napi_schedule(&q->napi);
}

/* Does @q have packets that have not come to their end? From any CPU; errs towards true. */
static bool dvti_batch_occupied(const struct dvti_batch_queue *q)
{
	/* Packets go on from one to the next, so they are looked at in that order. Pairs with dvti_batch_admit(). */
	if (smp_load_acquire(&q->admitted) != READ_ONCE(q->invited))
		return true;
	/* Pairs with dvti_batch_poll_out(): what has left the queue is seen in the lane. */
	if (smp_load_acquire(&q->done) != READ_ONCE(q->queued))
		return true;
	return !dvti_lane_idle(&q->lane);
}

/* Leave a packet with the CPU that @q belongs to. Return: false if there is no room. */
static noinline bool dvti_batch_visit(struct dvti_batch_queue *q, struct sk_buff *skb)
{
	bool fits, first;

	spin_lock(&q->guests.lock);
	first = skb_queue_empty(&q->guests);
	fits = skb_queue_len(&q->guests) < DVTI_BATCH_QUEUE_OUT;
	if (likely(fits)) {
		__skb_queue_tail(&q->guests, skb);
		WRITE_ONCE(q->invited, q->invited + 1);
	}
	spin_unlock(&q->guests.lock);

	if (first)
		dvti_lane_gather(&q->lane);
	return fits;
}

/* What other CPUs have left comes when all that was there before has been taken. */
static void dvti_batch_admit(struct dvti_batch_queue *q)
{
	struct sk_buff *skb;
	unsigned int n;

	if (likely(skb_queue_empty_lockless(&q->guests)))
		return;

	spin_lock(&q->guests.lock);
	n = skb_queue_len(&q->guests);
	skb_queue_walk(&q->guests, skb)
		q->packets += dvti_batch_segments(skb);
	skb_queue_splice_tail_init(&q->guests, &q->skbs);
	WRITE_ONCE(q->queued, q->queued + n);
	/* Pairs with dvti_batch_wait(): @queued has them. */
	smp_store_release(&q->admitted, q->admitted + n);
	spin_unlock(&q->guests.lock);
}

/*
 * Is there more of a stream on its way out of this host? Its packets come from the program's CPU and from those that
 * work on what it receives, so one that has gone to its end may still be behind others in a backlog there.
 */
static bool dvti_batch_flows(const struct sk_buff *skb)
{
	const struct sock *sk = skb->sk;

	/* One octet is left while the socket waits for its turn to send more. */
	return sk_fullsock(sk) && sk->sk_type == SOCK_STREAM && sk_wmem_alloc_get(sk) > (int)skb->truesize + 1;
}

/* The queue that goes on for a socket which has sent through another CPU, or has never sent. */
static struct dvti_batch_queue *dvti_batch_at_home(int *home, const struct sk_buff *skb)
{
	struct dvti_batch_queue *q = &per_cpu_ptr(dvti_batch_cpus, READ_ONCE(*home))->out;

	if (cpu_online(q->lane.cpu) && (dvti_batch_occupied(q) || dvti_batch_flows(skb)))
		return q;

	WRITE_ONCE(*home, smp_processor_id());
	return &this_cpu_ptr(dvti_batch_cpus)->out;
}

/* Packets of @q are worked on from here on. Return: for dvti_batch_end(). */
static struct dvti_batch_queue *dvti_batch_begin(struct dvti_batch_queue *q)
{
	struct dvti_batch_queue *before = __this_cpu_read(dvti_batch_cpus->current_queue);

	__this_cpu_write(dvti_batch_cpus->current_queue, q);
	q->working = true;
	return before;
}

static void dvti_batch_end(struct dvti_batch_queue *q, struct dvti_batch_queue *before)
{
	q->working = false;
	__this_cpu_write(dvti_batch_cpus->current_queue, before);
}

/* The lists of NAPI are empty. */
static void dvti_batch_release_late(struct dvti_batch_queue *q)
{
	struct dvti_batch *b = q->late;

	if (likely(!b))
		return;
	q->late = NULL;
	if (atomic_dec_and_test(&b->pending))
		dvti_lane_done(b);
}

/*
 * May @skb be worked on now? Not before what has come earlier, and not in the middle of work on another, whose stack
 * would grow with every link inside a link. Large packets are many, and may be spread.
 */
static bool dvti_batch_takes_at_once(struct dvti_batch_queue *q, const struct sk_buff *skb)
{
	if (!q->at_once || q->working || skb_is_gso(skb) || !skb_queue_empty(&q->skbs) || !dvti_lane_idle(&q->lane))
		return false;

	q->at_once--;
	q->spread = false;
	return true;
}

static void dvti_batch_out_at_once(struct dvti_batch_queue *q, struct sk_buff *skb)
{
	struct dvti_batch_queue *before = dvti_batch_begin(q);

	rcu_read_lock();
	dvti_esp_out(netdev_priv(skb->dev), &skb, 1, dvti_batch_cb(skb)->depth);
	dvti_batch_release_late(q);
	rcu_read_unlock();
	dvti_batch_end(q, before);
}

static void dvti_batch_in_at_once(struct dvti_batch_queue *q, struct sk_buff *skb, struct dvti_sa *sa)
{
	struct dvti_batch_queue *before = dvti_batch_begin(q);

	dvti_esp_in(sa, &skb, 1, NULL);
	dvti_batch_release_late(q);
	dvti_batch_end(q, before);
}

/**
 * dvti_batch_queue_out() - queue a packet for dvti_esp_out()
 * @skb: inner packet
 *
 * What is forwarded stays on its CPU, which is the same for all of a flow. A socket sends from the CPU of its program
 * and from those that work on what it receives, one at a time, and its packets must not overtake each other because
 * different CPUs have gathered them: as long as there is anything in the queue or the lane of the CPU that the last
 * ones went through, they follow them there, and a stream does until all of it has left the host. Sockets that share a
 * place in the table of CPUs do no harm.
 *
 * Return: false if the queue is full; the packet stays the caller's.
 */
bool dvti_batch_queue_out(struct sk_buff *skb)
{
	struct dvti_batch_cpu *cpu = this_cpu_ptr(dvti_batch_cpus);
	struct dvti_batch_queue *q = &cpu->out;
	int *home;

	dvti_batch_cb(skb)->depth = cpu->depth;
	if (skb->sk) {
		home = &dvti_batch_homes[hash_ptr(skb->sk, DVTI_BATCH_HOME_BITS)];
		if (unlikely(READ_ONCE(*home) != smp_processor_id()))
			q = dvti_batch_at_home(home, skb);
	}

	/* Behind guests that wait already. */
	if (unlikely(q != &cpu->out || !skb_queue_empty_lockless(&q->guests)))
		return dvti_batch_visit(q, skb);
	if (dvti_batch_takes_at_once(q, skb)) {
		dvti_batch_out_at_once(q, skb);
		return true;
	}
	if (unlikely(skb_queue_len(&q->skbs) >= DVTI_BATCH_QUEUE_OUT))
		return false;
	dvti_batch_queue(q, skb);
	return true;
}

bool dvti_batch_queue_in(struct sk_buff *skb, struct dvti_sa *sa)
{
	struct dvti_batch_cpu *cpu = this_cpu_ptr(dvti_batch_cpus);

	if (dvti_batch_takes_at_once(&cpu->in, skb)) {
		dvti_batch_in_at_once(&cpu->in, skb, sa);
		return true;
	}
	if (unlikely(cpu->in.packets >= DVTI_BATCH_QUEUE_IN))
		return false;

	dvti_batch_cb(skb)->sa = sa;
	dvti_batch_queue(&cpu->in, skb);
	return true;
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
	u8 before = __this_cpu_read(dvti_batch_cpus->depth);

	__this_cpu_write(dvti_batch_cpus->depth, depth);
	return before;
}

void dvti_batch_leave(u8 before)
{
	__this_cpu_write(dvti_batch_cpus->depth, before);
}

/*
 * Take skbs with some @max packets, one skb at least, and no more than @q->taken holds. @packets: gets how many.
 * Return: how many skbs are in @q->taken.
 */
static unsigned int dvti_batch_dequeue(struct dvti_batch_queue *q, unsigned int max, unsigned int *packets)
{
	unsigned int n = 0, sum = 0;

	max = min_t(unsigned int, max, DVTI_BATCH_MAX);
	while (sum < max) {
		q->taken[n] = __skb_dequeue(&q->skbs);
		if (!q->taken[n])
			break;
		sum += dvti_batch_segments(q->taken[n]);
		n++;
	}

	q->packets -= sum;
	q->polled += n;
	*packets = sum;
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

/*
 * May more be gathered? If the lane is full this CPU helps to empty it; when the rest of it is in the hands of others
 * the queue waits, and the lane schedules its poll again.
 */
static bool dvti_batch_has_room(struct dvti_batch_queue *q)
{
	unsigned int packets;
	struct dvti_batch *b;

	if (likely(dvti_lane_idle(&q->lane)))
		return true;

	packets = dvti_spread_packets();
	while (dvti_lane_full(&q->lane, packets)) {
		b = dvti_lane_take(&q->lane);
		if (b)
			dvti_batch_work(b);
		else if (dvti_lane_stall(&q->lane, packets))
			return false;
	}
	return true;
}

/* Before a poll of @q. Return: for dvti_batch_end_poll(). */
static struct dvti_batch_queue *dvti_batch_begin_poll(struct dvti_batch_queue *q)
{
	q->polling = true;
	q->spread = dvti_spread_busy();
	return dvti_batch_begin(q);
}

static void dvti_batch_end_poll(struct dvti_batch_queue *q, struct dvti_batch_queue *before, int work)
{
	q->polling = false;
	q->at_once = work == 1 ? DVTI_BATCH_AT_ONCE : 0;
	dvti_batch_end(q, before);
}

static int dvti_batch_poll_out(struct napi_struct *napi, int budget)
{
	struct dvti_batch_queue *q = container_of(napi, struct dvti_batch_queue, napi), *before;
	struct sk_buff **at;
	unsigned int n, same, packets;
	int work = 0;

	before = dvti_batch_begin_poll(q);
	rcu_read_lock();
	while (work < budget && dvti_batch_has_room(q)) {
		if (skb_queue_empty(&q->skbs))
			dvti_batch_admit(q);
		n = dvti_batch_dequeue(q, budget - work, &packets);
		if (!n)
			break;

		for (at = q->taken; n; at += same, n -= same) {
			same = dvti_batch_group(at, n, q->others, dvti_batch_key_out);
			work += dvti_esp_out(netdev_priv(at[0]->dev), at, same, dvti_batch_max_depth(at, same));
		}
	}
	dvti_batch_release_late(q);
	rcu_read_unlock();
	dvti_batch_end_poll(q, before, work);

	/* Pairs with dvti_batch_wait(): no use of a device after this. */
	smp_store_release(&q->done, q->polled);
	if (work >= budget)
		return budget;

	napi_complete_done(napi, work);
	return work;
}

static int dvti_batch_poll_in(struct napi_struct *napi, int budget)
{
	struct dvti_batch_queue *q = container_of(napi, struct dvti_batch_queue, napi), *before;
	struct sk_buff **at;
	unsigned int n, same, packets;
	int work = 0;

	/* NAPI has delivered what the poll before this one left in its list. */
	dvti_batch_release_late(q);
	/* Pairs with dvti_batch_wait(). */
	smp_store_release(&q->done, q->polled);

	before = dvti_batch_begin_poll(q);
	rcu_read_lock();
	while (work < budget && dvti_batch_has_room(q)) {
		n = dvti_batch_dequeue(q, budget - work, &packets);
		if (!n)
			break;
		work += packets;

		for (at = q->taken; n; at += same, n -= same) {
			same = dvti_batch_group(at, n, q->others, dvti_batch_key_in);
			dvti_esp_in(dvti_batch_cb(at[0])->sa, at, same, napi);
		}
	}
	rcu_read_unlock();
	dvti_batch_end_poll(q, before, work);

	if (work >= budget) {
		napi_gro_flush(napi, false);
		return budget;
	}

	napi_complete_done(napi, work);
	dvti_batch_release_late(q);
	/* Pairs with dvti_batch_wait(). */
	smp_store_release(&q->done, q->polled);
	return work;
}

static void dvti_batch_wait(struct dvti_batch_queue *q)
{
	unsigned long invited = READ_ONCE(q->invited), queued;

	/* Pairs with dvti_batch_admit(). */
	while ((long)(smp_load_acquire(&q->admitted) - invited) < 0)
		schedule_timeout_uninterruptible(1);
	queued = READ_ONCE(q->queued);

	/* Pairs with the polls: what follows here must not overtake their last use of a packet. */
	while ((long)(smp_load_acquire(&q->done) - queued) < 0)
		schedule_timeout_uninterruptible(1);
}

static void dvti_batch_wait_cpu(int cpu)
{
	struct dvti_batch_cpu *c = per_cpu_ptr(dvti_batch_cpus, cpu);

	/* What has left the queue is in the lane, or has come to its end. */
	dvti_batch_wait(&c->out);
	dvti_lane_wait(&c->out.lane);
	dvti_batch_wait(&c->in);
	dvti_lane_wait(&c->in.lane);
}

/**
 * dvti_batch_flush_sa() - wait for all packets that have been queued before the call
 *
 * Called after a link has been closed, or an SA unpublished, and after the grace period that makes that certain.
 * Costs a look at a few counters per CPU when nothing waits.
 *
 * Context: process, may sleep.
 */
void dvti_batch_flush_sa(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		dvti_batch_wait_cpu(cpu);
}

/*
 * When a CPU goes offline the core moves what it had scheduled to another one. Should it come back before that has
 * finished, two CPUs would be at its queues.
 */
static int dvti_batch_cpu_prepare(unsigned int cpu)
{
	dvti_batch_wait_cpu(cpu);
	return 0;
}

/**
 * dvti_batch_napi_add() - make a NAPI context that no socket polls
 * @dev: device
 * @napi: context
 * @poll: its poll function
 *
 * Sockets that poll busily would take packets from under the CPU that owns a queue. Adding the context looks at the
 * bit and then gives it no ID to be found by.
 */
void dvti_batch_napi_add(struct net_device *dev, struct napi_struct *napi, int (*poll)(struct napi_struct *, int))
{
	set_bit(NAPI_STATE_NO_BUSY_POLL, &napi->state);
	netif_napi_add(dev, napi, poll);
	napi_enable(napi);
}

static void dvti_batch_queue_init(struct dvti_batch_queue *q, int cpu, int (*poll)(struct napi_struct *, int), bool in)
{
	__skb_queue_head_init(&q->skbs);
	skb_queue_head_init(&q->guests);
	dvti_batch_napi_add(dvti_batch_dev, &q->napi, poll);
	dvti_lane_init(&q->lane, dvti_batch_dev, cpu, &q->napi, in);
}

static void dvti_batch_queue_destroy(struct dvti_batch_queue *q)
{
	napi_disable(&q->napi);
	netif_napi_del(&q->napi);
	__skb_queue_purge(&q->skbs);
	skb_queue_purge(&q->guests);
	dvti_lane_destroy(&q->lane);
}

static void dvti_batch_destroy_queues(void)
{
	struct dvti_batch_cpu *c;
	int cpu;

	for_each_possible_cpu(cpu) {
		c = per_cpu_ptr(dvti_batch_cpus, cpu);
		dvti_batch_queue_destroy(&c->out);
		dvti_batch_queue_destroy(&c->in);
	}
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

	err = -ENOMEM;
	dvti_batch_cpus = alloc_percpu(struct dvti_batch_cpu);
	if (!dvti_batch_cpus)
		goto err_aead;
	dvti_batch_dev = dvti_compat_alloc_dummy();
	if (!dvti_batch_dev)
		goto err_cpus;
	err = dvti_spread_init(dvti_batch_dev);
	if (err)
		goto err_dev;

	for_each_possible_cpu(cpu) {
		c = per_cpu_ptr(dvti_batch_cpus, cpu);
		dvti_batch_queue_init(&c->out, cpu, dvti_batch_poll_out, false);
		dvti_batch_queue_init(&c->in, cpu, dvti_batch_poll_in, true);
	}

	err = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "net/dvti:prepare", dvti_batch_cpu_prepare, NULL);
	if (err < 0)
		goto err_queues;
	dvti_batch_cpuhp = err;
	return 0;

err_queues:
	dvti_batch_destroy_queues();
	dvti_spread_exit();
err_dev:
	dvti_compat_free_dummy(dvti_batch_dev);
err_cpus:
	free_percpu(dvti_batch_cpus);
err_aead:
	dvti_aead_exit();
	return err;
}

/**
 * dvti_batch_exit() - free the queues
 *
 * Context: process; no link is left and the ESP handlers are gone.
 */
void dvti_batch_exit(void)
{
	int cpu;

	cpuhp_remove_state_nocalls(dvti_batch_cpuhp);
	for_each_possible_cpu(cpu) {
		dvti_lane_settle(dvti_batch_lane(cpu, false));
		dvti_lane_settle(dvti_batch_lane(cpu, true));
	}
	dvti_spread_settle();
	/* Who saw a batch off, or was called by another CPU, may still be on the way out of here. */
	synchronize_net();

	dvti_batch_destroy_queues();
	dvti_spread_exit();
	dvti_compat_free_dummy(dvti_batch_dev);
	free_percpu(dvti_batch_cpus);
	dvti_aead_exit();
}
