/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hosts with an IKE core each, a network between them that may lose, delay, repeat and reorder, and one clock
 * that jumps from event to event. All chance comes from one seed, so a run can be repeated exactly.
 */
#ifndef DVTI_SIM_WORLD_H
#define DVTI_SIM_WORLD_H

#include <stdarg.h>

#include "config.h"
#include "kernel.h"

#define WORLD_HOSTS_MAX 8
#define WORLD_NAT_MAX 512

struct world;

/** struct world_nat - in front of one host: a mapping per inner port */
struct world_nat {
	struct ike_addr outside;
	struct {
		uint16_t inside, outside;
	} map[WORLD_NAT_MAX];
	size_t n;
	uint16_t last;
};

struct host {
	struct world *world;
	char name[32];
	struct ike_addr addr;
	struct world_nat *nat;
	struct sim_config *config;
	struct ike_prefix connected; /* a network that it is in, for its core's question */
	struct ike_core *core;
	struct sim_kernel kernel;
	bool cut_off;           /* nothing gets to or from it */
	unsigned int life;      /* counts restarts: what is on its way for an earlier life is dropped */
	bool resolve_fails;
	unsigned int key_lines; /* of its key log */
	uint64_t kernel_free;   /* time at which the kernel has worked off its requests */
};

/** struct world_log - an event that some host logged */
struct world_log {
	const struct host *host;
	char name[40];
	char text[1024];
};

/* Sees each datagram of IKE before it is on the wire; false: it is lost. May change it. */
typedef bool (*world_tap)(struct world *w, struct host *from, struct ike_datagram *dg, void *ctx);

/**
 * struct world
 * @loss, @twice: in a thousand
 * @delay_min, @delay_max: milliseconds
 * @esp_lost: ESP probes that arrived and could not be opened
 * @failure: the first thing that went wrong, empty for none
 */
struct world {
	uint64_t now;
	uint64_t rng;
	bool verbose;
	struct host hosts[WORLD_HOSTS_MAX];
	size_t n_hosts;
	unsigned int loss, twice;
	uint64_t delay_min, delay_max;
	uint64_t probe_every;   /* ESP from each outbound SA this often; 0: none */
	unsigned int esp_sent, esp_lost, datagrams;
	world_tap tap;
	void *tap_ctx;
	struct event *events;
	size_t n_events, room;
	uint64_t sequence;
	struct world_log *logs;
	size_t n_logs;
	char failure[512];
};

void world_init(struct world *w, uint64_t seed, bool verbose);
void world_free(struct world *w);
uint64_t world_random(struct world *w);
uint64_t world_below(struct world *w, uint64_t bound);

/* A host with this configuration, which it takes; its core runs at once. Address 10.0.0.<n>, or an IPv6 one. */
struct host *world_host(struct world *w, const char *name, struct sim_config *config);
struct host *world_host6(struct world *w, const char *name, struct sim_config *config);
void world_behind_nat(struct host *host); /* before the first datagram */
void world_rebind(struct host *host);     /* the NAT forgets its mappings */
void world_start(struct host *host);
/* The daemon dies without a word; its kernel forgets everything; a new daemon starts. */
void world_restart(struct host *host);

/* Let time pass: until nothing happens before @ms from now are over, or something failed. */
void world_run(struct world *w, uint64_t ms);
/* Until @done says so; false when it does not within @ms. */
bool world_run_until(struct world *w, bool (*done)(struct world *w), uint64_t ms);
/* After an input to a core from outside. */
void world_pump(struct host *host);
void world_inject(struct host *to, const struct ike_addr *from, const void *data, size_t len, bool natt);

/* Each link of each host has one SA in and one out, they fit those of the peer, and nobody holds more. */
bool world_settled(struct world *w);
const char *world_unsettled_why(struct world *w); /* static text */
bool world_logged(const struct world *w, const struct host *host, const char *name, const char *part);
size_t world_log_count(const struct world *w, const struct host *host, const char *name);
void world_fail(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
