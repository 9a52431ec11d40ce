// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests on the control socket: whatever a client writes, each line gets one reply that is JSON, and the
 * socket goes on serving.
 */
#include <errno.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "dvtid/control_kernel.h"
#include "dvtid/control_socket.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uv_loop_t loop;
static struct sockaddr_un address = { .sun_family = AF_UNIX };

static json_t *settings(void *ctx, json_t *request, const struct control_peer *peer, char *error, size_t size)
{
	struct dvtid_link link = { .has = 0 };

	if (!control_kernel_link_settings(json_object_get(request, "settings"), &link, error, size))
		return NULL;
	return json_pack("{s:o}", "link", control_kernel_link(&link));
}

static const struct control_command commands[] = {
	{ "s", "settings", settings },
	{ NULL, NULL, NULL },
};

static void start(void)
{
	char error[CONTROL_ERROR_MAX];

	snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/dvti-fuzz-control-%d", (int)getpid());
	if (uv_loop_init(&loop) ||
	    !control_socket_open(&loop, address.sun_path, commands, NULL, error, sizeof(error)))
		abort();
}

static void turn(void)
{
	for (int i = 0; i < 3; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
}

/* Every line of what came back is an object that says whether it is an answer. */
static void check(char *text)
{
	char *saved;

	for (char *line = strtok_r(text, "\n", &saved); line; line = strtok_r(NULL, "\n", &saved)) {
		json_t *reply = json_loads(line, 0, NULL);

		if (!json_is_boolean(json_object_get(reply, "ok")))
			abort();
		json_decref(reply);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char reply[1 << 20];
	size_t sent = 0, got = 0;
	ssize_t n;
	int fd;

	if (!*address.sun_path)
		start();
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)))
		abort();
	while (sent < size) {
		n = send(fd, data + sent, size - sent, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN)
			break;
		sent += n > 0 ? n : 0;
		turn();
	}
	shutdown(fd, SHUT_WR);
	do {
		turn();
		n = recv(fd, reply + got, sizeof(reply) - 1 - got, 0);
		got += n > 0 ? n : 0;
	} while ((n > 0 || (n < 0 && errno == EAGAIN)) && got < sizeof(reply) - 1);
	reply[got] = 0;
	close(fd);
	turn();
	check(reply);
	return 0;
}
