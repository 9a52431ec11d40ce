// SPDX-License-Identifier: GPL-2.0-only
/*
 * Inbound: ESP packets that carry one of our SPIs become inner packets of its link (RFC 4303 section 3.4).
 *
 * The handlers stand beside those of stock xfrm and leave it every SPI that is not ours. They only find the SA and
 * queue; the softirq that follows opens what has come together.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <net/dsfield.h>
#include <net/gro.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/xfrm.h>

#include "batch.h"
#include "ecn.h"
#include "gre.h"
#include "link.h"
#include "mss.h"
#include "net.h"
#include "sa.h"

/* Above ip_vti (100), xfrm interfaces (10) and xfrm itself (0), which swallows what it does not know. */
#define DVTI_IN_PRIORITY 200

/* How much of an inner packet the selectors may need to see. */
#define DVTI_IN_SELECTOR_LEN 128

static void dvti_in_drop(struct dvti_link *link, struct sk_buff *skb, unsigned int slot)
{
	dvti_drop_skb(link, skb, slot);
}

static void dvti_in_drop_all(struct dvti_link *link, struct sk_buff **skbs, unsigned int n, unsigned int slot)
{
	while (n--)
		dvti_in_drop(link, *skbs++, slot);
}

/* Count a packet in what the SA's own statistics name: @counter is the offset of one. */
static void dvti_in_count(struct dvti_sa *sa, size_t counter)
{
	struct dvti_sa_stats *stats = this_cpu_ptr(sa->stats);

	u64_stats_update_begin(&stats->syncp);
	u64_stats_inc((u64_stats_t *)((u8 *)stats + counter));
	u64_stats_update_end(&stats->syncp);
}

static bool dvti_in_outer_is_ipv4(const struct dvti_sa *sa)
{
	return sa->key.family == AF_INET;
}

static u8 dvti_in_outer_tos(const struct dvti_sa *sa, const struct sk_buff *skb)
{
	return dvti_in_outer_is_ipv4(sa) ? ipv4_get_dsfield(ip_hdr(skb)) : ipv6_get_dsfield(ipv6_hdr(skb));
}

static void dvti_in_warn_integrity(const struct dvti_sa *sa, const struct sk_buff *skb)
{
	if (dvti_in_outer_is_ipv4(sa))
		net_warn_ratelimited("%s: integrity check failed: ESP packet from %pI4, SPI 0x%08x\n",
				     sa->link->dev->name, &ip_hdr(skb)->saddr, ntohl(sa->spi));
	else
		net_warn_ratelimited("%s: integrity check failed: ESP packet from %pI6c, SPI 0x%08x\n",
				     sa->link->dev->name, &ipv6_hdr(skb)->saddr, ntohl(sa->spi));
}

/* Where an authenticated packet came from; @skb from the ESP header on. */
static void dvti_in_check_peer(struct dvti_sa *sa, const struct sk_buff *skb)
{
	const struct dvti_endpoints *ends = rcu_dereference(sa->ends) ?: rcu_dereference(sa->link->ends);
	struct dvti_endpoints from = {};
	const struct udphdr *uh;
	bool moved;

	if (unlikely(!ends))
		return;

	from.family = sa->key.family;
	from.encap = ends->encap;
	if (dvti_in_outer_is_ipv4(sa)) {
		from.r4 = ip_hdr(skb)->saddr;
		from.l4 = ip_hdr(skb)->daddr;
		moved = ends->family != AF_INET || from.r4 != ends->r4;
	} else {
		from.r6 = ipv6_hdr(skb)->saddr;
		from.l6 = ipv6_hdr(skb)->daddr;
		moved = ends->family != AF_INET6 || !ipv6_addr_equal(&from.r6, &ends->r6);
	}
	if (ends->encap == DVTI_ENCAP_UDP) {
		uh = (const struct udphdr *)(skb->data - sizeof(*uh));
		from.rport = uh->source;
		from.lport = uh->dest;
		moved |= from.rport != ends->rport;
	}

	if (unlikely(moved))
		dvti_sa_peer_moved(sa, &from);
}

