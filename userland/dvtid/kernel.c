// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests to the generic netlink family "dvti", and the sockets of each netns. What the kernel says in
 * answers and events is read in kernel_parse.c.
 */
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <netlink/genl/ctrl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel_parse.h"
#include "log.h"
#include "nl.h"

#define MESSAGE_SIZE 32768
#define NETNS_FOLDER "/run/netns/"

struct dvtid_kernel {
	int family;
	struct dvtid_ns *home;
	struct dvtid_ns *others;
	struct nl_sock *events_sock;
	struct dvtid_kernel_events events;
	uv_poll_t poll;
	uv_fs_event_t netns_watch;
	unsigned int n_handles;
};

static struct nl_msg *request(struct dvtid_ns *ns, int flags, uint8_t command)
{
	struct nl_msg *msg = nlmsg_alloc_size(MESSAGE_SIZE);

	if (!msg || !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, ns->family, 0, flags, command, DVTI_FAMILY_VERSION))
		abort();
	return msg;
}

static int too_long(struct nl_msg *msg, char *reason, size_t size)
{
	nlmsg_free(msg);
	snprintf(reason, size, "the request has too many traffic selectors");
	return -EMSGSIZE;
}

static int put_address(struct nl_msg *msg, int type, const struct ike_addr *a, bool port)
{
	struct nlattr *nest = nla_nest_start(msg, type);

	if (!nest)
		return -1;
	if (a->family == AF_INET)
		nla_put(msg, DVTI_A_ADDRESS_IPV4, 4, a->bytes);
	else
		nla_put(msg, DVTI_A_ADDRESS_IPV6, 16, a->bytes);
	if (port)
		nla_put_u16(msg, DVTI_A_ADDRESS_PORT, htons(a->port));
	return nla_nest_end(msg, nest);
}

static void put_u32_if(struct nl_msg *msg, const struct dvtid_link *l, uint32_t has, int type, uint32_t value)
{
	if (l->has & has)
		nla_put_u32(msg, type, value);
}

static int put_link(struct nl_msg *msg, const struct dvtid_link *l, int netns_fd)
{
	bool port = l->has & DVTID_LINK_ENCAP && l->encap == DVTI_ENCAP_UDP;
	struct nlattr *nest = nla_nest_start(msg, DVTI_A_LINK);

	if (!nest)
		return -1;
	put_u32_if(msg, l, DVTID_LINK_IFINDEX, DVTI_A_LINK_IFINDEX, l->ifindex);
	if (l->has & DVTID_LINK_IFNAME)
		nla_put_string(msg, DVTI_A_LINK_IFNAME, l->ifname);
	put_u32_if(msg, l, DVTID_LINK_ROLE, DVTI_A_LINK_ROLE, l->role);
	put_u32_if(msg, l, DVTID_LINK_TEMPLATE, DVTI_A_LINK_TEMPLATE_IFINDEX, l->template_ifindex);
	put_u32_if(msg, l, DVTID_LINK_MODE, DVTI_A_LINK_MODE, l->mode);
	if (l->has & DVTID_LINK_LOCAL)
		put_address(msg, DVTI_A_LINK_LOCAL, &l->local, port);
	if (l->has & DVTID_LINK_REMOTE)
		put_address(msg, DVTI_A_LINK_REMOTE, &l->remote, port);
	put_u32_if(msg, l, DVTID_LINK_ENCAP, DVTI_A_LINK_ENCAP, l->encap);
	if (netns_fd >= 0)
		nla_put_s32(msg, DVTI_A_LINK_NETNS_FD, netns_fd);
	put_u32_if(msg, l, DVTID_LINK_MASTER, DVTI_A_LINK_MASTER_IFINDEX, l->master_ifindex);
	put_u32_if(msg, l, DVTID_LINK_MTU, DVTI_A_LINK_MTU, l->mtu);
	put_u32_if(msg, l, DVTID_LINK_DF, DVTI_A_LINK_DF, l->df);
	put_u32_if(msg, l, DVTID_LINK_DSCP, DVTI_A_LINK_DSCP, l->dscp);
	if (l->has & DVTID_LINK_DSCP_VALUE)
		nla_put_u8(msg, DVTI_A_LINK_DSCP_VALUE, l->dscp_value);
	if (l->has & DVTID_LINK_TTL)
		nla_put_u8(msg, DVTI_A_LINK_TTL, l->ttl);
	put_u32_if(msg, l, DVTID_LINK_FWMARK, DVTI_A_LINK_FWMARK, l->fwmark);
	put_u32_if(msg, l, DVTID_LINK_UNDERLAY, DVTI_A_LINK_UNDERLAY_IFINDEX, l->underlay_ifindex);
	put_u32_if(msg, l, DVTID_LINK_TRIGGER_QUEUE, DVTI_A_LINK_TRIGGER_QUEUE, l->trigger_queue);
	put_u32_if(msg, l, DVTID_LINK_FRAGMENT, DVTI_A_LINK_FRAGMENT, l->fragment);
	if (l->has & DVTID_LINK_MTU_IGNORE)
		nla_put_u8(msg, DVTI_A_LINK_MTU_IGNORE, l->mtu_ignore);
	if (l->has & DVTID_LINK_TTL_INHERIT)
		nla_put_u8(msg, DVTI_A_LINK_TTL_INHERIT, l->ttl_inherit);
	put_u32_if(msg, l, DVTID_LINK_GRE_KEY, DVTI_A_LINK_GRE_KEY, l->gre_key);
	put_u32_if(msg, l, DVTID_LINK_TCP_MSS, DVTI_A_LINK_TCP_MSS, l->tcp_mss);
	if (l->has & DVTID_LINK_COOKIE)
		nla_put_u64(msg, DVTI_A_LINK_COOKIE, l->cookie);
	if (l->has & DVTID_LINK_UP)
		nla_put_flag(msg, DVTI_A_LINK_UP);
	return nla_nest_end(msg, nest);
}

