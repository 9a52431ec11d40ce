// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The sections that say how traffic is protected: ikev2-proposal, transform-set and ipsec-profile.
 */
#include <openssl/crypto.h>
#include <string.h>

#include "config_build.h"

struct transforms {
	struct ike_transform t[16];
	size_t n;
};

static void read_transforms(struct config *c, cfg_t *sec, const char *option, uint8_t protocol, uint8_t type,
			    struct transforms *out)
{
	const struct config_value *v;

	out->n = 0;
	for (unsigned int i = 0; (v = config_nth(sec, option, i)); i++) {
		if (out->n == sizeof(out->t) / sizeof(out->t[0])) {
			config_error(c, sec, v, "more than %zu values for %s", out->n, option);
			return;
		}
		if (ike_transform_parse(protocol, type, v->text, &out->t[out->n]))
			out->n++;
		else
			config_unknown(c, sec, v, option, ike_transform_names(protocol, type));
	}
}

static void add(struct ike_proposal *p, const struct ike_transform *t)
{
	if (p->n < IKE_TRANSFORMS_MAX)
		p->t[p->n++] = *t;
}

static void add_all(struct ike_proposal *p, const struct transforms *list)
{
	for (size_t i = 0; i < list->n; i++)
		add(p, &list->t[i]);
}

/* Of the built-in proposals, the transforms of one type, each once. */
static void default_transforms(uint8_t type, struct transforms *out)
{
	struct ike_proposal p[8];
	size_t n = ike_proposal_default_ike(p, 8);

	out->n = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < p[i].n; j++) {
			bool seen = p[i].t[j].type != type;

			for (size_t k = 0; k < out->n && !seen; k++)
				seen = out->t[k].id == p[i].t[j].id;
			if (!seen && out->n < sizeof(out->t) / sizeof(out->t[0]))
				out->t[out->n++] = p[i].t[j];
		}
}

/*
 * Split the ciphers into a proposal with and one without integrity, since an AEAD must not stand beside an
 * integrity transform (RFC 7296 section 3.3), in the order in which the kinds first appear.
 */
static size_t build(const struct transforms *encr, const struct transforms *integ, const struct transforms *prf,
		    const struct transforms *ke, uint8_t protocol, struct ike_proposal out[2])
{
	bool aead_first = ike_encr_is_aead(encr->t[0].id);
	size_t n = 0;

	for (int pass = 0; pass < 2; pass++) {
		bool aead = pass ? !aead_first : aead_first;
		struct ike_proposal *p = &out[n];

		memset(p, 0, sizeof(*p));
		for (size_t i = 0; i < encr->n; i++)
			if (ike_encr_is_aead(encr->t[i].id) == aead)
				add(p, &encr->t[i]);
		if (!p->n)
			continue;
		if (prf)
			add_all(p, prf);
		if (!aead)
			add_all(p, integ);
		if (ke)
			add_all(p, ke);
		p->protocol = protocol;
		p->number = ++n;
	}
	return n;
}

static bool needs_integrity(struct config *c, cfg_t *sec, const struct transforms *encr, const struct transforms *integ)
{
	for (size_t i = 0; i < encr->n; i++)
		if (!ike_encr_is_aead(encr->t[i].id) && !integ->n) {
			config_error(c, sec, NULL,
				     "encryption \"%s\" does not protect integrity by itself; add integrity = {\"sha256\"}",
				     ike_transform_text(&encr->t[i]));
			return true;
		}
	return false;
}

/* The PRF of the same hash as each integrity transform, when none is configured. */
static void derive_prf(cfg_t *sec, struct transforms *prf)
{
	const struct config_value *v;

	for (unsigned int i = 0; (v = config_nth(sec, "integrity", i)); i++)
		if (prf->n < sizeof(prf->t) / sizeof(prf->t[0]) &&
		    ike_transform_parse(IKE_PROTO_IKE, IKE_TRANSFORM_PRF, v->text, &prf->t[prf->n]))
			prf->n++;
	if (!prf->n)
		default_transforms(IKE_TRANSFORM_PRF, prf);
}

