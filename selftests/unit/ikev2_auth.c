// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * IKE_AUTH: who gets in, what a peer is given, and what the log says of one that is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "pair_fixture.h"

static bool secret_logged(const char *secret)
{
	for (size_t i = 0; i < p.w.n_logs; i++)
		if (strstr(p.w.logs[i].text, secret))
			return true;
	return false;
}

static void nothing_left(void)
{
	assert_int_equal(sim_kernel_count(&p.hub->kernel), 0);
	assert_int_equal(sim_kernel_count(&p.spoke->kernel), 0);
	assert_int_equal(HASH_CNT(hh, p.hub->core->sessions), 0);
}

/* The spoke tries once only. */
static void start_once(void)
{
	p.spoke_config->profile[0].connect = IKE_CONNECT_LISTEN;
	pair_start(&p);
	assert_true(ike_core_initiate(p.spoke->core, "dial", p.w.now));
	world_pump(p.spoke);
	world_run(&p.w, 5000);
}

static struct ike_prefix prefix(const char *text)
{
	struct ike_prefix out;

	assert_true(ike_prefix_parse(&out, text));
	return out;
}

static bool routed(struct host *host, const char *text)
{
	struct sim_link *link = pair_link(host);
	struct ike_prefix want = prefix(text);

	for (size_t i = 0; link && i < link->n_routes; i++)
		if (link->routes[i].len == want.len && ike_addr_same_host(&link->routes[i].addr, &want.addr))
			return true;
	return false;
}

static bool addr_is(const struct ike_addr *addr, const char *text)
{
	struct ike_addr want;

	return ike_addr_parse(&want, text) && ike_addr_same_host(addr, &want);
}

static void add_pool(const char *range)
{
	p.hub_config->auth.pool4 = &p.hub_config->pool4;
	snprintf(p.hub_config->pool4.name, sizeof(p.hub_config->pool4.name), "p4");
	assert_true(ike_range_parse(&p.hub_config->pool4.range, range));
}

static void wrong_key(void **state)
{
	(void)state;
	sim_config_secret(p.spoke_config, "quite another");
	start_once();
	nothing_left();
	assert_int_equal(ike_core_counters(p.hub->core)->refused_auth, 1);
	assert_true(world_logged(&p.w, p.hub, "authentication-failed", "pre-shared key is not that of peer \"everybody\""));
	assert_true(world_logged(&p.w, p.spoke, "authentication-failed", "the peer refuses us as fqdn spoke"));
	assert_false(secret_logged("not a secret"));
	assert_false(secret_logged("quite another"));
}

/* The key of the hub is checked as well. */
static void wrong_key_of_hub(void **state)
{
	static uint8_t other[] = "something else";

	(void)state;
	p.hub_config->key.local.data = other;
	p.hub_config->key.local.len = sizeof(other) - 1;
	start_once();
	world_run(&p.w, 5000);
	nothing_left();
	assert_true(world_logged(&p.w, p.spoke, "authentication-failed", "pre-shared key is not that of"));
}

static void keys_apart(void **state)
{
	static uint8_t hub_key[] = "of the hub", spoke_key[] = "of the spoke";

	(void)state;
	p.hub_config->key.local = p.spoke_config->key.remote = (struct ike_secret){ hub_key, 10 };
	p.hub_config->key.remote = p.spoke_config->key.local = (struct ike_secret){ spoke_key, 12 };
	assert_true(pair_up(&p));
}

static void unknown_identity(void **state)
{
	(void)state;
	assert_true(ike_id_match_parse(&p.hub_config->match[0], "fqdn *.example.com"));
	start_once();
	nothing_left();
	assert_true(world_logged(&p.w, p.hub, "authentication-failed", "no profile serves this identity"));
	assert_true(world_logged(&p.w, p.hub, "authentication-failed", "example.com"));
}

static void no_key_for_identity(void **state)
{
	(void)state;
	assert_true(ike_id_match_parse(&p.hub_config->key.match, "fqdn other.example.com"));
	start_once();
	nothing_left();
	assert_true(world_logged(&p.w, p.hub, "authentication-failed", "no pre-shared key for fqdn spoke"));
}

static void most_specific_profile(void **state)
{
	struct ike_profile *second;

	(void)state;
	second = &p.hub_config->profile[1];
	*second = p.hub_config->profile[0];
	snprintf(second->name, sizeof(second->name), "special");
	second->match_remote = &p.hub_config->match[1];
	assert_true(ike_id_match_parse(&p.hub_config->match[1], "fqdn spoke"));
	p.hub_config->policy.n_profiles = 2;
	assert_true(pair_up(&p));
	assert_string_equal(pair_session(p.hub)->profile->name, "special");
}

