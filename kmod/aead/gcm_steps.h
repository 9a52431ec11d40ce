/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * AES-GCM on one packet after the other, for vectors of LANES blocks; the CPU overlaps what follows one another.
 * Included by the unit that defines vec, the vec_*() operations, struct text_end: which octets of a packet's last
 * vector are text, WIPE_MOVE, which stores wipe_zero(), a register of the widest kind, and GHASH_ROWS: how many
 * vectors GHASH takes at a time, 1 or 2.
 *
 * A packet is a row of blocks: number 0 is where ESP header and IV lie in memory, its place in the key stream
 * encrypts the ICV (J0), its place in GHASH is the AAD's. The text follows. Eight vectors make a step. GHASH of a
 * step runs among the AES rounds of the next one when sealing, among its own when opening.
 */
#define VEC_BYTES (16 * LANES)
#define STEP 8
#define STEP_BYTES (STEP * VEC_BYTES)
#define STEP_BLOCKS (STEP * LANES)

struct ghash {
	vec lo, mid, hi;
};

static __always_inline __m128i swap_halves(__m128i v)
{
	return _mm_shuffle_epi32(v, 0x4e);
}

/* Between the order in memory and GHASH's. */
static __always_inline __m128i reverse_mask(void)
{
	return _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
}

static __always_inline __m128i block_reverse(__m128i v)
{
	return _mm_shuffle_epi8(v, reverse_mask());
}

/* x^128 + x^127 + x^126 + x^121 + 1, reflected: what folds the lower half of a product into the upper one. */
static __always_inline __m128i polynomial(void)
{
	return _mm_set_epi64x(0xc200000000000000, 1);
}

/* In each lane */
static __always_inline vec reduce(vec lo, vec mid, vec hi)
{
	vec poly = vec_broadcast(polynomial());
	vec t = vec_clmul(lo, poly, 0x10);

	mid = vec_xor3(vec_xor3(mid, lo, hi), vec_swap_halves(lo), t);
	t = vec_clmul(mid, poly, 0x10);
	return vec_xor3(hi, vec_swap_halves(mid), t);
}

static __always_inline void ghash_init(struct ghash *g)
{
	g->lo = vec_zero();
	g->mid = vec_zero();
	g->hi = vec_zero();
}

/* Of the product of @x and @h, that of the lower halves and that of the upper ones */
static __always_inline void ghash_multiply_halves(struct ghash *g, vec x, vec h)
{
	g->lo = vec_xor(g->lo, vec_clmul(x, h, 0x00));
	vec_settle(g->lo);
	g->hi = vec_xor(g->hi, vec_clmul(x, h, 0x11));
	vec_settle(g->hi);
}

/* Add the product of @x and @h; @sum: upper xor lower half of each lane of @h, in the lower half. */
static __always_inline void ghash_multiply(struct ghash *g, vec x, vec h, vec sum)
{
	ghash_multiply_halves(g, x, h);
	g->mid = vec_xor(g->mid, vec_clmul(vec_xor(x, vec_swap_halves(x)), sum, 0x00));
	vec_settle(g->mid);
}

/* The powers at @i of the table, one for each lane */
static __always_inline void ghash_add(struct ghash *g, const struct dvti_gcm_key *k, vec x, unsigned int i)
{
	ghash_multiply(g, x, vec_load(k->powers[i]), vec_load(k->powers_sum[i]));
}

/* The powers at @i for @x, those that follow for @y: an operation less than one by one */
static __always_inline void ghash_add_two(struct ghash *g, const struct dvti_gcm_key *k, vec x, vec y, unsigned int i)
{
	vec sums;

	ghash_multiply_halves(g, y, vec_load(k->powers[i + LANES]));
	ghash_multiply_halves(g, x, vec_load(k->powers[i]));
	sums = vec_xor(vec_unpack_high(y, x), vec_unpack_low(y, x));
	g->mid = vec_xor(g->mid, vec_clmul(sums, vec_load(k->powers_sum[i + LANES]), 0x00));
	vec_settle(g->mid);
	g->mid = vec_xor(g->mid, vec_clmul(sums, vec_load(k->powers_sum[i]), 0x01));
	vec_settle(g->mid);
}

