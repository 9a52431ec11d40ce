// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * IKE_AUTH with one method on either side, which auth_method.c knows. What a peer that cannot prove itself gets
 * to hear is always AUTHENTICATION_FAILED; what the administrator gets to read says why.
 */
#include "auth.h"
#include "auth_method.h"
#include "child_negotiate.h"
#include "core_state.h"
#include "ike_sa.h"
#include "informational.h"
#include "log.h"
#include "memory.h"
#include "sa_init.h"
#include "select.h"
#include "session.h"
#include "window.h"

#define TEXT_MAX 700

static void release(struct task *task)
{
	exchange_state_free(task->x);
	task->x = NULL;
}

static void set_local_id(struct ike_sa *sa)
{
	sa->local_id = sa->profile->local_id;
	if (sa->local_id.type != IKE_ID_NONE)
		return;
	sa->local_id.type = sa->local.family == AF_INET ? IKE_ID_IPV4_ADDR : IKE_ID_IPV6_ADDR;
	sa->local_id.len = (uint16_t)ike_addr_size(&sa->local);
	memcpy(sa->local_id.data, sa->local.bytes, sa->local_id.len);
}

static bool read_id(const struct message *m, uint8_t type, struct ike_id *id)
{
	const struct ike_payload *p = ike_payloads_find(&m->in, type);

	return p && ike_id_decode(p->body, p->len, id, NULL);
}

static bool read_auth(const struct message *m, struct ike_auth *auth)
{
	const struct ike_payload *p = ike_payloads_find(&m->in, IKE_PAYLOAD_AUTH);

	return p && ike_auth_decode(p->body, p->len, auth, NULL);
}

static bool keys(struct task *task)
{
	const struct init_state *init = task->sa->init;

	return child_set_keys(task->x->child, (struct ike_bytes){ 0 }, nonce_bytes(&init->ni), nonce_bytes(&init->nr),
			      task->sa->initiator);
}

/* Initiator */

static void fail(struct ike_sa *sa, const char *why)
{
	sa->end_why = why;
	ike_sa_close(sa, false);
}

/* The peer takes us for authenticated already: it must be told that we go. */
static void fail_and_tell(struct ike_sa *sa, const char *why)
{
	sa->end_why = why;
	sa->state = IKE_SA_UP;
	ike_sa_delete(sa);
}

/* The identity that the profile expects, where it names exactly one. */
static const struct ike_id *expected_id(const struct ike_profile *profile)
{
	return profile->n_match_remote == 1 && profile->match_remote[0].kind == IKE_ID_MATCH_EXACT ?
		       &profile->match_remote[0].id : NULL;
}

static void start(struct task *task)
{
	struct ike_sa *sa = task->sa;
	const struct ike_profile *profile = sa->profile;
	const struct ike_id *expected = expected_id(profile);
	struct exchange_state *x = task->x = xzalloc(sizeof(*x));
	struct ike_chain chain = { 0 };

	set_local_id(sa);
	if (expected)
		sa->peer_id = *expected;
	x->child = child_new(sa);
	if (!x->child) {
		fail(sa, "the kernel has no SPI");
		return;
	}
	ike_chain_id(&chain, IKE_PAYLOAD_IDI, &sa->local_id);
	if (profile->initial_contact)
		ike_chain_notify(&chain, IKE_N_INITIAL_CONTACT, NULL, 0);
	if (expected)
		ike_chain_id(&chain, IKE_PAYLOAD_IDR, expected);
	if (!auth_method_sign(sa, &chain)) {
		ike_chain_free(&chain);
		fail(sa, "nothing to authenticate with");
		return;
	}
	if (profile->config_request)
		config_add_request(&chain);
	child_default_ts(x->child);
	child_offer_sa(x, &chain);
	child_offer_ts(x->child, &chain, true);
	ike_chain_raw(&chain, IKE_PAYLOAD_VENDOR, FLEXVPN_VENDOR_ID, strlen(FLEXVPN_VENDOR_ID));
	window_request(sa, IKE_EXCHANGE_AUTH, &chain);
	ike_chain_free(&chain);
}

