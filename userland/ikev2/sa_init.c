// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * IKE_SA_INIT. A responder keeps no state for a request that it refuses, nor for one that has to bring a cookie
 * first.
 */
#include "sa_init.h"
#include "auth.h"
#include "child_negotiate.h"
#include "core_state.h"
#include "ike_sa.h"
#include "log.h"
#include "memory.h"
#include "natt.h"
#include "select.h"
#include "session.h"
#include "window.h"

#define RESTARTS_MAX 5
#define TEXT_MAX 700

static void add_common(struct ike_sa *sa, struct ike_chain *chain, struct ike_bytes public, uint16_t group,
		       const struct nonce *nonce, bool pretend_nat, bool fragmentation)
{
	ike_chain_ke(chain, group, public.data, public.len);
	ike_chain_raw(chain, IKE_PAYLOAD_NONCE, nonce->data, nonce->len);
	natt_add(sa, chain, pretend_nat);
	if (fragmentation)
		ike_chain_notify(chain, IKE_N_FRAGMENTATION_SUPPORTED, NULL, 0);
	ike_chain_raw(chain, IKE_PAYLOAD_VENDOR, FLEXVPN_VENDOR_ID, strlen(FLEXVPN_VENDOR_ID));
}

void sa_init_vendor_ids(struct ike_sa *sa, const struct message *m)
{
	for (size_t i = 0; i < m->in.n; i++)
		if (m->in.p[i].type == IKE_PAYLOAD_VENDOR && m->in.p[i].len >= strlen(FLEXVPN_VENDOR_ID) &&
		    !memcmp(m->in.p[i].body, FLEXVPN_VENDOR_ID, strlen(FLEXVPN_VENDOR_ID)))
			sa->peer_flexvpn = true;
}

static void keep(struct ike_writer *copy, const uint8_t *data, size_t len)
{
	ike_writer_reset(copy);
	ike_write_bytes(copy, data, len);
}

/* Initiator */

static void fail(struct task *task, const char *why)
{
	task->sa->end_why = why;
	ike_sa_close(task->sa, false);
}

static void send_request(struct task *task)
{
	struct ike_sa *sa = task->sa;
	struct init_state *init = sa->init;
	struct ike_chain chain = { 0 };

	if (init->cookie.len)
		ike_chain_notify(&chain, IKE_N_COOKIE, init->cookie.data, init->cookie.len);
	ike_chain_sa(&chain, init->offer, init->n_offer);
	add_common(sa, &chain, ike_dh_public(init->dh), init->group, &init->ni, sa->profile->force_encap,
		   sa->profile->fragmentation);
	window_request(sa, IKE_EXCHANGE_SA_INIT, &chain);
	ike_chain_free(&chain);
	if (sa->request.n)
		keep(&init->ours, sa->request.parts[0].data, sa->request.parts[0].len);
}

static void key_pair_made(struct task *task, struct ike_job *job)
{
	if (!job->dh) {
		log_sa(task->sa, IKE_LOG_ERROR, "dh-failed", "IKE_SA_INIT: no key pair of group %u: %s", job->group,
		       job->why);
		fail(task, "Diffie-Hellman failed");
		return;
	}
	task->sa->init->dh = job->dh;
	job->dh = NULL;
	send_request(task);
}

static void new_key_pair(struct task *task, uint16_t group)
{
	struct init_state *init = task->sa->init;

	ike_dh_free(init->dh);
	init->dh = NULL;
	init->group = group;
	task->resume = key_pair_made;
	job_start(task, group, NULL, (struct ike_bytes){ 0 });
}

static void start(struct task *task)
{
	struct ike_sa *sa = task->sa;
	const struct ike_profile *profile = sa->profile;
	const struct ike_transform *ke =
		profile->n_proposals ? ike_proposal_find(&profile->proposals[0], IKE_TRANSFORM_KE) : NULL;
	struct init_state *init = sa->init = xzalloc(sizeof(*init));

	if (!ke) {
		fail(task, "no IKE proposal is configured");
		return;
	}
	init->n_offer = profile->n_proposals < OFFER_MAX ? profile->n_proposals : OFFER_MAX;
	init->offer = xmemdup(profile->proposals, init->n_offer * sizeof(*init->offer));
	for (size_t i = 0; i < init->n_offer; i++) {
		init->offer[i].number = (uint8_t)(i + 1);
		init->offer[i].spi_len = 0;
	}
	nonce_make(sa->core, &init->ni);
	new_key_pair(task, ke->id);
}

