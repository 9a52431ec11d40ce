// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A set of four sockets per front VRF. Each datagram is answered from the address that it came to. The
 * sockets are exempt from the host's xfrm policies, since IKE is what such policies wait for, and they never
 * set Don't Fragment: an IKE message must arrive even where path MTU discovery is broken.
 */
#include "sockets.h"

#include <errno.h>
#include <linux/in6.h>
#include <linux/netlink.h>
#include <linux/udp.h>
#include <linux/xfrm.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"

#define DATAGRAM_MAX 65536
#define BURST_MAX 32
#define MARKER_LEN 4 /* non-ESP marker, RFC 3948 section 2.2 */

#ifndef IPV6_XFRM_POLICY
#define IPV6_XFRM_POLICY 35
#endif

struct endpoint {
	uv_poll_t poll;
	struct socket_set *set;
	int fd;
	int family;
	bool natt;
};

/** struct socket_set - the sockets of one front VRF; @vrf empty for none */
struct socket_set {
	struct socket_set *next;
	struct dvtid_sockets *owner;
	char vrf[IFNAMSIZ];
	uint32_t vrf_ifindex;
	uint32_t fwmark;
	struct endpoint ends[4];
	unsigned int n_open;    /* handles that libuv still knows */
};

struct dvtid_sockets {
	uv_loop_t *loop;
	uint16_t port, natt_port;
	dvtid_datagram datagram;
	dvtid_burst_end burst_end;
	void *ctx;
	struct socket_set *sets;
	uint8_t buf[DATAGRAM_MAX];
};

/* Policies of a socket are refused as long as xfrm_user is not loaded, which asking for its netlink does. */
static bool xfrm_is_there(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_XFRM);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Policies of the socket itself are looked at first and let everything through. */
static void exempt_from_policies(int fd, int family)
{
	struct xfrm_userpolicy_info policy = {
		.action = XFRM_POLICY_ALLOW,
		.sel.family = family,
	};
	int level = family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
	int option = family == AF_INET ? IP_XFRM_POLICY : IPV6_XFRM_POLICY;

	if (!xfrm_is_there())
		return; /* then there are no policies either */
	for (int dir = XFRM_POLICY_IN; dir <= XFRM_POLICY_OUT; dir++) {
		policy.dir = dir;
		if (setsockopt(fd, level, option, &policy, sizeof(policy)))
			dvtid_log(IKE_LOG_WARNING, "socket-policy",
				  "IKE is not exempt from this host's xfrm policies: %s", strerror(errno));
	}
}

static int set_family_options(int fd, int family, bool natt)
{
	const int on = 1, encap = UDP_ENCAP_ESPINUDP, dont = IP_PMTUDISC_DONT, dont6 = IPV6_PMTUDISC_DONT;

	if (family == AF_INET) {
		if (setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) ||
		    setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &dont, sizeof(dont)))
			return -1;
	} else if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) ||
		   setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)) ||
		   setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &dont6, sizeof(dont6))) {
		return -1;
	}
	/* Several datagrams may come at once, which the kernel's ESP wants more than we do. */
	if (setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof(on)))
		return -1;
	/* ESP in UDP leaves the socket on its way in and goes to the ESP handlers of the kernel. */
	return natt ? setsockopt(fd, IPPROTO_UDP, UDP_ENCAP, &encap, sizeof(encap)) : 0;
}

static int bind_underlay(int fd, const char *vrf, uint32_t fwmark)
{
	if (*vrf && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, vrf, strlen(vrf) + 1))
		return -1;
	if (fwmark && setsockopt(fd, SOL_SOCKET, SO_MARK, &fwmark, sizeof(fwmark)))
		return -1;
	return 0;
}

