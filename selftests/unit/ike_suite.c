// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which proposal is chosen, and what is said when none is: the table of real clients and the errors that their
 * administrators make.
 */
#include "hex.h"

#include <linux/dvti.h>

#include "ike/suite.h"

/* "aes-cbc-256 aes-gcm-128 | sha256 none | prf-sha256 | 19 14 | esn no-esn": types in this order, '-' for none. */
static struct ike_proposal proposal(uint8_t protocol, const char *text)
{
	static const uint8_t types[] = { IKE_TRANSFORM_ENCR, IKE_TRANSFORM_INTEG, IKE_TRANSFORM_PRF,
					 IKE_TRANSFORM_KE, IKE_TRANSFORM_ESN };
	struct ike_proposal p = { .number = 1, .protocol = protocol, .spi_len = protocol == IKE_PROTO_ESP ? 4 : 0 };
	char copy[256], *word, *save;
	size_t type = 0;

	snprintf(copy, sizeof(copy), "%s", text);
	for (word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		struct ike_transform t;

		if (!strcmp(word, "|")) {
			type++;
		} else if (!strcmp(word, "none")) {
			ike_proposal_add(&p, types[type], 0, 0);
		} else if (!strncmp(word, "#", 1)) {
			unsigned int id = 0, bits = 0;

			sscanf(word, "#%u/%u", &id, &bits);
			ike_proposal_add(&p, types[type], (uint16_t)id, (uint16_t)bits);
		} else {
			assert_true(ike_transform_parse(protocol, types[type], word, &t));
			ike_proposal_add(&p, t.type, t.id, t.key_bits);
		}
	}
	return p;
}

#define IKE(text) proposal(IKE_PROTO_IKE, text)
#define ESP(text) proposal(IKE_PROTO_ESP, text)

static void chooses(const struct ike_proposal *offer, size_t n_offer, const struct ike_proposal *ours, size_t n_ours,
		    const char *expected)
{
	struct ike_proposal chosen;
	char text[200];
	int i = ike_proposal_select(offer, n_offer, ours, n_ours, &chosen);

	if (!expected) {
		assert_int_equal(i, -1);
		return;
	}
	assert_true(i >= 0);
	assert_string_equal(ike_proposal_text(&chosen, text, sizeof(text)), expected);
	assert_true(ike_proposal_answer_ok(&chosen, offer, n_offer));
}

static void one(struct ike_proposal offer, struct ike_proposal ours, const char *expected)
{
	chooses(&offer, 1, &ours, 1, expected);
}

static void our_order_decides(void **state)
{
	one(IKE("aes-cbc-128 aes-cbc-256 | sha1 sha256 | sha1 sha256 | 14 19"),
	    IKE("aes-cbc-256 aes-cbc-128 | sha256 | sha256 sha1 | 19 14"), "aes-cbc-256/sha256/prf-sha256/ecp256");
}

static void our_first_proposal_wins(void **state)
{
	struct ike_proposal offer[] = { IKE("aes-cbc-256 | sha256 | sha256 | 14"), IKE("aes-gcm-256 | | sha256 | 14") };
	struct ike_proposal ours[] = { IKE("aes-gcm-256 | | sha256 | 14"), IKE("aes-cbc-256 | sha256 | sha256 | 14") };
	struct ike_proposal chosen;

	offer[1].number = 2;
	assert_int_equal(ike_proposal_select(offer, 2, ours, 2, &chosen), 0);
	assert_int_equal(chosen.number, 2);
}

static void key_length_counts(void **state)
{
	one(ESP("aes-gcm-128 | | | | no-esn"), ESP("aes-gcm-256 | | | | no-esn"), NULL);
	one(ESP("#20/0 | | | | no-esn"), ESP("aes-gcm-256 | | | | no-esn"), NULL);
	one(ESP("#20/65535 | | | | no-esn"), ESP("aes-gcm-256 | | | | no-esn"), NULL);
}