static bool offered(const struct init_state *init, uint16_t group)
{
	for (size_t i = 0; i < init->n_offer; i++)
		for (size_t j = 0; j < init->offer[i].n; j++)
			if (init->offer[i].t[j].type == IKE_TRANSFORM_KE && init->offer[i].t[j].id == group)
				return true;
	return false;
}

/* COOKIE and INVALID_KE_PAYLOAD ask for the same again, with the same message ID. */
static bool try_again(struct task *task, const struct message *m)
{
	struct init_state *init = task->sa->init;
	struct ike_notify notify;
	uint16_t group;

	if (ike_notify_find(&m->in, IKE_N_COOKIE, &notify) && notify.data.len && notify.data.len <= 64) {
		if (init->restarts++ >= RESTARTS_MAX)
			return false;
		keep(&init->cookie, notify.data.data, notify.data.len);
		task->sa->next_msgid = 0;
		send_request(task);
		return true;
	}
	if (ike_notify_find(&m->in, IKE_N_INVALID_KE_PAYLOAD, &notify) && notify.data.len == 2) {
		group = (uint16_t)(notify.data.data[0] << 8 | notify.data.data[1]);
		if (group == init->group || !offered(init, group) || init->restarts++ >= RESTARTS_MAX)
			return false;
		task->sa->next_msgid = 0;
		new_key_pair(task, group);
		return true;
	}
	return false;
}

static void refused(struct task *task, const struct ike_notify *error)
{
	char text[TEXT_MAX];

	task->core->counters.refused_other++;
	log_sa(task->sa, IKE_LOG_WARNING, "negotiation-refused",
	       "IKE_SA_INIT refused by the peer: %s; profile \"%s\" offers %s", ike_notify_name(error->type),
	       task->sa->profile->name,
	       ike_proposals_text(task->sa->init->offer, task->sa->init->n_offer, text, sizeof(text)));
	fail(task, "the peer refuses the IKE proposal");
}

static void secret_made(struct task *task, struct ike_job *job)
{
	struct ike_sa *sa = task->sa;
	struct init_state *init = sa->init;

	if (!job->shared_len || !ike_sa_set_keys(sa, (struct ike_bytes){ job->shared, job->shared_len },
						 nonce_bytes(&init->ni), nonce_bytes(&init->nr), NULL)) {
		log_sa(sa, IKE_LOG_WARNING, "dh-failed", "IKE_SA_INIT: %s",
		       job->why ? job->why : "no keys could be derived");
		fail(task, "Diffie-Hellman failed");
		return;
	}
	natt_float(sa);
	sa->state = IKE_SA_AUTHENTICATING;
	task_queue(sa, &auth_task, 0);
	task_done(task);
}

/* The answer in full; @ke is the peer's key exchange. NULL, or what is wrong with it. */
static const char *accept_answer(struct ike_sa *sa, const struct message *m, struct ike_ke *ke)
{
	const struct ike_payload *p = ike_payloads_find(&m->in, IKE_PAYLOAD_SA);
	struct init_state *init = sa->init;
	const struct ike_transform *group;
	struct ike_proposal answer[2];
	struct ike_bytes nr;
	const char *why;
	size_t n;

	if (!p || !ike_sa_decode(p->body, p->len, answer, 2, &n, &why))
		return "the answer has no readable SA payload";
	if (n != 1 || !ike_proposal_answer_ok(&answer[0], init->offer, init->n_offer))
		return "the answer is not what was offered";
	group = ike_proposal_find(&answer[0], IKE_TRANSFORM_KE);
	if (!group || group->id != init->group || !message_ke(m, ke, &why) || ke->group != init->group)
		return "the answer has no key exchange of the group that was chosen";
	if (!message_nonce(m, &nr, &why))
		return "the answer has no good nonce";
	if (!m->h.spi_r)
		return "the answer has no SPI";
	nonce_set(&init->nr, nr);
	sa->suite = answer[0];
	return NULL;
}

static void response(struct task *task, struct message *m)
{
	struct ike_sa *sa = task->sa;
	struct ike_notify error;
	struct ike_dh *dh;
	struct ike_ke ke;
	size_t index = 0;
	const char *why;

	if (try_again(task, m))
		return;
	if (ike_notify_next_error(&m->in, &index, &error)) {
		refused(task, &error);
		return;
	}
	why = accept_answer(sa, m, &ke);
	if (why) {
		log_sa(sa, IKE_LOG_WARNING, "malformed", "IKE_SA_INIT: %s", why);
		fail(task, why);
		return;
	}
	sa->peer_spi = m->h.spi_r;
	sa->fragmentation = sa->profile->fragmentation &&
			    ike_notify_find(&m->in, IKE_N_FRAGMENTATION_SUPPORTED, &error);
	sa->local = m->dg->local;
	sa_init_vendor_ids(sa, m);
	natt_detect(sa, m, sa->profile->force_encap);
	keep(&sa->init->theirs, m->dg->data, m->dg->len);
	dh = sa->init->dh;
	sa->init->dh = NULL;
	task->resume = secret_made;
	job_start(task, sa->init->group, dh, ke.data);
}

