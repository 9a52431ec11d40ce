// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Transport mode with GRE (Cisco's default for a virtual-template): both ends mean it or neither, the selectors
 * are the outer addresses as each end sees them, and a NAT between them changes none of that (RFC 7296 section
 * 2.23.1).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pair_fixture.h"

static void both_gre(void)
{
	p.hub_config->profile[0].gre = p.spoke_config->profile[0].gre = true;
}

static const struct child_sa *child_of(struct host *host)
{
	return TAILQ_FIRST(&pair_session(host)->children);
}

static void is_gre_of(const struct ike_ts *ts, size_t n, const struct ike_addr *host)
{
	assert_int_equal(n, 1);
	assert_int_equal(ts->protocol, 47);
	assert_true(ike_addr_same_host(&ts->start, host));
	assert_true(ike_addr_same_host(&ts->end, host));
}

/* The one Child SA of a host that comes from @local, and goes to @remote as it sees it. */
static void between(struct host *host, const struct ike_addr *local, const struct ike_addr *remote)
{
	const struct child_sa *child = child_of(host);

	assert_true(child->transport);
	is_gre_of(child->local_ts, child->n_local_ts, local);
	is_gre_of(child->remote_ts, child->n_remote_ts, remote);
	assert_int_equal(pair_link(host)->n_routes, 0);
}

static void rekeyed_by(struct host *host)
{
	uint32_t before = pair_link(p.hub)->in[0].spi;

	pair_rekey_one(host, false);
	world_run(&p.w, 300);
	assert_true(pair_settled(&p, 20000));
	assert_int_not_equal(pair_link(p.hub)->in[0].spi, before);
	assert_int_equal(p.w.esp_lost, 0);
}

static void without_nat(void **state)
{
	(void)state;
	both_gre();
	assert_true(pair_up(&p));
	between(p.hub, &p.hub->addr, &p.spoke->addr);
	between(p.spoke, &p.spoke->addr, &p.hub->addr);
	rekeyed_by(p.spoke);
	between(p.hub, &p.hub->addr, &p.spoke->addr);
	rekeyed_by(p.hub);
	between(p.spoke, &p.spoke->addr, &p.hub->addr);
}

static void through_nat(void **state)
{
	struct ike_addr outside;

	(void)state;
	both_gre();
	p.hub = world_host(&p.w, "hub", p.hub_config);
	p.spoke = world_host(&p.w, "spoke", p.spoke_config);
	world_behind_nat(p.spoke);
	outside = p.spoke->nat->outside;
	assert_false(ike_addr_same_host(&outside, &p.spoke->addr));
	world_start(p.hub);
	world_start(p.spoke);
	assert_true(pair_settled(&p, 5000));
	between(p.hub, &p.hub->addr, &outside);
	between(p.spoke, &p.spoke->addr, &p.hub->addr);
	/* From either end: the one behind the NAT is a responder, too. */
	rekeyed_by(p.spoke);
	between(p.hub, &p.hub->addr, &outside);
	between(p.spoke, &p.spoke->addr, &p.hub->addr);
	rekeyed_by(p.hub);
	between(p.hub, &p.hub->addr, &outside);
	between(p.spoke, &p.spoke->addr, &p.hub->addr);
}

static void hub_insists(void **state)
{
	(void)state;
	p.hub_config->profile[0].gre = true;
	pair_start(&p);
	world_run(&p.w, 3000);
	assert_int_equal(sim_kernel_count(&p.hub->kernel), 0);
	assert_true(world_logged(&p.w, p.hub, "negotiation-refused", "wants tunnel mode, the link of profile \"serve\" has"));
	assert_true(world_logged(&p.w, p.spoke, "child-refused", "NO_PROPOSAL_CHOSEN"));
}

/* The hub may decline, and the spoke has nothing that it could do with a tunnel. */
static void spoke_insists(void **state)
{
	(void)state;
	p.spoke_config->profile[0].gre = true;
	p.spoke_config->profile[0].connect = IKE_CONNECT_LISTEN;
	pair_start(&p);
	assert_true(ike_core_initiate(p.spoke->core, "dial", p.w.now));
	world_pump(p.spoke);
	world_run(&p.w, 40000);
	assert_true(world_logged(&p.w, p.hub, "transport-declined", "set mode = \"gre\""));
	assert_true(world_logged(&p.w, p.spoke, "negotiation-refused", "which needs transport mode"));
	assert_int_equal(sim_kernel_count(&p.spoke->kernel), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = { T(without_nat), T(through_nat), T(hub_insists), T(spoke_insists) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
