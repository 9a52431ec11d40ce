// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Choosing a proposal (RFC 7296 sections 2.7 and 3.3).
 *
 * One rule covers what may be left out: a type that is absent counts as one transform with ID 0. That is NONE
 * for integrity and key exchange, "no ESN" for ESN, and no valid transform for encryption and PRF, where
 * nothing matches it.
 */
#include <string.h>

#include "suite.h"

static bool equal(const struct ike_transform *a, const struct ike_transform *b)
{
	return a->type == b->type && a->id == b->id && a->key_bits == b->key_bits;
}

static bool offers(const struct ike_proposal *p, const struct ike_transform *t)
{
	for (size_t i = 0; i < p->n; i++)
		if (equal(&p->t[i], t))
			return true;
	return false;
}

static bool may_be_absent(uint8_t type)
{
	return type == IKE_TRANSFORM_INTEG || type == IKE_TRANSFORM_KE || type == IKE_TRANSFORM_ESN;
}

/*
 * Our best transform of @type that the peer has as well. @out: id 0 when both leave the type out or at NONE;
 * @present: the peer named it, so the answer must.
 */
static bool choose(const struct ike_proposal *offer, const struct ike_proposal *ours, uint8_t type,
		   struct ike_transform *out, bool *present)
{
	const struct ike_transform none = { .type = type };
	bool offered = ike_proposal_find(offer, type) != NULL, have = ike_proposal_find(ours, type) != NULL;

	for (size_t i = 0; i < ours->n; i++) {
		if (ours->t[i].type != type || !offers(offer, &ours->t[i]))
			continue;
		*out = ours->t[i];
		*present = true;
		return true;
	}
	*out = none;
	*present = offered;
	return may_be_absent(type) && (!offered || offers(offer, &none)) && (!have || offers(ours, &none));
}

static bool known_types_only(const struct ike_proposal *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->t[i].type < IKE_TRANSFORM_ENCR || p->t[i].type > IKE_TRANSFORM_ESN)
			return false;
	return true;
}

static bool spi_fits(const struct ike_proposal *p)
{
	if (p->protocol == IKE_PROTO_IKE)
		return p->spi_len == 0 || p->spi_len == 8;
	return p->spi_len == 4;
}

/*
 * Encryption and integrity go together: an AEAD cipher excludes integrity, every other demands it (RFC 7296
 * section 3.3, RFC 5282 section 8). Either side may hold ciphers of both kinds in one proposal.
 */
static bool choose_cipher(const struct ike_proposal *offer, const struct ike_proposal *ours,
			  struct ike_proposal *chosen)
{
	const struct ike_transform none = { .type = IKE_TRANSFORM_INTEG };
	bool named = ike_proposal_find(offer, IKE_TRANSFORM_INTEG) != NULL, present;
	struct ike_transform integ;

	for (size_t i = 0; i < ours->n; i++) {
		const struct ike_transform *encr = &ours->t[i];

		if (encr->type != IKE_TRANSFORM_ENCR || !offers(offer, encr))
			continue;
		if (ike_encr_is_aead(encr->id)) {
			if (named && !offers(offer, &none))
				continue;
			integ = none;
			present = named;
		} else if (!choose(offer, ours, IKE_TRANSFORM_INTEG, &integ, &present) || !integ.id) {
			continue;
		}
		chosen->t[chosen->n++] = *encr;
		if (present)
			chosen->t[chosen->n++] = integ;
		return true;
	}
	return false;
}

static bool match(const struct ike_proposal *offer, const struct ike_proposal *ours, struct ike_proposal *chosen)
{
	static const uint8_t others[] = { IKE_TRANSFORM_PRF, IKE_TRANSFORM_KE, IKE_TRANSFORM_ESN };
	struct ike_proposal c = { .number = offer->number, .protocol = offer->protocol, .spi_len = offer->spi_len };

	if (offer->protocol != ours->protocol || !known_types_only(offer) || !spi_fits(offer))
		return false;
	memcpy(c.spi, offer->spi, sizeof(c.spi));
	if (!choose_cipher(offer, ours, &c))
		return false;
	for (size_t i = 0; i < sizeof(others); i++) {
		struct ike_transform t;
		bool present;

		/* ESP has no PRF. Some peers name one all the same, which changes nothing. */
		if (others[i] == IKE_TRANSFORM_PRF && ours->protocol != IKE_PROTO_IKE)
			continue;
		if (!choose(offer, ours, others[i], &t, &present) ||
		    (others[i] == IKE_TRANSFORM_KE && !t.id && ours->protocol == IKE_PROTO_IKE))
			return false;
		if (present)
			c.t[c.n++] = t;
	}
	*chosen = c;
	return true;
}

int ike_proposal_select(const struct ike_proposal *offer, size_t n_offer, const struct ike_proposal *ours,
			size_t n_ours, struct ike_proposal *chosen)
{
	for (size_t i = 0; i < n_ours; i++)
		for (size_t j = 0; j < n_offer; j++)
			if (match(&offer[j], &ours[i], chosen))
				return (int)i;
	return -1;
}

static bool coherent(const struct ike_proposal *p)
{
	const struct ike_transform *encr = ike_proposal_find(p, IKE_TRANSFORM_ENCR);
	const struct ike_transform *integ = ike_proposal_find(p, IKE_TRANSFORM_INTEG);

	return encr && ike_encr_is_aead(encr->id) == (!integ || integ->id == IKE_INTEG_NONE);
}

static bool complete(const struct ike_proposal *p)
{
	const struct ike_transform *ke = ike_proposal_find(p, IKE_TRANSFORM_KE);

	return p->protocol != IKE_PROTO_IKE || (ike_proposal_find(p, IKE_TRANSFORM_PRF) && ke && ke->id);
}

static bool answers(const struct ike_proposal *answer, const struct ike_proposal *offer)
{
	unsigned int seen = 0;

	if (answer->protocol != offer->protocol || !known_types_only(answer) || !spi_fits(answer) ||
	    !coherent(answer) || !complete(answer))
		return false;
	for (size_t i = 0; i < answer->n; i++) {
		const struct ike_transform *t = &answer->t[i];

		if (seen & 1u << t->type)
			return false;
		seen |= 1u << t->type;
		/* A NONE that we did not name is as good as leaving it out. */
		if (!offers(offer, t) &&
		    (t->id || !may_be_absent(t->type) || ike_proposal_find(offer, t->type)))
			return false;
	}
	for (uint8_t type = IKE_TRANSFORM_ENCR; type <= IKE_TRANSFORM_ESN; type++) {
		const struct ike_transform none = { .type = type };

		/* Whether integrity may be missing, the cipher has decided. */
		if (seen & 1u << type || type == IKE_TRANSFORM_INTEG || !ike_proposal_find(offer, type))
			continue;
		if (!may_be_absent(type) || !offers(offer, &none))
			return false;
	}
	return true;
}

bool ike_proposal_answer_ok(const struct ike_proposal *answer, const struct ike_proposal *offer, size_t n_offer)
{
	/* Numbers of proposals with number 0 are given by position when they are encoded. */
	for (size_t i = 0; i < n_offer; i++)
		if ((offer[i].number ? offer[i].number : i + 1) == answer->number)
			return answers(answer, &offer[i]);
	return false;
}