const struct task_type sa_init_task = {
	.name = "IKE_SA_INIT",
	.exchange = IKE_EXCHANGE_SA_INIT,
	.start = start,
	.response = response,
};

/* Responder */

void sa_init_refuse(struct ike_core *core, const struct message *m, uint16_t type, const void *data, size_t len)
{
	struct ike_header h = {
		.spi_i = m->h.spi_i, .spi_r = m->h.spi_r, .version = IKE_VERSION_2, .exchange = m->h.exchange,
		.flags = (uint8_t)(IKE_FLAG_RESPONSE | ((m->h.flags & IKE_FLAG_INITIATOR) ^ IKE_FLAG_INITIATOR)),
		.message_id = m->h.message_id,
	};
	struct ike_datagram dg = { .local = m->dg->local, .remote = m->dg->remote, .natt = m->dg->natt };
	struct ike_chain chain = { 0 };
	struct ike_writer out = { 0 };

	ike_chain_notify(&chain, type, data, len);
	if (ike_message_encode(&out, &h, &chain)) {
		dg.data = out.data;
		dg.len = out.len;
		action_send(core, &dg);
	}
	ike_chain_free(&chain);
	ike_writer_free(&out);
}

static struct ike_sa *find_half_open(struct ike_core *core, const struct message *m)
{
	struct ike_sa *sa, key = { 0 };

	key.half_key.spi = m->h.spi_i;
	key.half_key.remote = m->dg->remote;
	HASH_FIND(hh_half, core->half_open, &key.half_key, sizeof(key.half_key), sa);
	return sa;
}

static void enter_half_open(struct ike_sa *sa, const struct message *m)
{
	sa->half_key.spi = m->h.spi_i;
	sa->half_key.remote = m->dg->remote;
	HASH_ADD(hh_half, sa->core->half_open, half_key, sizeof(sa->half_key), sa);
	sa->core->n_half_open++;
}

/* Enough half-open IKE SAs to suspect a flood? Then true, and an answer that costs us nothing. */
static bool defended(struct ike_core *core, const struct message *m, struct ike_bytes ni)
{
	const struct ike_policy *policy = core->policy;
	uint8_t cookie[COOKIE_LEN];
	struct ike_notify notify;

	if (policy->half_open_max && core->n_half_open >= policy->half_open_max) {
		core->counters.half_open_dropped++;
		log_peer(core, NULL, NULL, IKE_LOG_WARNING, "half-open-limit",
			 "%zu peers are in the middle of IKE_SA_INIT and IKE_AUTH (half-open-limit); further ones are dropped",
			 core->n_half_open);
		return true;
	}
	if (core->n_half_open < policy->half_open_cookie)
		return false;
	if (ike_notify_find(&m->in, IKE_N_COOKIE, &notify)) {
		if (cookie_check(core, notify.data, ni, &m->dg->remote, m->h.spi_i))
			return false;
		core->counters.cookies_bad++;
	}
	cookie_make(core, ni, &m->dg->remote, m->h.spi_i, cookie);
	core->counters.cookies_sent++;
	sa_init_refuse(core, m, IKE_N_COOKIE, cookie, sizeof(cookie));
	return true;
}

static bool choose(struct ike_core *core, const struct message *m, struct ike_proposal *chosen)
{
	const struct ike_payload *p = ike_payloads_find(&m->in, IKE_PAYLOAD_SA);
	char offered_text[TEXT_MAX], allowed[TEXT_MAX], explain[TEXT_MAX];
	struct ike_proposal offer[OFFER_MAX], ours[2 * OFFER_MAX];
	const char *why;
	size_t n, n_ours;

	if (!p || !ike_sa_decode(p->body, p->len, offer, OFFER_MAX, &n, &why)) {
		core->counters.rx_malformed++;
		log_peer(core, &m->dg->remote, NULL, IKE_LOG_NOTICE, "malformed", "IKE_SA_INIT malformed: %s",
			 p ? why : "no SA payload");
		sa_init_refuse(core, m, IKE_N_INVALID_SYNTAX, NULL, 0);
		return false;
	}
	n_ours = select_proposals(core->policy, &m->dg->local, ours, 2 * OFFER_MAX);
	if (ike_proposal_select(offer, n, ours, n_ours, chosen) >= 0)
		return true;
	core->counters.refused_proposal++;
	log_peer(core, &m->dg->remote, NULL, IKE_LOG_WARNING, "negotiation-refused",
		 "IKE_SA_INIT refused, no IKE proposal in common: offered %s; the profiles for this address allow %s; %s",
		 ike_proposals_text(offer, n, offered_text, sizeof(offered_text)),
		 n_ours ? ike_proposals_text(ours, n_ours, allowed, sizeof(allowed)) : "none",
		 ike_proposal_explain(offer, n, ours, n_ours, explain, sizeof(explain)));
	sa_init_refuse(core, m, IKE_N_NO_PROPOSAL_CHOSEN, NULL, 0);
	return false;
}

