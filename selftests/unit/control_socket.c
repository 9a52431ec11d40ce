// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The control socket against clients of every kind: well-behaved, garbled, silent, greedy, gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "dvtid/control_socket.h"

static uv_loop_t loop;
static char dir[] = "/tmp/dvti-control-XXXXXX";
static char path[64];
static struct dvtid_control *control;

static json_t *echo(void *ctx, json_t *request, const struct control_peer *peer, char *error, size_t size)
{
	assert_int_equal(peer->uid, getuid());
	assert_int_equal(peer->pid, getpid());
	return json_pack("{s:O?}", "text", json_object_get(request, "text"));
}

static json_t *refuse(void *ctx, json_t *request, const struct control_peer *peer, char *error, size_t size)
{
	snprintf(error, size, "no, %s", (const char *)ctx);
	return NULL;
}

static json_t *large(void *ctx, json_t *request, const struct control_peer *peer, char *error, size_t size)
{
	char *text = malloc(4 << 20);
	json_t *reply;

	memset(text, 'x', (4 << 20) - 1);
	text[(4 << 20) - 1] = 0;
	reply = json_pack("{s:s}", "text", text);
	free(text);
	return reply;
}

static const struct control_command commands[] = {
	{ "echo", "text more", echo },
	{ "refuse", "", refuse },
	{ "large", "", large },
	{ NULL, NULL, NULL },
};

static int start(void **state)
{
	char error[CONTROL_ERROR_MAX] = "";

	snprintf(path, sizeof(path), "%s/control", dir);
	control = control_socket_open(&loop, path, commands, "not today", error, sizeof(error));
	if (!control)
		fprintf(stderr, "%s\n", error);
	return control ? 0 : -1;
}

static int stop(void **state)
{
	control_socket_close(control);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_not_equal(access(path, F_OK), 0);
	return 0;
}

static int dial(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strcpy(sun.sun_path, path);
	assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	return fd;
}

