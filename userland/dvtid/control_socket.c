// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The control socket. Requests of one client are answered one at a time: the next is looked at when the
 * reply to the one before has left, so neither a flood of requests nor a client that never reads makes
 * the daemon's memory grow. What the commands mean is not known here.
 */
#include "control_socket.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control_json.h"

#define CONTROL_BACKLOG 16
#define CONTROL_MONITOR_QUEUE_MAX (256 * 1024) /* octets that may wait for a client that monitors */

struct control_client {
	uv_pipe_t pipe;
	struct dvtid_control *control;
	struct control_client *next, **link;
	struct control_peer peer;
	bool busy;      /* a reply is on its way */
	bool hang_up;   /* close when it has left */
	bool ended;     /* the client will send no more */
	bool monitor;
	enum ike_log_level level;
	unsigned int lost;
	size_t len;
	char in[CONTROL_REQUEST_MAX];
};

struct dvtid_control {
	uv_pipe_t pipe;
	const struct control_command *commands;
	void *ctx;
	struct control_client *clients;
	unsigned int n_clients;
	unsigned int handles;   /* not yet closed, ours included */
	dev_t dev;              /* of the socket file, so that only our own is removed */
	ino_t ino;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

struct control_write {
	uv_write_t req;
	struct control_client *client;
	bool reply;
	char *data;
};

static void client_serve(struct control_client *client);

static void control_put(struct dvtid_control *control)
{
	if (!--control->handles)
		free(control);
}

static void client_closed(uv_handle_t *handle)
{
	struct control_client *client = handle->data;

	control_put(client->control);
	free(client);
}

static void client_close(struct control_client *client)
{
	if (uv_is_closing((uv_handle_t *)&client->pipe))
		return;
	*client->link = client->next;
	if (client->next)
		client->next->link = client->link;
	client->control->n_clients--;
	uv_close((uv_handle_t *)&client->pipe, client_closed);
}

static void client_written(uv_write_t *req, int status)
{
	struct control_write *w = req->data;
	struct control_client *client = w->client;
	bool reply = w->reply;

	free(w->data);
	free(w);
	if (uv_is_closing((uv_handle_t *)&client->pipe))
		return;
	if (status < 0 || (reply && client->hang_up)) {
		client_close(client);
		return;
	}
	if (!reply)
		return;
	client->busy = false;
	client_serve(client);
}

/* Takes @object. */
static void client_write(struct control_client *client, json_t *object, bool reply)
{
	struct control_write *w = calloc(1, sizeof(*w));
	uv_buf_t buf;
	size_t len;

	if (!w)
		goto fail;
	w->req.data = w;
	w->client = client;
	w->reply = reply;
	w->data = json_dumps(object, JSON_COMPACT);
	if (!w->data)
		goto fail;
	/* The line's end takes the place of the string's. */
	len = strlen(w->data);
	w->data[len] = '\n';
	buf = uv_buf_init(w->data, len + 1);
	if (uv_write(&w->req, (uv_stream_t *)&client->pipe, &buf, 1, client_written) < 0)
		goto fail;
	if (reply)
		client->busy = true;
	json_decref(object);
	return;
fail:
	if (w)
		free(w->data);
	free(w);
	json_decref(object);
	client_close(client);
}

static json_t *control_error(const char *text)
{
	return json_pack("{s:b, s:s}", "ok", 0, "error", text);
}

static bool word_in(const char *word, const char *list)
{
	size_t len = strlen(word);

	while (*list) {
		size_t n = strcspn(list, " ");

		if (n == len && !memcmp(list, word, n))
			return true;
		list += n + strspn(list + n, " ");
	}
	return false;
}

static json_t *unknown_command(const struct dvtid_control *control, const char *name)
{
	char text[CONTROL_ERROR_MAX];
	size_t len;

	len = snprintf(text, sizeof(text), "unknown command \"%.64s\"; known: monitor", name);
	for (const struct control_command *c = control->commands; c->name && len < sizeof(text); c++)
		len += snprintf(text + len, sizeof(text) - len, " %s", c->name);
	return control_error(text);
}

static json_t *run_command(struct control_client *client, const struct control_command *command, json_t *request)
{
	char text[CONTROL_ERROR_MAX] = "";
	json_t *value, *reply;
	const char *key;

	json_object_foreach(request, key, value) {
		if (!strcmp(key, "command") || word_in(key, command->arguments))
			continue;
		snprintf(text, sizeof(text), "%s: unknown argument \"%.64s\"; known: %s", command->name, key,
			 *command->arguments ? command->arguments : "none");
		return control_error(text);
	}
	reply = command->run(client->control->ctx, request, &client->peer, text, sizeof(text));
	if (!reply)
		return control_error(*text ? text : "out of memory");
	json_object_set_new(reply, "ok", json_true());
	return reply;
}

static json_t *start_monitor(struct control_client *client, json_t *request)
{
	json_t *level = json_object_get(request, "level");

	client->level = IKE_LOG_INFO;
	if (level && !control_level_parse(json_string_value(level), &client->level))
		return control_error("monitor: \"level\" is one of error, warning, notice, info, debug");
	client->monitor = true;
	return json_pack("{s:b}", "ok", 1);
}

static json_t *answer(struct control_client *client, const char *line, size_t len)
{
	char text[CONTROL_ERROR_MAX];
	const char *name;
	json_error_t where;
	json_t *request, *reply;

	request = json_loadb(line, len, JSON_REJECT_DUPLICATES, &where);
	if (!request) {
		snprintf(text, sizeof(text), "the request is not JSON: %s (column %d)", where.text, where.column);
		return control_error(text);
	}
	name = json_string_value(json_object_get(request, "command"));
	if (!name) {
		json_decref(request);
		return control_error("a request is an object with the member \"command\", a string");
	}
	reply = NULL;
	if (!strcmp(name, "monitor"))
		reply = start_monitor(client, request);
	for (const struct control_command *c = client->control->commands; c->name && !reply; c++)
		if (!strcmp(name, c->name))
			reply = run_command(client, c, request);
	if (!reply)
		reply = unknown_command(client->control, name);
	json_decref(request);
	return reply;
}

static void client_alloc(uv_handle_t *handle, size_t hint, uv_buf_t *buf)
{
	struct control_client *client = handle->data;

	*buf = uv_buf_init(client->in + client->len, sizeof(client->in) - client->len);
}

static void client_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct control_client *client = stream->data;

