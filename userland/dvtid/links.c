// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Numbers of sessions and Child SAs start anew with each daemon, but links outlive it. So the cookies that the
 * kernel keeps have a random epoch of this daemon above the number.
 */
#include "links.h"

#include <errno.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "link_plan.h"
#include "link_removal.h"
#include "link_session.h"
#include "log.h"
#include "nl.h"

#define ADOPT_MS (5 * 60 * 1000) /* a spoke that has lost its hub is back well before */

struct dvtid_links {
	struct dvtid_kernel *kernel;
	const char *state_dir;
	uint64_t epoch;
	struct link_session *sessions;
	struct link_removal removal;
};

static uint64_t to_cookie(const struct dvtid_links *links, uint64_t number)
{
	return links->epoch << 32 | number;
}

static uint64_t from_cookie(const struct dvtid_links *links, uint64_t cookie)
{
	return cookie >> 32 == links->epoch ? cookie & UINT32_MAX : 0;
}

static struct link_session *find(const struct dvtid_links *links, uint64_t cookie)
{
	struct link_session *s;

	HASH_FIND(hh, links->sessions, &cookie, sizeof(cookie), s);
	return s;
}

static void insert(struct dvtid_links *links, struct link_session *s)
{
	HASH_ADD(hh, links->sessions, cookie, sizeof(s->cookie), s);
}

static void forget(struct dvtid_links *links, struct link_session *s)
{
	link_session_remove(links->state_dir, s);
	HASH_DEL(links->sessions, s);
	link_session_free(s);
}

struct dvtid_links *dvtid_links_new(struct dvtid_kernel *kernel, const char *state_dir)
{
	struct dvtid_links *links = calloc(1, sizeof(*links));

	if (!links)
		abort();
	links->kernel = kernel;
	links->state_dir = state_dir;
	do {
		if (RAND_bytes((unsigned char *)&links->epoch, sizeof(links->epoch)) != 1)
			abort();
		links->epoch &= INT32_MAX; /* a cookie fits a signed 64-bit integer, as JSON has it */
	} while (!links->epoch);
	return links;
}

void dvtid_links_free(struct dvtid_links *links)
{
	struct link_session *s, *tmp;

	if (!links)
		return;
	HASH_ITER(hh, links->sessions, s, tmp) {
		HASH_DEL(links->sessions, s);
		link_session_free(s);
	}
	free(links);
}

static void name_link(struct dvtid_link *l, const char *name)
{
	size_t len = strnlen(name, sizeof(l->ifname) - 1);

	memcpy(l->ifname, name, len);
	l->ifname[len] = '\0';
	l->has |= DVTID_LINK_IFNAME;
}

static int template_settings(struct dvtid_links *links, const struct ike_virtual_template *t, struct dvtid_link *l,
			     char *reason, size_t size)
{
	*l = (struct dvtid_link){
		.has = DVTID_LINK_MTU | DVTID_LINK_DF | DVTID_LINK_DSCP | DVTID_LINK_TTL | DVTID_LINK_FWMARK |
		       DVTID_LINK_UNDERLAY | DVTID_LINK_TRIGGER_QUEUE | DVTID_LINK_TCP_MSS | DVTID_LINK_MODE |
		       DVTID_LINK_FRAGMENT | DVTID_LINK_MTU_IGNORE | DVTID_LINK_GRE_KEY | DVTID_LINK_TTL_INHERIT,
		.mtu = t->mtu, .df = t->df, .dscp = t->dscp, .dscp_value = t->dscp_value, .ttl = t->ttl,
		.ttl_inherit = t->ttl_inherit, .fwmark = t->fwmark, .trigger_queue = t->trigger_queue, .tcp_mss = t->tcp_mss,
		.fragment = t->fragment, .mtu_ignore = t->mtu_ignore, .gre_key = t->gre_key,
		.mode = t->gre ? DVTI_TUNNEL_MODE_GRE : DVTI_TUNNEL_MODE_ESP,
	};
	if (t->dscp == DVTI_DSCP_POLICY_FIXED)
		l->has |= DVTID_LINK_DSCP_VALUE;
	if (!*t->front_vrf)
		return 0;
	l->underlay_ifindex = dvtid_route_ifindex(dvtid_kernel_ns(links->kernel, NULL, reason, size), t->front_vrf, reason,
						  size);
	return l->underlay_ifindex ? 0 : -ENODEV;
}

