/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is said again and again is said once a second.
 */
#ifndef DVTI_IKE_LIMITER_H
#define DVTI_IKE_LIMITER_H

#include <stdbool.h>
#include <stdint.h>

#define LIMITER_SLOTS 1024

/** struct limiter - when something was last let pass, by hashes; all zeros at first. A collision costs one line at most */
struct limiter {
	struct {
		uint64_t key;
		uint64_t when;
		unsigned int held;
	} slot[LIMITER_SLOTS];
};

/* Of words, up to a NULL, which together make something the same or another. */
uint64_t limiter_key(const char *first, ...) __attribute__((sentinel));

/*
 * May what @key stands for pass at @now, in milliseconds of a clock that only goes forward? If so, @held is how often it
 * was held back since it last passed.
 */
bool limiter_pass(struct limiter *l, uint64_t key, uint64_t now, unsigned int *held);

#endif
