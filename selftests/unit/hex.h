/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Octets as hexadecimal text in unit tests. cmocka's own header wants these before it.
 */
#ifndef DVTI_SELFTESTS_HEX_H
#define DVTI_SELFTESTS_HEX_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ike/buf.h"

/* Up to 1024 octets of @hex, blanks left out, in one of sixteen static buffers. */
static inline struct ike_bytes unhex(const char *hex)
{
	static uint8_t ring[16][1024];
	static unsigned int next;
	uint8_t *out = ring[next++ % 16];
	size_t n = 0;

	for (; *hex; hex++) {
		unsigned int octet;

		if (*hex == ' ')
			continue;
		assert_true(n < sizeof(ring[0]) && sscanf(hex, "%2x", &octet) == 1);
		out[n++] = (uint8_t)octet;
		hex++;
	}
	return (struct ike_bytes){ out, n };
}

#define assert_hex(got, size, hex) do {					\
	struct ike_bytes expected_ = unhex(hex);				\
	assert_int_equal(size, expected_.len);					\
	assert_memory_equal(got, expected_.data, expected_.len);		\
} while (0)

#define bytes_of(text) ((struct ike_bytes){ (const uint8_t *)(text), strlen(text) })

#endif