/* Make the template's link if it is not there; @set also brings it to the configuration if it is. */
static int ensure_template(struct dvtid_links *links, const struct ike_virtual_template *t, bool set, uint32_t *ifindex,
			   char *reason, size_t size)
{
	struct dvtid_ns *home = dvtid_kernel_ns(links->kernel, NULL, reason, size);
	struct dvtid_link have = { 0 }, want;
	char why[DVTID_REASON_SIZE];
	int err;

	name_link(&have, t->name);
	err = dvtid_kernel_link_get(home, &have, why, sizeof(why));
	if (!err && have.role != DVTI_ROLE_VIRTUAL_TEMPLATE) {
		snprintf(reason, size, "virtual-template \"%s\": a link of that name exists and is no virtual-template", t->name);
		return -EEXIST;
	}
	if (!err && !set) {
		*ifindex = have.ifindex;
		return 0;
	}
	if (template_settings(links, t, &want, why, sizeof(why)))
		goto fail;
	if (err) {
		name_link(&want, t->name);
		want.role = DVTI_ROLE_VIRTUAL_TEMPLATE;
		want.has |= DVTID_LINK_ROLE;
		err = dvtid_kernel_link_new(links->kernel, NULL, &want, NULL, 0, why, sizeof(why));
		have.ifindex = want.ifindex;
	} else {
		want.ifindex = have.ifindex;
		want.has |= DVTID_LINK_IFINDEX;
		err = dvtid_kernel_link_set(home, &want, why, sizeof(why));
	}
	if (err)
		goto fail;
	*ifindex = have.ifindex;
	return 0;

fail:
	snprintf(reason, size, "virtual-template \"%s\": %s", t->name, why);
	return err ? err : -ENODEV;
}

static int ensure_static(struct dvtid_links *links, const struct ike_profile *profile, uint32_t *ifindex, char *reason,
			 size_t size)
{
	struct dvtid_ns *home = dvtid_kernel_ns(links->kernel, NULL, reason, size);
	struct dvtid_link have = { 0 }, want = {
		.has = DVTID_LINK_ROLE | DVTID_LINK_UP | DVTID_LINK_TRIGGER_QUEUE | DVTID_LINK_TCP_MSS | DVTID_LINK_MODE,
		.role = DVTI_ROLE_STATIC, .trigger_queue = 64, .tcp_mss = 1,
		.mode = profile->gre ? DVTI_TUNNEL_MODE_GRE : DVTI_TUNNEL_MODE_ESP,
	};
	const char *ifname = profile->interface;
	char why[DVTID_REASON_SIZE];
	int err;

	name_link(&have, ifname);
	if (!dvtid_kernel_link_get(home, &have, why, sizeof(why))) {
		*ifindex = have.ifindex;
		if (have.role != DVTI_ROLE_STATIC) {
			snprintf(reason, size, "interface \"%s\" is no static link", ifname);
			return -EEXIST;
		}
		if (have.mode == want.mode)
			return 0;
		/* Whoever made the link chose the rest of its settings. */
		want.has = DVTID_LINK_IFINDEX | DVTID_LINK_MODE;
		want.ifindex = have.ifindex;
		err = dvtid_kernel_link_set(home, &want, why, sizeof(why));
	} else {
		name_link(&want, ifname);
		err = dvtid_kernel_link_new(links->kernel, NULL, &want, NULL, 0, why, sizeof(why));
		*ifindex = want.ifindex;
	}
	if (err)
		snprintf(reason, size, "interface \"%s\": %s", ifname, why);
	return err;
}

int dvtid_links_prepare(struct dvtid_links *links, const struct ike_policy *policy, char *reason, size_t size)
{
	uint32_t ifindex;
	int err = 0;

	for (size_t i = 0; i < policy->n_templates && !err; i++)
		err = ensure_template(links, &policy->templates[i], true, &ifindex, reason, size);
	for (size_t i = 0; i < policy->n_templates && !err; i++)
		if (!dvtid_kernel_ns(links->kernel, policy->templates[i].netns, reason, size))
			err = -ENOENT;
	for (size_t i = 0; i < policy->n_profiles && !err; i++)
		if (*policy->profiles[i].interface)
			err = ensure_static(links, &policy->profiles[i], &ifindex, reason, size);
	return err;
}

