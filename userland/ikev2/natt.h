/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NAT traversal (RFC 7296 section 2.23, RFC 3948).
 */
#ifndef DVTI_IKEV2_NATT_H
#define DVTI_IKEV2_NATT_H

#include "ike_sa.h"
#include "message.h"

#define NATT_PORT 4500

/* NAT_DETECTION notifications; with @pretend as if we were behind a NAT. */
void natt_add(const struct ike_sa *sa, struct ike_chain *chain, bool pretend);
/* Those of the peer: is either of us behind a NAT? @pretended: we said so ourselves. */
void natt_detect(struct ike_sa *sa, const struct message *m, bool pretended);
/* Initiator: go on from the NAT traversal ports. */
void natt_float(struct ike_sa *sa);
void natt_keepalive_arm(struct ike_sa *sa);
void natt_keepalive_due(struct timer *timer);

#endif
