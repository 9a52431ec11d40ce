/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A session: one peer identity under one profile, and thereby one link. It outlives the rekeying of its IKE
 * and Child SAs and the peer's reauthentication.
 */
#ifndef DVTI_IKEV2_SESSION_H
#define DVTI_IKEV2_SESSION_H

#include <sys/queue.h>
#include <uthash.h>

#include "child_sa.h"
#include "core.h"
#include "ike_sa.h"

#define SESSION_ADDRS_MAX 4
#define SESSION_ROUTES_MAX 256
#define SESSION_OWNER_MAX (IKE_NAME_MAX + IKE_ID_STRLEN + 1)

/**
 * struct session
 * @owner: profile and identity in one text: key of core->sessions_by_owner and of leases; empty until the peer
 *         has authenticated
 * @linked: SESSION_UP has been asked for
 * @up: the kernel has answered it
 * @dialed: we initiated it
 * @sas: the newest first; more than one while rekeying or reauthenticating
 * @lingers: the peer has deleted its last IKE SA and may come back at once (reauthentication that breaks
 *           before it makes); the link waits
 * @pfs_group: of the key exchange that the peer accepted for the last Child SA that we asked for; 0 for none
 * @out_child: number of the Child SA that carries what we send
 * @announced: prefixes that the peer has announced in CFG_SET or CFG_REPLY
 * @routes: what is routed to the link now
 * @refused: what else was announced, and why it is not routed, as last told; NULL for nothing
 * @blocked: some of that has to wait for the end of another session
 */
struct session {
	struct ike_core *core;
	uint64_t number;
	UT_hash_handle hh;
	UT_hash_handle hh_owner;
	char owner[SESSION_OWNER_MAX];
	const struct ike_profile *profile;
	struct ike_policy *policy;
	struct ike_id peer_id;
	bool dialed;
	bool linked;
	bool up;
	bool ended;
	bool lingers;
	uint64_t adopt;
	char ifname[16];
	struct ike_addr local, remote;
	bool encap;
	TAILQ_HEAD(, ike_sa) sas;
	TAILQ_HEAD(, child_sa) children;
	uint16_t pfs_group;
	uint64_t out_child;
	struct ike_addr our_addrs[SESSION_ADDRS_MAX];
	size_t n_our_addrs;
	struct ike_addr peer_addrs[SESSION_ADDRS_MAX];
	size_t n_peer_addrs;
	struct ike_prefix *announced;
	size_t n_announced;
	struct ike_prefix *routes;
	size_t n_routes;
	char *refused;
	bool blocked;
	struct ike_addr dns[8];
	size_t n_dns;
	char domain[256];
	uint64_t created;
	struct timer child_timer;       /* a session without a Child SA gets one, or ends */
};

struct session *session_new(struct ike_core *core, const struct ike_profile *profile, struct ike_policy *policy);
struct session *session_find(struct ike_core *core, uint64_t number);
struct session *session_find_owner(struct ike_core *core, const struct ike_profile *profile,
				   const struct ike_id *peer_id);
/* The peer has proven its identity; false when another session has it already. */
bool session_identify(struct session *session, const struct ike_id *peer_id);
void session_attach(struct session *session, struct ike_sa *sa);
/* Forget an IKE SA that is closing; the session ends with the last living one. */
void session_detach(struct session *session, struct ike_sa *sa);
/* The IKE SA that new exchanges go over, NULL for none. */
struct ike_sa *session_sa(const struct session *session);
/* Ask for the link with this first or renewed Child SA; the answer goes to @task. */
void session_link_up(struct session *session, struct child_sa *child, struct task *task);
/* Outer addresses as the IKE SA has them. Tells the kernel when they have changed and the link is there. */
void session_follow(struct session *session, const struct ike_sa *sa);
/* Routes as of now; with @tell the kernel hears of a change. */
void session_set_routes(struct session *session, const struct child_sa *child, bool tell);
/* End it: link down, leases back, Deletes to the peer over every IKE SA. */
void session_end(struct session *session, const char *why);
/* Its last Child SA has gone. */
void session_without_child(struct session *session);
void session_set_profile(struct session *session, const struct ike_profile *profile, struct ike_policy *policy);
void session_destroy_all(struct ike_core *core);

#endif
