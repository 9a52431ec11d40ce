// SPDX-License-Identifier: GPL-2.0-only
/*
 * Outbound: inner packets of one link become ESP packets of its outbound SA (RFC 4303 section 3.3).
 *
 * What a batch has in common (SA, route, MTU, sequence numbers, limits) is looked at once; the rest happens in
 * place, packet by packet, and the cipher sees the batch as a whole.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/dsfield.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "batch.h"
#include "ecn.h"
#include "esp_out.h"
#include "link.h"
#include "mss.h"
#include "net.h"
#include "pmtu.h"
#include "sa.h"
#include "segment.h"

/* Links of ours inside one another before it is taken for a loop. */
#define DVTI_OUT_DEPTH_MAX 4

/* Packets of one size in a row that are worth a UDP super-packet of their own. */
#define DVTI_OUT_RUN_MIN 4

/* How much of a packet the selectors may need to see: IP header, some extension headers, ports. */
#define DVTI_OUT_SELECTOR_LEN 128

static void dvti_out_drop_all(struct dvti_link *link, struct sk_buff **skbs, unsigned int n, unsigned int slot)
{
	while (n--)
		dvti_drop_skb(link, *skbs++, slot);
}

/* Number of packets from @i on that leave in one skb. */
static unsigned int dvti_out_together(const struct dvti_batch *b, unsigned int i)
{
	unsigned int n = 1;

	while (i + n < b->n && b->op[i + n].skb == b->op[i].skb)
		n++;
	return n;
}

/* Nothing is copied from them any more. */
static void dvti_out_drop_sources(struct dvti_batch *b)
{
	unsigned int i;

	for (i = 0; b->sources && i < b->n; i++)
		if (b->packet[i].source)
			napi_consume_skb(b->packet[i].source, 1);
}

static void dvti_out_drop_batch(struct dvti_batch *b, unsigned int slot)
{
	unsigned int i, n;

	dvti_drop_count(b->link, slot, b->n);
	for (i = 0; i < b->n; i += n) {
		n = dvti_out_together(b, i);
		dvti_drop_free(b->op[i].skb, slot);
	}
	dvti_out_drop_sources(b);
	dvti_batch_put(b);
}

/* Send @n packets from @i on, which share one skb. Return: have they gone? */
static bool dvti_out_send(struct dvti_batch *b, unsigned int i, unsigned int n)
{
	struct sk_buff *skb = b->op[i].skb;
	unsigned int k, slot;
	int err = 0;

	for (k = i; k < i + n && likely(!err); k++)
		err = b->op[k].err;
	if (unlikely(err)) {
		slot = err == -ENOMEM ? DVTI_DROP(TX_NO_MEMORY) : DVTI_DROP(TX_CRYPTO);
		dvti_drop_count(b->link, slot, n);
		dvti_drop_free(skb, slot);
		return false;
	}

	err = dvti_encap_xmit(&b->encap, skb, b->packet[i].tos, b->packet[i].ttl, b->packet[i].df);
	if (unlikely(net_xmit_eval(err))) {
		dvti_drop_count(b->link, DVTI_DROP(TX_OUTER), n);
		return false;
	}
	return true;
}

/* The sealed batch leaves. */
static void dvti_out_finish(struct dvti_batch *b)
{
	unsigned int i, k, n, packets = b->n;
	u64 bytes = b->bytes;
	u8 before;

	dvti_out_drop_sources(b);
	before = dvti_batch_enter(b->depth + 1);
	dvti_encap_begin(&b->encap, b->link, b->ids);
	for (i = 0; i < b->n; i += n) {
		n = dvti_out_together(b, i);
		if (likely(dvti_out_send(b, i, n)))
			continue;
		packets -= n;
		for (k = i; k < i + n; k++)
			bytes -= b->packet[k].len;
	}
	dvti_batch_leave(before);
	dvti_encap_end(&b->encap);
	dvti_stats_count_out(b->link->stats, b->sa->stats, packets, bytes);
}

/* Numbers for all packets of the batch. Return: the first of @n, 0 when they are used up. */
static u64 dvti_out_sequence(struct dvti_sa *sa, unsigned int n)
{
	u64 max = sa->esn ? DVTI_SEQ_MAX_ESN : DVTI_SEQ_MAX;
	u64 last = atomic64_add_return(n, &sa->seq);

	return unlikely(last > max || last < n) ? 0 : last - n + 1;
}

