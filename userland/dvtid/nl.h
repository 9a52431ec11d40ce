/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Netlink requests that wait for their answer, with the kernel's refusal in words. libnl makes sockets and
 * messages; answers are read here, because libnl keeps extended acknowledgements to itself.
 */
#ifndef DVTI_DVTID_NL_H
#define DVTI_DVTID_NL_H

#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stddef.h>

/* One message of an answer; borrowed for the callback. */
typedef void (*dvtid_nl_reply)(struct nlmsghdr *msg, void *ctx);

/* A socket of the calling thread's netns, with extended acknowledgements and a limit to the wait. */
struct nl_sock *dvtid_nl_open(int protocol, char *reason, size_t size);

/**
 * dvtid_nl_talk() - send @msg, which is freed, and take its whole answer
 * @reply: called for each message of the answer, may be NULL
 *
 * Return: 0, or a negative errno with @reason saying why in the kernel's words.
 */
int dvtid_nl_talk(struct nl_sock *sk, struct nl_msg *msg, dvtid_nl_reply reply, void *ctx, char *reason, size_t size);

struct dvtid_nl_batch;

/* Gather requests and send them together: one system call for many routes. */
struct dvtid_nl_batch *dvtid_nl_batch_new(struct nl_sock *sk);
/* @msg is freed; @what names it in @reason; an answer of @ignore (an errno, or 0) is as good as success. */
void dvtid_nl_batch_add(struct dvtid_nl_batch *b, struct nl_msg *msg, int ignore, const char *what);
/* Send all and free @b. The first refusal is returned, the rest is carried out nevertheless. */
int dvtid_nl_batch_run(struct dvtid_nl_batch *b, char *reason, size_t size);

#endif
