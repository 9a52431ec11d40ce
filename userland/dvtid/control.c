// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The commands of the control socket: what dvtictl shows and does. Each answers from what is in memory or
 * in the kernel at that moment; nothing waits for a peer. An initiate, clear or rekey is under way when
 * it has been answered, and its outcome is an event.
 */
#include "control.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control_json.h"
#include "control_kernel.h"
#include "control_socket.h"
#include "daemon.h"
#include "kernel.h"
#include "log.h"

/* The daemon's half of a cookie in the kernel is its epoch; numbers of sessions and children are the rest. */
#define COOKIE_NUMBER(cookie) ((cookie) & UINT32_MAX)

/* Children by inbound and outbound SPI, and links by index: what the kernel's SAs are joined with. */
struct sa_index {
	json_t *children;	/* "in c0de0001 7" -> {"session":…, "interface":…, "peer":…} */
	json_t *links;		/* "12" -> name */
	json_t *list;
	const char *only;	/* name of a link, or NULL */
};

static const char *sa_key(char buf[48], bool out, uint32_t spi, uint64_t child)
{
	snprintf(buf, 48, "%s %08" PRIx32 " %" PRIu32, out ? "out" : "in", spi, (uint32_t)COOKIE_NUMBER(child));
	return buf;
}

/* Note in the log who changed what; reading is not worth a line. */
static void note(const struct control_peer *peer, const char *what)
{
	dvtid_log(IKE_LOG_NOTICE, "control-command", "control: %s (uid %u, pid %d)", what, (unsigned int)peer->uid,
		  (int)peer->pid);
}

/* 0 when the request names none. Return: false, with @error set, for one that is not a number above 0. */
static bool read_session(json_t *request, uint64_t *session, char *error, size_t size)
{
	json_t *value = json_object_get(request, "session");

	*session = 0;
	if (!value)
		return true;
	if (!json_is_integer(value) || json_integer_value(value) < 1) {
		snprintf(error, size, "\"session\" is a number, as shown by \"show sessions\"");
		return false;
	}
	*session = json_integer_value(value);
	return true;
}

static bool read_text(json_t *request, const char *name, const char **text, char *error, size_t size)
{
	json_t *value = json_object_get(request, name);

	*text = json_string_value(value);
	if (!value || *text)
		return true;
	snprintf(error, size, "\"%s\" is a string", name);
	return false;
}

struct session_list {
	json_t *list;
	uint64_t only;
	const char *profile;
};

static void visit_session(const struct ike_session_status *s, void *ctx)
{
	struct session_list *l = ctx;

	if ((l->only && s->session != l->only) || (l->profile && strcmp(l->profile, s->profile)))
		return;
	json_array_append_new(l->list, control_json_session(s));
}

static void visit_number(const struct ike_session_status *s, void *ctx)
{
	json_array_append_new(ctx, json_integer(s->session));
}

/* The error of a command on a session that is not there: says which ones are. */
static void no_session(struct dvtid *d, uint64_t session, char *error, size_t size)
{
	json_t *numbers = json_array(), *number;
	size_t len, i;

	ike_core_visit(d->core, visit_number, numbers, dvtid_now(d));
	len = snprintf(error, size, "no session %" PRIu64 "; there %s", session,
		       json_array_size(numbers) ? "are:" : "are none");
	json_array_foreach(numbers, i, number) {
		if (i == 16 && len < size)
			len += snprintf(error + len, size - len, " … (%zu in all)", json_array_size(numbers));
		if (i == 16 || len >= size)
			break;
		len += snprintf(error + len, size - len, " %" JSON_INTEGER_FORMAT, json_integer_value(number));
	}
	json_decref(numbers);
}

/* Traffic of each SA beside the child that it belongs to. */
static void visit_child_sa(const struct dvtid_sa *sa, void *ctx)
{
	char key[48];
	json_t *child = json_object_get(ctx, sa_key(key, sa->dir == DVTI_DIRECTION_OUT, sa->spi, sa->cookie));

	if (child)
		json_object_set_new(child, sa->dir == DVTI_DIRECTION_OUT ? "out" : "in", control_kernel_sa(sa));
}

