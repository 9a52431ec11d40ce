/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sealing packets one into the other. GHASH of a packet's last step has to wait for its AES, and the CPU does not look
 * ahead far enough to begin with the next packet meanwhile: it is put among the AES rounds of that packet's first
 * step. Included behind gcm_steps.h.
 */

/* What seal_stream() uses of the stack at most */
#define STREAM_STACK 1536

/* GHASH of the block of lengths; what is constant in it has been multiplied when the key was made. */
static __always_inline void tail_lengths(struct ghash *g, const struct dvti_gcm_key *k, u32 len)
{
	__m128i h = block_load(k->powers[DVTI_GCM_POWERS - 1]), sum = block_load(k->powers_sum[DVTI_GCM_POWERS - 1]);
	__m128i bits = _mm_cvtsi64_si128((u64)len * 8);
	__m128i mid = _mm_xor_si128(_mm_clmulepi64_si128(bits, sum, 0x00), block_load(k->aad_bits_mid));

	g->lo = vec_xor(g->lo, vec_of_block(_mm_clmulepi64_si128(bits, h, 0x00)));
	g->mid = vec_xor(g->mid, vec_of_block(mid));
	g->hi = vec_xor(g->hi, vec_of_block(block_load(k->aad_bits_hi)));
}

/* @g: GHASH of the tail's vectors */
static __always_inline void tail_icv(const struct tail *t, struct ghash *g, const struct dvti_gcm_key *k)
{
	tail_lengths(g, k, t->len);
	block_store(t->icv, _mm_xor_si128(block_reverse(ghash_reduce(g)), t->icv_key));
}

/* Which power the first block of the tail is multiplied by; the lengths come behind the last one. */
static __always_inline u32 tail_power(const struct tail *t)
{
	return DVTI_GCM_POWERS - (t->blocks + 1);
}

/* The end of the last packet, which no other one follows */
static __always_inline void tail_alone(const struct tail *t, const struct dvti_gcm_key *k)
{
	u32 power = tail_power(t), z;
	struct ghash g;

	ghash_init(&g);
	for (z = 1; z < t->vectors; z++)
		ghash_add(&g, k, t->x[z], power + z * LANES);
	ghash_add(&g, k, vec_xor(t->x[0], vec_of_block(t->acc)), power);
	tail_icv(t, &g, k);
}

/* The first step of a packet, behind a tail of @rows vectors, which is a constant. */
static __always_inline void first_step(struct walk *w, int rows)
{
	const struct dvti_gcm_key *k = w->k;
	vec rk = vec_broadcast(block_load(w->late[10]));
	struct ghash g;
	vec s[STEP], v;
	int z;

	ghash_init(&g);
	if (rows) {
		aes_rounds(w, s, STEP, FIRST, PACKET_BEFORE, rows, &g, tail_power(w->tail));
		tail_icv(w->tail, &g, k);
	} else {
		aes_rounds(w, s, STEP, FIRST, NOTHING, 0, &g, 0);
	}

#pragma GCC unroll 16
	for (z = 0; z < STEP; z++) {
		v = text_crypt(w, s[z], rk, z, STEP, FIRST, 0);
		if (z == 0)
			w->x0 = ghash_input(w, v, 0, STEP, FIRST);
	}
	w->at += STEP_BYTES;
	w->blocks -= STEP_BLOCKS;
}

/* One copy of the code for each number of rows */
static __always_inline void first_step_behind(struct walk *w)
{
	switch (w->tail->vectors) {
	case 0:
		return first_step(w, 0);
	case 1:
		return first_step(w, 1);
	case 2:
		return first_step(w, 2);
	case 3:
		return first_step(w, 3);
	case 4:
		return first_step(w, 4);
	case 5:
		return first_step(w, 5);
	case 6:
		return first_step(w, 6);
	case 7:
		return first_step(w, 7);
	default:
		return first_step(w, 8);
	}
}

/* Seal all but the tail of a packet of more than one step, behind the tail of the one before. */
static __always_inline void seal_behind(const struct dvti_gcm_key *k, const struct dvti_gcm_packet *p, struct tail *t)
{
	struct walk w = walk_begin(k, p);
	u32 blocks;

	w.tail = t;
	w.away = text_away(p);
	first_step_behind(&w);
	while (w.blocks > STEP_BLOCKS)
		step(&w, STEP, 0, STEP_BEFORE, 0);
	blocks = w.blocks;
	last_step(&w, (blocks + LANES - 1) / LANES, END | LATER, STEP_BEFORE, 0);

	t->vectors = (blocks + LANES - 1) / LANES;
	t->blocks = blocks;
	t->len = w.len;
	t->icv = p->text + p->len;
	t->icv_key = w.icv_key;
	t->acc = w.acc;
}

/* Packets longer than a step, at least one */
static noinline void seal_stream(const struct dvti_gcm_key *k, struct dvti_gcm_packet *const *p, unsigned int n)
{
	struct tail t = {};

	for (; n--; p++)
		seal_behind(k, *p, &t);
	tail_alone(&t, k);
}
