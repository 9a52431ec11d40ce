// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Puts the parts together: what happens goes into the core, what the core wants goes to the part that does
 * it. Start, reload and stop stand here too.
 */
#include "daemon.h"

#include <errno.h>
#include <openssl/rand.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include "config.h"
#include "control.h"
#include "job.h"
#include "kernel.h"
#include "keylog.h"
#include "links.h"
#include "log.h"
#include "privilege.h"
#include "resolve.h"
#include "sockets.h"

#define STOP_MS 5000 /* for peers that do not answer our Delete */

uint64_t dvtid_now(const struct dvtid *d)
{
	return uv_hrtime() / 1000000;
}

/* Carrying out actions. */

static void do_kernel(struct dvtid *d, const struct ike_kernel_request *req)
{
	char reason[DVTID_REASON_MAX] = "", ifname[16];
	int err;

	if (d->keylog)
		dvtid_keylog_request(d->keylog, req);
	err = dvtid_links_request(d->links, req, ifname, reason, sizeof(reason));
	ike_core_kernel_done(d->core, req->id, err, *reason ? reason : NULL, *ifname ? ifname : NULL, dvtid_now(d));
}

static void do_action(struct dvtid *d, struct ike_action *a)
{
	switch (a->type) {
	case IKE_ACTION_SEND:
		dvtid_sockets_send(d->sockets, &a->send);
		break;
	case IKE_ACTION_JOB:
		dvtid_job_start(d, a);
		return; /* the job frees the action */
	case IKE_ACTION_KERNEL:
		do_kernel(d, a->kernel);
		break;
	case IKE_ACTION_CONNECT:
		dvtid_resolve_start(d->resolve, a->profile);
		break;
	case IKE_ACTION_LOG:
		dvtid_log_event(a->log);
		break;
	case IKE_ACTION_KEYS:
		if (d->keylog)
			dvtid_keylog_ike(d->keylog, a->keys);
		break;
	}
	ike_action_free(a);
}

static void finish_stop(struct dvtid *d);

static void on_timer(uv_timer_t *timer)
{
	struct dvtid *d = timer->data;

	ike_core_tick(d->core, dvtid_now(d));
	dvtid_core_run(d);
}

static void arm(struct dvtid *d)
{
	uint64_t deadline = ike_core_deadline(d->core), now;

	if (deadline == UINT64_MAX) {
		uv_timer_stop(&d->timer);
		return;
	}
	uv_update_time(&d->loop);
	now = dvtid_now(d);
	uv_timer_start(&d->timer, on_timer, deadline > now ? deadline - now : 0, 0);
}

void dvtid_core_run(struct dvtid *d)
{
	struct ike_action *a;

	if (d->running || d->closing || !d->core)
		return;
	d->running = true;
	while ((a = ike_core_next_action(d->core)))
		do_action(d, a);
	dvtid_links_flush(d->links);
	d->running = false;
	arm(d);
	if (d->stopping && ike_core_idle(d->core))
		finish_stop(d);
}

/* What happens outside. */

static void on_datagram(void *ctx, const struct ike_datagram *dg)
{
	struct dvtid *d = ctx;

	ike_core_datagram(d->core, dg, dvtid_now(d));
}

static void on_burst_end(void *ctx)
{
	dvtid_core_run(ctx);
}

static void on_resolved(void *ctx, const char *profile, const struct ike_addr *local, const struct ike_addr *remote,
			const char *reason)
{
	struct dvtid *d = ctx;

	if (local)
		ike_core_connect(d->core, profile, local, remote, dvtid_now(d));
	else
		ike_core_connect_failed(d->core, profile, reason, dvtid_now(d));
	dvtid_core_run(d);
}

static void on_acquire(void *ctx, const struct dvtid_link *link)
{
	struct dvtid *d = ctx;

	ike_core_acquire(d->core, link->ifname, dvtid_links_session(d->links, link), dvtid_now(d));
	dvtid_core_run(d);
}

static void on_expire(void *ctx, const struct dvtid_sa *sa, bool hard)
{
	struct dvtid *d = ctx;
	uint64_t child = dvtid_links_child(d->links, sa->cookie);

	if (!child)
		return; /* of a survivor, whose peer will be back */
	ike_core_expire(d->core, child, sa->spi, hard, dvtid_now(d));
	dvtid_core_run(d);
}

static void on_moved(void *ctx, const struct dvtid_link *link, const struct ike_addr *remote)
{
	struct dvtid *d = ctx;
	uint64_t session = dvtid_links_session(d->links, link);

	if (!session)
		return;
	ike_core_moved(d->core, session, remote, dvtid_now(d));
	dvtid_core_run(d);
}

static void on_deleted(void *ctx, const struct dvtid_link *link)
{
	struct dvtid *d = ctx;
	uint64_t session = dvtid_links_session(d->links, link);

	if (!dvtid_links_gone(d->links, link) || !session)
		return;
	ike_core_link_deleted(d->core, session, dvtid_now(d));
	dvtid_core_run(d);
}