/* The profile of the identity does not have the suite that another one let through. */
static void suite_of_other_profile(void **state)
{
	struct ike_profile *second;

	(void)state;
	second = &p.hub_config->profile[1];
	*second = p.hub_config->profile[0];
	snprintf(second->name, sizeof(second->name), "special");
	second->match_remote = &p.hub_config->match[1];
	sim_config_ike(p.hub_config, 3, "aes-gcm-256 prf-sha384 x25519");
	p.hub_config->profile[0].n_proposals = 1;
	second->proposals = &p.hub_config->ike[3];
	second->n_proposals = 1;
	assert_true(ike_id_match_parse(&p.hub_config->match[1], "fqdn spoke"));
	p.hub_config->policy.n_profiles = 2;
	start_once();
	nothing_left();
	assert_true(world_logged(&p.w, p.hub, "negotiation-refused", "profile \"special\", which serves this identity"));
}

static void unexpected_hub(void **state)
{
	(void)state;
	assert_true(ike_id_match_parse(&p.spoke_config->match[0], "fqdn hub.example.com"));
	start_once();
	world_run(&p.w, 5000);
	nothing_left();
	assert_true(world_logged(&p.w, p.spoke, "authentication-failed", "does not expect"));
}

static void ts(struct ike_ts *out, size_t *n, const char *text)
{
	assert_true(ike_ts_parse(out, text));
	*n = 1;
}

static void selectors_do_not_meet(void **state)
{
	(void)state;
	ts(p.spoke_config->local_ts, &p.spoke_config->ipsec.n_local_ts, "10.2.0.0/16");
	ts(p.hub_config->remote_ts, &p.hub_config->ipsec.n_remote_ts, "10.1.0.0/16");
	start_once();
	assert_int_equal(ike_core_counters(p.hub->core)->refused_ts, 1);
	assert_true(world_logged(&p.w, p.hub, "negotiation-refused", "remote-ts 10.1.0.0"));
	assert_true(world_logged(&p.w, p.spoke, "child-refused", "TS_UNACCEPTABLE"));
	world_run(&p.w, 40000);
	nothing_left();
}

static void selectors_narrowed(void **state)
{
	(void)state;
	ts(p.spoke_config->local_ts, &p.spoke_config->ipsec.n_local_ts, "10.1.0.0/16");
	ts(p.hub_config->remote_ts, &p.hub_config->ipsec.n_remote_ts, "10.0.0.0/8");
	ts(p.hub_config->local_ts, &p.hub_config->ipsec.n_local_ts, "192.168.0.0/24");
	assert_true(pair_up(&p));
	assert_true(routed(p.hub, "10.1.0.0/16"));
	assert_true(routed(p.spoke, "192.168.0.0/24"));
	assert_int_equal(pair_link(p.hub)->n_routes, 1);
}

static void no_esp_proposal(void **state)
{
	(void)state;
	sim_config_esp(p.hub_config, 0, "aes-cbc-256 sha1");
	start_once();
	assert_true(world_logged(&p.w, p.hub, "negotiation-refused", "transform-set \"set\" allows aes-cbc-256"));
	assert_true(world_logged(&p.w, p.spoke, "child-refused", "NO_PROPOSAL_CHOSEN"));
	world_run(&p.w, 40000);
	nothing_left();
}

static void addresses_and_routes(void **state)
{
	(void)state;
	add_pool("10.99.0.10-10.99.0.20");
	p.hub_config->auth.pool6 = &p.hub_config->pool6;
	snprintf(p.hub_config->pool6.name, sizeof(p.hub_config->pool6.name), "p6");
	assert_true(ike_range_parse(&p.hub_config->pool6.range, "2001:db8:99::/64"));
	p.hub_config->routes[0] = prefix("10.0.0.0/8");
	p.hub_config->routes[1] = prefix("2001:db8:a::/48");
	p.hub_config->auth.n_routes = 2;
	p.hub_config->remote_routes[0] = prefix("172.16.5.0/24");
	p.hub_config->auth.n_remote_routes = 1;
	snprintf(p.hub_config->auth.domain, sizeof(p.hub_config->auth.domain), "example.com");
	p.spoke_config->profile[0].config_request = true;
	assert_true(pair_up(&p));
	assert_int_equal(pair_link(p.spoke)->n_our_addrs, 2);
	assert_true(addr_is(&pair_link(p.spoke)->our_addrs[0], "10.99.0.10"));
	assert_true(addr_is(&pair_link(p.hub)->peer_addrs[0], "10.99.0.10"));
	assert_int_equal(pair_link(p.hub)->peer_addrs[1].family, AF_INET6);
	assert_true(routed(p.spoke, "10.0.0.0/8"));
	assert_true(routed(p.spoke, "2001:db8:a::/48"));
	assert_true(routed(p.hub, "172.16.5.0/24"));
	assert_string_equal(pair_session(p.spoke)->domain, "example.com");
}

