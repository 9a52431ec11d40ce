/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which part of the configuration a peer falls under.
 */
#ifndef DVTI_IKEV2_SELECT_H
#define DVTI_IKEV2_SELECT_H

#include "core.h"

/* Identities that profiles match, for a log line. */
const char *select_identities_text(const struct ike_policy *policy, char *buf, size_t size);

/*
 * Profile that serves @peer_id on the address @local: the most specific match; then the one whose own identity
 * is @wanted (may be NULL); then the first. NULL when there is none.
 */
const struct ike_profile *select_profile(const struct ike_policy *policy, const struct ike_addr *local,
					 const struct ike_id *peer_id, const struct ike_id *wanted);
/* How well @profile serves @peer_id; 0: not at all. */
unsigned int select_profile_match(const struct ike_profile *profile, const struct ike_id *peer_id);
/* IKE proposals of all profiles that serve @local, in their order; returns how many. */
size_t select_proposals(const struct ike_policy *policy, const struct ike_addr *local, struct ike_proposal *out,
			size_t max);
bool select_force_encap(const struct ike_policy *policy, const struct ike_addr *local);
/* The key for a peer: the most specific match; @id NULL while only its address is known. */
const struct ike_keyring_peer *select_key(const struct ike_keyring *keyring, const struct ike_id *id,
					  const struct ike_addr *remote);

#endif