/* One selector of the SA: what both ends of a pair allow. */
static int put_selector(struct nl_msg *msg, const struct ike_ts *local, const struct ike_ts *remote)
{
	size_t len = ike_addr_size(&local->start);
	struct nlattr *nest;

	if (local->start.family != remote->start.family ||
	    (local->protocol && remote->protocol && local->protocol != remote->protocol))
		return 0;
	nest = nla_nest_start(msg, DVTI_A_SA_SELECTOR);
	if (!nest)
		return -1;
	nla_put_u8(msg, DVTI_A_SELECTOR_PROTOCOL, local->protocol ? local->protocol : remote->protocol);
	nla_put(msg, DVTI_A_SELECTOR_LOCAL_START, len, local->start.bytes);
	nla_put(msg, DVTI_A_SELECTOR_LOCAL_END, len, local->end.bytes);
	nla_put(msg, DVTI_A_SELECTOR_REMOTE_START, len, remote->start.bytes);
	nla_put(msg, DVTI_A_SELECTOR_REMOTE_END, len, remote->end.bytes);
	nla_put_u16(msg, DVTI_A_SELECTOR_LOCAL_PORT_START, local->port_start);
	nla_put_u16(msg, DVTI_A_SELECTOR_LOCAL_PORT_END, local->port_end);
	nla_put_u16(msg, DVTI_A_SELECTOR_REMOTE_PORT_START, remote->port_start);
	if (nla_put_u16(msg, DVTI_A_SELECTOR_REMOTE_PORT_END, remote->port_end))
		return -1;
	return nla_nest_end(msg, nest);
}

static bool takes_everything(const struct ike_ts *ts, size_t n)
{
	bool v4 = false, v6 = false;

	for (size_t i = 0; i < n; i++) {
		if (!ike_ts_is_any(&ts[i]))
			continue;
		v4 |= ts[i].start.family == AF_INET;
		v6 |= ts[i].start.family == AF_INET6;
	}
	return !n || (v4 && v6);
}