/* Ends and encapsulation of the tunnel, as the session has them now. */
static void set_ends(struct dvtid_link *l, const struct ike_kernel_request *req)
{
	l->local = req->local;
	l->remote = req->remote;
	l->encap = req->encap ? DVTI_ENCAP_UDP : DVTI_ENCAP_NONE;
	l->has |= DVTID_LINK_LOCAL | DVTID_LINK_REMOTE | DVTID_LINK_ENCAP;
}

static int set_ends_of(struct dvtid_ns *ns, uint32_t ifindex, const struct ike_kernel_request *req, uint64_t cookie,
		       char *reason, size_t size)
{
	struct dvtid_link l = { .has = DVTID_LINK_IFINDEX | DVTID_LINK_COOKIE, .ifindex = ifindex, .cookie = cookie };

	set_ends(&l, req);
	return dvtid_kernel_link_set(ns, &l, reason, size);
}

static int make_access(struct dvtid_links *links, struct link_session *s, struct dvtid_ns *ns,
		       const struct ike_kernel_request *req, char *reason, size_t size)
{
	const struct ike_virtual_template *t = req->profile->tmpl;
	struct dvtid_link l = {
		.has = DVTID_LINK_TEMPLATE | DVTID_LINK_COOKIE | DVTID_LINK_UP, .cookie = s->cookie,
	};
	int err;

	err = ensure_template(links, t, false, &l.template_ifindex, reason, size);
	if (err)
		return err;
	name_link(&l, t->pattern);
	set_ends(&l, req);
	if (*t->vrf) {
		l.master_ifindex = dvtid_route_ifindex(ns, t->vrf, reason, size);
		l.has |= DVTID_LINK_MASTER;
		if (!l.master_ifindex)
			return -ENODEV;
	}
	err = dvtid_kernel_link_new(links->kernel, ns, &l, req, to_cookie(links, req->child), reason, size);
	s->ifindex = l.ifindex;
	memcpy(s->ifname, l.ifname, sizeof(s->ifname));
	return err;
}

static int use_static(struct dvtid_links *links, struct link_session *s, struct dvtid_ns *ns,
		      const struct ike_kernel_request *req, char *reason, size_t size)
{
	int err = ensure_static(links, req->profile, &s->ifindex, reason, size);

	snprintf(s->ifname, sizeof(s->ifname), "%s", req->profile->interface);
	if (!err)
		err = set_ends_of(ns, s->ifindex, req, s->cookie, reason, size);
	if (!err)
		err = dvtid_kernel_sa_new(ns, s->ifindex, req, true, true, to_cookie(links, req->child), reason, size);
	return err;
}

struct stale {
	struct dvtid_ns *ns;
	uint64_t keep;          /* cookie of the Child SA in use */
	uint32_t spis[64];
	size_t n;
};

static void note_stale(const struct dvtid_sa *sa, void *ctx)
{
	struct stale *stale = ctx;

	if (sa->dir == DVTI_DIRECTION_IN && sa->cookie != stale->keep && stale->n < 64)
		stale->spis[stale->n++] = sa->spi;
}

/* Inbound SAs of the daemon's former life, which the peer no longer uses once it has new ones. */
static void drop_stale(struct dvtid_links *links, const struct link_session *s, struct dvtid_ns *ns, uint64_t keep)
{
	struct stale stale = { .ns = ns, .keep = keep };
	char why[DVTID_REASON_SIZE];

	dvtid_kernel_sas(links->kernel, ns, s->ifindex, note_stale, &stale, why, sizeof(why));
	for (size_t i = 0; i < stale.n; i++)
		dvtid_kernel_sa_del(ns, s->ifindex, stale.spis[i], 0, why, sizeof(why));
}