static size_t read_proposal(struct config *c, cfg_t *sec, struct ike_proposal out[2])
{
	struct transforms encr, integ, prf, ke;
	unsigned int errors = c->errors;

	read_transforms(c, sec, "encryption", IKE_PROTO_IKE, IKE_TRANSFORM_ENCR, &encr);
	read_transforms(c, sec, "integrity", IKE_PROTO_IKE, IKE_TRANSFORM_INTEG, &integ);
	read_transforms(c, sec, "prf", IKE_PROTO_IKE, IKE_TRANSFORM_PRF, &prf);
	read_transforms(c, sec, "group", IKE_PROTO_IKE, IKE_TRANSFORM_KE, &ke);
	if (c->errors != errors)
		return 0;
	if (!encr.n) {
		config_error(c, sec, NULL, "encryption is missing, as in encryption = {\"aes-gcm-256\"}");
		return 0;
	}
	if (needs_integrity(c, sec, &encr, &integ))
		return 0;
	if (!prf.n)
		derive_prf(sec, &prf);
	if (!ke.n)
		default_transforms(IKE_TRANSFORM_KE, &ke);
	return build(&encr, &integ, &prf, &ke, IKE_PROTO_IKE, out);
}

static cfg_t *find_proposal(struct config *c, cfg_t *sec, const struct config_value *v)
{
	unsigned int n = cfg_size(c->root, "ikev2-proposal");
	const char **names = config_alloc(c, n + 1, sizeof(*names));

	for (unsigned int i = 0; i < n; i++) {
		cfg_t *p = cfg_getnsec(c->root, "ikev2-proposal", i);

		names[i] = cfg_title(p);
		if (!strcmp(names[i], v->text))
			return p;
	}
	config_unknown(c, sec, v, "ikev2-proposal", names);
	return NULL;
}

#define DEFAULTS_MAX 8

void config_profile_proposals(struct config *c, cfg_t *sec, struct ike_profile *profile)
{
	unsigned int named = config_count(sec, "proposal");
	const struct config_value *v;

	profile->proposals = config_alloc(c, named ? 2 * named : DEFAULTS_MAX, sizeof(*profile->proposals));
	if (!named) {
		profile->n_proposals = ike_proposal_default_ike(profile->proposals, DEFAULTS_MAX);
		return;
	}
	for (unsigned int i = 0; (v = config_nth(sec, "proposal", i)); i++) {
		struct ike_proposal built[2];
		cfg_t *p = find_proposal(c, sec, v);
		unsigned int errors = c->errors;
		size_t n;

		if (!p)
			continue;
		n = read_proposal(c, p, built);
		if (c->errors != errors)
			continue;
		memcpy(profile->proposals + profile->n_proposals, built, n * sizeof(*built));
		profile->n_proposals += n;
	}
	for (size_t i = 0; i < profile->n_proposals; i++)
		profile->proposals[i].number = i + 1;
}

/* ESP takes what the kernel module has, which is less than what IKE has names for. */
static void check_suites(struct config *c, cfg_t *sec, const struct transforms *encr, const struct transforms *integ)
{
	for (size_t i = 0; i < encr->n; i++) {
		const struct ike_transform *e = &encr->t[i];

		if (ike_encr_is_aead(e->id)) {
			if (!ike_esp_suite(e->id, e->key_bits, 0))
				config_error(c, sec, config_nth(sec, "encryption", i), "ESP has no %s", ike_transform_text(e));
			continue;
		}
		for (size_t j = 0; j < integ->n; j++)
			if (!ike_esp_suite(e->id, e->key_bits, integ->t[j].id))
				config_error(c, sec, config_nth(sec, "integrity", j), "ESP has no %s with %s",
					     ike_transform_text(e), ike_transform_text(&integ->t[j]));
	}
}

