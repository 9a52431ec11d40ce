// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The clock, the network and the hosts of a simulation.
 */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ikev2/core_state.h"
#include "ikev2/ike_sa.h"
#include "ikev2/session.h"

enum event_type { EVENT_DATAGRAM, EVENT_JOB, EVENT_KERNEL, EVENT_CONNECT, EVENT_PROBE, EVENT_ESP };

struct event {
	uint64_t when, sequence;
	enum event_type type;
	struct host *host;
	unsigned int life;
	struct ike_datagram dg;
	struct ike_action *action;
	char profile[IKE_NAME_MAX];
	struct sim_sa sa;
};

uint64_t world_random(struct world *w)
{
	/* splitmix64 */
	uint64_t z = w->rng += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

uint64_t world_below(struct world *w, uint64_t bound)
{
	return bound ? world_random(w) % bound : 0;
}

void world_fail(struct world *w, const char *format, ...)
{
	va_list args;

	if (*w->failure)
		return;
	va_start(args, format);
	vsnprintf(w->failure, sizeof(w->failure), format, args);
	va_end(args);
}

void world_init(struct world *w, uint64_t seed, bool verbose)
{
	*w = (struct world){ .rng = seed, .verbose = verbose, .now = 1000000, .delay_min = 5, .delay_max = 20 };
}

/* Events: a heap by time, then by order of arrival */

static bool before(const struct event *a, const struct event *b)
{
	return a->when != b->when ? a->when < b->when : a->sequence < b->sequence;
}

static void push(struct world *w, struct event event)
{
	size_t i = w->n_events++;

	event.sequence = w->sequence++;
	event.life = event.host->life;
	if (w->n_events > w->room) {
		w->room = w->room ? w->room * 2 : 64;
		w->events = realloc(w->events, w->room * sizeof(*w->events));
		if (!w->events)
			abort();
	}
	for (; i && before(&event, &w->events[(i - 1) / 2]); i = (i - 1) / 2)
		w->events[i] = w->events[(i - 1) / 2];
	w->events[i] = event;
}

static struct event pop(struct world *w)
{
	struct event first = w->events[0], last = w->events[--w->n_events];
	size_t i = 0;

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= w->n_events)
			break;
		if (child + 1 < w->n_events && before(&w->events[child + 1], &w->events[child]))
			child++;
		if (!before(&w->events[child], &last))
			break;
		w->events[i] = w->events[child];
		i = child;
	}
	if (w->n_events)
		w->events[i] = last;
	return first;
}

static void event_free(struct event *event)
{
	if (event->type == EVENT_DATAGRAM)
		free((void *)event->dg.data);
	ike_action_free(event->action);
}

/* Network */

static struct world_nat *nat_at(struct world *w, const struct ike_addr *addr, struct host **host)
{
	for (size_t i = 0; i < w->n_hosts; i++) {
		*host = &w->hosts[i];
		if (w->hosts[i].nat && ike_addr_same_host(&w->hosts[i].nat->outside, addr))
			return w->hosts[i].nat;
	}
	return NULL;
}

static struct host *host_at(struct world *w, const struct ike_addr *addr)
{
	for (size_t i = 0; i < w->n_hosts; i++)
		if (!w->hosts[i].nat && ike_addr_same_host(&w->hosts[i].addr, addr))
			return &w->hosts[i];
	return NULL;
}

static uint16_t nat_out(struct world_nat *nat, uint16_t inside)
{
	for (size_t i = 0; i < nat->n; i++)
		if (nat->map[i].inside == inside)
			return nat->map[i].outside;
	if (nat->n == WORLD_NAT_MAX)
		abort();
	nat->map[nat->n].inside = inside;
	nat->map[nat->n].outside = ++nat->last;
	return nat->map[nat->n++].outside;
}

static uint16_t nat_in(const struct world_nat *nat, uint16_t outside)
{
	for (size_t i = 0; i < nat->n; i++)
		if (nat->map[i].outside == outside)
			return nat->map[i].inside;
	return 0;
}

/* Who gets what was sent to @to; the receiver's view of both ends is filled in. NULL: nobody. */
static struct host *route(struct world *w, struct host *from, struct ike_datagram *dg)
{
	struct ike_addr source = dg->local, to = dg->remote;
	struct world_nat *nat;
	struct host *host;

