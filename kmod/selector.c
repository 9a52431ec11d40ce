// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traffic selectors. Looks at an inner packet once, then compares with each selector. Knows no skb, so the unit
 * tests build it alone.
 */
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/string.h>

#include "selector.h"

/* Longer chains of IPv6 extension headers are not looked through; the packet counts as one without ports. */
#define DVTI_SELECTOR_EXTHDRS_MAX 8

/* RFC 7296 section 3.13.1 */
#define DVTI_PORT_ANY_START 0
#define DVTI_PORT_ANY_END 65535
#define DVTI_PORT_OPAQUE_START 65535
#define DVTI_PORT_OPAQUE_END 0

#define DVTI_IPPROTO_MH 135	/* RFC 6275, mobility header */

/**
 * struct dvti_flow - what selectors ask of a packet
 * @family: AF_INET or AF_INET6
 * @protocol: upper layer
 * @ports: @sport and @dport are known
 * @saddr: 4 or 16 octets in the packet
 * @daddr: the same
 * @sport: source port in host byte order; ICMP: type in the upper octet, code in the lower
 * @dport: destination port; ICMP: as @sport
 */
struct dvti_flow {
	u8 family;
	u8 protocol;
	bool ports;
	const u8 *saddr, *daddr;
	u16 sport, dport;
};

static u16 dvti_be16(const u8 *p)
{
	return p[0] << 8 | p[1];
}

static void dvti_flow_ports(struct dvti_flow *flow, const u8 *p, unsigned int len)
{
	switch (flow->protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		if (len < 4)
			return;
		flow->sport = dvti_be16(p);
		flow->dport = dvti_be16(p + 2);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		if (len < 2)
			return;
		flow->sport = dvti_be16(p);
		flow->dport = flow->sport;
		break;
	case DVTI_IPPROTO_MH:
		if (len < 3)
			return;
		flow->sport = p[2] << 8;
		flow->dport = flow->sport;
		break;
	default:
		return;
	}

	flow->ports = true;
}

static bool dvti_flow_ipv4(struct dvti_flow *flow, const u8 *p, unsigned int len)
{
	const struct iphdr *ip = (const void *)p;
	unsigned int ihl;

	if (len < sizeof(*ip))
		return false;
	ihl = ip->ihl * 4;
	if (ihl < sizeof(*ip) || ihl > len)
		return false;

	flow->family = AF_INET;
	flow->protocol = ip->protocol;
	flow->saddr = (const u8 *)&ip->saddr;
	flow->daddr = (const u8 *)&ip->daddr;
	if (!(dvti_be16(p + offsetof(struct iphdr, frag_off)) & 0x1fff))
		dvti_flow_ports(flow, p + ihl, len - ihl);
	return true;
}

static bool dvti_flow_ipv6(struct dvti_flow *flow, const u8 *p, unsigned int len)
{
	const struct ipv6hdr *ip = (const void *)p;
	unsigned int off = sizeof(*ip), size, i;

	if (len < sizeof(*ip))
		return false;

	flow->family = AF_INET6;
	flow->protocol = ip->nexthdr;
	flow->saddr = (const u8 *)&ip->saddr;
	flow->daddr = (const u8 *)&ip->daddr;

	for (i = 0; i < DVTI_SELECTOR_EXTHDRS_MAX; i++) {
		switch (flow->protocol) {
		case IPPROTO_HOPOPTS:
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
			if (len - off < 8)
				return true;
			size = (p[off + 1] + 1) * 8;
			break;
		case IPPROTO_AH:
			if (len - off < 8)
				return true;
			size = (p[off + 1] + 2) * 4;
			break;
		case IPPROTO_FRAGMENT:
			if (len - off < 8)
				return true;
			size = 8;
			if (dvti_be16(p + off + 2) & 0xfff8) {
				flow->protocol = p[off];
				return true;
			}
			break;
		default:
			dvti_flow_ports(flow, p + off, len - off);
			return true;
		}

		flow->protocol = p[off];
		if (size > len - off)
			return true;
		off += size;
	}

	return true;
}

static bool dvti_port_match(const struct dvti_flow *flow, u16 port, u16 start, u16 end)
{
	if (start == DVTI_PORT_ANY_START && end == DVTI_PORT_ANY_END)
		return true;
	if (!flow->ports)
		return start == DVTI_PORT_OPAQUE_START && end == DVTI_PORT_OPAQUE_END;

	return port >= start && port <= end;
}

static bool dvti_selector_match(const struct dvti_selector *s, const struct dvti_flow *flow, bool out)
{
	unsigned int size = flow->family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr);
	const u8 *local = out ? flow->saddr : flow->daddr;
	const u8 *remote = out ? flow->daddr : flow->saddr;

	if (s->family != flow->family)
		return false;
	if (s->protocol && s->protocol != flow->protocol)
		return false;
	if (memcmp(local, &s->lstart, size) < 0 || memcmp(local, &s->lend, size) > 0)
		return false;
	if (memcmp(remote, &s->rstart, size) < 0 || memcmp(remote, &s->rend, size) > 0)
		return false;

	return dvti_port_match(flow, out ? flow->sport : flow->dport, s->lport_start, s->lport_end) &&
	       dvti_port_match(flow, out ? flow->dport : flow->sport, s->rport_start, s->rport_end);
}

/**
 * dvti_selectors_match() - may an SA carry a packet?
 * @s: selectors of the SA, NULL for an SA that carries anything
 * @ip: inner packet from its IP header on, version checked
 * @len: how much of it lies in linear memory
 * @out: the packet leaves, so its source is the local side
 *
 * A fragment other than the first, and a packet whose upper layer has no ports or is cut off, matches only
 * selectors with any port or OPAQUE (RFC 4301 section 4.4.1.1). Type and code of ICMP stand for both ports.
 *
 * Context: any. Return: true if one selector fits.
 */
bool dvti_selectors_match(const struct dvti_selectors *s, const void *ip, unsigned int len, bool out)
{
	struct dvti_flow flow = {};
	unsigned int i;

	if (!s)
		return true;
	if (!len)
		return false;

	switch (*(const u8 *)ip >> 4) {
	case 4:
		if (!dvti_flow_ipv4(&flow, ip, len))
			return false;
		break;
	case 6:
		if (!dvti_flow_ipv6(&flow, ip, len))
			return false;
		break;
	default:
		return false;
	}

	for (i = 0; i < s->n; i++)
		if (dvti_selector_match(&s->s[i], &flow, out))
			return true;

	return false;
}
