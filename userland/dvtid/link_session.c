// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Files of the state folder: sessions/COOKIE.json, each replaced as a whole, so that a crash leaves either
 * the old or the new one. The folder is on tmpfs: what it describes does not outlive a boot either.
 */
#include "link_session.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

#define FOLDER "sessions"

void link_session_free(struct link_session *s)
{
	free(s->routes);
	free(s);
}

static json_t *address_to_json(const struct ike_addr *a)
{
	char text[IKE_ADDR_STRLEN];

	return a->family ? json_string(ike_addr_text(a, text)) : json_null();
}

static json_t *addresses_to_json(const struct ike_addr *a, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, address_to_json(&a[i]));
	return list;
}

static json_t *route_to_json(const struct dvtid_route *r)
{
	char text[IKE_ADDR_STRLEN];

	return json_pack("{s:s, s:o, s:o, s:i, s:I, s:I}", "to", ike_prefix_text(&r->to, text), "gateway",
			 address_to_json(&r->gateway), "source", address_to_json(&r->source), "ifindex", (int)r->ifindex,
			 "table", (json_int_t)r->table, "metric", (json_int_t)r->metric);
}

static json_t *session_to_json(const struct link_session *s)
{
	json_t *routes = json_array(), *o;
	char id[2 * IKE_ID_MAX + 1];

	for (size_t i = 0; i < s->peer_id.len; i++)
		snprintf(id + 2 * i, 3, "%02x", s->peer_id.data[i]);
	id[2 * s->peer_id.len] = '\0';
	for (size_t i = 0; i < s->n_routes; i++)
		json_array_append_new(routes, route_to_json(&s->routes[i]));
	o = json_pack("{s:I, s:b, s:s, s:s, s:s, s:i, s:s, s:o, s:o, s:o}", "cookie", (json_int_t)s->cookie, "fixed",
		      s->fixed, "profile", s->profile, "ifname", s->ifname, "netns", s->netns, "peer_id_type",
		      s->peer_id.type, "peer_id", id, "our_addresses", addresses_to_json(s->our_addrs, s->n_our_addrs),
		      "peer_addresses", addresses_to_json(s->peer_addrs, s->n_peer_addrs), "routes", routes);
	if (o && s->pinned)
		json_object_set_new(o, "pin", route_to_json(&s->pin));
	return o;
}

static bool path_of(const char *state_dir, uint64_t cookie, const char *suffix, char *path, size_t size)
{
	return snprintf(path, size, "%s/" FOLDER "/%016" PRIx64 "%s", state_dir, cookie, suffix) < (int)size;
}

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t len = strlen(text);
	bool ok;

	if (fd < 0)
		return false;
	ok = write(fd, text, len) == (ssize_t)len;
	return !close(fd) && ok;
}

void link_session_save(const char *state_dir, const struct link_session *s)
{
	char folder[4096], path[4096], fresh[4096];
	json_t *o = session_to_json(s);
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;

	json_decref(o);
	snprintf(folder, sizeof(folder), "%s/" FOLDER, state_dir);
	if (!text || !path_of(state_dir, s->cookie, ".json", path, sizeof(path)) ||
	    !path_of(state_dir, s->cookie, ".new", fresh, sizeof(fresh)) || (mkdir(folder, 0700) && errno != EEXIST) ||
	    !write_file(fresh, text) || rename(fresh, path))
		dvtid_log(IKE_LOG_WARNING, "state-not-saved",
			  "link %s cannot be adopted after a crash, because its file in %s was not written: %s", s->ifname,
			  folder, strerror(errno));
	free(text);
}

void link_session_remove(const char *state_dir, const struct link_session *s)
{
	char path[4096];

	if (path_of(state_dir, s->cookie, ".json", path, sizeof(path)))
		unlink(path);
}

static bool address_from_json(const json_t *v, struct ike_addr *a)
{
	memset(a, 0, sizeof(*a));
	return json_is_null(v) || (json_is_string(v) && ike_addr_parse(a, json_string_value(v)));
}

