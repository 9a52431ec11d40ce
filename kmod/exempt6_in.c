// SPDX-License-Identifier: GPL-2.0-only
/*
 * IPv6 packets that come out of links for this host, and the host's xfrm policies that they should not meet.
 *
 * xfrm asks the packet's route whether policies matter (DST_NOPOLICY), and a route to an address belongs to the
 * interface that has the address: only for the link's own does the link's switch hold. A link without addresses of its
 * own, which borrows those of a loopback interface, has none such. Packets of other interfaces take the same route,
 * so it cannot be marked; a packet from a link gets a copy that is.
 */
#include <linux/netfilter.h>
#include <linux/netfilter_ipv6.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>

#include "exempt6_in.h"
#include "link.h"

#ifdef CONFIG_NETFILTER
/*
 * A copy of the packet's route for its destination alone. The flag asks for one that neither FIB nor CPU keep, and
 * the kernel still finds when a device goes, so that a socket may hold on to it.
 *
 * Return: counted, or NULL if that is not what came back.
 */
static struct rt6_info *dvti_exempt6_in_clone(struct net *net, const struct sk_buff *skb, const struct rt6_info *rt)
{
	const struct fib6_info *from = rcu_dereference(rt->from);
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	struct flowi6 fl6 = {
		.flowi6_iif = IP6CB(skb)->iif,
		.flowi6_flags = FLOWI_FLAG_KNOWN_NH,
		.daddr = ip6h->daddr,
		.saddr = ip6h->saddr,
	};
	struct rt6_info *clone;

	if (!from)
		return NULL;
	clone = ip6_pol_route(net, from->fib6_table, fl6.flowi6_iif, &fl6, NULL,
			      rt6_need_strict(&fl6.daddr) ? RT6_LOOKUP_F_IFACE : 0);
	if (dvti_compat_route6_uncached(clone) && clone->dst.input == rt->dst.input)
		return clone;
	dst_release(&clone->dst);
	return NULL;
}

static unsigned int dvti_exempt6_in_hook(void *unused, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct dst_entry *dst = skb_dst(skb);
	struct net_device *dev;
	struct rt6_info *clone;

	if (!dst || dst->flags & DST_NOPOLICY)
		return NF_ACCEPT;
	/* Not state->in: that is the VRF's device if the link is in one. */
	dev = dev_get_by_index_rcu(state->net, IP6CB(skb)->iif);
	if (!dev || !dvti_is_link(dev))
		return NF_ACCEPT;

	clone = dvti_exempt6_in_clone(state->net, skb, container_of(dst, struct rt6_info, dst));
	if (!clone)
		return NF_ACCEPT;
	clone->dst.flags |= DST_NOPOLICY;
	skb_dst_drop(skb);
	skb_dst_set(skb, &clone->dst);
	return NF_ACCEPT;
}

static const struct nf_hook_ops dvti_exempt6_in_ops = {
	.hook		= dvti_exempt6_in_hook,
	.pf		= NFPROTO_IPV6,
	.hooknum	= NF_INET_LOCAL_IN,
	.priority	= NF_IP6_PRI_LAST,	/* what is dropped needs none */
};

/**
 * dvti_exempt6_in_start() - exempt what comes out of links for this host
 * @net: where the links are
 *
 * Context: process. Return: 0 or a negative errno; -EOPNOTSUPP if the kernel has been built without netfilter.
 */
int dvti_exempt6_in_start(struct net *net)
{
	return nf_register_net_hook(net, &dvti_exempt6_in_ops);
}

/**
 * dvti_exempt6_in_stop() - end that
 * @net: where the links are
 *
 * Context: process.
 */
void dvti_exempt6_in_stop(struct net *net)
{
	nf_unregister_net_hook(net, &dvti_exempt6_in_ops);
}
#else
int dvti_exempt6_in_start(struct net *net)
{
	return -EOPNOTSUPP;
}

void dvti_exempt6_in_stop(struct net *net)
{
}
#endif
