/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one IKE core holds. Private to userland/ikev2/.
 */
#ifndef DVTI_IKEV2_CORE_STATE_H
#define DVTI_IKEV2_CORE_STATE_H

#include <sys/queue.h>

#include "action.h"
#include "adopt.h"
#include "cookie.h"
#include "core.h"
#include "dial.h"
#include "job.h"
#include "kernel.h"
#include "log.h"
#include "timer.h"
#include "../aaa/pool.h"
#include "../ike/limiter.h"

struct child_sa;
struct ike_sa;
struct session;

/** struct grave - an object that is out of use but may still be on somebody's stack */
struct grave {
	void *object;
	void (*free)(void *object);
	SLIST_ENTRY(grave) link;
};

/**
 * struct ike_core
 * @sas: IKE SAs by the SPI that we chose
 * @half_open: IKE SAs of responders before IKE_AUTH, by the peer's SPI and address
 * @blocked_sessions: those that wait for a route which another session has
 * @idle_sas: those in @sas that only answer retransmissions of their last request
 * @graves: freed when the input that is being worked on is done with
 */
struct ike_core {
	struct ike_core_env env;
	struct ike_policy *policy;
	uint64_t now;
	bool stopping;
	bool export_keys;
	struct timer_heap timers;
	struct ike_core_counters counters;
	struct action_queue actions;
	struct job_list jobs;
	struct kernel_wait *kernel_waits;
	uint64_t last_request, last_session, last_child;
	struct ike_sa *sas;
	struct ike_sa *half_open;
	size_t n_half_open;
	size_t blocked_sessions;
	bool unblocking;
	size_t idle_sas;
	struct session *sessions;
	struct session *sessions_by_owner;
	struct child_sa *children;
	struct pool_leases *leases;
	struct dial_list dials;
	struct survivor_list survivors;
	struct cookie_secrets cookies;
	struct limiter log_limiter;
	uint64_t spi_notices_from;      /* rate limit of INVALID_IKE_SPI and INVALID_MAJOR_VERSION */
	unsigned int spi_notices;
	SLIST_HEAD(, grave) graves;
};

/* Around every input: takes the time over; then frees what has died. */
void core_enter(struct ike_core *core, uint64_t now);
void core_leave(struct ike_core *core);
void core_bury(struct ike_core *core, void *object, void (*free_object)(void *object));

void core_random(struct ike_core *core, void *buf, size_t len);
uint64_t core_random_below(struct ike_core *core, uint64_t bound); /* 0 … bound - 1; 0 for bound 0 */

#endif
