// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The stage of most tests: two hosts, and an eye on what passes between them.
 */
#include "pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool watch(struct world *w, struct host *from, struct ike_datagram *dg, void *ctx)
{
	struct pair *p = ctx;
	struct ike_payloads in;
	struct ike_notify n;
	struct ike_header h;

	(void)w;
	(void)from;
	p->keepalives += dg->keepalive;
	p->largest = dg->len > p->largest ? dg->len : p->largest;
	if (dg->keepalive || !ike_header_decode(dg->data, dg->len, &h, NULL))
		return true;
	p->seen[h.exchange]++;
	p->last_notify = 0;
	if (ike_payloads_decode(h.next_payload, dg->data + IKE_HEADER_LEN, dg->len - IKE_HEADER_LEN, &in, NULL))
		for (size_t i = 0; i < in.n; i++)
			if (in.p[i].type == IKE_PAYLOAD_NOTIFY && ike_notify_decode(in.p[i].body, in.p[i].len, &n, NULL))
				p->last_notify = p->last_notify ? p->last_notify : n.type;
	if (!p->drop || h.exchange != p->drop_exchange || !!(h.flags & IKE_FLAG_RESPONSE) != p->drop_response)
		return true;
	p->drop--;
	return false;
}

void pair_configure(struct pair *p)
{
	memset(p, 0, sizeof(*p));
	world_init(&p->w, 1, getenv("SIM_VERBOSE") != NULL);
	p->w.tap = watch;
	p->w.tap_ctx = p;
	p->w.probe_every = 50;
	p->hub_config = sim_config_new("hub", NULL);
	p->spoke_config = sim_config_new("spoke", "hub");
}

void pair_configure_spoke(struct pair *p, const char *name)
{
	char id[64];

	snprintf(id, sizeof(id), "fqdn %s", name);
	ike_id_parse(&p->spoke_config->profile[0].local_id, id);
}

void pair_start(struct pair *p)
{
	p->hub = world_host(&p->w, "hub", p->hub_config);
	p->spoke = world_host(&p->w, "spoke", p->spoke_config);
	world_start(p->hub);
	world_start(p->spoke);
}

bool pair_settled(struct pair *p, uint64_t ms)
{
	uint64_t end = p->w.now + ms;

	while (p->w.now < end) {
		if (sim_kernel_count(&p->hub->kernel) == 1 && sim_kernel_count(&p->spoke->kernel) == 1 &&
		    world_settled(&p->w))
			return true;
		world_run(&p->w, 50);
		if (*p->w.failure)
			break;
	}
	printf("not settled: %s %s\n", world_unsettled_why(&p->w), p->w.failure);
	for (size_t i = 0; i < p->w.n_logs; i++)
		printf("  %s %s: %s\n", p->w.logs[i].host->name, p->w.logs[i].name, p->w.logs[i].text);
	return false;
}

bool pair_up(struct pair *p)
{
	pair_start(p);
	return pair_settled(p, 10000);
}

void pair_drop(struct pair *p, uint8_t exchange, bool response, unsigned int n)
{
	p->drop_exchange = exchange;
	p->drop_response = response;
	p->drop = n;
}

void pair_end(struct pair *p)
{
	if (*p->w.failure) {
		printf("%s\n", p->w.failure);
		abort();
	}
	if (p->hub) {
		world_free(&p->w);
		return;
	}
	free(p->hub_config);
	free(p->spoke_config);
}

struct session *pair_session(struct host *host)
{
	return HASH_CNT(hh, host->core->sessions) == 1 ? host->core->sessions : NULL;
}

struct sim_link *pair_link(struct host *host)
{
	return sim_kernel_count(&host->kernel) == 1 ? sim_kernel_first(&host->kernel) : NULL;
}

void pair_rekey_one(struct host *host, bool ike)
{
	struct session *session = pair_session(host);

	if (session)
		ike_core_rekey(host->core, session->number, ike, host->world->now);
	world_pump(host);
}

void pair_rekey(struct pair *p, bool hub_ike, bool spoke_ike)
{
	pair_rekey_one(p->hub, hub_ike);
	pair_rekey_one(p->spoke, spoke_ike);
}
