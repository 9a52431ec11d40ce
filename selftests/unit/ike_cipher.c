// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Encrypted payloads: messages built octet by octet with Python's cryptography and hmac modules must come out
 * of ike_sk_seal(), and whatever is changed in them must be noticed.
 */
#include <stdlib.h>

#include "hex.h"

#include "ike/crypto.h"

#define SPI_I 0x34c9e7c188868785ull
#define SPI_R 0x3ff77d760d2b2199ull
#define GCM_KEY "3befb2269861ca454725fd33629fb9dbf3f97a7f499db55e97cd5b84f0148e07fb91b83b"

static const struct ike_header header = {
	.spi_i = SPI_I, .spi_r = SPI_R, .version = IKE_VERSION_2, .exchange = IKE_EXCHANGE_INFORMATIONAL,
	.flags = IKE_FLAG_INITIATOR, .message_id = 7,
};

static const uint8_t plain[] = { 0, 0, 0, 8, 0, 0, 0x40, 0x0a };
static const uint8_t iv[IKE_RANDOM_IV] = { 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7,
					   0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf };

static struct ike_keys gcm(uint16_t bits)
{
	struct ike_keys k = { .encr = IKE_ENCR_AES_GCM_16, .key_bits = bits, .e_len = bits / 8 + 4 };

	memcpy(k.ei, unhex(GCM_KEY).data, k.e_len);
	memset(k.er, 0x55, k.e_len);
	return k;
}

static struct ike_keys cbc(uint16_t bits, uint16_t integ, size_t a_len)
{
	struct ike_keys k = { .encr = IKE_ENCR_AES_CBC, .key_bits = bits, .e_len = bits / 8, .integ = integ,
			      .a_len = a_len };

	for (uint8_t i = 0; i < IKE_KEY_MAX; i++)
		k.ei[i] = k.ai[i] = i;
	memset(k.er, 0x55, k.e_len);
	return k;
}

static void seals_to(const struct ike_keys *k, const struct ike_skf *frag, const char *hex)
{
	struct ike_cipher *c = ike_cipher_new(k, true);
	struct ike_writer out = { 0 }, back = { 0 };
	struct ike_payloads ps;

	assert_non_null(c);
	assert_true(ike_sk_seal(c, &out, &header, IKE_PAYLOAD_NOTIFY, (struct ike_bytes){ plain, sizeof(plain) }, frag,
				iv));
	assert_hex(out.data, out.len, hex);
	assert_true(ike_payloads_decode(out.data[16], out.data + IKE_HEADER_LEN, out.len - IKE_HEADER_LEN, &ps, NULL));
	assert_int_equal(ps.p[0].len, ike_cipher_sealed_size(c, sizeof(plain)) + (frag ? 4 : 0));
	assert_true(ike_sk_open(c, out.data, out.len, &ps.p[0], &back, NULL));
	assert_int_equal(back.len, sizeof(plain));
	assert_memory_equal(back.data, plain, sizeof(plain));
	ike_writer_free(&out);
	ike_writer_free(&back);
	ike_cipher_free(c);
}

static void aes_gcm_known_answer(void **state)
{
	struct ike_keys k = gcm(256);

	seals_to(&k, NULL, "34c9e7c1888687853ff77d760d2b21992e20250800000007000000412900002500000000000000005fa5e5b2"
			   "d3c132e5aa4e0fae816f52b51211d82b64d65d275c");
}

static void aes_gcm_fragment_known_answer(void **state)
{
	struct ike_keys k = gcm(256);

	seals_to(&k, &(struct ike_skf){ 2, 2 },
		 "34c9e7c1888687853ff77d760d2b2199352025080000000700000045000000290002000200000000000000005fa5e5b2"
		 "d3c132e5aaf3c6a70d2a1e7eaaf08bc8285b0be4bf");
}

static void aes_cbc_known_answer(void **state)
{
	struct ike_keys k = cbc(256, IKE_INTEG_HMAC_SHA512_256, 64);

	seals_to(&k, NULL, "34c9e7c1888687853ff77d760d2b21992e202508000000070000006029000044a0a1a2a3a4a5a6a7a8a9aaab"
			   "acadaeafd85843b3968b49338635b49ea0bfa099a18bfa745515d4c1e9870e7b1ffd8ea3534609cac12a59d9"
			   "6d194ecb591eece2");
}

struct suite {
	struct ike_keys keys;
	size_t block, overhead;
};

