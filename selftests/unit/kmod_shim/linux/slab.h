/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMOD_SHIM_SLAB_H
#define KMOD_SHIM_SLAB_H

#include <stdlib.h>
#include <string.h>

#define GFP_KERNEL 0
#define kcalloc(n, size, gfp) ((void)(gfp), calloc(n, size))
#define kfree(p) free(p)

#endif
