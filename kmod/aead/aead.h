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

/** struct dvti_aead_piece - octets in the kernel's address space that become part of a packet */
struct dvti_aead_piece {
	const u8 *data;
	u32 len;
};

/* A segment of a large packet lies in one page fragment or across two. */
#define DVTI_AEAD_PIECES 2

/**
 * struct dvti_aead_op - one packet to seal or open, in place
 * @data: packet in linear memory, from the ESP header to the end of the ICV; NULL: in @skb
 * @len: octets at @data
 * @spi: network byte order, part of the AAD
 * @seq: full 64-bit sequence number, host byte order; AAD (all of it with ESN, else the lower half) and, where
 *       the transform wants a counter, the IV
 * @skb: without @data: packet, its fragments writable; data at the ESP header
 * @err: result: 0, -EBADMSG (ICV wrong), -EINPROGRESS (@done follows) or another error
 * @sum_at: sealing: where in @data to put a checksum that covers the pieces, 0 for none; even
 * @at: sealing: where in @data the pieces go
 * @pieces: sealing with @data: how many of @piece are to be copied, one after the other, before sealing
 * @sum: ones'-complement sum of all that the checksum covers besides the pieces; a checksum of 0 becomes 0xffff,
 *       which UDP wants and TCP takes for the same
 * @piece: stays readable until the op has finished; with @sum_at all but the last are of even length
 * @done: called once when the result came later; BH disabled
 * @owner: for @done
 *
 * Sealing: ESP header, then room for the IV, the payload with trailer (padding, length, next header) already
 * built but for the pieces, then room for the ICV. The back end writes ESP header, IV and ICV. Opening: the same
 * layout, ESP header and IV in linear memory; header, IV and ICV are left where they are. What failed to open is
 * undefined.
 *
 * The pieces are copied by the back end and not by its caller because it has vector registers at hand, or reads them as
 * it seals, if there is one piece and no checksum. That must be complete before the first block is sealed.
 *
 * An op belongs to its caller and must stay where it is until it has finished. Ops of one call are independent
 * of one another.
 */
struct dvti_aead_op {
	u8 *data;
	struct sk_buff *skb;
	u32 len;
	__be32 spi;
	u64 seq;
	int err;
	u16 sum_at;
	u16 at;
	u8 pieces;
	__wsum sum;
	struct dvti_aead_piece piece[DVTI_AEAD_PIECES];
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
bool dvti_aead_encrypts(u32 kind);

/*
 * Context: BH disabled, RCU read side. Return: how many of the ops finish later, by their done call, which may
 * have happened already; the others have their err set.
 */
unsigned int dvti_aead_seal(struct dvti_cipher *aead, struct dvti_aead_op *ops, unsigned int n);
unsigned int dvti_aead_open(struct dvti_cipher *aead, struct dvti_aead_op *ops, unsigned int n);

int dvti_aead_init(void);
void dvti_aead_exit(void);	/* waits until all that was freed is gone; no transform may be left */

#endif
