/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the ESP transform needs of a cipher: key it, seal a batch, open a batch. A back end may finish an
 * operation later (the crypto API does); own SIMD code finishes at once, inside one FPU section per batch.
 */
#ifndef DVTI_AEAD_H
#define DVTI_AEAD_H

#include <linux/scatterlist.h>
#include <linux/types.h>

struct dvti_cipher;
struct sk_buff;

/**
 * struct dvti_aead_op - one packet to seal or open
 * @spi: network byte order, part of the AAD
 * @seq: full 64-bit sequence number, host byte order; AAD (all of it with ESN, else the lower half) and, where
 *       the transform wants a counter, the IV
 * @skb: linear from the ESP header on, or its fragments writable; data at the ESP header
 * @err: result: 0, -EBADMSG (ICV wrong), -EINPROGRESS (@done follows) or another error
 * @done: called once when the result came later; BH disabled
 * @owner: for @done
 *
 * Sealing in place: ESP header at skb->data, then room for the IV, the payload with trailer (padding,
 * length, next header) already built, then room for the ICV, all within skb->len. The back end writes ESP
 * header, IV and ICV. Opening in place: the same layout, ESP header and IV in linear memory; header, IV and
 * ICV are left where they are.
 *
 * An op belongs to its caller and must stay where it is until it has finished.
 */
struct dvti_aead_op {
	struct sk_buff *skb;
	__be32 spi;
	int err;
	u64 seq;
	void (*done)(struct dvti_aead_op *op);
	void *owner;
};

/** struct dvti_aead_info - sizes in octets */
struct dvti_aead_info {
	u8 iv_len;		/* explicit IV on the wire */
	u8 block;		/* payload with trailer is padded to this, at least 4 */
	u8 icv_len;
};

/*
 * @kind: enum dvti_aead of the UAPI. @esn: how sequence numbers are authenticated; some transforms must know
 * it when they are made. May sleep. Returns ERR_PTR; -ENOENT for an unknown one, -EINVAL for the key.
 */
struct dvti_cipher *dvti_aead_new(u32 kind, const u8 *key, unsigned int len, bool esn);
void dvti_aead_free(struct dvti_cipher *aead);	/* any context; NULL and ERR_PTR are ignored */
const struct dvti_aead_info *dvti_aead_info(const struct dvti_cipher *aead);
u32 dvti_aead_kind(const struct dvti_cipher *aead);

/*
 * Context: BH disabled, RCU read side. Return: how many of the ops finish later, by their done call, which may
 * have happened already; the others have their err set.
 */
unsigned int dvti_aead_seal(struct dvti_cipher *aead, struct dvti_aead_op *ops, unsigned int n);
unsigned int dvti_aead_open(struct dvti_cipher *aead, struct dvti_aead_op *ops, unsigned int n);

int dvti_aead_init(void);
void dvti_aead_exit(void);	/* waits until all that was freed is gone; no transform may be left */

#endif
