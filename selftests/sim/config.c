// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Policies made by hand, without the configuration reader.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void release(struct ike_policy *policy)
{
	free((char *)policy - offsetof(struct sim_config, policy));
}

static void parse(struct ike_proposal *p, uint8_t protocol, const char *words)
{
	static const uint8_t types[] = { IKE_TRANSFORM_ENCR, IKE_TRANSFORM_INTEG, IKE_TRANSFORM_PRF, IKE_TRANSFORM_KE };
	char copy[256], *save = NULL;
	struct ike_transform t;

	*p = (struct ike_proposal){ .protocol = protocol };
	snprintf(copy, sizeof(copy), "%s", words);
	for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		bool known = false;

		for (size_t i = 0; i < sizeof(types) && !known; i++) {
			known = ike_transform_parse(protocol, types[i], word, &t);
			if (known)
				p->t[p->n++] = t;
		}
		if (!known) {
			fprintf(stderr, "sim: unknown transform %s\n", word);
			abort();
		}
	}
}

void sim_config_ike(struct sim_config *cfg, size_t slot, const char *words)
{
	parse(&cfg->ike[slot], IKE_PROTO_IKE, words);
	if (cfg->profile[0].n_proposals <= slot)
		cfg->profile[0].n_proposals = slot + 1;
}

void sim_config_esp(struct sim_config *cfg, size_t slot, const char *words)
{
	parse(&cfg->esp[slot], IKE_PROTO_ESP, words);
	if (cfg->set.n_proposals <= slot)
		cfg->set.n_proposals = slot + 1;
}

void sim_config_secret(struct sim_config *cfg, const char *secret)
{
	snprintf(cfg->secret, sizeof(cfg->secret), "%s", secret);
	cfg->key.local.len = cfg->key.remote.len = strlen(cfg->secret);
}

static void point(struct sim_config *cfg)
{
	struct ike_profile *p = &cfg->profile[0];

	cfg->policy.profiles = cfg->profile;
	cfg->policy.release = release;
	cfg->key.local.data = cfg->key.remote.data = (uint8_t *)cfg->secret;
	cfg->keyring.peers = &cfg->key;
	cfg->policy.keyrings = &cfg->keyring;
	cfg->set.proposals = cfg->esp;
	cfg->sets[0] = &cfg->set;
	cfg->ipsec.sets = cfg->sets;
	cfg->ipsec.pfs = cfg->pfs;
	cfg->ipsec.local_ts = cfg->local_ts;
	cfg->ipsec.remote_ts = cfg->remote_ts;
	cfg->auth.routes = cfg->routes;
	cfg->auth.remote_routes = cfg->remote_routes;
	cfg->auth.accept = cfg->accept;
	if (cfg->auth.pool4)
		cfg->auth.pool4 = &cfg->pool4;
	if (cfg->auth.pool6)
		cfg->auth.pool6 = &cfg->pool6;
	p->match_remote = cfg->match;
	p->proposals = cfg->ike;
	p->keyring = &cfg->keyring;
	p->ipsec = &cfg->ipsec;
	p->authorization = &cfg->auth;
	p->tmpl = &cfg->tmpl;
}

struct sim_config *sim_config_new(const char *name, const char *peer)
{
	struct sim_config *cfg = calloc(1, sizeof(*cfg));
	struct ike_profile *p;
	char id[64];

	if (!cfg)
		abort();
	p = &cfg->profile[0];
	cfg->policy.half_open_cookie = 50;
	cfg->policy.half_open_max = 1000;
	cfg->policy.port = 500;
	cfg->policy.natt_port = 4500;
	cfg->policy.n_profiles = 1;
	cfg->policy.n_keyrings = 1;
	snprintf(cfg->key.name, sizeof(cfg->key.name), "everybody");
	cfg->key.match.kind = IKE_ID_MATCH_ANY;
	snprintf(cfg->keyring.name, sizeof(cfg->keyring.name), "kr");
	cfg->keyring.n_peers = 1;
	snprintf(cfg->set.name, sizeof(cfg->set.name), "set");
	cfg->ipsec.n_sets = 1;
	snprintf(cfg->ipsec.name, sizeof(cfg->ipsec.name), "ipsec");
	cfg->ipsec.replay_window = 1024;
	cfg->ipsec.esn = true;
	cfg->ipsec.life_seconds = 3600;
	snprintf(cfg->auth.name, sizeof(cfg->auth.name), "auth");
	snprintf(p->name, sizeof(p->name), "%s", peer ? "dial" : "serve");
	if (peer) {
		snprintf(p->peer, sizeof(p->peer), "%s", peer);
		p->connect = IKE_CONNECT_AUTO;
	}
	p->peer_port = 500;
	snprintf(id, sizeof(id), "fqdn %s", name);
	ike_id_parse(&p->local_id, id);
	cfg->match[0].kind = IKE_ID_MATCH_ANY;
	p->n_match_remote = 1;
	p->dpd_seconds = 30;
	p->nat_keepalive_seconds = 20;
	p->retransmit_base_ms = 500;
	p->retransmit_tries = 7;
	p->life_seconds = 14400;
	p->fragmentation = true;
	p->initial_contact = true;
	point(cfg);
	sim_config_secret(cfg, "not a secret");
	sim_config_ike(cfg, 0, "aes-gcm-128 prf-sha256 x25519");
	sim_config_esp(cfg, 0, "aes-gcm-128");
	return cfg;
}

struct sim_config *sim_config_copy(const struct sim_config *cfg)
{
	struct sim_config *copy = malloc(sizeof(*copy));

	if (!copy)
		abort();
	*copy = *cfg;
	copy->policy.refs = 0;
	point(copy);
	return copy;
}
