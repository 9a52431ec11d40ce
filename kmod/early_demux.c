// SPDX-License-Identifier: GPL-2.0-only
/*
 * Early demultiplexing, as the kernel has it for TCP: when the last packet of an SA came from the same host through
 * the same device, and the route that IP found for it is still valid, the next one is for this host too. Nobody need
 * look that up, and of what IP does with a packet on its way to us only the checks and the counters are left.
 *
 * What is out of the ordinary goes on to IP: fragments, options, whatever fails a check. So does everything while
 * somebody has hooks for incoming packets (a packet filter, connection tracking), and when the administrator has
 * switched early demultiplexing off (net.ipv4.ip_early_demux, for IPv6 too).
 *
 * ESP in UDP has come to a socket by IP before, whose owner has said that it is for ESP. A packet for the same SA from
 * the same port to the same port is for that socket too.
 *
 * The packets are seen by a hook of the device's own, behind those of its users, since one of IP's costs every packet
 * of the host more than it saves ours. A device gets one when it brings the first packet of ours, and keeps it while
 * there are links.
 */
#include <linux/if_vlan.h>
#include <linux/netfilter.h>
#include <linux/rtnetlink.h>
#include <linux/udp.h>
#include <net/addrconf.h>
#include <net/dst.h>
#include <net/dsfield.h>
#include <net/esp.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ip6_fib.h>
#include <net/ipv6.h>
#include <net/udp.h>

#include "batch.h"
#include "early_demux.h"
#include "esp.h"
#include "net.h"
#include "sa.h"

#ifdef CONFIG_NETFILTER_INGRESS

/**
 * struct dvti_demux_device - one that brings packets of ours
 * @node: in dvti_demux_devices
 * @rcu: readers of that list
 * @dn: where the device is
 * @ops: its hook
 * @dport: UDP port that ESP has come to last, the only one that is looked at; zero before
 * @hooked: the hook is in place; if the kernel refused it, it is not asked again
 */
struct dvti_demux_device {
	struct list_head node;
	struct rcu_head rcu;
	struct dvti_net *dn;
	struct nf_hook_ops ops;
	__be16 dport;
	bool hooked;
};

/**
 * struct dvti_demux_packet - ESP in what a device has brought
 * @udp: the UDP header, NULL if ESP follows IP
 * @esp: the ESP header
 * @hlen: octets before it
 */
struct dvti_demux_packet {
	const struct udphdr *udp;
	const struct ip_esp_hdr *esp;
	unsigned int hlen;
};

static LIST_HEAD(dvti_demux_devices);	/* RTNL; readers under RCU */

/* A device that shall have a hook, with a reference: one at a time, the others ask again. */
static struct net_device *dvti_demux_wanted;

/* Do IP's decisions about packets of @family rest on nothing but addresses and routes? */
static bool dvti_demux_allowed(const struct net *net, u8 family)
{
	return READ_ONCE(net->ipv4.sysctl_ip_early_demux) && !dvti_net_hooked(net, family, NF_INET_PRE_ROUTING) &&
	       !dvti_net_hooked(net, family, NF_INET_LOCAL_IN);
}

/* @udp: NULL if ESP is not in UDP */
static struct dvti_demux_way dvti_demux_way(const struct sk_buff *skb, u8 family, const struct udphdr *udp)
{
	struct dvti_demux_way way = { .ifindex = skb->dev->ifindex, .mark = skb->mark };

	if (family == AF_INET) {
		way.saddr.s6_addr32[0] = ip_hdr(skb)->saddr;
		way.daddr.s6_addr32[0] = ip_hdr(skb)->daddr;
	} else {
		way.saddr = ipv6_hdr(skb)->saddr;
		way.daddr = ipv6_hdr(skb)->daddr;
	}
	if (udp) {
		way.sport = udp->source;
		way.dport = udp->dest;
	}
	return way;
}