/* Put new SAs on a link that is there already, and let it follow the peer. */
static int reuse(struct dvtid_links *links, struct link_session *s, struct dvtid_ns *ns,
		 const struct ike_kernel_request *req, char *reason, size_t size)
{
	uint64_t child = to_cookie(links, req->child);
	int err = set_ends_of(ns, s->ifindex, req, s->cookie, reason, size);

	if (!err)
		err = dvtid_kernel_sa_new(ns, s->ifindex, req, true, true, child, reason, size);
	if (!err && s->survivor) {
		drop_stale(links, s, ns, child);
		s->survivor = false;
	}
	return err;
}

/* Is the survivor's link still what its record says? A change of profile or netns makes it useless. */
static bool survivor_fits(struct dvtid_links *links, struct link_session *s, const struct ike_kernel_request *req)
{
	const char *netns = req->profile->tmpl ? req->profile->tmpl->netns : "";
	char why[DVTID_REASON_SIZE];
	struct dvtid_ns *ns;
	struct dvtid_link l = { 0 };

	if (strcmp(s->netns, netns) || s->fixed != !!*req->profile->interface ||
	    (s->fixed && strcmp(s->ifname, req->profile->interface)))
		return false;
	ns = dvtid_kernel_ns(links->kernel, netns, why, sizeof(why));
	name_link(&l, s->ifname);
	if (!ns || dvtid_kernel_link_get(ns, &l, why, sizeof(why)) || l.cookie != s->cookie)
		return false;
	s->ifindex = l.ifindex;
	return true;
}

/* Remove a pinned route of the underlay unless a session needs it still. */
static void unpin(struct dvtid_links *links, const struct dvtid_route *pin)
{
	char why[DVTID_REASON_SIZE];
	struct link_session *o, *tmp;
	struct dvtid_nl_batch *b;

	HASH_ITER(hh, links->sessions, o, tmp)
		if (o->pinned && ike_addr_same_host(&o->pin.to.addr, &pin->to.addr))
			return;
	b = dvtid_nl_batch_new(dvtid_kernel_ns(links->kernel, NULL, why, sizeof(why))->route);
	dvtid_route_del(b, pin);
	dvtid_nl_batch_run(b, why, sizeof(why));
}

static void unpin_session(struct dvtid_links *links, struct link_session *s)
{
	if (!s->pinned)
		return;
	s->pinned = false;
	unpin(links, &s->pin);
}

static int take_down(struct dvtid_links *links, struct link_session *s, char *reason, size_t size)
{
	struct dvtid_ns *ns = dvtid_kernel_ns(links->kernel, s->netns, reason, size);
	int err = 0;

	unpin_session(links, s);
	if (!ns) {
		err = -ENOENT; /* and with the netns went its links */
	} else if (s->fixed) {
		const struct dvtid_link free_again = { .has = DVTID_LINK_IFINDEX | DVTID_LINK_COOKIE, .ifindex = s->ifindex };

		err = dvtid_kernel_sa_flush(ns, s->ifindex, reason, size);
		if (!err)
			err = dvtid_kernel_link_set(ns, &free_again, reason, size);
		if (!err)
			err = link_plan_remove(ns, s, reason, size);
	} else {
		err = dvtid_kernel_links_del(ns, &s->ifindex, 1, reason, size);
	}
	if (ns && *s->netns && err)
		dvtid_kernel_ns_forget(links->kernel, s->netns);
	return err == -ENODEV || err == -ENOENT ? 0 : err;
}

static int pin_and_apply(struct dvtid_links *links, struct link_session *s, struct dvtid_ns *ns,
			 const struct ike_kernel_request *req, char *reason, size_t size)
{
	struct dvtid_ns *home = dvtid_kernel_ns(links->kernel, NULL, reason, size);
	struct dvtid_route old = s->pin;
	bool had_pin = s->pinned;
	struct link_plan plan;
	int err;

	err = link_plan_make(&plan, ns, s, req, reason, size);
	if (err)
		return err;
	err = link_plan_pin(&plan, home, s, req, reason, size);
	if (had_pin && !ike_addr_same_host(&old.to.addr, &s->pin.to.addr))
		unpin(links, &old);
	if (!err)
		err = link_plan_apply(&plan, ns, s, reason, size);
	link_plan_free(&plan);
	return err;
}

static struct link_session *session_of(struct dvtid_links *links, const struct ike_kernel_request *req)
{
	/* Numbers of this daemon are small; a survivor is named by its cookie. */
	return find(links, req->session >> 32 ? req->session : to_cookie(links, req->session));
}

