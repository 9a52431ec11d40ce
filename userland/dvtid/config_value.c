// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From the text of an option to its value: numbers, durations, sizes, words, addresses, secrets. What is
 * wrong is said with what would be right.
 */
#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "config_build.h"

#define WORD_MAX 64

void *config_alloc(struct config *c, size_t n, size_t size)
{
	struct config_block *b;

	if (n && size > (SIZE_MAX - sizeof(*b)) / n)
		abort();
	b = calloc(1, sizeof(*b) + n * size);
	if (!b)
		abort();
	b->size = n * size;
	b->next = c->out->blocks;
	c->out->blocks = b;
	return b->data;
}

/* Edit distance, with '-' and '_' free of charge, so that "sha-256" is next to "sha256". */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[WORD_MAX + 1], diagonal, above;
	size_t la = strlen(a), lb = strlen(b);

	if (la > WORD_MAX || lb > WORD_MAX)
		return WORD_MAX;
	row[0] = 0;
	for (size_t j = 1; j <= lb; j++)
		row[j] = row[j - 1] + (b[j - 1] != '-');
	for (size_t i = 1; i <= la; i++) {
		unsigned int cost = a[i - 1] != '-' && a[i - 1] != '_';

		diagonal = row[0];
		row[0] += cost;
		for (size_t j = 1; j <= lb; j++) {
			unsigned int best = diagonal + (tolower((unsigned char)a[i - 1]) != tolower((unsigned char)b[j - 1]));

			above = row[j];
			if (above + cost < best)
				best = above + cost;
			if (row[j - 1] + (b[j - 1] != '-') < best)
				best = row[j - 1] + (b[j - 1] != '-');
			diagonal = above;
			row[j] = best;
		}
	}
	return row[lb];
}

const char *config_nearest(const char *word, const char *const *known)
{
	unsigned int best = (strlen(word) < 3 ? 1 : strlen(word) / 3) + 1, d;
	const char *found = NULL;

	if (!word[strspn(word, "0123456789")])
		return NULL; /* every number is near every other */
	for (; *known; known++) {
		d = distance(word, *known);
		if (d < best) {
			best = d;
			found = *known;
		}
	}
	return found;
}

void config_unknown(struct config *c, cfg_t *sec, const struct config_value *at, const char *what,
		    const char *const *known)
{
	const char *nearest = config_nearest(at->text, known);
	char hint[WORD_MAX + 32] = "";
	char list[1024] = "";
	size_t len = 0;

	if (nearest)
		snprintf(hint, sizeof(hint), " (did you mean \"%s\"?)", nearest);
	for (; *known && len < sizeof(list); known++)
		len += snprintf(list + len, sizeof(list) - len, " %s", *known);
	config_error(c, sec, at, "unknown %s \"%s\"%s; %s%s", what, at->text, hint, *list ? "known:" : "none is configured",
		     list);
}

void config_bool(struct config *c, cfg_t *sec, const char *option, bool *out)
{
	const struct config_value *v = config_one(sec, option);
	int truth;

	if (!v)
		return;
	truth = cfg_parse_boolean(v->text);
	if (truth < 0)
		config_error(c, sec, v, "%s \"%s\" is neither true nor false", option, v->text);
	else
		*out = truth;
}

static bool number(const char *text, uint64_t *out, const char **rest)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*out = strtoull(text, &end, strncasecmp(text, "0x", 2) ? 10 : 16);
	*rest = end;
	return !errno && end != text;
}

/* A number with a unit out of @units, each a word and its factor. */
struct unit {
	const char *name;
	uint64_t factor;
};

static bool quantity(const char *text, const struct unit *units, uint64_t *out)
{
	const char *rest;

	if (!number(text, out, &rest))
		return false;
	while (*rest == ' ')
		rest++;
	for (; units->name; units++)
		if (!strcasecmp(rest, units->name))
			return !__builtin_mul_overflow(*out, units->factor, out);
	return false;
}

void config_u64(struct config *c, cfg_t *sec, const char *option, uint64_t min, uint64_t max, uint64_t *out)
{
	const struct config_value *v = config_one(sec, option);
	const char *rest;
	uint64_t n;

	if (!v)
		return;
	if (!number(v->text, &n, &rest) || *rest)
		config_error(c, sec, v, "%s \"%s\" is not a number", option, v->text);
	else if (n < min || n > max)
		config_error(c, sec, v, "%s %s is out of range: %llu to %llu", option, v->text, (unsigned long long)min,
			     (unsigned long long)max);
	else
		*out = n;
}

void config_u32(struct config *c, cfg_t *sec, const char *option, uint32_t min, uint32_t max, uint32_t *out)
{
	uint64_t n = *out;

	config_u64(c, sec, option, min, max, &n);
	*out = n;
}

void config_u16(struct config *c, cfg_t *sec, const char *option, uint16_t min, uint16_t max, uint16_t *out)
{
	uint64_t n = *out;

	config_u64(c, sec, option, min, max, &n);
	*out = n;
}

