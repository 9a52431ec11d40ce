// SPDX-License-Identifier: GPL-2.0-or-later
#include "nl.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>

#define RECEIVE_SIZE 65536
#define BATCH_MAX 32 /* messages under way, so that their answers fit the receive buffer */

struct nl_sock *dvtid_nl_open(int protocol, char *reason, size_t size)
{
	const struct timeval patience = { .tv_sec = 10 };
	struct nl_sock *sk = nl_socket_alloc();
	const int on = 1;
	int err;

	if (!sk)
		abort();
	err = nl_connect(sk, protocol);
	if (err < 0) {
		snprintf(reason, size, "netlink socket: %s", nl_geterror(err));
		nl_socket_free(sk);
		return NULL;
	}
	/* Kernels that lack one of these only say less. */
	setsockopt(nl_socket_get_fd(sk), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(nl_socket_get_fd(sk), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	setsockopt(nl_socket_get_fd(sk), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	setsockopt(nl_socket_get_fd(sk), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	nl_socket_set_buffer_size(sk, 1 << 20, 1 << 20);
	return sk;
}

/* Error and extended acknowledgement of an NLMSG_ERROR or NLMSG_DONE message. */
static int refusal(struct nlmsghdr *h, char *reason, size_t size)
{
	struct nlattr *tb[NLMSGERR_ATTR_MAX + 1] = { 0 };
	int offset, error = 0;

	if (h->nlmsg_type == NLMSG_DONE) {
		if (nlmsg_datalen(h) >= (int)sizeof(error))
			memcpy(&error, nlmsg_data(h), sizeof(error));
		offset = sizeof(error);
	} else {
		struct nlmsgerr *e = nlmsg_data(h);

		if (nlmsg_datalen(h) < (int)sizeof(*e)) {
			snprintf(reason, size, "the kernel's answer is truncated");
			return -EBADMSG;
		}
		error = e->error;
		offset = sizeof(*e);
		if (!(h->nlmsg_flags & NLM_F_CAPPED))
			offset += NLMSG_ALIGN(e->msg.nlmsg_len) - sizeof(e->msg);
	}
	if (!error)
		return 0;
	if (h->nlmsg_flags & NLM_F_ACK_TLVS && nlmsg_datalen(h) > offset)
		nla_parse(tb, NLMSGERR_ATTR_MAX, (struct nlattr *)((char *)nlmsg_data(h) + offset),
			  nlmsg_datalen(h) - offset, NULL);
	if (tb[NLMSGERR_ATTR_MSG] && nla_len(tb[NLMSGERR_ATTR_MSG]) > 1)
		snprintf(reason, size, "%.*s", nla_len(tb[NLMSGERR_ATTR_MSG]), (char *)nla_data(tb[NLMSGERR_ATTR_MSG]));
	else
		snprintf(reason, size, "%s", strerror(-error));
	return error;
}

static ssize_t receive(struct nl_sock *sk, void *buf, char *reason, size_t size)
{
	ssize_t len;

	do
		len = recv(nl_socket_get_fd(sk), buf, RECEIVE_SIZE, MSG_TRUNC);
	while (len < 0 && errno == EINTR);
	if (len < 0) {
		snprintf(reason, size, "no answer from the kernel: %s", strerror(errno));
		return -errno;
	}
	if (len > RECEIVE_SIZE) {
		snprintf(reason, size, "the kernel's answer is too long");
		return -EMSGSIZE;
	}
	return len;
}

int dvtid_nl_talk(struct nl_sock *sk, struct nl_msg *msg, dvtid_nl_reply reply, void *ctx, char *reason, size_t size)
{
	bool dump = nlmsg_hdr(msg)->nlmsg_flags & NLM_F_DUMP;
	uint32_t seq;
	char *buf;
	int ret;

	if (!dump)
		nlmsg_hdr(msg)->nlmsg_flags |= NLM_F_ACK;
	nl_complete_msg(sk, msg);
	seq = nlmsg_hdr(msg)->nlmsg_seq;
	ret = nl_send(sk, msg);
	nlmsg_free(msg);
	if (ret < 0) {
		snprintf(reason, size, "request to the kernel: %s", nl_geterror(ret));
		return -EIO;
	}
	buf = malloc(RECEIVE_SIZE);
	if (!buf)
		abort();
	for (;;) {
		ssize_t left = receive(sk, buf, reason, size);
		struct nlmsghdr *h = (struct nlmsghdr *)buf;

		if (left < 0) {
			ret = left;
			break;
		}
		for (int len = left; nlmsg_ok(h, len); h = nlmsg_next(h, &len)) {
			if (h->nlmsg_seq != seq)
				continue;
			if (h->nlmsg_type == NLMSG_ERROR || h->nlmsg_type == NLMSG_DONE) {
				ret = refusal(h, reason, size);
				free(buf);
				return ret;
			}
			if (reply && h->nlmsg_type >= NLMSG_MIN_TYPE)
				reply(h, ctx);
		}
	}
	free(buf);
	return ret;
}

struct batch_entry {
	struct nl_msg *msg;
	int ignore;
	char what[96];
};

struct dvtid_nl_batch {
	struct nl_sock *sk;
	struct batch_entry *entries;
	size_t n, room;
};

struct dvtid_nl_batch *dvtid_nl_batch_new(struct nl_sock *sk)
{
	struct dvtid_nl_batch *b = calloc(1, sizeof(*b));

	if (!b)
		abort();
	b->sk = sk;
	return b;
}

void dvtid_nl_batch_add(struct dvtid_nl_batch *b, struct nl_msg *msg, int ignore, const char *what)
{
	struct batch_entry *e;

	if (b->n == b->room) {
		b->room = b->room ? 2 * b->room : 16;
		b->entries = realloc(b->entries, b->room * sizeof(*b->entries));
		if (!b->entries)
			abort();
	}
	nlmsg_hdr(msg)->nlmsg_flags |= NLM_F_ACK | NLM_F_REQUEST;
	nl_complete_msg(b->sk, msg);
	e = &b->entries[b->n++];
	e->msg = msg;
	e->ignore = ignore;
	snprintf(e->what, sizeof(e->what), "%s", what);
}

/* Take the acknowledgements of @n entries; the first that counts as an error goes to @error and @reason. */
static int gather(struct dvtid_nl_batch *b, struct batch_entry *e, size_t n, char *buf, int *error, char *reason,
		  size_t size)
{
	char why[256];

	for (size_t done = 0; done < n;) {
		ssize_t left = receive(b->sk, buf, why, sizeof(why));
		struct nlmsghdr *h = (struct nlmsghdr *)buf;

		if (left < 0) {
			snprintf(reason, size, "%s", why);
			return left;
		}
		for (int len = left; nlmsg_ok(h, len); h = nlmsg_next(h, &len)) {
			int err;

			if (done == n || h->nlmsg_type != NLMSG_ERROR || h->nlmsg_seq != nlmsg_hdr(e[done].msg)->nlmsg_seq)
				continue;
			err = refusal(h, why, sizeof(why));
			if (err && -err != e[done].ignore && !*error) {
				snprintf(reason, size, "%s: %s", e[done].what, why);
				*error = err;
			}
			done++;
		}
	}
	return 0;
}

int dvtid_nl_batch_run(struct dvtid_nl_batch *b, char *reason, size_t size)
{
	struct iovec iov[BATCH_MAX];
	char *buf = malloc(RECEIVE_SIZE);
	int error = 0, ret = 0;

	if (!buf)
		abort();
	for (size_t at = 0; at < b->n && !ret; at += BATCH_MAX) {
		size_t n = b->n - at < BATCH_MAX ? b->n - at : BATCH_MAX;

		for (size_t i = 0; i < n; i++) {
			struct nlmsghdr *h = nlmsg_hdr(b->entries[at + i].msg);

			iov[i].iov_base = h;
			iov[i].iov_len = NLMSG_ALIGN(h->nlmsg_len);
		}
		if (writev(nl_socket_get_fd(b->sk), iov, n) < 0) {
			ret = -errno;
			snprintf(reason, size, "request to the kernel: %s", strerror(errno));
		} else {
			ret = gather(b, b->entries + at, n, buf, &error, reason, size);
		}
	}
	for (size_t i = 0; i < b->n; i++)
		nlmsg_free(b->entries[i].msg);
	free(b->entries);
	free(b);
	free(buf);
	return ret ? ret : error;
}
