// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Links and SAs of the kernel as JSON, and settings of links read from JSON. Words and names are those of
 * Documentation/netlink/specs/dvti.yaml, with underscores in names of members.
 */
#include "control_kernel.h"

#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONTROL_NATT_PORT 4500 /* RFC 3948 section 2.1 */

static const char *const role_words[] = { "static", "virtual-template", "virtual-access", NULL };
static const char *const mode_words[] = { "esp", "gre", NULL };
static const char *const encap_words[] = { "none", "udp", NULL };
static const char *const df_words[] = { "copy", "set", "clear", NULL };
static const char *const fragment_words[] = { "auto", "before", "after", NULL };
static const char *const dscp_words[] = { "copy", "fixed", NULL };
static const char *const direction_words[] = { "in", "out", NULL };
static const char *const aead_words[] = {
	"none", "aes-gcm-16", "chacha20-poly1305", "aes-cbc-hmac-sha1-96", "aes-cbc-hmac-sha256-128",
	"aes-cbc-hmac-sha384-192", "aes-cbc-hmac-sha512-256", "aes-cbc-hmac-md5-96", "3des-cbc-hmac-md5-96",
	"3des-cbc-hmac-sha1-96", "3des-cbc-hmac-sha256-128", "3des-cbc-hmac-sha384-192", "3des-cbc-hmac-sha512-256",
	"aes-ccm-8", "aes-ccm-16", "aes-gmac", "null-hmac-md5-96", "null-hmac-sha1-96", "null-hmac-sha256-128",
	"null-hmac-sha384-192", "null-hmac-sha512-256", NULL,
};

static const char *const drop_names[DVTI_A_LINK_STATS_MAX + 1] = {
	[DVTI_A_LINK_STATS_TX_NO_SA] = "tx_no_sa",
	[DVTI_A_LINK_STATS_TX_TRIGGER_EXPIRED] = "tx_trigger_expired",
	[DVTI_A_LINK_STATS_TX_SELECTOR] = "tx_selector",
	[DVTI_A_LINK_STATS_TX_TOO_BIG] = "tx_too_big",
	[DVTI_A_LINK_STATS_TX_NO_ROUTE] = "tx_no_route",
	[DVTI_A_LINK_STATS_TX_LOOP] = "tx_loop",
	[DVTI_A_LINK_STATS_TX_NO_MEMORY] = "tx_no_memory",
	[DVTI_A_LINK_STATS_TX_SEQUENCE] = "tx_sequence",
	[DVTI_A_LINK_STATS_TX_CRYPTO] = "tx_crypto",
	[DVTI_A_LINK_STATS_TX_NOT_IP] = "tx_not_ip",
	[DVTI_A_LINK_STATS_TX_EXPIRED] = "tx_expired",
	[DVTI_A_LINK_STATS_RX_TRUNCATED] = "rx_truncated",
	[DVTI_A_LINK_STATS_RX_REPLAY] = "rx_replay",
	[DVTI_A_LINK_STATS_RX_INTEGRITY] = "rx_integrity",
	[DVTI_A_LINK_STATS_RX_PADDING] = "rx_padding",
	[DVTI_A_LINK_STATS_RX_NEXT_HEADER] = "rx_next_header",
	[DVTI_A_LINK_STATS_RX_INNER] = "rx_inner",
	[DVTI_A_LINK_STATS_RX_SELECTOR] = "rx_selector",
	[DVTI_A_LINK_STATS_RX_ECN] = "rx_ecn",
	[DVTI_A_LINK_STATS_RX_NO_MEMORY] = "rx_no_memory",
	[DVTI_A_LINK_STATS_RX_OVERFLOW] = "rx_overflow",
	[DVTI_A_LINK_STATS_RX_ENCAP] = "rx_encap",
	[DVTI_A_LINK_STATS_RX_EXPIRED] = "rx_expired",
	[DVTI_A_LINK_STATS_RX_DUMMY] = "rx_dummy",
	[DVTI_A_LINK_STATS_TX_OVERFLOW] = "tx_overflow",
	[DVTI_A_LINK_STATS_RX_CRYPTO] = "rx_crypto",
	[DVTI_A_LINK_STATS_TX_DEV_DOWN] = "tx_dev_down",
	[DVTI_A_LINK_STATS_TX_OUTER] = "tx_outer",
	[DVTI_A_LINK_STATS_RX_DEV_DOWN] = "rx_dev_down",
	[DVTI_A_LINK_STATS_TX_NO_CARRIER] = "tx_no_carrier",
	[DVTI_A_LINK_STATS_RX_GRE] = "rx_gre",
};