/*
 * Take off ESP header, IV, trailer and ICV. Return: the next header, or -1 if the trailer is nonsense.
 */
static int dvti_in_strip(struct sk_buff *skb, const struct dvti_aead_info *info)
{
	unsigned int head = sizeof(struct ip_esp_hdr) + info->iv_len;
	unsigned int end = skb->len - info->icv_len;
	u8 trailer[2];

	/*
	 * The padding's own bytes are not looked at: RFC 4303 section 2.4 asks for that to detect tampering where
	 * there is no integrity check, and there is always one here.
	 */
	if (skb_copy_bits(skb, end - sizeof(trailer), trailer, sizeof(trailer)))
		return -1;
	if (head + sizeof(trailer) + trailer[0] > end)
		return -1;
	if (pskb_trim(skb, end - sizeof(trailer) - trailer[0]))
		return -1;

	__skb_pull(skb, head);
	return trailer[1];
}

/* Cut off what lies behind the inner packet (traffic flow confidentiality, RFC 4303 section 2.7). */
static bool dvti_in_inner_ipv4(struct sk_buff *skb)
{
	const struct iphdr *iph;
	unsigned int len;

	if (!pskb_may_pull(skb, sizeof(*iph)))
		return false;
	iph = (const struct iphdr *)skb->data;
	len = ntohs(iph->tot_len);
	if (iph->version != 4 || iph->ihl < 5 || len < iph->ihl * 4 || len > skb->len)
		return false;

	return !pskb_trim(skb, len);
}

static bool dvti_in_inner_ipv6(struct sk_buff *skb)
{
	const struct ipv6hdr *ip6h;
	unsigned int len;

	if (!pskb_may_pull(skb, sizeof(*ip6h)))
		return false;
	ip6h = (const struct ipv6hdr *)skb->data;
	len = sizeof(*ip6h) + ntohs(ip6h->payload_len);
	if (ip6h->version != 6 || len > skb->len)
		return false;

	return !pskb_trim(skb, len);
}

static bool dvti_in_selected(const struct dvti_selectors *s, struct sk_buff *skb)
{
	if (likely(!s))
		return true;

	return pskb_may_pull(skb, min_t(unsigned int, skb->len, DVTI_IN_SELECTOR_LEN)) &&
	       dvti_selectors_match(s, skb->data, skb_headlen(skb), false);
}

/*
 * An authenticated packet loses what is ESP. Return: false if it must be dropped, with the reason in @slot.
 */
static bool dvti_in_unwrap(struct dvti_sa *sa, struct sk_buff *skb, unsigned int *slot)
{
	u8 tos = dvti_in_outer_tos(sa, skb);
	bool inner_ok;

	switch (dvti_gre_next(sa->link, skb, dvti_in_strip(skb, dvti_aead_info(sa->aead)))) {
	case IPPROTO_IPIP:
		skb->protocol = htons(ETH_P_IP);
		inner_ok = dvti_in_inner_ipv4(skb);
		break;
	case IPPROTO_IPV6:
		skb->protocol = htons(ETH_P_IPV6);
		inner_ok = dvti_in_inner_ipv6(skb);
		break;
	case IPPROTO_NONE:
		*slot = DVTI_DROP(RX_DUMMY);
		return false;
	case DVTI_GRE_BAD:
		dvti_in_count(sa, offsetof(struct dvti_sa_stats, malformed));
		*slot = DVTI_DROP(RX_GRE);
		return false;
	case -1:
		dvti_in_count(sa, offsetof(struct dvti_sa_stats, malformed));
		*slot = DVTI_DROP(RX_PADDING);
		return false;
	default:
		dvti_in_count(sa, offsetof(struct dvti_sa_stats, malformed));
		*slot = DVTI_DROP(RX_NEXT_HEADER);
		return false;
	}

	if (unlikely(!inner_ok)) {
		dvti_in_count(sa, offsetof(struct dvti_sa_stats, malformed));
		*slot = DVTI_DROP(RX_INNER);
		return false;
	}
	if (unlikely(!dvti_in_selected(sa->selectors, skb))) {
		dvti_in_count(sa, offsetof(struct dvti_sa_stats, selector));
		*slot = DVTI_DROP(RX_SELECTOR);
		return false;
	}

	skb_reset_network_header(skb);
	if (unlikely(!dvti_ecn_decapsulate(skb, tos))) {
		*slot = DVTI_DROP(RX_ECN);
		return false;
	}
	return true;
}

