/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dvti's state in a network namespace.
 */
#ifndef DVTI_NET_H
#define DVTI_NET_H

#include <linux/if.h>
#include <linux/rhashtable.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "host_policy.h"

#define DVTI_SPI_BUCKETS 256	/* a power of two */

/**
 * struct dvti_net - one per netns
 * @net: the namespace
 * @links: whose underlay is here, wherever the devices are; RTNL
 * @by_index: the same links by the ifindex of the device; RTNL for writing
 * @next_index: where the search for the index of a device in another netns goes on; RTNL
 * @generation: changes with @links and their SAs, so that a dump notices; RTNL
 * @sas_in: inbound SAs by struct dvti_sa_key; nested locks of its own
 * @sas_out: outbound SAs by (SPI, remote address), for ICMP errors; the address of a NAT can stand for several
 * @sas: how many SAs exist, installed or dying; the namespace waits for the last
 * @policy: the host's xfrm policies and the links that are up here, wherever their underlay is
 * @name_pattern: of the last device that was given a numbered name in this netns; RTNL
 * @name_next: no lower number is free for @name_pattern; RTNL
 * @reserved_lock: not taken in softirq
 * @reserved: SPIs handed out and not used yet, see spi.c
 * @n_reserved: how many
 * @reserved_gc: drops what was not claimed in time
 */
struct dvti_net {
	struct net *net;
	struct list_head links;
	struct xarray by_index;
	u32 next_index;
	unsigned int generation;
	struct rhashtable sas_in;
	struct rhltable sas_out;
	atomic_t sas;
	struct dvti_host_policy policy;
	char name_pattern[IFNAMSIZ];
	unsigned int name_next;
	spinlock_t reserved_lock;	/* protects @reserved */
	struct hlist_head reserved[DVTI_SPI_BUCKETS];
	unsigned int n_reserved;
	struct delayed_work reserved_gc;
};

extern unsigned int dvti_net_id;

/* Has anybody asked to see IP packets of @family at @hook (enum nf_inet_hooks)? */
static inline bool dvti_net_hooked(const struct net *net, u8 family, unsigned int hook)
{
#ifdef CONFIG_NETFILTER
	const struct netns_nf *nf = &net->nf;
	struct nf_hook_entries __rcu *const *hooks = family == AF_INET ? nf->hooks_ipv4 : nf->hooks_ipv6;

	return rcu_access_pointer(hooks[hook]);
#else
	return false;
#endif
}

static inline struct dvti_net *dvti_net(const struct net *net)
{
	return net_generic(net, dvti_net_id);
}

#endif
