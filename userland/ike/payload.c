// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Decoding: header, chain, and bodies of payloads. encode.c is the other direction, names.c the words.
 */
#include <string.h>

#include "payload.h"

static bool malformed(const char **why, const char *text)
{
	if (why)
		*why = text;
	return false;
}

bool ike_header_decode(const uint8_t *data, size_t len, struct ike_header *h, const char **why)
{
	struct ike_reader r;

	ike_reader_init(&r, data, len);
	h->spi_i = ike_read_u64(&r);
	h->spi_r = ike_read_u64(&r);
	h->next_payload = ike_read_u8(&r);
	h->version = ike_read_u8(&r);
	h->exchange = ike_read_u8(&r);
	h->flags = ike_read_u8(&r);
	h->message_id = ike_read_u32(&r);
	h->length = ike_read_u32(&r);
	if (r.error)
		return malformed(why, "shorter than an IKE header");
	if (h->length < IKE_HEADER_LEN)
		return malformed(why, "length in the IKE header is less than the header's own");
	if (h->length > len)
		return malformed(why, "truncated: the IKE header announces more octets than came");
	if (h->length < len)
		return malformed(why, "octets behind the end of the message");
	return true;
}

bool ike_payloads_decode(uint8_t first, const uint8_t *data, size_t len, struct ike_payloads *out,
			 const char **why)
{
	struct ike_reader r;
	uint8_t type = first;

	out->n = 0;
	ike_reader_init(&r, data, len);
	while (type != IKE_PAYLOAD_NONE) {
		struct ike_payload *p = &out->p[out->n];
		uint16_t length;

		if (out->n == IKE_PAYLOADS_MAX)
			return malformed(why, "too many payloads");
		p->type = type;
		p->next = ike_read_u8(&r);
		p->critical = ike_read_u8(&r) & 0x80;
		length = ike_read_u16(&r);
		if (r.error)
			return malformed(why, "payload header runs past the end");
		if (length < IKE_PAYLOAD_HEADER_LEN)
			return malformed(why, "payload length is less than its header's own");
		p->len = length - IKE_PAYLOAD_HEADER_LEN;
		p->body = ike_read_bytes(&r, p->len);
		if (!p->body)
			return malformed(why, "payload runs past the end");
		out->n++;
		if (type == IKE_PAYLOAD_SK || type == IKE_PAYLOAD_SKF)
			break;
		type = p->next;
	}
	if (ike_reader_left(&r))
		return malformed(why, "octets behind the last payload");
	return true;
}

const struct ike_payload *ike_payloads_find(const struct ike_payloads *ps, uint8_t type)
{
	for (size_t i = 0; i < ps->n; i++)
		if (ps->p[i].type == type)
			return &ps->p[i];
	return NULL;
}

size_t ike_payloads_count(const struct ike_payloads *ps, uint8_t type)
{
	size_t n = 0;

	for (size_t i = 0; i < ps->n; i++)
		n += ps->p[i].type == type;
	return n;
}

const struct ike_payload *ike_payloads_critical(const struct ike_payloads *ps)
{
	for (size_t i = 0; i < ps->n; i++)
		if (ps->p[i].critical && !ike_payload_known(ps->p[i].type))
			return &ps->p[i];
	return NULL;
}

/* SA: RFC 7296 sections 3.3.1 to 3.3.5 */

enum { SUBSTRUCTURE_LAST = 0, PROPOSAL_MORE = 2, TRANSFORM_MORE = 3 };
enum { ATTRIBUTE_KEY_LENGTH = 14, ATTRIBUTE_TV = 0x8000 };

static bool transform_attributes(struct ike_reader *r, struct ike_transform *t, const char **why)
{
	while (ike_reader_left(r)) {
		uint16_t type = ike_read_u16(r);
		uint16_t value = ike_read_u16(r);

		if (!(type & ATTRIBUTE_TV))
			ike_read_bytes(r, value);
		if (r->error)
			return malformed(why, "transform attribute runs past its transform");
		if (type == (ATTRIBUTE_TV | ATTRIBUTE_KEY_LENGTH) && value && !t->key_bits)
			t->key_bits = value;
		else
			t->key_bits = IKE_KEY_BITS_UNUSABLE;
	}
	return true;
}

