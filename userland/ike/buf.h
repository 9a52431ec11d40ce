/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One cursor that reads and one buffer that grows, for everything that comes from or goes to a network.
 *
 * Both carry a sticky error: a run of reads or writes is checked once, at its end. After an error a reader
 * yields zeros and NULL and a writer ignores what it is given, so neither ever leaves its bounds. Numbers on
 * the wire are big-endian, in the arguments host byte order.
 */
#ifndef DVTI_IKE_BUF_H
#define DVTI_IKE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** struct ike_bytes - octets that somebody else owns */
struct ike_bytes {
	const uint8_t *data;
	size_t len;
};

struct ike_reader {
	const uint8_t *at;
	const uint8_t *end;
	bool error;
};

void ike_reader_init(struct ike_reader *r, const void *data, size_t len);
size_t ike_reader_left(const struct ike_reader *r); /* 0 after an error */
uint8_t ike_read_u8(struct ike_reader *r);
uint16_t ike_read_u16(struct ike_reader *r);
uint32_t ike_read_u32(struct ike_reader *r);
uint64_t ike_read_u64(struct ike_reader *r);
/* @len octets where they lie; NULL, and the error is set, when there are fewer. */
const uint8_t *ike_read_bytes(struct ike_reader *r, size_t len);
struct ike_bytes ike_read_rest(struct ike_reader *r); /* all that is left */
bool ike_read_copy(struct ike_reader *r, void *out, size_t len);
/* A reader of the next @len octets, which @r skips; @sub is in error when there are fewer. */
bool ike_read_sub(struct ike_reader *r, size_t len, struct ike_reader *sub);

#define IKE_WRITER_MAX (256u << 10) /* far above a UDP datagram: a bug or an attack, not a message */

/**
 * struct ike_writer - octets that grow
 * @error: out of memory, or beyond IKE_WRITER_MAX
 *
 * Zero-initialised is empty and valid. The memory is wiped before it is given back, when it grows as well:
 * plaintext of encrypted payloads passes through here.
 */
struct ike_writer {
	uint8_t *data;
	size_t len;
	size_t size;
	bool error;
};

void ike_writer_free(struct ike_writer *w);  /* leaves it empty and usable */
void ike_writer_reset(struct ike_writer *w); /* empty, no error, keeps the memory */
void ike_write_u8(struct ike_writer *w, uint8_t v);
void ike_write_u16(struct ike_writer *w, uint16_t v);
void ike_write_u32(struct ike_writer *w, uint32_t v);
void ike_write_u64(struct ike_writer *w, uint64_t v);
void ike_write_bytes(struct ike_writer *w, const void *data, size_t len);
uint8_t *ike_write_reserve(struct ike_writer *w, size_t len); /* zeroed, to be filled in place; NULL on error */
void ike_write_patch_u8(struct ike_writer *w, size_t at, uint8_t v);
void ike_write_patch_u16(struct ike_writer *w, size_t at, uint16_t v);
void ike_write_patch_u32(struct ike_writer *w, size_t at, uint32_t v);
/* Hand the memory over to the caller, who calls free(); NULL on error or when empty. @w is empty afterwards. */
uint8_t *ike_writer_take(struct ike_writer *w, size_t *len);

#endif
