// SPDX-License-Identifier: GPL-2.0-only
/*
 * Outer headers and the route to the peer. The route is looked up without the host's xfrm policies: what leaves
 * here is ESP already, as it is when it leaves xfrm itself.
 */
#include <linux/inetdevice.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter.h>
#include <linux/udp.h>
#include <net/addrconf.h>
#include <net/arp.h>
#include <net/dsfield.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/ndisc.h>
#include <net/route.h>
#include <net/udp.h>

#include "encap.h"
#include "link.h"
#include "net.h"
#include "sa.h"

/* IPv4 IDs that a link takes from the host's at once */
#define DVTI_ENCAP_IDS 64

static u8 dvti_encap_proto(const struct dvti_outer *e)
{
	return e->udp ? IPPROTO_UDP : IPPROTO_ESP;
}

static struct dvti_endpoints *dvti_encap_ends(const struct dvti_sa *sa)
{
	return rcu_dereference(sa->ends) ?: rcu_dereference(sa->link->ends);
}

/* Route of the cache, which may still be one of the other family while endpoints change. */
static struct dst_entry *dvti_encap_cached(struct dvti_outer *e, struct dvti_link *link)
{
	struct dst_entry *dst;

	if (e->family == AF_INET) {
		struct rtable *rt = dst_cache_get_ip4(&link->dst, &e->s4);

		dst = rt ? &rt->dst : NULL;
	} else {
		dst = dst_cache_get_ip6(&link->dst, &e->s6);
	}

	if (unlikely(dst && dst->ops->family != e->family)) {
		dst_release(dst);
		return NULL;
	}
	return dst;
}

static int dvti_encap_route4(struct dvti_outer *e, struct dvti_link *link, const struct dvti_endpoints *ends, int oif)
{
	struct flowi4 fl4 = {
		.saddr = ends->l4,
		.daddr = ends->r4,
		.flowi4_oif = oif,
		.flowi4_mark = e->mark,
		.flowi4_proto = dvti_encap_proto(e),
		.fl4_sport = e->sport,
		.fl4_dport = e->dport,
	};
	struct rtable *rt;

	rt = __ip_route_output_key(e->net, &fl4);
	if (IS_ERR(rt))
		return PTR_ERR(rt);

	e->dst = &rt->dst;
	e->s4 = fl4.saddr;
	dst_cache_set_ip4(&link->dst, &rt->dst, fl4.saddr);
	return 0;
}

static int dvti_encap_route6(struct dvti_outer *e, struct dvti_link *link, const struct dvti_endpoints *ends, int oif)
{
	struct flowi6 fl6 = {
		.saddr = ends->l6,
		.daddr = ends->r6,
		.flowi6_oif = oif,
		.flowi6_mark = e->mark,
		.flowi6_proto = dvti_encap_proto(e),
		.fl6_sport = e->sport,
		.fl6_dport = e->dport,
	};
	struct dst_entry *dst;
	int err;

	err = ip6_dst_lookup(e->net, NULL, &dst, &fl6);
	if (err)
		return err;

	e->dst = dst;
	e->s6 = fl6.saddr;
	dst_cache_set_ip6(&link->dst, dst, &fl6.saddr);
	return 0;
}

/* The cache has nothing to offer. */
static noinline int dvti_encap_route(struct dvti_outer *e, struct dvti_sa *sa, const struct dvti_endpoints *ends)
{
	struct dvti_link *link = sa->link;
	int oif = READ_ONCE(link->set.underlay_ifindex);
	int err;

	err = e->family == AF_INET ? dvti_encap_route4(e, link, ends, oif) : dvti_encap_route6(e, link, ends, oif);
	if (err)
		return err;

	/*
	 * Who changes any of these resets the cache afterwards; if that happened before the route came in, the
	 * old one must not stay.
	 */
	smp_mb();
	if (unlikely(rcu_access_pointer(link->out) != sa || dvti_encap_ends(sa) != ends ||
		     READ_ONCE(link->set.fwmark) != e->mark || READ_ONCE(link->set.underlay_ifindex) != oif))
		dst_cache_reset(&link->dst);
	return 0;
}

