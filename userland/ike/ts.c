// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Traffic selectors as sets of packets: intersection, narrowing, covering prefixes, text.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ts.h"

void ike_ts_any(struct ike_ts *ts, sa_family_t family)
{
	*ts = (struct ike_ts){ .start.family = family, .end.family = family, .port_end = UINT16_MAX };
	memset(ts->end.bytes, 0xff, ike_addr_size(&ts->end));
}

static bool any_address(const struct ike_ts *ts)
{
	struct ike_ts any;

	ike_ts_any(&any, ts->start.family);
	return !ike_addr_compare(&ts->start, &any.start) && !ike_addr_compare(&ts->end, &any.end);
}

static bool any_port(const struct ike_ts *ts)
{
	return !ts->port_start && ts->port_end == UINT16_MAX;
}

/* RFC 7296 section 3.13.1: ports that the SA's traffic does not have or hides. */
static bool opaque_port(const struct ike_ts *ts)
{
	return ts->port_start == UINT16_MAX && !ts->port_end;
}

bool ike_ts_is_any(const struct ike_ts *ts)
{
	return !ts->protocol && any_port(ts) && any_address(ts);
}

bool ike_ts_equal(const struct ike_ts *a, const struct ike_ts *b)
{
	return a->start.family == b->start.family && a->protocol == b->protocol &&
	       a->port_start == b->port_start && a->port_end == b->port_end &&
	       !ike_addr_compare(&a->start, &b->start) && !ike_addr_compare(&a->end, &b->end);
}

static bool intersect_ports(const struct ike_ts *a, const struct ike_ts *b, struct ike_ts *out)
{
	if (opaque_port(a) || opaque_port(b)) {
		if ((!opaque_port(a) && !any_port(a)) || (!opaque_port(b) && !any_port(b)))
			return false;
		out->port_start = UINT16_MAX;
		out->port_end = 0;
		return true;
	}
	out->port_start = a->port_start > b->port_start ? a->port_start : b->port_start;
	out->port_end = a->port_end < b->port_end ? a->port_end : b->port_end;
	return out->port_start <= out->port_end;
}

static void plain_addr(struct ike_addr *out, const struct ike_addr *a)
{
	*out = (struct ike_addr){ .family = a->family };
	memcpy(out->bytes, a->bytes, sizeof(out->bytes));
}

bool ike_ts_intersect(const struct ike_ts *a, const struct ike_ts *b, struct ike_ts *out)
{
	struct ike_ts r = { 0 };

	if (a->start.family != b->start.family)
		return false;
	if (a->protocol && b->protocol && a->protocol != b->protocol)
		return false;
	r.protocol = a->protocol ? a->protocol : b->protocol;
	if (!intersect_ports(a, b, &r))
		return false;
	plain_addr(&r.start, ike_addr_compare(&a->start, &b->start) > 0 ? &a->start : &b->start);
	plain_addr(&r.end, ike_addr_compare(&a->end, &b->end) < 0 ? &a->end : &b->end);
	if (ike_addr_compare(&r.start, &r.end) > 0)
		return false;
	*out = r;
	return true;
}

static bool contains(const struct ike_ts *outer, const struct ike_ts *inner)
{
	struct ike_ts both;

	return ike_ts_intersect(outer, inner, &both) && ike_ts_equal(&both, inner);
}

/* Add @ts unless an earlier one covers it; drop earlier ones that it covers. */
static size_t add_maximal(struct ike_ts *out, size_t n, size_t max, const struct ike_ts *ts)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (contains(&out[i], ts))
			return n;
	for (size_t i = 0; i < n; i++)
		if (!contains(ts, &out[i]))
			out[kept++] = out[i];
	if (kept < max)
		out[kept++] = *ts;
	return kept;
}

size_t ike_ts_narrow(const struct ike_ts *offer, size_t n_offer, const struct ike_ts *ours, size_t n_ours,
		     struct ike_ts *out, size_t max)
{
	struct ike_ts both;
	size_t n = 0;

	for (size_t i = 0; i < n_offer; i++)
		for (size_t j = 0; j < n_ours; j++)
			if (ike_ts_intersect(&offer[i], &ours[j], &both))
				n = add_maximal(out, n, max, &both);
	return n;
}

static bool bit(const uint8_t *bytes, unsigned int i)
{
	return bytes[i / 8] >> (7 - i % 8) & 1;
}

/* Add one to the address at bit @i (counted from the left); false when it wraps. */
static bool add_at(uint8_t *bytes, unsigned int i)
{
	unsigned int add = 1u << (7 - i % 8);

	for (unsigned int at = i / 8 + 1; at-- > 0; add = 1) {
		unsigned int sum = bytes[at] + add;

		bytes[at] = (uint8_t)sum;
		if (sum <= 0xff)
			return true;
	}
	return false;
}

/* Shortest prefix that starts at @at and does not go beyond @end. */
static unsigned int widest_prefix(const struct ike_addr *at, const struct ike_addr *end, unsigned int bits)
{
	unsigned int len = bits;
	struct ike_addr last = *at;

	while (len > 0 && !bit(at->bytes, len - 1)) {
		last.bytes[(len - 1) / 8] |= (uint8_t)(1u << (7 - (len - 1) % 8));
		if (ike_addr_compare(&last, end) > 0)
			break;
		len--;
	}
	return len;
}

