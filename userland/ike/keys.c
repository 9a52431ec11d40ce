// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From a shared secret and two nonces to the keys of an IKE SA and of its Child SAs, and to AUTH.
 */
#include <string.h>

#include "crypto.h"

static size_t integ_key_size(uint16_t integ)
{
	switch (integ) {
	case IKE_INTEG_HMAC_SHA1_96:
		return 20;
	case IKE_INTEG_HMAC_SHA256_128:
		return 32;
	case IKE_INTEG_HMAC_SHA384_192:
		return 48;
	case IKE_INTEG_HMAC_SHA512_256:
		return 64;
	default:
		return 0;
	}
}

static bool sizes(struct ike_keys *k, const struct ike_proposal *suite)
{
	const struct ike_transform *encr = ike_proposal_find(suite, IKE_TRANSFORM_ENCR);
	const struct ike_transform *prf = ike_proposal_find(suite, IKE_TRANSFORM_PRF);
	const struct ike_transform *integ = ike_proposal_find(suite, IKE_TRANSFORM_INTEG);

	if (!encr || !prf || (encr->key_bits != 128 && encr->key_bits != 192 && encr->key_bits != 256))
		return false;
	k->encr = encr->id;
	k->key_bits = encr->key_bits;
	k->prf = prf->id;
	k->integ = integ ? integ->id : IKE_INTEG_NONE;
	k->prf_len = ike_prf_size(prf->id);
	k->a_len = integ_key_size(k->integ);
	k->e_len = k->key_bits / 8;
	if (!k->prf_len)
		return false;
	if (k->encr == IKE_ENCR_AES_CBC)
		return k->a_len > 0;
	if (k->encr != IKE_ENCR_AES_GCM_16 || k->integ != IKE_INTEG_NONE)
		return false;
	k->e_len += 4;
	return true;
}

bool ike_suite_supported(const struct ike_proposal *suite)
{
	const struct ike_transform *ke = ike_proposal_find(suite, IKE_TRANSFORM_KE);
	struct ike_keys k;

	return sizes(&k, suite) && ke && ike_dh_supported(ke->id);
}

static void store_u64(uint8_t out[8], uint64_t v)
{
	for (int i = 7; i >= 0; i--, v >>= 8)
		out[i] = (uint8_t)v;
}

/* SKEYSEED: RFC 7296 section 2.14, and 2.18 for a rekeyed IKE SA. */
static bool skeyseed(const struct ike_keys *k, struct ike_bytes shared, struct ike_bytes ni, struct ike_bytes nr,
		     const struct ike_keys *old, uint8_t *out)
{
	struct ike_writer nonces = { 0 };
	bool ok;

	if (old)
		return ike_prf(old->prf, old->d, old->prf_len, (struct ike_bytes[]){ shared, ni, nr }, 3, out);
	ike_write_bytes(&nonces, ni.data, ni.len);
	ike_write_bytes(&nonces, nr.data, nr.len);
	ok = !nonces.error && ike_prf(k->prf, nonces.data, nonces.len, &shared, 1, out);
	ike_writer_free(&nonces);
	return ok;
}

bool ike_keys_derive(struct ike_keys *keys, const struct ike_proposal *suite, struct ike_bytes shared,
		     struct ike_bytes ni, struct ike_bytes nr, uint64_t spi_i, uint64_t spi_r,
		     const struct ike_keys *old)
{
	uint8_t seed[IKE_PRF_MAX], stream[7 * IKE_KEY_MAX], si[8], sr[8];
	const uint8_t *at = stream;
	struct ike_keys k = { 0 };
	bool ok;

	if (!sizes(&k, suite) || !skeyseed(&k, shared, ni, nr, old, seed))
		return false;
	store_u64(si, spi_i);
	store_u64(sr, spi_r);

	/* The key of prf+ is as long as the output of the PRF that made it: the old one's when rekeying. */
	ok = ike_prf_plus(k.prf, seed, old ? old->prf_len : k.prf_len,
			  (struct ike_bytes[]){ ni, nr, { si, 8 }, { sr, 8 } }, 4, stream,
			  3 * k.prf_len + 2 * k.a_len + 2 * k.e_len);
	if (ok) {
		struct { uint8_t *key; size_t len; } const parts[] = {
			{ k.d, k.prf_len }, { k.ai, k.a_len }, { k.ar, k.a_len }, { k.ei, k.e_len },
			{ k.er, k.e_len }, { k.pi, k.prf_len }, { k.pr, k.prf_len },
		};

		for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
			memcpy(parts[i].key, at, parts[i].len);
			at += parts[i].len;
		}
		*keys = k;
	}
	ike_wipe(seed, sizeof(seed));
	ike_wipe(stream, sizeof(stream));
	ike_keys_wipe(&k);
	return ok;
}

void ike_keys_wipe(struct ike_keys *keys)
{
	ike_wipe(keys, sizeof(*keys));
}

bool ike_child_keys(const struct ike_keys *keys, const struct ike_esp_suite *suite, struct ike_bytes shared,
		    struct ike_bytes ni, struct ike_bytes nr, uint8_t *i2r, uint8_t *r2i)
{
	uint8_t keymat[2 * IKE_ESP_KEY_MAX];
	bool ok = ike_prf_plus(keys->prf, keys->d, keys->prf_len, (struct ike_bytes[]){ shared, ni, nr }, 3, keymat,
			       2 * suite->key_len);

	if (ok) {
		memcpy(i2r, keymat, suite->key_len);
		memcpy(r2i, keymat + suite->key_len, suite->key_len);
	}
	ike_wipe(keymat, sizeof(keymat));
	return ok;
}

bool ike_auth_octets(struct ike_writer *out, uint16_t prf, struct ike_bytes message, struct ike_bytes nonce,
		     const uint8_t *sk_p, struct ike_bytes id_body)
{
	uint8_t maced[IKE_PRF_MAX];

	if (!ike_prf(prf, sk_p, ike_prf_size(prf), &id_body, 1, maced))
		return false;
	ike_write_bytes(out, message.data, message.len);
	ike_write_bytes(out, nonce.data, nonce.len);
	ike_write_bytes(out, maced, ike_prf_size(prf));
	return !out->error;
}

bool ike_auth_psk(uint16_t prf, struct ike_bytes psk, struct ike_bytes octets, uint8_t *out)
{
	static const char pad[] = "Key Pad for IKEv2"; /* without its NUL */
	uint8_t key[IKE_PRF_MAX];
	struct ike_bytes padding = { (const uint8_t *)pad, sizeof(pad) - 1 };
	bool ok = ike_prf(prf, psk.data, psk.len, &padding, 1, key) &&
		  ike_prf(prf, key, ike_prf_size(prf), &octets, 1, out);

	ike_wipe(key, sizeof(key));
	return ok;
}
