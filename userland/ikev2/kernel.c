// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the kernel is asked for, and its answers. A request names sessions and Child SAs by number, so an
 * answer that comes after they are gone finds nothing and does no harm.
 */
#include "kernel.h"
#include "child_sa.h"
#include "core_state.h"
#include "log.h"
#include "memory.h"
#include "session.h"
#include "task.h"

static const char *const op_text[] = {
	[IKE_KERNEL_SESSION_UP] = "bring the link up",
	[IKE_KERNEL_SESSION_UPDATE] = "change addresses or routes of the link",
	[IKE_KERNEL_SESSION_DOWN] = "take the link down",
	[IKE_KERNEL_CHILD_IN] = "install an inbound SA",
	[IKE_KERNEL_CHILD_OUT] = "install an outbound SA",
	[IKE_KERNEL_CHILD_BOTH] = "install a pair of SAs",
	[IKE_KERNEL_CHILD_DEL] = "delete a pair of SAs",
	[IKE_KERNEL_MOVE] = "change the outer addresses",
};

static void submit(struct ike_core *core, struct ike_kernel_request *r, struct ike_policy *policy,
		   struct task *task)
{
	struct kernel_wait *wait = xzalloc(sizeof(*wait));

	r->id = ++core->last_request;
	wait->id = r->id;
	wait->op = r->op;
	wait->session = r->session;
	wait->child = r->child;
	wait->task = task;
	if (task)
		task->kernel = r->id;
	HASH_ADD(hh, core->kernel_waits, id, sizeof(wait->id), wait);
	action_kernel(core, r, policy);
}

static void fill_child(struct ike_kernel_request *r, struct child_sa *child)
{
	r->child = child->number;
	r->del_in = child->spi_in;
	r->del_out = child->spi_out;
	/* In transport mode they say what the link is; what goes over it is up to routes. */
	if (!child->transport) {
		r->local_ts = xmemdup(child->local_ts, child->n_local_ts * sizeof(*r->local_ts));
		r->n_local_ts = child->n_local_ts;
		r->remote_ts = xmemdup(child->remote_ts, child->n_remote_ts * sizeof(*r->remote_ts));
		r->n_remote_ts = child->n_remote_ts;
	}
	if (r->op == IKE_KERNEL_SESSION_UP || r->op == IKE_KERNEL_CHILD_BOTH || r->op == IKE_KERNEL_CHILD_IN)
		r->in = child->in;
	if (r->op == IKE_KERNEL_SESSION_UP || r->op == IKE_KERNEL_CHILD_BOTH || r->op == IKE_KERNEL_CHILD_OUT)
		r->out = child->out;
	if (r->op != IKE_KERNEL_CHILD_DEL)
		child->in_kernel = true;
	if (r->op != IKE_KERNEL_CHILD_IN)
		child_keys_wipe(child);
}

void kernel_session(struct session *session, enum ike_kernel_op op, struct child_sa *child, struct task *task)
{
	struct ike_kernel_request *r = xzalloc(sizeof(*r));

	r->op = op;
	r->session = session->number;
	r->profile = session->profile;
	r->peer_id = session->peer_id;
	r->local = session->local;
	r->remote = session->remote;
	r->encap = session->encap;
	r->adopt = op == IKE_KERNEL_SESSION_UP ? session->adopt : 0;
	memcpy(r->our_addrs, session->our_addrs, sizeof(r->our_addrs));
	r->n_our_addrs = session->n_our_addrs;
	memcpy(r->peer_addrs, session->peer_addrs, sizeof(r->peer_addrs));
	r->n_peer_addrs = session->n_peer_addrs;
	r->routes = xmemdup(session->routes, session->n_routes * sizeof(*r->routes));
	r->n_routes = session->n_routes;
	memcpy(r->dns, session->dns, sizeof(r->dns));
	r->n_dns = session->n_dns;
	memcpy(r->domain, session->domain, sizeof(r->domain));
	if (child)
		fill_child(r, child);
	submit(session->core, r, session->policy, task);
}

void kernel_session_down(struct ike_core *core, uint64_t session, const struct ike_profile *profile,
			 struct ike_policy *policy, const struct ike_id *peer_id)
{
	struct ike_kernel_request *r = xzalloc(sizeof(*r));

	r->op = IKE_KERNEL_SESSION_DOWN;
	r->session = session;
	r->profile = profile;
	r->peer_id = *peer_id;
	submit(core, r, policy, NULL);
}

void kernel_forget(struct task *task)
{
	struct kernel_wait *wait;

	HASH_FIND(hh, task->core->kernel_waits, &task->kernel, sizeof(task->kernel), wait);
	if (wait)
		wait->task = NULL;
	task->kernel = 0;
}

bool kernel_quiet(const struct ike_core *core)
{
	return !core->kernel_waits;
}

static void link_is_up(struct session *session, const char *ifname)
{
	if (ifname)
		snprintf(session->ifname, sizeof(session->ifname), "%s", ifname);
	session->adopt = 0;
	if (session->up)
		return;
	session->up = true;
	session->core->counters.sessions_up++;
	log_session(session, IKE_LOG_INFO, "session-up", "session up on link %s, profile \"%s\"%s", session->ifname,
		    session->profile->name, session->encap ? ", ESP in UDP" : "");
	if (session->dialed)
		dial_session_up(session);
}

static void failed(struct ike_core *core, const struct kernel_wait *wait, int error, const char *reason)
{
	struct session *session = session_find(core, wait->session);
	struct child_sa *child = wait->child ? child_find(core, wait->child) : NULL;
	const char *why = reason ? reason : strerror(-error);

	if (session)
		log_session(session, IKE_LOG_ERROR, "kernel-refused", "the kernel refused to %s: %s",
			    op_text[wait->op], why);
	else
		log_peer(core, NULL, NULL, IKE_LOG_ERROR, "kernel-refused",
			 "the kernel refused to %s of session %llu, which is over: %s", op_text[wait->op],
			 (unsigned long long)wait->session, why);
	/* Without its outbound half a Child SA is of no use to anybody; the peer had better know. */
	if (wait->op == IKE_KERNEL_CHILD_OUT && child && child->state == CHILD_UP)
		child_delete(child);
}

void ike_core_kernel_done(struct ike_core *core, uint64_t id, int error, const char *reason, const char *ifname,
			  uint64_t now)
{
	struct kernel_wait *wait;
	struct session *session;
	struct task *task;

	core_enter(core, now);
	HASH_FIND(hh, core->kernel_waits, &id, sizeof(id), wait);
	if (!wait) {
		core_leave(core);
		return;
	}
	HASH_DELETE(hh, core->kernel_waits, wait);
	session = session_find(core, wait->session);
	task = wait->task;
	if (error)
		failed(core, wait, error, reason);
	else if (wait->op == IKE_KERNEL_SESSION_UP && session)
		link_is_up(session, ifname);
	if (task) {
		task->kernel = 0;
		task->kernel_done(task, error, reason);
	}
	free(wait);
	core_leave(core);
}