/* The same power for all lanes */
static __always_inline void ghash_add_same(struct ghash *g, const struct dvti_gcm_key *k, vec x, unsigned int i)
{
	ghash_multiply(g, x, vec_broadcast(block_load(k->powers[i])), vec_broadcast(block_load(k->powers_sum[i])));
}

static __always_inline __m128i ghash_reduce(const struct ghash *g)
{
	return vec_fold(reduce(g->lo, g->mid, g->hi));
}

/* GHASH's last block. */
static __always_inline __m128i lengths(const struct dvti_gcm_key *k, u32 len)
{
	return _mm_set_epi64x(k->aad_bits, (u64)len * 8);
}

static __always_inline void ghash_add_lengths(struct ghash *g, const struct dvti_gcm_key *k, u32 len)
{
	__m128i x = lengths(k, len);
	__m128i h = block_load(k->powers[DVTI_GCM_POWERS - 1]), sum = block_load(k->powers_sum[DVTI_GCM_POWERS - 1]);

	g->lo = vec_xor(g->lo, vec_of_block(_mm_clmulepi64_si128(x, h, 0x00)));
	g->hi = vec_xor(g->hi, vec_of_block(_mm_clmulepi64_si128(x, h, 0x11)));
	g->mid = vec_xor(g->mid, vec_of_block(_mm_clmulepi64_si128(_mm_xor_si128(x, swap_halves(x)), sum, 0x00)));
}

/**
 * struct tail - end of a packet whose key stream has been used up: GHASH of its last step, and the ICV
 * @vectors: in its last step; 0: there is no packet
 * @blocks: in its last step
 * @len: octets of text in the packet
 * @icv: where the ICV goes
 * @icv_key: key stream of J0
 * @acc: GHASH of the steps before, to be added to the first of @x
 * @x: the step's vectors as GHASH wants them
 */
struct tail {
	u32 vectors;
	u32 blocks;
	u32 len;
	u8 *icv;
	__m128i icv_key;
	__m128i acc;
	vec x[STEP];
};

/**
 * struct walk - a packet at work
 * @k: key
 * @late: its last eleven round keys
 * @len: octets of text in the packet
 * @at: where the step's block 0 is in memory
 * @away: from there to where all but the last vector of the text is taken from
 * @counter: counter block in front of the next step, in all lanes
 * @header: ESP header and IV
 * @acc: GHASH of the steps before, to be added to the first block of the next
 * @x0: sealing: what GHASH takes for the first vector of the step before, with @acc
 * @icv_key: key stream of J0, which encrypts the ICV
 * @blocks: from @at to the end of the packet
 * @end: of the packet's last vector
 * @tail: of the packet before, later of this one, where packets are sealed one into the other
 */
struct walk {
	const struct dvti_gcm_key *k;
	const u8 (*late)[16];
	u32 len;
	u8 *at;
	long away;
	vec counter;
	__m128i header;
	__m128i acc;
	vec x0;
	__m128i icv_key;
	u32 blocks;
	struct text_end end;
	struct tail *tail;
};

/* Which GHASH runs among the AES rounds of a step */
enum among { NOTHING, STEP_BEFORE, THIS_STEP, PACKET_BEFORE };

/* Part of the packet that a step is; LATER: GHASH of the end becomes the tail */
enum part { FIRST = 1, END = 2, LATER = 4 };

/* Vector @z of the @n in this step, zero where there is no text. */
static __always_inline vec text_load(const struct walk *w, int z, int n, int part)
{
	const u8 *p = w->at + z * VEC_BYTES;

	if (z == n - 1 && (part & END))
		return z == 0 && (part & FIRST) ? vec_load_only(p, w->end) : vec_load_end(p, w->end);
	return z == 0 && (part & FIRST) ? vec_load_first(p + w->away) : vec_load(p + w->away);
}