/* @last: the batch takes over the route's reference. */
static void dvti_out_flush(struct dvti_out *o, bool last)
{
	struct dvti_batch *b = o->batch;
	unsigned int i;
	u64 seq;

	if (!b)
		return;
	o->batch = NULL;
	dvti_carrier_close(&o->carrier);
	if (unlikely(!b->n)) {
		dvti_batch_put(b);
		return;
	}
	b->link = o->link;
	b->sa = o->sa;

	if (unlikely(!dvti_sa_account(o->sa, b->n, b->bytes))) {
		dvti_out_drop_batch(b, DVTI_DROP(TX_EXPIRED));
		return;
	}

	seq = dvti_out_sequence(o->sa, b->n);
	if (unlikely(!seq)) {
		dvti_sa_exhausted(o->sa);
		dvti_out_drop_batch(b, DVTI_DROP(TX_SEQUENCE));
		return;
	}

	for (i = 0; i < b->n; i++) {
		b->op[i].spi = o->sa->spi;
		b->op[i].seq = seq + i;
	}
	b->finish = dvti_out_finish;
	b->depth = o->depth;
	b->encap = o->encap;
	if (last)
		o->encap.dst = NULL;
	else
		dst_hold(b->encap.dst);
	dvti_batch_seal(b);
}

/* Make the packet linear, our own, and with room at both ends. Return: 0 or -ENOMEM. */
static int dvti_out_make_room(struct sk_buff *skb, unsigned int head, unsigned int tail)
{
	unsigned int more_head, more_tail;

	if (unlikely(skb_linearize(skb)))
		return -ENOMEM;

	more_head = head > skb_headroom(skb) ? head - skb_headroom(skb) : 0;
	more_tail = tail > skb_tailroom(skb) ? tail - skb_tailroom(skb) : 0;
	if (likely(!more_head && !more_tail && !skb_cloned(skb)))
		return 0;

	return pskb_expand_head(skb, SKB_DATA_ALIGN(more_head), more_tail, GFP_ATOMIC);
}

/**
 * dvti_out_trailer() - write padding, its length and the next header (RFC 4303 section 2.4)
 * @o: where the packet goes
 * @end: of the inner packet
 * @len: octets of the inner packet
 * @protocol: of the inner packet
 */
void dvti_out_trailer(const struct dvti_out *o, u8 *end, unsigned int len, __be16 protocol)
{
	unsigned int pad = -(o->gre + len + 2) & (o->info->block - 1);
	unsigned int i;

	for (i = 1; i <= pad; i++)
		*end++ = i;
	*end++ = pad;
	if (unlikely(o->gre))
		*end = IPPROTO_GRE;
	else
		*end = protocol == htons(ETH_P_IP) ? IPPROTO_IPIP : IPPROTO_IPV6;
}

/*
 * Build ESP header, IV (both left empty), payload and trailer, ICV (left empty) around the inner packet
 * (RFC 4303 section 2), and take off what must not cross to the outside. Return: 0 or a negative error.
 */
static int dvti_out_build(struct dvti_out *o, struct sk_buff *skb)
{
	unsigned int skip = dvti_out_skip(o);
	unsigned int len = skb->len;
	unsigned int tail = dvti_out_size(o, len) - skip - len;
	int err;

	err = dvti_out_make_room(skb, o->outer_room + skip, tail);
	if (unlikely(err))
		return err;
	if (skb->ip_summed == CHECKSUM_PARTIAL && unlikely(skb_checksum_help(skb)))
		return -EINVAL;

	dvti_out_shim(o, skb->data, skb->protocol);
	dvti_out_trailer(o, __skb_put(skb, tail), len, skb->protocol);
	__skb_push(skb, skip);
	skb->ip_summed = CHECKSUM_NONE;
	skb->encapsulation = 0;
	skb_scrub_packet(skb, o->xnet);
	skb_clear_hash_if_not_l4(skb);
	return 0;
}

static u8 dvti_out_inner_tos(const struct sk_buff *skb)
{
	return skb->protocol == htons(ETH_P_IP) ? ipv4_get_dsfield(ip_hdr(skb)) : ipv6_get_dsfield(ipv6_hdr(skb));
}

