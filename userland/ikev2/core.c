// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The core's inputs. Each takes the time over, finds whom it concerns, and lets that act; what has died on the
 * way is freed at the end.
 */
#include "core_state.h"
#include "child_sa.h"
#include "create_child.h"
#include "exchange.h"
#include "ike_sa.h"
#include "memory.h"
#include "rekey_child.h"
#include "rekey_ike.h"
#include "sa_init.h"
#include "session.h"

#define SPI_NOTICES_PER_SECOND 10

void core_enter(struct ike_core *core, uint64_t now)
{
	if (now > core->now)
		core->now = now;
}

void core_leave(struct ike_core *core)
{
	struct grave *grave;

	while ((grave = SLIST_FIRST(&core->graves))) {
		SLIST_REMOVE_HEAD(&core->graves, link);
		grave->free(grave->object);
		free(grave);
	}
}

void core_bury(struct ike_core *core, void *object, void (*free_object)(void *object))
{
	struct grave *grave = xzalloc(sizeof(*grave));

	grave->object = object;
	grave->free = free_object;
	SLIST_INSERT_HEAD(&core->graves, grave, link);
}

void core_random(struct ike_core *core, void *buf, size_t len)
{
	core->env.random(core->env.ctx, buf, len);
}

uint64_t core_random_below(struct ike_core *core, uint64_t bound)
{
	uint64_t value = 0;

	if (!bound)
		return 0;
	core_random(core, &value, sizeof(value));
	return value % bound;
}

struct ike_core *ike_core_new(const struct ike_core_env *env, struct ike_policy *policy, uint64_t now)
{
	struct ike_core *core = xzalloc(sizeof(*core));

	core->env = *env;
	core->policy = ike_policy_ref(policy);
	core->now = now;
	core->leases = pool_leases_new();
	STAILQ_INIT(&core->actions);
	TAILQ_INIT(&core->jobs);
	LIST_INIT(&core->dials);
	LIST_INIT(&core->survivors);
	SLIST_INIT(&core->graves);
	return core;
}

void ike_core_free(struct ike_core *core)
{
	struct kernel_wait *wait, *tmp;
	struct ike_job *job;

	if (!core)
		return;
	ike_sa_destroy_all(core);
	session_destroy_all(core);
	dial_free_all(core);
	adopt_free_all(core);
	while ((job = TAILQ_FIRST(&core->jobs))) {
		TAILQ_REMOVE(&core->jobs, job, link);
		job_free(job);
	}
	HASH_ITER(hh, core->kernel_waits, wait, tmp) {
		HASH_DELETE(hh, core->kernel_waits, wait);
		free(wait);
	}
	core_leave(core);
	action_queue_free(&core->actions);
	timer_heap_free(&core->timers);
	pool_leases_free(core->leases);
	ike_policy_unref(core->policy);
	ike_wipe(&core->cookies, sizeof(core->cookies));
	free(core);
}

/* Answers in the clear to strangers are few, so that nobody can use us to shout at others. */
static bool may_answer_stranger(struct ike_core *core)
{
	if (core->now >= core->spi_notices_from + 1000) {
		core->spi_notices_from = core->now;
		core->spi_notices = 0;
	}
	return core->spi_notices++ < SPI_NOTICES_PER_SECOND;
}

static void unknown_spi(struct ike_core *core, const struct message *m)
{
	core->counters.rx_unknown_spi++;
	/* A late repetition of an answer is nothing to speak of. */
	log_peer(core, &m->dg->remote, NULL, message_is_response(m) ? IKE_LOG_DEBUG : IKE_LOG_NOTICE, "unknown-spi",
		 "%s for an IKE SA that does not exist (SPI %016llx); the sender may have missed its end, or ours may have restarted",
		 ike_exchange_name(m->h.exchange), (unsigned long long)message_own_spi(m));
	if (!message_is_response(m) && may_answer_stranger(core))
		sa_init_refuse(core, m, IKE_N_INVALID_IKE_SPI, NULL, 0);
}

static void init_request(struct ike_core *core, struct message *m)
{
	const struct ike_payload *critical = ike_payloads_critical(&m->outer);
	const char *why = exchange_check_init(m);

	if (why) {
		core->counters.rx_malformed++;
		log_peer(core, &m->dg->remote, NULL, IKE_LOG_NOTICE, "malformed", "IKE_SA_INIT malformed: %s", why);
		return;
	}
	if (critical) {
		core->counters.rx_critical++;
		sa_init_refuse(core, m, IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD, &critical->type, 1);
		return;
	}
	sa_init_handle(core, m);
}

static void dispatch(struct ike_core *core, struct message *m)
{
	struct ike_sa *sa;
	bool first;

	if ((m->h.version >> 4) != IKE_VERSION_2 >> 4) {
		core->counters.rx_bad_version++;
		log_peer(core, &m->dg->remote, NULL, IKE_LOG_NOTICE, "bad-version",
			 "message of IKE version %u.%u dropped: only version 2 is spoken here", m->h.version >> 4,
			 m->h.version & 15);
		if ((m->h.version >> 4) > IKE_VERSION_2 >> 4 && !message_is_response(m) && may_answer_stranger(core))
			sa_init_refuse(core, m, IKE_N_INVALID_MAJOR_VERSION, NULL, 0);
		return;
	}
	first = m->h.exchange == IKE_EXCHANGE_SA_INIT;
	if (first && !message_is_response(m)) {
		if (m->h.flags & IKE_FLAG_INITIATOR)
			init_request(core, m);
		else
			core->counters.rx_malformed++;
		return;
	}
	sa = ike_sa_find(core, message_own_spi(m));
	/* The peer may be using already what we still wait to hear of: its answer to our rekey is late. */
	if (sa && !sa->peer_spi && !first) {
		core->counters.rx_unexpected++;
		return;
	}
	if (!sa || sa->initiator == !!(m->h.flags & IKE_FLAG_INITIATOR) ||
	    (sa->peer_spi && (m->h.flags & IKE_FLAG_INITIATOR ? m->h.spi_i : m->h.spi_r) != sa->peer_spi)) {
		unknown_spi(core, m);
		return;
	}
	exchange_receive(sa, m);
}

