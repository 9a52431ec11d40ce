// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names and tables of transforms, and the ESP transforms that the module has. Choosing among proposals is
 * select.c's, explaining why none was chosen explain.c's.
 */
#include <linux/dvti.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "suite.h"

/* What a transform may be configured for. */
#define IKE (1u << IKE_PROTO_IKE)
#define ESP (1u << IKE_PROTO_ESP)
#define BOTH (IKE | ESP)
#define NEITHER 0

/*
 * @use: protocols for which the configuration takes it. Those for none are here because peers offer them and a log
 * line should say what they are. Of each type the best come first.
 */
static const struct transform_name {
	struct ike_transform t;
	unsigned int use;
	const char *name;
	const char *alias;
} names[] = {
#define ENCR(id, bits, use, name) { { IKE_TRANSFORM_ENCR, IKE_ENCR_##id, bits }, use, name, NULL }
	ENCR(AES_GCM_16, 256, BOTH, "aes-gcm-256"),
	ENCR(AES_GCM_16, 192, BOTH, "aes-gcm-192"),
	ENCR(AES_GCM_16, 128, BOTH, "aes-gcm-128"),
	ENCR(CHACHA20_POLY1305, 0, ESP, "chacha20-poly1305"),
	ENCR(AES_CBC, 256, BOTH, "aes-cbc-256"),
	ENCR(AES_CBC, 192, BOTH, "aes-cbc-192"),
	ENCR(AES_CBC, 128, BOTH, "aes-cbc-128"),
	ENCR(AES_CCM_16, 256, ESP, "aes-ccm-256"),
	ENCR(AES_CCM_16, 192, ESP, "aes-ccm-192"),
	ENCR(AES_CCM_16, 128, ESP, "aes-ccm-128"),
	ENCR(AES_CCM_8, 256, ESP, "aes-ccm-256/icv8"),
	ENCR(AES_CCM_8, 192, ESP, "aes-ccm-192/icv8"),
	ENCR(AES_CCM_8, 128, ESP, "aes-ccm-128/icv8"),
	ENCR(3DES, 0, ESP, "3des"),
	ENCR(AES_GMAC, 256, ESP, "aes-gmac-256"),
	ENCR(AES_GMAC, 192, ESP, "aes-gmac-192"),
	ENCR(AES_GMAC, 128, ESP, "aes-gmac-128"),
	ENCR(NULL, 0, ESP, "null"),
	ENCR(AES_CCM_12, 256, NEITHER, "aes-ccm-256/icv12"),
	ENCR(AES_CCM_12, 128, NEITHER, "aes-ccm-128/icv12"),
	ENCR(AES_GCM_12, 256, NEITHER, "aes-gcm-256/icv12"),
	ENCR(AES_GCM_12, 192, NEITHER, "aes-gcm-192/icv12"),
	ENCR(AES_GCM_12, 128, NEITHER, "aes-gcm-128/icv12"),
	ENCR(AES_GCM_8, 256, NEITHER, "aes-gcm-256/icv8"),
	ENCR(AES_GCM_8, 192, NEITHER, "aes-gcm-192/icv8"),
	ENCR(AES_GCM_8, 128, NEITHER, "aes-gcm-128/icv8"),
	ENCR(AES_CTR, 256, NEITHER, "aes-ctr-256"),
	ENCR(AES_CTR, 192, NEITHER, "aes-ctr-192"),
	ENCR(AES_CTR, 128, NEITHER, "aes-ctr-128"),
	ENCR(DES, 0, NEITHER, "des"),
#undef ENCR
#define PRF(id, use, name, alias) { { IKE_TRANSFORM_PRF, IKE_PRF_HMAC_##id, 0 }, use, name, alias }
	PRF(SHA256, IKE, "prf-sha256", "sha256"),
	PRF(SHA384, IKE, "prf-sha384", "sha384"),
	PRF(SHA512, IKE, "prf-sha512", "sha512"),
	PRF(SHA1, IKE, "prf-sha1", "sha1"),
	PRF(MD5, NEITHER, "prf-md5", NULL),
	{ { IKE_TRANSFORM_PRF, 4, 0 }, NEITHER, "prf-aes-xcbc", NULL },
	{ { IKE_TRANSFORM_PRF, 8, 0 }, NEITHER, "prf-aes-cmac", NULL },
#undef PRF
#define INTEG(id, use, name) { { IKE_TRANSFORM_INTEG, IKE_INTEG_##id, 0 }, use, name, NULL }
	INTEG(HMAC_SHA256_128, BOTH, "sha256"),
	INTEG(HMAC_SHA384_192, BOTH, "sha384"),
	INTEG(HMAC_SHA512_256, BOTH, "sha512"),
	INTEG(HMAC_SHA1_96, BOTH, "sha1"),
	INTEG(HMAC_MD5_96, ESP, "md5"),
	INTEG(AES_XCBC_96, NEITHER, "aes-xcbc"),
	INTEG(NONE, NEITHER, "no-integrity"),
#undef INTEG
#define KE(id, use, name, alias) { { IKE_TRANSFORM_KE, IKE_KE_##id, 0 }, use, name, alias }
	KE(ECP256, BOTH, "ecp256", "19"),
	KE(MODP2048, BOTH, "modp2048", "14"),
	KE(CURVE25519, BOTH, "x25519", "31"),
	KE(MODP4096, BOTH, "modp4096", "16"),
	KE(ECP384, BOTH, "ecp384", "20"),
	KE(ECP521, BOTH, "ecp521", "21"),
	KE(MODP3072, BOTH, "modp3072", "15"),
	KE(MODP768, NEITHER, "modp768", NULL),
	KE(MODP1024, NEITHER, "modp1024", NULL),
	KE(MODP1536, NEITHER, "modp1536", NULL),
	{ { IKE_TRANSFORM_KE, 17, 0 }, NEITHER, "modp6144", NULL },
	{ { IKE_TRANSFORM_KE, 18, 0 }, NEITHER, "modp8192", NULL },
	{ { IKE_TRANSFORM_KE, 22, 0 }, NEITHER, "modp1024s160", NULL },
	{ { IKE_TRANSFORM_KE, 24, 0 }, NEITHER, "modp2048s256", NULL },
	{ { IKE_TRANSFORM_KE, 28, 0 }, NEITHER, "ecp256bp", NULL },
	{ { IKE_TRANSFORM_KE, 29, 0 }, NEITHER, "ecp384bp", NULL },
	{ { IKE_TRANSFORM_KE, 30, 0 }, NEITHER, "ecp512bp", NULL },
	{ { IKE_TRANSFORM_KE, 32, 0 }, NEITHER, "x448", NULL },
	KE(NONE, NEITHER, "no-pfs", NULL),
#undef KE
	{ { IKE_TRANSFORM_ESN, IKE_ESN_NO, 0 }, BOTH, "no-esn", NULL },
	{ { IKE_TRANSFORM_ESN, IKE_ESN_YES, 0 }, BOTH, "esn", NULL },
};

