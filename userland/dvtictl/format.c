// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Numbers and tables for people. Nothing here knows what is shown.
 */
#include "format.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct format_table {
	const char *const *header;
	size_t columns;
	size_t width[FORMAT_COLUMNS_MAX];
	char **cells;
	size_t n, room;
};

/* Characters, not octets, of UTF-8 text. */
static size_t text_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

const char *format_duration(char *buf, int64_t seconds)
{
	int64_t s = seconds < 0 ? 0 : seconds;

	if (s < 60)
		snprintf(buf, FORMAT_CELL_MAX, "%" PRId64 "s", s);
	else if (s < 3600)
		snprintf(buf, FORMAT_CELL_MAX, "%" PRId64 "m%02" PRId64 "s", s / 60, s % 60);
	else if (s < 86400)
		snprintf(buf, FORMAT_CELL_MAX, "%" PRId64 "h%02" PRId64 "m", s / 3600, s / 60 % 60);
	else
		snprintf(buf, FORMAT_CELL_MAX, "%" PRId64 "d%02" PRId64 "h", s / 86400, s / 3600 % 24);
	return buf;
}

const char *format_bytes(char *buf, uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double value = bytes;
	int unit = -1;

	if (bytes < 1024) {
		snprintf(buf, FORMAT_CELL_MAX, "%" PRIu64 " B", bytes);
		return buf;
	}
	/* 1023.95 would be printed as 1024.0: step on before that. */
	while (unit < 0 || (value >= 1023.95 && unit < 5)) {
		value /= 1024;
		unit++;
	}
	snprintf(buf, FORMAT_CELL_MAX, "%.1f %s", value, units[unit]);
	return buf;
}

const char *format_endpoint(char *buf, const char *address, int64_t port)
{
	if (!address)
		snprintf(buf, FORMAT_CELL_MAX, "-");
	else if (!port)
		snprintf(buf, FORMAT_CELL_MAX, "%s", address);
	else if (strchr(address, ':'))
		snprintf(buf, FORMAT_CELL_MAX, "[%s]:%" PRId64, address, port);
	else
		snprintf(buf, FORMAT_CELL_MAX, "%s:%" PRId64, address, port);
	return buf;
}

void format_paragraph(FILE *out, const char *text, unsigned int indent, unsigned int width)
{
	size_t column = 0;

	while (*text) {
		size_t n = strcspn(text, " ");
		char *word = strndup(text, n);
		size_t chars = word ? text_width(word) : n;

		if (column && column + 1 + chars > width) {
			fputc('\n', out);
			column = 0;
		}
		column += fprintf(out, "%*s%.*s", column ? 1 : (int)indent, "", (int)n, text) - (n - chars);
		free(word);
		text += n + strspn(text + n, " ");
	}
	fputc('\n', out);
}

static void disarm_string(json_t *value, bool lines)
{
	char *text = strdup(json_string_value(value));
	bool changed = false;

	if (!text)
		return;
	for (unsigned char *c = (unsigned char *)text; *c; c++) {
		/* C0, DEL, and C1, which is C2 80 … C2 9F in UTF-8 */
		if (*c == '\n' && lines)
			continue;
		if (*c < 0x20 || *c == 0x7f) {
			*c = '?';
			changed = true;
		} else if (*c == 0xc2 && c[1] < 0xa0) {
			memset(c, '?', 2);
			changed = true;
		}
	}
	if (changed)
		json_string_set(value, text);
	free(text);
}

void format_disarm(json_t *value, bool lines)
{
	const char *key;
	json_t *member;
	size_t i;

	switch (json_typeof(value)) {
	case JSON_STRING:
		disarm_string(value, lines);
		break;
	case JSON_ARRAY:
		json_array_foreach(value, i, member)
			format_disarm(member, lines);
		break;
	case JSON_OBJECT:
		json_object_foreach(value, key, member)
			format_disarm(member, lines);
		break;
	default:
		break;
	}
}

struct format_table *format_table_new(const char *const *header)
{
	struct format_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->header = header;
	for (; header[table->columns] && table->columns < FORMAT_COLUMNS_MAX; table->columns++)
		table->width[table->columns] = text_width(header[table->columns]);
	return table;
}

void format_table_cell(struct format_table *table, const char *format, ...)
{
	size_t column;
	va_list ap;
	char *cell;

	if (!table)
		return;
	if (table->n == table->room) {
		size_t room = table->room ? 2 * table->room : 64;
		char **cells = reallocarray(table->cells, room, sizeof(*cells));

		if (!cells)
			return;
		table->cells = cells;
		table->room = room;
	}
	va_start(ap, format);
	if (vasprintf(&cell, format, ap) < 0)
		cell = NULL;
	va_end(ap);
	if (!cell)
		return;
	column = table->n % table->columns;
	if (text_width(cell) > table->width[column])
		table->width[column] = text_width(cell);
	table->cells[table->n++] = cell;
}

static void print_cell(const struct format_table *table, FILE *out, size_t column, const char *text)
{
	fputs(text, out);
	if (column + 1 == table->columns)
		fputc('\n', out);
	else
		fprintf(out, "%*s", (int)(table->width[column] + 2 - text_width(text)), "");
}

void format_table_print(struct format_table *table, FILE *out)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->columns; i++)
		print_cell(table, out, i, table->header[i]);
	for (size_t i = 0; i < table->n; i++) {
		print_cell(table, out, i % table->columns, table->cells[i]);
		free(table->cells[i]);
	}
	free(table->cells);
	free(table);
}