static u8 dvti_out_tos(struct dvti_link *link, u8 inner)
{
	if (READ_ONCE(link->set.dscp) == DVTI_DSCP_POLICY_COPY)
		return inner;

	return dvti_ecn_encapsulate(READ_ONCE(link->set.dscp_value) << 2, inner);
}

static u8 dvti_out_inner_ttl(const struct sk_buff *skb)
{
	return skb->protocol == htons(ETH_P_IP) ? ip_hdr(skb)->ttl : ipv6_hdr(skb)->hop_limit;
}

static bool dvti_out_df(struct dvti_link *link, const struct sk_buff *skb)
{
	switch (READ_ONCE(link->set.df)) {
	case DVTI_DF_POLICY_SET:
		return true;
	case DVTI_DF_POLICY_CLEAR:
		return false;
	default:
		return skb->protocol != htons(ETH_P_IP) || ip_hdr(skb)->frag_off & htons(IP_DF);
	}
}

static struct dvti_batch *dvti_out_batch(struct dvti_out *o)
{
	if (!o->batch)
		o->batch = dvti_batch_get();
	return o->batch;
}

/* Note what the outer header of the next packet will need to know of the inner one. */
static __always_inline void dvti_out_describe(const struct dvti_out *o, const struct sk_buff *skb, unsigned int len,
					      bool fragment_outer)
{
	struct dvti_batch_packet *p = &o->batch->packet[o->batch->n];

	p->len = len;
	p->tos = dvti_out_tos(o->link, dvti_out_inner_tos(skb));
	p->ttl = likely(!o->ttl_inherit) ? o->encap.ttl : dvti_out_inner_ttl(skb);
	p->df = !fragment_outer && dvti_out_df(o->link, skb);
}

/*
 * Is it one flow to those who queue outer packets? Packets of several must not share a super-packet, or they
 * overtake one another in the queues.
 */
static bool dvti_out_same_flow(const struct sk_buff *a, const struct sk_buff *b)
{
	return a->priority == b->priority && a->l4_hash == b->l4_hash && (!a->l4_hash || a->hash == b->hash);
}

/**
 * dvti_out_room() - memory for the next packet of the batch, which will be sealed out of place
 * @o: where it goes
 * @skb: packet whose mark on the outer header it will bear
 * @len: octets of the inner packet
 *
 * Return: its op, with data and length set, for dvti_out_commit(); NULL without memory.
 */
struct dvti_aead_op *dvti_out_room(struct dvti_out *o, const struct sk_buff *skb, unsigned int len)
{
	unsigned int size = dvti_out_size(o, len);
	struct dvti_batch *b = dvti_out_batch(o);
	struct dvti_batch_packet *p;
	struct dvti_aead_op *op;
	bool fresh = true;

	if (unlikely(!b))
		return NULL;

	dvti_out_describe(o, skb, len, false);
	p = &b->packet[b->n];
	op = &b->op[b->n];
	if (o->super) {
		if (o->carrier.skb && !dvti_out_same_flow(o->carrier.skb, skb))
			dvti_carrier_close(&o->carrier);
		op->data = dvti_carrier_append(&o->carrier, o->outer_room, size, p->tos, p->ttl, p->df);
		op->skb = o->carrier.skb;
		fresh = o->carrier.n == 1;
	} else {
		op->data = dvti_carrier_single(&op->skb, o->outer_room, size);
	}
	if (unlikely(!op->data))
		return NULL;

	if (fresh) {
		op->skb->priority = skb->priority;
		if (skb->l4_hash)
			skb_copy_hash(op->skb, skb);
	}
	op->len = size;
	op->pieces = 0;
	op->sum_at = 0;
	return op;
}

/**
 * dvti_out_fills() - will the next packet make the batch full?
 * @o: a batch is under way
 *
 * Return: true if it is sealed by the next dvti_out_commit().
 */
bool dvti_out_fills(const struct dvti_out *o)
{
	return o->batch->n == DVTI_BATCH_MAX - 1;
}

/* The packet that was last described joins the batch. */
static __always_inline void dvti_out_join(struct dvti_out *o, struct sk_buff *source)
{
	struct dvti_batch *b = o->batch;
	struct dvti_batch_packet *p = &b->packet[b->n++];

	p->source = source;
	b->sources |= !!source;
	b->ids += dvti_encap_needs_id(&o->encap, p->df);
	b->bytes += p->len;
	o->packets++;
	if (b->n == DVTI_BATCH_MAX)
		dvti_out_flush(o, false);
}

