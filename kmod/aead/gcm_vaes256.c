// SPDX-License-Identifier: GPL-2.0-only
/*
 * AES-GCM with VAES and VPCLMULQDQ on 256-bit registers: two blocks in each. For CPUs without AVX-512, and for those
 * where 512-bit registers cost clock frequency.
 */
#include "gcm_unit.h"

/**
 * struct text_end - of a packet's last vector
 * @mask: octets of text in the packet's last block
 * @odd: the vector has this one block alone
 */
struct text_end {
	__m128i mask;
	int odd;
};

#define LANES 2
#define vec __m256i
#define vec_zero() _mm256_setzero_si256()
#define VEC_MOVE "vmovdqu"
#define vec_load(p) _mm256_loadu_si256((const __m256i *)(p))
#define vec_store(p, v) _mm256_storeu_si256((__m256i *)(p), v)
#define vec_xor(a, b) _mm256_xor_si256(a, b)
#define vec_xor3(a, b, c) _mm256_xor_si256(a, _mm256_xor_si256(b, c))
#define vec_and(a, b) _mm256_and_si256(a, b)
#define vec_add32(a, b) _mm256_add_epi32(a, b)
#define vec_add64(a, b) _mm256_add_epi64(a, b)
#define vec_shift_right64(v, n) _mm256_srli_epi64(v, n)
#define vec_shuffle(v, order) _mm256_shuffle_epi8(v, order)
#define vec_swap_halves(v) _mm256_shuffle_epi32(v, 0x4e)
#define vec_clmul(a, b, which) _mm256_clmulepi64_epi128(a, b, which)
#define vec_aesenc(v, rk) _mm256_aesenc_epi128(v, rk)
#define vec_round_key vec
#define vec_round_key_at(p) vec_broadcast(block_load(p))
#define vec_aesenclast(v, rk) _mm256_aesenclast_epi128(v, rk)
#define vec_settle(v) asm("" : "+x"(v))

/* Between one block and a vector */
#define vec_broadcast(block) _mm256_broadcastsi128_si256(block)
#define vec_of_block(block) _mm256_zextsi128_si256(block)

static __always_inline __m128i vec_first(__m256i v)
{
	return _mm256_castsi256_si128(v);
}

static __always_inline __m128i vec_second(__m256i v)
{
	return _mm256_extracti128_si256(v, 1);
}

static __always_inline __m256i vec_of_two(__m128i first, __m128i second)
{
	return _mm256_inserti128_si256(_mm256_castsi128_si256(first), second, 1);
}

static __always_inline __m128i vec_fold(__m256i v)
{
	return _mm_xor_si128(vec_first(v), vec_second(v));
}

static __always_inline __m128i vec_fold_add64(__m256i v)
{
	return _mm_add_epi64(vec_first(v), vec_second(v));
}

static __always_inline __m256i vec_without_first(__m256i v)
{
	return _mm256_blend_epi32(v, _mm256_setzero_si256(), 0x0f);
}

static __always_inline __m256i vec_insert(__m256i v, __m128i block, u32 lane)
{
	return lane ? vec_of_two(vec_first(v), block) : v;
}

/* A packet's first vector is the block in front of the text, which only lends its number, and the first of text. */
static __always_inline __m256i vec_load_first(const u8 *p)
{
	return vec_of_two(_mm_setzero_si128(), block_load(p + 16));
}

static __always_inline void vec_store_first(u8 *p, __m256i v, __m128i header, int open)
{
	if (open)
		block_store(p + 16, vec_second(v));
	else
		vec_store(p, _mm256_blend_epi32(v, vec_of_block(header), 0x0f));
}

/* A packet's last vector, @n octets of which are text (or header) */
static __always_inline struct text_end text_end_at(u32 n)
{
	struct text_end end = {
		.mask = block_mask((n - 1) % 16 + 1),
		.odd = n <= 16,
	};

	return end;
}

static __always_inline __m256i vec_load_end(const u8 *p, struct text_end end)
{
	if (end.odd)
		return vec_of_block(_mm_and_si128(block_load(p), end.mask));
	return vec_of_two(block_load(p), _mm_and_si128(block_load(p + 16), end.mask));
}

static __always_inline void vec_store_end(u8 *p, __m256i v, struct text_end end)
{
	if (end.odd)
		block_store(p, vec_first(v));
	else
		vec_store(p, v);
}

static __always_inline __m256i vec_keep(__m256i v, struct text_end end)
{
	if (end.odd)
		return vec_of_block(_mm_and_si128(vec_first(v), end.mask));
	return vec_of_two(vec_first(v), _mm_and_si128(vec_second(v), end.mask));
}

/* Both at once: at most one block of text */
static __always_inline __m256i vec_load_only(const u8 *p, struct text_end end)
{
	if (end.odd)
		return vec_zero();
	return vec_of_two(_mm_setzero_si128(), _mm_and_si128(block_load(p + 16), end.mask));
}

static __always_inline void vec_store_only(u8 *p, __m256i v, struct text_end end, __m128i header, int open)
{
	if (!end.odd)
		vec_store_first(p, v, header, open);
	else if (!open)
		block_store(p, header);
}

static inline void vec_clear_registers(void)
{
	asm volatile("vzeroall"
		     : : : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
		     "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
}

/* What the functions that work on packets use of the stack at most */
#define STACK_USED 1536

#include "gcm_steps.h"

const struct dvti_gcm_unit dvti_gcm_vaes256 = {
	.name = "VAES-256",
	.seal = seal_one_by_one,
	.open = open_one_by_one,
	.copy_sum = copy_sum,
};
