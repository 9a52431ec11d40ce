// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading a configuration from beginning to end.
 */
#include "config.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config_build.h"

/* The last reference is gone: wipe everything, since it is not worth telling keys from the rest. */
void config_policy_release(struct ike_policy *policy)
{
	struct config_policy *cp = (struct config_policy *)policy;
	struct config_block *b;

	while ((b = cp->blocks)) {
		cp->blocks = b->next;
		OPENSSL_cleanse(b->data, b->size);
		free(b);
	}
	OPENSSL_cleanse(cp, sizeof(*cp));
	free(cp);
}

static void read_ike(struct config *c)
{
	struct ike_policy *p = &c->out->policy;
	cfg_t *sec = cfg_size(c->root, "ike") ? cfg_getsec(c->root, "ike") : NULL;
	uint32_t cookie = 50, limit = 1000;

	p->port = 500;
	p->natt_port = 4500;
	if (sec) {
		config_u32(c, sec, "cookie-threshold", 0, 1000000, &cookie);
		config_u32(c, sec, "half-open-limit", 1, 1000000, &limit);
		config_u16(c, sec, "port", 1, UINT16_MAX, &p->port);
		config_u16(c, sec, "natt-port", 1, UINT16_MAX, &p->natt_port);
		if (p->port == p->natt_port)
			config_error(c, sec, config_one(sec, "natt-port"), "port and natt-port are both %u", p->port);
		if (cookie > limit)
			config_error(c, sec, config_one(sec, "cookie-threshold"),
				     "cookie-threshold %u is above half-open-limit %u, so no cookie would ever be asked for", cookie,
				     limit);
	}
	p->half_open_cookie = cookie;
	p->half_open_max = limit;
}

/* Proposals that no profile names would otherwise go unread, mistakes and all. */
static void check_unused_proposals(struct config *c)
{
	unsigned int n = cfg_size(c->root, "ikev2-proposal");

	for (unsigned int i = 0; i < n; i++) {
		cfg_t *sec = cfg_getnsec(c->root, "ikev2-proposal", i);
		bool used = false;

		for (unsigned int j = 0; j < cfg_size(c->root, "ikev2-profile") && !used; j++) {
			cfg_t *profile = cfg_getnsec(c->root, "ikev2-profile", j);
			const struct config_value *v;

			for (unsigned int k = 0; (v = config_nth(profile, "proposal", k)) && !used; k++)
				used = !strcmp(v->text, cfg_title(sec));
		}
		if (!used)
			config_warning(c, sec, NULL, "no ikev2-profile uses this proposal");
	}
}

static void check_mode(struct config *c, const char *path)
{
	struct stat st;

	for (size_t i = 0; i < c->out->policy.n_keyrings; i++)
		if (c->out->policy.keyrings[i].n_peers && !stat(path, &st) && S_ISREG(st.st_mode) && st.st_mode & 0007) {
			fprintf(c->report, "%s: warning: contains keys and is open to every user; chmod 0600 %s\n", path, path);
			return;
		}
}

static void read_all(struct config *c)
{
	read_ike(c);
	config_read_transform_sets(c);
	config_read_ipsec_profiles(c);
	config_read_templates(c);
	config_read_pools(c);
	config_read_authorizations(c);
	config_read_keyrings(c);
	config_read_profiles(c);
	check_unused_proposals(c);
}

struct ike_policy *dvtid_config_read(const char *path, char **report)
{
	struct config c = { 0 };
	size_t size;

	c.report = open_memstream(report, &size);
	c.out = calloc(1, sizeof(*c.out));
	if (!c.report || !c.out)
		abort();
	c.out->policy.refs = 1;
	c.out->policy.release = config_policy_release;
	c.root = config_parse(&c, path);
	if (c.root) {
		read_all(&c);
		check_mode(&c, path);
		cfg_free(c.root);
	}
	fclose(c.report);
	if (!c.errors)
		return &c.out->policy;
	config_policy_release(&c.out->policy);
	return NULL;
}
