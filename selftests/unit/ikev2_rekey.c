// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rekeying from either end, one at a time and at once, and every rule of RFC 7296 section 2.25 for requests that
 * cross. While it goes on, ESP is sent from both ends all the time, and each packet must be received.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pair_fixture.h"

static struct ike_sa *sa_of(struct host *host)
{
	return session_sa(pair_session(host));
}

static uint32_t spi_of(struct host *host)
{
	return pair_link(host)->in[0].spi;
}

static const struct ike_core_counters *counters(struct host *host)
{
	return ike_core_counters(host->core);
}

/* The usual end: in order again, nothing lost, still the same link. */
static void all_well(uint64_t session)
{
	assert_true(pair_settled(&p, 20000));
	assert_int_equal(p.w.esp_lost, 0);
	assert_true(p.w.esp_sent > 0);
	assert_int_equal(pair_session(p.hub)->number, session);
	assert_int_equal(p.hub->kernel.ups, 1);
	assert_int_equal(p.spoke->kernel.ups, 1);
}

static void child_rekey(struct host *host)
{
	uint64_t session = pair_session(p.hub)->number;
	uint32_t before = spi_of(p.hub);

	pair_rekey_one(host, false);
	world_run(&p.w, 200);
	all_well(session);
	assert_int_not_equal(spi_of(p.hub), before);
	assert_int_equal(counters(p.hub)->rekeys_child, 1);
	assert_int_equal(counters(p.spoke)->rekeys_child, 1);
}

static void child_by_initiator(void **state)
{
	(void)state;
	assert_true(pair_up(&p));
	child_rekey(p.spoke);
}

static void child_by_responder(void **state)
{
	(void)state;
	assert_true(pair_up(&p));
	child_rekey(p.hub);
}

static void child_with_pfs(void **state)
{
	const struct child_sa *child;

	(void)state;
	p.spoke_config->pfs[0] = 31;
	p.spoke_config->ipsec.n_pfs = 1;
	assert_true(pair_up(&p));
	child_rekey(p.spoke);
	child = TAILQ_FIRST(&pair_session(p.hub)->children);
	assert_int_equal(child->dh_group, 31);
}

/* The hub wants another group than the one that comes in the KE payload. */
static void child_with_pfs_other_group(void **state)
{
	(void)state;
	p.spoke_config->pfs[0] = 31;
	p.spoke_config->pfs[1] = 19;
	p.spoke_config->ipsec.n_pfs = 2;
	p.hub_config->pfs[0] = 19;
	p.hub_config->ipsec.n_pfs = 1;
	assert_true(pair_up(&p));
	child_rekey(p.spoke);
	assert_int_equal(TAILQ_FIRST(&pair_session(p.spoke)->children)->dh_group, 19);
}

/* A peer that offers PFS only, to one that has no such group: where PFS is not demanded it goes without. */
static void child_pfs_given_up(void **state)
{
	(void)state;
	p.spoke_config->pfs[0] = 31;
	p.spoke_config->ipsec.n_pfs = 1;
	p.hub_config->pfs[0] = 19;
	p.hub_config->ipsec.n_pfs = 1;
	assert_true(pair_up(&p));
	child_rekey(p.spoke);
	assert_int_equal(TAILQ_FIRST(&pair_session(p.spoke)->children)->dh_group, 0);
}

/* One that says nothing of PFS, to a peer that insists: the group of the IKE SA, and at once the next time. */
static void child_pfs_taken_up(void **state)
{
	(void)state;
	p.hub_config->pfs[0] = 31;
	p.hub_config->ipsec.n_pfs = 1;
	p.hub_config->ipsec.pfs_required = true;
	assert_true(pair_up(&p));
	child_rekey(p.spoke);
	assert_int_equal(TAILQ_FIRST(&pair_session(p.spoke)->children)->dh_group, 31);
	assert_true(world_logged(&p.w, p.spoke, "child-retry", "with a key exchange of group 31"));
	assert_int_equal(counters(p.hub)->refused_proposal, 1);
	pair_rekey_one(p.spoke, false);
	world_run(&p.w, 200);
	all_well(1);
	assert_int_equal(counters(p.spoke)->rekeys_child, 2);
	assert_int_equal(counters(p.hub)->refused_proposal, 1);
}

