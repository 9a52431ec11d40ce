// SPDX-License-Identifier: GPL-2.0-only
/*
 * Help from other CPUs.
 *
 * A packet that stays where it has arrived finds warm caches, so batches are handed to other CPUs only while the one
 * that gathers them has no time left. Its load is taken from the time that it is idle, over a window of some
 * milliseconds: the length of a queue says little, since a busy CPU polls its devices and us in turn, and what is too
 * much for it waits in the devices.
 *
 * Help is asked for by number: one CPU more whenever more batches wait than have been asked to take some. A helper
 * works in a NAPI context of its own, so it is subject to the same budget as all other packet work there, and leaves
 * when nothing waits. If a helper goes offline the core moves its context, and the batches stay in their lane.
 */
#include <linux/kernel_stat.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/percpu.h>
#include <linux/sched/isolation.h>
#include <linux/tick.h>
#include <linux/topology.h>

#include "batch.h"
#include "lane.h"
#include "spread.h"

/* Long enough for interrupts that come in bursts, short enough to be in time for a queue that fills up. */
#define DVTI_SPREAD_WINDOW max(HZ / 100, 2)

/* In parts of the window; between the two nothing changes. */
#define DVTI_SPREAD_IDLE_LOW 16
#define DVTI_SPREAD_IDLE_HIGH 2

static unsigned int dvti_spread = 512;
module_param_named(spread, dvti_spread, uint, 0644);
MODULE_PARM_DESC(spread, "packets that a busy CPU may have with other CPUs at a time, 0 to keep all work where it is");

/**
 * struct dvti_spread_cpu - a CPU's part in helping others
 * @asked: by lanes of these CPUs; a bit changes under the lock of its lane
 * @napi: works on what they have
 * @last: CPU that was served last
 * @helped: batches worked on
 * @pending: @csd is on its way
 * @csd: schedules @napi
 * @until: jiffies at which the window ends; this and the next four: only this CPU writes
 * @wall: microseconds at which the window began
 * @idle: microseconds that the CPU had been idle by then
 * @busy: hardly idle in the last window
 * @gives: so that it gives work away, since there is another CPU with time to spare
 */
struct dvti_spread_cpu {
	struct cpumask asked[2];
	struct napi_struct napi;
	int last[2];
	unsigned long helped;
	unsigned long pending;
	call_single_data_t csd;
	unsigned long until;
	u64 wall;
	u64 idle;
	bool busy;
	bool gives;
};

static struct dvti_spread_cpu __percpu *dvti_spread_cpus;

/* Microseconds in which @cpu had nothing to do. */
static u64 dvti_spread_idle_time(int cpu, u64 *wall)
{
	const u64 *stat;
	u64 idle;

	idle = get_cpu_idle_time_us(cpu, wall);
	if (likely(idle != -1ULL))
		return idle + get_cpu_iowait_time_us(cpu, NULL);

	/* The tick never stops here, so it sees all there is. */
	stat = kcpustat_cpu(cpu).cpustat;
	*wall = ktime_to_us(ktime_get());
	return div_u64(stat[CPUTIME_IDLE] + stat[CPUTIME_IOWAIT], NSEC_PER_USEC);
}

/* A CPU that was found busy a moment ago by itself. */
static bool dvti_spread_is_busy(const struct dvti_spread_cpu *c)
{
	return READ_ONCE(c->busy) && time_before(jiffies, READ_ONCE(c->until) + DVTI_SPREAD_WINDOW);
}

/* Can @cpu, which is near, work for @other: not on its way offline, not kept free of such work, with time to spare? */
static bool dvti_spread_may_help(int cpu, int other)
{
	return cpu != other && cpu_active(cpu) && cpumask_test_cpu(cpu, housekeeping_cpumask(HK_TYPE_DOMAIN)) &&
	       !dvti_spread_is_busy(per_cpu_ptr(dvti_spread_cpus, cpu));
}

/*
 * The CPU to ask next for work of @other: one that may help, and that @lane, if there is one yet, has not asked.
 * Return: nr_cpu_ids if there is none.
 */
