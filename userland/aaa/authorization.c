// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Authorization policies applied: addresses out of pools, and how far a peer's announcements are believed.
 */
#include "authorization.h"

bool authorization_accepts(const struct ike_authorization *auth, const struct ike_prefix *prefix)
{
	if (!auth || !auth->n_accept)
		return prefix->len > 0;
	for (size_t i = 0; i < auth->n_accept; i++) {
		const struct ike_prefix *accept = &auth->accept[i];

		if (!prefix->len && accept->len)
			continue;
		if (accept->addr.family == prefix->addr.family && accept->len <= prefix->len &&
		    ike_prefix_contains(accept, &prefix->addr))
			return true;
	}
	return false;
}

enum authorization_lease authorization_lease(const struct ike_authorization *auth, struct pool_leases *leases,
					     sa_family_t family, const char *owner, const struct ike_addr *wish,
					     struct ike_addr *out)
{
	const struct ike_pool *pool = !auth ? NULL : family == AF_INET ? auth->pool4 : auth->pool6;

	if (!pool)
		return LEASE_NONE;
	return pool_lease(leases, pool, owner, wish, out) ? LEASE_GIVEN : LEASE_EXHAUSTED;
}