	if (from->nat) {
		uint16_t port = nat_out(from->nat, source.port);

		source = from->nat->outside;
		source.port = port;
	}
	nat = nat_at(w, &to, &host);
	if (nat) {
		uint16_t port = nat_in(nat, to.port);

		if (!port)
			return NULL;
		to = host->addr;
		to.port = port;
	} else {
		host = host_at(w, &to);
	}
	dg->remote = source;
	dg->local = to;
	dg->natt = to.port == 4500;
	return host;
}

static uint64_t delay(struct world *w)
{
	return w->delay_min + world_below(w, w->delay_max - w->delay_min + 1);
}

static void deliver(struct world *w, struct host *to, const struct ike_datagram *dg)
{
	struct event event = { .type = EVENT_DATAGRAM, .host = to, .dg = *dg, .when = w->now + delay(w) };
	uint8_t *copy = malloc(dg->len ? dg->len : 1);

	if (!copy)
		abort();
	memcpy(copy, dg->data, dg->len);
	event.dg.data = copy;
	push(w, event);
}

static void transmit(struct host *from, const struct ike_datagram *out)
{
	struct world *w = from->world;
	struct ike_datagram dg = *out;
	struct host *to;
	bool lost;

	w->datagrams++;
	lost = from->cut_off || world_below(w, 1000) < w->loss;
	if (w->tap && !w->tap(w, from, &dg, w->tap_ctx))
		lost = true;
	to = route(w, from, &dg);
	if (!to || to->cut_off || lost || dg.keepalive)
		return;
	deliver(w, to, &dg);
	if (world_below(w, 1000) < w->twice)
		deliver(w, to, &dg);
}

/* ESP from each link, to see whether the other end can open it */
static void probe(struct host *host)
{
	struct world *w = host->world;

	for (size_t i = 0; i < SIM_LINKS_MAX; i++) {
		struct sim_link *link = &host->kernel.links[i];
		struct ike_datagram dg = { .local = link->local, .remote = link->remote };
		struct host *to;

		if (!link->used || !link->out.spi)
			continue;
		to = route(w, host, &dg);
		w->esp_sent++;
		if (to)
			push(w, (struct event){ .type = EVENT_ESP, .host = to, .sa = link->out,
						.when = w->now + delay(w) });
	}
	push(w, (struct event){ .type = EVENT_PROBE, .host = host, .when = w->now + w->probe_every });
}

/* Hosts */

static void env_random(void *ctx, void *buf, size_t len)
{
	struct host *host = ctx;
	uint8_t *p = buf;

	while (len--)
		*p++ = (uint8_t)world_random(host->world);
}

static uint32_t env_spi(void *ctx, const struct ike_addr *local)
{
	struct host *host = ctx;

	(void)local;
	return 0x1000u + ++host->kernel.last_spi;
}

static bool env_connected(void *ctx, const struct ike_profile *profile, const struct ike_prefix *prefix, char device[16])
{
	const struct host *host = ctx;

	(void)profile;
	snprintf(device, 16, "lan0");
	return host->connected.len && host->connected.len <= prefix->len &&
	       ike_prefix_contains(&host->connected, &prefix->addr);
}

static void boot(struct host *host)
{
	struct ike_core_env env = {
		.ctx = host,
		.random = env_random,
		.spi = env_spi,
		.connected = env_connected,
	};

	host->core = ike_core_new(&env, &host->config->policy, host->world->now);
}

static struct host *add_host(struct world *w, const char *name, struct sim_config *config, const char *pattern)
{
	struct host *host = &w->hosts[w->n_hosts++];
	char addr[64];

	if (w->n_hosts > WORLD_HOSTS_MAX)
		abort();
	host->world = w;
	snprintf(host->name, sizeof(host->name), "%s", name);
	snprintf(addr, sizeof(addr), "%s%zu", pattern, w->n_hosts);
	ike_addr_parse(&host->addr, addr);
	host->config = config;
	ike_policy_ref(&config->policy);
	boot(host);
	if (w->probe_every)
		push(w, (struct event){ .type = EVENT_PROBE, .host = host, .when = w->now + w->probe_every });
	return host;
}

