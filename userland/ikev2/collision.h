/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When both ends change the same thing at the same time (RFC 7296 sections 2.8.1, 2.8.2 and 2.25).
 */
#ifndef DVTI_IKEV2_COLLISION_H
#define DVTI_IKEV2_COLLISION_H

#include "child_negotiate.h"
#include "child_sa.h"
#include "ike_sa.h"

/*
 * May the peer's request be worked on now? 0, or the notification to answer with.
 * @old: the Child SA that is to be rekeyed, NULL when there is no such
 */
uint16_t collision_new_child(struct ike_sa *sa);
uint16_t collision_rekey_child(struct ike_sa *sa, struct child_sa *old);
uint16_t collision_rekey_ike(struct ike_sa *sa);

/* The peer rekeys @old into @theirs, perhaps while we do the same. */
void collision_child_note(struct child_sa *old, uint64_t theirs, const struct nonce *ni, const struct nonce *nr);
/* The peer has deleted the old one in favour of @theirs. */
void collision_child_decided(const struct child_sa *theirs);
/* Our rekey has been answered: does what it made stay? By now the old one may be gone. */
bool collision_child_ours_stays(struct ike_core *core, const struct exchange_state *x);
bool collision_ike_ours_stays(struct ike_sa *sa, const struct nonce *ni, const struct nonce *nr);

/* Is a rekey of this by ourselves on its way to the peer? */
bool collision_rekeying_child(const struct child_sa *old);
bool collision_rekeying_ike(const struct ike_sa *sa);

/* Our rekey of @old came to nothing, or lost: what the peer made in its place takes over. */
void collision_child_yield(struct child_sa *old);
void collision_ike_yield(struct ike_sa *sa);

const struct nonce *nonce_lower(const struct nonce *a, const struct nonce *b);

#endif
