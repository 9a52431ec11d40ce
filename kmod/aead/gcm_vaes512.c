// SPDX-License-Identifier: GPL-2.0-only
/*
 * AES-GCM with VAES and VPCLMULQDQ on 512-bit registers (AVX-512): four blocks in each. Masked loads and stores keep
 * to the octet, and short packets are worked on four at a time.
 */
#include "gcm_unit.h"

/** struct text_end - octets of text in a packet's last vector */
struct text_end {
	__mmask64 mask;
};

#define LANES 4
#define vec __m512i
#define vec_zero() _mm512_setzero_si512()
#define GHASH_ROWS 2
#define WIPE_MOVE "vmovdqu64"
#define wipe_zero() vec_zero()
#define vec_load(p) _mm512_loadu_si512(p)
#define vec_store(p, v) _mm512_storeu_si512(p, v)
#define vec_xor(a, b) _mm512_xor_si512(a, b)
#define vec_xor3(a, b, c) _mm512_ternarylogic_epi64(a, b, c, 0x96)
#define vec_and(a, b) _mm512_and_si512(a, b)
#define vec_add32(a, b) _mm512_add_epi32(a, b)
#define vec_add64(a, b) _mm512_add_epi64(a, b)
#define vec_shift_right64(v, n) _mm512_srli_epi64(v, n)
#define vec_shuffle(v, order) _mm512_shuffle_epi8(v, order)
#define vec_unpack_low(a, b) _mm512_unpacklo_epi64(a, b)
#define vec_unpack_high(a, b) _mm512_unpackhi_epi64(a, b)
#define vec_swap_halves(v) _mm512_shuffle_epi32(v, 0x4e)
#define vec_clmul(a, b, which) _mm512_clmulepi64_epi128(a, b, which)
#define vec_aesenc(v, rk) _mm512_aesenc_epi128(v, rk)
#define vec_round_key vec
#define vec_round_key_at(p) vec_broadcast(block_load(p))
#define vec_aesenclast(v, rk) _mm512_aesenclast_epi128(v, rk)
#define vec_settle(v) ((void)(v))

/* Between one block and a vector */
#define vec_broadcast(block) _mm512_broadcast_i32x4(block)
#define vec_of_block(block) _mm512_zextsi128_si512(block)
#define vec_first(v) _mm512_castsi512_si128(v)
#define vec_without_first(v) _mm512_maskz_mov_epi64(0xfc, v)

/* Octets of a first vector that lie behind the header */
#define BEHIND_HEADER (~0xffffULL)