/* Borrowed children of @sessions by the key of either SA. */
static json_t *index_children(json_t *sessions)
{
	json_t *index = json_object(), *session, *child;
	char key[48];
	size_t i, j;

	json_array_foreach(sessions, i, session) {
		json_array_foreach(json_object_get(session, "children"), j, child) {
			uint64_t number = json_integer_value(json_object_get(child, "child"));
			uint32_t in = strtoul(json_string_value(json_object_get(child, "spi_in")), NULL, 16);
			uint32_t out = strtoul(json_string_value(json_object_get(child, "spi_out")), NULL, 16);

			json_object_set(index, sa_key(key, false, in, number), child);
			json_object_set(index, sa_key(key, true, out, number), child);
		}
	}
	return index;
}

static json_t *show_sessions(void *ctx, json_t *request, const struct control_peer *peer, char *error, size_t size)
{
	struct dvtid *d = ctx;
	struct session_list l = { .list = NULL };
	char reason[DVTID_REASON_MAX] = "";
	json_t *reply, *index;

	if (!read_session(request, &l.only, error, size) || !read_text(request, "profile", &l.profile, error, size))
		return NULL;
	l.list = json_array();
	ike_core_visit(d->core, visit_session, &l, dvtid_now(d));
	if (l.only && !json_array_size(l.list)) {
		no_session(d, l.only, error, size);
		json_decref(l.list);
		return NULL;
	}
	reply = json_pack("{s:o}", "sessions", l.list);
	if (!json_is_true(json_object_get(request, "detail")))
		return reply;
	index = index_children(l.list);
	if (dvtid_kernel_sas(d->kernel, NULL, 0, visit_child_sa, index, reason, sizeof(reason)) < 0)
		json_object_set_new(reply, "warning", json_sprintf("traffic of the SAs is not known: %s", reason));
	json_decref(index);
	return reply;
}

static void visit_link_name(const struct dvtid_link *link, void *ctx)
{
	char key[16];

	snprintf(key, sizeof(key), "%" PRIu32, link->ifindex);
	json_object_set_new(ctx, key, json_string(link->ifname));
}

static void visit_owner(const struct ike_session_status *s, void *ctx)
{
	char key[48], id[IKE_ID_STRLEN] = "";
	json_t *owner;

	if (s->peer_id.type != IKE_ID_NONE)
		ike_id_text(&s->peer_id, id);
	for (size_t i = 0; i < s->n_children; i++) {
		const struct ike_child_status *c = &s->children[i];

		owner = json_pack("{s:I, s:s?, s:s*, s:s?}", "session", (json_int_t)s->session,
				  "interface", s->ifname, "remote_id", *id ? id : NULL,
				  "suite", c->suite ? c->suite->name : NULL);
		json_object_set(ctx, sa_key(key, false, c->spi_in, c->child), owner);
		json_object_set(ctx, sa_key(key, true, c->spi_out, c->child), owner);
		json_decref(owner);
	}
}

static void visit_sa(const struct dvtid_sa *sa, void *ctx)
{
	struct sa_index *index = ctx;
	json_t *entry, *name, *owner;
	char key[48], number[16];

	snprintf(number, sizeof(number), "%" PRIu32, sa->ifindex);
	name = json_object_get(index->links, number);
	owner = json_object_get(index->children,
				sa_key(key, sa->dir == DVTI_DIRECTION_OUT, sa->spi, sa->cookie));
	if (json_string_value(json_object_get(owner, "interface")))
		name = json_object_get(owner, "interface");
	if (index->only && (!name || strcmp(json_string_value(name), index->only)))
		return;
	entry = control_kernel_sa(sa);
	json_object_set_new(entry, "session", json_null());
	if (owner)
		json_object_update(entry, owner);
	json_object_set(entry, "interface", name ? name : json_null());
	json_array_append_new(index->list, entry);
}

