/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How peers prove who they are: one entry per method of the AUTH payload (RFC 7296 section 3.8).
 */
#ifndef DVTI_IKEV2_AUTH_METHOD_H
#define DVTI_IKEV2_AUTH_METHOD_H

#include "ike_sa.h"
#include "../ike/payload.h"

/* Add our AUTH payload; false (logged) when the profile has nothing to prove us with. */
bool auth_method_sign(struct ike_sa *sa, struct ike_chain *chain);
/* Is this AUTH payload of the peer good for sa->peer_id? False is logged. */
bool auth_method_verify(struct ike_sa *sa, const struct ike_auth *auth);

#endif