struct host *world_host(struct world *w, const char *name, struct sim_config *config)
{
	return add_host(w, name, config, "10.0.0.");
}

struct host *world_host6(struct world *w, const char *name, struct sim_config *config)
{
	return add_host(w, name, config, "2001:db8::");
}

void world_behind_nat(struct host *host)
{
	char addr[64];

	host->nat = calloc(1, sizeof(*host->nat));
	if (!host->nat)
		abort();
	snprintf(addr, sizeof(addr), "198.51.100.%zu", (size_t)(host - host->world->hosts) + 1);
	ike_addr_parse(&host->nat->outside, addr);
	host->nat->last = 20000;
}

void world_rebind(struct host *host)
{
	if (host->nat)
		host->nat->n = 0;
}

void world_start(struct host *host)
{
	ike_core_start(host->core, host->world->now);
	world_pump(host);
}

void world_restart(struct host *host)
{
	unsigned int last_spi = host->kernel.last_spi;

	ike_core_free(host->core);
	host->kernel = (struct sim_kernel){ .last_spi = last_spi };
	host->life++;
	host->kernel_free = 0;
	if (host->world->probe_every)
		push(host->world, (struct event){ .type = EVENT_PROBE, .host = host,
						  .when = host->world->now + host->world->probe_every });
	boot(host);
	world_start(host);
}

static void remember(struct host *host, const struct ike_log_event *log)
{
	struct world *w = host->world;
	struct world_log *entry;

	if (w->verbose)
		printf("%10.3f %-7s %s: %s\n", (double)(w->now - 1000000) / 1000, host->name, log->name, log->text);
	w->logs = realloc(w->logs, (w->n_logs + 1) * sizeof(*w->logs));
	if (!w->logs)
		abort();
	entry = &w->logs[w->n_logs++];
	entry->host = host;
	snprintf(entry->name, sizeof(entry->name), "%s", log->name);
	snprintf(entry->text, sizeof(entry->text), "%s", log->text);
}

static void narrate_kernel(const struct host *host, const struct ike_kernel_request *r)
{
	static const char *const names[] = { "session-up", "session-update", "session-down", "child-in",
					     "child-out", "child-both", "child-del", "move" };

	if (host->world->verbose)
		printf("%10.3f %-7s   kernel %s session %llu child %llu in %08x out %08x\n",
		       (double)(host->world->now - 1000000) / 1000, host->name, names[r->op],
		       (unsigned long long)r->session, (unsigned long long)r->child,
		       r->op == IKE_KERNEL_CHILD_DEL ? r->del_in : r->in.spi,
		       r->op == IKE_KERNEL_CHILD_DEL ? r->del_out : r->out.spi);
}

void world_pump(struct host *host)
{
	struct world *w = host->world;
	struct ike_action *a;

	while ((a = ike_core_next_action(host->core))) {
		struct event event = { .host = host, .action = a, .when = w->now };

		switch (a->type) {
		case IKE_ACTION_SEND:
			transmit(host, &a->send);
			ike_action_free(a);
			break;
		case IKE_ACTION_JOB:
			ike_job_run(a->job);
			event.type = EVENT_JOB;
			event.when += world_below(w, 5);
			push(w, event);
			break;
		case IKE_ACTION_KERNEL:
			/* In order, each when the one before it is done. */
			event.type = EVENT_KERNEL;
			if (host->kernel_free > event.when)
				event.when = host->kernel_free;
			event.when += world_below(w, 4);
			host->kernel_free = event.when;
			push(w, event);
			break;
		case IKE_ACTION_CONNECT:
			event.type = EVENT_CONNECT;
			event.when += 1;
			event.action = NULL;
			snprintf(event.profile, sizeof(event.profile), "%s", a->profile->name);
			ike_action_free(a);
			push(w, event);
			break;
		case IKE_ACTION_LOG:
			remember(host, a->log);
			ike_action_free(a);
			break;
		case IKE_ACTION_KEYS:
			host->key_lines++;
			ike_action_free(a);
			break;
		}
	}
}

