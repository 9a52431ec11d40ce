// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's own xfrm policies and the inner packets that they should leave alone: a tunnel has selectors of its own.
 *
 * IPv4 has switches for both directions of a device, IPv6 one for what comes in by the device and is forwarded or
 * addressed to the device itself. The rest of IPv6 is done packet by packet (exempt6_in.c, exempt6_out.c), and only
 * where a link is up beside policies: this file knows when that is so.
 */
#include <linux/inetdevice.h>
#include <linux/rtnetlink.h>
#include <linux/workqueue.h>
#include <net/addrconf.h>
#include <net/xfrm.h>

#include "exempt6_in.h"
#include "exempt6_out.h"
#include "host_policy.h"
#include "link.h"
#include "net.h"

/**
 * dvti_host_policy_exempt() - keep the host's policies from a link's packets, as far as there are switches
 * @dev: the link's device; RTNL held
 */
void dvti_host_policy_exempt(struct net_device *dev)
{
	struct in_device *in_dev = __in_dev_get_rtnl(dev);
	struct inet6_dev *in6_dev = __in6_dev_get(dev);

	if (in_dev) {
		IN_DEV_CONF_SET(in_dev, NOXFRM, 1);
		IN_DEV_CONF_SET(in_dev, NOPOLICY, 1);
	}
	if (in6_dev)
		in6_dev->cnf.disable_policy = 1;
}

static bool dvti_host_policy_needed(const struct dvti_net *dn, int dir)
{
	return READ_ONCE(dn->policy.links_up) && READ_ONCE(dn->net->xfrm.policy_count[dir]);
}

/* Return: true if @state has become active. */
static bool dvti_host_policy_started(enum dvti_exemption *state, int err, const char *packets)
{
	WRITE_ONCE(*state, err ? DVTI_EXEMPTION_FAILED : DVTI_EXEMPTION_ACTIVE);
	if (err)
		pr_warn("dvti: IPv6 packets %s meet the xfrm policies of the host: %s (%d)\n", packets,
			err == -EOPNOTSUPP ? "this kernel has no tracepoints or no netfilter" : "no exemption", err);
	return !err;
}

/* Do what is needed, and no more, now that links or policies have come or gone. */
static void dvti_host_policy_update(struct dvti_net *dn)
{
	struct dvti_host_policy *hp = &dn->policy;
	bool out, in;

	ASSERT_RTNL();
	out = dvti_host_policy_needed(dn, XFRM_POLICY_OUT);
	in = dvti_host_policy_needed(dn, XFRM_POLICY_IN);

	if (out && hp->out == DVTI_EXEMPTION_IDLE) {
		/* Sockets may remember what policies have made of their routes. */
		if (dvti_host_policy_started(&hp->out, dvti_exempt6_out_get(), "routed into dvti links"))
			rt_genid_bump_ipv6(dn->net);
	} else if (!out) {
		if (hp->out == DVTI_EXEMPTION_ACTIVE)
			dvti_exempt6_out_put();
		WRITE_ONCE(hp->out, DVTI_EXEMPTION_IDLE);
	}

	if (in && hp->in == DVTI_EXEMPTION_IDLE) {
		dvti_host_policy_started(&hp->in, dvti_exempt6_in_start(dn->net), "that dvti links bring this host");
	} else if (!in) {
		if (hp->in == DVTI_EXEMPTION_ACTIVE)
			dvti_exempt6_in_stop(dn->net);
		WRITE_ONCE(hp->in, DVTI_EXEMPTION_IDLE);
	}
}

/* Policies have come or gone somewhere: an event cannot wait, and its netns may be on its way out. */
static void dvti_host_policy_changed(struct work_struct *work)
{
	struct net *net;

	rtnl_lock();
	down_read(&net_rwsem);
	for_each_net(net)
		dvti_host_policy_update(dvti_net(net));
	up_read(&net_rwsem);
	rtnl_unlock();
}

static DECLARE_WORK(dvti_host_policy_work, dvti_host_policy_changed);

/**
 * dvti_host_policy_link_up() - a link joins those that are up in its device's netns
 * @dev: the link's device; RTNL held
 */
void dvti_host_policy_link_up(struct net_device *dev)
{
	struct dvti_net *dn = dvti_net(dev_net(dev));

	WRITE_ONCE(dn->policy.links_up, dn->policy.links_up + 1);
	smp_mb();	/* either we see a new policy, or dvti_host_policy_event() the link */
	dvti_host_policy_update(dn);
}

/**
 * dvti_host_policy_link_down() - take back one dvti_host_policy_link_up()
 * @dev: the link's device; RTNL held
 */
void dvti_host_policy_link_down(struct net_device *dev)
{
	struct dvti_net *dn = dvti_net(dev_net(dev));

	WRITE_ONCE(dn->policy.links_up, dn->policy.links_up - 1);
	dvti_host_policy_update(dn);
}

/* Under RCU; may be a timer's. Not every event names its netns, nor is each of a single policy. */
static int dvti_host_policy_event(struct xfrm_policy *pol, int dir, const struct km_event *event)
{
	const struct dvti_net *dn = dvti_net(pol ? xp_net(pol) : event->net);
	const struct dvti_host_policy *hp = &dn->policy;

	smp_mb();	/* see dvti_host_policy_link_up() */
	if (dvti_host_policy_needed(dn, XFRM_POLICY_OUT) != (READ_ONCE(hp->out) != DVTI_EXEMPTION_IDLE) ||
	    dvti_host_policy_needed(dn, XFRM_POLICY_IN) != (READ_ONCE(hp->in) != DVTI_EXEMPTION_IDLE))
		schedule_work(&dvti_host_policy_work);
	return 0;
}

/* Whoever hears of policies counts as a key manager, and must refuse what is asked of one. */
static int dvti_host_policy_acquire(struct xfrm_state *x, struct xfrm_tmpl *tmpl, struct xfrm_policy *pol)
{
	return -EINVAL;
}

/* *@err is what the last one that knew the option said of it. */
static struct xfrm_policy *dvti_host_policy_compile(struct sock *sk, int opt, u8 *data, int len, int *err)
{
	return NULL;
}

static struct xfrm_mgr dvti_host_policy_km = {
	.notify_policy	= dvti_host_policy_event,
	.acquire	= dvti_host_policy_acquire,
	.compile_policy	= dvti_host_policy_compile,
};

void dvti_host_policy_init(void)
{
	xfrm_register_km(&dvti_host_policy_km);
}

void dvti_host_policy_exit(void)
{
	xfrm_unregister_km(&dvti_host_policy_km);
	cancel_work_sync(&dvti_host_policy_work);
	dvti_exempt6_out_exit();
}
