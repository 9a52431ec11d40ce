// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the daemon knows, as JSON. Names of members are an interface: add, never rename. Durations are in
 * seconds, addresses and selectors in their usual text form, SPIs as "0x…" strings since JSON numbers
 * are signed.
 */
#include "control_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static const char *const level_names[] = {
	[IKE_LOG_ERROR] = "error",
	[IKE_LOG_WARNING] = "warning",
	[IKE_LOG_NOTICE] = "notice",
	[IKE_LOG_INFO] = "info",
	[IKE_LOG_DEBUG] = "debug",
};

#define N_LEVELS (sizeof(level_names) / sizeof(level_names[0]))

bool control_level_parse(const char *word, enum ike_log_level *level)
{
	if (!word)
		return false;
	for (size_t i = 0; i < N_LEVELS; i++) {
		if (strcmp(word, level_names[i]))
			continue;
		*level = i;
		return true;
	}
	return false;
}

const char *control_level_text(enum ike_log_level level)
{
	return (size_t)level < N_LEVELS ? level_names[level] : "debug";
}

uint64_t control_wallclock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

json_t *control_json_time(uint64_t ms)
{
	time_t seconds = ms / 1000;
	struct tm tm;
	char date[64];

	if (!gmtime_r(&seconds, &tm) || !strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm))
		return json_null();
	return json_sprintf("%s.%03uZ", date, (unsigned int)(ms % 1000));
}

/* A text that a peer may have had a hand in: what is not UTF-8 would make jansson refuse the whole object. */
static json_t *text_json(const char *text)
{
	char clean[4096];
	json_t *json = json_string(text);
	size_t i;

	if (json)
		return json;
	for (i = 0; text[i] && i < sizeof(clean) - 1; i++)
		clean[i] = (unsigned char)text[i] < 0x80 ? text[i] : '?';
	clean[i] = 0;
	return json_string(clean);
}

static json_t *id_json(const struct ike_id *id)
{
	char text[IKE_ID_STRLEN];

	return id->type == IKE_ID_NONE ? json_null() : text_json(ike_id_text(id, text));
}

static json_t *addr_json(const struct ike_addr *addr)
{
	char text[IKE_ADDR_STRLEN];

	return addr->family == AF_UNSPEC ? json_null() : json_string(ike_addr_text(addr, text));
}

static json_t *addrs_json(const struct ike_addr *addrs, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, addr_json(&addrs[i]));
	return list;
}

static json_t *prefixes_json(const struct ike_prefix *prefixes, size_t n)
{
	char text[IKE_ADDR_STRLEN];
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(ike_prefix_text(&prefixes[i], text)));
	return list;
}

static json_t *selectors_json(const struct ike_ts *ts, size_t n)
{
	char text[IKE_TS_STRLEN];
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(ike_ts_text(&ts[i], text)));
	return list;
}

static json_t *proposal_json(const struct ike_proposal *p)
{
	char text[512];

	return json_string(ike_proposal_text(p, text, sizeof(text)));
}

static json_t *proposals_json(const struct ike_proposal *p, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, proposal_json(&p[i]));
	return list;
}

static json_t *group_json(uint16_t group)
{
	const struct ike_transform t = { .type = IKE_TRANSFORM_KE, .id = group };

	return group ? json_string(ike_transform_text(&t)) : json_null();
}

static json_t *transform_json(const struct ike_proposal *p, enum ike_transform_type type)
{
	const struct ike_transform *t = ike_proposal_find(p, type);

	return t && (t->id || type == IKE_TRANSFORM_ESN) ? json_string(ike_transform_text(t)) : json_null();
}

/* NULL becomes null, and so does an empty name: "not configured". */
static json_t *name_json(const char *name)
{
	return name && *name ? text_json(name) : json_null();
}

json_t *control_json_event(const struct ike_log_event *event, uint64_t when_ms)
{
	return json_pack("{s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o}",
			 "time", control_json_time(when_ms),
			 "event", event->name,
			 "level", control_level_text(event->level),
			 "peer", name_json(event->peer),
			 "peer_id", name_json(event->peer_id),
			 "profile", name_json(event->profile),
			 "session", event->session ? json_integer(event->session) : json_null(),
			 "text", text_json(event->text ? event->text : ""));
}

