// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Negotiation of Child SAs. PFS is accepted from whoever offers it and demanded only where the configuration says
 * so: clients exist that rekey without a key exchange, and others that only offer one.
 */
#include "child_negotiate.h"
#include "core_state.h"
#include "log.h"
#include "memory.h"
#include "session.h"

#define TEXT_MAX 700

void exchange_state_free(struct exchange_state *x)
{
	if (!x)
		return;
	ike_dh_free(x->dh);
	free(x->offer);
	if (x->child)
		child_discard(x->child);
	if (x->new_sa)
		ike_sa_close(x->new_sa, false);
	free(x);
}

static void add_transform(struct ike_proposal *p, uint8_t type, uint16_t id, uint16_t key_bits)
{
	if (p->n < IKE_TRANSFORMS_MAX)
		p->t[p->n++] = (struct ike_transform){ .type = type, .id = id, .key_bits = key_bits };
}

static void build_proposal(struct ike_proposal *p, const struct ike_proposal *set, bool esn,
			   const uint16_t *groups, size_t n_groups)
{
	*p = (struct ike_proposal){ .protocol = IKE_PROTO_ESP };
	for (size_t i = 0; i < set->n; i++)
		if (set->t[i].type == IKE_TRANSFORM_ENCR || set->t[i].type == IKE_TRANSFORM_INTEG)
			add_transform(p, set->t[i].type, set->t[i].id, set->t[i].key_bits);
	for (size_t i = 0; i < n_groups; i++)
		add_transform(p, IKE_TRANSFORM_KE, groups[i], 0);
	if (esn)
		add_transform(p, IKE_TRANSFORM_ESN, 1, 0);
	add_transform(p, IKE_TRANSFORM_ESN, 0, 0);
}

static size_t build_proposals(const struct ike_ipsec_profile *ipsec, const uint16_t *groups, size_t n_groups,
			      uint32_t spi, struct ike_proposal *out, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < ipsec->n_sets; i++)
		for (size_t j = 0; j < ipsec->sets[i]->n_proposals && n < max; j++) {
			struct ike_proposal *p = &out[n++];

			build_proposal(p, &ipsec->sets[i]->proposals[j], ipsec->esn, groups, n_groups);
			p->number = (uint8_t)n;
			p->spi_len = 4;
			for (int k = 0; k < 4; k++)
				p->spi[k] = (uint8_t)(spi >> (24 - 8 * k));
		}
	return n;
}

size_t child_pfs_groups(const struct ike_profile *profile, bool as_responder, uint16_t *out, size_t max)
{
	const struct ike_ipsec_profile *ipsec = profile->ipsec;
	size_t n = 0;

	for (size_t i = 0; i < ipsec->n_pfs && n < max; i++)
		out[n++] = ipsec->pfs[i];
	if (n || !as_responder)
		return n;
	/* Nothing configured: what is good enough for the IKE SA is good enough for PFS. */
	for (size_t i = 0; i < profile->n_proposals; i++)
		for (size_t j = 0; j < profile->proposals[i].n && n < max; j++)
			if (profile->proposals[i].t[j].type == IKE_TRANSFORM_KE)
				out[n++] = profile->proposals[i].t[j].id;
	return n;
}

void child_offer_sa(struct exchange_state *x, struct ike_chain *chain)
{
	const struct ike_profile *profile = x->child->sa->profile;
	uint16_t groups[16];
	size_t n_groups = x->group ? child_pfs_groups(profile, false, groups, 16) : 0;

	/* No pfs configured, but the peer wants it: the one group that comes with the key exchange. */
	if (x->group && !n_groups)
		groups[n_groups++] = x->group;
	free(x->offer);
	x->offer = xzalloc(OFFER_MAX * sizeof(*x->offer));
	x->n_offer = build_proposals(profile->ipsec, groups, n_groups, x->child->spi_in, x->offer, OFFER_MAX);
	ike_chain_sa(chain, x->offer, x->n_offer);
}

