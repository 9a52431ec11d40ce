// SPDX-License-Identifier: GPL-2.0-only
/*
 * Multicast events. They are composed only while somebody listens, and are lost rather than waited for when memory
 * is short: userland can always dump.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "event.h"
#include "net.h"
#include "netlink.h"
#include "sa.h"

static struct sk_buff *dvti_event_new(struct dvti_link *link, u8 cmd)
{
	struct sk_buff *msg;

	if (!genl_has_listeners(&dvti_nl_family, link->underlay->net, DVTI_NLGRP_EVENTS))
		return NULL;
	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_ATOMIC);
	if (!msg)
		return NULL;
	if (!genlmsg_put(msg, 0, 0, &dvti_nl_family, 0, cmd)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

static void dvti_event_send(struct dvti_link *link, struct sk_buff *msg)
{
	genlmsg_end(msg, genlmsg_data(nlmsg_data(nlmsg_hdr(msg))));
	genlmsg_multicast_netns(&dvti_nl_family, link->underlay->net, msg, 0, DVTI_NLGRP_EVENTS, GFP_ATOMIC);
}

static int dvti_event_put_link(struct sk_buff *msg, const struct dvti_link *link)
{
	struct nlattr *nest = nla_nest_start(msg, DVTI_A_LINK);

	if (!nest || nla_put_u32(msg, DVTI_A_LINK_IFINDEX, link->dev->ifindex) ||
	    nla_put_string(msg, DVTI_A_LINK_IFNAME, link->dev->name) ||
	    nla_put_u32(msg, DVTI_A_LINK_ROLE, link->role) ||
	    nla_put_u64_64bit(msg, DVTI_A_LINK_COOKIE, link->cookie, DVTI_A_LINK_PAD))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int dvti_event_put_sa(struct sk_buff *msg, const struct dvti_sa *sa)
{
	struct nlattr *nest = nla_nest_start(msg, DVTI_A_SA);
	int addr = sa->dir == DVTI_DIRECTION_IN ? DVTI_A_SA_LOCAL : DVTI_A_SA_REMOTE;

	if (!nest || nla_put_u32(msg, DVTI_A_SA_IFINDEX, sa->link->dev->ifindex) ||
	    nla_put_u32(msg, DVTI_A_SA_DIR, sa->dir) || nla_put_be32(msg, DVTI_A_SA_SPI, sa->spi) ||
	    dvti_nl_put_address(msg, addr, sa->key.family, &sa->key.daddr, 0) ||
	    nla_put_u64_64bit(msg, DVTI_A_SA_COOKIE, sa->cookie, DVTI_A_SA_PAD))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int dvti_event_put_host(struct sk_buff *msg, int start, int end, const void *addr, int len)
{
	return nla_put(msg, start, len, addr) ?: nla_put(msg, end, len, addr);
}

/* The inner packet as a selector of single values; ports only where they are at hand. */
static int dvti_event_put_flow(struct sk_buff *msg, const struct sk_buff *skb)
{
	struct nlattr *nest = nla_nest_start(msg, DVTI_A_FLOW);
	const void *saddr, *daddr;
	int offset, len, err;
	__be16 ports[2];
	u8 proto;

	if (!nest)
		return -EMSGSIZE;
	if (skb->protocol == htons(ETH_P_IP)) {
		const struct iphdr *ip;
		struct iphdr buf;

		ip = skb_header_pointer(skb, skb_network_offset(skb), sizeof(buf), &buf);
		if (!ip)
			return -EINVAL;
		saddr = &ip->saddr;
		daddr = &ip->daddr;
		len = 4;
		proto = ip->protocol;
		offset = ip->frag_off & htons(IP_OFFSET) ? -1 : skb_network_offset(skb) + ip->ihl * 4;
		err = dvti_event_put_host(msg, DVTI_A_SELECTOR_LOCAL_START, DVTI_A_SELECTOR_LOCAL_END, saddr, len) ?:
		      dvti_event_put_host(msg, DVTI_A_SELECTOR_REMOTE_START, DVTI_A_SELECTOR_REMOTE_END, daddr, len);
	} else if (skb->protocol == htons(ETH_P_IPV6)) {
		const struct ipv6hdr *ip6;
		struct ipv6hdr buf;
		__be16 frag_off;

		ip6 = skb_header_pointer(skb, skb_network_offset(skb), sizeof(buf), &buf);
		if (!ip6)
			return -EINVAL;
		saddr = &ip6->saddr;
		daddr = &ip6->daddr;
		len = 16;
		proto = ip6->nexthdr;
		err = dvti_event_put_host(msg, DVTI_A_SELECTOR_LOCAL_START, DVTI_A_SELECTOR_LOCAL_END, saddr, len) ?:
		      dvti_event_put_host(msg, DVTI_A_SELECTOR_REMOTE_START, DVTI_A_SELECTOR_REMOTE_END, daddr, len);
		offset = ipv6_skip_exthdr(skb, skb_network_offset(skb) + sizeof(*ip6), &proto, &frag_off);
		if (frag_off)
			offset = -1;
	} else {
		return -EINVAL;
	}
	if (err || nla_put_u8(msg, DVTI_A_SELECTOR_PROTOCOL, proto))
		return -EMSGSIZE;

	switch (proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		if (offset < 0 || skb_copy_bits(skb, offset, ports, sizeof(ports)))
			break;
		if (nla_put_u16(msg, DVTI_A_SELECTOR_LOCAL_PORT_START, ntohs(ports[0])) ||
		    nla_put_u16(msg, DVTI_A_SELECTOR_LOCAL_PORT_END, ntohs(ports[0])) ||
		    nla_put_u16(msg, DVTI_A_SELECTOR_REMOTE_PORT_START, ntohs(ports[1])) ||
		    nla_put_u16(msg, DVTI_A_SELECTOR_REMOTE_PORT_END, ntohs(ports[1])))
			return -EMSGSIZE;
	}
	nla_nest_end(msg, nest);
	return 0;
}

