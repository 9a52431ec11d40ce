// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The life of a Child SA apart from its negotiation. What we send moves from one to its successor without a
 * gap; an inbound SA outlives its use by a moment, for packets that are still on the wire.
 */
#include "child_sa.h"
#include "collision.h"
#include "core_state.h"
#include "informational.h"
#include "log.h"
#include "memory.h"
#include "rekey_child.h"
#include "session.h"

#define RETIRE_MS 2000          /* packets are not longer on their way than this */
#define SWITCH_WAIT_MS 1000     /* a peer that rekeyed deletes the old one at once */

static void rekey_due(struct timer *timer)
{
	rekey_child_request(container_of(timer, struct child_sa, rekey_timer));
}

/* A peer's window is one: when it asks for something else, it has the answer to what it asked before. */
static bool peer_has_answer(const struct child_sa *child)
{
	return child->sa->spi == child->answered_spi && child->sa->peer_msgid > child->answered_msgid + 1;
}

static void state_over(struct timer *timer)
{
	struct child_sa *child = container_of(timer, struct child_sa, state_timer);

	switch (child->state) {
	case CHILD_INBOUND:
		if (peer_has_answer(child))
			child_switch_out(child, NULL);
		else
			child_await_switch(child);
		return;
	case CHILD_UP:
		log_session(child->session, IKE_LOG_WARNING, "child-sa-expired",
			    "Child SA %08x/%08x reached its lifetime without being rekeyed; deleting it", child->spi_in,
			    child->spi_out);
		child_delete(child);
		return;
	case CHILD_REPLACED:
	case CHILD_RETIRED:
		child_remove(child);
		return;
	case CHILD_NEGOTIATING:
	case CHILD_DELETING:
		return;
	}
}

struct child_sa *child_new(struct ike_sa *sa)
{
	struct ike_core *core = sa->core;
	struct child_sa *child;
	uint32_t spi = core->env.spi(core->env.ctx, &sa->local);

	if (!spi) {
		log_sa(sa, IKE_LOG_ERROR, "no-spi", "the kernel has no free SPI for an inbound ESP SA");
		return NULL;
	}
	child = xzalloc(sizeof(*child));
	child->core = core;
	child->session = sa->session;
	child->sa = sa;
	child->number = ++core->last_child;
	child->spi_in = spi;
	child->state = CHILD_NEGOTIATING;
	timer_init(&child->rekey_timer, rekey_due);
	timer_init(&child->state_timer, state_over);
	return child;
}

void child_keys_wipe(struct child_sa *child)
{
	ike_wipe(child->in.key, sizeof(child->in.key));
	ike_wipe(child->out.key, sizeof(child->out.key));
}

static void child_release(void *object)
{
	struct child_sa *child = object;

	child_keys_wipe(child);
	free(child->local_ts);
	free(child->remote_ts);
	free(child);
}

void child_free(struct child_sa *child)
{
	if (child)
		core_bury(child->core, child, child_release);
}

/* The soft limit lies below the hard one by a share that differs from peer to peer. */
static uint64_t soft_limit(struct ike_core *core, uint64_t hard)
{
	return hard ? hard - hard / 10 - core_random_below(core, hard / 10) : 0;
}

/* With blocks of 64 bits, patterns show long before 2^32 of them under one key: change it early (RFC 7296 section 2.8). */
#define SMALL_BLOCK_LIFE_BYTES (UINT64_C(4) << 30)

static uint64_t life_bytes(const struct child_sa *child)
{
	uint64_t configured = child->sa->profile->ipsec->life_bytes;

	if (child->suite->encr == IKE_ENCR_3DES && (!configured || configured > SMALL_BLOCK_LIFE_BYTES))
		return SMALL_BLOCK_LIFE_BYTES;
	return configured;
}

static void fill_sa(struct child_sa *child, struct ike_kernel_sa *k, uint32_t spi)
{
	const struct ike_ipsec_profile *ipsec = child->sa->profile->ipsec;

	k->spi = spi;
	k->suite = child->suite;
	k->key_len = child->suite->key_len;
	k->esn = child->esn;
	k->replay_window = ipsec->replay_window;
	k->hard_seconds = ipsec->life_seconds;
	k->hard_bytes = life_bytes(child);
	k->hard_packets = ipsec->life_packets;
	k->soft_bytes = soft_limit(child->core, k->hard_bytes);
	k->soft_packets = soft_limit(child->core, k->hard_packets);
}

