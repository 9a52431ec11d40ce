// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The sections that say who the peers are: keyring and ikev2-profile.
 */
#include <string.h>

#include "config_build.h"

static void read_keyring_peer(struct config *c, cfg_t *sec, struct ike_keyring_peer *peer)
{
	const struct config_value *identity = config_one(sec, "identity");
	const struct config_value *address = config_one(sec, "address");
	const struct config_value *both = config_one(sec, "pre-shared-key");
	bool apart = config_one(sec, "pre-shared-key-local") || config_one(sec, "pre-shared-key-remote");

	config_title(c, sec, peer->name, sizeof(peer->name));
	peer->match.kind = IKE_ID_MATCH_ANY;
	if (identity && !ike_id_match_parse(&peer->match, identity->text))
		config_error(c, sec, identity,
			     "identity \"%s\" is none of: fqdn NAME, fqdn *.DOMAIN, email USER@DOMAIN, address IP or PREFIX, key-id TEXT, any",
			     identity->text);
	if (address) {
		peer->has_address = ike_prefix_parse(&peer->address, address->text);
		if (!peer->has_address && ike_addr_parse(&peer->address.addr, address->text)) {
			peer->has_address = true;
			peer->address.len = ike_addr_size(&peer->address.addr) * 8;
		}
		if (!peer->has_address)
			config_error(c, sec, address, "address \"%s\" is neither an IP address nor a prefix", address->text);
	}
	if (both && apart)
		config_error(c, sec, both, "pre-shared-key stands beside pre-shared-key-local or -remote; use one form");
	else if (both) {
		config_secret(c, sec, "pre-shared-key", &peer->local);
		peer->remote = peer->local;
	} else if (config_one(sec, "pre-shared-key-local") && config_one(sec, "pre-shared-key-remote")) {
		config_secret(c, sec, "pre-shared-key-local", &peer->local);
		config_secret(c, sec, "pre-shared-key-remote", &peer->remote);
	} else {
		config_error(c, sec, NULL, apart ? "pre-shared-key-local and pre-shared-key-remote go together; one is missing" :
						   "pre-shared-key is missing");
	}
}

void config_read_keyrings(struct config *c)
{
	struct ike_policy *p = &c->out->policy;
	unsigned int n = cfg_size(c->root, "keyring");

	/* Each profile with a key of its own gets a keyring to itself. */
	p->keyrings = config_alloc(c, n + cfg_size(c->root, "ikev2-profile"), sizeof(*p->keyrings));
	for (unsigned int i = 0; i < n; i++) {
		cfg_t *sec = cfg_getnsec(c->root, "keyring", i);
		unsigned int peers = cfg_size(sec, "peer");
		struct ike_keyring *k = &p->keyrings[p->n_keyrings++];

		config_title(c, sec, k->name, sizeof(k->name));
		if (!peers)
			config_error(c, sec, NULL, "there is no peer in it, as in peer \"spoke1\" { pre-shared-key = \"...\" }");
		k->peers = config_alloc(c, peers, sizeof(*k->peers));
		for (unsigned int j = 0; j < peers; j++)
			read_keyring_peer(c, cfg_getnsec(sec, "peer", j), &k->peers[k->n_peers++]);
	}
}

static const struct ike_keyring *own_keyring(struct config *c, cfg_t *sec, const struct ike_profile *profile)
{
	struct ike_policy *p = &c->out->policy;
	struct ike_keyring *k = &p->keyrings[p->n_keyrings++];

	strcpy(k->name, profile->name);
	k->peers = config_alloc(c, 1, sizeof(*k->peers));
	k->n_peers = 1;
	strcpy(k->peers[0].name, profile->name);
	k->peers[0].match.kind = IKE_ID_MATCH_ANY;
	config_secret(c, sec, "pre-shared-key", &k->peers[0].local);
	k->peers[0].remote = k->peers[0].local;
	return k;
}

static void read_keys(struct config *c, cfg_t *sec, struct ike_profile *profile)
{
	struct ike_policy *p = &c->out->policy;
	const struct config_value *named = config_one(sec, "keyring");
	const struct config_value *key = config_one(sec, "pre-shared-key");
	size_t configured = cfg_size(c->root, "keyring");

	if (named && key)
		config_error(c, sec, key, "pre-shared-key stands beside keyring \"%s\"; use one of them", named->text);
	else if (key)
		profile->keyring = own_keyring(c, sec, profile);
	else if (named)
		profile->keyring = config_reference(c, sec, named, "keyring", p->keyrings, configured, sizeof(*p->keyrings));
	else if (configured == 1)
		profile->keyring = p->keyrings;
	else if (configured)
		config_error(c, sec, NULL, "there are %zu keyrings; say which one, as in keyring = \"%s\"", configured,
			     p->keyrings[0].name);
	else
		config_error(c, sec, NULL, "no key: set pre-shared-key, or keyring and a section of that name");
}

