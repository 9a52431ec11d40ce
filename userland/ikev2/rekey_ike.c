// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A new IKE SA in place of an old one. The Child SAs move as soon as it is clear which new one stays; the
 * initiator of that one deletes the old.
 */
#include "rekey_ike.h"
#include "child_negotiate.h"
#include "collision.h"
#include "core_state.h"
#include "create_child.h"
#include "log.h"
#include "memory.h"
#include "session.h"
#include "window.h"

#define RESTARTS_MAX 3
#define REPLACED_MS 60000
#define RIVAL_MS 15000

static const struct task_type rekey_ike_task;

static void release(struct task *task)
{
	struct exchange_state *x = task->x;

	if (x && task->sa->rival == x->new_sa)
		task->sa->rival = NULL;
	exchange_state_free(x);
	task->x = NULL;
}

/* The same peer, the same address, the same profile; its own SPIs and, to come, keys. */
static struct ike_sa *heir(struct ike_sa *old, bool initiator)
{
	struct ike_sa *sa = ike_sa_new(old->core, initiator, &old->local, &old->remote, old->natt);

	/* It lives and dies with its exchange, however long that takes. */
	timer_stop(&sa->core->timers, &sa->expire_timer);
	ike_sa_set_profile(sa, old->profile, old->policy);
	sa->nat_local = old->nat_local;
	sa->nat_remote = old->nat_remote;
	sa->fragmentation = old->fragmentation;
	sa->peer_flexvpn = old->peer_flexvpn;
	sa->routes_told = old->routes_told;
	sa->peer_id = old->peer_id;
	sa->local_id = old->local_id;
	return sa;
}

static void put_spi(struct ike_proposal *p, uint64_t spi)
{
	p->spi_len = 8;
	for (int k = 0; k < 8; k++)
		p->spi[k] = (uint8_t)(spi >> (56 - 8 * k));
}

static uint64_t get_spi(const struct ike_proposal *p)
{
	uint64_t spi = 0;

	for (int k = 0; k < p->spi_len; k++)
		spi = spi << 8 | p->spi[k];
	return spi;
}

void rekey_ike_take_over(struct ike_sa *old, struct ike_sa *new)
{
	struct session *session = old->session;
	struct child_sa *child;
	struct task *task;

	TAILQ_FOREACH(child, &session->children, in_session)
		if (child->sa == old)
			child->sa = new;
	TAILQ_REMOVE(&session->sas, new, in_session);
	TAILQ_INSERT_HEAD(&session->sas, new, in_session);
	old->rival = NULL;
	old->state = IKE_SA_REPLACED;
	timer_stop(&old->core->timers, &old->rekey_timer);
	timer_stop(&old->core->timers, &old->dpd_timer);
	timer_stop(&old->core->timers, &old->keepalive_timer);
	timer_set(&old->core->timers, &old->expire_timer, old->core->now + REPLACED_MS);
	/* What was still to be done is to be done over the new one. */
	TAILQ_FOREACH(task, &old->tasks, link)
		if (task->type != &rekey_ike_task)
			task_queue(new, task->type, task->old_child);
	old->core->counters.rekeys_ike++;
	session_follow(session, new);
}

/* Initiator */

static void failed(struct task *task, uint64_t again_in_ms)
{
	struct ike_sa *sa = task->sa;

	if (sa->rival)
		collision_ike_yield(sa);
	else if (sa->state == IKE_SA_UP)
		ike_sa_arm_rekey(sa, again_in_ms);
	task_done(task);
}

static void send_request(struct task *task)
{
	struct exchange_state *x = task->x;
	struct ike_bytes public = ike_dh_public(x->dh);
	struct ike_chain chain = { 0 };

	if (task->sa->state != IKE_SA_UP) {
		task_done(task);
		return;
	}
	ike_chain_sa(&chain, x->offer, x->n_offer);
	ike_chain_raw(&chain, IKE_PAYLOAD_NONCE, x->ni.data, x->ni.len);
	ike_chain_ke(&chain, x->group, public.data, public.len);
	window_request(task->sa, IKE_EXCHANGE_CREATE_CHILD_SA, &chain);
	ike_chain_free(&chain);
}

