/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of a session's link, in memory and in the state folder.
 */
#ifndef DVTI_DVTID_LINK_SESSION_H
#define DVTI_DVTID_LINK_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

#include "../ikev2/core.h"
#include "route.h"

/**
 * struct link_session - a session's link and what was configured on it
 * @cookie: of the kernel link; key of the table
 * @survivor: left by an earlier daemon, its peer has not come back yet
 * @fixed: a static link, which stays when the session goes
 * @netns: where the link is, empty for the daemon's own
 * @routes: to the link, as installed
 * @pinned: @pin keeps packets to the peer's outer address out of the tunnel
 */
struct link_session {
	uint64_t cookie;
	bool survivor;
	bool fixed;
	char profile[IKE_NAME_MAX];
	char ifname[16];
	uint32_t ifindex;
	char netns[IKE_NAME_MAX];
	struct ike_id peer_id;
	struct ike_addr our_addrs[4];
	size_t n_our_addrs;
	struct ike_addr peer_addrs[4];
	size_t n_peer_addrs;
	struct dvtid_route *routes;
	size_t n_routes;
	bool pinned;
	struct dvtid_route pin;
	UT_hash_handle hh;
};

void link_session_free(struct link_session *s);

/* Write the session's file as a whole, or remove it. A failure is logged, and costs adoption only. */
void link_session_save(const char *state_dir, const struct link_session *s);
void link_session_remove(const char *state_dir, const struct link_session *s);
/* All sessions that have a file; a file that makes no sense is removed. */
void link_session_load(const char *state_dir, void (*loaded)(struct link_session *s, void *ctx), void *ctx);

#endif
