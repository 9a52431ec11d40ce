/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What arch/x86/crypto expects of a kernel on bare x86 and User Mode Linux does not have.
 */
#ifndef STOCK_AESNI_SHIM_H
#define STOCK_AESNI_SHIM_H

#include <linux/types.h>
#include <asm/cpufeature.h>
#include <asm/fpu/api.h>

#ifndef X86_VENDOR_INTEL
#define X86_VENDOR_INTEL	0
#endif

#endif