static json_t *show_sa(void *ctx, json_t *request, const struct control_peer *peer, char *error, size_t size)
{
	struct dvtid *d = ctx;
	struct sa_index index = { .only = NULL };
	json_t *reply = NULL;

	if (!read_text(request, "link", &index.only, error, size))
		return NULL;
	index.children = json_object();
	index.links = json_object();
	index.list = json_array();
	ike_core_visit(d->core, visit_owner, index.children, dvtid_now(d));
	if (dvtid_kernel_links(d->kernel, visit_link_name, index.links, error, size) < 0 ||
	    dvtid_kernel_sas(d->kernel, NULL, 0, visit_sa, &index, error, size) < 0)
		goto out;
	reply = json_pack("{s:O}", "sas", index.list);
out:
	json_decref(index.children);
	json_decref(index.links);
	json_decref(index.list);
	return reply;
}

struct link_list {
	json_t *list;
	const char *only;
	json_t *names;		/* interface -> {"session":…, "remote_id":…} */
};

static void visit_link_session(const struct ike_session_status *s, void *ctx)
{
	char id[IKE_ID_STRLEN] = "";

	if (!s->ifname || !*s->ifname)
		return;
	if (s->peer_id.type != IKE_ID_NONE)
		ike_id_text(&s->peer_id, id);
	json_object_set_new(ctx, s->ifname, json_pack("{s:I, s:s*}", "session", (json_int_t)s->session, "remote_id",
						      *id ? id : NULL));
}

static void visit_link(const struct dvtid_link *link, void *ctx)
{
	struct link_list *l = ctx;
	json_t *entry, *owner;

	if (l->only && strcmp(l->only, link->ifname))
		return;
	entry = control_kernel_link(link);
	json_object_set_new(entry, "session", json_null());
	owner = link->role == DVTI_ROLE_VIRTUAL_TEMPLATE ? NULL : json_object_get(l->names, link->ifname);
	if (owner)
		json_object_update(entry, owner);
	json_array_append_new(l->list, entry);
}

static json_t *links_json(struct dvtid *d, const char *only, char *error, size_t size)
{
	struct link_list l = { .list = json_array(), .only = only, .names = json_object() };
	int rc;

	ike_core_visit(d->core, visit_link_session, l.names, dvtid_now(d));
	rc = dvtid_kernel_links(d->kernel, visit_link, &l, error, size);
	json_decref(l.names);
	if (rc < 0) {
		json_decref(l.list);
		return NULL;
	}
	if (only && !json_array_size(l.list)) {
		snprintf(error, size, "no dvti link \"%.16s\" has its underlay in the daemon's network namespace", only);
		json_decref(l.list);
		return NULL;
	}
	return l.list;
}

static json_t *show_links(void *ctx, json_t *request, const struct control_peer *peer, char *error, size_t size)
{
	const char *only;
	json_t *list;

	if (!read_text(request, "link", &only, error, size))
		return NULL;
	list = links_json(ctx, only, error, size);
	return list ? json_pack("{s:o}", "links", list) : NULL;
}

static json_t *show_counters(void *ctx, json_t *request, const struct control_peer *peer, char *error, size_t size)
{
	struct dvtid *d = ctx;
	const char *only;
	json_t *list;

	if (!read_text(request, "link", &only, error, size))
		return NULL;
	list = links_json(d, only, error, size);
	if (!list)
		return NULL;
	if (only)
		return json_pack("{s:o}", "links", list);
	return json_pack("{s:o, s:o}", "ike", control_json_counters(ike_core_counters(d->core)), "links", list);
}

static void visit_failure(const struct dvtid_failure *f, void *ctx)
{
	struct ike_log_event event = {
		.level = f->level,
		.name = f->name,
		.text = (char *)f->text,
	};
	json_t *entry;

	snprintf(event.peer, sizeof(event.peer), "%s", f->peer);
	snprintf(event.peer_id, sizeof(event.peer_id), "%s", f->peer_id);
	snprintf(event.profile, sizeof(event.profile), "%s", f->profile);
	entry = control_json_event(&event, (uint64_t)f->when * 1000);
	json_object_set_new(entry, "count", json_integer(f->count));
	json_array_append_new(ctx, entry);
}

static json_t *show_failures(void *ctx, json_t *request, const struct control_peer *peer, char *error, size_t size)
{
	json_t *list = json_array();

	dvtid_failures_visit(visit_failure, list);
	return json_pack("{s:o}", "failures", list);
}

