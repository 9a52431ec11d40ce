/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reassembly of fragmented messages (RFC 7383).
 */
#ifndef DVTI_IKEV2_FRAGMENT_H
#define DVTI_IKEV2_FRAGMENT_H

#include "message.h"

#define FRAGMENTS_MAX 64                /* of one message */
#define FRAGMENTS_SIZE_MAX (64u << 10)  /* octets of plaintext of one message */

struct fragments;

/* Check a fragment and keep it; with the last missing one the message is whole: plain and first are filled. */
enum message_open fragment_add(struct ike_sa *sa, struct message *m, const struct ike_payload *skf,
			       const char **why);
void fragments_free(struct fragments *f);

#endif
