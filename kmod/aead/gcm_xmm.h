/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * AES-GCM with AES-NI and PCLMULQDQ on 128-bit registers: a block in each. For the units that differ in how their
 * instructions are encoded.
 */
#ifndef DVTI_GCM_XMM_H
#define DVTI_GCM_XMM_H

#include "gcm_unit.h"

/** struct text_end - octets of text in a packet's last vector, which is its last block */
struct text_end {
	__m128i mask;
};

#define LANES 1
#define vec __m128i
#define vec_zero() _mm_setzero_si128()
#define vec_load(p) _mm_loadu_si128((const __m128i *)(p))
#define vec_store(p, v) _mm_storeu_si128((__m128i *)(p), v)
#define vec_xor(a, b) _mm_xor_si128(a, b)
#define vec_xor3(a, b, c) _mm_xor_si128(a, _mm_xor_si128(b, c))
#define vec_and(a, b) _mm_and_si128(a, b)
#define vec_add32(a, b) _mm_add_epi32(a, b)
#define vec_add64(a, b) _mm_add_epi64(a, b)
#define vec_shift_right64(v, n) _mm_srli_epi64(v, n)
#define vec_shuffle(v, order) _mm_shuffle_epi8(v, order)
#define vec_unpack_low(a, b) _mm_unpacklo_epi64(a, b)
#define vec_unpack_high(a, b) _mm_unpackhi_epi64(a, b)
#define vec_swap_halves(v) _mm_shuffle_epi32(v, 0x4e)
#define vec_clmul(a, b, which) _mm_clmulepi64_si128(a, b, which)
#define vec_aesenclast(v, rk) _mm_aesenclast_si128(v, rk)
#define vec_settle(v) asm("" : "+x"(v))

/* Two at a time would need more moves than it spares where the result overwrites an operand. */
#ifdef __AVX__
#define GHASH_ROWS 2
#define WIPE_MOVE "vmovdqu"
#define wipe_zero() _mm256_setzero_si256()
#else
#define GHASH_ROWS 1
#define WIPE_MOVE "movdqu"
#define wipe_zero() _mm_setzero_si128()
#endif

/* A round takes its key from memory: as an operand that costs nothing, and sixteen registers are few. */
#define vec_round_key const __m128i *
#define vec_round_key_at(p) ((const __m128i *)(p))

static __always_inline __m128i vec_aesenc(__m128i v, const __m128i *rk)
{
#ifdef __AVX__
	__m128i next;

	asm("vaesenc %2, %1, %0" : "=x"(next) : "x"(v), "m"(*rk));
	return next;
#else
	asm("aesenc %1, %0" : "+x"(v) : "m"(*rk));
	return v;
#endif
}

/* Between one block and a vector */
#define vec_broadcast(block) (block)
#define vec_of_block(block) (block)
#define vec_fold(v) (v)
#define vec_fold_add64(v) (v)

#define vec_first(v) (v)

static __always_inline __m128i vec_without_first(__m128i v)
{
	return vec_zero();
}

static __always_inline __m128i vec_insert(__m128i v, __m128i block, u32 lane)
{
	return v;
}

/* A packet's first vector is the block in front of the text, which only lends its number. */
static __always_inline __m128i vec_load_first(const u8 *p)
{
	return vec_zero();
}

static __always_inline void vec_store_first(u8 *p, __m128i v, __m128i header, int open)
{
	if (!open)
		block_store(p, header);
}

/* A packet's last vector */
static __always_inline struct text_end text_end_at(u32 n)
{
	return (struct text_end){ block_mask(n) };
}

static __always_inline __m128i vec_load_end(const u8 *p, struct text_end end)
{
	return _mm_and_si128(block_load(p), end.mask);
}

static __always_inline void vec_store_end(u8 *p, __m128i v, struct text_end end)
{
	block_store(p, v);
}

static __always_inline __m128i vec_keep(__m128i v, struct text_end end)
{
	return _mm_and_si128(v, end.mask);
}

/* Both at once: a packet without text */
static __always_inline __m128i vec_load_only(const u8 *p, struct text_end end)
{
	return vec_zero();
}

static __always_inline void vec_store_only(u8 *p, __m128i v, struct text_end end, __m128i header, int open)
{
	vec_store_first(p, v, header, open);
}

static inline void vec_clear_registers(void)
{
#ifdef __AVX__
	asm volatile("vzeroall"
#else
	asm volatile("pxor %%xmm0, %%xmm0\n\tpxor %%xmm1, %%xmm1\n\tpxor %%xmm2, %%xmm2\n\tpxor %%xmm3, %%xmm3\n\t"
		     "pxor %%xmm4, %%xmm4\n\tpxor %%xmm5, %%xmm5\n\tpxor %%xmm6, %%xmm6\n\tpxor %%xmm7, %%xmm7\n\t"
		     "pxor %%xmm8, %%xmm8\n\tpxor %%xmm9, %%xmm9\n\tpxor %%xmm10, %%xmm10\n\tpxor %%xmm11, %%xmm11\n\t"
		     "pxor %%xmm12, %%xmm12\n\tpxor %%xmm13, %%xmm13\n\tpxor %%xmm14, %%xmm14\n\tpxor %%xmm15, %%xmm15"
#endif
		     : : : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
		     "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
}

/* What the functions that work on packets use of the stack at most; clang keeps less in registers. */
#ifdef __clang__
#define STACK_USED 512
#else
#define STACK_USED 384
#endif

#include "gcm_steps.h"

#endif