bool child_set_keys(struct child_sa *child, struct ike_bytes shared, struct ike_bytes ni, struct ike_bytes nr,
		    bool we_initiate)
{
	uint8_t *i2r = we_initiate ? child->out.key : child->in.key;
	uint8_t *r2i = we_initiate ? child->in.key : child->out.key;

	fill_sa(child, &child->in, child->spi_in);
	fill_sa(child, &child->out, child->spi_out);
	return ike_child_keys(&child->sa->keys, child->suite, shared, ni, nr, i2r, r2i);
}

void child_adopt(struct child_sa *child)
{
	child->session = child->sa->session;
	child->created = child->core->now;
	child->listed = true;
	TAILQ_INSERT_HEAD(&child->session->children, child, in_session);
	HASH_ADD(hh, child->core->children, number, sizeof(child->number), child);
}

void child_arm_rekey(struct child_sa *child, uint64_t in_ms)
{
	timer_set(&child->core->timers, &child->rekey_timer, child->core->now + in_ms);
}

void child_established(struct child_sa *child)
{
	struct ike_core *core = child->core;
	uint64_t life = (uint64_t)child->sa->profile->ipsec->life_seconds * 1000;
	uint64_t margin = life / (child->sa->initiator ? 10 : 20);

	child->state = CHILD_UP;
	timer_stop(&core->timers, &child->state_timer);
	if (!life)
		return;
	child_arm_rekey(child, life - margin - core_random_below(core, margin / 2));
	timer_set(&core->timers, &child->state_timer, core->now + life);
}

struct child_sa *child_find(struct ike_core *core, uint64_t number)
{
	struct child_sa *child;

	HASH_FIND(hh, core->children, &number, sizeof(number), child);
	return child;
}

static struct child_sa *by_spi(const struct ike_sa *sa, uint32_t spi, bool out)
{
	struct child_sa *child;

	if (!sa->session)
		return NULL;
	TAILQ_FOREACH(child, &sa->session->children, in_session)
		/* A rival may turn out to have inherited it already, in the eyes of the peer. */
		if ((child->sa == sa || child->sa->rival == sa) && child->state != CHILD_RETIRED &&
		    (out ? child->spi_out : child->spi_in) == spi)
			return child;
	return NULL;
}

struct child_sa *child_by_spi_out(const struct ike_sa *sa, uint32_t spi)
{
	return by_spi(sa, spi, true);
}

struct child_sa *child_by_spi_in(const struct ike_sa *sa, uint32_t spi)
{
	return by_spi(sa, spi, false);
}

void child_await_switch(struct child_sa *child)
{
	if (child->state == CHILD_INBOUND && !child->redundant)
		timer_set(&child->core->timers, &child->state_timer, child->core->now + SWITCH_WAIT_MS);
}

void child_switch_out(struct child_sa *successor, struct task *task)
{
	struct child_sa *old = child_find(successor->core, successor->predecessor);

	if (successor->state != CHILD_INBOUND)
		return;
	collision_child_decided(successor);
	child_established(successor);
	successor->session->out_child = successor->number;
	kernel_session(successor->session, IKE_KERNEL_CHILD_OUT, successor, task);
	if (!old || old->state != CHILD_UP)
		return;
	old->state = CHILD_REPLACED;
	timer_stop(&old->core->timers, &old->rekey_timer);
}

/* The peer's rekey of its predecessor did not last. */
static void leave_predecessor(const struct child_sa *child)
{
	struct child_sa *old = child_find(child->core, child->predecessor);

	if (old && old->successor == child->number)
		old->successor = 0;
}

void child_retire(struct child_sa *child)
{
	leave_predecessor(child);
	child->state = CHILD_RETIRED;
	timer_stop(&child->core->timers, &child->rekey_timer);
	timer_set(&child->core->timers, &child->state_timer, child->core->now + RETIRE_MS);
}

void child_discard(struct child_sa *child)
{
	struct ike_core *core = child->core;

	timer_stop(&core->timers, &child->rekey_timer);
	timer_stop(&core->timers, &child->state_timer);
	if (child->listed) {
		leave_predecessor(child);
		TAILQ_REMOVE(&child->session->children, child, in_session);
		HASH_DELETE(hh, core->children, child);
		child->listed = false;
	}
	child_free(child);
}

void child_remove(struct child_sa *child)
{
	struct session *session = child->session;
	bool current = session->out_child == child->number;

	if (child->in_kernel)
		kernel_session(session, IKE_KERNEL_CHILD_DEL, child, NULL);
	child_discard(child);
	if (current)
		session_without_child(session);
}

void child_delete(struct child_sa *child)
{
	timer_stop(&child->core->timers, &child->rekey_timer);
	timer_stop(&child->core->timers, &child->state_timer);
	child->state = CHILD_DELETING;
	informational_delete_child(child);
}