/**
 * dvti_out_commit() - the packet that was last described is complete but for the cipher's part
 * @o: where it goes
 * @source: reference to a packet that must stay until this one has been sealed, or NULL; taken over
 */
void dvti_out_commit(struct dvti_out *o, struct sk_buff *source)
{
	dvti_out_join(o, source);
}

/**
 * dvti_out_keep() - keep a packet until all that was committed has been sealed
 * @o: where they go
 * @source: taken over
 */
void dvti_out_keep(struct dvti_out *o, struct sk_buff *source)
{
	struct dvti_batch *b = o->batch;

	if (b && b->n && !b->packet[b->n - 1].source) {
		b->packet[b->n - 1].source = source;
		b->sources = true;
	} else {
		consume_skb(source);
	}
}

/* One inner packet, no longer GSO, joins the batch and is sealed in place. */
static void dvti_out_packet(struct dvti_out *o, struct sk_buff *skb, bool fragment_outer)
{
	struct dvti_batch *b = dvti_out_batch(o);
	struct dvti_aead_op *op;
	int err;

	if (unlikely(!b)) {
		dvti_drop_skb(o->link, skb, DVTI_DROP(TX_NO_MEMORY));
		return;
	}

	dvti_carrier_close(&o->carrier);
	dvti_out_describe(o, skb, skb->len, fragment_outer);
	err = dvti_out_build(o, skb);
	if (unlikely(err)) {
		dvti_drop_skb(o->link, skb, err == -ENOMEM ? DVTI_DROP(TX_NO_MEMORY) : DVTI_DROP(TX_CRYPTO));
		return;
	}

	op = &b->op[b->n];
	op->skb = skb;
	op->data = skb->data;
	op->len = skb->len;
	op->pieces = 0;
	op->sum_at = 0;
	dvti_out_join(o, NULL);
}

/* Can the packet be sealed into other memory from no more pieces than an op takes? */
static bool dvti_out_copyable(const struct dvti_out *o, const struct sk_buff *skb)
{
	unsigned int at = 0;

	if (skb_is_gso(skb) || skb_shinfo(skb)->nr_frags > DVTI_AEAD_PIECES || skb_has_frag_list(skb) ||
	    (IS_ENABLED(CONFIG_HIGHMEM) && skb_is_nonlinear(skb)))
		return false;
	if (skb->ip_summed != CHECKSUM_PARTIAL)
		return true;

	/* A guest may have said so, and be wrong. */
	at = skb_checksum_start_offset(skb);
	if (at >= skb_headlen(skb))
		return false;
	if (at + skb->csum_offset + sizeof(__sum16) > skb_headlen(skb) || (at | skb->csum_offset) & 1)
		return false;

	/* The sum is made piece by piece. */
	return !skb_is_nonlinear(skb) ||
	       (!((skb_headlen(skb) - at) & 1) &&
		(skb_shinfo(skb)->nr_frags == 1 || !(skb_frag_size(&skb_shinfo(skb)->frags[0]) & 1)));
}

/*
 * Is it worth beginning a super-packet with the first of @skbs? It takes a few of one size before the copies pay.
 */
static bool dvti_out_run(const struct dvti_out *o, struct sk_buff **skbs, unsigned int n)
{
	unsigned int i, size = dvti_out_size(o, skbs[0]->len);

	if (n < DVTI_OUT_RUN_MIN)
		return false;
	for (i = 0; i < DVTI_OUT_RUN_MIN; i++)
		if (dvti_out_size(o, skbs[i]->len) != size || !dvti_out_copyable(o, skbs[i]) ||
		    !dvti_out_same_flow(skbs[0], skbs[i]))
			return false;
	return true;
}

/*
 * Is the first of @skbs, of which @n are at hand, to be sealed into other memory: that of a super-packet, or because it
 * lies in pages and would have to be copied anyway?
 */
