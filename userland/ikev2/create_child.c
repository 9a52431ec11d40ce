// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * CREATE_CHILD_SA exchanges that make a Child SA. A rekey differs from a new one in what happens to the one
 * before it, which is in rekey_child.c.
 */
#include "create_child.h"
#include "collision.h"
#include "core_state.h"
#include "log.h"
#include "memory.h"
#include "rekey_child.h"
#include "rekey_ike.h"
#include "window.h"

#define RESTARTS_MAX 3

uint64_t create_child_soon(struct ike_core *core)
{
	return 1000 + core_random_below(core, 3000);
}

uint64_t create_child_later(struct ike_core *core)
{
	return 20000 + core_random_below(core, 20000);
}

static void release(struct task *task)
{
	exchange_state_free(task->x);
	task->x = NULL;
}

/* Initiator */

static void send_new(struct task *task);

static void key_pair_made(struct task *task, struct ike_job *job)
{
	void (*send)(struct task *) = task->type == &rekey_child_task ? rekey_child_init_send : send_new;

	if (!job->dh) {
		log_sa(task->sa, IKE_LOG_ERROR, "dh-failed", "CREATE_CHILD_SA: no key pair of group %u: %s", job->group,
		       job->why);
		task_done(task);
		return;
	}
	task->x->dh = job->dh;
	job->dh = NULL;
	send(task);
}

static void key_exchange_first(struct task *task, void (*send)(struct task *task))
{
	struct exchange_state *x = task->x;

	ike_dh_free(x->dh);
	x->dh = NULL;
	if (!x->group) {
		send(task);
		return;
	}
	task->resume = key_pair_made;
	job_start(task, x->group, NULL, (struct ike_bytes){ 0 });
}

bool create_child_init_begin(struct task *task, void (*send)(struct task *task))
{
	struct exchange_state *x = task->x = xzalloc(sizeof(*x));
	const struct session *session = task->sa->session;
	uint16_t groups[16];

	x->child = child_new(task->sa);
	if (!x->child)
		return false;
	x->child->predecessor = task->old_child;
	child_default_ts(x->child);
	nonce_make(task->core, &x->ni);
	if (child_pfs_groups(task->sa->profile, false, groups, 16))
		x->group = groups[0];
	else
		x->group = session ? session->pfs_group : 0;
	key_exchange_first(task, send);
	return true;
}

void create_child_init_payloads(struct task *task, struct ike_chain *chain)
{
	struct exchange_state *x = task->x;
	struct ike_bytes public;

	child_offer_sa(x, chain);
	ike_chain_raw(chain, IKE_PAYLOAD_NONCE, x->ni.data, x->ni.len);
	if (x->group) {
		public = ike_dh_public(x->dh);
		ike_chain_ke(chain, x->group, public.data, public.len);
	}
	child_offer_ts(x->child, chain, true);
}

/* Where no pfs is configured, the groups of the IKE SA are good enough for a peer that wants it. */
static bool group_allowed(const struct ike_profile *profile, uint16_t group)
{
	uint16_t groups[16];
	size_t n = child_pfs_groups(profile, true, groups, 16);

	for (size_t i = 0; i < n; i++)
		if (groups[i] == group)
			return true;
	return false;
}

static uint16_t group_of_ike_sa(const struct ike_sa *sa)
{
	const struct ike_transform *ke = ike_proposal_find(&sa->suite, IKE_TRANSFORM_KE);

	return ke ? ke->id : 0;
}

/*
 * NO_PROPOSAL_CHOSEN does not say what was wrong, and many peers give it for a missing key exchange: each of
 * "without" and "with" is tried once.
 */
static bool other_way(struct task *task, uint16_t *group)
{
	const struct ike_profile *profile = task->sa->profile;
	struct exchange_state *x = task->x;
	uint16_t groups[16];

	if (x->group) {
		x->tried_with = true;
		*group = 0;
		return !x->tried_without && !profile->ipsec->pfs_required;
	}
	x->tried_without = true;
	*group = child_pfs_groups(profile, false, groups, 16) ? groups[0] : group_of_ike_sa(task->sa);
	return !x->tried_with && *group;
}