static void what_is_left_out_is_none(void **state)
{
	one(IKE("aes-gcm-256 | none | sha256 | 19"), IKE("aes-gcm-256 | | sha256 | 19"), "aes-gcm-256/prf-sha256/ecp256");
	one(ESP("aes-gcm-256"), ESP("aes-gcm-256 | | | | no-esn"), "aes-gcm-256");
	one(ESP("aes-gcm-256"), ESP("aes-gcm-256 | | | | esn"), NULL);
	one(ESP("aes-gcm-256 | | | | esn no-esn"), ESP("aes-gcm-256 | | | | no-esn"), "aes-gcm-256");
	one(ESP("aes-gcm-256 | | | | esn no-esn"), ESP("aes-gcm-256 | | | | esn no-esn"), "aes-gcm-256/esn");
	one(ESP("aes-gcm-256 | | | | esn"), ESP("aes-gcm-256"), NULL);
}

static void an_ike_sa_needs_a_key_exchange_and_a_prf(void **state)
{
	one(IKE("aes-gcm-256 | | sha256"), IKE("aes-gcm-256 | | sha256"), NULL);
	one(IKE("aes-gcm-256 | | sha256 | none"), IKE("aes-gcm-256 | | sha256 | 19 none"), NULL);
	one(IKE("aes-gcm-256 | | | 19"), IKE("aes-gcm-256 | | | 19"), NULL);
}

static void pfs(void **state)
{
	one(ESP("aes-gcm-256 | | | 19 none | no-esn"), ESP("aes-gcm-256 | | | | no-esn"), "aes-gcm-256");
	one(ESP("aes-gcm-256 | | | 19 | no-esn"), ESP("aes-gcm-256 | | | | no-esn"), NULL);
	one(ESP("aes-gcm-256 | | | | no-esn"), ESP("aes-gcm-256 | | | 19 | no-esn"), NULL);
	one(ESP("aes-gcm-256 | | | | no-esn"), ESP("aes-gcm-256 | | | 19 none | no-esn"), "aes-gcm-256");
	one(ESP("aes-gcm-256 | | | 14 19 | no-esn"), ESP("aes-gcm-256 | | | 19 14 none | no-esn"), "aes-gcm-256/ecp256");
}

static void none_in_the_answer_only_where_it_was_offered(void **state)
{
	struct ike_proposal offer = ESP("aes-gcm-256 | none | | 19 none | no-esn"), ours = ESP("aes-gcm-256"), chosen;

	assert_int_equal(ike_proposal_select(&offer, 1, &ours, 1, &chosen), 0);
	assert_int_equal(chosen.n, 4);
	offer = ESP("aes-gcm-256 | | | | no-esn");
	assert_int_equal(ike_proposal_select(&offer, 1, &ours, 1, &chosen), 0);
	assert_int_equal(chosen.n, 2);
}

static void ciphers_of_both_kinds_in_one_proposal(void **state)
{
	one(IKE("aes-gcm-256 aes-cbc-256 | sha256 none | sha256 | 19"), IKE("aes-gcm-256 aes-cbc-256 | sha256 | sha256 | 19"),
	    "aes-gcm-256/prf-sha256/ecp256");
	/* Without NONE the peer has not said that GCM may go without integrity. */
	one(IKE("aes-gcm-256 aes-cbc-256 | sha256 | sha256 | 19"), IKE("aes-gcm-256 aes-cbc-256 | sha256 | sha256 | 19"),
	    "aes-cbc-256/sha256/prf-sha256/ecp256");
	one(ESP("aes-cbc-256 | none | | | no-esn"), ESP("aes-cbc-256 | sha256 | | | no-esn"), NULL);
	one(ESP("aes-cbc-256 | none | | | no-esn"), ESP("aes-cbc-256 | none | | | no-esn"), NULL);
	one(ESP("aes-cbc-256"), ESP("aes-cbc-256"), NULL);
}

static void an_unknown_transform_type_bars_its_proposal(void **state)
{
	struct ike_proposal offer[] = { IKE("aes-gcm-256 | | sha256 | 19"), IKE("aes-gcm-256 | | sha256 | 19") };
	struct ike_proposal ours = IKE("aes-gcm-256 | | sha256 | 19"), chosen;

	/* ADDITIONAL_KEY_EXCHANGE_1 (RFC 9370) in the first, as Apple's devices with ML-KEM have it. */
	assert_true(ike_proposal_add(&offer[0], 6, 36, 0));
	offer[1].number = 2;
	assert_int_equal(ike_proposal_select(offer, 2, &ours, 1, &chosen), 0);
	assert_int_equal(chosen.number, 2);
	assert_int_equal(ike_proposal_select(offer, 1, &ours, 1, &chosen), -1);
}

