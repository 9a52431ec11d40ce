// SPDX-License-Identifier: GPL-2.0-only
/*
 * What this kernel costs its host: system calls of the host, made past the C library, about the calling thread. User
 * Mode Linux runs all of its kernel in one.
 */
#include <linux/perf_event.h>
#include <linux/seq_file.h>
#include <linux/time.h>

#include "alone.h"
#include "bench.h"

/* Numbers of the host's system calls (x86-64); our own <asm/unistd.h> has the same, but of this kernel. */
#define HOST_READ		0
#define HOST_CLOSE		3
#define HOST_CLOCK_GETTIME	228
#define HOST_PERF_EVENT_OPEN	298

enum { NANOSECONDS, CYCLES, INSTRUCTIONS, COUNTERS };

static int counter[COUNTERS] = { -1, -1, -1 };

static struct alone alone;
static bool open;		/* there is a mark that the next stretch begins at */
static bool alone_at_mark;
static u64 at_mark[COUNTERS];
static u64 passed;		/* units of work since that mark */
static u64 counted_units;
static u64 all_units;
static u64 counted[COUNTERS];

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

static void read_counters(u64 value[COUNTERS])
{
	struct timespec64 used = {};
	int i;

	host(HOST_CLOCK_GETTIME, CLOCK_THREAD_CPUTIME_ID, (long)&used, 0, 0, 0);
	value[NANOSECONDS] = timespec64_to_ns(&used);
	for (i = CYCLES; i < COUNTERS; i++) {
		value[i] = 0;
		if (counter[i] >= 0)
			host(HOST_READ, counter[i], (long)&value[i], sizeof(value[i]), 0, 0);
	}
}

void meter_progress(unsigned int units, unsigned int stretch)
{
	u64 now[COUNTERS];
	bool is_alone;
	int i;

	passed += units;
	if (open && passed < stretch)
		return;
	read_counters(now);
	is_alone = alone_probe(&alone);
	if (open) {
		all_units += passed;
		if (alone_at_mark && is_alone) {
			counted_units += passed;
			for (i = 0; i < COUNTERS; i++)
				counted[i] += now[i] - at_mark[i];
		}
	}
	open = true;
	passed = 0;
	alone_at_mark = is_alone;
	read_counters(at_mark);
}

static int meter_show(struct seq_file *to, void *unused)
{
	open = false;
	seq_printf(to, "%llu %llu %llu %llu %llu\n", all_units, counted_units, counted[NANOSECONDS], counted[CYCLES],
		   counted[INSTRUCTIONS]);
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
