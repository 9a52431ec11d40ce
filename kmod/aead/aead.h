/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the ESP transform needs of a cipher: key it, seal a batch, open a batch. A back end may finish an
 * operation later (the crypto API does); own SIMD code finishes at once, inside one FPU section per batch.
 */
#ifndef DVTI_AEAD_H
#define DVTI_AEAD_H

#include <linux/scatterlist.h>
#include <linux/types.h>

struct dvti_aead;
struct sk_buff;

/**
 * struct dvti_aead_op - one packet to seal or open
 * @spi: network byte order, part of the AAD
 * @seq: full 64-bit sequence number, host byte order; AAD (all of it with ESN) and, sealing AES-GCM, the IV
 * @esn: the AAD holds 64 bits of @seq
 * @skb: linear from the ESP header on, or its fragments writable; data at the ESP header
 * @err: result: 0, -EBADMSG (ICV wrong), -EINPROGRESS (@done follows) or another error
 * @done: called once when the result came later; softirq
 *
 * Sealing in place: ESP header at skb->data, then room for the IV, the payload with trailer (padding,
 * length, next header) already built, then room for the ICV, all within skb->len. Opening in place: the
 * same layout; IV and ICV are left where they are.
 */
struct dvti_aead_op {
	struct sk_buff *skb;
	__be32 spi;
	bool esn;
	u64 seq;
	int err;
	void (*done)(struct dvti_aead_op *op);
};

/** struct dvti_aead_info - sizes in octets */
struct dvti_aead_info {
	u8 iv_len;		/* explicit IV on the wire */
	u8 block;		/* payload with trailer is padded to this, at least 4 */
	u8 icv_len;
};

/* @kind: enum dvti_aead of the UAPI. May sleep. Returns ERR_PTR; -ENOENT for an unknown one, -EINVAL for the key. */
struct dvti_aead *dvti_aead_new(u32 kind, const u8 *key, unsigned int len);
void dvti_aead_free(struct dvti_aead *aead);	/* may be called from RCU callbacks */
const struct dvti_aead_info *dvti_aead_info(const struct dvti_aead *aead);
u32 dvti_aead_kind(const struct dvti_aead *aead);

/* Context: softirq. Each op ends with its err set; those left -EINPROGRESS get their done call. */
void dvti_aead_seal(struct dvti_aead *aead, struct dvti_aead_op **ops, unsigned int n);
void dvti_aead_open(struct dvti_aead *aead, struct dvti_aead_op **ops, unsigned int n);

#endif