/**
 * dvti_event_acquire() - a packet found no outbound SA
 * @link: its link
 * @skb: the packet, network header set
 */
void dvti_event_acquire(struct dvti_link *link, const struct sk_buff *skb)
{
	struct sk_buff *msg = dvti_event_new(link, DVTI_CMD_ACQUIRE_NTF);

	if (!msg)
		return;
	if (dvti_event_put_link(msg, link) || dvti_event_put_flow(msg, skb)) {
		nlmsg_free(msg);
		return;
	}
	dvti_event_send(link, msg);
}

/**
 * dvti_event_expire() - a limit was reached
 * @sa: whose limit
 * @kind: enum dvti_expire_kind
 * @limit: enum dvti_limit
 */
void dvti_event_expire(struct dvti_sa *sa, u32 kind, u32 limit)
{
	struct sk_buff *msg = dvti_event_new(sa->link, DVTI_CMD_EXPIRE_NTF);

	if (!msg)
		return;
	if (dvti_event_put_link(msg, sa->link) || dvti_event_put_sa(msg, sa) ||
	    nla_put_u32(msg, DVTI_A_KIND, kind) || nla_put_u32(msg, DVTI_A_LIMIT, limit)) {
		nlmsg_free(msg);
		return;
	}
	dvti_event_send(sa->link, msg);
}

/**
 * dvti_event_moved() - an authenticated packet came from another place
 * @sa: inbound SA
 * @from: place
 */
void dvti_event_moved(struct dvti_sa *sa, const struct dvti_endpoints *from)
{
	struct sk_buff *msg = dvti_event_new(sa->link, DVTI_CMD_MOVED_NTF);

	if (!msg)
		return;
	if (dvti_event_put_link(msg, sa->link) || dvti_event_put_sa(msg, sa) ||
	    dvti_nl_put_address(msg, DVTI_A_REMOTE, from->family, &from->r6, from->rport) ||
	    dvti_nl_put_address(msg, DVTI_A_LOCAL, from->family, &from->l6, from->lport)) {
		nlmsg_free(msg);
		return;
	}
	dvti_event_send(sa->link, msg);
}

/**
 * dvti_event_link_del() - a link goes away
 * @link: link
 */
void dvti_event_link_del(struct dvti_link *link)
{
	struct sk_buff *msg = dvti_event_new(link, DVTI_CMD_LINK_DEL_NTF);

	if (!msg)
		return;
	if (dvti_event_put_link(msg, link)) {
		nlmsg_free(msg);
		return;
	}
	dvti_event_send(link, msg);
}
