/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * AES-GCM for ESP (RFC 4106) in vector code of our own, one unit for each instruction set. Between the units and
 * whoever calls them: gcm.c in the kernel, tests and benchmarks in userland.
 *
 * The units know nothing of the kernel, whose inline functions must not be compiled for vector registers. They
 * call nothing, keep no state and leave no key material behind: see the end of each batch.
 */
#ifndef DVTI_GCM_H
#define DVTI_GCM_H

#include <linux/types.h>

/*
 * How many powers of H a key holds. A step of the widest unit takes 32 blocks, its last one another for the
 * lengths and one for the AAD; 36 makes the table end on a cache line.
 */
#define DVTI_GCM_POWERS 36
/* Entries behind the last power: vectors that reach past the end of a packet find zeros there. */
#define DVTI_GCM_POWERS_PAD 8

/**
 * struct dvti_gcm_key - a key, expanded
 * @round_keys: of AES, in the order of encryption
 * @rounds: 10, 12 or 14
 * @salt: first 4 octets of the nonce, as they lie in memory
 * @aad_bits: length of the AAD in bits: 64, or 96 with extended sequence numbers; at most 128
 * @powers: H^36 … H^1, then zeros; in GHASH's reflected representation, times x
 * @powers_sum: upper xor lower half of each, for Karatsuba multiplication, in the lower half
 * @aad_bits_hi: product of @aad_bits, as it stands in the block of lengths, with the upper half of H
 * @aad_bits_mid: and with the sum of both halves
 *
 * Made by dvti_gcm_setkey(), the same for all units. Secret as a whole.
 */
struct dvti_gcm_key {
	u8 round_keys[15][16];
	u32 rounds;
	u32 salt;
	u64 aad_bits;
	u8 powers[DVTI_GCM_POWERS + DVTI_GCM_POWERS_PAD][16];
	u8 powers_sum[DVTI_GCM_POWERS + DVTI_GCM_POWERS_PAD][16];
	u8 aad_bits_hi[16];
	u8 aad_bits_mid[16];
} __aligned(64);

/**
 * struct dvti_gcm_packet - one packet, opened in place or sealed
 * @text: behind the IV. In front of it are the 16 octets of ESP header and IV, behind it the 16 octets of the ICV,
 *        all of it memory of the packet's: the units read there and write back what they found.
 * @len: octets of text
 * @src: sealing: where the first @src_len octets of text are to be taken from, NULL if they are in place; must not
 *       overlap the packet
 * @src_len: at most @len
 * @ok: opening: 1 if the ICV is right, else 0; the text has been decrypted in both cases
 * @header: ESP header as it lies in memory; sealing writes it
 * @iv: explicit IV as it lies in memory; sealing writes it
 * @aad_hi: first 8 octets of the AAD as a big-endian number
 * @aad_lo: what follows, or 0
 *
 * Header, IV and AAD come by value: reading what has been written a moment ago in other portions stalls the CPU.
 * Opening does not look at @header, and leaves header, IV and ICV of the packet as they are.
 */
struct dvti_gcm_packet {
	u8 *text;
	const u8 *src;
	u32 len;
	u32 src_len;
	u32 ok;
	u64 header;
	u64 iv;
	u64 aad_hi;
	u64 aad_lo;
};

/**
 * struct dvti_gcm_unit - vector code for one instruction set
 * @name: for people
 * @seal: encrypt, and write header, IV and ICV
 * @open: decrypt, and compare the ICV in constant time
 * @copy_sum: copy, and return a ones'-complement sum of it (RFC 1071) that folds to 16 bits; @len may be odd
 *
 * All of them: vector registers belong to the caller, and are all zero afterwards; nothing that depends on the key
 * stays behind on the stack. Packets of one call share a key and no memory.
 */
struct dvti_gcm_unit {
	const char *name;
	void (*seal)(const struct dvti_gcm_key *key, struct dvti_gcm_packet *p, unsigned int n);
	void (*open)(const struct dvti_gcm_key *key, struct dvti_gcm_packet *p, unsigned int n);
	u32 (*copy_sum)(u8 *dst, const u8 *src, u32 len);
};

/* AES-NI, PCLMULQDQ and SSE4.1, without AVX */
extern const struct dvti_gcm_unit dvti_gcm_aesni;
/* the same with AVX */
extern const struct dvti_gcm_unit dvti_gcm_avx;
/* VAES, VPCLMULQDQ, AVX2 */
extern const struct dvti_gcm_unit dvti_gcm_vaes256;
/* the same with AVX-512 (F, BW, DQ, VL) and BMI2 */
extern const struct dvti_gcm_unit dvti_gcm_vaes512;

/*
 * @k: all of it is written. @aes: AES key of @len 16, 24 or 32 octets. @salt: as it lies in memory. @aad_len: 8 or
 * 12; 16 is possible. Needs AES-NI and PCLMULQDQ; vector registers and stack as with the units.
 */
void dvti_gcm_setkey(struct dvti_gcm_key *k, const u8 *aes, unsigned int len, u32 salt, unsigned int aad_len);

#endif
