// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the other gateway cut into TCP segments becomes one large packet again. This does what GRO would do, but knows
 * that the segments have just come out of one batch, in order and authenticated, so it need not look for their flow
 * nor hold anything back beyond the batch. Only what TSO would cut into the very same segments is joined.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <net/ip6_checksum.h>
#include <net/tcp.h>

#include "join.h"

/* Each means something for one segment alone. */
#define DVTI_JOIN_FLAGS (TCP_FLAG_CWR | TCP_FLAG_URG | TCP_FLAG_RST | TCP_FLAG_SYN | TCP_FLAG_FIN)

/* A part of a page that somebody else owns too, as it is charged to the receiving socket. */
#define DVTI_JOIN_TRUESIZE(len) SKB_DATA_ALIGN((len) + 256)

/**
 * struct dvti_join_segment - a TCP segment that may be part of a run
 * @ip: its IP header
 * @th: its TCP header
 * @v4: IPv4
 * @hlen: octets of both headers
 * @len: octets of payload
 */
struct dvti_join_segment {
	const u8 *ip;
	const struct tcphdr *th;
	bool v4;
	unsigned int hlen;
	unsigned int len;
};

/* @linear: octets that can be read at @ip. @total: octets of the packet. Return: false if it must stay alone. */
static bool dvti_join_parse(struct dvti_join_segment *s, const u8 *ip, unsigned int linear, unsigned int total,
			    __be16 protocol)
{
	const struct iphdr *iph = (const struct iphdr *)ip;
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)ip;
	unsigned int iplen;

	s->ip = ip;
	s->v4 = protocol == htons(ETH_P_IP);
	iplen = s->v4 ? sizeof(*iph) : sizeof(*ip6h);
	if (linear < iplen + sizeof(*s->th))
		return false;

	if (s->v4) {
		if (iph->version != 4 || iph->ihl != 5 || iph->protocol != IPPROTO_TCP ||
		    iph->frag_off & htons(IP_MF | IP_OFFSET) ||
		    ntohs(iph->tot_len) != total || ip_fast_csum(iph, 5))
			return false;
	} else if (ip6h->nexthdr != IPPROTO_TCP || ntohs(ip6h->payload_len) + sizeof(*ip6h) != total) {
		return false;
	}

	s->th = (const struct tcphdr *)(ip + iplen);
	if (s->th->doff < 5 || (tcp_flag_word(s->th) & (DVTI_JOIN_FLAGS | TCP_FLAG_ACK)) != TCP_FLAG_ACK)
		return false;

	s->hlen = iplen + s->th->doff * 4;
	if (linear < s->hlen || total <= s->hlen)
		return false;
	s->len = total - s->hlen;
	return true;
}

static bool dvti_join_same_ip(struct dvti_join *j, const struct dvti_join_segment *s)
{
	const struct iphdr *a = (const struct iphdr *)j->head->data, *b = (const struct iphdr *)s->ip;
	const struct ipv6hdr *a6, *b6;
	u16 step;

	if (!s->v4) {
		a6 = (const struct ipv6hdr *)j->head->data;
		b6 = (const struct ipv6hdr *)s->ip;
		return j->head->protocol == htons(ETH_P_IPV6) && *(const __be32 *)a6 == *(const __be32 *)b6 &&
		       a6->hop_limit == b6->hop_limit && ipv6_addr_equal(&a6->saddr, &b6->saddr) &&
		       ipv6_addr_equal(&a6->daddr, &b6->daddr);
	}

	if (j->head->protocol != htons(ETH_P_IP) || a->saddr != b->saddr || a->daddr != b->daddr || a->tos != b->tos ||
	    a->ttl != b->ttl || a->frag_off != b->frag_off)
		return false;

	/* TSO may repeat an identification only where there are no fragments to be told apart. */
	step = ntohs(b->id) - ntohs(a->id);
	if (j->n == 1)
		j->id_step = step || !(a->frag_off & htons(IP_DF));
	return step == (u16)(j->n * j->id_step);
}

static bool dvti_join_same_tcp(const struct dvti_join *j, const struct dvti_join_segment *s)
{
	const struct tcphdr *a, *b = s->th;
	unsigned int iplen = s->v4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);

	a = (const struct tcphdr *)(j->head->data + iplen);
	return a->source == b->source && a->dest == b->dest && a->ack_seq == b->ack_seq &&
	       !((tcp_flag_word(a) ^ tcp_flag_word(b)) & ~TCP_FLAG_PSH) &&
	       !memcmp(a + 1, b + 1, s->hlen - iplen - sizeof(*a));
}

static bool dvti_join_continues(struct dvti_join *j, const struct dvti_join_segment *s)
{
	return j->head && !j->closed && ntohl(s->th->seq) == j->next_seq && s->len <= j->size && s->hlen == j->hlen &&
	       j->head->len + s->len <= IP_MAX_MTU && dvti_join_same_ip(j, s) && dvti_join_same_tcp(j, s);
}

