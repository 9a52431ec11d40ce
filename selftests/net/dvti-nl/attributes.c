// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The attributes of the module's netlink family: words of a command line become attributes of a request, and those of
 * an answer become JSON. Both go by the same tables.
 */
#include "attributes.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/dvti.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum kind {
	KIND_FLAG, KIND_U8, KIND_U16, KIND_U32, KIND_U64, KIND_BE32, KIND_HEX, KIND_STRING, KIND_ENUM,
	KIND_DEVICE,		/* name or number, looked up here */
	KIND_MASTER,		/* name or number, looked up in the netns that netns= names */
	KIND_NETNS,		/* name below /run/netns, or a path */
	KIND_ADDRESS, KIND_SELECTOR, KIND_NEST,
};

struct field {
	const char *name;
	uint16_t attr;
	enum kind kind;
	const void *more;	/* names of an enum, fields of a nest */
};

static const char *const roles[] = { "static", "virtual-template", "virtual-access", NULL };
static const char *const modes[] = { "esp", "gre", NULL };
static const char *const dirs[] = { "in", "out", NULL };
static const char *const encaps[] = { "none", "udp", NULL };
static const char *const dfs[] = { "copy", "set", "clear", NULL };
static const char *const fragments[] = { "auto", "before", "after", NULL };
static const char *const dscps[] = { "copy", "fixed", NULL };
static const char *const kinds[] = { "soft", "hard", NULL };
static const char *const limits[] = { "bytes", "packets", "time", "sequence", NULL };
static const char *const aeads[] = {
	"", "aes-gcm-16", "chacha20-poly1305", "aes-cbc-hmac-sha1-96", "aes-cbc-hmac-sha256-128",
	"aes-cbc-hmac-sha384-192", "aes-cbc-hmac-sha512-256", "aes-cbc-hmac-md5-96", "3des-cbc-hmac-md5-96",
	"3des-cbc-hmac-sha1-96", "3des-cbc-hmac-sha256-128", "3des-cbc-hmac-sha384-192", "3des-cbc-hmac-sha512-256",
	"aes-ccm-8", "aes-ccm-16", "aes-gmac", "null-hmac-md5-96", "null-hmac-sha1-96", "null-hmac-sha256-128",
	"null-hmac-sha384-192", "null-hmac-sha512-256", NULL
};

static const struct field sa_stats_fields[] = {
	{ "packets", DVTI_A_SA_STATS_PACKETS, KIND_U64, NULL },
	{ "bytes", DVTI_A_SA_STATS_BYTES, KIND_U64, NULL },
	{ "replay", DVTI_A_SA_STATS_REPLAY, KIND_U64, NULL },
	{ "integrity", DVTI_A_SA_STATS_INTEGRITY, KIND_U64, NULL },
	{ "malformed", DVTI_A_SA_STATS_MALFORMED, KIND_U64, NULL },
	{ "selector", DVTI_A_SA_STATS_SELECTOR, KIND_U64, NULL },
	{ NULL, 0, 0, NULL }
};

#define LINK_STAT(name, attr) { name, DVTI_A_LINK_STATS_##attr, KIND_U64, NULL }
static const struct field link_stats_fields[] = {
	LINK_STAT("tx-packets", TX_PACKETS), LINK_STAT("tx-bytes", TX_BYTES),
	LINK_STAT("rx-packets", RX_PACKETS), LINK_STAT("rx-bytes", RX_BYTES),
	LINK_STAT("tx-no-sa", TX_NO_SA), LINK_STAT("tx-trigger-expired", TX_TRIGGER_EXPIRED),
	LINK_STAT("tx-selector", TX_SELECTOR), LINK_STAT("tx-too-big", TX_TOO_BIG),
	LINK_STAT("tx-no-route", TX_NO_ROUTE), LINK_STAT("tx-loop", TX_LOOP),
	LINK_STAT("tx-no-memory", TX_NO_MEMORY), LINK_STAT("tx-sequence", TX_SEQUENCE),
	LINK_STAT("tx-crypto", TX_CRYPTO), LINK_STAT("tx-not-ip", TX_NOT_IP),
	LINK_STAT("tx-expired", TX_EXPIRED), LINK_STAT("tx-overflow", TX_OVERFLOW),
	LINK_STAT("tx-dev-down", TX_DEV_DOWN), LINK_STAT("rx-truncated", RX_TRUNCATED),
	LINK_STAT("rx-replay", RX_REPLAY), LINK_STAT("rx-integrity", RX_INTEGRITY),
	LINK_STAT("rx-padding", RX_PADDING), LINK_STAT("rx-next-header", RX_NEXT_HEADER),
	LINK_STAT("rx-inner", RX_INNER), LINK_STAT("rx-selector", RX_SELECTOR),
	LINK_STAT("rx-ecn", RX_ECN), LINK_STAT("rx-no-memory", RX_NO_MEMORY),
	LINK_STAT("rx-overflow", RX_OVERFLOW), LINK_STAT("rx-encap", RX_ENCAP),
	LINK_STAT("rx-expired", RX_EXPIRED), LINK_STAT("rx-dummy", RX_DUMMY),
	LINK_STAT("rx-crypto", RX_CRYPTO), LINK_STAT("tx-outer", TX_OUTER), LINK_STAT("rx-dev-down", RX_DEV_DOWN),
	LINK_STAT("tx-no-carrier", TX_NO_CARRIER), LINK_STAT("rx-gre", RX_GRE),
	{ NULL, 0, 0, NULL }
};

