// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Actions, from the core to whoever carries them out. First in, first out: the order of kernel requests
 * among themselves, and of a response after the requests that it waited for, is part of the contract.
 */
#include "action.h"
#include "core_state.h"
#include "memory.h"
#include "../ike/crypto.h"

struct queued_action {
	struct ike_action action;
	STAILQ_ENTRY(queued_action) link;
};

static struct ike_action *enqueue(struct ike_core *core, enum ike_action_type type, struct ike_policy *policy)
{
	struct queued_action *q = xzalloc(sizeof(*q));

	q->action.type = type;
	q->action.policy = policy ? ike_policy_ref(policy) : NULL;
	STAILQ_INSERT_TAIL(&core->actions, q, link);
	return &q->action;
}

void action_send(struct ike_core *core, const struct ike_datagram *dg)
{
	struct ike_action *a = enqueue(core, IKE_ACTION_SEND, NULL);

	a->send = *dg;
	a->send.data = xmemdup(dg->data, dg->len);
	core->counters.tx_datagrams++;
}

void action_job(struct ike_core *core, struct ike_job *job)
{
	enqueue(core, IKE_ACTION_JOB, NULL)->job = job;
}

void action_kernel(struct ike_core *core, struct ike_kernel_request *request, struct ike_policy *policy)
{
	enqueue(core, IKE_ACTION_KERNEL, policy)->kernel = request;
}

void action_connect(struct ike_core *core, const struct ike_profile *profile, struct ike_policy *policy)
{
	enqueue(core, IKE_ACTION_CONNECT, policy)->profile = profile;
}

void action_log(struct ike_core *core, struct ike_log_event *event)
{
	enqueue(core, IKE_ACTION_LOG, NULL)->log = event;
}

void action_keys(struct ike_core *core, const char *line)
{
	enqueue(core, IKE_ACTION_KEYS, NULL)->keys = xstrdup(line);
}

void kernel_request_free(struct ike_kernel_request *request)
{
	if (!request)
		return;
	ike_wipe(request->in.key, sizeof(request->in.key));
	ike_wipe(request->out.key, sizeof(request->out.key));
	free(request->routes);
	free(request->local_ts);
	free(request->remote_ts);
	free(request);
}

struct ike_action *ike_core_next_action(struct ike_core *core)
{
	struct queued_action *q = STAILQ_FIRST(&core->actions);

	if (!q)
		return NULL;
	STAILQ_REMOVE_HEAD(&core->actions, link);
	return &q->action;
}

void ike_action_free(struct ike_action *action)
{
	if (!action)
		return;
	switch (action->type) {
	case IKE_ACTION_SEND:
		free((void *)action->send.data);
		break;
	case IKE_ACTION_KERNEL:
		kernel_request_free(action->kernel);
		break;
	case IKE_ACTION_LOG:
		free(action->log->text);
		free(action->log);
		break;
	case IKE_ACTION_KEYS:
		ike_wipe(action->keys, strlen(action->keys));
		free(action->keys);
		break;
	case IKE_ACTION_JOB:
	case IKE_ACTION_CONNECT:
		break;
	}
	ike_policy_unref(action->policy);
	free(container_of(action, struct queued_action, action));
}

void action_queue_free(struct action_queue *queue)
{
	struct queued_action *q;

	while ((q = STAILQ_FIRST(queue))) {
		STAILQ_REMOVE_HEAD(queue, link);
		ike_action_free(&q->action);
	}
}
