/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What arch/x86/crypto expects of a kernel on bare x86 and User Mode Linux does not have.
 */
#ifndef STOCK_AESNI_SHIM_H
#define STOCK_AESNI_SHIM_H

#include <linux/types.h>
#include <asm/cpufeature.h>
#include <asm/fpu/api.h>

#define XFEATURE_MASK_SSE	0x02
#define XFEATURE_MASK_YMM	0x04
#define XFEATURE_MASK_AVX512	0xe0

#ifndef X86_VENDOR_INTEL
#define X86_VENDOR_INTEL	0
#endif

/* The process runs under a host kernel that enables the states of every instruction that CPUID shows. */
static inline int cpu_has_xfeatures(u64 mask, const char **name)
{
	return 1;
}

#endif
