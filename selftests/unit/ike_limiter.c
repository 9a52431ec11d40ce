// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is said again and again: it passes once a second, and then with how often it did not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ike/limiter.h"

static void once_a_second(void **state)
{
	static struct limiter l;
	uint64_t key = limiter_key("refused", "192.0.2.1", NULL);
	unsigned int held = 77;

	(void)state;
	assert_true(limiter_pass(&l, key, 0, &held));
	assert_int_equal(held, 0);
	assert_false(limiter_pass(&l, key, 0, &held));
	assert_false(limiter_pass(&l, key, 999, &held));
	assert_true(limiter_pass(&l, key, 1000, &held));
	assert_int_equal(held, 2);
	assert_false(limiter_pass(&l, key, 1999, &held));
	assert_true(limiter_pass(&l, key, 5000, &held));
	assert_int_equal(held, 1);
	assert_true(limiter_pass(&l, key, 6000, &held));
	assert_int_equal(held, 0);
}

static void each_on_its_own(void **state)
{
	static struct limiter l;
	unsigned int held;

	(void)state;
	assert_true(limiter_pass(&l, limiter_key("refused", "192.0.2.1", NULL), 5, &held));
	assert_true(limiter_pass(&l, limiter_key("refused", "192.0.2.2", NULL), 5, &held));
	assert_true(limiter_pass(&l, limiter_key("refused", NULL), 5, &held));
	assert_true(limiter_pass(&l, limiter_key("refused", "", NULL), 5, &held));
	assert_true(limiter_pass(&l, limiter_key("", "refused", NULL), 5, &held));
	assert_false(limiter_pass(&l, limiter_key("refused", "192.0.2.1", NULL), 5, &held));
}

/* One takes the other's slot: both pass, and nothing is told of what was held back. */
static void a_collision_costs_a_line_at_most(void **state)
{
	static struct limiter l;
	uint64_t one = 0x1000, other = one + 2 * LIMITER_SLOTS;
	unsigned int held = 77;

	(void)state;
	assert_true(limiter_pass(&l, one, 10, &held));
	assert_false(limiter_pass(&l, one, 10, &held));
	assert_true(limiter_pass(&l, other, 10, &held));
	assert_int_equal(held, 0);
	assert_true(limiter_pass(&l, one, 10, &held));
	assert_int_equal(held, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(once_a_second),
		cmocka_unit_test(each_on_its_own),
		cmocka_unit_test(a_collision_costs_a_line_at_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
