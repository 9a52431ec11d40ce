/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tasks: an exchange that we start, or one of the peer's that takes more than one step to answer.
 */
#ifndef DVTI_IKEV2_TASK_H
#define DVTI_IKEV2_TASK_H

#include <sys/queue.h>

#include "core.h"
#include "message.h"

struct child_sa;
struct deleted;
struct exchange_state;
struct ike_job;
struct ike_sa;
struct task;

/**
 * struct task_type
 * @exchange: that it takes place in
 * @touches_child: makes, rekeys or deletes a Child SA (for collisions)
 * @rekeys_ike: (for collisions)
 * @start: initiator: build the request and send it, now or after a job
 * @response: initiator: the answer came
 * @release: free what hangs on the task, undone as far as it was not finished
 */
struct task_type {
	const char *name;
	uint8_t exchange;
	bool touches_child;
	bool rekeys_ike;
	void (*start)(struct task *task);
	void (*response)(struct task *task, struct message *m);
	void (*release)(struct task *task);
};

/**
 * struct task
 * @responder: works on a request of the peer
 * @msgid: of that request
 * @resume: where to go on when @job is back
 * @kernel_done: where to go on when the kernel has answered
 * @x: of CREATE_CHILD_SA and IKE_AUTH: what is being negotiated
 * @deleted: of a Delete of the peer: what the answer will list
 * @old_child: number of the Child SA that is rekeyed or deleted
 */
struct task {
	struct ike_core *core;
	struct ike_sa *sa;
	const struct task_type *type;
	TAILQ_ENTRY(task) link;
	bool responder;
	uint32_t msgid;
	struct ike_job *job;
	uint64_t kernel;                /* number of the request that it waits for, 0 for none */
	void (*resume)(struct task *task, struct ike_job *job);
	void (*kernel_done)(struct task *task, int error, const char *reason);
	struct exchange_state *x;
	struct deleted *deleted;
	uint64_t old_child;
};

TAILQ_HEAD(task_queue, task);

/* Queue a task of ours; it starts when the window is free. */
void task_queue(struct ike_sa *sa, const struct task_type *type, uint64_t old_child);
bool task_queued(const struct ike_sa *sa, const struct task_type *type, uint64_t old_child); /* or under way */
/* Work on the request with @msgid that takes time; becomes sa->serving. */
struct task *task_serve(struct ike_sa *sa, const struct task_type *type, uint32_t msgid);
/* Start the next task if nothing is under way. */
void task_next(struct ike_sa *sa);
/* The task is over, however it ended; the next one starts. */
void task_done(struct task *task);
void task_drop_all(struct ike_sa *sa);

#endif
