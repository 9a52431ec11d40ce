// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * All rules for exchanges that cross on the wire, each with the case of RFC 7296 that it answers.
 */
#include "collision.h"
#include "core_state.h"
#include "rekey_child.h"
#include "rekey_ike.h"
#include "session.h"

const struct nonce *nonce_lower(const struct nonce *a, const struct nonce *b)
{
	return nonce_compare(a, b) < 0 ? a : b;
}

bool collision_rekeying_ike(const struct ike_sa *sa)
{
	return sa->task && sa->task->type->rekeys_ike;
}

bool collision_rekeying_child(const struct child_sa *old)
{
	const struct task *task = old->sa->task;

	return task && task->type == &rekey_child_task && task->old_child == old->number;
}

/* Made by the peer's rekey while ours is under way: whether it inherits the Child SAs is not known here yet. */
static bool is_rival(const struct ike_sa *sa)
{
	const struct ike_sa *other;

	TAILQ_FOREACH(other, &sa->session->sas, in_session)
		if (other->rival == sa)
			return true;
	return false;
}

uint16_t collision_new_child(struct ike_sa *sa)
{
	/*
	 * 2.25.2: "If a peer receives a request to create or rekey a Child SA when it is currently rekeying the
	 * IKE SA, it SHOULD reply with TEMPORARY_FAILURE." The same where the IKE SA is about to go.
	 */
	if (sa->state != IKE_SA_UP || collision_rekeying_ike(sa) || !sa->session || is_rival(sa))
		return IKE_N_TEMPORARY_FAILURE;
	return 0;
}

uint16_t collision_rekey_child(struct ike_sa *sa, struct child_sa *old)
{
	uint16_t error = collision_new_child(sa);

	if (error)
		return error;
	/* 2.25: "a request to rekey a Child SA that does not exist": CHILD_SA_NOT_FOUND. */
	if (!old)
		return IKE_N_CHILD_SA_NOT_FOUND;
	switch (old->state) {
	case CHILD_INBOUND:
		/* The peer rekeys what it has made itself, so it uses it: our switch is overdue. */
		child_switch_out(old, NULL);
		return 0;
	case CHILD_UP:
		/* 2.25.1: "a request to rekey a Child SA that it is currently rekeying": as usual, once. */
		return old->successor ? IKE_N_TEMPORARY_FAILURE : 0;
	case CHILD_NEGOTIATING:
	case CHILD_REPLACED:
	case CHILD_DELETING:
	case CHILD_RETIRED:
		/* 2.25.1: "... a Child SA that it is currently trying to close": TEMPORARY_FAILURE. */
		break;
	}
	return IKE_N_TEMPORARY_FAILURE;
}

uint16_t collision_rekey_ike(struct ike_sa *sa)
{
	/* 2.25.2: "... to rekey an IKE SA that it is currently trying to close": TEMPORARY_FAILURE. */
	if (sa->state != IKE_SA_UP || !sa->session || is_rival(sa))
		return IKE_N_TEMPORARY_FAILURE;
	/*
	 * 2.25.2: "... to rekey the IKE SA, and it is currently creating, rekeying, or closing a Child SA of that
	 * IKE SA": TEMPORARY_FAILURE.
	 */
	if (sa->task && sa->task->type->touches_child)
		return IKE_N_TEMPORARY_FAILURE;
	/* 2.25.2: "... that it is currently rekeying": as usual, once. */
	return sa->rival ? IKE_N_TEMPORARY_FAILURE : 0;
}

/*
 * 2.8.1: "The SA created with the lowest of the four nonces used in the two exchanges SHOULD be closed by the
 * endpoint that created it."
 */
static bool stays(const struct nonce *theirs, const struct nonce *ni, const struct nonce *nr)
{
	return nonce_compare(nonce_lower(ni, nr), theirs) > 0;
}

void collision_child_note(struct child_sa *old, uint64_t theirs, const struct nonce *ni, const struct nonce *nr)
{
	struct exchange_state *ours = collision_rekeying_child(old) ? old->sa->task->x : NULL;

	old->successor = theirs;
	if (!ours)
		return;
	ours->rival = theirs;
	ours->rival_nonce = *nonce_lower(ni, nr);
}

void collision_child_decided(const struct child_sa *theirs)
{
	const struct task *task = theirs->sa->task;

	if (task && task->type == &rekey_child_task && task->x && task->x->rival == theirs->number)
		task->x->rival_won = true;
}

bool collision_child_ours_stays(struct ike_core *core, const struct exchange_state *x)
{
	struct child_sa *theirs = child_find(core, x->rival);

	/* By now the rival may itself have been rekeyed; had it lost, the peer would not have used it. */
	if (x->rival_won) {
		core->counters.collisions++;
		return false;
	}
	/* None, or the peer has closed it already. */
	if (!theirs || theirs->state == CHILD_RETIRED || theirs->state == CHILD_DELETING)
		return true;
	core->counters.collisions++;
	if (!stays(&x->rival_nonce, &x->ni, &x->nr))
		return false;
	/* The peer closes it; until then it must not carry what we send. */
	theirs->redundant = true;
	if (theirs->state == CHILD_INBOUND)
		timer_stop(&core->timers, &theirs->state_timer);
	return true;
}

bool collision_ike_ours_stays(struct ike_sa *sa, const struct nonce *ni, const struct nonce *nr)
{
	if (!sa->rival)
		return true;
	sa->core->counters.collisions++;
	return stays(&sa->rival_nonce, ni, nr);
}

void collision_child_yield(struct child_sa *old)
{
	struct child_sa *theirs = child_find(old->core, old->successor);

	if (theirs)
		child_await_switch(theirs);
}

void collision_ike_yield(struct ike_sa *sa)
{
	struct ike_sa *rival = sa->rival;

	/* One that is still being served takes over by itself when it is finished. */
	if (!rival || rival->state != IKE_SA_UP)
		return;
	rekey_ike_take_over(sa, rival);
}