static const struct field link_fields[] = {
	{ "name", DVTI_A_LINK_IFNAME, KIND_STRING, NULL },
	{ "dev", DVTI_A_LINK_IFINDEX, KIND_DEVICE, NULL },
	{ "role", DVTI_A_LINK_ROLE, KIND_ENUM, roles },
	{ "template", DVTI_A_LINK_TEMPLATE_IFINDEX, KIND_DEVICE, NULL },
	{ "mode", DVTI_A_LINK_MODE, KIND_ENUM, modes },
	{ "local", DVTI_A_LINK_LOCAL, KIND_ADDRESS, NULL },
	{ "remote", DVTI_A_LINK_REMOTE, KIND_ADDRESS, NULL },
	{ "encap", DVTI_A_LINK_ENCAP, KIND_ENUM, encaps },
	{ "netns", DVTI_A_LINK_NETNS_FD, KIND_NETNS, NULL },
	{ "netns-id", DVTI_A_LINK_NETNS_ID, KIND_U32, NULL },
	{ "master", DVTI_A_LINK_MASTER_IFINDEX, KIND_MASTER, NULL },
	{ "mtu", DVTI_A_LINK_MTU, KIND_U32, NULL },
	{ "df", DVTI_A_LINK_DF, KIND_ENUM, dfs },
	{ "dscp", DVTI_A_LINK_DSCP, KIND_ENUM, dscps },
	{ "dscp-value", DVTI_A_LINK_DSCP_VALUE, KIND_U8, NULL },
	{ "ttl", DVTI_A_LINK_TTL, KIND_U8, NULL },
	{ "fwmark", DVTI_A_LINK_FWMARK, KIND_U32, NULL },
	{ "underlay", DVTI_A_LINK_UNDERLAY_IFINDEX, KIND_DEVICE, NULL },
	{ "trigger-queue", DVTI_A_LINK_TRIGGER_QUEUE, KIND_U32, NULL },
	{ "cookie", DVTI_A_LINK_COOKIE, KIND_U64, NULL },
	{ "tcp-mss", DVTI_A_LINK_TCP_MSS, KIND_U32, NULL },
	{ "gre-key", DVTI_A_LINK_GRE_KEY, KIND_U32, NULL },
	{ "fragment", DVTI_A_LINK_FRAGMENT, KIND_ENUM, fragments },
	{ "mtu-ignore", DVTI_A_LINK_MTU_IGNORE, KIND_U8, NULL },
	{ "ttl-inherit", DVTI_A_LINK_TTL_INHERIT, KIND_U8, NULL },
	{ "up", DVTI_A_LINK_UP, KIND_FLAG, NULL },
	{ "stats", DVTI_A_LINK_STATS, KIND_NEST, link_stats_fields },
	{ NULL, 0, 0, NULL }
};

