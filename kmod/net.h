/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dvti's state in a network namespace.
 */
#ifndef DVTI_NET_H
#define DVTI_NET_H

#include <linux/rhashtable.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

/**
 * struct dvti_net - one per netns
 * @net: the namespace
 * @links: whose underlay is here, RTNL
 * @sas_in: inbound SAs by struct dvti_sa_key
 * @unknown_spi: packets for SPIs that neither we nor (as far as we are told) xfrm know are not ours to count;
 *               see /proc/net/xfrm_stat
 */
struct dvti_net {
	struct net *net;
	struct list_head links;
	struct rhashtable sas_in;
	struct list_head reserved;	/* SPIs, spi.c */
	spinlock_t reserved_lock;
};

extern unsigned int dvti_net_id;

static inline struct dvti_net *dvti_net(const struct net *net)
{
	return net_generic(net, dvti_net_id);
}

#endif
