/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DVTI_BENCH_H
#define DVTI_BENCH_H

#include <linux/proc_fs.h>

/**
 * meter_add() - make /proc/bench/meter
 * @dir: /proc/bench
 *
 * Reading it gives "NANOSECONDS CYCLES INSTRUCTIONS": processor time that the thread of the host which is this whole
 * kernel has had, and what the processor counted in it; 0 0 where the host has no such counters. Other processes of
 * the host, and programs inside, are not in it.
 *
 * Return: 0 or -ENOMEM.
 */
int meter_add(struct proc_dir_entry *dir);
void meter_remove(void);

/**
 * bulk_add() - make /proc/bench/bulk: one TCP connection inside the kernel
 * @dir: /proc/bench
 *
 * Writing "take" listens on port 5301 in the writer's network namespace for one connection; writing
 * "give ADDRESS MEGABYTES" connects there from the writer's namespace, sends pages without copying them, and comes
 * back when the other side has read everything. Reading gives the bytes that arrived and the nanoseconds they took.
 *
 * Return: 0 or a negative error.
 */
int bulk_add(struct proc_dir_entry *dir);
void bulk_remove(void);

#endif