static json_t *show_configuration(void *ctx, json_t *request, const struct control_peer *peer, char *error, size_t size)
{
	struct dvtid *d = ctx;
	json_t *policy = control_json_policy(d->policy);

	return policy ? json_pack("{s:s, s:o}", "file", d->opts.config, "configuration", policy) : NULL;
}

static json_t *show_profiles(void *ctx, json_t *request, const struct control_peer *peer, char *error, size_t size)
{
	struct dvtid *d = ctx;
	json_t *policy = control_json_policy(d->policy);
	json_t *reply = policy ? json_pack("{s:O}", "profiles", json_object_get(policy, "profiles")) : NULL;

	json_decref(policy);
	return reply;
}

static json_t *show_daemon(void *ctx, json_t *request, const struct control_peer *peer, char *error, size_t size)
{
	struct dvtid *d = ctx;
	uint64_t now = dvtid_now(d);
	struct session_list l = { .list = json_array() };
	json_t *reply;

	ike_core_visit(d->core, visit_number, l.list, now);
	reply = json_pack("{s:s, s:i, s:s, s:I, s:I, s:I, s:I, s:I, s:b}",
			  "version", DVTID_VERSION,
			  "pid", (int)getpid(),
			  "file", d->opts.config,
			  "uptime", (json_int_t)((now - d->started) / 1000),
			  "configuration_age", (json_int_t)((now - d->reloaded) / 1000),
			  "reloads", (json_int_t)d->reloads,
			  "reloads_refused", (json_int_t)d->reloads_refused,
			  "sessions", (json_int_t)json_array_size(l.list),
			  "stopping", d->stopping);
	json_decref(l.list);
	return reply;
}

static bool refuse_stopping(const struct dvtid *d, char *error, size_t size)
{
	if (d->stopping)
		snprintf(error, size, "the daemon is stopping");
	return d->stopping;
}

static json_t *initiate(void *ctx, json_t *request, const struct control_peer *peer, char *error, size_t size)
{
	struct dvtid *d = ctx;
	const struct ike_profile *profile;
	const char *name;
	size_t len;
	char what[128];

	if (!read_text(request, "profile", &name, error, size) || refuse_stopping(d, error, size))
		return NULL;
	if (!name) {
		snprintf(error, size, "initiate: \"profile\" is missing");
		return NULL;
	}
	profile = ike_policy_profile(d->policy, name);
	if (!profile) {
		len = snprintf(error, size, "no ikev2-profile \"%.64s\" in %s; there %s", name, d->opts.config,
			       d->policy->n_profiles ? "are:" : "are none");
		for (size_t i = 0; i < d->policy->n_profiles && len < size; i++)
			len += snprintf(error + len, size - len, " %s", d->policy->profiles[i].name);
		return NULL;
	}
	if (!*profile->peer) {
		snprintf(error, size, "ikev2-profile \"%s\" names no peer to dial: set its option \"peer\"", name);
		return NULL;
	}
	snprintf(what, sizeof(what), "initiate profile %s", name);
	note(peer, what);
	if (!ike_core_initiate(d->core, name, dvtid_now(d))) {
		snprintf(error, size, "ikev2-profile \"%s\" cannot be initiated", name);
		return NULL;
	}
	dvtid_core_run(d);
	return json_pack("{s:s}", "profile", name);
}

static json_t *clear(void *ctx, json_t *request, const struct control_peer *peer, char *error, size_t size)
{
	struct dvtid *d = ctx;
	bool all = json_is_true(json_object_get(request, "all"));
	unsigned int n;
	uint64_t session;
	char what[64];

	if (!read_session(request, &session, error, size))
		return NULL;
	if (all == !!session) {
		snprintf(error, size, "clear: name either a session or all of them");
		return NULL;
	}
	if (all)
		snprintf(what, sizeof(what), "clear all sessions");
	else
		snprintf(what, sizeof(what), "clear session %" PRIu64, session);
	note(peer, what);
	n = ike_core_clear(d->core, session, dvtid_now(d));
	dvtid_core_run(d);
	if (session && !n) {
		no_session(d, session, error, size);
		return NULL;
	}
	return json_pack("{s:i}", "cleared", (int)n);
}