static void warn_weak(struct config *c, cfg_t *sec, const char *option, const struct transforms *list)
{
	const char *weakness;

	for (size_t i = 0; i < list->n; i++) {
		weakness = ike_transform_weakness(&list->t[i]);
		if (weakness)
			config_warning(c, sec, config_nth(sec, option, i), "%s %s; keep it to peers that have nothing better",
				       ike_transform_text(&list->t[i]), weakness);
	}
}

/* What is weak must be named and is warned of; what does not encrypt must be allowed beside. */
static void check_strength(struct config *c, cfg_t *sec, const struct transforms *encr, const struct transforms *integ)
{
	const struct config_value *plain = NULL;
	bool allowed = false;

	warn_weak(c, sec, "encryption", encr);
	warn_weak(c, sec, "integrity", integ);
	config_bool(c, sec, "allow-unencrypted", &allowed);
	for (size_t i = 0; i < encr->n; i++)
		if (encr->t[i].id == IKE_ENCR_NULL || encr->t[i].id == IKE_ENCR_AES_GMAC)
			plain = config_nth(sec, "encryption", i);
	if (plain && !allowed)
		config_error(c, sec, plain, "\"%s\" lets everybody on the way read the traffic; allow-unencrypted = true permits it",
			     plain->text);
	else if (plain)
		config_warning(c, sec, plain, "\"%s\" lets everybody on the way read the traffic", plain->text);
	else if (allowed)
		config_warning(c, sec, config_one(sec, "allow-unencrypted"), "allow-unencrypted is set, but all of encryption encrypts");
}

void config_read_transform_sets(struct config *c)
{
	struct ike_policy *p = &c->out->policy;
	unsigned int n = cfg_size(c->root, "transform-set");

	p->transform_sets = config_alloc(c, n + 1, sizeof(*p->transform_sets));
	for (unsigned int i = 0; i < n; i++) {
		cfg_t *sec = cfg_getnsec(c->root, "transform-set", i);
		struct ike_transform_set *set = &p->transform_sets[p->n_transform_sets++];
		struct transforms encr, integ;
		unsigned int errors = c->errors;

		config_title(c, sec, set->name, sizeof(set->name));
		read_transforms(c, sec, "encryption", IKE_PROTO_ESP, IKE_TRANSFORM_ENCR, &encr);
		read_transforms(c, sec, "integrity", IKE_PROTO_ESP, IKE_TRANSFORM_INTEG, &integ);
		if (c->errors != errors)
			continue;
		if (!encr.n) {
			config_error(c, sec, NULL, "encryption is missing, as in encryption = {\"aes-gcm-256\"}");
			continue;
		}
		if (needs_integrity(c, sec, &encr, &integ))
			continue;
		check_suites(c, sec, &encr, &integ);
		check_strength(c, sec, &encr, &integ);
		set->proposals = config_alloc(c, 2, sizeof(*set->proposals));
		set->n_proposals = build(&encr, &integ, NULL, NULL, IKE_PROTO_ESP, set->proposals);
	}
}

/* The set that an ipsec-profile uses which names none, when there is not exactly one. */
static const struct ike_transform_set *default_set(struct config *c)
{
	struct ike_policy *p = &c->out->policy;
	struct ike_transform_set *set = &p->transform_sets[p->n_transform_sets];

	if (p->n_transform_sets == 1)
		return p->transform_sets;
	for (size_t i = 0; i < p->n_transform_sets; i++)
		if (!strcmp(p->transform_sets[i].name, "default"))
			return &p->transform_sets[i];
	p->n_transform_sets++; /* the last slot of the array is kept for it */
	strcpy(set->name, "default");
	set->proposals = config_alloc(c, DEFAULTS_MAX, sizeof(*set->proposals));
	set->n_proposals = ike_proposal_default_esp(set->proposals, DEFAULTS_MAX);
	return set;
}

