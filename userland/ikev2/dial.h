/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dialing: which profiles are to be brought up, and when to try again.
 */
#ifndef DVTI_IKEV2_DIAL_H
#define DVTI_IKEV2_DIAL_H

#include <sys/queue.h>

#include "core.h"
#include "timer.h"

struct session;

/**
 * struct dial - the attempts of one profile that initiates
 * @resolving: an IKE_ACTION_CONNECT has not been answered
 * @session: the session that it made, 0 for none
 * @failures: in a row
 */
struct dial {
	struct ike_core *core;
	char profile[IKE_NAME_MAX];
	bool resolving;
	uint64_t session;
	unsigned int failures;
	struct timer timer;
	LIST_ENTRY(dial) link;
};

LIST_HEAD(dial_list, dial);

void dial_profile(struct ike_core *core, const struct ike_profile *profile);
void dial_policy(struct ike_core *core); /* all profiles with connect auto that are not up or on their way */
void dial_session_up(struct session *session);
void dial_session_gone(struct session *session);
/* The session of a dial has proved to be one that the peer has made: that counts from now on. */
void dial_session_merged(struct session *from, struct session *into);
void dial_free_all(struct ike_core *core);
bool dial_quiet(const struct ike_core *core);

#endif
