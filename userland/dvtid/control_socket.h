/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket: who may ask, how requests and replies are framed, and the stream of events.
 *
 * One JSON object per line each way. A request names a command and its arguments:
 *	{"command": "clear", "session": 7}
 * and gets one reply, in order:
 *	{"ok": true, "cleared": 1}
 *	{"ok": false, "error": "no session 7"}
 * After {"command": "monitor"} the connection carries events until the client hangs up. What the commands
 * do is a table of the caller's (control.c for the daemon).
 */
#ifndef DVTI_DVTID_CONTROL_SOCKET_H
#define DVTI_DVTID_CONTROL_SOCKET_H

#include <jansson.h>
#include <sys/types.h>
#include <uv.h>

#include "../ikev2/core.h"

#define CONTROL_REQUEST_MAX 16384 /* octets of a request with its newline */
#define CONTROL_CLIENTS_MAX 64
#define CONTROL_ERROR_MAX 4096

struct dvtid_control;

/** struct control_peer - who asked, as the kernel attests (SO_PEERCRED) */
struct control_peer {
	uid_t uid;
	pid_t pid;
};

/**
 * struct control_command - one command that clients may give
 * @name: "show-sessions"; a NULL name ends a table
 * @arguments: names of the permitted arguments, separated by spaces; others are refused
 * @run: returns a new object that becomes the reply (without "ok"), or NULL with a text for people in @error
 */
struct control_command {
	const char *name;
	const char *arguments;
	json_t *(*run)(void *ctx, json_t *request, const struct control_peer *peer, char *error, size_t size);
};

/**
 * control_socket_open() - listen on a Unix socket
 * @loop: that serves it
 * @path: of the socket; a dead one that an earlier daemon left is replaced, a live one is an error
 * @commands: table that outlives the socket
 * @ctx: for the commands
 * @error, @size: why it failed
 *
 * The socket has mode 0660: its owner and group may command the daemon.
 *
 * Return: the socket, or NULL.
 */
struct dvtid_control *control_socket_open(uv_loop_t *loop, const char *path,
					  const struct control_command *commands, void *ctx,
					  char *error, size_t size);

/**
 * control_socket_close() - stop listening, hang up on every client, remove the socket
 * @control: gone once the loop has run the close callbacks; NULL is permitted
 */
void control_socket_close(struct dvtid_control *control);

/**
 * control_socket_event() - tell every client that monitors
 * @control: NULL is permitted
 * @event: what happened
 *
 * A client that does not read loses events, and is told how many; it never holds up the daemon.
 */
void control_socket_event(struct dvtid_control *control, const struct ike_log_event *event);

#endif
