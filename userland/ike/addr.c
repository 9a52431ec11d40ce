// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Addresses, prefixes and ranges: comparing, parsing, printing.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"

size_t ike_addr_size(const struct ike_addr *a)
{
	switch (a->family) {
	case AF_INET:
		return 4;
	case AF_INET6:
		return 16;
	default:
		return 0;
	}
}

static bool link_local(const struct ike_addr *a)
{
	return a->family == AF_INET6 && a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80;
}

bool ike_addr_same_host(const struct ike_addr *a, const struct ike_addr *b)
{
	return a->family == b->family && a->scope == b->scope &&
	       !memcmp(a->bytes, b->bytes, ike_addr_size(a));
}

bool ike_addr_equal(const struct ike_addr *a, const struct ike_addr *b)
{
	return a->port == b->port && ike_addr_same_host(a, b);
}

int ike_addr_compare(const struct ike_addr *a, const struct ike_addr *b)
{
	return memcmp(a->bytes, b->bytes, ike_addr_size(a));
}

bool ike_addr_parse(struct ike_addr *a, const char *text)
{
	char host[INET6_ADDRSTRLEN];
	const char *percent = strchr(text, '%');
	size_t len = percent ? (size_t)(percent - text) : strlen(text);

	*a = (struct ike_addr){ 0 };
	if (len >= sizeof(host))
		return false;
	memcpy(host, text, len);
	host[len] = '\0';

	if (!percent && inet_pton(AF_INET, host, a->bytes) == 1) {
		a->family = AF_INET;
		return true;
	}
	if (inet_pton(AF_INET6, host, a->bytes) != 1)
		goto bad;
	a->family = AF_INET6;
	if (!percent)
		return true;

	/* A scope makes sense for link-local addresses only (RFC 4007). */
	if (!link_local(a))
		goto bad;
	a->scope = if_nametoindex(percent + 1);
	if (!a->scope) {
		char *end;
		unsigned long index = strtoul(percent + 1, &end, 10);

		if (percent[1] < '0' || percent[1] > '9' || *end || !index || index > INT32_MAX)
			goto bad;
		a->scope = (uint32_t)index;
	}
	return true;

bad:
	*a = (struct ike_addr){ 0 };
	return false;
}

/* Bits of @b, counted from @len on, must be zero (@ones: must be one). */
static bool host_bits_are(const struct ike_addr *a, unsigned int len, bool ones)
{
	uint8_t want = ones ? 0xff : 0;

	for (unsigned int i = 0; i < ike_addr_size(a); i++) {
		uint8_t mask = 8 * i >= len ? 0xff : 8 * (i + 1) <= len ? 0 : (uint8_t)(0xff >> (len - 8 * i));

		if ((a->bytes[i] & mask) != (want & mask))
			return false;
	}
	return true;
}

bool ike_prefix_parse(struct ike_prefix *p, const char *text)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	char host[IKE_ADDR_STRLEN];
	unsigned int bits, max;

	*p = (struct ike_prefix){ 0 };
	if (len >= sizeof(host))
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	if (!ike_addr_parse(&p->addr, host))
		return false;

	max = (unsigned int)ike_addr_size(&p->addr) * 8;
	bits = max;
	if (slash) {
		char *end;

		if (slash[1] < '0' || slash[1] > '9' || strlen(slash + 1) > 3)
			goto bad;
		bits = (unsigned int)strtoul(slash + 1, &end, 10);
		if (*end || bits > max)
			goto bad;
	}
	p->len = (uint8_t)bits;
	if (!host_bits_are(&p->addr, bits, false))
		goto bad;
	return true;

bad:
	*p = (struct ike_prefix){ 0 };
	return false;
}

static void prefix_last(const struct ike_prefix *p, struct ike_addr *last)
{
	*last = p->addr;
	for (unsigned int i = 0; i < ike_addr_size(last); i++) {
		if (8 * i >= p->len)
			last->bytes[i] = 0xff;
		else if (8 * (i + 1) > p->len)
			last->bytes[i] |= (uint8_t)(0xff >> (p->len - 8 * i));
	}
}

/* @text up to @len octets, blanks on either side cut off, as an address. */
static bool parse_part(struct ike_addr *a, const char *text, size_t len)
{
	char host[IKE_ADDR_STRLEN];

	while (len && *text == ' ')
		text++, len--;
	while (len && text[len - 1] == ' ')
		len--;
	if (!len || len >= sizeof(host))
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	return ike_addr_parse(a, host);
}

