// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Dialing. One record for each profile that has been dialed; between attempts it waits longer and longer, up to
 * a minute, so that a hub which comes back is not met by all its spokes at once.
 */
#include "dial.h"
#include "core_state.h"
#include "ike_sa.h"
#include "log.h"
#include "memory.h"
#include "sa_init.h"
#include "session.h"

#define BACKOFF_MS 1000
#define BACKOFF_MAX_MS 60000
#define IKE_PORT 500

static struct dial *find(const struct ike_core *core, const char *profile)
{
	struct dial *dial;

	LIST_FOREACH(dial, &core->dials, link)
		if (!strcmp(dial->profile, profile))
			return dial;
	return NULL;
}

static void due(struct timer *timer)
{
	struct dial *dial = container_of(timer, struct dial, timer);
	const struct ike_profile *profile = ike_policy_profile(dial->core->policy, dial->profile);

	if (profile && *profile->peer)
		dial_profile(dial->core, profile);
}

static void again(struct dial *dial)
{
	const struct ike_profile *profile = ike_policy_profile(dial->core->policy, dial->profile);
	uint64_t wait = BACKOFF_MS << (dial->failures < 6 ? dial->failures : 6);

	if (dial->core->stopping || !profile || !*profile->peer || profile->connect != IKE_CONNECT_AUTO)
		return;
	wait = wait < BACKOFF_MAX_MS ? wait : BACKOFF_MAX_MS;
	timer_set(&dial->core->timers, &dial->timer,
		  dial->core->now + wait + core_random_below(dial->core, wait / 2));
}

void dial_profile(struct ike_core *core, const struct ike_profile *profile)
{
	struct dial *dial = find(core, profile->name);

	if (!dial) {
		dial = xzalloc(sizeof(*dial));
		dial->core = core;
		memcpy(dial->profile, profile->name, sizeof(dial->profile));
		timer_init(&dial->timer, due);
		LIST_INSERT_HEAD(&core->dials, dial, link);
	}
	if (dial->resolving || dial->session || core->stopping)
		return;
	timer_stop(&core->timers, &dial->timer);
	dial->resolving = true;
	action_connect(core, profile, core->policy);
}

void dial_policy(struct ike_core *core)
{
	for (size_t i = 0; i < core->policy->n_profiles; i++) {
		const struct ike_profile *profile = &core->policy->profiles[i];
		const struct dial *dial = find(core, profile->name);

		if (profile->connect == IKE_CONNECT_AUTO && *profile->peer && (!dial || !timer_running(&dial->timer)))
			dial_profile(core, profile);
	}
}

void dial_session_up(struct session *session)
{
	struct dial *dial = find(session->core, session->profile->name);

	if (dial)
		dial->failures = 0;
}

void dial_session_gone(struct session *session)
{
	struct dial *dial = find(session->core, session->profile->name);

	if (!dial || dial->session != session->number)
		return;
	dial->session = 0;
	again(dial);
	if (dial->failures < 16)
		dial->failures++;
}

void dial_session_merged(struct session *from, struct session *into)
{
	struct dial *dial = find(from->core, from->profile->name);

	if (!dial || dial->session != from->number)
		return;
	dial->session = into->number;
	into->dialed = true;
	from->dialed = false;
}

void dial_free_all(struct ike_core *core)
{
	struct dial *dial;

	while ((dial = LIST_FIRST(&core->dials))) {
		timer_stop(&core->timers, &dial->timer);
		LIST_REMOVE(dial, link);
		free(dial);
	}
}

bool dial_quiet(const struct ike_core *core)
{
	const struct dial *dial;

	LIST_FOREACH(dial, &core->dials, link)
		if (dial->resolving)
			return false;
	return true;
}

void ike_core_connect(struct ike_core *core, const char *profile_name, const struct ike_addr *local,
		      const struct ike_addr *remote, uint64_t now)
{
	struct dial *dial = find(core, profile_name);
	const struct ike_profile *profile = ike_policy_profile(core->policy, profile_name);
	struct session *session;
	struct ike_sa *sa;

	core_enter(core, now);
	if (!dial || !dial->resolving)
		goto out;
	dial->resolving = false;
	if (!profile || core->stopping)
		goto out;
	sa = ike_sa_new(core, true, local, remote, false);
	if (!sa->local.port)
		sa->local.port = core->policy->port;
	if (!sa->remote.port)
		sa->remote.port = profile->peer_port ? profile->peer_port : IKE_PORT;
	ike_sa_set_profile(sa, profile, core->policy);
	session = session_new(core, profile, core->policy);
	session->dialed = true;
	session->local = sa->local;
	session->remote = sa->remote;
	dial->session = session->number;
	session_attach(session, sa);
	task_queue(sa, &sa_init_task, 0);
out:
	core_leave(core);
}

void ike_core_connect_failed(struct ike_core *core, const char *profile, const char *reason, uint64_t now)
{
	struct dial *dial = find(core, profile);

	core_enter(core, now);
	if (dial && dial->resolving) {
		dial->resolving = false;
		log_peer(core, NULL, profile, IKE_LOG_WARNING, "connect-failed", "profile \"%s\" cannot be dialed: %s",
			 profile, reason ? reason : "no address for its peer");
		again(dial);
		if (dial->failures < 16)
			dial->failures++;
	}
	core_leave(core);
}

bool ike_core_initiate(struct ike_core *core, const char *name, uint64_t now)
{
	const struct ike_profile *profile = ike_policy_profile(core->policy, name);

	if (!profile || !*profile->peer)
		return false;
	core_enter(core, now);
	dial_profile(core, profile);
	core_leave(core);
	return true;
}

void ike_core_start(struct ike_core *core, uint64_t now)
{
	core_enter(core, now);
	dial_policy(core);
	core_leave(core);
}