/* It insists on another one than that of the IKE SA, which both would allow there. */
static void child_pfs_taken_up_other_group(void **state)
{
	(void)state;
	sim_config_ike(p.spoke_config, 1, "aes-gcm-128 prf-sha256 ecp256");
	sim_config_ike(p.hub_config, 1, "aes-gcm-128 prf-sha256 ecp256");
	p.hub_config->pfs[0] = 19;
	p.hub_config->pfs[1] = 31;
	p.hub_config->ipsec.n_pfs = 2;
	p.hub_config->ipsec.pfs_required = true;
	assert_true(pair_up(&p));
	child_rekey(p.spoke);
	assert_int_equal(TAILQ_FIRST(&pair_session(p.spoke)->children)->dh_group, 31);
}

/* With and without have been refused: that is all there is to try. */
static void child_pfs_demanded(void **state)
{
	uint32_t before;

	(void)state;
	p.hub_config->pfs[0] = 19;
	p.hub_config->ipsec.n_pfs = 1;
	p.hub_config->ipsec.pfs_required = true;
	assert_true(pair_up(&p));
	before = spi_of(p.hub);
	pair_rekey_one(p.spoke, false);
	world_run(&p.w, 3000);
	assert_int_equal(spi_of(p.hub), before);
	assert_int_equal(counters(p.hub)->refused_proposal, 2);
	assert_true(world_logged(&p.w, p.hub, "negotiation-refused", "no ESP proposal in common"));
	assert_true(world_logged(&p.w, p.spoke, "child-refused", "NO_PROPOSAL_CHOSEN"));
	assert_int_equal(p.w.esp_lost, 0);
}

static void ike_rekey(struct host *host)
{
	uint64_t session = pair_session(p.hub)->number, before = sa_of(p.hub)->spi;
	uint32_t child = spi_of(p.hub);

	pair_rekey_one(host, true);
	world_run(&p.w, 300);
	all_well(session);
	assert_int_not_equal(sa_of(p.hub)->spi, before);
	assert_int_equal(spi_of(p.hub), child);
	assert_int_equal(counters(p.hub)->rekeys_ike, 1);
	/* The Child SA must be under the control of the new one. */
	pair_rekey_one(p.hub, false);
	world_run(&p.w, 200);
	all_well(session);
	assert_int_not_equal(spi_of(p.hub), child);
}

static void ike_by_initiator(void **state)
{
	(void)state;
	assert_true(pair_up(&p));
	ike_rekey(p.spoke);
}

static void ike_by_responder(void **state)
{
	(void)state;
	assert_true(pair_up(&p));
	ike_rekey(p.hub);
}

static void many_by_time(void **state)
{
	(void)state;
	p.hub_config->ipsec.life_seconds = p.spoke_config->ipsec.life_seconds = 60;
	p.hub_config->profile[0].life_seconds = p.spoke_config->profile[0].life_seconds = 90;
	assert_true(pair_up(&p));
	world_run(&p.w, 30 * 60 * 1000);
	all_well(1);
	assert_true(counters(p.hub)->rekeys_child >= 28);
	assert_true(counters(p.hub)->rekeys_ike >= 18);
}

static void soft_limit(void **state)
{
	struct child_sa *child;
	uint32_t before;

	(void)state;
	assert_true(pair_up(&p));
	before = spi_of(p.hub);
	child = TAILQ_FIRST(&pair_session(p.hub)->children);
	ike_core_expire(p.hub->core, child->number, child->spi_out, false, p.w.now);
	ike_core_expire(p.hub->core, child->number, child->spi_in, false, p.w.now);
	world_pump(p.hub);
	world_run(&p.w, 200);
	all_well(1);
	assert_int_not_equal(spi_of(p.hub), before);
	assert_int_equal(counters(p.hub)->rekeys_child, 1);
}