static bool transforms_decode(struct ike_reader *r, unsigned int count, struct ike_proposal *p, const char **why)
{
	for (unsigned int i = 0; i < count; i++) {
		struct ike_transform t = { 0 };
		struct ike_reader sub;
		uint8_t more = ike_read_u8(r);
		uint16_t length;

		ike_read_u8(r);
		length = ike_read_u16(r);
		t.type = ike_read_u8(r);
		ike_read_u8(r);
		t.id = ike_read_u16(r);
		if (r->error || length < 8 || !ike_read_sub(r, length - 8u, &sub))
			return malformed(why, "transform runs past its proposal");
		if (more != (i + 1 < count ? TRANSFORM_MORE : SUBSTRUCTURE_LAST))
			return malformed(why, "number of transforms contradicts their chain");
		if (!transform_attributes(&sub, &t, why))
			return false;
		if (p->n < IKE_TRANSFORMS_MAX)
			p->t[p->n++] = t;
	}
	if (ike_reader_left(r))
		return malformed(why, "octets behind the last transform");
	return true;
}

bool ike_sa_decode(const uint8_t *body, size_t len, struct ike_proposal *out, size_t max, size_t *n,
		   const char **why)
{
	struct ike_proposal p;
	struct ike_reader r;
	uint8_t more;

	*n = 0;
	ike_reader_init(&r, body, len);
	do {
		struct ike_reader sub;
		unsigned int count;
		uint16_t length;

		memset(&p, 0, sizeof(p));
		more = ike_read_u8(&r);
		ike_read_u8(&r);
		length = ike_read_u16(&r);
		if (r.error || length < 8 || !ike_read_sub(&r, length - 4u, &sub))
			return malformed(why, "proposal runs past the SA payload");
		if (more != SUBSTRUCTURE_LAST && more != PROPOSAL_MORE)
			return malformed(why, "proposal chain is broken");
		p.number = ike_read_u8(&sub);
		p.protocol = ike_read_u8(&sub);
		p.spi_len = ike_read_u8(&sub);
		count = ike_read_u8(&sub);
		if (p.spi_len > IKE_SPI_MAX)
			return malformed(why, "SPI of a proposal is too long");
		if (!ike_read_copy(&sub, p.spi, p.spi_len))
			return malformed(why, "SPI runs past its proposal");
		if (!transforms_decode(&sub, count, &p, why))
			return false;
		if (*n < max)
			out[(*n)++] = p;
	} while (more == PROPOSAL_MORE);
	if (ike_reader_left(&r))
		return malformed(why, "octets behind the last proposal");
	return true;
}

bool ike_ke_decode(const uint8_t *body, size_t len, struct ike_ke *ke, const char **why)
{
	struct ike_reader r;

	ike_reader_init(&r, body, len);
	ke->group = ike_read_u16(&r);
	ike_read_u16(&r);
	ke->data = ike_read_rest(&r);
	if (r.error || !ke->data.len)
		return malformed(why, "KE payload is too short");
	return true;
}

bool ike_id_decode(const uint8_t *body, size_t len, struct ike_id *id, const char **why)
{
	struct ike_bytes data;
	struct ike_reader r;

	ike_reader_init(&r, body, len);
	id->type = ike_read_u8(&r);
	ike_read_bytes(&r, 3);
	data = ike_read_rest(&r);
	if (r.error)
		return malformed(why, "identification payload is too short");
	if (data.len > IKE_ID_MAX)
		return malformed(why, "identity is too long");
	if ((id->type == IKE_ID_IPV4_ADDR && data.len != 4) || (id->type == IKE_ID_IPV6_ADDR && data.len != 16))
		return malformed(why, "identity that is an address has the wrong length");
	if (!data.len)
		return malformed(why, "identity is empty");
	id->len = (uint16_t)data.len;
	memset(id->data, 0, sizeof(id->data));
	memcpy(id->data, data.data, data.len);
	return true;
}

bool ike_auth_decode(const uint8_t *body, size_t len, struct ike_auth *auth, const char **why)
{
	struct ike_reader r;

	ike_reader_init(&r, body, len);
	auth->method = ike_read_u8(&r);
	ike_read_bytes(&r, 3);
	auth->data = ike_read_rest(&r);
	if (r.error || !auth->data.len)
		return malformed(why, "AUTH payload is too short");
	return true;
}

bool ike_nonce_decode(const uint8_t *body, size_t len, struct ike_bytes *nonce, const char **why)
{
	if (len < IKE_NONCE_MIN || len > IKE_NONCE_MAX)
		return malformed(why, "nonce is not of 16 to 256 octets");
	*nonce = (struct ike_bytes){ body, len };
	return true;
}