/* A name that would steer a terminal is none. */
static void domain_that_is_none(void **state)
{
	(void)state;
	snprintf(p.hub_config->auth.domain, sizeof(p.hub_config->auth.domain), "example.com\x1b[2J");
	p.spoke_config->profile[0].config_request = true;
	assert_true(pair_up(&p));
	assert_string_equal(pair_session(p.spoke)->domain, "");
	assert_true(world_logged(&p.w, p.spoke, "domain-refused", "is none; ignored"));
}

static void pool_exhausted(void **state)
{
	struct ike_addr got;

	(void)state;
	add_pool("10.99.0.10-10.99.0.10");
	p.spoke_config->profile[0].config_request = true;
	p.spoke_config->profile[0].connect = IKE_CONNECT_LISTEN;
	pair_start(&p);
	assert_true(pool_lease(p.hub->core->leases, &p.hub_config->pool4, "somebody", NULL, &got));
	assert_true(ike_core_initiate(p.spoke->core, "dial", p.w.now));
	world_pump(p.spoke);
	world_run(&p.w, 5000);
	assert_true(world_logged(&p.w, p.hub, "pool-exhausted", "no inner address left"));
	assert_true(world_logged(&p.w, p.spoke, "child-refused", "INTERNAL_ADDRESS_FAILURE"));
	world_run(&p.w, 40000);
	nothing_left();
}

/* Networks behind a spoke reach the hub by CFG_SET, as far as the policy believes them. */
static void announced_routes(void **state)
{
	(void)state;
	p.spoke_config->routes[0] = prefix("10.7.0.0/16");
	p.spoke_config->routes[1] = prefix("192.0.2.0/24");
	p.spoke_config->routes[2] = prefix("0.0.0.0/0");
	p.spoke_config->auth.n_routes = 3;
	p.hub_config->accept[0] = prefix("10.0.0.0/8");
	p.hub_config->auth.n_accept = 1;
	assert_true(pair_up(&p));
	world_run(&p.w, 1000);
	assert_true(routed(p.hub, "10.7.0.0/16"));
	assert_int_equal(pair_link(p.hub)->n_routes, 1);
	assert_int_equal(p.hub->kernel.updates, 1);
}

static void default_route_only_when_accepted(void **state)
{
	(void)state;
	p.hub_config->routes[0] = prefix("0.0.0.0/0");
	p.hub_config->auth.n_routes = 1;
	p.spoke_config->accept[0] = prefix("0.0.0.0/0");
	p.spoke_config->auth.n_accept = 1;
	p.spoke_config->profile[0].config_request = true;
	assert_true(pair_up(&p));
	assert_true(routed(p.spoke, "0.0.0.0/0"));
}

static void default_route_not_believed(void **state)
{
	(void)state;
	p.hub_config->routes[0] = prefix("0.0.0.0/0");
	p.hub_config->auth.n_routes = 1;
	p.spoke_config->profile[0].config_request = true;
	assert_true(pair_up(&p));
	assert_int_equal(pair_link(p.spoke)->n_routes, 0);
}

/* The spoke's daemon dies and starts again: INITIAL_CONTACT. The hub's link stays and has one SA only. */
static void peer_restarts(void **state)
{
	char ifname[16];

	(void)state;
	add_pool("10.99.0.10-10.99.0.20");
	p.spoke_config->profile[0].config_request = true;
	assert_true(pair_up(&p));
	snprintf(ifname, sizeof(ifname), "%s", pair_link(p.hub)->ifname);
	world_run(&p.w, 5000);
	world_restart(p.spoke);
	assert_true(pair_settled(&p, 3000));
	assert_string_equal(pair_link(p.hub)->ifname, ifname);
	assert_int_equal(p.hub->kernel.downs, 0);
	assert_true(addr_is(&pair_link(p.spoke)->our_addrs[0], "10.99.0.10"));
	assert_int_equal(pool_leases_in_use(p.hub->core->leases, &p.hub_config->pool4), 1);
}

/* Without INITIAL_CONTACT both IKE SAs live until the old one is found dead. */
static void peer_restarts_silently(void **state)
{
	(void)state;
	p.spoke_config->profile[0].initial_contact = false;
	assert_true(pair_up(&p));
	world_restart(p.spoke);
	world_run(&p.w, 3000);
	assert_true(pair_link(p.spoke) != NULL);
	assert_true(sim_kernel_opens(&p.hub->kernel, &pair_link(p.spoke)->out));
	assert_true(sim_kernel_opens(&p.spoke->kernel, &pair_link(p.hub)->out));
	assert_true(pair_settled(&p, 180000));
	assert_int_equal(p.hub->kernel.downs, 0);
}