/* Nothing of the outer packet may show in the inner one. */
static void dvti_in_dress(struct sk_buff *skb)
{
	skb_reset_mac_header(skb);
	skb_reset_mac_len(skb);
	skb_reset_transport_header(skb);
	skb_clear_hash(skb);
	skb_set_queue_mapping(skb, 0);
	__vlan_hwaccel_clear_tag(skb);
	skb->mark = 0;
	skb->encapsulation = 0;

	/* The ICV covers the inner packet, so its checksum can tell nothing new about the way here. */
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	skb->csum_level = ~0;
}

/* Only TCP gains from GRO here; for anything else it is a detour. */
static bool dvti_in_wants_gro(const struct sk_buff *skb)
{
	return skb->protocol == htons(ETH_P_IP) ? ip_hdr(skb)->protocol == IPPROTO_TCP :
						  ipv6_hdr(skb)->nexthdr == IPPROTO_TCP;
}

static void dvti_in_deliver(struct dvti_link *link, struct list_head *packets, struct napi_struct *napi)
{
	struct sk_buff *skb, *next;

	if (napi && link->dev->features & NETIF_F_GRO) {
		list_for_each_entry_safe(skb, next, packets, list) {
			if (!dvti_in_wants_gro(skb))
				continue;
			skb_list_del_init(skb);
			napi_gro_receive(napi, skb);
		}
	}
	if (!list_empty(packets))
		netif_receive_skb_list(packets);
}

/* Return: false if the packet has been dropped. */
static bool dvti_in_finish_one(struct dvti_batch *b, struct dvti_aead_op *op)
{
	struct dvti_link *link = b->link;
	struct sk_buff *skb = op->skb;
	struct dvti_sa *sa = b->sa;
	unsigned int slot;

	if (unlikely(op->err == -EBADMSG)) {
		dvti_in_warn_integrity(sa, skb);
		dvti_in_count(sa, offsetof(struct dvti_sa_stats, integrity));
		slot = DVTI_DROP(RX_INTEGRITY);
		goto drop;
	}
	if (unlikely(op->err)) {
		slot = op->err == -ENOMEM ? DVTI_DROP(RX_NO_MEMORY) : DVTI_DROP(RX_CRYPTO);
		goto drop;
	}
	if (unlikely(!dvti_replay_accept(&sa->replay, op->seq))) {
		dvti_in_count(sa, offsetof(struct dvti_sa_stats, replay));
		slot = DVTI_DROP(RX_REPLAY);
		goto drop;
	}

	/* A packet that was overtaken, or held back by somebody, says nothing about where the peer is now. */
	if (likely(READ_ONCE(sa->replay.top) == op->seq))
		dvti_in_check_peer(sa, skb);
	if (unlikely(!dvti_in_unwrap(sa, skb, &slot)))
		goto drop;

	dvti_in_dress(skb);
	dvti_mss_clamp(link, skb, READ_ONCE(link->dev->mtu));
	return true;
drop:
	dvti_in_drop(link, skb, slot);
	return false;
}

/* The opened batch goes up. */
static void dvti_in_finish(struct dvti_batch *b)
{
	struct dvti_link *link = b->link;
	struct sk_buff *skb, *next;
	unsigned int i, packets = 0;
	LIST_HEAD(accepted);
	u64 bytes = 0;

	for (i = 0; i < b->n; i++) {
		skb = b->op[i].skb;
		if (!dvti_in_finish_one(b, &b->op[i]))
			continue;
		packets++;
		bytes += skb->len;
		list_add_tail(&skb->list, &accepted);
	}
	if (!packets)
		return;

	if (unlikely(!dvti_sa_account(b->sa, packets, bytes))) {
		list_for_each_entry_safe(skb, next, &accepted, list) {
			skb_list_del_init(skb);
			dvti_in_drop(link, skb, DVTI_DROP(RX_EXPIRED));
		}
		return;
	}

	dvti_batch_count_in(b, packets, bytes);
	dvti_in_deliver(link, &accepted, b->napi);
}