static int open_one(struct socket_set *set, struct endpoint *e, uint16_t port, char *reason, size_t size)
{
	struct ike_addr any = { .family = e->family, .port = port };
	const int buffer = 4 << 20;
	struct sockaddr_storage ss;
	socklen_t len = ike_addr_to_sockaddr(&any, &ss);
	int err;

	e->fd = socket(e->family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (e->fd < 0 && e->family == AF_INET6 && errno == EAFNOSUPPORT)
		return 0; /* a host without IPv6 */
	if (e->fd < 0) {
		err = -errno;
		snprintf(reason, size, "UDP socket: %s", strerror(errno));
		return err;
	}
	setsockopt(e->fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer));
	if (set_family_options(e->fd, e->family, e->natt) || bind_underlay(e->fd, set->vrf, set->fwmark)) {
		err = -errno;
		snprintf(reason, size, "options of the UDP socket for port %u%s%s: %s", port, *set->vrf ? " in front-vrf " : "",
			 set->vrf, strerror(errno));
		return err;
	}
	exempt_from_policies(e->fd, e->family);
	if (bind(e->fd, (struct sockaddr *)&ss, len)) {
		err = -errno;
		snprintf(reason, size, "%s UDP port %u%s%s: %s%s", e->family == AF_INET ? "IPv4" : "IPv6", port,
			 *set->vrf ? " in front-vrf " : "", set->vrf, strerror(errno),
			 errno == EADDRINUSE ? " (does another IKE daemon run on this host?)" : "");
		return err;
	}
	return 0;
}

static void set_unlink(struct socket_set *set)
{
	for (struct socket_set **at = &set->owner->sets; *at; at = &(*at)->next)
		if (*at == set) {
			*at = set->next;
			return;
		}
}

static void set_release(struct socket_set *set)
{
	for (size_t i = 0; i < 4; i++)
		if (set->ends[i].fd >= 0)
			close(set->ends[i].fd);
	free(set);
}

static void on_closed(uv_handle_t *handle)
{
	struct endpoint *e = handle->data;

	if (!--e->set->n_open)
		set_release(e->set);
}

static void set_close(struct socket_set *set)
{
	set_unlink(set);
	for (size_t i = 0; i < 4; i++)
		if (set->ends[i].poll.data)
			uv_close((uv_handle_t *)&set->ends[i].poll, on_closed);
}

/* What came with received data. Return: octets of each datagram in it, 0 if it is a single one. */
static int read_control(const struct endpoint *e, struct msghdr *mh, struct ike_datagram *dg)
{
	const struct dvtid_sockets *s = e->set->owner;
	int size = 0;

	ike_addr_from_sockaddr(&dg->remote, mh->msg_name);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(mh); c; c = CMSG_NXTHDR(mh, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			dg->local.family = AF_INET;
			memcpy(dg->local.bytes, &info.ipi_addr, 4);
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			dg->local.family = AF_INET6;
			memcpy(dg->local.bytes, &info.ipi6_addr, 16);
			if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
				dg->local.scope = info.ipi6_ifindex;
		} else if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
			memcpy(&size, CMSG_DATA(c), sizeof(size));
		}
	}
	dg->local.port = e->natt ? s->natt_port : s->port;
	if (!dg->local.scope)
		dg->local.scope = e->set->vrf_ifindex;
	dg->natt = e->natt;
	return size > 0 ? size : 0;
}

static void take_datagram(struct endpoint *e, struct ike_datagram *dg, uint8_t *data, size_t len)
{
	struct dvtid_sockets *s = e->set->owner;

	if (e->natt) {
		/* Keepalives and ESP with an SPI that the kernel refused end here. */
		if (len < MARKER_LEN || memcmp(data, "\0\0\0\0", MARKER_LEN))
			return;
		data += MARKER_LEN;
		len -= MARKER_LEN;
	}
	dg->data = data;
	dg->len = len;
	s->datagram(s->ctx, dg);
}

static bool receive_some(struct endpoint *e)
{
	struct dvtid_sockets *s = e->set->owner;
	struct sockaddr_storage from;
	char control[256] __attribute__((aligned(8)));
	struct iovec iov = { s->buf, sizeof(s->buf) };
	struct msghdr mh = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct ike_datagram common = { 0 };
	ssize_t len = recvmsg(e->fd, &mh, MSG_DONTWAIT);
	size_t size;

	if (len < 0)
		return errno == EINTR || errno == ECONNREFUSED || errno == EHOSTUNREACH || errno == ENETUNREACH;
	size = read_control(e, &mh, &common);
	if (!common.local.family)
		return true;
	for (size_t at = 0; at < (size_t)len; at += size) {
		struct ike_datagram dg = common;

		if (!size || size > len - at)
			size = len - at;
		take_datagram(e, &dg, s->buf + at, size);
	}
	return true;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct endpoint *e = poll->data;

	for (int i = 0; i < BURST_MAX && receive_some(e); i++)
		;
	e->set->owner->burst_end(e->set->owner->ctx);
}