static bool dvti_out_leaves_place(const struct dvti_out *o, struct sk_buff **skbs, unsigned int n)
{
	const struct dvti_carrier *c = &o->carrier;

	/* A socket is charged for its packet until that has left. */
	if (!o->super)
		return skb_is_nonlinear(skbs[0]) && !skbs[0]->sk && dvti_out_copyable(o, skbs[0]);
	if (c->skb && !c->full && dvti_out_size(o, skbs[0]->len) == c->size && dvti_out_same_flow(c->skb, skbs[0]))
		return dvti_out_copyable(o, skbs[0]);
	return dvti_out_run(o, skbs, n);
}

/* One inner packet, no longer GSO, joins the batch, sealed into other memory. */
static void dvti_out_copy(struct dvti_out *o, struct sk_buff *skb)
{
	struct dvti_aead_op *op = dvti_out_room(o, skb, skb->len);
	unsigned int skip = dvti_out_skip(o), head, start = 0, i;
	u8 *inner;

	if (unlikely(!op)) {
		dvti_drop_skb(o->link, skb, DVTI_DROP(TX_NO_MEMORY));
		return;
	}

	inner = op->data + skip;
	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		start = skb_checksum_start_offset(skb);
		op->sum_at = skip + start + skb->csum_offset;
	}

	/* Fragments are pieces, and the few octets before them are copied here; a linear packet is a piece itself. */
	head = skb_is_nonlinear(skb) ? skb_headlen(skb) : start;
	memcpy(inner, skb->data, head);
	op->at = skip + head;
	/* What stands in the checksum's field is the sum of the pseudo-header. */
	op->sum = head > start ? csum_partial(inner + start, head - start, 0) : 0;
	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++)
		op->piece[i] = (struct dvti_aead_piece){
			.data = skb_frag_address(&skb_shinfo(skb)->frags[i]),
			.len = skb_frag_size(&skb_shinfo(skb)->frags[i]),
		};
	if (!i)
		op->piece[i++] = (struct dvti_aead_piece){ .data = skb->data + head, .len = skb->len - head };
	op->pieces = i;

	dvti_out_shim(o, inner, skb->protocol);
	dvti_out_trailer(o, inner + skb->len, skb->len, skb->protocol);
	dvti_out_join(o, skb);
}

/* Whose packet is being fragmented on this CPU: ip_do_fragment() hands nothing on to its callback. */
static DEFINE_PER_CPU(struct dvti_out *, dvti_out_fragmenting);

static int dvti_out_fragment_done(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	dvti_out_packet(__this_cpu_read(dvti_out_fragmenting), skb, false);
	return 0;
}

/*
 * One that must not be fragmented, but is all the same, may have no ID of its own (RFC 6864 section 4.1), without
 * which its fragments could not be told from those of the next. Return: 0 or -ENOMEM.
 */
static int dvti_out_identify(struct dvti_out *o, struct sk_buff *skb)
{
	struct iphdr *iph;

	if (likely(!(ip_hdr(skb)->frag_off & htons(IP_DF))))
		return 0;
	if (unlikely(skb_ensure_writable(skb, sizeof(*iph))))
		return -ENOMEM;

	iph = ip_hdr(skb);
	__ip_select_ident(dev_net(o->link->dev), iph, 1);
	return 0;
}

/* IPv4: fragment before the tunnel. */
static void dvti_out_fragment(struct dvti_out *o, struct sk_buff *skb)
{
	if (unlikely(!skb_dst(skb))) {
		dvti_drop_skb(o->link, skb, DVTI_DROP(TX_TOO_BIG));
		return;
	}

	if (unlikely(dvti_out_identify(o, skb))) {
		dvti_drop_skb(o->link, skb, DVTI_DROP(TX_NO_MEMORY));
		return;
	}

	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	IPCB(skb)->frag_max_size = o->mtu;

	__this_cpu_write(dvti_out_fragmenting, o);
	if (ip_do_fragment(dev_net(o->link->dev), NULL, skb, dvti_out_fragment_done))
		dvti_drop_count(o->link, DVTI_DROP(TX_NO_MEMORY), 1);
}

/* One packet, no longer GSO. */
static void dvti_out_sized(struct dvti_out *o, struct sk_buff *skb, enum dvti_pmtu_verdict verdict)
{
	if (unlikely(verdict == DVTI_PMTU_FRAGMENT_INNER && skb->len > o->mtu))
		dvti_out_fragment(o, skb);
	else
		dvti_out_packet(o, skb, verdict == DVTI_PMTU_FRAGMENT_OUTER);
}

