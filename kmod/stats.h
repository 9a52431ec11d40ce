/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters: one slot for each reason why a packet of a link was dropped, in the order of the
 * DVTI_A_LINK_STATS_* attributes. What each reason is called and stands for is in drop.c.
 */
#ifndef DVTI_STATS_H
#define DVTI_STATS_H

#include <linux/percpu.h>
#include <linux/u64_stats_sync.h>

#include "uapi/linux/dvti.h"

struct net_device;

/* Slot of a reason: DVTI_DROP(RX_REPLAY) */
#define DVTI_DROP(what) (DVTI_A_LINK_STATS_##what - DVTI_A_LINK_STATS_TX_NO_SA)
#define DVTI_DROPS (DVTI_A_LINK_STATS_MAX - DVTI_A_LINK_STATS_TX_NO_SA + 1)

struct dvti_link_stats {
	u64_stats_t tx_packets, tx_bytes, rx_packets, rx_bytes;
	u64_stats_t drops[DVTI_DROPS];
	struct u64_stats_sync syncp;
};

struct dvti_sa_stats {
	u64_stats_t packets, bytes;
	u64_stats_t replay, integrity, malformed, selector;
	struct u64_stats_sync syncp;
};

/** struct dvti_link_sums - a link's counters over all CPUs */
struct dvti_link_sums {
	u64 tx_packets, tx_bytes, rx_packets, rx_bytes;
	u64 drops[DVTI_DROPS];
};

/** struct dvti_sa_sums - an SA's counters over all CPUs */
struct dvti_sa_sums {
	u64 packets, bytes;
	u64 replay, integrity, malformed, selector;
};

/* @n packets of @len octets in all. Context: BH disabled, as with the others. */
static inline void dvti_stats_count(struct u64_stats_sync *syncp, u64_stats_t *packets, u64_stats_t *bytes,
				    unsigned int n, u64 len)
{
	u64_stats_update_begin(syncp);
	u64_stats_add(packets, n);
	u64_stats_add(bytes, len);
	u64_stats_update_end(syncp);
}

/* Packets of an SA that have left. */
static inline void dvti_stats_count_out(struct dvti_link_stats __percpu *link, struct dvti_sa_stats __percpu *sa,
					unsigned int packets, u64 bytes)
{
	struct dvti_link_stats *l = this_cpu_ptr(link);
	struct dvti_sa_stats *s = this_cpu_ptr(sa);

	dvti_stats_count(&l->syncp, &l->tx_packets, &l->tx_bytes, packets, bytes);
	dvti_stats_count(&s->syncp, &s->packets, &s->bytes, packets, bytes);
}

/* Packets of an SA that go up. */
static inline void dvti_stats_count_in(struct dvti_link_stats __percpu *link, struct dvti_sa_stats __percpu *sa,
				       unsigned int packets, u64 bytes)
{
	struct dvti_link_stats *l = this_cpu_ptr(link);
	struct dvti_sa_stats *s = this_cpu_ptr(sa);

	dvti_stats_count(&l->syncp, &l->rx_packets, &l->rx_bytes, packets, bytes);
	dvti_stats_count(&s->syncp, &s->packets, &s->bytes, packets, bytes);
}

void dvti_stats_sum_link(struct dvti_link_stats __percpu *stats, struct dvti_link_sums *sums);
u64 dvti_stats_no_carrier(const struct net_device *dev);
void dvti_stats_sum_sa(struct dvti_sa_stats __percpu *stats, struct dvti_sa_sums *sums);

#endif
