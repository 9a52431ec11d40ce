/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel that only remembers what it was asked for, and objects to what cannot be right.
 */
#ifndef DVTI_SIM_KERNEL_H
#define DVTI_SIM_KERNEL_H

#include "ikev2/core.h"

#define SIM_LINKS_MAX 64
#define SIM_SAS_MAX 16

struct sim_sa {
	uint32_t spi;
	uint64_t child;
	size_t key_len;
	uint8_t key[IKE_ESP_KEY_MAX];
};

struct sim_link {
	uint64_t session;
	char ifname[16];
	struct ike_id peer_id;
	struct ike_addr local, remote;
	bool encap;
	struct sim_sa in[SIM_SAS_MAX];
	size_t n_in;
	struct sim_sa out;      /* spi 0: none */
	struct ike_addr our_addrs[4], peer_addrs[4];
	size_t n_our_addrs, n_peer_addrs;
	struct ike_prefix routes[32];
	size_t n_routes;
	uint64_t adopted;       /* cookie of a link that was taken over */
	bool used;
};

/**
 * struct sim_kernel
 * @fail: operations that are refused, as bits
 * @complaint: the first request that cannot be right, NULL for none
 */
struct sim_kernel {
	struct sim_link links[SIM_LINKS_MAX];
	uint32_t last_spi;
	unsigned int last_link;
	unsigned int fail;
	const char *complaint;
	unsigned int ups, downs, moves, updates;
};

/* 0 or a negative errno; @ifname is of a SESSION_UP. */
int sim_kernel_apply(struct sim_kernel *k, const struct ike_kernel_request *r, const char **ifname);
struct sim_link *sim_kernel_link(struct sim_kernel *k, uint64_t session);
struct sim_link *sim_kernel_first(struct sim_kernel *k); /* NULL when there is none */
size_t sim_kernel_count(const struct sim_kernel *k);
/* Can this host receive what @sa of another one sends? */
bool sim_kernel_opens(const struct sim_kernel *k, const struct sim_sa *sa);

#endif
