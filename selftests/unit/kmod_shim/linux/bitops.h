/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMOD_SHIM_BITOPS_H
#define KMOD_SHIM_BITOPS_H

#define BIT(n) (1UL << (n))
#define BIT_ULL(n) (1ULL << (n))
#define GENMASK_ULL(high, low) ((~0ULL << (low)) & (~0ULL >> (63 - (high))))

#endif