bool ike_range_parse(struct ike_range *r, const char *text)
{
	const char *dash = strchr(text, '-');
	struct ike_prefix p;

	*r = (struct ike_range){ 0 };
	if (!dash) {
		if (!ike_prefix_parse(&p, text))
			return false;
		r->first = p.addr;
		prefix_last(&p, &r->last);
		return true;
	}
	if (!parse_part(&r->first, text, (size_t)(dash - text)) || !parse_part(&r->last, dash + 1, strlen(dash + 1)) ||
	    r->first.family != r->last.family || ike_addr_compare(&r->first, &r->last) > 0) {
		*r = (struct ike_range){ 0 };
		return false;
	}
	return true;
}

bool ike_prefix_contains(const struct ike_prefix *p, const struct ike_addr *a)
{
	unsigned int whole = p->len / 8, rest = p->len % 8;

	if (p->addr.family != a->family || p->len > 8 * ike_addr_size(a) || memcmp(p->addr.bytes, a->bytes, whole))
		return false;
	return !rest || !((p->addr.bytes[whole] ^ a->bytes[whole]) >> (8 - rest));
}

void ike_addr_from_sockaddr(struct ike_addr *a, const struct sockaddr *sa)
{
	*a = (struct ike_addr){ 0 };
	if (sa->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)sa;

		a->family = AF_INET;
		a->port = ntohs(in->sin_port);
		memcpy(a->bytes, &in->sin_addr, 4);
	} else if (sa->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)sa;

		a->port = ntohs(in6->sin6_port);
		if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
			a->family = AF_INET;
			memcpy(a->bytes, &in6->sin6_addr.s6_addr[12], 4);
			return;
		}
		a->family = AF_INET6;
		memcpy(a->bytes, &in6->sin6_addr, 16);
		/* The kernel fills in the index for others too; it would make equal addresses differ. */
		if (IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr))
			a->scope = in6->sin6_scope_id;
	}
}

socklen_t ike_addr_to_sockaddr(const struct ike_addr *a, struct sockaddr_storage *ss)
{
	memset(ss, 0, sizeof(*ss));
	if (a->family == AF_INET) {
		struct sockaddr_in *in = (struct sockaddr_in *)ss;

		in->sin_family = AF_INET;
		in->sin_port = htons(a->port);
		memcpy(&in->sin_addr, a->bytes, 4);
		return sizeof(*in);
	}
	if (a->family == AF_INET6) {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;

		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(a->port);
		if (link_local(a))
			in6->sin6_scope_id = a->scope;
		memcpy(&in6->sin6_addr, a->bytes, 16);
		return sizeof(*in6);
	}
	return 0;
}

const char *ike_addr_text(const struct ike_addr *a, char *buf)
{
	char scope[IF_NAMESIZE];
	size_t len;

	if (!ike_addr_size(a)) {
		snprintf(buf, IKE_ADDR_STRLEN, "none");
		return buf;
	}
	inet_ntop(a->family, a->bytes, buf, IKE_ADDR_STRLEN);
	if (!a->scope || !link_local(a))
		return buf;
	len = strlen(buf);
	if (if_indextoname(a->scope, scope))
		snprintf(buf + len, IKE_ADDR_STRLEN - len, "%%%s", scope);
	else
		snprintf(buf + len, IKE_ADDR_STRLEN - len, "%%%u", a->scope);
	return buf;
}

const char *ike_addr_port_text(const struct ike_addr *a, char *buf)
{
	char host[IKE_ADDR_STRLEN];
	int len;

	ike_addr_text(a, host);
	len = snprintf(buf, IKE_ADDR_STRLEN, a->family == AF_INET6 ? "[%s]:%u" : "%s:%u", host, a->port);
	if (len >= IKE_ADDR_STRLEN)
		buf[IKE_ADDR_STRLEN - 1] = '\0';
	return buf;
}

const char *ike_prefix_text(const struct ike_prefix *p, char *buf)
{
	size_t len;

	ike_addr_text(&p->addr, buf);
	len = strlen(buf);
	snprintf(buf + len, IKE_ADDR_STRLEN - len, "/%u", p->len);
	return buf;
}
