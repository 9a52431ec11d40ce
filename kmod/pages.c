// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory for packets, in large pages of which each CPU keeps a few. A page comes fresh from the kernel with all of it
 * cleared, where distributions ask for that, which costs as much as to write a packet into it. So a page that has been
 * filled is kept with our own reference, until that is the only one left, and then filled again.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/percpu.h>

#include "pages.h"

/* What is taken from the kernel at once, if it has that in one piece */
#define DVTI_PAGES_ORDER get_order(32768)

/* Pages that are kept: half a megabyte, more than waits for a network device that keeps its queue short. */
#define DVTI_PAGES_KEPT 16

/**
 * struct dvti_pages - memory of one CPU
 * @frag: page that is being filled, and what is left of it
 * @kept: those that have been filled, or NULL
 * @newest: the last of them
 */
struct dvti_pages {
	struct page_frag frag;
	struct page *kept[DVTI_PAGES_KEPT];
	unsigned int newest;
};

static DEFINE_PER_CPU(struct dvti_pages, dvti_pages);

/* Has everybody else who had anything in the page gone? */
static bool dvti_pages_is_ours(struct page *page)
{
	return page_ref_count(page) == 1;
}

/* Begin with a page from its start. */
static void dvti_pages_begin(struct dvti_pages *p, struct page *page)
{
	p->frag.page = page;
	p->frag.offset = 0;
	p->frag.size = page ? page_size(page) : 0;
}

static struct page *dvti_pages_alloc(void)
{
	/* None of the reserves, whose packets few sockets may take. */
	const gfp_t gfp = GFP_ATOMIC | __GFP_NOMEMALLOC | __GFP_NOWARN;
	struct page *page;

	page = alloc_pages((gfp & ~__GFP_DIRECT_RECLAIM) | __GFP_COMP | __GFP_NORETRY, DVTI_PAGES_ORDER);
	return likely(page) ? page : alloc_page(gfp);
}

/* Put the page that has been filled away for another one: the newest that is free again, whose memory is warm. */
static void dvti_pages_next(struct dvti_pages *p)
{
	struct page **slot;
	unsigned int i;

	/* Small ones would come back first, and keep larger ones out. */
	if (unlikely(p->frag.page && p->frag.size < PAGE_SIZE << DVTI_PAGES_ORDER)) {
		put_page(p->frag.page);
		p->frag.page = NULL;
	}

	for (i = 0; i < DVTI_PAGES_KEPT; i++) {
		slot = &p->kept[(p->newest - i) % DVTI_PAGES_KEPT];
		if (*slot && dvti_pages_is_ours(*slot)) {
			swap(*slot, p->frag.page);
			dvti_pages_begin(p, p->frag.page);
			return;
		}
	}

	if (p->frag.page) {
		slot = &p->kept[++p->newest % DVTI_PAGES_KEPT];
		if (*slot)
			put_page(*slot);
		*slot = p->frag.page;
	}
	dvti_pages_begin(p, dvti_pages_alloc());
}

/**
 * dvti_pages_refill() - see that there is memory for a packet
 * @size: octets
 * @align: of where they begin, a power of two
 *
 * Return: page and offset; who uses it advances the offset and takes a reference to the page. NULL without memory in so
 * large a piece; a single page is the least that there is otherwise.
 */
struct page_frag *dvti_pages_refill(unsigned int size, unsigned int align)
{
	struct dvti_pages *p = this_cpu_ptr(&dvti_pages);

	if (likely(p->frag.page)) {
		if (dvti_pages_is_ours(p->frag.page))
			p->frag.offset = 0;
		p->frag.offset = ALIGN(p->frag.offset, align);
		if (likely(p->frag.offset + size <= p->frag.size))
			return &p->frag;
	}

	dvti_pages_next(p);
	return likely(size <= p->frag.size) ? &p->frag : NULL;
}

/**
 * dvti_pages_exit() - give the memory back that CPUs have kept
 */
void dvti_pages_exit(void)
{
	struct dvti_pages *p;
	unsigned int i;
	int cpu;

	for_each_possible_cpu(cpu) {
		p = per_cpu_ptr(&dvti_pages, cpu);
		for (i = 0; i < DVTI_PAGES_KEPT; i++)
			if (p->kept[i])
				put_page(p->kept[i]);
		if (p->frag.page)
			put_page(p->frag.page);
		memset(p, 0, sizeof(*p));
	}
}