static bool try_again(struct task *task, const struct ike_notify *error, void (*send)(struct task *task))
{
	struct exchange_state *x = task->x;
	uint16_t group;

	if (x->restarts++ >= RESTARTS_MAX)
		return false;
	if (error->type == IKE_N_INVALID_KE_PAYLOAD && error->data.len == 2) {
		group = (uint16_t)(error->data.data[0] << 8 | error->data.data[1]);
		if (!group || group == x->group || !group_allowed(task->sa->profile, group))
			return false;
	} else if (error->type != IKE_N_NO_PROPOSAL_CHOSEN || !other_way(task, &group)) {
		return false;
	}
	if (group)
		log_sa(task->sa, IKE_LOG_INFO, "child-retry",
		       "CREATE_CHILD_SA: the peer refuses %s (%s); trying again with a key exchange of group %u",
		       x->group ? "the key exchange" : "a Child SA without a key exchange",
		       ike_notify_name(error->type), group);
	else
		log_sa(task->sa, IKE_LOG_INFO, "child-retry",
		       "CREATE_CHILD_SA: the peer refuses a key exchange of group %u (%s); trying again without one",
		       x->group, ike_notify_name(error->type));
	x->group = group;
	key_exchange_first(task, send);
	return true;
}

enum create_child_answer create_child_init_answer(struct task *task, struct message *m,
						  void (*send)(struct task *task))
{
	struct exchange_state *x = task->x;
	struct ike_notify error;
	struct ike_bytes nr;
	size_t index = 0;
	const char *why;

	if (ike_notify_next_error(&m->in, &index, &error)) {
		if (try_again(task, &error, send))
			return CREATE_CHILD_AGAIN;
		if (error.type == IKE_N_TEMPORARY_FAILURE)
			return CREATE_CHILD_BUSY;
		if (error.type == IKE_N_CHILD_SA_NOT_FOUND)
			return CREATE_CHILD_MISSING;
		log_sa(task->sa, IKE_LOG_WARNING, "child-refused", "CREATE_CHILD_SA: the peer refuses: %s",
		       ike_notify_name(error.type));
		return CREATE_CHILD_REFUSED;
	}
	if (!message_nonce(m, &nr, &why)) {
		log_sa(task->sa, IKE_LOG_WARNING, "malformed", "CREATE_CHILD_SA malformed: %s",
		       why ? why : "the answer has no nonce");
		return CREATE_CHILD_UNWANTED;
	}
	nonce_set(&x->nr, nr);
	if (child_accept(task->sa, x, m, false))
		return CREATE_CHILD_UNWANTED;
	if (task->sa->session)
		task->sa->session->pfs_group = x->group;
	return CREATE_CHILD_ACCEPTED;
}

static bool keys(struct task *task, struct ike_bytes shared)
{
	struct exchange_state *x = task->x;

	return child_set_keys(x->child, shared, nonce_bytes(&x->ni), nonce_bytes(&x->nr), !task->responder);
}

static void init_finish(struct task *task, bool ok);

static void secret_made(struct task *task, struct ike_job *job)
{
	if (!job->shared_len)
		log_sa(task->sa, IKE_LOG_WARNING, "dh-failed", "CREATE_CHILD_SA: public value of the peer refused: %s",
		       job->why);
	init_finish(task, job->shared_len && keys(task, (struct ike_bytes){ job->shared, job->shared_len }));
}

void create_child_init_keys(struct task *task, struct message *m, void (*finish)(struct task *task, bool ok))
{
	struct exchange_state *x = task->x;
	struct ike_dh *dh = x->dh;
	const char *why;
	struct ike_ke ke;

	if (!x->group) {
		finish(task, keys(task, (struct ike_bytes){ 0 }));
		return;
	}
	if (!message_ke(m, &ke, &why) || ke.group != x->group) {
		log_sa(task->sa, IKE_LOG_WARNING, "malformed", "CREATE_CHILD_SA: the answer has no key exchange of group %u",
		       x->group);
		finish(task, false);
		return;
	}
	x->dh = NULL;
	task->resume = secret_made;
	job_start(task, x->group, dh, ke.data);
}

static void new_installed(struct task *task, int error, const char *reason)
{
	struct child_sa *child = child_find(task->core, task->x->child_number);

	if (child && error) {
		child->in_kernel = false;
		child_delete(child);
	} else if (child) {
		child_established(child);
	}
	task_done(task);
}

/* A child that the peer has and we do not want: it must be told. */
static void reject_child(struct task *task)
{
	struct child_sa *child = task->x->child;

	if (!child->spi_out) {
		task_done(task);
		return;
	}
	task->x->child = NULL;
	child_adopt(child);
	child_delete(child);
	task_done(task);
}

