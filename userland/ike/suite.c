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

/*
 * @keyword: the configuration takes it; the others are here because peers offer them and a log line should say
 * what they are.
 */
static const struct transform_name {
	struct ike_transform t;
	bool keyword;
	const char *name;
	const char *alias;
} names[] = {
#define ENCR(id, bits, keyword, name) { { IKE_TRANSFORM_ENCR, IKE_ENCR_##id, bits }, keyword, name, NULL }
	ENCR(AES_GCM_16, 256, true, "aes-gcm-256"),
	ENCR(AES_GCM_16, 192, true, "aes-gcm-192"),
	ENCR(AES_GCM_16, 128, true, "aes-gcm-128"),
	ENCR(AES_CBC, 256, true, "aes-cbc-256"),
	ENCR(AES_CBC, 192, true, "aes-cbc-192"),
	ENCR(AES_CBC, 128, true, "aes-cbc-128"),
	ENCR(CHACHA20_POLY1305, 0, false, "chacha20-poly1305"),
	ENCR(AES_GCM_12, 256, false, "aes-gcm-256/icv12"),
	ENCR(AES_GCM_12, 192, false, "aes-gcm-192/icv12"),
	ENCR(AES_GCM_12, 128, false, "aes-gcm-128/icv12"),
	ENCR(AES_GCM_8, 256, false, "aes-gcm-256/icv8"),
	ENCR(AES_GCM_8, 192, false, "aes-gcm-192/icv8"),
	ENCR(AES_GCM_8, 128, false, "aes-gcm-128/icv8"),
	ENCR(AES_CCM_16, 256, false, "aes-ccm-256"),
	ENCR(AES_CCM_16, 128, false, "aes-ccm-128"),
	ENCR(AES_CTR, 256, false, "aes-ctr-256"),
	ENCR(AES_CTR, 192, false, "aes-ctr-192"),
	ENCR(AES_CTR, 128, false, "aes-ctr-128"),
	ENCR(3DES, 0, false, "3des"),
	ENCR(DES, 0, false, "des"),
	ENCR(NULL, 0, false, "null"),
#undef ENCR
#define PRF(id, keyword, name, alias) { { IKE_TRANSFORM_PRF, IKE_PRF_HMAC_##id, 0 }, keyword, name, alias }
	PRF(SHA256, true, "prf-sha256", "sha256"),
	PRF(SHA384, true, "prf-sha384", "sha384"),
	PRF(SHA512, true, "prf-sha512", "sha512"),
	PRF(SHA1, true, "prf-sha1", "sha1"),
	PRF(MD5, false, "prf-md5", NULL),
	{ { IKE_TRANSFORM_PRF, 4, 0 }, false, "prf-aes-xcbc", NULL },
	{ { IKE_TRANSFORM_PRF, 8, 0 }, false, "prf-aes-cmac", NULL },
#undef PRF
#define INTEG(id, keyword, name) { { IKE_TRANSFORM_INTEG, IKE_INTEG_##id, 0 }, keyword, name, NULL }
	INTEG(HMAC_SHA256_128, true, "sha256"),
	INTEG(HMAC_SHA384_192, true, "sha384"),
	INTEG(HMAC_SHA512_256, true, "sha512"),
	INTEG(HMAC_SHA1_96, true, "sha1"),
	INTEG(HMAC_MD5_96, false, "md5"),
	INTEG(AES_XCBC_96, false, "aes-xcbc"),
	INTEG(NONE, false, "no-integrity"),
#undef INTEG
#define KE(id, keyword, name, alias) { { IKE_TRANSFORM_KE, IKE_KE_##id, 0 }, keyword, name, alias }
	KE(ECP256, true, "ecp256", "19"),
	KE(MODP2048, true, "modp2048", "14"),
	KE(CURVE25519, true, "x25519", "31"),
	KE(MODP4096, true, "modp4096", "16"),
	KE(ECP384, true, "ecp384", "20"),
	KE(ECP521, true, "ecp521", "21"),
	KE(MODP3072, true, "modp3072", "15"),
	KE(MODP768, false, "modp768", NULL),
	KE(MODP1024, false, "modp1024", NULL),
	KE(MODP1536, false, "modp1536", NULL),
	{ { IKE_TRANSFORM_KE, 17, 0 }, false, "modp6144", NULL },
	{ { IKE_TRANSFORM_KE, 18, 0 }, false, "modp8192", NULL },
	{ { IKE_TRANSFORM_KE, 22, 0 }, false, "modp1024s160", NULL },
	{ { IKE_TRANSFORM_KE, 24, 0 }, false, "modp2048s256", NULL },
	{ { IKE_TRANSFORM_KE, 28, 0 }, false, "ecp256bp", NULL },
	{ { IKE_TRANSFORM_KE, 29, 0 }, false, "ecp384bp", NULL },
	{ { IKE_TRANSFORM_KE, 30, 0 }, false, "ecp512bp", NULL },
	{ { IKE_TRANSFORM_KE, 32, 0 }, false, "x448", NULL },
	KE(NONE, false, "no-pfs", NULL),
#undef KE
	{ { IKE_TRANSFORM_ESN, IKE_ESN_NO, 0 }, true, "no-esn", NULL },
	{ { IKE_TRANSFORM_ESN, IKE_ESN_YES, 0 }, true, "esn", NULL },
};

