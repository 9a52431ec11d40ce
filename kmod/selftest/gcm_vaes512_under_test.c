// SPDX-License-Identifier: GPL-2.0-only
/*
 * Vector code, compiled once more: an object can belong to one module only.
 */
#include "../aead/gcm_vaes512.c"