static const struct field sa_fields[] = {
	{ "dev", DVTI_A_SA_IFINDEX, KIND_DEVICE, NULL },
	{ "dir", DVTI_A_SA_DIR, KIND_ENUM, dirs },
	{ "spi", DVTI_A_SA_SPI, KIND_BE32, NULL },
	{ "aead", DVTI_A_SA_AEAD, KIND_ENUM, aeads },
	{ "key", DVTI_A_SA_KEY, KIND_HEX, NULL },
	{ "local", DVTI_A_SA_LOCAL, KIND_ADDRESS, NULL },
	{ "remote", DVTI_A_SA_REMOTE, KIND_ADDRESS, NULL },
	{ "encap", DVTI_A_SA_ENCAP, KIND_ENUM, encaps },
	{ "esn", DVTI_A_SA_ESN, KIND_FLAG, NULL },
	{ "replay-window", DVTI_A_SA_REPLAY_WINDOW, KIND_U32, NULL },
	{ "seq", DVTI_A_SA_SEQ, KIND_U64, NULL },
	{ "soft-bytes", DVTI_A_SA_SOFT_BYTES, KIND_U64, NULL },
	{ "hard-bytes", DVTI_A_SA_HARD_BYTES, KIND_U64, NULL },
	{ "soft-packets", DVTI_A_SA_SOFT_PACKETS, KIND_U64, NULL },
	{ "hard-packets", DVTI_A_SA_HARD_PACKETS, KIND_U64, NULL },
	{ "soft-seconds", DVTI_A_SA_SOFT_SECONDS, KIND_U64, NULL },
	{ "hard-seconds", DVTI_A_SA_HARD_SECONDS, KIND_U64, NULL },
	{ "ts", DVTI_A_SA_SELECTOR, KIND_SELECTOR, NULL },
	{ "allow-unencrypted", DVTI_A_SA_ALLOW_UNENCRYPTED, KIND_FLAG, NULL },
	{ "cookie", DVTI_A_SA_COOKIE, KIND_U64, NULL },
	{ "age-seconds", DVTI_A_SA_AGE_SECONDS, KIND_U64, NULL },
	{ "idle-seconds", DVTI_A_SA_IDLE_SECONDS, KIND_U64, NULL },
	{ "stats", DVTI_A_SA_STATS, KIND_NEST, sa_stats_fields },
	{ NULL, 0, 0, NULL }
};

static const struct field spi_fields[] = {
	{ "spi", DVTI_A_SPI_SPI, KIND_BE32, NULL },
	{ "local", DVTI_A_SPI_LOCAL, KIND_ADDRESS, NULL },
	{ "seconds", DVTI_A_SPI_SECONDS, KIND_U32, NULL },
	{ NULL, 0, 0, NULL }
};

static const struct field top_fields[] = {
	{ "link", DVTI_A_LINK, KIND_NEST, link_fields },
	{ "sa", DVTI_A_SA, KIND_NEST, sa_fields },
	{ "spi", DVTI_A_SPI, KIND_NEST, spi_fields },
	{ "kind", DVTI_A_KIND, KIND_ENUM, kinds },
	{ "limit", DVTI_A_LIMIT, KIND_ENUM, limits },
	{ "flow", DVTI_A_FLOW, KIND_SELECTOR, NULL },
	{ "local", DVTI_A_LOCAL, KIND_ADDRESS, NULL },
	{ "remote", DVTI_A_REMOTE, KIND_ADDRESS, NULL },
	{ NULL, 0, 0, NULL }
};

void die(const char *format, ...)
{
	va_list ap;

	fputs("dvti-nl: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(2);
}

uint64_t number(const char *word, const char *text)
{
	char *end;
	uint64_t n;

	errno = 0;
	n = strtoull(text, &end, 0);
	if (errno || end == text || *end)
		die("%s: \"%s\" is not a number", word, text);
	return n;
}

static size_t unhex(const char *word, const char *text, uint8_t *to, size_t size)
{
	size_t n = 0;

	if (!strncmp(text, "0x", 2))
		text += 2;
	for (; *text; text += 2, n++) {
		if (n == size || !isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]))
			die("%s: not an even number of hexadecimal digits, or too long", word);
		sscanf(text, "%2hhx", &to[n]);
	}
	return n;
}

static uint32_t device(const char *word, const char *text)
{
	uint32_t index;

	if (isdigit((unsigned char)*text))
		return number(word, text);
	index = if_nametoindex(text);
	if (!index)
		die("%s: there is no device %s", word, text);
	return index;
}

static int netns_open(const char *text)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s%s", strchr(text, '/') ? "" : "/run/netns/", text);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		die("netns %s: %s", path, strerror(errno));
	return fd;
}

