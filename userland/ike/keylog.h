/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines with which Wireshark and tshark decrypt a capture: its tables ikev2_decryption_table and esp_sa.
 *
 * Written only where an administrator has asked for it by name.
 */
#ifndef DVTI_IKE_KEYLOG_H
#define DVTI_IKE_KEYLOG_H

#include "addr.h"
#include "crypto.h"

#define IKE_KEYLOG_MAX 1024

/* Both: @buf of IKE_KEYLOG_MAX octets, no newline at the end; NULL for a suite that Wireshark does not have. */
const char *ike_keylog_ike(const struct ike_keys *keys, uint64_t spi_i, uint64_t spi_r, char *buf);
const char *ike_keylog_esp(const struct ike_esp_suite *suite, const uint8_t *key, uint32_t spi,
			   const struct ike_addr *src, const struct ike_addr *dst, char *buf);

#endif
