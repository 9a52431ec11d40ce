// SPDX-License-Identifier: GPL-2.0-or-later
#include "link_plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nl.h"

/** struct settings - what all routes of a link have in common */
struct settings {
	uint32_t ifindex, table, metric;
	struct ike_addr source4, source6;
};

/* The address that the host itself uses on the link: the one that the peer gave, or one that is lent. */
static int find_sources(struct settings *set, struct dvtid_ns *ns, const struct ike_kernel_request *req, char *reason,
			size_t size)
{
	const struct ike_virtual_template *t = req->profile->tmpl;
	struct ike_addr lent4, lent6;
	uint32_t lender;

	for (size_t i = req->n_our_addrs; i-- > 0;)
		*(req->our_addrs[i].family == AF_INET ? &set->source4 : &set->source6) = req->our_addrs[i];
	if (!t || !*t->unnumbered)
		return 0;
	lender = dvtid_route_ifindex(ns, t->unnumbered, reason, size);
	if (!lender)
		return -ENODEV;
	dvtid_route_addresses(ns, lender, &lent4, &lent6);
	if (!set->source4.family)
		set->source4 = lent4;
	if (!set->source6.family)
		set->source6 = lent6;
	return 0;
}

static int find_settings(struct settings *set, struct dvtid_ns *ns, const struct link_session *s,
			 const struct ike_kernel_request *req, char *reason, size_t size)
{
	const struct ike_virtual_template *t = s->fixed ? NULL : req->profile->tmpl;
	uint32_t vrf;

	memset(set, 0, sizeof(*set));
	set->ifindex = s->ifindex;
	if (t) {
		set->table = t->route_table;
		set->metric = t->route_metric;
	}
	if (t && *t->vrf && !set->table) {
		vrf = dvtid_route_ifindex(ns, t->vrf, reason, size);
		if (!vrf)
			return -ENODEV;
		set->table = dvtid_route_vrf_table(ns, vrf);
		if (!set->table) {
			snprintf(reason, size, "device \"%s\" is no VRF", t->vrf);
			return -EINVAL;
		}
	}
	return find_sources(set, ns, req, reason, size);
}

static bool same_prefix(const struct ike_prefix *a, const struct ike_prefix *b)
{
	return a->len == b->len && ike_addr_same_host(&a->addr, &b->addr);
}

static void plan_route(struct link_plan *plan, const struct settings *set, const struct ike_prefix *to)
{
	struct dvtid_route *r = &plan->routes[plan->n_routes];

	for (size_t i = 0; i < plan->n_routes; i++)
		if (same_prefix(&plan->routes[i].to, to))
			return;
	*r = (struct dvtid_route){ .to = *to, .ifindex = set->ifindex, .table = set->table, .metric = set->metric };
	/* 0 means 1024 in IPv6, by which a default route would lose against, or share with, that of the underlay. */
	if (!r->metric && to->addr.family == AF_INET6)
		r->metric = 1;
	r->source = to->addr.family == AF_INET ? set->source4 : set->source6;
	plan->n_routes++;
}

int link_plan_make(struct link_plan *plan, struct dvtid_ns *ns, const struct link_session *s,
		   const struct ike_kernel_request *req, char *reason, size_t size)
{
	struct settings set;
	int err = find_settings(&set, ns, s, req, reason, size);

	memset(plan, 0, sizeof(*plan));
	if (err)
		return err;
	plan->n_our_addrs = req->n_our_addrs;
	memcpy(plan->our_addrs, req->our_addrs, sizeof(plan->our_addrs));
	plan->n_peer_addrs = req->n_peer_addrs;
	memcpy(plan->peer_addrs, req->peer_addrs, sizeof(plan->peer_addrs));
	plan->routes = calloc(req->n_peer_addrs + req->n_routes + 1, sizeof(*plan->routes));
	if (!plan->routes)
		abort();
	for (size_t i = 0; i < req->n_peer_addrs; i++) {
		struct ike_prefix host = { req->peer_addrs[i], ike_addr_size(&req->peer_addrs[i]) * 8 };

		plan_route(plan, &set, &host);
	}
	for (size_t i = 0; i < req->n_routes; i++)
		plan_route(plan, &set, &req->routes[i]);
	return 0;
}

void link_plan_free(struct link_plan *plan)
{
	free(plan->routes);
}

static bool has_address(const struct ike_addr *list, size_t n, const struct ike_addr *a)
{
	for (size_t i = 0; i < n; i++)
		if (ike_addr_same_host(&list[i], a))
			return true;
	return false;
}

static bool has_route(const struct dvtid_route *list, size_t n, const struct dvtid_route *r)
{
	for (size_t i = 0; i < n; i++)
		if (same_prefix(&list[i].to, &r->to) && list[i].ifindex == r->ifindex && list[i].table == r->table &&
		    list[i].metric == r->metric)
			return true;
	return false;
}