static void dvti_out_segment(struct dvti_out *o, struct sk_buff *skb, enum dvti_pmtu_verdict verdict)
{
	struct sk_buff *segs, *next;

	segs = skb_gso_segment(skb, 0);
	if (IS_ERR(segs)) {
		dvti_drop_skb(o->link, skb, DVTI_DROP(TX_NO_MEMORY));
		return;
	}
	if (!segs) {
		/* Its length no longer calls for segments. */
		skb_gso_reset(skb);
		dvti_out_sized(o, skb, verdict);
		return;
	}

	consume_skb(skb);
	skb_list_walk_safe(segs, skb, next) {
		skb_mark_not_on_list(skb);
		dvti_out_sized(o, skb, verdict);
	}
}

static bool dvti_out_is_ip(struct sk_buff *skb)
{
	if (unlikely(skb_network_offset(skb)))
		return false;

	switch (skb->protocol) {
	case htons(ETH_P_IP):
		return pskb_may_pull(skb, sizeof(struct iphdr)) && ip_hdr(skb)->version == 4;
	case htons(ETH_P_IPV6):
		return pskb_may_pull(skb, sizeof(struct ipv6hdr)) && ipv6_hdr(skb)->version == 6;
	default:
		return false;
	}
}

static bool dvti_out_selected(const struct dvti_selectors *s, struct sk_buff *skb)
{
	if (likely(!s))
		return true;

	return pskb_may_pull(skb, min_t(unsigned int, skb->len, DVTI_OUT_SELECTOR_LEN)) &&
	       dvti_selectors_match(s, skb->data, skb_headlen(skb), true);
}

/* The first of @skbs, of which @n are at hand */
static void dvti_out_skb(struct dvti_out *o, struct sk_buff **skbs, unsigned int n)
{
	struct sk_buff *skb = skbs[0];
	enum dvti_pmtu_verdict verdict;

	if (unlikely(!dvti_out_is_ip(skb))) {
		dvti_drop_skb(o->link, skb, DVTI_DROP(TX_NOT_IP));
		return;
	}
	if (unlikely(!dvti_out_selected(o->sa->selectors, skb))) {
		dvti_drop_skb(o->link, skb, DVTI_DROP(TX_SELECTOR));
		return;
	}

	dvti_mss_clamp(o->link, skb, min(o->mtu, READ_ONCE(o->link->dev->mtu)));
	verdict = dvti_pmtu_check(o->link, skb, o->mtu);
	if (unlikely(verdict == DVTI_PMTU_TOO_BIG)) {
		dvti_drop_skb(o->link, skb, DVTI_DROP(TX_TOO_BIG));
		return;
	}

	if (skb_is_gso(skb) && likely(verdict == DVTI_PMTU_PASS) && dvti_segment_possible(skb))
		dvti_segment(o, skb);
	else if (skb_is_gso(skb))
		dvti_out_segment(o, skb, verdict);
	else if (likely(verdict == DVTI_PMTU_PASS) && dvti_out_leaves_place(o, skbs, n))
		dvti_out_copy(o, skb);
	else
		dvti_out_sized(o, skb, verdict);
}

/* The peer cannot be reached: tell the senders. */
static void dvti_out_unreachable(struct dvti_link *link, struct sk_buff *skb)
{
	if (skb->protocol == htons(ETH_P_IP))
		icmp_ndo_send(skb, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0);
	else if (skb->protocol == htons(ETH_P_IPV6))
		icmpv6_ndo_send(skb, ICMPV6_DEST_UNREACH, ICMPV6_ADDR_UNREACH, 0);

	dvti_drop_skb(link, skb, DVTI_DROP(TX_NO_ROUTE));
}

static void dvti_out_no_sa(struct dvti_link *link, struct sk_buff **skbs, unsigned int n)
{
	for (; n--; skbs++)
		if (link->role == DVTI_ROLE_VIRTUAL_TEMPLATE || !dvti_trigger_hold(link, *skbs))
			dvti_drop_skb(link, *skbs, DVTI_DROP(TX_NO_SA));
}

/* Whoever makes packets for this device shall leave so much room in front that they need not be moved. */
static void dvti_out_want_room(struct net_device *dev, unsigned int room)
{
	if (unlikely(room > READ_ONCE(dev->needed_headroom)))
		WRITE_ONCE(dev->needed_headroom, min_t(unsigned int, room, LL_MAX_HEADER + DVTI_ESP_HEADROOM));
}