/* Is the answer from whom we want? */
static bool verify_peer(struct ike_sa *sa, const struct message *m)
{
	char text[IKE_ID_STRLEN];
	struct ike_auth auth;

	if (!read_id(m, IKE_PAYLOAD_IDR, &sa->peer_id) || !read_auth(m, &auth)) {
		log_sa(sa, IKE_LOG_WARNING, "authentication-failed",
		       "IKE_AUTH: the answer has no readable IDr and AUTH payloads");
		return false;
	}
	if (!select_profile_match(sa->profile, &sa->peer_id)) {
		log_sa(sa, IKE_LOG_WARNING, "authentication-failed",
		       "the peer is %s, which profile \"%s\" does not expect; add it to match-identity-remote if it is the right one",
		       ike_id_text(&sa->peer_id, text), sa->profile->name);
		return false;
	}
	return auth_method_verify(sa, &auth);
}

static void peer_refuses(struct ike_sa *sa, const struct ike_notify *error)
{
	char text[IKE_ID_STRLEN];

	sa->core->counters.refused_auth++;
	if (error->type == IKE_N_AUTHENTICATION_FAILED)
		log_sa(sa, IKE_LOG_WARNING, "authentication-failed",
		       "the peer refuses us as %s: it does not know this identity or has another pre-shared key for it (profile \"%s\": identity-local, keyring \"%s\"); its own log knows which",
		       ike_id_text(&sa->local_id, text), sa->profile->name,
		       sa->profile->keyring ? sa->profile->keyring->name : "");
	else
		log_sa(sa, IKE_LOG_WARNING, "negotiation-refused", "IKE_AUTH refused by the peer: %s",
		       ike_notify_name(error->type));
	fail(sa, "the peer refuses to authenticate us");
}

/* The same peer may have dialed us meanwhile: one identity, one session. */
static void join_session(struct ike_sa *sa)
{
	struct session *mine = sa->session;
	struct session *other = session_find_owner(sa->core, sa->profile, &sa->peer_id);

	if (!other) {
		session_identify(mine, &sa->peer_id);
		return;
	}
	TAILQ_REMOVE(&mine->sas, sa, in_session);
	session_attach(other, sa);
	dial_session_merged(mine, other);
	session_end(mine, "the peer has a session already");
}

static void linked(struct task *task, int error, const char *reason)
{
	struct ike_sa *sa = task->sa;
	struct child_sa *child = child_find(task->core, task->x->child_number);

	if (error) {
		if (child)
			child->in_kernel = false;
		session_end(sa->session, "the kernel refused the link");
		return;
	}
	if (child)
		child_established(child);
	task_done(task);
	if (sa->state == IKE_SA_UP)
		informational_set_config(sa);
}

static bool child_refused(struct ike_sa *sa, const struct message *m)
{
	struct ike_notify error;
	size_t index = 0;

	if (!ike_notify_next_error(&m->in, &index, &error))
		return false;
	sa->core->counters.refused_other++;
	log_sa(sa, IKE_LOG_WARNING, "child-refused",
	       "the peer has authenticated us but refuses the Child SA: %s; compare transform-set and selectors of ipsec-profile \"%s\" with the peer's",
	       ike_notify_name(error.type), sa->profile->ipsec->name);
	return true;
}

static void response(struct task *task, struct message *m)
{
	struct ike_sa *sa = task->sa;
	struct exchange_state *x = task->x;
	struct session *session;
	struct ike_notify error;
	size_t index = 0;

	if (!ike_payloads_find(&m->in, IKE_PAYLOAD_AUTH) && ike_notify_next_error(&m->in, &index, &error)) {
		peer_refuses(sa, &error);
		return;
	}
	if (!verify_peer(sa, m)) {
		sa->core->counters.refused_auth++;
		fail_and_tell(sa, "the peer could not be authenticated");
		return;
	}
	sa_init_vendor_ids(sa, m);
	if (child_refused(sa, m) || child_accept(sa, x, m, true) || !keys(task)) {
		fail_and_tell(sa, "no Child SA came about");
		return;
	}
	join_session(sa);
	session = sa->session;
	x->child->session = session;
	config_take_reply(session, m);
	ike_sa_establish(sa);
	TAILQ_REMOVE(&session->sas, sa, in_session);
	TAILQ_INSERT_HEAD(&session->sas, sa, in_session);
	x->child_number = x->child->number;
	task->kernel_done = linked;
	session_link_up(session, x->child, task);
	x->child = NULL;
}

