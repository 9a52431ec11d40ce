/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between esp_out.c and those who make outer packets for it: segment.c (inner super-packets) and carrier.c (memory
 * of outer packets).
 */
#ifndef DVTI_ESP_OUT_H
#define DVTI_ESP_OUT_H

#include "aead/aead.h"
#include "carrier.h"
#include "encap.h"
#include "gre.h"

struct dvti_batch;
struct dvti_link;
struct dvti_sa;
struct sk_buff;

/**
 * struct dvti_out - packets of one link on their way out
 * @link: the link
 * @sa: its outbound SA
 * @info: sizes of the transform
 * @encap: outer header and route
 * @mtu: largest inner packet on the path
 * @outer_room: what the ESP header needs in front
 * @gre: octets of GRE header in front of the inner packet
 * @batch: packets that are ready to be sealed, or NULL
 * @carrier: outer UDP super-packet that is being filled
 * @packets: that have become ready so far
 * @depth: links of ours that the packets have been through already
 * @xnet: the tunnel leads into another namespace
 * @super: the route's device takes UDP super-packets
 * @ttl_inherit: outer headers get the hop limit of the inner ones
 */
struct dvti_out {
	struct dvti_link *link;
	struct dvti_sa *sa;
	const struct dvti_aead_info *info;
	struct dvti_outer encap;
	unsigned int mtu;
	unsigned int outer_room;
	unsigned int gre;
	struct dvti_batch *batch;
	struct dvti_carrier carrier;
	unsigned int packets;
	u8 depth;
	bool xnet;
	bool super;
	bool ttl_inherit;
};

/* Octets from the ESP header on for an inner packet of @len. */
static inline unsigned int dvti_out_size(const struct dvti_out *o, unsigned int len)
{
	return sizeof(struct ip_esp_hdr) + o->info->iv_len + ALIGN(o->gre + len + 2, o->info->block) +
	       o->info->icv_len;
}

/* Octets in front of the inner packet, from the ESP header on */
static inline unsigned int dvti_out_skip(const struct dvti_out *o)
{
	return sizeof(struct ip_esp_hdr) + o->info->iv_len + o->gre;
}

/* What stands between the IV and the inner packet at @inner */
static inline void dvti_out_shim(const struct dvti_out *o, u8 *inner, __be16 protocol)
{
	if (unlikely(o->gre))
		dvti_gre_write(o->link, inner - o->gre, o->gre, protocol);
}

/* Context of all: softirq, RCU read side. */
struct dvti_aead_op *dvti_out_room(struct dvti_out *o, const struct sk_buff *skb, unsigned int len);
void dvti_out_trailer(const struct dvti_out *o, u8 *end, unsigned int len, __be16 protocol);
bool dvti_out_fills(const struct dvti_out *o);
void dvti_out_commit(struct dvti_out *o, struct sk_buff *source);
void dvti_out_keep(struct dvti_out *o, struct sk_buff *source);

#endif
