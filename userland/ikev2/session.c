// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sessions: from the first authenticated IKE SA of an identity to the end of the last.
 */
#include "session.h"
#include "core_state.h"
#include "create_child.h"
#include "log.h"
#include "memory.h"
#include "routes.h"

#define CHILD_RETRY_MS 1000
#define CHILDLESS_MS 30000
#define LINGER_MS 3000

static void child_missing(struct timer *timer)
{
	struct session *session = container_of(timer, struct session, child_timer);
	struct ike_sa *sa = session_sa(session);

	if (session->lingers) {
		session_end(session, "deleted by the peer");
		return;
	}
	if (session->out_child)
		return;
	if (!session->linked) {
		session_end(session, "no Child SA came about");
		return;
	}
	if (sa && session->dialed && session->profile->connect == IKE_CONNECT_AUTO)
		create_child_request(session);
}

struct session *session_new(struct ike_core *core, const struct ike_profile *profile, struct ike_policy *policy)
{
	struct session *session = xzalloc(sizeof(*session));

	session->core = core;
	session->number = ++core->last_session;
	session->created = core->now;
	TAILQ_INIT(&session->sas);
	TAILQ_INIT(&session->children);
	timer_init(&session->child_timer, child_missing);
	session_set_profile(session, profile, policy);
	HASH_ADD(hh, core->sessions, number, sizeof(session->number), session);
	return session;
}

static void session_free(void *object)
{
	struct session *session = object;

	free(session->routes);
	free(session->announced);
	free(session->refused);
	ike_policy_unref(session->policy);
	free(session);
}

void session_set_profile(struct session *session, const struct ike_profile *profile, struct ike_policy *policy)
{
	struct ike_policy *old = session->policy;

	session->profile = profile;
	session->policy = ike_policy_ref(policy);
	ike_policy_unref(old);
}

struct session *session_find(struct ike_core *core, uint64_t number)
{
	struct session *session;

	HASH_FIND(hh, core->sessions, &number, sizeof(number), session);
	return session;
}

static void make_owner(char owner[SESSION_OWNER_MAX], const struct ike_profile *profile, const struct ike_id *peer_id)
{
	char id[IKE_ID_STRLEN];

	snprintf(owner, SESSION_OWNER_MAX, "%s/%s", profile->name, ike_id_text(peer_id, id));
}

struct session *session_find_owner(struct ike_core *core, const struct ike_profile *profile,
				   const struct ike_id *peer_id)
{
	char owner[SESSION_OWNER_MAX];
	struct session *session;

	make_owner(owner, profile, peer_id);
	HASH_FIND(hh_owner, core->sessions_by_owner, owner, strlen(owner), session);
	return session;
}

bool session_identify(struct session *session, const struct ike_id *peer_id)
{
	if (*session->owner || session_find_owner(session->core, session->profile, peer_id))
		return false;
	session->peer_id = *peer_id;
	make_owner(session->owner, session->profile, peer_id);
	HASH_ADD_KEYPTR(hh_owner, session->core->sessions_by_owner, session->owner, strlen(session->owner), session);
	return true;
}

void session_attach(struct session *session, struct ike_sa *sa)
{
	sa->session = session;
	/* One that still has to prove itself stands behind those that have. */
	if (sa->state == IKE_SA_UP)
		TAILQ_INSERT_HEAD(&session->sas, sa, in_session);
	else
		TAILQ_INSERT_TAIL(&session->sas, sa, in_session);
}

static bool living(const struct ike_sa *sa)
{
	return sa->state & (IKE_SA_CONNECTING | IKE_SA_HALF_OPEN | IKE_SA_AUTHENTICATING | IKE_SA_UP);
}

void session_detach(struct session *session, struct ike_sa *sa)
{
	struct ike_sa *other;
	bool alive = false;

	TAILQ_REMOVE(&session->sas, sa, in_session);
	sa->session = NULL;
	TAILQ_FOREACH(other, &session->sas, in_session) {
		if (other->rival == sa)
			other->rival = NULL;
		alive |= living(other);
	}
	if (alive || session->ended)
		return;
	if (sa->deleted_by_peer && session->up && !session->dialed && !session->core->stopping) {
		session->lingers = true;
		timer_set(&session->core->timers, &session->child_timer, session->core->now + LINGER_MS);
		return;
	}
	session_end(session, sa->end_why ? sa->end_why : "its IKE SA is gone");
}

struct ike_sa *session_sa(const struct session *session)
{
	struct ike_sa *sa;

	TAILQ_FOREACH(sa, &session->sas, in_session)
		if (sa->state == IKE_SA_UP)
			return sa;
	return NULL;
}

static void take_addresses(struct session *session, const struct ike_sa *sa)
{
	session->local = sa->local;
	session->remote = sa->remote;
	session->encap = sa->natt && (sa->nat_local || sa->nat_remote);
}

void session_link_up(struct session *session, struct child_sa *child, struct task *task)
{
	take_addresses(session, child->sa);
	if (!session->linked)
		session->adopt = adopt_take(session);
	session->linked = true;
	session->lingers = false;
	timer_stop(&session->core->timers, &session->child_timer);
	child_adopt(child);
	child->state = CHILD_UP;
	session->out_child = child->number;
	session_set_routes(session, child, false);
	kernel_session(session, IKE_KERNEL_SESSION_UP, child, task);
}