static int dvti_spread_choose(int other, const struct dvti_lane *lane)
{
	int cpu;

	for_each_cpu_wrap(cpu, cpumask_of_node(cpu_to_node(other)), other)
		if (dvti_spread_may_help(cpu, other) &&
		    !(lane && cpumask_test_cpu(other, &per_cpu_ptr(dvti_spread_cpus, cpu)->asked[lane->roams])))
			return cpu;
	return nr_cpu_ids;
}

static void dvti_spread_sample(struct dvti_spread_cpu *c)
{
	u64 wall, idle, time;

	idle = dvti_spread_idle_time(smp_processor_id(), &wall);
	time = wall - c->wall;
	if ((idle - c->idle) * DVTI_SPREAD_IDLE_LOW < time)
		WRITE_ONCE(c->busy, true);
	else if ((idle - c->idle) * DVTI_SPREAD_IDLE_HIGH > time)
		WRITE_ONCE(c->busy, false);

	c->wall = wall;
	c->idle = idle;
	c->gives = c->busy && dvti_spread_choose(smp_processor_id(), NULL) < nr_cpu_ids;
	WRITE_ONCE(c->until, jiffies + DVTI_SPREAD_WINDOW);
}

/**
 * dvti_spread_packets() - bound on the packets in a lane
 *
 * The gatherer looks at it before it takes 64 packets, or the rest of a large skb, more. So this is about how far the
 * sequence numbers of one SA can get out of order for each CPU that sends.
 *
 * Return: packets.
 */
unsigned int dvti_spread_packets(void)
{
	return max_t(unsigned int, READ_ONCE(dvti_spread), DVTI_BATCH_MAX);
}

/**
 * dvti_spread_busy() - should this CPU give work away?
 *
 * Return: true if so.
 */
bool dvti_spread_busy(void)
{
	struct dvti_spread_cpu *c = this_cpu_ptr(dvti_spread_cpus);

	if (num_online_cpus() == 1 || !READ_ONCE(dvti_spread))
		return false;
	if (unlikely(time_after_eq(jiffies, c->until)))
		dvti_spread_sample(c);
	return c->gives;
}

static void dvti_spread_called(void *data)
{
	struct dvti_spread_cpu *c = data;

	clear_bit(0, &c->pending);
	/* Who asks from now on sends the next call. */
	smp_mb__after_atomic();
	napi_schedule(&c->napi);
}

/**
 * dvti_spread_ask() - see to it that there are CPUs for what waits in a lane
 * @lane: of this CPU
 *
 * They come a little later, for as long as something waits.
 */
void dvti_spread_ask(struct dvti_lane *lane)
{
	struct dvti_spread_cpu *c;
	int cpu = nr_cpu_ids;

	spin_lock(&lane->lock);
	if (lane->waiting > lane->helpers) {
		cpu = dvti_spread_choose(lane->cpu, lane);
		if (cpu < nr_cpu_ids) {
			cpumask_set_cpu(lane->cpu, &per_cpu_ptr(dvti_spread_cpus, cpu)->asked[lane->roams]);
			lane->helpers++;
		}
	}
	spin_unlock(&lane->lock);
	if (cpu >= nr_cpu_ids)
		return;

	c = per_cpu_ptr(dvti_spread_cpus, cpu);
	if (!test_and_set_bit(0, &c->pending) && smp_call_function_single_async(cpu, &c->csd))
		dvti_spread_called(c);
}

static void dvti_spread_leave(struct dvti_spread_cpu *c, struct dvti_lane *lane)
{
	lockdep_assert_held(&lane->lock);
	cpumask_clear_cpu(lane->cpu, &c->asked[lane->roams]);
	lane->helpers--;
}

/*
 * Take a batch from @lane, or leave it when nothing waits, or when this CPU has enough of its own to do by now: two
 * that are at their limit only get into each other's way. @stays: how many more it takes in that case, since they were
 * left for it and nobody may look again.
 */
static struct dvti_batch *dvti_spread_take(struct dvti_spread_cpu *c, struct dvti_lane *lane, unsigned int *stays)
{
	struct dvti_batch *b;