static void spi_of_the_wrong_length(void **state)
{
	struct ike_proposal offer = ESP("aes-gcm-256"), ours = ESP("aes-gcm-256"), chosen;

	offer.spi_len = 0;
	assert_int_equal(ike_proposal_select(&offer, 1, &ours, 1, &chosen), -1);
	offer.spi_len = 8;
	assert_int_equal(ike_proposal_select(&offer, 1, &ours, 1, &chosen), -1);
	offer.spi_len = 4;
	memcpy(offer.spi, "\xc0\xde\x00\x01", 4);
	assert_int_equal(ike_proposal_select(&offer, 1, &ours, 1, &chosen), 0);
	assert_memory_equal(chosen.spi, "\xc0\xde\x00\x01", 4);
}

static void esp_does_not_match_ike(void **state)
{
	one(ESP("aes-gcm-256"), IKE("aes-gcm-256 | | sha256 | 19"), NULL);
}

static void answers_that_were_not_offered_are_refused(void **state)
{
	struct ike_proposal offer[] = { IKE("aes-gcm-256 aes-gcm-128 | | sha256 | 19 14"),
					IKE("aes-cbc-256 | sha256 sha1 | sha256 | 14") };
	struct ike_proposal a;

	offer[1].number = 2;
	a = IKE("aes-gcm-128 | | sha256 | 14");
	assert_true(ike_proposal_answer_ok(&a, offer, 2));
	a = IKE("aes-gcm-128 | none | sha256 | 14");
	assert_true(ike_proposal_answer_ok(&a, offer, 2));
	a = IKE("aes-gcm-128 | | sha256 | 15");
	assert_false(ike_proposal_answer_ok(&a, offer, 2));
	a = IKE("aes-gcm-128 aes-gcm-256 | | sha256 | 14");
	assert_false(ike_proposal_answer_ok(&a, offer, 2));
	a = IKE("aes-gcm-128 | | | 14");
	assert_false(ike_proposal_answer_ok(&a, offer, 2));
	a = IKE("aes-gcm-128 | | sha256");
	assert_false(ike_proposal_answer_ok(&a, offer, 2));
	a = IKE("aes-gcm-128 | sha256 | sha256 | 14");
	assert_false(ike_proposal_answer_ok(&a, offer, 2));
	a = IKE("aes-cbc-256 | sha1 | sha256 | 14");
	assert_false(ike_proposal_answer_ok(&a, offer, 2));
	a.number = 2;
	assert_true(ike_proposal_answer_ok(&a, offer, 2));
	a.number = 3;
	assert_false(ike_proposal_answer_ok(&a, offer, 2));
	a = IKE("aes-cbc-256 | | sha256 | 14");
	a.number = 2;
	assert_false(ike_proposal_answer_ok(&a, offer, 2));
}

static void explains(const struct ike_proposal *offer, size_t n_offer, const struct ike_proposal *ours, size_t n_ours,
		     const char *expected)
{
	char buf[1024];

	assert_string_equal(ike_proposal_explain(offer, n_offer, ours, n_ours, buf, sizeof(buf)), expected);
}

/* Apple's devices offer no AES-256 with HMAC-SHA1, and "esp-aes 256 esp-sha-hmac" is what hubs of old allow. */
static void explains_the_mac_that_never_connects(void **state)
{
	struct ike_proposal offer[] = { ESP("aes-cbc-256 | sha256 | | | no-esn"), ESP("aes-cbc-128 | sha1 | | | no-esn"),
					ESP("#3 | sha1 | | | no-esn") };
	struct ike_proposal ours = ESP("aes-cbc-256 | sha1 | | | no-esn");

	explains(offer, 3, &ours, 1,
		 "nearest: add \"integrity sha256\"");
}

static void explains_windows_with_modp1024(void **state)
{
	struct ike_proposal offer = IKE("aes-cbc-256 | sha1 | sha1 | #2"), ours = IKE("aes-cbc-256 | sha1 | sha1 | 14 19");

	explains(&offer, 1, &ours, 1,
		 "nearest: let the peer offer \"group modp2048\" (modp1024 is not supported)");
}

