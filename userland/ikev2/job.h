/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Computations that run outside the core: Diffie-Hellman.
 */
#ifndef DVTI_IKEV2_JOB_H
#define DVTI_IKEV2_JOB_H

#include <sys/queue.h>

#include "core.h"
#include "../ike/crypto.h"

struct task;

/**
 * struct ike_job - a key pair, a shared secret, or both
 * @task: who waits for it; NULL when nobody does any more
 * @dh: given, or made by the job for @group
 * @peer: public value of the peer; no shared secret is computed when @peer_len is 0
 * @shared_len: 0 when there was no @peer or @why it was refused
 */
struct ike_job {
	struct task *task;
	TAILQ_ENTRY(ike_job) link;
	uint16_t group;
	struct ike_dh *dh;
	uint8_t peer[IKE_DH_PUBLIC_MAX];
	size_t peer_len;
	uint8_t shared[IKE_DH_SHARED_MAX];
	size_t shared_len;
	const char *why;
};

TAILQ_HEAD(job_list, ike_job);

/* Hand a job out; @dh is taken, may be NULL. @peer may be empty. */
void job_start(struct task *task, uint16_t group, struct ike_dh *dh, struct ike_bytes peer);
void job_forget(struct task *task); /* the result is of no interest any more */
void job_free(struct ike_job *job);

#endif
