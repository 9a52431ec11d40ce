// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The life of an IKE SA apart from its exchanges: tables, keys, timers, address and end.
 */
#include "ike_sa.h"
#include "core_state.h"
#include "fragment.h"
#include "informational.h"
#include "log.h"
#include "memory.h"
#include "natt.h"
#include "rekey_ike.h"
#include "session.h"
#include "window.h"
#include "../ike/keylog.h"

#define HALF_OPEN_MS 30000
#define LINGER_MS 30000

void nonce_make(struct ike_core *core, struct nonce *nonce)
{
	nonce->len = NONCE_LEN;
	core_random(core, nonce->data, nonce->len);
}

void nonce_set(struct nonce *nonce, struct ike_bytes bytes)
{
	nonce->len = bytes.len;
	memcpy(nonce->data, bytes.data, bytes.len);
}

struct ike_bytes nonce_bytes(const struct nonce *nonce)
{
	return (struct ike_bytes){ nonce->data, nonce->len };
}

int nonce_compare(const struct nonce *a, const struct nonce *b)
{
	size_t len = a->len < b->len ? a->len : b->len;
	int order = memcmp(a->data, b->data, len);

	return order ? order : (a->len > b->len) - (a->len < b->len);
}

static void init_state_free(struct init_state *init)
{
	if (!init)
		return;
	ike_writer_free(&init->ours);
	ike_writer_free(&init->theirs);
	ike_writer_free(&init->cookie);
	ike_dh_free(init->dh);
	free(init->offer);
	free(init);
}

static void expired(struct timer *timer)
{
	struct ike_sa *sa = container_of(timer, struct ike_sa, expire_timer);

	switch (sa->state) {
	case IKE_SA_UP:
		log_sa(sa, IKE_LOG_WARNING, "ike-sa-expired",
		       "IKE SA reached its lifetime without being rekeyed; deleting it");
		ike_sa_delete(sa);
		return;
	case IKE_SA_HALF_OPEN:
	case IKE_SA_AUTHENTICATING:
		log_sa(sa, IKE_LOG_NOTICE, "half-open-timeout",
		       "no IKE_AUTH followed the peer's IKE_SA_INIT within %u s; if a firewall is on the way, it must let UDP port 4500 and fragments pass",
		       HALF_OPEN_MS / 1000);
		ike_sa_close(sa, false);
		return;
	default:
		ike_sa_close(sa, false);
	}
}

static void rekey_due(struct timer *timer)
{
	rekey_ike_request(container_of(timer, struct ike_sa, rekey_timer));
}

static uint64_t fresh_spi(struct ike_core *core)
{
	uint64_t spi;

	do {
		core_random(core, &spi, sizeof(spi));
	} while (!spi || ike_sa_find(core, spi));
	return spi;
}

struct ike_sa *ike_sa_new(struct ike_core *core, bool initiator, const struct ike_addr *local,
			  const struct ike_addr *remote, bool natt)
{
	struct ike_sa *sa = xzalloc(sizeof(*sa));

	sa->core = core;
	sa->initiator = initiator;
	sa->state = initiator ? IKE_SA_CONNECTING : IKE_SA_HALF_OPEN;
	sa->local = *local;
	sa->remote = *remote;
	sa->natt = natt;
	sa->spi = fresh_spi(core);
	sa->created = sa->last_rx = core->now;
	TAILQ_INIT(&sa->tasks);
	timer_init(&sa->retransmit, window_retransmit);
	timer_init(&sa->rekey_timer, rekey_due);
	timer_init(&sa->expire_timer, expired);
	timer_init(&sa->dpd_timer, informational_dpd_due);
	timer_init(&sa->keepalive_timer, natt_keepalive_due);
	HASH_ADD(hh, core->sas, spi, sizeof(sa->spi), sa);
	if (!initiator)
		timer_set(&core->timers, &sa->expire_timer, core->now + HALF_OPEN_MS);
	return sa;
}

