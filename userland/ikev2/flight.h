/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The datagrams of one message that we send, kept for retransmission.
 */
#ifndef DVTI_IKEV2_FLIGHT_H
#define DVTI_IKEV2_FLIGHT_H

#include "core.h"
#include "../ike/payload.h"

struct ike_sa;

struct flight {
	struct ike_writer *parts;
	size_t n;
};

void flight_free(struct flight *f);
/* Replaces what is in @f; false (nothing in @f) when the message cannot be built. */
bool flight_clear_text(struct flight *f, const struct ike_header *h, const struct ike_chain *chain);
bool flight_seal(struct ike_sa *sa, struct flight *f, const struct ike_header *h, const struct ike_chain *chain);
void flight_send(struct ike_sa *sa, const struct flight *f);
/* To where a retransmitted request came from. */
void flight_answer(struct ike_sa *sa, const struct flight *f, const struct ike_datagram *request);

#endif
