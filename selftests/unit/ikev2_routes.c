// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Networks that a peer announces where no route-accept says how far it is believed: it gets those that are free,
 * and takes none away from anybody.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "pair_fixture.h"

static struct ike_prefix prefix(const char *text)
{
	struct ike_prefix out;

	assert_true(ike_prefix_parse(&out, text));
	return out;
}

static void announce(struct sim_config *config, const char *text)
{
	config->routes[config->auth.n_routes++] = prefix(text);
}

static bool link_has(const struct sim_link *link, const char *text)
{
	struct ike_prefix want = prefix(text);

	for (size_t i = 0; i < link->n_routes; i++)
		if (link->routes[i].len == want.len && ike_addr_same_host(&link->routes[i].addr, &want.addr))
			return true;
	return false;
}

static struct sim_link *link_to(struct host *host, const char *identity)
{
	struct ike_id id;

	assert_true(ike_id_parse(&id, identity));
	for (size_t i = 0; i < SIM_LINKS_MAX; i++)
		if (host->kernel.links[i].used && ike_id_equal(&host->kernel.links[i].peer_id, &id))
			return &host->kernel.links[i];
	return NULL;
}

static void use_pool(const char *range)
{
	p.hub_config->auth.pool4 = &p.hub_config->pool4;
	snprintf(p.hub_config->pool4.name, sizeof(p.hub_config->pool4.name), "p4");
	assert_true(ike_range_parse(&p.hub_config->pool4.range, range));
}

static void default_route_in_disguise(void **state)
{
	(void)state;
	announce(p.spoke_config, "0.0.0.0/1");
	announce(p.spoke_config, "128.0.0.0/1");
	announce(p.spoke_config, "2000::/3");
	announce(p.spoke_config, "10.7.0.0/16");
	assert_true(pair_up(&p));
	world_run(&p.w, 1000);
	assert_int_equal(pair_link(p.hub)->n_routes, 1);
	assert_true(link_has(pair_link(p.hub), "10.7.0.0/16"));
	assert_true(world_logged(&p.w, p.hub, "routes-refused",
				 "0.0.0.0/1 (is shorter than /8), 128.0.0.0/1 (is shorter than /8), 2000::/3"));
	assert_true(world_logged(&p.w, p.hub, "routes-refused", "route-accept in authorization-policy \"auth\""));
	assert_int_equal(ike_core_counters(p.hub->core)->refused_routes, 3);
	/* Told once, though a rekey goes through them again. */
	pair_rekey_one(p.spoke, false);
	world_run(&p.w, 2000);
	assert_int_equal(world_log_count(&p.w, p.hub, "routes-refused"), 1);
}

static void what_is_ours(void **state)
{
	(void)state;
	use_pool("10.99.0.2-10.99.0.254");
	announce(p.hub_config, "10.10.0.0/24");
	announce(p.spoke_config, "10.99.0.0/25");
	announce(p.spoke_config, "10.98.0.0/15");
	announce(p.spoke_config, "10.10.0.0/24");
	announce(p.spoke_config, "10.10.0.0/16");
	p.spoke_config->profile[0].config_request = true;
	assert_true(pair_up(&p));
	world_run(&p.w, 1000);
	assert_int_equal(pair_link(p.hub)->n_routes, 0);
	assert_true(world_logged(&p.w, p.hub, "routes-refused", "10.99.0.0/25 (overlaps pool \"p4\"), 10.98.0.0/15 (overl"));
	assert_true(world_logged(&p.w, p.hub, "routes-refused",
				 "10.10.0.0/24 (takes 10.10.0.0/24 in route-set of authorization-policy \"auth\")"));
	/* The same the other way round: the spoke says that this network is its own. */
	assert_int_equal(pair_link(p.spoke)->n_routes, 0);
}

/* A site within the hub's own summary is the usual case. */
static void site_within_summary(void **state)
{
	(void)state;
	announce(p.hub_config, "10.0.0.0/8");
	announce(p.spoke_config, "10.11.0.0/24");
	assert_true(pair_up(&p));
	world_run(&p.w, 1000);
	assert_true(link_has(pair_link(p.hub), "10.11.0.0/24"));
}

static void connected_network(void **state)
{
	(void)state;
	announce(p.spoke_config, "192.168.1.0/25");
	announce(p.spoke_config, "192.168.2.0/24");
	pair_start(&p);
	p.hub->connected = prefix("192.168.1.0/24");
	assert_true(pair_settled(&p, 5000));
	world_run(&p.w, 1000);
	assert_int_equal(pair_link(p.hub)->n_routes, 1);
	assert_true(link_has(pair_link(p.hub), "192.168.2.0/24"));
	assert_true(world_logged(&p.w, p.hub, "routes-refused", "192.168.1.0/25 (is a network of our own on lan0)"));
}

/* What the administrator lists he gets, whatever it is. */
static void listed(void **state)
{
	(void)state;
	use_pool("10.99.0.2-10.99.0.254");
	announce(p.spoke_config, "10.99.0.0/25");
	announce(p.spoke_config, "0.0.0.0/1");
	p.hub_config->accept[0] = prefix("10.99.0.0/16");
	p.hub_config->accept[1] = prefix("0.0.0.0/1");
	p.hub_config->auth.n_accept = 2;
	assert_true(pair_up(&p));
	world_run(&p.w, 1000);
	assert_int_equal(pair_link(p.hub)->n_routes, 2);
	assert_int_equal(world_log_count(&p.w, p.hub, "routes-refused"), 0);
}

