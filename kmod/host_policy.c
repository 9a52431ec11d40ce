// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's own xfrm policies and the inner packets that they should leave alone: a tunnel has selectors of its own.
 *
 * IPv4 has switches for both directions of a device. IPv6 has one only for what comes in by the device and is
 * forwarded or addressed to the device itself; its routes cannot be exempted, by a module at any rate: the lookup of a
 * sender's policy follows that of its route with nothing in between. So an administrator is told.
 */
#include <linux/inetdevice.h>
#include <net/addrconf.h>
#include <net/xfrm.h>

#include "host_policy.h"
#include "link.h"
#include "net.h"

#define DVTI_HOST_POLICY_INTERVAL (60 * HZ)	/* between two looks at the policies of a netns */

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

#ifdef CONFIG_XFRM
/* Return: nonzero ends the walk. */
static int dvti_host_policy_bites(struct xfrm_policy *pol, int dir, int count, void *found)
{
	if (dir != XFRM_POLICY_OUT || pol->family != AF_INET6 || pol->if_id)
		return 0;
	if (pol->action == XFRM_POLICY_ALLOW && !pol->xfrm_nr)
		return 0;
	*(bool *)found = true;
	return 1;
}

/**
 * dvti_host_policy_warn() - say so if policies of the host may take IPv6 packets from a link
 * @dev: the link's device, coming up; RTNL held
 */
void dvti_host_policy_warn(struct net_device *dev)
{
	struct net *net = dev_net(dev);
	struct dvti_net *dn = dvti_net(net);
	struct xfrm_policy_walk walk;
	bool found = false;

	ASSERT_RTNL();
	if (likely(!READ_ONCE(net->xfrm.policy_count[XFRM_POLICY_OUT])))
		return;
	if (dn->policies_seen && time_before(jiffies, dn->policies_seen + DVTI_HOST_POLICY_INTERVAL))
		return;
	dn->policies_seen = jiffies ?: 1;

	xfrm_policy_walk_init(&walk, XFRM_POLICY_TYPE_MAIN);
	xfrm_policy_walk(net, &walk, dvti_host_policy_bites, &found);
	xfrm_policy_walk_done(&walk, net);
	if (found)
		netdev_warn(dev, "the host has IPv6 xfrm policies, which apply to IPv6 routed into dvti links too; exempt them with \"ip -6 xfrm policy add dir out dst PREFIX action allow priority 0\"\n");
}
#else
void dvti_host_policy_warn(struct net_device *dev)
{
}
#endif