static json_t *child_json(const struct ike_child_status *c)
{
	return json_pack("{s:I, s:o, s:o, s:s, s:o, s:b, s:s, s:s, s:I, s:I, s:I, s:o, s:o}",
			 "child", (json_int_t)c->child,
			 "spi_in", json_sprintf("0x%08" PRIx32, c->spi_in),
			 "spi_out", json_sprintf("0x%08" PRIx32, c->spi_out),
			 "suite", c->suite ? c->suite->name : "none",
			 "pfs_group", group_json(c->dh_group),
			 "esn", c->esn,
			 "encapsulation", c->encap ? "udp" : "none",
			 "mode", c->transport ? "transport" : "tunnel",
			 "age", (json_int_t)(c->age_ms / 1000),
			 "rekey_in", (json_int_t)(c->rekey_in_ms / 1000),
			 "expires_in", (json_int_t)(c->expires_in_ms / 1000),
			 "local_selectors", selectors_json(c->local_ts, c->n_local_ts),
			 "remote_selectors", selectors_json(c->remote_ts, c->n_remote_ts));
}

static json_t *suite_json(const struct ike_proposal *p)
{
	if (!p)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o}",
			 "encryption", transform_json(p, IKE_TRANSFORM_ENCR),
			 "integrity", transform_json(p, IKE_TRANSFORM_INTEG),
			 "prf", transform_json(p, IKE_TRANSFORM_PRF),
			 "group", transform_json(p, IKE_TRANSFORM_KE));
}

json_t *control_json_session(const struct ike_session_status *s)
{
	json_t *children = json_array();

	for (size_t i = 0; i < s->n_children; i++)
		json_array_append_new(children, child_json(&s->children[i]));
	return json_pack("{s:I, s:s, s:o, s:o, s:s, s:o, s:i, s:o, s:o, s:i, s:o, s:o, s:o, s:o,"
			 " s:I, s:I, s:I, s:I, s:I, s:b, s:b, s:b, s:I, s:o, s:o, s:o, s:o}",
			 "session", (json_int_t)s->session,
			 "state", s->state,
			 "profile", name_json(s->profile),
			 "interface", name_json(s->ifname),
			 "role", s->initiator ? "initiator" : "responder",
			 "local_address", addr_json(&s->local),
			 "local_port", s->local.port,
			 "local_id", id_json(&s->local_id),
			 "remote_address", addr_json(&s->remote),
			 "remote_port", s->remote.port,
			 "remote_id", id_json(&s->peer_id),
			 "spi_initiator", json_sprintf("0x%016" PRIx64, s->spi_i),
			 "spi_responder", json_sprintf("0x%016" PRIx64, s->spi_r),
			 "ike_suite", suite_json(s->proposal),
			 "age", (json_int_t)(s->age_ms / 1000),
			 "ike_age", (json_int_t)(s->ike_age_ms / 1000),
			 "ike_rekey_in", (json_int_t)(s->rekey_in_ms / 1000),
			 "local_next_message_id", (json_int_t)s->our_next_msgid,
			 "remote_next_message_id", (json_int_t)s->peer_next_msgid,
			 "nat_local", s->nat_local,
			 "nat_remote", s->nat_remote,
			 "fragmentation", s->fragmentation,
			 "dpd", (json_int_t)s->dpd_seconds,
			 "local_tunnel_addresses", addrs_json(s->our_addrs, s->n_our_addrs),
			 "remote_tunnel_addresses", addrs_json(s->peer_addrs, s->n_peer_addrs),
			 "routes", prefixes_json(s->routes, s->n_routes),
			 "children", children);
}

#define COUNTER(name) { #name, offsetof(struct ike_core_counters, name) }