static void explains_each_setting(void **state)
{
	static const struct {
		const char *offer, *ours, *nearest;
	} v[] = {
		{ "aes-gcm-128 | | sha256 | 19", "aes-gcm-256 | | sha256 | 19", "add \"encryption aes-gcm-128\"" },
		{ "aes-gcm-256 | | sha384 | 19", "aes-gcm-256 | | sha256 | 19", "add \"prf sha384\"" },
		{ "aes-gcm-256 | | sha256 | 31", "aes-gcm-256 | | sha256 | 19", "add \"group x25519\"" },
		{ "aes-gcm-128 | | sha256 | 31", "aes-gcm-256 | | sha256 | 19",
		  "add \"encryption aes-gcm-128\" and add \"group x25519\"" },
		{ "#3 | sha256 | sha256 | 19", "aes-cbc-256 | sha256 | sha256 | 19",
		  "let the peer offer \"encryption aes-cbc-256\" (3des is not supported)" },
		{ "#4711 | sha256 | sha256 | 19", "aes-cbc-256 | sha256 | sha256 | 19",
		  "let the peer offer \"encryption aes-cbc-256\" (encryption-4711 is not supported)" },
	};
	char buf[1024];

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct ike_proposal offer = IKE(v[i].offer), ours = IKE(v[i].ours);
		const char *text = ike_proposal_explain(&offer, 1, &ours, 1, buf, sizeof(buf));

		assert_string_equal(strstr(text, "nearest: ") + strlen("nearest: "), v[i].nearest);
	}
}

static void explains_pfs_and_esn(void **state)
{
	struct ike_proposal offer = ESP("aes-gcm-256 | | | | no-esn"), ours = ESP("aes-gcm-256 | | | 19 14 | no-esn");

	explains(&offer, 1, &ours, 1, "nearest: let the peer use PFS with group ecp256, or set \"pfs-required false\"");
	explains(&ours, 1, &offer, 1, "nearest: add \"pfs ecp256\"");
	offer = ESP("aes-gcm-256 | | | | esn");
	ours = ESP("aes-gcm-256 | | | | no-esn");
	explains(&offer, 1, &ours, 1, "nearest: set \"esn true\"");
	explains(&ours, 1, &offer, 1, "nearest: set \"esn false\"");
}

static void explains_the_pair_that_is_closest(void **state)
{
	struct ike_proposal offer[] = { IKE("#3 | #1 | #1 | #2"), IKE("aes-cbc-128 | sha256 | sha256 | 14") };
	struct ike_proposal ours[] = { IKE("aes-gcm-256 | | sha384 | 20"), IKE("aes-cbc-256 | sha256 | sha256 | 14") };
	char buf[1024];

	assert_non_null(strstr(ike_proposal_explain(offer, 2, ours, 2, buf, sizeof(buf)),
			       "nearest: add \"encryption aes-cbc-128\""));
}

static void explains_gcm_against_cbc(void **state)
{
	struct ike_proposal offer = ESP("aes-gcm-128 | | | | no-esn"), ours = ESP("aes-cbc-256 | sha256 | | | no-esn");

	explains(&offer, 1, &ours, 1, "nearest: add \"encryption aes-gcm-128\"");
	explains(&ours, 1, &offer, 1, "nearest: add \"encryption aes-cbc-256\" and add \"integrity sha256\"");
}

static void explains_that_there_is_nothing(void **state)
{
	struct ike_proposal ours = ESP("aes-gcm-256 | | | | no-esn");

	explains(NULL, 0, &ours, 1, "nothing was offered");
	explains(&ours, 1, NULL, 0, "nothing is configured");
}

/* Whatever the lengths, the text ends in the buffer. */
static void explanations_fit(void **state)
{
	struct ike_proposal offer[20], ours = IKE("aes-gcm-256 | | sha256 | 19");
	char buf[300];

	for (size_t i = 0; i < 20; i++) {
		offer[i] = IKE("aes-cbc-256 aes-cbc-192 aes-cbc-128 | sha1 sha256 sha384 sha512 | sha1 | 14 15 16 20 21");
		offer[i].number = (uint8_t)(i + 1);
	}
	for (size_t size = 0; size <= sizeof(buf); size++) {
		memset(buf, 'x', sizeof(buf));
		ike_proposal_explain(offer, 20, &ours, 1, buf, size);
		assert_true(!size || memchr(buf, '\0', size));
		ike_proposals_text(offer, 20, buf, size);
		assert_true(!size || memchr(buf, '\0', size));
	}
}

