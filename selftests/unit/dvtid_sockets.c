// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The daemon's sockets: what the kernel hands over as one large datagram is several messages, and what is not IKE
 * among them goes no further.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <linux/udp.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dvtid/sockets.h"

#define MESSAGES_MAX 8
#define MARKER_LEN 4

struct seen {
	unsigned int n, bursts;
	struct {
		size_t len;
		uint8_t first, last;
		bool natt;
	} message[MESSAGES_MAX];
};

static void on_datagram(void *ctx, const struct ike_datagram *dg)
{
	struct seen *seen = ctx;

	assert_true(seen->n < MESSAGES_MAX);
	assert_true(dg->len > 0);
	seen->message[seen->n].len = dg->len;
	seen->message[seen->n].first = dg->data[0];
	seen->message[seen->n].last = dg->data[dg->len - 1];
	seen->message[seen->n++].natt = dg->natt;
}

static void on_burst_end(void *ctx)
{
	struct seen *seen = ctx;

	seen->bursts++;
}

static uint16_t free_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	close(fd);
	return ntohs(a.sin_port);
}

/* Datagrams of @size octets, the last may have fewer, in one go to @port of this host. */
static void send_large(uint16_t port, const void *data, size_t len, int size)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size)), 0);
	assert_int_equal(sendto(fd, data, len, 0, (struct sockaddr *)&to, sizeof(to)), len);
	close(fd);
}

/* Three messages behind a marker, the third shorter, with one in between that bears an SPI instead. */
static void test_nat_traversal_port(void **state)
{
	enum { SIZE = 100, LAST = 40 };
	struct ike_profile profile = { 0 };
	struct ike_policy policy = { .profiles = &profile, .n_profiles = 1 };
	uint8_t data[3 * SIZE + LAST] = { 0 };
	uint16_t port = free_port(), natt_port = free_port();
	struct dvtid_sockets *s;
	struct seen seen = { 0 };
	char reason[256] = "";
	uv_loop_t loop;

	for (unsigned int i = 0; i < 4; i++) {
		size_t len = i == 3 ? LAST : SIZE;

		memset(data + i * SIZE + MARKER_LEN, 'a' + i, len - MARKER_LEN);
	}
	memset(data + SIZE, 0x77, MARKER_LEN);

	uv_loop_init(&loop);
	s = dvtid_sockets_new(&loop, port, natt_port, on_datagram, on_burst_end, &seen);
	if (dvtid_sockets_open(s, &policy, reason, sizeof(reason)))
		fail_msg("%s", reason);
	send_large(natt_port, data, sizeof(data), SIZE);
	for (unsigned int i = 0; i < 100 && !seen.bursts; i++) {
		uv_run(&loop, UV_RUN_NOWAIT);
		usleep(10000);
	}

	assert_int_equal(seen.n, 3);
	for (unsigned int i = 0; i < 3; i++) {
		assert_true(seen.message[i].natt);
		assert_int_equal(seen.message[i].len, (i == 2 ? LAST : SIZE) - MARKER_LEN);
		assert_int_equal(seen.message[i].first, "acd"[i]);
		assert_int_equal(seen.message[i].last, "acd"[i]);
	}
	assert_int_equal(seen.bursts, 1);

	dvtid_sockets_free(s);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
}

/* The plain IKE port knows no marker. This kernel hands over all three at once there. */
static void test_plain_port(void **state)
{
	struct ike_profile profile = { 0 };
	struct ike_policy policy = { .profiles = &profile, .n_profiles = 1 };
	uint16_t port = free_port(), natt_port = free_port();
	struct dvtid_sockets *s;
	struct seen seen = { 0 };
	char reason[256] = "";
	uv_loop_t loop;

	uv_loop_init(&loop);
	s = dvtid_sockets_new(&loop, port, natt_port, on_datagram, on_burst_end, &seen);
	if (dvtid_sockets_open(s, &policy, reason, sizeof(reason)))
		fail_msg("%s", reason);
	send_large(port, "aaaabbbbcc", 10, 4);
	for (unsigned int i = 0; i < 100 && seen.n < 3; i++) {
		uv_run(&loop, UV_RUN_NOWAIT);
		usleep(10000);
	}

	assert_int_equal(seen.n, 3);
	assert_int_equal(seen.message[0].len, 4);
	assert_int_equal(seen.message[2].len, 2);
	assert_int_equal(seen.message[2].first, 'c');
	assert_false(seen.message[0].natt);

	dvtid_sockets_free(s);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nat_traversal_port),
		cmocka_unit_test(test_plain_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
