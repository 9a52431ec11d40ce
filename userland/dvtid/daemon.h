/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon as a whole: one loop, one IKE core, and what stands around it.
 *
 * Everything runs in the loop's thread except IKE jobs and name lookups, which libuv's pool carries out.
 * Whoever calls into the core says dvtid_core_run() afterwards, which carries out what the core wants done
 * and arms the timer.
 */
#ifndef DVTI_DVTID_DAEMON_H
#define DVTI_DVTID_DAEMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "../ikev2/core.h"
#include "options.h"

#define DVTID_VERSION "0.1"
#define DVTID_REASON_MAX 512	/* room for a refusal in words */

struct dvtid_control;
struct dvtid_kernel;
struct dvtid_keylog;
struct dvtid_links;
struct dvtid_resolve;
struct dvtid_sockets;

/**
 * struct dvtid - the running daemon
 * @opts: command line; stays as it was at the start
 * @policy: configuration in force; a reload replaces it as a whole
 * @core: the IKE core
 * @started: dvtid_now() at the start, for uptimes
 * @reloaded: dvtid_now() at the last successful reload, or @started
 * @reloads, @reloads_refused: how often a reload was asked for and worked, or did not
 * @jobs: IKE jobs in the worker pool at this moment
 * @stopping: a shutdown has begun; nothing new is accepted
 */
struct dvtid {
	struct dvtid_options opts;
	uv_loop_t loop;
	struct ike_policy *policy;
	struct ike_core *core;
	struct dvtid_kernel *kernel;
	struct dvtid_links *links;
	struct dvtid_sockets *sockets;
	struct dvtid_resolve *resolve;
	struct dvtid_control *control;
	struct dvtid_keylog *keylog;
	uint64_t started;
	uint64_t reloaded;
	uint64_t reloads, reloads_refused;
	unsigned int jobs;
	bool stopping;

	uv_timer_t timer;		/* the core's deadline */
	uv_timer_t watchdog;		/* tells systemd that the loop turns */
	uv_timer_t stop_timer;		/* a shutdown does not wait for ever */
	uv_signal_t signals[3];
	bool running;			/* dvtid_core_run() is at work further up the stack */
	bool closing;			/* parts are being taken away; no action can be carried out */
};

/** dvtid_now() - milliseconds of a clock that never goes back; what the core calls time */
uint64_t dvtid_now(const struct dvtid *d);

/** dvtid_core_run() - carry out the core's actions until there are none, then arm its timer */
void dvtid_core_run(struct dvtid *d);

/**
 * dvtid_reload() - read the configuration again and put it in force
 * @reason: receives the errors, one line each, when it is refused; what was in force then stays
 *
 * Return: true if the new configuration is in force.
 */
bool dvtid_reload(struct dvtid *d, char *reason, size_t size);

/** dvtid_stop() - end all sessions at the peers, then leave the loop */
void dvtid_stop(struct dvtid *d);

/** dvtid_main() - run with these options until told to stop; exit status */
int dvtid_main(const struct dvtid_options *opts);

#endif