/* An ifindex means something only in its own netns, so look there and come back. */
static uint32_t device_in(int netns, const char *word, const char *text)
{
	int home = open("/proc/self/ns/net", O_RDONLY);
	uint32_t index;

	if (netns >= 0 && setns(netns, CLONE_NEWNET))
		die("%s: cannot enter the netns: %s", word, strerror(errno));
	index = device(word, text);
	if (setns(home, CLONE_NEWNET))
		die("%s: cannot come back: %s", word, strerror(errno));
	close(home);
	return index;
}

/* ADDRESS or ADDRESS,PORT */
static void put_address(struct nl_msg *msg, uint16_t attr, const char *word, const char *text)
{
	struct nlattr *nest = nla_nest_start(msg, attr);
	const char *comma = strchr(text, ',');
	char host[INET6_ADDRSTRLEN];
	struct in6_addr a6;
	struct in_addr a4;

	snprintf(host, sizeof(host), "%.*s", comma ? (int)(comma - text) : (int)strlen(text), text);
	if (inet_pton(AF_INET, host, &a4) == 1)
		nla_put_u32(msg, DVTI_A_ADDRESS_IPV4, a4.s_addr);
	else if (inet_pton(AF_INET6, host, &a6) == 1)
		nla_put(msg, DVTI_A_ADDRESS_IPV6, sizeof(a6), &a6);
	else if (*host)
		die("%s: \"%s\" is not an address", word, host);
	if (comma)
		nla_put_u16(msg, DVTI_A_ADDRESS_PORT, htons(number(word, comma + 1)));
	nla_nest_end(msg, nest);
}

/* START-END, PREFIX/LENGTH or one address, as two attributes */
static void put_range(struct nl_msg *msg, uint16_t start, uint16_t end, const char *text)
{
	uint8_t from[16], to[16];
	char copy[128], *cut;
	unsigned int bits;
	size_t size;
	int family;

	snprintf(copy, sizeof(copy), "%s", text);
	family = strchr(copy, ':') ? AF_INET6 : AF_INET;
	size = family == AF_INET6 ? 16 : 4;
	cut = copy + strcspn(copy, "/-");
	if (!*cut) {
		if (inet_pton(family, copy, from) != 1)
			die("ts: \"%s\" is not an address", copy);
		memcpy(to, from, size);
	} else if (*cut == '-') {
		*cut++ = 0;
		if (inet_pton(family, copy, from) != 1 || inet_pton(family, cut, to) != 1)
			die("ts: \"%s\" is not a range", text);
	} else {
		*cut++ = 0;
		bits = number("ts", cut);
		if (inet_pton(family, copy, from) != 1 || bits > size * 8)
			die("ts: \"%s\" is not a prefix", text);
		for (size_t i = 0; i < size; i++) {
			unsigned int keep = bits >= 8 * (i + 1) ? 8 : bits <= 8 * i ? 0 : bits - 8 * i;
			uint8_t mask = 0xff00u >> keep;

			from[i] &= mask;
			to[i] = from[i] | (uint8_t)~mask;
		}
	}
	nla_put(msg, start, size, from);
	nla_put(msg, end, size, to);
}

static void put_ports(struct nl_msg *msg, uint16_t start, uint16_t end, const char *text)
{
	char copy[32], *cut;

	snprintf(copy, sizeof(copy), "%s", text);
	cut = strchr(copy, '-');
	if (cut)
		*cut++ = 0;
	nla_put_u16(msg, start, number("ts", copy));
	nla_put_u16(msg, end, number("ts", cut ? cut : copy));
}

/* LOCAL,REMOTE[,PROTOCOL[,LOCAL-PORTS[,REMOTE-PORTS]]] */
static void put_selector(struct nl_msg *msg, uint16_t attr, const char *text)
{
	struct nlattr *nest = nla_nest_start(msg, attr);
	char *copy = strdup(text), *rest = copy, *part[5];
	size_t n = 0;

	while (n < ARRAY_SIZE(part) && (part[n] = strsep(&rest, ",")))
		n++;
	if (n < 2)
		die("ts: \"%s\" is not LOCAL,REMOTE[,PROTOCOL[,LOCAL-PORTS[,REMOTE-PORTS]]]", text);
	nla_put_u8(msg, DVTI_A_SELECTOR_PROTOCOL, n > 2 ? number("ts", part[2]) : 0);
	put_range(msg, DVTI_A_SELECTOR_LOCAL_START, DVTI_A_SELECTOR_LOCAL_END, part[0]);
	put_range(msg, DVTI_A_SELECTOR_REMOTE_START, DVTI_A_SELECTOR_REMOTE_END, part[1]);
	put_ports(msg, DVTI_A_SELECTOR_LOCAL_PORT_START, DVTI_A_SELECTOR_LOCAL_PORT_END,
		  n > 3 ? part[3] : "0-65535");
	put_ports(msg, DVTI_A_SELECTOR_REMOTE_PORT_START, DVTI_A_SELECTOR_REMOTE_PORT_END,
		  n > 4 ? part[4] : "0-65535");
	free(copy);
	nla_nest_end(msg, nest);
}