size_t ike_ts_prefixes(const struct ike_ts *ts, struct ike_prefix *out, size_t max)
{
	unsigned int bits = (unsigned int)ike_addr_size(&ts->start) * 8;
	struct ike_addr at;
	size_t n = 0;

	plain_addr(&at, &ts->start);
	while (bits && n < max && ike_addr_compare(&at, &ts->end) <= 0) {
		unsigned int len = widest_prefix(&at, &ts->end, bits);

		out[n++] = (struct ike_prefix){ .addr = at, .len = (uint8_t)len };
		if (!len || !add_at(at.bytes, len - 1))
			break;
	}
	return n;
}

static const struct {
	const char *name;
	uint8_t number;
} protocols[] = {
	{ "any", 0 }, { "icmp", 1 }, { "tcp", 6 }, { "udp", 17 }, { "gre", 47 }, { "esp", 50 }, { "ah", 51 },
	{ "icmpv6", 58 }, { "ospf", 89 }, { "sctp", 132 },
};

static bool parse_number(const char *text, unsigned long max, unsigned long *v)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	*v = strtoul(text, &end, 10);
	return !*end && *v <= max;
}

static bool parse_protocol(struct ike_ts *ts, const char *word)
{
	unsigned long v;

	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		if (!strcmp(protocols[i].name, word)) {
			ts->protocol = protocols[i].number;
			return true;
		}
	}
	if (!parse_number(word, UINT8_MAX, &v))
		return false;
	ts->protocol = (uint8_t)v;
	return true;
}

static bool parse_ports(struct ike_ts *ts, char *word)
{
	char *dash = strchr(word, '-');
	unsigned long first, last;

	if (!strcmp(word, "opaque")) {
		ts->port_start = UINT16_MAX;
		ts->port_end = 0;
		return true;
	}
	if (dash)
		*dash = '\0';
	if (!parse_number(word, UINT16_MAX, &first))
		return false;
	last = first;
	if (dash && (!parse_number(dash + 1, UINT16_MAX, &last) || last < first))
		return false;
	ts->port_start = (uint16_t)first;
	ts->port_end = (uint16_t)last;
	return true;
}

bool ike_ts_parse(struct ike_ts *ts, const char *text)
{
	char copy[IKE_TS_STRLEN], *save, *word, *tail;
	struct ike_range range;
	size_t len = strlen(text);

	if (len >= sizeof(copy))
		return false;
	memcpy(copy, text, len + 1);

	/* "a - b" has blanks of its own: what follows the addresses begins behind the first word after the dash. */
	tail = copy + strspn(copy, " ");
	word = tail;
	tail += strcspn(tail, " ");
	if (tail[strspn(tail, " ")] == '-' || (tail > word && tail[-1] == '-')) {
		tail += strspn(tail, " -");
		tail += strcspn(tail, " ");
	}
	if (*tail)
		*tail++ = '\0';
	if (!ike_range_parse(&range, word))
		return false;

	*ts = (struct ike_ts){ .port_end = UINT16_MAX };
	plain_addr(&ts->start, &range.first);
	plain_addr(&ts->end, &range.last);

	word = strtok_r(tail, " ", &save);
	if (!word)
		return true;
	if (!parse_protocol(ts, word))
		return false;
	word = strtok_r(NULL, " ", &save);
	if (!word)
		return true;
	if (!ts->protocol || !parse_ports(ts, word))
		return false;
	return !strtok_r(NULL, " ", &save);
}

static const char *protocol_text(uint8_t number, char buf[8])
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (protocols[i].number == number)
			return protocols[i].name;
	snprintf(buf, 8, "%u", number);
	return buf;
}

const char *ike_ts_text(const struct ike_ts *ts, char buf[IKE_TS_STRLEN])
{
	char first[IKE_ADDR_STRLEN], last[IKE_ADDR_STRLEN], ports[24] = "", number[8];
	struct ike_prefix p;
	const char *proto;

	if (ike_ts_prefixes(ts, &p, 1) == 1) {
		struct ike_range whole;

		ike_prefix_text(&p, first);
		if (ike_range_parse(&whole, first) && !ike_addr_compare(&whole.last, &ts->end)) {
			snprintf(buf, IKE_TS_STRLEN, "%s", first);
			goto rest;
		}
	}
	snprintf(buf, IKE_TS_STRLEN, "%s-%s", ike_addr_text(&ts->start, first), ike_addr_text(&ts->end, last));

rest:
	if (!ts->protocol && any_port(ts))
		return buf;
	if (opaque_port(ts))
		snprintf(ports, sizeof(ports), " opaque");
	else if (ts->port_start == ts->port_end)
		snprintf(ports, sizeof(ports), " %u", ts->port_start);
	else if (!any_port(ts))
		snprintf(ports, sizeof(ports), " %u-%u", ts->port_start, ts->port_end);
	proto = protocol_text(ts->protocol, number);
	snprintf(buf + strlen(buf), IKE_TS_STRLEN - strlen(buf), " %s%s", proto, ports);
	return buf;
}