/* Is there room for header, IV, one block with the trailer, and ICV, and does CBC find whole blocks? */
static bool dvti_in_length_ok(const struct sk_buff *skb, const struct dvti_aead_info *info)
{
	unsigned int fixed = sizeof(struct ip_esp_hdr) + info->iv_len + info->icv_len;

	if (skb->len < fixed + max_t(unsigned int, info->block, 4))
		return false;

	return info->block <= 4 || !((skb->len - fixed) & (info->block - 1));
}

/* Deciphering happens in place, so what others can see must be copied. */
static bool dvti_in_make_writable(struct sk_buff *skb)
{
	if (skb_is_nonlinear(skb) && (skb_cloned(skb) || skb_has_frag_list(skb) || skb_has_shared_frag(skb)))
		return !skb_linearize(skb) && !skb_unclone(skb, GFP_ATOMIC);

	return !skb_unclone(skb, GFP_ATOMIC);
}

/* Before the cipher. Return: false if the packet has been dropped. */
static bool dvti_in_prepare(struct dvti_sa *sa, struct sk_buff *skb, struct dvti_aead_op *op)
{
	const struct dvti_aead_info *info = dvti_aead_info(sa->aead);
	struct dvti_link *link = sa->link;
	const struct ip_esp_hdr *esp;

	if (unlikely(!dvti_in_length_ok(skb, info))) {
		dvti_in_count(sa, offsetof(struct dvti_sa_stats, malformed));
		dvti_in_drop(link, skb, DVTI_DROP(RX_TRUNCATED));
		return false;
	}
	if (unlikely(!pskb_may_pull(skb, sizeof(*esp) + info->iv_len))) {
		dvti_in_drop(link, skb, DVTI_DROP(RX_NO_MEMORY));
		return false;
	}

	esp = (const struct ip_esp_hdr *)skb->data;
	op->spi = esp->spi;
	op->seq = dvti_replay_infer(&sa->replay, ntohl(esp->seq_no));
	if (unlikely(!dvti_replay_check(&sa->replay, op->seq))) {
		dvti_in_count(sa, offsetof(struct dvti_sa_stats, replay));
		dvti_in_drop(link, skb, DVTI_DROP(RX_REPLAY));
		return false;
	}

	if (unlikely(!dvti_in_make_writable(skb))) {
		dvti_in_drop(link, skb, DVTI_DROP(RX_NO_MEMORY));
		return false;
	}
	op->skb = skb;
	op->data = skb_is_nonlinear(skb) ? NULL : skb->data;
	op->len = skb->len;
	return true;
}

/**
 * dvti_esp_in() - work on packets that were gathered for one SA
 * @sa: inbound
 * @skbs: from the ESP header on, consumed
 * @n: how many, at most DVTI_BATCH_MAX
 * @napi: context for GRO
 *
 * Context: softirq, RCU read side.
 */
void dvti_esp_in(struct dvti_sa *sa, struct sk_buff **skbs, unsigned int n, struct napi_struct *napi)
{
	struct dvti_link *link = sa->link;
	struct dvti_batch *b;
	unsigned int i;

	if (unlikely(!netif_running(link->dev))) {
		dvti_in_drop_all(link, skbs, n, DVTI_DROP(RX_DEV_DOWN));
		return;
	}
	if (unlikely(test_bit(DVTI_SA_DEAD, &sa->flags))) {
		dvti_in_drop_all(link, skbs, n, DVTI_DROP(RX_EXPIRED));
		return;
	}

	b = dvti_batch_get();
	if (unlikely(!b)) {
		dvti_in_drop_all(link, skbs, n, DVTI_DROP(RX_NO_MEMORY));
		return;
	}

	for (i = 0; i < n; i++)
		if (likely(dvti_in_prepare(sa, skbs[i], &b->op[b->n])))
			b->n++;
	if (unlikely(!b->n)) {
		dvti_batch_put(b);
		return;
	}

	b->link = link;
	b->sa = sa;
	b->finish = dvti_in_finish;
	b->napi = napi;
	dvti_batch_open(b);
}

