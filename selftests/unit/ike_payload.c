// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is encoded decodes to the same; what is cut short anywhere is refused, never read beyond its end.
 */
#include <stdlib.h>

#include "hex.h"

#include "ike/payload.h"

/* A heap copy of exactly @len octets, so that a sanitizer sees the first octet read beyond. */
static uint8_t *exact(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	memcpy(copy, data, len);
	return copy;
}

static void header_round_trip(void **state)
{
	struct ike_header h = { 0x0102030405060708ull, 0x1112131415161718ull, IKE_PAYLOAD_SA, IKE_VERSION_2,
				IKE_EXCHANGE_SA_INIT, IKE_FLAG_INITIATOR, 0x21222324, IKE_HEADER_LEN }, got;
	struct ike_writer w = { 0 }, again = { 0 };
	const char *why;

	ike_header_encode(&w, &h);
	assert_hex(w.data, w.len, "0102030405060708 1112131415161718 21 20 22 08 21222324 0000001c");
	assert_true(ike_header_decode(w.data, w.len, &got, &why));
	ike_header_encode(&again, &got);
	assert_memory_equal(again.data, w.data, w.len);
	ike_writer_free(&again);
	for (size_t len = 0; len < w.len; len++) {
		uint8_t *cut = exact(w.data, len);

		assert_false(ike_header_decode(cut, len, &got, &why));
		free(cut);
	}
	ike_writer_free(&w);
}

static void header_length_must_be_the_datagrams(void **state)
{
	uint8_t data[40] = { 0 };
	struct ike_header h;
	const char *why;

	data[27] = 27;
	assert_false(ike_header_decode(data, 28, &h, &why));
	assert_string_equal(why, "length in the IKE header is less than the header's own");
	data[27] = 29;
	assert_false(ike_header_decode(data, 28, &h, &why));
	assert_string_equal(why, "truncated: the IKE header announces more octets than came");
	assert_false(ike_header_decode(data, 30, &h, &why));
	assert_string_equal(why, "octets behind the end of the message");
	assert_true(ike_header_decode(data, 29, &h, NULL));
}

static struct ike_proposal esp_proposal(uint8_t number)
{
	struct ike_proposal p = { .number = number, .protocol = IKE_PROTO_ESP, .spi_len = 4,
				  .spi = { 0xc0, 0xde, 0x00, number } };

	ike_proposal_add(&p, IKE_TRANSFORM_ENCR, IKE_ENCR_AES_CBC, 256);
	ike_proposal_add(&p, IKE_TRANSFORM_INTEG, IKE_INTEG_HMAC_SHA256_128, 0);
	ike_proposal_add(&p, IKE_TRANSFORM_ESN, IKE_ESN_NO, 0);
	return p;
}

static struct ike_ts selector(const char *text)
{
	struct ike_ts ts;

	assert_true(ike_ts_parse(&ts, text));
	return ts;
}

