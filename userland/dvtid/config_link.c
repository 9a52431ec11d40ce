// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The sections that say what a peer gets: virtual-template (its link), pool (its address) and
 * authorization-policy (its routes and names).
 */
#include <linux/dvti.h>
#include <string.h>

#include "config_build.h"

static void template_defaults(struct ike_virtual_template *t)
{
	strcpy(t->pattern, "va%d");
	t->df = DVTI_DF_POLICY_COPY;
	t->dscp = DVTI_DSCP_POLICY_COPY;
	t->trigger_queue = 64;
	t->tcp_mss = 1;
}

static void read_dscp(struct config *c, cfg_t *sec, struct ike_virtual_template *t)
{
	const struct config_value *v = config_one(sec, "dscp");

	if (!v || !strcasecmp(v->text, "copy"))
		return;
	t->dscp = DVTI_DSCP_POLICY_FIXED;
	if (v->text[strspn(v->text, "0123456789")])
		config_error(c, sec, v, "dscp \"%s\" is neither \"copy\" nor a value from 0 to 63", v->text);
	else
		config_u8(c, sec, "dscp", 0, 63, &t->dscp_value);
}

static void read_ttl(struct config *c, cfg_t *sec, struct ike_virtual_template *t)
{
	const struct config_value *v = config_one(sec, "ttl");

	if (!v)
		return;
	t->ttl_inherit = !strcasecmp(v->text, "inherit");
	if (t->ttl_inherit)
		return;
	if (v->text[strspn(v->text, "0123456789")])
		config_error(c, sec, v, "ttl \"%s\" is neither \"inherit\" nor a value from 0 to 255", v->text);
	else
		config_u8(c, sec, "ttl", 0, 255, &t->ttl);
}

bool config_mode_gre(struct config *c, cfg_t *sec, const char *option)
{
	static const char *const words[] = { "esp", "gre", NULL };
	uint32_t mode = DVTI_TUNNEL_MODE_ESP;

	config_word(c, sec, option, words, &mode);
	return mode == DVTI_TUNNEL_MODE_GRE;
}

static void read_tcp_mss(struct config *c, cfg_t *sec, struct ike_virtual_template *t)
{
	const struct config_value *v = config_one(sec, "tcp-mss");

	if (!v || !strcasecmp(v->text, "auto"))
		return;
	if (!strcasecmp(v->text, "off"))
		t->tcp_mss = 0;
	else if (v->text[strspn(v->text, "0123456789")])
		config_error(c, sec, v, "tcp-mss \"%s\" is neither \"auto\" nor \"off\" nor a number", v->text);
	else
		config_u32(c, sec, "tcp-mss", 48, 65495, &t->tcp_mss);
}

static void read_pattern(struct config *c, cfg_t *sec, struct ike_virtual_template *t)
{
	const struct config_value *v = config_one(sec, "interface-pattern");
	const char *percent;

	config_device(c, sec, "interface-pattern", t->pattern);
	if (!v)
		return;
	percent = strchr(v->text, '%');
	if (!percent || strncmp(percent, "%d", 2) || strchr(percent + 1, '%'))
		config_error(c, sec, v, "interface-pattern \"%s\" must contain %%d once, where the number goes, as in \"va%%d\"",
			     v->text);
}

static void read_template(struct config *c, cfg_t *sec, struct ike_virtual_template *t)
{
	static const char *const df_words[] = { "copy", "set", "clear", NULL };
	static const char *const fragment_words[] = { "auto", "before", "after", NULL };
	uint32_t df = DVTI_DF_POLICY_COPY, fragment = DVTI_FRAGMENT_POLICY_AUTO;

	template_defaults(t);
	config_title(c, sec, t->name, 16); /* it is the name of a device */
	read_pattern(c, sec, t);
	config_device(c, sec, "unnumbered", t->unnumbered);
	config_device(c, sec, "vrf", t->vrf);
	config_text(c, sec, "netns", t->netns, sizeof(t->netns));
	if (strchr(t->netns, '/'))
		config_error(c, sec, config_one(sec, "netns"), "netns \"%s\" is not a name as of \"ip netns list\"", t->netns);
	config_device(c, sec, "front-vrf", t->front_vrf);
	config_u32(c, sec, "mtu", 0, 65535, &t->mtu);
	if (t->mtu && t->mtu < 576)
		config_error(c, sec, config_one(sec, "mtu"), "mtu %u is below 576; 0 follows the path", t->mtu);
	else if (t->mtu && t->mtu < 1280)
		config_warning(c, sec, config_one(sec, "mtu"), "mtu %u is below 1280, so there will be no IPv6 in the tunnels",
			       t->mtu);
	config_word(c, sec, "df", df_words, &df);
	t->df = df;
	config_word(c, sec, "fragment", fragment_words, &fragment);
	t->fragment = fragment;
	config_bool(c, sec, "mtu-ignore", &t->mtu_ignore);
	read_dscp(c, sec, t);
	read_ttl(c, sec, t);
	config_u32(c, sec, "fwmark", 0, UINT32_MAX, &t->fwmark);
	config_u32(c, sec, "trigger-queue", 0, 256, &t->trigger_queue);
	read_tcp_mss(c, sec, t);
	t->gre = config_mode_gre(c, sec, "mode");
	config_u32(c, sec, "gre-key", 0, UINT32_MAX, &t->gre_key);
	config_u32(c, sec, "route-metric", 0, UINT32_MAX, &t->route_metric);
	config_u32(c, sec, "route-table", 0, UINT32_MAX, &t->route_table);
}

