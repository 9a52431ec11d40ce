// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Diffie-Hellman: known answers, and every public value that RFC 6989 forbids. The file under test is included,
 * not linked, because a known answer needs a known private key.
 */
#include "hex.h"

#include "ike/dh.c"

static const struct vector {
	uint16_t group;
	const char *private, *public, *peer, *shared;
} vectors[] = {
	/* RFC 5903 section 8.1 */
	{ IKE_KE_ECP256, "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433",
	  "dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180"
	  "5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3",
	  "d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
	  "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab",
	  "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de" },
	/* RFC 5114 appendix A.6 */
	{ IKE_KE_ECP256, "814264145f2f56f2e96a8e337a1284993faf432a5abce59e867b7291d507a3af",
	  "2af502f3be8952f2c9b5a8d4160d09e97165be50bc42ae4a5e8d3b4ba83aeb15"
	  "eb0faf4ca986c4d38681a0f9872d79d56795bd4bff6e6de3c0f5015ece5efd85",
	  "b120de4aa36492795346e8de6c2c8646ae06aaea279fa775b3ab0715f6ce51b0"
	  "9f1b7eece20d7b5ed8ec685fa3f071d83727027092a8411385c34dde5708b2b6",
	  "dd0f5396219d1ea393310412d19a08f1f5811e9dc8ec8eea7f80d21c820c2788" },
	/* RFC 5114 appendix A.7 */
	{ IKE_KE_ECP384, "d27335ea71664af244dd14e9fd1260715dfd8a7965571c48d709ee7a7962a156"
	  "d706a90cbcb5df2986f05feadb9376f1",
	  "793148f1787634d5da4c6d9074417d05e057ab62f82054d10ee6b0403d627954"
	  "7e6a8ea9d1fd77427d016fe27a8b8c66c6c41294331d23e6f480f4fb4cd40504"
	  "c947392e94f4c3f06b8f398bb29e42368f7a685923de3b67baced214a1a1d128",
	  "5cd42ab9c41b5347f74b8d4efb708b3d5b36db65915359b44abc17647b6b9999"
	  "789d72a84865ae2f223f12b5a1abc120e171458feaa939aaa3a8bfac46b404bd"
	  "8f6d5b348c0fa4d80ceca16356ca933240bde8723415a8ece035b0edf36755de",
	  "5ea1fc4af7256d2055981b110575e0a8cae53160137d904c59d926eb1b8456e4"
	  "27aa8a4540884c37de159a58028abc0e" },
	/* RFC 5114 appendix A.8; the secret begins with a zero that belongs to it */
	{ IKE_KE_ECP521, "0113f82da825735e3d97276683b2b74277bad27335ea71664af2430cc4f33459"
	  "b9669ee78b3ffb9b8683015d344dcbfef6fb9af4c6c470be254516cd3c1a1fb47362",
	  "01ebb34dd75721abf8adc9dbed17889cbb9765d90a7c60f2cef007bb0f2b26e1"
	  "4881fd4442e689d61cb2dd046ee30e3ffd20f9a45bbdf6413d583a2dbf59924f"
	  "d35c00f6b632d194c0388e22d8437e558c552ae195adfd153f92d74908351b2f"
	  "8c4eda94edb0916d1b53c020b5eecaed1a5fc38a233e4830587bb2ee3489b3b4"
	  "2a5a86a4",
	  "010ebfafc6e85e08d24bfffcc1a4511db0e634beeb1b6dec8c5939ae44766201"
	  "af6200430ba97c8ac6a0e9f08b33ce7e9feeb5ba4ee5e0d81510c24295b8a08d"
	  "023500a4a6ec300df9e257b0372b5e7abfef093436719a77887ebb0b18cf8099"
	  "b9f4212b6e30a1419c18e029d36863cc9d448f4dba4d2a0e60711be572915fbd"
	  "4fef2695",
	  "00cdea89621cfa46b132f9e4cfe2261cde2d4368eb5656634c7cc98c7a00cde5"
	  "4ed1866a0dd3e6126c9d2f845daff82ceb1da08f5d87521bb0ebeca77911169c20cc" },
	/* RFC 7748 section 6.1, Bob's side */
	{ IKE_KE_CURVE25519, "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
	  "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
	  "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
	  "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742" },
};