/* One of everything. */
static void compose(struct ike_chain *c)
{
	struct ike_proposal p[] = { esp_proposal(1), esp_proposal(2) };
	struct ike_ts ts[] = { selector("10.1.0.0/16 tcp 80-90"), selector("2001:db8::/32") };
	uint8_t storage[3][IKE_CP_VALUE_MAX];
	struct ike_prefix prefix;
	struct ike_addr addr;
	struct ike_id id;
	struct ike_cp_attr a[4] = { { .type = IKE_CP_INTERNAL_IP4_ADDRESS } };

	ike_chain_sa(c, p, 2);
	ike_chain_ke(c, IKE_KE_CURVE25519, "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk", 32);
	assert_true(ike_id_parse(&id, "fqdn hub.example.com"));
	ike_chain_id(c, IKE_PAYLOAD_IDI, &id);
	assert_true(ike_id_parse(&id, "192.0.2.1"));
	ike_chain_id(c, IKE_PAYLOAD_IDR, &id);
	ike_chain_auth(c, IKE_AUTH_PSK, "aaaaaaaaaaaaaaaaaaaa", 20);
	ike_chain_raw(c, IKE_PAYLOAD_NONCE, "nnnnnnnnnnnnnnnn", 16);
	ike_chain_notify(c, IKE_N_COOKIE, "cookie", 6);
	ike_chain_notify_spi(c, IKE_N_REKEY_SA, IKE_PROTO_ESP, 0xc0de0001, NULL, 0);
	ike_chain_delete_esp(c, (const uint32_t[]){ 0xc0de0001, 0xc0de0002 }, 2);
	ike_chain_delete_ike(c);
	ike_chain_raw(c, IKE_PAYLOAD_VENDOR, "FLEXVPN-SUPPORTED", 17);
	ike_chain_ts(c, IKE_PAYLOAD_TSI, ts, 2);
	ike_chain_ts(c, IKE_PAYLOAD_TSR, ts + 1, 1);
	assert_true(ike_addr_parse(&addr, "2001:db8::7"));
	a[1] = ike_cp_make_addr(IKE_CP_INTERNAL_IP6_ADDRESS, &addr, storage[0]);
	assert_true(ike_prefix_parse(&prefix, "10.9.0.0/20"));
	a[2] = ike_cp_make_prefix(IKE_CP_INTERNAL_IP4_SUBNET, &prefix, storage[1]);
	assert_true(ike_prefix_parse(&prefix, "2001:db8:9::/48"));
	a[3] = ike_cp_make_prefix(IKE_CP_INTERNAL_IP6_SUBNET, &prefix, storage[2]);
	ike_chain_cp(c, IKE_CP_REPLY, a, 4);
	ike_chain_cert(c, IKE_PAYLOAD_CERT, 4, "certificate", 11);
	ike_chain_cert(c, IKE_PAYLOAD_CERTREQ, 4, "hhhhhhhhhhhhhhhhhhhh", 20);
	assert_true(ike_chain_ok(c));
}

/* Every decoder that fits the type; true when all accept. */
static bool decode_body(uint8_t type, const uint8_t *body, size_t len)
{
	struct ike_proposal props[4];
	struct ike_ts ts[4];
	struct ike_notify notify;
	struct ike_delete del;
	struct ike_bytes nonce;
	struct ike_auth auth;
	struct ike_cert cert;
	struct ike_id id;
	struct ike_cp cp;
	struct ike_ke ke;
	size_t n;

	switch (type) {
	case IKE_PAYLOAD_SA:
		return ike_sa_decode(body, len, props, 4, &n, NULL) && n == 2;
	case IKE_PAYLOAD_KE:
		return ike_ke_decode(body, len, &ke, NULL) && ke.data.len == 32;
	case IKE_PAYLOAD_IDI:
		return ike_id_decode(body, len, &id, NULL) && id.len == 15;
	case IKE_PAYLOAD_IDR:
		return ike_id_decode(body, len, &id, NULL);
	case IKE_PAYLOAD_AUTH:
		return ike_auth_decode(body, len, &auth, NULL) && auth.data.len == 20;
	case IKE_PAYLOAD_NONCE:
		return ike_nonce_decode(body, len, &nonce, NULL);
	case IKE_PAYLOAD_NOTIFY:
		return ike_notify_decode(body, len, &notify, NULL);
	case IKE_PAYLOAD_DELETE:
		return ike_delete_decode(body, len, &del, NULL);
	case IKE_PAYLOAD_TSI:
		return ike_ts_decode(body, len, ts, 4, &n, NULL) && n == 2;
	case IKE_PAYLOAD_TSR:
		return ike_ts_decode(body, len, ts, 4, &n, NULL) && n == 1;
	case IKE_PAYLOAD_CP:
		return ike_cp_decode(body, len, &cp, NULL) && cp.n == 4;
	case IKE_PAYLOAD_CERT:
	case IKE_PAYLOAD_CERTREQ:
		return ike_cert_decode(body, len, &cert, NULL);
	default:
		return true;
	}
}

