// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The life of a session between its beginning and its end: liveness, Delete, administrators, reload, adoption.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "pair_fixture.h"

static void no_links(void)
{
	assert_int_equal(sim_kernel_count(&p.hub->kernel), 0);
	assert_int_equal(sim_kernel_count(&p.spoke->kernel), 0);
	assert_int_equal(HASH_CNT(hh, p.hub->core->sessions), 0);
	assert_int_equal(HASH_CNT(hh, p.spoke->core->sessions), 0);
}

static void dial_once(void)
{
	p.spoke_config->profile[0].connect = IKE_CONNECT_LISTEN;
	pair_start(&p);
	assert_true(ike_core_initiate(p.spoke->core, "dial", p.w.now));
	world_pump(p.spoke);
	assert_true(pair_settled(&p, 5000));
}

static void dead_peer(void **state)
{
	(void)state;
	dial_once();
	p.spoke->cut_off = true;
	world_run(&p.w, 25000);
	assert_int_equal(sim_kernel_count(&p.hub->kernel), 1);
	world_run(&p.w, 95000);
	no_links();
	assert_true(world_logged(&p.w, p.hub, "retransmit-timeout", "peer taken for dead"));
	assert_true(world_logged(&p.w, p.hub, "session-down", "va0"));
}

static void idle_but_alive(void **state)
{
	(void)state;
	dial_once();
	world_run(&p.w, 30 * 60 * 1000);
	assert_true(pair_settled(&p, 1000));
	assert_int_equal(p.hub->kernel.downs, 0);
	assert_true(p.seen[IKE_EXCHANGE_INFORMATIONAL] > 60);
}

static void dpd_off(void **state)
{
	(void)state;
	p.hub_config->profile[0].dpd_seconds = p.spoke_config->profile[0].dpd_seconds = 0;
	dial_once();
	world_run(&p.w, 10 * 60 * 1000);
	assert_int_equal(p.seen[IKE_EXCHANGE_INFORMATIONAL], 0);
}

static void cleared(void **state)
{
	(void)state;
	dial_once();
	assert_int_equal(ike_core_clear(p.spoke->core, 0, p.w.now), 1);
	world_pump(p.spoke);
	world_run(&p.w, 5000);
	no_links();
	assert_true(world_logged(&p.w, p.hub, "session-down", "deleted by the peer"));
	assert_true(world_logged(&p.w, p.spoke, "session-down", "cleared by the administrator"));
	assert_int_equal(ike_core_clear(p.spoke->core, 0, p.w.now), 0);
}

/* A dialer comes back by itself. */
static void cleared_and_redialed(void **state)
{
	(void)state;
	assert_true(pair_up(&p));
	assert_int_equal(ike_core_clear(p.hub->core, pair_session(p.hub)->number, p.w.now), 1);
	world_pump(p.hub);
	world_run(&p.w, 100);
	assert_int_equal(sim_kernel_count(&p.hub->kernel), 0);
	assert_true(pair_settled(&p, 10000));
}

static void link_deleted(void **state)
{
	(void)state;
	dial_once();
	ike_core_link_deleted(p.hub->core, pair_session(p.hub)->number, p.w.now);
	world_pump(p.hub);
	world_run(&p.w, 5000);
	no_links();
	assert_true(world_logged(&p.w, p.hub, "session-down", "somebody deleted the link"));
}

static void shut_down(void **state)
{
	(void)state;
	assert_true(pair_up(&p));
	ike_core_shutdown(p.spoke->core, p.w.now);
	assert_false(ike_core_idle(p.spoke->core));
	world_pump(p.spoke);
	world_run(&p.w, 5000);
	assert_true(ike_core_idle(p.spoke->core));
	no_links();
}

/* The hub has lost everything and says so: the spoke asks, and is back long before its own check was due. */
static void hub_restarts(void **state)
{
	(void)state;
	p.spoke_config->profile[0].dpd_seconds = 3600;
	p.spoke_config->profile[0].retransmit_tries = 3;
	assert_true(pair_up(&p));
	world_restart(p.hub);
	pair_rekey_one(p.spoke, false);
	assert_true(pair_settled(&p, 30000));
	assert_true(world_logged(&p.w, p.spoke, "peer-lost-state", "does not know"));
}