bool ike_notify_decode(const uint8_t *body, size_t len, struct ike_notify *n, const char **why)
{
	struct ike_reader r;
	uint8_t spi_len;

	ike_reader_init(&r, body, len);
	n->protocol = ike_read_u8(&r);
	spi_len = ike_read_u8(&r);
	n->type = ike_read_u16(&r);
	n->spi = (struct ike_bytes){ ike_read_bytes(&r, spi_len), spi_len };
	n->data = ike_read_rest(&r);
	if (r.error)
		return malformed(why, "notification is too short");
	return true;
}

bool ike_notify_find(const struct ike_payloads *ps, uint16_t type, struct ike_notify *n)
{
	for (size_t i = 0; i < ps->n; i++) {
		const struct ike_payload *p = &ps->p[i];

		if (p->type == IKE_PAYLOAD_NOTIFY && ike_notify_decode(p->body, p->len, n, NULL) && n->type == type)
			return true;
	}
	return false;
}

bool ike_notify_next_error(const struct ike_payloads *ps, size_t *index, struct ike_notify *n)
{
	for (size_t i = index ? *index : 0; i < ps->n; i++) {
		const struct ike_payload *p = &ps->p[i];

		if (p->type != IKE_PAYLOAD_NOTIFY || !ike_notify_decode(p->body, p->len, n, NULL) ||
		    !ike_notify_is_error(n->type))
			continue;
		if (index)
			*index = i + 1;
		return true;
	}
	return false;
}

static uint32_t load_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

uint32_t ike_notify_spi4(const struct ike_notify *n)
{
	return n->spi.len == 4 ? load_u32(n->spi.data) : 0;
}

bool ike_delete_decode(const uint8_t *body, size_t len, struct ike_delete *d, const char **why)
{
	struct ike_reader r;

	ike_reader_init(&r, body, len);
	d->protocol = ike_read_u8(&r);
	d->spi_len = ike_read_u8(&r);
	d->n = ike_read_u16(&r);
	d->spis = ike_read_bytes(&r, (size_t)d->n * d->spi_len);
	if (r.error)
		return malformed(why, "delete payload is too short for its SPIs");
	if (ike_reader_left(&r))
		return malformed(why, "octets behind the last SPI to delete");
	if (d->protocol == IKE_PROTO_IKE ? d->spi_len != 0 : d->spi_len != 4)
		return malformed(why, "delete payload has SPIs of the wrong length");
	return true;
}

uint32_t ike_delete_spi4(const struct ike_delete *d, size_t i)
{
	return d->spi_len == 4 && i < d->n ? load_u32(d->spis + 4 * i) : 0;
}

enum { TS_IPV4_RANGE = 7, TS_IPV6_RANGE = 8 };

bool ike_ts_decode(const uint8_t *body, size_t len, struct ike_ts *out, size_t max, size_t *n, const char **why)
{
	struct ike_reader r;
	unsigned int count;

	*n = 0;
	ike_reader_init(&r, body, len);
	count = ike_read_u8(&r);
	ike_read_bytes(&r, 3);
	if (r.error || !count)
		return malformed(why, "traffic selector payload is empty");

	for (unsigned int i = 0; i < count; i++) {
		struct ike_ts ts = { 0 };
		struct ike_reader sub;
		uint8_t type = ike_read_u8(&r);
		uint16_t length;
		size_t octets;

		ts.protocol = ike_read_u8(&r);
		length = ike_read_u16(&r);
		if (r.error || length < 4 || !ike_read_sub(&r, length - 4u, &sub))
			return malformed(why, "traffic selector runs past its payload");
		if (type != TS_IPV4_RANGE && type != TS_IPV6_RANGE)
			continue;
		octets = type == TS_IPV4_RANGE ? 4 : 16;
		ts.start.family = ts.end.family = type == TS_IPV4_RANGE ? AF_INET : AF_INET6;
		ts.port_start = ike_read_u16(&sub);
		ts.port_end = ike_read_u16(&sub);
		ike_read_copy(&sub, ts.start.bytes, octets);
		ike_read_copy(&sub, ts.end.bytes, octets);
		if (sub.error || ike_reader_left(&sub))
			return malformed(why, "traffic selector has the wrong length");
		if (memcmp(ts.start.bytes, ts.end.bytes, octets) > 0)
			return malformed(why, "traffic selector ends before it starts");
		/* 65535 to 0 is OPAQUE (RFC 7296 section 3.13.1); any other inversion is nonsense. */
		if (ts.port_start > ts.port_end && !(ts.port_start == UINT16_MAX && !ts.port_end))
			return malformed(why, "ports of a traffic selector end before they start");
		if (*n < max)
			out[(*n)++] = ts;
	}
	if (ike_reader_left(&r))
		return malformed(why, "octets behind the last traffic selector");
	return true;
}

