// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Selection of profiles and keys. Here, and nowhere else, configuration is searched; once per IKE SA.
 */
#include "select.h"
#include "memory.h"

static bool serves(const struct ike_profile *profile, const struct ike_addr *local)
{
	return profile->local_addr.family == AF_UNSPEC || ike_addr_same_host(&profile->local_addr, local);
}

unsigned int select_profile_match(const struct ike_profile *profile, const struct ike_id *peer_id)
{
	const struct ike_id_match any = { .kind = IKE_ID_MATCH_ANY };
	unsigned int best = 0;

	if (!profile->n_match_remote)
		return ike_id_match(&any, peer_id);
	for (size_t i = 0; i < profile->n_match_remote; i++) {
		unsigned int score = ike_id_match(&profile->match_remote[i], peer_id);

		best = score > best ? score : best;
	}
	return best;
}

const struct ike_profile *select_profile(const struct ike_policy *policy, const struct ike_addr *local,
					 const struct ike_id *peer_id, const struct ike_id *wanted)
{
	const struct ike_profile *best = NULL;
	unsigned int best_score = 0;
	bool best_wanted = false;

	for (size_t i = 0; i < policy->n_profiles; i++) {
		const struct ike_profile *profile = &policy->profiles[i];
		unsigned int score = serves(profile, local) ? select_profile_match(profile, peer_id) : 0;
		bool is_wanted = wanted && ike_id_equal(&profile->local_id, wanted);

		if (!score || score < best_score || (score == best_score && (best_wanted || !is_wanted)))
			continue;
		best = profile;
		best_score = score;
		best_wanted = is_wanted;
	}
	return best;
}

static bool same_proposal(const struct ike_proposal *a, const struct ike_proposal *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->t[i].type != b->t[i].type || a->t[i].id != b->t[i].id || a->t[i].key_bits != b->t[i].key_bits)
			return false;
	return true;
}

static bool among(const struct ike_proposal *p, const struct ike_proposal *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (same_proposal(p, &list[i]))
			return true;
	return false;
}

size_t select_proposals(const struct ike_policy *policy, const struct ike_addr *local, struct ike_proposal *out,
			size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < policy->n_profiles; i++) {
		const struct ike_profile *profile = &policy->profiles[i];

		for (size_t j = 0; serves(profile, local) && j < profile->n_proposals && n < max; j++)
			if (!among(&profile->proposals[j], out, n))
				out[n++] = profile->proposals[j];
	}
	return n;
}

bool select_force_encap(const struct ike_policy *policy, const struct ike_addr *local)
{
	for (size_t i = 0; i < policy->n_profiles; i++)
		if (policy->profiles[i].force_encap && !*policy->profiles[i].peer &&
		    serves(&policy->profiles[i], local))
			return true;
	return false;
}

const struct ike_keyring_peer *select_key(const struct ike_keyring *keyring, const struct ike_id *id,
					  const struct ike_addr *remote)
{
	const struct ike_keyring_peer *best = NULL;
	unsigned int best_score = 0;

	for (size_t i = 0; keyring && i < keyring->n_peers; i++) {
		const struct ike_keyring_peer *peer = &keyring->peers[i];
		unsigned int score = id ? ike_id_match(&peer->match, id) : 1;

		if (!score || (peer->has_address && !ike_prefix_contains(&peer->address, remote)))
			continue;
		/* Of two that fit the identity alike, the one that names the address is meant. */
		score = score * 2 + peer->has_address;
		if (score <= best_score)
			continue;
		best = peer;
		best_score = score;
	}
	return best;
}

const char *select_identities_text(const struct ike_policy *policy, char *buf, size_t size)
{
	char id[IKE_ID_STRLEN];
	size_t at = 0;

	snprintf(buf, size, "none at all");
	for (size_t i = 0; i < policy->n_profiles; i++) {
		const struct ike_profile *profile = &policy->profiles[i];

		for (size_t j = 0; j < profile->n_match_remote && at < size; j++) {
			const struct ike_id_match *match = &profile->match_remote[j];
			int n = snprintf(buf + at, size - at, "%s%s (profile \"%s\")", at ? ", " : "",
					 ike_id_match_text(match, id), profile->name);

			at += n > 0 ? (size_t)n : 0;
		}
	}
	return buf;
}
