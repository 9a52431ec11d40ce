// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Identities and patterns: what matches, what is more specific, and what a log line shows of a hostile one.
 */
#include "hex.h"

#include "ike/id.h"

static void parses_to(const char *text, uint8_t type, const char *hex, const char *shown)
{
	struct ike_id id;
	char buf[IKE_ID_STRLEN];

	assert_true(ike_id_parse(&id, text));
	assert_int_equal(id.type, type);
	if (hex)
		assert_hex(id.data, id.len, hex);
	assert_string_equal(ike_id_text(&id, buf), shown);
}

static void text_forms(void **state)
{
	parses_to("fqdn hub.example.com", IKE_ID_FQDN, "6875622e6578616d706c652e636f6d", "fqdn hub.example.com");
	parses_to("hub", IKE_ID_FQDN, "687562", "fqdn hub");
	parses_to("@hub", IKE_ID_FQDN, "687562", "fqdn hub");
	parses_to("email joe@example.com", IKE_ID_RFC822_ADDR, NULL, "email joe@example.com");
	parses_to("joe@example.com", IKE_ID_RFC822_ADDR, NULL, "email joe@example.com");
	parses_to("address 192.0.2.1", IKE_ID_IPV4_ADDR, "c0000201", "address 192.0.2.1");
	parses_to("192.0.2.1", IKE_ID_IPV4_ADDR, "c0000201", "address 192.0.2.1");
	parses_to("2001:db8::1", IKE_ID_IPV6_ADDR, "20010db8000000000000000000000001", "address 2001:db8::1");
	parses_to("fqdn 192.0.2.1", IKE_ID_FQDN, NULL, "fqdn 192.0.2.1");
	parses_to("key-id branch7", IKE_ID_KEY_ID, "6272616e636837", "key-id branch7");
	parses_to("key-id 0x0102", IKE_ID_KEY_ID, "0102", "key-id 0x0102");
}

/* The DER is OpenSSL's: openssl asn1parse shows it as a sequence of O (UTF8String) and CN. */
static void distinguished_names(void **state)
{
	struct ike_id id, other;
	char buf[IKE_ID_STRLEN];

	parses_to("dn O=Example,CN=hub", IKE_ID_DER_ASN1_DN,
		  "3020 3110 300e 06035504 0a0c 07 4578616d706c65 310c 300a 06035504 030c 03 687562", "dn O=Example,CN=hub");
	parses_to("C=DE, O=Example\\, Inc., CN=hub", IKE_ID_DER_ASN1_DN, NULL, "dn C=DE,O=Example\\x5c, Inc.,CN=hub");
	parses_to("CN=hub+O=Example", IKE_ID_DER_ASN1_DN, NULL, "dn CN=hub+O=Example");

	/* The same name in a PrintableString and in other case is the same name. */
	assert_true(ike_id_parse(&id, "dn O=Example,CN=hub"));
	other = id;
	for (size_t i = 0; i < other.len; i++)
		if (other.data[i] == 0x0c && other.data[i - 1] < 0x12)
			other.data[i] = 0x13;
	assert_memory_not_equal(id.data, other.data, id.len);
	assert_true(ike_id_equal(&id, &other));
	assert_true(ike_id_parse(&other, "dn O=Example,CN=hub2"));
	assert_false(ike_id_equal(&id, &other));

	/* Octets that are no name are shown, not interpreted. */
	id = (struct ike_id){ .type = IKE_ID_DER_ASN1_DN, .len = 3, .data = { 0x30, 0x05, 0x01 } };
	assert_string_equal(ike_id_text(&id, buf), "dn 300501");
	assert_true(ike_id_equal(&id, &id));
}

static void refused(void **state)
{
	static const char *const bad[] = {
		"", "email joe", "email @example.com", "email joe@", "address hub", "address 192.0.2.1/24", "address 192.0.2",
		"address fe80::1%lo", "key-id 0x012", "key-id 0x01zz", "dn hub", "dn CN=", "dn =x", "dn NOSUCH=x", "dn CN=a,",
		"dn CN=a\\", "dn CN", "two words", "fqdn a b", "CN=a,O", "@",
	};
	char long_name[IKE_ID_MAX + 10];
	struct ike_id id;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (ike_id_parse(&id, bad[i]))
			fail_msg("\"%s\" was taken", bad[i]);
	memset(long_name, 'a', sizeof(long_name));
	long_name[IKE_ID_MAX + 1] = '\0';
	assert_false(ike_id_parse(&id, long_name));
	long_name[IKE_ID_MAX] = '\0';
	assert_true(ike_id_parse(&id, long_name));
}

static void equality(void **state)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} v[] = {
		{ "fqdn Hub.Example.COM", "fqdn hub.example.com", true },
		{ "fqdn hub.example.com", "fqdn hub.example.org", false },
		{ "email joe@EXAMPLE.com", "email joe@example.com", true },
		{ "email Joe@example.com", "email joe@example.com", false },
		{ "email joe@example.com", "email joe@xample.com", false },
		{ "192.0.2.1", "192.0.2.1", true },
		{ "192.0.2.1", "192.0.2.2", false },
		{ "fqdn 192.0.2.1", "192.0.2.1", false },
		{ "key-id A", "key-id a", false },
		{ "fqdn a", "key-id a", false },
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct ike_id a, b;

		assert_true(ike_id_parse(&a, v[i].a) && ike_id_parse(&b, v[i].b));
		assert_int_equal(ike_id_equal(&a, &b), v[i].equal);
	}
}

