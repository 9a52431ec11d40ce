/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's end of the control socket, as dvtictl sees it.
 */
#ifndef DVTI_DVTICTL_CLIENT_H
#define DVTI_DVTICTL_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#define CLIENT_SOCKET_DEFAULT "/run/dvti/control"

/**
 * client_open() - connect to the daemon
 * @path: of its control socket
 *
 * Return: the connection, to be closed with fclose(); NULL after a message on stderr.
 */
FILE *client_open(const char *path);

/** client_send() - send one request; false after a message on stderr */
bool client_send(FILE *client, const json_t *request);

/** client_receive() - the next object from the daemon; NULL after a message on stderr, or silently at its end */
json_t *client_receive(FILE *client);

/** client_wait_forever() - from now on, silence of the daemon is not an error */
void client_wait_forever(FILE *client);

#endif
