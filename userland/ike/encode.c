// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Encoding of messages and payloads; payload.c is the other direction.
 */
#include <string.h>

#include "payload.h"

void ike_chain_free(struct ike_chain *c)
{
	ike_writer_free(&c->w);
	*c = (struct ike_chain){ 0 };
}

bool ike_chain_ok(const struct ike_chain *c)
{
	return !c->w.error;
}

void ike_chain_begin(struct ike_chain *c, uint8_t type)
{
	if (!c->w.len)
		c->first = type;
	else
		ike_write_patch_u8(&c->w, c->last, type);
	c->last = c->w.len;
	ike_write_u8(&c->w, IKE_PAYLOAD_NONE);
	ike_write_u8(&c->w, 0);
	ike_write_u16(&c->w, 0);
}

void ike_chain_end(struct ike_chain *c)
{
	size_t len = c->w.len - c->last;

	if (len > UINT16_MAX)
		c->w.error = true;
	ike_write_patch_u16(&c->w, c->last + 2, (uint16_t)len);
}

void ike_chain_raw(struct ike_chain *c, uint8_t type, const void *body, size_t len)
{
	ike_chain_begin(c, type);
	ike_write_bytes(&c->w, body, len);
	ike_chain_end(c);
}

static void encode_transform(struct ike_writer *w, const struct ike_transform *t, bool last)
{
	ike_write_u8(w, last ? 0 : 3);
	ike_write_u8(w, 0);
	ike_write_u16(w, t->key_bits ? 12 : 8);
	ike_write_u8(w, t->type);
	ike_write_u8(w, 0);
	ike_write_u16(w, t->id);
	if (t->key_bits) {
		ike_write_u16(w, 0x8000 | 14); /* Key Length, type/value format */
		ike_write_u16(w, t->key_bits);
	}
}

void ike_chain_sa(struct ike_chain *c, const struct ike_proposal *p, size_t n)
{
	struct ike_writer *w = &c->w;

	ike_chain_begin(c, IKE_PAYLOAD_SA);
	for (size_t i = 0; i < n; i++) {
		size_t start = w->len;

		ike_write_u8(w, i + 1 < n ? 2 : 0);
		ike_write_u8(w, 0);
		ike_write_u16(w, 0);
		ike_write_u8(w, p[i].number ? p[i].number : (uint8_t)(i + 1));
		ike_write_u8(w, p[i].protocol);
		ike_write_u8(w, p[i].spi_len);
		ike_write_u8(w, (uint8_t)p[i].n);
		ike_write_bytes(w, p[i].spi, p[i].spi_len);
		for (size_t t = 0; t < p[i].n; t++)
			encode_transform(w, &p[i].t[t], t + 1 == p[i].n);
		ike_write_patch_u16(w, start + 2, (uint16_t)(w->len - start));
	}
	ike_chain_end(c);
}

void ike_chain_ke(struct ike_chain *c, uint16_t group, const void *data, size_t len)
{
	ike_chain_begin(c, IKE_PAYLOAD_KE);
	ike_write_u16(&c->w, group);
	ike_write_u16(&c->w, 0);
	ike_write_bytes(&c->w, data, len);
	ike_chain_end(c);
}

void ike_id_encode(struct ike_writer *w, const struct ike_id *id)
{
	ike_write_u8(w, id->type);
	ike_write_bytes(w, (const uint8_t[3]){ 0 }, 3);
	ike_write_bytes(w, id->data, id->len);
}

void ike_chain_id(struct ike_chain *c, uint8_t type, const struct ike_id *id)
{
	ike_chain_begin(c, type);
	ike_id_encode(&c->w, id);
	ike_chain_end(c);
}

void ike_chain_auth(struct ike_chain *c, uint8_t method, const void *data, size_t len)
{
	ike_chain_begin(c, IKE_PAYLOAD_AUTH);
	ike_write_u8(&c->w, method);
	ike_write_bytes(&c->w, (const uint8_t[3]){ 0 }, 3);
	ike_write_bytes(&c->w, data, len);
	ike_chain_end(c);
}

void ike_chain_notify(struct ike_chain *c, uint16_t type, const void *data, size_t len)
{
	ike_chain_begin(c, IKE_PAYLOAD_NOTIFY);
	ike_write_u8(&c->w, 0);
	ike_write_u8(&c->w, 0);
	ike_write_u16(&c->w, type);
	ike_write_bytes(&c->w, data, len);
	ike_chain_end(c);
}

void ike_chain_notify_spi(struct ike_chain *c, uint16_t type, uint8_t protocol, uint32_t spi,
			  const void *data, size_t len)
{
	ike_chain_begin(c, IKE_PAYLOAD_NOTIFY);
	ike_write_u8(&c->w, protocol);
	ike_write_u8(&c->w, 4);
	ike_write_u16(&c->w, type);
	ike_write_u32(&c->w, spi);
	ike_write_bytes(&c->w, data, len);
	ike_chain_end(c);
}

