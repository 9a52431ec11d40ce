// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Of the addresses that a name has, the first is taken to which there is a route from here, in the order of
 * getaddrinfo(3), which knows about preferences (RFC 6724).
 */
#include "resolve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"

struct lookup {
	uv_getaddrinfo_t req;
	struct dvtid_resolve *owner;
	struct lookup *next, **link;
	char profile[IKE_NAME_MAX];
	char front_vrf[16];
	struct ike_addr local;
	uint16_t port;
};

struct dvtid_resolve {
	uv_loop_t *loop;
	struct dvtid_sockets *sockets;
	dvtid_resolved resolved;
	void *ctx;
	struct lookup *lookups;
};

struct dvtid_resolve *dvtid_resolve_new(uv_loop_t *loop, struct dvtid_sockets *sockets, dvtid_resolved resolved,
					void *ctx)
{
	struct dvtid_resolve *r = calloc(1, sizeof(*r));

	if (!r)
		abort();
	r->loop = loop;
	r->sockets = sockets;
	r->resolved = resolved;
	r->ctx = ctx;
	return r;
}

void dvtid_resolve_free(struct dvtid_resolve *r)
{
	if (!r)
		return;
	for (struct lookup *l = r->lookups; l; l = l->next) {
		l->owner = NULL;
		uv_cancel((uv_req_t *)&l->req);
	}
	free(r);
}

/* Can @remote be reached from the configured local address, or from any? */
static bool try_address(const struct lookup *l, const struct ike_addr *remote, struct ike_addr *local, char *reason,
			size_t size)
{
	if (l->local.family && l->local.family != remote->family) {
		snprintf(reason, size, "local-address is of another address family");
		return false;
	}
	if (dvtid_sockets_source(l->owner->sockets, l->front_vrf, remote, local, reason, size))
		return false;
	if (l->local.family)
		memcpy(local->bytes, l->local.bytes, sizeof(local->bytes));
	return true;
}

static void finish(struct lookup *l, int status, const struct addrinfo *list)
{
	struct dvtid_resolve *r = l->owner;
	char reason[DVTID_REASON_MAX] = "the name has no address";
	struct ike_addr local, remote;

	if (status)
		snprintf(reason, sizeof(reason), "the name has no address: %s", uv_strerror(status));
	for (; !status && list; list = list->ai_next) {
		ike_addr_from_sockaddr(&remote, list->ai_addr);
		remote.port = l->port;
		if (!remote.family || !try_address(l, &remote, &local, reason, sizeof(reason)))
			continue;
		r->resolved(r->ctx, l->profile, &local, &remote, NULL);
		return;
	}
	r->resolved(r->ctx, l->profile, NULL, NULL, reason);
}

static void on_resolved(uv_getaddrinfo_t *req, int status, struct addrinfo *list)
{
	struct lookup *l = req->data;

	if (l->owner) {
		*l->link = l->next;
		if (l->next)
			l->next->link = l->link;
		finish(l, status, list);
	}
	uv_freeaddrinfo(list);
	free(l);
}

void dvtid_resolve_start(struct dvtid_resolve *r, const struct ike_profile *profile)
{
	const struct addrinfo hints = {
		.ai_socktype = SOCK_DGRAM,
		.ai_family = profile->local_addr.family, /* AF_UNSPEC when any */
	};
	struct lookup *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		abort();
	l->owner = r;
	l->req.data = l;
	l->local = profile->local_addr;
	l->port = profile->peer_port;
	snprintf(l->profile, sizeof(l->profile), "%s", profile->name);
	if (profile->tmpl)
		snprintf(l->front_vrf, sizeof(l->front_vrf), "%s", profile->tmpl->front_vrf);
	err = uv_getaddrinfo(r->loop, &l->req, on_resolved, profile->peer, NULL, &hints);
	if (err) {
		finish(l, err, NULL);
		free(l);
		return;
	}
	l->next = r->lookups;
	l->link = &r->lookups;
	if (l->next)
		l->next->link = &l->next;
	r->lookups = l;
}
