// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Routes of a session: what the administrator routes to the peer in any case, what the peer announces (CFG_SET,
 * CFG_REPLY) and its traffic selectors where they say more than "any". What comes from the peer is believed only
 * as far as the authorization policy goes. The addresses that we lent the peer are not among them: the kernel
 * side routes those itself.
 */
#include "routes.h"
#include "memory.h"
#include "../aaa/authorization.h"

struct collection {
	struct ike_prefix *p;
	size_t n;
};

static void add(struct collection *c, const struct session *session, const struct ike_prefix *prefix)
{
	struct ike_prefix clean = { .addr.family = prefix->addr.family, .len = prefix->len };

	memcpy(clean.addr.bytes, prefix->addr.bytes, ike_addr_size(&prefix->addr));
	for (size_t i = 0; i < c->n; i++)
		if (c->p[i].len == clean.len && ike_addr_same_host(&c->p[i].addr, &clean.addr))
			return;
	for (size_t i = 0; i < session->n_peer_addrs; i++)
		if (clean.len == 8 * ike_addr_size(&clean.addr) &&
		    ike_addr_same_host(&session->peer_addrs[i], &clean.addr))
			return;
	if (c->n == SESSION_ROUTES_MAX)
		return;
	c->p = xrealloc(c->p, (c->n + 1) * sizeof(*c->p));
	memset(&c->p[c->n], 0, sizeof(*c->p));
	c->p[c->n++] = clean;
}

static void add_selectors(struct collection *c, const struct session *session, const struct child_sa *child)
{
	const struct ike_authorization *auth = session->profile->authorization;
	struct ike_prefix prefixes[SESSION_ROUTES_MAX];

	for (size_t i = 0; i < child->n_remote_ts; i++) {
		size_t n;

		if (child->remote_ts[i].protocol || ike_ts_is_any(&child->remote_ts[i]))
			continue;
		n = ike_ts_prefixes(&child->remote_ts[i], prefixes, SESSION_ROUTES_MAX);
		for (size_t j = 0; j < n; j++)
			if (authorization_accepts(auth, &prefixes[j]))
				add(c, session, &prefixes[j]);
	}
}

size_t routes_compute(const struct session *session, const struct child_sa *child, struct ike_prefix **out)
{
	const struct ike_authorization *auth = session->profile->authorization;
	struct collection c = { 0 };

	for (size_t i = 0; auth && i < auth->n_remote_routes; i++)
		add(&c, session, &auth->remote_routes[i]);
	for (size_t i = 0; i < session->n_announced; i++)
		if (authorization_accepts(auth, &session->announced[i]))
			add(&c, session, &session->announced[i]);
	if (child)
		add_selectors(&c, session, child);
	*out = c.p;
	return c.n;
}