	if (n == 0)
		return;
	/* One that only listens has gone; one that asked and then shut its side down still wants its replies. */
	if (n < 0 && (n != UV_EOF || client->monitor)) {
		client_close(client);
		return;
	}
	if (n > 0)
		client->len += n;
	else
		client->ended = true;
	client_serve(client);
}

/*
 * Answer the first request that is complete, and leave further ones in the socket until the reply has
 * left; client_written() comes back here.
 */
static void client_serve(struct control_client *client)
{
	char text[128];
	json_t *reply;
	size_t len;
	char *end;

	end = memchr(client->in, '\n', client->len);
	if (!end && client->len == sizeof(client->in)) {
		snprintf(text, sizeof(text), "the request is longer than %d octets", CONTROL_REQUEST_MAX);
		client->hang_up = true;
		uv_read_stop((uv_stream_t *)&client->pipe);
		client_write(client, control_error(text), true);
		return;
	}
	if (!end) {
		if (client->ended || (uv_read_start((uv_stream_t *)&client->pipe, client_alloc, client_read) < 0 &&
				      !uv_is_active((uv_handle_t *)&client->pipe)))
			client_close(client);
		return;
	}
	uv_read_stop((uv_stream_t *)&client->pipe);
	len = end - client->in;
	reply = answer(client, client->in, len);
	len++;
	client->len -= len;
	memmove(client->in, client->in + len, client->len);
	client_write(client, reply, true);
}

static void control_accept(uv_stream_t *server, int status)
{
	struct dvtid_control *control = server->data;
	struct control_client *client;
	struct ucred cred = { .uid = -1, .pid = -1 };
	socklen_t len = sizeof(cred);
	int fd;

	if (status < 0)
		return;
	client = calloc(1, sizeof(*client));
	if (!client || uv_pipe_init(server->loop, &client->pipe, 0) < 0) {
		free(client);
		return;
	}
	client->control = control;
	client->pipe.data = client;
	client->next = control->clients;
	client->link = &control->clients;
	if (client->next)
		client->next->link = &client->next;
	control->clients = client;
	control->n_clients++;
	control->handles++;
	if (uv_accept(server, (uv_stream_t *)&client->pipe) < 0 ||
	    uv_fileno((uv_handle_t *)&client->pipe, &fd) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0) {
		client_close(client);
		return;
	}
	client->peer.uid = cred.uid;
	client->peer.pid = cred.pid;
	if (control->n_clients > CONTROL_CLIENTS_MAX) {
		client->hang_up = true;
		client_write(client, control_error("too many clients are connected already"), true);
		return;
	}
	client_serve(client);
}