static uint32_t enumerated(const char *word, const char *text, const char *const *names)
{
	for (uint32_t i = 0; names[i]; i++)
		if (*names[i] && !strcmp(names[i], text))
			return i;
	if (isdigit((unsigned char)*text))
		return number(word, text);
	die("%s: unknown value \"%s\"", word, text);
}

static void put_raw(struct nl_msg *msg, const char *text)
{
	const char *colon = strchr(text, ':');
	uint8_t data[256];
	size_t n;

	if (!colon)
		die("raw: TYPE:HEX is wanted");
	n = unhex("raw", colon + 1, data, sizeof(data));
	nla_put(msg, strtoul(text, NULL, 0), n, data);
}

void put_word(struct nl_msg *msg, const struct field *fields, const char *text)
{
	static int netns = -1;
	const char *value = strchr(text, '=');
	size_t length = value ? (size_t)(value - text) : strlen(text);
	const struct field *f = fields;
	uint8_t data[512];

	value = value ? value + 1 : "";
	if (length == 3 && !strncmp(text, "raw", 3)) {
		put_raw(msg, value);
		return;
	}
	while (f->name && (strlen(f->name) != length || strncmp(f->name, text, length)))
		f++;
	if (!f->name)
		die("unknown word \"%s\"", text);

	switch (f->kind) {
	case KIND_FLAG: nla_put_flag(msg, f->attr); break;
	case KIND_U8: nla_put_u8(msg, f->attr, number(f->name, value)); break;
	case KIND_U16: nla_put_u16(msg, f->attr, number(f->name, value)); break;
	case KIND_U32: nla_put_u32(msg, f->attr, number(f->name, value)); break;
	case KIND_U64: nla_put_u64(msg, f->attr, number(f->name, value)); break;
	case KIND_BE32: nla_put_u32(msg, f->attr, htonl(number(f->name, value))); break;
	case KIND_HEX: nla_put(msg, f->attr, unhex(f->name, value, data, sizeof(data)), data); break;
	case KIND_STRING: nla_put_string(msg, f->attr, value); break;
	case KIND_ENUM: nla_put_u32(msg, f->attr, enumerated(f->name, value, f->more)); break;
	case KIND_DEVICE: nla_put_u32(msg, f->attr, device(f->name, value)); break;
	case KIND_MASTER: nla_put_u32(msg, f->attr, device_in(netns, f->name, value)); break;
	case KIND_NETNS:
		netns = netns_open(value);
		nla_put_s32(msg, f->attr, netns);
		break;
	case KIND_ADDRESS: put_address(msg, f->attr, f->name, value); break;
	case KIND_SELECTOR: put_selector(msg, f->attr, value); break;
	case KIND_NEST: die("\"%s\" is only ever told by the kernel", f->name);
	}
}

static json_t *json_ip(const struct nlattr *a)
{
	char text[INET6_ADDRSTRLEN];

	if (nla_len(a) != 4 && nla_len(a) != 16)
		return json_null();
	inet_ntop(nla_len(a) == 4 ? AF_INET : AF_INET6, nla_data(a), text, sizeof(text));
	return json_string(text);
}

static json_t *json_address(const struct nlattr *nest)
{
	json_t *o = json_object();
	struct nlattr *a;
	int rest;

	nla_for_each_nested(a, nest, rest) {
		if (nla_type(a) == DVTI_A_ADDRESS_PORT)
			json_object_set_new(o, "port", json_integer(ntohs(nla_get_u16(a))));
		else
			json_object_set_new(o, "address", json_ip(a));
	}
	return o;
}

