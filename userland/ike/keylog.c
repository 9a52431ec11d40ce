// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The names are Wireshark 4.0's; a line that it does not understand makes it refuse the whole table.
 */
#include <stdio.h>
#include <string.h>

#include "keylog.h"

static const char *integ_name(uint16_t integ)
{
	switch (integ) {
	case IKE_INTEG_NONE:
		return "NONE [RFC4306]";
	case IKE_INTEG_HMAC_SHA1_96:
		return "HMAC_SHA1_96 [RFC2404]";
	case IKE_INTEG_HMAC_SHA256_128:
		return "HMAC_SHA2_256_128 [RFC4868]";
	case IKE_INTEG_HMAC_SHA384_192:
		return "HMAC_SHA2_384_192 [RFC4868]";
	case IKE_INTEG_HMAC_SHA512_256:
		return "HMAC_SHA2_512_256 [RFC4868]";
	default:
		return NULL;
	}
}

static const char *esp_integ_name(uint16_t integ)
{
	switch (integ) {
	case IKE_INTEG_NONE:
		return "NULL";
	case IKE_INTEG_HMAC_MD5_96:
		return "HMAC-MD5-96 [RFC2403]";
	case IKE_INTEG_HMAC_SHA1_96:
		return "HMAC-SHA-1-96 [RFC2404]";
	case IKE_INTEG_HMAC_SHA256_128:
		return "HMAC-SHA-256-128 [RFC4868]";
	case IKE_INTEG_HMAC_SHA384_192:
		return "HMAC-SHA-384-192 [RFC4868]";
	case IKE_INTEG_HMAC_SHA512_256:
		return "HMAC-SHA-512-256 [RFC4868]";
	default:
		return NULL;
	}
}

static const char *esp_encr_name(uint16_t encr)
{
	switch (encr) {
	case IKE_ENCR_AES_GCM_16:
		return "AES-GCM with 16 octet ICV [RFC4106]";
	case IKE_ENCR_AES_CBC:
		return "AES-CBC [RFC3602]";
	case IKE_ENCR_3DES:
		return "TripleDES-CBC [RFC2451]";
	case IKE_ENCR_NULL:
		return "NULL";
	default:
		return NULL;
	}
}

static const char *hex(char *buf, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sprintf(buf + 2 * i, "%02x", data[i]);
	buf[2 * len] = '\0';
	return buf;
}

const char *ike_keylog_ike(const struct ike_keys *keys, uint64_t spi_i, uint64_t spi_r, char *buf)
{
	char ei[2 * IKE_KEY_MAX + 1], er[2 * IKE_KEY_MAX + 1], ai[2 * IKE_KEY_MAX + 1], ar[2 * IKE_KEY_MAX + 1];
	const char *integ = integ_name(keys->integ);
	bool gcm = keys->encr == IKE_ENCR_AES_GCM_16;

	if (!integ || (!gcm && keys->encr != IKE_ENCR_AES_CBC))
		return NULL;
	snprintf(buf, IKE_KEYLOG_MAX, "%016llx,%016llx,%s,%s,\"AES-%s-%u %s\",%s,%s,\"%s\"",
		 (unsigned long long)spi_i, (unsigned long long)spi_r, hex(ei, keys->ei, keys->e_len),
		 hex(er, keys->er, keys->e_len), gcm ? "GCM" : "CBC", keys->key_bits,
		 gcm ? "with 16 octet ICV [RFC5282]" : "[RFC3602]", hex(ai, keys->ai, keys->a_len),
		 hex(ar, keys->ar, keys->a_len), integ);
	ike_wipe(ei, sizeof(ei));
	ike_wipe(er, sizeof(er));
	ike_wipe(ai, sizeof(ai));
	ike_wipe(ar, sizeof(ar));
	return buf;
}

const char *ike_keylog_esp(const struct ike_esp_suite *suite, const uint8_t *key, uint32_t spi,
			   const struct ike_addr *src, const struct ike_addr *dst, char *buf)
{
	char e[2 * IKE_ESP_KEY_MAX + 1], a[2 * IKE_ESP_KEY_MAX + 1], from[IKE_ADDR_STRLEN], to[IKE_ADDR_STRLEN];
	const char *encr = esp_encr_name(suite->encr), *integ = esp_integ_name(suite->integ);
	/* The salt counts as part of the key. */
	size_t e_len = suite->cipher_len, a_len = suite->key_len - e_len;

	if (!encr || !integ)
		return NULL;
	snprintf(buf, IKE_KEYLOG_MAX, "\"%s\",\"%s\",\"%s\",\"0x%08x\",\"%s\",\"%s%s\",\"%s\",\"%s%s\"",
		 src->family == AF_INET6 ? "IPv6" : "IPv4", ike_addr_text(src, from), ike_addr_text(dst, to), spi, encr,
		 e_len ? "0x" : "", hex(e, key, e_len), integ, a_len ? "0x" : "", hex(a, key + e_len, a_len));
	ike_wipe(e, sizeof(e));
	ike_wipe(a, sizeof(a));
	return buf;
}
