// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * IKE_SA_INIT, NAT traversal, and messages from strangers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "pair_fixture.h"

static const struct ike_core_counters *counters(struct host *host)
{
	return ike_core_counters(host->core);
}

static struct ike_addr stranger(unsigned int n)
{
	struct ike_addr addr;
	char text[32];

	snprintf(text, sizeof(text), "203.0.113.%u", n % 250 + 1);
	assert_true(ike_addr_parse(&addr, text));
	addr.port = (uint16_t)(500 + n / 250);
	return addr;
}

/* A whole and proper IKE_SA_INIT request, into @out. */
static void init_request(struct ike_writer *out, uint64_t spi, uint8_t version, bool critical)
{
	struct ike_header h = { .spi_i = spi, .version = version, .exchange = IKE_EXCHANGE_SA_INIT,
				.flags = IKE_FLAG_INITIATOR };
	struct ike_proposal offer = p.hub_config->ike[0];
	struct ike_dh *dh = ike_dh_new(31);
	struct ike_chain chain = { 0 };
	uint8_t nonce[32];

	memset(nonce, (int)spi, sizeof(nonce));
	offer.number = 1;
	ike_chain_sa(&chain, &offer, 1);
	ike_chain_ke(&chain, 31, ike_dh_public(dh).data, ike_dh_public(dh).len);
	ike_chain_raw(&chain, IKE_PAYLOAD_NONCE, nonce, sizeof(nonce));
	if (critical) {
		ike_chain_raw(&chain, 200, "?", 1);
		/* The Critical bit is the first of the octet behind the type of the next payload. */
		chain.w.data[chain.last + 1] |= 0x80;
	}
	assert_true(ike_message_encode(out, &h, &chain));
	ike_chain_free(&chain);
	ike_dh_free(dh);
}

static void from_stranger(unsigned int n, uint64_t spi)
{
	struct ike_addr addr = stranger(n);
	struct ike_writer w = { 0 };

	init_request(&w, spi, IKE_VERSION_2, false);
	world_inject(p.hub, &addr, w.data, w.len, false);
	ike_writer_free(&w);
}

static void comes_up(void **state)
{
	(void)state;
	assert_true(pair_up(&p));
	assert_false(pair_link(p.hub)->encap);
	assert_int_equal(p.seen[IKE_EXCHANGE_SA_INIT], 2);
	assert_int_equal(p.seen[IKE_EXCHANGE_AUTH], 2);
	assert_true(world_logged(&p.w, p.hub, "session-up", "10.0.0.2 (fqdn spoke)"));
}

static void comes_up_over_ipv6(void **state)
{
	(void)state;
	p.hub = world_host6(&p.w, "hub", p.hub_config);
	p.spoke = world_host6(&p.w, "spoke", p.spoke_config);
	world_start(p.spoke);
	assert_true(pair_settled(&p, 5000));
	assert_int_equal(pair_link(p.hub)->remote.family, AF_INET6);
}

static void comes_up_with_loss(void **state)
{
	(void)state;
	pair_start(&p);
	pair_drop(&p, IKE_EXCHANGE_SA_INIT, true, 2);
	assert_true(pair_settled(&p, 10000));
	assert_int_equal(counters(p.hub)->rx_retransmits, 2);
	assert_int_equal(counters(p.spoke)->tx_retransmits, 2);
	assert_int_equal(p.hub->core->n_half_open, 0);
}

static void cookie(void **state)
{
	(void)state;
	p.hub_config->policy.half_open_cookie = 0;
	assert_true(pair_up(&p));
	assert_int_equal(counters(p.hub)->cookies_sent, 1);
	assert_int_equal(counters(p.hub)->cookies_bad, 0);
}

/* Without the cookie a request leaves nothing behind. */
static void cookie_keeps_no_state(void **state)
{
	(void)state;
	p.hub_config->policy.half_open_cookie = 0;
	pair_start(&p);
	for (unsigned int i = 0; i < 100; i++)
		from_stranger(i, 1000 + i);
	assert_int_equal(p.hub->core->n_half_open, 0);
	assert_int_equal(counters(p.hub)->cookies_sent, 100);
	assert_true(pair_settled(&p, 5000));
}

