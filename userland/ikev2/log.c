// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Log events: one line that is complete in itself, with the peer in front, and no faster than a person reads.
 */
#include "log.h"
#include "core_state.h"
#include "ike_sa.h"
#include "memory.h"
#include "session.h"

/* FNV-1a */
static uint64_t hash_text(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 0x100000001b3;
	return hash;
}

/* @format: the kind of line, since a peer may be refused for one thing and, a moment later, for another */
static bool too_soon(struct ike_core *core, const char *name, const char *format, const char *peer)
{
	uint64_t key = hash_text(hash_text(hash_text(0xcbf29ce484222325, name), format), peer) | 1;
	size_t i = key / 2 % LOG_LIMITER_SLOTS;

	if (core->log_limiter.slot[i].key == key && core->now < core->log_limiter.slot[i].when + 1000)
		return true;
	core->log_limiter.slot[i].key = key;
	core->log_limiter.slot[i].when = core->now;
	return false;
}

static void emit(struct ike_core *core, const struct ike_addr *remote, const struct ike_id *id,
		 const char *profile, uint64_t session, enum ike_log_level level, const char *name,
		 const char *format, va_list args)
{
	struct ike_log_event *event = xzalloc(sizeof(*event));
	char *text = NULL;
	bool known = remote && remote->family != AF_UNSPEC;

	if (known)
		ike_addr_text(remote, event->peer);
	if (id && id->type != IKE_ID_NONE)
		ike_id_text(id, event->peer_id);
	if (level != IKE_LOG_INFO && too_soon(core, name, format, known ? event->peer : profile ? profile : "")) {
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