static EVP_PKEY *key_of(const struct group *g, struct ike_bytes private, struct ike_bytes public)
{
	BIGNUM *d = BN_bin2bn(private.data, (int)private.len, NULL);
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	uint8_t point[1 + 2 * 66] = { 0x04 };
	OSSL_PARAM *params;
	EVP_PKEY *key = NULL;

	memcpy(point + 1, public.data, public.len);
	OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, g->name, 0);
	OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + public.len);
	OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, d);
	params = OSSL_PARAM_BLD_to_param(bld);
	EVP_PKEY_fromdata_init(ctx);
	EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	EVP_PKEY_CTX_free(ctx);
	BN_free(d);
	return key;
}

static void known_answers(void **state)
{
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		const struct vector *v = &vectors[i];
		struct ike_bytes private = unhex(v->private), public = unhex(v->public), peer = unhex(v->peer);
		struct ike_dh dh = { .group = group_find(v->group) };
		uint8_t shared[IKE_DH_SHARED_MAX];
		size_t len;

		if (dh.group->kind == CURVE25519)
			dh.key = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, private.data, private.len);
		else
			dh.key = key_of(dh.group, private, public);
		assert_non_null(dh.key);
		assert_true(export_public(&dh));
		assert_int_equal(ike_dh_public(&dh).len, public.len);
		assert_memory_equal(dh.public, public.data, public.len);
		len = ike_dh_shared(&dh, peer.data, peer.len, shared, NULL);
		assert_hex(shared, len, v->shared);
		EVP_PKEY_free(dh.key);
	}
}

/* The primes of RFC 3526, g = 2, and nothing but BN_mod_exp(), until a secret with a leading zero has come by. */
static void modp_agrees_with_arithmetic(void **state)
{
	static const struct {
		uint16_t group;
		BIGNUM *(*prime)(BIGNUM *bn);
		bool wait_for_zero;
	} modp[] = {
		{ IKE_KE_MODP2048, BN_get_rfc3526_prime_2048, true },
		{ IKE_KE_MODP3072, BN_get_rfc3526_prime_3072, false },
		{ IKE_KE_MODP4096, BN_get_rfc3526_prime_4096, false },
	};
	BN_CTX *ctx = BN_CTX_new();

	for (size_t i = 0; i < sizeof(modp) / sizeof(modp[0]); i++) {
		uint8_t shared[IKE_DH_SHARED_MAX], expected[IKE_DH_SHARED_MAX], y[IKE_DH_PUBLIC_MAX];
		struct ike_dh *dh = ike_dh_new(modp[i].group);
		BIGNUM *p = modp[i].prime(NULL), *x = BN_new(), *bn = BN_new(), *g = BN_new(), *theirs;
		size_t size = ike_dh_public_size(modp[i].group);
		bool done = false;

		BN_set_word(g, 2);
		BN_set_word(x, 0x1234567);
		theirs = BN_bin2bn(ike_dh_public(dh).data, (int)size, NULL);
		for (unsigned int tries = 0; !done; tries++) {
			assert_true(tries < 20000);
			BN_add_word(x, 1);
			BN_mod_exp(bn, theirs, x, p, ctx);
			BN_bn2binpad(bn, expected, (int)size);
			if (modp[i].wait_for_zero && expected[0])
				continue;
			BN_mod_exp(bn, g, x, p, ctx);
			BN_bn2binpad(bn, y, (int)size);
			assert_int_equal(ike_dh_shared(dh, y, size, shared, NULL), size);
			assert_memory_equal(shared, expected, size);
			done = true;
		}
		BN_free(p);
		BN_free(x);
		BN_free(bn);
		BN_free(g);
		BN_free(theirs);
		ike_dh_free(dh);
	}
	BN_CTX_free(ctx);
}

static void both_sides_agree(void **state)
{
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		struct ike_dh *a = ike_dh_new(groups[i].id), *b = ike_dh_new(groups[i].id);
		uint8_t ab[IKE_DH_SHARED_MAX], ba[IKE_DH_SHARED_MAX];
		struct ike_bytes pa = ike_dh_public(a), pb = ike_dh_public(b);
		size_t n = ike_dh_shared(a, pb.data, pb.len, ab, NULL);

		assert_int_equal(ike_dh_group(a), groups[i].id);
		assert_int_equal(pa.len, ike_dh_public_size(groups[i].id));
		assert_int_equal(n, groups[i].size);
		assert_int_equal(ike_dh_shared(b, pa.data, pa.len, ba, NULL), n);
		assert_memory_equal(ab, ba, n);
		assert_memory_not_equal(pa.data, pb.data, pa.len);
		ike_dh_free(a);
		ike_dh_free(b);
	}
}