static void env_random(void *ctx, void *buf, size_t len)
{
	if (RAND_bytes(buf, len) != 1)
		abort(); /* keys from a broken generator would be worse than none */
}

static uint32_t env_spi(void *ctx, const struct ike_addr *local)
{
	const struct dvtid *d = ctx;

	return dvtid_kernel_spi(d->kernel, local);
}

static bool env_connected(void *ctx, const struct ike_profile *profile, const struct ike_prefix *prefix, char device[16])
{
	const struct dvtid *d = ctx;

	return dvtid_links_connected(d->links, profile, prefix, device);
}

/* Configuration. */

static struct ike_policy *read_config(const struct dvtid *d, char *reason, size_t size)
{
	char *report = NULL;
	struct ike_policy *policy = dvtid_config_read(d->opts.config, &report);

	for (char *line = report, *end; *line; line = end + 1) {
		end = strchr(line, '\n');
		*end = '\0';
		dvtid_log(policy ? IKE_LOG_WARNING : IKE_LOG_ERROR, "config", "%s", line);
		if (!policy && *reason)
			strncat(reason, "\n", size - strlen(reason) - 1);
		if (!policy)
			strncat(reason, line, size - strlen(reason) - 1);
	}
	free(report);
	if (policy && d->opts.port)
		policy->port = d->opts.port;
	if (policy && d->opts.natt_port)
		policy->natt_port = d->opts.natt_port;
	return policy;
}

static bool take_policy(struct dvtid *d, struct ike_policy *policy, char *reason, size_t size)
{
	return !dvtid_sockets_open(d->sockets, policy, reason, size) && !dvtid_links_prepare(d->links, policy, reason, size);
}

bool dvtid_reload(struct dvtid *d, char *reason, size_t size)
{
	struct ike_policy *policy;
	char why[DVTID_REASON_MAX];

	*reason = '\0';
	if (d->stopping) {
		snprintf(reason, size, "the daemon is stopping");
		return false;
	}
	policy = read_config(d, reason, size);
	if (!policy || !take_policy(d, policy, reason, size)) {
		if (policy) {
			dvtid_log(IKE_LOG_ERROR, "config", "%s: %s", d->opts.config, reason);
			dvtid_sockets_trim(d->sockets, d->policy);
			/* Templates that were set before the refusal go back to what is in force. */
			dvtid_links_prepare(d->links, d->policy, why, sizeof(why));
		}
		dvtid_log(IKE_LOG_ERROR, "reload-refused", "%s: not loaded; the configuration in force stays", d->opts.config);
		ike_policy_unref(policy);
		d->reloads_refused++;
		return false;
	}
	if (policy->port != d->policy->port || policy->natt_port != d->policy->natt_port)
		dvtid_log(IKE_LOG_WARNING, "config", "%s: a change of port or natt-port takes effect when dvtid is restarted",
			  d->opts.config);
	policy->port = d->policy->port;
	policy->natt_port = d->policy->natt_port;
	dvtid_sockets_trim(d->sockets, policy);
	ike_core_reload(d->core, policy, dvtid_now(d));
	ike_policy_unref(d->policy);
	d->policy = policy;
	d->reloaded = dvtid_now(d);
	d->reloads++;
	dvtid_log(IKE_LOG_NOTICE, "reloaded", "%s: loaded", d->opts.config);
	dvtid_core_run(d);
	return true;
}

/* Stopping. */

static void finish_stop(struct dvtid *d)
{
	dvtid_links_end(d->links);
	uv_stop(&d->loop);
}

static void on_stop_timer(uv_timer_t *timer)
{
	dvtid_log(IKE_LOG_NOTICE, "stopped-early", "not all peers have answered; going nevertheless");
	finish_stop(timer->data);
}

void dvtid_stop(struct dvtid *d)
{
	if (d->stopping) {
		finish_stop(d); /* asked twice: do not wait */
		return;
	}
	d->stopping = true;
	sd_notify(0, "STOPPING=1");
	dvtid_log(IKE_LOG_NOTICE, "stopping", "ending all sessions");
	uv_timer_start(&d->stop_timer, on_stop_timer, STOP_MS, 0);
	ike_core_shutdown(d->core, dvtid_now(d));
	dvtid_core_run(d);
}

static void on_signal(uv_signal_t *handle, int signum)
{
	struct dvtid *d = handle->data;
	char reason[4096];

	if (signum != SIGHUP) {
		dvtid_stop(d);
		return;
	}
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)uv_hrtime() / 1000);
	dvtid_reload(d, reason, sizeof(reason));
	sd_notify(0, "READY=1");
}

/* Starting. */

static void on_watchdog(uv_timer_t *timer)
{
	sd_notify(0, "WATCHDOG=1");
}

/* Often enough that one turn of the loop may take half of the time that systemd gives us. */
static void start_watchdog(struct dvtid *d)
{
	uint64_t usec;

	if (sd_watchdog_enabled(0, &usec) > 0)
		uv_timer_start(&d->watchdog, on_watchdog, 0, usec / 4000 ? usec / 4000 : 1);
}