static void on_demand(void **state)
{
	(void)state;
	p.spoke_config->profile[0].connect = IKE_CONNECT_ON_DEMAND;
	snprintf(p.spoke_config->profile[0].interface, 16, "dvti0");
	pair_start(&p);
	world_run(&p.w, 5000);
	no_links();
	ike_core_acquire(p.spoke->core, "dvti9", 0, p.w.now);
	world_pump(p.spoke);
	world_run(&p.w, 1000);
	no_links();
	ike_core_acquire(p.spoke->core, "dvti0", 0, p.w.now);
	ike_core_acquire(p.spoke->core, "dvti0", 0, p.w.now);
	world_pump(p.spoke);
	assert_true(pair_settled(&p, 2000));
}

/* Traffic for a link whose Child SA the peer has deleted: the hub makes a new one. */
static void acquire_for_child(void **state)
{
	struct child_sa *child;

	(void)state;
	dial_once();
	child = TAILQ_FIRST(&pair_session(p.hub)->children);
	child_delete(child);
	core_leave(p.hub->core);
	world_pump(p.hub);
	world_run(&p.w, 3000);
	assert_int_equal(pair_link(p.hub)->n_in, 0);
	assert_int_equal(pair_link(p.spoke)->n_in, 0);
	ike_core_acquire(p.hub->core, "va0", pair_session(p.hub)->number, p.w.now);
	world_pump(p.hub);
	assert_true(pair_settled(&p, 2000));
	assert_int_equal(p.hub->kernel.downs, 0);
}

static void reload_same(void **state)
{
	struct sim_config *again;

	(void)state;
	assert_true(pair_up(&p));
	again = sim_config_copy(p.hub_config);
	ike_policy_ref(&again->policy);
	ike_core_reload(p.hub->core, &again->policy, p.w.now);
	ike_policy_unref(&p.hub_config->policy);
	p.hub->config = p.hub_config = again;
	world_pump(p.hub);
	pair_rekey_one(p.hub, true);
	world_run(&p.w, 1000);
	assert_true(pair_settled(&p, 1000));
	assert_int_equal(p.hub->kernel.downs, 0);
	assert_int_equal(p.w.esp_lost, 0);
}

/* Routes are not negotiated: they change under the living session. */
static void reload_routes(void **state)
{
	struct sim_config *again;

	(void)state;
	assert_true(pair_up(&p));
	again = sim_config_copy(p.hub_config);
	assert_true(ike_prefix_parse(&again->remote_routes[0], "10.5.0.0/16"));
	again->auth.n_remote_routes = 1;
	ike_policy_ref(&again->policy);
	ike_core_reload(p.hub->core, &again->policy, p.w.now);
	ike_policy_unref(&p.hub_config->policy);
	p.hub->config = p.hub_config = again;
	world_pump(p.hub);
	world_run(&p.w, 100);
	assert_int_equal(pair_link(p.hub)->n_routes, 1);
	assert_int_equal(p.hub->kernel.downs, 0);
}

static void reload_changed_key(void **state)
{
	struct sim_config *again;

	(void)state;
	assert_true(pair_up(&p));
	again = sim_config_copy(p.hub_config);
	sim_config_secret(again, "a new one");
	ike_policy_ref(&again->policy);
	ike_core_reload(p.hub->core, &again->policy, p.w.now);
	ike_policy_unref(&p.hub_config->policy);
	p.hub->config = p.hub_config = again;
	world_pump(p.hub);
	world_run(&p.w, 5000);
	no_links();
	assert_true(world_logged(&p.w, p.hub, "session-down", "its profile has changed"));
	assert_true(world_logged(&p.w, p.hub, "authentication-failed", "pre-shared key"));
}

static void reload_without_profile(void **state)
{
	struct sim_config *again;

	(void)state;
	assert_true(pair_up(&p));
	again = sim_config_copy(p.spoke_config);
	again->policy.n_profiles = 0;
	ike_policy_ref(&again->policy);
	ike_core_reload(p.spoke->core, &again->policy, p.w.now);
	ike_policy_unref(&p.spoke_config->policy);
	p.spoke->config = p.spoke_config = again;
	world_pump(p.spoke);
	world_run(&p.w, 20000);
	no_links();
	assert_true(world_logged(&p.w, p.spoke, "session-down", "its profile is gone"));
}

/* Adoption */

static struct ike_survivor survivor(const char *profile, const char *peer)
{
	struct ike_survivor s = { .cookie = UINT64_C(0x1234500000007), .expires = p.w.now + 60000 };

	snprintf(s.profile, sizeof(s.profile), "%s", profile);
	snprintf(s.ifname, sizeof(s.ifname), "va7");
	assert_true(ike_id_parse(&s.peer_id, peer));
	assert_true(ike_addr_parse(&s.peer_addrs[0], "10.99.0.15"));
	s.n_peer_addrs = 1;
	return s;
}