static size_t configured_ts(const struct ike_ts *configured, size_t n, struct ike_ts *out)
{
	if (!n) {
		ike_ts_any(&out[0], AF_INET);
		ike_ts_any(&out[1], AF_INET6);
		return 2;
	}
	if (n > CHILD_TS_MAX)
		n = CHILD_TS_MAX;
	memcpy(out, configured, n * sizeof(*out));
	return n;
}

static void set_ts(struct ike_ts **slot, const struct ike_ts *ts, size_t n)
{
	free(*slot);
	*slot = xmemdup(ts, n * sizeof(*ts));
}

static size_t gre_of(const struct ike_addr *host, struct ike_ts *out)
{
	*out = (struct ike_ts){ .start = *host, .protocol = IPPROTO_GRE, .port_end = UINT16_MAX };
	out->start.port = 0;
	out->start.scope = 0;
	out->end = out->start;
	return 1;
}

/* What we want on either side. In transport mode that is GRE between the outer addresses. */
static size_t wanted_ts(const struct ike_sa *sa, bool local, struct ike_ts *out)
{
	const struct ike_ipsec_profile *ipsec = sa->profile->ipsec;

	if (sa->profile->gre)
		return gre_of(local ? &sa->local : &sa->remote, out);
	return local ? configured_ts(ipsec->local_ts, ipsec->n_local_ts, out) :
		       configured_ts(ipsec->remote_ts, ipsec->n_remote_ts, out);
}

void child_default_ts(struct child_sa *child)
{
	struct ike_ts ts[CHILD_TS_MAX];

	child->n_local_ts = wanted_ts(child->sa, true, ts);
	set_ts(&child->local_ts, ts, child->n_local_ts);
	child->n_remote_ts = wanted_ts(child->sa, false, ts);
	set_ts(&child->remote_ts, ts, child->n_remote_ts);
	child->transport = child->sa->profile->gre;
}

static void offer_ts(struct ike_chain *chain, uint8_t type, const struct ike_ts *ts, size_t n,
		     const struct ike_addr *told)
{
	struct ike_ts as_told;

	if (told->family) {
		as_told = ts[0];
		as_told.start = as_told.end = *told;
		ts = &as_told;
	}
	ike_chain_ts(chain, type, ts, n);
}

void child_offer_ts(const struct child_sa *child, struct ike_chain *chain, bool initiator)
{
	uint8_t local = initiator ? IKE_PAYLOAD_TSI : IKE_PAYLOAD_TSR;
	uint8_t remote = initiator ? IKE_PAYLOAD_TSR : IKE_PAYLOAD_TSI;

	if (child->transport)
		ike_chain_notify(chain, IKE_N_USE_TRANSPORT_MODE, NULL, 0);
	if (initiator)
		offer_ts(chain, local, child->local_ts, child->n_local_ts, &child->told_local);
	offer_ts(chain, remote, child->remote_ts, child->n_remote_ts, &child->told_remote);
	if (!initiator)
		offer_ts(chain, local, child->local_ts, child->n_local_ts, &child->told_local);
}

/* Offers that demand a key exchange stay out or, in IKE_AUTH, where it means nothing (RFC 7296 section 1.2), lose it. */
static size_t without_ke(const struct ike_proposal *offer, size_t n, bool strip, struct ike_proposal *out)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		struct ike_proposal p = offer[i];
		bool demanded = false, optional = false;

		p.n = 0;
		for (size_t j = 0; j < offer[i].n; j++) {
			bool ke = offer[i].t[j].type == IKE_TRANSFORM_KE;

			demanded |= ke && offer[i].t[j].id;
			optional |= ke && !offer[i].t[j].id;
			if (!ke || !offer[i].t[j].id)
				p.t[p.n++] = offer[i].t[j];
		}
		if (strip || !demanded || optional)
			out[kept++] = p;
	}
	return kept;
}

static const char *set_names(const struct ike_ipsec_profile *ipsec, char *buf, size_t size)
{
	size_t at = 0;

	*buf = 0;
	for (size_t i = 0; i < ipsec->n_sets && at < size; i++) {
		int n = snprintf(buf + at, size - at, "%s\"%s\"", i ? ", " : "", ipsec->sets[i]->name);

		at += n > 0 ? (size_t)n : 0;
	}
	return buf;
}

