// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Addresses, prefixes, ranges and traffic selectors.
 */
#include <arpa/inet.h>
#include <stdlib.h>

#include "hex.h"

#include "ike/ts.h"

static void addresses(void **state)
{
	static const char *const bad[] = { "", "hub", "192.0.2", "192.0.2.256", "192.0.2.1:500", "1.2.3.4%lo", "fe80::1%",
					   "fe80::1%nosuchdevice", "2001:db8::1%lo", "fe80::1%0",
					   "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd" };
	char text[IKE_ADDR_STRLEN];
	struct ike_addr a;

	assert_true(ike_addr_parse(&a, "192.0.2.1"));
	a.port = 500;
	assert_string_equal(ike_addr_text(&a, text), "192.0.2.1");
	assert_string_equal(ike_addr_port_text(&a, text), "192.0.2.1:500");
	assert_true(ike_addr_parse(&a, "2001:db8::1"));
	a.port = 4500;
	assert_string_equal(ike_addr_port_text(&a, text), "[2001:db8::1]:4500");
	assert_true(ike_addr_parse(&a, "fe80::1%lo"));
	assert_int_not_equal(a.scope, 0);
	assert_string_equal(ike_addr_text(&a, text), "fe80::1%lo");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(ike_addr_parse(&a, bad[i]));
		assert_int_equal(a.family, AF_UNSPEC);
	}
	assert_string_equal(ike_addr_text(&a, text), "none");
}

static void scope_is_shown_where_it_is_one(void **state)
{
	struct sockaddr_storage ss;
	char text[IKE_ADDR_STRLEN];
	struct ike_addr a, b;

	assert_true(ike_addr_parse(&a, "192.0.2.1"));
	b = a;
	b.scope = 7;
	assert_string_equal(ike_addr_text(&b, text), "192.0.2.1");
	assert_false(ike_addr_equal(&a, &b));
	assert_true(ike_addr_parse(&a, "2001:db8::1"));
	a.scope = 7;
	ike_addr_to_sockaddr(&a, &ss);
	assert_int_equal(((struct sockaddr_in6 *)&ss)->sin6_scope_id, 0);
	assert_true(ike_addr_parse(&a, "fe80::1%4711"));
	ike_addr_to_sockaddr(&a, &ss);
	assert_int_equal(((struct sockaddr_in6 *)&ss)->sin6_scope_id, 4711);
	assert_string_equal(ike_addr_text(&a, text), "fe80::1%4711");
}

