/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The queue of what the core wants to have done.
 */
#ifndef DVTI_IKEV2_ACTION_H
#define DVTI_IKEV2_ACTION_H

#include <stdarg.h>
#include <sys/queue.h>

#include "core.h"

struct queued_action;
STAILQ_HEAD(action_queue, queued_action);

void action_queue_free(struct action_queue *queue);
/* @data is copied */
void action_send(struct ike_core *core, const struct ike_datagram *dg);
void action_job(struct ike_core *core, struct ike_job *job);
/* Takes @request; @policy keeps its profile alive. */
void action_kernel(struct ike_core *core, struct ike_kernel_request *request, struct ike_policy *policy);
void action_connect(struct ike_core *core, const struct ike_profile *profile, struct ike_policy *policy);
void action_log(struct ike_core *core, struct ike_log_event *event);
void action_keys(struct ike_core *core, const char *line);

void kernel_request_free(struct ike_kernel_request *request);

#endif