static void hub_with_pool(void)
{
	p.hub_config->auth.pool4 = &p.hub_config->pool4;
	snprintf(p.hub_config->pool4.name, sizeof(p.hub_config->pool4.name), "p4");
	assert_true(ike_range_parse(&p.hub_config->pool4.range, "10.99.0.10-10.99.0.20"));
	p.spoke_config->profile[0].config_request = true;
}

static uint64_t adopted;

static bool note_adoption(struct host *host)
{
	struct ike_action *a;

	while ((a = ike_core_next_action(host->core))) {
		if (a->type == IKE_ACTION_KERNEL)
			adopted = a->kernel->op == IKE_KERNEL_SESSION_DOWN ? a->kernel->session : a->kernel->adopt;
		ike_action_free(a);
	}
	return adopted != 0;
}

/* The peer of a link that outlived the daemon is back: the same address, the same link. */
static void adopted_by_peer(void **state)
{
	struct ike_survivor s;
	struct session *session;

	(void)state;
	hub_with_pool();
	p.hub = world_host(&p.w, "hub", p.hub_config);
	p.spoke = world_host(&p.w, "spoke", p.spoke_config);
	s = survivor("serve", "fqdn spoke");
	ike_core_adopt(p.hub->core, &s, p.w.now);
	assert_int_equal(pool_leases_in_use(p.hub->core->leases, &p.hub_config->pool4), 1);
	world_start(p.spoke);
	assert_true(pair_settled(&p, 5000));
	session = pair_session(p.hub);
	assert_true(pair_link(p.spoke)->our_addrs[0].bytes[3] == 15);
	assert_int_equal(session->n_peer_addrs, 1);
	assert_true(pair_link(p.hub)->adopted == s.cookie);
	assert_true(LIST_EMPTY(&p.hub->core->survivors));
}

static void adoption_expires(void **state)
{
	struct ike_survivor s;

	(void)state;
	hub_with_pool();
	p.hub = world_host(&p.w, "hub", p.hub_config);
	p.spoke = world_host(&p.w, "spoke", p.spoke_config);
	s = survivor("serve", "fqdn another");
	ike_core_adopt(p.hub->core, &s, p.w.now);
	adopted = 0;
	ike_core_tick(p.hub->core, p.w.now + 59000);
	assert_false(note_adoption(p.hub));
	ike_core_tick(p.hub->core, p.w.now + 61000);
	assert_true(note_adoption(p.hub));
	assert_true(adopted == s.cookie);
	assert_int_equal(pool_leases_in_use(p.hub->core->leases, &p.hub_config->pool4), 0);
}

static void adoption_without_profile(void **state)
{
	struct ike_survivor s;

	(void)state;
	p.hub = world_host(&p.w, "hub", p.hub_config);
	p.spoke = world_host(&p.w, "spoke", p.spoke_config);
	s = survivor("no longer there", "fqdn another");
	adopted = 0;
	ike_core_adopt(p.hub->core, &s, p.w.now);
	ike_core_tick(p.hub->core, p.w.now + 1);
	assert_true(note_adoption(p.hub));
}

/* Status */

static struct ike_session_status seen;
static unsigned int visits;

static void look(const struct ike_session_status *status, void *ctx)
{
	(void)ctx;
	seen = *status;
	visits++;
}

static void status(void **state)
{
	(void)state;
	visits = 0;
	assert_true(pair_up(&p));
	world_run(&p.w, 1000);
	ike_core_visit(p.hub->core, look, NULL, p.w.now);
	assert_int_equal(visits, 1);
	assert_string_equal(seen.state, "up");
	assert_string_equal(seen.profile, "serve");
	assert_string_equal(seen.ifname, "va0");
	assert_false(seen.initiator);
	assert_int_equal(seen.n_children, 1);
	assert_in_range(seen.age_ms, 900, 1500);
	assert_true(seen.rekey_in_ms > 1000000);
}

static void keys_exported_on_demand(void **state)
{
	(void)state;
	pair_start(&p);
	ike_core_export_keys(p.spoke->core, true);
	assert_true(pair_settled(&p, 5000));
	assert_int_equal(p.spoke->key_lines, 1);
	assert_int_equal(p.hub->key_lines, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(dead_peer), T(idle_but_alive), T(dpd_off), T(cleared), T(cleared_and_redialed), T(link_deleted),
		T(shut_down), T(hub_restarts), T(on_demand), T(acquire_for_child), T(reload_same), T(reload_routes),
		T(reload_changed_key), T(reload_without_profile), T(adopted_by_peer), T(adoption_expires),
		T(adoption_without_profile), T(status), T(keys_exported_on_demand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
