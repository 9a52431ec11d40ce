// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>

#include "bench.h"

static struct proc_dir_entry *dir;

static int __init bench_init(void)
{
	int err = -ENOMEM;

	dir = proc_mkdir("bench", NULL);
	if (!dir)
		return err;
	err = meter_add(dir);
	if (err)
		goto remove_dir;
	err = bulk_add(dir);
	if (err)
		goto remove_meter;
	err = sink_add();
	if (err)
		goto remove_bulk;
	return 0;
remove_bulk:
	bulk_remove();
remove_meter:
	meter_remove();
remove_dir:
	proc_remove(dir);
	return err;
}

static void __exit bench_exit(void)
{
	sink_remove();
	proc_remove(dir);
	bulk_remove();
	meter_remove();
}

module_init(bench_init);
module_exit(bench_exit);
MODULE_DESCRIPTION("Measuring dvti inside User Mode Linux");
MODULE_LICENSE("GPL");
