/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Leases of inner addresses out of configured pools.
 */
#ifndef DVTI_AAA_POOL_H
#define DVTI_AAA_POOL_H

#include "../ike/policy.h"

struct pool_leases;

struct pool_leases *pool_leases_new(void);
void pool_leases_free(struct pool_leases *leases);

/**
 * pool_lease() - get an address for an owner
 * @leases: all leases of a core
 * @pool: where to take it from; leases are kept by the pool's name, so that they outlive a reload
 * @owner: who asks, any text that is stable for the peer; the same owner gets the same address again while
 *         nobody else needs it
 * @wish: an address that the owner would like (its last one), AF_UNSPEC for none
 * @out: the address, port 0
 *
 * Return: false when the pool is exhausted.
 */
bool pool_lease(struct pool_leases *leases, const struct ike_pool *pool, const char *owner,
		const struct ike_addr *wish, struct ike_addr *out);
/* Mark @addr as taken by @owner, as found on a link of an earlier daemon; false when another has it. */
bool pool_reserve(struct pool_leases *leases, const struct ike_pool *pool, const char *owner,
		  const struct ike_addr *addr);
void pool_release(struct pool_leases *leases, const struct ike_pool *pool, const char *owner,
		  const struct ike_addr *addr);
bool pool_range_contains(const struct ike_range *range, const struct ike_addr *addr);
size_t pool_leases_in_use(const struct pool_leases *leases, const struct ike_pool *pool);

#endif
