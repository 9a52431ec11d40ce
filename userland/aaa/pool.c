// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Address pools. A lease that has been given back is remembered, so that a peer finds its old address
 * when it returns; the one given back longest ago goes first to a stranger once fresh addresses run out.
 * A pool may be a whole IPv6 /64: nothing here walks a range.
 */
#include "pool.h"
#include "../ikev2/memory.h"

#include <sys/queue.h>
#include <uthash.h>

struct lease {
	struct ike_addr addr;           /* hash key by_addr */
	char *owner;                    /* hash key by_owner */
	bool in_use;
	UT_hash_handle by_addr;
	UT_hash_handle by_owner;
	TAILQ_ENTRY(lease) idle;        /* when not in use, the oldest first */
};

struct pool_state {
	char name[IKE_NAME_MAX];
	struct ike_range range;
	struct ike_addr next;           /* the first address that nobody has had */
	bool all_had;
	size_t in_use;
	struct lease *by_addr;
	struct lease *by_owner;
	TAILQ_HEAD(, lease) idle;
	struct pool_state *link;
};

struct pool_leases {
	struct pool_state *pools;
};

static struct ike_addr bare(const struct ike_addr *addr)
{
	struct ike_addr a = { .family = addr->family };

	memcpy(a.bytes, addr->bytes, ike_addr_size(addr));
	return a;
}

bool pool_range_contains(const struct ike_range *range, const struct ike_addr *addr)
{
	return addr->family == range->first.family && ike_addr_compare(&range->first, addr) <= 0 &&
	       ike_addr_compare(addr, &range->last) <= 0;
}

static struct lease *find_addr(struct pool_state *pool, const struct ike_addr *addr)
{
	struct lease *lease;

	HASH_FIND(by_addr, pool->by_addr, addr, sizeof(*addr), lease);
	return lease;
}

static struct lease *find_owner(struct pool_state *pool, const char *owner)
{
	struct lease *lease;

	HASH_FIND(by_owner, pool->by_owner, owner, strlen(owner), lease);
	return lease;
}

static void forget_owner(struct pool_state *pool, struct lease *lease)
{
	if (!lease->owner)
		return;
	HASH_DELETE(by_owner, pool->by_owner, lease);
	free(lease->owner);
	lease->owner = NULL;
}

static void take(struct pool_state *pool, struct lease *lease, const char *owner)
{
	struct lease *earlier = find_owner(pool, owner);

	if (earlier && earlier != lease)
		forget_owner(pool, earlier);
	if (earlier != lease) {
		forget_owner(pool, lease);
		lease->owner = xstrdup(owner);
		HASH_ADD_KEYPTR(by_owner, pool->by_owner, lease->owner, strlen(lease->owner), lease);
	}
	if (lease->in_use)
		return;
	TAILQ_REMOVE(&pool->idle, lease, idle);
	lease->in_use = true;
	pool->in_use++;
}

static struct lease *add(struct pool_state *pool, const struct ike_addr *addr)
{
	struct lease *lease = xzalloc(sizeof(*lease));

	lease->addr = bare(addr);
	HASH_ADD(by_addr, pool->by_addr, addr, sizeof(lease->addr), lease);
	TAILQ_INSERT_TAIL(&pool->idle, lease, idle);
	return lease;
}

static void advance(struct pool_state *pool)
{
	size_t i = ike_addr_size(&pool->next);

	if (!ike_addr_compare(&pool->next, &pool->range.last)) {
		pool->all_had = true;
		return;
	}
	while (i-- && !++pool->next.bytes[i])
		;
}

/* An address that nobody has had, or NULL when the pool has been handed out once over. */
static struct lease *fresh(struct pool_state *pool)
{
	while (!pool->all_had) {
		struct ike_addr addr = pool->next;

		advance(pool);
		if (!find_addr(pool, &addr))
			return add(pool, &addr);
	}
	return NULL;
}

static void pool_clear(struct pool_state *pool)
{
	struct lease *lease, *tmp;

	HASH_ITER(by_addr, pool->by_addr, lease, tmp) {
		HASH_DELETE(by_addr, pool->by_addr, lease);
		forget_owner(pool, lease);
		free(lease);
	}
	free(pool);
}

static struct pool_state *state(struct pool_leases *leases, const struct ike_pool *pool)
{
	struct pool_state *s;

	/* A pool whose range was changed by a reload is another pool; old leases wait for their owners to go. */
	for (s = leases->pools; s; s = s->link)
		if (!strcmp(s->name, pool->name) && !ike_addr_compare(&s->range.first, &pool->range.first) &&
		    !ike_addr_compare(&s->range.last, &pool->range.last) &&
		    s->range.first.family == pool->range.first.family)
			return s;
	s = xzalloc(sizeof(*s));
	memcpy(s->name, pool->name, sizeof(s->name));
	s->range.first = bare(&pool->range.first);
	s->range.last = bare(&pool->range.last);
	s->next = s->range.first;
	TAILQ_INIT(&s->idle);
	s->link = leases->pools;
	leases->pools = s;
	return s;
}

struct pool_leases *pool_leases_new(void)
{
	return xzalloc(sizeof(struct pool_leases));
}

void pool_leases_free(struct pool_leases *leases)
{
	struct pool_state *pool, *next;

	if (!leases)
		return;
	for (pool = leases->pools; pool; pool = next) {
		next = pool->link;
		pool_clear(pool);
	}
	free(leases);
}

bool pool_lease(struct pool_leases *leases, const struct ike_pool *pool, const char *owner,
		const struct ike_addr *wish, struct ike_addr *out)
{
	struct pool_state *s = state(leases, pool);
	struct lease *lease = find_owner(s, owner);

	if (!lease && wish && pool_range_contains(&s->range, wish)) {
		struct ike_addr addr = bare(wish);

		lease = find_addr(s, &addr);
		if (!lease)
			lease = add(s, &addr);
		else if (lease->in_use)
			lease = NULL;
	}
	if (!lease)
		lease = fresh(s);
	if (!lease)
		lease = TAILQ_FIRST(&s->idle);
	if (!lease)
		return false;
	take(s, lease, owner);
	*out = lease->addr;
	return true;
}

bool pool_reserve(struct pool_leases *leases, const struct ike_pool *pool, const char *owner,
		  const struct ike_addr *addr)
{
	struct pool_state *s = state(leases, pool);
	struct ike_addr key = bare(addr);
	struct lease *lease;

	if (!pool_range_contains(&s->range, &key))
		return false;
	lease = find_addr(s, &key);
	if (!lease)
		lease = add(s, &key);
	else if (lease->in_use && (!lease->owner || strcmp(lease->owner, owner)))
		return false;
	take(s, lease, owner);
	return true;
}

void pool_release(struct pool_leases *leases, const struct ike_pool *pool, const char *owner,
		  const struct ike_addr *addr)
{
	struct pool_state *s = state(leases, pool);
	struct ike_addr key = bare(addr);
	struct lease *lease = find_addr(s, &key);

	if (!lease || !lease->in_use || !lease->owner || strcmp(lease->owner, owner))
		return;
	lease->in_use = false;
	s->in_use--;
	TAILQ_INSERT_TAIL(&s->idle, lease, idle);
}

size_t pool_leases_in_use(const struct pool_leases *leases, const struct ike_pool *pool)
{
	return state((struct pool_leases *)leases, pool)->in_use;
}
