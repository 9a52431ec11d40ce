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
#define GHASH_ROWS 2
#define WIPE_MOVE "vmovdqu"
#define wipe_zero() vec_zero()
#define vec_load(p) _mm256_loadu_si256((const __m256i *)(p))
#define vec_store(p, v) _mm256_storeu_si256((__m256i *)(p), v)
#define vec_xor(a, b) _mm256_xor_si256(a, b)
#define vec_xor3(a, b, c) _mm256_xor_si256(a, _mm256_xor_si256(b, c))
#define vec_and(a, b) _mm256_and_si256(a, b)
#define vec_add32(a, b) _mm256_add_epi32(a, b)
#define vec_add64(a, b) _mm256_add_epi64(a, b)
#define vec_shift_right64(v, n) _mm256_srli_epi64(v, n)
#define vec_shuffle(v, order) _mm256_shuffle_epi8(v, order)
#define vec_unpack_low(a, b) _mm256_unpacklo_epi64(a, b)
#define vec_unpack_high(a, b) _mm256_unpackhi_epi64(a, b)
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
#define STACK_USED 768

#include "gcm_steps.h"

/*
 * Short packets, in pairs that have a lane each of all registers: packets with as many blocks of text, up to SHORT.
 * With more the registers do not suffice when opening.
 */
#define SHORT 6

/* Block @i of the @n of each packet's text */
static __always_inline vec pair_text(struct dvti_gcm_packet *const *p, int i, int n, vec end)
{
	vec v = vec_of_two(block_load(p[0]->text + 16 * i), block_load(p[1]->text + 16 * i));

	return i == n - 1 ? vec_and(v, end) : v;
}

/* The part of both GHASHes that is no text: AAD, to be multiplied by the power at @i, and lengths */
static __always_inline void pair_ghash_init(struct ghash *g, const struct dvti_gcm_key *k,
					    struct dvti_gcm_packet *const *p, u32 i)
{
	vec h = vec_broadcast(block_load(k->powers[DVTI_GCM_POWERS - 1]));
	vec sum = vec_broadcast(block_load(k->powers_sum[DVTI_GCM_POWERS - 1]));
	vec bits = vec_of_two(_mm_cvtsi64_si128((u64)p[0]->len * 8), _mm_cvtsi64_si128((u64)p[1]->len * 8));

	/* What is constant has been multiplied when the key was made. */
	g->lo = vec_clmul(bits, h, 0x00);
	g->mid = vec_xor(vec_clmul(bits, sum, 0x00), vec_broadcast(block_load(k->aad_bits_mid)));
	g->hi = vec_broadcast(block_load(k->aad_bits_hi));
	ghash_add_same(g, k, vec_of_two(_mm_set_epi64x(p[0]->aad_hi, p[0]->aad_lo),
					_mm_set_epi64x(p[1]->aad_hi, p[1]->aad_lo)), i);
}

