// SPDX-License-Identifier: GPL-2.0-only
/*
 * The transforms, their sizes and key lengths, and the choice of a back end for each.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/slab.h>

#include "backend.h"
#include "uapi/linux/dvti.h"

/* A cipher with a truncated HMAC. Behind the cipher: does it encrypt, block, IV, lengths of its key. */
#define DVTI_AUTHENC(_kind, _hash, _auth_key, _icv, _cipher, _encrypts, _block, _iv, ...) {	\
	.kind = DVTI_AEAD_##_kind,								\
	.name = "(hmac(" _hash ")," _cipher ")",						\
	.info = { .iv_len = (_iv), .block = (_block), .icv_len = (_icv) },			\
	.auth_key_len = (_auth_key),								\
	.key_lens = { __VA_ARGS__ },								\
	.random_iv = true,									\
	.encrypts = (_encrypts),								\
}

#define DVTI_AES_CBC(_hmac, ...)	/* RFC 3602 */ \
	DVTI_AUTHENC(AES_CBC_HMAC_##_hmac, __VA_ARGS__, "cbc(aes)", true, 16, 16, 16, 24, 32)
#define DVTI_3DES_CBC(_hmac, ...)	/* RFC 2451 */ \
	DVTI_AUTHENC(3DES_CBC_HMAC_##_hmac, __VA_ARGS__, "cbc(des3_ede)", true, 8, 8, 24)
#define DVTI_NULL(_hmac, ...)		/* RFC 2410 */ \
	DVTI_AUTHENC(NULL_HMAC_##_hmac, __VA_ARGS__, "ecb(cipher_null)", false, 4, 0, 0)

#define DVTI_HMAC_MD5    "md5", 16, 12		/* RFC 2403 */
#define DVTI_HMAC_SHA1   "sha1", 20, 12		/* RFC 2404 */
#define DVTI_HMAC_SHA256 "sha256", 32, 16	/* RFC 4868, as the next two */
#define DVTI_HMAC_SHA384 "sha384", 48, 24
#define DVTI_HMAC_SHA512 "sha512", 64, 32

static const struct dvti_aead_type dvti_aead_types[] = {
	{
		.kind = DVTI_AEAD_AES_GCM_16,	/* RFC 4106 */
		.name = "rfc4106(gcm(aes))",
		.info = { .iv_len = 8, .block = 4, .icv_len = 16 },
		.key_lens = { 20, 28, 36 },
		.encrypts = true,
	}, {
		.kind = DVTI_AEAD_CHACHA20_POLY1305,	/* RFC 7634 */
		.name = "rfc7539esp(chacha20,poly1305)",
		.info = { .iv_len = 8, .block = 4, .icv_len = 16 },
		.key_lens = { 36 },
		.encrypts = true,
	}, {
		.kind = DVTI_AEAD_AES_CCM_8,	/* RFC 4309 */
		.name = "rfc4309(ccm(aes))",
		.info = { .iv_len = 8, .block = 4, .icv_len = 8 },
		.key_lens = { 19, 27, 35 },
		.encrypts = true,
	}, {
		.kind = DVTI_AEAD_AES_CCM_16,
		.name = "rfc4309(ccm(aes))",
		.info = { .iv_len = 8, .block = 4, .icv_len = 16 },
		.key_lens = { 19, 27, 35 },
		.encrypts = true,
	}, {
		.kind = DVTI_AEAD_AES_GMAC,	/* RFC 4543 */
		.name = "rfc4543(gcm(aes))",
		.info = { .iv_len = 8, .block = 4, .icv_len = 16 },
		.key_lens = { 20, 28, 36 },
	},
	DVTI_AES_CBC(MD5_96, DVTI_HMAC_MD5),
	DVTI_AES_CBC(SHA1_96, DVTI_HMAC_SHA1),
	DVTI_AES_CBC(SHA256_128, DVTI_HMAC_SHA256),
	DVTI_AES_CBC(SHA384_192, DVTI_HMAC_SHA384),
	DVTI_AES_CBC(SHA512_256, DVTI_HMAC_SHA512),
	DVTI_3DES_CBC(MD5_96, DVTI_HMAC_MD5),
	DVTI_3DES_CBC(SHA1_96, DVTI_HMAC_SHA1),
	DVTI_3DES_CBC(SHA256_128, DVTI_HMAC_SHA256),
	DVTI_3DES_CBC(SHA384_192, DVTI_HMAC_SHA384),
	DVTI_3DES_CBC(SHA512_256, DVTI_HMAC_SHA512),
	DVTI_NULL(MD5_96, DVTI_HMAC_MD5),
	DVTI_NULL(SHA1_96, DVTI_HMAC_SHA1),
	DVTI_NULL(SHA256_128, DVTI_HMAC_SHA256),
	DVTI_NULL(SHA384_192, DVTI_HMAC_SHA384),
	DVTI_NULL(SHA512_256, DVTI_HMAC_SHA512),
};

static struct workqueue_struct *dvti_aead_wq;

static const struct dvti_aead_type *dvti_aead_type(u32 kind)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(dvti_aead_types); i++)
		if (dvti_aead_types[i].kind == kind)
			return &dvti_aead_types[i];

	return NULL;
}

static bool dvti_aead_key_fits(const struct dvti_aead_type *type, unsigned int len)
{
	unsigned int i = 0;

	do {
		if (len == type->key_lens[i] + type->auth_key_len)
			return true;
	} while (++i < ARRAY_SIZE(type->key_lens) && type->key_lens[i]);

	return false;
}

static void dvti_aead_free_work(struct work_struct *work)
{
	struct dvti_cipher *aead = container_of(work, struct dvti_cipher, free);

	aead->backend->free(aead);
}

/**
 * dvti_aead_new() - key a transform
 * @kind: enum dvti_aead of the UAPI
 * @key: encryption key, then salt or integrity key, as IKE's KEYMAT gives them
 * @len: octets of @key
 * @esn: the AAD holds 64 bits of sequence number
 *
 * Context: process, may sleep and load modules.
 * Return: the transform, ERR_PTR(-ENOENT) for an unknown one or one that the kernel lacks, ERR_PTR(-EINVAL) for a
 * key of the wrong length.
 */
struct dvti_cipher *dvti_aead_new(u32 kind, const u8 *key, unsigned int len, bool esn)
{
	const struct dvti_aead_type *type = dvti_aead_type(kind);
	const struct dvti_aead_backend *backend = &dvti_aead_capi;
	struct dvti_cipher *aead;

	if (!type)
		return ERR_PTR(-ENOENT);
	if (!dvti_aead_key_fits(type, len))
		return ERR_PTR(-EINVAL);

	if (kind == DVTI_AEAD_AES_GCM_16 && dvti_gcm_backend())
		backend = dvti_gcm_backend();
	aead = backend->new(type, key, len, esn);
	if (IS_ERR(aead))
		return aead;

	aead->backend = backend;
	aead->type = type;
	aead->esn = esn;
	INIT_WORK(&aead->free, dvti_aead_free_work);
	return aead;
}
EXPORT_SYMBOL_GPL(dvti_aead_new);

/**
 * dvti_aead_free() - forget a transform and its keys
 * @aead: no operation is under way; NULL and ERR_PTR are ignored
 *
 * Context: any.
 */
void dvti_aead_free(struct dvti_cipher *aead)
{
	if (!IS_ERR_OR_NULL(aead))
		queue_work(dvti_aead_wq, &aead->free);
}
EXPORT_SYMBOL_GPL(dvti_aead_free);

/**
 * dvti_aead_info() - sizes of a transform
 * @aead: transform
 *
 * Return: valid as long as the module is.
 */
const struct dvti_aead_info *dvti_aead_info(const struct dvti_cipher *aead)
{
	return &aead->type->info;
}
EXPORT_SYMBOL_GPL(dvti_aead_info);

/**
 * dvti_aead_kind() - which transform it is
 * @aead: transform
 *
 * Return: enum dvti_aead of the UAPI.
 */
u32 dvti_aead_kind(const struct dvti_cipher *aead)
{
	return aead->type->kind;
}
EXPORT_SYMBOL_GPL(dvti_aead_kind);

/**
 * dvti_aead_encrypts() - does a transform keep its payload secret?
 * @kind: enum dvti_aead of the UAPI
 *
 * Return: false for one that only protects integrity.
 */
bool dvti_aead_encrypts(u32 kind)
{
	const struct dvti_aead_type *type = dvti_aead_type(kind);

	return !type || type->encrypts;
}
EXPORT_SYMBOL_GPL(dvti_aead_encrypts);

/**
 * dvti_aead_seal() - encrypt and authenticate packets of one SA
 * @aead: transform
 * @ops: the packets, each with its own sequence number
 * @n: how many
 *
 * Context: BH disabled. Return: how many of @ops finish later.
 */
unsigned int dvti_aead_seal(struct dvti_cipher *aead, struct dvti_aead_op *ops, unsigned int n)
{
	return aead->backend->seal(aead, ops, n);
}
EXPORT_SYMBOL_GPL(dvti_aead_seal);

/**
 * dvti_aead_open() - verify and decrypt packets of one SA
 * @aead: transform
 * @ops: the packets
 * @n: how many
 *
 * Context: BH disabled. Return: how many of @ops finish later.
 */
unsigned int dvti_aead_open(struct dvti_cipher *aead, struct dvti_aead_op *ops, unsigned int n)
{
	return aead->backend->open(aead, ops, n);
}
EXPORT_SYMBOL_GPL(dvti_aead_open);

/**
 * dvti_aead_init() - before the first transform
 *
 * Return: 0 or -ENOMEM.
 */
int dvti_aead_init(void)
{
	int err;

	err = dvti_gcm_init();
	if (err)
		return err;

	dvti_aead_wq = alloc_workqueue("dvti_aead", WQ_UNBOUND, 0);
	if (!dvti_aead_wq) {
		dvti_gcm_exit();
		return -ENOMEM;
	}
	return 0;
}

/**
 * dvti_aead_exit() - after the last transform has been given to dvti_aead_free()
 */
void dvti_aead_exit(void)
{
	destroy_workqueue(dvti_aead_wq);
	dvti_gcm_exit();
	dvti_aead_capi_exit();
}
