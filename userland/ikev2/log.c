// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Log events: one line that is complete in itself, with the peer in front, and no faster than a person reads.
 */
#include "log.h"
#include "core_state.h"
#include "ike_sa.h"
#include "memory.h"
#include "session.h"

static void emit(struct ike_core *core, const struct ike_addr *remote, const struct ike_id *id,
		 const char *profile, uint64_t session, enum ike_log_level level, const char *name,
		 const char *format, va_list args)
{
	struct ike_log_event *event = xzalloc(sizeof(*event));
	char *text = NULL;
	bool known = remote && remote->family != AF_UNSPEC;
	uint64_t key;

	if (known)
		ike_addr_text(remote, event->peer);
	if (id && id->type != IKE_ID_NONE)
		ike_id_text(id, event->peer_id);
	/* @format is the kind: a peer may be refused for one thing and, a moment later, for another. */
	key = limiter_key(name, format, known ? event->peer : profile ? profile : "", NULL);
	if (level != IKE_LOG_INFO && !limiter_pass(&core->log_limiter, key, core->now, &event->held)) {
		free(event);
		return;
	}
	event->level = level;
	event->name = name;
	event->session = session;
	if (profile)
		snprintf(event->profile, sizeof(event->profile), "%s", profile);
	if (vasprintf(&text, format, args) < 0)
		text = xstrdup(name);
	if (asprintf(&event->text, "%s%s%s%s%s%s", event->peer, *event->peer_id ? " (" : "", event->peer_id,
		     *event->peer_id ? ")" : "", known ? ": " : "", text) < 0)
		event->text = xstrdup(name);
	free(text);
	action_log(core, event);
}

void log_sa(struct ike_sa *sa, enum ike_log_level level, const char *name, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	emit(sa->core, &sa->remote, &sa->peer_id, sa->profile ? sa->profile->name : NULL,
	     sa->session ? sa->session->number : 0, level, name, format, args);
	va_end(args);
}

void log_session(struct session *session, enum ike_log_level level, const char *name, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	emit(session->core, &session->remote, &session->peer_id, session->profile->name, session->number, level,
	     name, format, args);
	va_end(args);
}

void log_peer(struct ike_core *core, const struct ike_addr *remote, const char *profile, enum ike_log_level level,
	      const char *name, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	emit(core, remote, NULL, profile, 0, level, name, format, args);
	va_end(args);
}
