/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A message that came in, from the datagram to its payloads in the clear.
 */
#ifndef DVTI_IKEV2_MESSAGE_H
#define DVTI_IKEV2_MESSAGE_H

#include "core.h"
#include "../ike/crypto.h"
#include "../ike/payload.h"

struct ike_sa;

/**
 * struct message
 * @dg: as it came
 * @outer: payloads of the datagram
 * @plain: what was inside SK, or inside all SKF together
 * @first: type of the first payload in @plain
 * @in: the payloads to act upon: of @plain in a protected message, else @outer
 */
struct message {
	const struct ike_datagram *dg;
	struct ike_header h;
	struct ike_payloads outer;
	struct ike_writer plain;
	uint8_t first;
	struct ike_payloads in;
};

static inline bool message_is_response(const struct message *m)
{
	return m->h.flags & IKE_FLAG_RESPONSE;
}

/* The SPI that the receiver of this message chose. */
static inline uint64_t message_own_spi(const struct message *m)
{
	return m->h.flags & IKE_FLAG_INITIATOR ? m->h.spi_r : m->h.spi_i;
}

/* Header and chain of @dg; false and @why when they are broken. @m holds the header once it is readable. */
bool message_decode(struct message *m, const struct ike_datagram *dg, const char **why);
void message_free(struct message *m);

enum message_open {
	MESSAGE_OPEN,           /* all payloads are in @in */
	MESSAGE_MALFORMED,      /* authentic, but what is inside is broken */
	MESSAGE_FORGED,         /* checksum wrong, or not protected */
	MESSAGE_PARTIAL,        /* a fragment; others are missing */
};
enum message_open message_open(struct ike_sa *sa, struct message *m, const char **why);

/* Payload of that type, decoded; false when there is none (*why NULL) or it is malformed (*why says how). */
bool message_ke(const struct message *m, struct ike_ke *ke, const char **why);
bool message_nonce(const struct message *m, struct ike_bytes *nonce, const char **why);

#endif
