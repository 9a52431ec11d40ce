/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One log for the process: to the journal when started by systemd, else to standard error, as text or as
 * JSON lines. The same event is told at most once a second; how many were held back is told with the next.
 */
#ifndef DVTI_DVTID_LOG_H
#define DVTI_DVTID_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "../ikev2/core.h"

/* Called for every event, also those that the log itself holds back for their level. */
typedef void (*dvtid_log_sink)(const struct ike_log_event *event, void *ctx);

void dvtid_log_open(bool debug, bool json);
void dvtid_log_close(void);
/* At most one sink: the control socket's monitor. NULL takes it away. */
void dvtid_log_subscribe(dvtid_log_sink sink, void *ctx);

/* Of the core, which has held back what is no news. */
void dvtid_log_event(const struct ike_log_event *event);
void dvtid_log(enum ike_log_level level, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
const char *dvtid_log_level_name(enum ike_log_level level);

/** struct dvtid_failure - a refusal that the log has told about */
struct dvtid_failure {
	time_t when;                    /* of the last time */
	unsigned int count;             /* how often in a row */
	enum ike_log_level level;
	char name[32];
	char peer[IKE_ADDR_STRLEN];
	char peer_id[IKE_ID_STRLEN];
	char profile[IKE_NAME_MAX];
	char text[1024];
};

#define DVTID_FAILURES_MAX 64

/* Newest first. Borrowed for the callback. */
typedef void (*dvtid_failure_visit)(const struct dvtid_failure *failure, void *ctx);
void dvtid_failures_visit(dvtid_failure_visit visit, void *ctx);

#endif
