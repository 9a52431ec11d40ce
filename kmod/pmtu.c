// SPDX-License-Identifier: GPL-2.0-only
/*
 * Path MTU. The outer route knows the path (ICMP errors about our packets end up there, see esp_err.c); here that
 * becomes the MTU of the tunnel, and senders of larger packets are told.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/icmp.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>

#include "encap.h"
#include "gre.h"
#include "link.h"
#include "pmtu.h"
#include "sa.h"

/* RFC 791: every module must forward 68 octets; smaller paths are not believed. */
#define DVTI_PMTU_IPV4_MIN 68

/* As the routing table has it: net.ipv4.route.min_pmtu and mtu_expires */
#define DVTI_PMTU_LEARN_MIN 552
#define DVTI_PMTU_HOLD (600 * HZ)

/**
 * dvti_pmtu_inner() - the largest inner packet whose ESP packet fits
 * @info: sizes of the transform
 * @hlen: octets of the outer IP and UDP headers
 * @path: MTU of the path
 *
 * Return: octets, 0 if nothing fits.
 */
unsigned int dvti_pmtu_inner(const struct dvti_aead_info *info, unsigned int hlen, unsigned int path)
{
	unsigned int fixed = hlen + sizeof(struct ip_esp_hdr) + info->iv_len + info->icv_len;

	if (path < fixed + info->block)
		return 0;

	/* Padding length and next header stand at the end of the last block. */
	return ((path - fixed) & ~(info->block - 1u)) - 2;
}

/**
 * dvti_pmtu_learn() - believe an ICMP error that the routing table cannot take
 * @sa: outbound, whose packet was too big
 * @mtu: what the error says
 *
 * For IPv4 the kernel looks the route up without a mark and so may note the MTU at another route than ours.
 *
 * Context: softirq.
 */
void dvti_pmtu_learn(struct dvti_sa *sa, u32 mtu)
{
	WRITE_ONCE(sa->pmtu_until, jiffies + DVTI_PMTU_HOLD);
	WRITE_ONCE(sa->pmtu, max_t(u32, mtu, DVTI_PMTU_LEARN_MIN));
}

/**
 * dvti_pmtu_of_path() - the largest inner packet on a path
 * @e: resolved
 * @sa: outbound
 *
 * Return: octets, at least what IPv4 asks for.
 */
unsigned int dvti_pmtu_of_path(const struct dvti_outer *e, const struct dvti_sa *sa)
{
	unsigned int path = e->mtu;
	unsigned int gre = dvti_gre_hlen(sa->link);
	u32 learnt = READ_ONCE(sa->pmtu);
	unsigned int inner;

	if (unlikely(learnt && learnt < path && time_before(jiffies, READ_ONCE(sa->pmtu_until))))
		path = learnt;

	inner = dvti_pmtu_inner(sa->info, e->hlen, path);
	return max_t(unsigned int, inner, gre + DVTI_PMTU_IPV4_MIN) - gre;
}

static bool dvti_pmtu_fits(const struct sk_buff *skb, unsigned int mtu)
{
	return skb_is_gso(skb) ? skb_gso_validate_network_len(skb, mtu) : skb->len <= mtu;
}

static enum dvti_pmtu_verdict dvti_pmtu_too_big4(struct sk_buff *skb, unsigned int mtu)
{
	skb_dst_update_pmtu_no_confirm(skb, mtu);
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	icmp_ndo_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, htonl(mtu));
	return DVTI_PMTU_TOO_BIG;
}

static enum dvti_pmtu_verdict dvti_pmtu_too_big6(struct sk_buff *skb, unsigned int mtu)
{
	/* IPv6 promises its users 1280 octets (RFC 8200 section 5), so those pass in fragments if need be. */
	if (mtu < IPV6_MIN_MTU) {
		mtu = IPV6_MIN_MTU;
		if (dvti_pmtu_fits(skb, mtu))
			return DVTI_PMTU_FRAGMENT_OUTER;
	}

	skb_dst_update_pmtu_no_confirm(skb, mtu);
	memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
	icmpv6_ndo_send(skb, ICMPV6_PKT_TOOBIG, 0, mtu);
	return DVTI_PMTU_TOO_BIG;
}

/* What dvti_pmtu_check() does with packets that are not as small as most. */
enum dvti_pmtu_verdict dvti_pmtu_check_large(struct dvti_link *link, struct sk_buff *skb, unsigned int mtu)
{
	u32 df = READ_ONCE(link->set.df);
	bool ignore;

	if (likely(dvti_pmtu_fits(skb, mtu)))
		return DVTI_PMTU_PASS;

	ignore = df == DVTI_DF_POLICY_CLEAR || READ_ONCE(link->set.mtu_ignore);
	if (skb->protocol == htons(ETH_P_IPV6))
		return ignore ? DVTI_PMTU_FRAGMENT_OUTER : dvti_pmtu_too_big6(skb, mtu);
	if (!ignore && ip_hdr(skb)->frag_off & htons(IP_DF))
		return dvti_pmtu_too_big4(skb, mtu);

	switch (READ_ONCE(link->set.fragment)) {
	case DVTI_FRAGMENT_POLICY_BEFORE:
		return DVTI_PMTU_FRAGMENT_INNER;
	case DVTI_FRAGMENT_POLICY_AFTER:
		return DVTI_PMTU_FRAGMENT_OUTER;
	default:
		return df == DVTI_DF_POLICY_SET ? DVTI_PMTU_FRAGMENT_INNER : DVTI_PMTU_FRAGMENT_OUTER;
	}
}

/**
 * dvti_pmtu_link_mtu() - MTU of a device that follows the path
 * @link: its outbound SA and the route to the peer decide
 *
 * Context: process. Return: octets, 0 while there is no SA or no route.
 */
int dvti_pmtu_link_mtu(struct dvti_link *link)
{
	struct dvti_outer e;
	struct dvti_sa *sa;
	int mtu = 0;

	local_bh_disable();
	rcu_read_lock();

	sa = rcu_dereference(link->out);
	if (!sa || dvti_encap_resolve(&e, sa))
		goto unlock;

	mtu = dvti_pmtu_of_path(&e, sa);
	dvti_encap_release(&e);
unlock:
	rcu_read_unlock();
	local_bh_enable();
	return mtu;
}
