/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * INFORMATIONAL exchanges: Delete, liveness, configuration (RFC 7296 section 1.4).
 */
#ifndef DVTI_IKEV2_INFORMATIONAL_H
#define DVTI_IKEV2_INFORMATIONAL_H

#include "child_sa.h"
#include "ike_sa.h"
#include "message.h"

void informational_handle(struct ike_sa *sa, struct message *m);
/* Tell the peer that the IKE SA goes, after what is under way; nothing else is started any more. */
void informational_delete_ike(struct ike_sa *sa);
void informational_delete_child(struct child_sa *child);
/* Ask whether the peer lives, unless we are waiting for an answer of it anyway. */
void informational_check_liveness(struct ike_sa *sa);
/* Tell our routes to a peer that understands CFG_SET. */
void informational_set_config(struct ike_sa *sa);
void informational_dpd_arm(struct ike_sa *sa);
void informational_dpd_due(struct timer *timer);

extern const struct task_type delete_ike_task;

#endif
