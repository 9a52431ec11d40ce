/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A dvti net device: its role, what clones inherit, where its tunnel ends, and the SA it sends with.
 */
#ifndef DVTI_LINK_H
#define DVTI_LINK_H

#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <net/dst_cache.h>

#include "stats.h"
#include "uapi/linux/dvti.h"

struct dvti_net;
struct dvti_sa;

/**
 * struct dvti_endpoints - both ends of a tunnel as the underlay sees them
 * @family: AF_INET or AF_INET6, AF_UNSPEC while unknown
 * @encap: enum dvti_encap
 * @lport: local UDP port, network byte order
 * @rport: remote UDP port, network byte order
 *
 * Published as a whole by RCU; never changed in place.
 */
struct dvti_endpoints {
	struct rcu_head rcu;
	sa_family_t family;
	u8 encap;
	__be16 lport, rport;
	union { __be32 l4; struct in6_addr l6; };
	union { __be32 r4; struct in6_addr r6; };
};

/** struct dvti_link_settings - what a virtual-access inherits from its template */
struct dvti_link_settings {
	u32 mode;		/* enum dvti_tunnel_mode */
	u32 mtu;		/* 0: follows the path */
	u32 df;			/* enum dvti_df_policy */
	u32 dscp;		/* enum dvti_dscp_policy */
	u8 dscp_value;
	u8 ttl;			/* 0: system default */
	u32 fwmark;
	u32 underlay_ifindex;
	u32 trigger_queue;
};

/**
 * struct dvti_link - private part of the net device
 * @dev: the device
 * @underlay: dvti's state in the netns in which outer packets live; the link is on its list, and goes
 *            with that netns wherever the device has been moved
 * @underlay_tracker: reference to the underlay's netns is held by list membership, not counted: a
 *            counted one would keep a dying netns alive
 * @role: enum dvti_role, never changes
 * @template_ifindex: for a virtual-access
 * @set: settings; written under RTNL, read with READ_ONCE
 * @cookie: the daemon's
 * @ends: default endpoints of SAs; RTNL writes
 * @out: SA that outbound packets take
 * @sas: all SAs of the link, both directions; protected by RTNL
 * @dst: cached route of the outer header
 * @trigger: packets that wait for an SA; protected by its own lock
 * @trigger_expire: drops what has waited too long
 * @acquire_at: jiffies of the last acquire event
 */
struct dvti_link {
	struct net_device *dev;
	struct dvti_net *underlay;
	struct list_head node;		/* in dvti_net.links, RTNL */
	u32 role;
	u32 template_ifindex;
	struct dvti_link_settings set;
	u64 cookie;
	struct dvti_endpoints __rcu *ends;
	struct dvti_sa __rcu *out;
	struct list_head sas;
	struct dst_cache dst;
	struct sk_buff_head trigger;
	struct delayed_work trigger_expire;
	unsigned long acquire_at;
	struct dvti_link_stats __percpu *stats;
};

extern struct rtnl_link_ops dvti_link_ops;

static inline bool dvti_is_link(const struct net_device *dev)
{
	return dev->rtnl_link_ops == &dvti_link_ops;
}

/* link.c; RTNL held unless said */
struct dvti_link *dvti_link_create(struct dvti_net *underlay, struct net *target, const char *pattern,
				   u32 role, const struct dvti_link_settings *set,
				   struct netlink_ext_ack *extack);
void dvti_link_update_carrier(struct dvti_link *link);	/* follows link->out */

/* trigger.c; softirq or process */
bool dvti_trigger_hold(struct dvti_link *link, struct sk_buff *skb);	/* takes skb if true */
void dvti_trigger_release(struct dvti_link *link);			/* an outbound SA has come */
void dvti_trigger_purge(struct dvti_link *link);

#endif