static int put_sa(struct nl_msg *msg, uint32_t ifindex, const struct ike_kernel_request *req,
		  const struct ike_kernel_sa *sa, uint32_t dir, uint64_t cookie)
{
	struct nlattr *nest = nla_nest_start(msg, DVTI_A_SA);

	if (!nest)
		return -1;
	if (ifindex)
		nla_put_u32(msg, DVTI_A_SA_IFINDEX, ifindex);
	nla_put_u32(msg, DVTI_A_SA_DIR, dir);
	nla_put_u32(msg, DVTI_A_SA_SPI, htonl(sa->spi));
	nla_put_u32(msg, DVTI_A_SA_AEAD, sa->suite->kernel);
	nla_put(msg, DVTI_A_SA_KEY, sa->key_len, sa->key);
	/* Only what the configuration allows in so many words can have been negotiated. */
	if (!ike_esp_suite_encrypts(sa->suite))
		nla_put_flag(msg, DVTI_A_SA_ALLOW_UNENCRYPTED);
	if (sa->esn)
		nla_put_flag(msg, DVTI_A_SA_ESN);
	if (dir == DVTI_DIRECTION_IN)
		nla_put_u32(msg, DVTI_A_SA_REPLAY_WINDOW, sa->replay_window);
	if (sa->soft_bytes)
		nla_put_u64(msg, DVTI_A_SA_SOFT_BYTES, sa->soft_bytes);
	if (sa->hard_bytes)
		nla_put_u64(msg, DVTI_A_SA_HARD_BYTES, sa->hard_bytes);
	if (sa->soft_packets)
		nla_put_u64(msg, DVTI_A_SA_SOFT_PACKETS, sa->soft_packets);
	if (sa->hard_packets)
		nla_put_u64(msg, DVTI_A_SA_HARD_PACKETS, sa->hard_packets);
	if (sa->hard_seconds)
		nla_put_u64(msg, DVTI_A_SA_HARD_SECONDS, sa->hard_seconds);
	if (nla_put_u64(msg, DVTI_A_SA_COOKIE, cookie))
		return -1;
	if (!takes_everything(req->local_ts, req->n_local_ts) || !takes_everything(req->remote_ts, req->n_remote_ts))
		for (size_t i = 0; i < req->n_local_ts; i++)
			for (size_t j = 0; j < req->n_remote_ts; j++)
				if (put_selector(msg, &req->local_ts[i], &req->remote_ts[j]) < 0)
					return -1;
	return nla_nest_end(msg, nest);
}

static int put_sas(struct nl_msg *msg, uint32_t ifindex, const struct ike_kernel_request *req, bool in, bool out,
		   uint64_t cookie)
{
	if (in && put_sa(msg, ifindex, req, &req->in, DVTI_DIRECTION_IN, cookie) < 0)
		return -1;
	if (out && put_sa(msg, ifindex, req, &req->out, DVTI_DIRECTION_OUT, cookie) < 0)
		return -1;
	return 0;
}

static void take_link(struct nlmsghdr *h, void *ctx)
{
	struct dvtid_link *link = ctx;
	uint32_t asked = link->has;
	struct dvtid_link got;

	if (!dvtid_kernel_parse_link(h, &got))
		return;
	if (asked & DVTID_LINK_IFINDEX || got.has & DVTID_LINK_ROLE) {
		*link = got;
		return;
	}
	/* The answer to link-new carries only what the kernel chose. */
	link->ifindex = got.ifindex;
	memcpy(link->ifname, got.ifname, sizeof(link->ifname));
	link->has |= DVTID_LINK_IFINDEX | DVTID_LINK_IFNAME;
}

/* A message that carried keys must not stay behind in freed memory. */
static int talk_secret(struct nl_sock *sk, struct nl_msg *msg, dvtid_nl_reply reply, void *ctx, char *reason,
		       size_t size)
{
	int ret;

	nlmsg_get(msg);
	ret = dvtid_nl_talk(sk, msg, reply, ctx, reason, size);
	explicit_bzero(nlmsg_hdr(msg), nlmsg_hdr(msg)->nlmsg_len);
	nlmsg_free(msg);
	return ret;
}

