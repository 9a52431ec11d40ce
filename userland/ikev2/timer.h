/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Timers of the IKE core: a binary heap over nodes that live inside the objects they serve.
 */
#ifndef DVTI_IKEV2_TIMER_H
#define DVTI_IKEV2_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr) - offsetof(type, member)))

/**
 * struct timer - one deadline
 * @when: milliseconds of the core's clock
 * @slot: place in the heap, counted from 1; 0 when the timer is not running
 * @fire: called once, with the timer stopped, so that it may be set again or freed
 */
struct timer {
	uint64_t when;
	size_t slot;
	void (*fire)(struct timer *timer);
};

struct timer_heap {
	struct timer **slots; /* slots[0] is unused */
	size_t n, room;
};

void timer_heap_free(struct timer_heap *heap);
void timer_init(struct timer *timer, void (*fire)(struct timer *timer));
void timer_set(struct timer_heap *heap, struct timer *timer, uint64_t when);
void timer_stop(struct timer_heap *heap, struct timer *timer);
bool timer_running(const struct timer *timer);
uint64_t timer_heap_deadline(const struct timer_heap *heap); /* UINT64_MAX when none is running */
void timer_heap_run(struct timer_heap *heap, uint64_t now);  /* fire what is due */

#endif