static void defaults_suit_the_clients_that_exist(void **state)
{
	struct ike_proposal ike[4], esp[4];
	size_t n_ike = ike_proposal_default_ike(ike, 4), n_esp = ike_proposal_default_esp(esp, 4);
	struct ike_proposal offer;

	offer = IKE("aes-gcm-256 | | sha256 | 19"); /* macOS 14 */
	chooses(&offer, 1, ike, n_ike, "aes-gcm-256/prf-sha256/ecp256");
	offer = IKE("aes-cbc-256 | sha256 | sha256 | 14"); /* macOS 13 */
	chooses(&offer, 1, ike, n_ike, "aes-cbc-256/sha256/prf-sha256/modp2048");
	offer = IKE("aes-cbc-256 | sha1 | sha1 | 14"); /* Windows with NegotiateDH2048_AES256 */
	chooses(&offer, 1, ike, n_ike, "aes-cbc-256/sha1/prf-sha1/modp2048");
	offer = IKE("#3 | sha1 | sha1 | #2"); /* Windows without */
	chooses(&offer, 1, ike, n_ike, NULL);
	offer = IKE("aes-cbc-256 aes-cbc-128 | sha512 sha384 sha256 | sha512 sha384 sha256 | 16 31 15 14"); /* Android */
	chooses(&offer, 1, ike, n_ike, "aes-cbc-256/sha256/prf-sha256/modp2048");
	offer = ESP("aes-cbc-256 | sha1 | | | no-esn"); /* Windows */
	chooses(&offer, 1, esp, n_esp, "aes-cbc-256/sha1");
	offer = ESP("#11 | sha1 | | | no-esn"); /* Windows: NULL */
	chooses(&offer, 1, esp, n_esp, NULL);
	offer = ESP("aes-cbc-256 | sha256 | | | no-esn"); /* macOS 13 */
	chooses(&offer, 1, esp, n_esp, "aes-cbc-256/sha256");
	offer = ESP("aes-gcm-128 | | | | no-esn esn"); /* strongSwan */
	chooses(&offer, 1, esp, n_esp, "aes-gcm-128");
	assert_int_equal(ike_proposal_default_ike(ike, 1), 0);
	assert_int_equal(ike_proposal_default_esp(esp, 0), 0);
}

static void every_keyword_parses_and_prints(void **state)
{
	static const uint8_t protocols[] = { IKE_PROTO_IKE, IKE_PROTO_ESP };

	for (size_t i = 0; i < 2; i++)
		for (uint8_t type = IKE_TRANSFORM_ENCR; type <= IKE_TRANSFORM_ESN; type++) {
			const char *const *names = ike_transform_names(protocols[i], type);

			for (; *names; names++) {
				struct ike_transform t, again;

				assert_true(ike_transform_parse(protocols[i], type, *names, &t));
				assert_int_equal(t.type, type);
				assert_true(ike_transform_supported(protocols[i], &t));
				assert_true(ike_transform_parse(protocols[i], type, ike_transform_text(&t), &again));
				assert_int_equal(again.id, t.id);
				assert_int_equal(again.key_bits, t.key_bits);
			}
		}
	assert_string_equal(ike_transform_names(IKE_PROTO_IKE, IKE_TRANSFORM_ENCR)[0], "aes-gcm-256");
	assert_string_equal(ike_transform_names(IKE_PROTO_IKE, IKE_TRANSFORM_PRF)[0], "sha256");
	assert_null(ike_transform_names(IKE_PROTO_ESP, IKE_TRANSFORM_PRF)[0]);
	assert_string_equal(ike_transform_names(IKE_PROTO_ESP, IKE_TRANSFORM_KE)[0], "19");
	assert_null(ike_transform_names(IKE_PROTO_IKE, 99)[0]);
	assert_null(ike_transform_names(99, IKE_TRANSFORM_ENCR)[0]);
}