/* Sealing writes the header in block 0, opening leaves it alone. */
static __always_inline void text_store(const struct walk *w, vec v, int z, int n, int part, int open)
{
	u8 *p = w->at + z * VEC_BYTES;

	if (z == n - 1 && (part & END)) {
		if (z == 0 && (part & FIRST))
			vec_store_only(p, v, w->end, w->header, open);
		else
			vec_store_end(p, v, w->end);
	} else if (z == 0 && (part & FIRST)) {
		vec_store_first(p, v, w->header, open);
	} else {
		vec_store(p, v);
	}
}

/* Vector @z as GHASH wants it. Behind the last block of text there may be room for the block of lengths. */
static __always_inline vec ghash_input(const struct walk *w, vec ciphertext, int z, int n, int part)
{
	vec x = vec_shuffle(ciphertext, vec_broadcast(reverse_mask()));

	if (z == 0)
		x = vec_xor(x, vec_of_block(w->acc));
	if (z == n - 1 && (part & END))
		x = vec_insert(x, lengths(w->k, w->len), w->blocks % LANES);
	return x;
}

/* What GHASH takes for vector @z */
static __always_inline vec ghash_row(const struct walk *w, int z, int n, int part, int among)
{
	if (among == PACKET_BEFORE)
		return z ? w->tail->x[z] : vec_xor(w->tail->x[0], vec_of_block(w->tail->acc));
	if (among == THIS_STEP)
		return ghash_input(w, text_load(w, z, n, part), z, n, part);
	if (z == 0)
		return w->x0;
	return ghash_input(w, vec_load(w->at - STEP_BYTES + z * VEC_BYTES), z, STEP, 0);
}

/* GHASH of vector @z and, where it takes two at a time, the one before */
static __always_inline void ghash_among(struct ghash *g, const struct walk *w, int z, int n, int part, int among,
					u32 power)
{
	u32 i = power + z * LANES;
	vec x = ghash_row(w, z, n, part, among);

	if (z == 0 || GHASH_ROWS == 1)
		ghash_add(g, w->k, x, i);
	else
		ghash_add_two(g, w->k, ghash_row(w, z - 1, n, part, among), x, i - LANES);
}

/*
 * The counter of a block is big endian. A step begins behind a multiple of its length, so that up to the one that
 * carries, the blocks of a step only differ in bits of the last octet that are zero there.
 */
static const u32 count[][4] __aligned(VEC_BYTES) = {
	{ [3] = 1 << 24 }, { [3] = 2 << 24 }, { [3] = 3 << 24 }, { [3] = 4 << 24 },
	{ [3] = 5 << 24 }, { [3] = 6 << 24 }, { [3] = 7 << 24 }, { [3] = 8 << 24 },
	{ [3] = 9 << 24 }, { [3] = 10 << 24 }, { [3] = 11 << 24 }, { [3] = 12 << 24 },
	{ [3] = 13 << 24 }, { [3] = 14 << 24 }, { [3] = 15 << 24 }, { [3] = 16 << 24 },
	{ [3] = 17 << 24 }, { [3] = 18 << 24 }, { [3] = 19 << 24 }, { [3] = 20 << 24 },
	{ [3] = 21 << 24 }, { [3] = 22 << 24 }, { [3] = 23 << 24 }, { [3] = 24 << 24 },
	{ [3] = 25 << 24 }, { [3] = 26 << 24 }, { [3] = 27 << 24 }, { [3] = 28 << 24 },
	{ [3] = 29 << 24 }, { [3] = 30 << 24 }, { [3] = 31 << 24 }, { [3] = 32 << 24 },
};

/* The vector with the carry, little endian */
static const u32 count_last[][4] __aligned(VEC_BYTES) = {
	{ [3] = STEP_BLOCKS - LANES + 1 }, { [3] = STEP_BLOCKS - LANES + 2 },
	{ [3] = STEP_BLOCKS - LANES + 3 }, { [3] = STEP_BLOCKS - LANES + 4 },
};

