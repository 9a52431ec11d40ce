// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * udp_order: take what pktgen sends, and say how many packets came and how many came behind a later one.
 *
 *	udp_order PORT		until it is told to end (SIGTERM); prints "received N late N furthest N"
 *	udp_order send ADDRESS PORT COUNT BURST...
 *				what pktgen would send, but with a number for each packet of a burst: COUNT packets for
 *				each BURST, so many of them at a time
 *
 * Late packets and how far they came behind are told apart by the running number that pktgen writes into each packet.
 * pktgen begins again at 1 with each run; that is not taken for lateness.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
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

static void take(const char *port)
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

	at.sin6_port = htons(atoi(port));
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
}

/* The socket cuts the burst into packets (UDP_SEGMENT). */
static void send_burst(int fd, unsigned int n, uint32_t *number)
{
	static uint32_t burst[PACKETS][PACKET_SIZE / 4];

	for (unsigned int i = 0; i < n; i++) {
		burst[i][0] = htonl(PKTGEN_MAGIC);
		burst[i][1] = htonl(++*number);
	}
	if (send(fd, burst, n * PACKET_SIZE, 0) != (ssize_t)(n * PACKET_SIZE))
		die("send");
}

static void give(const char *address, const char *port, unsigned int count, char **bursts)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(atoi(port)) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), size = PACKET_SIZE;
	uint32_t number = 0;

	if (fd < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1 || connect(fd, (struct sockaddr *)&to, sizeof(to)))
		die(address);
	if (setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size)))
		die("UDP_SEGMENT");

	for (; *bursts; bursts++) {
		unsigned int burst = atoi(*bursts);

		if (!burst || burst > PACKETS)
			die("BURST");
		for (unsigned int sent = 0; sent < count; sent += burst)
			send_burst(fd, count - sent < burst ? count - sent : burst, &number);
	}
}

int main(int argc, char **argv)
{
	if (argc == 2) {
		take(argv[1]);
	} else if (argc > 5 && !strcmp(argv[1], "send")) {
		give(argv[2], argv[3], atoi(argv[4]), argv + 5);
	} else {
		fprintf(stderr, "usage: udp_order PORT, udp_order send ADDRESS PORT COUNT BURST...\n");
		return 2;
	}
	return 0;
}
