/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HMAC in a context that is used again and again: setting one up costs more than a short message. For the files
 * behind crypto.h.
 */
#ifndef DVTI_IKE_HMAC_H
#define DVTI_IKE_HMAC_H

#include <openssl/evp.h>

#include "buf.h"

EVP_MAC_CTX *ike_hmac_new(uint16_t prf); /* of that PRF's digest; free with EVP_MAC_CTX_free(), which wipes */
/* @size: octets of the digest, which @out holds. */
bool ike_hmac(EVP_MAC_CTX *ctx, const void *key, size_t key_len, const struct ike_bytes *in, size_t n,
	      uint8_t *out, size_t size);

#endif