static void cookie_expires(void **state)
{
	struct ike_addr addr = stranger(1);
	uint8_t made[COOKIE_LEN], nonce[16] = { 1 };
	struct ike_bytes n = { nonce, sizeof(nonce) }, c = { made, sizeof(made) };
	struct ike_core *core;

	(void)state;
	pair_start(&p);
	core = p.hub->core;
	cookie_make(core, n, &addr, 7, made);
	assert_true(cookie_check(core, c, n, &addr, 7));
	assert_false(cookie_check(core, c, n, &addr, 8));
	addr.port++;
	assert_false(cookie_check(core, c, n, &addr, 7));
	addr.port--;
	core->now += 61000;
	assert_true(cookie_check(core, c, n, &addr, 7));
	core->now += 61000;
	assert_false(cookie_check(core, c, n, &addr, 7));
}

static void half_open_limit(void **state)
{
	(void)state;
	p.hub_config->policy.half_open_cookie = 1000;
	p.hub_config->policy.half_open_max = 20;
	pair_start(&p);
	for (unsigned int i = 0; i < 100; i++)
		from_stranger(i, 1000 + i);
	assert_int_equal(p.hub->core->n_half_open, 20);
	assert_int_equal(counters(p.hub)->half_open_dropped, 80);
	assert_true(world_logged(&p.w, p.hub, "half-open-limit", "20 peers"));
	/* They are gone after half a minute, and the spoke, which went on trying, is in. */
	assert_true(pair_settled(&p, 60000));
	world_run(&p.w, 31000);
	assert_int_equal(p.hub->core->n_half_open, 0);
}

static void other_group(void **state)
{
	(void)state;
	sim_config_ike(p.spoke_config, 0, "aes-gcm-128 prf-sha256 x25519 ecp256");
	sim_config_ike(p.hub_config, 0, "aes-gcm-128 prf-sha256 ecp256");
	assert_true(pair_up(&p));
	assert_int_equal(p.seen[IKE_EXCHANGE_SA_INIT], 4);
	assert_int_equal(ike_proposal_find(&session_sa(pair_session(p.hub))->suite, IKE_TRANSFORM_KE)->id, 19);
}

static void other_group_and_cookie(void **state)
{
	(void)state;
	p.hub_config->policy.half_open_cookie = 0;
	sim_config_ike(p.spoke_config, 0, "aes-gcm-128 prf-sha256 x25519 ecp256");
	sim_config_ike(p.hub_config, 0, "aes-gcm-128 prf-sha256 ecp256");
	assert_true(pair_up(&p));
}

static void no_proposal(void **state)
{
	(void)state;
	sim_config_ike(p.hub_config, 0, "aes-cbc-256 sha256 prf-sha256 ecp256");
	pair_start(&p);
	world_run(&p.w, 500);
	assert_int_equal(counters(p.hub)->refused_proposal, 1);
	assert_true(world_logged(&p.w, p.hub, "negotiation-refused", "no IKE proposal in common: offered aes-gcm-128"));
	assert_true(world_logged(&p.w, p.hub, "negotiation-refused", "nearest"));
	assert_true(world_logged(&p.w, p.spoke, "negotiation-refused", "NO_PROPOSAL_CHOSEN"));
	assert_int_equal(p.hub->core->n_half_open, 0);
}

/* What is wrong next is told at once, too. */
static void no_proposal_twice(void **state)
{
	(void)state;
	sim_config_ike(p.hub_config, 0, "aes-cbc-256 sha256 prf-sha256 ecp256");
	pair_start(&p);
	world_run(&p.w, 200);
	assert_true(world_logged(&p.w, p.hub, "negotiation-refused", "no IKE proposal in common"));
	p.hub_config->ike[0] = p.spoke_config->ike[0];
	sim_config_esp(p.hub_config, 0, "aes-cbc-256 sha256");
	assert_true(ike_core_initiate(p.spoke->core, p.spoke_config->profile[0].name, p.w.now));
	world_run(&p.w, 500);
	assert_int_equal(counters(p.hub)->refused_proposal, 2);
	assert_true(world_logged(&p.w, p.hub, "negotiation-refused", "no ESP proposal in common"));
}