void session_follow(struct session *session, const struct ike_sa *sa)
{
	if (session_sa(session) != sa)
		return;
	if (ike_addr_equal(&session->local, &sa->local) && ike_addr_equal(&session->remote, &sa->remote))
		return;
	take_addresses(session, sa);
	if (session->linked)
		kernel_session(session, IKE_KERNEL_MOVE, NULL, NULL);
}

static bool same_routes(const struct session *session, const struct ike_prefix *routes, size_t n)
{
	if (n != session->n_routes)
		return false;
	for (size_t i = 0; i < n; i++)
		if (routes[i].len != session->routes[i].len ||
		    !ike_addr_same_host(&routes[i].addr, &session->routes[i].addr))
			return false;
	return true;
}

static void set_blocked(struct session *session, bool blocked)
{
	session->core->blocked_sessions += (size_t)blocked - session->blocked;
	session->blocked = blocked;
}

/* Once, not whenever the routes are gone through again. */
static void tell_refused(struct session *session, const struct routes_refused *refused)
{
	const struct ike_authorization *auth = session->profile->authorization;

	if (session->refused && !strcmp(session->refused, refused->text))
		return;
	free(session->refused);
	session->refused = refused->n ? xstrdup(refused->text) : NULL;
	if (!refused->n)
		return;
	session->core->counters.refused_routes += refused->n;
	log_session(session, IKE_LOG_WARNING, "routes-refused",
		    "not routed although the peer announces it: %s; it would be if route-accept in %s \"%s\" had it",
		    refused->text, auth ? "authorization-policy" : "an authorization-policy of profile",
		    auth ? auth->name : session->profile->name);
}

/* What a session no longer has may be what others wait for. */
static void unblock_others(struct ike_core *core)
{
	struct session *session;

	if (!core->blocked_sessions || core->stopping || core->unblocking)
		return;
	core->unblocking = true;
	for (session = core->sessions; session; session = session->hh.next)
		if (session->blocked)
			session_set_routes(session, child_find(core, session->out_child), true);
	core->unblocking = false;
}

void session_set_routes(struct session *session, const struct child_sa *child, bool tell)
{
	struct routes_refused refused;
	struct ike_prefix *routes;
	size_t n = routes_compute(session, child, &routes, &refused);

	set_blocked(session, refused.blocked);
	tell_refused(session, &refused);

	if (same_routes(session, routes, n)) {
		free(routes);
		return;
	}
	free(session->routes);
	session->routes = routes;
	session->n_routes = n;
	if (tell && session->linked)
		kernel_session(session, IKE_KERNEL_SESSION_UPDATE, NULL, NULL);
	unblock_others(session->core);
}

static void release_leases(struct session *session)
{
	const struct ike_authorization *auth = session->profile->authorization;

	for (size_t i = 0; auth && i < session->n_peer_addrs; i++) {
		const struct ike_addr *addr = &session->peer_addrs[i];
		const struct ike_pool *pool = addr->family == AF_INET ? auth->pool4 : auth->pool6;

		if (pool)
			pool_release(session->core->leases, pool, session->owner, addr);
	}
	session->n_peer_addrs = 0;
}

void session_end(struct session *session, const char *why)
{
	struct ike_core *core = session->core;
	struct child_sa *child;
	struct ike_sa *sa;

	if (session->ended)
		return;
	session->ended = true;
	if (session->up) {
		core->counters.sessions_down++;
		log_session(session, IKE_LOG_INFO, "session-down", "session on link %s is over: %s", session->ifname,
			    why);
	}
	timer_stop(&core->timers, &session->child_timer);
	if (session->linked)
		kernel_session_down(core, session->number, session->profile, session->policy, &session->peer_id);
	/* First the IKE SAs: their tasks may hold Child SAs that are in the list already. */
	while ((sa = TAILQ_FIRST(&session->sas))) {
		TAILQ_REMOVE(&session->sas, sa, in_session);
		sa->session = NULL;
		ike_sa_delete(sa);
	}
	while ((child = TAILQ_FIRST(&session->children)))
		child_discard(child);
	release_leases(session);
	HASH_DELETE(hh, core->sessions, session);
	if (*session->owner)
		HASH_DELETE(hh_owner, core->sessions_by_owner, session);
	set_blocked(session, false);
	unblock_others(core);
	if (session->dialed)
		dial_session_gone(session);
	core_bury(core, session, session_free);
}

void session_without_child(struct session *session)
{
	if (session->ended)
		return;
	session->out_child = 0;
	if (!session->lingers)
		timer_set(&session->core->timers, &session->child_timer,
			  session->core->now + (session->linked ? CHILD_RETRY_MS : CHILDLESS_MS));
}

void session_destroy_all(struct ike_core *core)
{
	struct session *session, *tmp;

	HASH_ITER(hh, core->sessions, session, tmp) {
		while (!TAILQ_EMPTY(&session->children))
			child_discard(TAILQ_FIRST(&session->children));
		timer_stop(&core->timers, &session->child_timer);
		HASH_DELETE(hh, core->sessions, session);
		if (*session->owner)
			HASH_DELETE(hh_owner, core->sessions_by_owner, session);
		session_free(session);
	}
}