#define N_NAMES (sizeof(names) / sizeof(names[0]))

static bool usable(const struct transform_name *n, uint8_t protocol, uint8_t type)
{
	return n->t.type == type && protocol <= IKE_PROTO_ESP && n->use & 1u << protocol;
}

bool ike_transform_parse(uint8_t protocol, uint8_t type, const char *word, struct ike_transform *t)
{
	for (size_t i = 0; i < N_NAMES; i++) {
		if (!usable(&names[i], protocol, type))
			continue;
		if (strcasecmp(names[i].name, word) && (!names[i].alias || strcasecmp(names[i].alias, word)))
			continue;
		*t = names[i].t;
		return true;
	}
	return false;
}

/* Groups by number first, and PRFs without their prefix: as people write them. */
const char *const *ike_transform_names(uint8_t protocol, uint8_t type)
{
	static _Thread_local const char *list[2 * N_NAMES + 1];
	size_t n = 0;

	for (int alias = 1; alias >= 0; alias--)
		for (size_t i = 0; i < N_NAMES; i++) {
			if (!usable(&names[i], protocol, type) || (alias && !names[i].alias) ||
			    (!alias && type == IKE_TRANSFORM_PRF))
				continue;
			list[n++] = alias ? names[i].alias : names[i].name;
		}
	list[n] = NULL;
	return list;
}

