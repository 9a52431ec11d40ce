// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dvti-nl: speak the kernel module's netlink family from a shell script.
 *
 *	dvti-nl link-new name=va%d role=static local=10.1.0.1 remote=10.2.0.1 up \
 *		sa dir=in spi=0x100 aead=aes-gcm-16 key=00…  sa dir=out …
 *	dvti-nl sa-new dev=va0 dir=in spi=… [sa dev=va0 dir=out …]
 *	dvti-nl link-del dev=va0 [link dev=va1 …]
 *	dvti-nl link-get [dev=va0]	dvti-nl sa-get [dev=va0 [dir=in spi=…]]
 *	dvti-nl spi-reserve local=10.1.0.1 [seconds=30]
 *	dvti-nl monitor [count=N] [timeout=SECONDS]
 *	dvti-nl udp-socket [port=4500] [gro]	own the socket through which ESP in UDP comes in, until killed
 *	dvti-nl exhaust COMMAND word… next COMMAND word…	with each of its allocations failing in turn
 *
 * What the kernel answers is printed as JSON, a line each; a refusal as "Error: " with the kernel's own words and exit
 * status 1, and no answer for want of memory as 3. raw=TYPE:HEX puts an attribute of any kind into a request, to
 * provoke refusals.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/dvti.h>
#include <linux/netlink.h>
#include <linux/udp.h>
#include <netinet/in.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "attributes.h"

static const struct command {
	const char *name;
	uint8_t cmd;
	uint16_t object;	/* what the words of the request describe */
	bool dumps;		/* when nothing, or only dev=, is named */
} commands[] = {
	{ "link-new", DVTI_CMD_LINK_NEW, DVTI_A_LINK, false },
	{ "link-set", DVTI_CMD_LINK_SET, DVTI_A_LINK, false },
	{ "link-get", DVTI_CMD_LINK_GET, DVTI_A_LINK, true },
	{ "link-del", DVTI_CMD_LINK_DEL, DVTI_A_LINK, false },
	{ "sa-new", DVTI_CMD_SA_NEW, DVTI_A_SA, false },
	{ "sa-update", DVTI_CMD_SA_UPDATE, DVTI_A_SA, false },
	{ "sa-get", DVTI_CMD_SA_GET, DVTI_A_SA, true },
	{ "sa-del", DVTI_CMD_SA_DEL, DVTI_A_SA, false },
	{ "sa-flush", DVTI_CMD_SA_FLUSH, DVTI_A_SA, false },
	{ "spi-reserve", DVTI_CMD_SPI_RESERVE, DVTI_A_SPI, false },
};

static const char *const events[] = {
	[DVTI_CMD_ACQUIRE_NTF] = "acquire",
	[DVTI_CMD_EXPIRE_NTF] = "expire",
	[DVTI_CMD_MOVED_NTF] = "moved",
	[DVTI_CMD_LINK_DEL_NTF] = "link-del",
};

static void print(json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT);

	puts(text);
	fflush(stdout);
	free(text);
	json_decref(o);
}

static json_t *only_member(json_t *o)
{
	json_t *member = json_incref(json_object_iter_value(json_object_iter(o)));

	json_decref(o);
	return member;
}

/* A reply about one object is printed as that object, an event as a whole. */
static int on_message(struct nl_msg *msg, void *arg)
{
	struct genlmsghdr *g = genlmsg_hdr(nlmsg_hdr(msg));
	json_t *o = json_message(genlmsg_attrdata(g, 0), genlmsg_attrlen(g, 0));
	unsigned int *count = arg;

	if (g->cmd < ARRAY_SIZE(events) && events[g->cmd])
		json_object_set_new(o, "event", json_string(events[g->cmd]));
	else if (json_object_size(o) == 1)
		o = only_member(o);
	print(o);
	(*count)++;
	return NL_OK;
}

struct outcome {
	int status;		/* 1: under way, 0: done, below: -errno */
	char words[256];
};

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *e, void *arg)
{
	const struct nlmsghdr *h = (const void *)((const char *)e - NLMSG_HDRLEN);
	struct outcome *outcome = arg;
	const struct nlattr *a;
	size_t skip = sizeof(*e);
	int rest;

	outcome->status = e->error;
	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return NL_STOP;
	if (!(h->nlmsg_flags & NLM_F_CAPPED))
		skip += e->msg.nlmsg_len - NLMSG_HDRLEN;
	a = (const void *)((const char *)e + NLMSG_ALIGN(skip));
	nla_for_each_attr(a, (struct nlattr *)a, (int)(h->nlmsg_len - NLMSG_HDRLEN - NLMSG_ALIGN(skip)), rest)
		if (nla_type(a) == NLMSGERR_ATTR_MSG)
			snprintf(outcome->words, sizeof(outcome->words), "%s",
				 nla_get_string((struct nlattr *)a));
	return NL_STOP;
}

