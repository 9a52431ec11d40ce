/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Allocation that does not fail. The core's objects are small and bounded by limits on peers; a daemon that
 * cannot have a few hundred octets cannot do anything sensible either, and its links go on forwarding
 * without it until it is restarted.
 */
#ifndef DVTI_IKEV2_MEMORY_H
#define DVTI_IKEV2_MEMORY_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void *xcheck(void *ptr)
{
	if (!ptr) {
		fputs("dvtid: out of memory\n", stderr);
		abort();
	}
	return ptr;
}

static inline void *xrealloc(void *ptr, size_t size)
{
	return xcheck(realloc(ptr, size ? size : 1));
}

static inline void *xzalloc(size_t size)
{
	return xcheck(calloc(1, size ? size : 1));
}

static inline void *xmemdup(const void *data, size_t len)
{
	void *copy = xzalloc(len);

	if (len)
		memcpy(copy, data, len);
	return copy;
}

static inline char *xstrdup(const char *text)
{
	return xcheck(strdup(text));
}

#endif