static const struct transform_name *transform_find(const struct ike_transform *t)
{
	for (size_t i = 0; i < N_NAMES; i++)
		if (names[i].t.type == t->type && names[i].t.id == t->id && names[i].t.key_bits == t->key_bits)
			return &names[i];
	return NULL;
}

const char *ike_transform_text(const struct ike_transform *t)
{
	static const char *const types[] = { "type", "encryption", "prf", "integrity", "group", "esn" };
	static _Thread_local char ring[8][40];
	static _Thread_local unsigned int next;
	const struct transform_name *n = transform_find(t);
	const char *type = t->type < sizeof(types) / sizeof(types[0]) ? types[t->type] : "type";
	char *buf;

	if (n)
		return n->name;
	buf = ring[next++ % (sizeof(ring) / sizeof(ring[0]))];
	if (type == types[0])
		snprintf(buf, sizeof(ring[0]), "type-%u-%u", t->type, t->id);
	else if (t->key_bits == IKE_KEY_BITS_UNUSABLE)
		snprintf(buf, sizeof(ring[0]), "%s-%u-unusable", type, t->id);
	else if (t->key_bits)
		snprintf(buf, sizeof(ring[0]), "%s-%u-%u", type, t->id, t->key_bits);
	else
		snprintf(buf, sizeof(ring[0]), "%s-%u", type, t->id);
	return buf;
}

bool ike_transform_supported(uint8_t protocol, const struct ike_transform *t)
{
	const struct transform_name *n = transform_find(t);

	return n && usable(n, protocol, t->type);
}

const char *ike_transform_weakness(const struct ike_transform *t)
{
	if (t->type == IKE_TRANSFORM_ENCR && t->id == IKE_ENCR_3DES)
		return "has blocks of 64 bits and must not encrypt much with one key";
	if (t->type == IKE_TRANSFORM_ENCR && t->id == IKE_ENCR_AES_CCM_8)
		return "lets one forged packet in 2^64 pass, which suits small devices only";
	if (t->type == IKE_TRANSFORM_INTEG && t->id == IKE_INTEG_HMAC_MD5_96)
		return "is outdated";
	return NULL;
}

bool ike_encr_is_aead(uint16_t encr)
{
	switch (encr) {
	case IKE_ENCR_AES_CCM_8: case IKE_ENCR_AES_CCM_12: case IKE_ENCR_AES_CCM_16:
	case IKE_ENCR_AES_GCM_8: case IKE_ENCR_AES_GCM_12: case IKE_ENCR_AES_GCM_16:
	case IKE_ENCR_AES_GMAC: case IKE_ENCR_CHACHA20_POLY1305:
		return true;
	default:
		return false;
	}
}

