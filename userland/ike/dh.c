// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Diffie-Hellman groups, and the checks of public values that make using them safe (RFC 6989).
 *
 * OpenSSL's own validation of a peer's MODP value includes an exponentiation that costs more than the exchange
 * itself. It is switched off: with a private key that serves one exchange only, the range check suffices.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/dh.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdlib.h>
#include <string.h>

#include "crypto.h"

enum kind { MODP, ECP, CURVE25519 };

static const struct group {
	uint16_t id;
	enum kind kind;
	const char *name;       /* as OpenSSL calls it */
	size_t size;            /* octets of the prime */
} groups[] = {
	{ IKE_KE_MODP2048, MODP, "modp_2048", 256 },
	{ IKE_KE_MODP3072, MODP, "modp_3072", 384 },
	{ IKE_KE_MODP4096, MODP, "modp_4096", 512 },
	{ IKE_KE_ECP256, ECP, "P-256", 32 },
	{ IKE_KE_ECP384, ECP, "P-384", 48 },
	{ IKE_KE_ECP521, ECP, "P-521", 66 },
	{ IKE_KE_CURVE25519, CURVE25519, "X25519", 32 },
};

struct ike_dh {
	const struct group *group;
	EVP_PKEY *key;
	uint8_t public[IKE_DH_PUBLIC_MAX];
};

static const struct group *group_find(uint16_t id)
{
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (groups[i].id == id)
			return &groups[i];
	return NULL;
}

bool ike_dh_supported(uint16_t group)
{
	return group_find(group) != NULL;
}

static size_t public_size(const struct group *g)
{
	return g->kind == ECP ? 2 * g->size : g->size;
}

size_t ike_dh_public_size(uint16_t group)
{
	const struct group *g = group_find(group);

	return g ? public_size(g) : 0;
}

static EVP_PKEY *generate(const struct group *g)
{
	EVP_PKEY_CTX *ctx;
	EVP_PKEY *key = NULL;

	if (g->kind == CURVE25519)
		return EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	if (g->kind == ECP)
		return EVP_PKEY_Q_keygen(NULL, NULL, "EC", g->name);

	ctx = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
	if (ctx && EVP_PKEY_keygen_init(ctx) > 0 && EVP_PKEY_CTX_set_group_name(ctx, g->name) > 0)
		EVP_PKEY_generate(ctx, &key);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static bool export_modp(const struct ike_dh *dh, uint8_t *out)
{
	BIGNUM *y = NULL;
	bool ok = EVP_PKEY_get_bn_param(dh->key, OSSL_PKEY_PARAM_PUB_KEY, &y) &&
		  BN_bn2binpad(y, out, (int)dh->group->size) > 0;

	BN_free(y);
	return ok;
}

static bool export_public(struct ike_dh *dh)
{
	const struct group *g = dh->group;
	uint8_t point[IKE_DH_PUBLIC_MAX];
	size_t len;

	if (g->kind == MODP)
		return export_modp(dh, dh->public);
	if (!EVP_PKEY_get_octet_string_param(dh->key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point), &len))
		return false;
	if (g->kind == CURVE25519) {
		memcpy(dh->public, point, g->size);
		return len == g->size;
	}
	/* 0x04 says "uncompressed"; IKE sends the coordinates without it (RFC 5903 section 7). */
	if (len != 1 + public_size(g) || point[0] != 0x04)
		return false;
	memcpy(dh->public, point + 1, public_size(g));
	return true;
}

struct ike_dh *ike_dh_new(uint16_t group)
{
	const struct group *g = group_find(group);
	struct ike_dh *dh = g ? calloc(1, sizeof(*dh)) : NULL;

	if (!dh)
		return NULL;
	dh->group = g;
	dh->key = generate(g);
	if (dh->key && export_public(dh))
		return dh;
	ike_dh_free(dh);
	return NULL;
}

void ike_dh_free(struct ike_dh *dh)
{
	if (!dh)
		return;
	EVP_PKEY_free(dh->key); /* wipes the private key */
	free(dh);
}

uint16_t ike_dh_group(const struct ike_dh *dh)
{
	return dh->group->id;
}

