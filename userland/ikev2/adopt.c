// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Adoption of links. They forward on until their peers have authenticated anew, or their time is over.
 */
#include "adopt.h"
#include "core_state.h"
#include "log.h"
#include "memory.h"
#include "session.h"

static void owner_text(const struct ike_survivor *s, char owner[SESSION_OWNER_MAX])
{
	char id[IKE_ID_STRLEN];

	snprintf(owner, SESSION_OWNER_MAX, "%s/%s", s->profile, ike_id_text(&s->peer_id, id));
}

static const struct ike_pool *pool_of(const struct ike_profile *profile, const struct ike_addr *addr)
{
	const struct ike_authorization *auth = profile ? profile->authorization : NULL;

	return !auth ? NULL : addr->family == AF_INET ? auth->pool4 : auth->pool6;
}

static void drop(struct survivor *survivor)
{
	timer_stop(&survivor->core->timers, &survivor->timer);
	LIST_REMOVE(survivor, link);
	core_bury(survivor->core, survivor, free);
}

static void given_up(struct timer *timer)
{
	struct survivor *survivor = container_of(timer, struct survivor, timer);
	const struct ike_survivor *s = &survivor->s;
	struct ike_core *core = survivor->core;
	const struct ike_profile *profile = ike_policy_profile(core->policy, s->profile);
	char owner[SESSION_OWNER_MAX], id[IKE_ID_STRLEN];

	log_peer(core, NULL, s->profile, IKE_LOG_INFO, "survivor-expired",
		 "link %s outlived the last daemon, but its peer %s has not come back; removing it", s->ifname,
		 ike_id_text(&s->peer_id, id));
	owner_text(s, owner);
	for (size_t i = 0; i < s->n_peer_addrs; i++) {
		const struct ike_pool *pool = pool_of(profile, &s->peer_addrs[i]);

		if (pool)
			pool_release(core->leases, pool, owner, &s->peer_addrs[i]);
	}
	kernel_session_down(core, s->cookie, profile, core->policy, &s->peer_id);
	drop(survivor);
}

void ike_core_adopt(struct ike_core *core, const struct ike_survivor *s, uint64_t now)
{
	const struct ike_profile *profile = ike_policy_profile(core->policy, s->profile);
	struct survivor *survivor = xzalloc(sizeof(*survivor));
	char owner[SESSION_OWNER_MAX];

	core_enter(core, now);
	survivor->core = core;
	survivor->s = *s;
	timer_init(&survivor->timer, given_up);
	LIST_INSERT_HEAD(&core->survivors, survivor, link);
	/* Without its profile nobody will come back for it. */
	timer_set(&core->timers, &survivor->timer, profile ? s->expires : now);
	owner_text(s, owner);
	for (size_t i = 0; i < s->n_peer_addrs; i++) {
		const struct ike_pool *pool = pool_of(profile, &s->peer_addrs[i]);

		if (pool)
			pool_reserve(core->leases, pool, owner, &s->peer_addrs[i]);
	}
	core_leave(core);
}

static bool has_address(const struct session *session, const struct ike_addr *addr)
{
	for (size_t i = 0; i < session->n_peer_addrs; i++)
		if (ike_addr_same_host(&session->peer_addrs[i], addr))
			return true;
	return false;
}

/* Its former addresses were kept for it; those that it did not ask for again are free. */
static void release_unclaimed(const struct survivor *survivor, const struct session *session)
{
	for (size_t i = 0; i < survivor->s.n_peer_addrs; i++) {
		const struct ike_addr *addr = &survivor->s.peer_addrs[i];
		const struct ike_pool *pool = pool_of(session->profile, addr);

		if (pool && !has_address(session, addr))
			pool_release(session->core->leases, pool, session->owner, addr);
	}
}

uint64_t adopt_take(struct session *session)
{
	struct survivor *survivor;
	uint64_t cookie;

	LIST_FOREACH(survivor, &session->core->survivors, link) {
		if (strcmp(survivor->s.profile, session->profile->name) ||
		    !ike_id_equal(&survivor->s.peer_id, &session->peer_id))
			continue;
		cookie = survivor->s.cookie;
		release_unclaimed(survivor, session);
		drop(survivor);
		return cookie;
	}
	return 0;
}

void adopt_free_all(struct ike_core *core)
{
	while (!LIST_EMPTY(&core->survivors))
		drop(LIST_FIRST(&core->survivors));
}
