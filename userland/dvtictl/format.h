/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers and tables for people.
 */
#ifndef DVTI_DVTICTL_FORMAT_H
#define DVTI_DVTICTL_FORMAT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define FORMAT_COLUMNS_MAX 14
#define FORMAT_CELL_MAX 96

/* Into @buf of FORMAT_CELL_MAX octets; returned for use as an argument. */
const char *format_duration(char *buf, int64_t seconds); /* "42s", "12m05s", "3h07m", "2d04h" */
const char *format_bytes(char *buf, uint64_t bytes);     /* "999 B", "1.4 KiB" */
const char *format_endpoint(char *buf, const char *address, int64_t port); /* "192.0.2.1:500", "-" for NULL */

/* Print @text indented and wrapped at spaces so that no line is longer than @width. */
void format_paragraph(FILE *out, const char *text, unsigned int indent, unsigned int width);

/*
 * Control characters in any string below @value become "?", ends of lines too unless @lines says that they
 * may stay: names come from the network.
 */
void format_disarm(json_t *value, bool lines);

struct format_table;

/* @header: a NULL-terminated list of at most FORMAT_COLUMNS_MAX titles that outlives the table */
struct format_table *format_table_new(const char *const *header);
void format_table_cell(struct format_table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Columns as wide as their widest cell; nothing but the header when there are no rows. Frees @table. */
void format_table_print(struct format_table *table, FILE *out);

#endif
