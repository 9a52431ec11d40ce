/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Message IDs, retransmission and the cache of the last response (RFC 7296 sections 2.1 to 2.3).
 */
#ifndef DVTI_IKEV2_WINDOW_H
#define DVTI_IKEV2_WINDOW_H

#include "message.h"
#include "task.h"
#include "timer.h"

/* Send the request of sa->task. A message that cannot be built ends the SA. */
void window_request(struct ike_sa *sa, uint8_t exchange, const struct ike_chain *chain);
/* Answer the request @msgid; the answer is kept for retransmissions. */
void window_respond(struct ike_sa *sa, uint8_t exchange, uint32_t msgid, const struct ike_chain *chain);
void window_respond_notify(struct ike_sa *sa, uint8_t exchange, uint32_t msgid, uint16_t type);
void window_respond_empty(struct ike_sa *sa, uint8_t exchange, uint32_t msgid);
/* The response of our request has come: no more retransmissions. */
void window_answered(struct ike_sa *sa);

enum window_request {
	WINDOW_NEW,
	WINDOW_REPEATED,
	WINDOW_OUTSIDE,
};
enum window_request window_judge(const struct ike_sa *sa, uint32_t msgid);
/* A repeated request: answer it again, unless it is still being worked on. */
void window_repeat(struct ike_sa *sa, const struct message *m);
void window_retransmit(struct timer *timer);

#endif
