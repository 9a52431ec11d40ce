// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The log: no event twice a second, no flood of one kind, and refusals are remembered.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dvtid/log.h"

static FILE *captured;
static int kept_stderr;

static void capture(void)
{
	fflush(stderr);
	kept_stderr = dup(STDERR_FILENO);
	captured = tmpfile();
	assert_non_null(captured);
	dup2(fileno(captured), STDERR_FILENO);
}

/* What was written since capture(). */
static char *release(void)
{
	static char text[65536];
	size_t len;

	fflush(stderr);
	dup2(kept_stderr, STDERR_FILENO);
	close(kept_stderr);
	rewind(captured);
	len = fread(text, 1, sizeof(text) - 1, captured);
	text[len] = '\0';
	fclose(captured);
	return text;
}

static unsigned int lines(const char *text)
{
	unsigned int n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void refusal(const char *peer, const char *text)
{
	struct ike_log_event e = { .level = IKE_LOG_WARNING, .name = "negotiation-refused", .text = (char *)text };

	snprintf(e.peer, sizeof(e.peer), "%s", peer);
	dvtid_log_event(&e);
}

static void same_event_once_a_second(void **state)
{
	char *text;

	capture();
	dvtid_log_open(false, false);
	for (int i = 0; i < 5; i++)
		dvtid_log(IKE_LOG_NOTICE, "again", "the same");
	dvtid_log(IKE_LOG_NOTICE, "again", "another");
	usleep(1100000);
	dvtid_log(IKE_LOG_NOTICE, "again", "the same");
	text = release();
	assert_string_equal(text, "dvtid: notice: the same\ndvtid: notice: another\ndvtid: notice: the same (and 4 more like it)\n");
	dvtid_log_close();
}

static void flood_of_one_kind(void **state)
{
	char *text;

	capture();
	dvtid_log_open(false, false);
	for (int i = 0; i < 1000; i++)
		dvtid_log(IKE_LOG_WARNING, "garbage", "port %d", i);
	dvtid_log(IKE_LOG_WARNING, "other", "still heard");
	text = release();
	assert_in_range(lines(text), 21, 61); /* the second may end meanwhile */
	assert_non_null(strstr(text, "still heard"));
	dvtid_log_close();
}

static void debug_only_on_demand(void **state)
{
	capture();
	dvtid_log_open(false, false);
	dvtid_log(IKE_LOG_DEBUG, "detail", "unheard");
	dvtid_log_open(true, false);
	dvtid_log(IKE_LOG_DEBUG, "detail", "heard");
	assert_string_equal(release(), "dvtid: debug: heard\n");
	dvtid_log_close();
}

static void json_lines(void **state)
{
	char *text;

	capture();
	dvtid_log_open(false, true);
	refusal("192.0.2.1", "no \"proposal\" in common");
	text = release();
	assert_non_null(strstr(text, "\"event\":\"negotiation-refused\""));
	assert_non_null(strstr(text, "\"text\":\"no \\\"proposal\\\" in common\""));
	assert_non_null(strstr(text, "\"peer\":\"192.0.2.1\""));
	assert_int_equal(lines(text), 1);
	dvtid_log_close();
}

struct seen {
	size_t n;
	struct dvtid_failure first, last;
};

static void see(const struct dvtid_failure *f, void *ctx)
{
	struct seen *seen = ctx;

	if (!seen->n++)
		seen->first = *f;
	seen->last = *f;
}

/* A peer with escape sequences, line ends and broken UTF-8 in what it says of itself. */
static void nothing_steers_the_terminal(void **state)
{
	static const char bad[] = "a\x1b[31mb\nc\r\x7f \xc2\x9b \xff\xc0\x80 \xed\xa0\x80 \xf4\x90\x80\x80 \xe2\x82";
	static const char shown[] =
		"a\\x1b[31mb\\x0ac\\x0d\\x7f \\xc2\\x9b \\xff\\xc0\\x80 \\xed\\xa0\\x80 \\xf4\\x90\\x80\\x80 \\xe2\\x82\n";
	struct seen seen = { 0 };
	const char *text;
	json_t *line;

	(void)state;
	capture();
	dvtid_log_open(false, false);
	refusal("192.0.2.9", bad);
	refusal("192.0.2.9", "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x94\x91");
	dvtid_failures_visit(see, &seen);
	text = release();
	assert_non_null(strstr(text, shown));
	assert_int_equal(lines(text), 2);
	assert_non_null(strstr(text, "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x94\x91\n"));
	assert_null(strchr(seen.last.text, '\x1b'));
	dvtid_log_close();
	capture();
	dvtid_log_open(false, true);
	refusal("192.0.2.10", bad);
	line = json_loads(release(), 0, NULL);
	assert_non_null(line);
	json_decref(line);
	dvtid_log_close();
}

static void refusals_are_remembered(void **state)
{
	struct seen seen = { 0 };

	capture();
	dvtid_log_open(false, false);
	dvtid_log(IKE_LOG_WARNING, "no-peer", "concerns nobody");
	dvtid_failures_visit(see, &seen);
	assert_int_equal(seen.n, 0);
	refusal("192.0.2.1", "one");
	refusal("192.0.2.2", "two");
	refusal("192.0.2.2", "two");
	dvtid_failures_visit(see, &seen);
	assert_int_equal(seen.n, 2);
	assert_string_equal(seen.first.text, "two"); /* newest first */
	assert_int_equal(seen.first.count, 2);
	assert_string_equal(seen.last.peer, "192.0.2.1");
	for (int i = 0; i < 3 * DVTID_FAILURES_MAX; i++) {
		char text[16];

		snprintf(text, sizeof(text), "%d", i);
		refusal("192.0.2.3", text);
	}
	seen.n = 0;
	dvtid_failures_visit(see, &seen);
	assert_int_equal(seen.n, DVTID_FAILURES_MAX);
	assert_string_equal(seen.first.text, "191");
	assert_string_equal(seen.last.text, "128");
	release();
	dvtid_log_close();
}

/* The core tells with an event how many like it there were; they are told of and counted. */
static void held_back_by_the_core(void **state)
{
	struct ike_log_event e = { .level = IKE_LOG_WARNING, .name = "authentication-failed", .text = "no", .peer = "192.0.2.1" };
	struct seen seen = { 0 };

	capture();
	dvtid_log_open(false, false);
	dvtid_log_event(&e);
	e.held = 4;
	dvtid_log_event(&e);
	dvtid_failures_visit(see, &seen);
	assert_string_equal(release(), "dvtid: warning: no\ndvtid: warning: no (and 4 more like it)\n");
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.first.count, 6);
	dvtid_log_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_event_once_a_second), cmocka_unit_test(flood_of_one_kind),
		cmocka_unit_test(debug_only_on_demand), cmocka_unit_test(json_lines),
		cmocka_unit_test(nothing_steers_the_terminal), cmocka_unit_test(refusals_are_remembered),
		cmocka_unit_test(held_back_by_the_core),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
