// SPDX-License-Identifier: GPL-2.0-only
/*
 * AES-GCM with AES-NI and PCLMULQDQ on 128-bit registers, and the expansion of keys for all units.
 *
 * Without AVX: small machines have AES-NI and no AVX, and on the others the caller clears the upper halves of the
 * registers first, which makes both encodings equally fast.
 */
#include "gcm_unit.h"

/** struct text_end - octets of text in a packet's last vector, which is its last block */
struct text_end {
	__m128i mask;
};

#define LANES 1
#define vec __m128i
#define vec_zero() _mm_setzero_si128()
#define VEC_MOVE "movdqu"
#define vec_load(p) _mm_loadu_si128((const __m128i *)(p))
#define vec_store(p, v) _mm_storeu_si128((__m128i *)(p), v)
#define vec_xor(a, b) _mm_xor_si128(a, b)
#define vec_xor3(a, b, c) _mm_xor_si128(a, _mm_xor_si128(b, c))
#define vec_and(a, b) _mm_and_si128(a, b)
#define vec_add32(a, b) _mm_add_epi32(a, b)
#define vec_add64(a, b) _mm_add_epi64(a, b)
#define vec_shift_right64(v, n) _mm_srli_epi64(v, n)
#define vec_shuffle(v, order) _mm_shuffle_epi8(v, order)
#define vec_swap_halves(v) _mm_shuffle_epi32(v, 0x4e)
#define vec_clmul(a, b, which) _mm_clmulepi64_si128(a, b, which)
#define vec_aesenc(v, rk) _mm_aesenc_si128(v, rk)
#define vec_aesenclast(v, rk) _mm_aesenclast_si128(v, rk)

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
	asm volatile("pxor %%xmm0, %%xmm0\n\tpxor %%xmm1, %%xmm1\n\tpxor %%xmm2, %%xmm2\n\tpxor %%xmm3, %%xmm3\n\t"
		     "pxor %%xmm4, %%xmm4\n\tpxor %%xmm5, %%xmm5\n\tpxor %%xmm6, %%xmm6\n\tpxor %%xmm7, %%xmm7\n\t"
		     "pxor %%xmm8, %%xmm8\n\tpxor %%xmm9, %%xmm9\n\tpxor %%xmm10, %%xmm10\n\tpxor %%xmm11, %%xmm11\n\t"
		     "pxor %%xmm12, %%xmm12\n\tpxor %%xmm13, %%xmm13\n\tpxor %%xmm14, %%xmm14\n\tpxor %%xmm15, %%xmm15"
		     : : : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
		     "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
}

/* What the functions that work on packets use of the stack at most */
#define STACK_USED 768

#include "gcm_steps.h"

/* SubWord() of FIPS 197: with four equal columns, ShiftRows() changes nothing. */
static u32 sub_word(u32 word)
{
	return _mm_cvtsi128_si32(_mm_aesenclast_si128(_mm_set1_epi32(word), _mm_setzero_si128()));
}

/* FIPS 197 section 5.2, words as they lie in memory. */
static void expand_key(struct dvti_gcm_key *k, const u8 *aes, unsigned int len)
{
	u32 *w = (u32 *)k->round_keys;
	unsigned int i, nk = len / 4;
	u32 t, rcon = 1;

	k->rounds = nk + 6;
	__builtin_memcpy(w, aes, len);
	for (i = nk; i < 4 * (k->rounds + 1); i++) {
		t = w[i - 1];
		if (i % nk == 0) {
			t = sub_word(t >> 8 | t << 24) ^ rcon;
			rcon = rcon << 1 ^ (rcon >> 7) * 0x11b;
		} else if (nk == 8 && i % nk == 4) {
			t = sub_word(t);
		}
		w[i] = w[i - nk] ^ t;
	}
}

static __m128i multiply(__m128i a, __m128i b)
{
	return reduce(_mm_clmulepi64_si128(a, b, 0x00),
		      _mm_clmulepi64_si128(_mm_xor_si128(a, swap_halves(a)), _mm_xor_si128(b, swap_halves(b)), 0x00),
		      _mm_clmulepi64_si128(a, b, 0x11));
}

/* H in the bit order of the multiplier, times x, which makes up for the bit by which reflected products fall short. */
static __m128i hash_key(const struct dvti_gcm_key *k)
{
	__m128i h = block_load(k->round_keys[0]);
	u64 lo, hi, carry;
	u32 r;

	for (r = 1; r < k->rounds; r++)
		h = _mm_aesenc_si128(h, block_load(k->round_keys[r]));
	h = block_reverse(_mm_aesenclast_si128(h, block_load(k->round_keys[r])));

	lo = _mm_cvtsi128_si64(h);
	hi = _mm_extract_epi64(h, 1);
	carry = 0 - (hi >> 63);
	hi = (hi << 1 | lo >> 63) ^ (carry & 0xc200000000000000);
	lo = lo << 1 ^ (carry & 1);
	return _mm_set_epi64x(hi, lo);
}

void dvti_gcm_setkey(struct dvti_gcm_key *k, const u8 *aes, unsigned int len, u32 salt, unsigned int aad_len)
{
	__m128i h, power, sum, bits;
	int i;

	__builtin_memset(k, 0, sizeof(*k));
	expand_key(k, aes, len);
	k->salt = salt;
	k->aad_bits = aad_len * 8;

	h = hash_key(k);
	bits = _mm_set_epi64x(k->aad_bits, 0);
	sum = _mm_xor_si128(h, swap_halves(h));
	block_store(k->aad_bits_hi, _mm_clmulepi64_si128(bits, h, 0x11));
	block_store(k->aad_bits_mid, _mm_clmulepi64_si128(bits, sum, 0x01));

	power = h;
	for (i = DVTI_GCM_POWERS - 1; i >= 0; i--) {
		block_store(k->powers[i], power);
		block_store(k->powers_sum[i], _mm_xor_si128(power, swap_halves(power)));
		power = multiply(power, h);
	}
	wipe_stack(STACK_USED);
	vec_clear_registers();
}

const struct dvti_gcm_unit dvti_gcm_aesni = {
	.name = "AES-NI",
	.seal = seal_one_by_one,
	.open = open_one_by_one,
	.copy_sum = copy_sum,
};
