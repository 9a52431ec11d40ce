// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * INFORMATIONAL exchanges, ours and the peer's.
 */
#include "informational.h"
#include "collision.h"
#include "config.h"
#include "core_state.h"
#include "log.h"
#include "memory.h"
#include "session.h"
#include "window.h"

#define DELETE_MAX 64   /* Child SAs that one request may delete */

/* Ours */

static void send_chain(struct task *task, struct ike_chain *chain)
{
	window_request(task->sa, IKE_EXCHANGE_INFORMATIONAL, chain);
	ike_chain_free(chain);
}

static void response_nothing(struct task *task, struct message *m)
{
	task_done(task);
}

static void start_liveness(struct task *task)
{
	struct ike_chain chain = { 0 };

	send_chain(task, &chain);
}

static const struct task_type liveness_task = {
	.name = "liveness check",
	.exchange = IKE_EXCHANGE_INFORMATIONAL,
	.start = start_liveness,
	.response = response_nothing,
};

void informational_check_liveness(struct ike_sa *sa)
{
	if (!sa->task && TAILQ_EMPTY(&sa->tasks))
		task_queue(sa, &liveness_task, 0);
}

void informational_dpd_arm(struct ike_sa *sa)
{
	if (sa->profile->dpd_seconds)
		timer_set(&sa->core->timers, &sa->dpd_timer, sa->last_rx + (uint64_t)sa->profile->dpd_seconds * 1000);
}

void informational_dpd_due(struct timer *timer)
{
	struct ike_sa *sa = container_of(timer, struct ike_sa, dpd_timer);
	uint64_t idle = (uint64_t)sa->profile->dpd_seconds * 1000;

	if (!idle)
		return;
	if (sa->core->now < sa->last_rx + idle) {
		informational_dpd_arm(sa);
		return;
	}
	informational_check_liveness(sa);
	timer_set(&sa->core->timers, &sa->dpd_timer, sa->core->now + idle);
}

static void start_set_config(struct task *task)
{
	struct ike_chain chain = { 0 };

	if (task->sa->state != IKE_SA_UP || !config_add_set(task->sa, &chain)) {
		ike_chain_free(&chain);
		task_done(task);
		return;
	}
	task->sa->routes_told = true;
	send_chain(task, &chain);
}

static const struct task_type set_config_task = {
	.name = "announcement of routes",
	.exchange = IKE_EXCHANGE_INFORMATIONAL,
	.start = start_set_config,
	.response = response_nothing,
};

void informational_set_config(struct ike_sa *sa)
{
	if (sa->peer_flexvpn && !sa->routes_told && config_has_routes(sa))
		task_queue(sa, &set_config_task, 0);
}

static void start_delete_child(struct task *task)
{
	struct child_sa *child = child_find(task->core, task->old_child);
	struct ike_chain chain = { 0 };

	if (!child || child->state != CHILD_DELETING) {
		task_done(task);
		return;
	}
	ike_chain_delete_esp(&chain, &child->spi_in, 1);
	send_chain(task, &chain);
}

/* What has a successor lingers for packets on the wire; what ends for good goes at once. */
static void finish_child(struct child_sa *child)
{
	if (child->in_kernel && child->session->out_child && child->session->out_child != child->number)
		child_retire(child);
	else
		child_remove(child);
}

static void response_delete_child(struct task *task, struct message *m)
{
	struct child_sa *child = child_find(task->core, task->old_child);

	if (child && child->state == CHILD_DELETING)
		finish_child(child);
	task_done(task);
}

static const struct task_type delete_child_task = {
	.name = "Delete of a Child SA",
	.exchange = IKE_EXCHANGE_INFORMATIONAL,
	.touches_child = true,
	.start = start_delete_child,
	.response = response_delete_child,
};

void informational_delete_child(struct child_sa *child)
{
	if (!task_queued(child->sa, &delete_child_task, child->number))
		task_queue(child->sa, &delete_child_task, child->number);
}

static void start_delete_ike(struct task *task)
{
	struct ike_chain chain = { 0 };

	ike_chain_delete_ike(&chain);
	send_chain(task, &chain);
}

static void response_delete_ike(struct task *task, struct message *m)
{
	ike_sa_close(task->sa, true);
}

const struct task_type delete_ike_task = {
	.name = "Delete of the IKE SA",
	.exchange = IKE_EXCHANGE_INFORMATIONAL,
	.start = start_delete_ike,
	.response = response_delete_ike,
};

void informational_delete_ike(struct ike_sa *sa)
{
	/* The window is taken until the peer has answered what is under way. */
	struct task *under_way = sa->sends ? sa->task : NULL;

	if (under_way)
		sa->task = NULL;
	task_drop_all(sa);
	sa->task = under_way;
	task_queue(sa, &delete_ike_task, 0);
}