static size_t all_suites(struct suite out[16])
{
	static const struct { uint16_t id; size_t key, icv; } integ[] = {
		{ IKE_INTEG_HMAC_SHA1_96, 20, 12 }, { IKE_INTEG_HMAC_SHA256_128, 32, 16 },
		{ IKE_INTEG_HMAC_SHA384_192, 48, 24 }, { IKE_INTEG_HMAC_SHA512_256, 64, 32 },
	};
	size_t n = 0;

	for (uint16_t bits = 128; bits <= 256; bits += 64) {
		out[n++] = (struct suite){ gcm(bits), 1, 8 + 16 };
		for (size_t i = 0; i < 4; i++)
			out[n++] = (struct suite){ cbc(bits, integ[i].id, integ[i].key), 16, 16 + integ[i].icv };
	}
	return n;
}

static void every_length_round_trips(void **state)
{
	struct suite suites[16];
	size_t n = all_suites(suites);
	uint8_t text[70];

	memset(text, 0x33, sizeof(text));
	for (size_t s = 0; s < n; s++) {
		struct ike_cipher *seal = ike_cipher_new(&suites[s].keys, true);
		struct ike_cipher *open = ike_cipher_new(&suites[s].keys, true);

		for (size_t len = 0; len < sizeof(text); len++) {
			struct ike_writer out = { 0 }, back = { 0 };
			size_t body = ike_cipher_sealed_size(seal, len);
			struct ike_payloads ps;

			assert_int_equal(body, suites[s].overhead + (len / suites[s].block + 1) * suites[s].block);
			assert_true(ike_cipher_plain_room(seal, body) >= len);
			assert_true(ike_cipher_plain_room(seal, body - 1) < (len ? len : 1));
			assert_true(ike_sk_seal(seal, &out, &header, 0, (struct ike_bytes){ text, len }, NULL, iv));
			assert_true(ike_payloads_decode(IKE_PAYLOAD_SK, out.data + 28, out.len - 28, &ps, NULL));
			assert_int_equal(ps.p[0].len, body);
			assert_true(ike_sk_open(open, out.data, out.len, &ps.p[0], &back, NULL));
			assert_int_equal(back.len, len);
			assert_true(!len || !memcmp(back.data, text, len));
			ike_writer_free(&out);
			ike_writer_free(&back);
		}
		ike_cipher_free(seal);
		ike_cipher_free(open);
	}
}

static void any_changed_octet_is_noticed(void **state)
{
	struct suite suites[16];
	size_t n = all_suites(suites);

	for (size_t s = 0; s < n; s++) {
		struct ike_cipher *c = ike_cipher_new(&suites[s].keys, true);
		struct ike_writer out = { 0 }, back = { 0 };
		struct ike_payload sk;

		assert_true(ike_sk_seal(c, &out, &header, IKE_PAYLOAD_NOTIFY,
					(struct ike_bytes){ plain, sizeof(plain) }, NULL, iv));
		sk = (struct ike_payload){ .type = IKE_PAYLOAD_SK, .body = out.data + 32, .len = out.len - 32 };
		for (size_t i = 0; i < out.len; i++) {
			const char *why = NULL;

			out.data[i] ^= 0x40;
			assert_false(ike_sk_open(c, out.data, out.len, &sk, &back, &why));
			assert_string_equal(why, "checksum of the encrypted payload is wrong");
			assert_int_equal(back.len, 0);
			out.data[i] ^= 0x40;
		}
		assert_true(ike_sk_open(c, out.data, out.len, &sk, &back, NULL));
		ike_writer_free(&out);
		ike_writer_free(&back);
		ike_cipher_free(c);
	}
}

static void any_cut_is_noticed(void **state)
{
	struct suite suites[16];
	size_t n = all_suites(suites);

	for (size_t s = 0; s < n; s++) {
		struct ike_cipher *c = ike_cipher_new(&suites[s].keys, true);
		struct ike_writer out = { 0 }, back = { 0 };

		assert_true(ike_sk_seal(c, &out, &header, IKE_PAYLOAD_NOTIFY,
					(struct ike_bytes){ plain, sizeof(plain) }, &(struct ike_skf){ 1, 1 }, iv));
		for (size_t len = 32; len < out.len; len++) {
			uint8_t *cut = malloc(len);
			struct ike_payload sk = { .type = IKE_PAYLOAD_SKF, .body = cut + 32, .len = len - 32 };

			memcpy(cut, out.data, len);
			assert_false(ike_sk_open(c, cut, len, &sk, &back, NULL));
			assert_int_equal(back.len, 0);
			free(cut);
		}
		ike_writer_free(&out);
		ike_writer_free(&back);
		ike_cipher_free(c);
	}
}