int dvtid_kernel_link_new(struct dvtid_kernel *k, struct dvtid_ns *target, struct dvtid_link *link,
			  const struct ike_kernel_request *sas, uint64_t sa_cookie, char *reason, size_t size)
{
	struct nl_msg *msg = request(k->home, 0, DVTI_CMD_LINK_NEW);

	if (put_link(msg, link, target ? target->fd : -1) < 0)
		return too_long(msg, reason, size);
	if (sas && put_sas(msg, 0, sas, true, true, sa_cookie) < 0)
		return too_long(msg, reason, size);
	return talk_secret(k->home->genl, msg, take_link, link, reason, size);
}

int dvtid_kernel_link_set(struct dvtid_ns *ns, const struct dvtid_link *link, char *reason, size_t size)
{
	struct nl_msg *msg = request(ns, 0, DVTI_CMD_LINK_SET);

	if (put_link(msg, link, -1) < 0)
		return too_long(msg, reason, size);
	return dvtid_nl_talk(ns->genl, msg, NULL, NULL, reason, size);
}

int dvtid_kernel_link_get(struct dvtid_ns *ns, struct dvtid_link *link, char *reason, size_t size)
{
	struct nl_msg *msg = request(ns, 0, DVTI_CMD_LINK_GET);

	if (put_link(msg, link, -1) < 0)
		return too_long(msg, reason, size);
	return dvtid_nl_talk(ns->genl, msg, take_link, link, reason, size);
}

int dvtid_kernel_links_del(struct dvtid_ns *ns, const uint32_t *ifindex, size_t n, char *reason, size_t size)
{
	struct nl_msg *msg = request(ns, 0, DVTI_CMD_LINK_DEL);

	for (size_t i = 0; i < n; i++) {
		const struct dvtid_link link = { .has = DVTID_LINK_IFINDEX, .ifindex = ifindex[i] };

		if (put_link(msg, &link, -1) < 0)
			return too_long(msg, reason, size);
	}
	return dvtid_nl_talk(ns->genl, msg, NULL, NULL, reason, size);
}

int dvtid_kernel_sa_new(struct dvtid_ns *ns, uint32_t ifindex, const struct ike_kernel_request *req, bool in, bool out,
			uint64_t cookie, char *reason, size_t size)
{
	struct nl_msg *msg = request(ns, 0, DVTI_CMD_SA_NEW);

	if (put_sas(msg, ifindex, req, in, out, cookie) < 0)
		return too_long(msg, reason, size);
	return talk_secret(ns->genl, msg, NULL, NULL, reason, size);
}

static int sa_del_one(struct dvtid_ns *ns, uint32_t ifindex, uint32_t dir, uint32_t spi, char *reason, size_t size)
{
	struct nl_msg *msg = request(ns, 0, DVTI_CMD_SA_DEL);
	struct nlattr *nest = nla_nest_start(msg, DVTI_A_SA);
	int err;

	nla_put_u32(msg, DVTI_A_SA_IFINDEX, ifindex);
	nla_put_u32(msg, DVTI_A_SA_DIR, dir);
	nla_put_u32(msg, DVTI_A_SA_SPI, htonl(spi));
	nla_nest_end(msg, nest);
	err = dvtid_nl_talk(ns->genl, msg, NULL, NULL, reason, size);
	return err == -ENOENT || err == -ESRCH ? 0 : err;
}

int dvtid_kernel_sa_del(struct dvtid_ns *ns, uint32_t ifindex, uint32_t spi_in, uint32_t spi_out, char *reason,
			size_t size)
{
	int err = 0, err_out = 0;

	/* Apart, so that an outbound SA that was replaced already does not keep the inbound one. */
	if (spi_in)
		err = sa_del_one(ns, ifindex, DVTI_DIRECTION_IN, spi_in, reason, size);
	if (spi_out)
		err_out = sa_del_one(ns, ifindex, DVTI_DIRECTION_OUT, spi_out, reason, size);
	return err ? err : err_out;
}