static void sa_free(void *object)
{
	struct ike_sa *sa = object;

	init_state_free(sa->init);
	flight_free(&sa->request);
	flight_free(&sa->response);
	fragments_free(sa->fragments[0]);
	fragments_free(sa->fragments[1]);
	ike_cipher_free(sa->cipher_in);
	ike_cipher_free(sa->cipher_out);
	ike_keys_wipe(&sa->keys);
	ike_policy_unref(sa->policy);
	free(sa);
}

void ike_sa_set_profile(struct ike_sa *sa, const struct ike_profile *profile, struct ike_policy *policy)
{
	struct ike_policy *old = sa->policy;

	sa->profile = profile;
	sa->policy = ike_policy_ref(policy);
	ike_policy_unref(old);
}

struct ike_sa *ike_sa_find(struct ike_core *core, uint64_t spi)
{
	struct ike_sa *sa;

	HASH_FIND(hh, core->sas, &spi, sizeof(spi), sa);
	return sa;
}

bool ike_sa_set_keys(struct ike_sa *sa, struct ike_bytes shared, struct ike_bytes ni, struct ike_bytes nr,
		     const struct ike_sa *old)
{
	char line[IKE_KEYLOG_MAX];

	if (!ike_keys_derive(&sa->keys, &sa->suite, shared, ni, nr, ike_sa_spi_i(sa), ike_sa_spi_r(sa),
			     old ? &old->keys : NULL))
		return false;
	sa->cipher_out = ike_cipher_new(&sa->keys, sa->initiator);
	sa->cipher_in = ike_cipher_new(&sa->keys, !sa->initiator);
	if (!sa->cipher_out || !sa->cipher_in)
		return false;
	if (sa->core->export_keys && ike_keylog_ike(&sa->keys, ike_sa_spi_i(sa), ike_sa_spi_r(sa), line)) {
		action_keys(sa->core, line);
		ike_wipe(line, sizeof(line));
	}
	return true;
}

void ike_sa_arm_rekey(struct ike_sa *sa, uint64_t in_ms)
{
	timer_set(&sa->core->timers, &sa->rekey_timer, sa->core->now + in_ms);
}

void ike_sa_establish(struct ike_sa *sa)
{
	struct ike_core *core = sa->core;
	uint64_t life = (uint64_t)sa->profile->life_seconds * 1000;

	ike_sa_leave_half_open(sa);
	init_state_free(sa->init);
	sa->init = NULL;
	sa->state = IKE_SA_UP;
	sa->established = core->now;
	timer_stop(&core->timers, &sa->expire_timer);
	if (life) {
		/* The initiator goes first, so that the two ends seldom rekey at once. */
		uint64_t margin = life / (sa->initiator ? 10 : 20);

		ike_sa_arm_rekey(sa, life - margin - core_random_below(core, margin / 2));
		timer_set(&core->timers, &sa->expire_timer, core->now + life);
	}
	informational_dpd_arm(sa);
	natt_keepalive_arm(sa);
}

void ike_sa_move(struct ike_sa *sa, const struct ike_addr *remote)
{
	char was[IKE_ADDR_STRLEN], is[IKE_ADDR_STRLEN];

	if (ike_addr_equal(&sa->remote, remote))
		return;
	ike_addr_port_text(&sa->remote, was);
	ike_addr_port_text(remote, is);
	sa->remote = *remote;
	log_sa(sa, IKE_LOG_INFO, "peer-moved", "address behind the NAT changed from %s to %s", was, is);
	if (sa->session)
		session_follow(sa->session, sa);
}

void ike_sa_heard(struct ike_sa *sa, const struct ike_datagram *dg)
{
	sa->last_rx = sa->core->now;
	if (sa->nat_remote && dg->natt && sa->natt)
		ike_sa_move(sa, &dg->remote);
}

void ike_sa_leave_half_open(struct ike_sa *sa)
{
	if (!sa->half_key.spi)
		return;
	HASH_DELETE(hh_half, sa->core->half_open, sa);
	sa->core->n_half_open--;
	sa->half_key.spi = 0;
}