/* Where a reference is left out, the only section of its kind is meant. */
static void read_references(struct config *c, cfg_t *sec, struct ike_profile *profile)
{
	struct ike_policy *p = &c->out->policy;
	const struct config_value *ipsec = config_one(sec, "ipsec-profile");
	const struct config_value *authorization = config_one(sec, "authorization");
	const struct config_value *tmpl = config_one(sec, "virtual-template");
	const struct config_value *interface = config_one(sec, "interface");

	if (ipsec)
		profile->ipsec = config_reference(c, sec, ipsec, "ipsec-profile", p->ipsec_profiles, p->n_ipsec_profiles,
						  sizeof(*p->ipsec_profiles));
	else if (p->n_ipsec_profiles == 1)
		profile->ipsec = p->ipsec_profiles;
	else if (p->n_ipsec_profiles)
		config_error(c, sec, NULL, "there are %zu ipsec-profiles; say which one, as in ipsec-profile = \"%s\"",
			     p->n_ipsec_profiles, p->ipsec_profiles[0].name);
	else
		profile->ipsec = config_default_ipsec(c);

	if (authorization)
		profile->authorization = config_reference(c, sec, authorization, "authorization-policy", p->authorizations,
							  p->n_authorizations, sizeof(*p->authorizations));
	else if (p->n_authorizations == 1)
		profile->authorization = p->authorizations;

	config_device(c, sec, "interface", profile->interface);
	if (tmpl && interface)
		config_error(c, sec, interface, "interface stands beside virtual-template \"%s\"; a session has one link",
			     tmpl->text);
	else if (tmpl)
		profile->tmpl = config_reference(c, sec, tmpl, "virtual-template", p->templates, p->n_templates,
						 sizeof(*p->templates));
	else if (interface)
		profile->gre = config_mode_gre(c, sec, "interface-mode");
	else if (p->n_templates == 1)
		profile->tmpl = p->templates;
	else if (p->n_templates)
		config_error(c, sec, NULL, "there are %zu virtual-templates; say which one, as in virtual-template = \"%s\"",
			     p->n_templates, p->templates[0].name);
	else
		profile->tmpl = config_default_template(c);
}

static void check_mode(struct config *c, cfg_t *sec, struct ike_profile *profile)
{
	const struct config_value *mode = config_one(sec, "interface-mode");
	const struct ike_ipsec_profile *ipsec = profile->ipsec;

	if (profile->tmpl)
		profile->gre = profile->tmpl->gre;
	if (mode && !*profile->interface)
		config_error(c, sec, mode, "interface-mode is without meaning here, there is no interface; mode of the virtual-template counts");
	if (profile->gre && ipsec && (ipsec->n_local_ts || ipsec->n_remote_ts))
		config_error(c, sec, mode, "mode \"gre\" takes everything that is routed, but ipsec-profile \"%s\" has local-ts or remote-ts",
			     ipsec->name);
}

static void read_identities(struct config *c, cfg_t *sec, struct ike_profile *profile)
{
	const struct config_value *local = config_one(sec, "identity-local");
	const struct config_value *address = config_one(sec, "local-address");
	unsigned int n = config_count(sec, "match-identity-remote");

	if (local && !ike_id_parse(&profile->local_id, local->text))
		config_error(c, sec, local,
			     "identity-local \"%s\" is none of: fqdn NAME, email USER@DOMAIN, address IP, key-id TEXT", local->text);
	if (address && !ike_addr_parse(&profile->local_addr, address->text))
		config_error(c, sec, address, "local-address \"%s\" is not an IP address", address->text);
	profile->match_remote = config_alloc(c, n ? n : 1, sizeof(*profile->match_remote));
	if (!n) {
		profile->match_remote[0].kind = IKE_ID_MATCH_ANY;
		profile->n_match_remote = 1;
	}
	for (unsigned int i = 0; i < n; i++) {
		const struct config_value *v = config_nth(sec, "match-identity-remote", i);

		if (ike_id_match_parse(&profile->match_remote[profile->n_match_remote], v->text))
			profile->n_match_remote++;
		else
			config_error(c, sec, v,
				     "match-identity-remote \"%s\" is none of: fqdn NAME, fqdn *.DOMAIN, email USER@DOMAIN, address IP or PREFIX, key-id TEXT, any",
				     v->text);
	}
}