#define N_NAMES (sizeof(names) / sizeof(names[0]))

bool ike_transform_parse(uint8_t type, const char *word, struct ike_transform *t)
{
	for (size_t i = 0; i < N_NAMES; i++) {
		if (names[i].t.type != type || !names[i].keyword)
			continue;
		if (strcasecmp(names[i].name, word) && (!names[i].alias || strcasecmp(names[i].alias, word)))
			continue;
		*t = names[i].t;
		return true;
	}
	return false;
}

const char *const *ike_transform_names(uint8_t type)
{
	static const char *const encr[] = { "aes-gcm-256", "aes-gcm-192", "aes-gcm-128", "aes-cbc-256",
					    "aes-cbc-192", "aes-cbc-128", NULL };
	static const char *const prf[] = { "sha256", "sha384", "sha512", "sha1", NULL };
	static const char *const integ[] = { "sha256", "sha384", "sha512", "sha1", NULL };
	static const char *const ke[] = { "19", "14", "31", "16", "20", "21", "15", "ecp256", "modp2048", "x25519",
					  "modp4096", "ecp384", "ecp521", "modp3072", NULL };
	static const char *const esn[] = { "no-esn", "esn", NULL };
	static const char *const none[] = { NULL };

	switch (type) {
	case IKE_TRANSFORM_ENCR:
		return encr;
	case IKE_TRANSFORM_PRF:
		return prf;
	case IKE_TRANSFORM_INTEG:
		return integ;
	case IKE_TRANSFORM_KE:
		return ke;
	case IKE_TRANSFORM_ESN:
		return esn;
	default:
		return none;
	}
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

bool ike_transform_supported(const struct ike_transform *t)
{
	const struct transform_name *n = transform_find(t);

	return n && n->keyword;
}

bool ike_encr_is_aead(uint16_t encr)
{
	switch (encr) {
	case 14: case 15: case IKE_ENCR_AES_CCM_16:
	case IKE_ENCR_AES_GCM_8: case IKE_ENCR_AES_GCM_12: case IKE_ENCR_AES_GCM_16:
	case IKE_ENCR_CHACHA20_POLY1305:
		return true;
	default:
		return false;
	}
}

#define GCM(bits) \
	{ DVTI_AEAD_AES_GCM_16, IKE_ENCR_AES_GCM_16, bits, IKE_INTEG_NONE, (bits) / 8 + 4, "aes-gcm-" #bits }
#define CBC(bits, hmac, icv, key, name) \
	{ DVTI_AEAD_AES_CBC_HMAC_##hmac##_##icv, IKE_ENCR_AES_CBC, bits, IKE_INTEG_HMAC_##hmac##_##icv, \
	  (bits) / 8 + (key), "aes-cbc-" #bits "/" name }
#define CBC_ALL(bits) \
	CBC(bits, SHA1, 96, 20, "sha1"), CBC(bits, SHA256, 128, 32, "sha256"), \
	CBC(bits, SHA384, 192, 48, "sha384"), CBC(bits, SHA512, 256, 64, "sha512")

static const struct ike_esp_suite esp_suites[] = {
	GCM(256), GCM(192), GCM(128), CBC_ALL(256), CBC_ALL(192), CBC_ALL(128),
};

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