static bool path_alive(const struct sockaddr_un *sun)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool alive;

	if (fd < 0)
		return false;
	alive = !connect(fd, (const struct sockaddr *)sun, sizeof(*sun));
	close(fd);
	return alive;
}

/* Return: a listening socket, or -1. */
static int path_listen(const char *path, struct stat *st, char *error, size_t size)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	mode_t mask;
	int fd, rc;

	if (strlen(path) >= sizeof(sun.sun_path)) {
		snprintf(error, size, "control socket %s: the path is longer than %zu octets", path,
			 sizeof(sun.sun_path) - 1);
		return -1;
	}
	strcpy(sun.sun_path, path);
	if (!lstat(path, st)) {
		if (!S_ISSOCK(st->st_mode)) {
			snprintf(error, size, "control socket %s: the file exists and is not a socket", path);
			return -1;
		}
		if (path_alive(&sun)) {
			snprintf(error, size, "control socket %s: another dvtid serves it already", path);
			return -1;
		}
		unlink(path);
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		goto fail;
	mask = umask(0117);
	rc = bind(fd, (struct sockaddr *)&sun, sizeof(sun));
	umask(mask);
	if (rc < 0 || lstat(path, st) < 0)
		goto fail;
	return fd;
fail:
	snprintf(error, size, "control socket %s: %s%s", path, strerror(errno),
		 errno == ENOENT ? " (does its folder exist?)" : "");
	if (fd >= 0)
		close(fd);
	return -1;
}

static void control_closed(uv_handle_t *handle)
{
	control_put(handle->data);
}

struct dvtid_control *control_socket_open(uv_loop_t *loop, const char *path,
					  const struct control_command *commands, void *ctx,
					  char *error, size_t size)
{
	struct dvtid_control *control;
	struct stat st;
	int fd, rc;

	fd = path_listen(path, &st, error, size);
	if (fd < 0)
		return NULL;
	control = calloc(1, sizeof(*control));
	if (!control || uv_pipe_init(loop, &control->pipe, 0) < 0) {
		snprintf(error, size, "control socket %s: out of memory", path);
		free(control);
		close(fd);
		unlink(path);
		return NULL;
	}
	control->commands = commands;
	control->ctx = ctx;
	control->handles = 1;
	control->dev = st.st_dev;
	control->ino = st.st_ino;
	control->pipe.data = control;
	/* libuv writes without MSG_NOSIGNAL: a client that hangs up early must not end the process. */
	signal(SIGPIPE, SIG_IGN);
	strcpy(control->path, path);
	rc = uv_pipe_open(&control->pipe, fd);
	if (rc < 0)
		close(fd);
	else
		rc = uv_listen((uv_stream_t *)&control->pipe, CONTROL_BACKLOG, control_accept);
	if (rc < 0) {
		snprintf(error, size, "control socket %s: %s", path, uv_strerror(rc));
		control_socket_close(control);
		return NULL;
	}
	return control;
}

void control_socket_close(struct dvtid_control *control)
{
	struct stat st;

	if (!control)
		return;
	while (control->clients)
		client_close(control->clients);
	if (!lstat(control->path, &st) && st.st_dev == control->dev && st.st_ino == control->ino)
		unlink(control->path);
	uv_close((uv_handle_t *)&control->pipe, control_closed);
}

void control_socket_event(struct dvtid_control *control, const struct ike_log_event *event)
{
	struct control_client *client, *next;

	if (!control)
		return;
	for (client = control->clients; client; client = next) {
		next = client->next;
		if (!client->monitor || event->level > client->level)
			continue;
		if (uv_stream_get_write_queue_size((uv_stream_t *)&client->pipe) > CONTROL_MONITOR_QUEUE_MAX) {
			client->lost++;
			continue;
		}
		if (client->lost)
			client_write(client, json_pack("{s:s, s:i}", "event", "events-lost", "lost", client->lost),
				     false);
		client->lost = 0;
		if (!uv_is_closing((uv_handle_t *)&client->pipe))
			client_write(client, control_json_event(event, control_wallclock_ms()), false);
	}
}