static void refused(struct ike_dh *dh, const uint8_t *value, size_t len, const char *reason)
{
	uint8_t shared[IKE_DH_SHARED_MAX];
	const char *why = NULL;

	assert_int_equal(ike_dh_shared(dh, value, len, shared, &why), 0);
	assert_string_equal(why, reason);
}

static void modp_values_out_of_range_are_refused(void **state)
{
	const char *reason = "public value is not between 1 and p - 1";
	struct ike_dh *dh = ike_dh_new(IKE_KE_MODP2048);
	BIGNUM *p = BN_get_rfc3526_prime_2048(NULL);
	uint8_t y[256] = { 0 }, shared[IKE_DH_SHARED_MAX];

	refused(dh, y, 256, reason);
	y[255] = 1;
	refused(dh, y, 256, reason);
	y[255] = 2;
	assert_int_equal(ike_dh_shared(dh, y, 256, shared, NULL), 256);
	BN_bn2binpad(p, y, 256);
	refused(dh, y, 256, reason);
	y[255]--;
	refused(dh, y, 256, reason);
	memset(y, 0xff, 256);
	refused(dh, y, 256, reason);
	BN_free(p);
	ike_dh_free(dh);
}

static void points_off_the_curve_are_refused(void **state)
{
	static const uint16_t ids[] = { IKE_KE_ECP256, IKE_KE_ECP384, IKE_KE_ECP521 };
	const char *reason = "public value is not a point on the curve";

	for (size_t i = 0; i < 3; i++) {
		struct ike_dh *dh = ike_dh_new(ids[i]), *peer = ike_dh_new(ids[i]);
		size_t size = ike_dh_public_size(ids[i]);
		uint8_t y[2 * 66];

		memcpy(y, ike_dh_public(peer).data, size);
		y[size - 1] ^= 1;
		refused(dh, y, size, reason);
		memset(y, 0, size);
		refused(dh, y, size, reason);
		memset(y, 0xff, size);
		refused(dh, y, size, reason);
		ike_dh_free(dh);
		ike_dh_free(peer);
	}
}

static void curve25519_points_of_small_order_are_refused(void **state)
{
	/* RFC 7748 section 6.1: the orders 2, 4 and 8 among them; all of them yield zero. */
	static const char *const points[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	struct ike_dh *dh = ike_dh_new(IKE_KE_CURVE25519);

	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++)
		refused(dh, unhex(points[i]).data, 32, "public value yields no secret");
	ike_dh_free(dh);
}

static void wrong_lengths_are_refused(void **state)
{
	uint8_t y[IKE_DH_PUBLIC_MAX + 1];

	memset(y, 0x42, sizeof(y));
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		struct ike_dh *dh = ike_dh_new(groups[i].id);
		size_t size = ike_dh_public_size(groups[i].id);

		refused(dh, y, size - 1, "public value has the wrong length for its group");
		refused(dh, y, size + 1, "public value has the wrong length for its group");
		refused(dh, y, 0, "public value has the wrong length for its group");
		ike_dh_free(dh);
	}
}

static void unknown_groups(void **state)
{
	assert_null(ike_dh_new(IKE_KE_MODP1024));
	assert_null(ike_dh_new(0));
	assert_false(ike_dh_supported(IKE_KE_MODP1024));
	assert_int_equal(ike_dh_public_size(0xffff), 0);
	ike_dh_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_answers),
		cmocka_unit_test(modp_agrees_with_arithmetic),
		cmocka_unit_test(both_sides_agree),
		cmocka_unit_test(modp_values_out_of_range_are_refused),
		cmocka_unit_test(points_off_the_curve_are_refused),
		cmocka_unit_test(curve25519_points_of_small_order_are_refused),
		cmocka_unit_test(wrong_lengths_are_refused),
		cmocka_unit_test(unknown_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
