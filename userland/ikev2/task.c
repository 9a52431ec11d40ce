// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The queue of exchanges that we want to make over one IKE SA, one at a time.
 */
#include "task.h"
#include "core_state.h"
#include "ike_sa.h"
#include "memory.h"

static struct task *make(struct ike_sa *sa, const struct task_type *type)
{
	struct task *task = xzalloc(sizeof(*task));

	task->core = sa->core;
	task->sa = sa;
	task->type = type;
	return task;
}

static void release(struct task *task)
{
	job_forget(task);
	kernel_forget(task);
	if (task->type->release)
		task->type->release(task);
	core_bury(task->core, task, free);
}

void task_queue(struct ike_sa *sa, const struct task_type *type, uint64_t old_child)
{
	struct task *task = make(sa, type);

	task->old_child = old_child;
	TAILQ_INSERT_TAIL(&sa->tasks, task, link);
	task_next(sa);
}

bool task_queued(const struct ike_sa *sa, const struct task_type *type, uint64_t old_child)
{
	const struct task *task;

	if (sa->task && sa->task->type == type && sa->task->old_child == old_child)
		return true;
	TAILQ_FOREACH(task, &sa->tasks, link)
		if (task->type == type && task->old_child == old_child)
			return true;
	return false;
}

struct task *task_serve(struct ike_sa *sa, const struct task_type *type, uint32_t msgid)
{
	struct task *task = make(sa, type);

	task->responder = true;
	task->msgid = msgid;
	sa->serving = task;
	return task;
}

void task_next(struct ike_sa *sa)
{
	struct task *task = TAILQ_FIRST(&sa->tasks);

	if (sa->task || !task || (sa->state & (IKE_SA_CLOSED | IKE_SA_DEAD)))
		return;
	/* Never set out to change what the peer is changing at this moment (RFC 7296 section 2.25). */
	if (sa->serving && task->type->exchange == IKE_EXCHANGE_CREATE_CHILD_SA)
		return;
	TAILQ_REMOVE(&sa->tasks, task, link);
	sa->task = task;
	task->type->start(task);
}

void task_done(struct task *task)
{
	struct ike_sa *sa = task->sa;

	if (sa->task == task)
		sa->task = NULL;
	else if (sa->serving == task)
		sa->serving = NULL;
	else
		return;
	release(task);
	task_next(sa);
}

void task_drop_all(struct ike_sa *sa)
{
	struct task *task;

	while ((task = TAILQ_FIRST(&sa->tasks))) {
		TAILQ_REMOVE(&sa->tasks, task, link);
		release(task);
	}
	if (sa->task)
		release(sa->task);
	if (sa->serving)
		release(sa->serving);
	sa->task = sa->serving = NULL;
}