static const struct {
	const char *name;
	size_t offset;
} counters[] = {
	COUNTER(rx_datagrams), COUNTER(tx_datagrams), COUNTER(tx_retransmits), COUNTER(rx_retransmits),
	COUNTER(rx_malformed), COUNTER(rx_bad_version), COUNTER(rx_unknown_spi), COUNTER(rx_integrity),
	COUNTER(rx_message_id), COUNTER(rx_unexpected), COUNTER(rx_critical),
	COUNTER(cookies_sent), COUNTER(cookies_bad), COUNTER(half_open_dropped),
	COUNTER(refused_proposal), COUNTER(refused_auth), COUNTER(refused_ts), COUNTER(refused_routes),
	COUNTER(refused_other),
	COUNTER(sessions_up), COUNTER(sessions_down), COUNTER(timeouts),
	COUNTER(rekeys_ike), COUNTER(rekeys_child), COUNTER(collisions),
};

json_t *control_json_counters(const struct ike_core_counters *c)
{
	json_t *object = json_object();

	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
		uint64_t value;

		memcpy(&value, (const char *)c + counters[i].offset, sizeof(value));
		json_object_set_new(object, counters[i].name, json_integer(value));
	}
	return object;
}

static json_t *match_json(const struct ike_id_match *m)
{
	char text[IKE_ID_STRLEN];

	return text_json(ike_id_match_text(m, text));
}

static json_t *profile_json(const struct ike_profile *p)
{
	static const char *const connect[] = {
		[IKE_CONNECT_LISTEN] = "listen",
		[IKE_CONNECT_AUTO] = "auto",
		[IKE_CONNECT_ON_DEMAND] = "on-demand",
	};
	json_t *matches = json_array();

	for (size_t i = 0; i < p->n_match_remote; i++)
		json_array_append_new(matches, match_json(&p->match_remote[i]));
	return json_pack("{s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:b,"
			 " s:I, s:I, s:f, s:I, s:I, s:b, s:b, s:b}",
			 "name", name_json(p->name),
			 "peer", name_json(p->peer),
			 "port", p->peer_port,
			 "local_address", addr_json(&p->local_addr),
			 "identity_local", id_json(&p->local_id),
			 "match_identity_remote", matches,
			 "proposals", proposals_json(p->proposals, p->n_proposals),
			 "keyring", name_json(p->keyring ? p->keyring->name : NULL),
			 "ipsec_profile", name_json(p->ipsec ? p->ipsec->name : NULL),
			 "authorization", name_json(p->authorization ? p->authorization->name : NULL),
			 "virtual_template", name_json(p->tmpl ? p->tmpl->name : NULL),
			 "interface", name_json(p->interface),
			 "connect", connect[p->connect],
			 "config_request", p->config_request,
			 "dpd", (json_int_t)p->dpd_seconds,
			 "nat_keepalive", (json_int_t)p->nat_keepalive_seconds,
			 "retransmit_interval", p->retransmit_base_ms / 1000.0,
			 "retransmit_tries", (json_int_t)p->retransmit_tries,
			 "lifetime", (json_int_t)p->life_seconds,
			 "force_encapsulation", p->force_encap,
			 "fragmentation", p->fragmentation,
			 "initial_contact", p->initial_contact);
}

static json_t *keyring_json(const struct ike_keyring *k)
{
	json_t *peers = json_array();

	for (size_t i = 0; i < k->n_peers; i++) {
		const struct ike_keyring_peer *p = &k->peers[i];
		char text[IKE_ADDR_STRLEN];

		json_array_append_new(peers, json_pack("{s:o, s:o, s:o}",
			"name", name_json(p->name),
			"identity", match_json(&p->match),
			"address", p->has_address ? json_string(ike_prefix_text(&p->address, text)) : json_null()));
	}
	return json_pack("{s:o, s:o}", "name", name_json(k->name), "peers", peers);
}

