// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The same tests for units that clang has compiled, as in a kernel that was: what a compiler keeps on the stack is its
 * own affair, and has to be wiped all the same.
 */
#include "gcm_units.c"