/* @n blocks of text in each packet; this and @open are constants. */
static __always_inline void pair_of(const struct dvti_gcm_key *k, struct dvti_gcm_packet *const *p, int n, int open)
{
	const u32 power = DVTI_GCM_POWERS - 1 - n;
	const u8 (*late)[16] = k->round_keys + k->rounds - 10;
	const vec reverse = vec_broadcast(reverse_mask());
	const vec end = vec_of_two(block_mask((p[0]->len - 1) % 16 + 1), block_mask((p[1]->len - 1) % 16 + 1));
	vec icv = vec_of_two(block_load(p[0]->text + p[0]->len), block_load(p[1]->text + p[1]->len));
	vec s[1 + SHORT], rk, v;
	struct ghash g;
	int i, r;

	v = vec_xor(vec_of_two(nonce_of(k, p[0]), nonce_of(k, p[1])), vec_broadcast(block_load(k->round_keys[0])));
#pragma GCC unroll 16
	for (i = 0; i < n + 1; i++)
		s[i] = vec_xor(v, vec_broadcast(block_load(count[i])));
	pair_ghash_init(&g, k, p, power - 1);

	/* As in aes_rounds() */
	asm volatile("" : "+r"(k), "+r"(late));
	if (k->rounds > 10)
		two_rounds(s, n + 1, k, 1);
	if (k->rounds > 12)
		two_rounds(s, n + 1, k, 3);
#pragma GCC unroll 16
	for (r = 1; r < 10; r++) {
		rk = vec_round_key_at(late[r]);
#pragma GCC unroll 16
		for (i = 0; i < n + 1; i++)
			s[i] = vec_aesenc(s[i], rk);
		if (open && r <= n)
			ghash_add_same(&g, k, vec_shuffle(pair_text(p, r - 1, n, end), reverse), power + r - 1);
	}
	rk = vec_round_key_at(late[10]);
#pragma GCC unroll 16
	for (i = 0; i < n; i++) {
		v = vec_aesenclast(s[1 + i], vec_xor(rk, pair_text(p, i, n, end)));
		block_store(p[0]->text + 16 * i, vec_first(v));
		block_store(p[1]->text + 16 * i, vec_second(v));
		if (open)
			continue;
		if (i == n - 1)
			v = vec_and(v, end);
		ghash_add_same(&g, k, vec_shuffle(v, reverse), power + i);
	}
	v = vec_xor(vec_aesenclast(s[0], rk), vec_shuffle(reduce(g.lo, g.mid, g.hi), reverse));

	/* The last block of text has been stored as a whole. */
	block_store(p[0]->text + p[0]->len, vec_first(open ? icv : v));
	block_store(p[1]->text + p[1]->len, vec_second(open ? icv : v));
	v = vec_xor(v, icv);
	if (open) {
		p[0]->ok = _mm_testz_si128(vec_first(v), vec_first(v));
		p[1]->ok = _mm_testz_si128(vec_second(v), vec_second(v));
		return;
	}
	block_store(p[0]->text - 16, _mm_set_epi64x(p[0]->iv, p[0]->header));
	block_store(p[1]->text - 16, _mm_set_epi64x(p[1]->iv, p[1]->header));
}

/* One copy of the code for each number of blocks */
static __always_inline void pair(const struct dvti_gcm_key *k, struct dvti_gcm_packet *const *p, u32 blocks, int open)
{
	switch (blocks) {
	case 1:
		return pair_of(k, p, 1, open);
	case 2:
		return pair_of(k, p, 2, open);
	case 3:
		return pair_of(k, p, 3, open);
	case 4:
		return pair_of(k, p, 4, open);
	case 5:
		return pair_of(k, p, 5, open);
	default:
		return pair_of(k, p, 6, open);
	}
}

static noinline void seal_pair(const struct dvti_gcm_key *k, struct dvti_gcm_packet *const *p, u32 blocks)
{
	bring_text(p[0]);
	bring_text(p[1]);
	pair(k, p, blocks, 0);
}

static noinline void open_pair(const struct dvti_gcm_key *k, struct dvti_gcm_packet *const *p, u32 blocks)
{
	pair(k, p, blocks, 1);
}

/* Short packets wait for another of their size; long ones keep the units busy by themselves. */
static __always_inline void batch(const struct dvti_gcm_key *k, struct dvti_gcm_packet *p, unsigned int n, int open)
{
	struct dvti_gcm_packet *two[1 + SHORT][2];
	u32 waiting = 0, blocks;

	if (n == 1) {
		one(k, p, open);
		goto clear;
	}
	for (; n--; p++) {
		blocks = (p->len + 15) / 16;
		if (blocks - 1 >= SHORT) {
			one(k, p, open);
			continue;
		}
		two[blocks][waiting >> blocks & 1] = p;
		waiting ^= 1 << blocks;
		if (waiting >> blocks & 1)
			continue;
		if (open)
			open_pair(k, two[blocks], blocks);
		else
			seal_pair(k, two[blocks], blocks);
	}
	for (; waiting; waiting &= waiting - 1)
		one(k, two[__builtin_ctz(waiting)][0], open);
clear:
	wipe_stack(STACK_USED);
	vec_clear_registers();
}

static void seal(const struct dvti_gcm_key *k, struct dvti_gcm_packet *p, unsigned int n)
{
	batch(k, p, n, 0);
}

static void open(const struct dvti_gcm_key *k, struct dvti_gcm_packet *p, unsigned int n)
{
	batch(k, p, n, 1);
}

const struct dvti_gcm_unit dvti_gcm_vaes256 = {
	.name = "VAES-256",
	.seal = seal,
	.open = open,
	.copy_sum = copy_sum,
};