static void finish_new(struct task *task, bool ok)
{
	struct exchange_state *x = task->x;
	struct session *session = task->sa->session;

	if (!ok) {
		reject_child(task);
		return;
	}
	x->child_number = x->child->number;
	task->kernel_done = new_installed;
	session_link_up(session, x->child, task);
	x->child = NULL;
}

static void send_new(struct task *task)
{
	struct ike_chain chain = { 0 };

	create_child_init_payloads(task, &chain);
	window_request(task->sa, IKE_EXCHANGE_CREATE_CHILD_SA, &chain);
	ike_chain_free(&chain);
}

static void start_new(struct task *task)
{
	struct ike_sa *sa = task->sa;

	if (sa->state != IKE_SA_UP || !sa->session || sa->session->out_child ||
	    !create_child_init_begin(task, send_new))
		task_done(task);
}

static void answer_new(struct task *task, struct message *m)
{
	struct session *session = task->sa->session;

	switch (create_child_init_answer(task, m, send_new)) {
	case CREATE_CHILD_ACCEPTED:
		create_child_init_keys(task, m, finish_new);
		return;
	case CREATE_CHILD_AGAIN:
		return;
	case CREATE_CHILD_UNWANTED:
		reject_child(task);
		return;
	case CREATE_CHILD_BUSY:
	case CREATE_CHILD_MISSING:
		timer_set(&task->core->timers, &session->child_timer, task->core->now + create_child_soon(task->core));
		break;
	case CREATE_CHILD_REFUSED:
		timer_set(&task->core->timers, &session->child_timer,
			  task->core->now + create_child_later(task->core));
		break;
	}
	task_done(task);
}

static const struct task_type new_child_task = {
	.name = "new Child SA",
	.exchange = IKE_EXCHANGE_CREATE_CHILD_SA,
	.touches_child = true,
	.start = start_new,
	.response = answer_new,
	.release = release,
};

static void init_finish(struct task *task, bool ok)
{
	if (task->type == &new_child_task)
		finish_new(task, ok);
	else
		rekey_child_init_finish(task, ok);
}

void create_child_request(struct session *session)
{
	struct ike_sa *sa = session_sa(session);

	if (sa && !session->out_child && !task_queued(sa, &new_child_task, 0))
		task_queue(sa, &new_child_task, 0);
}

/* Responder */

static void resp_refuse(struct task *task, uint16_t type)
{
	struct ike_sa *sa = task->sa;
	struct ike_chain chain = { 0 };
	uint8_t group[2] = { (uint8_t)(task->x->group >> 8), (uint8_t)task->x->group };
	bool with_group = type == IKE_N_INVALID_KE_PAYLOAD;

	ike_chain_notify(&chain, type, with_group ? group : NULL, with_group ? sizeof(group) : 0);
	window_respond(sa, IKE_EXCHANGE_CREATE_CHILD_SA, task->msgid, &chain);
	ike_chain_free(&chain);
	task_done(task);
}

static void resp_answer(struct task *task)
{
	struct exchange_state *x = task->x;
	struct child_sa *child = child_find(task->core, x->child_number);
	struct ike_chain chain = { 0 };
	struct ike_bytes public;

	if (!child) {
		resp_refuse(task, IKE_N_TEMPORARY_FAILURE);
		return;
	}
	ike_chain_sa(&chain, &x->chosen, 1);
	ike_chain_raw(&chain, IKE_PAYLOAD_NONCE, x->nr.data, x->nr.len);
	if (x->group) {
		public = ike_dh_public(x->dh);
		ike_chain_ke(&chain, x->group, public.data, public.len);
	}
	child_offer_ts(child, &chain, false);
	window_respond(task->sa, IKE_EXCHANGE_CREATE_CHILD_SA, task->msgid, &chain);
	ike_chain_free(&chain);
	task_done(task);
}

static void forget_successor(struct task *task)
{
	struct child_sa *old = child_find(task->core, task->old_child);

	if (old && old->successor == task->x->child_number)
		old->successor = 0;
}

static void resp_installed(struct task *task, int error, const char *reason)
{
	struct child_sa *child = child_find(task->core, task->x->child_number);
	struct child_sa *old = child_find(task->core, task->old_child);

	if (child && error) {
		forget_successor(task);
		child->in_kernel = false;
		child_remove(child);
		resp_refuse(task, IKE_N_TEMPORARY_FAILURE);
		return;
	}
	if (child && !task->old_child) {
		child_established(child);
	} else if (child) {
		task->core->counters.rekeys_child++;
		child->answered_msgid = task->msgid;
		child->answered_spi = task->sa->spi;
		if (!old || !collision_rekeying_child(old))
			child_await_switch(child);
	}
	resp_answer(task);
}

