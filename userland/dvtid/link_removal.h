/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Links on their way out of the kernel. To delete one costs a wait for the data path, to delete many at once costs
 * it once: they are gathered while the daemon works off what has come in, and go together.
 */
#ifndef DVTI_DVTID_LINK_REMOVAL_H
#define DVTI_DVTID_LINK_REMOVAL_H

#include <stddef.h>

#include "kernel.h"
#include "link_session.h"

/** struct link_removal - the links that are to go; all zero is none */
struct link_removal {
	struct link_session **sessions;
	size_t n, room;
};

/* @s is no longer in any table, and is owned here from now on. */
void link_removal_add(struct link_removal *removal, struct link_session *s);

/*
 * Delete them, then their records in @state_dir, which a daemon that comes after a crash in between finds them by.
 * What cannot be deleted is logged.
 */
void link_removal_run(struct link_removal *removal, struct dvtid_kernel *kernel, const char *state_dir);

#endif