static const char *word(const char *const *words, uint32_t value)
{
	for (uint32_t i = 0; words[i]; i++)
		if (i == value)
			return words[i];
	return "unknown";
}

static json_t *text_or_null(const char *text)
{
	return text && *text ? json_string(text) : json_null();
}

static json_t *device_json(uint32_t ifindex)
{
	char name[IF_NAMESIZE];

	return ifindex ? text_or_null(if_indextoname(ifindex, name)) : json_null();
}

static json_t *host_json(const struct ike_addr *addr)
{
	char text[IKE_ADDR_STRLEN];

	return addr->family == AF_UNSPEC ? json_null() : json_string(ike_addr_text(addr, text));
}

json_t *control_kernel_link_drops(const struct dvtid_link *link)
{
	json_t *drops = json_object();

	for (size_t i = DVTI_A_LINK_STATS_TX_NO_SA; i <= DVTI_A_LINK_STATS_MAX; i++)
		if (drop_names[i])
			json_object_set_new(drops, drop_names[i], json_integer(link->stats[i]));
	return drops;
}

json_t *control_kernel_link(const struct dvtid_link *link)
{
	return json_pack("{s:o, s:I, s:s, s:s, s:I, s:o, s:i, s:o, s:i, s:s, s:I, s:s, s:s, s:i, s:i,"
			 " s:b, s:I, s:o, s:I, s:I, s:s, s:b, s:I, s:o, s:I, s:I, s:I, s:I, s:o}",
			 "interface", text_or_null(link->ifname),
			 "ifindex", (json_int_t)link->ifindex,
			 "role", word(role_words, link->role),
			 "mode", word(mode_words, link->mode),
			 "template_ifindex", (json_int_t)link->template_ifindex,
			 "local_address", host_json(&link->local),
			 "local_port", link->local.port,
			 "remote_address", host_json(&link->remote),
			 "remote_port", link->remote.port,
			 "encapsulation", word(encap_words, link->encap),
			 "mtu", (json_int_t)link->mtu,
			 "df", word(df_words, link->df),
			 "dscp", word(dscp_words, link->dscp),
			 "dscp_value", link->dscp_value,
			 "ttl", link->ttl,
			 "ttl_inherit", link->ttl_inherit,
			 "fwmark", (json_int_t)link->fwmark,
			 "underlay", device_json(link->underlay_ifindex),
			 "trigger_queue", (json_int_t)link->trigger_queue,
			 "tcp_mss", (json_int_t)link->tcp_mss,
			 "fragment", word(fragment_words, link->fragment),
			 "mtu_ignore", link->mtu_ignore,
			 "gre_key", (json_int_t)link->gre_key,
			 "netns_id", link->has & DVTID_LINK_NETNSID ? json_integer(link->netns_id) : json_null(),
			 "tx_packets", (json_int_t)link->stats[DVTI_A_LINK_STATS_TX_PACKETS],
			 "tx_bytes", (json_int_t)link->stats[DVTI_A_LINK_STATS_TX_BYTES],
			 "rx_packets", (json_int_t)link->stats[DVTI_A_LINK_STATS_RX_PACKETS],
			 "rx_bytes", (json_int_t)link->stats[DVTI_A_LINK_STATS_RX_BYTES],
			 "drops", control_kernel_link_drops(link));
}

json_t *control_kernel_sa(const struct dvtid_sa *sa)
{
	return json_pack("{s:I, s:s, s:o, s:s, s:o, s:i, s:o, s:i, s:s, s:b, s:I, s:I,"
			 " s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
			 "ifindex", (json_int_t)sa->ifindex,
			 "direction", word(direction_words, sa->dir),
			 "spi", json_sprintf("0x%08" PRIx32, sa->spi),
			 "transform", word(aead_words, sa->aead),
			 "local_address", host_json(&sa->local),
			 "local_port", sa->local.port,
			 "remote_address", host_json(&sa->remote),
			 "remote_port", sa->remote.port,
			 "encapsulation", word(encap_words, sa->encap),
			 "esn", sa->esn,
			 "replay_window", (json_int_t)sa->replay_window,
			 "sequence", (json_int_t)sa->seq,
			 "soft_bytes", (json_int_t)sa->soft_bytes,
			 "hard_bytes", (json_int_t)sa->hard_bytes,
			 "soft_packets", (json_int_t)sa->soft_packets,
			 "hard_packets", (json_int_t)sa->hard_packets,
			 "soft_seconds", (json_int_t)sa->soft_seconds,
			 "hard_seconds", (json_int_t)sa->hard_seconds,
			 "age", (json_int_t)sa->age_seconds,
			 "idle", (json_int_t)sa->idle_seconds,
			 "packets", (json_int_t)sa->stats[DVTI_A_SA_STATS_PACKETS],
			 "bytes", (json_int_t)sa->stats[DVTI_A_SA_STATS_BYTES],
			 "replay", (json_int_t)sa->stats[DVTI_A_SA_STATS_REPLAY],
			 "integrity", (json_int_t)sa->stats[DVTI_A_SA_STATS_INTEGRITY],
			 "malformed", (json_int_t)sa->stats[DVTI_A_SA_STATS_MALFORMED],
			 "selector", (json_int_t)sa->stats[DVTI_A_SA_STATS_SELECTOR]);
}

