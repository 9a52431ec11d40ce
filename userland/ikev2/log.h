/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events for administrators.
 */
#ifndef DVTI_IKEV2_LOG_H
#define DVTI_IKEV2_LOG_H

#include "core.h"

struct ike_sa;
struct session;

/**
 * log_sa() - tell something about an IKE SA
 *
 * @format makes the text behind the peer's address and identity. The same event about the same peer comes once
 * a second at most, except for IKE_LOG_INFO: what goes well is told in full. What is held back takes neither the time
 * to put it into words nor a place among the failures that are remembered.
 */
void log_sa(struct ike_sa *sa, enum ike_log_level level, const char *name, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void log_session(struct session *session, enum ike_log_level level, const char *name, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* About a peer that has no IKE SA. @remote may be NULL. */
void log_peer(struct ike_core *core, const struct ike_addr *remote, const char *profile, enum ike_log_level level,
	      const char *name, const char *format, ...) __attribute__((format(printf, 6, 7)));

#endif
