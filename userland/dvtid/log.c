// SPDX-License-Identifier: GPL-2.0-or-later
#include "log.h"

#include "../ike/limiter.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#define EVENT_SLOTS 64
#define EVENTS_PER_SECOND 20
#define TEXT_MAX 2048

enum target { TO_STDERR, TO_JOURNAL, TO_JSON };

/* Lines of one kind of event in the present second: texts that differ in a port or an SPI are no excuse. */
struct flow {
	uint64_t second;
	unsigned int written, held;
};

static struct {
	enum target target;
	bool debug;
	dvtid_log_sink sink;
	void *sink_ctx;
	struct limiter repeats;
	struct flow flows[EVENT_SLOTS];
	struct dvtid_failure *failures;
	size_t n_failures, newest;
} log_state;

static const char *const level_names[] = {
	[IKE_LOG_ERROR] = "error", [IKE_LOG_WARNING] = "warning", [IKE_LOG_NOTICE] = "notice",
	[IKE_LOG_INFO] = "info", [IKE_LOG_DEBUG] = "debug",
};

static const int level_priority[] = { 3, 4, 5, 6, 7 }; /* of syslog(3) */

const char *dvtid_log_level_name(enum ike_log_level level)
{
	return level_names[level];
}

/* systemd tells by device and inode whether standard error is the journal (sd_journal_stream_fd(3)). */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &dev, &ino) == 2 && !fstat(STDERR_FILENO, &st) &&
	       st.st_dev == dev && st.st_ino == ino;
}

void dvtid_log_open(bool debug, bool json)
{
	log_state.debug = debug;
	log_state.target = json ? TO_JSON : stderr_is_journal() ? TO_JOURNAL : TO_STDERR;
	setlinebuf(stderr);
}

void dvtid_log_close(void)
{
	free(log_state.failures);
	log_state.failures = NULL;
	log_state.n_failures = 0;
	log_state.sink = NULL;
}

