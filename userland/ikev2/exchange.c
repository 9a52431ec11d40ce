// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From a message to its handler. The table says which exchange is possible in which state, which payloads a
 * request cannot do without and which may come once only; everything that is the same for all exchanges
 * (windows, checksums, fragments, critical payloads) is done here, before a handler sees the message.
 */
#include "exchange.h"
#include "auth.h"
#include "core_state.h"
#include "create_child.h"
#include "informational.h"
#include "log.h"
#include "memory.h"
#include "sa_init.h"
#include "window.h"

#define P(type) (UINT64_C(1) << (IKE_PAYLOAD_##type - IKE_PAYLOAD_SA))
#define LIVENESS_HINT_MS 10000

/**
 * struct exchange_rule
 * @states: of the IKE SA, in which the message is possible
 * @required: payloads that must be there
 * @once: payloads that must not be there twice
 * @handle: of a request; a response goes to the task that asked
 */
struct exchange_rule {
	uint8_t exchange;
	bool response;
	unsigned int states;
	uint64_t required;
	uint64_t once;
	void (*handle)(struct ike_sa *sa, struct message *m);
};

#define NEGOTIATION_ONCE (P(SA) | P(KE) | P(NONCE) | P(TSI) | P(TSR) | P(CP))

static const struct exchange_rule rules[] = {
	{
		.exchange = IKE_EXCHANGE_SA_INIT,
		.response = true,
		.states = IKE_SA_CONNECTING,
		.once = NEGOTIATION_ONCE,
	}, {
		.exchange = IKE_EXCHANGE_AUTH,
		.states = IKE_SA_HALF_OPEN,
		.required = P(IDI) | P(SA) | P(TSI) | P(TSR),
		.once = NEGOTIATION_ONCE | P(IDI) | P(IDR) | P(AUTH),
		.handle = auth_handle,
	}, {
		.exchange = IKE_EXCHANGE_AUTH,
		.response = true,
		.states = IKE_SA_AUTHENTICATING,
		.once = NEGOTIATION_ONCE | P(IDI) | P(IDR) | P(AUTH),
	}, {
		.exchange = IKE_EXCHANGE_CREATE_CHILD_SA,
		.states = IKE_SA_UP | IKE_SA_REPLACED | IKE_SA_DELETING,
		.required = P(SA) | P(NONCE),
		.once = NEGOTIATION_ONCE,
		.handle = create_child_handle,
	}, {
		.exchange = IKE_EXCHANGE_CREATE_CHILD_SA,
		.response = true,
		.states = IKE_SA_UP | IKE_SA_REPLACED | IKE_SA_DELETING,
		.once = NEGOTIATION_ONCE,
	}, {
		.exchange = IKE_EXCHANGE_INFORMATIONAL,
		.states = IKE_SA_UP | IKE_SA_REPLACED | IKE_SA_DELETING,
		.once = P(CP),
		.handle = informational_handle,
	}, {
		.exchange = IKE_EXCHANGE_INFORMATIONAL,
		.response = true,
		.states = IKE_SA_UP | IKE_SA_REPLACED | IKE_SA_DELETING,
		.once = P(CP),
	},
};

static const struct exchange_rule init_request = {
	.exchange = IKE_EXCHANGE_SA_INIT,
	.required = P(SA) | P(KE) | P(NONCE),
	.once = NEGOTIATION_ONCE,
};

static const struct exchange_rule *find_rule(const struct message *m)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		if (rules[i].exchange == m->h.exchange && rules[i].response == message_is_response(m))
			return &rules[i];
	return NULL;
}

static const char *check_payloads(const struct exchange_rule *rule, const struct ike_payloads *in)
{
	uint64_t seen = 0;

	for (size_t i = 0; i < in->n; i++) {
		uint64_t bit;

		if (in->p[i].type < IKE_PAYLOAD_SA || in->p[i].type >= IKE_PAYLOAD_SA + 64)
			continue;
		bit = UINT64_C(1) << (in->p[i].type - IKE_PAYLOAD_SA);
		if (seen & bit & rule->once)
			return "a payload that may come once came twice";
		seen |= bit;
	}
	return rule->required & ~seen ? "a payload that must be there is missing" : NULL;
}

const char *exchange_check_init(const struct message *m)
{
	return check_payloads(&init_request, &m->outer);
}

/*
 * RFC 7296 section 2.21.4: INVALID_IKE_SPI in the clear may come from anybody, so all that it can do is make us
 * ask the peer sooner than we would have.
 */
static void hint(struct ike_sa *sa, const struct message *m)
{
	struct ike_notify notify;

	if (sa->state != IKE_SA_UP || !ike_notify_find(&m->outer, IKE_N_INVALID_IKE_SPI, &notify) ||
	    (sa->liveness_hint && sa->core->now < sa->liveness_hint + LIVENESS_HINT_MS))
		return;
	sa->liveness_hint = sa->core->now;
	log_sa(sa, IKE_LOG_NOTICE, "peer-lost-state",
	       "the peer says that it does not know this IKE SA (it may have restarted); checking");
	informational_check_liveness(sa);
}

/* Noise from elsewhere does no harm; a line now and then tells of it, with where it came from. */
static void forged(struct ike_sa *sa, const struct message *m, const char *why)
{
	char from[IKE_ADDR_STRLEN];

	sa->core->counters.rx_integrity++;
	log_sa(sa, IKE_LOG_NOTICE, "message-forged",
	       "%s from %s dropped: %s; it was damaged on the way or is not from this peer",
	       ike_exchange_name(m->h.exchange), ike_addr_port_text(&m->dg->remote, from), why);
}

