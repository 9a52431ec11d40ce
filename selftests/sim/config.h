/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Policies for simulated hosts, with one profile each unless a test adds to it.
 */
#ifndef DVTI_SIM_CONFIG_H
#define DVTI_SIM_CONFIG_H

#include "ike/policy.h"

/** struct sim_config - a policy and all that it points to; change it before the core gets it */
struct sim_config {
	struct ike_policy policy;
	struct ike_profile profile[2];
	struct ike_proposal ike[4];
	struct ike_keyring keyring;
	struct ike_keyring_peer key;
	struct ike_ipsec_profile ipsec;
	struct ike_transform_set set;
	const struct ike_transform_set *sets[1];
	struct ike_proposal esp[4];
	uint16_t pfs[4];
	struct ike_id_match match[2];
	struct ike_authorization auth;
	struct ike_pool pool4, pool6;
	struct ike_prefix routes[4], remote_routes[4], accept[4];
	struct ike_ts local_ts[2], remote_ts[2];
	struct ike_virtual_template tmpl;
	char secret[64];
};

/* One host: its identity "fqdn @name"; it serves any identity and dials @peer, a host's name, unless NULL. */
struct sim_config *sim_config_new(const char *name, const char *peer);
void sim_config_secret(struct sim_config *cfg, const char *secret);
/* One proposal of the words: "aes-gcm-128 sha256 x25519". */
void sim_config_ike(struct sim_config *cfg, size_t slot, const char *words);
void sim_config_esp(struct sim_config *cfg, size_t slot, const char *words);
struct sim_config *sim_config_copy(const struct sim_config *cfg);

#endif
