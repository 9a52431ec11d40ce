// SPDX-License-Identifier: GPL-2.0-only
/*
 * IPv6 packets routed into links, and the host's xfrm policies that they should not meet.
 *
 * xfrm leaves a route alone that says DST_NOXFRM. IPv4 copies that from a switch of the device; IPv6 has no such
 * switch and asks for policies right after it has looked a route up, for forwarded packets and for the host's own. In
 * between lies nothing but a tracepoint of the look-up, which is therefore where routes into links get their mark.
 * While nobody asks for it, it costs nothing.
 *
 * What xfrm sees is no entry of the FIB but a copy: one for each CPU and next hop, and copies for single destinations,
 * the exceptions, whose MTU differs, say. Copies come and go, and a new one is made only after the tracepoint. So
 * where this CPU has none yet, the probe looks the route up itself, which makes it, and marks it before the look-up
 * that is under way takes it.
 *
 * A task that may be preempted in the middle of a look-up can end up on a CPU without a copy: that packet alone is not
 * exempt, since the next look-up there finds the copy that it has made.
 *
 * Some packets find their route without a copy of the FIB's, and policies apply to them: those of a raw socket that
 * writes its own IPv6 headers, the kernel's own messages of neighbour and listener discovery, and those that are sent
 * to a next hop of the sender's choice (FLOWI_FLAG_KNOWN_NH) and look for policies, as SRv6 and IPVS do.
 */
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/nexthop.h>

#include "exempt6_out.h"
#include "link.h"

#ifdef CONFIG_TRACEPOINTS
#include <trace/events/fib6.h>

/* This CPU is in a look-up of the probe's own. */
static DEFINE_PER_CPU(bool, dvti_exempt6_looking);

static unsigned int dvti_exempt6_users;	/* RTNL */

/**
 * struct dvti_exempt6_lookup - a look-up as the tracepoint shows it
 * @table: where it goes on
 * @fl6: for what
 */
struct dvti_exempt6_lookup {
	struct fib6_table *table;
	const struct flowi6 *fl6;
};

static void dvti_exempt6_mark(struct rt6_info *rt)
{
	/* Nobody else changes the flags of a route that is in use. */
	if (dvti_is_link(rt->dst.dev) && !(rt->dst.flags & DST_NOXFRM))
		WRITE_ONCE(rt->dst.flags, rt->dst.flags | DST_NOXFRM);
}

/*
 * Mark this CPU's copy of a next hop. Return: false if it does not exist, or another may be taken in its place: an
 * exception, or a newer one, since copies of next hops that are objects of their own count the generations of the FIB.
 */
static bool dvti_exempt6_mark_copy(struct net *net, const struct fib6_nh *nh)
{
	struct rt6_info *rt;

	if (!nh->rt6i_pcpu)
		return true;
	if (rcu_access_pointer(nh->rt6i_exception_bucket))
		return false;
	rt = this_cpu_read(*nh->rt6i_pcpu);
	if (!rt || (rt->sernum && rt->sernum != rt_genid_ipv6(net)))
		return false;
	dvti_exempt6_mark(rt);
	return true;
}

static int dvti_exempt6_mark_nh(struct fib6_nh *nh, void *arg)
{
	const struct dvti_exempt6_lookup *lookup = arg;
	struct net_device *dev = nh->fib_nh_dev;
	struct flowi6 fl6;

	if (!dev || !dvti_is_link(dev) || dvti_exempt6_mark_copy(dev_net(dev), nh))
		return 0;
	/* A look-up may sleep there. A CPU's second packet finds the copy that its first has made. */
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		return 0;

	/* By the device as a sender does that is bound to it: no other next hop will do, whatever hash chose. */
	fl6 = *lookup->fl6;
	fl6.flowi6_iif = LOOPBACK_IFINDEX;
	fl6.flowi6_oif = dev->ifindex;
	fl6.flowi6_flags = 0;

	/* Whoever interrupted the look-up would take it for its own. */
	local_bh_disable();
	rcu_read_lock();
	__this_cpu_write(dvti_exempt6_looking, true);
	dvti_exempt6_mark(ip6_pol_route(dev_net(dev), lookup->table, dev->ifindex, &fl6, NULL,
					RT6_LOOKUP_F_IFACE | RT6_LOOKUP_F_IGNORE_LINKSTATE | RT6_LOOKUP_F_DST_NOREF));
	__this_cpu_write(dvti_exempt6_looking, false);
	rcu_read_unlock();
	local_bh_enable();
	return 0;
}

/* In a look-up: under RCU, not to be preempted. Which of several next hops it will take is not decided yet. */
static void dvti_exempt6_probe(void *unused, const struct net *net, const struct fib6_result *res,
			       struct fib6_table *table, const struct flowi6 *fl6)
{
	struct dvti_exempt6_lookup lookup = { .table = table, .fl6 = fl6 };
	struct fib6_info *sibling, *f6i = res->f6i;

	if (!f6i || __this_cpu_read(dvti_exempt6_looking))
		return;
	if (f6i->nh) {
		nexthop_for_each_fib6_nh(f6i->nh, dvti_exempt6_mark_nh, &lookup);
		return;
	}
	dvti_exempt6_mark_nh(f6i->fib6_nh, &lookup);
	if (likely(!READ_ONCE(f6i->fib6_nsiblings)))
		return;
	list_for_each_entry_rcu(sibling, &f6i->fib6_siblings, fib6_siblings) {
		/* The entry has just left the list, which does not lead back to it. */
		if (!READ_ONCE(f6i->fib6_nsiblings))
			break;
		dvti_exempt6_mark_nh(sibling->fib6_nh, &lookup);
	}
}

/**
 * dvti_exempt6_out_get() - mark IPv6 routes into links as they are looked up, in all namespaces
 *
 * Calls are counted. What has been looked up before stays as it is; see rt_genid_bump_ipv6().
 *
 * Context: process, RTNL held. Return: 0 or a negative errno; -EOPNOTSUPP if the kernel has been built without
 * tracepoints.
 */
int dvti_exempt6_out_get(void)
{
	int err;

	ASSERT_RTNL();
	if (!dvti_exempt6_users) {
		err = register_trace_fib6_table_lookup(dvti_exempt6_probe, NULL);
		if (err)
			return err;
	}
	dvti_exempt6_users++;
	return 0;
}

/**
 * dvti_exempt6_out_put() - take back one dvti_exempt6_out_get()
 *
 * Routes that are marked stay so.
 *
 * Context: process, RTNL held.
 */
void dvti_exempt6_out_put(void)
{
	ASSERT_RTNL();
	if (!--dvti_exempt6_users)
		unregister_trace_fib6_table_lookup(dvti_exempt6_probe, NULL);
}

/** dvti_exempt6_out_exit() - wait for look-ups that may still be in the probe; process context */
void dvti_exempt6_out_exit(void)
{
	tracepoint_synchronize_unregister();
}
#else
int dvti_exempt6_out_get(void)
{
	return -EOPNOTSUPP;
}

void dvti_exempt6_out_put(void)
{
}

void dvti_exempt6_out_exit(void)
{
}
#endif
