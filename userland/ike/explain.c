// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Why no proposal was chosen, said so that the reader knows which setting to change, and on which side.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "suite.h"

static const struct {
	uint8_t type;
	const char *keyword;    /* of the configuration */
	unsigned int weight;    /* how far apart two proposals are that differ here */
} settings[] = {
	{ IKE_TRANSFORM_ENCR, "encryption", 8 },
	{ IKE_TRANSFORM_INTEG, "integrity", 4 },
	{ IKE_TRANSFORM_PRF, "prf", 3 },
	{ IKE_TRANSFORM_KE, "group", 3 },
	{ IKE_TRANSFORM_ESN, "esn", 1 },
};

#define N_SETTINGS (sizeof(settings) / sizeof(settings[0]))

static bool has(const struct ike_proposal *p, const struct ike_transform *t)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->t[i].type == t->type && p->t[i].id == t->id && p->t[i].key_bits == t->key_bits)
			return true;
	/* A type that is left out is NONE, or no ESN. */
	return !t->id && !ike_proposal_find(p, t->type);
}

static bool common(const struct ike_proposal *offer, const struct ike_proposal *ours, uint8_t type)
{
	const struct ike_transform none = { .type = type };

	for (size_t i = 0; i < offer->n; i++)
		if (offer->t[i].type == type && has(ours, &offer->t[i]))
			return true;
	return has(offer, &none) && has(ours, &none);
}

/* First transform of @type in the offer that could be configured here, NULL when there is none. */
static const struct ike_transform *could_add(const struct ike_proposal *offer, uint8_t type)
{
	for (size_t i = 0; i < offer->n; i++)
		if (offer->t[i].type == type && ike_transform_supported(offer->protocol, &offer->t[i]))
			return &offer->t[i];
	return NULL;
}

static unsigned int distance(const struct ike_proposal *offer, const struct ike_proposal *ours)
{
	unsigned int sum = offer->protocol == ours->protocol ? 0 : 100;

	for (size_t i = 0; i < N_SETTINGS; i++) {
		if (common(offer, ours, settings[i].type))
			continue;
		sum += settings[i].weight;
		/* What cannot be configured here is further away than what can. */
		if (!could_add(offer, settings[i].type))
			sum += 10;
	}
	return sum;
}

struct text {
	char *buf;
	size_t size, at;
};

static void add(struct text *t, const char *a, const char *b, const char *c)
{
	int n;

	if (t->at >= t->size)
		return;
	n = snprintf(t->buf + t->at, t->size - t->at, "%s%s%s", a, b, c);
	t->at += n > 0 ? (size_t)n : 0;
}

/* What the peer would have to have: the first of ours. */
static const char *first_of(const struct ike_proposal *ours, uint8_t type)
{
	const struct ike_transform *t = ike_proposal_find(ours, type);

	return t ? ike_transform_text(t) : "none";
}

static void lack(struct text *t, const struct ike_proposal *offer, const struct ike_proposal *ours, size_t setting,
		 bool first)
{
	uint8_t type = settings[setting].type;
	const struct ike_transform *missing = could_add(offer, type), *offered = ike_proposal_find(offer, type);
	bool esp_group = type == IKE_TRANSFORM_KE && ours->protocol != IKE_PROTO_IKE;

	add(t, first ? "" : " and ", "", "");
	if (missing && type == IKE_TRANSFORM_ESN) {
		add(t, "set \"esn ", missing->id ? "true" : "false", "\"");
	} else if (missing) {
		add(t, "add \"", esp_group ? "pfs" : settings[setting].keyword, " ");
		/* A PRF's keyword goes without the prefix that tells it from a hash in a list. */
		add(t, ike_transform_text(missing) + (type == IKE_TRANSFORM_PRF ? strlen("prf-") : 0), "\"", "");
	} else if (offered && offered->id) {
		add(t, "let the peer offer \"", settings[setting].keyword, " ");
		add(t, first_of(ours, type), "\" (", ike_transform_text(offered));
		add(t, " is not supported)", "", "");
	} else if (type == IKE_TRANSFORM_KE) {
		add(t, "let the peer use PFS with group ", first_of(ours, type), ", or set \"pfs-required false\"");
	} else {
		add(t, "let the peer offer \"", settings[setting].keyword, " ");
		add(t, first_of(ours, type), "\"", "");
	}
}

/* An unknown type bars the proposal, whatever else it holds. */
static const struct ike_transform *unknown_type(const struct ike_proposal *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->t[i].type < IKE_TRANSFORM_ENCR || p->t[i].type > IKE_TRANSFORM_ESN)
			return &p->t[i];
	return NULL;
}

static void add_nearest(struct text *t, const struct ike_proposal *offer, const struct ike_proposal *ours)
{
	const struct ike_transform *strange = unknown_type(offer);
	bool first = true;

	add(t, "nearest: ", "", "");
	if (offer->protocol != ours->protocol) {
		add(t, "none, the peer offers another protocol", "", "");
		return;
	}
	if (strange) {
		add(t, "let the peer offer it without ", ike_transform_text(strange), ", which is not supported");
		return;
	}
	for (size_t i = 0; i < N_SETTINGS; i++) {
		uint8_t type = settings[i].type;

		if (common(offer, ours, type) || (type == IKE_TRANSFORM_PRF && ours->protocol != IKE_PROTO_IKE))
			continue;
		/* With an AEAD cipher to add, its proposal has no integrity and the difference explains itself. */
		if (type == IKE_TRANSFORM_INTEG && !first && !could_add(offer, type) && !ike_proposal_find(offer, type))
			continue;
		lack(t, offer, ours, i, first);
		first = false;
	}
	if (first)
		add(t, "let the peer offer ciphers that authenticate and those that need integrity apart", "", "");
}

const char *ike_proposal_explain(const struct ike_proposal *offer, size_t n_offer,
				 const struct ike_proposal *ours, size_t n_ours, char *buf, size_t size)
{
	unsigned int best = UINT_MAX;
	size_t near_offer = 0, near_ours = 0;
	struct text t = { .buf = buf, .size = size };

	if (!size)
		return buf;
	buf[0] = '\0';
	if (!n_offer || !n_ours) {
		add(&t, n_ours ? "nothing was offered" : "nothing is configured", "", "");
		return buf;
	}
	for (size_t i = 0; i < n_ours; i++) {
		for (size_t j = 0; j < n_offer; j++) {
			unsigned int d = distance(&offer[j], &ours[i]) + (unknown_type(&offer[j]) ? 50 : 0);

			if (d >= best)
				continue;
			best = d;
			near_ours = i;
			near_offer = j;
		}
	}
	add_nearest(&t, &offer[near_offer], &ours[near_ours]);
	return buf;
}