static void every_payload_round_trips(void **state)
{
	struct ike_chain c = { 0 };
	struct ike_payloads ps;
	struct ike_proposal p[4], expected = esp_proposal(2);
	struct ike_notify n;
	struct ike_delete d;
	struct ike_prefix prefix;
	struct ike_addr addr;
	struct ike_ts ts[4], first = selector("10.1.0.0/16 tcp 80-90");
	struct ike_cp cp;
	char text[IKE_ADDR_STRLEN];
	size_t count;

	compose(&c);
	assert_true(ike_payloads_decode(c.first, c.w.data, c.w.len, &ps, NULL));
	assert_int_equal(ps.n, 16);
	for (size_t i = 0; i < ps.n; i++)
		assert_true(decode_body(ps.p[i].type, ps.p[i].body, ps.p[i].len));

	assert_true(ike_sa_decode(ps.p[0].body, ps.p[0].len, p, 4, &count, NULL));
	assert_int_equal(p[1].number, 2);
	assert_memory_equal(p[1].spi, expected.spi, 4);
	assert_int_equal(p[1].n, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(p[1].t[i].type, expected.t[i].type);
		assert_int_equal(p[1].t[i].id, expected.t[i].id);
		assert_int_equal(p[1].t[i].key_bits, expected.t[i].key_bits);
	}

	assert_true(ike_notify_find(&ps, IKE_N_REKEY_SA, &n));
	assert_int_equal(n.protocol, IKE_PROTO_ESP);
	assert_int_equal(ike_notify_spi4(&n), 0xc0de0001);
	assert_true(ike_notify_find(&ps, IKE_N_COOKIE, &n));
	assert_int_equal(ike_notify_spi4(&n), 0);
	assert_memory_equal(n.data.data, "cookie", 6);
	assert_false(ike_notify_find(&ps, IKE_N_MOBIKE_SUPPORTED, &n));
	assert_false(ike_notify_next_error(&ps, NULL, &n));

	assert_int_equal(ike_payloads_count(&ps, IKE_PAYLOAD_DELETE), 2);
	assert_true(ike_delete_decode(ps.p[8].body, ps.p[8].len, &d, NULL));
	assert_int_equal(d.n, 2);
	assert_int_equal(ike_delete_spi4(&d, 1), 0xc0de0002);
	assert_int_equal(ike_delete_spi4(&d, 2), 0);

	assert_true(ike_ts_decode(ps.p[11].body, ps.p[11].len, ts, 4, &count, NULL));
	assert_true(ike_ts_equal(&ts[0], &first));

	assert_true(ike_cp_decode(ps.p[13].body, ps.p[13].len, &cp, NULL));
	assert_int_equal(cp.type, IKE_CP_REPLY);
	assert_false(ike_cp_attr_addr(&cp.a[0], &addr));
	assert_true(ike_cp_attr_addr(&cp.a[1], &addr));
	assert_string_equal(ike_addr_text(&addr, text), "2001:db8::7");
	assert_true(ike_cp_attr_prefix(&cp.a[2], &prefix));
	assert_string_equal(ike_prefix_text(&prefix, text), "10.9.0.0/20");
	assert_true(ike_cp_attr_prefix(&cp.a[3], &prefix));
	assert_string_equal(ike_prefix_text(&prefix, text), "2001:db8:9::/48");
	ike_chain_free(&c);
}

static void chain_cut_anywhere_is_refused(void **state)
{
	struct ike_chain c = { 0 };
	struct ike_payloads ps;

	compose(&c);
	for (size_t len = 0; len < c.w.len; len++) {
		uint8_t *cut = exact(c.w.data, len);
		const char *why = NULL;

		assert_false(ike_payloads_decode(c.first, cut, len, &ps, &why));
		assert_non_null(why);
		free(cut);
	}
	ike_chain_free(&c);
}

static bool length_is_free(uint8_t type)
{
	return type == IKE_PAYLOAD_VENDOR || type == IKE_PAYLOAD_NOTIFY || type == IKE_PAYLOAD_CERT ||
	       type == IKE_PAYLOAD_CERTREQ;
}

