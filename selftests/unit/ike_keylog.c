// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lines of the key log, letter by letter: Wireshark takes a table whole or not at all. And references to a policy.
 */
#include "hex.h"

#include "ike/keylog.h"
#include "ike/policy.h"

static void ike_with_gcm(void **state)
{
	struct ike_keys k = { .encr = IKE_ENCR_AES_GCM_16, .key_bits = 128, .e_len = 20 };
	char buf[IKE_KEYLOG_MAX];

	memset(k.ei, 0x11, 20);
	memset(k.er, 0x22, 20);
	assert_string_equal(ike_keylog_ike(&k, 1, 0xff00000000000002ull, buf),
			    "0000000000000001,ff00000000000002,"
			    "1111111111111111111111111111111111111111,2222222222222222222222222222222222222222,"
			    "\"AES-GCM-128 with 16 octet ICV [RFC5282]\",,,\"NONE [RFC4306]\"");
}

static void ike_with_cbc(void **state)
{
	struct ike_keys k = { .encr = IKE_ENCR_AES_CBC, .key_bits = 128, .e_len = 16,
			      .integ = IKE_INTEG_HMAC_SHA1_96, .a_len = 20 };
	char buf[IKE_KEYLOG_MAX];

	memset(k.ar, 0x33, 20);
	assert_string_equal(ike_keylog_ike(&k, 1, 2, buf),
			    "0000000000000001,0000000000000002,"
			    "00000000000000000000000000000000,00000000000000000000000000000000,\"AES-CBC-128 [RFC3602]\","
			    "0000000000000000000000000000000000000000,3333333333333333333333333333333333333333,"
			    "\"HMAC_SHA1_96 [RFC2404]\"");
	k.encr = IKE_ENCR_3DES;
	assert_null(ike_keylog_ike(&k, 1, 2, buf));
}

static void the_longest_lines_fit(void **state)
{
	struct ike_keys k = { .encr = IKE_ENCR_AES_CBC, .key_bits = 256, .e_len = 32,
			      .integ = IKE_INTEG_HMAC_SHA512_256, .a_len = 64 };
	uint8_t key[IKE_ESP_KEY_MAX] = { 0 };
	struct ike_addr a;
	char buf[IKE_KEYLOG_MAX];

	assert_string_equal(strrchr(ike_keylog_ike(&k, 1, 2, buf), ','), ",\"HMAC_SHA2_512_256 [RFC4868]\"");
	assert_true(ike_addr_parse(&a, "2001:db8:1111:2222:3333:4444:5555:6666"));
	assert_non_null(ike_keylog_esp(ike_esp_suite(IKE_ENCR_AES_CBC, 256, IKE_INTEG_HMAC_SHA512_256), key, 1, &a, &a, buf));
	assert_int_equal(buf[strlen(buf) - 1], '"');
}

static void esp(void **state)
{
	uint8_t key[36] = { 0xaa };
	struct ike_addr a, b;
	char buf[IKE_KEYLOG_MAX];

	assert_true(ike_addr_parse(&a, "192.0.2.1") && ike_addr_parse(&b, "192.0.2.2"));
	assert_string_equal(ike_keylog_esp(ike_esp_suite(IKE_ENCR_AES_GCM_16, 128, 0), key, 0xc0de0001, &a, &b, buf),
			    "\"IPv4\",\"192.0.2.1\",\"192.0.2.2\",\"0xc0de0001\",\"AES-GCM with 16 octet ICV [RFC4106]\","
			    "\"0xaa00000000000000000000000000000000000000\",\"NULL\",\"\"");
	assert_string_equal(ike_keylog_esp(ike_esp_suite(IKE_ENCR_AES_CBC, 128, IKE_INTEG_HMAC_SHA1_96), key, 1, &a, &b, buf),
			    "\"IPv4\",\"192.0.2.1\",\"192.0.2.2\",\"0x00000001\",\"AES-CBC [RFC3602]\","
			    "\"0xaa000000000000000000000000000000\",\"HMAC-SHA-1-96 [RFC2404]\","
			    "\"0x0000000000000000000000000000000000000000\"");
	assert_string_equal(ike_keylog_esp(ike_esp_suite(IKE_ENCR_NULL, 0, IKE_INTEG_HMAC_MD5_96), key, 1, &a, &b, buf),
			    "\"IPv4\",\"192.0.2.1\",\"192.0.2.2\",\"0x00000001\",\"NULL\",\"\","
			    "\"HMAC-MD5-96 [RFC2403]\",\"0xaa000000000000000000000000000000\"");
	/* Wireshark would refuse the table. */
	assert_null(ike_keylog_esp(ike_esp_suite(IKE_ENCR_CHACHA20_POLY1305, 0, 0), key, 1, &a, &b, buf));
	assert_null(ike_keylog_esp(ike_esp_suite(IKE_ENCR_AES_CCM_16, 128, 0), key, 1, &a, &b, buf));
}

static unsigned int released;

static void count_release(struct ike_policy *policy)
{
	released++;
}

static void policy_goes_with_its_last_reference(void **state)
{
	struct ike_profile profiles[] = { { .name = "hub" }, { .name = "branch" } };
	struct ike_policy p = { .refs = 1, .profiles = profiles, .n_profiles = 2, .release = count_release };

	assert_ptr_equal(ike_policy_profile(&p, "branch"), &profiles[1]);
	assert_null(ike_policy_profile(&p, "bran"));
	assert_ptr_equal(ike_policy_ref(&p), &p);
	ike_policy_unref(&p);
	assert_int_equal(released, 0);
	ike_policy_unref(&p);
	assert_int_equal(released, 1);
	ike_policy_unref(NULL);
	assert_null(ike_policy_ref(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ike_with_gcm),
		cmocka_unit_test(ike_with_cbc),
		cmocka_unit_test(the_longest_lines_fit),
		cmocka_unit_test(esp),
		cmocka_unit_test(policy_goes_with_its_last_reference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