static void every_suite(void **state)
{
	static const char *const suites[] = {
		"aes-gcm-256 prf-sha384 ecp384", "aes-cbc-128 sha1 prf-sha1 modp2048",
		"aes-cbc-192 sha384 prf-sha384 ecp521", "aes-cbc-256 sha512 prf-sha512 modp3072",
		"aes-cbc-256 sha256 prf-sha256 modp4096",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(suites) / sizeof(*suites); i++) {
		if (i) {
			pair_end(&p);
			pair_configure(&p);
		}
		sim_config_ike(p.hub_config, 0, suites[i]);
		sim_config_ike(p.spoke_config, 0, suites[i]);
		assert_true(pair_up(&p));
	}
}

static void peer_unreachable(void **state)
{
	(void)state;
	pair_start(&p);
	p.hub->cut_off = true;
	world_run(&p.w, 90000);
	assert_true(world_logged(&p.w, p.spoke, "retransmit-timeout", "no answer to IKE_SA_INIT"));
	assert_int_equal(counters(p.spoke)->timeouts, 1);
	p.hub->cut_off = false;
	assert_true(pair_settled(&p, 90000));
}

static void name_not_resolved(void **state)
{
	(void)state;
	p.hub = world_host(&p.w, "hub", p.hub_config);
	p.spoke = world_host(&p.w, "spoke", p.spoke_config);
	p.spoke->resolve_fails = true;
	world_start(p.spoke);
	world_run(&p.w, 20000);
	assert_true(world_logged(&p.w, p.spoke, "connect-failed", "no such host"));
	/* It does not ask all the time. */
	assert_true(world_log_count(&p.w, p.spoke, "connect-failed") < 8);
	p.spoke->resolve_fails = false;
	assert_true(pair_settled(&p, 60000));
}

/* NAT */

static void start_behind_nat(void)
{
	p.hub = world_host(&p.w, "hub", p.hub_config);
	p.spoke = world_host(&p.w, "spoke", p.spoke_config);
	world_behind_nat(p.spoke);
	world_start(p.spoke);
	assert_true(pair_settled(&p, 5000));
}

static void behind_nat(void **state)
{
	(void)state;
	start_behind_nat();
	assert_true(pair_link(p.hub)->encap);
	assert_true(pair_link(p.spoke)->encap);
	assert_int_equal(pair_link(p.spoke)->remote.port, 4500);
	assert_true(pair_link(p.hub)->remote.port > 20000);
	p.keepalives = 0;
	world_run(&p.w, 100000);
	/* Only who is behind the NAT keeps its mapping. */
	assert_in_range(p.keepalives, 4, 5);
}

/* The NAT forgets its mapping: the hub follows on the next authenticated message, and the link stays. */
static void nat_rebinding(void **state)
{
	uint16_t port;

	(void)state;
	start_behind_nat();
	port = pair_link(p.hub)->remote.port;
	world_rebind(p.spoke);
	world_run(&p.w, 61000);
	assert_int_not_equal(pair_link(p.hub)->remote.port, port);
	assert_true(pair_settled(&p, 1000));
	assert_int_equal(p.hub->kernel.downs, 0);
	assert_true(p.hub->kernel.moves >= 1);
	assert_true(world_logged(&p.w, p.hub, "peer-moved", "changed from"));
}

/* The kernel sees it first, by an ESP packet. */
static void nat_rebinding_seen_by_kernel(void **state)
{
	struct ike_addr moved;

	(void)state;
	start_behind_nat();
	moved = pair_link(p.hub)->remote;
	moved.port = 33333;
	ike_core_moved(p.hub->core, pair_session(p.hub)->number, &moved, p.w.now);
	world_pump(p.hub);
	world_run(&p.w, 10);
	assert_int_equal(pair_link(p.hub)->remote.port, 33333);
	assert_int_equal(session_sa(pair_session(p.hub))->remote.port, 33333);
}

