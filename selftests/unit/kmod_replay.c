// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The anti-replay window of the kernel module against a model that is too simple to be wrong: it keeps every number
 * ever accepted.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <linux/types.h>

/* Other threads get a chance where it would hurt: between the reading of a word and its writing. */
static __thread unsigned int stores;

#undef WRITE_ONCE
#define WRITE_ONCE(x, val) do {					\
	typeof(x) value = (val);				\
								\
	if (++stores % 16 == 0)					\
		sched_yield();					\
	__atomic_store_n(&(x), value, __ATOMIC_RELAXED);	\
} while (0)

#include "replay.c"

#define HISTORY 400000

struct model {
	u32 window;
	u64 base;		/* number of seen[0] */
	u64 top;
	bool seen[HISTORY];
};

static struct model model;

static void model_init(u32 window, u64 top)
{
	memset(&model, 0, sizeof(model));
	model.window = window;
	model.base = top > HISTORY / 2 ? top - HISTORY / 2 : 0;
	model.top = top;
	for (u64 seq = model.base; seq <= top; seq++)
		model.seen[seq - model.base] = true;
}

static bool model_accept(u64 seq)
{
	if (seq == 0)
		return false;
	if (seq <= model.top && model.top - seq >= model.window)
		return false;
	if (model.seen[seq - model.base])
		return false;
	model.seen[seq - model.base] = true;
	if (seq > model.top)
		model.top = seq;
	return true;
}

/* xorshift: the same walk on every run */
static u64 state;

static u64 random_below(u64 n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % n;
}

/* A step ahead, sometimes by more than the window, or back into it and behind it. */
static u64 next_number(u32 window, u64 top)
{
	u64 back;

	if (random_below(100) == 0)
		return top + 1 + random_below(3 * window + 200);

	switch (random_below(8)) {
	case 0:
	case 1:
	case 2:
	case 3:
		back = random_below(window + 70);
		return back < top ? top - back : 1;
	case 4:
		return top;
	default:
		return top + 1 + random_below(4);
	}
}

static bool take(struct dvti_replay *r, u64 seq)
{
	bool accepted;

	spin_lock(&r->lock);
	accepted = dvti_replay_accept(r, seq);
	spin_unlock(&r->lock);
	return accepted;
}

static void walk(u32 window, bool esn, u64 top)
{
	struct dvti_replay r;

	state = 0x9e3779b97f4a7c15ULL ^ window;
	model_init(window, top);
	assert_int_equal(dvti_replay_init(&r, window, esn, top, GFP_KERNEL), 0);

	for (int i = 0; i < 100000; i++) {
		u64 seq = next_number(window, model.top);
		bool want;

		if (seq - model.base >= HISTORY)
			break;
		if (!esn && seq > U32_MAX)
			break;
		if (esn && seq + window > model.top)
			assert_true(dvti_replay_infer(&r, lower_32_bits(seq)) == seq);
		want = seq > model.top || (model.top - seq < window && !model.seen[seq - model.base]);
		assert_int_equal(dvti_replay_check(&r, seq), want);
		assert_int_equal(take(&r, seq), model_accept(seq));
		assert_true(r.top == model.top);
	}
	dvti_replay_destroy(&r);
}

static const u32 windows[] = { 32, 33, 63, 64, 65, 127, 128, 1000, 1024, 4096, 8191, 8192 };

static void agrees_with_the_model(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++)
		walk(windows[i], false, 0);
}

static void agrees_with_the_model_across_cycles(void **unused)
{
	static const u64 tops[] = { 0, 1, 0xfffffff0ULL, 0xffffffffULL, 0x100000000ULL, 0x1ffffff00ULL, 0xffffffffff00ULL };

	(void)unused;
	for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++)
		for (size_t j = 0; j < sizeof(tops) / sizeof(tops[0]); j++)
			walk(windows[i], true, tops[j]);
}

/* RFC 4303 appendix A2.1, both cases, at their edges. */
static void infers_the_upper_half(void **unused)
{
	struct dvti_replay r;

	(void)unused;
	assert_int_equal(dvti_replay_init(&r, 64, true, 0x500000040ULL, GFP_KERNEL), 0);
	assert_true(dvti_replay_infer(&r, 0x41) == 0x500000041ULL);
	assert_true(dvti_replay_infer(&r, 0x01) == 0x500000001ULL);
	assert_true(dvti_replay_infer(&r, 0x00) == 0x600000000ULL);
	assert_true(dvti_replay_infer(&r, 0xffffffff) == 0x5ffffffffULL);
	dvti_replay_destroy(&r);

	assert_int_equal(dvti_replay_init(&r, 64, true, 0x500000010ULL, GFP_KERNEL), 0);
	assert_true(dvti_replay_infer(&r, 0xffffffff) == 0x4ffffffffULL);
	assert_true(dvti_replay_infer(&r, 0xffffffd1) == 0x4ffffffd1ULL);
	assert_true(dvti_replay_infer(&r, 0xffffffd0) == 0x5ffffffd0ULL);
	dvti_replay_destroy(&r);

	/* Before the first packet there is no earlier cycle. */
	assert_int_equal(dvti_replay_init(&r, 64, true, 0, GFP_KERNEL), 0);
	assert_true(dvti_replay_infer(&r, 1) == 1);
	assert_true(dvti_replay_infer(&r, 0xffffffff) == 0);
	assert_false(dvti_replay_check(&r, 0));
	assert_false(take(&r, 0));
	dvti_replay_destroy(&r);
}

