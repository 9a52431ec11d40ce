// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ciphers, compiled once more: an object can belong to one module only.
 */
#include "../aead/aead.c"
#include "../aead/capi.c"
#ifdef CONFIG_X86_64
#include "../aead/gcm.c"
#endif
