// SPDX-License-Identifier: GPL-2.0-only
/*
 * AES-GCM with AES-NI for CPUs without AVX, and the expansion of keys for all units. On CPUs with AVX the caller clears
 * the upper halves of the registers first, without which they are slow.
 */
#include "gcm_xmm.h"

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
