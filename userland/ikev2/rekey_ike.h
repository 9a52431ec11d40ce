/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rekeying of the IKE SA (RFC 7296 sections 1.3.2 and 2.18).
 */
#ifndef DVTI_IKEV2_REKEY_IKE_H
#define DVTI_IKEV2_REKEY_IKE_H

#include "ike_sa.h"
#include "message.h"

void rekey_ike_request(struct ike_sa *sa);
void rekey_ike_resp(struct ike_sa *sa, struct message *m);
/* @new inherits the Child SAs of @old, which then waits for its Delete. */
void rekey_ike_take_over(struct ike_sa *old, struct ike_sa *new);

#endif
