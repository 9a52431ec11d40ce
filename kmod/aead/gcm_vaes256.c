// SPDX-License-Identifier: GPL-2.0-only
/*
 * AES-GCM with VAES and VPCLMULQDQ on 256-bit registers: two blocks in each. For CPUs without AVX-512, and for those
 * where 512-bit registers cost clock frequency.
 */
#define _MM_MALLOC_H_INCLUDED 1	/* needs a C library */
#include <immintrin.h>

#include "gcm.h"

typedef __m256i vec;

#define LANES 2
#define vec_zero() _mm256_setzero_si256()
#define vec_load(p) _mm256_loadu_si256((const __m256i *)(p))
#define vec_store(p, v) _mm256_storeu_si256((__m256i *)(p), v)
#define vec_xor(a, b) _mm256_xor_si256(a, b)
#define vec_and(a, b) _mm256_and_si256(a, b)
#define vec_add32(a, b) _mm256_add_epi32(a, b)
#define vec_add64(a, b) _mm256_add_epi64(a, b)
#define vec_shift_right64(v, n) _mm256_srli_epi64(v, n)
#define vec_shuffle(v, order) _mm256_shuffle_epi8(v, order)
#define vec_swap_halves(v) _mm256_shuffle_epi32(v, 0x4e)
#define vec_clmul(a, b, which) _mm256_clmulepi64_epi128(a, b, which)
#define vec_aesenc(v, rk) _mm256_aesenc_epi128(v, rk)
#define vec_aesenclast(v, rk) _mm256_aesenclast_epi128(v, rk)

/* Between one block and a vector */
#define vec_broadcast(block) _mm256_broadcastsi128_si256(block)
#define vec_of_block(block) _mm256_zextsi128_si256(block)

static inline __m128i vec_first(__m256i v)
{
	return _mm256_castsi256_si128(v);
}

static inline __m128i vec_second(__m256i v)
{
	return _mm256_extracti128_si256(v, 1);
}

static inline __m256i vec_of_two(__m128i first, __m128i second)
{
	return _mm256_inserti128_si256(_mm256_castsi128_si256(first), second, 1);
}

static inline __m128i vec_fold(__m256i v)
{
	return _mm_xor_si128(vec_first(v), vec_second(v));
}

static inline __m128i vec_fold_add64(__m256i v)
{
	return _mm_add_epi64(vec_first(v), vec_second(v));
}

static inline __m256i vec_count_from_1(__m128i nonce)
{
	return _mm256_or_si256(vec_broadcast(nonce), _mm256_set_epi32(2, 0, 0, 0, 1, 0, 0, 0));
}

/* A packet's first vector is the block in front of the text, which only lends its number, and the first of text. */
static inline __m256i vec_load_first(const u8 *p, __m128i mask)
{
	return vec_of_two(_mm_setzero_si128(), _mm_and_si128(_mm_loadu_si128((const __m128i *)(p + 16)), mask));
}

static inline void vec_store_first(u8 *p, __m256i v)
{
	_mm_storeu_si128((__m128i *)(p + 16), vec_second(v));
}

static inline __m256i vec_without_first(__m256i v)
{
	return _mm256_blend_epi32(v, _mm256_setzero_si256(), 0x0f);
}

/* A packet's last vector has one block when the packet's number of blocks is odd. */
static inline __m256i vec_load_end(const u8 *p, __m128i mask, int odd)
{
	__m128i first = _mm_loadu_si128((const __m128i *)p);

	if (odd)
		return vec_of_block(_mm_and_si128(first, mask));
	return vec_of_two(first, _mm_and_si128(_mm_loadu_si128((const __m128i *)(p + 16)), mask));
}

static inline void vec_store_end(u8 *p, __m256i v, int odd)
{
	if (odd)
		_mm_storeu_si128((__m128i *)p, vec_first(v));
	else
		vec_store(p, v);
}

static inline __m256i vec_keep_last(__m256i v, __m128i mask, int odd)
{
	if (odd)
		return vec_of_block(_mm_and_si128(vec_first(v), mask));
	return vec_of_two(vec_first(v), _mm_and_si128(vec_second(v), mask));
}

static inline void vec_clear_registers(void)
{
	asm volatile("vzeroall"
		     : : : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
		     "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
}

#include "gcm_narrow.h"

const struct dvti_gcm_unit dvti_gcm_vaes256 = {
	.name = "VAES-256",
	.seal = seal,
	.open = open,
	.copy_sum = copy_sum,
};
