/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an authorization policy grants to a peer.
 */
#ifndef DVTI_AAA_AUTHORIZATION_H
#define DVTI_AAA_AUTHORIZATION_H

#include "pool.h"

/*
 * May the peer have @prefix routed to it at its own word? Without a policy or an accept list: anything but a
 * default route, which must be listed to be believed.
 */
bool authorization_accepts(const struct ike_authorization *auth, const struct ike_prefix *prefix);

/**
 * authorization_lease() - an address of one family
 * @auth: may be NULL
 * @owner: see pool_lease()
 * @wish: an address that the peer asks for, or NULL
 */
enum authorization_lease {
	LEASE_NONE,     /* the policy has no pool of that family */
	LEASE_GIVEN,
	LEASE_EXHAUSTED,
};
enum authorization_lease authorization_lease(const struct ike_authorization *auth, struct pool_leases *leases,
					     sa_family_t family, const char *owner, const struct ike_addr *wish,
					     struct ike_addr *out);

#endif