static void body_cut_anywhere_is_refused(void **state)
{
	struct ike_chain c = { 0 };
	struct ike_payloads ps;

	compose(&c);
	assert_true(ike_payloads_decode(c.first, c.w.data, c.w.len, &ps, NULL));
	for (size_t i = 0; i < ps.n; i++) {
		for (size_t len = 0; len < ps.p[i].len; len++) {
			uint8_t *cut = exact(ps.p[i].body, len);
			bool ok = decode_body(ps.p[i].type, cut, len);

			/* A configuration payload may end behind any attribute, but then has fewer of them. */
			assert_true(!ok || length_is_free(ps.p[i].type));
			free(cut);
		}
	}
	ike_chain_free(&c);
}

static bool chain_ok(uint8_t first, const char *hex, const char **why)
{
	struct ike_bytes b = unhex(hex);
	struct ike_payloads ps;

	return ike_payloads_decode(first, b.data, b.len, &ps, why);
}

static void broken_chains(void **state)
{
	const char *why;

	assert_true(chain_ok(IKE_PAYLOAD_NONE, "", &why));
	assert_false(chain_ok(IKE_PAYLOAD_NONE, "00", &why));
	assert_string_equal(why, "octets behind the last payload");
	assert_false(chain_ok(IKE_PAYLOAD_VENDOR, "00000003", &why));
	assert_string_equal(why, "payload length is less than its header's own");
	assert_false(chain_ok(IKE_PAYLOAD_VENDOR, "00000000", &why));
	assert_false(chain_ok(IKE_PAYLOAD_VENDOR, "00000005", &why));
	assert_string_equal(why, "payload runs past the end");
	assert_false(chain_ok(IKE_PAYLOAD_VENDOR, "2b000004", &why));
	assert_string_equal(why, "payload header runs past the end");
	/* SK ends a chain: its Next Payload names what is inside. */
	assert_true(chain_ok(IKE_PAYLOAD_SK, "23000006 aabb", &why));
	assert_false(chain_ok(IKE_PAYLOAD_SK, "23000006 aabb 00000004", &why));
}

static void too_many_payloads(void **state)
{
	struct ike_chain c = { 0 };
	struct ike_payloads ps;
	const char *why;

	for (unsigned int i = 0; i < IKE_PAYLOADS_MAX; i++)
		ike_chain_raw(&c, IKE_PAYLOAD_VENDOR, "v", 1);
	assert_true(ike_payloads_decode(c.first, c.w.data, c.w.len, &ps, &why));
	ike_chain_raw(&c, IKE_PAYLOAD_VENDOR, "v", 1);
	assert_false(ike_payloads_decode(c.first, c.w.data, c.w.len, &ps, &why));
	assert_string_equal(why, "too many payloads");
	ike_chain_free(&c);
}

static void unknown_critical_payloads_are_found(void **state)
{
	struct ike_bytes b = unhex("80 800004 2b 000004 c8 800004 00 800004");
	struct ike_payloads ps;

	/* 41 (known, critical), 128 (unknown, not critical is next) ... */
	assert_true(ike_payloads_decode(IKE_PAYLOAD_NOTIFY, b.data, b.len, &ps, NULL));
	assert_int_equal(ps.n, 4);
	assert_ptr_equal(ike_payloads_critical(&ps), &ps.p[3]);
	assert_int_equal(ps.p[3].type, 200);
	ps.n = 3;
	assert_null(ike_payloads_critical(&ps));
}

struct bad {
	const char *hex;
	const char *why;
};

