// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A binary min-heap of deadlines. Ten thousand peers hold about four timers each, so setting and stopping
 * must not scan; the node knows its slot.
 */
#include "timer.h"
#include "memory.h"

static void put(struct timer_heap *heap, size_t slot, struct timer *timer)
{
	heap->slots[slot] = timer;
	timer->slot = slot;
}

static void sift_up(struct timer_heap *heap, size_t slot, struct timer *timer)
{
	while (slot > 1 && heap->slots[slot / 2]->when > timer->when) {
		put(heap, slot, heap->slots[slot / 2]);
		slot /= 2;
	}
	put(heap, slot, timer);
}

static void sift_down(struct timer_heap *heap, size_t slot, struct timer *timer)
{
	for (;;) {
		size_t child = slot * 2;

		if (child > heap->n)
			break;
		if (child < heap->n && heap->slots[child + 1]->when < heap->slots[child]->when)
			child++;
		if (heap->slots[child]->when >= timer->when)
			break;
		put(heap, slot, heap->slots[child]);
		slot = child;
	}
	put(heap, slot, timer);
}

void timer_heap_free(struct timer_heap *heap)
{
	free(heap->slots);
	*heap = (struct timer_heap){ 0 };
}

void timer_init(struct timer *timer, void (*fire)(struct timer *timer))
{
	*timer = (struct timer){ .fire = fire };
}

void timer_set(struct timer_heap *heap, struct timer *timer, uint64_t when)
{
	timer_stop(heap, timer);
	timer->when = when;
	if (heap->n + 1 >= heap->room) {
		heap->room = heap->room ? heap->room * 2 : 64;
		heap->slots = xrealloc(heap->slots, heap->room * sizeof(*heap->slots));
	}
	sift_up(heap, ++heap->n, timer);
}

void timer_stop(struct timer_heap *heap, struct timer *timer)
{
	size_t slot = timer->slot;
	struct timer *last;

	if (!slot)
		return;
	timer->slot = 0;
	last = heap->slots[heap->n--];
	if (last == timer)
		return;
	if (slot > 1 && heap->slots[slot / 2]->when > last->when)
		sift_up(heap, slot, last);
	else
		sift_down(heap, slot, last);
}

bool timer_running(const struct timer *timer)
{
	return timer->slot != 0;
}

uint64_t timer_heap_deadline(const struct timer_heap *heap)
{
	return heap->n ? heap->slots[1]->when : UINT64_MAX;
}

void timer_heap_run(struct timer_heap *heap, uint64_t now)
{
	while (heap->n && heap->slots[1]->when <= now) {
		struct timer *timer = heap->slots[1];

		timer_stop(heap, timer);
		timer->fire(timer);
	}
}