static int set_open(struct dvtid_sockets *s, const char *vrf, uint32_t fwmark, char *reason, size_t size)
{
	struct socket_set *set = calloc(1, sizeof(*set));
	int err = 0;

	if (!set)
		abort();
	set->owner = s;
	set->fwmark = fwmark;
	snprintf(set->vrf, sizeof(set->vrf), "%s", vrf);
	for (size_t i = 0; i < 4; i++)
		set->ends[i] = (struct endpoint){ .set = set, .fd = -1, .family = i & 1 ? AF_INET6 : AF_INET, .natt = i & 2 };
	if (*vrf) {
		set->vrf_ifindex = if_nametoindex(vrf);
		if (!set->vrf_ifindex) {
			err = -errno;
			snprintf(reason, size, "front-vrf \"%s\": %s", vrf, strerror(errno));
		}
	}
	for (size_t i = 0; i < 4 && !err; i++)
		err = open_one(set, &set->ends[i], i & 2 ? s->natt_port : s->port, reason, size);
	if (err) {
		set_release(set);
		return err;
	}
	for (size_t i = 0; i < 4; i++) {
		struct endpoint *e = &set->ends[i];

		if (e->fd < 0)
			continue;
		uv_poll_init(s->loop, &e->poll, e->fd);
		e->poll.data = e;
		set->n_open++;
		uv_poll_start(&e->poll, UV_READABLE, on_readable);
	}
	set->next = s->sets;
	s->sets = set;
	return 0;
}

static struct socket_set *find_set(const struct dvtid_sockets *s, const char *vrf)
{
	for (struct socket_set *set = s->sets; set; set = set->next)
		if (!strcmp(set->vrf, vrf))
			return set;
	return NULL;
}

static const char *profile_vrf(const struct ike_profile *p)
{
	return p->tmpl ? p->tmpl->front_vrf : "";
}

/* The configuration reader sees to it that templates which share a front VRF share the mark. */
static uint32_t policy_mark(const struct ike_policy *policy, const char *vrf)
{
	for (size_t i = 0; i < policy->n_profiles; i++)
		if (policy->profiles[i].tmpl && !strcmp(policy->profiles[i].tmpl->front_vrf, vrf))
			return policy->profiles[i].tmpl->fwmark;
	return 0;
}

int dvtid_sockets_open(struct dvtid_sockets *s, const struct ike_policy *policy, char *reason, size_t size)
{
	struct socket_set *before = s->sets;

	for (size_t i = 0; i < policy->n_profiles; i++) {
		const char *vrf = profile_vrf(&policy->profiles[i]);
		int err;

		if (find_set(s, vrf))
			continue;
		err = set_open(s, vrf, policy_mark(policy, vrf), reason, size);
		if (!err)
			continue;
		while (s->sets != before)
			set_close(s->sets);
		return err;
	}
	return 0;
}

static void change_mark(struct socket_set *set, uint32_t fwmark)
{
	if (set->fwmark == fwmark)
		return;
	set->fwmark = fwmark;
	for (size_t i = 0; i < 4; i++)
		if (set->ends[i].fd >= 0 && setsockopt(set->ends[i].fd, SOL_SOCKET, SO_MARK, &fwmark, sizeof(fwmark)))
			dvtid_log(IKE_LOG_WARNING, "socket-mark", "fwmark %u cannot be set on the IKE sockets: %s", fwmark,
				  strerror(errno));
}

static bool wanted(const struct socket_set *set, const struct ike_policy *policy)
{
	for (size_t i = 0; i < policy->n_profiles; i++)
		if (!strcmp(profile_vrf(&policy->profiles[i]), set->vrf))
			return true;
	return false;
}

void dvtid_sockets_trim(struct dvtid_sockets *s, const struct ike_policy *policy)
{
	struct socket_set *set, *next;

	for (set = s->sets; set; set = next) {
		next = set->next;
		if (wanted(set, policy))
			change_mark(set, policy_mark(policy, set->vrf));
		else
			set_close(set);
	}
}

struct dvtid_sockets *dvtid_sockets_new(uv_loop_t *loop, uint16_t port, uint16_t natt_port, dvtid_datagram datagram,
					dvtid_burst_end burst_end, void *ctx)
{
	struct dvtid_sockets *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->loop = loop;
	s->port = port;
	s->natt_port = natt_port;
	s->datagram = datagram;
	s->burst_end = burst_end;
	s->ctx = ctx;
	return s;
}

