/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One Child SA: a pair of ESP SAs, from its negotiation to its removal from the kernel.
 */
#ifndef DVTI_IKEV2_CHILD_SA_H
#define DVTI_IKEV2_CHILD_SA_H

#include <sys/queue.h>
#include <uthash.h>

#include "core.h"
#include "ike_sa.h"

#define CHILD_TS_MAX 32         /* selectors of one side of a Child SA */

enum child_state {
	CHILD_NEGOTIATING,
	CHILD_INBOUND,          /* made by a rekey of the peer's: the kernel has, or is about to have, only @in */
	CHILD_UP,               /* both directions */
	CHILD_REPLACED,         /* a successor carries what we send; waits for the Delete */
	CHILD_DELETING,         /* our Delete is under way or next */
	CHILD_RETIRED,          /* deleted; the inbound SA stays a moment for packets on the wire */
};

/**
 * struct child_sa
 * @number: cookie of its SAs in the kernel
 * @sa: IKE SA that controls it; changes when that is rekeyed
 * @transport: transport mode, which carries GRE
 * @told_local, @told_remote: addresses of the selectors as the peer, behind a NAT or before one, said them and will
 *           hear them again (RFC 7296 section 2.23.1); AF_UNSPEC: those of the selectors
 * @in, @out: keys are wiped once the kernel has them
 * @successor: number of the Child SA that the peer made to replace this one, 0 for none
 * @predecessor: number of the Child SA that this one replaces
 * @answered_msgid, @answered_spi: made by a rekey of the peer's: our answer went out under this message ID of the
 *           IKE SA with this SPI of ours
 * @redundant: lost a simultaneous rekey: never carries what we send
 * @in_kernel: the kernel has been asked to install it
 */
struct child_sa {
	struct ike_core *core;
	struct session *session;
	struct ike_sa *sa;
	TAILQ_ENTRY(child_sa) in_session;
	UT_hash_handle hh;
	uint64_t number;
	enum child_state state;
	bool listed;
	bool in_kernel;
	bool redundant;
	uint32_t spi_in, spi_out;       /* host byte order */
	const struct ike_esp_suite *suite;
	uint16_t dh_group;
	bool esn;
	bool transport;
	struct ike_addr told_local, told_remote;
	struct ike_kernel_sa in, out;
	struct ike_ts *local_ts, *remote_ts;
	size_t n_local_ts, n_remote_ts;
	uint64_t successor, predecessor;
	uint32_t answered_msgid;
	uint64_t answered_spi;
	uint64_t created;
	struct timer rekey_timer;
	struct timer state_timer;       /* expiry; or the end of a wait in the present state */
};

/* A child for a negotiation over @sa, with an SPI of its own; NULL when the kernel has no SPI. */
struct child_sa *child_new(struct ike_sa *sa);
/* For one that is not in the session's list: it never came about. */
void child_free(struct child_sa *child);
/* What was negotiated becomes kernel SAs: keys from the IKE SA, limits from the profile. */
bool child_set_keys(struct child_sa *child, struct ike_bytes shared, struct ike_bytes ni, struct ike_bytes nr,
		    bool we_initiate);
/* Take it into the list of its IKE SA's session. */
void child_adopt(struct child_sa *child);
/* Both directions are installed: arm the timers. */
void child_established(struct child_sa *child);
void child_arm_rekey(struct child_sa *child, uint64_t in_ms);
void child_keys_wipe(struct child_sa *child);

struct child_sa *child_find(struct ike_core *core, uint64_t number);
struct child_sa *child_by_spi_out(const struct ike_sa *sa, uint32_t spi); /* controlled by @sa; not retired */
struct child_sa *child_by_spi_in(const struct ike_sa *sa, uint32_t spi);

/* Made by a rekey of the peer's, and now answered: see to it that we come to send over it. */
void child_await_switch(struct child_sa *child);
/* The successor takes over what we send; the kernel's answer goes to @task, which may be NULL. */
void child_switch_out(struct child_sa *successor, struct task *task);
/* Replaced and agreed to be gone: out of the kernel after a moment. */
void child_retire(struct child_sa *child);
/* Out of the kernel at once. */
void child_remove(struct child_sa *child);
/* Out of our tables, the kernel is taken care of. */
void child_discard(struct child_sa *child);
/* Ask the peer to delete it. */
void child_delete(struct child_sa *child);

#endif
