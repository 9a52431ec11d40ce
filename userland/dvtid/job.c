// SPDX-License-Identifier: GPL-2.0-or-later
#include "job.h"

#include <stdlib.h>

struct work {
	uv_work_t req;
	struct dvtid *d;
	struct ike_action *action;
	struct ike_job *job;
};

static void run(uv_work_t *req)
{
	struct work *w = req->data;

	ike_job_run(w->job);
}

static void done(uv_work_t *req, int status)
{
	struct work *w = req->data;
	struct dvtid *d = w->d;

	d->jobs--;
	ike_core_job_done(d->core, w->job, dvtid_now(d));
	ike_action_free(w->action);
	free(w);
	dvtid_core_run(d);
}

void dvtid_job_start(struct dvtid *d, struct ike_action *action)
{
	struct work *w = calloc(1, sizeof(*w));

	if (!w)
		abort();
	w->d = d;
	w->action = action;
	w->job = action->job;
	w->req.data = w;
	d->jobs++;
	uv_queue_work(&d->loop, &w->req, run, done);
}
