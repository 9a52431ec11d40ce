// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where ESP packets come in. The handlers stand beside those of stock xfrm and leave it every SPI that is not ours.
 * They only find the SA and queue; the softirq that follows opens what has come together, see esp_in.c.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <net/xfrm.h>

#include "batch.h"
#include "drop.h"
#include "link.h"
#include "net.h"
#include "sa.h"

/* Above ip_vti (100), xfrm interfaces (10) and xfrm itself (0), which swallows what it does not know. */
#define DVTI_RCV_PRIORITY 200

/*
 * A UDP super-packet of another host of this kernel for stock xfrm, which takes one datagram at a time: cut it, and
 * start over with each of them. Return: 0, @skb is consumed.
 */
static int dvti_rcv_foreign(struct sk_buff *skb, u8 family)
{
	struct sk_buff *segs, *next;

	skb_set_transport_header(skb, -(int)sizeof(struct udphdr));
	__skb_push(skb, -skb_mac_offset(skb));
	segs = __skb_gso_segment(skb, NETIF_F_SG, false);
	if (IS_ERR_OR_NULL(segs)) {
		kfree_skb(skb);
		return 0;
	}

	consume_skb(skb);
	skb_list_walk_safe(segs, skb, next) {
		skb_mark_not_on_list(skb);
		__skb_pull(skb, skb_transport_offset(skb) + sizeof(struct udphdr));
		skb_reset_transport_header(skb);
		if (family == AF_INET) {
			ip_hdr(skb)->tot_len = htons(ntohs(ip_hdr(skb)->tot_len) - sizeof(struct udphdr));
			xfrm4_rcv_encap(skb, IPPROTO_ESP, 0, UDP_ENCAP_ESPINUDP);
		} else {
			ipv6_hdr(skb)->payload_len = htons(ntohs(ipv6_hdr(skb)->payload_len) - sizeof(struct udphdr));
			xfrm6_rcv_encap(skb, IPPROTO_ESP, 0, UDP_ENCAP_ESPINUDP);
		}
	}
	return 0;
}

/*
 * A socket's handler has made the head of a clone its own before we see the packet, and left the fragments shared
 * with somebody who may be about to send or show them. All that can still be told is that the head was replaced.
 */
static bool dvti_rcv_maybe_shared(const struct sk_buff *skb)
{
	return skb_is_nonlinear(skb) && !skb->head_frag;
}

static bool dvti_rcv_is_super(const struct sk_buff *skb, u8 encap)
{
	return skb_is_gso(skb) && encap == DVTI_ENCAP_UDP;
}

/**
 * dvti_esp_rcv() - a packet has come to an SA
 * @sa: inbound
 * @skb: from the ESP header on; consumed
 * @encap: enum dvti_encap, how it has come
 *
 * Context: softirq, RCU read side.
 */
void dvti_esp_rcv(struct dvti_sa *sa, struct sk_buff *skb, u8 encap)
{
	const struct dvti_endpoints *ends;
	struct dvti_link *link = sa->link;

	ends = rcu_dereference(sa->ends) ?: rcu_dereference(link->ends);
	if (unlikely(ends && ends->encap != encap)) {
		dvti_drop_skb(link, skb, DVTI_DROP(RX_ENCAP));
		return;
	}

	if (unlikely(encap == DVTI_ENCAP_UDP && dvti_rcv_maybe_shared(skb)))
		skb_shinfo(skb)->flags |= SKBFL_SHARED_FRAG;

	/* From here on the packet refers to nothing that could go away while it waits. */
	skb_orphan(skb);
	if (!dvti_rcv_is_super(skb, encap))
		skb_gso_reset(skb);
	skb_scrub_packet(skb, !net_eq(link->underlay->net, dev_net(link->dev)));
	skb->dev = link->dev;

	if (unlikely(!dvti_batch_queue_in(skb, sa)))
		dvti_drop_skb(link, skb, DVTI_DROP(RX_OVERFLOW));
}

static int dvti_rcv(struct sk_buff *skb, u8 family, u8 encap)
{
	const struct ip_esp_hdr *esp;
	const void *daddr;
	struct dvti_sa *sa;

	if (unlikely(!pskb_may_pull(skb, sizeof(*esp))))
		return -EINVAL;
	esp = (const struct ip_esp_hdr *)skb->data;
	daddr = family == AF_INET ? (const void *)&ip_hdr(skb)->daddr : &ipv6_hdr(skb)->daddr;
	sa = dvti_sa_find(dvti_net(dev_net(skb->dev)), esp->spi, family, daddr);
	if (!sa)
		return dvti_rcv_is_super(skb, encap) ? dvti_rcv_foreign(skb, family) : -EINVAL;

	dvti_demux_learn(sa, skb, family, encap);
	dvti_esp_rcv(sa, skb, encap);
	return 0;
}

static int dvti_rcv4(struct sk_buff *skb)
{
	return dvti_rcv(skb, AF_INET, DVTI_ENCAP_NONE);
}

static int dvti_rcv6(struct sk_buff *skb)
{
	return dvti_rcv(skb, AF_INET6, DVTI_ENCAP_NONE);
}

/* A socket of userland's with UDP_ENCAP_ESPINUDP got this; the UDP header stands before the data. */
static int dvti_rcv_udp4(struct sk_buff *skb, int nexthdr, __be32 spi, int encap_type)
{
	return dvti_rcv(skb, AF_INET, DVTI_ENCAP_UDP);
}

static int dvti_rcv_udp6(struct sk_buff *skb, int nexthdr, __be32 spi, int encap_type)
{
	return dvti_rcv(skb, AF_INET6, DVTI_ENCAP_UDP);
}

/* Asked about packets of stock xfrm, none of which is ours; zero would swallow them. */
static int dvti_rcv_cb(struct sk_buff *skb, int err)
{
	return 1;
}

static struct xfrm4_protocol dvti_rcv_protocol4 = {
	.handler = dvti_rcv4,
	.input_handler = dvti_rcv_udp4,
	.cb_handler = dvti_rcv_cb,
	.err_handler = dvti_esp4_err,
	.priority = DVTI_RCV_PRIORITY,
};

static struct xfrm6_protocol dvti_rcv_protocol6 = {
	.handler = dvti_rcv6,
	.input_handler = dvti_rcv_udp6,
	.cb_handler = dvti_rcv_cb,
	.err_handler = dvti_esp6_err,
	.priority = DVTI_RCV_PRIORITY,
};

/**
 * dvti_esp_rcv_init() - begin to see ESP packets
 *
 * Return: 0 or a negative error.
 */
int dvti_esp_rcv_init(void)
{
	int err;

	err = xfrm4_protocol_register(&dvti_rcv_protocol4, IPPROTO_ESP);
	if (err)
		return err;

	err = xfrm6_protocol_register(&dvti_rcv_protocol6, IPPROTO_ESP);
	if (err)
		xfrm4_protocol_deregister(&dvti_rcv_protocol4, IPPROTO_ESP);
	return err;
}

/**
 * dvti_esp_rcv_exit() - see no more ESP packets
 */
void dvti_esp_rcv_exit(void)
{
	xfrm6_protocol_deregister(&dvti_rcv_protocol6, IPPROTO_ESP);
	xfrm4_protocol_deregister(&dvti_rcv_protocol4, IPPROTO_ESP);
}
