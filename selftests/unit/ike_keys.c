// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * PRFs, key derivation and AUTH against published vectors; where none are published, against values computed
 * with Python's hmac and hashlib modules.
 */
#include "hex.h"

#include "ike/crypto.h"

/* RFC 2202 section 3 and RFC 4231, test cases 1 and 2. */
static void prf_known_answers(void **state)
{
	static const struct {
		uint16_t prf;
		const char *key;
		const char *data;
		const char *out;
	} v[] = {
		{ IKE_PRF_HMAC_SHA1, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "Hi There",
		  "b617318655057264e28bc0b6fb378c8ef146be00" },
		{ IKE_PRF_HMAC_SHA1, "4a656665", "what do ya want for nothing?",
		  "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },
		{ IKE_PRF_HMAC_SHA256, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "Hi There",
		  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
		{ IKE_PRF_HMAC_SHA256, "4a656665", "what do ya want for nothing?",
		  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
		{ IKE_PRF_HMAC_SHA384, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "Hi There",
		  "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
		  "faea9ea9076ede7f4af152e8b2fa9cb6" },
		{ IKE_PRF_HMAC_SHA384, "4a656665", "what do ya want for nothing?",
		  "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
		  "8e2240ca5e69e2c78b3239ecfab21649" },
		{ IKE_PRF_HMAC_SHA512, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "Hi There",
		  "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
		  "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854" },
		{ IKE_PRF_HMAC_SHA512, "4a656665", "what do ya want for nothing?",
		  "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
		  "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737" },
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct ike_bytes key = unhex(v[i].key), data = bytes_of(v[i].data);
		struct ike_bytes split[] = { { data.data, 3 }, { NULL, 0 }, { data.data + 3, data.len - 3 } };
		uint8_t out[IKE_PRF_MAX];

		assert_true(ike_prf(v[i].prf, key.data, key.len, &data, 1, out));
		assert_hex(out, ike_prf_size(v[i].prf), v[i].out);
		assert_true(ike_prf(v[i].prf, key.data, key.len, split, 3, out));
		assert_hex(out, ike_prf_size(v[i].prf), v[i].out);
	}
}

static void prf_with_an_empty_key(void **state)
{
	struct ike_bytes data = bytes_of("Hi There");
	uint8_t out[IKE_PRF_MAX];

	/* hmac.new(b"", b"Hi There", "sha256") */
	assert_true(ike_prf(IKE_PRF_HMAC_SHA256, NULL, 0, &data, 1, out));
	assert_hex(out, 32, "e48411262715c8370cd5e7bf8e82bef53bd53712d007f3429351843b77c7bb9b");
}

static void unknown_prf_is_refused(void **state)
{
	struct ike_bytes data = bytes_of("x");
	uint8_t out[IKE_PRF_MAX];

	assert_false(ike_prf(IKE_PRF_HMAC_MD5, "k", 1, &data, 1, out));
	assert_int_equal(ike_prf_size(0), 0);
	assert_false(ike_prf_plus(0, "k", 1, &data, 1, out, 1));
}

static void prf_plus_ends_at_255_blocks(void **state)
{
	static uint8_t out[255 * 20 + 1];
	struct ike_bytes seed = bytes_of("seed");

	assert_true(ike_prf_plus(IKE_PRF_HMAC_SHA1, "k", 1, &seed, 1, out, 255 * 20));
	assert_false(ike_prf_plus(IKE_PRF_HMAC_SHA1, "k", 1, &seed, 1, out, 255 * 20 + 1));
}

static struct ike_proposal suite(uint16_t encr, uint16_t bits, uint16_t integ, uint16_t prf)
{
	struct ike_proposal p = { .protocol = IKE_PROTO_IKE };

	ike_proposal_add(&p, IKE_TRANSFORM_ENCR, encr, bits);
	if (integ)
		ike_proposal_add(&p, IKE_TRANSFORM_INTEG, integ, 0);
	ike_proposal_add(&p, IKE_TRANSFORM_PRF, prf, 0);
	ike_proposal_add(&p, IKE_TRANSFORM_KE, IKE_KE_ECP256, 0);
	return p;
}

/*
 * NIST CAVP, KDF of SP 800-135, IKEv2, HMAC-SHA-1, count 0. Its 132 octets of DKM are just what AES-CBC-128 with
 * HMAC-SHA1 needs.
 */
#define CAVP_NI "32b50d5f4a3763f3"
#define CAVP_NR "9206a04b26564cb1"
#define CAVP_G "4b2c1f971981a8ad8d0abeafabf38cf75fc8349c148142465ed9c8b516b8be52"
#define CAVP_G_NEW "863f3c9d06efd39d2b907b97f8699e5dd5251ef64a2a176f36ee40c87d4f9330"
#define CAVP_SPI_I 0x34c9e7c188868785ull
#define CAVP_SPI_R 0x3ff77d760d2b2199ull

static struct ike_keys cavp_keys(void)
{
	struct ike_proposal p = suite(IKE_ENCR_AES_CBC, 128, IKE_INTEG_HMAC_SHA1_96, IKE_PRF_HMAC_SHA1);
	struct ike_keys k;

	assert_true(ike_keys_derive(&k, &p, unhex(CAVP_G), unhex(CAVP_NI), unhex(CAVP_NR), CAVP_SPI_I, CAVP_SPI_R,
				    NULL));
	return k;
}

static void nist_ike_sa(void **state)
{
	struct ike_keys k = cavp_keys();

	assert_hex(k.d, k.prf_len, "a14293677cc80ff8f9cc0eee30d895da9d8f4056");
	assert_hex(k.ai, k.a_len, "66e30ef0dfcb63c634a46002a2a63080e514a062");
	assert_hex(k.ar, k.a_len, "768b76606f9fa5e992204fc5a670bde3f10d6b02");
	assert_hex(k.ei, k.e_len, "7113936a5c55b648a194ae587b0088d5");
	assert_hex(k.er, k.e_len, "2204b702c979fa280870d2ed41efa9c5");
	assert_hex(k.pi, k.prf_len, "49fd11198af1670b143d384bd275c5f594cf266b");
	assert_hex(k.pr, k.prf_len, "05ebadca855e4249520a441a81157435a7a56cc4");
}

static void nist_child_sa(void **state)
{
	const struct ike_esp_suite *esp = ike_esp_suite(IKE_ENCR_AES_CBC, 256, IKE_INTEG_HMAC_SHA256_128);
	struct ike_keys k = cavp_keys();
	uint8_t i2r[IKE_ESP_KEY_MAX], r2i[IKE_ESP_KEY_MAX];

	assert_int_equal(esp->key_len, 64);
	assert_true(ike_child_keys(&k, esp, (struct ike_bytes){ NULL, 0 }, unhex(CAVP_NI), unhex(CAVP_NR), i2r, r2i));
	assert_hex(i2r, 64, "8059e3ee8810e6c3a91bc8bcd2a7a41151b8d0e6ae239c7b38093ad85ef4c581"
			    "1a8e7b5d1cdabd9560b2d5e092d1f24e2d4b85eccdf0ad0dc9abd94b51ee7181");
	assert_hex(r2i, 64, "4ca6dbc8bb51b6309f5b9545c7eb35cf5580b1e521a8fe20754a2d883ba0c2cf"
			    "285f524aea6545b33106bc03e614296d319d41d4b50b3f510b1c0a22f3e66499");

	assert_true(ike_child_keys(&k, esp, unhex(CAVP_G_NEW), unhex(CAVP_NI), unhex(CAVP_NR), i2r, r2i));
	assert_hex(i2r, 64, "bb43244c1860ad65ee1e211ffe8bb3661750c8f89cb9f547df7f4fa61d373016"
			    "28190e38c66232eab4b3ab14c400a5197dd3730ed4820a8a10394d51e1c04000");
	assert_hex(r2i, 64, "52f63ebd36b0e7ef53aaed31eba4a5080d7d4b5666023a8bbb5ffb7857240f9a"
			    "05884d1b7d2f933708450b7b3288f1fc863ab49fa901227cffc06e27899c7054");
}

static void nist_rekeyed_ike_sa(void **state)
{
	/* SKEYSEED(Rekey) of the vector; what follows from it is prf+, which the vectors above have checked. */
	struct ike_bytes seed = unhex("63e81194946ebd05df7df5ebf5d8750056bf1f1d");
	struct ike_proposal p = suite(IKE_ENCR_AES_CBC, 128, IKE_INTEG_HMAC_SHA1_96, IKE_PRF_HMAC_SHA1);
	struct ike_bytes spis = unhex("00000000000000010000000000000002");
	struct ike_keys old = cavp_keys(), k;
	uint8_t stream[132];

	assert_true(ike_keys_derive(&k, &p, unhex(CAVP_G_NEW), unhex(CAVP_NI), unhex(CAVP_NR), 1, 2, &old));
	assert_true(ike_prf_plus(IKE_PRF_HMAC_SHA1, seed.data, seed.len,
				 (struct ike_bytes[]){ unhex(CAVP_NI), unhex(CAVP_NR), spis }, 3, stream, 132));
	assert_memory_equal(k.d, stream, 20);
	assert_memory_equal(k.pr, stream + 112, 20);
}

static struct ike_bytes counting(uint8_t first)
{
	static uint8_t ring[4][32];
	static unsigned int next;
	uint8_t *out = ring[next++ % 4];

	for (uint8_t i = 0; i < 32; i++)
		out[i] = first + i;
	return (struct ike_bytes){ out, 32 };
}

static struct ike_keys gcm_keys(void)
{
	struct ike_proposal p = suite(IKE_ENCR_AES_GCM_16, 256, 0, IKE_PRF_HMAC_SHA384);
	struct ike_keys k;

	assert_true(ike_keys_derive(&k, &p, counting(0x40), counting(0x10), counting(0x80), CAVP_SPI_I, CAVP_SPI_R,
				    NULL));
	return k;
}

/* From here on, Python's hmac is the witness. */
static void gcm_keys_have_a_salt_and_no_integrity(void **state)
{
	struct ike_keys k = gcm_keys();

	assert_int_equal(k.a_len, 0);
	assert_hex(k.d, k.prf_len, "e8e79b1131b6ec5dc34c7ed15c5723ff02ecebc3a7d2e2ae7b7fcdbe3c89e955"
				   "2c31953d8162f041cd3b70ac5880480a");
	assert_hex(k.ei, k.e_len, "3befb2269861ca454725fd33629fb9dbf3f97a7f499db55e97cd5b84f0148e07fb91b83b");
	assert_hex(k.er, k.e_len, "4d69be7441d571f1dddfaf443686d0b1e4ea70db4d7acc4cfe9c2d2137dda9e4a3e879ee");
	assert_hex(k.pi, k.prf_len, "bbd00debb703ebe2ad8b524af6b6afa67afdf2c7f5b8437a80eacb1df2ef800b"
				    "21ef33ea72555c32ceb312d1fe8a0e1a");
}

static void gcm_child_keys(void **state)
{
	const struct ike_esp_suite *esp = ike_esp_suite(IKE_ENCR_AES_GCM_16, 256, 0);
	struct ike_keys k = gcm_keys();
	uint8_t i2r[IKE_ESP_KEY_MAX], r2i[IKE_ESP_KEY_MAX];

	assert_true(ike_child_keys(&k, esp, counting(0xc0), counting(0x10), counting(0x80), i2r, r2i));
	assert_hex(i2r, esp->key_len, "7ba3ce4f44a2ffe5bd5badf301a290b2ff1ded4d439f115f0d0519e3d35e9e926a3f9e87");
	assert_hex(r2i, esp->key_len, "a410fd4f3589133254fbf54e39ed97c56cc8b5416a57597678dbeb8fdbca35bda88758a4");
}

/* A rekey that changes the PRF: SKEYSEED with the old one, prf+ with the new one (RFC 7296 section 2.18). */
static void rekey_to_another_prf(void **state)
{
	struct ike_proposal p = suite(IKE_ENCR_AES_GCM_16, 256, 0, IKE_PRF_HMAC_SHA256);
	struct ike_keys old = gcm_keys(), k;

	assert_true(ike_keys_derive(&k, &p, counting(0xc0), counting(0x10), counting(0x80), CAVP_SPI_I, CAVP_SPI_R,
				    &old));
	assert_hex(k.d, k.prf_len, "2a39ff8bdc9ea329e1655dba9a9c6a0d14afbece19631d9a303f5dfa47876f4e");
	assert_hex(k.pr, k.prf_len, "7abad1b0fbb0eb10e19b8f0e7205b5f91a39e8c374889dedde6b16b854a7bbc3");
}

static void psk_auth(void **state)
{
	struct ike_keys k = gcm_keys();
	struct ike_writer octets = { 0 };
	uint8_t auth[IKE_PRF_MAX];

	assert_true(ike_auth_octets(&octets, k.prf, bytes_of("message"), counting(0x80), k.pi, unhex("02000000687562")));
	assert_true(ike_auth_psk(k.prf, bytes_of("correct horse"), (struct ike_bytes){ octets.data, octets.len }, auth));
	assert_hex(auth, k.prf_len, "a53e89d4ff2b36da43daeb403e47841458359c15452af3ed1cc651eb215f19ed"
				    "e8d1543b68170bbd35a27290c2f3dc57");
	ike_writer_free(&octets);
}

static void suites_that_make_no_sense_are_refused(void **state)
{
	struct ike_proposal p[] = {
		suite(IKE_ENCR_AES_CBC, 128, 0, IKE_PRF_HMAC_SHA1),
		suite(IKE_ENCR_AES_GCM_16, 128, IKE_INTEG_HMAC_SHA1_96, IKE_PRF_HMAC_SHA1),
		suite(IKE_ENCR_AES_GCM_16, 0, 0, IKE_PRF_HMAC_SHA1),
		suite(IKE_ENCR_AES_GCM_16, IKE_KEY_BITS_UNUSABLE, 0, IKE_PRF_HMAC_SHA1),
		suite(IKE_ENCR_3DES, 0, IKE_INTEG_HMAC_SHA1_96, IKE_PRF_HMAC_SHA1),
		suite(IKE_ENCR_AES_CBC, 128, IKE_INTEG_HMAC_SHA1_96, IKE_PRF_HMAC_MD5),
		suite(IKE_ENCR_AES_CBC, 128, IKE_INTEG_HMAC_MD5_96, IKE_PRF_HMAC_SHA1),
	};
	struct ike_keys k;

	for (size_t i = 0; i < sizeof(p) / sizeof(p[0]); i++) {
		assert_false(ike_suite_supported(&p[i]));
		assert_false(ike_keys_derive(&k, &p[i], counting(0), counting(1), counting(2), 1, 2, NULL));
	}
	p[0] = suite(IKE_ENCR_AES_CBC, 192, IKE_INTEG_HMAC_SHA512_256, IKE_PRF_HMAC_SHA512);
	assert_true(ike_suite_supported(&p[0]));
	p[0].n--;
	assert_false(ike_suite_supported(&p[0]));
}

/* hashlib.sha1(SPIi + SPIr + address + port) */
static void nat_detection_hash(void **state)
{
	struct ike_addr a;
	uint8_t out[IKE_SHA1_LEN];

	assert_true(ike_addr_parse(&a, "192.0.2.1"));
	a.port = 500;
	assert_true(ike_nat_hash(CAVP_SPI_I, 0, &a, out));
	assert_hex(out, 20, "b765513a473736f5a57a36b95e1318681b0efa6c");
	assert_true(ike_addr_parse(&a, "2001:db8::1"));
	a.port = 4500;
	assert_true(ike_nat_hash(CAVP_SPI_I, CAVP_SPI_R, &a, out));
	assert_hex(out, 20, "59d11a0fb66ff032243c6dbb4a4773c91c6bcabd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prf_known_answers),
		cmocka_unit_test(prf_with_an_empty_key),
		cmocka_unit_test(unknown_prf_is_refused),
		cmocka_unit_test(prf_plus_ends_at_255_blocks),
		cmocka_unit_test(nist_ike_sa),
		cmocka_unit_test(nist_child_sa),
		cmocka_unit_test(nist_rekeyed_ike_sa),
		cmocka_unit_test(gcm_keys_have_a_salt_and_no_integrity),
		cmocka_unit_test(gcm_child_keys),
		cmocka_unit_test(rekey_to_another_prf),
		cmocka_unit_test(psk_auth),
		cmocka_unit_test(suites_that_make_no_sense_are_refused),
		cmocka_unit_test(nat_detection_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
