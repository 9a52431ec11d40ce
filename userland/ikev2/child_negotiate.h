/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a Child SA will be: proposals and traffic selectors, offered, chosen, and accepted. The same in IKE_AUTH and
 * CREATE_CHILD_SA, except that only the latter may have a key exchange of its own.
 */
#ifndef DVTI_IKEV2_CHILD_NEGOTIATE_H
#define DVTI_IKEV2_CHILD_NEGOTIATE_H

#include "child_sa.h"
#include "config.h"
#include "message.h"

#define OFFER_MAX 24    /* proposals that are read from an offer, or made for one */

/**
 * struct exchange_state - what is being negotiated in one exchange
 * @group: of the key exchange, 0 for none
 * @restarts: initiator: answers to INVALID_KE_PAYLOAD and the like so far
 * @tried_with, @tried_without: initiator: refused by the peer with a key exchange, and without one
 * @offer: initiator: what was offered
 * @chosen: responder: what the answer will say
 * @child: in the making; NULL when there is none, or once it lives
 * @child_number: to find it again once it lives
 * @rival: initiator of a rekey: number of the Child SA that the peer's own rekey of the same one makes, 0 for none
 * @rival_nonce: the lower nonce of that exchange (RFC 7296 section 2.8.1)
 * @rival_won: the peer has deleted the old one already, so the rival carries what we send
 * @new_sa: rekeying an IKE SA: in the making; NULL once it lives
 * @config: IKE_AUTH responder: what the peer asked for
 * @child_error: IKE_AUTH responder: why there is no Child SA, 0 when there is one
 */
struct exchange_state {
	struct nonce ni, nr;
	struct ike_dh *dh;
	uint16_t group;
	unsigned int restarts;
	bool tried_with, tried_without;
	struct ike_proposal *offer;
	size_t n_offer;
	struct ike_proposal chosen;
	struct child_sa *child;
	uint64_t child_number;
	uint64_t rival;
	struct nonce rival_nonce;
	bool rival_won;
	struct ike_sa *new_sa;
	struct config_wish config;
	uint16_t child_error;
	bool initial_contact;
};

void exchange_state_free(struct exchange_state *x);

/* Initiator: SA, and after the caller's nonce and KE the selectors; either: with the mode. */
void child_offer_sa(struct exchange_state *x, struct ike_chain *chain);
void child_offer_ts(const struct child_sa *child, struct ike_chain *chain, bool initiator);
/* Selectors as configured, for an offer. */
void child_default_ts(struct child_sa *child);

/*
 * Responder: choose suite and selectors of @x->child from the request. Returns 0, or the notification to answer
 * with (logged); with INVALID_KE_PAYLOAD the group wanted is in @x->group. @first: in IKE_AUTH.
 */
uint16_t child_choose(struct ike_sa *sa, struct exchange_state *x, const struct message *m, bool first);
/* Initiator: take the answer over into @x->child; 0, or what is wrong with it (logged). */
uint16_t child_accept(struct ike_sa *sa, struct exchange_state *x, const struct message *m, bool first);
/* Groups that may be used for PFS; returns how many. */
size_t child_pfs_groups(const struct ike_profile *profile, bool as_responder, uint16_t *out, size_t max);

#endif
