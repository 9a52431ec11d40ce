// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The cursor and the buffer of buf.h. Every bounds check of the codecs stands in this file.
 */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"

void ike_reader_init(struct ike_reader *r, const void *data, size_t len)
{
	/* An empty buffer may come as NULL, to which nothing may be added, not even 0 beyond it. */
	static const uint8_t nothing[1];

	r->at = data ? data : nothing;
	r->end = data ? r->at + len : nothing;
	r->error = !data && len;
}

size_t ike_reader_left(const struct ike_reader *r)
{
	return r->error ? 0 : (size_t)(r->end - r->at);
}

const uint8_t *ike_read_bytes(struct ike_reader *r, size_t len)
{
	const uint8_t *at = r->at;

	if (r->error || len > (size_t)(r->end - r->at)) {
		r->error = true;
		return NULL;
	}
	r->at += len;
	return at;
}

static uint64_t read_number(struct ike_reader *r, size_t octets)
{
	const uint8_t *p = ike_read_bytes(r, octets);
	uint64_t v = 0;

	if (!p)
		return 0;
	while (octets--)
		v = v << 8 | *p++;
	return v;
}

uint8_t ike_read_u8(struct ike_reader *r)
{
	return (uint8_t)read_number(r, 1);
}

uint16_t ike_read_u16(struct ike_reader *r)
{
	return (uint16_t)read_number(r, 2);
}

uint32_t ike_read_u32(struct ike_reader *r)
{
	return (uint32_t)read_number(r, 4);
}

uint64_t ike_read_u64(struct ike_reader *r)
{
	return read_number(r, 8);
}

struct ike_bytes ike_read_rest(struct ike_reader *r)
{
	struct ike_bytes b = { .len = ike_reader_left(r) };

	b.data = ike_read_bytes(r, b.len);
	return b;
}

bool ike_read_copy(struct ike_reader *r, void *out, size_t len)
{
	const uint8_t *p = ike_read_bytes(r, len);

	if (!p)
		return false;
	if (len)
		memcpy(out, p, len);
	return true;
}

bool ike_read_sub(struct ike_reader *r, size_t len, struct ike_reader *sub)
{
	const uint8_t *p = ike_read_bytes(r, len);

	ike_reader_init(sub, p, p ? len : 0);
	sub->error = !p;
	return p != NULL;
}

void ike_writer_free(struct ike_writer *w)
{
	if (w->data)
		OPENSSL_cleanse(w->data, w->size);
	free(w->data);
	*w = (struct ike_writer){ 0 };
}

void ike_writer_reset(struct ike_writer *w)
{
	if (w->data)
		OPENSSL_cleanse(w->data, w->len);
	w->len = 0;
	w->error = false;
}

static bool writer_room(struct ike_writer *w, size_t len)
{
	size_t size = w->size ? w->size : 256;
	uint8_t *data;

	if (w->error)
		return false;
	if (len > IKE_WRITER_MAX - w->len) {
		w->error = true;
		return false;
	}
	if (w->len + len <= w->size)
		return true;
	while (size < w->len + len)
		size *= 2;

	/* Not realloc(), which would leave a copy of the plaintext behind. */
	data = malloc(size);
	if (!data) {
		w->error = true;
		return false;
	}
	if (w->data) {
		memcpy(data, w->data, w->len);
		OPENSSL_cleanse(w->data, w->size);
		free(w->data);
	}
	w->data = data;
	w->size = size;
	return true;
}

uint8_t *ike_write_reserve(struct ike_writer *w, size_t len)
{
	uint8_t *at;

	if (!writer_room(w, len ? len : 1))
		return NULL;
	at = w->data + w->len;
	memset(at, 0, len);
	w->len += len;
	return at;
}

void ike_write_bytes(struct ike_writer *w, const void *data, size_t len)
{
	uint8_t *at = ike_write_reserve(w, len);

	if (at && len)
		memcpy(at, data, len);
}

static void write_number(struct ike_writer *w, uint64_t v, size_t octets)
{
	uint8_t *at = ike_write_reserve(w, octets);

	if (!at)
		return;
	while (octets--) {
		at[octets] = (uint8_t)v;
		v >>= 8;
	}
}

void ike_write_u8(struct ike_writer *w, uint8_t v)
{
	write_number(w, v, 1);
}

void ike_write_u16(struct ike_writer *w, uint16_t v)
{
	write_number(w, v, 2);
}

void ike_write_u32(struct ike_writer *w, uint32_t v)
{
	write_number(w, v, 4);
}

void ike_write_u64(struct ike_writer *w, uint64_t v)
{
	write_number(w, v, 8);
}

static void patch_number(struct ike_writer *w, size_t at, uint64_t v, size_t octets)
{
	if (w->error || at > w->len || octets > w->len - at) {
		w->error = true;
		return;
	}
	while (octets--) {
		w->data[at + octets] = (uint8_t)v;
		v >>= 8;
	}
}

void ike_write_patch_u8(struct ike_writer *w, size_t at, uint8_t v)
{
	patch_number(w, at, v, 1);
}

void ike_write_patch_u16(struct ike_writer *w, size_t at, uint16_t v)
{
	patch_number(w, at, v, 2);
}

void ike_write_patch_u32(struct ike_writer *w, size_t at, uint32_t v)
{
	patch_number(w, at, v, 4);
}

uint8_t *ike_writer_take(struct ike_writer *w, size_t *len)
{
	uint8_t *data = w->data;

	if (w->error || !w->len) {
		*len = 0;
		ike_writer_free(w);
		return NULL;
	}
	*len = w->len;
	*w = (struct ike_writer){ 0 };
	return data;
}