/* The record that SESSION_UP shall fill: a survivor's under its new cookie, or a new one. */
static struct link_session *claim(struct dvtid_links *links, const struct ike_kernel_request *req)
{
	struct link_session *s = req->adopt ? find(links, req->adopt) : NULL;
	char why[DVTID_REASON_SIZE];

	if (s && !survivor_fits(links, s, req)) {
		take_down(links, s, why, sizeof(why));
		forget(links, s);
		s = NULL;
	}
	if (s) {
		link_session_remove(links->state_dir, s);
		HASH_DEL(links->sessions, s);
	} else {
		s = calloc(1, sizeof(*s));
		if (!s)
			abort();
		s->fixed = *req->profile->interface;
		if (req->profile->tmpl && !s->fixed)
			snprintf(s->netns, sizeof(s->netns), "%s", req->profile->tmpl->netns);
	}
	s->cookie = to_cookie(links, req->session);
	s->peer_id = req->peer_id;
	snprintf(s->profile, sizeof(s->profile), "%s", req->profile->name);
	insert(links, s);
	return s;
}

static int session_up(struct dvtid_links *links, const struct ike_kernel_request *req, char ifname[16], char *reason,
		      size_t size)
{
	struct link_session *s = session_of(links, req);
	bool established = s;
	char why[DVTID_REASON_SIZE];
	struct dvtid_ns *ns;
	int err;

	if (!s)
		s = claim(links, req);
	ns = dvtid_kernel_ns(links->kernel, s->netns, reason, size);
	if (!ns)
		err = -ENOENT;
	else if (s->ifindex)
		err = reuse(links, s, ns, req, reason, size);
	else if (s->fixed)
		err = use_static(links, s, ns, req, reason, size);
	else
		err = make_access(links, s, ns, req, reason, size);
	if (!err)
		err = pin_and_apply(links, s, ns, req, reason, size);
	if (err && established)
		return err; /* what worked before goes on working */
	if (err) {
		if (s->ifindex)
			take_down(links, s, why, sizeof(why));
		forget(links, s);
		return err;
	}
	snprintf(ifname, 16, "%s", s->ifname);
	link_session_save(links->state_dir, s);
	return 0;
}

static int session_down(struct dvtid_links *links, struct link_session *s, char *reason, size_t size)
{
	int err;

	if (!s->fixed && s->ifindex) {
		unpin_session(links, s);
		HASH_DEL(links->sessions, s);
		link_removal_add(&links->removal, s);
		return 0;
	}
	err = take_down(links, s, reason, size);
	forget(links, s);
	return err;
}

static int session_change(struct dvtid_links *links, struct link_session *s, struct dvtid_ns *ns,
			  const struct ike_kernel_request *req, char *reason, size_t size)
{
	uint64_t child = to_cookie(links, req->child);
	int err;

	switch (req->op) {
	case IKE_KERNEL_CHILD_IN:
		return dvtid_kernel_sa_new(ns, s->ifindex, req, true, false, child, reason, size);
	case IKE_KERNEL_CHILD_OUT:
		return dvtid_kernel_sa_new(ns, s->ifindex, req, false, true, child, reason, size);
	case IKE_KERNEL_CHILD_BOTH:
		return dvtid_kernel_sa_new(ns, s->ifindex, req, true, true, child, reason, size);
	case IKE_KERNEL_CHILD_DEL:
		return dvtid_kernel_sa_del(ns, s->ifindex, req->del_in, req->del_out, reason, size);
	case IKE_KERNEL_MOVE:
		err = set_ends_of(ns, s->ifindex, req, s->cookie, reason, size);
		break;
	default:
		err = 0;
		break;
	}
	if (!err)
		err = pin_and_apply(links, s, ns, req, reason, size);
	if (!err)
		link_session_save(links->state_dir, s);
	return err;
}

