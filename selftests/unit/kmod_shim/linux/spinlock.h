/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMOD_SHIM_SPINLOCK_H
#define KMOD_SHIM_SPINLOCK_H

#include <assert.h>
#include <sched.h>

/* Keeps threads apart, and proves that it is taken and given back in turn. */
typedef struct { int taken, held; } spinlock_t;

static inline void spin_lock_init(spinlock_t *l)
{
	l->taken = 0;
	l->held = 0;
}

static inline void spin_lock(spinlock_t *l)
{
	while (__atomic_exchange_n(&l->taken, 1, __ATOMIC_ACQUIRE))
		sched_yield();
	assert(l->held++ == 0);
}

static inline void spin_unlock(spinlock_t *l)
{
	assert(--l->held == 0);
	__atomic_store_n(&l->taken, 0, __ATOMIC_RELEASE);
}

#define lockdep_assert_held(l) assert((l)->held == 1)

#endif