void ike_chain_delete_ike(struct ike_chain *c)
{
	ike_chain_raw(c, IKE_PAYLOAD_DELETE, (const uint8_t[4]){ IKE_PROTO_IKE }, 4);
}

void ike_chain_delete_esp(struct ike_chain *c, const uint32_t *spis, size_t n)
{
	ike_chain_begin(c, IKE_PAYLOAD_DELETE);
	ike_write_u8(&c->w, IKE_PROTO_ESP);
	ike_write_u8(&c->w, 4);
	ike_write_u16(&c->w, (uint16_t)n);
	for (size_t i = 0; i < n; i++)
		ike_write_u32(&c->w, spis[i]);
	ike_chain_end(c);
}

void ike_chain_ts(struct ike_chain *c, uint8_t type, const struct ike_ts *ts, size_t n)
{
	struct ike_writer *w = &c->w;

	ike_chain_begin(c, type);
	if (n > UINT8_MAX)
		w->error = true;
	ike_write_u8(w, (uint8_t)n);
	ike_write_bytes(w, (const uint8_t[3]){ 0 }, 3);
	for (size_t i = 0; i < n; i++) {
		size_t octets = ike_addr_size(&ts[i].start);

		ike_write_u8(w, ts[i].start.family == AF_INET ? 7 : 8); /* TS_IPV4/6_ADDR_RANGE */
		ike_write_u8(w, ts[i].protocol);
		ike_write_u16(w, (uint16_t)(8 + 2 * octets));
		ike_write_u16(w, ts[i].port_start);
		ike_write_u16(w, ts[i].port_end);
		ike_write_bytes(w, ts[i].start.bytes, octets);
		ike_write_bytes(w, ts[i].end.bytes, octets);
	}
	ike_chain_end(c);
}

void ike_chain_cp(struct ike_chain *c, uint8_t type, const struct ike_cp_attr *a, size_t n)
{
	struct ike_writer *w = &c->w;

	ike_chain_begin(c, IKE_PAYLOAD_CP);
	ike_write_u8(w, type);
	ike_write_bytes(w, (const uint8_t[3]){ 0 }, 3);
	for (size_t i = 0; i < n; i++) {
		if (a[i].value.len > UINT16_MAX)
			w->error = true;
		ike_write_u16(w, a[i].type & 0x7fff);
		ike_write_u16(w, (uint16_t)a[i].value.len);
		ike_write_bytes(w, a[i].value.data, a[i].value.len);
	}
	ike_chain_end(c);
}

void ike_chain_cert(struct ike_chain *c, uint8_t type, uint8_t encoding, const void *data, size_t len)
{
	ike_chain_begin(c, type);
	ike_write_u8(&c->w, encoding);
	ike_write_bytes(&c->w, data, len);
	ike_chain_end(c);
}

struct ike_cp_attr ike_cp_make_addr(uint16_t type, const struct ike_addr *addr, uint8_t storage[IKE_CP_VALUE_MAX])
{
	struct ike_cp_attr a = { .type = type, .value = { storage, ike_addr_size(addr) } };

	memcpy(storage, addr->bytes, a.value.len);
	if (type == IKE_CP_INTERNAL_IP6_ADDRESS)
		storage[a.value.len++] = 128; /* the prefix length: one host */
	return a;
}

struct ike_cp_attr ike_cp_make_prefix(uint16_t type, const struct ike_prefix *p, uint8_t storage[IKE_CP_VALUE_MAX])
{
	struct ike_cp_attr a = { .type = type, .value.data = storage };
	size_t octets = ike_addr_size(&p->addr);
	uint32_t mask = p->len ? UINT32_MAX << (32 - (p->len & 31)) % 32 : 0;

	memcpy(storage, p->addr.bytes, octets);
	if (type == IKE_CP_INTERNAL_IP6_SUBNET) {
		storage[octets] = p->len;
		a.value.len = octets + 1;
		return a;
	}
	for (size_t i = 0; i < 4; i++)
		storage[octets + i] = (uint8_t)(mask >> (24 - 8 * i));
	a.value.len = octets + 4;
	return a;
}

void ike_header_encode(struct ike_writer *w, const struct ike_header *h)
{
	ike_write_u64(w, h->spi_i);
	ike_write_u64(w, h->spi_r);
	ike_write_u8(w, h->next_payload);
	ike_write_u8(w, h->version);
	ike_write_u8(w, h->exchange);
	ike_write_u8(w, h->flags);
	ike_write_u32(w, h->message_id);
	ike_write_u32(w, h->length);
}

bool ike_message_encode(struct ike_writer *out, const struct ike_header *h, const struct ike_chain *c)
{
	struct ike_header full = *h;

	if (!ike_chain_ok(c) || c->w.len > UINT16_MAX - IKE_HEADER_LEN)
		return false;
	full.next_payload = c->w.len ? c->first : IKE_PAYLOAD_NONE;
	full.length = (uint32_t)(IKE_HEADER_LEN + c->w.len);
	ike_header_encode(out, &full);
	ike_write_bytes(out, c->w.data, c->w.len);
	return !out->error;
}
