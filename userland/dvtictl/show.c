// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Replies of the daemon as text, in the manner of "show crypto ikev2 session" where there is a model.
 */
#include "show.h"

#include <stdio.h>
#include <string.h>

#include "format.h"

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));

	return value && *value ? value : "-";
}

static const char *text_or_null(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static json_int_t number(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

static bool truth(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

static const char *plural(json_int_t n)
{
	return n == 1 ? "" : "s";
}

/* "-" for one that is null or not there */
static const char *number_or_dash(char *buf, const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	if (json_is_integer(value))
		snprintf(buf, FORMAT_CELL_MAX, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else
		snprintf(buf, FORMAT_CELL_MAX, "-");
	return buf;
}

static const char *local_endpoint(char *buf, const json_t *object)
{
	return format_endpoint(buf, text_or_null(object, "local_address"), number(object, "local_port"));
}

static const char *remote_endpoint(char *buf, const json_t *object)
{
	return format_endpoint(buf, text_or_null(object, "remote_address"), number(object, "remote_port"));
}

/* All strings of a list on one line, or "-". */
static void print_list(const json_t *list, const char *separator)
{
	json_t *item;
	size_t i;

	if (!json_array_size(list))
		putchar('-');
	json_array_foreach(list, i, item)
		printf("%s%s", i ? separator : "", json_string_value(item));
	putchar('\n');
}

static bool is_up(const json_t *session)
{
	const char *state = text(session, "state");

	return !strcmp(state, "up") || !strcmp(state, "rekeying");
}

static void sessions_table(const json_t *list)
{
	static const char *const header[] = { "Session", "State", "Interface", "Remote", "Identity", "Tunnel address",
					      "Profile", "Role", "Uptime", NULL };
	struct format_table *table = format_table_new(header);
	char buf[FORMAT_CELL_MAX];
	json_int_t up = 0;
	json_t *s;
	size_t i;

	json_array_foreach(list, i, s) {
		json_t *remote = json_array_get(json_object_get(s, "remote_tunnel_addresses"), 0);
		json_t *local = json_array_get(json_object_get(s, "local_tunnel_addresses"), 0);
		const char *tunnel = json_string_value(remote ? remote : local);

		up += is_up(s);
		format_table_cell(table, "%" JSON_INTEGER_FORMAT, number(s, "session"));
		format_table_cell(table, "%s", text(s, "state"));
		format_table_cell(table, "%s", text(s, "interface"));
		format_table_cell(table, "%s", remote_endpoint(buf, s));
		format_table_cell(table, "%s", text(s, "remote_id"));
		format_table_cell(table, "%s", tunnel ? tunnel : "-");
		format_table_cell(table, "%s", text(s, "profile"));
		format_table_cell(table, "%s", text(s, "role"));
		format_table_cell(table, "%s", format_duration(buf, number(s, "age")));
	}
	format_table_print(table, stdout);
	printf("%zu session%s, %" JSON_INTEGER_FORMAT " up\n", json_array_size(list), plural(json_array_size(list)), up);
}

static void print_traffic(const char *direction, const json_t *sa)
{
	char bytes[FORMAT_CELL_MAX], idle[FORMAT_CELL_MAX];

	if (!sa)
		return;
	printf("          %s: %" JSON_INTEGER_FORMAT " packet%s, %s, idle %s", direction, number(sa, "packets"),
	       plural(number(sa, "packets")), format_bytes(bytes, number(sa, "bytes")),
	       format_duration(idle, number(sa, "idle")));
	if (!strcmp(text(sa, "direction"), "in"))
		printf("; dropped: replay %" JSON_INTEGER_FORMAT ", integrity %" JSON_INTEGER_FORMAT
		       ", malformed %" JSON_INTEGER_FORMAT ", selector %" JSON_INTEGER_FORMAT, number(sa, "replay"),
		       number(sa, "integrity"), number(sa, "malformed"), number(sa, "selector"));
	putchar('\n');
}

static void print_child(const json_t *c)
{
	char rekey[FORMAT_CELL_MAX], expires[FORMAT_CELL_MAX];

	printf("Child sa: local selector  ");
	print_list(json_object_get(c, "local_selectors"), ", ");
	printf("          remote selector ");
	print_list(json_object_get(c, "remote_selectors"), ", ");
	printf("          ESP spi in/out: %s/%s\n", text(c, "spi_in"), text(c, "spi_out"));
	printf("          Transform: %s, PFS: %s, ESN: %s, mode %s, encapsulation %s\n", text(c, "suite"),
	       text_or_null(c, "pfs_group") ? text(c, "pfs_group") : "none", truth(c, "esn") ? "yes" : "no",
	       text(c, "mode"), text(c, "encapsulation"));
	printf("          Rekey in %s", number(c, "rekey_in") ? format_duration(rekey, number(c, "rekey_in")) : "-");
	printf(", expires in %s\n",
	       number(c, "expires_in") ? format_duration(expires, number(c, "expires_in")) : "-");
	print_traffic("In ", json_object_get(c, "in"));
	print_traffic("Out", json_object_get(c, "out"));
}

static void print_nat(const json_t *s)
{
	if (truth(s, "nat_local") && truth(s, "nat_remote"))
		printf("      NAT-T is detected on both sides\n");
	else if (truth(s, "nat_local"))
		printf("      NAT-T is detected inside\n");
	else if (truth(s, "nat_remote"))
		printf("      NAT-T is detected outside\n");
	else
		printf("      NAT-T is not detected\n");
}

static void print_session(const json_t *s)
{
	const json_t *children = json_object_get(s, "children"), *suite = json_object_get(s, "ike_suite"), *item;
	char local[FORMAT_CELL_MAX], remote[FORMAT_CELL_MAX], active[FORMAT_CELL_MAX], rekey[FORMAT_CELL_MAX];
	static const char *const header[] = { "Tunnel-id", "Local", "Remote", "Interface", "Status", NULL };
	struct format_table *table = format_table_new(header);
	bool initiator = !strcmp(text(s, "role"), "initiator");
	const char *spi_i = text(s, "spi_initiator"), *spi_r = text(s, "spi_responder");
	size_t i;

	printf("Session-id:%" JSON_INTEGER_FORMAT ", Status:%s, IKE count:%d, CHILD count:%zu, Profile:%s\n\n",
	       number(s, "session"), is_up(s) ? "UP-ACTIVE" : "UP-NO-IKE", is_up(s), json_array_size(children),
	       text(s, "profile"));
	format_table_cell(table, "%" JSON_INTEGER_FORMAT, number(s, "session"));
	format_table_cell(table, "%s", local_endpoint(local, s));
	format_table_cell(table, "%s", remote_endpoint(remote, s));
	format_table_cell(table, "%s", text(s, "interface"));
	format_table_cell(table, "%s", text(s, "state"));
	format_table_print(table, stdout);
	if (json_is_object(suite))
		printf("      Encr: %s, Hash: %s, PRF: %s, DH Grp: %s\n", text(suite, "encryption"),
		       text(suite, "integrity"), text(suite, "prf"), text(suite, "group"));
	printf("      Active Time: %s, IKE SA: %s", format_duration(active, number(s, "age")),
	       format_duration(local, number(s, "ike_age")));
	printf(", rekey in %s\n", number(s, "ike_rekey_in") ? format_duration(rekey, number(s, "ike_rekey_in")) : "-");
	printf("      Local spi: %-24s Remote spi: %s\n", initiator ? spi_i : spi_r, initiator ? spi_r : spi_i);
	printf("      Local id: %s\n", text(s, "local_id"));
	printf("      Remote id: %s\n", text(s, "remote_id"));
	printf("      Local next msg id: %-16" JSON_INTEGER_FORMAT " Remote next msg id: %" JSON_INTEGER_FORMAT "\n",
	       number(s, "local_next_message_id"), number(s, "remote_next_message_id"));
	if (number(s, "dpd"))
		printf("      DPD configured for %" JSON_INTEGER_FORMAT " seconds\n", number(s, "dpd"));
	else
		printf("      DPD is off\n");
	print_nat(s);
	printf("      IKE fragmentation: %s\n", truth(s, "fragmentation") ? "yes" : "no");
	printf("      Initiator of SA : %s\n", initiator ? "Yes" : "No");
	printf("      Tunnel address local: ");
	print_list(json_object_get(s, "local_tunnel_addresses"), ", ");
	printf("      Tunnel address remote: ");
	print_list(json_object_get(s, "remote_tunnel_addresses"), ", ");
	printf("      Remote subnets: ");
	print_list(json_object_get(s, "routes"), ", ");
	json_array_foreach(children, i, item)
		print_child(item);
	putchar('\n');
}

void show_sessions(json_t *reply, bool detail)
{
	json_t *list = json_object_get(reply, "sessions"), *s;
	size_t i;

	if (!detail) {
		sessions_table(list);
		return;
	}
	json_array_foreach(list, i, s)
		print_session(s);
	if (!json_array_size(list))
		printf("no sessions\n");
}

static json_int_t sa_drops(const json_t *sa)
{
	return number(sa, "replay") + number(sa, "integrity") + number(sa, "malformed") + number(sa, "selector");
}

static void print_limits(const json_t *sa)
{
	static const char *const kinds[] = { "bytes", "packets", "seconds" };
	char name[32];
	bool any = false;

	printf("    Limits :");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		json_int_t soft, hard;

		snprintf(name, sizeof(name), "soft_%s", kinds[i]);
		soft = number(sa, name);
		snprintf(name, sizeof(name), "hard_%s", kinds[i]);
		hard = number(sa, name);
		if (!soft && !hard)
			continue;
		printf("%s %s %" JSON_INTEGER_FORMAT "/%" JSON_INTEGER_FORMAT, any ? "," : "", kinds[i], soft, hard);
		any = true;
	}
	printf(any ? " (soft/hard)\n" : " none\n");
}

static void print_sa(const json_t *sa)
{
	char local[FORMAT_CELL_MAX], remote[FORMAT_CELL_MAX], session[FORMAT_CELL_MAX];
	bool in = !strcmp(text(sa, "direction"), "in");

	printf("Interface %s\n", text(sa, "interface"));
	printf("  Session : %s\n", number_or_dash(session, sa, "session"));
	printf("  IKE Peer ID : %s\n", text(sa, "remote_id"));
	printf("  Direction is %sbound\n", text(sa, "direction"));
	printf("    SPI : %s\n", text(sa, "spi"));
	printf("    Transform : %s (%s)\n", text(sa, "transform"), text(sa, "suite"));
	printf("    Local Addr : %s\n", local_endpoint(local, sa));
	printf("    Peer Addr  : %s\n", remote_endpoint(remote, sa));
	printf("    Encapsulation : %s\n", text(sa, "encapsulation"));
	if (in && number(sa, "replay_window"))
		printf("    Anti-replay : window %" JSON_INTEGER_FORMAT "\n", number(sa, "replay_window"));
	else if (in)
		printf("    Anti-replay : off\n");
	printf("    ESN : %s\n", truth(sa, "esn") ? "on" : "off");
	printf("    Sequence number : %" JSON_INTEGER_FORMAT "\n", number(sa, "sequence"));
	print_limits(sa);
	printf("    Age[sec] : %" JSON_INTEGER_FORMAT ", idle %" JSON_INTEGER_FORMAT "\n", number(sa, "age"),
	       number(sa, "idle"));
	printf("    Packets : %" JSON_INTEGER_FORMAT ", octets %" JSON_INTEGER_FORMAT "\n", number(sa, "packets"),
	       number(sa, "bytes"));
	if (in)
		printf("    Dropped : replay %" JSON_INTEGER_FORMAT ", integrity %" JSON_INTEGER_FORMAT
		       ", malformed %" JSON_INTEGER_FORMAT ", selector %" JSON_INTEGER_FORMAT "\n", number(sa, "replay"),
		       number(sa, "integrity"), number(sa, "malformed"), number(sa, "selector"));
}

void show_sa(json_t *reply, bool detail)
{
	static const char *const header[] = { "Interface", "Session", "Dir", "SPI", "Transform", "Local", "Remote",
					      "Encap", "Age", "Idle", "Packets", "Bytes", "Drops", NULL };
	json_t *list = json_object_get(reply, "sas"), *sa;
	struct format_table *table;
	char buf[FORMAT_CELL_MAX];
	size_t i;

	if (detail) {
		json_array_foreach(list, i, sa)
			print_sa(sa);
		if (!json_array_size(list))
			printf("no security associations\n");
		return;
	}
	table = format_table_new(header);
	json_array_foreach(list, i, sa) {
		const char *suite = text_or_null(sa, "suite");

		format_table_cell(table, "%s", text(sa, "interface"));
		format_table_cell(table, "%s", number_or_dash(buf, sa, "session"));
		format_table_cell(table, "%s", text(sa, "direction"));
		format_table_cell(table, "%s", text(sa, "spi"));
		format_table_cell(table, "%s", suite ? suite : text(sa, "transform"));
		format_table_cell(table, "%s", local_endpoint(buf, sa));
		format_table_cell(table, "%s", remote_endpoint(buf, sa));
		format_table_cell(table, "%s", text(sa, "encapsulation"));
		format_table_cell(table, "%s", format_duration(buf, number(sa, "age")));
		format_table_cell(table, "%s", format_duration(buf, number(sa, "idle")));
		format_table_cell(table, "%" JSON_INTEGER_FORMAT, number(sa, "packets"));
		format_table_cell(table, "%s", format_bytes(buf, number(sa, "bytes")));
		format_table_cell(table, "%" JSON_INTEGER_FORMAT, sa_drops(sa));
	}
	format_table_print(table, stdout);
}

static void print_link(const json_t *l)
{
	char local[FORMAT_CELL_MAX], remote[FORMAT_CELL_MAX], session[FORMAT_CELL_MAX], bytes[FORMAT_CELL_MAX];

	printf("%s is a %s, tunnel mode %s", text(l, "interface"), text(l, "role"), text(l, "mode"));
	if (number(l, "gre_key"))
		printf(" with key %" JSON_INTEGER_FORMAT, number(l, "gre_key"));
	putchar('\n');
	printf("    session %s, peer %s\n", number_or_dash(session, l, "session"), text(l, "remote_id"));
	printf("    outer %s to %s, encapsulation %s, bound to %s\n", local_endpoint(local, l),
	       remote_endpoint(remote, l), text(l, "encapsulation"), text(l, "underlay"));
	if (number(l, "mtu"))
		printf("    mtu %" JSON_INTEGER_FORMAT, number(l, "mtu"));
	else
		printf("    mtu follows the path");
	printf(", df %s, ttl ", text(l, "df"));
	if (json_is_true(json_object_get(l, "ttl_inherit")))
		printf("as the inner packet's");
	else if (number(l, "ttl"))
		printf("%" JSON_INTEGER_FORMAT, number(l, "ttl"));
	else
		printf("as the system's");
	if (!strcmp(text(l, "dscp"), "fixed"))
		printf(", dscp %" JSON_INTEGER_FORMAT, number(l, "dscp_value"));
	else
		printf(", dscp %s", text(l, "dscp"));
	printf(", mark 0x%llx, trigger queue %" JSON_INTEGER_FORMAT ", tcp mss ",
	       (unsigned long long)number(l, "fwmark"), number(l, "trigger_queue"));
	if (number(l, "tcp_mss") > 1)
		printf("%" JSON_INTEGER_FORMAT "\n", number(l, "tcp_mss"));
	else
		printf("%s\n", number(l, "tcp_mss") ? "as it fits" : "untouched");
	printf("    out %" JSON_INTEGER_FORMAT " packets, %s\n", number(l, "tx_packets"),
	       format_bytes(bytes, number(l, "tx_bytes")));
	printf("    in  %" JSON_INTEGER_FORMAT " packets, %s\n", number(l, "rx_packets"),
	       format_bytes(bytes, number(l, "rx_bytes")));
}

void show_links(json_t *reply, bool detail)
{
	static const char *const header[] = { "Interface", "Role", "Mode", "Local", "Remote", "Encap", "MTU", "Session",
					      "Identity", "Packets out", "Packets in", NULL };
	json_t *list = json_object_get(reply, "links"), *l;
	struct format_table *table;
	char buf[FORMAT_CELL_MAX];
	size_t i;

	if (detail) {
		json_array_foreach(list, i, l)
			print_link(l);
		if (!json_array_size(list))
			printf("no links\n");
		return;
	}
	table = format_table_new(header);
	json_array_foreach(list, i, l) {
		format_table_cell(table, "%s", text(l, "interface"));
		format_table_cell(table, "%s", text(l, "role"));
		format_table_cell(table, "%s", text(l, "mode"));
		format_table_cell(table, "%s", local_endpoint(buf, l));
		format_table_cell(table, "%s", remote_endpoint(buf, l));
		format_table_cell(table, "%s", text(l, "encapsulation"));
		if (number(l, "mtu"))
			format_table_cell(table, "%" JSON_INTEGER_FORMAT, number(l, "mtu"));
		else
			format_table_cell(table, "path");
		format_table_cell(table, "%s", number_or_dash(buf, l, "session"));
		format_table_cell(table, "%s", text(l, "remote_id"));
		format_table_cell(table, "%" JSON_INTEGER_FORMAT, number(l, "tx_packets"));
		format_table_cell(table, "%" JSON_INTEGER_FORMAT, number(l, "rx_packets"));
	}
	format_table_print(table, stdout);
}

/* Counters by name: what they mean. Those that are not listed are shown by their name. */
static const struct {
	const char *name, *meaning;
} meanings[] = {
	{ "rx_datagrams", "IKE datagrams received" },
	{ "tx_datagrams", "IKE datagrams sent" },
	{ "tx_retransmits", "requests sent again" },
	{ "rx_retransmits", "requests received again" },
	{ "rx_malformed", "dropped: header or payloads broken" },
	{ "rx_bad_version", "dropped: not IKE version 2" },
	{ "rx_unknown_spi", "dropped: no IKE SA with this SPI" },
	{ "rx_integrity", "dropped: integrity check failed" },
	{ "rx_message_id", "dropped: message ID outside the window" },
	{ "rx_unexpected", "dropped: exchange not possible in this state" },
	{ "rx_critical", "refused: unknown critical payload" },
	{ "cookies_sent", "cookies asked for" },
	{ "cookies_bad", "cookies that were wrong or stale" },
	{ "half_open_dropped", "dropped: too many half-open IKE SAs" },
	{ "refused_proposal", "refused: no proposal in common" },
	{ "refused_auth", "refused: authentication failed" },
	{ "refused_ts", "refused: traffic selectors" },
	{ "refused_routes", "refused: announced routes" },
	{ "refused_other", "refused: other reasons" },
	{ "sessions_up", "sessions that came up" },
	{ "sessions_down", "sessions that went down" },
	{ "timeouts", "peers that stopped answering" },
	{ "rekeys_ike", "IKE SAs rekeyed" },
	{ "rekeys_child", "Child SAs rekeyed" },
	{ "collisions", "collisions resolved" },
	{ "tx_no_sa", "no security association" },
	{ "tx_trigger_expired", "waited too long for a security association" },
	{ "tx_selector", "outside the traffic selectors, outbound" },
	{ "tx_too_big", "larger than the path, answered by ICMP" },
	{ "tx_no_route", "no route to the peer" },
	{ "tx_loop", "peer routed into its own tunnel" },
	{ "tx_no_memory", "no memory, outbound" },
	{ "tx_sequence", "sequence numbers exhausted" },
	{ "tx_crypto", "encryption failed" },
	{ "tx_not_ip", "not an IP packet" },
	{ "tx_expired", "lifetime over, outbound" },
	{ "tx_overflow", "queue full, outbound" },
	{ "tx_dev_down", "link going away" },
	{ "tx_no_carrier", "carrier off: no security association to send with" },
	{ "tx_outer", "refused by the host's firewall, queue or device" },
	{ "rx_truncated", "ESP packet too short" },
	{ "rx_replay", "replayed, or older than the window" },
	{ "rx_integrity_esp", "ESP integrity check failed" },
	{ "rx_padding", "padding wrong" },
	{ "rx_next_header", "next header not permitted" },
	{ "rx_inner", "inner packet malformed" },
	{ "rx_selector", "outside the traffic selectors, inbound" },
	{ "rx_ecn", "congestion marked on a packet that is not ECN-capable" },
	{ "rx_no_memory", "no memory, inbound" },
	{ "rx_overflow", "queue full, inbound" },
	{ "rx_encap", "plain where UDP was expected, or the reverse" },
	{ "rx_expired", "lifetime over, inbound" },
	{ "rx_dummy", "dummy packets, as the peer meant" },
	{ "rx_crypto", "decryption failed for want of resources" },
	{ "rx_gre", "GRE header not as it must be" },
	{ "rx_dev_down", "came for a link that is down" },
};

const char *show_meaning(const char *name)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (!strcmp(name, meanings[i].name))
			return meanings[i].meaning;
	return "";
}

void show_counters(json_t *reply, bool detail)
{
	json_t *ike = json_object_get(reply, "ike"), *list = json_object_get(reply, "links"), *l, *value;
	const char *name;
	size_t i;

	if (ike)
		printf("IKE, since the daemon's start:\n");
	json_object_foreach(ike, name, value)
		printf("  %14" JSON_INTEGER_FORMAT "  %-18s  %s\n", json_integer_value(value), name, show_meaning(name));
	json_array_foreach(list, i, l) {
		json_int_t drops = 0;

		if (!strcmp(text(l, "role"), "virtual-template"))
			continue;
		printf("%s: %" JSON_INTEGER_FORMAT " packets out, %" JSON_INTEGER_FORMAT " in; dropped:\n",
		       text(l, "interface"), number(l, "tx_packets"), number(l, "rx_packets"));
		json_object_foreach(json_object_get(l, "drops"), name, value) {
			if (!json_integer_value(value))
				continue;
			drops += json_integer_value(value);
			printf("  %14" JSON_INTEGER_FORMAT "  %-18s  %s\n", json_integer_value(value), name,
			       show_meaning(!strcmp(name, "rx_integrity") ? "rx_integrity_esp" : name));
		}
		if (!drops)
			printf("  %14d\n", 0);
	}
}

void show_failures(json_t *reply, bool detail)
{
	json_t *list = json_object_get(reply, "failures"), *f;
	size_t i;

	json_array_foreach(list, i, f) {
		printf("%s  %s", text(f, "time"), text(f, "event"));
		if (number(f, "count") > 1)
			printf(" (%" JSON_INTEGER_FORMAT " times)", number(f, "count"));
		if (text_or_null(f, "peer"))
			printf("  %s", text(f, "peer"));
		if (text_or_null(f, "peer_id"))
			printf("  %s", text(f, "peer_id"));
		if (text_or_null(f, "profile"))
			printf("  profile %s", text(f, "profile"));
		putchar('\n');
		format_paragraph(stdout, text(f, "text"), 4, 100);
	}
	if (!json_array_size(list))
		printf("no failures since the daemon's start\n");
}

void show_profiles(json_t *reply, bool detail)
{
	static const char *const header[] = { "Profile", "Connect", "Peer", "Local identity", "Serves", "Link",
					      "Authorization", NULL };
	struct format_table *table = format_table_new(header);
	json_t *list = json_object_get(reply, "profiles"), *p;
	size_t i;

	json_array_foreach(list, i, p) {
		json_t *matches = json_object_get(p, "match_identity_remote");
		const char *link = text_or_null(p, "interface");
		const char *served = json_string_value(json_array_get(matches, 0));

		format_table_cell(table, "%s", text(p, "name"));
		format_table_cell(table, "%s", text(p, "connect"));
		format_table_cell(table, "%s", text(p, "peer"));
		format_table_cell(table, "%s", text(p, "identity_local"));
		format_table_cell(table, "%s%s", served ? served : "any", json_array_size(matches) > 1 ? " …" : "");
		format_table_cell(table, "%s", link ? link : text(p, "virtual_template"));
		format_table_cell(table, "%s", text(p, "authorization"));
	}
	format_table_print(table, stdout);
}

/* Names of options have hyphens where those of JSON members have underscores. */
static void print_name(const char *name)
{
	for (; *name; name++)
		putchar(*name == '_' ? '-' : *name);
}

static void print_section(const char *kind, const json_t *section, unsigned int depth);

static void print_option(const char *name, const json_t *value, unsigned int depth)
{
	json_t *item;
	size_t i;

	if (json_is_array(value) && json_is_object(json_array_get(value, 0))) {
		json_array_foreach(value, i, item)
			print_section("peer", item, depth);
		return;
	}
	if (json_is_null(value) || (json_is_array(value) && !json_array_size(value)))
		return;
	printf("%*s", 4 * depth, "");
	print_name(name);
	printf(" = ");
	if (json_is_array(value)) {
		putchar('{');
		json_array_foreach(value, i, item)
			printf("%s\"%s\"", i ? ", " : "", json_string_value(item));
		putchar('}');
	} else if (json_is_string(value)) {
		printf("\"%s\"", json_string_value(value));
	} else {
		json_dumpf(value, stdout, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
	}
	putchar('\n');
}

static void print_section(const char *kind, const json_t *section, unsigned int depth)
{
	const char *name;
	json_t *value;

	printf("%*s%s", 4 * depth, "", kind);
	if (text_or_null(section, "name"))
		printf(" \"%s\"", text(section, "name"));
	printf(" {\n");
	json_object_foreach((json_t *)section, name, value)
		if (strcmp(name, "name"))
			print_option(name, value, depth + 1);
	printf("%*s}\n", 4 * depth, "");
}

void show_configuration(json_t *reply, bool detail)
{
	static const struct {
		const char *member, *kind;
	} sections[] = {
		{ "virtual_templates", "virtual-template" },
		{ "pools", "pool" },
		{ "authorization_policies", "authorization-policy" },
		{ "keyrings", "keyring" },
		{ "transform_sets", "transform-set" },
		{ "ipsec_profiles", "ipsec-profile" },
		{ "profiles", "ikev2-profile" },
	};
	json_t *configuration = json_object_get(reply, "configuration"), *section;
	size_t j;

	printf("# %s, with defaults filled in and without keys\n", text(reply, "file"));
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		json_array_foreach(json_object_get(configuration, sections[i].member), j, section)
			print_section(sections[i].kind, section, 0);
	print_section("ike", json_object_get(configuration, "ike"), 0);
}

void show_daemon(json_t *reply, bool detail)
{
	char uptime[FORMAT_CELL_MAX], loaded[FORMAT_CELL_MAX];

	printf("dvtid %s, process %" JSON_INTEGER_FORMAT ", up for %s%s\n", text(reply, "version"), number(reply, "pid"),
	       format_duration(uptime, number(reply, "uptime")), truth(reply, "stopping") ? ", stopping" : "");
	printf("configuration %s, in force for %s; reloaded %" JSON_INTEGER_FORMAT " time%s, refused %" JSON_INTEGER_FORMAT
	       "\n", text(reply, "file"), format_duration(loaded, number(reply, "configuration_age")),
	       number(reply, "reloads"), plural(number(reply, "reloads")), number(reply, "reloads_refused"));
	printf("%" JSON_INTEGER_FORMAT " session%s\n", number(reply, "sessions"), plural(number(reply, "sessions")));
}

void show_event(json_t *event)
{
	const char *name = text(event, "event");

	if (!strcmp(name, "events-lost")) {
		printf("(%" JSON_INTEGER_FORMAT " events lost: they came faster than they were read)\n",
		       number(event, "lost"));
		return;
	}
	printf("%s  %-7s  %s: %s\n", text(event, "time"), text(event, "level"), name, text(event, "text"));
	fflush(stdout);
}
