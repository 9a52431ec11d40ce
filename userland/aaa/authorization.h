/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an authorization policy grants to a peer.
 */
#ifndef DVTI_AAA_AUTHORIZATION_H
#define DVTI_AAA_AUTHORIZATION_H

#include "pool.h"

/*
 * Why the peer may not have @prefix routed to it at its own word, NULL if it may as far as the policy goes. Without
 * a policy or an accept list that leaves out what is as good as a default route and what is never routed; a default
 * route must be listed itself to be believed.
 */
const char *authorization_refusal(const struct ike_authorization *auth, const struct ike_prefix *prefix);

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
