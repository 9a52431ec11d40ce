/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TCP's maximum segment size, lowered in passing so that segments fit into the tunnel.
 */
#ifndef DVTI_MSS_H
#define DVTI_MSS_H

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>

#include "link.h"

/* Values of the link's setting: off, what fits into the tunnel, or else a size for IPv4 */
#define DVTI_MSS_OFF 0
#define DVTI_MSS_AUTO 1
#define DVTI_MSS_MIN 48		/* TCP of Linux takes no less */
#define DVTI_MSS_MAX (65535 - 40)

/* What an MSS for IPv4 leaves out of a packet */
#define DVTI_MSS_HEADERS (sizeof(struct iphdr) + 20)

void dvti_mss_lower(struct sk_buff *skb, unsigned int mtu);

/**
 * dvti_mss_clamp() - let TCP's handshake promise no larger segments than the tunnel takes
 * @link: its setting decides
 * @skb: inner packet from its IP header on, of which the fixed part is linear; skb->protocol set
 * @mtu: largest inner packet of the tunnel
 *
 * Context: softirq.
 */
static inline void dvti_mss_clamp(const struct dvti_link *link, struct sk_buff *skb, unsigned int mtu)
{
	u32 mss = READ_ONCE(link->set.tcp_mss);

	if (mss == DVTI_MSS_OFF || skb_is_gso(skb))
		return;

	dvti_mss_lower(skb, mss == DVTI_MSS_AUTO ? mtu : mss + DVTI_MSS_HEADERS);
}

#endif
