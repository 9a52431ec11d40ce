/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Expensive computations of the IKE core, in libuv's worker pool.
 */
#ifndef DVTI_DVTID_JOB_H
#define DVTI_DVTID_JOB_H

#include "daemon.h"

/* Takes over @action, of type IKE_ACTION_JOB. */
void dvtid_job_start(struct dvtid *d, struct ike_action *action);

#endif