static int on_done(struct nl_msg *msg, void *arg)
{
	struct outcome *outcome = arg;
	struct nlmsghdr *h = nlmsg_hdr(msg);

	outcome->status = 0;
	/* A dump that fails half-way says so in its last message. */
	if (h->nlmsg_type == NLMSG_DONE && nlmsg_datalen(h) >= (int)sizeof(int))
		outcome->status = *(int *)nlmsg_data(h);
	return NL_STOP;
}

static struct nl_sock *connect_family(int *family)
{
	struct nl_sock *sk = nl_socket_alloc();
	int on = 1, err;

	err = genl_connect(sk);
	if (err)
		die("netlink: %s", nl_geterror(err));
	setsockopt(nl_socket_get_fd(sk), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	*family = genl_ctrl_resolve(sk, DVTI_FAMILY_NAME);
	if (*family < 0)
		die("the kernel has no netlink family \"dvti\": is dvti.ko loaded?");
	nl_socket_disable_seq_check(sk);
	return sk;
}

static int monitor(int argc, char **argv)
{
	unsigned int count = UINT32_MAX, seen = 0;
	struct pollfd p = { .events = POLLIN };
	struct timespec start, now;
	int group, family, wait_ms = -1, left;
	struct nl_sock *sk = connect_family(&family);

	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "count=", 6))
			count = number("count", argv[i] + 6);
		else if (!strncmp(argv[i], "timeout=", 8))
			wait_ms = 1000 * number("timeout", argv[i] + 8);
		else
			die("unknown word \"%s\"", argv[i]);
	}
	group = genl_ctrl_resolve_grp(sk, DVTI_FAMILY_NAME, DVTI_MCGRP_EVENTS);
	if (group < 0 || nl_socket_add_membership(sk, group))
		die("cannot join the group of events");
	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, on_message, &seen);
	fputs("listening\n", stderr);
	p.fd = nl_socket_get_fd(sk);
	clock_gettime(CLOCK_MONOTONIC, &start);
	while (seen < count) {
		left = wait_ms;
		if (wait_ms >= 0) {
			clock_gettime(CLOCK_MONOTONIC, &now);
			left -= (now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000;
			if (left <= 0)
				break;
		}
		if (poll(&p, 1, left) > 0)
			nl_recvmsgs_default(sk);
	}
	nl_socket_free(sk);
	return seen < count && count != UINT32_MAX;
}

/* RFC 3948 traffic reaches ESP only through a socket that asks for it; with "gro", also several datagrams at once. */
static int udp_socket(int argc, char **argv)
{
	static const int families[] = { AF_INET, AF_INET6 };
	int encap = UDP_ENCAP_ESPINUDP, on = 1, fd;
	uint16_t port = 4500;
	int gro = 0;

	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "port=", 5))
			port = number("port", argv[i] + 5);
		else if (!strcmp(argv[i], "gro"))
			gro = 1;
		else
			die("unknown word \"%s\"", argv[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		struct sockaddr_in6 any6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
		struct sockaddr_in any4 = { .sin_family = AF_INET, .sin_port = htons(port) };
		bool six = families[i] == AF_INET6;

		fd = socket(families[i], SOCK_DGRAM, 0);
		if (six)
			setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
		if (fd < 0 || setsockopt(fd, IPPROTO_UDP, UDP_ENCAP, &encap, sizeof(encap)) ||
		    (gro && setsockopt(fd, IPPROTO_UDP, UDP_GRO, &gro, sizeof(gro))) ||
		    bind(fd, six ? (void *)&any6 : (void *)&any4, six ? sizeof(any6) : sizeof(any4)))
			die("UDP port %u: %s", port, strerror(errno));
	}
	fputs("listening\n", stderr);
	for (;;)
		pause();
}

/* For exhaust(): which allocation of a request fails, 0 for none; and whether it came to that. */
static uint64_t fail_at;
static bool fail_came;

/* Let the @n-th allocation of this task fail, 0 for none. Return: what was left of the last such number. */
static long fail_nth(uint64_t n)
{
	static int fd = -1;	/* stays open: opening it takes memory */
	char text[32] = "";
	long left;

	if (fd < 0)
		fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fd < 0 || pread(fd, text, sizeof(text) - 1, 0) < 0)
		die("this kernel injects no faults");
	left = strtol(text, NULL, 10);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	if (pwrite(fd, text, strlen(text), 0) < 0)
		die("fault injection: %s", strerror(errno));
	return left;
}

/* Without memory for the answer, the request may have been done or not. */
static void unanswered(const char *what)
{
	if (!fail_at)
		die("netlink: cannot %s", what);
}

