// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pseudo-random functions, hashes and small helpers of crypto.h.
 */
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <pthread.h>
#include <string.h>

#include "crypto.h"
#include "hmac.h"

static const struct prf {
	uint16_t id;
	const char *digest;
	size_t size;
} prfs[] = {
	{ IKE_PRF_HMAC_SHA1, "SHA1", 20 },
	{ IKE_PRF_HMAC_SHA256, "SHA256", 32 },
	{ IKE_PRF_HMAC_SHA384, "SHA384", 48 },
	{ IKE_PRF_HMAC_SHA512, "SHA512", 64 },
};

#define N_PRFS (sizeof(prfs) / sizeof(prfs[0]))

static const struct prf *prf_find(uint16_t id)
{
	for (size_t i = 0; i < N_PRFS; i++)
		if (prfs[i].id == id)
			return &prfs[i];
	return NULL;
}

size_t ike_prf_size(uint16_t prf)
{
	const struct prf *p = prf_find(prf);

	return p ? p->size : 0;
}

/*
 * Finding HMAC and its digest among OpenSSL's providers costs more than the HMAC of a short text: once for each
 * digest, then copies of a context that has never seen a key.
 */
static EVP_MAC_CTX *templates[N_PRFS];

static void make_templates(void)
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);

	for (size_t i = 0; mac && i < N_PRFS; i++) {
		OSSL_PARAM params[] = {
			OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)prfs[i].digest, 0),
			OSSL_PARAM_construct_end(),
		};
		EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);

		if (ctx && EVP_MAC_CTX_set_params(ctx, params))
			templates[i] = ctx;
		else
			EVP_MAC_CTX_free(ctx);
	}
	EVP_MAC_free(mac);
}

EVP_MAC_CTX *ike_hmac_new(uint16_t prf)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const struct prf *p = prf_find(prf);

	if (!p || pthread_once(&once, make_templates) || !templates[p - prfs])
		return NULL;
	return EVP_MAC_CTX_dup(templates[p - prfs]);
}

bool ike_hmac(EVP_MAC_CTX *ctx, const void *key, size_t key_len, const struct ike_bytes *in, size_t n,
	      uint8_t *out, size_t size)
{
	static const uint8_t none[1];
	size_t len;

	/* A NULL key would mean "the same again", so that an empty one needs an address. */
	if (!EVP_MAC_init(ctx, key_len ? key : none, key_len, NULL))
		return false;
	for (size_t i = 0; i < n; i++)
		if (in[i].len && !EVP_MAC_update(ctx, in[i].data, in[i].len))
			return false;
	return EVP_MAC_final(ctx, out, &len, size) && len == size;
}

bool ike_prf(uint16_t prf, const void *key, size_t key_len, const struct ike_bytes *in, size_t n, uint8_t *out)
{
	const struct prf *p = prf_find(prf);
	EVP_MAC_CTX *ctx = p ? ike_hmac_new(prf) : NULL;
	bool ok = ctx && ike_hmac(ctx, key, key_len, in, n, out, p->size);

	EVP_MAC_CTX_free(ctx);
	return ok;
}

#define SEED_PARTS_MAX 6

bool ike_prf_plus(uint16_t prf, const void *key, size_t key_len, const struct ike_bytes *seed, size_t n,
		  uint8_t *out, size_t out_len)
{
	const struct prf *p = prf_find(prf);
	struct ike_bytes in[SEED_PARTS_MAX + 2];
	uint8_t t[IKE_PRF_MAX], counter = 0;
	EVP_MAC_CTX *ctx;
	bool ok = true;

	if (!p || n > SEED_PARTS_MAX || out_len > 255 * p->size)
		return false;
	ctx = ike_hmac_new(prf);
	if (!ctx)
		return false;

	/* T1 = prf (K, S | 0x01), T2 = prf (K, T1 | S | 0x02), ... */
	in[0] = (struct ike_bytes){ t, 0 };
	for (size_t i = 0; i < n; i++)
		in[i + 1] = seed[i];
	in[n + 1] = (struct ike_bytes){ &counter, 1 };
	while (ok && out_len) {
		size_t part = out_len < p->size ? out_len : p->size;

		counter++;
		ok = ike_hmac(ctx, key, key_len, in, n + 2, t, p->size);
		in[0].len = p->size;
		if (ok)
			memcpy(out, t, part);
		out += part;
		out_len -= part;
	}
	ike_wipe(t, sizeof(t));
	EVP_MAC_CTX_free(ctx);
	return ok;
}

static bool digest(const EVP_MD *md, const struct ike_bytes *in, size_t n, uint8_t *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx && EVP_DigestInit_ex(ctx, md, NULL);

	for (size_t i = 0; ok && i < n; i++)
		ok = !in[i].len || EVP_DigestUpdate(ctx, in[i].data, in[i].len);
	ok = ok && EVP_DigestFinal_ex(ctx, out, NULL);
	EVP_MD_CTX_free(ctx);
	return ok;
}

bool ike_sha1(const struct ike_bytes *in, size_t n, uint8_t out[IKE_SHA1_LEN])
{
	return digest(EVP_sha1(), in, n, out);
}

bool ike_sha256(const struct ike_bytes *in, size_t n, uint8_t out[IKE_SHA256_LEN])
{
	return digest(EVP_sha256(), in, n, out);
}

bool ike_nat_hash(uint64_t spi_i, uint64_t spi_r, const struct ike_addr *addr, uint8_t out[IKE_SHA1_LEN])
{
	struct ike_writer w = { 0 };
	bool ok;

	ike_write_u64(&w, spi_i);
	ike_write_u64(&w, spi_r);
	ike_write_bytes(&w, addr->bytes, ike_addr_size(addr));
	ike_write_u16(&w, addr->port);
	ok = !w.error && ike_sha1(&(struct ike_bytes){ w.data, w.len }, 1, out);
	ike_writer_free(&w);
	return ok;
}

bool ike_equal_secret(const void *a, const void *b, size_t len)
{
	return !CRYPTO_memcmp(a, b, len);
}

void ike_wipe(void *data, size_t len)
{
	OPENSSL_cleanse(data, len);
}
