// SPDX-License-Identifier: GPL-2.0-or-later
#include "limiter.h"

#include <stdarg.h>
#include <stddef.h>

#define INTERVAL 1000

uint64_t limiter_key(const char *first, ...)
{
	uint64_t key = 0xcbf29ce484222325;
	const char *word = first;
	va_list words;

	/* FNV-1a, with the zero at each end so that words cannot run into one another */
	va_start(words, first);
	for (; word; word = va_arg(words, const char *)) {
		const char *c = word;

		do
			key = (key ^ (unsigned char)*c) * 0x100000001b3;
		while (*c++);
	}
	va_end(words);
	return key;
}

bool limiter_pass(struct limiter *l, uint64_t key, uint64_t now, unsigned int *held)
{
	size_t i = key % LIMITER_SLOTS;
	bool same;

	key |= 1; /* an unused slot has none */
	same = l->slot[i].key == key;
	if (same && now < l->slot[i].when + INTERVAL) {
		l->slot[i].held++;
		return false;
	}
	*held = same ? l->slot[i].held : 0;
	l->slot[i].key = key;
	l->slot[i].when = now;
	l->slot[i].held = 0;
	return true;
}
