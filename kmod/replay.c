// SPDX-License-Identifier: GPL-2.0-only
/*
 * The anti-replay window. A ring of bits, one for each sequence number: moving the window forward clears whole
 * words, so no bit is ever shifted. The ring is one word longer than the window, because the newest word is in
 * use only up to the highest number. Nothing here knows packets or SAs, and the unit tests build it alone.
 */
#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/log2.h>
#include <linux/slab.h>

#include "replay.h"

#define DVTI_REPLAY_WORD 64

/*
 * Without a window ESN still needs a distance within which a lower number is taken for a late packet and not
 * for one of the next cycle: half of the space.
 */
#define DVTI_REPLAY_INFER_DEFAULT BIT(31)

/**
 * dvti_replay_init() - make a window
 * @r: to be filled in
 * @window: number of packets, 0 for none, at most DVTI_REPLAY_BITS_MAX
 * @esn: extended sequence numbers
 * @top: highest number taken as received already
 * @gfp: for the bitmap
 *
 * Numbers below @top count as received: after a takeover nobody can tell which of them were.
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int dvti_replay_init(struct dvti_replay *r, u32 window, bool esn, u64 top, gfp_t gfp)
{
	u32 words;

	if (window > DVTI_REPLAY_BITS_MAX)
		return -EINVAL;

	spin_lock_init(&r->lock);
	r->window = window;
	r->esn = esn;
	r->top = top;
	r->words = 0;
	r->bitmap = NULL;
	if (!window)
		return 0;

	words = roundup_pow_of_two(DIV_ROUND_UP(window, DVTI_REPLAY_WORD) + 1);
	r->bitmap = kcalloc(words, sizeof(*r->bitmap), gfp);
	if (!r->bitmap)
		return -ENOMEM;
	r->words = words;
	if (top)
		memset(r->bitmap, 0xff, words * sizeof(*r->bitmap));

	/* The rest of the newest word is still ahead. */
	r->bitmap[(top / DVTI_REPLAY_WORD) & (words - 1)] &= GENMASK_ULL(top % DVTI_REPLAY_WORD, 0);
	return 0;
}

/**
 * dvti_replay_destroy() - free what dvti_replay_init() took
 * @r: window, not used by anybody any more
 */
void dvti_replay_destroy(struct dvti_replay *r)
{
	kfree(r->bitmap);
	r->bitmap = NULL;
}

/**
 * dvti_replay_infer() - complete the sequence number of a packet
 * @r: window of the inbound SA
 * @low: what the packet carries, host byte order
 *
 * RFC 4303 appendix A2.2. Of the three candidates the one is taken that lies in the window or ahead of it. A
 * wrong guess makes the ICV fail, so a race with a moving window costs a packet and not security.
 *
 * Context: any, no lock. Return: the full number; 0, which no packet has, if it would lie before the first.
 */
u64 dvti_replay_infer(const struct dvti_replay *r, u32 low)
{
	u32 window = r->window ?: DVTI_REPLAY_INFER_DEFAULT;
	u64 top = READ_ONCE(r->top);
	u32 high = upper_32_bits(top);
	u32 bottom = lower_32_bits(top) - window + 1;

	if (!r->esn)
		return low;

	if (lower_32_bits(top) >= window - 1) {
		/* Case A: the window lies within one cycle of the lower half. */
		if (low < bottom)
			high++;
	} else if (low >= bottom) {
		/* Case B: it began in the cycle before. */
		if (!high)
			return 0;
		high--;
	}

	return (u64)high << 32 | low;
}

static bool dvti_replay_test(const struct dvti_replay *r, u64 seq)
{
	u64 word = READ_ONCE(r->bitmap[(seq / DVTI_REPLAY_WORD) & (r->words - 1)]);

	return word & BIT_ULL(seq % DVTI_REPLAY_WORD);
}

/**
 * dvti_replay_check() - is it worth to decrypt a packet?
 * @r: window of the inbound SA
 * @seq: full sequence number, host byte order
 *
 * Runs beside dvti_replay_accept() without its lock, so it may let a replay pass; dvti_replay_accept() has the
 * last word.
 *
 * Context: any, no lock. Return: false for a replay and for what is too old.
 */
bool dvti_replay_check(const struct dvti_replay *r, u64 seq)
{
	u64 top = READ_ONCE(r->top);

	if (!r->window)
		return !r->esn || seq;
	if (!seq)
		return false;
	if (seq > top)
		return true;
	if (top - seq >= r->window)
		return false;

	return !dvti_replay_test(r, seq);
}

/* Make room for @seq, which is ahead of the window. */
static void dvti_replay_advance(struct dvti_replay *r, u64 seq)
{
	u64 from = r->top / DVTI_REPLAY_WORD + 1;
	u64 to = seq / DVTI_REPLAY_WORD;

	lockdep_assert_held(&r->lock);

	if (to - from >= r->words && to >= from)
		from = to - r->words + 1;
	for (; from <= to; from++)
		WRITE_ONCE(r->bitmap[from & (r->words - 1)], 0);

	WRITE_ONCE(r->top, seq);
}

/**
 * dvti_replay_accept() - record a sequence number whose ICV has been checked
 * @r: window of the inbound SA; caller holds @r->lock, which serves for a whole batch
 * @seq: full 64-bit sequence number, host byte order
 *
 * RFC 4303 section 3.4.3. The window moves only here, after authentication, so a forged packet can never
 * advance it.
 *
 * Context: softirq. Return: true if @seq is new, false if it is a replay or too old.
 */
bool dvti_replay_accept(struct dvti_replay *r, u64 seq)
{
	u64 *word;

	lockdep_assert_held(&r->lock);

	if (!r->window) {
		if (seq > r->top)
			WRITE_ONCE(r->top, seq);
		return true;
	}

	if (!seq)
		return false;
	if (seq > r->top)
		dvti_replay_advance(r, seq);
	else if (r->top - seq >= r->window || dvti_replay_test(r, seq))
		return false;

	word = &r->bitmap[(seq / DVTI_REPLAY_WORD) & (r->words - 1)];
	WRITE_ONCE(*word, *word | BIT_ULL(seq % DVTI_REPLAY_WORD));
	return true;
}
