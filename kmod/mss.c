// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP's maximum segment size (RFC 9293 section 3.7.1). A host announces in its SYN what it can take, knowing its own
 * network alone. Where ICMP errors do not reach the sender, lowering the announcement on the way is what keeps
 * connections through a tunnel from hanging.
 *
 * Only options that are there and are larger change. Without one the peer assumes 536 or 1220, which always fits.
 */
#include <linux/tcp.h>
#include <net/checksum.h>
#include <net/ipv6.h>
#include <net/tcp.h>

#include "mss.h"

/* Offset of the TCP header of an IPv4 packet, or -1 */
static int dvti_mss_tcp4(const struct sk_buff *skb)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;

	if (iph->protocol != IPPROTO_TCP || iph->frag_off & htons(IP_OFFSET) || iph->ihl < 5)
		return -1;
	return iph->ihl * 4;
}

static int dvti_mss_tcp6(const struct sk_buff *skb)
{
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)skb->data;
	u8 nexthdr = ip6h->nexthdr;
	__be16 frag_off = 0;
	int offset;

	if (likely(nexthdr == IPPROTO_TCP))
		return sizeof(*ip6h);
	if (!ipv6_ext_hdr(nexthdr))
		return -1;
	offset = ipv6_skip_exthdr(skb, sizeof(*ip6h), &nexthdr, &frag_off);
	if (offset < 0 || nexthdr != IPPROTO_TCP || frag_off & htons(IP6_OFFSET))
		return -1;
	return offset;
}

/* Offset of the MSS within the options, or -1 */
static int dvti_mss_find(const u8 *opt, unsigned int len)
{
	unsigned int i = 0, size;

	while (i < len && opt[i] != TCPOPT_EOL) {
		if (opt[i] == TCPOPT_NOP) {
			i++;
			continue;
		}
		if (i + 2 > len)
			break;
		size = opt[i + 1];
		if (size < 2 || i + size > len)
			break;
		if (opt[i] == TCPOPT_MSS && size == TCPOLEN_MSS)
			return i + 2;
		i += size;
	}
	return -1;
}

/**
 * dvti_mss_lower() - lower the MSS of a SYN
 * @skb: inner packet from its IP header on, not GSO
 * @mtu: the segments it asks for must fit into packets of this size
 *
 * Anything that is not the beginning of a well-formed SYN is left alone. Without memory to change it, so is a SYN:
 * the connection then relies on path MTU discovery, as without this.
 *
 * Context: softirq.
 */
void dvti_mss_lower(struct sk_buff *skb, unsigned int mtu)
{
	bool v4 = skb->protocol == htons(ETH_P_IP);
	unsigned int headers = (v4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr)) + sizeof(struct tcphdr);
	int offset = v4 ? dvti_mss_tcp4(skb) : dvti_mss_tcp6(skb);
	struct tcphdr *th, first;
	unsigned int options, at;
	u16 mss, from, to;
	int found;
	u8 *p;

	if (offset < 0)
		return;
	th = skb_header_pointer(skb, offset, sizeof(first), &first);
	if (!th || !th->syn || th->doff * 4 <= sizeof(*th))
		return;
	options = th->doff * 4 - sizeof(*th);
	at = offset + sizeof(*th);
	if (skb_ensure_writable(skb, at + options))
		return;
	found = dvti_mss_find(skb->data + at, options);
	if (found < 0)
		return;

	mss = mtu > headers + DVTI_MSS_MIN ? mtu - headers : DVTI_MSS_MIN;
	p = skb->data + at + found;
	if (get_unaligned_be16(p) <= mss)
		return;
	from = get_unaligned_be16(p);
	to = mss;
	put_unaligned_be16(mss, p);

	th = (struct tcphdr *)(skb->data + offset);
	/* The checksum counts in words of two octets; an option may begin at an odd one. */
	if (found & 1) {
		from = swab16(from);
		to = swab16(to);
	}
	inet_proto_csum_replace2(&th->check, skb, htons(from), htons(to), false);
}
