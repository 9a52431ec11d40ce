/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether this thread has its core for itself right now. On a virtual machine the other half of a core with two
 * threads belongs to somebody else: while that one works, everything here takes 1.3 to 1.7 times as long, for
 * milliseconds or minutes, and no count of our own processor time shows it.
 *
 * A probe times independent additions, of which two threads share a core's units, and a chain of dependent ones,
 * which takes one cycle each whoever else is there: their ratio depends neither on the clock frequency nor on ours.
 * They add a register, as there are CPUs that see to constants before any unit does, several in a cycle.
 */
#ifndef DVTI_BENCH_ALONE_H
#define DVTI_BENCH_ALONE_H

#define ALONE_RATIOS	1024	/* that are told apart, in steps of 1/ALONE_ONE */
#define ALONE_ONE	128

/**
 * struct alone - what the probes have seen so far
 * @chain: least time that the dependent additions have taken lately, in ticks of the clock
 * @probes: how many have not been interrupted
 * @seen: how many of each ratio
 */
struct alone {
	unsigned long long chain;
	unsigned int probes;
	unsigned int seen[ALONE_RATIOS];
};

static inline unsigned long long alone_clock(void)
{
	unsigned int low, high;

	asm volatile("lfence; rdtsc; lfence" : "=a"(low), "=d"(high) : : "memory");
	return (unsigned long long)high << 32 | low;
}

/**
 * alone_probe() - take three microseconds to see whether the core is shared
 * @a: what the probes have seen so far
 *
 * One that takes much longer than others for what takes one time always has been interrupted, and tells nothing. The least
 * ratio that one in 200 of the others reaches is that of a core alone. It is sharp, those of a shared core are spread: as
 * long as the core has never been alone, hardly any probe says that it is.
 *
 * Return: whether this probe was within 3 % of it.
 */
static inline int alone_probe(struct alone *a)
{
	unsigned long long begin = alone_clock(), middle, end;
	unsigned int n = 2500, ratio, i, sum = 0;
	unsigned long one = 1;

	asm volatile("1: add %1, %%rax; add %1, %%rcx; add %1, %%rdx; add %1, %%rsi; add %1, %%rdi; add %1, %%r8\n"
		     "add %1, %%r9; add %1, %%r10; add %1, %%r11; add %1, %%r12; add %1, %%r13; add %1, %%r14\n"
		     "dec %0; jnz 1b"
		     : "+b"(n)
		     : "r"(one)
		     : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "cc");
	middle = alone_clock();
	n = 600;
	asm volatile("1: add %1, %%rax; add %1, %%rax; add %1, %%rax; add %1, %%rax; add %1, %%rax; add %1, %%rax\n"
		     "add %1, %%rax; add %1, %%rax; add %1, %%rax; add %1, %%rax\n"
		     "dec %0; jnz 1b"
		     : "+r"(n)
		     : "r"(one)
		     : "rax", "cc");
	end = alone_clock();

	/* Grown a little each time: the clock frequency may have changed. */
	a->chain += a->chain >> 10;
	if (!a->chain || end - middle < a->chain)
		a->chain = end - middle;
	if ((end - middle) * 8 > a->chain * 9)
		return 0;

	ratio = (middle - begin) * ALONE_ONE / (end - middle);
	if (ratio >= ALONE_RATIOS)
		ratio = ALONE_RATIOS - 1;
	a->probes++;
	a->seen[ratio]++;
	for (i = 0; i < ALONE_RATIOS; i++) {
		sum += a->seen[i];
		if (sum * 200 >= a->probes)
			break;
	}
	return ratio * 32 <= i * 33;
}

#endif