static void key_pair_made(struct task *task, struct ike_job *job)
{
	if (!job->dh) {
		log_sa(task->sa, IKE_LOG_ERROR, "dh-failed", "CREATE_CHILD_SA: no key pair of group %u: %s", job->group,
		       job->why);
		failed(task, create_child_later(task->core));
		return;
	}
	task->x->dh = job->dh;
	job->dh = NULL;
	send_request(task);
}

static void make_offer(struct exchange_state *x, const struct ike_profile *profile)
{
	x->n_offer = profile->n_proposals < OFFER_MAX ? profile->n_proposals : OFFER_MAX;
	x->offer = xmemdup(profile->proposals, x->n_offer * sizeof(*x->offer));
	for (size_t i = 0; i < x->n_offer; i++) {
		x->offer[i].number = (uint8_t)(i + 1);
		put_spi(&x->offer[i], x->new_sa->spi);
	}
}

static bool offered(const struct exchange_state *x, uint16_t group)
{
	for (size_t i = 0; i < x->n_offer; i++)
		for (size_t j = 0; j < x->offer[i].n; j++)
			if (x->offer[i].t[j].type == IKE_TRANSFORM_KE && x->offer[i].t[j].id == group)
				return true;
	return false;
}

static void start(struct task *task)
{
	const struct ike_transform *ke = ike_proposal_find(&task->sa->suite, IKE_TRANSFORM_KE);
	struct exchange_state *x;

	if (task->sa->state != IKE_SA_UP || task->sa->rival || !ke) {
		task_done(task);
		return;
	}
	x = task->x = xzalloc(sizeof(*x));
	x->new_sa = heir(task->sa, true);
	make_offer(x, task->sa->profile);
	nonce_make(task->core, &x->ni);
	/* What went well the last time is the best guess. */
	x->group = ke->id;
	task->resume = key_pair_made;
	job_start(task, x->group, NULL, (struct ike_bytes){ 0 });
}

static bool try_again(struct task *task, const struct ike_notify *error)
{
	struct exchange_state *x = task->x;
	uint16_t group;

	if (error->type != IKE_N_INVALID_KE_PAYLOAD || error->data.len != 2 || x->restarts++ >= RESTARTS_MAX)
		return false;
	group = (uint16_t)(error->data.data[0] << 8 | error->data.data[1]);
	if (group == x->group || !offered(x, group))
		return false;
	x->group = group;
	ike_dh_free(x->dh);
	x->dh = NULL;
	task->resume = key_pair_made;
	job_start(task, group, NULL, (struct ike_bytes){ 0 });
	return true;
}

static void ours_lost(struct task *task)
{
	struct ike_sa *new = task->x->new_sa;

	task->x->new_sa = NULL;
	new->state = IKE_SA_UP;
	ike_sa_delete(new);
	failed(task, 0);
}

static void secret_made(struct task *task, struct ike_job *job)
{
	struct exchange_state *x = task->x;
	struct ike_sa *sa = task->sa, *new = x->new_sa, *rival = sa->rival;

	if (!job->shared_len ||
	    !ike_sa_set_keys(new, (struct ike_bytes){ job->shared, job->shared_len }, nonce_bytes(&x->ni),
			     nonce_bytes(&x->nr), sa)) {
		log_sa(sa, IKE_LOG_WARNING, "dh-failed", "IKE SA not rekeyed: %s",
		       job->why ? job->why : "no keys could be derived");
		failed(task, create_child_later(task->core));
		return;
	}
	/* Without a session the old one is being deleted, and so must be what came of it. */
	if (!sa->session || !collision_ike_ours_stays(sa, &x->ni, &x->nr)) {
		ours_lost(task);
		return;
	}
	x->new_sa = NULL;
	session_attach(sa->session, new);
	ike_sa_establish(new);
	/* The peer deletes what it made, unless our Delete of the old one came first and made it forget. */
	if (rival && rival->state == IKE_SA_UP) {
		rival->state = IKE_SA_REPLACED;
		timer_set(&task->core->timers, &rival->expire_timer, task->core->now + RIVAL_MS);
	}
	rekey_ike_take_over(sa, new);
	task_done(task);
	ike_sa_delete(sa);
}

