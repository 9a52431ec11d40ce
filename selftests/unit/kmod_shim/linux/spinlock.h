/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMOD_SHIM_SPINLOCK_H
#define KMOD_SHIM_SPINLOCK_H

#include <assert.h>

/* One thread: a lock only proves that it is taken and given back in turn. */
typedef struct { int held; } spinlock_t;

#define spin_lock_init(l) ((l)->held = 0)
#define spin_lock(l) assert((l)->held++ == 0)
#define spin_unlock(l) assert(--(l)->held == 0)
#define lockdep_assert_held(l) assert((l)->held == 1)

#endif
