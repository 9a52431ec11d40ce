/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the daemon knows, as JSON: sessions, counters, the configuration, log events. Each function returns
 * a new object, or NULL when memory is out. Secrets never appear.
 */
#ifndef DVTI_DVTID_CONTROL_JSON_H
#define DVTI_DVTID_CONTROL_JSON_H

#include <jansson.h>

#include "../ikev2/core.h"

bool control_level_parse(const char *word, enum ike_log_level *level); /* "warning"; false for NULL */
const char *control_level_text(enum ike_log_level level);
uint64_t control_wallclock_ms(void);

/* @ms: since the epoch; "2031-05-01T10:00:00.250Z" */
json_t *control_json_time(uint64_t ms);
json_t *control_json_event(const struct ike_log_event *event, uint64_t when_ms);
json_t *control_json_session(const struct ike_session_status *s);
json_t *control_json_counters(const struct ike_core_counters *c);
json_t *control_json_policy(const struct ike_policy *policy);

#endif