static uint16_t refuse_proposal(struct ike_sa *sa, const struct message *m, const struct ike_proposal *offer,
				size_t n_offer, const struct ike_proposal *ours, size_t n_ours)
{
	char offered[TEXT_MAX], allowed[TEXT_MAX], explain[TEXT_MAX], names[TEXT_MAX];

	sa->core->counters.refused_proposal++;
	log_sa(sa, IKE_LOG_WARNING, "negotiation-refused",
	       "%s refused, no ESP proposal in common: offered %s; transform-set %s allows %s; %s",
	       ike_exchange_name(m->h.exchange), ike_proposals_text(offer, n_offer, offered, sizeof(offered)),
	       set_names(sa->profile->ipsec, names, sizeof(names)),
	       ike_proposals_text(ours, n_ours, allowed, sizeof(allowed)),
	       ike_proposal_explain(offer, n_offer, ours, n_ours, explain, sizeof(explain)));
	return IKE_N_NO_PROPOSAL_CHOSEN;
}

static uint16_t malformed(struct ike_sa *sa, const struct message *m, const char *why)
{
	sa->core->counters.rx_malformed++;
	log_sa(sa, IKE_LOG_WARNING, "malformed", "%s malformed: %s", ike_exchange_name(m->h.exchange),
	       why ? why : "a payload is missing");
	return IKE_N_INVALID_SYNTAX;
}

static bool read_sa(const struct message *m, struct ike_proposal *offer, size_t *n, const char **why)
{
	const struct ike_payload *p = ike_payloads_find(&m->in, IKE_PAYLOAD_SA);

	*why = NULL;
	return p && ike_sa_decode(p->body, p->len, offer, OFFER_MAX, n, why);
}

static bool read_ts(const struct message *m, uint8_t type, struct ike_ts *ts, size_t *n, const char **why)
{
	const struct ike_payload *p = ike_payloads_find(&m->in, type);

	*why = NULL;
	return p && ike_ts_decode(p->body, p->len, ts, CHILD_TS_MAX, n, why);
}

/* ESP of @chosen with its SPI; false when it is not one that we have. */
static bool take_suite(struct child_sa *child, const struct ike_proposal *chosen)
{
	const struct ike_transform *encr = ike_proposal_find(chosen, IKE_TRANSFORM_ENCR);
	const struct ike_transform *integ = ike_proposal_find(chosen, IKE_TRANSFORM_INTEG);
	const struct ike_transform *esn = ike_proposal_find(chosen, IKE_TRANSFORM_ESN);

	if (!encr || chosen->spi_len != 4)
		return false;
	child->suite = ike_esp_suite(encr->id, encr->key_bits, integ ? integ->id : 0);
	child->esn = esn && esn->id == 1;
	child->spi_out = (uint32_t)chosen->spi[0] << 24 | (uint32_t)chosen->spi[1] << 16 |
			 (uint32_t)chosen->spi[2] << 8 | chosen->spi[3];
	return child->suite && child->spi_out;
}

static void set_answer_spi(struct ike_proposal *p, uint32_t spi)
{
	for (int k = 0; k < 4; k++)
		p->spi[k] = (uint8_t)(spi >> (24 - 8 * k));
}