static void the_other_direction_has_other_keys(void **state)
{
	struct ike_keys k = gcm(128);
	struct ike_cipher *i = ike_cipher_new(&k, true), *r = ike_cipher_new(&k, false);
	struct ike_writer out = { 0 }, back = { 0 };
	struct ike_payload sk = { .type = IKE_PAYLOAD_SK };

	assert_true(ike_sk_seal(i, &out, &header, 0, (struct ike_bytes){ NULL, 0 }, NULL, iv));
	sk.body = out.data + 32;
	sk.len = out.len - 32;
	assert_false(ike_sk_open(r, out.data, out.len, &sk, &back, NULL));
	assert_true(ike_sk_open(i, out.data, out.len, &sk, &back, NULL));
	assert_int_equal(back.len, 0);
	ike_writer_free(&out);
	ike_writer_free(&back);
	ike_cipher_free(i);
	ike_cipher_free(r);
}

static void gcm_never_repeats_an_iv(void **state)
{
	struct ike_keys k = gcm(256);
	struct ike_cipher *c = ike_cipher_new(&k, true);

	for (uint8_t i = 0; i < 3; i++) {
		struct ike_writer out = { 0 };

		assert_true(ike_sk_seal(c, &out, &header, 0, (struct ike_bytes){ plain, 8 }, NULL, iv));
		assert_int_equal(out.data[32 + 7], i);
		ike_writer_free(&out);
	}
	ike_cipher_free(c);
}

/*
 * The checksum is right, the padding is longer than the text: only a peer that holds the keys can send this. With
 * CBC a bit of the IV is a bit of the first block, and the checksum can be made anew.
 */
static void absurd_padding_is_refused(void **state)
{
	struct ike_keys k = cbc(128, IKE_INTEG_HMAC_SHA256_128, 32);
	struct ike_cipher *c = ike_cipher_new(&k, true);
	struct ike_writer out = { 0 }, back = { 0 };
	struct ike_payload sk = { .type = IKE_PAYLOAD_SK };
	uint8_t mac[IKE_PRF_MAX];
	const char *why = NULL;

	assert_true(ike_sk_seal(c, &out, &header, 0, (struct ike_bytes){ plain, 8 }, NULL, iv));
	sk.body = out.data + 32;
	sk.len = out.len - 32;
	out.data[32 + 15] ^= 0x80;
	assert_true(ike_prf(IKE_PRF_HMAC_SHA256, k.ai, 32, &(struct ike_bytes){ out.data, out.len - 16 }, 1, mac));
	memcpy(out.data + out.len - 16, mac, 16);
	assert_false(ike_sk_open(c, out.data, out.len, &sk, &back, &why));
	assert_string_equal(why, "padding of the encrypted payload is longer than itself");
	assert_int_equal(back.len, 0);
	ike_writer_free(&out);
	ike_writer_free(&back);
	ike_cipher_free(c);
}

static void too_long_a_message_is_refused(void **state)
{
	static uint8_t text[65536];
	struct ike_keys k = gcm(256);
	struct ike_cipher *c = ike_cipher_new(&k, true);
	struct ike_writer out = { 0 };
	size_t room = ike_cipher_plain_room(c, 65535 - 32);

	assert_false(ike_sk_seal(c, &out, &header, 0, (struct ike_bytes){ text, room + 1 }, NULL, iv));
	assert_true(ike_sk_seal(c, &out, &header, 0, (struct ike_bytes){ text, room }, NULL, iv));
	assert_int_equal(out.len, 65535);
	ike_writer_free(&out);
	ike_cipher_free(c);
}

static void unknown_ciphers_are_refused(void **state)
{
	struct ike_keys k = gcm(256);

	k.encr = IKE_ENCR_3DES;
	assert_null(ike_cipher_new(&k, true));
	k = gcm(256);
	k.key_bits = 64;
	assert_null(ike_cipher_new(&k, true));
	k = cbc(128, IKE_INTEG_NONE, 0);
	assert_null(ike_cipher_new(&k, true));
	ike_cipher_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aes_gcm_known_answer),
		cmocka_unit_test(aes_gcm_fragment_known_answer),
		cmocka_unit_test(aes_cbc_known_answer),
		cmocka_unit_test(every_length_round_trips),
		cmocka_unit_test(any_changed_octet_is_noticed),
		cmocka_unit_test(any_cut_is_noticed),
		cmocka_unit_test(the_other_direction_has_other_keys),
		cmocka_unit_test(gcm_never_repeats_an_iv),
		cmocka_unit_test(absurd_padding_is_refused),
		cmocka_unit_test(too_long_a_message_is_refused),
		cmocka_unit_test(unknown_ciphers_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