static void read_sets(struct config *c, cfg_t *sec, struct ike_ipsec_profile *ip)
{
	struct ike_policy *p = &c->out->policy;
	unsigned int n = sec ? config_count(sec, "transform-set") : 0;

	ip->sets = config_alloc(c, n ? n : 1, sizeof(const struct ike_transform_set *));
	if (!n) {
		ip->sets[ip->n_sets++] = default_set(c);
		return;
	}
	for (unsigned int i = 0; i < n; i++) {
		const struct ike_transform_set *set = config_reference(c, sec, config_nth(sec, "transform-set", i),
								       "transform-set", p->transform_sets,
								       p->n_transform_sets, sizeof(*set));
		if (set)
			ip->sets[ip->n_sets++] = set;
	}
}

static void read_pfs(struct config *c, cfg_t *sec, struct ike_ipsec_profile *ip)
{
	struct transforms ke;

	read_transforms(c, sec, "pfs", IKE_PROTO_ESP, IKE_TRANSFORM_KE, &ke);
	ip->pfs = config_alloc(c, ke.n, sizeof(*ip->pfs));
	for (size_t i = 0; i < ke.n; i++)
		ip->pfs[ip->n_pfs++] = ke.t[i].id;
	config_bool(c, sec, "pfs-required", &ip->pfs_required);
	if (ip->pfs_required && !ip->n_pfs)
		config_error(c, sec, config_one(sec, "pfs-required"),
			     "pfs-required needs the groups that are allowed, as in pfs = {\"19\", \"14\"}");
}

static void ipsec_defaults(struct ike_ipsec_profile *ip)
{
	ip->replay_window = 1024;
	ip->esn = true;
	ip->life_seconds = 8 * 3600;
}

static void read_ipsec_profile(struct config *c, cfg_t *sec, struct ike_ipsec_profile *ip)
{
	ipsec_defaults(ip);
	config_title(c, sec, ip->name, sizeof(ip->name));
	read_sets(c, sec, ip);
	read_pfs(c, sec, ip);
	config_u32(c, sec, "replay-window", 0, 8192, &ip->replay_window);
	if (ip->replay_window && ip->replay_window < 32)
		config_error(c, sec, config_one(sec, "replay-window"),
			     "replay-window %u is out of range: 32 to 8192 packets, or 0 for none", ip->replay_window);
	config_bool(c, sec, "esn", &ip->esn);
	if (ip->esn && !ip->replay_window && config_one(sec, "esn"))
		config_error(c, sec, config_one(sec, "esn"),
			     "esn needs a replay-window (RFC 4303 appendix A), but that is 0");
	else if (!ip->replay_window)
		ip->esn = false;
	config_seconds(c, sec, "lifetime", 60, 30 * 86400, &ip->life_seconds);
	config_bytes(c, sec, "lifetime-bytes", 1 << 20, &ip->life_bytes);
	config_u64(c, sec, "lifetime-packets", 0, UINT64_MAX, &ip->life_packets);
	if (ip->life_packets && ip->life_packets < 1000)
		config_error(c, sec, config_one(sec, "lifetime-packets"),
			     "lifetime-packets is too small: 1000 at least, or 0 for no limit");
	config_selectors(c, sec, "local-ts", &ip->local_ts, &ip->n_local_ts);
	config_selectors(c, sec, "remote-ts", &ip->remote_ts, &ip->n_remote_ts);
}

void config_read_ipsec_profiles(struct config *c)
{
	struct ike_policy *p = &c->out->policy;
	unsigned int n = cfg_size(c->root, "ipsec-profile");

	p->ipsec_profiles = config_alloc(c, n + 1, sizeof(*p->ipsec_profiles));
	for (unsigned int i = 0; i < n; i++)
		read_ipsec_profile(c, cfg_getnsec(c->root, "ipsec-profile", i), &p->ipsec_profiles[p->n_ipsec_profiles++]);
}

const struct ike_ipsec_profile *config_default_ipsec(struct config *c)
{
	struct ike_policy *p = &c->out->policy;
	struct ike_ipsec_profile *ip = &p->ipsec_profiles[p->n_ipsec_profiles];

	p->n_ipsec_profiles++;
	ipsec_defaults(ip);
	strcpy(ip->name, "default");
	read_sets(c, NULL, ip);
	return ip;
}
