// SPDX-License-Identifier: GPL-2.0-only
/*
 * Inner super-packets (TCP and UDP GSO over IPv4 and IPv6), cut into segments while they are sealed: the headers of
 * each segment are made from those of the super-packet, straight into the outer packet, and the cipher's back end
 * fetches the payload from where it lies. Whatever is unusual is left to skb_gso_segment().
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip6_checksum.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "batch.h"
#include "esp_out.h"
#include "link.h"
#include "sa.h"
#include "segment.h"

#define DVTI_SEGMENT_TYPES (SKB_GSO_TCPV4 | SKB_GSO_TCPV6 | SKB_GSO_TCP_ECN | SKB_GSO_TCP_FIXEDID | SKB_GSO_UDP_L4)

/**
 * struct dvti_segmenter - where we are in a super-packet
 * @skb: super-packet, data at its IP header
 * @tcp: TCP, or else UDP
 * @hlen: octets of its IP and TCP or UDP headers
 * @iplen: octets of its IP header
 * @done: octets of payload that have gone into segments
 * @total: octets of payload
 * @at: next octet of payload
 * @left: octets that follow @at in the same piece of memory
 * @frag: next fragment
 * @ip_sum: IPv4: sum of the IP header but for what differs between segments, and the checksum itself
 * @l4_sum: the same of pseudo-header and TCP or UDP header
 */
struct dvti_segmenter {
	struct sk_buff *skb;
	bool tcp;
	unsigned int hlen;
	unsigned int iplen;
	unsigned int done;
	unsigned int total;
	const u8 *at;
	unsigned int left;
	unsigned int frag;
	__wsum ip_sum;
	__wsum l4_sum;
};

static bool dvti_segment_is_tcp(const struct sk_buff *skb)
{
	return skb_shinfo(skb)->gso_type & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6);
}

static unsigned int dvti_segment_iplen(const struct sk_buff *skb)
{
	return skb->protocol == htons(ETH_P_IP) ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
}

static bool dvti_segment_ip_plain(const struct sk_buff *skb)
{
	u8 proto = dvti_segment_is_tcp(skb) ? IPPROTO_TCP : IPPROTO_UDP;

	if (skb->protocol == htons(ETH_P_IP)) {
		const struct iphdr *iph = ip_hdr(skb);

		return iph->ihl == 5 && iph->protocol == proto && ntohs(iph->tot_len) == skb->len &&
		       !(iph->frag_off & htons(IP_MF | IP_OFFSET));
	}

	return ipv6_hdr(skb)->nexthdr == proto &&
	       ntohs(ipv6_hdr(skb)->payload_len) + sizeof(struct ipv6hdr) == skb->len;
}

static unsigned int dvti_segment_l4len(const struct sk_buff *skb)
{
	return dvti_segment_is_tcp(skb) ? tcp_hdrlen(skb) : sizeof(struct udphdr);
}

/**
 * dvti_segment_possible() - can we cut a super-packet ourselves?
 * @skb: GSO packet, data at its IP header, which is in linear memory and of a known version
 *
 * Return: false if it must go through skb_gso_segment().
 */
bool dvti_segment_possible(struct sk_buff *skb)
{
	unsigned int iplen = dvti_segment_iplen(skb);
	unsigned int l4min = dvti_segment_is_tcp(skb) ? sizeof(struct tcphdr) : sizeof(struct udphdr);

	if (skb_shinfo(skb)->gso_type & ~DVTI_SEGMENT_TYPES || skb->encapsulation || skb_has_frag_list(skb))
		return false;
	if (skb->ip_summed != CHECKSUM_PARTIAL || skb_checksum_start_offset(skb) != iplen ||
	    skb_transport_offset(skb) != iplen)
		return false;
	if (!dvti_segment_ip_plain(skb) || !pskb_may_pull(skb, iplen + l4min))
		return false;
	/* The cipher's back end reads by address. */
	if (IS_ENABLED(CONFIG_HIGHMEM) && skb_is_nonlinear(skb))
		return false;

	l4min = max(l4min, dvti_segment_l4len(skb));
	return skb_shinfo(skb)->gso_size && skb->len > iplen + l4min && pskb_may_pull(skb, iplen + l4min);
}

/*
 * Sums are made once, of what all segments have in common: to read back a header that was written in other portions a
 * moment ago stalls the CPU.
 */
