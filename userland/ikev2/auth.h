/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IKE_AUTH (RFC 7296 section 1.2): identities, configuration and the first Child SA.
 */
#ifndef DVTI_IKEV2_AUTH_H
#define DVTI_IKEV2_AUTH_H

#include "message.h"
#include "task.h"

extern const struct task_type auth_task;

void auth_handle(struct ike_sa *sa, struct message *m);

#endif