/* One set of IKE sockets serves a front VRF, and a socket has one mark. */
static void check_marks(struct config *c, cfg_t *sec, const struct ike_virtual_template *t)
{
	const struct ike_policy *p = &c->out->policy;

	for (size_t i = 0; i < p->n_templates; i++) {
		const struct ike_virtual_template *o = &p->templates[i];

		if (o != t && !strcmp(o->front_vrf, t->front_vrf) && o->fwmark != t->fwmark) {
			config_error(c, sec, config_one(sec, "fwmark"),
				     "fwmark %u differs from that of virtual-template \"%s\" (%u), with which it shares the IKE sockets; use one mark, or another front-vrf",
				     t->fwmark, o->name, o->fwmark);
			return;
		}
	}
}

void config_read_templates(struct config *c)
{
	struct ike_policy *p = &c->out->policy;
	unsigned int n = cfg_size(c->root, "virtual-template");

	p->templates = config_alloc(c, n + 1, sizeof(*p->templates));
	for (unsigned int i = 0; i < n; i++) {
		cfg_t *sec = cfg_getnsec(c->root, "virtual-template", i);

		read_template(c, sec, &p->templates[i]);
		check_marks(c, sec, &p->templates[i]);
		p->n_templates++;
	}
}

/* Made when no virtual-template is configured at all. */
const struct ike_virtual_template *config_default_template(struct config *c)
{
	struct ike_policy *p = &c->out->policy;
	struct ike_virtual_template *t = &p->templates[p->n_templates];

	p->n_templates++;
	template_defaults(t);
	strcpy(t->name, "vt0");
	return t;
}

void config_read_pools(struct config *c)
{
	struct ike_policy *p = &c->out->policy;
	unsigned int n = cfg_size(c->root, "pool");

	p->pools = config_alloc(c, n, sizeof(*p->pools));
	for (unsigned int i = 0; i < n; i++) {
		cfg_t *sec = cfg_getnsec(c->root, "pool", i);
		const struct config_value *range = config_one(sec, "range");
		struct ike_pool *pool = &p->pools[p->n_pools++];

		config_title(c, sec, pool->name, sizeof(pool->name));
		if (!range)
			config_error(c, sec, NULL, "range is missing, as in range = \"10.99.0.2-10.99.0.254\"");
		else if (!ike_range_parse(&pool->range, range->text))
			config_error(c, sec, range,
				     "range \"%s\" is neither \"first-last\" of one family, the lower first, nor a prefix",
				     range->text);
	}
}

static void read_authorization_pools(struct config *c, cfg_t *sec, struct ike_authorization *a)
{
	const struct ike_policy *p = &c->out->policy;
	const struct config_value *v;

	for (unsigned int i = 0; (v = config_nth(sec, "pool", i)); i++) {
		const struct ike_pool *pool = config_reference(c, sec, v, "pool", p->pools, p->n_pools, sizeof(*pool));
		const struct ike_pool **slot;

		if (!pool || !pool->range.first.family)
			continue;
		slot = pool->range.first.family == AF_INET ? &a->pool4 : &a->pool6;
		if (*slot)
			config_error(c, sec, v, "pool \"%s\" is a second one for %s beside \"%s\"; one of each family is used",
				     v->text, slot == &a->pool4 ? "IPv4" : "IPv6", (*slot)->name);
		else
			*slot = pool;
	}
}

void config_read_authorizations(struct config *c)
{
	struct ike_policy *p = &c->out->policy;
	unsigned int n = cfg_size(c->root, "authorization-policy");

	p->authorizations = config_alloc(c, n, sizeof(*p->authorizations));
	for (unsigned int i = 0; i < n; i++) {
		cfg_t *sec = cfg_getnsec(c->root, "authorization-policy", i);
		struct ike_authorization *a = &p->authorizations[p->n_authorizations++];

		config_title(c, sec, a->name, sizeof(a->name));
		read_authorization_pools(c, sec, a);
		config_prefixes(c, sec, "route-set", &a->routes, &a->n_routes);
		config_prefixes(c, sec, "remote-route", &a->remote_routes, &a->n_remote_routes);
		config_prefixes(c, sec, "route-accept", &a->accept, &a->n_accept);
		config_addresses(c, sec, "dns", &a->dns, &a->n_dns);
		config_text(c, sec, "domain", a->domain, sizeof(a->domain));
	}
}