int dvtid_kernel_sa_flush(struct dvtid_ns *ns, uint32_t ifindex, char *reason, size_t size)
{
	struct nl_msg *msg = request(ns, 0, DVTI_CMD_SA_FLUSH);
	struct nlattr *nest = nla_nest_start(msg, DVTI_A_SA);

	nla_put_u32(msg, DVTI_A_SA_IFINDEX, ifindex);
	nla_nest_end(msg, nest);
	return dvtid_nl_talk(ns->genl, msg, NULL, NULL, reason, size);
}

uint32_t dvtid_kernel_spi(struct dvtid_kernel *k, const struct ike_addr *local)
{
	struct nl_msg *msg = request(k->home, 0, DVTI_CMD_SPI_RESERVE);
	struct nlattr *nest = nla_nest_start(msg, DVTI_A_SPI);
	char reason[256];
	uint32_t spi = 0;

	put_address(msg, DVTI_A_SPI_LOCAL, local, false);
	nla_nest_end(msg, nest);
	if (dvtid_nl_talk(k->home->genl, msg, dvtid_kernel_parse_spi, &spi, reason, sizeof(reason)))
		dvtid_log(IKE_LOG_ERROR, "spi-refused", "no inbound SPI from the kernel: %s", reason);
	return spi;
}

struct link_visit {
	dvtid_kernel_link_visit visit;
	void *ctx;
};

static void visit_link(struct nlmsghdr *h, void *ctx)
{
	const struct link_visit *v = ctx;
	struct dvtid_link link;

	if (dvtid_kernel_parse_link(h, &link))
		v->visit(&link, v->ctx);
}

int dvtid_kernel_links(struct dvtid_kernel *k, dvtid_kernel_link_visit visit, void *ctx, char *reason, size_t size)
{
	struct link_visit v = { visit, ctx };

	return dvtid_nl_talk(k->home->genl, request(k->home, NLM_F_DUMP, DVTI_CMD_LINK_GET), visit_link, &v, reason, size);
}

struct sa_visit {
	dvtid_kernel_sa_visit visit;
	void *ctx;
};

static void visit_sa(struct nlmsghdr *h, void *ctx)
{
	const struct sa_visit *v = ctx;
	struct dvtid_sa sa;

	if (dvtid_kernel_parse_sa(h, &sa))
		v->visit(&sa, v->ctx);
}

int dvtid_kernel_sas(struct dvtid_kernel *k, struct dvtid_ns *ns, uint32_t ifindex, dvtid_kernel_sa_visit visit,
		     void *ctx, char *reason, size_t size)
{
	struct sa_visit v = { visit, ctx };
	struct nl_msg *msg;

	if (!ns)
		ns = k->home;
	msg = request(ns, NLM_F_DUMP, DVTI_CMD_SA_GET);
	if (ifindex) {
		struct nlattr *nest = nla_nest_start(msg, DVTI_A_SA);

		nla_put_u32(msg, DVTI_A_SA_IFINDEX, ifindex);
		nla_nest_end(msg, nest);
	}
	return dvtid_nl_talk(ns->genl, msg, visit_sa, &v, reason, size);
}

/* Network namespaces. */

static void ns_free(struct dvtid_ns *ns)
{
	if (ns->genl)
		nl_socket_free(ns->genl);
	if (ns->route)
		nl_socket_free(ns->route);
	if (ns->fd >= 0)
		close(ns->fd);
	free(ns);
}

static int ns_open_sockets(struct dvtid_ns *ns, char *reason, size_t size)
{
	ns->genl = dvtid_nl_open(NETLINK_GENERIC, reason, size);
	ns->route = ns->genl ? dvtid_nl_open(NETLINK_ROUTE, reason, size) : NULL;
	return ns->route ? 0 : -EIO;
}

