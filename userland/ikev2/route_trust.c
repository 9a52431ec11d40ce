// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A route-accept list is the administrator's word and the end of it. Without one, a peer that has authenticated
 * may announce networks, but not take away what is somebody else's: ours, what we lend, what another peer has.
 *
 * A peer that we dial ourselves is trusted with more. It may announce a network around one of ours, as a hub does
 * with a summary of all its sites, and the same network as another that we dial, as a second hub does.
 */
#include "route_trust.h"
#include "core_state.h"
#include "memory.h"
#include "../aaa/authorization.h"

static bool within(const struct ike_prefix *inner, const struct ike_prefix *outer)
{
	return inner->len >= outer->len && ike_prefix_contains(outer, &inner->addr);
}

static struct ike_addr last_of(const struct ike_prefix *p)
{
	struct ike_addr last = p->addr;

	for (size_t bit = p->len; bit < 8 * ike_addr_size(&last); bit++)
		last.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return last;
}

static bool takes(const struct ike_prefix *p, const struct ike_range *range, bool may_surround)
{
	struct ike_addr last = last_of(p);

	if (p->addr.family != range->first.family || ike_addr_compare(&p->addr, &range->last) > 0 ||
	    ike_addr_compare(&last, &range->first) < 0)
		return false;
	return !may_surround || ike_addr_compare(&p->addr, &range->first) >= 0 ||
	       ike_addr_compare(&last, &range->last) <= 0;
}

/* Do the links of both have their routes in one table? */
static bool same_domain(const struct ike_profile *a, const struct ike_profile *b)
{
	static const struct ike_virtual_template plain;
	const struct ike_virtual_template *s = a->tmpl && !*a->interface ? a->tmpl : &plain;
	const struct ike_virtual_template *t = b->tmpl && !*b->interface ? b->tmpl : &plain;

	return !strcmp(s->netns, t->netns) && !strcmp(s->vrf, t->vrf) && s->route_table == t->route_table;
}

static bool lent(const struct session *session, const struct ike_pool *pool, const struct ike_prefix *prefix,
		 char why[ROUTE_DISTRUST_MAX])
{
	if (!pool || !takes(prefix, &pool->range, session->dialed))
		return false;
	for (size_t i = 0; i < session->n_peer_addrs; i++)
		if (prefix->len == 8 * ike_addr_size(&prefix->addr) &&
		    ike_addr_same_host(&session->peer_addrs[i], &prefix->addr))
			return false;
	snprintf(why, ROUTE_DISTRUST_MAX, "overlaps pool \"%s\"", pool->name);
	return true;
}

static bool configured(const struct session *session, const struct ike_prefix *prefix, char why[ROUTE_DISTRUST_MAX])
{
	char text[IKE_ADDR_STRLEN];

	for (size_t i = 0; i < session->policy->n_profiles; i++) {
		const struct ike_profile *profile = &session->policy->profiles[i];
		const struct ike_authorization *auth = profile->authorization;

		if (!auth || !same_domain(profile, session->profile))
			continue;
		if (lent(session, auth->pool4, prefix, why) || lent(session, auth->pool6, prefix, why))
			return true;
		for (size_t j = 0; j < auth->n_routes; j++) {
			const struct ike_prefix *own = &auth->routes[j];

			if (session->dialed ? !within(own, prefix) || own->len != prefix->len : !within(own, prefix))
				continue;
			snprintf(why, ROUTE_DISTRUST_MAX, "takes %s in route-set of authorization-policy \"%s\"",
				 ike_prefix_text(own, text), auth->name);
			return true;
		}
	}
	return false;
}

/* Peers that have dialled in keep from each other what they have; whoever came first has it. */
static bool taken(const struct session *session, const struct ike_prefix *prefix, char why[ROUTE_DISTRUST_MAX])
{
	char text[IKE_ADDR_STRLEN], id[IKE_ID_STRLEN];
	const struct session *other;

	if (session->dialed)
		return false;
	for (other = session->core->sessions; other; other = other->hh.next) {
		if (other == session || !other->n_routes || !same_domain(other->profile, session->profile))
			continue;
		for (size_t i = 0; i < other->n_routes; i++) {
			if (!within(prefix, &other->routes[i]) && !within(&other->routes[i], prefix))
				continue;
			snprintf(why, ROUTE_DISTRUST_MAX, "overlaps %s of %.60s", ike_prefix_text(&other->routes[i], text),
				 ike_id_text(&other->peer_id, id));
			return true;
		}
	}
	return false;
}

bool route_distrust(const struct session *session, const struct ike_prefix *prefix, char why[ROUTE_DISTRUST_MAX],
		    bool *blocked)
{
	const struct ike_core_env *env = &session->core->env;
	const struct ike_authorization *auth = session->profile->authorization;
	const char *refusal = authorization_refusal(auth, prefix);
	char device[16];

	if (refusal) {
		snprintf(why, ROUTE_DISTRUST_MAX, "%s", refusal);
		return true;
	}
	if (auth && auth->n_accept)
		return false;
	if (configured(session, prefix, why))
		return true;
	if (env->connected && env->connected(env->ctx, session->profile, prefix, device)) {
		snprintf(why, ROUTE_DISTRUST_MAX, "is a network of our own on %.16s", device);
		return true;
	}
	if (!taken(session, prefix, why))
		return false;
	*blocked = true;
	return true;
}