static json_t *rekey(void *ctx, json_t *request, const struct control_peer *peer, char *error, size_t size)
{
	struct dvtid *d = ctx;
	struct session_list l;
	const char *what;
	uint64_t session;
	char text[96];
	bool ike;

	if (!read_session(request, &session, error, size) || !read_text(request, "what", &what, error, size) ||
	    refuse_stopping(d, error, size))
		return NULL;
	what = what ? what : "child";
	ike = !strcmp(what, "ike");
	if (!session || (!ike && strcmp(what, "child"))) {
		snprintf(error, size, "rekey: needs a session, and \"what\" is ike or child");
		return NULL;
	}
	snprintf(text, sizeof(text), "rekey the %s SA of session %" PRIu64, ike ? "IKE" : "Child", session);
	note(peer, text);
	if (ike_core_rekey(d->core, session, ike, dvtid_now(d))) {
		dvtid_core_run(d);
		return json_pack("{s:I, s:s}", "session", (json_int_t)session, "what", what);
	}
	l = (struct session_list){ .list = json_array(), .only = session };
	ike_core_visit(d->core, visit_session, &l, dvtid_now(d));
	if (json_array_size(l.list))
		snprintf(error, size, "session %" PRIu64 " cannot be rekeyed now: it is %s", session,
			 json_string_value(json_object_get(json_array_get(l.list, 0), "state")));
	else
		no_session(d, session, error, size);
	json_decref(l.list);
	return NULL;
}

static json_t *reload(void *ctx, json_t *request, const struct control_peer *peer, char *error, size_t size)
{
	struct dvtid *d = ctx;

	if (refuse_stopping(d, error, size))
		return NULL;
	note(peer, "reload the configuration");
	if (!dvtid_reload(d, error, size))
		return NULL;
	return json_pack("{s:s, s:I}", "file", d->opts.config, "profiles", (json_int_t)d->policy->n_profiles);
}

static json_t *set_link(void *ctx, json_t *request, const struct control_peer *peer, char *error, size_t size)
{
	struct dvtid *d = ctx;
	struct dvtid_link link = { .has = DVTID_LINK_IFNAME };
	const char *name, *netns;
	struct dvtid_ns *ns;
	char what[64];

	if (!read_text(request, "link", &name, error, size) || !read_text(request, "netns", &netns, error, size) ||
	    refuse_stopping(d, error, size))
		return NULL;
	if (!name || !*name || strlen(name) >= sizeof(link.ifname)) {
		snprintf(error, size, "set-link: \"link\" is the name of a link, at most %zu octets",
			 sizeof(link.ifname) - 1);
		return NULL;
	}
	strcpy(link.ifname, name);
	if (!control_kernel_link_settings(json_object_get(request, "settings"), &link, error, size))
		return NULL;
	ns = dvtid_kernel_ns(d->kernel, netns, error, size);
	if (!ns)
		return NULL;
	snprintf(what, sizeof(what), "set link %s", name);
	note(peer, what);
	if (dvtid_kernel_link_set(ns, &link, error, size) < 0)
		return NULL;
	return json_pack("{s:s}", "link", name);
}

static const struct control_command commands[] = {
	{ "show-sessions", "session profile detail", show_sessions },
	{ "show-sa", "link", show_sa },
	{ "show-links", "link", show_links },
	{ "show-counters", "link", show_counters },
	{ "show-failures", "", show_failures },
	{ "show-configuration", "", show_configuration },
	{ "show-profiles", "", show_profiles },
	{ "show-daemon", "", show_daemon },
	{ "initiate", "profile", initiate },
	{ "clear", "session all", clear },
	{ "rekey", "session what", rekey },
	{ "reload", "", reload },
	{ "set-link", "link netns settings", set_link },
	{ NULL, NULL, NULL },
};

static void monitor_sink(const struct ike_log_event *event, void *ctx)
{
	control_socket_event(ctx, event);
}

int dvtid_control_open(struct dvtid *d, char *reason, size_t size)
{
	d->control = control_socket_open(&d->loop, d->opts.control, commands, d, reason, size);
	if (!d->control)
		return -EIO;
	dvtid_log_subscribe(monitor_sink, d->control);
	return 0;
}

void dvtid_control_close(struct dvtid *d)
{
	dvtid_log_subscribe(NULL, NULL);
	control_socket_close(d->control);
	d->control = NULL;
}
