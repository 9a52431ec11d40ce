/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cryptography of IKEv2 on OpenSSL: PRFs and key derivation, Diffie-Hellman, encrypted payloads, PSK.
 *
 * Algorithms are named by their transform IDs. Whatever holds a key is wiped when it is freed. Objects are not
 * thread safe, but independent of each other: a Diffie-Hellman computation may run on any thread.
 */
#ifndef DVTI_IKE_CRYPTO_H
#define DVTI_IKE_CRYPTO_H

#include "addr.h"
#include "buf.h"
#include "payload.h"
#include "suite.h"

#define IKE_PRF_MAX 64          /* octets of the longest PRF output */
#define IKE_KEY_MAX 64          /* octets of the longest key of an IKE SA, salt included */
#define IKE_DH_PUBLIC_MAX 512
#define IKE_DH_SHARED_MAX 512
#define IKE_RANDOM_IV 16        /* random octets that ike_sk_seal() asks for */

/* PRFs */

size_t ike_prf_size(uint16_t prf); /* octets of output and of a key (HMAC); 0 for an unknown one */

/**
 * ike_prf() - one application of a PRF
 * @in, @n: parts of the data, concatenated
 * @out: ike_prf_size() octets; may be where @key is
 *
 * Return: false for an unknown PRF or when OpenSSL fails.
 */
bool ike_prf(uint16_t prf, const void *key, size_t key_len, const struct ike_bytes *in, size_t n, uint8_t *out);
/* prf+ of RFC 7296 section 2.13: at most 255 times the output. */
bool ike_prf_plus(uint16_t prf, const void *key, size_t key_len, const struct ike_bytes *seed, size_t n,
		  uint8_t *out, size_t out_len);

/* Diffie-Hellman */

struct ike_dh;

bool ike_dh_supported(uint16_t group);
size_t ike_dh_public_size(uint16_t group); /* octets in a KE payload; 0 for an unknown group */
struct ike_dh *ike_dh_new(uint16_t group); /* generates a key pair; NULL for an unknown group or out of memory */
void ike_dh_free(struct ike_dh *dh);
uint16_t ike_dh_group(const struct ike_dh *dh);
struct ike_bytes ike_dh_public(const struct ike_dh *dh);

/**
 * ike_dh_shared() - the shared secret with a peer's public value
 * @out: IKE_DH_SHARED_MAX octets
 * @why: may be NULL; a static text when the value is refused
 *
 * Checks the value as RFC 6989 section 2 asks: range for MODP groups (whose private keys are used once), a
 * point on the curve for ECP, and for Curve25519 a secret that is not zero (RFC 8031 section 5).
 *
 * Return: octets of the secret, 0 when the value is refused.
 */
size_t ike_dh_shared(const struct ike_dh *dh, const uint8_t *peer, size_t peer_len, uint8_t *out,
		     const char **why);

/* Keys */

/**
 * struct ike_keys - keys of one IKE SA (RFC 7296 section 2.14)
 * @encr, @key_bits, @integ, @prf: transform IDs; integ is 0 with an AEAD cipher
 * @e_len: of @ei and @er; with AES-GCM the last four octets are the salt (RFC 5282 section 7.1)
 * @a_len: of @ai and @ar; 0 with an AEAD cipher
 * @prf_len: of @d, @pi and @pr
 */
struct ike_keys {
	uint16_t encr, key_bits, integ, prf;
	size_t e_len, a_len, prf_len;
	uint8_t d[IKE_KEY_MAX];
	uint8_t ai[IKE_KEY_MAX], ar[IKE_KEY_MAX];
	uint8_t ei[IKE_KEY_MAX], er[IKE_KEY_MAX];
	uint8_t pi[IKE_KEY_MAX], pr[IKE_KEY_MAX];
};

/**
 * ike_keys_derive() - keys of a new IKE SA
 * @suite: chosen proposal: one transform per type
 * @shared: g^ir
 * @old: the IKE SA that is rekeyed, or NULL for the first one
 *
 * Return: false when the suite is not one that ike_suite_supported() knows.
 */
bool ike_keys_derive(struct ike_keys *keys, const struct ike_proposal *suite, struct ike_bytes shared,
		     struct ike_bytes ni, struct ike_bytes nr, uint64_t spi_i, uint64_t spi_r,
		     const struct ike_keys *old);