static int dvti_in_rcv(struct sk_buff *skb, u8 family, u8 encap)
{
	const struct dvti_endpoints *ends;
	const struct ip_esp_hdr *esp;
	struct dvti_link *link;
	const void *daddr;
	struct dvti_sa *sa;

	if (unlikely(!pskb_may_pull(skb, sizeof(*esp))))
		return -EINVAL;
	esp = (const struct ip_esp_hdr *)skb->data;
	daddr = family == AF_INET ? (const void *)&ip_hdr(skb)->daddr : &ipv6_hdr(skb)->daddr;
	sa = dvti_sa_find(dev_net(skb->dev), esp->spi, family, daddr);
	if (!sa)
		return -EINVAL;

	link = sa->link;
	ends = rcu_dereference(sa->ends) ?: rcu_dereference(link->ends);
	if (unlikely(ends && ends->encap != encap)) {
		dvti_in_drop(link, skb, DVTI_DROP(RX_ENCAP));
		return 0;
	}

	/* From here on the packet refers to nothing that could go away while it waits. */
	skb_orphan(skb);
	skb_scrub_packet(skb, !net_eq(link->underlay->net, dev_net(link->dev)));
	skb->dev = link->dev;

	if (unlikely(!dvti_batch_queue_in(skb, sa)))
		dvti_in_drop(link, skb, DVTI_DROP(RX_OVERFLOW));
	return 0;
}

static int dvti_in_rcv4(struct sk_buff *skb)
{
	return dvti_in_rcv(skb, AF_INET, DVTI_ENCAP_NONE);
}

static int dvti_in_rcv6(struct sk_buff *skb)
{
	return dvti_in_rcv(skb, AF_INET6, DVTI_ENCAP_NONE);
}

/* A socket of userland's with UDP_ENCAP_ESPINUDP got this; the UDP header stands before the data. */
static int dvti_in_udp4(struct sk_buff *skb, int nexthdr, __be32 spi, int encap_type)
{
	return dvti_in_rcv(skb, AF_INET, DVTI_ENCAP_UDP);
}

static int dvti_in_udp6(struct sk_buff *skb, int nexthdr, __be32 spi, int encap_type)
{
	return dvti_in_rcv(skb, AF_INET6, DVTI_ENCAP_UDP);
}

/* Asked about packets of stock xfrm, none of which is ours; zero would swallow them. */
static int dvti_in_cb(struct sk_buff *skb, int err)
{
	return 1;
}

static struct xfrm4_protocol dvti_in_protocol4 = {
	.handler = dvti_in_rcv4,
	.input_handler = dvti_in_udp4,
	.cb_handler = dvti_in_cb,
	.err_handler = dvti_esp4_err,
	.priority = DVTI_IN_PRIORITY,
};

static struct xfrm6_protocol dvti_in_protocol6 = {
	.handler = dvti_in_rcv6,
	.input_handler = dvti_in_udp6,
	.cb_handler = dvti_in_cb,
	.err_handler = dvti_esp6_err,
	.priority = DVTI_IN_PRIORITY,
};

/**
 * dvti_esp_in_init() - begin to see ESP packets
 *
 * Return: 0 or a negative error.
 */
int dvti_esp_in_init(void)
{
	int err;

	err = xfrm4_protocol_register(&dvti_in_protocol4, IPPROTO_ESP);
	if (err)
		return err;

	err = xfrm6_protocol_register(&dvti_in_protocol6, IPPROTO_ESP);
	if (err)
		xfrm4_protocol_deregister(&dvti_in_protocol4, IPPROTO_ESP);
	return err;
}

/**
 * dvti_esp_in_exit() - see no more ESP packets
 */
void dvti_esp_in_exit(void)
{
	xfrm6_protocol_deregister(&dvti_in_protocol6, IPPROTO_ESP);
	xfrm4_protocol_deregister(&dvti_in_protocol4, IPPROTO_ESP);
}