static __wsum dvti_segment_ip_sum(const struct iphdr *iph)
{
	u32 differs = (__force u32)iph->id + (__force u32)iph->tot_len + (__force u32)iph->check;

	return csum_sub(csum_partial(iph, sizeof(*iph), 0), (__force __wsum)differs);
}

static __wsum dvti_segment_tcp_sum(struct tcphdr *th, __wsum pseudo)
{
	__wsum sum = csum_partial(th, __tcp_hdrlen(th), pseudo);

	sum = csum_sub(sum, (__force __wsum)th->seq);
	sum = csum_sub(sum, (__force __wsum)tcp_flag_word(th));
	return csum_sub(sum, (__force __wsum)(__force u32)th->check);
}

static __wsum dvti_segment_udp_sum(const struct udphdr *uh, __wsum pseudo)
{
	return csum_add(pseudo, (__force __wsum)((__force u32)uh->source + (__force u32)uh->dest));
}

static void dvti_segment_begin(struct dvti_segmenter *s, struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	__wsum pseudo;

	s->skb = skb;
	s->tcp = dvti_segment_is_tcp(skb);
	s->iplen = dvti_segment_iplen(skb);
	s->hlen = s->iplen + dvti_segment_l4len(skb);
	s->done = 0;
	s->total = skb->len - s->hlen;
	s->at = skb->data + s->hlen;
	s->left = skb_headlen(skb) - s->hlen;
	s->frag = 0;

	if (skb->protocol == htons(ETH_P_IP)) {
		s->ip_sum = dvti_segment_ip_sum(iph);
		pseudo = csum_tcpudp_nofold(iph->saddr, iph->daddr, 0, iph->protocol, 0);
	} else {
		pseudo = ~csum_unfold(csum_ipv6_magic(&ipv6_hdr(skb)->saddr, &ipv6_hdr(skb)->daddr, 0,
						      ipv6_hdr(skb)->nexthdr, 0));
	}
	s->l4_sum = s->tcp ? dvti_segment_tcp_sum(tcp_hdr(skb), pseudo) : dvti_segment_udp_sum(udp_hdr(skb), pseudo);
}

/*
 * The next @len octets of payload become the pieces of @op. Return: false if there are too many, or they are such
 * that no sum can be made of them one by one.
 */
static bool dvti_segment_pieces(struct dvti_segmenter *s, struct dvti_aead_op *op, unsigned int len)
{
	unsigned int take, n = 0;
	const skb_frag_t *frag;
	bool fits = true;

	while (len) {
		if (!s->left) {
			frag = &skb_shinfo(s->skb)->frags[s->frag++];
			s->at = skb_frag_address(frag);
			s->left = skb_frag_size(frag);
		}
		take = min(len, s->left);
		if (n && op->piece[n - 1].len & 1)
			fits = false;
		if (n == DVTI_AEAD_PIECES)
			fits = false;
		else
			op->piece[n++] = (struct dvti_aead_piece){ .data = s->at, .len = take };
		s->at += take;
		s->left -= take;
		len -= take;
	}

	op->pieces = n;
	return fits;
}

static void dvti_segment_ip(const struct dvti_segmenter *s, u8 *head, unsigned int len, unsigned int index)
{
	struct ipv6hdr *ip6h;
	struct iphdr *iph;
	__be16 id;

	if (s->skb->protocol != htons(ETH_P_IP)) {
		ip6h = (struct ipv6hdr *)head;
		ip6h->payload_len = htons(s->hlen - s->iplen + len);
		return;
	}

	id = ip_hdr(s->skb)->id;
	if (!(skb_shinfo(s->skb)->gso_type & SKB_GSO_TCP_FIXEDID))
		id = htons(ntohs(id) + index);
	iph = (struct iphdr *)head;
	iph->id = id;
	iph->tot_len = htons(s->hlen + len);
	iph->check = csum_fold(csum_add(s->ip_sum, (__force __wsum)((__force u32)id + (__force u32)iph->tot_len)));
}

/* Return: where in the inner packet the checksum is; @sum gets that of the header and the pseudo-header. */
static unsigned int dvti_segment_udp(const struct dvti_segmenter *s, u8 *head, unsigned int len, __wsum *sum)
{
	struct udphdr *uh = (struct udphdr *)(head + s->iplen);
	__be16 ulen = htons(sizeof(*uh) + len);

	uh->len = ulen;
	uh->check = 0;
	*sum = csum_add(s->l4_sum, (__force __wsum)(2 * (__force u32)ulen));
	return s->iplen + offsetof(struct udphdr, check);
}

