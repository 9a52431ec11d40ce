/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all units of vector code for AES-GCM start with.
 */
#ifndef DVTI_GCM_UNIT_H
#define DVTI_GCM_UNIT_H

#define _MM_MALLOC_H_INCLUDED 1	/* needs a C library */
#include <immintrin.h>

#include "gcm.h"

/*
 * Loops over vectors have constant bounds once everything is inlined, and are unrolled: their arrays then live in
 * registers.
 */

static __always_inline __m128i block_load(const void *p)
{
	return _mm_loadu_si128((const __m128i *)p);
}

static __always_inline void block_store(void *p, __m128i v)
{
	_mm_storeu_si128((__m128i *)p, v);
}

/* The first @n octets of a block, 0 to 16 */
static __always_inline __m128i block_mask(u32 n)
{
	static const u8 ones_and_zeros[32] __aligned(32) = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	};

	return block_load(ones_and_zeros + 16 - n);
}

#endif
