// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What dvtictl prints: durations, octets, tables, and text that a peer has had a hand in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dvtictl/format.h"

static void durations(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} cases[] = {
		{ -5, "0s" }, { 0, "0s" }, { 59, "59s" }, { 60, "1m00s" }, { 725, "12m05s" }, { 3599, "59m59s" },
		{ 3600, "1h00m" }, { 11220, "3h07m" }, { 86399, "23h59m" }, { 86400, "1d00h" }, { 187200, "2d04h" },
	};
	char buf[FORMAT_CELL_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(format_duration(buf, cases[i].seconds), cases[i].text);
}

static void octets(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{ 0, "0 B" }, { 1023, "1023 B" }, { 1024, "1.0 KiB" }, { 1434, "1.4 KiB" },
		{ 1048575, "1.0 MiB" }, { 1048576, "1.0 MiB" }, { UINT64_MAX, "16.0 EiB" },
	};
	char buf[FORMAT_CELL_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(format_bytes(buf, cases[i].bytes), cases[i].text);
}

static void endpoints(void **state)
{
	char buf[FORMAT_CELL_MAX];

	assert_string_equal(format_endpoint(buf, NULL, 500), "-");
	assert_string_equal(format_endpoint(buf, "192.0.2.1", 4500), "192.0.2.1:4500");
	assert_string_equal(format_endpoint(buf, "2001:db8::1", 500), "[2001:db8::1]:500");
	assert_string_equal(format_endpoint(buf, "2001:db8::1", 0), "2001:db8::1");
}

static char *written(FILE *out, char **text)
{
	fclose(out);
	return *text;
}

static void tables_align(void **state)
{
	static const char *const header[] = { "Name", "Peer", "N", NULL };
	struct format_table *table = format_table_new(header);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	format_table_cell(table, "%s", "a");
	format_table_cell(table, "%s", "東京");
	format_table_cell(table, "%d", 1);
	format_table_cell(table, "%s", "longer");
	format_table_cell(table, "%s", "x");
	format_table_cell(table, "%d", 22);
	format_table_print(table, out);
	assert_string_equal(written(out, &text), "Name    Peer  N\n"
						 "a       東京    1\n"
						 "longer  x     22\n");
	free(text);
}

/* A reply can hold tens of thousands of rows. */
static void tables_grow(void **state)
{
	static const char *const header[] = { "A", "B", NULL };
	struct format_table *table = format_table_new(header);
	char *text = NULL;
	size_t size, lines = 0;
	FILE *out = open_memstream(&text, &size);

	for (int i = 0; i < 20000; i++)
		format_table_cell(table, "%d", i);
	format_table_print(table, out);
	written(out, &text);
	for (char *c = text; *c; c++)
		lines += *c == '\n';
	assert_int_equal(lines, 10001);
	free(text);
}

static void paragraphs_wrap(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	format_paragraph(out, "one two three four", 2, 10);
	assert_string_equal(written(out, &text), "  one two\n  three\n  four\n");
	free(text);
}

/* An identity such as "\033]0;owned\007" must not reach the terminal. */
static void control_characters_are_disarmed(void **state)
{
	json_t *value = json_pack("{s:s, s:[s, s], s:i}", "id", "a\033[2Jb\nc\177", "list", "\xc2\x9b""1m", "Zürich",
				  "n", 7);

	format_disarm(value, false);
	assert_string_equal(json_string_value(json_object_get(value, "id")), "a?[2Jb?c?");
	assert_string_equal(json_string_value(json_array_get(json_object_get(value, "list"), 0)), "??1m");
	assert_string_equal(json_string_value(json_array_get(json_object_get(value, "list"), 1)), "Zürich");
	json_decref(value);

	value = json_string("hub.conf:1: bad\nhub.conf:2: worse\r");
	format_disarm(value, true);
	assert_string_equal(json_string_value(value), "hub.conf:1: bad\nhub.conf:2: worse?");
	json_decref(value);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations),
		cmocka_unit_test(octets),
		cmocka_unit_test(endpoints),
		cmocka_unit_test(tables_align),
		cmocka_unit_test(tables_grow),
		cmocka_unit_test(paragraphs_wrap),
		cmocka_unit_test(control_characters_are_disarmed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