static __always_inline void counter_blocks(struct walk *w, vec *s, int n, vec rk)
{
	const __m128i order = _mm_set_epi8(12, 13, 14, 15, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
	vec begin = vec_xor(w->counter, rk), little;
	int z;

#pragma GCC unroll 16
	for (z = 0; z < n && z < STEP - 1; z++)
		s[z] = vec_xor(begin, vec_load(count[z * LANES]));
	if (n < STEP)
		return;
	little = vec_shuffle(w->counter, vec_broadcast(order));
	s[z] = vec_xor(vec_shuffle(vec_add32(little, vec_load(count_last)), vec_broadcast(order)), rk);
	little = vec_add32(little, vec_broadcast(_mm_set_epi32(STEP_BLOCKS, 0, 0, 0)));
	w->counter = vec_shuffle(little, vec_broadcast(order));
}

static __always_inline void two_rounds(vec *s, int n, const struct dvti_gcm_key *k, int r)
{
	vec_round_key rk = vec_round_key_at(k->round_keys[r]);
	vec_round_key next = vec_round_key_at(k->round_keys[r + 1]);
	int z;

#pragma GCC unroll 16
	for (z = 0; z < n; z++)
		s[z] = vec_aesenc(s[z], rk);
#pragma GCC unroll 16
	for (z = 0; z < n; z++)
		s[z] = vec_aesenc(s[z], next);
}

/* Key stream of the next @n vectors, all but the last round. @rows: vectors that GHASH takes meanwhile */
static __always_inline void aes_rounds(struct walk *w, vec *s, int n, int part, int among, int rows, struct ghash *g,
				       u32 power)
{
	const struct dvti_gcm_key *k = w->k;
	vec_round_key rk;
	int r, z;

	/* Loads of round keys belong where they are used: taken out of the branches, they would fill all registers. */
	asm volatile("" : : : "memory");

	counter_blocks(w, s, n, vec_broadcast(block_load(k->round_keys[0])));
	if (k->rounds > 10)
		two_rounds(s, n, k, 1);
	if (k->rounds > 12)
		two_rounds(s, n, k, 3);
	/* The vector that waits for GHASH of the step before comes last. */
#pragma GCC unroll 16
	for (r = 1; r < 10; r++) {
		rk = vec_round_key_at(w->late[r]);
#pragma GCC unroll 16
		for (z = 0; z < n; z++)
			s[z] = vec_aesenc(s[z], rk);
		if (r <= rows && (r - 1) % GHASH_ROWS == 0)
			ghash_among(g, w, rows - r, n, part, among, power);
	}
}

/* Vector @z of the text; @s: its key stream but for the last round, @rk: the key of that round */
static __always_inline vec text_crypt(struct walk *w, vec s, vec rk, int z, int n, int part, int open)
{
	vec v = vec_aesenclast(s, vec_xor(text_load(w, z, n, part), rk));

	if (z == 0 && (part & FIRST)) {
		w->icv_key = vec_first(v);
		v = vec_without_first(v);
	}
	text_store(w, v, z, n, part, open);
	return v;
}

/* A step of @n vectors; all arguments but @w are constants. */
static __always_inline void step(struct walk *w, int n, int part, int among, int open)
{
	const struct dvti_gcm_key *k = w->k;
	/* At the end one more power is needed, for the block of lengths. */
	u32 power = DVTI_GCM_POWERS - (part & END ? w->blocks + 1 : STEP_BLOCKS);
	int rows = among == STEP_BEFORE ? STEP : among == THIS_STEP ? n : 0;
	bool ends = (part & END) && !(part & LATER);
	struct ghash g;
	vec rk = vec_broadcast(block_load(w->late[10]));
	vec s[STEP], v;
	int z;

	ghash_init(&g);
	aes_rounds(w, s, n, part, among, rows, &g, among == STEP_BEFORE ? DVTI_GCM_POWERS - STEP_BLOCKS : power);
	if (among == STEP_BEFORE) {
		w->acc = ghash_reduce(&g);
		ghash_init(&g);
	}

#pragma GCC unroll 16
	for (z = 0; z < n; z++) {
		v = text_crypt(w, s[z], rk, z, n, part, open);
		if (open)
			continue;
		if (z == n - 1 && (part & END))
			v = vec_keep(v, w->end);
		if (part & LATER)
			w->tail->x[z] = vec_shuffle(v, vec_broadcast(reverse_mask()));
		else if (part & END)
			ghash_add(&g, k, ghash_input(w, v, z, n, part), power + z * LANES);
		else if (z == 0)
			w->x0 = ghash_input(w, v, 0, n, part);
	}
	if (ends && w->blocks % LANES == 0)
		ghash_add_lengths(&g, k, w->len);
	if (open || ends)
		w->acc = ghash_reduce(&g);

	w->at += n * VEC_BYTES;
	w->blocks -= STEP_BLOCKS;
}

/* @n is no constant here: one copy of the code for each. */
static __always_inline void last_step(struct walk *w, u32 n, int part, int among, int open)
{
	switch (n) {
	case 1:
		return step(w, 1, part, among, open);
	case 2:
		return step(w, 2, part, among, open);
	case 3:
		return step(w, 3, part, among, open);
	case 4:
		return step(w, 4, part, among, open);
	case 5:
		return step(w, 5, part, among, open);
	case 6:
		return step(w, 6, part, among, open);
	case 7:
		return step(w, 7, part, among, open);
	default:
		return step(w, 8, part, among, open);
	}
}

/* Octets by which the CPU is told beforehand which memory comes next */
#define COPY_AHEAD 1024

static u32 copy_sum(u8 *dst, const u8 *src, u32 len)
{
	const vec low = vec_broadcast(_mm_set1_epi64x(0xffffffff));
	vec v, even = vec_zero(), odd = vec_zero();
	struct text_end end;
	__m128i total;
	u64 sum;
	u32 word, i;

	while (len >= VEC_BYTES) {
		asm volatile("prefetcht0 %0" : : "m"(src[COPY_AHEAD]));
		asm volatile("prefetchw %0" : : "m"(dst[COPY_AHEAD]));
		for (i = 0; i < 64 && len >= VEC_BYTES; i += VEC_BYTES) {
			v = vec_load(src);
			vec_store(dst, v);
			even = vec_add64(even, vec_and(v, low));
			odd = vec_add64(odd, vec_shift_right64(v, 32));
			len -= VEC_BYTES;
			src += VEC_BYTES;
			dst += VEC_BYTES;
		}
	}
	/* These vectors keep to the octet. */
	if (VEC_BYTES == 64 && len) {
		end = text_end_at(len);
		v = vec_load_end(src, end);
		vec_store_end(dst, v, end);
		even = vec_add64(even, vec_and(v, low));
		odd = vec_add64(odd, vec_shift_right64(v, 32));
		len = 0;
	}
	total = vec_fold_add64(vec_add64(even, odd));
	sum = (u64)_mm_cvtsi128_si64(total) + (u64)_mm_extract_epi64(total, 1);
	vec_clear_registers();

	for (; len >= sizeof(word); len -= sizeof(word), src += sizeof(word), dst += sizeof(word)) {
		__builtin_memcpy(&word, src, sizeof(word));
		__builtin_memcpy(dst, &word, sizeof(word));
		sum += word;
	}
	for (i = 0; i < len; i++) {
		dst[i] = src[i];
		sum += (u64)src[i] << 8 * i;
	}
	sum = (sum & 0xffffffff) + (sum >> 32);
	return (u32)sum + (u32)(sum >> 32);
}

/* Sealing in place what comes from elsewhere */
static __always_inline void bring_text(const struct dvti_gcm_packet *p)
{
	if (p->src)
		copy_sum(p->text, p->src, p->src_len);
}

/*
 * Text from elsewhere is taken from there as it is sealed, all but the last vector, in which other octets follow it:
 * its part of that is brought here. Return: how far from here, 0 if all of it has been brought here.
 */
static __always_inline long text_away(const struct dvti_gcm_packet *p)
{
	/* In front of the first vector of the text is block 0. */
	long last = (long)((p->len + 15) / VEC_BYTES * VEC_BYTES) - 16, left = p->src_len - last;
	struct text_end end;

	if (!p->src)
		return 0;
	if (left < 0 || last < 0) {
		bring_text(p);
		return 0;
	}
	/* These vectors keep to the octet. */
	if (VEC_BYTES == 64) {
		end = text_end_at(left);
		vec_store_end(p->text + last, vec_load_end(p->src + last, end), end);
	} else {
		copy_sum(p->text + last, p->src + last, left);
	}
	return p->src - p->text;
}

/* Salt and IV, the counter behind them still zero (RFC 4106 section 4) */
static __always_inline __m128i nonce_of(const struct dvti_gcm_key *k, const struct dvti_gcm_packet *p)
{
	return _mm_set_epi64x(p->iv >> 32, p->iv << 32 | k->salt);
}

static __always_inline struct walk walk_begin(const struct dvti_gcm_key *k, const struct dvti_gcm_packet *p)
{
	return (struct walk){
		.k = k,
		.late = k->round_keys + k->rounds - 10,
		.len = p->len,
		.at = p->text - 16,
		.counter = vec_broadcast(nonce_of(k, p)),
		.header = _mm_set_epi64x(p->iv, p->header),
		.acc = _mm_set_epi64x(p->aad_hi, p->aad_lo),
		.blocks = 1 + (p->len + 15) / 16,
		.end = text_end_at((p->len + 15) % VEC_BYTES + 1),
	};
}

/* Return: the ICV. */
static __always_inline __m128i packet(const struct dvti_gcm_key *k, const struct dvti_gcm_packet *p, int open)
{
	struct walk w = walk_begin(k, p);

	if (!open)
		w.away = text_away(p);
	if (w.blocks <= STEP_BLOCKS) {
		last_step(&w, (w.blocks + LANES - 1) / LANES, FIRST | END, open ? THIS_STEP : NOTHING, open);
	} else {
		step(&w, STEP, FIRST, open ? THIS_STEP : NOTHING, open);
		while (w.blocks > STEP_BLOCKS)
			step(&w, STEP, 0, open ? THIS_STEP : STEP_BEFORE, open);
		last_step(&w, (w.blocks + LANES - 1) / LANES, END, open ? THIS_STEP : STEP_BEFORE, open);
	}
	return _mm_xor_si128(block_reverse(w.acc), w.icv_key);
}

/*
 * Overwrite what the functions called before, by the same caller, have put aside on the stack: @size octets from where
 * their frames began, a constant. There is nothing below the stack pointer that anybody needs.
 */
#define wipe_stack(size) ({						\
	asm volatile(".set .Lat, -%c1\n\t"				\
		     ".rept %c1 / %c2\n\t"				\
		     WIPE_MOVE " %0, .Lat(%%rsp)\n\t"			\
		     ".set .Lat, .Lat + %c2\n\t"			\
		     ".endr"						\
		     : : "v"(wipe_zero()), "i"(size), "i"(sizeof(wipe_zero())) : "memory");	\
})