static u8 dvti_encap_hop_limit(const struct dvti_outer *e)
{
	if (e->family == AF_INET)
		return dst_metric_raw(e->dst, RTAX_HOPLIMIT) ?: READ_ONCE(e->net->ipv4.sysctl_ip_default_ttl);
	return ip6_dst_hoplimit(e->dst);
}

/**
 * dvti_encap_resolve() - find the way to the peer
 * @e: to be filled in; holds a reference to the route on success
 * @sa: outbound; its link caches the route
 *
 * Context: BH disabled, RCU read side.
 * Return: 0, -EDESTADDRREQ while the peer's address is unknown, -ELOOP if the route leads back into the link, or
 * another error of the route lookup.
 */
int dvti_encap_resolve(struct dvti_outer *e, struct dvti_sa *sa)
{
	const struct dvti_endpoints *ends = dvti_encap_ends(sa);
	struct dvti_link *link = sa->link;
	int err;

	if (unlikely(!ends))
		return -EDESTADDRREQ;

	e->net = link->underlay->net;
	e->family = ends->family;
	e->udp = ends->encap == DVTI_ENCAP_UDP;
	e->sport = ends->lport;
	e->dport = ends->rport;
	e->mark = READ_ONCE(link->set.fwmark);
	e->ttl = READ_ONCE(link->set.ttl);

	switch (ends->family) {
	case AF_INET:
		if (unlikely(!ends->r4))
			return -EDESTADDRREQ;
		e->d4 = ends->r4;
		e->hlen = sizeof(struct iphdr);
		break;
	case AF_INET6:
		if (unlikely(ipv6_addr_any(&ends->r6)))
			return -EDESTADDRREQ;
		e->d6 = ends->r6;
		e->hlen = sizeof(struct ipv6hdr);
		break;
	default:
		return -EDESTADDRREQ;
	}
	if (e->udp)
		e->hlen += sizeof(struct udphdr);

	e->dst = dvti_encap_cached(e, link);
	if (unlikely(!e->dst)) {
		err = dvti_encap_route(e, sa, ends);
		if (err)
			return err;
	}

	if (unlikely(e->dst->dev == link->dev)) {
		dst_release(e->dst);
		return -ELOOP;
	}
	e->mtu = dst_mtu(e->dst);
	e->id_always = e->family == AF_INET && ip_mtu_locked(e->dst);
	e->room = LL_RESERVED_SPACE(e->dst->dev);
	if (!e->ttl)
		e->ttl = dvti_encap_hop_limit(e);
	return 0;
}

static struct neighbour *dvti_encap_neighbour4(const struct dvti_outer *e)
{
	struct rtable *rt = container_of(e->dst, struct rtable, dst);

	if (rt->dst.output != ip_output || rt->rt_type != RTN_UNICAST || rt->rt_gw_family == AF_INET6)
		return NULL;

	return ip_neigh_gw4(rt->dst.dev, rt->rt_gw_family == AF_INET ? rt->rt_gw4 : e->d4);
}

#if IS_ENABLED(CONFIG_IPV6)
#define dvti_encap_output6 ip6_output

static struct neighbour *dvti_encap_neighbour6(const struct dvti_outer *e)
{
	struct rt6_info *rt = container_of(e->dst, struct rt6_info, dst);
	const struct in6_addr *nexthop;
	struct neighbour *neigh;

	if (rt->dst.output != ip6_output || ipv6_addr_is_multicast(&e->d6) || !rt->rt6i_idev ||
	    READ_ONCE(rt->rt6i_idev->cnf.disable_ipv6))
		return NULL;

	nexthop = rt6_nexthop(rt, &e->d6);
	neigh = __ipv6_neigh_lookup_noref(rt->dst.dev, nexthop);
	return neigh ?: __neigh_create(&nd_tbl, nexthop, rt->dst.dev, false);
}
#else
#define dvti_encap_output6 NULL