static void malformed_sa(void **state)
{
	static const struct bad bad[] = {
		{ "", "proposal runs past the SA payload" },
		{ "00000007 01010000", "proposal runs past the SA payload" },
		{ "00000009 01010000", "proposal runs past the SA payload" },
		{ "01000008 01010000", "proposal chain is broken" },
		{ "02000008 01010000", "proposal runs past the SA payload" },
		{ "00000008 01010000 00", "octets behind the last proposal" },
		{ "00000008 01010900", "SPI of a proposal is too long" },
		{ "00000008 01030400", "SPI runs past its proposal" },
		{ "00000008 01010001", "transform runs past its proposal" },
		{ "00000010 01010001 00000009 0100000c", "transform runs past its proposal" },
		{ "00000010 01010001 00000007 0100000c", "transform runs past its proposal" },
		{ "00000010 01010001 03000008 0100000c", "number of transforms contradicts their chain" },
		{ "00000010 01010000 00000008 0100000c", "octets behind the last transform" },
		{ "00000012 01010001 0000000a 0100000c 800e", "transform attribute runs past its transform" },
		{ "00000014 01010001 0000000c 0100000c 000e0001", "transform attribute runs past its transform" },
	};
	struct ike_proposal p[2];
	size_t n;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ike_bytes b = unhex(bad[i].hex);
		uint8_t *copy = exact(b.data, b.len);
		const char *why = NULL;

		assert_false(ike_sa_decode(copy, b.len, p, 2, &n, &why));
		assert_string_equal(why, bad[i].why);
		free(copy);
	}
}

static void transforms_with_strange_attributes_match_nothing(void **state)
{
	/* Key Length twice; an unknown attribute; a Key Length in the long format; Key Length 0. */
	static const char *const strange[] = {
		"00000018 01010001 00000010 0100000c 800e0100 800e0080",
		"00000018 01010001 00000010 0100000c 800e0100 80140001",
		"00000016 01010001 0000000e 0100000c 000e0002 0100",
		"00000014 01010001 0000000c 0100000c 800e0000",
	};
	struct ike_proposal p;
	size_t n;

	for (size_t i = 0; i < 4; i++) {
		struct ike_bytes b = unhex(strange[i]);

		assert_true(ike_sa_decode(b.data, b.len, &p, 1, &n, NULL));
		assert_int_equal(p.t[0].key_bits, IKE_KEY_BITS_UNUSABLE);
	}
}

static void proposals_beyond_the_limit_are_left_out(void **state)
{
	struct ike_proposal p[] = { esp_proposal(1), esp_proposal(2), esp_proposal(3) }, out[2];
	struct ike_chain c = { 0 };
	size_t n;

	ike_chain_sa(&c, p, 3);
	assert_true(ike_sa_decode(c.w.data + 4, c.w.len - 4, out, 2, &n, NULL));
	assert_int_equal(n, 2);
	assert_int_equal(out[1].number, 2);
	ike_chain_free(&c);
}