bool ike_cp_decode(const uint8_t *body, size_t len, struct ike_cp *cp, const char **why)
{
	struct ike_reader r;

	cp->n = 0;
	ike_reader_init(&r, body, len);
	cp->type = ike_read_u8(&r);
	ike_read_bytes(&r, 3);
	if (r.error)
		return malformed(why, "configuration payload is too short");
	while (ike_reader_left(&r)) {
		struct ike_cp_attr a;

		a.type = ike_read_u16(&r) & 0x7fff;
		a.value.len = ike_read_u16(&r);
		a.value.data = ike_read_bytes(&r, a.value.len);
		if (r.error)
			return malformed(why, "configuration attribute runs past its payload");
		if (cp->n < IKE_CP_ATTRS_MAX)
			cp->a[cp->n++] = a;
	}
	return true;
}

bool ike_cp_attr_addr(const struct ike_cp_attr *a, struct ike_addr *addr)
{
	size_t octets;

	*addr = (struct ike_addr){ 0 };
	switch (a->type) {
	case IKE_CP_INTERNAL_IP4_ADDRESS:
	case IKE_CP_INTERNAL_IP4_NETMASK:
	case IKE_CP_INTERNAL_IP4_DNS:
	case IKE_CP_INTERNAL_IP4_NBNS:
		addr->family = AF_INET;
		octets = 4;
		break;
	case IKE_CP_INTERNAL_IP6_ADDRESS:
	case IKE_CP_INTERNAL_IP6_DNS:
		addr->family = AF_INET6;
		octets = 16;
		break;
	default:
		return false;
	}
	if (a->value.len != octets && !(a->type == IKE_CP_INTERNAL_IP6_ADDRESS && a->value.len == 17)) {
		*addr = (struct ike_addr){ 0 };
		return false;
	}
	memcpy(addr->bytes, a->value.data, octets);
	return true;
}

/* Length of a contiguous mask, -1 for any other. */
static int mask_length(uint32_t mask)
{
	int len = mask ? __builtin_clz(~mask | 1) : 0;

	if (mask == UINT32_MAX)
		return 32;
	return mask == (len ? UINT32_MAX << (32 - len) : 0) ? len : -1;
}

static void prefix_clear_host(struct ike_prefix *p)
{
	size_t octets = ike_addr_size(&p->addr);

	for (size_t i = 0; i < octets; i++) {
		int bits = (int)p->len - (int)(8 * i);

		if (bits < 8)
			p->addr.bytes[i] &= bits <= 0 ? 0 : (uint8_t)(0xff << (8 - bits));
	}
}

bool ike_cp_attr_prefix(const struct ike_cp_attr *a, struct ike_prefix *prefix)
{
	*prefix = (struct ike_prefix){ 0 };
	if (a->type == IKE_CP_INTERNAL_IP4_SUBNET && a->value.len == 8) {
		int len = mask_length(load_u32(a->value.data + 4));

		if (len < 0)
			return false;
		prefix->addr.family = AF_INET;
		prefix->len = (uint8_t)len;
		memcpy(prefix->addr.bytes, a->value.data, 4);
	} else if (a->type == IKE_CP_INTERNAL_IP6_SUBNET && a->value.len == 17 && a->value.data[16] <= 128) {
		prefix->addr.family = AF_INET6;
		prefix->len = a->value.data[16];
		memcpy(prefix->addr.bytes, a->value.data, 16);
	} else {
		return false;
	}
	prefix_clear_host(prefix);
	return true;
}

bool ike_cert_decode(const uint8_t *body, size_t len, struct ike_cert *cert, const char **why)
{
	struct ike_reader r;

	ike_reader_init(&r, body, len);
	cert->encoding = ike_read_u8(&r);
	cert->data = ike_read_rest(&r);
	if (r.error)
		return malformed(why, "certificate payload is empty");
	return true;
}

bool ike_skf_decode(const uint8_t *body, size_t len, struct ike_skf *skf, const char **why)
{
	struct ike_reader r;

	ike_reader_init(&r, body, len);
	skf->number = ike_read_u16(&r);
	skf->total = ike_read_u16(&r);
	if (r.error)
		return malformed(why, "fragment is too short");
	if (!skf->number || skf->number > skf->total)
		return malformed(why, "fragment number is not among those announced");
	return true;
}
