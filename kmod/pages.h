/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory for packets in large pages that are used again and again.
 */
#ifndef DVTI_PAGES_H
#define DVTI_PAGES_H

#include <linux/mm_types.h>
#include <linux/types.h>

/* Context: softirq, which makes the memory of this CPU ours. */
struct page_frag *dvti_pages_refill(unsigned int size, unsigned int align);

void dvti_pages_exit(void);	/* process; nothing is taken any more */

#endif