int link_plan_apply(struct link_plan *plan, struct dvtid_ns *ns, struct link_session *s, char *reason, size_t size)
{
	struct dvtid_nl_batch *b = dvtid_nl_batch_new(ns->route);

	for (size_t i = 0; i < plan->n_our_addrs; i++)
		if (!has_address(s->our_addrs, s->n_our_addrs, &plan->our_addrs[i]))
			dvtid_address_add(b, s->ifindex, &plan->our_addrs[i]);
	for (size_t i = 0; i < plan->n_routes; i++)
		if (!has_route(s->routes, s->n_routes, &plan->routes[i]))
			dvtid_route_add(b, &plan->routes[i]);
	for (size_t i = 0; i < s->n_routes; i++)
		if (!has_route(plan->routes, plan->n_routes, &s->routes[i]))
			dvtid_route_del(b, &s->routes[i]);
	for (size_t i = 0; i < s->n_our_addrs; i++)
		if (!has_address(plan->our_addrs, plan->n_our_addrs, &s->our_addrs[i]))
			dvtid_address_del(b, s->ifindex, &s->our_addrs[i]);

	/* Some of it may be there even if not all is, so it is what must be removed in the end. */
	free(s->routes);
	s->routes = plan->routes;
	s->n_routes = plan->n_routes;
	plan->routes = NULL;
	s->n_our_addrs = plan->n_our_addrs;
	memcpy(s->our_addrs, plan->our_addrs, sizeof(s->our_addrs));
	s->n_peer_addrs = plan->n_peer_addrs;
	memcpy(s->peer_addrs, plan->peer_addrs, sizeof(s->peer_addrs));
	return dvtid_nl_batch_run(b, reason, size);
}

int link_plan_remove(struct dvtid_ns *ns, struct link_session *s, char *reason, size_t size)
{
	struct link_plan nothing = { 0 };

	return link_plan_apply(&nothing, ns, s, reason, size);
}

/* The longest planned route that covers the peer's outer address; -1 when none does. */
static int covering(const struct link_plan *plan, const struct ike_addr *remote)
{
	int len = -1;

	for (size_t i = 0; i < plan->n_routes; i++)
		if (ike_prefix_contains(&plan->routes[i].to, remote) && plan->routes[i].to.len > len)
			len = plan->routes[i].to.len;
	return len;
}

int link_plan_pin(const struct link_plan *plan, struct dvtid_ns *home, struct link_session *s,
		  const struct ike_kernel_request *req, char *reason, size_t size)
{
	const struct ike_virtual_template *t = s->fixed ? NULL : req->profile->tmpl;
	int covered = covering(plan, &req->remote);
	struct dvtid_nl_batch *b;
	struct dvtid_route way;
	uint8_t len;

	/* Outer packets that look elsewhere for their route are not concerned. */
	if (covered < 0 || *s->netns || (t && (*t->vrf || *t->front_vrf || t->fwmark || t->route_table)))
		return 0;
	if (s->pinned && ike_addr_same_host(&s->pin.to.addr, &req->remote))
		return 0;
	if (!dvtid_route_lookup(home, &req->remote, &way, &len))
		return 0; /* no way at all; IKE will notice */
	if (way.ifindex != s->ifindex) {
		if (len > covered)
			return 0;
	} else if (s->pinned) {
		/* The peer has moved: what is left of the underlay's routes is the way to its former address. */
		way.gateway = s->pin.gateway;
		way.ifindex = s->pin.ifindex;
	} else {
		return 0;
	}
	s->pin = way;
	s->pinned = true;
	b = dvtid_nl_batch_new(home->route);
	dvtid_route_add(b, &s->pin);
	return dvtid_nl_batch_run(b, reason, size);
}

/* The second and, should a smaller network lie at its beginning, the last but one address of a prefix stand for it. */
static struct ike_addr sample(const struct ike_prefix *p, bool last)
{
	struct ike_addr a = p->addr;
	size_t bits = 8 * ike_addr_size(&a);

	for (size_t bit = p->len; last && bit < bits; bit++)
		a.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	if (p->len + 1u < bits)
		a.bytes[bits / 8 - 1] ^= 1;
	return a;
}

bool link_plan_connected(struct dvtid_ns *ns, const struct ike_profile *profile, const struct ike_prefix *prefix,
			 char device[16])
{
	const struct ike_virtual_template *t = *profile->interface ? NULL : profile->tmpl;
	uint32_t vrf = 0, ifindex;
	char why[DVTID_REASON_SIZE];
	uint8_t len;

	/* A table of its own has no networks of devices in it. */
	if (t && t->route_table)
		return false;
	if (t && *t->vrf)
		vrf = dvtid_route_ifindex(ns, t->vrf, why, sizeof(why));
	for (int last = 0; last < 2; last++) {
		struct ike_addr to = sample(prefix, last);

		if (!dvtid_route_connected(ns, vrf, &to, &ifindex, &len) || len > prefix->len)
			continue;
		dvtid_route_name(ns, ifindex, device);
		return true;
	}
	return false;
}