void ike_core_datagram(struct ike_core *core, const struct ike_datagram *dg, uint64_t now)
{
	struct message m;
	const char *why = NULL;

	core_enter(core, now);
	core->counters.rx_datagrams++;
	if (message_decode(&m, dg, &why)) {
		dispatch(core, &m);
	} else {
		core->counters.rx_malformed++;
		log_peer(core, &dg->remote, NULL, IKE_LOG_NOTICE, "malformed", "datagram of %zu octets malformed: %s",
			 dg->len, why ? why : "not IKE");
	}
	message_free(&m);
	core_leave(core);
}

void ike_core_tick(struct ike_core *core, uint64_t now)
{
	core_enter(core, now);
	timer_heap_run(&core->timers, core->now);
	core_leave(core);
}

uint64_t ike_core_deadline(const struct ike_core *core)
{
	return timer_heap_deadline(&core->timers);
}

static const struct ike_profile *profile_of_interface(const struct ike_core *core, const char *ifname)
{
	for (size_t i = 0; i < core->policy->n_profiles; i++)
		if (*core->policy->profiles[i].peer && !strcmp(core->policy->profiles[i].interface, ifname))
			return &core->policy->profiles[i];
	return NULL;
}

void ike_core_acquire(struct ike_core *core, const char *ifname, uint64_t number, uint64_t now)
{
	struct session *session = number ? session_find(core, number) : NULL;
	const struct ike_profile *profile;

	core_enter(core, now);
	if (session) {
		create_child_request(session);
	} else {
		profile = ifname ? profile_of_interface(core, ifname) : NULL;
		if (profile && profile->connect != IKE_CONNECT_LISTEN)
			dial_profile(core, profile);
	}
	core_leave(core);
}

static void hard_expiry(struct child_sa *child)
{
	struct session *session = child->session;

	log_session(session, IKE_LOG_WARNING, "child-sa-expired",
		    "Child SA %08x/%08x reached a hard limit without being rekeyed; deleting it", child->spi_in,
		    child->spi_out);
	child_delete(child);
	if (session->out_child == child->number)
		session_without_child(session);
}

void ike_core_expire(struct ike_core *core, uint64_t number, uint32_t spi, bool hard, uint64_t now)
{
	struct child_sa *child = child_find(core, number);

	core_enter(core, now);
	if (child && (child->spi_in == spi || child->spi_out == spi)) {
		if (!hard)
			rekey_child_request(child);
		else if (child->state == CHILD_UP)
			hard_expiry(child);
	}
	core_leave(core);
}

void ike_core_moved(struct ike_core *core, uint64_t number, const struct ike_addr *remote, uint64_t now)
{
	struct session *session = session_find(core, number);
	struct ike_sa *sa = session ? session_sa(session) : NULL;

	core_enter(core, now);
	if (sa && sa->nat_remote && sa->natt)
		ike_sa_move(sa, remote);
	core_leave(core);
}

void ike_core_link_deleted(struct ike_core *core, uint64_t number, uint64_t now)
{
	struct session *session = session_find(core, number);

	core_enter(core, now);
	if (session)
		session_end(session, "somebody deleted the link");
	core_leave(core);
}

unsigned int ike_core_clear(struct ike_core *core, uint64_t number, uint64_t now)
{
	struct session *session, *tmp;
	unsigned int n = 0;

	core_enter(core, now);
	HASH_ITER(hh, core->sessions, session, tmp) {
		if (number && session->number != number)
			continue;
		session_end(session, "cleared by the administrator");
		n++;
	}
	core_leave(core);
	return n;
}

bool ike_core_rekey(struct ike_core *core, uint64_t number, bool ike, uint64_t now)
{
	struct session *session = session_find(core, number);
	struct ike_sa *sa = session ? session_sa(session) : NULL;
	struct child_sa *child = session ? child_find(core, session->out_child) : NULL;

	if (!sa || (!ike && !child))
		return false;
	core_enter(core, now);
	if (ike)
		rekey_ike_request(sa);
	else
		rekey_child_request(child);
	core_leave(core);
	return true;
}

void ike_core_shutdown(struct ike_core *core, uint64_t now)
{
	struct session *session, *tmp;
	struct ike_sa *sa, *next;

	core_enter(core, now);
	core->stopping = true;
	HASH_ITER(hh, core->sessions, session, tmp)
		session_end(session, "the daemon shuts down");
	HASH_ITER(hh, core->sas, sa, next)
		if (sa->state & (IKE_SA_HALF_OPEN | IKE_SA_AUTHENTICATING))
			ike_sa_close(sa, false);
	core_leave(core);
}

bool ike_core_idle(const struct ike_core *core)
{
	return !core->sessions && HASH_CNT(hh, core->sas) == core->idle_sas && kernel_quiet(core);
}

void ike_core_export_keys(struct ike_core *core, bool on)
{
	core->export_keys = on;
}

const struct ike_core_counters *ike_core_counters(const struct ike_core *core)
{
	return &core->counters;
}
