// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Make before break. As initiator: both directions of the new Child SA are installed, then the old one is deleted
 * at the peer, then here. As responder: the new inbound SA is installed before we answer, what we send moves when
 * the peer deletes the old one. So at each moment every SA that somebody sends on can be received on.
 */
#include "rekey_child.h"
#include "collision.h"
#include "core_state.h"
#include "create_child.h"
#include "informational.h"
#include "log.h"
#include "memory.h"
#include "session.h"
#include "window.h"

void rekey_child_request(struct child_sa *old)
{
	if (old->state != CHILD_UP || old->successor || task_queued(old->sa, &rekey_child_task, old->number))
		return;
	task_queue(old->sa, &rekey_child_task, old->number);
}

void rekey_child_init_send(struct task *task)
{
	struct child_sa *old = child_find(task->core, task->old_child);
	struct ike_chain chain = { 0 };

	if (!old || task->sa->state != IKE_SA_UP) {
		task_done(task);
		return;
	}
	ike_chain_notify_spi(&chain, IKE_N_REKEY_SA, IKE_PROTO_ESP, old->spi_in, NULL, 0);
	create_child_init_payloads(task, &chain);
	window_request(task->sa, IKE_EXCHANGE_CREATE_CHILD_SA, &chain);
	ike_chain_free(&chain);
}

static void start(struct task *task)
{
	struct child_sa *old = child_find(task->core, task->old_child);

	if (!old || old->state != CHILD_UP || old->successor || task->sa->state != IKE_SA_UP ||
	    !create_child_init_begin(task, rekey_child_init_send))
		task_done(task);
}

/* The peer has a Child SA that will not be used: it never gets into our kernel, and goes from the peer's. */
static void give_up_new(struct task *task)
{
	struct child_sa *child = task->x->child;

	if (!child->spi_out)
		return;
	task->x->child = NULL;
	child_adopt(child);
	child_delete(child);
}

static void failed(struct task *task, uint64_t again_in_ms)
{
	struct child_sa *old = child_find(task->core, task->old_child);

	if (old && old->successor)
		collision_child_yield(old);
	else if (old && old->state == CHILD_UP)
		child_arm_rekey(old, again_in_ms);
	task_done(task);
}

static void installed(struct task *task, int error, const char *reason)
{
	struct child_sa *child = child_find(task->core, task->x->child_number);
	struct child_sa *old = child_find(task->core, task->old_child);

	if (!child) {
		task_done(task);
		return;
	}
	if (error) {
		child->in_kernel = false;
		if (child->session->out_child == child->number)
			child->session->out_child = old ? old->number : 0;
		if (old && old->state == CHILD_REPLACED)
			old->state = CHILD_UP;
		child_delete(child);
		failed(task, create_child_later(task->core));
		return;
	}
	task->core->counters.rekeys_child++;
	child_established(child);
	if (old && old->state == CHILD_REPLACED)
		child_delete(old);
	task_done(task);
}

void rekey_child_init_finish(struct task *task, bool ok)
{
	struct child_sa *old = child_find(task->core, task->old_child);
	struct exchange_state *x = task->x;
	struct child_sa *child = x->child;

	if (!ok || !task->sa->session) {
		give_up_new(task);
		failed(task, create_child_later(task->core));
		return;
	}
	if (!collision_child_ours_stays(task->core, x)) {
		give_up_new(task);
		failed(task, 0);
		return;
	}
	/* Decided: should the peer want to rekey the old one only now, it comes too late. */
	if (old && old->state == CHILD_UP)
		old->state = CHILD_REPLACED;
	x->child = NULL;
	x->child_number = child->number;
	child_adopt(child);
	child->state = CHILD_UP;
	child->session->out_child = child->number;
	task->kernel_done = installed;
	kernel_session(child->session, IKE_KERNEL_CHILD_BOTH, child, task);
}

/* The peer does not have the old one any more: neither do we. */
static void missing(struct task *task)
{
	struct child_sa *old = child_find(task->core, task->old_child);
	struct session *session = task->sa->session;

	if (old && !old->successor) {
		log_session(session, IKE_LOG_NOTICE, "child-sa-lost",
			    "the peer does not know Child SA %08x any more; making a new one", old->spi_in);
		child_remove(old);
		task_done(task);
		create_child_request(session);
		return;
	}
	failed(task, 0);
}

static void response(struct task *task, struct message *m)
{
	switch (create_child_init_answer(task, m, rekey_child_init_send)) {
	case CREATE_CHILD_ACCEPTED:
		create_child_init_keys(task, m, rekey_child_init_finish);
		return;
	case CREATE_CHILD_AGAIN:
		return;
	case CREATE_CHILD_BUSY:
		failed(task, create_child_soon(task->core));
		return;
	case CREATE_CHILD_MISSING:
		missing(task);
		return;
	case CREATE_CHILD_UNWANTED:
		give_up_new(task);
		failed(task, create_child_later(task->core));
		return;
	case CREATE_CHILD_REFUSED:
		failed(task, create_child_later(task->core));
		return;
	}
}

static void release(struct task *task)
{
	exchange_state_free(task->x);
	task->x = NULL;
}

const struct task_type rekey_child_task = {
	.name = "rekey of a Child SA",
	.exchange = IKE_EXCHANGE_CREATE_CHILD_SA,
	.touches_child = true,
	.start = start,
	.response = response,
	.release = release,
};

void rekey_child_resp(struct ike_sa *sa, struct message *m, const struct ike_notify *rekey)
{
	/* The SPI is the one that the peer receives on. */
	uint32_t spi = ike_notify_spi4(rekey);
	struct child_sa *old = child_by_spi_out(sa, spi);
	uint16_t error = collision_rekey_child(sa, old);
	struct ike_chain chain = { 0 };

	if (!error) {
		create_child_resp_begin(sa, m, old->number);
		return;
	}
	if (error == IKE_N_CHILD_SA_NOT_FOUND)
		ike_chain_notify_spi(&chain, error, IKE_PROTO_ESP, spi, NULL, 0);
	else
		ike_chain_notify(&chain, error, NULL, 0);
	window_respond(sa, IKE_EXCHANGE_CREATE_CHILD_SA, m->h.message_id, &chain);
	ike_chain_free(&chain);
}
