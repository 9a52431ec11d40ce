// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Address pools and what authorization policies believe.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "aaa/authorization.h"

static struct pool_leases *leases;
static struct ike_pool pool;

static int setup(void **state)
{
	(void)state;
	leases = pool_leases_new();
	pool = (struct ike_pool){ .name = "p" };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pool_leases_free(leases);
	return 0;
}

static void range(const char *text)
{
	assert_true(ike_range_parse(&pool.range, text));
}

static struct ike_addr addr(const char *text)
{
	struct ike_addr a;

	assert_true(ike_addr_parse(&a, text));
	return a;
}

static void given(const char *owner, const char *wish, const char *want)
{
	struct ike_addr w, got, expected = addr(want);

	if (wish)
		w = addr(wish);
	assert_true(pool_lease(leases, &pool, owner, wish ? &w : NULL, &got));
	assert_true(ike_addr_same_host(&got, &expected));
}

static void in_order_and_exhausted(void **state)
{
	struct ike_addr got;

	(void)state;
	range("10.0.0.254-10.0.1.1");
	given("a", NULL, "10.0.0.254");
	given("b", NULL, "10.0.0.255");
	given("c", NULL, "10.0.1.0");
	given("d", NULL, "10.0.1.1");
	assert_false(pool_lease(leases, &pool, "e", NULL, &got));
	assert_int_equal(pool_leases_in_use(leases, &pool), 4);
}

/* The same owner gets the same address, also after it was away; a stranger gets what is longest unused. */
static void remembered(void **state)
{
	struct ike_addr a = addr("10.0.0.1"), b = addr("10.0.0.2");

	(void)state;
	range("10.0.0.1-10.0.0.2");
	given("a", NULL, "10.0.0.1");
	given("a", NULL, "10.0.0.1");
	given("b", NULL, "10.0.0.2");
	pool_release(leases, &pool, "b", &b);
	pool_release(leases, &pool, "a", &a);
	given("a", NULL, "10.0.0.1");
	given("c", NULL, "10.0.0.2");
	pool_release(leases, &pool, "c", &b);
	given("b", NULL, "10.0.0.2");
}

static void wishes(void **state)
{
	(void)state;
	range("10.0.0.1-10.0.0.9");
	given("a", "10.0.0.7", "10.0.0.7");
	given("b", "10.0.0.7", "10.0.0.1");
	given("c", "192.0.2.1", "10.0.0.2");
	given("a", "10.0.0.8", "10.0.0.7");
}

static void reserved(void **state)
{
	struct ike_addr a = addr("10.0.0.1"), outside = addr("10.0.0.99");

	(void)state;
	range("10.0.0.1-10.0.0.3");
	assert_true(pool_reserve(leases, &pool, "a", &a));
	assert_true(pool_reserve(leases, &pool, "a", &a));
	assert_false(pool_reserve(leases, &pool, "b", &a));
	assert_false(pool_reserve(leases, &pool, "b", &outside));
	given("b", NULL, "10.0.0.2");
	given("a", NULL, "10.0.0.1");
}

static void foreign_release(void **state)
{
	struct ike_addr a = addr("10.0.0.1");

	(void)state;
	range("10.0.0.1-10.0.0.3");
	given("a", NULL, "10.0.0.1");
	pool_release(leases, &pool, "b", &a);
	assert_int_equal(pool_leases_in_use(leases, &pool), 1);
	pool_release(leases, &pool, "a", &a);
	pool_release(leases, &pool, "a", &a);
	assert_int_equal(pool_leases_in_use(leases, &pool), 0);
}

static void whole_ipv6_subnet(void **state)
{
	char owner[16];
	struct ike_addr got;

	(void)state;
	range("2001:db8::/64");
	for (int i = 0; i < 1000; i++) {
		snprintf(owner, sizeof(owner), "peer%d", i);
		assert_true(pool_lease(leases, &pool, owner, NULL, &got));
	}
	assert_int_equal(got.bytes[14] << 8 | got.bytes[15], 999);
}

/* A reload may make the pool larger; what was lent out of the old one is not lent again by it. */
static void another_range(void **state)
{
	(void)state;
	range("10.0.0.1-10.0.0.2");
	given("a", NULL, "10.0.0.1");
	range("10.0.1.1-10.0.1.9");
	given("a", NULL, "10.0.1.1");
}

static bool accepts(struct ike_authorization *auth, const char *text)
{
	struct ike_prefix p;

	assert_true(ike_prefix_parse(&p, text));
	return !authorization_refusal(auth, &p);
}

static void acceptance(void **state)
{
	struct ike_prefix list[2];
	struct ike_authorization auth = { .accept = list };
	static const char *const refused[] = {
		"0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "10.0.0.0/7", "0.0.0.0/8", "127.0.0.0/8", "127.0.0.1/32",
		"169.254.0.0/16", "224.0.0.0/4", "239.1.2.0/24", "255.255.255.255/32", "::/0", "::/1", "2000::/3",
		"2000::/15", "::1/128", "::/64", "fe80::/64", "ff02::/16",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		assert_false(accepts(NULL, refused[i]));
	assert_true(accepts(NULL, "10.0.0.0/8"));
	assert_true(accepts(NULL, "223.255.255.0/24"));
	assert_true(accepts(NULL, "2001::/16"));
	assert_true(accepts(NULL, "fd00::/16"));
	assert_true(accepts(NULL, "64:ff9b::/96"));
	assert_false(accepts(&auth, "::/0"));
	assert_true(ike_prefix_parse(&list[0], "10.0.0.0/8"));
	auth.n_accept = 1;
	assert_true(accepts(&auth, "10.0.0.0/8"));
	assert_true(accepts(&auth, "10.9.8.7/32"));
	assert_false(accepts(&auth, "0.0.0.0/0"));
	assert_false(accepts(&auth, "11.0.0.0/8"));
	assert_false(accepts(&auth, "2001:db8::/32"));
	assert_true(ike_prefix_parse(&list[1], "0.0.0.0/0"));
	auth.n_accept = 2;
	assert_true(accepts(&auth, "0.0.0.0/0"));
	assert_true(accepts(&auth, "11.0.0.0/8"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(in_order_and_exhausted), T(remembered), T(wishes), T(reserved), T(foreign_release),
		T(whole_ipv6_subnet), T(another_range), T(acceptance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