/**
 * dvti_esp_out() - work on packets that were gathered for one link
 * @link: all packets have its device
 * @skbs: inner packets, consumed
 * @n: how many
 * @depth: links of ours that they have been through on this CPU
 *
 * Context: softirq, RCU read side. Return: packets worked on, counting the segments of large ones.
 */
unsigned int dvti_esp_out(struct dvti_link *link, struct sk_buff **skbs, unsigned int n, u8 depth)
{
	struct dvti_out o __uninitialized;
	unsigned int i;
	int err;

	if (unlikely(!netif_running(link->dev))) {
		dvti_out_drop_all(link, skbs, n, DVTI_DROP(TX_DEV_DOWN));
		return n;
	}
	if (unlikely(depth >= DVTI_OUT_DEPTH_MAX)) {
		net_warn_ratelimited("%s: routing loop: packets for this link come back into it\n", link->dev->name);
		dvti_out_drop_all(link, skbs, n, DVTI_DROP(TX_LOOP));
		return n;
	}

	o.link = link;
	o.depth = depth;
	o.batch = NULL;
	o.carrier.skb = NULL;
	o.packets = 0;
	o.sa = rcu_dereference(link->out);
	if (unlikely(!o.sa)) {
		dvti_out_no_sa(link, skbs, n);
		return n;
	}
	if (unlikely(test_bit(DVTI_SA_DEAD, &o.sa->flags))) {
		dvti_out_drop_all(link, skbs, n, DVTI_DROP(TX_EXPIRED));
		return n;
	}

	err = dvti_encap_resolve(&o.encap, o.sa);
	if (unlikely(err == -ELOOP)) {
		net_warn_ratelimited("%s: routing loop: the route to the peer leads into the link itself\n",
				     link->dev->name);
		dvti_out_drop_all(link, skbs, n, DVTI_DROP(TX_LOOP));
		return n;
	}
	if (unlikely(err == -ENOBUFS || err == -ENOMEM)) {
		dvti_out_drop_all(link, skbs, n, DVTI_DROP(TX_NO_MEMORY));
		return n;
	}
	if (unlikely(err)) {
		for (i = 0; i < n; i++)
			dvti_out_unreachable(link, skbs[i]);
		return n;
	}

	o.info = o.sa->info;
	o.mtu = dvti_pmtu_of_path(&o.encap, o.sa);
	o.gre = dvti_gre_hlen(link);
	o.outer_room = o.encap.room + o.encap.hlen;
	o.super = dvti_encap_takes_super(&o.encap);
	o.ttl_inherit = READ_ONCE(link->set.ttl_inherit);
	o.xnet = !net_eq(link->underlay->net, dev_net(link->dev));
	dvti_out_want_room(link->dev, o.outer_room + dvti_out_skip(&o));

	for (i = 0; i < n; i++)
		dvti_out_skb(&o, skbs + i, n - i);
	dvti_out_flush(&o, true);
	dvti_encap_release(&o.encap);

	return max(n, o.packets);
}

/**
 * dvti_esp_xmit() - ndo_start_xmit of a link
 * @skb: inner packet
 * @dev: the link's device
 *
 * Only queues; the softirq that follows has the whole burst at once. See dvti_esp_out().
 *
 * Return: NETDEV_TX_OK.
 */
netdev_tx_t dvti_esp_xmit(struct sk_buff *skb, struct net_device *dev)
{
	if (unlikely(!dvti_batch_queue_out(skb)))
		dvti_drop_skb(netdev_priv(dev), skb, DVTI_DROP(TX_OVERFLOW));
	return NETDEV_TX_OK;
}

/**
 * dvti_esp_out_kick() - send packets that were held back for want of an SA
 * @link: its outbound SA exists now
 * @held: list of the caller's, empty afterwards
 *
 * Context: softirq or process.
 */
void dvti_esp_out_kick(struct dvti_link *link, struct sk_buff_head *held)
{
	struct sk_buff *skb;

	local_bh_disable();
	while ((skb = __skb_dequeue(held)))
		if (!dvti_batch_queue_out(skb))
			dvti_drop_skb(link, skb, DVTI_DROP(TX_OVERFLOW));
	local_bh_enable();
}