/* Beyond the hard limit nothing may go over the SA; the link gets another one. */
static void hard_limit(void **state)
{
	struct child_sa *child;

	(void)state;
	assert_true(pair_up(&p));
	child = TAILQ_FIRST(&pair_session(p.spoke)->children);
	ike_core_expire(p.spoke->core, child->number, child->spi_out, true, p.w.now);
	world_pump(p.spoke);
	world_run(&p.w, 4000);
	assert_true(pair_settled(&p, 5000));
	assert_int_equal(pair_session(p.hub)->number, 1);
	assert_int_equal(p.hub->kernel.downs, 0);
	assert_int_equal(p.hub->kernel.last_link, 1);
	assert_true(world_logged(&p.w, p.spoke, "child-sa-expired", "hard limit"));
}

/* 2.8.1: both rekey the same Child SA at once: one of the two new ones stays, the same on both ends. */
static void collision_child_child(void **state)
{
	(void)state;
	assert_true(pair_up(&p));
	for (int i = 0; i < 20; i++) {
		pair_rekey(&p, false, false);
		world_run(&p.w, 300);
		all_well(1);
	}
	assert_true(counters(p.hub)->collisions + counters(p.spoke)->collisions >= 20);
}

/* The same, where answers get lost and the ends learn of the collision in another order. */
static void collision_child_child_lossy(void **state)
{
	(void)state;
	assert_true(pair_up(&p));
	for (unsigned int i = 0; i < 20; i++) {
		pair_drop(&p, IKE_EXCHANGE_CREATE_CHILD_SA, i & 1, 1 + i % 4);
		pair_rekey(&p, false, false);
		world_run(&p.w, 8000);
		all_well(1);
	}
}

/* 2.8.2: both rekey the IKE SA at once. */
static void collision_ike_ike(void **state)
{
	(void)state;
	assert_true(pair_up(&p));
	for (int i = 0; i < 20; i++) {
		pair_rekey(&p, true, true);
		world_run(&p.w, 300);
		all_well(1);
	}
	assert_true(counters(p.hub)->collisions + counters(p.spoke)->collisions >= 20);
}

static void collision_ike_ike_lossy(void **state)
{
	(void)state;
	assert_true(pair_up(&p));
	for (unsigned int i = 0; i < 20; i++) {
		pair_drop(&p, IKE_EXCHANGE_CREATE_CHILD_SA, i & 1, 1 + i % 4);
		pair_rekey(&p, true, true);
		world_run(&p.w, 8000);
		all_well(1);
	}
}

/* 2.25.2: one rekeys the IKE SA while the other rekeys its Child SA: TEMPORARY_FAILURE, later both. */
static void collision_ike_child(void **state)
{
	uint64_t ike;
	uint32_t child;

	(void)state;
	assert_true(pair_up(&p));
	ike = sa_of(p.hub)->spi;
	child = spi_of(p.hub);
	pair_rekey(&p, true, false);
	world_run(&p.w, 20000);
	all_well(1);
	assert_int_not_equal(sa_of(p.hub)->spi, ike);
	assert_int_not_equal(spi_of(p.hub), child);
}

/* 2.25.1: one deletes the Child SA while the other rekeys it. */
static void collision_delete_rekey(void **state)
{
	struct child_sa *child;

	(void)state;
	assert_true(pair_up(&p));
	child = TAILQ_FIRST(&pair_session(p.hub)->children);
	ike_core_expire(p.hub->core, child->number, child->spi_out, true, p.w.now);
	world_pump(p.hub);
	pair_rekey_one(p.spoke, false);
	world_run(&p.w, 10000);
	assert_true(pair_settled(&p, 10000));
	assert_int_equal(pair_session(p.hub)->number, 1);
	assert_int_equal(p.hub->kernel.downs + p.spoke->kernel.downs, 0);
}