static unsigned int score(const char *pattern, const char *text)
{
	struct ike_id_match m;
	struct ike_id id;

	if (!ike_id_match_parse(&m, pattern))
		fail_msg("pattern \"%s\" was refused", pattern);
	assert_true(ike_id_parse(&id, text));
	return ike_id_match(&m, &id);
}

static void patterns(void **state)
{
	assert_true(score("any", "hub"));
	assert_true(score("fqdn *.example.com", "spoke3.Example.com"));
	assert_true(score("*.example.com", "a.b.example.com"));
	assert_false(score("fqdn *.example.com", "example.com"));
	assert_false(score("fqdn *.example.com", "badexample.com"));
	assert_false(score("fqdn *.example.com", "joe@a.example.com"));
	assert_false(score("fqdn *.example.com", "key-id a.example.com"));
	assert_true(score("email *@example.com", "joe@example.com"));
	assert_false(score("email *@example.com", "joe@a.example.com"));
	assert_false(score("*@example.com", "joe@badexample.com"));
	assert_true(score("*@*.example.com", "joe@a.example.com"));
	assert_false(score("*@*.example.com", "joe@example.com"));
	assert_true(score("address 192.0.2.0/24", "192.0.2.77"));
	assert_false(score("address 192.0.2.0/24", "192.0.3.77"));
	assert_true(score("192.0.2.0/25", "192.0.2.77"));
	assert_true(score("address 2001:db8::/32", "2001:db8:1::1"));
	assert_false(score("address 0.0.0.0/0", "2001:db8:1::1"));
	assert_false(score("address 192.0.2.0/24", "fqdn 192.0.2.77"));
	assert_true(score("fqdn hub", "HUB"));
}

static void the_more_specific_pattern_scores_higher(void **state)
{
	assert_true(score("fqdn a.b.example.com", "a.b.example.com") > score("*.b.example.com", "a.b.example.com"));
	assert_true(score("*.b.example.com", "a.b.example.com") > score("*.example.com", "a.b.example.com"));
	assert_true(score("*.com", "a.b.example.com") > score("any", "a.b.example.com"));
	assert_true(score("192.0.2.1", "192.0.2.1") > score("192.0.2.1/32", "192.0.2.1"));
	assert_true(score("192.0.2.0/31", "192.0.2.1") > score("192.0.0.0/16", "192.0.2.1"));
	assert_true(score("0.0.0.0/0", "192.0.2.1") > score("any", "192.0.2.1"));
}

static void patterns_print_as_they_are_written(void **state)
{
	static const char *const same[] = { "any", "fqdn *.example.com", "email *@example.com", "email *@*.example.com",
					    "address 192.0.2.0/24", "address 2001:db8::/32", "fqdn hub", "key-id 0x0102" };
	char buf[IKE_ID_STRLEN];
	struct ike_id_match m;

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		assert_true(ike_id_match_parse(&m, same[i]));
		assert_string_equal(ike_id_match_text(&m, buf), same[i]);
	}
}

static void patterns_refused(void **state)
{
	static const char *const bad[] = {
		"", "*", "fqdn *", "fqdn *.", "fqdn a.*.example.com", "fqdn *example.com", "*.*.com", "*@", "*@*", "*@*.",
		"*@*.a*", "fqdn *@a", "email *.a", "email j*@a", "address 192.0.2.1/24", "address */8", "*.a b", "*@a@b",
	};
	struct ike_id_match m;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (ike_id_match_parse(&m, bad[i]))
			fail_msg("pattern \"%s\" was taken", bad[i]);
}

static void hostile_octets_are_shown_escaped(void **state)
{
	struct ike_id id = { .type = IKE_ID_FQDN, .len = 9, .data = "a\n\x1b[2J\\ \xff" };
	char buf[IKE_ID_STRLEN];

	assert_string_equal(ike_id_text(&id, buf), "fqdn a\\x0a\\x1b[2J\\x5c \\xff");
	for (unsigned int type = 0; type < 256; type++) {
		id = (struct ike_id){ .type = (uint8_t)type, .len = IKE_ID_MAX };
		memset(id.data, 0x1b, IKE_ID_MAX);
		assert_true(strlen(ike_id_text(&id, buf)) < IKE_ID_STRLEN);
		assert_null(strchr(buf, 0x1b));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_forms),
		cmocka_unit_test(distinguished_names),
		cmocka_unit_test(refused),
		cmocka_unit_test(equality),
		cmocka_unit_test(patterns),
		cmocka_unit_test(the_more_specific_pattern_scores_higher),
		cmocka_unit_test(patterns_print_as_they_are_written),
		cmocka_unit_test(patterns_refused),
		cmocka_unit_test(hostile_octets_are_shown_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