static void refused(struct task *task, const struct ike_notify *error)
{
	if (error->type == IKE_N_TEMPORARY_FAILURE) {
		failed(task, create_child_soon(task->core));
		return;
	}
	log_sa(task->sa, IKE_LOG_WARNING, "rekey-refused", "the peer refuses to rekey the IKE SA: %s",
	       ike_notify_name(error->type));
	failed(task, create_child_later(task->core));
}

static bool accept_answer(struct task *task, const struct message *m, struct ike_ke *ke)
{
	const struct ike_payload *p = ike_payloads_find(&m->in, IKE_PAYLOAD_SA);
	struct exchange_state *x = task->x;
	struct ike_sa *new = x->new_sa;
	struct ike_proposal answer[2];
	const struct ike_transform *group;
	struct ike_bytes nr;
	const char *why;
	size_t n;

	if (!p || !ike_sa_decode(p->body, p->len, answer, 2, &n, &why) || n != 1 || answer[0].spi_len != 8 ||
	    !get_spi(&answer[0]) || !ike_proposal_answer_ok(&answer[0], x->offer, x->n_offer))
		return false;
	group = ike_proposal_find(&answer[0], IKE_TRANSFORM_KE);
	if (!group || group->id != x->group || !message_ke(m, ke, &why) || ke->group != x->group ||
	    !message_nonce(m, &nr, &why))
		return false;
	nonce_set(&x->nr, nr);
	new->suite = answer[0];
	new->peer_spi = get_spi(&answer[0]);
	return true;
}

static void response(struct task *task, struct message *m)
{
	struct ike_notify error;
	struct ike_dh *dh;
	size_t index = 0;
	struct ike_ke ke;

	if (ike_notify_next_error(&m->in, &index, &error)) {
		if (!try_again(task, &error))
			refused(task, &error);
		return;
	}
	if (!accept_answer(task, m, &ke)) {
		log_sa(task->sa, IKE_LOG_WARNING, "negotiation-refused",
		       "IKE SA not rekeyed: the peer's answer is incomplete or not what was offered");
		failed(task, create_child_later(task->core));
		return;
	}
	dh = task->x->dh;
	task->x->dh = NULL;
	task->resume = secret_made;
	job_start(task, task->x->group, dh, ke.data);
}

static const struct task_type rekey_ike_task = {
	.name = "rekey of the IKE SA",
	.exchange = IKE_EXCHANGE_CREATE_CHILD_SA,
	.rekeys_ike = true,
	.start = start,
	.response = response,
	.release = release,
};

void rekey_ike_request(struct ike_sa *sa)
{
	if (sa->state == IKE_SA_UP && !sa->rival && !task_queued(sa, &rekey_ike_task, 0))
		task_queue(sa, &rekey_ike_task, 0);
}

/* Responder */

static void resp_notify(struct ike_sa *sa, const struct message *m, uint16_t type, const void *data, size_t len)
{
	struct ike_chain chain = { 0 };

	ike_chain_notify(&chain, type, data, len);
	window_respond(sa, IKE_EXCHANGE_CREATE_CHILD_SA, m->h.message_id, &chain);
	ike_chain_free(&chain);
}

static void resp_made(struct task *task, struct ike_job *job)
{
	struct exchange_state *x = task->x;
	struct ike_sa *sa = task->sa, *new = x->new_sa;
	struct ike_bytes public;
	struct ike_chain chain = { 0 };
	uint8_t exchange = IKE_EXCHANGE_CREATE_CHILD_SA;
	uint32_t msgid = task->msgid;

	if (!job->shared_len || sa->state != IKE_SA_UP ||
	    !ike_sa_set_keys(new, (struct ike_bytes){ job->shared, job->shared_len }, nonce_bytes(&x->ni),
			     nonce_bytes(&x->nr), sa)) {
		log_sa(sa, IKE_LOG_WARNING, "dh-failed", "the peer's rekey of the IKE SA refused: %s",
		       job->why ? job->why : "no keys could be derived");
		task_done(task);
		window_respond_notify(sa, exchange, msgid,
				      job->shared_len ? IKE_N_TEMPORARY_FAILURE : IKE_N_INVALID_SYNTAX);
		return;
	}
	public = ike_dh_public(job->dh);
	ike_chain_sa(&chain, &x->chosen, 1);
	ike_chain_raw(&chain, IKE_PAYLOAD_NONCE, x->nr.data, x->nr.len);
	ike_chain_ke(&chain, x->group, public.data, public.len);
	x->new_sa = NULL;
	session_attach(sa->session, new);
	ike_sa_establish(new);
	window_respond(sa, exchange, msgid, &chain);
	ike_chain_free(&chain);
	if (!collision_rekeying_ike(sa) && sa->state == IKE_SA_UP)
		rekey_ike_take_over(sa, new);
	task_done(task);
}

