// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Routes of a session: what the administrator routes to the peer in any case, what the peer announces (CFG_SET,
 * CFG_REPLY) and its traffic selectors where they say more than "any". What comes from the peer is believed only
 * as far as the authorization policy goes. The addresses that we lent the peer are not among them: the kernel
 * side routes those itself.
 */
#include "routes.h"
#include "memory.h"
#include "route_trust.h"

struct collection {
	struct ike_prefix *p;
	size_t n;
	struct routes_refused *refused;
	uint64_t share4, share6;        /* believed unseen so far: IPv4 addresses, IPv6 networks of /64 */
};

static void refuse(struct routes_refused *r, const struct ike_prefix *prefix, const char *why)
{
	size_t at = strlen(r->text);
	char text[IKE_ADDR_STRLEN];

	snprintf(r->text + at, sizeof(r->text) - at, "%s%s (%s)", r->n ? ", " : "", ike_prefix_text(prefix, text), why);
	r->n++;
}

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
	if (c->n == SESSION_ROUTES_MAX) {
		refuse(c->refused, &clean, "more than a link may have");
		return;
	}
	c->p = xrealloc(c->p, (c->n + 1) * sizeof(*c->p));
	memset(&c->p[c->n], 0, sizeof(*c->p));
	c->p[c->n++] = clean;
}

/* Many prefixes are a default route, too: no more than a /4 of IPv4 and a /12 of IPv6 without route-accept. */
#define SHARE4_MAX (UINT64_C(1) << 28)
#define SHARE6_MAX (UINT64_C(1) << 52)

static bool too_much(struct collection *c, const struct session *session, const struct ike_prefix *prefix)
{
	const struct ike_authorization *auth = session->profile->authorization;

	if (auth && auth->n_accept)
		return false;
	if (prefix->addr.family == AF_INET)
		return (c->share4 += UINT64_C(1) << (32 - prefix->len)) > SHARE4_MAX;
	return (c->share6 += prefix->len < 64 ? UINT64_C(1) << (64 - prefix->len) : 1) > SHARE6_MAX;
}

static void add_announced(struct collection *c, const struct session *session, const struct ike_prefix *prefix)
{
	char why[ROUTE_DISTRUST_MAX];

	if (route_distrust(session, prefix, why, &c->refused->blocked))
		refuse(c->refused, prefix, why);
	else if (too_much(c, session, prefix))
		refuse(c->refused, prefix, "with the others too large a part of all addresses");
	else
		add(c, session, prefix);
}

static void add_selectors(struct collection *c, const struct session *session, const struct child_sa *child)
{
	struct ike_prefix prefixes[SESSION_ROUTES_MAX];

	for (size_t i = 0; i < child->n_remote_ts; i++) {
		size_t n;

		if (child->remote_ts[i].protocol || ike_ts_is_any(&child->remote_ts[i]))
			continue;
		n = ike_ts_prefixes(&child->remote_ts[i], prefixes, SESSION_ROUTES_MAX);
		for (size_t j = 0; j < n; j++)
			add_announced(c, session, &prefixes[j]);
	}
}

size_t routes_compute(const struct session *session, const struct child_sa *child, struct ike_prefix **out,
		      struct routes_refused *refused)
{
	const struct ike_authorization *auth = session->profile->authorization;
	struct collection c = { .refused = refused };

	*refused = (struct routes_refused){ 0 };
	for (size_t i = 0; auth && i < auth->n_remote_routes; i++)
		add(&c, session, &auth->remote_routes[i]);
	for (size_t i = 0; i < session->n_announced; i++)
		add_announced(&c, session, &session->announced[i]);
	if (child)
		add_selectors(&c, session, child);
	*out = c.p;
	return c.n;
}