void dvtid_log_subscribe(dvtid_log_sink sink, void *ctx)
{
	log_state.sink = sink;
	log_state.sink_ctx = ctx;
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

/* Return: whether to write it now; *@held grows by how many of its kind were not written before. */
static bool may_write(const struct ike_log_event *e, unsigned int *held)
{
	struct flow *f = &log_state.flows[limiter_key(e->name, NULL) % EVENT_SLOTS];
	uint64_t second = now_ms() / 1000;

	if (f->second != second) {
		*held += f->held;
		*f = (struct flow){ .second = second };
	}
	if (e->level != IKE_LOG_DEBUG && f->written == EVENTS_PER_SECOND) {
		f->held += 1 + *held;
		return false;
	}
	f->written++;
	return true;
}

/* A refusal concerns a peer and is worth at least a warning. */
static void remember_failure(const struct ike_log_event *e)
{
	struct dvtid_failure *f;

	if (e->level > IKE_LOG_WARNING || !*e->peer)
		return;
	if (!log_state.failures) {
		log_state.failures = calloc(DVTID_FAILURES_MAX, sizeof(*log_state.failures));
		if (!log_state.failures)
			return;
	}
	f = &log_state.failures[log_state.newest];
	if (log_state.n_failures && !strcmp(f->name, e->name) && !strcmp(f->peer, e->peer) &&
	    !strncmp(f->text, e->text, sizeof(f->text) - 1)) {
		f->count += 1 + e->held;
		f->when = time(NULL);
		return;
	}
	if (log_state.n_failures)
		log_state.newest = (log_state.newest + 1) % DVTID_FAILURES_MAX;
	if (log_state.n_failures < DVTID_FAILURES_MAX)
		log_state.n_failures++;
	f = &log_state.failures[log_state.newest];
	memset(f, 0, sizeof(*f));
	f->when = time(NULL);
	f->count = 1;
	f->level = e->level;
	snprintf(f->name, sizeof(f->name), "%s", e->name);
	snprintf(f->peer, sizeof(f->peer), "%s", e->peer);
	snprintf(f->peer_id, sizeof(f->peer_id), "%s", e->peer_id);
	snprintf(f->profile, sizeof(f->profile), "%s", e->profile);
	snprintf(f->text, sizeof(f->text), "%s", e->text);
}

void dvtid_failures_visit(dvtid_failure_visit visit, void *ctx)
{
	for (size_t i = 0; i < log_state.n_failures; i++)
		visit(&log_state.failures[(log_state.newest + DVTID_FAILURES_MAX - i) % DVTID_FAILURES_MAX], ctx);
}

static void write_json(const struct ike_log_event *e, const char *text)
{
	json_t *o = json_pack("{s:f, s:s, s:s, s:s}", "time", (double)time(NULL), "level", level_names[e->level], "event",
			      e->name, "text", text);
	char *line;

	if (!o)
		return;
	if (*e->peer)
		json_object_set_new(o, "peer", json_string(e->peer));
	if (*e->peer_id)
		json_object_set_new(o, "peer_id", json_string(e->peer_id));
	if (*e->profile)
		json_object_set_new(o, "profile", json_string(e->profile));
	if (e->session)
		json_object_set_new(o, "session", json_integer(e->session));
	line = json_dumps(o, JSON_COMPACT);
	if (line)
		fprintf(stderr, "%s\n", line);
	free(line);
	json_decref(o);
}

static void write_line(const struct ike_log_event *e, const char *text)
{
	switch (log_state.target) {
	case TO_JSON:
		write_json(e, text);
		break;
	case TO_JOURNAL:
		sd_journal_send("PRIORITY=%d", level_priority[e->level], "MESSAGE=%s", text, "DVTI_EVENT=%s", e->name,
				"DVTI_PEER=%s", e->peer, "DVTI_PEER_ID=%s", e->peer_id, "DVTI_PROFILE=%s", e->profile, NULL);
		break;
	case TO_STDERR:
		fprintf(stderr, "dvtid: %s: %s\n", level_names[e->level], text);
		break;
	}
}

/* Octets of the UTF-8 sequence at @c that may be shown as it is, 0 if it must not. */
static size_t shown_as_is(const unsigned char *c)
{
	static const struct {
		unsigned char mask, lead;
	} forms[] = { { 0xe0, 0xc0 }, { 0xf0, 0xe0 }, { 0xf8, 0xf0 } };

	if (*c < 0x80)
		return *c >= ' ' && *c != 0x7f;
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		if ((*c & forms[i].mask) != forms[i].lead)
			continue;
		for (size_t k = 1; k <= i + 1; k++)
			if ((c[k] & 0xc0) != 0x80)
				return 0;
		/* C1, what is longer than need be, surrogates, and beyond Unicode */
		if (*c < 0xc2 || (*c == 0xc2 && c[1] < 0xa0) || (*c == 0xe0 && c[1] < 0xa0) ||
		    (*c == 0xed && c[1] >= 0xa0) || (*c == 0xf0 && c[1] < 0x90) || *c > 0xf4 || (*c == 0xf4 && c[1] >= 0x90))
			return 0;
		return i + 2;
	}
	return 0;
}

/* Whatever is in a text, from peers or anywhere, it cannot end a line, steer a terminal, or spoil the JSON. */
static void clean(char *to, size_t size, const char *text)
{
	const unsigned char *c = (const unsigned char *)text;
	size_t at = 0;

	while (*c && at + 5 < size) {
		size_t n = shown_as_is(c);

		if (n) {
			memcpy(to + at, c, n);
			at += n;
			c += n;
		} else {
			at += (size_t)snprintf(to + at, size - at, "\\x%02x", *c++);
		}
	}
	to[at] = '\0';
}

static void write_event(const struct ike_log_event *e)
{
	char text[TEXT_MAX + 64];
	unsigned int held = e->held;

	if ((e->level == IKE_LOG_DEBUG && !log_state.debug) || !may_write(e, &held))
		return;
	if (held)
		snprintf(text, sizeof(text), "%.*s (and %u more like it)", TEXT_MAX, e->text, held);
	else
		snprintf(text, sizeof(text), "%.*s", TEXT_MAX, e->text);
	write_line(e, text);
}

void dvtid_log_event(const struct ike_log_event *e)
{
	struct ike_log_event cleaned = *e;
	char text[TEXT_MAX];

	clean(text, sizeof(text), e->text);
	clean(cleaned.peer_id, sizeof(cleaned.peer_id), e->peer_id);
	cleaned.text = text;
	remember_failure(&cleaned);
	if (log_state.sink)
		log_state.sink(&cleaned, log_state.sink_ctx);
	write_event(&cleaned);
}

void dvtid_log(enum ike_log_level level, const char *name, const char *format, ...)
{
	char text[TEXT_MAX];
	struct ike_log_event e = { .level = level, .name = name, .text = text };
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (limiter_pass(&log_state.repeats, limiter_key(name, text, NULL), now_ms(), &e.held))
		dvtid_log_event(&e);
}