const struct task_type auth_task = {
	.name = "IKE_AUTH",
	.exchange = IKE_EXCHANGE_AUTH,
	.start = start,
	.response = response,
	.release = release,
};

/* Responder */

static void refuse(struct ike_sa *sa, uint32_t msgid, uint16_t type)
{
	if (type == IKE_N_AUTHENTICATION_FAILED)
		sa->core->counters.refused_auth++;
	else
		sa->core->counters.refused_other++;
	window_respond_notify(sa, IKE_EXCHANGE_AUTH, msgid, type);
	ike_sa_close(sa, true);
}

static bool find_profile(struct ike_sa *sa, const struct message *m)
{
	struct ike_policy *policy = sa->core->policy;
	const struct ike_profile *profile;
	char text[TEXT_MAX];
	struct ike_id wanted;
	bool has_wanted = read_id(m, IKE_PAYLOAD_IDR, &wanted);

	profile = select_profile(policy, &sa->local, &sa->peer_id, has_wanted ? &wanted : NULL);
	if (!profile) {
		log_sa(sa, IKE_LOG_WARNING, "authentication-failed",
		       "no profile serves this identity; identities that are served: %s; add it to match-identity-remote of a profile",
		       select_identities_text(policy, text, sizeof(text)));
		return false;
	}
	ike_sa_set_profile(sa, profile, policy);
	return true;
}

/* IKE_SA_INIT chose among the proposals of all profiles; now it is known which one counts. */
static bool suite_allowed(struct ike_sa *sa)
{
	const struct ike_profile *profile = sa->profile;
	char has[TEXT_MAX], allows[TEXT_MAX];
	struct ike_proposal chosen;

	if (ike_proposal_select(&sa->suite, 1, profile->proposals, profile->n_proposals, &chosen) >= 0)
		return true;
	log_sa(sa, IKE_LOG_WARNING, "negotiation-refused",
	       "IKE_AUTH refused: IKE_SA_INIT agreed on %s, but profile \"%s\", which serves this identity, allows only %s",
	       ike_proposal_text(&sa->suite, has, sizeof(has)), profile->name,
	       ike_proposals_text(profile->proposals, profile->n_proposals, allows, sizeof(allows)));
	return false;
}

static bool authenticate(struct ike_sa *sa, const struct message *m)
{
	struct ike_auth auth;

	if (!read_id(m, IKE_PAYLOAD_IDI, &sa->peer_id)) {
		log_sa(sa, IKE_LOG_WARNING, "malformed", "IKE_AUTH malformed: no readable IDi payload");
		return false;
	}
	if (!find_profile(sa, m))
		return false;
	if (!read_auth(m, &auth)) {
		log_sa(sa, IKE_LOG_WARNING, "authentication-failed",
		       "the peer wants to authenticate by EAP (no AUTH payload); profile \"%s\" wants a pre-shared key: set the peer to use one",
		       sa->profile->name);
		return false;
	}
	return auth_method_verify(sa, &auth) && suite_allowed(sa);
}

static void attach(struct ike_sa *sa)
{
	struct session *session = session_find_owner(sa->core, sa->profile, &sa->peer_id);

	if (!session) {
		session = session_new(sa->core, sa->profile, sa->policy);
		session->local = sa->local;
		session->remote = sa->remote;
		session_identify(session, &sa->peer_id);
	}
	session_attach(session, sa);
}

/* The peer has forgotten what it had before (RFC 7296 section 2.4). */
static void forget_others(struct ike_sa *sa)
{
	struct ike_sa *other, *next;

	for (other = TAILQ_FIRST(&sa->session->sas); other; other = next) {
		next = TAILQ_NEXT(other, in_session);
		if (other != sa)
			ike_sa_close(other, false);
	}
}

