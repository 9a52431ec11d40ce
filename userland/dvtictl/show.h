/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replies of the daemon as text. Each function prints the reply to one command on stdout; members that an
 * older daemon does not send are left out or shown as "-".
 */
#ifndef DVTI_DVTICTL_SHOW_H
#define DVTI_DVTICTL_SHOW_H

#include <jansson.h>
#include <stdbool.h>

void show_sessions(json_t *reply, bool detail);
void show_sa(json_t *reply, bool detail);
void show_links(json_t *reply, bool detail);
void show_counters(json_t *reply, bool detail);
void show_failures(json_t *reply, bool detail);
void show_profiles(json_t *reply, bool detail);
void show_configuration(json_t *reply, bool detail);
void show_daemon(json_t *reply, bool detail);
void show_event(json_t *event);

/* What a counter of this name counts, in words; empty for an unknown one. */
const char *show_meaning(const char *name);

#endif