static __always_inline __m128i vec_fold(__m512i v)
{
	__m256i half = _mm256_xor_si256(_mm512_castsi512_si256(v), _mm512_extracti64x4_epi64(v, 1));

	return _mm_xor_si128(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

static __always_inline __m128i vec_fold_add64(__m512i v)
{
	__m256i half = _mm256_add_epi64(_mm512_castsi512_si256(v), _mm512_extracti64x4_epi64(v, 1));

	return _mm_add_epi64(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

/* Not into lane 0 */
static __always_inline __m512i vec_insert(__m512i v, __m128i block, u32 lane)
{
	return _mm512_mask_mov_epi64(v, lane ? 3 << (2 * lane) : 0, vec_broadcast(block));
}

/* A packet's first vector begins with the block in front of the text. */
static __always_inline __m512i vec_load_first(const u8 *p)
{
	return _mm512_maskz_loadu_epi8(BEHIND_HEADER, p);
}

static __always_inline void vec_store_first(u8 *p, __m512i v, __m128i header, int open)
{
	if (open)
		_mm512_mask_storeu_epi8(p, BEHIND_HEADER, v);
	else
		vec_store(p, _mm512_inserti64x2(v, header, 0));
}

/* A packet's last vector, @n octets of which are text (or header) */
static __always_inline struct text_end text_end_at(u32 n)
{
	return (struct text_end){ _bzhi_u64(~0ULL, n) };
}

static __always_inline __m512i vec_load_end(const u8 *p, struct text_end end)
{
	return _mm512_maskz_loadu_epi8(end.mask, p);
}

static __always_inline void vec_store_end(u8 *p, __m512i v, struct text_end end)
{
	_mm512_mask_storeu_epi8(p, end.mask, v);
}

static __always_inline __m512i vec_keep(__m512i v, struct text_end end)
{
	return _mm512_maskz_mov_epi8(end.mask, v);
}

/* Both at once */
static __always_inline __m512i vec_load_only(const u8 *p, struct text_end end)
{
	return _mm512_maskz_loadu_epi8(end.mask & BEHIND_HEADER, p);
}

static __always_inline void vec_store_only(u8 *p, __m512i v, struct text_end end, __m128i header, int open)
{
	if (open)
		_mm512_mask_storeu_epi8(p, end.mask & BEHIND_HEADER, v);
	else
		_mm512_mask_storeu_epi8(p, end.mask, _mm512_inserti64x2(v, header, 0));
}

/* vzeroall leaves the upper sixteen. */
static __always_inline void vec_clear_registers(void)
{
	asm volatile("vzeroall\n\t"
		     "vpxord %%zmm16, %%zmm16, %%zmm16\n\tvpxord %%zmm17, %%zmm17, %%zmm17\n\t"
		     "vpxord %%zmm18, %%zmm18, %%zmm18\n\tvpxord %%zmm19, %%zmm19, %%zmm19\n\t"
		     "vpxord %%zmm20, %%zmm20, %%zmm20\n\tvpxord %%zmm21, %%zmm21, %%zmm21\n\t"
		     "vpxord %%zmm22, %%zmm22, %%zmm22\n\tvpxord %%zmm23, %%zmm23, %%zmm23\n\t"
		     "vpxord %%zmm24, %%zmm24, %%zmm24\n\tvpxord %%zmm25, %%zmm25, %%zmm25\n\t"
		     "vpxord %%zmm26, %%zmm26, %%zmm26\n\tvpxord %%zmm27, %%zmm27, %%zmm27\n\t"
		     "vpxord %%zmm28, %%zmm28, %%zmm28\n\tvpxord %%zmm29, %%zmm29, %%zmm29\n\t"
		     "vpxord %%zmm30, %%zmm30, %%zmm30\n\tvpxord %%zmm31, %%zmm31, %%zmm31"
		     : : : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
		     "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15",
		     "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23",
		     "xmm24", "xmm25", "xmm26", "xmm27", "xmm28", "xmm29", "xmm30", "xmm31");
}

/* What the functions that work on packets use of the stack at most; clang keeps less in registers. */
#ifdef __clang__
#define STACK_USED 2304
#else
#define STACK_USED 1024
#endif

#include "gcm_steps.h"
#include "gcm_stream.h"

/* Short packets, four at a time: AES has a packet in each lane of a register, all else a packet's octets. */
#define FOUR 4
/* Long packets, one into the other: as many at a time as the kernel seals at once */
#define STREAM 16

static __always_inline __m512i lanes(__m128i a, __m128i b, __m128i c, __m128i d)
{
	__m256i ab = _mm256_inserti128_si256(_mm256_castsi128_si256(a), b, 1);
	__m256i cd = _mm256_inserti128_si256(_mm256_castsi128_si256(c), d, 1);

	return _mm512_inserti64x4(_mm512_castsi256_si512(ab), cd, 1);
}

/* A number for each lane's lower half */
static __always_inline __m512i lanes64(u64 a, u64 b, u64 c, u64 d)
{
	return lanes(_mm_cvtsi64_si128(a), _mm_cvtsi64_si128(b), _mm_cvtsi64_si128(c), _mm_cvtsi64_si128(d));
}

/* Four registers are a square of blocks: rows become columns. */
static __always_inline void transpose(__m512i *row)
{
	__m512i a = _mm512_shuffle_i64x2(row[0], row[1], 0x44), b = _mm512_shuffle_i64x2(row[2], row[3], 0x44);
	__m512i c = _mm512_shuffle_i64x2(row[0], row[1], 0xee), d = _mm512_shuffle_i64x2(row[2], row[3], 0xee);

	row[0] = _mm512_shuffle_i64x2(a, b, 0x88);
	row[1] = _mm512_shuffle_i64x2(a, b, 0xdd);
	row[2] = _mm512_shuffle_i64x2(c, d, 0x88);
	row[3] = _mm512_shuffle_i64x2(c, d, 0xdd);
}

/* Lane i of the result is the sum of all lanes of row i. */
static __always_inline __m512i transposed_sum(const __m512i *row)
{
	__m512i a = _mm512_mask_mov_epi64(row[0], 0xf0, row[1]), b = _mm512_shuffle_i64x2(row[0], row[1], 0x4e);
	__m512i c = _mm512_mask_mov_epi64(row[2], 0xf0, row[3]), d = _mm512_shuffle_i64x2(row[2], row[3], 0x4e);

	a = _mm512_xor_si512(a, b);
	c = _mm512_xor_si512(c, d);
	return _mm512_xor_si512(_mm512_shuffle_i64x2(a, c, 0x88), _mm512_shuffle_i64x2(a, c, 0xdd));
}

/*
 * The part of four GHASHes that is no text: AAD and lengths, a packet in each lane. @power: which power of H the AAD
 * of each packet is multiplied by.
 */
static __always_inline void four_init(struct ghash *g, const struct dvti_gcm_key *k, struct dvti_gcm_packet *const *p,
				      const u32 *power)
{
	const u8 (*h)[16] = k->powers, (*sum)[16] = k->powers_sum;
	__m512i aad = lanes64(p[0]->aad_hi, p[1]->aad_hi, p[2]->aad_hi, p[3]->aad_hi);
	__m512i bits = _mm512_slli_epi64(lanes64(p[0]->len, p[1]->len, p[2]->len, p[3]->len), 3);
	__m512i aad_h = lanes(block_load(h[power[0]]), block_load(h[power[1]]),
			      block_load(h[power[2]]), block_load(h[power[3]]));
	__m512i aad_sum = lanes(block_load(sum[power[0]]), block_load(sum[power[1]]),
				block_load(sum[power[2]]), block_load(sum[power[3]]));

	/* What is constant has been multiplied when the key was made. */
	g->lo = vec_clmul(bits, vec_broadcast(block_load(h[DVTI_GCM_POWERS - 1])), 0x00);
	g->mid = vec_clmul(bits, vec_broadcast(block_load(sum[DVTI_GCM_POWERS - 1])), 0x00);
	g->mid = vec_xor(g->mid, vec_broadcast(block_load(k->aad_bits_mid)));
	g->hi = vec_broadcast(block_load(k->aad_bits_hi));

	g->hi = vec_xor(g->hi, vec_clmul(aad, aad_h, 0x10));
	if (k->aad_bits > 64) {
		__m512i aad_lo = lanes64(p[0]->aad_lo, p[1]->aad_lo, p[2]->aad_lo, p[3]->aad_lo);

		g->lo = vec_xor(g->lo, vec_clmul(aad_lo, aad_h, 0x00));
		aad = vec_xor(aad, aad_lo);
	}
	g->mid = vec_xor(g->mid, vec_clmul(aad, aad_sum, 0x00));
}

/* The first @n counter blocks of @groups times four packets, a packet in each lane */
static __always_inline void four_keystream(__m512i s[][1 + 2 * FOUR], const struct dvti_gcm_key *k,
					   struct dvti_gcm_packet *const *p, int groups, int n)
{
	const __m128i behind_salt = _mm_set_epi8(-1, -1, -1, -1, 7, 6, 5, 4, 3, 2, 1, 0, -1, -1, -1, -1);
	__m512i rk = vec_broadcast(_mm_xor_si128(block_load(k->round_keys[0]), _mm_cvtsi32_si128(k->salt)));
	__m512i nonce;
	u32 r;
	int g, i;

#pragma GCC unroll 16
	for (g = 0; g < groups; g++, p += FOUR) {
		nonce = vec_shuffle(lanes64(p[0]->iv, p[1]->iv, p[2]->iv, p[3]->iv), vec_broadcast(behind_salt));
		nonce = vec_xor(nonce, rk);
#pragma GCC unroll 16
		for (i = 0; i < n; i++)
			s[g][i] = vec_xor(nonce, vec_broadcast(_mm_set_epi32((i + 1) << 24, 0, 0, 0)));
	}
#pragma GCC unroll 16
	for (r = 1; r < 10; r++) {
		rk = vec_broadcast(block_load(k->round_keys[r]));
#pragma GCC unroll 16
		for (g = 0; g < groups; g++)
#pragma GCC unroll 16
			for (i = 0; i < n; i++)
				s[g][i] = vec_aesenc(s[g][i], rk);
	}
	for (; r < k->rounds; r++) {
		rk = vec_broadcast(block_load(k->round_keys[r]));
#pragma GCC unroll 16
		for (g = 0; g < groups; g++)
#pragma GCC unroll 16
			for (i = 0; i < n; i++)
				s[g][i] = vec_aesenc(s[g][i], rk);
	}
	rk = vec_broadcast(block_load(k->round_keys[r]));
#pragma GCC unroll 16
	for (g = 0; g < groups; g++)
#pragma GCC unroll 16
		for (i = 0; i < n; i++)
			s[g][i] = vec_aesenclast(s[g][i], rk);
}

/*
 * The fifth blocks of four packets of 65 to 80 octets are the lanes of one vector. All are multiplied by the same
 * power.
 */
static __always_inline void four_fifths(struct ghash *g, const struct dvti_gcm_key *k, struct dvti_gcm_packet *const *p,
					__m512i stream, int open)
{
	__m512i in, out;
	__mmask16 mask[FOUR];
	__mmask64 all = 0;
	int i;

#pragma GCC unroll 16
	for (i = 0; i < FOUR; i++) {
		mask[i] = _bzhi_u32(0xffff, p[i]->len - 64);
		all |= (__mmask64)mask[i] << (16 * i);
	}
	in = lanes(_mm_maskz_loadu_epi8(mask[0], p[0]->text + 64), _mm_maskz_loadu_epi8(mask[1], p[1]->text + 64),
		   _mm_maskz_loadu_epi8(mask[2], p[2]->text + 64), _mm_maskz_loadu_epi8(mask[3], p[3]->text + 64));
	out = _mm512_maskz_mov_epi8(all, vec_xor(in, stream));
	_mm_mask_storeu_epi8(p[0]->text + 64, mask[0], vec_first(out));
	_mm_mask_storeu_epi8(p[1]->text + 64, mask[1], _mm512_extracti64x2_epi64(out, 1));
	_mm_mask_storeu_epi8(p[2]->text + 64, mask[2], _mm512_extracti64x2_epi64(out, 2));
	_mm_mask_storeu_epi8(p[3]->text + 64, mask[3], _mm512_extracti64x2_epi64(out, 3));

	ghash_add_same(g, k, vec_shuffle(open ? in : out, vec_broadcast(reverse_mask())), DVTI_GCM_POWERS - 2);
}

/* Octets of the packet that are in row @z */
static __always_inline __mmask64 four_mask(const struct dvti_gcm_packet *p, int z)
{
	int n = (int)p->len - 64 * z;

	return n > 0 ? _bzhi_u64(~0ULL, n < 64 ? n : 64) : 0;
}

/*
 * Four packets of up to @blocks blocks each from their key stream: 4 are one row, 8 are two, 5 are one and the fifth
 * blocks (no packet has less then). @blocks and @open are constants.
 */
static __always_inline void four(const struct dvti_gcm_key *k, struct dvti_gcm_packet *const *p, __m512i *s, int blocks,
				 int open)
{
	const __m512i reverse = vec_broadcast(reverse_mask());
	__m512i text[2][FOUR], icv;
	struct ghash rest, g[FOUR];
	__m512i lo[FOUR], mid[FOUR], hi[FOUR];
	__mmask64 mask[2][FOUR];
	const int rows = blocks / FOUR;
	u32 power[FOUR];
	int i, z;

#pragma GCC unroll 16
	for (i = 0; i < FOUR; i++) {
		power[i] = DVTI_GCM_POWERS - 2 - (p[i]->len + 15) / 16;
#pragma GCC unroll 16
		for (z = 0; z < rows; z++) {
			mask[z][i] = four_mask(p[i], z);
			text[z][i] = _mm512_maskz_loadu_epi8(mask[z][i], p[i]->text + 64 * z);
		}
	}
	if (open)
		icv = lanes(block_load(p[0]->text + p[0]->len), block_load(p[1]->text + p[1]->len),
			    block_load(p[2]->text + p[2]->len), block_load(p[3]->text + p[3]->len));
	else
		icv = vec_zero();

	four_init(&rest, k, p, power);
	if (blocks == 5)
		four_fifths(&rest, k, p, s[5], open);

#pragma GCC unroll 16
	for (i = 0; i < FOUR; i++)
		ghash_init(&g[i]);
#pragma GCC unroll 16
	for (z = 0; z < rows; z++) {
		__m512i *stream = s + 1 + FOUR * z;

		transpose(stream);
#pragma GCC unroll 16
		for (i = 0; i < FOUR; i++) {
			__m512i out = vec_xor(text[z][i], stream[i]);

			_mm512_mask_storeu_epi8(p[i]->text + 64 * z, mask[z][i], out);
			if (!open)
				text[z][i] = _mm512_maskz_mov_epi8(mask[z][i], out);
			ghash_add(&g[i], k, vec_shuffle(text[z][i], reverse), power[i] + 1 + LANES * z);
		}
	}

#pragma GCC unroll 16
	for (i = 0; i < FOUR; i++) {
		lo[i] = g[i].lo;
		mid[i] = g[i].mid;
		hi[i] = g[i].hi;
	}
	rest.lo = vec_xor(rest.lo, transposed_sum(lo));
	rest.mid = vec_xor(rest.mid, transposed_sum(mid));
	rest.hi = vec_xor(rest.hi, transposed_sum(hi));
	s[0] = vec_xor(s[0], vec_shuffle(reduce(rest.lo, rest.mid, rest.hi), reverse));

	if (open) {
		u32 equal = _mm512_cmpeq_epi64_mask(s[0], icv);

#pragma GCC unroll 16
		for (i = 0; i < FOUR; i++)
			p[i]->ok = (equal >> (2 * i) & 3) == 3;
		return;
	}
	block_store(p[0]->text + p[0]->len, vec_first(s[0]));
	block_store(p[1]->text + p[1]->len, _mm512_extracti64x2_epi64(s[0], 1));
	block_store(p[2]->text + p[2]->len, _mm512_extracti64x2_epi64(s[0], 2));
	block_store(p[3]->text + p[3]->len, _mm512_extracti64x2_epi64(s[0], 3));
#pragma GCC unroll 16
	for (i = 0; i < FOUR; i++) {
		__builtin_memcpy(p[i]->text - 16, &p[i]->header, 8);
		__builtin_memcpy(p[i]->text - 8, &p[i]->iv, 8);
	}
}

static __always_inline void groups(const struct dvti_gcm_key *k, struct dvti_gcm_packet *const *p, int n, int blocks,
				   int open)
{
	__m512i s[2][1 + 2 * FOUR];
	int g;

	four_keystream(s, k, p, n, 1 + blocks);
#pragma GCC unroll 16
	for (g = 0; g < n; g++)
		four(k, p + FOUR * g, s[g], blocks, open);
}

static noinline void eight64(const struct dvti_gcm_key *k, struct dvti_gcm_packet *const *p, int open)
{
	if (open)
		groups(k, p, 2, 4, 1);
	else
		groups(k, p, 2, 4, 0);
}

static noinline void four64(const struct dvti_gcm_key *k, struct dvti_gcm_packet *const *p, int open)
{
	if (open)
		groups(k, p, 1, 4, 1);
	else
		groups(k, p, 1, 4, 0);
}

static noinline void eight80(const struct dvti_gcm_key *k, struct dvti_gcm_packet *const *p, int open)
{
	if (open)
		groups(k, p, 2, 5, 1);
	else
		groups(k, p, 2, 5, 0);
}

static noinline void four80(const struct dvti_gcm_key *k, struct dvti_gcm_packet *const *p, int open)
{
	if (open)
		groups(k, p, 1, 5, 1);
	else
		groups(k, p, 1, 5, 0);
}

static noinline void four128(const struct dvti_gcm_key *k, struct dvti_gcm_packet *const *p, int open)
{
	if (open)
		groups(k, p, 1, 8, 1);
	else
		groups(k, p, 1, 8, 0);
}

/* Bring short packets together, in whatever order they come; long ones keep the units busy by themselves. */
static __always_inline void batch(const struct dvti_gcm_key *k, struct dvti_gcm_packet *p, unsigned int n, int open)
{
	struct dvti_gcm_packet *upto64[2 * FOUR], *upto80[2 * FOUR], *upto128[3 * FOUR];
	struct dvti_gcm_packet *longer[STREAM];
	unsigned int n64 = 0, n80 = 0, n128 = 0, nl = 0;
	bool streamed = false;

	/* A lone one needs none of what follows. */
	if (n == 1) {
		one(k, p, open);
		goto clear;
	}
	for (; n--; p++) {
		if (!open && p->len <= 128)
			bring_text(p);
		if (p->len <= 64) {
			upto64[n64++] = p;
			if (n64 == 2 * FOUR) {
				eight64(k, upto64, open);
				n64 = 0;
			}
		} else if (p->len <= 80) {
			upto80[n80++] = p;
			if (n80 == 2 * FOUR) {
				eight80(k, upto80, open);
				n80 = 0;
			}
		} else if (p->len <= 128) {
			upto128[n128++] = p;
			if (n128 == FOUR) {
				four128(k, upto128, open);
				n128 = 0;
			}
		} else if (open || p->len <= STEP_BYTES - 16) {
			one(k, p, open);
		} else {
			longer[nl++] = p;
			if (nl == STREAM) {
				seal_stream(k, longer, nl);
				streamed = true;
				nl = 0;
			}
		}
	}

	if (nl == 1) {
		one(k, longer[0], open);
	} else if (nl) {
		seal_stream(k, longer, nl);
		streamed = true;
	}

	if (n64 >= FOUR) {
		n64 -= FOUR;
		four64(k, upto64 + n64, open);
	}
	if (n80 >= FOUR) {
		n80 -= FOUR;
		four80(k, upto80 + n80, open);
	}
	while (n80)
		upto128[n128++] = upto80[--n80];
	/* Three cost less together with a double than one by one. */
	if (n64 == FOUR - 1 && !n128) {
		upto64[n64] = upto64[0];
		four64(k, upto64, open);
		n64 = 0;
	}
	while (n64)
		upto128[n128++] = upto64[--n64];
	while (n128 >= FOUR) {
		n128 -= FOUR;
		four128(k, upto128 + n128, open);
	}
	if (n128 == FOUR - 1) {
		upto128[n128] = upto128[0];
		four128(k, upto128, open);
		n128 = 0;
	}
	while (n128)
		one(k, upto128[--n128], open);
clear:
	if (streamed && STREAM_STACK > STACK_USED)
		wipe_stack(STREAM_STACK);
	else
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

const struct dvti_gcm_unit dvti_gcm_vaes512 = {
	.name = "VAES-512",
	.seal = seal,
	.open = open,
	.copy_sum = copy_sum,
};