#define AEAD(kernel, encr, bits, key, salt, name) \
	{ DVTI_AEAD_##kernel, IKE_ENCR_##encr, bits, IKE_INTEG_NONE, (key) + (salt), (key) + (salt), name }
#define AEAD_ALL(kernel, encr, salt, name, icv) \
	AEAD(kernel, encr, 256, 32, salt, name "256" icv), AEAD(kernel, encr, 192, 24, salt, name "192" icv), \
	AEAD(kernel, encr, 128, 16, salt, name "128" icv)
#define HMAC(kernel, hmac, encr, bits, key, integ_key, name) \
	{ kernel##hmac, encr, bits, IKE_INTEG_HMAC_##hmac, key, (key) + (integ_key), name }
#define HMAC_ALL(kernel, encr, bits, key, name) \
	HMAC(kernel, SHA256_128, encr, bits, key, 32, name "/sha256"), \
	HMAC(kernel, SHA384_192, encr, bits, key, 48, name "/sha384"), \
	HMAC(kernel, SHA512_256, encr, bits, key, 64, name "/sha512"), \
	HMAC(kernel, SHA1_96, encr, bits, key, 20, name "/sha1"), HMAC(kernel, MD5_96, encr, bits, key, 16, name "/md5")

static const struct ike_esp_suite esp_suites[] = {
	AEAD_ALL(AES_GCM_16, AES_GCM_16, 4, "aes-gcm-", ""),
	AEAD(CHACHA20_POLY1305, CHACHA20_POLY1305, 0, 32, 4, "chacha20-poly1305"),
	HMAC_ALL(DVTI_AEAD_AES_CBC_HMAC_, IKE_ENCR_AES_CBC, 256, 32, "aes-cbc-256"),
	HMAC_ALL(DVTI_AEAD_AES_CBC_HMAC_, IKE_ENCR_AES_CBC, 192, 24, "aes-cbc-192"),
	HMAC_ALL(DVTI_AEAD_AES_CBC_HMAC_, IKE_ENCR_AES_CBC, 128, 16, "aes-cbc-128"),
	AEAD_ALL(AES_CCM_16, AES_CCM_16, 3, "aes-ccm-", ""),
	AEAD_ALL(AES_CCM_8, AES_CCM_8, 3, "aes-ccm-", "/icv8"),
	HMAC_ALL(DVTI_AEAD_3DES_CBC_HMAC_, IKE_ENCR_3DES, 0, 24, "3des"),
	AEAD_ALL(AES_GMAC, AES_GMAC, 4, "aes-gmac-", ""),
	HMAC_ALL(DVTI_AEAD_NULL_HMAC_, IKE_ENCR_NULL, 0, 0, "null"),
};

bool ike_esp_suite_encrypts(const struct ike_esp_suite *suite)
{
	return suite->encr != IKE_ENCR_NULL && suite->encr != IKE_ENCR_AES_GMAC;
}

const struct ike_esp_suite *ike_esp_suite(uint16_t encr, uint16_t key_bits, uint16_t integ)
{
	for (size_t i = 0; i < sizeof(esp_suites) / sizeof(esp_suites[0]); i++) {
		const struct ike_esp_suite *s = &esp_suites[i];

		if (s->encr == encr && s->key_bits == key_bits && s->integ == integ)
			return s;
	}
	return NULL;
}

bool ike_proposal_add(struct ike_proposal *p, uint8_t type, uint16_t id, uint16_t key_bits)
{
	if (p->n == IKE_TRANSFORMS_MAX)
		return false;
	p->t[p->n++] = (struct ike_transform){ .type = type, .id = id, .key_bits = key_bits };
	return true;
}

const struct ike_transform *ike_proposal_find(const struct ike_proposal *p, uint8_t type)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->t[i].type == type)
			return &p->t[i];
	return NULL;
}

static size_t append(char *buf, size_t size, size_t at, const char *text)
{
	int n = at < size ? snprintf(buf + at, size - at, "%s", text) : 0;

	return at + (size_t)(n > 0 ? n : 0);
}

/* Whether saying it tells a reader anything: the NONEs and "no ESN" go without saying. */
static bool worth_saying(const struct ike_transform *t)
{
	return t->id || (t->type != IKE_TRANSFORM_INTEG && t->type != IKE_TRANSFORM_KE && t->type != IKE_TRANSFORM_ESN);
}

const char *ike_proposal_text(const struct ike_proposal *p, char *buf, size_t size)
{
	/* As people write suites: encryption, integrity, PRF, group, ESN, then what nobody knows. */
	static const uint8_t order[] = { IKE_TRANSFORM_ENCR, IKE_TRANSFORM_INTEG, IKE_TRANSFORM_PRF,
					 IKE_TRANSFORM_KE, IKE_TRANSFORM_ESN, 0 };
	size_t at = 0;

	if (size)
		buf[0] = '\0';
	for (size_t o = 0; o < sizeof(order); o++) {
		bool first = true;

		for (size_t i = 0; i < p->n; i++) {
			const struct ike_transform *t = &p->t[i];

			bool known = t->type >= IKE_TRANSFORM_ENCR && t->type <= IKE_TRANSFORM_ESN;

			if ((order[o] ? t->type != order[o] : known) || !worth_saying(t))
				continue;
			if (at)
				at = append(buf, size, at, first ? "/" : "+");
			at = append(buf, size, at, ike_transform_text(t));
			first = false;
		}
	}
	return buf;
}

const char *ike_proposals_text(const struct ike_proposal *p, size_t n, char *buf, size_t size)
{
	size_t at = 0;

	if (size)
		buf[0] = '\0';
	for (size_t i = 0; i < n && at < size; i++) {
		if (i)
			at = append(buf, size, at, ", ");
		if (at < size)
			ike_proposal_text(&p[i], buf + at, size - at);
		at += at < size ? strlen(buf + at) : 0;
	}
	return buf;
}