static void malformed_bodies(void **state)
{
	static const struct {
		uint8_t type;
		const char *hex;
	} bad[] = {
		{ IKE_PAYLOAD_KE, "00130000" },
		{ IKE_PAYLOAD_IDI, "02000000" },
		{ IKE_PAYLOAD_IDR, "01000000 c00002" },
		{ IKE_PAYLOAD_IDR, "05000000 c0000201" },
		{ IKE_PAYLOAD_AUTH, "02000000" },
		{ IKE_PAYLOAD_NONCE, "000102030405060708090a0b0c0d0e" },
		{ IKE_PAYLOAD_NOTIFY, "0004400900" },
		{ IKE_PAYLOAD_DELETE, "03040001" },
		{ IKE_PAYLOAD_DELETE, "03040000 00" },
		{ IKE_PAYLOAD_DELETE, "03080001 0000000000000000" },
		{ IKE_PAYLOAD_DELETE, "01080001 0000000000000000" },
		{ IKE_PAYLOAD_DELETE, "0304ffff 00000000" },
		{ IKE_PAYLOAD_TSI, "00000000" },
		{ IKE_PAYLOAD_TSI, "01000000 07000011 0000ffff 0a000000 0a0000ff 00" },
		{ IKE_PAYLOAD_TSI, "01000000 07000003" },
		{ IKE_PAYLOAD_TSI, "01000000 07000010 0000ffff 0a0000ff 0a000000" },
		{ IKE_PAYLOAD_TSI, "01000000 07000010 00500040 0a000000 0a0000ff" },
		{ IKE_PAYLOAD_TSI, "01000000 07000010 0000ffff 0a000000 0a0000ff 00" },
		{ IKE_PAYLOAD_CP, "01000000 0001" },
		{ IKE_PAYLOAD_CP, "01000000 00010001" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ike_bytes b = unhex(bad[i].hex);
		uint8_t *copy = exact(b.data, b.len);

		assert_false(decode_body(bad[i].type, copy, b.len));
		free(copy);
	}
}

static void foreign_selectors_are_left_out(void **state)
{
	/* A Fibre Channel range (RFC 4595) before an IPv4 one with OPAQUE ports. */
	struct ike_bytes b = unhex("02000000 0900 000c 0000000000000000 0700 0010 ffff0000 0a000000 0a0000ff");
	struct ike_ts ts[2];
	size_t n;

	assert_true(ike_ts_decode(b.data, b.len, ts, 2, &n, NULL));
	assert_int_equal(n, 1);
	assert_int_equal(ts[0].port_start, 65535);
	assert_int_equal(ts[0].port_end, 0);
}

static void attributes_that_are_no_addresses(void **state)
{
	static const struct {
		uint16_t type;
		const char *hex;
	} bad[] = {
		{ IKE_CP_INTERNAL_IP4_ADDRESS, "" },
		{ IKE_CP_INTERNAL_IP4_ADDRESS, "0a00000102" },
		{ IKE_CP_INTERNAL_IP6_ADDRESS, "0a000001" },
		{ IKE_CP_INTERNAL_IP6_DNS, "000102030405060708090a0b0c0d0e0f10" },
		{ IKE_CP_APPLICATION_VERSION, "0a000001" },
		{ IKE_CP_INTERNAL_IP4_SUBNET, "0a000000 ff00ff00" },
		{ IKE_CP_INTERNAL_IP4_SUBNET, "0a000000" },
		{ IKE_CP_INTERNAL_IP6_SUBNET, "000102030405060708090a0b0c0d0e0f 81" },
	};
	struct ike_prefix p;
	struct ike_addr addr;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ike_cp_attr a = { bad[i].type, unhex(bad[i].hex) };

		assert_false(ike_cp_attr_addr(&a, &addr));
		assert_false(ike_cp_attr_prefix(&a, &p));
	}
}

static void subnet_masks(void **state)
{
	static const struct {
		const char *hex;
		const char *text;
	} v[] = {
		{ "00000000 00000000", "0.0.0.0/0" },
		{ "80000000 80000000", "128.0.0.0/1" },
		{ "0a0102ff ffffff00", "10.1.2.0/24" },
		{ "0a0102ff fffffffe", "10.1.2.254/31" },
		{ "0a0102ff ffffffff", "10.1.2.255/32" },
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct ike_cp_attr a = { IKE_CP_INTERNAL_IP4_SUBNET, unhex(v[i].hex) }, back;
		uint8_t storage[IKE_CP_VALUE_MAX];
		char text[IKE_ADDR_STRLEN];
		struct ike_prefix p;

		assert_true(ike_cp_attr_prefix(&a, &p));
		assert_string_equal(ike_prefix_text(&p, text), v[i].text);
		back = ike_cp_make_prefix(IKE_CP_INTERNAL_IP4_SUBNET, &p, storage);
		assert_memory_equal(back.value.data + 4, a.value.data + 4, 4);
	}
}

static void fragment_numbers(void **state)
{
	struct ike_skf skf;

	assert_true(ike_skf_decode(unhex("00020003").data, 4, &skf, NULL));
	assert_int_equal(skf.number, 2);
	assert_int_equal(skf.total, 3);
	assert_false(ike_skf_decode(unhex("00000003").data, 4, &skf, NULL));
	assert_false(ike_skf_decode(unhex("00040003").data, 4, &skf, NULL));
	assert_false(ike_skf_decode(unhex("000300").data, 3, &skf, NULL));
}