static void connect_host(struct host *host, const char *name)
{
	const struct ike_profile *profile = ike_policy_profile(&host->config->policy, name);
	struct world *w = host->world;

	for (size_t i = 0; profile && i < w->n_hosts && !host->resolve_fails; i++)
		if (!strcmp(w->hosts[i].name, profile->peer)) {
			ike_core_connect(host->core, name, &host->addr, &w->hosts[i].addr, w->now);
			return;
		}
	ike_core_connect_failed(host->core, name, "no such host", w->now);
}

static void kernel_event(struct host *host, struct ike_kernel_request *r)
{
	const char *ifname;
	int error;

	narrate_kernel(host, r);
	error = sim_kernel_apply(&host->kernel, r, &ifname);
	if (host->kernel.complaint)
		world_fail(host->world, "%s: the kernel was asked for %s", host->name, host->kernel.complaint);
	ike_core_kernel_done(host->core, r->id, error, error ? "no memory" : NULL, ifname, host->world->now);
}

static void narrate_datagram(const struct host *host, const struct ike_datagram *dg)
{
	struct ike_header h;

	if (host->world->verbose && ike_header_decode(dg->data, dg->len, &h, NULL))
		printf("%10.3f %-7s   <- %s %s %u of %llx, %zu octets\n", (double)(host->world->now - 1000000) / 1000,
		       host->name, ike_exchange_name(h.exchange), h.flags & IKE_FLAG_RESPONSE ? "response" : "request",
		       h.message_id, (unsigned long long)h.spi_i >> 32, dg->len);
}

static void handle(struct world *w, struct event *event)
{
	struct host *host = event->host;

	if (event->life != host->life && event->type != EVENT_DATAGRAM && event->type != EVENT_ESP) {
		event_free(event);
		return;
	}
	switch (event->type) {
	case EVENT_DATAGRAM:
		narrate_datagram(host, &event->dg);
		ike_core_datagram(host->core, &event->dg, w->now);
		break;
	case EVENT_JOB:
		ike_core_job_done(host->core, event->action->job, w->now);
		break;
	case EVENT_KERNEL:
		kernel_event(host, event->action->kernel);
		break;
	case EVENT_CONNECT:
		connect_host(host, event->profile);
		break;
	case EVENT_PROBE:
		probe(host);
		break;
	case EVENT_ESP:
		/* Before the answer to its IKE_AUTH an initiator has nothing to open with. */
		if (sim_kernel_count(&host->kernel) && !sim_kernel_opens(&host->kernel, &event->sa)) {
			w->esp_lost++;
			if (w->verbose)
				printf("%10.3f %-7s   ESP %08x cannot be opened\n",
				       (double)(w->now - 1000000) / 1000, host->name, event->sa.spi);
		}
		break;
	}
	event_free(event);
	world_pump(host);
}

/* The next thing that happens, if it happens before @end; false when nothing does. */
static bool step(struct world *w, uint64_t end)
{
	uint64_t when = w->n_events ? w->events[0].when : UINT64_MAX;
	struct host *ticks = NULL;

	for (size_t i = 0; i < w->n_hosts; i++) {
		uint64_t deadline = ike_core_deadline(w->hosts[i].core);

		if (deadline < when) {
			when = deadline;
			ticks = &w->hosts[i];
		}
	}
	if (when > end)
		return false;
	if (when > w->now)
		w->now = when;
	if (ticks) {
		ike_core_tick(ticks->core, w->now);
		world_pump(ticks);
	} else {
		struct event event = pop(w);

		handle(w, &event);
	}
	return !*w->failure;
}

void world_run(struct world *w, uint64_t ms)
{
	uint64_t end = w->now + ms;

	while (step(w, end))
		;
	if (!*w->failure)
		w->now = end;
}

bool world_run_until(struct world *w, bool (*done)(struct world *w), uint64_t ms)
{
	uint64_t end = w->now + ms;

	while (!done(w))
		if (!step(w, end))
			return done(w);
	return true;
}

void world_inject(struct host *to, const struct ike_addr *from, const void *data, size_t len, bool natt)
{
	struct ike_datagram dg = { .local = to->addr, .remote = *from, .natt = natt, .data = data, .len = len };

	dg.local.port = natt ? 4500 : 500;
	ike_core_datagram(to->core, &dg, to->world->now);
	world_pump(to);
}