static bool is_protected(const struct message *m)
{
	uint8_t last = m->outer.n ? m->outer.p[m->outer.n - 1].type : IKE_PAYLOAD_NONE;

	return last == IKE_PAYLOAD_SK || last == IKE_PAYLOAD_SKF;
}

/* Is it for this moment? Counts what is not. */
static bool expected(struct ike_sa *sa, const struct exchange_rule *rule, const struct message *m)
{
	struct ike_core_counters *counters = &sa->core->counters;

	if (!rule->response) {
		if (window_judge(sa, m->h.message_id) != WINDOW_OUTSIDE)
			return true;
		counters->rx_message_id++;
		return false;
	}
	if (!sa->sends || m->h.message_id != sa->next_msgid) {
		counters->rx_message_id++;
		return false;
	}
	if (m->h.exchange == sa->request_exchange && rule->states & sa->state)
		return true;
	counters->rx_unexpected++;
	return false;
}

static void broken(struct ike_sa *sa, const struct message *m, const char *why)
{
	sa->core->counters.rx_malformed++;
	log_sa(sa, IKE_LOG_WARNING, "malformed", "%s %s malformed: %s; IKE SA given up",
	       ike_exchange_name(m->h.exchange), message_is_response(m) ? "response" : "request", why);
	sa->end_why = "the peer sent a malformed message";
	if (!message_is_response(m))
		window_respond_notify(sa, m->h.exchange, m->h.message_id, IKE_N_INVALID_SYNTAX);
	ike_sa_close(sa, true);
}

/* True when the message was refused for a payload that we would have to understand. */
static bool critical(struct ike_sa *sa, const struct message *m)
{
	const struct ike_payload *p = ike_payloads_critical(&m->in);
	struct ike_chain chain = { 0 };

	if (!p)
		return false;
	sa->core->counters.rx_critical++;
	log_sa(sa, IKE_LOG_NOTICE, "unsupported-critical-payload", "%s has a critical payload of unknown type %u",
	       ike_exchange_name(m->h.exchange), p->type);
	if (message_is_response(m))
		return false;
	ike_chain_notify(&chain, IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD, &p->type, 1);
	window_respond(sa, m->h.exchange, m->h.message_id, &chain);
	ike_chain_free(&chain);
	return true;
}

static void request(struct ike_sa *sa, const struct exchange_rule *rule, struct message *m, bool intact,
		    const char *why)
{
	sa->peer_msgid++;
	flight_free(&sa->response);
	if (intact)
		why = check_payloads(rule, &m->in);
	if (why) {
		broken(sa, m, why);
		return;
	}
	if (!critical(sa, m))
		rule->handle(sa, m);
}

static void response(struct ike_sa *sa, const struct exchange_rule *rule, struct message *m, bool intact,
		     const char *why)
{
	struct task *task = sa->task;

	if (intact)
		why = check_payloads(rule, &m->in);
	window_answered(sa);
	if (why) {
		broken(sa, m, why);
		return;
	}
	critical(sa, m);
	/* While the IKE SA is being deleted only what made another one still matters. */
	if (sa->state == IKE_SA_DELETING && task->type != &delete_ike_task && !task->type->rekeys_ike)
		task_done(task);
	else
		task->type->response(task, m);
}

static bool only_first_fragment(const struct message *m)
{
	const struct ike_payload *last = &m->outer.p[m->outer.n - 1];
	struct ike_skf skf;

	return last->type == IKE_PAYLOAD_SK || (ike_skf_decode(last->body, last->len, &skf, NULL) && skf.number == 1);
}

/* RFC 7383 section 2.6.1: of a repeated request in fragments the first one brings the answer again. */
static void repeated(struct ike_sa *sa, struct message *m)
{
	const struct ike_payload *last = &m->outer.p[m->outer.n - 1];
	const char *why;

	if (!only_first_fragment(m))
		return;
	if (sa->cipher_in && ike_sk_open(sa->cipher_in, m->dg->data, m->dg->len, last, &m->plain, &why))
		window_repeat(sa, m);
	else
		forged(sa, m, "checksum wrong");
}

static void protected_message(struct ike_sa *sa, const struct exchange_rule *rule, struct message *m)
{
	const char *why = NULL;
	enum message_open result;

	if (!rule->response && window_judge(sa, m->h.message_id) == WINDOW_REPEATED) {
		repeated(sa, m);
		return;
	}
	if (!(rule->states & sa->state)) {
		sa->core->counters.rx_unexpected++;
		return;
	}
	result = message_open(sa, m, &why);
	if (result == MESSAGE_PARTIAL)
		return;
	if (result == MESSAGE_FORGED) {
		forged(sa, m, why ? why : "checksum wrong");
		return;
	}
	ike_sa_heard(sa, m->dg);
	if (rule->response)
		response(sa, rule, m, result == MESSAGE_OPEN, why);
	else
		request(sa, rule, m, result == MESSAGE_OPEN, why);
}

void exchange_receive(struct ike_sa *sa, struct message *m)
{
	const struct exchange_rule *rule = find_rule(m);

	if (!rule) {
		sa->core->counters.rx_unexpected++;
		return;
	}
	if (m->h.exchange != IKE_EXCHANGE_SA_INIT && message_is_response(m) && !is_protected(m)) {
		hint(sa, m);
		return;
	}
	if (!expected(sa, rule, m))
		return;
	if (m->h.exchange == IKE_EXCHANGE_SA_INIT) {
		m->in = m->outer;
		response(sa, rule, m, true, NULL);
		return;
	}
	if (!is_protected(m)) {
		forged(sa, m, "not encrypted");
		return;
	}
	protected_message(sa, rule, m);
}