/* Everything is decided: answer, with the Child SA or without. */
static void answer(struct task *task)
{
	struct ike_sa *sa = task->sa;
	struct exchange_state *x = task->x;
	struct child_sa *child = child_find(task->core, x->child_number);
	bool initial_contact = x->initial_contact;
	struct ike_chain chain = { 0 };

	ike_chain_id(&chain, IKE_PAYLOAD_IDR, &sa->local_id);
	if (!auth_method_sign(sa, &chain)) {
		ike_chain_free(&chain);
		refuse(sa, task->msgid, IKE_N_AUTHENTICATION_FAILED);
		return;
	}
	if (!x->child_error && child) {
		config_add_answer(sa, &x->config, &chain);
		ike_chain_sa(&chain, &x->chosen, 1);
		child_offer_ts(child, &chain, false);
		child_established(child);
	} else {
		ike_chain_notify(&chain, x->child_error, NULL, 0);
	}
	window_respond(sa, IKE_EXCHANGE_AUTH, task->msgid, &chain);
	ike_chain_free(&chain);
	if (sa->state != IKE_SA_AUTHENTICATING)
		return;
	ike_sa_establish(sa);
	TAILQ_REMOVE(&sa->session->sas, sa, in_session);
	TAILQ_INSERT_HEAD(&sa->session->sas, sa, in_session);
	if (initial_contact)
		forget_others(sa);
	if (x->child_error && !sa->session->out_child)
		session_without_child(sa->session);
	task_done(task);
	informational_set_config(sa);
}

static void resp_linked(struct task *task, int error, const char *reason)
{
	struct child_sa *child = child_find(task->core, task->x->child_number);
	struct ike_sa *sa = task->sa;

	if (!error) {
		answer(task);
		return;
	}
	if (child)
		child->in_kernel = false;
	refuse(sa, task->msgid, IKE_N_TEMPORARY_FAILURE);
}

static const struct task_type serve_auth_task = {
	.name = "IKE_AUTH of the peer",
	.exchange = IKE_EXCHANGE_AUTH,
	.release = release,
};

static uint16_t make_child(struct task *task, const struct message *m)
{
	struct ike_sa *sa = task->sa;
	struct exchange_state *x = task->x;
	const char *why;
	uint16_t error;

	if (!config_read(m, &x->config, sa->session, &why)) {
		log_sa(sa, IKE_LOG_WARNING, "malformed", "IKE_AUTH malformed: %s", why);
		return IKE_N_INVALID_SYNTAX;
	}
	error = config_lease(sa, &x->config);
	if (error)
		return error;
	x->child = child_new(sa);
	if (!x->child)
		return IKE_N_TEMPORARY_FAILURE;
	error = child_choose(sa, x, m, true);
	if (error)
		return error;
	return keys(task) ? 0 : IKE_N_NO_PROPOSAL_CHOSEN;
}

void auth_handle(struct ike_sa *sa, struct message *m)
{
	struct ike_notify notify;
	struct task *task;

	sa->local = m->dg->local;
	sa->remote = m->dg->remote;
	sa->natt = m->dg->natt;
	sa->state = IKE_SA_AUTHENTICATING;
	if (!authenticate(sa, m)) {
		refuse(sa, m->h.message_id, IKE_N_AUTHENTICATION_FAILED);
		return;
	}
	set_local_id(sa);
	sa_init_vendor_ids(sa, m);
	attach(sa);
	task = task_serve(sa, &serve_auth_task, m->h.message_id);
	task->x = xzalloc(sizeof(*task->x));
	task->x->initial_contact = ike_notify_find(&m->in, IKE_N_INITIAL_CONTACT, &notify);
	task->x->child_error = make_child(task, m);
	if (task->x->child_error) {
		answer(task);
		return;
	}
	task->x->child_number = task->x->child->number;
	task->kernel_done = resp_linked;
	session_link_up(sa->session, task->x->child, task);
	task->x->child = NULL;
}