static __always_inline bool dvti_demux_same_way(const struct dvti_demux_way *way, const struct sk_buff *skb, u8 family,
						const struct udphdr *udp)
{
	if (way->ifindex != skb->dev->ifindex || way->mark != skb->mark)
		return false;
	if (way->sport != (udp ? udp->source : 0) || way->dport != (udp ? udp->dest : 0))
		return false;
	if (family == AF_INET)
		return way->saddr.s6_addr32[0] == ip_hdr(skb)->saddr && way->daddr.s6_addr32[0] == ip_hdr(skb)->daddr;

	return ipv6_addr_equal(&way->saddr, &ipv6_hdr(skb)->saddr) &&
	       ipv6_addr_equal(&way->daddr, &ipv6_hdr(skb)->daddr);
}

/* The route of a packet that has come the way the last one came. RCU read side. Return: NULL if it has not. */
static __always_inline struct dst_entry *dvti_demux_route(const struct dvti_demux *d, const struct sk_buff *skb,
							  u8 family, const struct udphdr *udp)
{
	unsigned int seq = read_seqbegin(&d->lock);
	struct dst_entry *dst = READ_ONCE(d->dst);
	u32 cookie = READ_ONCE(d->cookie);

	if (!dvti_demux_same_way(&d->way, skb, family, udp) || read_seqretry(&d->lock, seq) || !dst ||
	    dst->ops->family != family)
		return NULL;
	return dst_check(dst, cookie);
}

/*
 * May a UDP super-packet be taken as a whole? What GRO has made of the datagrams of a peer can be for several SAs, and
 * for the owner of the socket; a guest may have said anything of what it has made. Those are cut on their way to the
 * socket.
 */
static noinline bool dvti_demux_is_super(const struct sk_buff *skb, const struct dvti_demux_packet *p, unsigned int len)
{
	const struct skb_shared_info *info = skb_shinfo(skb);
	unsigned int at;
	__be32 room, *spi;

	if (len != skb->len || !(info->gso_type & SKB_GSO_UDP_L4) || info->gso_type & SKB_GSO_DODGY || !info->gso_segs)
		return false;
	/* One of our own, see dvti_encap_super_sum() */
	if (info->gso_type & SKB_GSO_UDP_TUNNEL_CSUM)
		return true;

	for (at = p->hlen + info->gso_size; at < len; at += info->gso_size) {
		spi = skb_header_pointer(skb, at, sizeof(room), &room);
		if (!spi || *spi != p->esp->spi)
			return false;
	}
	return true;
}

/*
 * The checks of UDP, of which only those that cost nothing are made here. What others hold too is for the socket, whose
 * handler makes a copy of its own.
 */
static __always_inline bool dvti_demux_is_ours_in_udp(const struct dvti_demux_device *d, const struct sk_buff *skb,
						      u8 family, const struct dvti_demux_packet *p, unsigned int len)
{
	const struct udphdr *udp = p->udp;

	if (udp->dest != READ_ONCE(d->dport) || !udp->dest || ntohs(udp->len) + p->hlen != len + sizeof(*udp) ||
	    skb_cloned(skb))
		return false;
	if (udp->check ? skb->ip_summed != CHECKSUM_UNNECESSARY && skb->ip_summed != CHECKSUM_PARTIAL :
			 family != AF_INET)
		return false;

	return !skb_is_gso(skb) || dvti_demux_is_super(skb, p, len);
}

/*
 * Find the ESP header. @proto: of what follows the IP header of @hlen octets; @len: of that and the IP header. The IP
 * header may move. Return: false if there is none, or something is out of the ordinary.
 */
static __always_inline bool dvti_demux_parse(const struct dvti_demux_device *d, struct sk_buff *skb, u8 family,
					     u8 proto, unsigned int hlen, unsigned int len,
					     struct dvti_demux_packet *p)
{
	if (len > skb->len)
		return false;

	switch (proto) {
	case IPPROTO_ESP:
		if (len < hlen + sizeof(*p->esp) || skb_is_gso(skb))
			return false;
		p->udp = NULL;
		p->hlen = hlen;
		break;
	case IPPROTO_UDP:
		p->hlen = hlen + sizeof(*p->udp);
		/* As sockets have it, what is no longer than an ESP header is none. */
		if (len <= p->hlen + sizeof(*p->esp) || !pskb_may_pull(skb, p->hlen + sizeof(*p->esp)))
			return false;
		p->udp = (const struct udphdr *)(skb->data + hlen);
		p->esp = (const struct ip_esp_hdr *)(p->udp + 1);
		return dvti_demux_is_ours_in_udp(d, skb, family, p, len);
	default:
		return false;
	}
	p->esp = (const struct ip_esp_hdr *)(skb->data + hlen);
	return true;
}

