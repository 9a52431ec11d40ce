// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A new configuration under living sessions. Those whose profile still says what was negotiated go on under the new
 * one; the others end, and are dialed anew where we dial.
 */
#include "core_state.h"
#include "ike_sa.h"
#include "memory.h"
#include "select.h"
#include "session.h"

static bool same_id(const struct ike_id *a, const struct ike_id *b)
{
	return a->type == b->type && a->len == b->len && !memcmp(a->data, b->data, a->len);
}

static bool same_proposals(const struct ike_proposal *a, size_t na, const struct ike_proposal *b, size_t nb)
{
	if (na != nb)
		return false;
	for (size_t i = 0; i < na; i++) {
		if (a[i].n != b[i].n)
			return false;
		for (size_t j = 0; j < a[i].n; j++)
			if (a[i].t[j].type != b[i].t[j].type || a[i].t[j].id != b[i].t[j].id ||
			    a[i].t[j].key_bits != b[i].t[j].key_bits)
				return false;
	}
	return true;
}

static bool same_ts(const struct ike_ts *a, size_t na, const struct ike_ts *b, size_t nb)
{
	if (na != nb)
		return false;
	for (size_t i = 0; i < na; i++)
		if (!ike_ts_equal(&a[i], &b[i]))
			return false;
	return true;
}

static bool same_ipsec(const struct ike_ipsec_profile *a, const struct ike_ipsec_profile *b)
{
	if (a->n_sets != b->n_sets || a->n_pfs != b->n_pfs || a->pfs_required != b->pfs_required ||
	    a->replay_window != b->replay_window || a->esn != b->esn || a->life_seconds != b->life_seconds ||
	    a->life_bytes != b->life_bytes || a->life_packets != b->life_packets)
		return false;
	for (size_t i = 0; i < a->n_sets; i++)
		if (!same_proposals(a->sets[i]->proposals, a->sets[i]->n_proposals, b->sets[i]->proposals,
				    b->sets[i]->n_proposals))
			return false;
	for (size_t i = 0; i < a->n_pfs; i++)
		if (a->pfs[i] != b->pfs[i])
			return false;
	return same_ts(a->local_ts, a->n_local_ts, b->local_ts, b->n_local_ts) &&
	       same_ts(a->remote_ts, a->n_remote_ts, b->remote_ts, b->n_remote_ts);
}

static bool same_secret(const struct ike_secret *a, const struct ike_secret *b)
{
	return a->len == b->len && (!a->len || !memcmp(a->data, b->data, a->len));
}

static bool same_key(const struct session *session, const struct ike_profile *new)
{
	const struct ike_id *id = session->peer_id.type == IKE_ID_NONE ? NULL : &session->peer_id;
	const struct ike_keyring_peer *a = select_key(session->profile->keyring, id, &session->remote);
	const struct ike_keyring_peer *b = select_key(new->keyring, id, &session->remote);

	return a && b ? same_secret(&a->local, &b->local) && same_secret(&a->remote, &b->remote) : !a && !b;
}

static bool address_fits(const struct ike_authorization *auth, const struct ike_addr *addr)
{
	const struct ike_pool *pool = !auth ? NULL : addr->family == AF_INET ? auth->pool4 : auth->pool6;

	return pool && pool_range_contains(&pool->range, addr);
}

/* Pools are told apart by name and range, and a lease has to be given back to the one that it came from. */
static bool same_pool(const struct ike_pool *a, const struct ike_pool *b)
{
	if (!a || !b)
		return a == b;
	return !strcmp(a->name, b->name) && ike_addr_equal(&a->range.first, &b->range.first) &&
	       ike_addr_equal(&a->range.last, &b->range.last);
}

static bool same_leases(const struct session *session, const struct ike_profile *new)
{
	const struct ike_authorization *a = session->profile->authorization, *b = new->authorization;

	if (!session->n_peer_addrs)
		return true;
	for (size_t i = 0; i < session->n_peer_addrs; i++)
		if (!address_fits(b, &session->peer_addrs[i]))
			return false;
	return a && b && same_pool(a->pool4, b->pool4) && same_pool(a->pool6, b->pool6);
}

static bool same_template(const struct ike_profile *a, const struct ike_profile *b)
{
	if (strcmp(a->interface, b->interface) || !a->tmpl != !b->tmpl)
		return false;
	return !a->tmpl || !memcmp(a->tmpl, b->tmpl, sizeof(*a->tmpl));
}

static bool still_holds(const struct session *session, const struct ike_profile *new)
{
	const struct ike_profile *old = session->profile;

	if (session->dialed && (strcmp(old->peer, new->peer) || old->peer_port != new->peer_port))
		return false;
	if (session->peer_id.type != IKE_ID_NONE && !select_profile_match(new, &session->peer_id))
		return false;
	return ike_addr_equal(&old->local_addr, &new->local_addr) && same_id(&old->local_id, &new->local_id) &&
	       same_proposals(old->proposals, old->n_proposals, new->proposals, new->n_proposals) &&
	       same_ipsec(old->ipsec, new->ipsec) && same_key(session, new) && same_leases(session, new) &&
	       same_template(old, new) && old->gre == new->gre;
}

static void carry_over(struct session *session, const struct ike_profile *profile, struct ike_policy *policy)
{
	struct ike_sa *sa;

	session_set_profile(session, profile, policy);
	TAILQ_FOREACH(sa, &session->sas, in_session)
		ike_sa_set_profile(sa, profile, policy);
	/* What is routed may have changed without anything having been negotiated. */
	if (session->out_child)
		session_set_routes(session, child_find(session->core, session->out_child), true);
}

void ike_core_reload(struct ike_core *core, struct ike_policy *policy, uint64_t now)
{
	struct ike_policy *old = core->policy;
	struct session *session, *tmp;

	core_enter(core, now);
	core->policy = ike_policy_ref(policy);
	HASH_ITER(hh, core->sessions, session, tmp) {
		const struct ike_profile *profile = ike_policy_profile(policy, session->profile->name);

		if (profile && still_holds(session, profile))
			carry_over(session, profile, policy);
		else
			session_end(session, profile ? "its profile has changed" : "its profile is gone");
	}
	dial_policy(core);
	ike_policy_unref(old);
	core_leave(core);
}