#define UNANSWERED 3

static int request(const struct command *c, int argc, char **argv)
{
	struct outcome outcome = { .status = 1 };
	struct nl_msg *msg = nlmsg_alloc_size(65536);
	const struct field *fields = fields_of(c->object);
	unsigned int seen = 0;
	struct nlattr *nest;
	struct nl_cb *cb;
	struct nl_sock *sk;
	int family, err;
	bool dump;

	sk = connect_family(&family);
	dump = c->dumps && (!argc || (c->cmd == DVTI_CMD_SA_GET && argc == 1));
	genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, dump ? NLM_F_DUMP : NLM_F_ACK, c->cmd,
		    DVTI_FAMILY_VERSION);
	nest = argc ? nla_nest_start(msg, c->object) : NULL;
	for (int i = 0; i < argc; i++) {
		bool sa = !strcmp(argv[i], "sa");

		if (!sa && strcmp(argv[i], "link")) {
			put_word(msg, fields, argv[i]);
			continue;
		}
		nla_nest_end(msg, nest);
		nest = nla_nest_start(msg, sa ? DVTI_A_SA : DVTI_A_LINK);
		fields = fields_of(sa ? DVTI_A_SA : DVTI_A_LINK);
	}
	if (nest)
		nla_nest_end(msg, nest);

	cb = nl_cb_alloc(NL_CB_DEFAULT);
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_message, &seen);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_done, &outcome);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_done, &outcome);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, &outcome);
	if (fail_at)
		fail_nth(fail_at);
	err = nl_send_auto(sk, msg);
	if (fail_at)
		fail_came = !fail_nth(0);
	if (err < 0)
		unanswered("send");
	while (err >= 0 && outcome.status > 0) {
		err = nl_recvmsgs(sk, cb);
		if (err < 0 && outcome.status > 0)
			unanswered("receive");
	}
	nl_cb_put(cb);
	nlmsg_free(msg);
	nl_socket_free(sk);
	if (!outcome.status)
		return 0;
	if (outcome.status > 0)
		return UNANSWERED;
	fprintf(stderr, "Error: %s%s(%s)\n", outcome.words, *outcome.words ? " " : "",
		strerror(-outcome.status));
	return 1;
}

static const struct command *command(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_SIZE(commands); i++)
		if (!strcmp(name, commands[i].name))
			return &commands[i];
	return NULL;
}

/* DVTI_FAIL_NTH=N lets the N-th allocation fail, and the last line then says whether there was one. */
static int single(const struct command *c, int argc, char **argv)
{
	const char *nth = getenv("DVTI_FAIL_NTH");
	int status;

	fail_at = nth ? strtoull(nth, NULL, 10) : 0;
	status = request(c, argc, argv);
	if (nth)
		fprintf(stderr, "fault: %s\n", fail_came ? "injected" : "none");
	return status;
}

/*
 * exhaust COMMAND word… next COMMAND word…: the first request with its first allocation failing, then its second,
 * until there are no more. The second request must succeed if, and only if, the first has been done, and lead back
 * to where that can be made again.
 */
static int exhaust(int argc, char **argv)
{
	const struct command *first = command(argc ? argv[0] : NULL), *second;
	int n = 1, done, undone;

	while (n < argc && strcmp(argv[n], "next"))
		n++;
	second = command(n + 1 < argc ? argv[n + 1] : NULL);
	if (!first || !second)
		die("exhaust: COMMAND word… next COMMAND word… is wanted");
	for (uint64_t i = 1;; i++) {
		fail_at = i;
		done = request(first, n - 1, argv + 1);
		fail_at = 0;
		undone = request(second, argc - n - 2, argv + n + 2);
		if (done != UNANSWERED && !done != !undone) {
			fprintf(stderr, "allocation %llu: %s, but what follows %s\n", (unsigned long long)i,
				done ? "refused" : "done", undone ? "fails" : "succeeds");
			return 1;
		}
		if (!fail_came) {
			printf("# %s: %llu allocations\n", first->name, (unsigned long long)i - 1);
			return done;
		}
	}
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "monitor"))
		return monitor(argc - 2, argv + 2);
	if (argc > 1 && !strcmp(argv[1], "udp-socket"))
		return udp_socket(argc - 2, argv + 2);
	if (argc > 1 && !strcmp(argv[1], "exhaust"))
		return exhaust(argc - 2, argv + 2);
	if (argc > 1 && command(argv[1]))
		return single(command(argv[1]), argc - 2, argv + 2);
	fputs("usage: dvti-nl COMMAND [word[=value]]…\ncommands: monitor udp-socket exhaust", stderr);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(stderr, " %s", commands[i].name);
	fputc('\n', stderr);
	return 2;
}
