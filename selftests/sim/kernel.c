// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel of a simulated host.
 */
#include "kernel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct sim_link *sim_kernel_link(struct sim_kernel *k, uint64_t session)
{
	for (size_t i = 0; i < SIM_LINKS_MAX; i++)
		if (k->links[i].used && k->links[i].session == session)
			return &k->links[i];
	return NULL;
}

struct sim_link *sim_kernel_first(struct sim_kernel *k)
{
	for (size_t i = 0; i < SIM_LINKS_MAX; i++)
		if (k->links[i].used)
			return &k->links[i];
	return NULL;
}

size_t sim_kernel_count(const struct sim_kernel *k)
{
	size_t n = 0;

	for (size_t i = 0; i < SIM_LINKS_MAX; i++)
		n += k->links[i].used;
	return n;
}

static void complain(struct sim_kernel *k, const char *what)
{
	if (!k->complaint)
		k->complaint = what;
}

static struct sim_link *make(struct sim_kernel *k, uint64_t session)
{
	for (size_t i = 0; i < SIM_LINKS_MAX; i++) {
		struct sim_link *link = &k->links[i];

		if (link->used)
			continue;
		*link = (struct sim_link){ .used = true, .session = session };
		snprintf(link->ifname, sizeof(link->ifname), "va%u", k->last_link++);
		return link;
	}
	return NULL;
}

static struct sim_sa made_of(const struct ike_kernel_sa *from, uint64_t child)
{
	struct sim_sa sa = { .spi = from->spi, .child = child, .key_len = from->key_len };

	memcpy(sa.key, from->key, sizeof(sa.key));
	return sa;
}

static bool zero(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (data[i])
			return false;
	return true;
}

static void check_sa(struct sim_kernel *k, const struct ike_kernel_sa *sa)
{
	if (!sa->suite || sa->key_len != sa->suite->key_len || zero(sa->key, sa->key_len))
		complain(k, "an SA without a proper key");
	if (!sa->spi)
		complain(k, "an SA without an SPI");
}

static void add_in(struct sim_kernel *k, struct sim_link *link, const struct ike_kernel_request *r)
{
	check_sa(k, &r->in);
	for (size_t i = 0; i < link->n_in; i++)
		if (link->in[i].spi == r->in.spi)
			complain(k, "an inbound SPI that is there already");
	if (link->n_in == SIM_SAS_MAX)
		complain(k, "more inbound SAs on one link than could be needed");
	else
		link->in[link->n_in++] = made_of(&r->in, r->child);
}

static void set_out(struct sim_kernel *k, struct sim_link *link, const struct ike_kernel_request *r)
{
	check_sa(k, &r->out);
	link->out = made_of(&r->out, r->child);
}

static void set_session(struct sim_link *link, const struct ike_kernel_request *r)
{
	link->peer_id = r->peer_id;
	link->local = r->local;
	link->remote = r->remote;
	link->encap = r->encap;
	memcpy(link->our_addrs, r->our_addrs, sizeof(link->our_addrs));
	link->n_our_addrs = r->n_our_addrs;
	memcpy(link->peer_addrs, r->peer_addrs, sizeof(link->peer_addrs));
	link->n_peer_addrs = r->n_peer_addrs;
	link->n_routes = r->n_routes < 32 ? r->n_routes : 32;
	if (link->n_routes)
		memcpy(link->routes, r->routes, link->n_routes * sizeof(*link->routes));
}

static void delete_child(struct sim_kernel *k, struct sim_link *link, const struct ike_kernel_request *r)
{
	bool found = false;

	for (size_t i = 0; i < link->n_in; i++) {
		if (link->in[i].spi != r->del_in)
			continue;
		link->in[i] = link->in[--link->n_in];
		found = true;
		break;
	}
	if (!found)
		complain(k, "deletion of an inbound SA that is not there");
	if (link->out.spi == r->del_out)
		link->out = (struct sim_sa){ 0 };
}

int sim_kernel_apply(struct sim_kernel *k, const struct ike_kernel_request *r, const char **ifname)
{
	struct sim_link *link = sim_kernel_link(k, r->session);

	*ifname = NULL;
	if (k->fail & 1u << r->op)
		return -ENOMEM;
	if (r->op == IKE_KERNEL_SESSION_UP && !link)
		link = make(k, r->session);
	if (!link) {
		/* One whose SESSION_UP was refused. */
		if (r->op == IKE_KERNEL_SESSION_DOWN)
			return 0;
		complain(k, "a request for a session that is not there");
		return -ENODEV;
	}
	switch (r->op) {
	case IKE_KERNEL_SESSION_UP:
		k->ups++;
		link->adopted = r->adopt ? r->adopt : link->adopted;
		set_session(link, r);
		add_in(k, link, r);
		set_out(k, link, r);
		*ifname = link->ifname;
		break;
	case IKE_KERNEL_SESSION_UPDATE:
		k->updates++;
		set_session(link, r);
		break;
	case IKE_KERNEL_SESSION_DOWN:
		k->downs++;
		link->used = false;
		break;
	case IKE_KERNEL_CHILD_IN:
		add_in(k, link, r);
		break;
	case IKE_KERNEL_CHILD_OUT:
		set_out(k, link, r);
		break;
	case IKE_KERNEL_CHILD_BOTH:
		add_in(k, link, r);
		set_out(k, link, r);
		break;
	case IKE_KERNEL_CHILD_DEL:
		delete_child(k, link, r);
		break;
	case IKE_KERNEL_MOVE:
		k->moves++;
		link->remote = r->remote;
		link->local = r->local;
		link->encap = r->encap;
		break;
	}
	return 0;
}

bool sim_kernel_opens(const struct sim_kernel *k, const struct sim_sa *sa)
{
	for (size_t i = 0; i < SIM_LINKS_MAX; i++) {
		const struct sim_link *link = &k->links[i];

		for (size_t j = 0; link->used && j < link->n_in; j++)
			if (link->in[j].spi == sa->spi && link->in[j].key_len == sa->key_len &&
			    !memcmp(link->in[j].key, sa->key, sa->key_len))
				return true;
	}
	return false;
}