/* As dvti_segment_udp() */
static unsigned int dvti_segment_tcp(const struct dvti_segmenter *s, u8 *head, unsigned int len, __wsum *sum)
{
	struct tcphdr *th = (struct tcphdr *)(head + s->iplen), *first = tcp_hdr(s->skb);
	__be32 seq = htonl(ntohl(first->seq) + s->done);
	__be32 flags = tcp_flag_word(first);

	/* RFC 3168 section 6.1.2: the sender answers once. */
	if (s->done)
		flags &= ~TCP_FLAG_CWR;
	if (s->done + len < s->total)
		flags &= ~(TCP_FLAG_FIN | TCP_FLAG_PSH);

	th->seq = seq;
	tcp_flag_word(th) = flags;
	th->check = 0;
	*sum = csum_add(s->l4_sum, (__force __wsum)seq);
	*sum = csum_add(*sum, (__force __wsum)flags);
	*sum = csum_add(*sum, (__force __wsum)(__force u32)htons(s->hlen - s->iplen + len));
	return s->iplen + offsetof(struct tcphdr, check);
}

/* Fill in a segment's inner packet: headers, pieces and checksum, trailer. */
static void dvti_segment_build(struct dvti_out *o, struct dvti_segmenter *s, struct dvti_aead_op *op, unsigned int len,
			       unsigned int index)
{
	unsigned int skip = dvti_out_skip(o);
	u8 *head = op->data + skip;
	unsigned int check;

	memcpy(head, s->skb->data, s->hlen);
	dvti_segment_ip(s, head, len, index);
	check = s->tcp ? dvti_segment_tcp(s, head, len, &op->sum) : dvti_segment_udp(s, head, len, &op->sum);

	op->at = skip + s->hlen;
	if (likely(dvti_segment_pieces(s, op, len))) {
		op->sum_at = skip + check;
	} else {
		op->pieces = 0;
		skb_copy_bits(s->skb, s->hlen + s->done, head + s->hlen, len);
		*(__sum16 *)(head + check) = csum_fold(csum_partial(head + s->hlen, len, op->sum)) ?: CSUM_MANGLED_0;
	}

	dvti_out_shim(o, head, s->skb->protocol);
	dvti_out_trailer(o, head + s->hlen + len, s->hlen + len, s->skb->protocol);
	s->done += len;
}

/*
 * A sender that is held back until its packets have left waits for the last segment from now on. Of TCP sockets,
 * only packets that they send are clones of this kind.
 */
static void dvti_segment_own(struct dvti_out *o, struct sk_buff *to, struct sk_buff *from)
{
	bool tcp = from->fclone == SKB_FCLONE_CLONE && from->destructor && from->sk && sk_is_tcp(from->sk);
	int delta;

	if ((!tcp && from->destructor != sock_wfree) || to->sk)
		return;

	swap(to->sk, from->sk);
	swap(to->destructor, from->destructor);
	delta = to->truesize - from->truesize;
	if (delta >= 0)
		refcount_add(delta, &to->sk->sk_wmem_alloc);
	else
		WARN_ON_ONCE(refcount_sub_and_test(-delta, &to->sk->sk_wmem_alloc));
	/* What the socket has been charged may not grow. */
	o->carrier.full = true;
}

/**
 * dvti_segment() - cut a super-packet, each segment of which becomes a packet of the batch
 * @o: where they go
 * @skb: GSO packet that is dvti_segment_possible() and whose segments fit into the path; consumed
 *
 * Context: softirq, RCU read side.
 */
void dvti_segment(struct dvti_out *o, struct sk_buff *skb)
{
	unsigned int size = skb_shinfo(skb)->gso_size;
	struct dvti_aead_op *op;
	struct dvti_segmenter s;
	unsigned int i, len;

	dvti_segment_begin(&s, skb);
	for (i = 0; s.done < s.total; i++) {
		len = min(size, s.total - s.done);
		op = dvti_out_room(o, skb, s.hlen + len);
		if (unlikely(!op)) {
			dvti_drop_count(o->link, DVTI_DROP(TX_NO_MEMORY), DIV_ROUND_UP(s.total - s.done, size));
			break;
		}

		dvti_segment_build(o, &s, op, len, i);
		if (s.done == s.total)
			dvti_segment_own(o, op->skb, skb);
		/* The batch may be sealed at once, and goes on reading from the super-packet until it has been. */
		dvti_out_commit(o, unlikely(dvti_out_fills(o)) ? skb_get(skb) : NULL);
	}
	dvti_out_keep(o, skb);
}