/* The packet need not go through IP. Return: NF_STOLEN. */
static __always_inline unsigned int dvti_demux_take(struct dvti_sa *sa, struct sk_buff *skb,
						    const struct dvti_demux_packet *p)
{
	skb->transport_header = skb->network_header + p->hlen;
	__skb_pull(skb, p->hlen);
	skb_clear_delivery_time(skb);
	skb_reset_redirect(skb);
	dvti_esp_rcv(sa, skb, p->udp ? DVTI_ENCAP_UDP : DVTI_ENCAP_NONE);
	return NF_STOLEN;
}

/* Counters and checks are those of ip_rcv(), ip_local_deliver() and udp_rcv(). */
static unsigned int dvti_demux_in4(const struct dvti_demux_device *d, struct net *net, struct sk_buff *skb)
{
	unsigned int len, received = skb->len;
	struct dvti_demux_packet p;
	const struct iphdr *iph;
	struct dvti_sa *sa;

	if (!pskb_may_pull(skb, sizeof(*iph) + sizeof(*p.esp)))
		return NF_ACCEPT;
	iph = ip_hdr(skb);
	len = ntohs(iph->tot_len);
	if (iph->version != 4 || iph->ihl != sizeof(*iph) / 4 || ip_is_fragment(iph) ||
	    !dvti_demux_parse(d, skb, AF_INET, iph->protocol, sizeof(*iph), len, &p))
		return NF_ACCEPT;
	if (!dvti_demux_allowed(net, AF_INET))
		return NF_ACCEPT;

	iph = ip_hdr(skb);
	sa = dvti_sa_find(d->dn, p.esp->spi, AF_INET, &iph->daddr);
	if (!sa || !dvti_demux_route(&sa->demux, skb, AF_INET, p.udp) || ip_fast_csum(iph, sizeof(*iph) / 4))
		return NF_ACCEPT;
	if (unlikely(pskb_trim_rcsum(skb, len)))
		return NF_ACCEPT;

	__IP_UPD_PO_STATS(net, IPSTATS_MIB_IN, received);
	__IP_ADD_STATS(net, IPSTATS_MIB_NOECTPKTS + (ip_hdr(skb)->tos & INET_ECN_MASK), dvti_batch_segments(skb));
	__IP_INC_STATS(net, IPSTATS_MIB_INDELIVERS);
	if (p.udp)
		__UDP_INC_STATS(net, UDP_MIB_INDATAGRAMS, 0);
	return dvti_demux_take(sa, skb, &p);
}

#if IS_ENABLED(CONFIG_IPV6)
/* Counters and checks are those of ipv6_rcv(), ip6_input() and udpv6_rcv(). */
static noinline unsigned int dvti_demux_in6(const struct dvti_demux_device *d, struct net *net, struct sk_buff *skb)
{
	unsigned int len, received = skb->len;
	const struct ipv6hdr *ip6h;
	struct dvti_demux_packet p;
	struct inet6_dev *idev;
	struct dst_entry *dst;
	struct dvti_sa *sa;

	if (!pskb_may_pull(skb, sizeof(*ip6h) + sizeof(*p.esp)))
		return NF_ACCEPT;
	ip6h = ipv6_hdr(skb);
	len = sizeof(*ip6h) + ntohs(ip6h->payload_len);
	if (ip6h->version != 6 || !dvti_demux_parse(d, skb, AF_INET6, ip6h->nexthdr, sizeof(*ip6h), len, &p))
		return NF_ACCEPT;
	idev = __in6_dev_get(skb->dev);
	if (!dvti_demux_allowed(net, AF_INET6) || !idev || READ_ONCE(idev->cnf.disable_ipv6))
		return NF_ACCEPT;

	ip6h = ipv6_hdr(skb);
	sa = dvti_sa_find(d->dn, p.esp->spi, AF_INET6, &ip6h->daddr);
	if (!sa)
		return NF_ACCEPT;
	dst = dvti_demux_route(&sa->demux, skb, AF_INET6, p.udp);
	if (!dst || unlikely(pskb_trim_rcsum(skb, len)))
		return NF_ACCEPT;

	__IP6_UPD_PO_STATS(net, idev, IPSTATS_MIB_IN, received);
	__IP6_ADD_STATS(net, idev, IPSTATS_MIB_NOECTPKTS + (ipv6_get_dsfield(ipv6_hdr(skb)) & INET_ECN_MASK),
			dvti_batch_segments(skb));
	__IP6_INC_STATS(net, ip6_dst_idev(dst), IPSTATS_MIB_INDELIVERS);
	if (p.udp)
		__UDP6_INC_STATS(net, UDP_MIB_INDATAGRAMS, 0);
	return dvti_demux_take(sa, skb, &p);
}
#else
static unsigned int dvti_demux_in6(const struct dvti_demux_device *d, struct net *net, struct sk_buff *skb)
{
	return NF_ACCEPT;
}
#endif