/* 2.25.1: both delete the same Child SA. */
static void collision_delete_delete(void **state)
{
	struct child_sa *child;

	(void)state;
	assert_true(pair_up(&p));
	child = TAILQ_FIRST(&pair_session(p.hub)->children);
	ike_core_expire(p.hub->core, child->number, child->spi_out, true, p.w.now);
	child = TAILQ_FIRST(&pair_session(p.spoke)->children);
	ike_core_expire(p.spoke->core, child->number, child->spi_out, true, p.w.now);
	world_pump(p.hub);
	world_pump(p.spoke);
	world_run(&p.w, 10000);
	assert_true(pair_settled(&p, 10000));
}

/* 2.25.2: one deletes the IKE SA while the other rekeys it: it goes, and nothing of the rekey stays. */
static void collision_clear_rekey(void **state)
{
	(void)state;
	p.spoke_config->profile[0].connect = IKE_CONNECT_LISTEN;
	pair_start(&p);
	assert_true(ike_core_initiate(p.spoke->core, "dial", p.w.now));
	world_pump(p.spoke);
	assert_true(pair_settled(&p, 5000));
	pair_rekey_one(p.spoke, true);
	world_run(&p.w, 12);
	assert_int_equal(ike_core_clear(p.spoke->core, 0, p.w.now), 1);
	world_pump(p.spoke);
	world_run(&p.w, 10000);
	assert_true(ike_core_idle(p.hub->core));
	assert_true(ike_core_idle(p.spoke->core));
	assert_int_equal(sim_kernel_count(&p.hub->kernel) + sim_kernel_count(&p.spoke->kernel), 0);
}

/* A rekey of a Child SA that only one end still has: CHILD_SA_NOT_FOUND, and a new one in its place. */
static void child_sa_not_found(void **state)
{
	struct child_sa *child;

	(void)state;
	assert_true(pair_up(&p));
	child = TAILQ_FIRST(&pair_session(p.hub)->children);
	child_remove(child);
	core_leave(p.hub->core);
	world_pump(p.hub);
	pair_rekey_one(p.spoke, false);
	world_run(&p.w, 3000);
	assert_true(pair_settled(&p, 5000));
	assert_true(world_logged(&p.w, p.spoke, "child-sa-lost", "does not know"));
}

/* The kernel of the responder has no room: the old SA goes on. */
static void kernel_refuses_inbound(void **state)
{
	uint32_t before;

	(void)state;
	assert_true(pair_up(&p));
	before = spi_of(p.spoke);
	p.hub->kernel.fail = 1u << IKE_KERNEL_CHILD_IN;
	pair_rekey_one(p.spoke, false);
	world_run(&p.w, 900);
	assert_int_equal(spi_of(p.spoke), before);
	assert_true(world_logged(&p.w, p.hub, "kernel-refused", "install an inbound SA"));
	p.hub->kernel.fail = 0;
	world_run(&p.w, 10000);
	all_well(1);
	assert_int_not_equal(spi_of(p.spoke), before);
}

static void kernel_refuses_pair(void **state)
{
	(void)state;
	assert_true(pair_up(&p));
	p.spoke->kernel.fail = 1u << IKE_KERNEL_CHILD_BOTH;
	pair_rekey_one(p.spoke, false);
	world_run(&p.w, 3000);
	all_well(1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(child_by_initiator), T(child_by_responder), T(child_with_pfs), T(child_with_pfs_other_group),
		T(child_pfs_given_up), T(child_pfs_taken_up),
		T(child_pfs_taken_up_other_group), T(child_pfs_demanded), T(ike_by_initiator), T(ike_by_responder),
		T(many_by_time), T(soft_limit), T(hard_limit), T(collision_child_child),
		T(collision_child_child_lossy), T(collision_ike_ike), T(collision_ike_ike_lossy),
		T(collision_ike_child), T(collision_delete_rekey), T(collision_delete_delete),
		T(collision_clear_rekey), T(child_sa_not_found), T(kernel_refuses_inbound), T(kernel_refuses_pair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
