/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cookies against floods of IKE_SA_INIT from forged addresses (RFC 7296 section 2.6).
 */
#ifndef DVTI_IKEV2_COOKIE_H
#define DVTI_IKEV2_COOKIE_H

#include "core.h"
#include "../ike/crypto.h"

#define COOKIE_LEN (1 + IKE_SHA256_LEN)

/** struct cookie_secrets - the present secret and the one before it, by version modulo 2 */
struct cookie_secrets {
	uint8_t secret[2][32];
	uint8_t version;
	uint64_t since;
	bool seeded;
};

/* Both: nonce, address and SPI are those of the request. */
void cookie_make(struct ike_core *core, struct ike_bytes nonce, const struct ike_addr *remote, uint64_t spi_i,
		 uint8_t out[COOKIE_LEN]);
bool cookie_check(struct ike_core *core, struct ike_bytes cookie, struct ike_bytes nonce,
		  const struct ike_addr *remote, uint64_t spi_i);

#endif