static unsigned int dvti_demux_hook(void *d, struct sk_buff *skb, const struct nf_hook_state *state)
{
	/* For another host, a VLAN's or a bridge's, routed already, not ours alone, or lent */
	if (skb->pkt_type != PACKET_HOST || skb_vlan_tag_present(skb) || rcu_access_pointer(skb->dev->rx_handler) ||
	    skb_dst(skb) || skb->sk || skb_shared(skb) || skb_zcopy(skb))
		return NF_ACCEPT;

	switch (skb->protocol) {
	case htons(ETH_P_IP):
		return dvti_demux_in4(d, state->net, skb);
	case htons(ETH_P_IPV6):
		return dvti_demux_in6(d, state->net, skb);
	default:
		return NF_ACCEPT;
	}
}

/* Has @dev a hook, or been refused one? RCU read side, or RTNL. */
static struct dvti_demux_device *dvti_demux_device(const struct net_device *dev)
{
	struct dvti_demux_device *d;

	list_for_each_entry_rcu(d, &dvti_demux_devices, node, lockdep_rtnl_is_held())
		if (d->ops.dev == dev)
			return d;
	return NULL;
}

static void dvti_demux_add(struct net_device *dev)
{
	struct dvti_demux_device *d;
	int err;

	if (dev->reg_state != NETREG_REGISTERED || list_empty(&dvti_net(dev_net(dev))->links) || dvti_demux_device(dev))
		return;
	d = kzalloc(sizeof(*d), GFP_KERNEL);
	if (!d)
		return;
	d->dn = dvti_net(dev_net(dev));
	d->ops = (struct nf_hook_ops){
		.hook = dvti_demux_hook,
		.dev = dev,
		.priv = d,
		.pf = NFPROTO_NETDEV,
		.hooknum = NF_NETDEV_INGRESS,
		.priority = INT_MAX,
	};
	err = nf_register_net_hook(d->dn->net, &d->ops);
	if (err == -ENOMEM) {
		kfree(d);
		return;
	}
	d->hooked = !err;
	list_add_rcu(&d->node, &dvti_demux_devices);
}

static void dvti_demux_remove(struct dvti_demux_device *d)
{
	if (d->hooked)
		nf_unregister_net_hook(d->dn->net, &d->ops);
	list_del_rcu(&d->node);
	kfree_rcu(d, rcu);
}

static void dvti_demux_serve(struct work_struct *work)
{
	struct net_device *dev = READ_ONCE(dvti_demux_wanted);

	rtnl_lock();
	dvti_demux_add(dev);
	rtnl_unlock();
	dev_put(dev);
	/* Pairs with dvti_demux_learn(). */
	smp_store_release(&dvti_demux_wanted, NULL);
}

static DECLARE_WORK(dvti_demux_work, dvti_demux_serve);

void dvti_demux_reset(struct dvti_demux *d)
{
	dst_release(d->dst);
}

static u32 dvti_demux_cookie(const struct dst_entry *dst, u8 family)
{
	return family == AF_INET ? 0 : rt6_get_cookie(container_of(dst, struct rt6_info, dst));
}

