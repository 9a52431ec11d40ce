/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A dvti net device: its role, what clones inherit, where its tunnel ends, and the SA it sends with.
 */
#ifndef DVTI_LINK_H
#define DVTI_LINK_H

#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <net/dst_cache.h>

#include "drop.h"
#include "stats.h"
#include "uapi/linux/dvti.h"

/* The outer packet, too, has 16 bits for its length; with esp.h. */
#define DVTI_MTU_MAX (IP_MAX_MTU - DVTI_ESP_HEADROOM - DVTI_ESP_TAILROOM)

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
	u8 ttl_inherit;		/* of the inner packet instead */
	u32 fwmark;
	u32 underlay_ifindex;
	u32 trigger_queue;
	u32 tcp_mss;		/* see mss.h */
	u32 gre_key;		/* 0: none */
	u32 fragment;		/* enum dvti_fragment_policy */
	u8 mtu_ignore;		/* senders are never told, packets fragmented */
};

/**
 * struct dvti_link - private part of the net device
 * @dev: the device
 * @underlay: dvti's state in the netns in which outer packets live; the link is on its list, and goes
 *            with that netns wherever the device has been moved. List membership is no counted reference
 *            to the netns: that would keep a dying one alive
 * @node: in dvti_net.links; RTNL
 * @index: key in dvti_net.by_index, 0 if it is not there; RTNL
 * @mtu_following: the present change of MTU is ours, not an administrator's; RTNL
 * @role: enum dvti_role, never changes
 * @template_ifindex: for a virtual-access
 * @set: settings; written under RTNL, read with READ_ONCE
 * @cookie: the daemon's
 * @ends: default endpoints of SAs; RTNL writes
 * @out: SA that outbound packets take; RTNL writes
 * @carrier_lock: taken in softirq
 * @sas: all SAs of the link, both directions, oldest first; RTNL
 * @dst: cached route of the outer header
 * @ids: IPv4 IDs in store for outer headers: the next, and in the upper half how many there are
 * @trigger: packets that wait for an SA; its own lock protects it and the decision to queue
 * @trigger_expire: drops what has waited too long
 * @acquire_at: jiffies of the last acquire event
 * @stats: counters
 * @dying: on the list of what waits for the data path to let go
 * @dying_tracker: reference to @dev meanwhile
 */
struct dvti_link {
	struct net_device *dev;
	struct dvti_net *underlay;
	struct list_head node;
	u32 index;
	bool mtu_following;
	u32 role;
	u32 template_ifindex;
	struct dvti_link_settings set;
	u64 cookie;
	struct dvti_endpoints __rcu *ends;
	struct dvti_sa __rcu *out;
	spinlock_t carrier_lock;	/* makes the state of the carrier and setting it one */
	struct list_head sas;
	struct dst_cache dst;
	atomic_t ids;
	struct sk_buff_head trigger;
	struct delayed_work trigger_expire;
	unsigned long acquire_at;
	struct dvti_link_stats __percpu *stats;
	struct llist_node dying;
	netdevice_tracker dying_tracker;
};

/**
 * struct dvti_link_request - what a new link shall be
 * @underlay: where its outer packets live
 * @target: netns of the device
 * @name: its name, or a pattern with one "%d"
 * @role: enum dvti_role
 * @template: for a virtual-access; lends group, queue length and, unless @master_given, its master
 * @set: settings
 * @cookie: the daemon's
 * @ends: or NULL; taken over when the link has been made
 * @master: device to put the link under, in @target, or NULL
 * @master_given: @master was named, be it as none
 */
struct dvti_link_request {
	struct dvti_net *underlay;
	struct net *target;
	const char *name;
	u32 role;
	struct dvti_link *template;
	struct dvti_link_settings set;
	u64 cookie;
	struct dvti_endpoints *ends;
	struct net_device *master;
	bool master_given;
};

extern struct rtnl_link_ops dvti_link_ops;

static inline bool dvti_is_link(const struct net_device *dev)
{
	return dev->rtnl_link_ops == &dvti_link_ops;
}

/* link.c; RTNL held */
struct dvti_link *dvti_link_create(const struct dvti_link_request *req, struct netlink_ext_ack *extack);
void dvti_link_delete(struct dvti_link *link);
void dvti_link_delete_queue(struct dvti_link *link, struct list_head *kill);
void dvti_link_delete_many(struct list_head *kill);
void dvti_link_delete_abort(struct list_head *kill);
struct dvti_link *dvti_link_find(struct net *net, u32 ifindex);
void dvti_link_update_mtu(struct dvti_link *link);
int dvti_link_init(void);
void dvti_link_exit(void);	/* takes RTNL; deletes every link */
void dvti_link_exit_net(struct dvti_net *underlay, struct list_head *kill);

/* Any context that may not sleep: follows link->out and its flags. */
void dvti_link_update_carrier(struct dvti_link *link);

/* trigger.c; softirq or process */
void dvti_trigger_init(struct dvti_link *link);
bool dvti_trigger_hold(struct dvti_link *link, struct sk_buff *skb);	/* takes skb if true */
void dvti_trigger_release(struct dvti_link *link);			/* an outbound SA has come */
void dvti_trigger_purge(struct dvti_link *link);

#endif