void config_u8(struct config *c, cfg_t *sec, const char *option, uint8_t min, uint8_t max, uint8_t *out)
{
	uint64_t n = *out;

	config_u64(c, sec, option, min, max, &n);
	*out = n;
}

static const struct unit time_units[] = {
	{ "", 1000 }, { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "min", 60000 }, { "h", 3600000 }, { "d", 86400000 },
	{ "w", 7 * 86400000 }, { NULL, 0 }
};

static bool milliseconds(struct config *c, cfg_t *sec, const char *option, uint64_t min, uint64_t max, uint64_t *ms)
{
	const struct config_value *v = config_one(sec, option);

	if (!v)
		return false;
	if (!quantity(v->text, time_units, ms)) {
		config_error(c, sec, v, "%s \"%s\" is not a duration such as 30, \"30s\", \"8h\" or \"1d\"", option, v->text);
		return false;
	}
	if (*ms && (*ms < min || *ms > max)) {
		config_error(c, sec, v, "%s \"%s\" is out of range: %llus to %llus", option, v->text,
			     (unsigned long long)min / 1000, (unsigned long long)max / 1000);
		return false;
	}
	return true;
}

/* A duration of @min to @max seconds; 0 is accepted beside them when @min is 0 or means "never". */
void config_seconds(struct config *c, cfg_t *sec, const char *option, uint64_t min, uint64_t max, uint32_t *out)
{
	uint64_t ms;

	if (milliseconds(c, sec, option, min * 1000, max * 1000, &ms))
		*out = (ms + 999) / 1000;
}

void config_milliseconds(struct config *c, cfg_t *sec, const char *option, uint64_t min, uint64_t max, uint32_t *out)
{
	uint64_t ms;

	if (!milliseconds(c, sec, option, min, max, &ms))
		return;
	if (!ms)
		config_error(c, sec, config_one(sec, option), "%s must not be 0", option);
	else
		*out = ms;
}

void config_bytes(struct config *c, cfg_t *sec, const char *option, uint64_t min, uint64_t *out)
{
	static const struct unit units[] = {
		{ "", 1 }, { "B", 1 }, { "K", 1ULL << 10 }, { "M", 1ULL << 20 }, { "G", 1ULL << 30 }, { "T", 1ULL << 40 },
		{ "KB", 1000 }, { "MB", 1000000 }, { "GB", 1000000000 }, { "TB", 1000000000000 }, { NULL, 0 }
	};
	const struct config_value *v = config_one(sec, option);
	uint64_t n;

	if (!v)
		return;
	if (!quantity(v->text, units, &n))
		config_error(c, sec, v, "%s \"%s\" is not a size such as \"500M\" or \"10G\"", option, v->text);
	else if (n && n < min)
		config_error(c, sec, v, "%s \"%s\" is too small: %llu octets at least, or 0 for no limit", option, v->text,
			     (unsigned long long)min);
	else
		*out = n;
}

void config_text(struct config *c, cfg_t *sec, const char *option, char *out, size_t size)
{
	const struct config_value *v = config_one(sec, option);

	if (!v)
		return;
	if (strlen(v->text) >= size)
		config_error(c, sec, v, "%s \"%s\" is longer than %zu octets", option, v->text, size - 1);
	else
		strcpy(out, v->text);
}

void config_device(struct config *c, cfg_t *sec, const char *option, char out[16])
{
	const struct config_value *v = config_one(sec, option);

	if (!v)
		return;
	if (strlen(v->text) >= IFNAMSIZ || strpbrk(v->text, "/: \t") || !strcmp(v->text, ".") || !strcmp(v->text, ".."))
		config_error(c, sec, v, "%s \"%s\" is not a device name (at most 15 octets without /, : or space)", option,
			     v->text);
	else
		strcpy(out, v->text);
}

void config_word(struct config *c, cfg_t *sec, const char *option, const char *const *words, uint32_t *out)
{
	const struct config_value *v = config_one(sec, option);

	if (!v)
		return;
	for (uint32_t i = 0; words[i]; i++)
		if (!strcasecmp(v->text, words[i])) {
			*out = i;
			return;
		}
	config_unknown(c, sec, v, option, words);
}

/* The prefix that a text with host bits was probably meant to be: "10.1.2.3/8" -> "10.0.0.0/8". */
static bool without_host_bits(const char *text, char *buf, size_t size)
{
	const char *slash = strchr(text, '/');
	char host[IKE_ADDR_STRLEN], clean[IKE_ADDR_STRLEN];
	struct ike_addr a;
	unsigned long len;
	char *end;

	if (!slash || (size_t)(slash - text) >= sizeof(host))
		return false;
	memcpy(host, text, slash - text);
	host[slash - text] = '\0';
	len = strtoul(slash + 1, &end, 10);
	if (!isdigit((unsigned char)slash[1]) || *end || !ike_addr_parse(&a, host) || len > ike_addr_size(&a) * 8)
		return false;
	for (size_t bit = len; bit < ike_addr_size(&a) * 8; bit++)
		a.bytes[bit / 8] &= ~(0x80 >> bit % 8);
	snprintf(buf, size, "%s/%lu", ike_addr_text(&a, clean), len);
	return true;
}