/* A hub that we dial may announce a network around ours, by which nothing of ours is lost. */
static void dialled_summary(void **state)
{
	(void)state;
	announce(p.hub_config, "10.0.0.0/8");
	announce(p.spoke_config, "10.11.0.0/24");
	p.spoke_config->profile[0].config_request = true;
	assert_true(pair_up(&p));
	assert_true(link_has(pair_link(p.spoke), "10.0.0.0/8"));
}

/* Whoever came first has a network, the other gets it when the first is gone. */
static void network_of_another_peer(void **state)
{
	struct sim_config *second = sim_config_new("other", "hub");
	struct host *other;

	(void)state;
	announce(p.spoke_config, "10.7.0.0/16");
	announce(second, "10.7.1.0/24");
	announce(second, "10.8.0.0/16");
	assert_true(pair_up(&p));
	world_run(&p.w, 1000);
	other = world_host(&p.w, "other", second);
	world_start(other);
	world_run(&p.w, 5000);
	assert_int_equal(sim_kernel_count(&p.hub->kernel), 2);
	assert_int_equal(link_to(p.hub, "fqdn other")->n_routes, 1);
	assert_true(link_has(link_to(p.hub, "fqdn other"), "10.8.0.0/16"));
	assert_true(link_has(link_to(p.hub, "fqdn spoke"), "10.7.0.0/16"));
	assert_true(world_logged(&p.w, p.hub, "routes-refused", "10.7.1.0/24 (overlaps 10.7.0.0/16 of fqdn spoke)"));
	ike_core_shutdown(p.spoke->core, p.w.now);
	world_pump(p.spoke);
	world_run(&p.w, 10000);
	assert_int_equal(sim_kernel_count(&p.hub->kernel), 1);
	assert_true(link_has(link_to(p.hub, "fqdn other"), "10.7.1.0/24"));
	assert_int_equal(p.hub->core->blocked_sessions, 0);
}

/* The same when the first takes back what it said, as a site that moves does. */
static void network_taken_back(void **state)
{
	struct sim_config *second = sim_config_new("other", "hub");
	struct session *first;
	struct host *other;

	(void)state;
	announce(p.spoke_config, "10.7.0.0/16");
	announce(second, "10.7.0.0/16");
	assert_true(pair_up(&p));
	world_run(&p.w, 1000);
	first = pair_session(p.hub);
	other = world_host(&p.w, "other", second);
	world_start(other);
	world_run(&p.w, 5000);
	assert_int_equal(link_to(p.hub, "fqdn other")->n_routes, 0);
	first->n_announced = 0;
	session_set_routes(first, NULL, true);
	core_leave(p.hub->core);
	world_pump(p.hub);
	world_run(&p.w, 1000);
	assert_int_equal(link_to(p.hub, "fqdn spoke")->n_routes, 0);
	assert_true(link_has(link_to(p.hub, "fqdn other"), "10.7.0.0/16"));
}

/* Each is short enough to be believed, all of them are a default route. */
static void default_route_in_pieces(void **state)
{
	struct ike_prefix *announced;
	struct session *session;
	struct sim_link *link;

	(void)state;
	assert_true(pair_up(&p));
	session = pair_session(p.hub);
	free(session->announced);
	session->announced = announced = calloc(120, sizeof(*announced));
	session->n_announced = 120;
	for (unsigned int i = 0; i < 120; i++) {
		announced[i].addr.family = i < 100 ? AF_INET : AF_INET6;
		announced[i].addr.bytes[0] = i < 100 ? (uint8_t)(1 + i) : 0x24;
		announced[i].addr.bytes[1] = i < 100 ? 0 : (uint8_t)i;
		announced[i].len = i < 100 ? 8 : 16;
	}
	session_set_routes(session, NULL, true);
	core_leave(p.hub->core);
	world_pump(p.hub);
	world_run(&p.w, 1000);
	link = pair_link(p.hub);
	assert_int_equal(link->n_routes, 16 + 16);
	assert_true(link_has(link, "16.0.0.0/8"));
	assert_true(world_logged(&p.w, p.hub, "routes-refused", "17.0.0.0/8 (with the others too large a part"));
}

/* Links in different VRFs have nothing to do with each other. */
static void network_in_another_vrf(void **state)
{
	struct sim_config *second = sim_config_new("other", "hub");
	static struct ike_virtual_template red = { .name = "vt1", .vrf = "red" };
	struct ike_profile *profiles = p.hub_config->profile;
	static struct ike_id_match match;
	struct host *other;

	(void)state;
	announce(p.spoke_config, "10.7.0.0/16");
	announce(second, "10.7.0.0/16");
	profiles[1] = profiles[0];
	snprintf(profiles[1].name, sizeof(profiles[1].name), "red");
	profiles[1].tmpl = &red;
	assert_true(ike_id_match_parse(&match, "fqdn other"));
	profiles[1].match_remote = &match;
	p.hub_config->policy.n_profiles = 2;
	assert_true(pair_up(&p));
	world_run(&p.w, 1000);
	other = world_host(&p.w, "other", second);
	world_start(other);
	world_run(&p.w, 5000);
	assert_true(link_has(link_to(p.hub, "fqdn other"), "10.7.0.0/16"));
	assert_true(link_has(link_to(p.hub, "fqdn spoke"), "10.7.0.0/16"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(default_route_in_disguise), T(what_is_ours), T(site_within_summary), T(connected_network),
		T(listed), T(dialled_summary), T(network_of_another_peer), T(network_taken_back),
		T(default_route_in_pieces), T(network_in_another_vrf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