/* A value of a request as text: dvtictl sends strings, others may send numbers. */
static const char *value_text(json_t *value, char *buf, size_t size)
{
	if (json_is_integer(value)) {
		snprintf(buf, size, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		return buf;
	}
	return json_string_value(value);
}

static bool read_word(const char *text, const char *const *words, uint32_t *out, char *known, size_t size)
{
	size_t len = 0;

	for (uint32_t i = 0; words[i]; i++) {
		if (!strcmp(text, words[i])) {
			*out = i;
			return true;
		}
		if (len < size)
			len += snprintf(known + len, size - len, "%s%s", i ? ", " : "", words[i]);
	}
	return false;
}

static bool read_number(const char *text, uint32_t max, uint32_t *out, char *known, size_t size)
{
	unsigned long long value;
	char *end;

	snprintf(known, size, "a number from 0 to %" PRIu32, max);
	if (*text < '0' || *text > '9')
		return false;
	value = strtoull(text, &end, 0);
	if (*end || value > max)
		return false;
	*out = value;
	return true;
}

/* "192.0.2.1", "192.0.2.1:4500", "2001:db8::1", "[2001:db8::1]:4500" */
static bool read_endpoint(const char *text, struct ike_addr *addr, char *known, size_t size)
{
	char host[IKE_ADDR_STRLEN];
	const char *colon;
	uint32_t port = 0;
	size_t len;

	snprintf(known, size, "an address, with a port as in 192.0.2.1:4500 or [2001:db8::1]:4500 if need be");
	if (ike_addr_parse(addr, text))
		return true;
	colon = strrchr(text, ':');
	if (!colon || !read_number(colon + 1, UINT16_MAX, &port, host, sizeof(host)))
		return false;
	len = colon - text;
	if (*text == '[' && len > 2 && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	if (len >= sizeof(host))
		return false;
	memcpy(host, text, len);
	host[len] = 0;
	if (!ike_addr_parse(addr, host))
		return false;
	addr->port = port;
	return true;
}

static bool read_device(const char *text, uint32_t *ifindex, char *known, size_t size)
{
	snprintf(known, size, "the name of a network device that exists, or none");
	if (!*text || !strcmp(text, "none")) {
		*ifindex = 0;
		return true;
	}
	*ifindex = if_nametoindex(text);
	return *ifindex;
}

static bool read_tcp_mss(const char *text, uint32_t *out, char *known, size_t size)
{
	bool fits = !strcmp(text, "auto");

	if (fits || !strcmp(text, "off")) {
		*out = fits;
		return true;
	}
	if (read_number(text, 65495, out, known, size) && *out >= 48)
		return true;
	snprintf(known, size, "auto, off, or a number from 48 to 65495");
	return false;
}

static bool read_setting(const char *name, const char *text, struct dvtid_link *link, uint32_t *bit, char *known,
			 size_t size)
{
	uint32_t small;

	if (!strcmp(name, "mode")) {
		*bit = DVTID_LINK_MODE;
		return read_word(text, mode_words, &link->mode, known, size);
	}
	if (!strcmp(name, "local")) {
		*bit = DVTID_LINK_LOCAL;
		return read_endpoint(text, &link->local, known, size);
	}
	if (!strcmp(name, "remote")) {
		*bit = DVTID_LINK_REMOTE;
		return read_endpoint(text, &link->remote, known, size);
	}
	if (!strcmp(name, "encapsulation")) {
		*bit = DVTID_LINK_ENCAP;
		return read_word(text, encap_words, &link->encap, known, size);
	}
	if (!strcmp(name, "mtu")) {
		*bit = DVTID_LINK_MTU;
		return read_number(text, UINT16_MAX, &link->mtu, known, size);
	}
	if (!strcmp(name, "df")) {
		*bit = DVTID_LINK_DF;
		return read_word(text, df_words, &link->df, known, size);
	}
	if (!strcmp(name, "dscp")) {
		/* One setting for two attributes, as in dvti.conf: copy, or the value itself. */
		*bit = DVTID_LINK_DSCP;
		if (!strcmp(text, "copy")) {
			link->dscp = DVTI_DSCP_POLICY_COPY;
			return true;
		}
		if (!read_number(text, 63, &small, known, size)) {
			snprintf(known, size, "copy, or a number from 0 to 63");
			return false;
		}
		*bit |= DVTID_LINK_DSCP_VALUE;
		link->dscp = DVTI_DSCP_POLICY_FIXED;
		link->dscp_value = small;
		return true;
	}
	if (!strcmp(name, "ttl")) {
		/* One setting for two attributes, as with dscp. */
		*bit = DVTID_LINK_TTL_INHERIT;
		link->ttl_inherit = !strcmp(text, "inherit");
		if (link->ttl_inherit)
			return true;
		if (!read_number(text, UINT8_MAX, &small, known, size)) {
			snprintf(known, size, "inherit, or a number from 0 to 255");
			return false;
		}
		*bit |= DVTID_LINK_TTL;
		link->ttl = small;
		return true;
	}
	if (!strcmp(name, "fwmark")) {
		*bit = DVTID_LINK_FWMARK;
		return read_number(text, UINT32_MAX, &link->fwmark, known, size);
	}
	if (!strcmp(name, "gre-key")) {
		*bit = DVTID_LINK_GRE_KEY;
		return read_number(text, UINT32_MAX, &link->gre_key, known, size);
	}
	if (!strcmp(name, "underlay")) {
		*bit = DVTID_LINK_UNDERLAY;
		return read_device(text, &link->underlay_ifindex, known, size);
	}
	if (!strcmp(name, "fragment")) {
		*bit = DVTID_LINK_FRAGMENT;
		return read_word(text, fragment_words, &link->fragment, known, size);
	}
	if (!strcmp(name, "mtu-ignore")) {
		static const char *const words[] = { "false", "true", NULL };

		*bit = DVTID_LINK_MTU_IGNORE;
		if (!read_word(text, words, &small, known, size))
			return false;
		link->mtu_ignore = small;
		return true;
	}
	if (!strcmp(name, "tcp-mss")) {
		*bit = DVTID_LINK_TCP_MSS;
		return read_tcp_mss(text, &link->tcp_mss, known, size);
	}
	if (!strcmp(name, "trigger-queue")) {
		*bit = DVTID_LINK_TRIGGER_QUEUE;
		return read_number(text, 256, &link->trigger_queue, known, size);
	}
	*bit = 0;
	return false;
}

/* Ports belong to UDP encapsulation, one follows from the other. Return: false if they contradict. */
static bool settle_ports(struct dvtid_link *link, char *error, size_t size)
{
	bool port = link->local.port || link->remote.port;

	if (!(link->has & DVTID_LINK_ENCAP) && port) {
		link->has |= DVTID_LINK_ENCAP;
		link->encap = DVTI_ENCAP_UDP;
	}
	if (port && link->encap == DVTI_ENCAP_NONE) {
		snprintf(error, size, "set-link: ports are for encapsulation udp");
		return false;
	}
	if (!(link->has & DVTID_LINK_ENCAP) || link->encap != DVTI_ENCAP_UDP)
		return true;
	if (!link->local.port)
		link->local.port = CONTROL_NATT_PORT;
	if (!link->remote.port)
		link->remote.port = CONTROL_NATT_PORT;
	return true;
}

bool control_kernel_link_settings(json_t *settings, struct dvtid_link *link, char *error, size_t size)
{
	char number[32], known[160];
	const char *name, *text;
	json_t *value;
	uint32_t bit;

	if (!json_is_object(settings) || !json_object_size(settings)) {
		snprintf(error, size, "set-link: nothing to set");
		return false;
	}
	json_object_foreach(settings, name, value) {
		text = value_text(value, number, sizeof(number));
		if (!text) {
			snprintf(error, size, "set-link: the value of %.32s is neither a string nor a number", name);
			return false;
		}
		*known = 0;
		if (read_setting(name, text, link, &bit, known, sizeof(known))) {
			link->has |= bit;
			continue;
		}
		if (bit)
			snprintf(error, size, "set-link: %s: \"%.64s\" is not known here; expected %s", name, text, known);
		else
			snprintf(error, size, "set-link: unknown setting \"%.32s\"; known: mode local remote "
				 "encapsulation mtu df dscp ttl fwmark underlay trigger-queue tcp-mss fragment mtu-ignore gre-key", name);
		return false;
	}
	return settle_ports(link, error, size);
}