void config_prefixes(struct config *c, cfg_t *sec, const char *option, struct ike_prefix **out, size_t *n)
{
	unsigned int count = config_count(sec, option);
	struct ike_prefix *p;
	char meant[96];

	if (!count)
		return;
	p = config_alloc(c, count, sizeof(*p));
	*out = p;
	for (unsigned int i = 0; i < count; i++) {
		const struct config_value *v = config_nth(sec, option, i);

		if (ike_prefix_parse(&p[*n], v->text))
			++*n;
		else if (without_host_bits(v->text, meant, sizeof(meant)))
			config_error(c, sec, v, "%s \"%s\" has host bits set (did you mean \"%s\"?)", option, v->text, meant);
		else
			config_error(c, sec, v, "%s \"%s\" is not a prefix such as 10.0.0.0/8 or 2001:db8::/32", option,
				     v->text);
	}
}

void config_addresses(struct config *c, cfg_t *sec, const char *option, struct ike_addr **out, size_t *n)
{
	unsigned int count = config_count(sec, option);
	struct ike_addr *a;

	if (!count)
		return;
	a = config_alloc(c, count, sizeof(*a));
	*out = a;
	for (unsigned int i = 0; i < count; i++) {
		const struct config_value *v = config_nth(sec, option, i);

		if (ike_addr_parse(&a[*n], v->text))
			++*n;
		else
			config_error(c, sec, v, "%s \"%s\" is not an IP address", option, v->text);
	}
}

void config_selectors(struct config *c, cfg_t *sec, const char *option, struct ike_ts **out, size_t *n)
{
	unsigned int count = config_count(sec, option);
	struct ike_ts *ts;

	if (!count)
		return;
	ts = config_alloc(c, 2 * count, sizeof(*ts)); /* "any" is one of each family */
	*out = ts;
	for (unsigned int i = 0; i < count; i++) {
		const struct config_value *v = config_nth(sec, option, i);

		if (!strcmp(v->text, "any")) {
			ike_ts_any(&ts[(*n)++], AF_INET);
			ike_ts_any(&ts[(*n)++], AF_INET6);
		} else if (ike_ts_parse(&ts[*n], v->text)) {
			++*n;
		} else {
			config_error(c, sec, v,
				     "%s \"%s\" is not a traffic selector such as \"10.0.0.0/8\", \"10.0.0.1-10.0.0.9\" or \"10.0.0.0/8 tcp 80\"",
				     option, v->text);
		}
	}
}

static bool hex_decode(const char *text, uint8_t *out, size_t *len)
{
	size_t n = strlen(text);

	if (!n || n % 2)
		return false;
	for (size_t i = 0; i < n; i += 2) {
		int hi = OPENSSL_hexchar2int(text[i]), lo = OPENSSL_hexchar2int(text[i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		out[i / 2] = hi << 4 | lo;
	}
	*len = n / 2;
	return true;
}

/* Octets as they stand, or hexadecimal after 0x. The text itself never enters a message. */
void config_secret(struct config *c, cfg_t *sec, const char *option, struct ike_secret *out)
{
	const struct config_value *v = config_one(sec, option);
	size_t len;

	if (!v)
		return;
	len = strlen(v->text);
	if (!len) {
		config_error(c, sec, v, "%s is empty", option);
		return;
	}
	out->data = config_alloc(c, len, 1);
	if (strncasecmp(v->text, "0x", 2)) {
		memcpy(out->data, v->text, len);
		out->len = len;
	} else if (!hex_decode(v->text + 2, out->data, &out->len)) {
		config_error(c, sec, v, "%s begins with 0x but is not an even number of hexadecimal digits", option);
	}
}

void config_title(struct config *c, cfg_t *sec, char *out, size_t size)
{
	const char *title = cfg_title(sec);

	if (!title || !*title)
		config_error(c, sec, NULL, "the name is empty");
	else if (strlen(title) >= size)
		config_error(c, sec, NULL, "the name is longer than %zu octets", size - 1);
	else
		strcpy(out, title);
}

void *config_reference(struct config *c, cfg_t *sec, const struct config_value *at, const char *what, void *base,
		       size_t n, size_t size)
{
	const char **names;

	for (size_t i = 0; i < n; i++)
		if (!strcmp((const char *)base + i * size, at->text))
			return (char *)base + i * size;
	names = config_alloc(c, n + 1, sizeof(*names));
	for (size_t i = 0; i < n; i++)
		names[i] = (const char *)base + i * size;
	config_unknown(c, sec, at, what, names);
	return NULL;
}