/* Defaults: Documentation says what each is for; the order is ours when we choose. */

static void add_groups(struct ike_proposal *p)
{
	static const uint16_t groups[] = { IKE_KE_ECP256, IKE_KE_MODP2048, IKE_KE_CURVE25519, IKE_KE_MODP4096,
					   IKE_KE_ECP384, IKE_KE_ECP521, IKE_KE_MODP3072 };

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		ike_proposal_add(p, IKE_TRANSFORM_KE, groups[i], 0);
}

static void add_ids(struct ike_proposal *p, uint8_t type, const uint16_t *ids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ike_proposal_add(p, type, ids[i], 0);
}

size_t ike_proposal_default_ike(struct ike_proposal *out, size_t max)
{
	static const uint16_t prfs[] = { IKE_PRF_HMAC_SHA256, IKE_PRF_HMAC_SHA384, IKE_PRF_HMAC_SHA512 };
	static const uint16_t integs[] = { IKE_INTEG_HMAC_SHA256_128, IKE_INTEG_HMAC_SHA384_192,
					   IKE_INTEG_HMAC_SHA512_256 };

	if (max < 2)
		return 0;
	memset(out, 0, 2 * sizeof(*out));
	out[0].protocol = out[1].protocol = IKE_PROTO_IKE;

	ike_proposal_add(&out[0], IKE_TRANSFORM_ENCR, IKE_ENCR_AES_GCM_16, 256);
	ike_proposal_add(&out[0], IKE_TRANSFORM_ENCR, IKE_ENCR_AES_GCM_16, 128);
	add_ids(&out[0], IKE_TRANSFORM_PRF, prfs, sizeof(prfs) / sizeof(prfs[0]));
	add_groups(&out[0]);

	ike_proposal_add(&out[1], IKE_TRANSFORM_ENCR, IKE_ENCR_AES_CBC, 256);
	ike_proposal_add(&out[1], IKE_TRANSFORM_ENCR, IKE_ENCR_AES_CBC, 128);
	add_ids(&out[1], IKE_TRANSFORM_INTEG, integs, sizeof(integs) / sizeof(integs[0]));
	add_ids(&out[1], IKE_TRANSFORM_PRF, prfs, sizeof(prfs) / sizeof(prfs[0]));
	/* Windows and older devices have no other: HMAC-SHA1 is unbroken, and last. */
	ike_proposal_add(&out[1], IKE_TRANSFORM_INTEG, IKE_INTEG_HMAC_SHA1_96, 0);
	ike_proposal_add(&out[1], IKE_TRANSFORM_PRF, IKE_PRF_HMAC_SHA1, 0);
	add_groups(&out[1]);
	return 2;
}

size_t ike_proposal_default_esp(struct ike_proposal *out, size_t max)
{
	static const uint16_t integs[] = { IKE_INTEG_HMAC_SHA256_128, IKE_INTEG_HMAC_SHA384_192,
					   IKE_INTEG_HMAC_SHA512_256, IKE_INTEG_HMAC_SHA1_96 };

	if (max < 2)
		return 0;
	memset(out, 0, 2 * sizeof(*out));
	out[0].protocol = out[1].protocol = IKE_PROTO_ESP;

	ike_proposal_add(&out[0], IKE_TRANSFORM_ENCR, IKE_ENCR_AES_GCM_16, 256);
	ike_proposal_add(&out[0], IKE_TRANSFORM_ENCR, IKE_ENCR_AES_GCM_16, 128);
	ike_proposal_add(&out[0], IKE_TRANSFORM_ESN, IKE_ESN_NO, 0);

	ike_proposal_add(&out[1], IKE_TRANSFORM_ENCR, IKE_ENCR_AES_CBC, 256);
	ike_proposal_add(&out[1], IKE_TRANSFORM_ENCR, IKE_ENCR_AES_CBC, 128);
	add_ids(&out[1], IKE_TRANSFORM_INTEG, integs, sizeof(integs) / sizeof(integs[0]));
	ike_proposal_add(&out[1], IKE_TRANSFORM_ESN, IKE_ESN_NO, 0);
	return 2;
}