static void words_that_are_refused(void **state)
{
	static const char *const words[] = { "", "aes", "des", "sha-256", "2", "5", "modp1024", "none", "aes-ccm-256/icv12" };
	static const char *const esp_only[] = { "null", "3des", "md5", "chacha20-poly1305", "aes-ccm-256", "aes-gmac-128" };
	struct ike_transform t;

	for (uint8_t type = 0; type <= IKE_TRANSFORM_ESN; type++) {
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			assert_false(ike_transform_parse(IKE_PROTO_IKE, type, words[i], &t) ||
				     ike_transform_parse(IKE_PROTO_ESP, type, words[i], &t));
		for (size_t i = 0; i < sizeof(esp_only) / sizeof(esp_only[0]); i++)
			assert_false(ike_transform_parse(IKE_PROTO_IKE, type, esp_only[i], &t));
	}
	assert_true(ike_transform_parse(IKE_PROTO_IKE, IKE_TRANSFORM_PRF, "SHA256", &t));
	assert_int_equal(t.id, IKE_PRF_HMAC_SHA256);
}

/* Key lengths are those of the RFCs: 4106, 4309, 4543, 7634 with their salts, 2404, 2403, 2451, 4868. */
static void esp_suites(void **state)
{
	static const struct {
		const char *name;
		uint16_t encr, bits, integ;
		size_t cipher, key;
		uint32_t kernel;
		bool encrypts;
	} suites[] = {
		{ "aes-gcm-128", 20, 128, 0, 20, 20, DVTI_AEAD_AES_GCM_16, true },
		{ "aes-gcm-256", 20, 256, 0, 36, 36, DVTI_AEAD_AES_GCM_16, true },
		{ "chacha20-poly1305", 28, 0, 0, 36, 36, DVTI_AEAD_CHACHA20_POLY1305, true },
		{ "aes-ccm-192", 16, 192, 0, 27, 27, DVTI_AEAD_AES_CCM_16, true },
		{ "aes-ccm-256/icv8", 14, 256, 0, 35, 35, DVTI_AEAD_AES_CCM_8, true },
		{ "aes-gmac-128", 21, 128, 0, 20, 20, DVTI_AEAD_AES_GMAC, false },
		{ "aes-cbc-256/sha512", 12, 256, 14, 32, 96, DVTI_AEAD_AES_CBC_HMAC_SHA512_256, true },
		{ "aes-cbc-192/sha384", 12, 192, 13, 24, 72, DVTI_AEAD_AES_CBC_HMAC_SHA384_192, true },
		{ "aes-cbc-128/md5", 12, 128, 1, 16, 32, DVTI_AEAD_AES_CBC_HMAC_MD5_96, true },
		{ "3des/sha1", 3, 0, 2, 24, 44, DVTI_AEAD_3DES_CBC_HMAC_SHA1_96, true },
		{ "3des/sha256", 3, 0, 12, 24, 56, DVTI_AEAD_3DES_CBC_HMAC_SHA256_128, true },
		{ "null/sha256", 11, 0, 12, 0, 32, DVTI_AEAD_NULL_HMAC_SHA256_128, false },
	};

	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		const struct ike_esp_suite *s = ike_esp_suite(suites[i].encr, suites[i].bits, suites[i].integ);

		assert_non_null(s);
		assert_string_equal(s->name, suites[i].name);
		assert_int_equal(s->cipher_len, suites[i].cipher);
		assert_int_equal(s->key_len, suites[i].key);
		assert_int_equal(s->kernel, suites[i].kernel);
		assert_true(s->key_len <= IKE_ESP_KEY_MAX);
		assert_int_equal(ike_esp_suite_encrypts(s), suites[i].encrypts);
	}
	assert_null(ike_esp_suite(IKE_ENCR_AES_CBC, 256, IKE_INTEG_NONE));
	assert_null(ike_esp_suite(IKE_ENCR_NULL, 0, IKE_INTEG_NONE));
	assert_null(ike_esp_suite(IKE_ENCR_DES, 0, IKE_INTEG_HMAC_SHA1_96));
	assert_null(ike_esp_suite(IKE_ENCR_AES_CCM_16, 64, IKE_INTEG_NONE));
	assert_null(ike_esp_suite(IKE_ENCR_AES_GCM_16, 128, IKE_INTEG_HMAC_SHA1_96));
	assert_null(ike_esp_suite(IKE_ENCR_CHACHA20_POLY1305, 256, IKE_INTEG_NONE));
}