/* All but that of the request which is under way. */
static void stop_timers(struct ike_sa *sa)
{
	struct timer_heap *timers = &sa->core->timers;

	timer_stop(timers, &sa->rekey_timer);
	timer_stop(timers, &sa->expire_timer);
	timer_stop(timers, &sa->dpd_timer);
	timer_stop(timers, &sa->keepalive_timer);
}

static void bury(struct ike_sa *sa)
{
	if (sa->state == IKE_SA_CLOSED)
		sa->core->idle_sas--;
	stop_timers(sa);
	timer_stop(&sa->core->timers, &sa->retransmit);
	sa->state = IKE_SA_DEAD;
	HASH_DELETE(hh, sa->core->sas, sa);
	core_bury(sa->core, sa, sa_free);
}

/* Whatever it controlled is somebody else's, or gone. */
static void leave_session(struct ike_sa *sa)
{
	struct session *session = sa->session;
	struct child_sa *child, *next;

	if (!session)
		return;
	for (child = TAILQ_FIRST(&session->children); child; child = next) {
		next = TAILQ_NEXT(child, in_session);
		if (child->sa == sa)
			child_remove(child);
	}
	session_detach(session, sa);
}

static void forget_all_but_answer(struct ike_sa *sa)
{
	init_state_free(sa->init);
	sa->init = NULL;
	flight_free(&sa->request);
	for (int i = 0; i < 2; i++) {
		fragments_free(sa->fragments[i]);
		sa->fragments[i] = NULL;
	}
	ike_cipher_free(sa->cipher_out);
	sa->cipher_out = NULL;
	ike_keys_wipe(&sa->keys);
}

void ike_sa_close(struct ike_sa *sa, bool linger)
{
	struct ike_core *core = sa->core;
	struct ike_sa *rival = sa->rival;

	if (sa->state == IKE_SA_DEAD)
		return;
	if (sa->state == IKE_SA_CLOSED) {
		bury(sa);
		return;
	}
	stop_timers(sa);
	timer_stop(&core->timers, &sa->retransmit);
	/* From here on nothing may be started over it, whatever else ends with it. */
	sa->state = IKE_SA_CLOSED;
	core->idle_sas++;
	sa->rival = NULL;
	task_drop_all(sa);
	ike_sa_leave_half_open(sa);
	leave_session(sa);
	if (rival)
		ike_sa_close(rival, false);
	/* Strangers that fail to authenticate linger as well: there are no more of them than half-open ones. */
	if (linger && sa->response.n && core->idle_sas <= core->policy->half_open_max + HASH_CNT(hh, core->sessions)) {
		forget_all_but_answer(sa);
		timer_set(&core->timers, &sa->expire_timer, core->now + LINGER_MS);
	} else {
		bury(sa);
	}
}

void ike_sa_delete(struct ike_sa *sa)
{
	struct ike_sa *rival = sa->rival;

	if (!(sa->state & (IKE_SA_UP | IKE_SA_REPLACED))) {
		if (sa->state != IKE_SA_DELETING)
			ike_sa_close(sa, false);
		return;
	}
	stop_timers(sa);
	sa->state = IKE_SA_DELETING;
	sa->rival = NULL;
	informational_delete_ike(sa);
	leave_session(sa);
	if (rival)
		ike_sa_delete(rival);
}

struct ike_header ike_sa_header(const struct ike_sa *sa, uint8_t exchange, bool response, uint32_t msgid)
{
	return (struct ike_header){
		.spi_i = ike_sa_spi_i(sa),
		.spi_r = ike_sa_spi_r(sa),
		.version = IKE_VERSION_2,
		.exchange = exchange,
		.flags = (uint8_t)((sa->initiator ? IKE_FLAG_INITIATOR : 0) | (response ? IKE_FLAG_RESPONSE : 0)),
		.message_id = msgid,
	};
}

void ike_sa_destroy_all(struct ike_core *core)
{
	struct ike_sa *sa;

	/* The tasks of one may take others, which they were making, with them. */
	while ((sa = core->sas)) {
		task_drop_all(sa);
		ike_sa_leave_half_open(sa);
		bury(sa);
	}
}
