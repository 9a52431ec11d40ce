// SPDX-License-Identifier: GPL-2.0-only
/*
 * What this kernel costs its host: system calls of the host, made past the C library, about the calling thread. User
 * Mode Linux runs all of its kernel in one.
 */
#include <linux/perf_event.h>
#include <linux/seq_file.h>
#include <linux/time.h>

#include "bench.h"

/* Numbers of the host's system calls (x86-64); our own <asm/unistd.h> has the same, but of this kernel. */
#define HOST_READ		0
#define HOST_CLOSE		3
#define HOST_CLOCK_GETTIME	228
#define HOST_PERF_EVENT_OPEN	298

enum { CYCLES, INSTRUCTIONS, COUNTERS };

static int counter[COUNTERS] = { -1, -1 };

static long host(long number, long a, long b, long c, long d, long e)
{
	register long r10 asm("r10") = d;
	register long r8 asm("r8") = e;
	long result;

	asm volatile("syscall"
		     : "=a" (result)
		     : "0" (number), "D" (a), "S" (b), "d" (c), "r" (r10), "r" (r8)
		     : "rcx", "r11", "memory");
	return result;
}

static int open_counter(u64 what)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof(attr),
		.config = what,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};

	return host(HOST_PERF_EVENT_OPEN, (long)&attr, 0, -1, -1, 0);
}

static int meter_show(struct seq_file *to, void *unused)
{
	struct timespec64 used = {};
	u64 value[COUNTERS] = {};
	int i;

	host(HOST_CLOCK_GETTIME, CLOCK_THREAD_CPUTIME_ID, (long)&used, 0, 0, 0);
	for (i = 0; i < COUNTERS; i++) {
		if (counter[i] >= 0)
			host(HOST_READ, counter[i], (long)&value[i], sizeof(value[i]), 0, 0);
	}
	seq_printf(to, "%lld %llu %llu\n", timespec64_to_ns(&used), value[CYCLES], value[INSTRUCTIONS]);
	return 0;
}

int meter_add(struct proc_dir_entry *dir)
{
	counter[CYCLES] = open_counter(PERF_COUNT_HW_CPU_CYCLES);
	counter[INSTRUCTIONS] = open_counter(PERF_COUNT_HW_INSTRUCTIONS);
	return proc_create_single("meter", 0444, dir, meter_show) ? 0 : -ENOMEM;
}

void meter_remove(void)
{
	int i;

	for (i = 0; i < COUNTERS; i++) {
		if (counter[i] >= 0)
			host(HOST_CLOSE, counter[i], 0, 0, 0, 0);
	}
}
