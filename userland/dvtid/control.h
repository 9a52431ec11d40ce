/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What dvtictl may ask of the daemon.
 */
#ifndef DVTI_DVTID_CONTROL_H
#define DVTI_DVTID_CONTROL_H

#include <stddef.h>

struct dvtid;

/**
 * dvtid_control_open() - listen on the control socket that the options name
 * @reason, @size: receive the cause of a failure, for people
 *
 * Return: 0, or -EIO.
 */
int dvtid_control_open(struct dvtid *d, char *reason, size_t size);

/** dvtid_control_close() - hang up on every client; the loop must run once more for the handles to go */
void dvtid_control_close(struct dvtid *d);

#endif
