// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A datagram as anybody may send it: header, chain, every payload's decoder, and what a responder does with the
 * proposals and selectors before it knows who is there. What decodes must survive being encoded again.
 */
#include <stdlib.h>
#include <string.h>

#include "ike/crypto.h"
#include "ike/payload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static bool same(const struct ike_proposal *a, const struct ike_proposal *b)
{
	bool equal = a->n == b->n && a->protocol == b->protocol && a->spi_len == b->spi_len;

	for (size_t i = 0; equal && i < a->n; i++)
		equal = a->t[i].type == b->t[i].type && a->t[i].id == b->t[i].id &&
			a->t[i].key_bits == b->t[i].key_bits;
	return equal;
}

static void proposals(const struct ike_payload *p)
{
	struct ike_proposal in[8], again[8], ours[4], chosen;
	size_t n, n_again, n_ours;
	struct ike_chain c = { 0 };
	char text[333];

	if (!ike_sa_decode(p->body, p->len, in, 8, &n, NULL))
		return;
	require(n <= 8);
	n_ours = ike_proposal_default_ike(ours, 2);
	n_ours += ike_proposal_default_esp(ours + n_ours, 2);
	if (ike_proposal_select(in, n, ours, n_ours, &chosen) >= 0) {
		/* Several proposals may share a number, by which the answer names the one it takes. */
		if (n == 1 && in[0].number)
			require(ike_proposal_answer_ok(&chosen, in, n));
		if (chosen.protocol == IKE_PROTO_IKE)
			require(ike_suite_supported(&chosen));
	}
	require(strlen(ike_proposals_text(in, n, text, sizeof(text))) < sizeof(text));
	require(strlen(ike_proposal_explain(in, n, ours, n_ours, text, sizeof(text))) < sizeof(text));

	ike_chain_sa(&c, in, n);
	if (ike_chain_ok(&c)) {
		require(ike_sa_decode(c.w.data + 4, c.w.len - 4, again, 8, &n_again, NULL));
		require(n_again == n);
		for (size_t i = 0; i < n; i++)
			require(same(&again[i], &in[i]));
	}
	ike_chain_free(&c);
}

static void selectors(const struct ike_payload *p)
{
	struct ike_ts in[16], again[16], ours[2], out[16];
	struct ike_prefix prefixes[300];
	struct ike_chain c = { 0 };
	char text[IKE_TS_STRLEN];
	size_t n, m;

	if (!ike_ts_decode(p->body, p->len, in, 16, &n, NULL))
		return;
	ike_ts_any(&ours[0], AF_INET);
	ike_ts_any(&ours[1], AF_INET6);
	m = ike_ts_narrow(in, n, ours, 2, out, 16);
	require(m <= n && (m > 0) == (n > 0));
	for (size_t i = 0; i < n; i++) {
		require(ike_ts_prefixes(&in[i], prefixes, 300) <= 254);
		require(strlen(ike_ts_text(&in[i], text)) < sizeof(text));
	}
	if (n) {
		ike_chain_ts(&c, IKE_PAYLOAD_TSI, in, n);
		require(ike_chain_ok(&c) && ike_ts_decode(c.w.data + 4, c.w.len - 4, again, 16, &m, NULL) && m == n);
		for (size_t i = 0; i < n; i++)
			require(ike_ts_equal(&in[i], &again[i]));
		ike_chain_free(&c);
	}
}

static void identity(const struct ike_payload *p)
{
	struct ike_id_match domain, dn;
	char text[IKE_ID_STRLEN];
	struct ike_id id;

	if (!ike_id_decode(p->body, p->len, &id, NULL))
		return;
	require(strlen(ike_id_text(&id, text)) < sizeof(text));
	require(ike_id_equal(&id, &id));
	require(ike_id_match_parse(&domain, "*.example.com") && ike_id_match_parse(&dn, "dn O=Example,CN=hub"));
	ike_id_match(&domain, &id);
	ike_id_match(&dn, &id);
}

