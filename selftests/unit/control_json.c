// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sessions, counters, events and the configuration as JSON: complete, and never with a secret.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dvtictl/show.h"
#include "dvtid/control_json.h"
#include "dvtid/control_kernel.h"

static const char *member(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static struct ike_id id(const char *text)
{
	struct ike_id out;

	assert_true(ike_id_parse(&out, text));
	return out;
}

static struct ike_addr addr(const char *text, uint16_t port)
{
	struct ike_addr out;

	assert_true(ike_addr_parse(&out, text));
	out.port = port;
	return out;
}

static void times(void **state)
{
	json_t *t = control_json_time(1935655200250);

	assert_string_equal(json_string_value(t), "2031-05-04T10:00:00.250Z");
	json_decref(t);
}

static void levels(void **state)
{
	enum ike_log_level level;

	for (enum ike_log_level i = IKE_LOG_ERROR; i <= IKE_LOG_DEBUG; i++) {
		assert_true(control_level_parse(control_level_text(i), &level));
		assert_int_equal(level, i);
	}
	assert_false(control_level_parse("loud", &level));
	assert_false(control_level_parse(NULL, &level));
}

static void a_session(void **state)
{
	struct ike_ts any4;
	struct ike_prefix route;
	struct ike_child_status child = {
		.child = 3, .spi_in = 0xc0de0001, .spi_out = 0xfffffffe, .age_ms = 61999, .esn = true, .encap = true,
		.local_ts = &any4, .n_local_ts = 1, .remote_ts = &any4, .n_remote_ts = 1,
	};
	struct ike_session_status s = {
		.session = 5, .state = "up", .profile = "hub", .ifname = "va0", .spi_i = 0x8000000000000001,
		.local = addr("2001:db8::1", 4500), .remote = addr("203.0.113.7", 500),
		.local_id = id("fqdn hub.example.com"), .routes = &route, .n_routes = 1, .children = &child,
		.n_children = 1, .age_ms = 7200000, .nat_remote = true,
	};
	json_t *json, *c;

	ike_ts_any(&any4, AF_INET);
	assert_true(ike_prefix_parse(&route, "10.10.3.0/24"));
	json = control_json_session(&s);
	assert_non_null(json);
	assert_int_equal(json_integer_value(json_object_get(json, "session")), 5);
	assert_string_equal(member(json, "role"), "responder");
	assert_string_equal(member(json, "local_address"), "2001:db8::1");
	assert_int_equal(json_integer_value(json_object_get(json, "local_port")), 4500);
	assert_string_equal(member(json, "local_id"), "fqdn hub.example.com");
	assert_true(json_is_null(json_object_get(json, "remote_id")));
	assert_true(json_is_null(json_object_get(json, "ike_suite")));
	assert_string_equal(member(json, "spi_initiator"), "0x8000000000000001");
	assert_int_equal(json_integer_value(json_object_get(json, "age")), 7200);
	assert_true(json_is_true(json_object_get(json, "nat_remote")));
	assert_string_equal(json_string_value(json_array_get(json_object_get(json, "routes"), 0)), "10.10.3.0/24");
	c = json_array_get(json_object_get(json, "children"), 0);
	assert_string_equal(member(c, "spi_in"), "0xc0de0001");
	assert_string_equal(member(c, "spi_out"), "0xfffffffe");
	assert_string_equal(member(c, "encapsulation"), "udp");
	assert_string_equal(member(c, "mode"), "tunnel");
	assert_int_equal(json_integer_value(json_object_get(c, "age")), 61);
	assert_int_equal(json_array_size(json_object_get(c, "local_selectors")), 1);
	json_decref(json);
}

/* Each counter has its member, and each member its counter. */
static void counters(void **state)
{
	const size_t n = sizeof(struct ike_core_counters) / sizeof(uint64_t);
	uint64_t values[sizeof(struct ike_core_counters) / sizeof(uint64_t)];
	bool seen[sizeof(struct ike_core_counters) / sizeof(uint64_t)] = { false };
	struct ike_core_counters c;
	const char *name;
	json_t *json, *value;

	for (size_t i = 0; i < n; i++)
		values[i] = i;
	memcpy(&c, values, sizeof(c));
	json = control_json_counters(&c);
	assert_int_equal(json_object_size(json), n);
	json_object_foreach(json, name, value)
		seen[json_integer_value(value)] = true;
	for (size_t i = 0; i < n; i++)
		assert_true(seen[i]);
	json_decref(json);
}

/* Octets that are not UTF-8 must not make the event vanish. */
static void an_event_with_foreign_octets(void **state)
{
	char text[] = "peer says \xff\xfe";
	struct ike_log_event event = { .level = IKE_LOG_WARNING, .name = "negotiation-refused", .text = text };
	json_t *json = control_json_event(&event, 0);

	assert_non_null(json);
	assert_string_equal(member(json, "text"), "peer says ??");
	assert_string_equal(member(json, "level"), "warning");
	assert_true(json_is_null(json_object_get(json, "session")));
	json_decref(json);
}

static void the_configuration_without_secrets(void **state)
{
	static uint8_t secret[] = "correct horse battery staple";
	struct ike_keyring_peer peer = {
		.name = "spoke", .match = { .kind = IKE_ID_MATCH_ANY },
		.local = { secret, sizeof(secret) - 1 }, .remote = { secret, sizeof(secret) - 1 },
	};
	struct ike_keyring keyring = { .name = "kr", .peers = &peer, .n_peers = 1 };
	struct ike_profile profile = { .name = "hub", .keyring = &keyring, .connect = IKE_CONNECT_LISTEN,
				       .retransmit_base_ms = 2500 };
	struct ike_policy policy = { .profiles = &profile, .n_profiles = 1, .keyrings = &keyring, .n_keyrings = 1,
				     .port = 500 };
	json_t *json = control_json_policy(&policy), *p;
	char *text;

	assert_non_null(json);
	p = json_array_get(json_object_get(json, "profiles"), 0);
	assert_string_equal(member(p, "connect"), "listen");
	assert_string_equal(member(p, "keyring"), "kr");
	assert_true(json_is_null(json_object_get(p, "authorization")));
	text = json_dumps(json, 0);
	assert_null(strstr(text, "horse"));
	assert_non_null(strstr(text, "\"any\""));
	free(text);
	json_decref(json);
}

/* Patterns are shown as they are written. */
static void patterns(void **state)
{
	static const char *const texts[] = {
		"any", "fqdn *.example.com", "fqdn hub.example.com", "email *@example.com", "email *@*.example.com",
		"address 192.0.2.0/24", "key-id branch7",
	};
	const size_t n = sizeof(texts) / sizeof(texts[0]);
	struct ike_id_match matches[sizeof(texts) / sizeof(texts[0])];
	struct ike_profile profile = { .name = "p", .match_remote = matches, .n_match_remote = n };
	struct ike_policy policy = { .profiles = &profile, .n_profiles = 1 };
	json_t *json, *shown;

	for (size_t i = 0; i < n; i++)
		assert_true(ike_id_match_parse(&matches[i], texts[i]));
	json = control_json_policy(&policy);
	shown = json_object_get(json_array_get(json_object_get(json, "profiles"), 0), "match_identity_remote");
	assert_int_equal(json_array_size(shown), n);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(json_string_value(json_array_get(shown, i)), texts[i]);
	json_decref(json);
}

static json_t *settings(const char *text)
{
	json_t *json = json_loads(text, 0, NULL);

	assert_non_null(json);
	return json;
}

static void link_settings(void **state)
{
	struct dvtid_link link = { .has = 0 };
	char error[256] = "";
	json_t *s = settings("{\"remote\":\"[2001:db8::7]:4500\",\"local\":\"2001:db8::1\",\"df\":\"clear\",\"ttl\":\"64\","
			     "\"fwmark\":\"0x10\",\"dscp\":46,\"encapsulation\":\"udp\",\"underlay\":\"lo\"}");

	assert_true(control_kernel_link_settings(s, &link, error, sizeof(error)));
	json_decref(s);
	assert_int_equal(link.has, DVTID_LINK_REMOTE | DVTID_LINK_LOCAL | DVTID_LINK_DF | DVTID_LINK_TTL |
		DVTID_LINK_TTL_INHERIT | DVTID_LINK_FWMARK | DVTID_LINK_DSCP | DVTID_LINK_DSCP_VALUE | DVTID_LINK_ENCAP | DVTID_LINK_UNDERLAY);
	assert_int_equal(link.remote.family, AF_INET6);
	assert_int_equal(link.remote.port, 4500);
	assert_int_equal(link.local.port, 4500);
	assert_int_equal(link.df, DVTI_DF_POLICY_CLEAR);
	assert_int_equal(link.fwmark, 16);
	assert_int_equal(link.dscp_value, 46);
	assert_int_equal(link.underlay_ifindex, 1);
}

static void ttl_of_the_inner_packet(void **state)
{
	struct dvtid_link link = { .has = 0 };
	char error[256] = "";
	json_t *s = settings("{\"ttl\":\"inherit\"}");

	assert_true(control_kernel_link_settings(s, &link, error, sizeof(error)));
	json_decref(s);
	assert_int_equal(link.has, DVTID_LINK_TTL_INHERIT);
	assert_true(link.ttl_inherit);
	s = settings("{\"ttl\":0}");
	assert_true(control_kernel_link_settings(s, &link, error, sizeof(error)));
	json_decref(s);
	assert_int_equal(link.has, DVTID_LINK_TTL | DVTID_LINK_TTL_INHERIT);
	assert_false(link.ttl_inherit);
}

static void a_port_means_udp(void **state)
{
	struct dvtid_link link = { .has = 0 };
	char error[256] = "";
	json_t *s = settings("{\"remote\":\"192.0.2.1:4501\"}");

	assert_true(control_kernel_link_settings(s, &link, error, sizeof(error)));
	json_decref(s);
	assert_int_equal(link.has, DVTID_LINK_REMOTE | DVTID_LINK_ENCAP);
	assert_int_equal(link.encap, DVTI_ENCAP_UDP);
	assert_int_equal(link.remote.port, 4501);
}

static void link_settings_that_are_wrong(void **state)
{
	static const struct {
		const char *settings, *error;
	} cases[] = {
		{ "{}", "nothing to set" },
		{ "[]", "nothing to set" },
		{ "{\"colour\":\"red\"}", "unknown setting \"colour\"; known: mode local" },
		{ "{\"df\":\"maybe\"}", "df: \"maybe\" is not known here; expected copy, set, clear" },
		{ "{\"ttl\":\"256\"}", "inherit, or a number from 0 to 255" },
		{ "{\"ttl\":\"-1\"}", "inherit, or a number from 0 to 255" },
		{ "{\"ttl\":\"12x\"}", "inherit, or a number from 0 to 255" },
		{ "{\"ttl\":\"\"}", "inherit, or a number from 0 to 255" },
		{ "{\"mtu\":true}", "neither a string nor a number" },
		{ "{\"dscp\":\"64\"}", "copy, or a number from 0 to 63" },
		{ "{\"remote\":\"192.0.2.1:70000\"}", "an address" },
		{ "{\"remote\":\"192.0.2.1:\"}", "an address" },
		{ "{\"remote\":\"hub.example.com\"}", "an address" },
		{ "{\"remote\":\"[2001:db8::1:4500\"}", "an address" },
		{ "{\"underlay\":\"nosuchdevice\"}", "a network device" },
		{ "{\"remote\":\"192.0.2.1:4500\",\"encapsulation\":\"none\"}", "ports are for encapsulation udp" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dvtid_link link = { .has = 0 };
		char error[256] = "";
		json_t *s = settings(cases[i].settings);

		assert_false(control_kernel_link_settings(s, &link, error, sizeof(error)));
		json_decref(s);
		if (!strstr(error, cases[i].error))
			fail_msg("%s: \"%s\" does not say \"%s\"", cases[i].settings, error, cases[i].error);
	}
}

/* A reason for a drop that the kernel counts and nobody can read would be a reason lost. */
static void every_drop_reason_is_shown(void **state)
{
	struct dvtid_link link = { .has = 0 };
	json_t *drops;

	for (size_t i = 0; i <= DVTI_A_LINK_STATS_MAX; i++)
		link.stats[i] = i;
	drops = control_kernel_link_drops(&link);
	assert_int_equal(json_object_size(drops), DVTI_A_LINK_STATS_MAX - DVTI_A_LINK_STATS_TX_NO_SA + 1);
	assert_int_equal(json_integer_value(json_object_get(drops, "rx_replay")), DVTI_A_LINK_STATS_RX_REPLAY);
	json_decref(drops);
}

static void links_and_sas(void **state)
{
	struct dvtid_link link = { .ifname = "va0", .ifindex = 9, .role = DVTI_ROLE_VIRTUAL_ACCESS, .mode = 99,
				   .remote = addr("192.0.2.9", 0) };
	struct dvtid_sa sa = { .dir = DVTI_DIRECTION_OUT, .spi = 0x100, .aead = DVTI_AEAD_AES_CBC_HMAC_SHA512_256,
			       .esn = true };
	json_t *json = control_kernel_link(&link);

	assert_non_null(json);
	assert_string_equal(member(json, "role"), "virtual-access");
	assert_string_equal(member(json, "mode"), "unknown");
	assert_string_equal(member(json, "remote_address"), "192.0.2.9");
	assert_true(json_is_null(json_object_get(json, "local_address")));
	json_decref(json);
	json = control_kernel_sa(&sa);
	assert_non_null(json);
	assert_string_equal(member(json, "direction"), "out");
	assert_string_equal(member(json, "spi"), "0x00000100");
	assert_string_equal(member(json, "transform"), "aes-cbc-hmac-sha512-256");
	assert_true(json_is_true(json_object_get(json, "esn")));
	json_decref(json);
}

/* A reason that the module learns to tell gets a name here, and words in dvtictl. */
static void every_counter_has_a_meaning(void **state)
{
	struct dvtid_link link = { .ifname = "va0" };
	struct ike_core_counters counters = { 0 };
	json_t *drops = control_kernel_link_drops(&link), *ike = control_json_counters(&counters), *value;
	const char *name;

	assert_int_equal(json_object_size(drops), DVTI_A_LINK_STATS_MAX - DVTI_A_LINK_STATS_RX_BYTES);
	json_object_foreach(drops, name, value)
		if (!*show_meaning(name))
			fail_msg("%s has no meaning", name);
	assert_int_equal(json_object_size(ike), sizeof(counters) / sizeof(uint64_t));
	json_object_foreach(ike, name, value)
		if (!*show_meaning(name))
			fail_msg("%s has no meaning", name);
	json_decref(drops);
	json_decref(ike);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_counter_has_a_meaning),
		cmocka_unit_test(times),
		cmocka_unit_test(levels),
		cmocka_unit_test(a_session),
		cmocka_unit_test(counters),
		cmocka_unit_test(an_event_with_foreign_octets),
		cmocka_unit_test(the_configuration_without_secrets),
		cmocka_unit_test(patterns),
		cmocka_unit_test(link_settings),
		cmocka_unit_test(ttl_of_the_inner_packet),
		cmocka_unit_test(a_port_means_udp),
		cmocka_unit_test(link_settings_that_are_wrong),
		cmocka_unit_test(every_drop_reason_is_shown),
		cmocka_unit_test(links_and_sas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
