// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Encrypted payloads: AES-GCM (RFC 5282) and AES-CBC with HMAC (RFC 7296 section 3.14), whole messages and
 * fragments (RFC 7383).
 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "crypto.h"
#include "hmac.h"

#define GCM_IV 8
#define GCM_TAG 16
#define GCM_SALT 4
#define CBC_BLOCK 16

struct ike_cipher {
	EVP_CIPHER_CTX *ctx;
	bool sealing;           /* direction for which @ctx has its key schedule */
	uint8_t e_key[32];
	EVP_MAC_CTX *mac;       /* NULL for an AEAD cipher */
	size_t mac_size;        /* octets of the digest before truncation */
	size_t iv_len, icv_len, block;
	uint8_t salt[GCM_SALT];
	uint8_t a_key[IKE_KEY_MAX];
	size_t a_len;
	uint64_t next_iv;
};

static const struct {
	uint16_t id, prf;       /* @prf: the same HMAC, not truncated */
	size_t icv;
} integs[] = {
	{ IKE_INTEG_HMAC_SHA1_96, IKE_PRF_HMAC_SHA1, 12 },
	{ IKE_INTEG_HMAC_SHA256_128, IKE_PRF_HMAC_SHA256, 16 },
	{ IKE_INTEG_HMAC_SHA384_192, IKE_PRF_HMAC_SHA384, 24 },
	{ IKE_INTEG_HMAC_SHA512_256, IKE_PRF_HMAC_SHA512, 32 },
};

static const EVP_CIPHER *evp_cipher(const struct ike_keys *k)
{
	bool gcm = k->encr == IKE_ENCR_AES_GCM_16;

	switch (k->key_bits) {
	case 128:
		return gcm ? EVP_aes_128_gcm() : EVP_aes_128_cbc();
	case 192:
		return gcm ? EVP_aes_192_gcm() : EVP_aes_192_cbc();
	case 256:
		return gcm ? EVP_aes_256_gcm() : EVP_aes_256_cbc();
	default:
		return NULL;
	}
}

static bool set_integrity(struct ike_cipher *c, const struct ike_keys *k, bool initiator)
{
	for (size_t i = 0; i < sizeof(integs) / sizeof(integs[0]); i++) {
		if (integs[i].id != k->integ)
			continue;
		c->mac = ike_hmac_new(integs[i].prf);
		c->mac_size = ike_prf_size(integs[i].prf);
		c->icv_len = integs[i].icv;
		c->a_len = k->a_len;
		memcpy(c->a_key, initiator ? k->ai : k->ar, k->a_len);
		return c->mac != NULL;
	}
	return false;
}

struct ike_cipher *ike_cipher_new(const struct ike_keys *keys, bool initiator)
{
	const uint8_t *key = initiator ? keys->ei : keys->er;
	const EVP_CIPHER *evp = evp_cipher(keys);
	struct ike_cipher *c;

	if (!evp || (keys->encr != IKE_ENCR_AES_GCM_16 && keys->encr != IKE_ENCR_AES_CBC))
		return NULL;
	c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	if (keys->encr == IKE_ENCR_AES_GCM_16) {
		c->iv_len = GCM_IV;
		c->icv_len = GCM_TAG;
		c->block = 1;
		memcpy(c->salt, key + keys->key_bits / 8, GCM_SALT);
	} else {
		c->iv_len = c->block = CBC_BLOCK;
		if (!set_integrity(c, keys, initiator))
			goto bad;
	}
	memcpy(c->e_key, key, keys->key_bits / 8);
	c->sealing = true;
	c->ctx = EVP_CIPHER_CTX_new();
	if (c->ctx && EVP_CipherInit_ex(c->ctx, evp, NULL, c->e_key, NULL, c->sealing))
		return c;
bad:
	ike_cipher_free(c);
	return NULL;
}

void ike_cipher_free(struct ike_cipher *cipher)
{
	if (!cipher)
		return;
	EVP_CIPHER_CTX_free(cipher->ctx);
	EVP_MAC_CTX_free(cipher->mac);
	ike_wipe(cipher, sizeof(*cipher));
	free(cipher);
}

/* Padding and the octet that counts it: up to the next multiple of the block. */
static size_t padded(const struct ike_cipher *c, size_t plain)
{
	return (plain + 1 + c->block - 1) / c->block * c->block;
}

size_t ike_cipher_sealed_size(const struct ike_cipher *cipher, size_t plain)
{
	return cipher->iv_len + padded(cipher, plain) + cipher->icv_len;
}

size_t ike_cipher_plain_room(const struct ike_cipher *cipher, size_t sealed)
{
	size_t overhead = cipher->iv_len + cipher->icv_len, room;

	if (sealed <= overhead)
		return 0;
	room = (sealed - overhead) / cipher->block * cipher->block;
	return room ? room - 1 : 0;
}

/* A cipher serves one direction in practice; only a change of it costs a key schedule. */
static bool start(struct ike_cipher *c, bool seal, const uint8_t *iv)
{
	const uint8_t *key = seal == c->sealing ? NULL : c->e_key;

	c->sealing = seal;
	return EVP_CipherInit_ex(c->ctx, NULL, NULL, key, iv, seal);
}