static json_t *ipsec_json(const struct ike_ipsec_profile *p)
{
	json_t *sets = json_array(), *pfs = json_array();

	for (size_t i = 0; i < p->n_sets; i++)
		json_array_append_new(sets, name_json(p->sets[i]->name));
	for (size_t i = 0; i < p->n_pfs; i++)
		json_array_append_new(pfs, group_json(p->pfs[i]));
	return json_pack("{s:o, s:o, s:o, s:b, s:I, s:b, s:I, s:I, s:I, s:o, s:o}",
			 "name", name_json(p->name),
			 "transform_sets", sets,
			 "pfs", pfs,
			 "pfs_required", p->pfs_required,
			 "replay_window", (json_int_t)p->replay_window,
			 "esn", p->esn,
			 "lifetime", (json_int_t)p->life_seconds,
			 "lifetime_bytes", (json_int_t)p->life_bytes,
			 "lifetime_packets", (json_int_t)p->life_packets,
			 "local_selectors", selectors_json(p->local_ts, p->n_local_ts),
			 "remote_selectors", selectors_json(p->remote_ts, p->n_remote_ts));
}

static json_t *pool_json(const struct ike_pool *p)
{
	return json_pack("{s:o, s:o, s:o}",
			 "name", name_json(p->name),
			 "first", addr_json(&p->range.first),
			 "last", addr_json(&p->range.last));
}

static json_t *authorization_json(const struct ike_authorization *a)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "name", name_json(a->name),
			 "pool4", name_json(a->pool4 ? a->pool4->name : NULL),
			 "pool6", name_json(a->pool6 ? a->pool6->name : NULL),
			 "route_set", prefixes_json(a->routes, a->n_routes),
			 "remote_route", prefixes_json(a->remote_routes, a->n_remote_routes),
			 "route_accept", prefixes_json(a->accept, a->n_accept),
			 "dns", addrs_json(a->dns, a->n_dns),
			 "domain", name_json(a->domain));
}

static json_t *template_json(const struct ike_virtual_template *t)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:I, s:b}",
			 "name", name_json(t->name),
			 "interface_pattern", name_json(t->pattern),
			 "unnumbered", name_json(t->unnumbered),
			 "vrf", name_json(t->vrf),
			 "netns", name_json(t->netns),
			 "front_vrf", name_json(t->front_vrf),
			 "mtu", (json_int_t)t->mtu,
			 "fwmark", (json_int_t)t->fwmark,
			 "trigger_queue", (json_int_t)t->trigger_queue,
			 "route_metric", (json_int_t)t->route_metric,
			 "route_table", (json_int_t)t->route_table,
			 "tcp_mss", (json_int_t)t->tcp_mss,
			 "mode", t->gre ? "gre" : "esp",
			 "gre_key", (json_int_t)t->gre_key,
			 "mtu_ignore", t->mtu_ignore);
}

#define LIST(list, n, each) ({ \
	json_t *l_ = json_array(); \
	for (size_t i_ = 0; i_ < (n); i_++) \
		json_array_append_new(l_, each(&(list)[i_])); \
	l_; })

static json_t *transform_set_json(const struct ike_transform_set *s)
{
	return json_pack("{s:o, s:o}",
			 "name", name_json(s->name),
			 "proposals", proposals_json(s->proposals, s->n_proposals));
}

json_t *control_json_policy(const struct ike_policy *p)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:{s:i, s:i, s:i, s:i}}",
			 "profiles", LIST(p->profiles, p->n_profiles, profile_json),
			 "keyrings", LIST(p->keyrings, p->n_keyrings, keyring_json),
			 "transform_sets", LIST(p->transform_sets, p->n_transform_sets, transform_set_json),
			 "ipsec_profiles", LIST(p->ipsec_profiles, p->n_ipsec_profiles, ipsec_json),
			 "pools", LIST(p->pools, p->n_pools, pool_json),
			 "authorization_policies", LIST(p->authorizations, p->n_authorizations, authorization_json),
			 "virtual_templates", LIST(p->templates, p->n_templates, template_json),
			 "ike",
			 "port", p->port,
			 "natt_port", p->natt_port,
			 "cookie_threshold", (int)p->half_open_cookie,
			 "half_open_limit", (int)p->half_open_max);
}
