// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Both windows have the size of one: we never send a second request before the first is answered, and never
 * announce that we could take more.
 */
#include "window.h"
#include "core_state.h"
#include "ike_sa.h"
#include "log.h"
#include "memory.h"
#include "session.h"

#define RETRANSMIT_BASE_MS 2000
#define RETRANSMIT_TRIES 5
#define RETRANSMIT_MAX_MS 60000
#define DISOWNED_MS 20000

/*
 * While the peer says, in the clear, that it does not know this IKE SA, the network works and patience serves
 * nobody: tries follow each other without growing pauses, so that a peer that has restarted is dialed again soon.
 * Whoever forges that notification gains nothing, since the peer answers one of the tries.
 */
static bool is_disowned(const struct ike_sa *sa)
{
	return sa->liveness_hint && sa->core->now < sa->liveness_hint + DISOWNED_MS;
}

static void arm(struct ike_sa *sa)
{
	uint64_t wait = sa->profile && sa->profile->retransmit_base_ms ? sa->profile->retransmit_base_ms :
									RETRANSMIT_BASE_MS;

	for (unsigned int i = 1; i < sa->sends && wait < RETRANSMIT_MAX_MS && !is_disowned(sa); i++)
		wait *= 2;
	if (wait > RETRANSMIT_MAX_MS)
		wait = RETRANSMIT_MAX_MS;
	/* Many peers that lost the same hub at the same moment must not come back in step. */
	wait += core_random_below(sa->core, wait / 8);
	timer_set(&sa->core->timers, &sa->retransmit, sa->core->now + wait);
}

static void cannot_build(struct ike_sa *sa, uint8_t exchange)
{
	log_sa(sa, IKE_LOG_ERROR, "message-unbuildable",
	       "%s message cannot be built (too long, or the cryptographic library refused); IKE SA given up",
	       ike_exchange_name(exchange));
	ike_sa_close(sa, false);
}

void window_request(struct ike_sa *sa, uint8_t exchange, const struct ike_chain *chain)
{
	struct ike_header h = ike_sa_header(sa, exchange, false, sa->next_msgid);
	bool built = ike_chain_ok(chain) && (exchange == IKE_EXCHANGE_SA_INIT ?
		flight_clear_text(&sa->request, &h, chain) : flight_seal(sa, &sa->request, &h, chain));

	if (!built) {
		cannot_build(sa, exchange);
		return;
	}
	sa->request_exchange = exchange;
	sa->sends = 1;
	flight_send(sa, &sa->request);
	arm(sa);
}

void window_retransmit(struct timer *timer)
{
	struct ike_sa *sa = container_of(timer, struct ike_sa, retransmit);
	unsigned int tries = sa->profile && sa->profile->retransmit_tries ? sa->profile->retransmit_tries :
									   RETRANSMIT_TRIES;

	if (sa->sends < tries) {
		sa->sends++;
		sa->core->counters.tx_retransmits++;
		flight_send(sa, &sa->request);
		arm(sa);
		return;
	}
	sa->core->counters.timeouts++;
	if (sa->state != IKE_SA_DELETING)
		log_sa(sa, IKE_LOG_WARNING, "retransmit-timeout",
		       "no answer to %s (message %u) after %u tries; %s", ike_exchange_name(sa->request_exchange),
		       sa->next_msgid, sa->sends,
		       sa->state == IKE_SA_CONNECTING ?
			       "is the peer reachable and listening, and are UDP ports 500 and 4500 open on the way?" :
			       "peer taken for dead");
	ike_sa_close(sa, false);
}

void window_answered(struct ike_sa *sa)
{
	timer_stop(&sa->core->timers, &sa->retransmit);
	flight_free(&sa->request);
	sa->sends = 0;
	sa->next_msgid++;
}

void window_respond(struct ike_sa *sa, uint8_t exchange, uint32_t msgid, const struct ike_chain *chain)
{
	struct ike_header h = ike_sa_header(sa, exchange, true, msgid);
	bool built = ike_chain_ok(chain) && (exchange == IKE_EXCHANGE_SA_INIT ?
		flight_clear_text(&sa->response, &h, chain) : flight_seal(sa, &sa->response, &h, chain));

	if (!built) {
		cannot_build(sa, exchange);
		return;
	}
	flight_send(sa, &sa->response);
}

void window_respond_notify(struct ike_sa *sa, uint8_t exchange, uint32_t msgid, uint16_t type)
{
	struct ike_chain chain = { 0 };

	ike_chain_notify(&chain, type, NULL, 0);
	window_respond(sa, exchange, msgid, &chain);
	ike_chain_free(&chain);
}

void window_respond_empty(struct ike_sa *sa, uint8_t exchange, uint32_t msgid)
{
	struct ike_chain chain = { 0 };

	window_respond(sa, exchange, msgid, &chain);
	ike_chain_free(&chain);
}

enum window_request window_judge(const struct ike_sa *sa, uint32_t msgid)
{
	/* With a window of one the next request has no business here before this one is answered. */
	if (msgid == sa->peer_msgid)
		return sa->serving ? WINDOW_OUTSIDE : WINDOW_NEW;
	/* Before the first request peer_msgid is 0 and there is nothing to repeat. */
	return sa->peer_msgid && msgid == sa->peer_msgid - 1 ? WINDOW_REPEATED : WINDOW_OUTSIDE;
}

void window_repeat(struct ike_sa *sa, const struct message *m)
{
	sa->core->counters.rx_retransmits++;
	if (!sa->response.n)
		return;
	sa->core->counters.tx_retransmits++;
	flight_answer(sa, &sa->response, m->dg);
}
