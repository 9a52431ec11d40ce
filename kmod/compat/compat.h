/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between kernels, hidden behind one name each. What exists is probed (see features), never
 * guessed from a version. Forced into every unit by the build, so nobody needs to include it.
 */
#ifndef DVTI_COMPAT_H
#define DVTI_COMPAT_H

#include "kmod/compat/config.h"

#include <linux/netdevice.h>
#include <linux/netlink.h>
#include <net/genetlink.h>
#include <net/ip.h>
#include <net/ip6_fib.h>

#ifdef DVTI_HAVE_NET_GSO_H
#include <net/gso.h>
#endif

#ifdef DVTI_HAVE_LINUX_UNALIGNED_H
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

/*
 * Large variables on the stack that are written before they are read. A hardened kernel clears them otherwise, each
 * time, which is dear where one packet is all that a call works on.
 */
#ifndef __uninitialized
#if __has_attribute(__uninitialized__)
#define __uninitialized __attribute__((__uninitialized__))
#else
#define __uninitialized
#endif
#endif

/* The device needs no lock around ndo_start_xmit. Call from the setup function. */
static inline void dvti_compat_set_lltx(struct net_device *dev)
{
#ifdef DVTI_HAVE_LLTX_BIT
	dev->lltx = true;
#else
	dev->features |= NETIF_F_LLTX;
#endif
}

/* A device that exists for the sake of NAPI contexts and is registered nowhere. May sleep. */
#ifdef DVTI_HAVE_ALLOC_NETDEV_DUMMY
static inline struct net_device *dvti_compat_alloc_dummy(void)
{
	return alloc_netdev_dummy(0);
}

static inline void dvti_compat_free_dummy(struct net_device *dev)
{
	free_netdev(dev);
}
#else
static inline struct net_device *dvti_compat_alloc_dummy(void)
{
	struct net_device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);

	if (dev)
		init_dummy_netdev(dev);
	return dev;
}

static inline void dvti_compat_free_dummy(struct net_device *dev)
{
	kfree(dev);
}
#endif

/* Count a packet that this host sends, where the kernel counts it apart from its octets. */
static inline void dvti_compat_ip_out_requests(struct net *net, unsigned int n)
{
#ifdef DVTI_HAVE_IP_OUTREQUESTS
	__IP_ADD_STATS(net, IPSTATS_MIB_OUTREQUESTS, n);
#endif
}

/* Whether a route is one that the FIB does not hold, but has a list of for the sake of its devices. */
static inline bool dvti_compat_route6_uncached(const struct rt6_info *rt)
{
#ifdef DVTI_HAVE_DST_RT_UNCACHED
	return rt->dst.rt_uncached_list;
#else
	return rt->rt6i_uncached_list;
#endif
}

/* The attributes of the request that a dump answers. */
static inline struct nlattr **dvti_compat_dump_attrs(struct netlink_callback *cb)
{
#ifdef DVTI_HAVE_GENL_INFO_DUMP
	return genl_info_dump(cb)->attrs;
#else
	return genl_dumpit_info(cb)->attrs;
#endif
}

/*
 * dvti_extack_fmt(): refuse with a formatted sentence and the attribute at fault (NULL for none). Newer
 * kernels carry a buffer of 80 octets in the extack; older ones only a pointer that must stay valid until the
 * answer has been built, after the handler has returned.
 */
#ifdef DVTI_HAVE_EXTACK_FMT
#define dvti_extack_fmt(extack, attr, fmt, args...) \
	NL_SET_ERR_MSG_ATTR_FMT(extack, attr, fmt, ##args)
#else
const char *dvti_compat_message(const char *fmt, ...) __printf(1, 2);
#define dvti_extack_fmt(extack, attr, fmt, args...) do {			\
	struct netlink_ext_ack *__ack = (extack);				\
										\
	if (__ack) {								\
		__ack->_msg = dvti_compat_message(fmt, ##args);			\
		__ack->bad_attr = (attr);					\
		__ack->policy = NULL;						\
	}									\
} while (0)
#endif

#endif