static void resp_made(struct task *task, struct ike_job *job)
{
	struct ike_sa *sa = task->sa;
	struct init_state *init = sa->init;
	struct ike_chain chain = { 0 };

	if (!job->shared_len || !ike_sa_set_keys(sa, (struct ike_bytes){ job->shared, job->shared_len },
						 nonce_bytes(&init->ni), nonce_bytes(&init->nr), NULL)) {
		log_sa(sa, IKE_LOG_WARNING, "dh-failed", "IKE_SA_INIT refused: %s",
		       job->why ? job->why : "no keys could be derived");
		ike_sa_close(sa, false);
		return;
	}
	ike_chain_sa(&chain, &sa->suite, 1);
	add_common(sa, &chain, ike_dh_public(job->dh), init->group, &init->nr,
		   select_force_encap(sa->core->policy, &sa->local), sa->fragmentation);
	window_respond(sa, IKE_EXCHANGE_SA_INIT, 0, &chain);
	ike_chain_free(&chain);
	if (sa->response.n)
		keep(&init->ours, sa->response.parts[0].data, sa->response.parts[0].len);
	task_done(task);
}

static const struct task_type serve_init_task = {
	.name = "IKE_SA_INIT of the peer",
	.exchange = IKE_EXCHANGE_SA_INIT,
};

static void serve(struct ike_core *core, struct message *m, const struct ike_proposal *chosen,
		  const struct ike_ke *ke, struct ike_bytes ni)
{
	struct ike_sa *sa = ike_sa_new(core, false, &m->dg->local, &m->dg->remote, m->dg->natt);
	struct ike_notify notify;
	struct task *task;

	sa->peer_spi = m->h.spi_i;
	sa->suite = *chosen;
	sa->peer_msgid = 1;
	enter_half_open(sa, m);
	sa->init = xzalloc(sizeof(*sa->init));
	sa->init->group = ke->group;
	nonce_set(&sa->init->ni, ni);
	nonce_make(core, &sa->init->nr);
	keep(&sa->init->theirs, m->dg->data, m->dg->len);
	sa->fragmentation = ike_notify_find(&m->in, IKE_N_FRAGMENTATION_SUPPORTED, &notify);
	sa_init_vendor_ids(sa, m);
	natt_detect(sa, m, select_force_encap(core->policy, &sa->local));
	task = task_serve(sa, &serve_init_task, 0);
	task->resume = resp_made;
	job_start(task, ke->group, NULL, ke->data);
}

void sa_init_handle(struct ike_core *core, struct message *m)
{
	struct ike_sa *sa = find_half_open(core, m);
	struct ike_proposal chosen;
	struct ike_bytes ni;
	uint8_t group[2];
	struct ike_ke ke;
	const char *why;
	uint16_t want;

	m->in = m->outer;
	if (sa) {
		/* The very same again is a retransmission; anything else with this SPI is not from this peer. */
		if (sa->init && sa->init->theirs.len == m->dg->len &&
		    !memcmp(sa->init->theirs.data, m->dg->data, m->dg->len))
			window_repeat(sa, m);
		else
			core->counters.rx_unexpected++;
		return;
	}
	if (core->stopping)
		return;
	if (!m->h.spi_i || m->h.spi_r || m->h.message_id || !message_nonce(m, &ni, &why)) {
		core->counters.rx_malformed++;
		return;
	}
	if (defended(core, m, ni) || !choose(core, m, &chosen))
		return;
	want = ike_proposal_find(&chosen, IKE_TRANSFORM_KE)->id;
	if (!message_ke(m, &ke, &why) || ke.group != want) {
		group[0] = (uint8_t)(want >> 8);
		group[1] = (uint8_t)want;
		sa_init_refuse(core, m, IKE_N_INVALID_KE_PAYLOAD, group, sizeof(group));
		return;
	}
	serve(core, m, &chosen, &ke, ni);
}
