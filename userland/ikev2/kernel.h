/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests to the kernel that have not been answered yet, and who waits for the answer.
 */
#ifndef DVTI_IKEV2_KERNEL_H
#define DVTI_IKEV2_KERNEL_H

#include <uthash.h>

#include "core.h"

struct child_sa;
struct session;
struct task;

struct kernel_wait {
	uint64_t id;
	enum ike_kernel_op op;
	uint64_t session;
	uint64_t child;
	struct task *task;
	UT_hash_handle hh;
};

/**
 * kernel_session() - ask for something that concerns a session and, perhaps, one of its Child SAs
 * @child: NULL for UPDATE, DOWN and MOVE
 * @task: waits for the answer, which goes to its kernel_done; NULL when nobody does
 */
void kernel_session(struct session *session, enum ike_kernel_op op, struct child_sa *child, struct task *task);
void kernel_session_down(struct ike_core *core, uint64_t session, const struct ike_profile *profile,
			 struct ike_policy *policy, const struct ike_id *peer_id);
void kernel_forget(struct task *task);
bool kernel_quiet(const struct ike_core *core);

#endif