void dvtid_sockets_free(struct dvtid_sockets *s)
{
	if (!s)
		return;
	while (s->sets)
		set_close(s->sets);
	free(s);
}

/* By the VRF that the local address carries; a link-local address has its link there and uses the first set. */
static struct endpoint *find_endpoint(struct dvtid_sockets *s, const struct ike_datagram *dg)
{
	struct socket_set *found = NULL;

	for (struct socket_set *set = s->sets; set; set = set->next) {
		if (set->vrf_ifindex == dg->local.scope)
			found = set;
		else if (!found && !set->vrf_ifindex)
			found = set;
	}
	if (!found)
		found = s->sets;
	for (size_t i = 0; found && i < 4; i++)
		if (found->ends[i].family == dg->remote.family && found->ends[i].natt == dg->natt && found->ends[i].fd >= 0)
			return &found->ends[i];
	return NULL;
}

/* The source address goes with the datagram, since the socket is bound to none. */
static void put_source(struct msghdr *mh, const struct ike_addr *local)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(mh);

	if (local->family == AF_INET) {
		struct in_pktinfo info = { 0 };

		memcpy(&info.ipi_spec_dst, local->bytes, 4);
		c->cmsg_level = IPPROTO_IP;
		c->cmsg_type = IP_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(info));
		memcpy(CMSG_DATA(c), &info, sizeof(info));
		mh->msg_controllen = CMSG_SPACE(sizeof(info));
	} else {
		struct in6_pktinfo info = { 0 };

		memcpy(&info.ipi6_addr, local->bytes, 16);
		if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
			info.ipi6_ifindex = local->scope;
		c->cmsg_level = IPPROTO_IPV6;
		c->cmsg_type = IPV6_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(info));
		memcpy(CMSG_DATA(c), &info, sizeof(info));
		mh->msg_controllen = CMSG_SPACE(sizeof(info));
	}
}

void dvtid_sockets_send(struct dvtid_sockets *s, const struct ike_datagram *dg)
{
	struct endpoint *e = find_endpoint(s, dg);
	char control[128] __attribute__((aligned(8))) = { 0 };
	static const uint8_t marker[MARKER_LEN];
	struct sockaddr_storage to;
	struct iovec iov[2] = { { (void *)marker, MARKER_LEN }, { (void *)dg->data, dg->len } };
	bool marked = dg->natt && !dg->keepalive;
	struct msghdr mh = {
		.msg_name = &to, .msg_iov = marked ? iov : iov + 1, .msg_iovlen = marked ? 2 : 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	char where[IKE_ADDR_STRLEN];

	if (!e) {
		dvtid_log(IKE_LOG_WARNING, "send-failed", "%s: no socket of that address family is open",
			  ike_addr_port_text(&dg->remote, where));
		return;
	}
	mh.msg_namelen = ike_addr_to_sockaddr(&dg->remote, &to);
	if (dg->local.family)
		put_source(&mh, &dg->local);
	else
		mh.msg_controllen = 0;
	if (sendmsg(e->fd, &mh, MSG_DONTWAIT) < 0 && errno != EAGAIN)
		dvtid_log(IKE_LOG_WARNING, "send-failed", "%s: IKE message not sent: %s",
			  ike_addr_port_text(&dg->remote, where), strerror(errno));
}

int dvtid_sockets_source(struct dvtid_sockets *s, const char *front_vrf, const struct ike_addr *remote,
			 struct ike_addr *local, char *reason, size_t size)
{
	const struct socket_set *set = find_set(s, front_vrf);
	struct sockaddr_storage ss;
	socklen_t len = ike_addr_to_sockaddr(remote, &ss);
	int fd = socket(remote->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char text[IKE_ADDR_STRLEN];
	int err = 0;

	if (fd < 0 || bind_underlay(fd, front_vrf, set ? set->fwmark : 0) || connect(fd, (struct sockaddr *)&ss, len) ||
	    (len = sizeof(ss), getsockname(fd, (struct sockaddr *)&ss, &len))) {
		err = -errno;
		snprintf(reason, size, "no way to %s: %s", ike_addr_text(remote, text), strerror(errno));
	} else {
		ike_addr_from_sockaddr(local, (struct sockaddr *)&ss);
		local->port = s->port;
		if (!local->scope && *front_vrf)
			local->scope = set ? set->vrf_ifindex : 0;
	}
	if (fd >= 0)
		close(fd);
	return err;
}
