// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Jobs. The core never waits for one: a task notes where to go on and the IKE SA takes nothing else in hand
 * until the result is back.
 */
#include "job.h"
#include "action.h"
#include "core_state.h"
#include "ike_sa.h"
#include "memory.h"
#include "task.h"

void job_free(struct ike_job *job)
{
	if (!job)
		return;
	ike_dh_free(job->dh);
	ike_wipe(job, sizeof(*job));
	free(job);
}

void job_start(struct task *task, uint16_t group, struct ike_dh *dh, struct ike_bytes peer)
{
	struct ike_job *job = xzalloc(sizeof(*job));

	job->task = task;
	job->group = group;
	job->dh = dh;
	/* A value longer than any group's stays out and is refused as one of the wrong length. */
	job->peer_len = peer.len <= sizeof(job->peer) ? peer.len : 1;
	if (peer.len)
		memcpy(job->peer, peer.data, job->peer_len);
	task->job = job;
	TAILQ_INSERT_TAIL(&task->core->jobs, job, link);
	action_job(task->core, job);
}

void job_forget(struct task *task)
{
	if (task->job)
		task->job->task = NULL;
	task->job = NULL;
}

void ike_job_run(struct ike_job *job)
{
	if (!job->dh)
		job->dh = ike_dh_new(job->group);
	if (!job->dh)
		job->why = "Diffie-Hellman group not available";
	else if (job->peer_len)
		job->shared_len = ike_dh_shared(job->dh, job->peer, job->peer_len, job->shared, &job->why);
}

void ike_core_job_done(struct ike_core *core, struct ike_job *job, uint64_t now)
{
	struct task *task = job->task;

	core_enter(core, now);
	TAILQ_REMOVE(&core->jobs, job, link);
	if (task) {
		task->job = NULL;
		task->resume(task, job);
	}
	job_free(job);
	core_leave(core);
}