static void without_a_window_anything_passes(void **unused)
{
	struct dvti_replay r;

	(void)unused;
	assert_int_equal(dvti_replay_init(&r, 0, false, 0, GFP_KERNEL), 0);
	for (int i = 0; i < 2; i++) {
		assert_true(dvti_replay_check(&r, 7));
		assert_true(take(&r, 7));
	}
	assert_null(r.bitmap);
	dvti_replay_destroy(&r);
}

static void without_a_window_esn_still_counts_cycles(void **unused)
{
	struct dvti_replay r;

	(void)unused;
	assert_int_equal(dvti_replay_init(&r, 0, true, 0xfffffffeULL, GFP_KERNEL), 0);
	assert_true(dvti_replay_infer(&r, 3) == 0x100000003ULL);
	assert_true(take(&r, 0x100000003ULL));
	assert_true(dvti_replay_infer(&r, 0xffffffff) == 0xffffffffULL);
	dvti_replay_destroy(&r);
}

static void a_leap_forgets_everything(void **unused)
{
	struct dvti_replay r;

	(void)unused;
	assert_int_equal(dvti_replay_init(&r, 8192, true, 0, GFP_KERNEL), 0);
	for (u64 seq = 1; seq <= 8192; seq++)
		assert_true(take(&r, seq));
	assert_true(take(&r, U64_MAX - 1));
	assert_true(take(&r, U64_MAX));
	assert_false(take(&r, U64_MAX));
	assert_true(take(&r, U64_MAX - 8191));
	assert_false(take(&r, U64_MAX - 8192));
	assert_false(take(&r, 8192));
	dvti_replay_destroy(&r);
}

/*
 * Several receivers get every number once each, in random order; of all of them one may take it. They go on together
 * from one half of the window to the next, so that no number is too old, and cross from one cycle into the next.
 */
#define THREADS 4
#define NUMBERS (16 * DVTI_REPLAY_BITS_MAX)

static struct {
	struct dvti_replay r;
	pthread_barrier_t together;
	u32 half;			/* of the window */
	u64 first;
	int accepted[NUMBERS];
	int wrong_guesses;
} shared;

static void shuffle(u32 *order, u32 n, u64 *seed)
{
	for (u32 i = 0; i < n; i++)
		order[i] = i;
	for (u32 i = n - 1; i; i--) {
		*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
		u32 j = (*seed >> 33) % (i + 1), at = order[i];

		order[i] = order[j];
		order[j] = at;
	}
}

static void *receive(void *number)
{
	u32 order[DVTI_REPLAY_BITS_MAX / 2];
	u64 seed = (uintptr_t)number;

	for (u32 begin = 0; begin < NUMBERS; begin += shared.half) {
		shuffle(order, shared.half, &seed);
		pthread_barrier_wait(&shared.together);
		for (u32 i = 0; i < shared.half; i++) {
			u32 at = begin + order[i];
			u64 seq = shared.first + at;
			int *accepted = &shared.accepted[at];

			if (dvti_replay_infer(&shared.r, lower_32_bits(seq)) != seq)
				__atomic_add_fetch(&shared.wrong_guesses, 1, __ATOMIC_RELAXED);
			if (dvti_replay_check(&shared.r, seq) && take(&shared.r, seq))
				__atomic_add_fetch(accepted, 1, __ATOMIC_RELAXED);
		}
	}
	return NULL;
}

static void one_of_several_receivers_takes_a_number(void **unused)
{
	static const u32 sizes[] = { 32, 64, 1024, DVTI_REPLAY_BITS_MAX };
	pthread_t threads[THREADS];

	(void)unused;
	for (size_t w = 0; w < sizeof(sizes) / sizeof(sizes[0]); w++) {
		memset(&shared, 0, sizeof(shared));
		shared.half = sizes[w] / 2;
		shared.first = 0x100000000ULL - NUMBERS / 2;
		assert_int_equal(dvti_replay_init(&shared.r, sizes[w], true, shared.first - 1, GFP_KERNEL), 0);
		assert_int_equal(pthread_barrier_init(&shared.together, NULL, THREADS), 0);
		for (uintptr_t i = 0; i < THREADS; i++)
			assert_int_equal(pthread_create(&threads[i], NULL, receive, (void *)(i + 1)), 0);
		for (int i = 0; i < THREADS; i++)
			assert_int_equal(pthread_join(threads[i], NULL), 0);

		assert_int_equal(shared.wrong_guesses, 0);
		for (u32 i = 0; i < NUMBERS; i++)
			assert_int_equal(shared.accepted[i], 1);
		assert_true(shared.r.top == shared.first + NUMBERS - 1);
		pthread_barrier_destroy(&shared.together);
		dvti_replay_destroy(&shared.r);
	}
}

static void too_large_a_window_is_refused(void **unused)
{
	struct dvti_replay r;

	(void)unused;
	assert_int_equal(dvti_replay_init(&r, DVTI_REPLAY_BITS_MAX + 1, false, 0, GFP_KERNEL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_the_model),
		cmocka_unit_test(agrees_with_the_model_across_cycles),
		cmocka_unit_test(infers_the_upper_half),
		cmocka_unit_test(without_a_window_anything_passes),
		cmocka_unit_test(without_a_window_esn_still_counts_cycles),
		cmocka_unit_test(a_leap_forgets_everything),
		cmocka_unit_test(one_of_several_receivers_takes_a_number),
		cmocka_unit_test(too_large_a_window_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
