/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The outer header: IPv4 or IPv6, plain ESP or ESP in UDP (RFC 3948).
 */
#ifndef DVTI_ENCAP_H
#define DVTI_ENCAP_H

#include <linux/in6.h>
#include <linux/netdevice.h>
#include <net/dst.h>

struct dvti_link;
struct dvti_sa;
struct neighbour;
struct sk_buff;

/**
 * struct dvti_outer - all that the outer headers of a batch have in common
 * @net: the underlay
 * @dst: route to the peer, a reference
 * @neigh: neighbour that packets may go to directly, or NULL; see dvti_encap_begin()
 * @hooked: somebody wants to see packets on their way to @neigh
 * @mtu: of the route
 * @room: that its device wants in front of packets
 * @family: AF_INET or AF_INET6
 * @udp: ESP in UDP
 * @id_always: IPv4: the path's MTU is not for us to learn, so all packets may be fragmented
 * @hlen: octets of the outer IP and UDP headers
 * @ttl: time to live or hop limit, of packets that do not inherit it
 * @sport: our UDP port
 * @dport: the peer's UDP port
 * @mark: of the outer packets
 * @id: IPv4: of the next packet that needs one
 * @requests: packets of the batch that were to go to @neigh
 * @packets: those that have
 * @octets: of those
 * @s4: our address
 * @s6: our address
 * @d4: the peer's address
 * @d6: the peer's address
 */
struct dvti_outer {
	struct net *net;
	struct dst_entry *dst;
	struct neighbour *neigh;
	bool hooked;
	unsigned int mtu;
	unsigned int room;
	u8 family;
	bool udp;
	bool id_always;
	u8 hlen;
	u8 ttl;
	__be16 sport, dport;
	u32 mark;
	u16 id;
	unsigned int requests;
	unsigned int packets;
	u64 octets;
	union { __be32 s4; struct in6_addr s6; };
	union { __be32 d4; struct in6_addr d6; };
};

/* Context of all: BH disabled, RCU read side. */
int dvti_encap_resolve(struct dvti_outer *e, struct dvti_sa *sa);
void dvti_encap_begin(struct dvti_outer *e, struct dvti_link *link, unsigned int ids);
void dvti_encap_end(struct dvti_outer *e);
int dvti_encap_xmit(struct dvti_outer *e, struct sk_buff *skb, u8 tos, u8 ttl, bool df);

/**
 * dvti_encap_release() - let go of the route
 * @e: resolved; the route may be NULL if another has taken its reference over
 */
static inline void dvti_encap_release(struct dvti_outer *e)
{
	if (e->dst)
		dst_release(e->dst);
}

/**
 * dvti_encap_needs_id() - does a packet need an IPv4 ID?
 * @e: resolved
 * @df: it must not be fragmented
 *
 * RFC 6864 section 4.1: one that cannot be fragmented needs none.
 *
 * Return: true if so.
 */
static inline bool dvti_encap_needs_id(const struct dvti_outer *e, bool df)
{
	return e->family == AF_INET && (!df || e->id_always);
}

/**
 * dvti_encap_takes_super() - may ESP packets leave as one UDP super-packet?
 * @e: resolved
 *
 * Return: true if the route's device cuts them. Where the stack would have to, single packets are cheaper.
 */
static inline bool dvti_encap_takes_super(const struct dvti_outer *e)
{
	return e->udp && e->dst->dev->features & NETIF_F_GSO_UDP_L4;
}

#endif