static void sockaddr_round_trip(void **state)
{
	static const char *const texts[] = { "192.0.2.1", "2001:db8::1" };
	struct sockaddr_in6 mapped = { .sin6_family = AF_INET6, .sin6_port = htons(500) };
	struct sockaddr_storage ss;
	struct ike_addr a, b;

	for (size_t i = 0; i < 2; i++) {
		assert_true(ike_addr_parse(&a, texts[i]));
		a.port = 4500;
		assert_int_equal(ike_addr_to_sockaddr(&a, &ss), i ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
		ike_addr_from_sockaddr(&b, (struct sockaddr *)&ss);
		assert_true(ike_addr_equal(&a, &b));
		b.port = 1;
		assert_false(ike_addr_equal(&a, &b));
		assert_true(ike_addr_same_host(&a, &b));
	}
	assert_int_equal(inet_pton(AF_INET6, "::ffff:192.0.2.9", &mapped.sin6_addr), 1);
	ike_addr_from_sockaddr(&a, (struct sockaddr *)&mapped);
	assert_int_equal(a.family, AF_INET);
	assert_int_equal(a.bytes[3], 9);
	a = (struct ike_addr){ 0 };
	assert_int_equal(ike_addr_to_sockaddr(&a, &ss), 0);
}

static void prefixes(void **state)
{
	static const char *const bad[] = { "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/-1", "10.0.0.0/+8",
					   "10.0.0.0/8x", "2001:db8::1/64", "::/129", "10.0.0.0/0008" };
	char text[IKE_ADDR_STRLEN];
	struct ike_prefix p;
	struct ike_addr a;

	assert_true(ike_prefix_parse(&p, "10.32.0.0/11"));
	assert_string_equal(ike_prefix_text(&p, text), "10.32.0.0/11");
	assert_true(ike_addr_parse(&a, "10.63.255.255"));
	assert_true(ike_prefix_contains(&p, &a));
	assert_true(ike_addr_parse(&a, "10.64.0.0"));
	assert_false(ike_prefix_contains(&p, &a));
	assert_true(ike_addr_parse(&a, "2001:db8::1"));
	assert_false(ike_prefix_contains(&p, &a));
	assert_true(ike_prefix_parse(&p, "0.0.0.0/0") && ike_prefix_parse(&p, "::/0"));
	assert_true(ike_prefix_contains(&p, &a));
	assert_true(ike_prefix_parse(&p, "2001:db8::1"));
	assert_int_equal(p.len, 128);
	assert_true(ike_prefix_contains(&p, &a));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (ike_prefix_parse(&p, bad[i]))
			fail_msg("\"%s\" was taken", bad[i]);
}

static void ranges(void **state)
{
	static const char *const bad[] = { "", "-", "10.0.0.1-", "-10.0.0.1", "10.0.0.2-10.0.0.1", "10.0.0.1-::1",
					   "10.0.0.1-10.0.0.2-10.0.0.3", "10.0.0.1/8" };
	char text[IKE_ADDR_STRLEN];
	struct ike_range r;

	assert_true(ike_range_parse(&r, "10.0.0.1 - 10.0.0.9"));
	assert_string_equal(ike_addr_text(&r.last, text), "10.0.0.9");
	assert_true(ike_range_parse(&r, "2001:db8::1-2001:db8::ff"));
	assert_true(ike_range_parse(&r, "10.1.0.0/23"));
	assert_string_equal(ike_addr_text(&r.first, text), "10.1.0.0");
	assert_string_equal(ike_addr_text(&r.last, text), "10.1.1.255");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (ike_range_parse(&r, bad[i]))
			fail_msg("\"%s\" was taken", bad[i]);
}

static struct ike_ts ts(const char *text)
{
	struct ike_ts t;

	if (!ike_ts_parse(&t, text))
		fail_msg("selector \"%s\" was refused", text);
	return t;
}

static void selectors_print_as_they_are_written(void **state)
{
	static const char *const same[] = {
		"0.0.0.0/0", "::/0", "10.0.0.0/8", "10.0.0.1/32", "10.0.0.1-10.0.0.9", "10.0.0.0/8 tcp 80", "10.0.0.0/8 tcp",
		"10.0.0.0/8 udp 1000-2000", "2001:db8::/32 icmpv6", "10.0.0.1/32 gre", "10.0.0.0/8 200", "10.0.0.0/8 tcp opaque",
		"2001:db8::1-2001:db8::9 sctp 1",
	};
	char buf[IKE_TS_STRLEN];
	struct ike_ts t;

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		t = ts(same[i]);
		assert_string_equal(ike_ts_text(&t, buf), same[i]);
	}
	t = ts("10.0.0.1 - 10.0.0.9 tcp 0-65535");
	assert_string_equal(ike_ts_text(&t, buf), "10.0.0.1-10.0.0.9 tcp");
	t = ts("10.0.0.0 - 10.255.255.255");
	assert_string_equal(ike_ts_text(&t, buf), "10.0.0.0/8");
	t = ts("10.0.0.7");
	assert_string_equal(ike_ts_text(&t, buf), "10.0.0.7/32");
}

static void selectors_refused(void **state)
{
	static const char *const bad[] = { "", "any", "10.0.0.0/8 xyz", "10.0.0.0/8 tcp x", "10.0.0.0/8 tcp 80-70",
					   "10.0.0.0/8 any 80", "10.0.0.0/8 tcp 65536", "10.0.0.0/8 tcp 80 90", "10.0.0.0/8 256",
					   "10.0.0.0/8 tcp -80", "10.0.0.0/8 -1", "10.0.0.1 -" };
	struct ike_ts t;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (ike_ts_parse(&t, bad[i]))
			fail_msg("\"%s\" was taken", bad[i]);
}

static void any(void **state)
{
	struct ike_ts t = ts("0.0.0.0/0");

	assert_true(ike_ts_is_any(&t));
	ike_ts_any(&t, AF_INET6);
	assert_true(ike_ts_is_any(&t));
	t = ts("::/0 tcp");
	assert_false(ike_ts_is_any(&t));
	t = ts("::/1");
	assert_false(ike_ts_is_any(&t));
}