static struct neighbour *dvti_encap_neighbour6(const struct dvti_outer *e)
{
	return NULL;
}
#endif

/* A row of IDs, as ip_local_out()'s callers take one each. Return: the first. */
static noinline u16 dvti_encap_new_ids(const struct dvti_outer *e, unsigned int n)
{
	struct iphdr iph = { .saddr = e->s4, .daddr = e->d4, .protocol = dvti_encap_proto(e) };

	__ip_select_ident(e->net, &iph, n);
	return ntohs(iph.id);
}

/*
 * To ask for IDs costs more than the rest of the outer header, so for packets that come one by one a link has some in
 * store. Those that are left when the peer's address changes serve for the new one.
 */
static u16 dvti_encap_take_ids(const struct dvti_outer *e, struct dvti_link *link, unsigned int n)
{
	u32 store = atomic_read(&link->ids);
	u16 next = store, left = store >> 16;

	if (n > DVTI_ENCAP_IDS / 4)
		return dvti_encap_new_ids(e, n);
	if (left >= n && atomic_cmpxchg(&link->ids, store, (left - n) << 16 | (u16)(next + n)) == store)
		return next;

	next = dvti_encap_new_ids(e, DVTI_ENCAP_IDS);
	atomic_set(&link->ids, (DVTI_ENCAP_IDS - n) << 16 | (u16)(next + n));
	return next;
}

/**
 * dvti_encap_begin() - before the first packet of a batch is sent
 * @e: resolved
 * @link: whose packets these are
 * @ids: packets of the batch for which dvti_encap_needs_id()
 *
 * When nothing that changes its way lies between the outer header and the neighbour (filter of local output, VRF,
 * multicast, lightweight tunnel), each packet may go there at once; what ip_output() would look up for each is looked
 * up here for all. Hooks behind the routing decision see the packets all the same: Debian's kernels always have one,
 * which is AppArmor's.
 *
 * Context: BH disabled, RCU read side until the last packet has been sent.
 */
void dvti_encap_begin(struct dvti_outer *e, struct dvti_link *link, unsigned int ids)
{
	struct neighbour *neigh;

	if (ids)
		e->id = dvti_encap_take_ids(e, link, ids);

	e->requests = 0;
	e->packets = 0;
	e->octets = 0;
	e->neigh = NULL;
	if (dvti_net_hooked(e->net, e->family, NF_INET_LOCAL_OUT) || e->dst->lwtstate || netif_is_l3_slave(e->dst->dev))
		return;
	e->hooked = dvti_net_hooked(e->net, e->family, NF_INET_POST_ROUTING);

	neigh = e->family == AF_INET ? dvti_encap_neighbour4(e) : dvti_encap_neighbour6(e);
	if (IS_ERR_OR_NULL(neigh))
		return;
	e->neigh = neigh;
}

/**
 * dvti_encap_end() - after the last packet of a batch has been sent
 * @e: dvti_encap_begin() was called; the route is let go
 *
 * Context: as dvti_encap_begin().
 */
void dvti_encap_end(struct dvti_outer *e)
{
	/* What went past the IP layer's own output is counted as there. */
	if (likely(e->requests) && e->family == AF_INET) {
		dvti_compat_ip_out_requests(e->net, e->requests);
		__IP_ADD_STATS(e->net, IPSTATS_MIB_OUTPKTS, e->packets);
		__IP_ADD_STATS(e->net, IPSTATS_MIB_OUTOCTETS, e->octets);
	} else if (e->packets) {
		IP6_ADD_STATS(e->net, ip6_dst_idev(e->dst), IPSTATS_MIB_OUTPKTS, e->packets);
		IP6_ADD_STATS(e->net, ip6_dst_idev(e->dst), IPSTATS_MIB_OUTOCTETS, e->octets);
	}
	dst_release(e->dst);
}

