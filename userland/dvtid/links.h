/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carries out what the IKE core asks of the kernel: a session's link, its SAs, addresses and routes.
 *
 * Each session is one struct link_session, kept in a file of the state folder as long as it lasts, so that
 * a daemon that comes after a crash knows what each surviving link is for.
 */
#ifndef DVTI_DVTID_LINKS_H
#define DVTI_DVTID_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../ikev2/core.h"
#include "kernel.h"

struct dvtid_links;

struct dvtid_links *dvtid_links_new(struct dvtid_kernel *kernel, const char *state_dir);
void dvtid_links_free(struct dvtid_links *links); /* leaves everything in the kernel as it is */

/* Make the virtual-templates and static links that @policy names, and set the templates as configured. */
int dvtid_links_prepare(struct dvtid_links *links, const struct ike_policy *policy, char *reason, size_t size);

/* Tell @core of the links that an earlier daemon left; forget what is no longer there. */
void dvtid_links_adopt(struct dvtid_links *links, struct ike_core *core, uint64_t now);

/* Remove the links whose peers have not come back since. */
void dvtid_links_end(struct dvtid_links *links);

/**
 * dvtid_links_request() - carry out one request
 * @ifname: receives the name of the session's link
 * @reason: receives why, on failure
 *
 * Return: 0 or a negative errno.
 */
int dvtid_links_request(struct dvtid_links *links, const struct ike_kernel_request *req, char ifname[16], char *reason,
			size_t size);

/* What requests left for later is done: clones whose sessions are over are deleted, all at once. */
void dvtid_links_flush(struct dvtid_links *links);

/* For struct ike_core_env: does @prefix lie within a network of this host, as seen from the links of @profile? */
bool dvtid_links_connected(struct dvtid_links *links, const struct ike_profile *profile,
			   const struct ike_prefix *prefix, char device[16]);

/* The core's number of the session on a link, or of a Child SA by its cookie; 0 for one that is not ours. */
uint64_t dvtid_links_session(const struct dvtid_links *links, const struct dvtid_link *link);
uint64_t dvtid_links_child(const struct dvtid_links *links, uint64_t cookie);
/* A link has gone. True if it was in use by a session, which is then forgotten here. */
bool dvtid_links_gone(struct dvtid_links *links, const struct dvtid_link *link);

#endif
