// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * udp_order: take what pktgen sends, and say how many packets came and how many came behind a later one.
 *
 *	udp_order PORT		until it is told to end (SIGTERM); prints "received N late N furthest N"
 *
 * Late packets and how far they came behind are told apart by the running number that pktgen writes into each packet.
 * pktgen begins again at 1 with each run; that is not taken for lateness.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define PKTGEN_MAGIC 0xbe9be955
#define PACKETS 64
#define PACKET_SIZE 64		/* enough for the head; the rest is cut off */

static volatile sig_atomic_t ended;

static void end(int sig)
{
	(void)sig;
	ended = 1;
}

static void die(const char *what)
{
	fprintf(stderr, "udp_order: %s: %s\n", what, strerror(errno));
	exit(1);
}

int main(int argc, char **argv)
{
	uint64_t received = 0, late = 0, furthest = 0;
	static uint32_t packet[PACKETS][PACKET_SIZE / 4];
	struct sigaction sa = { .sa_handler = end };
	struct sockaddr_in6 at = { .sin6_family = AF_INET6 };
	struct mmsghdr msgs[PACKETS] = { 0 };
	struct iovec iov[PACKETS];
	int size = 256 << 20;
	uint32_t last = 0;
	int fd;

	if (argc != 2) {
		fprintf(stderr, "usage: udp_order PORT\n");
		return 2;
	}
	at.sin6_port = htons(atoi(argv[1]));
	sigaction(SIGTERM, &sa, NULL);

	fd = socket(AF_INET6, SOCK_DGRAM, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)))
		die("socket");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		die("SO_RCVBUFFORCE");

	for (int i = 0; i < PACKETS; i++) {
		iov[i] = (struct iovec){ packet[i], PACKET_SIZE };
		msgs[i].msg_hdr.msg_iov = &iov[i];
		msgs[i].msg_hdr.msg_iovlen = 1;
	}

	for (;;) {
		int n = recvmmsg(fd, msgs, PACKETS, ended ? MSG_DONTWAIT : MSG_WAITFORONE, NULL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0)
			die("recvmmsg");
		for (int i = 0; i < n; i++) {
			uint32_t seq = ntohl(packet[i][1]);

			if (msgs[i].msg_len < 16 || ntohl(packet[i][0]) != PKTGEN_MAGIC)
				continue;
			received++;
			if (seq >= last || seq <= 2) {
				last = seq;
				continue;
			}
			late++;
			if (last - seq > furthest)
				furthest = last - seq;
		}
	}

	printf("received %llu late %llu furthest %llu\n", (unsigned long long)received, (unsigned long long)late,
	       (unsigned long long)furthest);
	return 0;
}
