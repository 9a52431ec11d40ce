// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Authorization policies applied: addresses out of pools, and how far a peer's announcements are believed.
 */
#include "authorization.h"

/* The shortest prefix that is believed unseen: a half or a quarter of all addresses is a default route in disguise. */
#define SHORTEST_IPV4 8
#define SHORTEST_IPV6 16

static const struct {
	struct ike_prefix prefix;
	const char *what;
} special[] = {
	{ { { .family = AF_INET, .bytes = { 0 } }, 8 }, "is no network" },
	{ { { .family = AF_INET, .bytes = { 127 } }, 8 }, "is the loopback" },
	{ { { .family = AF_INET, .bytes = { 169, 254 } }, 16 }, "is link-local" },
	{ { { .family = AF_INET, .bytes = { 224 } }, 3 }, "is not unicast" },
	{ { { .family = AF_INET6, .bytes = { 0 } }, 64 }, "is no network" },
	{ { { .family = AF_INET6, .bytes = { 0xfe, 0x80 } }, 10 }, "is link-local" },
	{ { { .family = AF_INET6, .bytes = { 0xff } }, 8 }, "is not unicast" },
};

static const char *refusal_by_default(const struct ike_prefix *prefix)
{
	if (prefix->addr.family == AF_INET && prefix->len < SHORTEST_IPV4)
		return prefix->len ? "is shorter than /8" : "is a default route";
	if (prefix->addr.family == AF_INET6 && prefix->len < SHORTEST_IPV6)
		return prefix->len ? "is shorter than /16" : "is a default route";
	for (size_t i = 0; i < sizeof(special) / sizeof(*special); i++)
		if (special[i].prefix.len <= prefix->len && ike_prefix_contains(&special[i].prefix, &prefix->addr))
			return special[i].what;
	return NULL;
}

const char *authorization_refusal(const struct ike_authorization *auth, const struct ike_prefix *prefix)
{
	if (!auth || !auth->n_accept)
		return refusal_by_default(prefix);
	for (size_t i = 0; i < auth->n_accept; i++) {
		const struct ike_prefix *accept = &auth->accept[i];

		if (!prefix->len && accept->len)
			continue;
		if (accept->len <= prefix->len && ike_prefix_contains(accept, &prefix->addr))
			return NULL;
	}
	return "is not within route-accept";
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
