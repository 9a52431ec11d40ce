/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rekeying of Child SAs (RFC 7296 sections 1.3.3 and 2.8).
 */
#ifndef DVTI_IKEV2_REKEY_CHILD_H
#define DVTI_IKEV2_REKEY_CHILD_H

#include "child_sa.h"
#include "message.h"
#include "task.h"

extern const struct task_type rekey_child_task;

void rekey_child_request(struct child_sa *old);
/* A CREATE_CHILD_SA request with REKEY_SA. */
void rekey_child_resp(struct ike_sa *sa, struct message *m, const struct ike_notify *rekey);

/* Steps that create_child.c comes back to. */
void rekey_child_init_send(struct task *task);
void rekey_child_init_finish(struct task *task, bool ok);

#endif
