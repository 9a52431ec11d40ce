// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nf_accept [MILLISECONDS]: take what netfilter puts into queue 0, wait a moment or so long, and let it go on.
 *
 * It says "ready" when the queue is there, and runs until it is told to end.
 */
#include <netinet/in.h>	/* before the kernel's */
#include <linux/netfilter.h>
#include <netlink/msg.h>
#include <netlink/netfilter/nfnl.h>
#include <netlink/netfilter/queue.h>
#include <netlink/netfilter/queue_msg.h>
#include <netlink/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static unsigned int delay = 2;
static struct nl_sock *sock;

static void must(int err, const char *what)
{
	if (err >= 0)
		return;
	fprintf(stderr, "nf_accept: %s: %s\n", what, nl_geterror(err));
	exit(1);
}

static int accept_one(struct nl_msg *nlmsg, void *unused)
{
	struct nfnl_queue_msg *msg;

	(void)unused;
	must(nfnlmsg_queue_msg_parse(nlmsg_hdr(nlmsg), &msg), "a message that makes no sense");
	usleep(delay * 1000);
	nfnl_queue_msg_set_verdict(msg, NF_ACCEPT);
	must(nfnl_queue_msg_send_verdict(sock, msg), "the verdict");
	nfnl_queue_msg_put(msg);
	return NL_OK;
}

int main(int argc, char **argv)
{
	struct nfnl_queue *queue = nfnl_queue_alloc();

	if (argc > 1)
		delay = atoi(argv[1]);
	sock = nfnl_queue_socket_alloc();
	if (!queue || !sock)
		return 1;
	must(nl_connect(sock, NETLINK_NETFILTER), "netlink");
	nl_socket_disable_auto_ack(sock);
	nl_socket_disable_seq_check(sock);
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, accept_one, NULL);

	nfnl_queue_set_group(queue, 0);
	nfnl_queue_set_copy_mode(queue, NFNL_QUEUE_COPY_META);
	must(nfnl_queue_create(sock, queue), "the queue");
	printf("ready\n");
	fflush(stdout);
	while (1)
		must(nl_recvmsgs_default(sock), "the queue");
}
