// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * links: make or delete many links at once, as a hub does that comes up with all its spokes.
 *
 *	links make COUNT	links va1 … vaCOUNT, each with a pair of SAs, up, and a route to one host through it
 *	links delete COUNT	the same links, one request each
 *	links delete-batch COUNT	the same, many links in a request
 *	links script COUNT	what ip -batch needs for as many xfrm interfaces
 *
 * Link N has its peer at 10.128.0.0 + N and a route to 100.64.0.0 + N. Prints the seconds that it took.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/dvti.h>

#define LOCAL 0x0a010001u	/* 10.1.0.1 */
#define REMOTES 0x0a800000u	/* 10.128.0.0 */
#define TARGETS 0x64400000u	/* 100.64.0.0 */
#define SPI_IN 0x10000000u
#define SPI_OUT 0x20000000u
#define IN_FLIGHT 32		/* requests in one datagram */
#define NAMED 64		/* links in one request to delete */

static const uint8_t key[36] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20 };

/* Requests that travel together */
struct batch {
	int fd;
	uint32_t seq;
	unsigned int n;
	size_t len;
	uint8_t buf[64 * 1024];
};

static void __attribute__((format(printf, 1, 2), noreturn)) die(const char *format, ...)
{
	va_list ap;

	fputs("links: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static int open_netlink(int protocol)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), size = 4 << 20, on = 1;

	if (fd < 0 || connect(fd, (struct sockaddr *)&kernel, sizeof(kernel)))
		die("no netlink socket: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	return fd;
}

static struct nlmsghdr *message(struct batch *b, uint16_t type, uint16_t flags, const void *head, size_t len)
{
	struct nlmsghdr *n = (struct nlmsghdr *)(b->buf + b->len);

	memset(n, 0, sizeof(*n));
	n->nlmsg_type = type;
	n->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	n->nlmsg_seq = ++b->seq;
	n->nlmsg_len = NLMSG_LENGTH(len);
	memcpy(NLMSG_DATA(n), head, len);
	b->len += NLMSG_ALIGN(n->nlmsg_len);
	b->n++;
	return n;
}

static void put(struct batch *b, struct nlmsghdr *n, uint16_t type, const void *data, size_t len)
{
	struct nlattr *a = (struct nlattr *)((uint8_t *)n + NLMSG_ALIGN(n->nlmsg_len));

	if (b->len + NLA_HDRLEN + NLA_ALIGN(len) > sizeof(b->buf))
		die("a batch is too large");
	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + len;
	memset(a + 1, 0, NLA_ALIGN(len));
	if (len)
		memcpy(a + 1, data, len);
	n->nlmsg_len = NLMSG_ALIGN(n->nlmsg_len) + NLA_HDRLEN + NLA_ALIGN(len);
	b->len = (uint8_t *)n - b->buf + n->nlmsg_len;
}

static void put_u32(struct batch *b, struct nlmsghdr *n, uint16_t type, uint32_t value)
{
	put(b, n, type, &value, sizeof(value));
}

static struct nlattr *nest(struct batch *b, struct nlmsghdr *n, uint16_t type)
{
	struct nlattr *a = (struct nlattr *)(b->buf + b->len);

	put(b, n, type | NLA_F_NESTED, NULL, 0);
	return a;
}

static void nest_end(struct batch *b, struct nlattr *a)
{
	a->nla_len = b->buf + b->len - (uint8_t *)a;
}

static void put_address(struct batch *b, struct nlmsghdr *n, uint16_t type, uint32_t address)
{
	struct nlattr *a = nest(b, n, type);

	put_u32(b, n, DVTI_A_ADDRESS_IPV4, htonl(address));
	nest_end(b, a);
}

/* Send what has gathered, and take all acknowledgements. @reply sees every other message. */
static void exchange(struct batch *b, void (*reply)(const struct nlmsghdr *n, void *arg), void *arg)
{
	uint8_t buf[32 * 1024];
	struct nlmsghdr *n;
	ssize_t len;

	if (b->n && send(b->fd, b->buf, b->len, 0) < 0)
		die("a request cannot be sent: %s", strerror(errno));
	while (b->n) {
		len = recv(b->fd, buf, sizeof(buf), 0);
		if (len < 0)
			die("no answer: %s", strerror(errno));
		for (n = (struct nlmsghdr *)buf; NLMSG_OK(n, (size_t)len); n = NLMSG_NEXT(n, len)) {
			if (n->nlmsg_type == NLMSG_ERROR) {
				const struct nlmsgerr *e = NLMSG_DATA(n);

				if (e->error)
					die("request %u is refused: %s", n->nlmsg_seq, strerror(-e->error));
				b->n--;
			} else if (reply) {
				reply(n, arg);
			}
		}
	}
	b->len = 0;
}

static const struct nlattr *find(const void *from, size_t len, uint16_t type)
{
	const struct nlattr *a = from;

	while (len >= NLA_HDRLEN && a->nla_len >= NLA_HDRLEN && a->nla_len <= len) {
		size_t step = NLA_ALIGN(a->nla_len);

		if ((a->nla_type & NLA_TYPE_MASK) == type)
			return a;
		if (step > len)
			break;
		len -= step;
		a = (const struct nlattr *)((const uint8_t *)a + step);
	}
	return NULL;
}

static const struct nlattr *find_genl(const struct nlmsghdr *n, uint16_t type)
{
	return find((const uint8_t *)NLMSG_DATA(n) + GENL_HDRLEN, n->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN), type);
}

static void take_family(const struct nlmsghdr *n, void *family)
{
	const struct nlattr *a = find_genl(n, CTRL_ATTR_FAMILY_ID);

	if (a)
		memcpy(family, a + 1, sizeof(uint16_t));
}

static uint16_t resolve(struct batch *b)
{
	struct genlmsghdr g = { .cmd = CTRL_CMD_GETFAMILY, .version = 1 };
	struct nlmsghdr *n = message(b, GENL_ID_CTRL, 0, &g, sizeof(g));
	uint16_t family = 0;

	put(b, n, CTRL_ATTR_FAMILY_NAME, DVTI_FAMILY_NAME, sizeof(DVTI_FAMILY_NAME));
	exchange(b, take_family, &family);
	return family;
}

static void put_sa(struct batch *b, struct nlmsghdr *n, uint32_t dir, uint32_t spi)
{
	struct nlattr *sa = nest(b, n, DVTI_A_SA);

	put_u32(b, n, DVTI_A_SA_DIR, dir);
	put_u32(b, n, DVTI_A_SA_SPI, htonl(spi));
	put_u32(b, n, DVTI_A_SA_AEAD, DVTI_AEAD_AES_GCM_16);
	put(b, n, DVTI_A_SA_KEY, key, sizeof(key));
	put(b, n, DVTI_A_SA_ESN, NULL, 0);
	if (dir == DVTI_DIRECTION_IN)
		put_u32(b, n, DVTI_A_SA_REPLAY_WINDOW, 1024);
	nest_end(b, sa);
}

/* Indices of new links come in the order of their requests. */
struct indices {
	uint32_t *next;
};

static void take_index(const struct nlmsghdr *n, void *arg)
{
	const struct nlattr *link = find_genl(n, DVTI_A_LINK), *a;
	struct indices *to = arg;

	a = link ? find(link + 1, link->nla_len - NLA_HDRLEN, DVTI_A_LINK_IFINDEX) : NULL;
	if (!a)
		die("a link without an index");
	memcpy(to->next++, a + 1, sizeof(uint32_t));
}

static void make(unsigned int count)
{
	struct genlmsghdr g = { .cmd = DVTI_CMD_LINK_NEW, .version = DVTI_FAMILY_VERSION };
	struct rtmsg r = { .rtm_family = AF_INET, .rtm_dst_len = 32, .rtm_table = RT_TABLE_MAIN,
			   .rtm_protocol = RTPROT_STATIC, .rtm_scope = RT_SCOPE_LINK, .rtm_type = RTN_UNICAST };
	static struct batch links, routes;
	uint32_t *index = calloc(count, sizeof(*index));
	struct indices to = { index };
	double start, made;
	struct nlmsghdr *n;
	struct nlattr *l;
	char name[16];
	unsigned int i;
	uint16_t family;

	if (!index)
		die("no memory");
	links.fd = open_netlink(NETLINK_GENERIC);
	routes.fd = open_netlink(NETLINK_ROUTE);
	family = resolve(&links);

	start = now();
	for (i = 1; i <= count; i++) {
		n = message(&links, family, 0, &g, sizeof(g));
		l = nest(&links, n, DVTI_A_LINK);
		put(&links, n, DVTI_A_LINK_IFNAME, name, snprintf(name, sizeof(name), "va%u", i) + 1);
		put_address(&links, n, DVTI_A_LINK_LOCAL, LOCAL);
		put_address(&links, n, DVTI_A_LINK_REMOTE, REMOTES + i);
		put(&links, n, DVTI_A_LINK_UP, NULL, 0);
		nest_end(&links, l);
		put_sa(&links, n, DVTI_DIRECTION_IN, SPI_IN + i);
		put_sa(&links, n, DVTI_DIRECTION_OUT, SPI_OUT + i);
		if (links.n == IN_FLIGHT || i == count)
			exchange(&links, take_index, &to);
	}
	made = now();
	for (i = 1; i <= count; i++) {
		uint32_t target = htonl(TARGETS + i);

		n = message(&routes, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &r, sizeof(r));
		put(&routes, n, RTA_DST, &target, sizeof(target));
		put_u32(&routes, n, RTA_OIF, index[i - 1]);
		if (routes.n == IN_FLIGHT || i == count)
			exchange(&routes, NULL, NULL);
	}
	printf("links=%.3f routes=%.3f\n", made - start, now() - made);
	free(index);
}

static void delete(unsigned int count, unsigned int together)
{
	struct genlmsghdr g = { .cmd = DVTI_CMD_LINK_DEL, .version = DVTI_FAMILY_VERSION };
	static struct batch b;
	struct nlmsghdr *n = NULL;
	double start;
	struct nlattr *l;
	char name[16];
	unsigned int i;
	uint16_t family;

	b.fd = open_netlink(NETLINK_GENERIC);
	family = resolve(&b);
	start = now();
	for (i = 1; i <= count; i++) {
		if ((i - 1) % together == 0)
			n = message(&b, family, 0, &g, sizeof(g));
		l = nest(&b, n, DVTI_A_LINK);
		put(&b, n, DVTI_A_LINK_IFNAME, name, snprintf(name, sizeof(name), "va%u", i) + 1);
		nest_end(&b, l);
		if (i % (IN_FLIGHT * together) == 0 || i == count)
			exchange(&b, NULL, NULL);
	}
	printf("delete=%.3f\n", now() - start);
}

static void script(unsigned int count)
{
	static const char *const dirs[] = { "out", "in", "fwd" };
	struct in_addr at = { htonl(LOCAL) };
	char local[INET_ADDRSTRLEN], remote[INET_ADDRSTRLEN], target[INET_ADDRSTRLEN];
	unsigned int i, d;

	inet_ntop(AF_INET, &at, local, sizeof(local));
	for (i = 1; i <= count; i++) {
		at.s_addr = htonl(REMOTES + i);
		inet_ntop(AF_INET, &at, remote, sizeof(remote));
		at.s_addr = htonl(TARGETS + i);
		inet_ntop(AF_INET, &at, target, sizeof(target));
		printf("link add va%u type xfrm dev eth0 if_id %u\n", i, i);
		for (d = 0; d < 2; d++) {
			printf("xfrm state add src %s dst %s proto esp spi 0x%x reqid %u mode tunnel flag af-unspec esn replay-window 1024 if_id %u aead rfc4106(gcm(aes)) 0x",
			       d ? local : remote, d ? remote : local, (d ? SPI_OUT : SPI_IN) + i, i, i);
			for (size_t k = 0; k < sizeof(key); k++)
				printf("%02x", key[k]);
			puts(" 128");
		}
		for (d = 0; d < 3; d++)
			printf("xfrm policy add dir %s src 0.0.0.0/0 dst 0.0.0.0/0 if_id %u tmpl src %s dst %s proto esp reqid %u mode tunnel\n",
			       dirs[d], i, d ? remote : local, d ? local : remote, i);
		printf("link set va%u up\nroute add %s/32 dev va%u\n", i, target, i);
	}
}

int main(int argc, char **argv)
{
	unsigned int count = argc == 3 ? strtoul(argv[2], NULL, 0) : 0;

	if (!count || count > 1000000)
		die("make, delete, delete-batch or script, and how many");
	if (!strcmp(argv[1], "make"))
		make(count);
	else if (!strcmp(argv[1], "delete"))
		delete(count, 1);
	else if (!strcmp(argv[1], "delete-batch"))
		delete(count, NAMED);
	else if (!strcmp(argv[1], "script"))
		script(count);
	else
		die("\"%s\" is none of make, delete, delete-batch and script", argv[1]);
	return 0;
}