/* Has a hook changed where the packet goes? */
static bool dvti_encap_diverted(const struct dvti_outer *e, const struct sk_buff *skb)
{
	if (unlikely(skb_dst(skb) != e->dst))
		return true;
	return e->family == AF_INET ? ip_hdr(skb)->daddr != e->d4 : !ipv6_addr_equal(&ipv6_hdr(skb)->daddr, &e->d6);
}

/*
 * Ask the hooks behind the routing decision. What they keep goes on later through the IP layer's own output, since this
 * module may be gone by then, and has a mark so that they are not asked again. Return: as nf_hook().
 */
static int dvti_encap_ask_hooks(const struct dvti_outer *e, struct sk_buff *skb, struct net_device *from)
{
	if (e->family == AF_INET) {
		IPCB(skb)->flags |= IPSKB_REROUTED;
		return nf_hook(NFPROTO_IPV4, NF_INET_POST_ROUTING, e->net, NULL, skb, from, skb->dev, ip_output);
	}
	IP6CB(skb)->flags |= IP6SKB_REROUTED;
	return nf_hook(NFPROTO_IPV6, NF_INET_POST_ROUTING, e->net, NULL, skb, from, skb->dev, dvti_encap_output6);
}

/* Past the IP layer's own output, which has nothing to add but its hooks. Return: as dev_queue_xmit(). */
static int dvti_encap_to_neighbour(struct dvti_outer *e, struct sk_buff *skb)
{
	struct net_device *from = skb->dev;
	int verdict;

	skb->dev = e->dst->dev;
	e->requests++;
	if (e->hooked) {
		verdict = dvti_encap_ask_hooks(e, skb, from);
		if (unlikely(verdict != 1))
			return verdict;
		if (unlikely(dvti_encap_diverted(e, skb)))
			return dst_output(e->net, NULL, skb);
	}

	e->packets++;
	e->octets += skb->len;
	return neigh_output(e->neigh, skb, false);
}

static bool dvti_encap_direct(const struct dvti_outer *e, const struct sk_buff *skb)
{
	return likely(e->neigh) && (skb_is_gso(skb) || skb->len <= e->mtu) && skb_headroom(skb) >= e->room;
}

/* Does the route's device hand packets straight to the host that they are for, another one in this kernel? */
static bool dvti_encap_ends_beyond(const struct dvti_outer *e)
{
	const struct net_device_ops *ops = e->dst->dev->netdev_ops;
	struct net_device *peer;

	if (!ops->ndo_get_peer_dev)
		return false;
	peer = ops->ndo_get_peer_dev(e->dst->dev);
	if (!peer)
		return false;

	return e->family == AF_INET ? inet_addr_type(dev_net(peer), e->d4) == RTN_LOCAL :
				      ipv6_chk_addr(dev_net(peer), &e->d6, NULL, 0);
}

/* Whoever cuts the super-packet completes its checksums; a zero cannot be asked for. */
static void dvti_encap_super_sum(const struct dvti_outer *e, struct sk_buff *skb, struct udphdr *uh)
{
	if (e->family == AF_INET)
		uh->check = ~udp_v4_check(skb->len, e->s4, e->d4, 0);
	else
		uh->check = ~udp_v6_check(skb->len, &e->s6, &e->d6, 0);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = (u8 *)uh - skb->head;
	skb->csum_offset = offsetof(struct udphdr, check);

	/*
	 * A socket in this kernel takes super-packets for a tunnel only with this mark. To a real device it would
	 * promise inner headers that are not there, so it must not get that far.
	 */
	if (dvti_encap_ends_beyond(e))
		skb_shinfo(skb)->gso_type |= SKB_GSO_UDP_TUNNEL_CSUM;
}

static void dvti_encap_push_udp(const struct dvti_outer *e, struct sk_buff *skb)
{
	struct udphdr *uh = __skb_push(skb, sizeof(*uh));

	skb_reset_transport_header(skb);
	uh->source = e->sport;
	uh->dest = e->dport;
	uh->len = htons(skb->len);
	uh->check = 0;

	/* RFC 3948 section 2.1: zero over IPv4. Over IPv6 stock ESP fills it in, and so do we. */
	if (skb_is_gso(skb))
		dvti_encap_super_sum(e, skb, uh);
	else if (e->family == AF_INET6)
		udp6_set_csum(false, skb, &e->s6, &e->d6, skb->len);
}