/* Sockets belong to the netns in which they were made, so the thread goes there and back. */
static int ns_open_elsewhere(struct dvtid_ns *ns, char *reason, size_t size)
{
	int back = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	int ret;

	if (back < 0 || setns(ns->fd, CLONE_NEWNET)) {
		ret = -errno;
		snprintf(reason, size, "netns \"%s\" cannot be entered: %s%s", ns->name, strerror(errno),
			 errno == EPERM ? " (the daemon keeps that right only if a netns was configured when it started; restart it)" :
					  "");
		if (back >= 0)
			close(back);
		return ret;
	}
	ret = ns_open_sockets(ns, reason, size);
	if (setns(back, CLONE_NEWNET))
		abort(); /* everything from here on would happen in the wrong netns */
	close(back);
	return ret;
}

static int ns_path(const struct dvtid_ns *ns, char *path, size_t size)
{
	return snprintf(path, size, NETNS_FOLDER "%s", ns->name);
}

/*
 * Open sockets keep a netns alive. So when its name goes, they go too, and with them, through the kernel, the
 * links in there and their sessions.
 */
static void on_netns_change(uv_fs_event_t *watch, const char *name, int events, int status)
{
	struct dvtid_kernel *k = watch->data;
	struct dvtid_ns **at = &k->others, *ns;
	char path[sizeof(NETNS_FOLDER) + IKE_NAME_MAX];
	struct stat named, ours;

	while ((ns = *at)) {
		ns_path(ns, path, sizeof(path));
		if (!stat(path, &named) && !fstat(ns->fd, &ours) && named.st_dev == ours.st_dev &&
		    named.st_ino == ours.st_ino) {
			at = &ns->next;
			continue;
		}
		*at = ns->next;
		ns_free(ns);
	}
}

static void watch_netns(struct dvtid_kernel *k)
{
	int err;

	if (uv_is_active((uv_handle_t *)&k->netns_watch))
		return;
	err = uv_fs_event_start(&k->netns_watch, on_netns_change, NETNS_FOLDER, 0);
	if (err)
		dvtid_log(IKE_LOG_WARNING, "netns-unwatched",
			  "a netns that is deleted will stay, with its sessions, until dvtid ends: " NETNS_FOLDER " cannot be watched: %s",
			  uv_strerror(err));
}

struct dvtid_ns *dvtid_kernel_ns(struct dvtid_kernel *k, const char *name, char *reason, size_t size)
{
	char path[sizeof(NETNS_FOLDER) + IKE_NAME_MAX];
	struct dvtid_ns *ns;

	if (!name || !*name)
		return k->home;
	for (ns = k->others; ns; ns = ns->next)
		if (!strcmp(ns->name, name))
			return ns;
	ns = calloc(1, sizeof(*ns));
	if (!ns)
		abort();
	snprintf(ns->name, sizeof(ns->name), "%s", name);
	ns_path(ns, path, sizeof(path));
	ns->family = k->family;
	ns->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (ns->fd < 0) {
		snprintf(reason, size, "netns \"%s\" cannot be opened: %s (ip netns add %s)", name, strerror(errno), name);
		ns_free(ns);
		return NULL;
	}
	if (ns_open_elsewhere(ns, reason, size)) {
		ns_free(ns);
		return NULL;
	}
	watch_netns(k);
	ns->next = k->others;
	k->others = ns;
	return ns;
}

void dvtid_kernel_ns_forget(struct dvtid_kernel *k, const char *name)
{
	for (struct dvtid_ns **at = &k->others; *at; at = &(*at)->next)
		if (!strcmp((*at)->name, name)) {
			struct dvtid_ns *gone = *at;

			*at = gone->next;
			ns_free(gone);
			return;
		}
}

/* Events. */

