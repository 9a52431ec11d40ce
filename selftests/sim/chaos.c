// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Hubs and spokes under all that can happen to them.
 */
#include "chaos.h"

#include <stdio.h>

#include "ikev2/core_state.h"
#include "ikev2/ike_sa.h"
#include "ikev2/session.h"

#define SPOKES_MAX 3
#define ACTIONS 12
#define SETTLE_MS (15 * 60 * 1000)

struct chaos {
	struct world *w;
	struct host *hub;
	struct host *spokes[SPOKES_MAX];
	size_t n_spokes;
	bool rough;
};

static void vary(struct chaos *c, struct sim_config *cfg, uint32_t child_life, uint32_t ike_life)
{
	struct world *w = c->w;

	cfg->ipsec.life_seconds = child_life;
	cfg->profile[0].life_seconds = ike_life;
	if (world_below(w, 4) == 0) {
		cfg->pfs[0] = 31;
		cfg->ipsec.n_pfs = 1;
		cfg->ipsec.pfs_required = world_below(w, 2);
	}
	/* Patient where packets get lost: what must never fail must be tried often enough. */
	cfg->profile[0].retransmit_base_ms = 300 + (uint32_t)world_below(w, 400);
	cfg->profile[0].retransmit_tries = c->rough ? 7 : 12;
	cfg->profile[0].force_encap = world_below(w, 8) == 0;
	cfg->profile[0].initial_contact = world_below(w, 4) != 0;
	cfg->profile[0].config_request = world_below(w, 2) != 0;
}

static void build(struct chaos *c)
{
	struct world *w = c->w;
	/* Equal lifetimes on both ends make them rekey at about the same time. */
	uint32_t child_life = 60 + (uint32_t)world_below(w, 240), ike_life = 120 + (uint32_t)world_below(w, 600);
	struct sim_config *hub = sim_config_new("hub", NULL);
	char name[32];

	vary(c, hub, child_life, ike_life);
	hub->auth.pool4 = &hub->pool4;
	snprintf(hub->pool4.name, sizeof(hub->pool4.name), "p4");
	ike_range_parse(&hub->pool4.range, "10.99.0.1-10.99.0.9");
	hub->policy.half_open_cookie = (unsigned int)world_below(w, 3);
	c->hub = world_host(w, "hub", hub);
	c->n_spokes = 1 + world_below(w, SPOKES_MAX);
	for (size_t i = 0; i < c->n_spokes; i++) {
		struct sim_config *spoke;

		snprintf(name, sizeof(name), "spoke%zu", i);
		spoke = sim_config_new(name, "hub");
		vary(c, spoke, child_life, ike_life);
		c->spokes[i] = world_host(w, name, spoke);
		if (world_below(w, 3) == 0)
			world_behind_nat(c->spokes[i]);
		world_start(c->spokes[i]);
	}
}

static void rekey(struct host *host, bool ike)
{
	struct session *session, *tmp;

	HASH_ITER(hh, host->core->sessions, session, tmp)
		ike_core_rekey(host->core, session->number, ike, host->world->now);
	world_pump(host);
}

/* From both ends within what a packet needs to get across. */
static void collide(struct chaos *c)
{
	struct host *spoke = c->spokes[world_below(c->w, c->n_spokes)];

	rekey(c->hub, world_below(c->w, 2));
	world_run(c->w, world_below(c->w, c->w->delay_max + 1));
	rekey(spoke, world_below(c->w, 2));
}

static void hurt(struct chaos *c)
{
	struct world *w = c->w;
	struct host *spoke = c->spokes[world_below(w, c->n_spokes)];
	struct host *any = world_below(w, 3) ? spoke : c->hub;

	switch (world_below(w, 5)) {
	case 0:
		world_restart(any);
		break;
	case 1:
		ike_core_clear(any->core, 0, w->now);
		world_pump(any);
		break;
	case 2:
		any->cut_off = true;
		world_run(w, 1000 + world_below(w, 90000));
		any->cut_off = false;
		break;
	case 3:
		world_rebind(spoke);
		break;
	case 4:
		world_restart(c->hub);
		world_restart(spoke);
		break;
	}
}

static size_t sessions_up(struct chaos *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_spokes; i++)
		n += sim_kernel_count(&c->spokes[i]->kernel);
	return n;
}

static bool healed(struct chaos *c)
{
	uint64_t end = c->w->now + SETTLE_MS;

	while (c->w->now < end && !*c->w->failure) {
		if (sessions_up(c) == c->n_spokes && sim_kernel_count(&c->hub->kernel) == c->n_spokes &&
		    world_settled(c->w))
			return true;
		world_run(c->w, 500);
	}
	return false;
}

static void check_end(struct chaos *c)
{
	struct world *w = c->w;
	const char *why;

	w->loss = w->twice = 0;
	w->delay_min = 5;
	w->delay_max = 20;
	if (!healed(c)) {
		why = world_unsettled_why(w);
		world_fail(w, "not settled after %d s: %zu links on spokes and %zu on the hub for %zu spokes; %s",
			   SETTLE_MS / 1000, sessions_up(c), sim_kernel_count(&c->hub->kernel), c->n_spokes,
			   why ? why : "each is in order");
	}
	if (!c->rough && w->esp_lost)
		world_fail(w, "%u of %u ESP packets could not be opened", w->esp_lost, w->esp_sent);
	if (!c->rough && !w->esp_sent)
		world_fail(w, "no ESP packet was ever sent");
}

static void check_shutdown(struct chaos *c)
{
	struct world *w = c->w;

	for (size_t i = 0; i < w->n_hosts; i++) {
		ike_core_shutdown(w->hosts[i].core, w->now);
		world_pump(&w->hosts[i]);
	}
	world_run(w, 60000);
	for (size_t i = 0; i < w->n_hosts; i++) {
		if (!ike_core_idle(w->hosts[i].core) || sim_kernel_count(&w->hosts[i].kernel))
			world_fail(w, "%s: something is left after the shutdown", w->hosts[i].name);
		if (pool_leases_in_use(w->hosts[i].core->leases, &w->hosts[i].config->pool4))
			world_fail(w, "%s: an address is leased to nobody", w->hosts[i].name);
	}
}

bool chaos_run(struct world *w, uint64_t seed, bool verbose)
{
	struct chaos c = { .w = w, .rough = seed & 1 };

	world_init(w, seed, verbose);
	w->probe_every = c.rough ? 0 : 250;
	w->loss = (unsigned int)world_below(w, c.rough ? 300 : 150);
	w->twice = (unsigned int)world_below(w, 100);
	w->delay_max = 10 + world_below(w, 300);
	w->delay_min = 1 + world_below(w, w->delay_max / 2);
	build(&c);
	for (int i = 0; i < ACTIONS && !*w->failure; i++) {
		world_run(w, world_below(w, 40000));
		if (c.rough && world_below(w, 2))
			hurt(&c);
		else
			collide(&c);
	}
	check_end(&c);
	check_shutdown(&c);
	return !*w->failure;
}
