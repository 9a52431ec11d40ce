// SPDX-License-Identifier: GPL-2.0-only
/*
 * Room for formatted refusals on kernels whose extack has none. The answer to userland is built after the
 * handler has returned, so the text must outlive it: a ring of slots, each reused only after many other
 * refusals.
 */
#include <linux/atomic.h>
#include <linux/kernel.h>

#ifndef DVTI_HAVE_EXTACK_FMT

#define DVTI_MESSAGE_SLOTS 64	/* a power of two */
#define DVTI_MESSAGE_LEN 128

static char dvti_messages[DVTI_MESSAGE_SLOTS][DVTI_MESSAGE_LEN];
static atomic_t dvti_message_next;

const char *dvti_compat_message(const char *fmt, ...)
{
	unsigned int slot = (unsigned int)atomic_inc_return(&dvti_message_next) % DVTI_MESSAGE_SLOTS;
	va_list args;

	va_start(args, fmt);
	vscnprintf(dvti_messages[slot], DVTI_MESSAGE_LEN, fmt, args);
	va_end(args);
	return dvti_messages[slot];
}

#endif
