// SPDX-License-Identifier: GPL-2.0-only
/*
 * Inbound: ESP packets that carry one of our SPIs become inner packets of its link (RFC 4303 section 3.4).
 * What esp_rcv.c has queued for an SA is opened together, and goes up.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <net/dsfield.h>
#include <net/gro.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "batch.h"
#include "carrier.h"
#include "ecn.h"
#include "gre.h"
#include "join.h"
#include "link.h"
#include "mss.h"
#include "net.h"
#include "sa.h"

/* What is copied out of a super-packet gets this in front, for where it is forwarded to. */
#define DVTI_IN_HEADROOM (NET_SKB_PAD + LL_MAX_HEADER)

/*
 * What is longer than the first shares the memory of the super-packet, but for the second, in which all headers that
 * anybody reads have room.
 */
#define DVTI_IN_COPY 512
#define DVTI_IN_COPY_HEADERS 128

/* How much of an inner packet the selectors may need to see. */
#define DVTI_IN_SELECTOR_LEN 128

static void dvti_in_drop_all(struct dvti_link *link, struct sk_buff **skbs, unsigned int n, unsigned int slot)
{
	while (n--)
		dvti_drop_skb(link, *skbs++, slot);
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

static const struct udphdr *dvti_in_outer_udp(const struct sk_buff *skb)
{
	return (const struct udphdr *)(skb->data - sizeof(struct udphdr));
}

/* Did the packet come from another place than @ends say? */
static bool dvti_in_is_elsewhere(const struct dvti_sa *sa, const struct sk_buff *skb, const struct dvti_endpoints *ends)
{
	if (ends->family != sa->key.family)
		return true;
	if (ends->encap == DVTI_ENCAP_UDP && dvti_in_outer_udp(skb)->source != ends->rport)
		return true;

	return dvti_in_outer_is_ipv4(sa) ? ip_hdr(skb)->saddr != ends->r4 :
					   !ipv6_addr_equal(&ipv6_hdr(skb)->saddr, &ends->r6);
}

static noinline void dvti_in_report_peer(struct dvti_sa *sa, const struct sk_buff *skb, u8 encap)
{
	struct dvti_endpoints from = { .family = sa->key.family, .encap = encap };

	if (dvti_in_outer_is_ipv4(sa)) {
		from.r4 = ip_hdr(skb)->saddr;
		from.l4 = ip_hdr(skb)->daddr;
	} else {
		from.r6 = ipv6_hdr(skb)->saddr;
		from.l6 = ipv6_hdr(skb)->daddr;
	}
	if (encap == DVTI_ENCAP_UDP) {
		from.rport = dvti_in_outer_udp(skb)->source;
		from.lport = dvti_in_outer_udp(skb)->dest;
	}
	dvti_sa_peer_moved(sa, &from);
}

/* Where an authenticated packet came from; @skb from the ESP header on. */
static void dvti_in_check_peer(struct dvti_sa *sa, const struct sk_buff *skb)
{
	const struct dvti_endpoints *ends = rcu_dereference(sa->ends) ?: rcu_dereference(sa->link->ends);

	if (likely(ends) && unlikely(dvti_in_is_elsewhere(sa, skb, ends)))
		dvti_in_report_peer(sa, skb, ends->encap);
}

/* Octets in front of the payload */
static unsigned int dvti_in_head(const struct dvti_aead_info *info)
{
	return sizeof(struct ip_esp_hdr) + info->iv_len;
}

/*
 * Take off ESP header, IV, trailer and ICV. Return: the next header, or -1 if the trailer is nonsense.
 *
 * The padding's own bytes are not looked at: RFC 4303 section 2.4 asks for that to detect tampering where there is no
 * integrity check, and there is always one here.
 */
static int dvti_in_strip(struct sk_buff *skb, const struct dvti_aead_info *info)
{
	unsigned int head = dvti_in_head(info);
	unsigned int end = skb->len - info->icv_len;
	u8 room[2], *trailer, next;

	trailer = skb_header_pointer(skb, end - sizeof(room), sizeof(room), room);
	if (!trailer || head + sizeof(room) + trailer[0] > end)
		return -1;

	next = trailer[1];
	if (pskb_trim(skb, end - sizeof(room) - trailer[0]))
		return -1;
	__skb_pull(skb, head);
	return next;
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
 * An authenticated packet that has lost what is ESP becomes an inner packet. @next: its next header, or -1. @tos:
 * traffic class of its outer header. Return: false if it must be dropped, with the reason in @slot.
 */
static bool dvti_in_unwrap(struct dvti_sa *sa, struct sk_buff *skb, int next, u8 tos, unsigned int *slot)
{
	bool inner_ok;

	switch (dvti_gre_next(sa->link, skb, next)) {
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
	if (list_is_singular(packets)) {
		skb = list_first_entry(packets, struct sk_buff, list);
		skb_mark_not_on_list(skb);
		netif_receive_skb(skb);
	} else if (!list_empty(packets)) {
		netif_receive_skb_list(packets);
	}
}

/*
 * Which of the authentic packets are new? The window moves here. A packet that was overtaken, or held back by somebody,
 * says nothing about where the peer is now.
 */
static void dvti_in_accept(struct dvti_batch *b)
{
	struct dvti_aead_op *op, *end = b->op + b->n;
	const struct dvti_aead_op *newest = NULL;
	struct dvti_replay *r = &b->sa->replay;

	spin_lock(&r->lock);
	for (op = b->op; op < end; op++) {
		if (unlikely(op->err))
			continue;
		if (unlikely(!dvti_replay_accept(r, op->seq)))
			op->err = -EALREADY;
		else if (likely(r->top == op->seq))
			newest = op;
	}
	spin_unlock(&r->lock);

	if (likely(newest))
		dvti_in_check_peer(b->sa, newest->skb);
}

/* Why has a packet not been accepted? Return: the reason to drop it, counted for the SA. */
static noinline unsigned int dvti_in_refused(struct dvti_sa *sa, const struct dvti_aead_op *op)
{
	switch (op->err) {
	case -EBADMSG:
		dvti_in_warn_integrity(sa, op->skb);
		dvti_in_count(sa, offsetof(struct dvti_sa_stats, integrity));
		return DVTI_DROP(RX_INTEGRITY);
	case -EALREADY:
		dvti_in_count(sa, offsetof(struct dvti_sa_stats, replay));
		return DVTI_DROP(RX_REPLAY);
	case -ENOMEM:
		return DVTI_DROP(RX_NO_MEMORY);
	default:
		return DVTI_DROP(RX_CRYPTO);
	}
}

/**
 * struct dvti_in_done - what a batch delivers
 * @packets: inner packets
 * @bytes: in all of them
 * @list: what is to be delivered
 * @join: TCP segments that may still grow
 */
struct dvti_in_done {
	unsigned int packets;
	u64 bytes;
	struct list_head list;
	struct dvti_join join;
};

/* @skb: what ESP carried; consumed. @next: next header, or -1. @tos: of its outer header */
static void dvti_in_take(struct dvti_batch *b, struct sk_buff *skb, int next, u8 tos, struct dvti_in_done *done)
{
	unsigned int slot;

	if (unlikely(!dvti_in_unwrap(b->sa, skb, next, tos, &slot))) {
		dvti_drop_skb(b->link, skb, slot);
		return;
	}

	dvti_in_dress(skb);
	dvti_mss_clamp(b->link, skb, READ_ONCE(b->link->dev->mtu));
	done->packets++;
	done->bytes += skb->len;
	/* What may be of the flow of a run must not overtake it. */
	if (likely(b->link->dev->features & NETIF_F_GRO) && (done->join.head || dvti_in_wants_gro(skb)))
		dvti_join_skb(&done->join, skb, &done->list);
	else
		list_add_tail(&skb->list, &done->list);
}

/* Only pages can be shared, and the linear part of an skb need not be in one. */
static bool dvti_in_is_shareable(const struct dvti_aead_op *op)
{
	return op->data < op->skb->head || op->data >= skb_end_pointer(op->skb);
}

/* As dvti_in_strip(), for a packet in one piece. @len: gets the octets of what ESP carried */
static int dvti_in_strip_part(const struct dvti_aead_op *op, const struct dvti_aead_info *info, unsigned int *len)
{
	unsigned int head = dvti_in_head(info);
	unsigned int end = op->len - info->icv_len;
	const u8 *trailer = op->data + end - 2;

	if (head + 2u + trailer[0] > end)
		return -1;
	*len = end - 2 - trailer[0] - head;
	return trailer[1];
}

/*
 * The common case of bulk TCP: an opened packet of a super-packet continues a run, of which all that
 * dvti_in_unwrap() would look at has been looked at. @ip: what ESP carried, @len octets. Return: false if it has to
 * take the long way.
 */
static bool dvti_in_continue(struct dvti_batch *b, const struct dvti_aead_op *op, const u8 *ip, unsigned int len,
			     int next, u8 tos, struct dvti_in_done *done)
{
	__be16 protocol;

	if (READ_ONCE(b->link->set.mode) == DVTI_TUNNEL_MODE_GRE || !dvti_in_is_shareable(op))
		return false;
	/* Of the outer marks only CE and ECT(1), which share a bit, can change the inner ones. */
	if (!done->join.head || tos & INET_ECN_ECT_1)
		return false;

	switch (next) {
	case IPPROTO_IPIP:
		protocol = htons(ETH_P_IP);
		break;
	case IPPROTO_IPV6:
		protocol = htons(ETH_P_IPV6);
		break;
	default:
		return false;
	}
	if (!dvti_join_part(&done->join, virt_to_head_page(ip), ip, len, protocol))
		return false;

	done->packets++;
	done->bytes += len;
	return true;
}

/* An skb for @len octets at @from, which lie in the super-packet of @op. Return: NULL without memory. */
static struct sk_buff *dvti_in_part_skb(const struct dvti_aead_op *op, const u8 *from, unsigned int len)
{
	unsigned int copied = len;
	struct sk_buff *skb;
	struct page *page;
	u8 *data;

	/* Headers are copied, as those who follow want to write there; the rest is shared if it is worth it. */
	if (len > DVTI_IN_COPY && dvti_in_is_shareable(op))
		copied = DVTI_IN_COPY_HEADERS;

	data = dvti_carrier_single(&skb, DVTI_IN_HEADROOM, copied);
	if (unlikely(!data))
		return NULL;
	memcpy(data, from, copied);
	if (copied < len) {
		page = virt_to_head_page(from);
		get_page(page);
		skb_add_rx_frag(skb, 0, page, from + copied - (u8 *)page_address(page), len - copied,
				SKB_DATA_ALIGN(len));
	}
	return skb;
}

/* An opened packet leaves the super-packet that it came in. */
static void dvti_in_part(struct dvti_batch *b, const struct dvti_aead_op *op, struct dvti_in_done *done)
{
	const u8 *inner = op->data + dvti_in_head(b->sa->info);
	u8 tos = dvti_in_outer_tos(b->sa, op->skb);
	struct sk_buff *skb;
	unsigned int len = 0;
	int next;

	if (unlikely(op->err)) {
		dvti_drop_count(b->link, dvti_in_refused(b->sa, op), 1);
		return;
	}
	next = dvti_in_strip_part(op, b->sa->info, &len);
	if (dvti_in_continue(b, op, inner, len, next, tos, done))
		return;

	skb = dvti_in_part_skb(op, inner, len);
	if (unlikely(!skb)) {
		dvti_drop_count(b->link, DVTI_DROP(RX_NO_MEMORY), 1);
		return;
	}
	skb->dev = b->link->dev;
	dvti_in_take(b, skb, next, tos, done);
}

static void dvti_in_single(struct dvti_batch *b, const struct dvti_aead_op *op, struct dvti_in_done *done)
{
	u8 tos = dvti_in_outer_tos(b->sa, op->skb);

	if (unlikely(op->err))
		dvti_drop_skb(b->link, op->skb, dvti_in_refused(b->sa, op));
	else
		dvti_in_take(b, op->skb, dvti_in_strip(op->skb, b->sa->info), tos, done);
}

/* The opened batch goes up. */
static void dvti_in_finish(struct dvti_batch *b)
{
	struct dvti_in_done done __uninitialized;
	struct dvti_aead_op *op, *end = b->op + b->n;
	struct dvti_link *link = b->link;
	struct sk_buff *skb, *next;

	done.packets = 0;
	done.bytes = 0;
	INIT_LIST_HEAD(&done.list);
	done.join.head = NULL;

	dvti_in_accept(b);
	for (op = b->op; op < end; op++) {
		skb = op->skb;
		if (!skb_is_gso(skb)) {
			dvti_in_single(b, op, &done);
			continue;
		}
		dvti_in_part(b, op, &done);
		if (op + 1 == end || op[1].skb != skb)
			napi_consume_skb(skb, 1);
	}
	if (done.join.head)
		dvti_join_end(&done.join, &done.list);
	if (!done.packets)
		return;

	if (unlikely(!dvti_sa_account(b->sa, done.packets, done.bytes))) {
		dvti_drop_count(link, DVTI_DROP(RX_EXPIRED), done.packets);
		list_for_each_entry_safe(skb, next, &done.list, list) {
			skb_list_del_init(skb);
			dvti_drop_free(skb, DVTI_DROP(RX_EXPIRED));
		}
		return;
	}

	dvti_stats_count_in(link->stats, b->sa->stats, done.packets, done.bytes);
	dvti_in_deliver(link, &done.list, b->napi);
}

/* Is there room for header, IV, one block with the trailer, and ICV, and does CBC find whole blocks? */
static bool dvti_in_length_ok(unsigned int len, const struct dvti_aead_info *info)
{
	unsigned int fixed = sizeof(struct ip_esp_hdr) + info->iv_len + info->icv_len;

	if (len < fixed + max_t(unsigned int, info->block, 4))
		return false;

	return info->block <= 4 || !((len - fixed) & (info->block - 1));
}

/* Deciphering happens in place, so what others can see must be copied. */
static bool dvti_in_make_writable(struct sk_buff *skb)
{
	if (skb_is_nonlinear(skb) && (skb_cloned(skb) || skb_has_frag_list(skb) || skb_has_shared_frag(skb)))
		return !skb_linearize(skb);

	return !skb_unclone(skb, GFP_ATOMIC);
}

/**
 * struct dvti_in - packets of one SA on their way in
 * @sa: inbound SA
 * @batch: packets that are ready to be opened, or NULL
 * @napi: context for GRO
 * @slot: why the last one that was not worth opening was not
 */
struct dvti_in {
	struct dvti_sa *sa;
	struct dvti_batch *batch;
	struct napi_struct *napi;
	unsigned int slot;
};

static void dvti_in_flush(struct dvti_in *in)
{
	struct dvti_batch *b = in->batch;

	in->batch = NULL;
	if (!b)
		return;
	if (unlikely(!b->n)) {
		dvti_batch_put(b);
		return;
	}

	b->link = in->sa->link;
	b->sa = in->sa;
	b->finish = dvti_in_finish;
	b->napi = in->napi;
	dvti_batch_open(b);
}

/*
 * The next op of the batch for the packet of @len octets whose ESP header is @esp, if it is worth opening.
 * Return: NULL if not, with the reason in @in.
 */
static struct dvti_aead_op *dvti_in_prepare(struct dvti_in *in, const struct ip_esp_hdr *esp, unsigned int len)
{
	struct dvti_sa *sa = in->sa;
	struct dvti_aead_op *op;

	if (unlikely(!dvti_in_length_ok(len, sa->info))) {
		dvti_in_count(sa, offsetof(struct dvti_sa_stats, malformed));
		in->slot = DVTI_DROP(RX_TRUNCATED);
		return NULL;
	}

	if (in->batch && in->batch->n == DVTI_BATCH_MAX)
		dvti_in_flush(in);
	if (!in->batch)
		in->batch = dvti_batch_get();
	if (unlikely(!in->batch)) {
		in->slot = DVTI_DROP(RX_NO_MEMORY);
		return NULL;
	}

	op = &in->batch->op[in->batch->n];
	op->spi = esp->spi;
	op->len = len;
	op->seq = dvti_replay_infer(&sa->replay, ntohl(esp->seq_no));
	/* What is new to the window need not be looked up in it. */
	if (unlikely(op->seq <= READ_ONCE(sa->replay.top) && !dvti_replay_check(&sa->replay, op->seq))) {
		dvti_in_count(sa, offsetof(struct dvti_sa_stats, replay));
		in->slot = DVTI_DROP(RX_REPLAY);
		return NULL;
	}
	return op;
}

/* A packet that came alone. */
static void dvti_in_add(struct dvti_in *in, struct sk_buff *skb)
{
	struct dvti_aead_op *op;

	/* The ESP header is in linear memory already. */
	op = dvti_in_prepare(in, (const struct ip_esp_hdr *)skb->data, skb->len);
	if (unlikely(!op)) {
		dvti_drop_skb(in->sa->link, skb, in->slot);
		return;
	}
	if (unlikely(!pskb_may_pull(skb, dvti_in_head(in->sa->info)) || !dvti_in_make_writable(skb))) {
		dvti_drop_skb(in->sa->link, skb, DVTI_DROP(RX_NO_MEMORY));
		return;
	}

	op->skb = skb;
	op->data = skb_is_nonlinear(skb) ? NULL : skb->data;
	in->batch->n++;
}

/* A packet that lies in a super-packet, in one piece of memory. */
static void dvti_in_add_part(struct dvti_in *in, struct sk_buff *skb, u8 *data, unsigned int len)
{
	const struct ip_esp_hdr *esp = (const struct ip_esp_hdr *)data;
	struct dvti_aead_op *op;

	if (unlikely(len < sizeof(*esp) || esp->spi != in->sa->spi)) {
		dvti_drop_count(in->sa->link, DVTI_DROP(RX_TRUNCATED), 1);
		return;
	}
	op = dvti_in_prepare(in, esp, len);
	if (unlikely(!op)) {
		dvti_drop_count(in->sa->link, in->slot, 1);
		return;
	}

	/* Each batch that has parts of the super-packet has a reference to it. */
	if (!in->batch->n || in->batch->op[in->batch->n - 1].skb != skb)
		skb_get(skb);
	op->skb = skb;
	op->data = data;
	in->batch->n++;
}

/* A part in several pieces of memory, or not ours to write to, becomes a packet with outer headers of its own. */
static void dvti_in_add_copy(struct dvti_in *in, struct sk_buff *skb, unsigned int at, unsigned int len)
{
	unsigned int hlen = -skb_network_offset(skb);
	struct sk_buff *copy;
	u8 *data;

	data = dvti_carrier_single(&copy, DVTI_IN_HEADROOM, hlen + len);
	if (unlikely(!data)) {
		dvti_drop_count(in->sa->link, DVTI_DROP(RX_NO_MEMORY), 1);
		return;
	}
	copy->dev = skb->dev;
	skb_reset_network_header(copy);
	memcpy(data, skb_network_header(skb), hlen);
	skb_copy_bits(skb, at, data + hlen, len);
	__skb_pull(copy, hlen);
	if (likely(len >= sizeof(struct ip_esp_hdr) && ((struct ip_esp_hdr *)copy->data)->spi == in->sa->spi))
		dvti_in_add(in, copy);
	else
		dvti_drop_skb(in->sa->link, copy, DVTI_DROP(RX_TRUNCATED));
}

/*
 * A UDP super-packet: what the sender, or GRO, made of several datagrams. Its parts are opened where they lie. The
 * first is in the linear part, since others have had a look at it on its way here.
 */
static void dvti_in_super(struct dvti_in *in, struct sk_buff *skb)
{
	unsigned int size = skb_shinfo(skb)->gso_size, at, len, i = 0, start;
	bool writable = !skb_cloned(skb) && !skb_has_frag_list(skb) && !skb_has_shared_frag(skb);
	const skb_frag_t *frag;
	bool whole;

	/* Whoever made it may have said anything. */
	if (unlikely(!dvti_in_length_ok(min(size, skb->len), in->sa->info))) {
		dvti_drop_skb(in->sa->link, skb, DVTI_DROP(RX_TRUNCATED));
		return;
	}
	if (!pskb_may_pull(skb, min(size, skb->len))) {
		dvti_drop_skb(in->sa->link, skb, DVTI_DROP(RX_NO_MEMORY));
		return;
	}

	start = skb_headlen(skb);
	for (at = 0; at < skb->len; at += len) {
		len = min(size, skb->len - at);
		while (i < skb_shinfo(skb)->nr_frags && at >= start + skb_frag_size(&skb_shinfo(skb)->frags[i]))
			start += skb_frag_size(&skb_shinfo(skb)->frags[i++]);
		frag = &skb_shinfo(skb)->frags[i];
		whole = at >= start && i < skb_shinfo(skb)->nr_frags && at + len <= start + skb_frag_size(frag);

		if (writable && at + len <= skb_headlen(skb))
			dvti_in_add_part(in, skb, skb->data + at, len);
		else if (writable && whole && !PageHighMem(skb_frag_page(frag)))
			dvti_in_add_part(in, skb, (u8 *)skb_frag_address(frag) + at - start, len);
		else
			dvti_in_add_copy(in, skb, at, len);
	}
	consume_skb(skb);
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
	struct dvti_in in = { .sa = sa, .napi = napi };
	struct dvti_link *link = sa->link;
	unsigned int i;

	if (unlikely(!netif_running(link->dev))) {
		dvti_in_drop_all(link, skbs, n, DVTI_DROP(RX_DEV_DOWN));
		return;
	}
	if (unlikely(test_bit(DVTI_SA_DEAD, &sa->flags))) {
		dvti_in_drop_all(link, skbs, n, DVTI_DROP(RX_EXPIRED));
		return;
	}

	for (i = 0; i < n; i++) {
		if (skb_is_gso(skbs[i]))
			dvti_in_super(&in, skbs[i]);
		else
			dvti_in_add(&in, skbs[i]);
	}
	dvti_in_flush(&in);
}