/* Checksum of an IPv4 header, from what is in it: to read back what was written in other portions stalls the CPU. */
static __sum16 dvti_encap_sum4(const struct dvti_outer *e, unsigned int len, u8 tos, u8 ttl, __be16 id,
			       __be16 frag_off)
{
	u32 rest = (__force u32)htons(4 << 12 | 5 << 8 | tos) + (__force u32)id + (__force u32)frag_off +
		   (__force u32)htons(ttl << 8);

	return csum_fold(csum_tcpudp_nofold(e->s4, e->d4, len, dvti_encap_proto(e), (__force __wsum)rest));
}

static int dvti_encap_xmit4(struct dvti_outer *e, struct sk_buff *skb, u8 tos, u8 ttl, bool df)
{
	struct iphdr *iph = __skb_push(skb, sizeof(*iph));

	skb_reset_network_header(skb);
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	skb->protocol = htons(ETH_P_IP);
	df &= !e->id_always;

	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->tos = tos;
	iph->id = df ? 0 : htons(e->id);
	iph->frag_off = df ? htons(IP_DF) : 0;
	iph->ttl = ttl;
	iph->protocol = dvti_encap_proto(e);
	iph->saddr = e->s4;
	iph->daddr = e->d4;

	if (!df)
		e->id += skb_is_gso(skb) ? skb_shinfo(skb)->gso_segs : 1;

	if (!dvti_encap_direct(e, skb))
		return ip_local_out(e->net, NULL, skb);

	iph->tot_len = htons(skb->len);
	iph->check = dvti_encap_sum4(e, skb->len, tos, ttl, iph->id, iph->frag_off);
	return dvti_encap_to_neighbour(e, skb);
}

static int dvti_encap_xmit6(struct dvti_outer *e, struct sk_buff *skb, u8 tos, u8 ttl, bool df)
{
	unsigned int len = skb->len;
	struct ipv6hdr *ip6h;

	/* IPv6 asks the packet's socket about MTU and fragments, and that socket is the inner sender's. */
	skb_orphan(skb);

	ip6h = __skb_push(skb, sizeof(*ip6h));
	skb_reset_network_header(skb);
	memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
	skb->protocol = htons(ETH_P_IPV6);
	skb->ignore_df = !df;

	ip6_flow_hdr(ip6h, tos, 0);
	ip6h->payload_len = htons(len);
	ip6h->nexthdr = dvti_encap_proto(e);
	ip6h->hop_limit = ttl;
	ip6h->saddr = e->s6;
	ip6h->daddr = e->d6;

	if (!dvti_encap_direct(e, skb))
		return ip6_local_out(e->net, NULL, skb);

	return dvti_encap_to_neighbour(e, skb);
}

/**
 * dvti_encap_xmit() - put the outer header before an ESP packet and send it
 * @e: resolved, and dvti_encap_begin() called
 * @skb: from the ESP header on, scrubbed, with headroom for the outer header; consumed
 * @tos: traffic class of the outer header
 * @ttl: its time to live or hop limit
 * @df: forbid fragmentation of the outer packet
 *
 * Context: BH disabled, RCU read side since dvti_encap_begin(). Return: as ip_local_out().
 */
int dvti_encap_xmit(struct dvti_outer *e, struct sk_buff *skb, u8 tos, u8 ttl, bool df)
{
	if (e->udp)
		dvti_encap_push_udp(e, skb);
	else
		skb_reset_transport_header(skb);

	skb->mark = e->mark;
	/* @e outlives the call and a qdisc that keeps the packet longer takes a reference of its own. */
	skb_dst_set_noref(skb, e->dst);

	return e->family == AF_INET ? dvti_encap_xmit4(e, skb, tos, ttl, df) : dvti_encap_xmit6(e, skb, tos, ttl, df);
}
