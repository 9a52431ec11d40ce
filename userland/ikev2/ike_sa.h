/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One IKE SA: its SPIs, keys, message windows and the tasks that wait to be done over it.
 */
#ifndef DVTI_IKEV2_IKE_SA_H
#define DVTI_IKEV2_IKE_SA_H

#include <sys/queue.h>
#include <uthash.h>

#include "core.h"
#include "flight.h"
#include "task.h"
#include "timer.h"
#include "../ike/crypto.h"

struct fragments;
struct session;

/** enum ike_sa_state - as bits, for the exchange table */
enum ike_sa_state {
	IKE_SA_CONNECTING = 1 << 0,     /* initiator: IKE_SA_INIT under way */
	IKE_SA_HALF_OPEN = 1 << 1,      /* responder: IKE_SA_INIT under way or answered */
	IKE_SA_AUTHENTICATING = 1 << 2, /* IKE_AUTH under way */
	IKE_SA_UP = 1 << 3,
	IKE_SA_REPLACED = 1 << 4,       /* rekeyed; waits for its Delete */
	IKE_SA_DELETING = 1 << 5,       /* our Delete is under way or next */
	IKE_SA_CLOSED = 1 << 6,         /* only answers retransmissions of the last request */
	IKE_SA_DEAD = 1 << 7,           /* out of every table, freed soon */
};

#define NONCE_LEN 32

struct nonce {
	size_t len;
	uint8_t data[IKE_NONCE_MAX];
};

/** struct init_state - what AUTH needs of IKE_SA_INIT, freed after IKE_AUTH */
struct init_state {
	struct ike_writer ours, theirs; /* whole messages */
	struct nonce ni, nr;
	struct ike_writer cookie;       /* initiator: to be given back */
	struct ike_dh *dh;              /* initiator: between request and response */
	uint16_t group;                 /* initiator: offered in KE */
	unsigned int restarts;          /* initiator: answers COOKIE and INVALID_KE_PAYLOAD so far */
	struct ike_proposal *offer;     /* initiator: what was offered */
	size_t n_offer;
};

/**
 * struct ike_sa
 * @session: NULL for a responder that has not authenticated its peer, and once the session is gone
 * @initiator: we sent the IKE_SA_INIT, or the request of the rekey, that made this SA
 * @spi: ours; @peer_spi: theirs
 * @profile: NULL for a responder before IKE_AUTH
 * @serving: the peer's request that is being worked on, when that takes time
 * @task: our request that is being worked on
 * @rival: while our own rekey of this SA is under way, the SA of the peer's rekey of it
 */
struct ike_sa {
	struct ike_core *core;
	struct session *session;
	TAILQ_ENTRY(ike_sa) in_session;
	UT_hash_handle hh;              /* in core->sas, by @spi */
	UT_hash_handle hh_half;         /* in core->half_open, by @half_key */
	struct {
		uint64_t spi;
		struct ike_addr remote;
	} half_key;
	enum ike_sa_state state;
	bool initiator;
	uint64_t spi, peer_spi;
	struct ike_addr local, remote;
	bool natt;
	bool nat_local, nat_remote;
	bool fragmentation;
	bool peer_flexvpn;
	bool routes_told;               /* our routes went to the peer in a CFG_REPLY */
	bool childless;                 /* IKE_AUTH did not make a Child SA */
	bool deleted_by_peer;
	const struct ike_profile *profile;
	struct ike_policy *policy;
	struct ike_id peer_id, local_id;
	struct ike_proposal suite;
	struct ike_keys keys;
	struct ike_cipher *cipher_in, *cipher_out;
	struct init_state *init;
	struct fragments *fragments[2]; /* of requests, of responses */

	/* our requests: a window of one */
	uint32_t next_msgid;
	struct flight request;
	uint8_t request_exchange;
	unsigned int sends;
	struct timer retransmit;
	struct task_queue tasks;
	struct task *task;

	/* the peer's requests: a window of one */
	uint32_t peer_msgid;            /* next expected */
	struct flight response;         /* to @peer_msgid - 1; empty while it is being worked on */
	struct task *serving;

	struct ike_sa *rival;
	struct nonce rival_nonce;       /* the lower one of the rival's exchange */
	struct nonce rekey_nonce;       /* the lower one of our own exchange */
	bool taken_over;                /* @session's Child SAs have moved to another IKE SA */

	const char *end_why;            /* what a session that ends with it says in its log line */
	uint64_t created, established;
	uint64_t last_rx, last_tx;
	uint64_t liveness_hint;         /* an unauthenticated INVALID_IKE_SPI was followed up at this time */
	struct timer rekey_timer;       /* UP: time to rekey */
	struct timer expire_timer;      /* end of this state, whatever it is */
	struct timer dpd_timer;
	struct timer keepalive_timer;
};

struct ike_sa *ike_sa_new(struct ike_core *core, bool initiator, const struct ike_addr *local,
			  const struct ike_addr *remote, bool natt);
void ike_sa_set_profile(struct ike_sa *sa, const struct ike_profile *profile, struct ike_policy *policy);
struct ike_sa *ike_sa_find(struct ike_core *core, uint64_t spi);
/* Derive keys and set ciphers up; @old when this one replaces it. */
bool ike_sa_set_keys(struct ike_sa *sa, struct ike_bytes shared, struct ike_bytes ni, struct ike_bytes nr,
		     const struct ike_sa *old);
/* Authenticated, or made by a rekey: arm the timers of a living SA. */
void ike_sa_establish(struct ike_sa *sa);
void ike_sa_arm_rekey(struct ike_sa *sa, uint64_t in_ms);
/* An authenticated message came from here: it lives, and where the peer is behind a NAT this is its address. */
void ike_sa_heard(struct ike_sa *sa, const struct ike_datagram *dg);
void ike_sa_move(struct ike_sa *sa, const struct ike_addr *remote);
/* Give the table of half-open SAs its place back. */
void ike_sa_leave_half_open(struct ike_sa *sa);
/*
 * End it without a word to the peer. Its Child SAs go; a session that has no other IKE SA ends. With @linger the
 * SA stays for a while to answer retransmissions of the request that it answered last.
 */
void ike_sa_close(struct ike_sa *sa, bool linger);
/* End it with a Delete to the peer, if it has been authenticated. */
void ike_sa_delete(struct ike_sa *sa);
/* Put together a header for the exchange. */
struct ike_header ike_sa_header(const struct ike_sa *sa, uint8_t exchange, bool response, uint32_t msgid);
void ike_sa_destroy_all(struct ike_core *core);

static inline uint64_t ike_sa_spi_i(const struct ike_sa *sa)
{
	return sa->initiator ? sa->spi : sa->peer_spi;
}

static inline uint64_t ike_sa_spi_r(const struct ike_sa *sa)
{
	return sa->initiator ? sa->peer_spi : sa->spi;
}

void nonce_make(struct ike_core *core, struct nonce *nonce);
void nonce_set(struct nonce *nonce, struct ike_bytes bytes); /* of a length that the decoder has checked */
struct ike_bytes nonce_bytes(const struct nonce *nonce);
int nonce_compare(const struct nonce *a, const struct nonce *b);

#endif