void world_free(struct world *w)
{
	/* Cores first: jobs that are on their way belong to them. */
	for (size_t i = 0; i < w->n_hosts; i++)
		ike_core_free(w->hosts[i].core);
	for (size_t i = 0; i < w->n_events; i++)
		event_free(&w->events[i]);
	for (size_t i = 0; i < w->n_hosts; i++) {
		free(w->hosts[i].nat);
		ike_policy_unref(&w->hosts[i].config->policy);
	}
	free(w->events);
	free(w->logs);
}

/* Judgement */

static bool same_sa(const struct sim_sa *a, const struct sim_sa *b)
{
	return a->spi == b->spi && a->key_len == b->key_len && !memcmp(a->key, b->key, a->key_len);
}

/* The link of some other host whose inbound SA fits @sa. */
static const struct sim_link *receiver(const struct world *w, const struct host *from, const struct sim_sa *sa)
{
	for (size_t i = 0; i < w->n_hosts; i++) {
		const struct host *host = &w->hosts[i];

		for (size_t j = 0; host != from && j < SIM_LINKS_MAX; j++)
			if (host->kernel.links[j].used && host->kernel.links[j].n_in &&
			    same_sa(&host->kernel.links[j].in[0], sa))
				return &host->kernel.links[j];
	}
	return NULL;
}

static const char *link_unsettled(const struct world *w, const struct host *host, const struct sim_link *link)
{
	const struct sim_link *other;

	if (link->n_in != 1)
		return "a link has not exactly one inbound SA";
	if (!link->out.spi)
		return "a link has no outbound SA";
	other = receiver(w, host, &link->out);
	if (!other)
		return "what a link sends can be received nowhere";
	return same_sa(&other->out, &link->in[0]) ? NULL : "what a link's peer sends is not what the link receives";
}

static const char *host_unsettled(struct world *w, struct host *host)
{
	struct ike_core *core = host->core;
	struct session *session, *tmp;
	struct ike_sa *sa, *next;

	for (size_t i = 0; i < SIM_LINKS_MAX; i++) {
		const char *why = host->kernel.links[i].used ? link_unsettled(w, host, &host->kernel.links[i]) : NULL;

		if (why)
			return why;
	}
	if (HASH_CNT(hh, core->sessions) != sim_kernel_count(&host->kernel))
		return "a host has not as many sessions as links";
	HASH_ITER(hh, core->sessions, session, tmp) {
		if (!session->up || !TAILQ_FIRST(&session->sas) || TAILQ_NEXT(TAILQ_FIRST(&session->sas), in_session))
			return "a session has not exactly one IKE SA";
		if (!TAILQ_FIRST(&session->children) || TAILQ_NEXT(TAILQ_FIRST(&session->children), in_session))
			return "a session has not exactly one Child SA";
	}
	HASH_ITER(hh, core->sas, sa, next) {
		if (sa->state == IKE_SA_CLOSED)
			continue;
		if (sa->state != IKE_SA_UP || sa->task || sa->serving || sa->rival)
			return "an IKE SA is busy";
		if (!sa->session)
			return "an IKE SA has no session";
	}
	return core->kernel_waits || !TAILQ_EMPTY(&core->jobs) ? "a host waits for its kernel or a job" : NULL;
}

const char *world_unsettled_why(struct world *w)
{
	for (size_t i = 0; i < w->n_hosts; i++) {
		const char *why = host_unsettled(w, &w->hosts[i]);

		if (why)
			return why;
	}
	return NULL;
}

bool world_settled(struct world *w)
{
	return !world_unsettled_why(w);
}

size_t world_log_count(const struct world *w, const struct host *host, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n_logs; i++)
		n += w->logs[i].host == host && !strcmp(w->logs[i].name, name);
	return n;
}

bool world_logged(const struct world *w, const struct host *host, const char *name, const char *part)
{
	for (size_t i = 0; i < w->n_logs; i++)
		if (w->logs[i].host == host && !strcmp(w->logs[i].name, name) && strstr(w->logs[i].text, part))
			return true;
	return false;
}
