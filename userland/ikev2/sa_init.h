/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IKE_SA_INIT (RFC 7296 section 1.2).
 */
#ifndef DVTI_IKEV2_SA_INIT_H
#define DVTI_IKEV2_SA_INIT_H

#include "message.h"
#include "task.h"

#define FLEXVPN_VENDOR_ID "FLEXVPN-SUPPORTED"

extern const struct task_type sa_init_task;

/* A request, which belongs to no IKE SA yet. */
void sa_init_handle(struct ike_core *core, struct message *m);
/* Take note of what the peer announces by vendor IDs. */
void sa_init_vendor_ids(struct ike_sa *sa, const struct message *m);
/* Answer a request without any state. */
void sa_init_refuse(struct ike_core *core, const struct message *m, uint16_t type, const void *data, size_t len);

#endif
