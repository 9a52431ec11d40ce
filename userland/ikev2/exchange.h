/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which exchange may come when, and who handles it.
 */
#ifndef DVTI_IKEV2_EXCHANGE_H
#define DVTI_IKEV2_EXCHANGE_H

#include "ike_sa.h"
#include "message.h"

/* A message for an IKE SA that we know. */
void exchange_receive(struct ike_sa *sa, struct message *m);
/* The payloads that an IKE_SA_INIT request must and must not have; NULL, or what is wrong. */
const char *exchange_check_init(const struct message *m);

#endif