/* Reauthentication that deletes first and comes back at once: the link stays. */
static void break_before_make(void **state)
{
	(void)state;
	assert_true(pair_up(&p));
	world_run(&p.w, 5000);
	ike_core_clear(p.spoke->core, 0, p.w.now);
	world_pump(p.spoke);
	world_run(&p.w, 500);
	assert_int_equal(pair_link(p.hub)->n_in, 0);
	assert_true(pair_settled(&p, 5000));
	assert_int_equal(p.hub->kernel.downs, 0);
	assert_int_equal(p.hub->kernel.last_link, 1);
}

static void kernel_refuses_link(void **state)
{
	(void)state;
	p.spoke_config->profile[0].connect = IKE_CONNECT_LISTEN;
	pair_start(&p);
	p.hub->kernel.fail = 1u << IKE_KERNEL_SESSION_UP;
	ike_core_initiate(p.spoke->core, "dial", p.w.now);
	world_pump(p.spoke);
	world_run(&p.w, 5000);
	nothing_left();
	assert_true(world_logged(&p.w, p.hub, "kernel-refused", "bring the link up"));
	assert_true(world_logged(&p.w, p.spoke, "negotiation-refused", "TEMPORARY_FAILURE"));
}

static void kernel_of_initiator_refuses_link(void **state)
{
	(void)state;
	p.spoke_config->profile[0].connect = IKE_CONNECT_LISTEN;
	pair_start(&p);
	p.spoke->kernel.fail = 1u << IKE_KERNEL_SESSION_UP;
	ike_core_initiate(p.spoke->core, "dial", p.w.now);
	world_pump(p.spoke);
	world_run(&p.w, 15000);
	nothing_left();
}

/* Both ends dial each other at once: one identity, one link. */
static void both_dial(void **state)
{
	(void)state;
	snprintf(p.hub_config->profile[0].name, IKE_NAME_MAX, "dial");
	snprintf(p.hub_config->profile[0].peer, 256, "spoke");
	p.hub_config->profile[0].connect = IKE_CONNECT_AUTO;
	pair_start(&p);
	world_run(&p.w, 300000);
	assert_int_equal(HASH_CNT(hh, p.hub->core->sessions), 1);
	assert_int_equal(HASH_CNT(hh, p.spoke->core->sessions), 1);
	assert_int_equal(sim_kernel_count(&p.hub->kernel), 1);
	assert_true(sim_kernel_opens(&p.hub->kernel, &pair_link(p.spoke)->out));
	assert_true(sim_kernel_opens(&p.spoke->kernel, &pair_link(p.hub)->out));
	assert_int_equal(p.w.esp_lost, 0);
}

/* An answer beyond what one packet carries goes in fragments, and they may get lost. */
static void fragments(void **state)
{
	static struct ike_prefix many[60];

	(void)state;
	for (size_t i = 0; i < 60; i++) {
		char text[64];

		snprintf(text, sizeof(text), "2001:db8:%zx::/48", i + 0x100);
		many[i] = prefix(text);
	}
	p.hub_config->auth.routes = many;
	p.hub_config->auth.n_routes = 60;
	p.spoke_config->profile[0].config_request = true;
	pair_start(&p);
	pair_drop(&p, IKE_EXCHANGE_AUTH, true, 1);
	assert_true(pair_settled(&p, 10000));
	assert_int_equal(pair_session(p.spoke)->n_routes, 60);
	assert_true(p.largest < 1280);
}

static void no_fragments_unless_agreed(void **state)
{
	static struct ike_prefix many[60];

	(void)state;
	for (size_t i = 0; i < 60; i++) {
		char text[64];

		snprintf(text, sizeof(text), "2001:db8:%zx::/48", i + 0x100);
		many[i] = prefix(text);
	}
	p.hub_config->auth.routes = many;
	p.hub_config->auth.n_routes = 60;
	p.spoke_config->profile[0].config_request = true;
	p.spoke_config->profile[0].fragmentation = false;
	assert_true(pair_up(&p));
	assert_true(p.largest > 1280);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(wrong_key), T(wrong_key_of_hub), T(keys_apart), T(unknown_identity), T(no_key_for_identity),
		T(most_specific_profile), T(suite_of_other_profile), T(unexpected_hub), T(selectors_do_not_meet),
		T(selectors_narrowed), T(no_esp_proposal), T(addresses_and_routes), T(pool_exhausted),
		T(domain_that_is_none), T(announced_routes), T(default_route_only_when_accepted), T(default_route_not_believed),
		T(peer_restarts), T(peer_restarts_silently), T(break_before_make), T(kernel_refuses_link),
		T(kernel_of_initiator_refuses_link), T(both_dial), T(fragments), T(no_fragments_unless_agreed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