int dvtid_links_request(struct dvtid_links *links, const struct ike_kernel_request *req, char ifname[16], char *reason,
			size_t size)
{
	struct link_session *s;
	struct dvtid_ns *ns;

	*ifname = '\0';
	*reason = '\0';
	if (req->op == IKE_KERNEL_SESSION_UP)
		return session_up(links, req, ifname, reason, size);
	s = session_of(links, req);
	if (!s) {
		if (req->op == IKE_KERNEL_SESSION_DOWN || req->op == IKE_KERNEL_CHILD_DEL)
			return 0; /* the link was deleted by hand, and all with it */
		snprintf(reason, size, "its link has gone");
		return -ENODEV;
	}
	snprintf(ifname, 16, "%s", s->ifname);
	if (req->op == IKE_KERNEL_SESSION_DOWN)
		return session_down(links, s, reason, size);
	ns = dvtid_kernel_ns(links->kernel, s->netns, reason, size);
	return ns ? session_change(links, s, ns, req, reason, size) : -ENOENT;
}

uint64_t dvtid_links_session(const struct dvtid_links *links, const struct dvtid_link *link)
{
	return from_cookie(links, link->cookie);
}

uint64_t dvtid_links_child(const struct dvtid_links *links, uint64_t cookie)
{
	return from_cookie(links, cookie);
}

bool dvtid_links_gone(struct dvtid_links *links, const struct dvtid_link *link)
{
	struct link_session *s = link->cookie ? find(links, link->cookie) : NULL;

	if (!s || s->ifindex != link->ifindex)
		return false;
	unpin_session(links, s);
	forget(links, s);
	return true;
}

/* At an orderly end: nobody will be there for those that come back. */
void dvtid_links_end(struct dvtid_links *links)
{
	struct link_session *s, *tmp;
	char why[DVTID_REASON_SIZE];

	HASH_ITER(hh, links->sessions, s, tmp)
		if (s->survivor && session_down(links, s, why, sizeof(why)))
			dvtid_log(IKE_LOG_WARNING, "link-stays", "a link that outlived an earlier daemon cannot be removed: %s", why);
	dvtid_links_flush(links);
}

void dvtid_links_flush(struct dvtid_links *links)
{
	link_removal_run(&links->removal, links->kernel, links->state_dir);
}

struct adoption {
	struct dvtid_links *links;
	struct ike_core *core;
	uint64_t now;
};

static void adopt(struct link_session *s, void *ctx)
{
	const struct adoption *a = ctx;
	struct ike_survivor survivor = { .cookie = s->cookie, .peer_id = s->peer_id, .expires = a->now + ADOPT_MS };
	struct dvtid_link l = { 0 };
	char why[DVTID_REASON_SIZE];
	struct dvtid_ns *ns = dvtid_kernel_ns(a->links->kernel, s->netns, why, sizeof(why));

	name_link(&l, s->ifname);
	if (!ns || dvtid_kernel_link_get(ns, &l, why, sizeof(why)) || l.cookie != s->cookie) {
		link_session_remove(a->links->state_dir, s);
		link_session_free(s);
		return;
	}
	s->survivor = true;
	s->ifindex = l.ifindex;
	insert(a->links, s);
	memcpy(survivor.profile, s->profile, sizeof(survivor.profile));
	memcpy(survivor.ifname, s->ifname, sizeof(survivor.ifname));
	memcpy(survivor.peer_addrs, s->peer_addrs, sizeof(survivor.peer_addrs));
	survivor.n_peer_addrs = s->n_peer_addrs;
	ike_core_adopt(a->core, &survivor, a->now);
	dvtid_log(IKE_LOG_INFO, "link-survived", "link %s of profile \"%s\" outlived an earlier daemon and waits for its peer",
		  s->ifname, s->profile);
}

void dvtid_links_adopt(struct dvtid_links *links, struct ike_core *core, uint64_t now)
{
	struct adoption a = { links, core, now };

	link_session_load(links->state_dir, adopt, &a);
}

bool dvtid_links_connected(struct dvtid_links *links, const struct ike_profile *profile,
			   const struct ike_prefix *prefix, char device[16])
{
	const char *netns = !*profile->interface && profile->tmpl ? profile->tmpl->netns : "";
	char why[DVTID_REASON_SIZE];
	struct dvtid_ns *ns = dvtid_kernel_ns(links->kernel, netns, why, sizeof(why));

	return ns && link_plan_connected(ns, profile, prefix, device);
}