static void names(void **state)
{
	assert_string_equal(ike_exchange_name(IKE_EXCHANGE_AUTH), "IKE_AUTH");
	assert_string_equal(ike_exchange_name(99), "exchange 99");
	assert_string_equal(ike_notify_name(IKE_N_NO_PROPOSAL_CHOSEN), "NO_PROPOSAL_CHOSEN");
	assert_string_equal(ike_notify_name(40000), "notification 40000");
	assert_string_equal(ike_payload_name(IKE_PAYLOAD_TSR), "TSr");
	assert_string_equal(ike_auth_method_name(IKE_AUTH_PSK), "pre-shared key");
	assert_true(ike_notify_is_error(IKE_N_TS_UNACCEPTABLE));
	assert_false(ike_notify_is_error(IKE_N_INITIAL_CONTACT));
}

static void errors_among_notifications(void **state)
{
	struct ike_chain c = { 0 };
	struct ike_payloads ps;
	struct ike_notify n;
	size_t at = 0;

	ike_chain_notify(&c, IKE_N_INITIAL_CONTACT, NULL, 0);
	ike_chain_notify(&c, IKE_N_TS_UNACCEPTABLE, NULL, 0);
	ike_chain_notify(&c, IKE_N_NO_ADDITIONAL_SAS, NULL, 0);
	assert_true(ike_payloads_decode(c.first, c.w.data, c.w.len, &ps, NULL));
	assert_true(ike_notify_next_error(&ps, &at, &n));
	assert_int_equal(n.type, IKE_N_TS_UNACCEPTABLE);
	assert_true(ike_notify_next_error(&ps, &at, &n));
	assert_int_equal(n.type, IKE_N_NO_ADDITIONAL_SAS);
	assert_false(ike_notify_next_error(&ps, &at, &n));
	ike_chain_free(&c);
}

static void message_in_the_clear(void **state)
{
	struct ike_header h = { .spi_i = 1, .version = IKE_VERSION_2, .exchange = IKE_EXCHANGE_SA_INIT,
				.flags = IKE_FLAG_RESPONSE }, got;
	struct ike_writer out = { 0 };
	struct ike_chain c = { 0 };

	assert_true(ike_message_encode(&out, &h, &c));
	assert_int_equal(out.len, IKE_HEADER_LEN);
	ike_writer_reset(&out);
	ike_chain_notify(&c, IKE_N_COOKIE, "c", 1);
	assert_true(ike_message_encode(&out, &h, &c));
	assert_true(ike_header_decode(out.data, out.len, &got, NULL));
	assert_int_equal(got.next_payload, IKE_PAYLOAD_NOTIFY);
	ike_chain_raw(&c, IKE_PAYLOAD_VENDOR, (uint8_t[65500]){ 0 }, 65500);
	ike_writer_reset(&out);
	assert_true(ike_chain_ok(&c));
	assert_false(ike_message_encode(&out, &h, &c));
	ike_chain_raw(&c, IKE_PAYLOAD_VENDOR, (uint8_t[65532]){ 0 }, 65532);
	assert_false(ike_chain_ok(&c));
	ike_writer_free(&out);
	ike_chain_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_round_trip),
		cmocka_unit_test(header_length_must_be_the_datagrams),
		cmocka_unit_test(every_payload_round_trips),
		cmocka_unit_test(chain_cut_anywhere_is_refused),
		cmocka_unit_test(body_cut_anywhere_is_refused),
		cmocka_unit_test(broken_chains),
		cmocka_unit_test(too_many_payloads),
		cmocka_unit_test(unknown_critical_payloads_are_found),
		cmocka_unit_test(malformed_sa),
		cmocka_unit_test(transforms_with_strange_attributes_match_nothing),
		cmocka_unit_test(proposals_beyond_the_limit_are_left_out),
		cmocka_unit_test(malformed_bodies),
		cmocka_unit_test(foreign_selectors_are_left_out),
		cmocka_unit_test(attributes_that_are_no_addresses),
		cmocka_unit_test(subnet_masks),
		cmocka_unit_test(fragment_numbers),
		cmocka_unit_test(names),
		cmocka_unit_test(errors_among_notifications),
		cmocka_unit_test(message_in_the_clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