/* The peer's */

/* Child SAs of ours that a Delete of the peer has ended, for the answer. */
struct deleted {
	uint32_t spis[DELETE_MAX];
	size_t n;
};

static void respond_deleted(struct ike_sa *sa, uint32_t msgid, const struct deleted *d)
{
	struct ike_chain chain = { 0 };

	if (d->n)
		ike_chain_delete_esp(&chain, d->spis, d->n);
	window_respond(sa, IKE_EXCHANGE_INFORMATIONAL, msgid, &chain);
	ike_chain_free(&chain);
}

/* A Delete that makes what we send move to a successor is answered when the kernel has moved it. */
static void switched(struct task *task, int error, const char *reason)
{
	respond_deleted(task->sa, task->msgid, task->deleted);
	task_done(task);
}

static void release_switch(struct task *task)
{
	free(task->deleted);
	task->deleted = NULL;
}

static const struct task_type serve_delete_task = {
	.name = "Delete of the peer",
	.exchange = IKE_EXCHANGE_INFORMATIONAL,
	.touches_child = true,
	.release = release_switch,
};

/* One SPI of a Delete; returns the successor that has to take over first, or NULL. */
static struct child_sa *delete_one(struct ike_sa *sa, uint32_t spi, struct deleted *d)
{
	struct child_sa *child = child_by_spi_out(sa, spi);
	struct child_sa *successor;

	/* RFC 7296 section 1.4.1: both ends delete it at once: each answers without a Delete. */
	if (!child || child->state == CHILD_DELETING || child->state == CHILD_NEGOTIATING)
		return NULL;
	if (d->n < DELETE_MAX)
		d->spis[d->n++] = child->spi_in;
	successor = child_find(sa->core, child->successor);
	if (successor && successor->state == CHILD_INBOUND && !successor->redundant) {
		child_retire(child);
		return successor;
	}
	finish_child(child);
	return NULL;
}

static void delete_children(struct ike_sa *sa, const struct message *m, const struct ike_delete *del)
{
	struct deleted *d = xzalloc(sizeof(*d));
	struct child_sa *successor = NULL;
	struct task *task;

	for (size_t i = 0; i < del->n && i < DELETE_MAX; i++) {
		struct child_sa *next = delete_one(sa, ike_delete_spi4(del, i), d);

		successor = next ? next : successor;
	}
	if (!successor) {
		respond_deleted(sa, m->h.message_id, d);
		free(d);
		return;
	}
	task = task_serve(sa, &serve_delete_task, m->h.message_id);
	task->deleted = d;
	task->kernel_done = switched;
	child_switch_out(successor, task);
}

static void delete_ike(struct ike_sa *sa, const struct message *m)
{
	/* RFC 7296 section 2.25.2: the old IKE SA goes while we rekey it: what the peer made of it stays. */
	if (sa->rival)
		collision_ike_yield(sa);
	sa->end_why = "deleted by the peer";
	sa->deleted_by_peer = true;
	window_respond_empty(sa, IKE_EXCHANGE_INFORMATIONAL, m->h.message_id);
	ike_sa_close(sa, true);
}

static void config_set(struct ike_sa *sa, const struct message *m)
{
	struct session *session = sa->session;
	struct ike_chain chain = { 0 };
	struct config_wish wish;
	const char *why;

	if (!session || !config_read(m, &wish, session, &why)) {
		window_respond_notify(sa, IKE_EXCHANGE_INFORMATIONAL, m->h.message_id, IKE_N_INVALID_SYNTAX);
		return;
	}
	if (wish.set)
		session_set_routes(session, child_find(sa->core, session->out_child), true);
	config_add_answer(sa, &wish, &chain);
	window_respond(sa, IKE_EXCHANGE_INFORMATIONAL, m->h.message_id, &chain);
	ike_chain_free(&chain);
}

void informational_handle(struct ike_sa *sa, struct message *m)
{
	const struct ike_payload *p = ike_payloads_find(&m->in, IKE_PAYLOAD_DELETE);
	struct ike_delete del;
	const char *why;

	if (p && !ike_delete_decode(p->body, p->len, &del, &why))
		window_respond_notify(sa, IKE_EXCHANGE_INFORMATIONAL, m->h.message_id, IKE_N_INVALID_SYNTAX);
	else if (p && del.protocol == IKE_PROTO_IKE)
		delete_ike(sa, m);
	else if (p && del.protocol == IKE_PROTO_ESP)
		delete_children(sa, m, &del);
	else if (ike_payloads_find(&m->in, IKE_PAYLOAD_CP))
		config_set(sa, m);
	else
		window_respond_empty(sa, IKE_EXCHANGE_INFORMATIONAL, m->h.message_id);
}
