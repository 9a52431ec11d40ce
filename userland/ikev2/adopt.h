/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Links that outlived an earlier daemon, until their peers are back.
 */
#ifndef DVTI_IKEV2_ADOPT_H
#define DVTI_IKEV2_ADOPT_H

#include <sys/queue.h>

#include "core.h"
#include "timer.h"

struct session;

struct survivor {
	struct ike_core *core;
	struct ike_survivor s;
	struct timer timer;
	LIST_ENTRY(survivor) link;
};

LIST_HEAD(survivor_list, survivor);

/* The link of this session's peer, taken off the list; 0 when there is none. */
uint64_t adopt_take(struct session *session);
void adopt_free_all(struct ike_core *core);

#endif
