/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between aead.c and the back ends: a transform as the table describes it, and what a back end implements.
 */
#ifndef DVTI_AEAD_BACKEND_H
#define DVTI_AEAD_BACKEND_H

#include <linux/workqueue.h>

#include "aead.h"

/** The longest AAD: SPI and 64 bits of sequence number (RFC 4106 section 5). */
#define DVTI_AEAD_AAD_MAX 12
#define DVTI_AEAD_IV_MAX 16

/**
 * struct dvti_aead_type - a transform
 * @kind: enum dvti_aead of the UAPI
 * @name: of the kernel's crypto API; what stands behind "authenc" or, with ESN, "authencesn" where @auth_key_len
 *	  is set
 * @info: sizes
 * @auth_key_len: length of the integrity key behind the encryption key; 0 for an AEAD, which takes the key whole
 * @key_lens: what the encryption key (with salt) may measure, up to the first 0; 0 alone where there is none
 * @random_iv: the IV must be unpredictable (CBC), else it is the sequence number
 * @encrypts: else integrity is all that it protects
 */
struct dvti_aead_type {
	u32 kind;
	const char *name;
	struct dvti_aead_info info;
	u8 auth_key_len;
	u8 key_lens[4];
	bool random_iv;
	bool encrypts;
};

struct dvti_aead_backend {
	struct dvti_cipher *(*new)(const struct dvti_aead_type *type, const u8 *key, unsigned int len, bool esn);
	void (*free)(struct dvti_cipher *aead);
	unsigned int (*seal)(struct dvti_cipher *aead, struct dvti_aead_op *ops, unsigned int n);
	unsigned int (*open)(struct dvti_cipher *aead, struct dvti_aead_op *ops, unsigned int n);
};

/**
 * struct dvti_cipher - a keyed transform; the first part of what a back end allocates
 * @free: back ends sleep in it, the owner may be unable to
 */
struct dvti_cipher {
	const struct dvti_aead_backend *backend;
	const struct dvti_aead_type *type;
	bool esn;
	struct work_struct free;
};

/* capi.c: the kernel's crypto API, which has every transform */
extern const struct dvti_aead_backend dvti_aead_capi;
void dvti_aead_capi_exit(void);

/* gcm.c: AES-GCM in vector code of our own; NULL where the CPU has no use for it */
#ifdef CONFIG_X86_64
const struct dvti_aead_backend *dvti_gcm_backend(void);
const char *dvti_gcm_use(const char *wanted);
int dvti_gcm_init(void);
void dvti_gcm_exit(void);
#else
static inline const struct dvti_aead_backend *dvti_gcm_backend(void)
{
	return NULL;
}

static inline const char *dvti_gcm_use(const char *wanted)
{
	return "the kernel's crypto API";
}

static inline int dvti_gcm_init(void)
{
	return 0;
}

static inline void dvti_gcm_exit(void)
{
}
#endif

#endif