static void dvti_demux_remember(struct dvti_demux *d, const struct dvti_demux_way *way, struct dst_entry *dst,
				u32 cookie)
{
	struct dst_entry *old;

	write_seqlock(&d->lock);
	old = d->dst;
	d->way = *way;
	WRITE_ONCE(d->dst, dst);
	WRITE_ONCE(d->cookie, cookie);
	d->learned = jiffies;
	write_sequnlock(&d->lock);
	dst_release(old);
}

/**
 * dvti_demux_learn() - remember how a packet came to an SA
 * @sa: inbound
 * @skb: the packet as IP has brought it, from the ESP header on
 * @family: of its outer header
 * @encap: enum dvti_encap, how it has come; a UDP header stands before the ESP header
 *
 * It has not been authenticated yet, so whoever knows the SPI can make the SA forget, though only once a jiffy.
 *
 * Context: softirq, RCU read side.
 */
void dvti_demux_learn(struct dvti_sa *sa, const struct sk_buff *skb, u8 family, u8 encap)
{
	const struct udphdr *udp = encap == DVTI_ENCAP_UDP ? (const void *)(skb->data - sizeof(*udp)) : NULL;
	struct net_device *dev = skb->dev;
	struct dst_entry *dst = skb_dst(skb);
	struct dvti_demux_device *d;
	struct dvti_demux_way way;

	if (!dvti_demux_allowed(dev_net(dev), family) || dev->flags & IFF_LOOPBACK || netif_is_l3_master(dev) ||
	    !dst || dst->lwtstate || READ_ONCE(sa->demux.learned) == (u32)jiffies)
		return;
	d = dvti_demux_device(dev);
	if (dvti_demux_route(&sa->demux, skb, family, udp) && d && (!udp || READ_ONCE(d->dport) == udp->dest))
		return;

	if (unlikely(!d)) {
		/* Pairs with dvti_demux_serve(): the last one has been seen to. */
		if (!cmpxchg(&dvti_demux_wanted, NULL, dev)) {
			dev_hold(dev);
			schedule_work(&dvti_demux_work);
		}
		return;
	}
	if (udp)
		WRITE_ONCE(d->dport, udp->dest);
	way = dvti_demux_way(skb, family, udp);
	if (likely(dst_hold_safe(dst)))
		dvti_demux_remember(&sa->demux, &way, dst, dvti_demux_cookie(dst, family));
}

void dvti_demux_forget(const struct net *net)
{
	struct dvti_demux_device *d, *next;

	ASSERT_RTNL();
	list_for_each_entry_safe(d, next, &dvti_demux_devices, node)
		if (!net || d->dn->net == net)
			dvti_demux_remove(d);
}

/* A device that goes, or moves to another netns, must not have hooks. */
static int dvti_demux_netdev_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	struct dvti_demux_device *d;

	if (event != NETDEV_UNREGISTER)
		return NOTIFY_DONE;
	d = dvti_demux_device(netdev_notifier_info_to_dev(ptr));
	if (d)
		dvti_demux_remove(d);
	return NOTIFY_DONE;
}

static struct notifier_block dvti_demux_notifier = {
	.notifier_call = dvti_demux_netdev_event,
};

/**
 * dvti_demux_init() - be ready to take packets early
 *
 * Return: 0 or a negative error.
 */
int dvti_demux_init(void)
{
	return register_netdevice_notifier(&dvti_demux_notifier);
}

void dvti_demux_exit(void)
{
	flush_work(&dvti_demux_work);
	rtnl_lock();
	dvti_demux_forget(NULL);
	rtnl_unlock();
	unregister_netdevice_notifier(&dvti_demux_notifier);
	synchronize_net();
}

#else

void dvti_demux_reset(struct dvti_demux *d)
{
}

void dvti_demux_learn(struct dvti_sa *sa, const struct sk_buff *skb, u8 family, u8 encap)
{
}

void dvti_demux_forget(const struct net *net)
{
}

int dvti_demux_init(void)
{
	return 0;
}

void dvti_demux_exit(void)
{
}

#endif
