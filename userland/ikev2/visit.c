// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What there is, for show commands.
 */
#include "core_state.h"
#include "child_sa.h"
#include "ike_sa.h"
#include "informational.h"
#include "memory.h"
#include "session.h"

#define CHILDREN_SHOWN 16

static uint64_t left(const struct timer *timer, uint64_t now)
{
	return timer_running(timer) && timer->when > now ? timer->when - now : 0;
}

/* The IKE SA that stands for the session: one that is up, else the first. */
static struct ike_sa *representative(const struct session *session)
{
	struct ike_sa *sa = session_sa(session);

	return sa ? sa : TAILQ_FIRST(&session->sas);
}

static const char *state_name(const struct ike_sa *sa)
{
	if (!sa)
		return "deleting";
	switch (sa->state) {
	case IKE_SA_CONNECTING:
	case IKE_SA_HALF_OPEN:
		return "connecting";
	case IKE_SA_AUTHENTICATING:
		return "authenticating";
	case IKE_SA_UP:
		if (!sa->session->up)
			return "authenticating";
		return sa->task && (sa->task->type->rekeys_ike || sa->task->type->touches_child) ? "rekeying" : "up";
	default:
		return "deleting";
	}
}

static bool shown(const struct child_sa *child)
{
	return child->state != CHILD_NEGOTIATING && child->state != CHILD_RETIRED;
}

static void fill_child(struct ike_child_status *c, const struct child_sa *child, uint64_t now)
{
	*c = (struct ike_child_status){
		.child = child->number,
		.spi_in = child->spi_in,
		.spi_out = child->spi_out,
		.suite = child->suite,
		.dh_group = child->dh_group,
		.esn = child->esn,
		.transport = child->transport,
		.encap = child->session->encap,
		.age_ms = now - child->created,
		.rekey_in_ms = left(&child->rekey_timer, now),
		.expires_in_ms = left(&child->state_timer, now),
		.local_ts = child->local_ts,
		.remote_ts = child->remote_ts,
		.n_local_ts = child->n_local_ts,
		.n_remote_ts = child->n_remote_ts,
	};
}

static void fill_sa(struct ike_session_status *s, const struct ike_sa *sa, uint64_t now)
{
	s->initiator = sa->initiator;
	s->local = sa->local;
	s->remote = sa->remote;
	s->spi_i = ike_sa_spi_i(sa);
	s->spi_r = ike_sa_spi_r(sa);
	s->local_id = sa->local_id;
	s->proposal = sa->suite.n ? &sa->suite : NULL;
	s->ike_age_ms = sa->established ? now - sa->established : 0;
	s->rekey_in_ms = left(&sa->rekey_timer, now);
	s->our_next_msgid = sa->next_msgid;
	s->peer_next_msgid = sa->peer_msgid;
	s->nat_local = sa->nat_local;
	s->nat_remote = sa->nat_remote;
	s->fragmentation = sa->fragmentation;
	s->dpd_seconds = sa->profile->dpd_seconds;
}

static void visit_one(const struct session *session, ike_session_visit visit, void *ctx, uint64_t now)
{
	struct ike_child_status children[CHILDREN_SHOWN];
	const struct ike_sa *sa = representative(session);
	const struct child_sa *child;
	struct ike_session_status s = {
		.session = session->number,
		.state = state_name(sa),
		.profile = session->profile->name,
		.ifname = session->ifname,
		.initiator = session->dialed,
		.local = session->local,
		.remote = session->remote,
		.peer_id = session->peer_id,
		.age_ms = now - session->created,
		.n_our_addrs = session->n_our_addrs,
		.n_peer_addrs = session->n_peer_addrs,
		.routes = session->routes,
		.n_routes = session->n_routes,
		.children = children,
	};

	if (sa)
		fill_sa(&s, sa, now);
	memcpy(s.our_addrs, session->our_addrs, sizeof(s.our_addrs));
	memcpy(s.peer_addrs, session->peer_addrs, sizeof(s.peer_addrs));
	TAILQ_FOREACH(child, &session->children, in_session)
		if (shown(child) && s.n_children < CHILDREN_SHOWN)
			fill_child(&children[s.n_children++], child, now);
	visit(&s, ctx);
}

void ike_core_visit(struct ike_core *core, ike_session_visit visit, void *ctx, uint64_t now)
{
	struct session *session, *tmp;

	core_enter(core, now);
	HASH_ITER(hh, core->sessions, session, tmp)
		visit_one(session, visit, ctx, core->now);
	core_leave(core);
}