static uint16_t choose_suite(struct ike_sa *sa, struct exchange_state *x, const struct message *m, bool first)
{
	const struct ike_ipsec_profile *ipsec = sa->profile->ipsec;
	struct ike_proposal offer[OFFER_MAX], plain[OFFER_MAX], ours[OFFER_MAX];
	const struct ike_transform *ke;
	size_t n_offer, n_plain, n_ours = 0;
	uint16_t groups[16];
	const char *why;
	int found = -1;

	if (!read_sa(m, offer, &n_offer, &why))
		return malformed(sa, m, why);
	if (!first) {
		size_t n_groups = child_pfs_groups(sa->profile, true, groups, 16);

		n_ours = build_proposals(ipsec, groups, n_groups, 0, ours, OFFER_MAX);
		found = n_groups ? ike_proposal_select(offer, n_offer, ours, n_ours, &x->chosen) : -1;
	}
	if (found < 0 && (first || !ipsec->pfs_required)) {
		n_plain = without_ke(offer, n_offer, first, plain);
		n_ours = build_proposals(ipsec, NULL, 0, 0, ours, OFFER_MAX);
		found = n_plain ? ike_proposal_select(plain, n_plain, ours, n_ours, &x->chosen) : -1;
	}
	if (found < 0 || !take_suite(x->child, &x->chosen))
		return refuse_proposal(sa, m, offer, n_offer, ours, n_ours);
	ke = ike_proposal_find(&x->chosen, IKE_TRANSFORM_KE);
	x->group = ke ? ke->id : 0;
	x->child->dh_group = x->group;
	set_answer_spi(&x->chosen, x->child->spi_in);
	return 0;
}

static uint16_t check_ke(struct exchange_state *x, const struct message *m)
{
	struct ike_ke ke;
	const char *why;

	if (!x->group)
		return 0;
	return message_ke(m, &ke, &why) && ke.group == x->group ? 0 : IKE_N_INVALID_KE_PAYLOAD;
}

static const char *ts_list(const struct ike_ts *ts, size_t n, char *buf, size_t size)
{
	char one[IKE_TS_STRLEN];
	size_t at = 0;

	snprintf(buf, size, "nothing that is understood");
	for (size_t i = 0; i < n && at < size; i++) {
		int len = snprintf(buf + at, size - at, "%s%s", i ? ", " : "", ike_ts_text(&ts[i], one));

		at += len > 0 ? (size_t)len : 0;
	}
	return buf;
}

static uint16_t refuse_ts(struct ike_sa *sa, const struct message *m, const char *setting, const struct ike_ts *offer,
			  size_t n_offer, const struct ike_ts *ours, size_t n_ours)
{
	char offered[TEXT_MAX], allowed[TEXT_MAX];

	sa->core->counters.refused_ts++;
	log_sa(sa, IKE_LOG_WARNING, "negotiation-refused",
	       "%s refused, traffic selectors do not meet: the peer has %s, ipsec-profile \"%s\" has %s %s",
	       ike_exchange_name(m->h.exchange), ts_list(offer, n_offer, offered, sizeof(offered)),
	       sa->profile->ipsec->name, setting, ts_list(ours, n_ours, allowed, sizeof(allowed)));
	return IKE_N_TS_UNACCEPTABLE;
}

/*
 * RFC 7296 section 2.23.1: behind a NAT the peer names its inner address, or our outer one as it sees it. Transport
 * mode is between the addresses that the packets have here; the peer hears its own again.
 */
static void see_through_nat(struct ike_ts *ts, size_t n, const struct ike_addr *here, struct ike_addr *told)
{
	if (n != 1 || ts->start.family != here->family || !ike_addr_same_host(&ts->start, &ts->end) ||
	    ike_addr_same_host(&ts->start, here))
		return;
	*told = ts->start;
	ts->start = *here;
	ts->start.port = 0;
	ts->start.scope = 0;
	ts->end = ts->start;
}