static void resp_install(struct task *task, struct ike_bytes shared)
{
	struct exchange_state *x = task->x;
	struct child_sa *child = x->child;

	if (!keys(task, shared)) {
		forget_successor(task);
		resp_refuse(task, IKE_N_NO_PROPOSAL_CHOSEN);
		return;
	}
	task->kernel_done = resp_installed;
	x->child = NULL;
	if (!task->old_child) {
		session_link_up(task->sa->session, child, task);
		return;
	}
	child->state = CHILD_INBOUND;
	kernel_session(child->session, IKE_KERNEL_CHILD_IN, child, task);
}

static void resp_secret_made(struct task *task, struct ike_job *job)
{
	if (!job->shared_len) {
		log_sa(task->sa, IKE_LOG_WARNING, "dh-failed", "CREATE_CHILD_SA: public value of the peer refused: %s",
		       job->why);
		forget_successor(task);
		resp_refuse(task, IKE_N_INVALID_SYNTAX);
		return;
	}
	task->x->dh = job->dh;
	job->dh = NULL;
	resp_install(task, (struct ike_bytes){ job->shared, job->shared_len });
}

static const struct task_type serve_child_task = {
	.name = "Child SA of the peer",
	.exchange = IKE_EXCHANGE_CREATE_CHILD_SA,
	.touches_child = true,
	.release = release,
};

void create_child_resp_begin(struct ike_sa *sa, struct message *m, uint64_t old_child)
{
	struct child_sa *old = child_find(sa->core, old_child);
	struct task *task = task_serve(sa, &serve_child_task, m->h.message_id);
	struct exchange_state *x = task->x = xzalloc(sizeof(*x));
	struct ike_bytes ni;
	const char *why;
	uint16_t error;
	struct ike_ke ke;

	task->old_child = old_child;
	x->child = child_new(sa);
	if (!x->child) {
		resp_refuse(task, IKE_N_TEMPORARY_FAILURE);
		return;
	}
	if (!message_nonce(m, &ni, &why)) {
		resp_refuse(task, IKE_N_INVALID_SYNTAX);
		return;
	}
	nonce_set(&x->ni, ni);
	nonce_make(sa->core, &x->nr);
	error = child_choose(sa, x, m, false);
	if (error) {
		resp_refuse(task, error);
		return;
	}
	x->child_number = x->child->number;
	if (old) {
		/* From here on this counts as a rekey of the peer's, though it may take a while to finish. */
		child_adopt(x->child);
		x->child->predecessor = old_child;
		collision_child_note(old, x->child_number, &x->ni, &x->nr);
	}
	if (!x->group || !message_ke(m, &ke, &why)) {
		resp_install(task, (struct ike_bytes){ 0 });
		return;
	}
	task->resume = resp_secret_made;
	job_start(task, x->group, NULL, ke.data);
}

static void resp_new(struct ike_sa *sa, struct message *m)
{
	uint16_t error = collision_new_child(sa);

	/* One link, one Child SA: a second one would have nowhere to lead. */
	if (!error && (sa->session->out_child || (sa->task && sa->task->type == &new_child_task)))
		error = sa->session->out_child ? IKE_N_NO_ADDITIONAL_SAS : IKE_N_TEMPORARY_FAILURE;
	if (error) {
		window_respond_notify(sa, IKE_EXCHANGE_CREATE_CHILD_SA, m->h.message_id, error);
		return;
	}
	create_child_resp_begin(sa, m, 0);
}

void create_child_handle(struct ike_sa *sa, struct message *m)
{
	const struct ike_payload *p = ike_payloads_find(&m->in, IKE_PAYLOAD_SA);
	struct ike_proposal offer[1];
	struct ike_notify rekey;
	const char *why;
	size_t n;

	if (ike_notify_find(&m->in, IKE_N_REKEY_SA, &rekey)) {
		rekey_child_resp(sa, m, &rekey);
		return;
	}
	if (!p || !ike_sa_decode(p->body, p->len, offer, 1, &n, &why) || !n) {
		window_respond_notify(sa, IKE_EXCHANGE_CREATE_CHILD_SA, m->h.message_id, IKE_N_INVALID_SYNTAX);
		return;
	}
	if (offer[0].protocol == IKE_PROTO_IKE)
		rekey_ike_resp(sa, m);
	else
		resp_new(sa, m);
}
