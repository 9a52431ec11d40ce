/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The anti-replay window (RFC 4303 section 3.4.3 and appendix A), pure arithmetic under a lock of its own.
 */
#ifndef DVTI_REPLAY_H
#define DVTI_REPLAY_H

#include <linux/spinlock.h>
#include <linux/types.h>

#define DVTI_REPLAY_BITS_MAX 8192

/**
 * struct dvti_replay - window over 64-bit sequence numbers
 * @lock: protects @top and @bitmap against concurrent receivers of one SA; softirq safe
 * @window: packets, 0 accepts any number
 * @esn: numbers have 64 bits, of which the packet carries the lower 32
 * @top: highest number accepted
 * @words: of @bitmap, a power of two
 * @bitmap: ring of at least window + 64 bits (NULL when off)
 */
struct dvti_replay {
	spinlock_t lock;	/* see above */
	u32 window;
	u32 words;
	bool esn;
	u64 top;
	u64 *bitmap;
};

int dvti_replay_init(struct dvti_replay *r, u32 window, bool esn, u64 top, gfp_t gfp);
void dvti_replay_destroy(struct dvti_replay *r);
u64 dvti_replay_infer(const struct dvti_replay *r, u32 low);	/* RFC 4303 appendix A2; no lock */
bool dvti_replay_check(const struct dvti_replay *r, u64 seq);	/* before decryption, no lock, may err towards true */
bool dvti_replay_accept(struct dvti_replay *r, u64 seq);	/* after the ICV, under @lock */

#endif
