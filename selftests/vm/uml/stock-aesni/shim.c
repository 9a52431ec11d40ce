// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPU matching by feature alone: lists that name models (CPUs on which 512-bit registers cost frequency) match none.
 */
#include <linux/mod_devicetable.h>
#include <asm/cpu_device_id.h>

const struct x86_cpu_id *x86_match_cpu(const struct x86_cpu_id *match)
{
	for (; match->flags & X86_CPU_ID_FLAG_ENTRY_VALID; match++) {
		if (match->model == X86_MODEL_ANY && match->feature != X86_FEATURE_ANY &&
		    boot_cpu_has(match->feature))
			return match;
	}
	return NULL;
}