/* A peer that is not behind a NAT does not move, whatever the kernel saw. */
static void no_nat_no_move(void **state)
{
	struct ike_addr moved = stranger(9);

	(void)state;
	assert_true(pair_up(&p));
	ike_core_moved(p.hub->core, pair_session(p.hub)->number, &moved, p.w.now);
	world_pump(p.hub);
	world_run(&p.w, 10);
	assert_int_equal(p.hub->kernel.moves, 0);
}

static void encapsulation_forced(void **state)
{
	(void)state;
	p.spoke_config->profile[0].force_encap = true;
	assert_true(pair_up(&p));
	assert_true(pair_link(p.hub)->encap);
	assert_true(pair_link(p.spoke)->encap);
}

static void encapsulation_forced_by_hub(void **state)
{
	(void)state;
	p.hub_config->profile[0].force_encap = true;
	assert_true(pair_up(&p));
	assert_true(pair_link(p.hub)->encap);
	assert_true(pair_link(p.spoke)->encap);
}

/* Strangers */

static void truncated(void **state)
{
	struct ike_addr addr = stranger(3);
	struct ike_writer w = { 0 };

	(void)state;
	assert_true(pair_up(&p));
	init_request(&w, 77, IKE_VERSION_2, false);
	for (size_t len = 0; len < w.len; len++)
		world_inject(p.hub, &addr, w.data, len, false);
	assert_int_equal(counters(p.hub)->rx_malformed, w.len);
	assert_int_equal(p.hub->core->n_half_open, 0);
	ike_writer_free(&w);
	assert_true(pair_settled(&p, 1000));
}

static void garbage(void **state)
{
	struct ike_addr addr = stranger(4);
	uint8_t data[300];

	(void)state;
	assert_true(pair_up(&p));
	for (int i = 0; i < 20000; i++) {
		size_t len = world_below(&p.w, sizeof(data));

		for (size_t j = 0; j < len; j++)
			data[j] = (uint8_t)world_random(&p.w);
		/* Half of them with a header that is right as far as it goes. */
		if (len >= IKE_HEADER_LEN && i & 1) {
			data[17] = IKE_VERSION_2;
			data[18] = (uint8_t)(34 + world_below(&p.w, 4));
			memset(data + 24, 0, 2);
			data[26] = (uint8_t)(len >> 8);
			data[27] = (uint8_t)len;
		}
		world_inject(p.hub, &addr, data, len, false);
	}
	assert_true(pair_settled(&p, 1000));
	assert_int_equal(p.hub->kernel.downs, 0);
}

/* Every bit of a protected message, flipped: the checksum finds it and the session does not notice. */
static bool flip(struct world *w, struct host *from, struct ike_datagram *dg, void *ctx)
{
	struct host *to = from == p.hub ? p.spoke : p.hub;
	uint8_t copy[400];

	(void)w;
	(void)ctx;
	if (from != p.spoke || dg->len > sizeof(copy))
		return true;
	for (size_t bit = 0; bit < dg->len * 8; bit++) {
		struct ike_datagram forged = { .local = to->addr, .remote = from->addr, .data = copy, .len = dg->len };

		memcpy(copy, dg->data, dg->len);
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		forged.local.port = forged.remote.port = 500;
		ike_core_datagram(to->core, &forged, p.w.now);
	}
	world_pump(to);
	return true;
}

static void forged(void **state)
{
	uint64_t before;

	(void)state;
	assert_true(pair_up(&p));
	before = counters(p.hub)->rx_integrity;
	p.w.tap = flip;
	pair_rekey_one(p.spoke, false);
	world_run(&p.w, 500);
	assert_true(pair_settled(&p, 5000));
	assert_true(counters(p.hub)->rx_integrity > before + 1000);
	assert_int_equal(p.hub->kernel.downs, 0);
	assert_int_equal(p.w.esp_lost, 0);
}