/* Every word that ESP is configured with has a transform in the module, with every integrity beside it. */
static void every_esp_keyword_has_a_suite(void **state)
{
	const char *const *words = ike_transform_names(IKE_PROTO_ESP, IKE_TRANSFORM_ENCR);

	for (; *words; words++) {
		static const uint16_t integs[] = { 1, 2, 12, 13, 14 };
		struct ike_transform t;

		assert_true(ike_transform_parse(IKE_PROTO_ESP, IKE_TRANSFORM_ENCR, *words, &t));
		if (ike_encr_is_aead(t.id))
			assert_non_null(ike_esp_suite(t.id, t.key_bits, 0));
		for (size_t i = 0; i < 5 && !ike_encr_is_aead(t.id); i++)
			assert_non_null(ike_esp_suite(t.id, t.key_bits, integs[i]));
	}
}

/* An old peer's NULL is refused unless it is configured by name; its 3DES is not in the defaults either. */
static void what_is_weak_is_not_in_the_defaults(void **state)
{
	struct ike_proposal esp[4], chosen;
	size_t n = ike_proposal_default_esp(esp, 4);
	struct ike_proposal null = ESP("null | sha1 | | | no-esn"), old = ESP("3des | md5 sha1 | | | no-esn");
	struct ike_proposal gmac = ESP("aes-gmac-256 | | | | no-esn"), ccm = ESP("aes-ccm-128 | | | | no-esn");

	assert_int_equal(ike_proposal_select(&null, 1, esp, n, &chosen), -1);
	assert_int_equal(ike_proposal_select(&gmac, 1, esp, n, &chosen), -1);
	assert_int_equal(ike_proposal_select(&old, 1, esp, n, &chosen), -1);
	assert_int_equal(ike_proposal_select(&gmac, 1, &gmac, 1, &chosen), 0);
	assert_int_equal(ike_proposal_select(&ccm, 1, &ccm, 1, &chosen), 0);
	assert_null(ike_proposal_find(&chosen, IKE_TRANSFORM_INTEG));
	assert_int_equal(ike_proposal_select(&null, 1, &null, 1, &chosen), 0);
	assert_int_equal(ike_proposal_find(&chosen, IKE_TRANSFORM_INTEG)->id, IKE_INTEG_HMAC_SHA1_96);
}

static void a_proposal_has_an_end(void **state)
{
	struct ike_proposal p = { 0 };

	for (size_t i = 0; i < IKE_TRANSFORMS_MAX; i++)
		assert_true(ike_proposal_add(&p, IKE_TRANSFORM_ENCR, 1, 0));
	assert_false(ike_proposal_add(&p, IKE_TRANSFORM_ENCR, 1, 0));
	assert_int_equal(p.n, IKE_TRANSFORMS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_order_decides),
		cmocka_unit_test(our_first_proposal_wins),
		cmocka_unit_test(key_length_counts),
		cmocka_unit_test(what_is_left_out_is_none),
		cmocka_unit_test(an_ike_sa_needs_a_key_exchange_and_a_prf),
		cmocka_unit_test(pfs),
		cmocka_unit_test(none_in_the_answer_only_where_it_was_offered),
		cmocka_unit_test(ciphers_of_both_kinds_in_one_proposal),
		cmocka_unit_test(an_unknown_transform_type_bars_its_proposal),
		cmocka_unit_test(spi_of_the_wrong_length),
		cmocka_unit_test(esp_does_not_match_ike),
		cmocka_unit_test(answers_that_were_not_offered_are_refused),
		cmocka_unit_test(explains_the_mac_that_never_connects),
		cmocka_unit_test(explains_windows_with_modp1024),
		cmocka_unit_test(explains_each_setting),
		cmocka_unit_test(explains_pfs_and_esn),
		cmocka_unit_test(explains_the_pair_that_is_closest),
		cmocka_unit_test(explains_gcm_against_cbc),
		cmocka_unit_test(explains_that_there_is_nothing),
		cmocka_unit_test(explanations_fit),
		cmocka_unit_test(defaults_suit_the_clients_that_exist),
		cmocka_unit_test(every_keyword_parses_and_prints),
		cmocka_unit_test(words_that_are_refused),
		cmocka_unit_test(esp_suites), cmocka_unit_test(every_esp_keyword_has_a_suite),
		cmocka_unit_test(what_is_weak_is_not_in_the_defaults),
		cmocka_unit_test(a_proposal_has_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
