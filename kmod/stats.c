// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sums of per-CPU counters, for those who ask. Counting itself is inline, in stats.h.
 */
#include <linux/cpumask.h>
#include <linux/netdevice.h>

#include "stats.h"

/**
 * dvti_stats_sum_link() - a link's counters over all CPUs
 * @stats: per-CPU counters
 * @sums: result
 */
void dvti_stats_sum_link(struct dvti_link_stats __percpu *stats, struct dvti_link_sums *sums)
{
	struct dvti_link_sums one;
	unsigned int cpu, start, i;

	memset(sums, 0, sizeof(*sums));
	for_each_possible_cpu(cpu) {
		const struct dvti_link_stats *s = per_cpu_ptr(stats, cpu);

		do {
			start = u64_stats_fetch_begin(&s->syncp);
			one.tx_packets = u64_stats_read(&s->tx_packets);
			one.tx_bytes = u64_stats_read(&s->tx_bytes);
			one.rx_packets = u64_stats_read(&s->rx_packets);
			one.rx_bytes = u64_stats_read(&s->rx_bytes);
			for (i = 0; i < DVTI_DROPS; i++)
				one.drops[i] = u64_stats_read(&s->drops[i]);
		} while (u64_stats_fetch_retry(&s->syncp, start));

		sums->tx_packets += one.tx_packets;
		sums->tx_bytes += one.tx_bytes;
		sums->rx_packets += one.rx_packets;
		sums->rx_bytes += one.rx_bytes;
		for (i = 0; i < DVTI_DROPS; i++)
			sums->drops[i] += one.drops[i];
	}
}

/**
 * dvti_stats_no_carrier() - packets that ended in the core because the carrier was off
 * @dev: the link's device
 *
 * A device without a carrier is given a queue that drops; dev_get_stats() adds these to what the link itself counts.
 *
 * Return: packets over all CPUs.
 */
u64 dvti_stats_no_carrier(const struct net_device *dev)
{
	const struct net_device_core_stats __percpu *core = READ_ONCE(dev->core_stats);
	unsigned int cpu;
	u64 sum = 0;

	if (!core)
		return 0;
	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(core, cpu)->tx_dropped);
	return sum;
}

/**
 * dvti_stats_sum_sa() - an SA's counters over all CPUs
 * @stats: per-CPU counters
 * @sums: result
 */
void dvti_stats_sum_sa(struct dvti_sa_stats __percpu *stats, struct dvti_sa_sums *sums)
{
	struct dvti_sa_sums one;
	unsigned int cpu, start;

	memset(sums, 0, sizeof(*sums));
	for_each_possible_cpu(cpu) {
		const struct dvti_sa_stats *s = per_cpu_ptr(stats, cpu);

		do {
			start = u64_stats_fetch_begin(&s->syncp);
			one.packets = u64_stats_read(&s->packets);
			one.bytes = u64_stats_read(&s->bytes);
			one.replay = u64_stats_read(&s->replay);
			one.integrity = u64_stats_read(&s->integrity);
			one.malformed = u64_stats_read(&s->malformed);
			one.selector = u64_stats_read(&s->selector);
		} while (u64_stats_fetch_retry(&s->syncp, start));

		sums->packets += one.packets;
		sums->bytes += one.bytes;
		sums->replay += one.replay;
		sums->integrity += one.integrity;
		sums->malformed += one.malformed;
		sums->selector += one.selector;
	}
}
