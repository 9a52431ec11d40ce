// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The connection to the daemon: one JSON object per line each way. Every way in which it can fail ends in
 * one line that says what to look at.
 */
#include "client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define CLIENT_PATIENCE 30 /* seconds that the daemon may take for a reply */

static void unreachable(const char *path, int error)
{
	const char *hint = "is the daemon running? systemctl status dvtid";

	if (error == EACCES || error == EPERM)
		hint = "only root and the socket's group may command the daemon";
	fprintf(stderr, "dvtictl: cannot reach dvtid at %s: %s (%s)\n", path, strerror(error), hint);
}

FILE *client_open(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = CLIENT_PATIENCE };
	FILE *client;
	int fd;

	if (strlen(path) >= sizeof(sun.sun_path)) {
		unreachable(path, ENAMETOOLONG);
		return NULL;
	}
	strcpy(sun.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		goto fail;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0)
		goto fail;
	client = fdopen(fd, "r");
	if (!client)
		goto fail;
	return client;
fail:
	unreachable(path, errno);
	if (fd >= 0)
		close(fd);
	return NULL;
}

bool client_send(FILE *client, const json_t *request)
{
	char *line = json_dumps(request, JSON_COMPACT);
	size_t len, done = 0;
	ssize_t n;

	if (!line) {
		fprintf(stderr, "dvtictl: an argument is not UTF-8 text\n");
		return false;
	}
	len = strlen(line) + 1;
	line[len - 1] = '\n';
	while (done < len) {
		n = send(fileno(client), line + done, len - done, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			fprintf(stderr, "dvtictl: the daemon does not take the request: %s\n", strerror(errno));
			free(line);
			return false;
		}
		done += n;
	}
	free(line);
	return true;
}

json_t *client_receive(FILE *client)
{
	json_error_t where;
	char *line = NULL;
	size_t size = 0;
	json_t *object;
	ssize_t len;

	errno = 0;
	len = getline(&line, &size, client);
	if (len < 0) {
		if (errno == EAGAIN)
			fprintf(stderr, "dvtictl: the daemon has not answered within %d seconds\n", CLIENT_PATIENCE);
		else if (ferror(client))
			fprintf(stderr, "dvtictl: connection to the daemon lost: %s\n", strerror(errno));
		free(line);
		return NULL;
	}
	object = json_loadb(line, len, 0, &where);
	if (!object)
		fprintf(stderr, "dvtictl: the daemon's answer is not JSON: %s\n", where.text);
	free(line);
	return object;
}

void client_wait_forever(FILE *client)
{
	struct timeval none = { 0 };

	setsockopt(fileno(client), SOL_SOCKET, SO_RCVTIMEO, &none, sizeof(none));
}