	*stays = 0;
	b = dvti_lane_take(lane);
	if (likely(b && !dvti_spread_is_busy(c)))
		return b;

	spin_lock(&lane->lock);
	if (b || !lane->waiting) {
		dvti_spread_leave(c, lane);
		*stays = lane->waiting;
	}
	spin_unlock(&lane->lock);
	return b;
}

/* One batch from each lane that has asked, and all that waits in one that is left. Return: packets. */
static unsigned int dvti_spread_round(struct dvti_spread_cpu *c, bool in, int budget)
{
	unsigned int stays;
	struct dvti_lane *lane;
	struct dvti_batch *b;
	int cpu, work = 0;

	for_each_cpu_wrap(cpu, &c->asked[in], c->last[in]) {
		if (work >= budget)
			break;
		c->last[in] = (cpu + 1) % nr_cpu_ids;
		lane = dvti_batch_lane(cpu, in);
		b = dvti_spread_take(c, lane, &stays);
		while (b) {
			work += b->n;
			WRITE_ONCE(c->helped, c->helped + 1);
			dvti_batch_work(b);
			b = stays-- ? dvti_lane_take(lane) : NULL;
		}
	}
	return work;
}

static bool dvti_spread_asked(const struct dvti_spread_cpu *c)
{
	return !cpumask_empty(&c->asked[0]) || !cpumask_empty(&c->asked[1]);
}

static int dvti_spread_poll(struct napi_struct *napi, int budget)
{
	struct dvti_spread_cpu *c = container_of(napi, struct dvti_spread_cpu, napi);
	int work = 0;

	rcu_read_lock();
	while (work < budget && dvti_spread_asked(c)) {
		work += dvti_spread_round(c, true, budget - work);
		work += dvti_spread_round(c, false, max(budget - work, 0));
	}
	rcu_read_unlock();

	if (work >= budget)
		return budget;
	napi_complete_done(napi, work);
	return work;
}

static int dvti_spread_helped_get(char *buffer, const struct kernel_param *kp)
{
	unsigned long sum = 0;
	int cpu;

	/* Readable before the module has come up. */
	if (!dvti_spread_cpus)
		return -EAGAIN;
	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(dvti_spread_cpus, cpu)->helped);
	return sysfs_emit(buffer, "%lu\n", sum);
}

static const struct kernel_param_ops dvti_spread_helped_ops = {
	.get = dvti_spread_helped_get,
};

module_param_cb(spread_helped, &dvti_spread_helped_ops, NULL, 0444);
MODULE_PARM_DESC(spread_helped, "batches of packets that CPUs have worked on for others so far");

/**
 * dvti_spread_init() - before the first lane
 * @dev: for NAPI
 *
 * Return: 0 or -ENOMEM.
 */
int dvti_spread_init(struct net_device *dev)
{
	struct dvti_spread_cpu *c;
	int cpu;

	dvti_spread_cpus = alloc_percpu(struct dvti_spread_cpu);
	if (!dvti_spread_cpus)
		return -ENOMEM;

	for_each_possible_cpu(cpu) {
		c = per_cpu_ptr(dvti_spread_cpus, cpu);
		INIT_CSD(&c->csd, dvti_spread_called, c);
		dvti_batch_napi_add(dev, &c->napi, dvti_spread_poll);
	}
	return 0;
}

/**
 * dvti_spread_settle() - wait until no call to a helper is on its way
 *
 * Context: process, may sleep; all lanes are idle for good. An RCU grace period must follow before
 * dvti_spread_exit().
 */
void dvti_spread_settle(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		while (test_bit(0, &per_cpu_ptr(dvti_spread_cpus, cpu)->pending))
			schedule_timeout_uninterruptible(1);
}

/**
 * dvti_spread_exit() - after the last lane
 */
void dvti_spread_exit(void)
{
	struct dvti_spread_cpu *c;
	int cpu;

	for_each_possible_cpu(cpu) {
		c = per_cpu_ptr(dvti_spread_cpus, cpu);
		napi_disable(&c->napi);
		netif_napi_del(&c->napi);
	}
	free_percpu(dvti_spread_cpus);
}