static bool addresses_from_json(const json_t *list, struct ike_addr *a, size_t max, size_t *n)
{
	if (!json_is_array(list) || json_array_size(list) > max)
		return false;
	for (*n = 0; *n < json_array_size(list); ++*n)
		if (!address_from_json(json_array_get(list, *n), &a[*n]) || !a[*n].family)
			return false;
	return true;
}

static bool route_from_json(json_t *v, struct dvtid_route *r)
{
	json_t *gateway, *source;
	json_int_t table, metric;
	const char *to;
	int ifindex;

	memset(r, 0, sizeof(*r));
	if (json_unpack(v, "{s:s, s:o, s:o, s:i, s:I, s:I}", "to", &to, "gateway", &gateway, "source", &source, "ifindex",
			&ifindex, "table", &table, "metric", &metric) ||
	    !ike_prefix_parse(&r->to, to) || !address_from_json(gateway, &r->gateway) ||
	    !address_from_json(source, &r->source))
		return false;
	r->ifindex = ifindex;
	r->table = table;
	r->metric = metric;
	return true;
}

static bool id_from_hex(const char *hex, int type, struct ike_id *id)
{
	size_t len = strlen(hex) / 2;

	if (len > IKE_ID_MAX || strlen(hex) % 2 || strspn(hex, "0123456789abcdef") != strlen(hex))
		return false;
	memset(id, 0, sizeof(*id));
	id->type = type;
	id->len = len;
	for (size_t i = 0; i < len; i++) {
		unsigned int octet;

		sscanf(hex + 2 * i, "%2x", &octet);
		id->data[i] = octet;
	}
	return true;
}

static bool session_from_json(json_t *o, struct link_session *s)
{
	const char *profile, *ifname, *netns, *id;
	json_t *ours, *theirs, *routes, *pin = NULL;
	json_int_t cookie;
	int fixed, id_type;

	if (json_unpack(o, "{s:I, s:b, s:s, s:s, s:s, s:i, s:s, s:o, s:o, s:o, s?o}", "cookie", &cookie, "fixed", &fixed,
			"profile", &profile, "ifname", &ifname, "netns", &netns, "peer_id_type", &id_type, "peer_id", &id,
			"our_addresses", &ours, "peer_addresses", &theirs, "routes", &routes, "pin", &pin) ||
	    cookie <= 0 || strlen(profile) >= sizeof(s->profile) || strlen(ifname) >= sizeof(s->ifname) ||
	    strlen(netns) >= sizeof(s->netns) || strchr(netns, '/') || !id_from_hex(id, id_type, &s->peer_id) ||
	    !addresses_from_json(ours, s->our_addrs, 4, &s->n_our_addrs) ||
	    !addresses_from_json(theirs, s->peer_addrs, 4, &s->n_peer_addrs) || !json_is_array(routes))
		return false;
	s->cookie = cookie;
	s->fixed = fixed;
	strcpy(s->profile, profile);
	strcpy(s->ifname, ifname);
	strcpy(s->netns, netns);
	s->routes = calloc(json_array_size(routes) + 1, sizeof(*s->routes));
	if (!s->routes)
		abort();
	for (; s->n_routes < json_array_size(routes); s->n_routes++)
		if (!route_from_json(json_array_get(routes, s->n_routes), &s->routes[s->n_routes]))
			return false;
	s->pinned = pin;
	return !pin || route_from_json(pin, &s->pin);
}

void link_session_load(const char *state_dir, void (*loaded)(struct link_session *s, void *ctx), void *ctx)
{
	char folder[4096], path[4096 + 256];
	struct dirent *entry;
	DIR *dir;

	snprintf(folder, sizeof(folder), "%s/" FOLDER, state_dir);
	dir = opendir(folder);
	if (!dir)
		return; /* the first start since boot */
	while ((entry = readdir(dir))) {
		struct link_session *s;
		json_t *o;

		if (*entry->d_name == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		s = calloc(1, sizeof(*s));
		if (!s)
			abort();
		o = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
		if (o && session_from_json(o, s)) {
			loaded(s, ctx);
		} else {
			unlink(path);
			link_session_free(s);
		}
		json_decref(o);
	}
	closedir(dir);
}
