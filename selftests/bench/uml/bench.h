/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DVTI_BENCH_H
#define DVTI_BENCH_H

#include <linux/proc_fs.h>

/**
 * meter_add() - make /proc/bench/meter
 * @dir: /proc/bench
 *
 * Reading it gives "UNITS COUNTED NANOSECONDS CYCLES INSTRUCTIONS": units of work done, how many of them were done
 * while the processor had its core for itself, and what those took of the thread of the host that is this whole
 * kernel: processor time, and what the processor counted in it, 0 0 where the host has no such counters. Other
 * processes of the host are not in it. What was done between the last mark and a reading is left out.
 *
 * Return: 0 or -ENOMEM.
 */
int meter_add(struct proc_dir_entry *dir);
void meter_remove(void);

/**
 * meter_progress() - work has been done
 * @units: how much, packets or bytes
 * @stretch: how much is taken together: a mark is made when at least this has been done since the last one
 *
 * A mark takes three microseconds, which belong to no stretch. A stretch counts if the processor had its core for
 * itself at both of its ends.
 *
 * Context: any, the only CPU.
 */
void meter_progress(unsigned int units, unsigned int stretch);

/**
 * sink_add() - register links of kind "bench_sink", which throw packets away and tell the meter
 *
 * Return: 0 or a negative error.
 */
int sink_add(void);
void sink_remove(void);

/**
 * bulk_add() - make /proc/bench/bulk: one TCP connection inside the kernel
 * @dir: /proc/bench
 *
 * Writing "take" listens on port 5301 in the writer's network namespace for one connection; writing
 * "give ADDRESS MEGABYTES" connects there from the writer's namespace, sends pages without copying them, and comes
 * back when the other side has read everything. Reading gives the bytes that arrived. The meter is told of them.
 *
 * Return: 0 or a negative error.
 */
int bulk_add(struct proc_dir_entry *dir);
void bulk_remove(void);

#endif