static void dvti_join_grown(struct dvti_join *j, const struct dvti_join_segment *s)
{
	struct tcphdr *th = (struct tcphdr *)(j->head->data + (s->v4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr)));

	j->n++;
	j->next_seq += s->len;
	th->psh |= s->th->psh;
	j->closed = s->len < j->size || s->th->psh;
}

/**
 * dvti_join_part() - continue a run with an inner packet that lies in somebody else's page
 * @j: run
 * @page: that @ip is in; gets a reference when the packet is taken
 * @ip: inner packet, length checked
 * @len: octets
 * @protocol: its IP version, as an ether type
 *
 * Return: false if it does not continue the run; nothing has happened then.
 */
bool dvti_join_part(struct dvti_join *j, struct page *page, const u8 *ip, unsigned int len, __be16 protocol)
{
	struct sk_buff *head = j->head;
	struct dvti_join_segment s;

	/* A page pool counts the references of skbs that are its own. */
	if (!head || head->pp_recycle || skb_shinfo(head)->nr_frags >= MAX_SKB_FRAGS)
		return false;
	if (!dvti_join_parse(&s, ip, len, len, protocol) || !dvti_join_continues(j, &s))
		return false;

	get_page(page);
	skb_add_rx_frag(head, skb_shinfo(head)->nr_frags, page, ip + s.hlen - (u8 *)page_address(page), s.len,
			DVTI_JOIN_TRUESIZE(s.len));
	dvti_join_grown(j, &s);
	return true;
}

static bool dvti_join_coalesce(struct dvti_join *j, const struct dvti_join_segment *s, struct sk_buff *skb)
{
	struct sk_buff *head = j->head;
	bool stolen;
	int delta;

	__skb_pull(skb, s->hlen);
	if (!skb_try_coalesce(head, skb, &stolen, &delta)) {
		__skb_push(skb, s->hlen);
		return false;
	}

	dvti_join_grown(j, s);
	kfree_skb_partial(skb, stolen);
	return true;
}

/**
 * dvti_join_skb() - add an inner packet to what a batch delivers
 * @j: run
 * @skb: inner packet, network header set; consumed
 * @out: list of what is to be delivered
 *
 * TCP segments stay with the run until it is ended, by dvti_join_end() or by a packet that does not continue it.
 */
void dvti_join_skb(struct dvti_join *j, struct sk_buff *skb, struct list_head *out)
{
	struct dvti_join_segment s;

	if (!dvti_join_parse(&s, skb->data, skb_headlen(skb), skb->len, skb->protocol)) {
		/* It may be of the same flow, and must not overtake. */
		dvti_join_end(j, out);
		list_add_tail(&skb->list, out);
		return;
	}
	if (dvti_join_continues(j, &s) && dvti_join_coalesce(j, &s, skb))
		return;

	dvti_join_end(j, out);
	j->head = skb;
	j->next_seq = ntohl(s.th->seq) + s.len;
	j->hlen = s.hlen;
	j->size = s.len;
	j->n = 1;
	j->id_step = 0;
	j->closed = s.th->psh;
}

/* The headers of @head become those of a packet that TSO would cut into what came. */
static void dvti_join_finish(struct dvti_join *j)
{
	struct sk_buff *head = j->head;
	struct tcphdr *th;

	skb_shinfo(head)->gso_size = j->size;
	skb_shinfo(head)->gso_segs = j->n;
	if (head->protocol == htons(ETH_P_IP)) {
		struct iphdr *iph = (struct iphdr *)head->data;

		iph->tot_len = htons(head->len);
		ip_send_check(iph);
		th = (struct tcphdr *)(iph + 1);
		th->check = ~tcp_v4_check(head->len - sizeof(*iph), iph->saddr, iph->daddr, 0);
		skb_shinfo(head)->gso_type = SKB_GSO_TCPV4 | (j->id_step ? 0 : SKB_GSO_TCP_FIXEDID);
	} else {
		struct ipv6hdr *ip6h = (struct ipv6hdr *)head->data;

		ip6h->payload_len = htons(head->len - sizeof(*ip6h));
		th = (struct tcphdr *)(ip6h + 1);
		th->check = ~tcp_v6_check(head->len - sizeof(*ip6h), &ip6h->saddr, &ip6h->daddr, 0);
		skb_shinfo(head)->gso_type = SKB_GSO_TCPV6;
	}

	skb_set_transport_header(head, (u8 *)th - head->data);
	head->ip_summed = CHECKSUM_PARTIAL;
	head->csum_start = (u8 *)th - head->head;
	head->csum_offset = offsetof(struct tcphdr, check);
}

/**
 * dvti_join_end() - nothing continues the run any more
 * @j: run, empty afterwards
 * @out: list of what is to be delivered
 */
void dvti_join_end(struct dvti_join *j, struct list_head *out)
{
	if (!j->head)
		return;
	if (j->n > 1)
		dvti_join_finish(j);
	list_add_tail(&j->head->list, out);
	j->head = NULL;
}
