// SPDX-License-Identifier: GPL-2.0-only
/*
 * ICMP errors about plain ESP packets of ours. They are believed only when they quote an SPI that we send with to
 * that destination, and go into the routing table, where dvti_pmtu_of_path() finds them. For ESP in UDP the stack
 * does the same by itself.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/ip6_route.h>
#include <net/route.h>
#include <net/sock.h>

#include "esp.h"
#include "link.h"
#include "pmtu.h"
#include "sa.h"

/**
 * dvti_esp4_err() - err_handler of IPv4
 * @skb: from the quoted IP header on
 * @info: MTU, for FRAG_NEEDED
 *
 * Context: softirq, RCU read side. Return: 0, or -ENOENT for what is not ours.
 */
int dvti_esp4_err(struct sk_buff *skb, u32 info)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	const struct ip_esp_hdr *esp = (const struct ip_esp_hdr *)(skb->data + iph->ihl * 4);
	struct net *net = dev_net(skb->dev);
	struct dvti_sa *sa;
	int oif;

	sa = dvti_sa_find_out(net, esp->spi, AF_INET, &iph->daddr);
	if (!sa)
		return -ENOENT;

	oif = READ_ONCE(sa->link->set.underlay_ifindex);
	switch (icmp_hdr(skb)->type) {
	case ICMP_DEST_UNREACH:
		if (icmp_hdr(skb)->code != ICMP_FRAG_NEEDED)
			break;
		ipv4_update_pmtu(skb, net, info, oif, IPPROTO_ESP);
		if (READ_ONCE(sa->link->set.fwmark))
			dvti_pmtu_learn(sa, info);
		break;
	case ICMP_REDIRECT:
		ipv4_redirect(skb, net, oif, IPPROTO_ESP);
		break;
	}
	return 0;
}

/**
 * dvti_esp6_err() - err_handler of IPv6
 * @skb: from the quoted IP header on
 * @opt: control block of the error
 * @type: of the error
 * @code: of the error
 * @offset: of the quoted ESP header
 * @info: MTU, for PKT_TOOBIG
 *
 * Context: softirq, RCU read side. Return: 0, or -ENOENT for what is not ours.
 */
int dvti_esp6_err(struct sk_buff *skb, struct inet6_skb_parm *opt, u8 type, u8 code, int offset, __be32 info)
{
	const struct ipv6hdr *iph = (const struct ipv6hdr *)skb->data;
	const struct ip_esp_hdr *esp = (const struct ip_esp_hdr *)(skb->data + offset);
	struct net *net = dev_net(skb->dev);
	struct dvti_link *link;
	struct dvti_sa *sa;
	int oif;

	sa = dvti_sa_find_out(net, esp->spi, AF_INET6, &iph->daddr);
	if (!sa)
		return -ENOENT;

	link = sa->link;
	oif = READ_ONCE(link->set.underlay_ifindex);
	switch (type) {
	case ICMPV6_PKT_TOOBIG:
		ip6_update_pmtu(skb, net, info, oif, READ_ONCE(link->set.fwmark), sock_net_uid(net, NULL));
		break;
	case NDISC_REDIRECT:
		ip6_redirect(skb, net, skb->dev->ifindex, READ_ONCE(link->set.fwmark), sock_net_uid(net, NULL));
		break;
	}
	return 0;
}
