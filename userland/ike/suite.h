/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Transforms, proposals, and choosing among them (RFC 7296 sections 2.7 and 3.3; IANA "IKEv2 Parameters").
 */
#ifndef DVTI_IKE_SUITE_H
#define DVTI_IKE_SUITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ike_protocol { IKE_PROTO_IKE = 1, IKE_PROTO_AH = 2, IKE_PROTO_ESP = 3 };

enum ike_transform_type {
	IKE_TRANSFORM_ENCR = 1,
	IKE_TRANSFORM_PRF = 2,
	IKE_TRANSFORM_INTEG = 3,
	IKE_TRANSFORM_KE = 4,
	IKE_TRANSFORM_ESN = 5,
};

/* Transform IDs that have a meaning here; others are carried as numbers. */
enum {
	IKE_ENCR_DES = 2,
	IKE_ENCR_3DES = 3,
	IKE_ENCR_NULL = 11,
	IKE_ENCR_AES_CBC = 12,
	IKE_ENCR_AES_CTR = 13,
	IKE_ENCR_AES_CCM_8 = 14,
	IKE_ENCR_AES_CCM_12 = 15,
	IKE_ENCR_AES_CCM_16 = 16,
	IKE_ENCR_AES_GCM_8 = 18,
	IKE_ENCR_AES_GCM_12 = 19,
	IKE_ENCR_AES_GCM_16 = 20,
	IKE_ENCR_AES_GMAC = 21, /* ENCR_NULL_AUTH_AES_GMAC: integrity only */
	IKE_ENCR_CHACHA20_POLY1305 = 28,

	IKE_PRF_HMAC_MD5 = 1,
	IKE_PRF_HMAC_SHA1 = 2,
	IKE_PRF_HMAC_SHA256 = 5,
	IKE_PRF_HMAC_SHA384 = 6,
	IKE_PRF_HMAC_SHA512 = 7,

	IKE_INTEG_NONE = 0,
	IKE_INTEG_HMAC_MD5_96 = 1,
	IKE_INTEG_HMAC_SHA1_96 = 2,
	IKE_INTEG_AES_XCBC_96 = 5,
	IKE_INTEG_HMAC_SHA256_128 = 12,
	IKE_INTEG_HMAC_SHA384_192 = 13,
	IKE_INTEG_HMAC_SHA512_256 = 14,

	IKE_KE_NONE = 0,
	IKE_KE_MODP768 = 1,
	IKE_KE_MODP1024 = 2,
	IKE_KE_MODP1536 = 5,
	IKE_KE_MODP2048 = 14,
	IKE_KE_MODP3072 = 15,
	IKE_KE_MODP4096 = 16,
	IKE_KE_ECP256 = 19,
	IKE_KE_ECP384 = 20,
	IKE_KE_ECP521 = 21,
	IKE_KE_CURVE25519 = 31,

	IKE_ESN_NO = 0,
	IKE_ESN_YES = 1,
};

/* A transform with an attribute that is not understood: kept, so that its type counts as offered, never chosen. */
#define IKE_KEY_BITS_UNUSABLE 0xffff

struct ike_transform {
	uint8_t type;
	uint16_t id;
	uint16_t key_bits;      /* attribute Key Length, 0 when absent */
};

#define IKE_TRANSFORMS_MAX 48
#define IKE_SPI_MAX 8

/** struct ike_proposal - protocol, SPI and transforms; of each type any one may be chosen */
struct ike_proposal {
	uint8_t number;
	uint8_t protocol;
	uint8_t spi_len;
	uint8_t spi[IKE_SPI_MAX];
	size_t n;
	struct ike_transform t[IKE_TRANSFORMS_MAX];
};

#define IKE_ESP_KEY_MAX 160     /* AES-256 and HMAC-SHA2-512 keys fit with room */

/** struct ike_esp_suite - an ESP transform that dvti.ko has; static data */
struct ike_esp_suite {
	uint32_t kernel;        /* enum dvti_aead of linux/dvti.h */
	uint16_t encr, key_bits, integ;
	size_t cipher_len;      /* of KEYMAT per direction: encryption key and salt */
	size_t key_len;         /* the same with the integrity key */
	const char *name;       /* "aes-gcm-256", "aes-cbc-256/sha256" */
};
bool ike_esp_suite_encrypts(const struct ike_esp_suite *suite); /* false: integrity only, all can be read */
const struct ike_esp_suite *ike_esp_suite(uint16_t encr, uint16_t key_bits, uint16_t integ);

/*
 * Keywords of the configuration: "aes-gcm-256", "aes-cbc-128", "sha256", "prf-sha384" or "sha384", "19" or
 * "ecp256" or "x25519". False for one that is unknown or not for @protocol (IKE or ESP); *_names() lists the known
 * ones for the error message.
 */
bool ike_transform_parse(uint8_t protocol, uint8_t type, const char *word, struct ike_transform *t);
const char *const *ike_transform_names(uint8_t protocol, uint8_t type); /* NULL-terminated */
const char *ike_transform_text(const struct ike_transform *t); /* static */
bool ike_transform_supported(uint8_t protocol, const struct ike_transform *t); /* there is a keyword for it */
/* Why it should not be used any more, as a part of a sentence; NULL for one that is good. */
const char *ike_transform_weakness(const struct ike_transform *t);
/* "aes-gcm-256/prf-sha384/ecp384"; alternatives of a type joined by '+'. Truncates. */
const char *ike_proposal_text(const struct ike_proposal *p, char *buf, size_t size);
const char *ike_proposals_text(const struct ike_proposal *p, size_t n, char *buf, size_t size); /* joined by ", " */

/**
 * ike_proposal_select() - choose from what the peer offered
 * @offer, @n_offer: the peer's SA payload
 * @ours, @n_ours: configured, best first; our order decides
 * @chosen: one transform of each type, the peer's proposal number and SPI
 *
 * Return: index into @ours, or -1 when there is none in common.
 */
int ike_proposal_select(const struct ike_proposal *offer, size_t n_offer, const struct ike_proposal *ours,
			size_t n_ours, struct ike_proposal *chosen);
/* An answer must be one proposal with one transform per type, all of them from what we offered. */
bool ike_proposal_answer_ok(const struct ike_proposal *answer, const struct ike_proposal *offer, size_t n_offer);
const struct ike_transform *ike_proposal_find(const struct ike_proposal *p, uint8_t type); /* first of that type */
/* Add a transform; false when the proposal is full. */
bool ike_proposal_add(struct ike_proposal *p, uint8_t type, uint16_t id, uint16_t key_bits);
bool ike_encr_is_aead(uint16_t encr);
/*
 * Why nothing was chosen, for people: the pair of an offer and one of ours that come nearest, and what to change on
 * which side: "nearest: add \"integrity sha256\"", "nearest: let the peer offer \"group ecp256\" (modp1024 is not
 * supported)". What was offered and what is configured the caller says, who knows the names.
 */
const char *ike_proposal_explain(const struct ike_proposal *offer, size_t n_offer,
				 const struct ike_proposal *ours, size_t n_ours, char *buf, size_t size);
size_t ike_proposal_default_ike(struct ike_proposal *out, size_t max);
size_t ike_proposal_default_esp(struct ike_proposal *out, size_t max);

#endif