/* Replayed messages change nothing, not even where answers go afterwards. */
static bool replay(struct world *w, struct host *from, struct ike_datagram *dg, void *ctx)
{
	struct ike_addr elsewhere = stranger(11);

	(void)w;
	(void)ctx;
	if (from != p.spoke)
		return true;
	for (int i = 0; i < 3; i++) {
		struct ike_datagram again = { .local = p.hub->addr, .remote = elsewhere, .data = dg->data,
					      .len = dg->len };

		again.local.port = 500;
		ike_core_datagram(p.hub->core, &again, p.w.now);
	}
	return true;
}

static void replayed(void **state)
{
	(void)state;
	assert_true(pair_up(&p));
	p.w.tap = replay;
	for (int i = 0; i < 5; i++) {
		pair_rekey_one(p.spoke, i & 1);
		world_run(&p.w, 1500);
	}
	p.w.tap = NULL;
	world_run(&p.w, 20000);
	assert_true(pair_settled(&p, 20000));
	assert_true(ike_addr_same_host(&session_sa(pair_session(p.hub))->remote, &p.spoke->addr));
	assert_int_equal(p.hub->kernel.downs, 0);
}

static void newer_version(void **state)
{
	struct ike_addr addr = stranger(5);
	struct ike_writer w = { 0 };

	(void)state;
	assert_true(pair_up(&p));
	init_request(&w, 78, 0x30, false);
	world_inject(p.hub, &addr, w.data, w.len, false);
	assert_int_equal(p.last_notify, IKE_N_INVALID_MAJOR_VERSION);
	assert_int_equal(counters(p.hub)->rx_bad_version, 1);
	ike_writer_free(&w);
}

static void critical_payload(void **state)
{
	struct ike_addr addr = stranger(6);
	struct ike_writer w = { 0 };

	(void)state;
	assert_true(pair_up(&p));
	init_request(&w, 79, IKE_VERSION_2, true);
	world_inject(p.hub, &addr, w.data, w.len, false);
	assert_int_equal(p.last_notify, IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD);
	assert_int_equal(counters(p.hub)->rx_critical, 1);
	ike_writer_free(&w);
}

/* Strangers get few answers, however much they ask. */
static void unknown_spi(void **state)
{
	struct ike_header h = { .spi_i = 1, .spi_r = 2, .version = IKE_VERSION_2,
				.exchange = IKE_EXCHANGE_INFORMATIONAL, .flags = IKE_FLAG_INITIATOR };
	struct ike_addr addr = stranger(7);
	struct ike_chain chain = { 0 };
	struct ike_writer w = { 0 };
	uint64_t before;

	(void)state;
	assert_true(pair_up(&p));
	assert_true(ike_message_encode(&w, &h, &chain));
	before = counters(p.hub)->tx_datagrams;
	for (int i = 0; i < 1000; i++)
		world_inject(p.hub, &addr, w.data, w.len, false);
	assert_int_equal(p.last_notify, IKE_N_INVALID_IKE_SPI);
	assert_int_equal(counters(p.hub)->rx_unknown_spi, 1000);
	assert_int_equal(counters(p.hub)->tx_datagrams - before, 10);
	ike_writer_free(&w);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(comes_up), T(comes_up_over_ipv6), T(comes_up_with_loss), T(cookie), T(cookie_keeps_no_state),
		T(cookie_expires), T(half_open_limit), T(other_group), T(other_group_and_cookie), T(no_proposal),
		T(no_proposal_twice),
		T(every_suite), T(peer_unreachable), T(name_not_resolved), T(behind_nat), T(nat_rebinding),
		T(nat_rebinding_seen_by_kernel), T(no_nat_no_move), T(encapsulation_forced),
		T(encapsulation_forced_by_hub), T(truncated), T(garbage), T(forged), T(replayed), T(newer_version),
		T(critical_payload), T(unknown_spi),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