static void configuration(const struct ike_payload *p)
{
	struct ike_prefix prefix;
	struct ike_addr addr;
	struct ike_cp cp;

	if (!ike_cp_decode(p->body, p->len, &cp, NULL))
		return;
	for (size_t i = 0; i < cp.n; i++) {
		if (ike_cp_attr_addr(&cp.a[i], &addr))
			require(ike_addr_size(&addr) > 0);
		if (ike_cp_attr_prefix(&cp.a[i], &prefix))
			require(prefix.len <= 8 * ike_addr_size(&prefix.addr) && ike_prefix_contains(&prefix, &prefix.addr));
	}
}

static void encrypted(const uint8_t *msg, size_t len, const struct ike_payload *p)
{
	static struct ike_cipher *gcm, *cbc;
	struct ike_writer plain = { 0 };
	struct ike_skf skf;

	if (!gcm) {
		gcm = ike_cipher_new(&(struct ike_keys){ .encr = IKE_ENCR_AES_GCM_16, .key_bits = 256 }, true);
		cbc = ike_cipher_new(&(struct ike_keys){ .encr = IKE_ENCR_AES_CBC, .key_bits = 128, .a_len = 20,
							  .integ = IKE_INTEG_HMAC_SHA1_96 }, true);
	}
	if (p->type == IKE_PAYLOAD_SKF && !ike_skf_decode(p->body, p->len, &skf, NULL))
		return;
	ike_sk_open(gcm, msg, len, p, &plain, NULL);
	ike_sk_open(cbc, msg, len, p, &plain, NULL);
	ike_writer_free(&plain);
}

static void body(const uint8_t *msg, size_t len, const struct ike_payload *p)
{
	struct ike_notify notify;
	struct ike_delete del;
	struct ike_bytes nonce;
	struct ike_auth auth;
	struct ike_cert cert;
	struct ike_ke ke;

	switch (p->type) {
	case IKE_PAYLOAD_SA:
		proposals(p);
		break;
	case IKE_PAYLOAD_KE:
		if (ike_ke_decode(p->body, p->len, &ke, NULL))
			require(ke.data.len > 0);
		break;
	case IKE_PAYLOAD_IDI:
	case IKE_PAYLOAD_IDR:
		identity(p);
		break;
	case IKE_PAYLOAD_AUTH:
		ike_auth_decode(p->body, p->len, &auth, NULL);
		break;
	case IKE_PAYLOAD_NONCE:
		ike_nonce_decode(p->body, p->len, &nonce, NULL);
		break;
	case IKE_PAYLOAD_NOTIFY:
		if (ike_notify_decode(p->body, p->len, &notify, NULL))
			ike_notify_spi4(&notify);
		break;
	case IKE_PAYLOAD_DELETE:
		if (ike_delete_decode(p->body, p->len, &del, NULL))
			for (size_t i = 0; i <= del.n; i++)
				ike_delete_spi4(&del, i);
		break;
	case IKE_PAYLOAD_TSI:
	case IKE_PAYLOAD_TSR:
		selectors(p);
		break;
	case IKE_PAYLOAD_CP:
		configuration(p);
		break;
	case IKE_PAYLOAD_CERT:
	case IKE_PAYLOAD_CERTREQ:
		ike_cert_decode(p->body, p->len, &cert, NULL);
		break;
	case IKE_PAYLOAD_SK:
	case IKE_PAYLOAD_SKF:
		encrypted(msg, len, p);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ike_payloads ps;
	struct ike_notify n;
	struct ike_header h;
	uint8_t *msg;
	size_t at = 0;

	if (size < IKE_HEADER_LEN || size > UINT16_MAX)
		return 0;

	/* A right length gets nearly every input past the header, whose checks have a unit test. */
	msg = malloc(size);
	memcpy(msg, data, size);
	msg[24] = msg[25] = 0;
	msg[26] = (uint8_t)(size >> 8);
	msg[27] = (uint8_t)size;
	require(ike_header_decode(msg, size, &h, NULL));
	if (ike_payloads_decode(h.next_payload, msg + IKE_HEADER_LEN, size - IKE_HEADER_LEN, &ps, NULL)) {
		ike_payloads_critical(&ps);
		while (ike_notify_next_error(&ps, &at, &n))
			require(ike_notify_is_error(n.type));
		for (size_t i = 0; i < ps.n; i++)
			body(msg, size, &ps.p[i]);
	}
	free(msg);
	return 0;
}