void ike_keys_wipe(struct ike_keys *keys);
bool ike_suite_supported(const struct ike_proposal *suite);

/**
 * ike_child_keys() - keys of a Child SA (RFC 7296 section 2.17)
 * @shared: of a key exchange of its own (PFS), or empty
 * @i2r: key for what the initiator of this exchange sends: @suite->key_len octets
 * @r2i: key for the other direction
 */
bool ike_child_keys(const struct ike_keys *keys, const struct ike_esp_suite *suite, struct ike_bytes shared,
		    struct ike_bytes ni, struct ike_bytes nr, uint8_t *i2r, uint8_t *r2i);

/* Encrypted payloads */

struct ike_cipher;

/**
 * ike_cipher_new() - one direction of an IKE SA
 * @initiator: the keys of the original initiator: SK_ei and SK_ai
 */
struct ike_cipher *ike_cipher_new(const struct ike_keys *keys, bool initiator);
void ike_cipher_free(struct ike_cipher *cipher);
/* Octets of SK or SKF body (IV, padding, checksum included) that @plain octets become. */
size_t ike_cipher_sealed_size(const struct ike_cipher *cipher, size_t plain);
/* Most plaintext that goes into a body of @sealed octets; 0 when nothing does. For fragments. */
size_t ike_cipher_plain_room(const struct ike_cipher *cipher, size_t sealed);

/**
 * ike_sk_seal() - write a message whose payloads are encrypted
 * @out: message is appended; must be empty
 * @h: length and next_payload are computed
 * @first: type of the first payload inside (0 for none)
 * @plain: payloads
 * @frag: NULL for SK, or the fragment header for SKF
 * @iv: IKE_RANDOM_IV unpredictable octets, for CBC; AES-GCM uses a counter of the cipher's own instead, so that
 *      no IV can repeat
 *
 * Return: false when out of memory, too long, or OpenSSL fails.
 */
bool ike_sk_seal(struct ike_cipher *cipher, struct ike_writer *out, const struct ike_header *h, uint8_t first,
		 struct ike_bytes plain, const struct ike_skf *frag, const uint8_t *iv);

/**
 * ike_sk_open() - check and decrypt the SK or SKF payload of a message
 * @msg, @msg_len: the whole message, header included
 * @sk: its last payload, which points into @msg
 * @plain: payloads are appended, padding removed
 *
 * Return: false, and @why set, when it is too short or the checksum is wrong; then @plain is unchanged.
 */
bool ike_sk_open(struct ike_cipher *cipher, const uint8_t *msg, size_t msg_len, const struct ike_payload *sk,
		 struct ike_writer *plain, const char **why);

/* Authentication */

/**
 * ike_auth_octets() - what AUTH signs (RFC 7296 section 2.15)
 * @message: first message of the side that authenticates (its IKE_SA_INIT), whole
 * @nonce: of the other side
 * @sk_p: SK_pi or SK_pr of the side that authenticates; prf_len octets
 * @id_body: body of its ID payload
 */
bool ike_auth_octets(struct ike_writer *out, uint16_t prf, struct ike_bytes message, struct ike_bytes nonce,
		     const uint8_t *sk_p, struct ike_bytes id_body);
/* AUTH of the Shared Key Message Integrity Code method; @out holds ike_prf_size() octets. */
bool ike_auth_psk(uint16_t prf, struct ike_bytes psk, struct ike_bytes octets, uint8_t *out);

/* Hashes and the rest */

#define IKE_SHA1_LEN 20
#define IKE_SHA256_LEN 32
bool ike_sha1(const struct ike_bytes *in, size_t n, uint8_t out[IKE_SHA1_LEN]);
bool ike_sha256(const struct ike_bytes *in, size_t n, uint8_t out[IKE_SHA256_LEN]);
/* Data of NAT_DETECTION_SOURCE_IP and _DESTINATION_IP (RFC 7296 section 2.23); the port is that of @addr. */
bool ike_nat_hash(uint64_t spi_i, uint64_t spi_r, const struct ike_addr *addr, uint8_t out[IKE_SHA1_LEN]);
bool ike_equal_secret(const void *a, const void *b, size_t len); /* in constant time */
void ike_wipe(void *data, size_t len);

#endif