static void on_event(struct nlmsghdr *h, struct dvtid_kernel *k)
{
	const struct dvtid_kernel_events *ev = &k->events;
	struct dvtid_kernel_event e;

	if (h->nlmsg_type != k->family || !dvtid_kernel_parse_event(h, &e))
		return;
	switch (e.command) {
	case DVTI_CMD_ACQUIRE_NTF:
		ev->acquire(ev->ctx, &e.link);
		break;
	case DVTI_CMD_EXPIRE_NTF:
		ev->expire(ev->ctx, &e.sa, e.hard);
		break;
	case DVTI_CMD_MOVED_NTF:
		ev->moved(ev->ctx, &e.link, &e.remote);
		break;
	case DVTI_CMD_LINK_DEL_NTF:
		ev->deleted(ev->ctx, &e.link);
		break;
	}
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct dvtid_kernel *k = poll->data;
	char buf[16384] __attribute__((aligned(NLMSG_ALIGNTO)));
	ssize_t left;

	while ((left = recv(nl_socket_get_fd(k->events_sock), buf, sizeof(buf), MSG_DONTWAIT)) > 0) {
		struct nlmsghdr *h = (struct nlmsghdr *)buf;

		for (int len = left; nlmsg_ok(h, len); h = nlmsg_next(h, &len))
			on_event(h, k);
	}
	if (left < 0 && errno == ENOBUFS)
		dvtid_log(IKE_LOG_WARNING, "events-lost",
			  "the kernel sent events faster than they were read; some are lost, timers will make up for them");
}

static int subscribe(struct dvtid_kernel *k, uv_loop_t *loop, char *reason, size_t size)
{
	int group, err;

	k->events_sock = dvtid_nl_open(NETLINK_GENERIC, reason, size);
	if (!k->events_sock)
		return -EIO;
	nl_socket_set_buffer_size(k->events_sock, 4 << 20, 0);
	group = genl_ctrl_resolve_grp(k->home->genl, DVTI_FAMILY_NAME, DVTI_MCGRP_EVENTS);
	err = group < 0 ? group : nl_socket_add_membership(k->events_sock, group);
	if (err < 0) {
		snprintf(reason, size, "events of the kernel module: %s", nl_geterror(err));
		return -EIO;
	}
	uv_fs_event_init(loop, &k->netns_watch);
	k->netns_watch.data = k;
	uv_poll_init(loop, &k->poll, nl_socket_get_fd(k->events_sock));
	k->poll.data = k;
	k->n_handles = 2;
	uv_poll_start(&k->poll, UV_READABLE, on_readable);
	return 0;
}

static void kernel_free(struct dvtid_kernel *k)
{
	struct dvtid_ns *ns;

	while ((ns = k->others)) {
		k->others = ns->next;
		ns_free(ns);
	}
	if (k->events_sock)
		nl_socket_free(k->events_sock);
	if (k->home)
		ns_free(k->home);
	free(k);
}

struct dvtid_kernel *dvtid_kernel_open(uv_loop_t *loop, const struct dvtid_kernel_events *events, char *reason,
				       size_t size)
{
	struct dvtid_kernel *k = calloc(1, sizeof(*k));

	if (!k)
		abort();
	k->events = *events;
	k->home = calloc(1, sizeof(*k->home));
	if (!k->home)
		abort();
	k->home->fd = -1;
	if (ns_open_sockets(k->home, reason, size))
		goto fail;
	/* Asking for the family by name lets the kernel load the module. */
	k->family = genl_ctrl_resolve(k->home->genl, DVTI_FAMILY_NAME);
	if (k->family < 0) {
		snprintf(reason, size, "the kernel module dvti is not there: modprobe dvti (%s)", nl_geterror(k->family));
		goto fail;
	}
	k->home->family = k->family;
	if (subscribe(k, loop, reason, size))
		goto fail;
	return k;

fail:
	kernel_free(k);
	return NULL;
}

static void on_closed(uv_handle_t *handle)
{
	struct dvtid_kernel *k = handle->data;

	if (!--k->n_handles)
		kernel_free(k);
}

void dvtid_kernel_close(struct dvtid_kernel *k)
{
	if (!k)
		return;
	uv_close((uv_handle_t *)&k->poll, on_closed);
	uv_close((uv_handle_t *)&k->netns_watch, on_closed);
}