static void read_connect(struct config *c, cfg_t *sec, struct ike_profile *profile)
{
	static const char *const words[] = {
		[IKE_CONNECT_LISTEN] = "listen", [IKE_CONNECT_AUTO] = "auto", [IKE_CONNECT_ON_DEMAND] = "on-demand", NULL
	};
	const struct config_value *v = config_one(sec, "connect");
	uint32_t connect = *profile->peer ? IKE_CONNECT_AUTO : IKE_CONNECT_LISTEN;

	config_word(c, sec, "connect", words, &connect);
	profile->connect = connect;
	if (connect == IKE_CONNECT_LISTEN)
		return;
	if (!*profile->peer)
		config_error(c, sec, v, "connect \"%s\" needs a peer, as in peer = \"vpn.example.com\"", v->text);
	if (connect == IKE_CONNECT_ON_DEMAND && !*profile->interface)
		config_error(c, sec, v,
			     "connect \"on-demand\" needs a link for the first packet to arrive at, as in interface = \"dvti0\"");
}

static void read_peer(struct config *c, cfg_t *sec, struct ike_profile *profile)
{
	const struct config_value *v = config_one(sec, "peer");

	config_text(c, sec, "peer", profile->peer, sizeof(profile->peer));
	if (v && (!*v->text || strpbrk(v->text, " \t/")))
		config_error(c, sec, v, "peer \"%s\" is neither a host name nor an IP address", v->text);
	profile->peer_port = 500;
	config_u16(c, sec, "port", 1, UINT16_MAX, &profile->peer_port);
}

static void read_profile(struct config *c, cfg_t *sec, struct ike_profile *profile)
{
	profile->dpd_seconds = 30;
	profile->nat_keepalive_seconds = 20;
	profile->retransmit_base_ms = 2000;
	profile->retransmit_tries = 5;
	profile->life_seconds = 24 * 3600;
	profile->fragmentation = true;
	profile->initial_contact = true;

	config_title(c, sec, profile->name, sizeof(profile->name));
	read_peer(c, sec, profile);
	read_identities(c, sec, profile);
	read_keys(c, sec, profile);
	read_references(c, sec, profile);
	check_mode(c, sec, profile);
	config_profile_proposals(c, sec, profile);
	read_connect(c, sec, profile);
	/* A dial-in spoke wants an address; whoever names an interface has usually numbered it. */
	profile->config_request = *profile->peer && !*profile->interface;
	config_bool(c, sec, "config-request", &profile->config_request);
	config_seconds(c, sec, "dpd", 1, 86400, &profile->dpd_seconds);
	config_seconds(c, sec, "nat-keepalive", 1, 3600, &profile->nat_keepalive_seconds);
	config_seconds(c, sec, "lifetime", 60, 30 * 86400, &profile->life_seconds);
	config_milliseconds(c, sec, "retransmit-interval", 100, 60000, &profile->retransmit_base_ms);
	config_u32(c, sec, "retransmit-tries", 1, 30, &profile->retransmit_tries);
	config_bool(c, sec, "force-encapsulation", &profile->force_encap);
	config_bool(c, sec, "initial-contact", &profile->initial_contact);
	config_bool(c, sec, "fragmentation", &profile->fragmentation);
}

void config_read_profiles(struct config *c)
{
	struct ike_policy *p = &c->out->policy;
	unsigned int n = cfg_size(c->root, "ikev2-profile");

	p->profiles = config_alloc(c, n, sizeof(*p->profiles));
	if (!n)
		config_error(c, NULL, NULL, "there is no ikev2-profile in it, so there would be nothing to do");
	for (unsigned int i = 0; i < n; i++) {
		cfg_t *sec = cfg_getnsec(c->root, "ikev2-profile", i);
		struct ike_profile *profile = &p->profiles[i];

		read_profile(c, sec, profile);
		p->n_profiles++;
		for (unsigned int j = 0; *profile->interface && j < i; j++)
			if (!strcmp(profile->interface, p->profiles[j].interface))
				config_error(c, sec, config_one(sec, "interface"),
					     "interface \"%s\" is that of ikev2-profile \"%s\" already", profile->interface,
					     p->profiles[j].name);
	}
}