static void tell(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Let the daemon's loop run until a line has come; NULL when it hangs up first. */
static json_t *hear(int fd)
{
	size_t len = 0, room = 1 << 16;
	char *line = malloc(room);
	json_t *object;

	for (int i = 0; i < 100000; i++) {
		ssize_t n;

		uv_run(&loop, UV_RUN_NOWAIT);
		n = recv(fd, line + len, 1, 0);
		if (n < 0 && errno == EAGAIN)
			continue;
		if (n <= 0)
			break;
		if (line[len] == '\n') {
			object = json_loadb(line, len, 0, NULL);
			assert_non_null(object);
			free(line);
			return object;
		}
		/* One octet at a time would be slow for megabytes: take what there is before the line's end. */
		len++;
		while ((n = recv(fd, line + len, room - len - 1, MSG_PEEK)) > 0) {
			char *end = memchr(line + len, '\n', n);

			n = recv(fd, line + len, end ? (size_t)(end - line) - len : (size_t)n, 0);
			if (n <= 0)
				break;
			len += n;
			if (end)
				break;
			if (room - len < 2) {
				room *= 2;
				line = realloc(line, room);
			}
		}
		if (room - len < 2) {
			room *= 2;
			line = realloc(line, room);
		}
	}
	free(line);
	return NULL;
}

static void expect_ok(int fd, const char *text)
{
	json_t *reply = hear(fd);

	assert_non_null(reply);
	assert_true(json_is_true(json_object_get(reply, "ok")));
	if (text)
		assert_string_equal(json_string_value(json_object_get(reply, "text")), text);
	json_decref(reply);
}

static void expect_error(int fd, const char *part)
{
	json_t *reply = hear(fd);
	const char *error;

	assert_non_null(reply);
	assert_true(json_is_false(json_object_get(reply, "ok")));
	error = json_string_value(json_object_get(reply, "error"));
	assert_non_null(error);
	if (!strstr(error, part))
		fail_msg("\"%s\" does not say \"%s\"", error, part);
	json_decref(reply);
}

static void expect_hang_up(int fd)
{
	assert_null(hear(fd));
}

static void replies(void **state)
{
	int fd = dial();

	tell(fd, "{\"command\":\"echo\",\"text\":\"hello\"}\n");
	expect_ok(fd, "hello");
	tell(fd, "{\"command\":\"refuse\"}\n");
	expect_error(fd, "no, not today");
	close(fd);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
	int fd = dial();

	tell(fd, "{\"command\":\"echo\",\"text\":\"1\"}\n{\"command\":\"echo\",\"text\":\"2\"}\n{\"command\":\"ec");
	expect_ok(fd, "1");
	expect_ok(fd, "2");
	tell(fd, "ho\",\"text\":\"3\"}\n");
	shutdown(fd, SHUT_WR);
	expect_ok(fd, "3");
	expect_hang_up(fd);
	close(fd);
}

static void mistakes_are_explained(void **state)
{
	int fd = dial();

	tell(fd, "hello\n");
	expect_error(fd, "not JSON");
	tell(fd, "\n");
	expect_error(fd, "not JSON");
	tell(fd, "[1]\n");
	expect_error(fd, "\"command\"");
	tell(fd, "{\"command\":7}\n");
	expect_error(fd, "\"command\"");
	tell(fd, "{\"command\":\"ehco\"}\n");
	expect_error(fd, "unknown command \"ehco\"; known: monitor echo refuse large");
	tell(fd, "{\"command\":\"echo\",\"txt\":\"a\"}\n");
	expect_error(fd, "unknown argument \"txt\"; known: text more");
	tell(fd, "{\"command\":\"echo\",\"text\":\"a\",\"text\":\"b\"}\n");
	expect_error(fd, "duplicate");
	tell(fd, "{\"command\":\"monitor\",\"level\":\"loud\"}\n");
	expect_error(fd, "error, warning, notice, info, debug");
	close(fd);
}

static void long_requests_end_the_connection(void **state)
{
	char text[CONTROL_REQUEST_MAX + 1];
	int fd = dial();

	memset(text, 'a', sizeof(text));
	text[CONTROL_REQUEST_MAX] = 0;
	tell(fd, text);
	expect_error(fd, "longer than");
	expect_hang_up(fd);
	close(fd);
}

static void the_longest_request_is_taken(void **state)
{
	static const char head[] = "{\"command\":\"echo\",\"text\":\"";
	char text[CONTROL_REQUEST_MAX + 1];
	int fd = dial();

	memset(text, 'a', sizeof(text));
	memcpy(text, head, sizeof(head) - 1);
	strcpy(text + CONTROL_REQUEST_MAX - 3, "\"}\n");
	tell(fd, text);
	expect_ok(fd, NULL);
	close(fd);
}

/* Several large replies to a client that reads late: one at a time, whole. */
static void large_replies(void **state)
{
	int fd = dial();

	for (int i = 0; i < 3; i++)
		tell(fd, "{\"command\":\"large\"}\n");
	for (int i = 0; i < 20; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
	for (int i = 0; i < 3; i++)
		expect_ok(fd, NULL);
	close(fd);
}

/* A client that goes while its reply is being written must not take the daemon with it. */
static void clients_that_vanish(void **state)
{
	int fd;

	for (int i = 0; i < 8; i++) {
		fd = dial();
		tell(fd, "{\"command\":\"large\"}\n{\"command\":\"large\"}\n");
		for (int j = 0; j < i; j++)
			uv_run(&loop, UV_RUN_NOWAIT);
		close(fd);
		for (int j = 0; j < 4; j++)
			uv_run(&loop, UV_RUN_NOWAIT);
	}
	fd = dial();
	tell(fd, "{\"command\":\"echo\",\"text\":\"still here\"}\n");
	expect_ok(fd, "still here");
	close(fd);
}

static void too_many_clients(void **state)
{
	int fds[CONTROL_CLIENTS_MAX + 1];

	for (size_t i = 0; i <= CONTROL_CLIENTS_MAX; i++) {
		fds[i] = dial();
		for (int j = 0; j < 3; j++)
			uv_run(&loop, UV_RUN_NOWAIT);
	}
	expect_error(fds[CONTROL_CLIENTS_MAX], "too many clients");
	expect_hang_up(fds[CONTROL_CLIENTS_MAX]);
	tell(fds[0], "{\"command\":\"echo\",\"text\":\"served\"}\n");
	expect_ok(fds[0], "served");
	for (size_t i = 0; i <= CONTROL_CLIENTS_MAX; i++)
		close(fds[i]);
}

static void emit(enum ike_log_level level, const char *name)
{
	char text[] = "a text";
	struct ike_log_event event = { .level = level, .name = name, .text = text, .session = 7 };

	strcpy(event.peer, "192.0.2.1:500");
	control_socket_event(control, &event);
}

static void expect_event(int fd, const char *name)
{
	json_t *event = hear(fd);

	assert_non_null(event);
	assert_string_equal(json_string_value(json_object_get(event, "event")), name);
	if (strcmp(name, "events-lost"))
		assert_int_equal(json_integer_value(json_object_get(event, "session")), 7);
	else
		assert_true(json_integer_value(json_object_get(event, "lost")) > 0);
	json_decref(event);
}

static void monitors_get_events_of_their_level(void **state)
{
	int all = dial(), few = dial(), none = dial();

	tell(all, "{\"command\":\"monitor\",\"level\":\"debug\"}\n");
	expect_ok(all, NULL);
	tell(few, "{\"command\":\"monitor\",\"level\":\"warning\"}\n");
	expect_ok(few, NULL);
	tell(none, "{\"command\":\"echo\",\"text\":\"x\"}\n");
	expect_ok(none, "x");
	emit(IKE_LOG_DEBUG, "chatter");
	emit(IKE_LOG_ERROR, "trouble");
	expect_event(all, "chatter");
	expect_event(all, "trouble");
	expect_event(few, "trouble");
	close(all);
	emit(IKE_LOG_ERROR, "later");
	expect_event(few, "later");
	tell(none, "{\"command\":\"echo\",\"text\":\"nothing between\"}\n");
	expect_ok(none, "nothing between");
	close(few);
	close(none);
}

static void slow_monitors_lose_events_and_are_told(void **state)
{
	int fd = dial();

	tell(fd, "{\"command\":\"monitor\"}\n");
	expect_ok(fd, NULL);
	for (int i = 0; i < 20000; i++)
		emit(IKE_LOG_NOTICE, "flood");
	for (bool lost = false; !lost;) {
		json_t *event = hear(fd);

		if (!event) {
			emit(IKE_LOG_NOTICE, "after");
			event = hear(fd);
		}
		assert_non_null(event);
		lost = !strcmp(json_string_value(json_object_get(event, "event")), "events-lost");
		json_decref(event);
	}
	expect_event(fd, "after");
	close(fd);
}

static void the_socket_is_for_its_group(void **state)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
}

static void a_live_socket_is_left_alone(void **state)
{
	char error[CONTROL_ERROR_MAX];

	assert_null(control_socket_open(&loop, path, commands, NULL, error, sizeof(error)));
	assert_non_null(strstr(error, "another dvtid serves it"));
	assert_int_equal(access(path, F_OK), 0);
}

static void bad_paths_are_explained(void **state)
{
	char error[CONTROL_ERROR_MAX], deep[256], *file = deep;
	int fd;

	snprintf(deep, sizeof(deep), "%s/nowhere/control", dir);
	assert_null(control_socket_open(&loop, deep, commands, NULL, error, sizeof(error)));
	assert_non_null(strstr(error, "does its folder exist?"));
	memset(deep, 'a', 200);
	deep[200] = 0;
	assert_null(control_socket_open(&loop, deep, commands, NULL, error, sizeof(error)));
	assert_non_null(strstr(error, "longer than"));
	snprintf(file, sizeof(deep), "%s/file", dir);
	fd = open(file, O_CREAT | O_WRONLY, 0600);
	close(fd);
	assert_null(control_socket_open(&loop, file, commands, NULL, error, sizeof(error)));
	assert_non_null(strstr(error, "is not a socket"));
	assert_int_equal(unlink(file), 0);
}

/* What a killed daemon leaves behind is replaced. */
static void a_dead_socket_is_replaced(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/control", dir);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	close(fd);
	assert_int_equal(start(NULL), 0);
	replies(NULL);
	stop(NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(replies, start, stop),
		cmocka_unit_test_setup_teardown(pipelined_requests_are_answered_in_order, start, stop),
		cmocka_unit_test_setup_teardown(mistakes_are_explained, start, stop),
		cmocka_unit_test_setup_teardown(long_requests_end_the_connection, start, stop),
		cmocka_unit_test_setup_teardown(the_longest_request_is_taken, start, stop),
		cmocka_unit_test_setup_teardown(large_replies, start, stop),
		cmocka_unit_test_setup_teardown(clients_that_vanish, start, stop),
		cmocka_unit_test_setup_teardown(too_many_clients, start, stop),
		cmocka_unit_test_setup_teardown(monitors_get_events_of_their_level, start, stop),
		cmocka_unit_test_setup_teardown(slow_monitors_lose_events_and_are_told, start, stop),
		cmocka_unit_test_setup_teardown(the_socket_is_for_its_group, start, stop),
		cmocka_unit_test_setup_teardown(a_live_socket_is_left_alone, start, stop),
		cmocka_unit_test_setup_teardown(bad_paths_are_explained, start, stop),
		cmocka_unit_test(a_dead_socket_is_replaced),
	};
	int rc;

	if (!mkdtemp(dir) || uv_loop_init(&loop))
		return 1;
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	uv_loop_close(&loop);
	rmdir(dir);
	return rc;
}