static void init_loop(struct dvtid *d)
{
	static const int wanted[] = { SIGHUP, SIGTERM, SIGINT };

	if (uv_loop_init(&d->loop))
		abort();
	uv_timer_init(&d->loop, &d->timer);
	uv_timer_init(&d->loop, &d->stop_timer);
	uv_timer_init(&d->loop, &d->watchdog);
	d->timer.data = d;
	d->stop_timer.data = d;
	for (size_t i = 0; i < 3; i++) {
		uv_signal_init(&d->loop, &d->signals[i]);
		d->signals[i].data = d;
		uv_signal_start(&d->signals[i], on_signal, wanted[i]);
	}
	signal(SIGPIPE, SIG_IGN);
}

static bool needs_netns(const struct ike_policy *policy)
{
	for (size_t i = 0; i < policy->n_templates; i++)
		if (*policy->templates[i].netns)
			return true;
	return false;
}

static bool open_parts(struct dvtid *d, char *reason, size_t size)
{
	const struct dvtid_kernel_events events = {
		.ctx = d, .acquire = on_acquire, .expire = on_expire, .moved = on_moved, .deleted = on_deleted,
	};
	const struct ike_core_env env = { .ctx = d, .random = env_random, .spi = env_spi, .connected = env_connected };

	if (!dvtid_privilege_sufficient(reason, size))
		return false;
	if (mkdir(d->opts.state, 0755) && errno != EEXIST) {
		snprintf(reason, size, "state folder %s: %s", d->opts.state, strerror(errno));
		return false;
	}
	d->kernel = dvtid_kernel_open(&d->loop, &events, reason, size);
	if (!d->kernel)
		return false;
	d->links = dvtid_links_new(d->kernel, d->opts.state);
	d->sockets = dvtid_sockets_new(&d->loop, d->policy->port, d->policy->natt_port, on_datagram, on_burst_end, d);
	d->resolve = dvtid_resolve_new(&d->loop, d->sockets, on_resolved, d);
	if (!take_policy(d, d->policy, reason, size))
		return false;
	if (d->opts.key_log) {
		d->keylog = dvtid_keylog_open(d->opts.key_log, reason, size);
		if (!d->keylog)
			return false;
		dvtid_log(IKE_LOG_WARNING, "key-log", "session keys are written to %s; whoever reads them reads the traffic",
			  d->opts.key_log);
	}
	if (dvtid_control_open(d, reason, size))
		return false;
	if (dvtid_privilege_drop(needs_netns(d->policy), reason, size))
		return false;
	d->core = ike_core_new(&env, d->policy, dvtid_now(d));
	ike_core_export_keys(d->core, d->keylog);
	return true;
}

static void close_parts(struct dvtid *d)
{
	d->closing = true;
	uv_close((uv_handle_t *)&d->timer, NULL);
	uv_close((uv_handle_t *)&d->stop_timer, NULL);
	uv_close((uv_handle_t *)&d->watchdog, NULL);
	for (size_t i = 0; i < 3; i++)
		uv_close((uv_handle_t *)&d->signals[i], NULL);
	dvtid_control_close(d);
	dvtid_resolve_free(d->resolve);
	dvtid_sockets_free(d->sockets);
	dvtid_kernel_close(d->kernel);
	/* Until the worker pool has given back its jobs and every handle is closed. */
	uv_run(&d->loop, UV_RUN_DEFAULT);
	uv_loop_close(&d->loop);
	dvtid_links_free(d->links);
	ike_core_free(d->core);
	ike_policy_unref(d->policy);
	dvtid_keylog_close(d->keylog);
}

int dvtid_main(const struct dvtid_options *opts)
{
	struct dvtid d = { .opts = *opts };
	char reason[DVTID_REASON_MAX] = "";
	int status = EXIT_FAILURE;

	dvtid_log_open(opts->debug, opts->json_log);
	d.policy = read_config(&d, reason, sizeof(reason));
	if (!d.policy)
		return EXIT_FAILURE;
	init_loop(&d);
	d.started = dvtid_now(&d);
	d.reloaded = d.started;
	if (open_parts(&d, reason, sizeof(reason))) {
		dvtid_links_adopt(d.links, d.core, dvtid_now(&d));
		ike_core_start(d.core, dvtid_now(&d));
		dvtid_core_run(&d);
		start_watchdog(&d);
		sd_notify(0, "READY=1");
		dvtid_log(IKE_LOG_NOTICE, "started", "dvtid %s: %zu profile%s from %s", DVTID_VERSION, d.policy->n_profiles,
			  d.policy->n_profiles == 1 ? "" : "s", opts->config);
		uv_run(&d.loop, UV_RUN_DEFAULT);
		status = EXIT_SUCCESS;
	} else {
		dvtid_log(IKE_LOG_ERROR, "not-started", "%s", reason);
	}
	close_parts(&d);
	dvtid_log_close();
	return status;
}