/* Narrow both sides to what both ends want; @accept: we are the initiator, who offered. */
static uint16_t narrow(struct ike_sa *sa, struct child_sa *child, const struct message *m, bool accept)
{
	struct ike_ts local[CHILD_TS_MAX], remote[CHILD_TS_MAX], ours[CHILD_TS_MAX], both[CHILD_TS_MAX];
	size_t n_local, n_remote, n_ours;
	const char *why;

	if (!read_ts(m, accept ? IKE_PAYLOAD_TSI : IKE_PAYLOAD_TSR, local, &n_local, &why) ||
	    !read_ts(m, accept ? IKE_PAYLOAD_TSR : IKE_PAYLOAD_TSI, remote, &n_remote, &why))
		return malformed(sa, m, why);
	if (child->transport && !accept && sa->nat_local)
		see_through_nat(local, n_local, &sa->local, &child->told_local);
	if (child->transport && !accept && sa->nat_remote)
		see_through_nat(remote, n_remote, &sa->remote, &child->told_remote);
	n_ours = wanted_ts(sa, true, ours);
	child->n_local_ts = ike_ts_narrow(local, n_local, ours, n_ours, both, CHILD_TS_MAX);
	if (!child->n_local_ts)
		return refuse_ts(sa, m, "local-ts", local, n_local, ours, n_ours);
	set_ts(&child->local_ts, both, child->n_local_ts);
	n_ours = wanted_ts(sa, false, ours);
	child->n_remote_ts = ike_ts_narrow(remote, n_remote, ours, n_ours, both, CHILD_TS_MAX);
	if (!child->n_remote_ts)
		return refuse_ts(sa, m, "remote-ts", remote, n_remote, ours, n_ours);
	set_ts(&child->remote_ts, both, child->n_remote_ts);
	return 0;
}

/* Both ends must mean the same: GRE in transport mode, or tunnel mode. */
static uint16_t agree_on_mode(struct ike_sa *sa, struct child_sa *child, const struct message *m, bool accept)
{
	struct ike_notify notify;
	bool transport = ike_notify_find(&m->in, IKE_N_USE_TRANSPORT_MODE, &notify);

	child->transport = sa->profile->gre;
	if (child->transport == transport)
		return 0;
	if (!child->transport && !accept) {
		/* Only a wish: without the notification in the answer the peer has tunnel mode. */
		log_sa(sa, IKE_LOG_INFO, "transport-declined",
		       "%s: the peer would like transport mode; should it want GRE, set mode = \"gre\"",
		       ike_exchange_name(m->h.exchange));
		return 0;
	}
	sa->core->counters.refused_other++;
	log_sa(sa, IKE_LOG_WARNING, "negotiation-refused",
	       transport ? "%s: the peer answers with transport mode, which was not offered; profile \"%s\"" :
			   "%s refused: the peer wants tunnel mode, the link of profile \"%s\" has mode = \"gre\", which needs transport mode",
	       ike_exchange_name(m->h.exchange), sa->profile->name);
	return IKE_N_NO_PROPOSAL_CHOSEN;
}

uint16_t child_choose(struct ike_sa *sa, struct exchange_state *x, const struct message *m, bool first)
{
	uint16_t error = choose_suite(sa, x, m, first);

	if (!error)
		error = check_ke(x, m);
	if (!error)
		error = agree_on_mode(sa, x->child, m, false);
	if (!error)
		error = narrow(sa, x->child, m, false);
	return error;
}

uint16_t child_accept(struct ike_sa *sa, struct exchange_state *x, const struct message *m, bool first)
{
	struct ike_proposal answer[OFFER_MAX];
	const struct ike_transform *ke;
	char text[TEXT_MAX];
	const char *why;
	uint16_t error;
	size_t n;

	if (!read_sa(m, answer, &n, &why))
		return malformed(sa, m, why);
	if (n != 1 || !ike_proposal_answer_ok(&answer[0], x->offer, x->n_offer) ||
	    !take_suite(x->child, &answer[0])) {
		log_sa(sa, IKE_LOG_WARNING, "negotiation-refused",
		       "%s: the peer answered with an ESP proposal that was not offered: %s",
		       ike_exchange_name(m->h.exchange), ike_proposals_text(answer, n, text, sizeof(text)));
		return IKE_N_NO_PROPOSAL_CHOSEN;
	}
	ke = ike_proposal_find(&answer[0], IKE_TRANSFORM_KE);
	if (!first && (ke ? ke->id : 0) != x->group) {
		log_sa(sa, IKE_LOG_WARNING, "negotiation-refused",
		       "%s: the peer chose another Diffie-Hellman group than that of its key exchange",
		       ike_exchange_name(m->h.exchange));
		return IKE_N_INVALID_SYNTAX;
	}
	x->child->dh_group = x->group;
	error = agree_on_mode(sa, x->child, m, true);
	return error ? error : narrow(sa, x->child, m, true);
}