struct ike_bytes ike_dh_public(const struct ike_dh *dh)
{
	return (struct ike_bytes){ dh->public, public_size(dh->group) };
}

/* 1 < y < p - 1: RFC 6989 section 2.1, for safe primes and private keys that are not used again. */
static bool modp_in_range(const struct ike_dh *dh, const BIGNUM *y)
{
	BIGNUM *p = NULL;
	bool ok = false;

	if (!EVP_PKEY_get_bn_param(dh->key, OSSL_PKEY_PARAM_FFC_P, &p))
		return false;
	if (BN_sub_word(p, 1))
		ok = BN_cmp(y, BN_value_one()) > 0 && BN_cmp(y, p) < 0;
	BN_free(p);
	return ok;
}

static EVP_PKEY *peer_from_params(const char *type, OSSL_PARAM *params)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *key = NULL;

	if (!ctx || EVP_PKEY_fromdata_init(ctx) <= 0 || EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) <= 0)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *peer_modp(const struct ike_dh *dh, const uint8_t *data, const char **why)
{
	BIGNUM *y = BN_bin2bn(data, (int)dh->group->size, NULL);
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;

	if (!y || !bld)
		goto out;
	if (!modp_in_range(dh, y)) {
		*why = "public value is not between 1 and p - 1";
		goto out;
	}
	if (OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, dh->group->name, 0) &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PUB_KEY, y))
		params = OSSL_PARAM_BLD_to_param(bld);
	if (params)
		key = peer_from_params("DH", params);
out:
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	BN_free(y);
	return key;
}

/*
 * Coordinates below p and a point on the curve: RFC 6989 section 2.3. OpenSSL checks both as it reads a point, and
 * these curves have cofactor 1, so that there is nothing else to check.
 */
static EVP_PKEY *peer_ecp(const struct ike_dh *dh, const uint8_t *data, const char **why)
{
	const struct group *g = dh->group;
	uint8_t point[1 + 2 * 66] = { 0x04 };
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)g->name, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, 1 + public_size(g)),
		OSSL_PARAM_construct_end(),
	};

	*why = "public value is not a point on the curve";
	memcpy(point + 1, data, public_size(g));
	return peer_from_params("EC", params);
}

static size_t derive(const struct ike_dh *dh, EVP_PKEY *peer, uint8_t *out)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(dh->key, NULL);
	size_t len = IKE_DH_SHARED_MAX;
	bool ok = ctx && EVP_PKEY_derive_init(ctx) > 0;

	/* Leading zeros belong to the secret (RFC 7296 section 2.14). */
	if (ok && dh->group->kind == MODP)
		ok = EVP_PKEY_CTX_set_dh_pad(ctx, 1) > 0;
	ok = ok && EVP_PKEY_derive_set_peer_ex(ctx, peer, 0) > 0 && EVP_PKEY_derive(ctx, out, &len) > 0 &&
	     len == dh->group->size;
	EVP_PKEY_CTX_free(ctx);
	return ok ? len : 0;
}

static bool all_zero(const uint8_t *data, size_t len)
{
	uint8_t any = 0;

	while (len--)
		any |= *data++;
	return !any;
}

size_t ike_dh_shared(const struct ike_dh *dh, const uint8_t *peer, size_t peer_len, uint8_t *out,
		     const char **why)
{
	const struct group *g = dh->group;
	const char *unused;
	EVP_PKEY *key;
	size_t len;

	if (!why)
		why = &unused;
	*why = "out of memory";
	if (peer_len != public_size(g)) {
		*why = "public value has the wrong length for its group";
		return 0;
	}
	if (g->kind == MODP)
		key = peer_modp(dh, peer, why);
	else if (g->kind == ECP)
		key = peer_ecp(dh, peer, why);
	else
		key = EVP_PKEY_new_raw_public_key_ex(NULL, g->name, NULL, peer, peer_len);
	if (!key)
		return 0;

	*why = "public value yields no secret";
	len = derive(dh, key, out);
	EVP_PKEY_free(key);
	if (len && all_zero(out, len))
		len = 0;
	return len;
}
