/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The attributes of the module's netlink family, as words and as JSON.
 */
#ifndef DVTI_NL_ATTRIBUTES_H
#define DVTI_NL_ATTRIBUTES_H

#include <jansson.h>
#include <netlink/msg.h>
#include <stdint.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

struct field;

/* What may be said of @object, DVTI_A_LINK or another nest of a request. */
const struct field *fields_of(uint16_t object);

/* Put the attribute of @text, WORD or WORD=VALUE, into @msg; one of @fields, or raw=TYPE:HEX. */
void put_word(struct nl_msg *msg, const struct field *fields, const char *text);

/* The attributes of an answer or event as an object, which is the caller's. */
json_t *json_message(const struct nlattr *head, int length);

/* @text as a number; @word is what it was said of. */
uint64_t number(const char *word, const char *text);

/* Say why, and exit with status 2. */
void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