static noinline void seal_packet(const struct dvti_gcm_key *k, const struct dvti_gcm_packet *p)
{
	block_store(p->text + p->len, packet(k, p, 0));
}

static noinline void open_packet(const struct dvti_gcm_key *k, struct dvti_gcm_packet *p)
{
	__m128i icv = block_load(p->text + p->len);
	__m128i difference = _mm_xor_si128(packet(k, p, 1), icv);

	/* Narrow vectors store the last block of text as a whole. */
	if (LANES < 4)
		block_store(p->text + p->len, icv);
	p->ok = _mm_testz_si128(difference, difference);
}

static __always_inline void one(const struct dvti_gcm_key *k, struct dvti_gcm_packet *p, int open)
{
	if (open)
		open_packet(k, p);
	else
		seal_packet(k, p);
}

/* For units that do not bring short packets together */
static inline void seal_one_by_one(const struct dvti_gcm_key *k, struct dvti_gcm_packet *p, unsigned int n)
{
	for (; n--; p++)
		seal_packet(k, p);
	wipe_stack(STACK_USED);
	vec_clear_registers();
}

static inline void open_one_by_one(const struct dvti_gcm_key *k, struct dvti_gcm_packet *p, unsigned int n)
{
	for (; n--; p++)
		open_packet(k, p);
	wipe_stack(STACK_USED);
	vec_clear_registers();
}