static json_t *json_selector(const struct nlattr *nest)
{
	static const char *const names[] = {
		[DVTI_A_SELECTOR_PROTOCOL] = "protocol",
		[DVTI_A_SELECTOR_LOCAL_START] = "local-start",
		[DVTI_A_SELECTOR_LOCAL_END] = "local-end",
		[DVTI_A_SELECTOR_REMOTE_START] = "remote-start",
		[DVTI_A_SELECTOR_REMOTE_END] = "remote-end",
		[DVTI_A_SELECTOR_LOCAL_PORT_START] = "local-port-start",
		[DVTI_A_SELECTOR_LOCAL_PORT_END] = "local-port-end",
		[DVTI_A_SELECTOR_REMOTE_PORT_START] = "remote-port-start",
		[DVTI_A_SELECTOR_REMOTE_PORT_END] = "remote-port-end",
	};
	json_t *o = json_object();
	struct nlattr *a;
	int rest;

	nla_for_each_nested(a, nest, rest) {
		if (nla_type(a) > DVTI_A_SELECTOR_MAX)
			continue;
		if (nla_type(a) == DVTI_A_SELECTOR_PROTOCOL)
			json_object_set_new(o, "protocol", json_integer(nla_get_u8(a)));
		else if (nla_len(a) == 2)
			json_object_set_new(o, names[nla_type(a)], json_integer(nla_get_u16(a)));
		else
			json_object_set_new(o, names[nla_type(a)], json_ip(a));
	}
	return o;
}

static json_t *json_nest(const struct nlattr *head, int length, const struct field *fields);

static json_t *json_value(const struct nlattr *a, const struct field *f)
{
	char hex[2 * 256 + 1] = "";
	char name[IF_NAMESIZE];
	uint32_t index, n = 0;

	switch (f->kind) {
	case KIND_FLAG: return json_true();
	case KIND_U8: return json_integer(nla_get_u8(a));
	case KIND_U16: return json_integer(nla_get_u16(a));
	case KIND_U32:
	case KIND_NETNS: return json_integer(nla_get_u32(a));
	case KIND_U64: return json_integer(nla_get_u64(a));
	case KIND_BE32: return json_sprintf("0x%08x", ntohl(nla_get_u32(a)));
	case KIND_STRING: return json_string(nla_get_string((struct nlattr *)a));
	case KIND_DEVICE:
	case KIND_MASTER:
		index = nla_get_u32(a);
		return if_indextoname(index, name) ? json_string(name) : json_integer(index);
	case KIND_ADDRESS: return json_address(a);
	case KIND_SELECTOR: return json_selector(a);
	case KIND_NEST: return json_nest(nla_data(a), nla_len(a), f->more);
	case KIND_ENUM:
		index = nla_get_u32(a);
		while (((const char *const *)f->more)[n] && n < index)
			n++;
		return n == index && ((const char *const *)f->more)[n] ?
			json_string(((const char *const *)f->more)[n]) : json_integer(index);
	case KIND_HEX:
		for (int i = 0; i < nla_len(a) && i < 256; i++)
			sprintf(hex + 2 * i, "%02x", ((uint8_t *)nla_data(a))[i]);
		return json_string(hex);
	}
	return json_null();
}

static json_t *json_nest(const struct nlattr *head, int length, const struct field *fields)
{
	json_t *o = json_object();
	const struct nlattr *a;
	int rest;

	nla_for_each_attr(a, head, length, rest) {
		const struct field *f = fields;

		while (f->name && f->attr != nla_type(a))
			f++;
		if (!f->name)
			continue;
		if (f->kind == KIND_SELECTOR) {
			/* May come more than once. */
			json_t *list = json_object_get(o, f->name);

			if (!list)
				json_object_set_new(o, f->name, list = json_array());
			json_array_append_new(list, json_value(a, f));
		} else {
			json_object_set_new(o, f->name, json_value(a, f));
		}
		/* The number too: a name may belong to another netns. */
		if (f->kind == KIND_DEVICE && !strcmp(f->name, "dev"))
			json_object_set_new(o, "ifindex", json_integer(nla_get_u32(a)));
	}
	return o;
}

json_t *json_message(const struct nlattr *head, int length)
{
	return json_nest(head, length, top_fields);
}

const struct field *fields_of(uint16_t object)
{
	for (size_t i = 0; top_fields[i].name; i++)
		if (top_fields[i].attr == object)
			return top_fields[i].more;
	return NULL;
}