static bool gcm_crypt(struct ike_cipher *c, bool seal, const uint8_t *aad, size_t aad_len, const uint8_t *iv,
		      uint8_t *data, size_t len, uint8_t *tag)
{
	uint8_t nonce[GCM_SALT + GCM_IV], end[CBC_BLOCK];
	int n;

	memcpy(nonce, c->salt, GCM_SALT);
	memcpy(nonce + GCM_SALT, iv, GCM_IV);
	if (!start(c, seal, nonce) ||
	    (!seal && EVP_CIPHER_CTX_ctrl(c->ctx, EVP_CTRL_AEAD_SET_TAG, GCM_TAG, tag) <= 0) ||
	    !EVP_CipherUpdate(c->ctx, NULL, &n, aad, (int)aad_len) ||
	    !EVP_CipherUpdate(c->ctx, data, &n, data, (int)len) || EVP_CipherFinal_ex(c->ctx, end, &n) <= 0)
		return false;
	return !seal || EVP_CIPHER_CTX_ctrl(c->ctx, EVP_CTRL_AEAD_GET_TAG, GCM_TAG, tag) > 0;
}

static bool cbc_crypt(struct ike_cipher *c, bool seal, const uint8_t *iv, uint8_t *data, size_t len)
{
	int n;

	return start(c, seal, iv) && EVP_CIPHER_CTX_set_padding(c->ctx, 0) &&
	       EVP_CipherUpdate(c->ctx, data, &n, data, (int)len) && (size_t)n == len;
}

static bool checksum(struct ike_cipher *c, const uint8_t *msg, size_t len, uint8_t full[IKE_PRF_MAX])
{
	return ike_hmac(c->mac, c->a_key, c->a_len, &(struct ike_bytes){ msg, len }, 1, full, c->mac_size);
}

static bool seal_in_place(struct ike_cipher *c, uint8_t *msg, size_t msg_len, size_t body_at)
{
	uint8_t *iv = msg + body_at, *text = iv + c->iv_len, *icv = msg + msg_len - c->icv_len;
	uint8_t full[IKE_PRF_MAX];

	if (!c->mac)
		return gcm_crypt(c, true, msg, body_at, iv, text, (size_t)(icv - text), icv);
	if (!cbc_crypt(c, true, iv, text, (size_t)(icv - text)) || !checksum(c, msg, msg_len - c->icv_len, full))
		return false;
	memcpy(icv, full, c->icv_len);
	return true;
}

bool ike_sk_seal(struct ike_cipher *cipher, struct ike_writer *out, const struct ike_header *h, uint8_t first,
		 struct ike_bytes plain, const struct ike_skf *frag, const uint8_t *iv)
{
	size_t body_at = IKE_HEADER_LEN + IKE_PAYLOAD_HEADER_LEN + (frag ? 4 : 0);
	size_t text = padded(cipher, plain.len);
	size_t total = body_at + ike_cipher_sealed_size(cipher, plain.len);
	struct ike_header full = *h;
	uint8_t *pad;

	if (out->len || total > UINT16_MAX)
		return false;
	full.next_payload = frag ? IKE_PAYLOAD_SKF : IKE_PAYLOAD_SK;
	full.length = (uint32_t)total;
	ike_header_encode(out, &full);
	/* Only the first fragment names a payload (RFC 7383 section 2.5). */
	ike_write_u8(out, frag && frag->number > 1 ? IKE_PAYLOAD_NONE : first);
	ike_write_u8(out, 0);
	ike_write_u16(out, (uint16_t)(total - IKE_HEADER_LEN));
	if (frag) {
		ike_write_u16(out, frag->number);
		ike_write_u16(out, frag->total);
	}
	if (cipher->mac)
		ike_write_bytes(out, iv, CBC_BLOCK);
	else
		ike_write_u64(out, cipher->next_iv++);
	ike_write_bytes(out, plain.data, plain.len);
	pad = ike_write_reserve(out, text - plain.len);
	ike_write_reserve(out, cipher->icv_len);
	if (!pad || out->error)
		return false;
	out->data[body_at + cipher->iv_len + text - 1] = (uint8_t)(text - plain.len - 1);
	return seal_in_place(cipher, out->data, out->len, body_at);
}

bool ike_sk_open(struct ike_cipher *cipher, const uint8_t *msg, size_t msg_len, const struct ike_payload *sk,
		 struct ike_writer *plain, const char **why)
{
	size_t skip = sk->type == IKE_PAYLOAD_SKF ? 4 : 0, overhead = cipher->iv_len + cipher->icv_len;
	uint8_t full[IKE_PRF_MAX], tag[GCM_TAG], *text;
	size_t start = plain->len, len;
	const uint8_t *iv, *icv;
	const char *unused;
	uint8_t pad;
	bool ok;

	if (!why)
		why = &unused;
	*why = "encrypted payload is too short for its cipher";
	if (sk->body + sk->len != msg + msg_len || sk->len < skip + overhead + cipher->block ||
	    (sk->len - skip - overhead) % cipher->block)
		return false;
	iv = sk->body + skip;
	icv = sk->body + sk->len - cipher->icv_len;
	len = sk->len - skip - overhead;

	*why = "checksum of the encrypted payload is wrong";
	if (cipher->mac && (!checksum(cipher, msg, msg_len - cipher->icv_len, full) ||
			    !ike_equal_secret(full, icv, cipher->icv_len)))
		return false;

	*why = "out of memory";
	text = ike_write_reserve(plain, len);
	if (!text)
		return false;
	memcpy(text, iv + cipher->iv_len, len);
	if (cipher->mac) {
		ok = cbc_crypt(cipher, false, iv, text, len);
	} else {
		memcpy(tag, icv, sizeof(tag));
		*why = "checksum of the encrypted payload is wrong";
		ok = gcm_crypt(cipher, false, msg, (size_t)(iv - msg), iv, text, len, tag);
	}
	pad = text[len - 1];
	if (ok && pad < len) {
		plain->len = start + len - 1 - pad;
		ike_wipe(plain->data + plain->len, pad + 1u);
		return true;
	}
	if (ok)
		*why = "padding of the encrypted payload is longer than itself";
	ike_wipe(text, len);
	plain->len = start;
	return false;
}