static void intersections(void **state)
{
	static const struct {
		const char *a, *b, *both;
	} v[] = {
		{ "10.0.0.0/8", "10.1.0.0/16", "10.1.0.0/16" },
		{ "10.0.0.0-10.0.0.20", "10.0.0.10-10.0.0.30", "10.0.0.10-10.0.0.20" },
		{ "10.0.0.0/8", "11.0.0.0/8", NULL },
		{ "0.0.0.0/0", "::/0", NULL },
		{ "0.0.0.0/0 tcp", "10.0.0.0/8", "10.0.0.0/8 tcp" },
		{ "0.0.0.0/0 tcp", "0.0.0.0/0 udp", NULL },
		{ "0.0.0.0/0 tcp 80-90", "0.0.0.0/0 tcp 85-100", "0.0.0.0/0 tcp 85-90" },
		{ "0.0.0.0/0 tcp 80", "0.0.0.0/0 tcp 81", NULL },
		{ "0.0.0.0/0 tcp opaque", "0.0.0.0/0 tcp", "0.0.0.0/0 tcp opaque" },
		{ "0.0.0.0/0 tcp opaque", "0.0.0.0/0 tcp opaque", "0.0.0.0/0 tcp opaque" },
		{ "0.0.0.0/0 tcp opaque", "0.0.0.0/0 tcp 80", NULL },
		{ "10.0.0.1", "10.0.0.1", "10.0.0.1/32" },
	};
	char buf[IKE_TS_STRLEN];

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct ike_ts a = ts(v[i].a), b = ts(v[i].b), out;

		assert_int_equal(ike_ts_intersect(&a, &b, &out), v[i].both != NULL);
		assert_int_equal(ike_ts_intersect(&b, &a, &out), v[i].both != NULL);
		if (v[i].both)
			assert_string_equal(ike_ts_text(&out, buf), v[i].both);
	}
}

static void narrowing(void **state)
{
	struct ike_ts offer[] = { ts("10.1.2.3/32 tcp 80"), ts("0.0.0.0/0"), ts("::/0") };
	struct ike_ts ours[] = { ts("10.1.0.0/16"), ts("10.1.2.0/24"), ts("2001:db8::/32") }, out[4];
	char buf[IKE_TS_STRLEN];

	/* The packet that triggered comes first in an offer (RFC 7296 section 2.9); what contains it swallows it. */
	assert_int_equal(ike_ts_narrow(offer, 3, ours, 3, out, 4), 2);
	assert_string_equal(ike_ts_text(&out[0], buf), "10.1.0.0/16");
	assert_string_equal(ike_ts_text(&out[1], buf), "2001:db8::/32");
	assert_int_equal(ike_ts_narrow(offer, 3, ours, 3, out, 1), 1);
	assert_int_equal(ike_ts_narrow(offer, 1, ours + 2, 1, out, 4), 0);
	assert_int_equal(ike_ts_narrow(NULL, 0, ours, 3, out, 4), 0);
}

static void covering_prefixes(void **state)
{
	static const struct {
		const char *range, *prefixes;
	} v[] = {
		{ "0.0.0.0/0", "0.0.0.0/0" },
		{ "::/0", "::/0" },
		{ "10.0.0.0-10.0.0.255", "10.0.0.0/24" },
		{ "10.0.0.1-10.0.0.6", "10.0.0.1/32 10.0.0.2/31 10.0.0.4/31 10.0.0.6/32" },
		{ "10.0.0.255-10.0.1.0", "10.0.0.255/32 10.0.1.0/32" },
		{ "255.255.255.254-255.255.255.255", "255.255.255.254/31" },
		{ "0.0.0.0-127.255.255.255", "0.0.0.0/1" },
		{ "2001:db8::-2001:db8::1:ffff", "2001:db8::/111" },
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct ike_ts t = ts(v[i].range);
		struct ike_prefix p[64];
		char all[400] = "", one[IKE_ADDR_STRLEN];
		size_t n = ike_ts_prefixes(&t, p, 64);

		for (size_t j = 0; j < n; j++)
			snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", j ? " " : "", ike_prefix_text(&p[j], one));
		assert_string_equal(all, v[i].prefixes);
		assert_int_equal(ike_ts_prefixes(&t, p, 1), 1);
	}
}

static void the_worst_range_needs_the_most_prefixes(void **state)
{
	struct ike_ts t = ts("::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe");
	struct ike_prefix p[300];

	assert_int_equal(ike_ts_prefixes(&t, p, 300), 254);
	t = ts("0.0.0.1-255.255.255.254");
	assert_int_equal(ike_ts_prefixes(&t, p, 300), 62);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(scope_is_shown_where_it_is_one),
		cmocka_unit_test(sockaddr_round_trip),
		cmocka_unit_test(prefixes),
		cmocka_unit_test(ranges),
		cmocka_unit_test(selectors_print_as_they_are_written),
		cmocka_unit_test(selectors_refused),
		cmocka_unit_test(any),
		cmocka_unit_test(intersections),
		cmocka_unit_test(narrowing),
		cmocka_unit_test(covering_prefixes),
		cmocka_unit_test(the_worst_range_needs_the_most_prefixes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