static const struct task_type serve_rekey_ike_task = {
	.name = "rekey of the IKE SA by the peer",
	.exchange = IKE_EXCHANGE_CREATE_CHILD_SA,
	.rekeys_ike = true,
	.release = release,
};

static bool choose(struct ike_sa *sa, struct message *m, struct exchange_state *x)
{
	const struct ike_payload *p = ike_payloads_find(&m->in, IKE_PAYLOAD_SA);
	struct ike_proposal offer[OFFER_MAX];
	char text[3][512];
	const char *why;
	size_t n;

	if (!ike_sa_decode(p->body, p->len, offer, OFFER_MAX, &n, &why)) {
		resp_notify(sa, m, IKE_N_INVALID_SYNTAX, NULL, 0);
		return false;
	}
	if (ike_proposal_select(offer, n, sa->profile->proposals, sa->profile->n_proposals, &x->chosen) < 0 ||
	    x->chosen.spi_len != 8 || !get_spi(&x->chosen)) {
		sa->core->counters.refused_proposal++;
		log_sa(sa, IKE_LOG_WARNING, "negotiation-refused",
		       "rekey of the IKE SA refused, no IKE proposal in common: offered %s; profile \"%s\" allows %s; %s",
		       ike_proposals_text(offer, n, text[0], sizeof(text[0])), sa->profile->name,
		       ike_proposals_text(sa->profile->proposals, sa->profile->n_proposals, text[1], sizeof(text[1])),
		       ike_proposal_explain(offer, n, sa->profile->proposals, sa->profile->n_proposals, text[2],
					    sizeof(text[2])));
		resp_notify(sa, m, IKE_N_NO_PROPOSAL_CHOSEN, NULL, 0);
		return false;
	}
	return true;
}

void rekey_ike_resp(struct ike_sa *sa, struct message *m)
{
	uint16_t error = collision_rekey_ike(sa);
	struct exchange_state *x;
	struct ike_bytes ni;
	struct task *task;
	struct ike_ke ke;
	const char *why;
	uint8_t group[2];

	if (error) {
		resp_notify(sa, m, error, NULL, 0);
		return;
	}
	x = xzalloc(sizeof(*x));
	if (!choose(sa, m, x)) {
		exchange_state_free(x);
		return;
	}
	x->group = ike_proposal_find(&x->chosen, IKE_TRANSFORM_KE)->id;
	if (!message_ke(m, &ke, &why) || ke.group != x->group || !message_nonce(m, &ni, &why)) {
		group[0] = (uint8_t)(x->group >> 8);
		group[1] = (uint8_t)x->group;
		resp_notify(sa, m, IKE_N_INVALID_KE_PAYLOAD, group, sizeof(group));
		exchange_state_free(x);
		return;
	}
	nonce_set(&x->ni, ni);
	nonce_make(sa->core, &x->nr);
	task = task_serve(sa, &serve_rekey_ike_task, m->h.message_id);
	task->x = x;
	x->new_sa = heir(sa, false);
	x->new_sa->suite = x->chosen;
	x->new_sa->peer_spi = get_spi(&x->chosen);
	put_spi(&x->chosen, x->new_sa->spi);
	sa->rival = x->new_sa;
	sa->rival_nonce = *nonce_lower(&x->ni, &x->nr);
	task->resume = resp_made;
	job_start(task, x->group, NULL, ke.data);
}
