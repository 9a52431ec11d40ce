// SPDX-License-Identifier: GPL-2.0-only
/*
 * The back end that knows every transform on every machine: the kernel's crypto API, one request per packet.
 *
 * A request lives in memory that each CPU keeps for the next packet. On x86 the implementations finish at once,
 * except when a softirq has interrupted a user of the FPU: then they go through cryptd and call back later. In
 * that case the callback owns the memory, and the CPU takes a new piece for its next packet.
 */
#include <crypto/aead.h>
#include <crypto/authenc.h>
#include <linux/ip.h>
#include <linux/percpu.h>
#include <linux/random.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <net/checksum.h>

#include "backend.h"

/* AAD with IV, the linear part, fragments */
#define DVTI_CAPI_SG (MAX_SKB_FRAGS + 2)

struct dvti_capi {
	struct dvti_cipher base;
	struct crypto_aead *tfm;
};

/**
 * struct dvti_capi_request - one packet at work
 * @size: of the allocation; the request's tail differs from one implementation to the other
 * @op: the packet
 * @aad: what is authenticated before the ciphertext: SPI, sequence number, IV
 * @iv: scratch of the crypto API
 * @sg: @aad, then the packet behind the IV
 * @req: request, with the implementation's context behind it
 */
struct dvti_capi_request {
	size_t size;
	struct dvti_aead_op *op;
	u8 aad[DVTI_AEAD_AAD_MAX + DVTI_AEAD_IV_MAX];
	u8 iv[DVTI_AEAD_IV_MAX] __aligned(8);
	struct scatterlist sg[DVTI_CAPI_SG];
	struct aead_request req CRYPTO_MINALIGN_ATTR;
};

static DEFINE_PER_CPU(struct dvti_capi_request *, dvti_capi_spare);

static struct dvti_capi *to_capi(struct dvti_cipher *aead)
{
	return container_of(aead, struct dvti_capi, base);
}

/* Context: BH disabled, which makes the spare request of this CPU ours. */
static struct dvti_capi_request *dvti_capi_request_get(struct dvti_capi *capi)
{
	size_t size = sizeof(struct dvti_capi_request) + crypto_aead_reqsize(capi->tfm);
	struct dvti_capi_request *r = __this_cpu_read(dvti_capi_spare);

	if (likely(r && r->size >= size)) {
		__this_cpu_write(dvti_capi_spare, NULL);
		return r;
	}

	r = kmalloc(size, GFP_ATOMIC);
	if (r)
		r->size = size;
	return r;
}

static void dvti_capi_request_put(struct dvti_capi_request *r)
{
	struct dvti_capi_request *spare = __this_cpu_read(dvti_capi_spare);

	if (!spare || spare->size < r->size) {
		__this_cpu_write(dvti_capi_spare, r);
		r = spare;
	}
	kfree_sensitive(r);
}

static void dvti_capi_finish(struct dvti_capi_request *r, int err)
{
	struct dvti_aead_op *op = r->op;

	/* Only a move from a backlog to the queue; the result is still to come. */
	if (err == -EINPROGRESS)
		return;

	dvti_capi_request_put(r);
	op->err = err;
	op->done(op);
}

#ifdef DVTI_HAVE_CRYPTO_DATA_CB
static void dvti_capi_done(void *data, int err)
{
	dvti_capi_finish(data, err);
}
#else
static void dvti_capi_done(struct crypto_async_request *req, int err)
{
	dvti_capi_finish(req->data, err);
}
#endif

/*
 * Fill in all but the direction. @esp is the ESP header in the packet, followed by the IV.
 * Return: length of the AAD with the IV, or a negative error.
 */
static int dvti_capi_prepare(struct dvti_capi *capi, struct dvti_capi_request *r, struct dvti_aead_op *op,
			     const u8 *esp)
{
	unsigned int iv_len = capi->base.type->info.iv_len;
	unsigned int skip = sizeof(struct ip_esp_hdr) + iv_len;
	struct sk_buff *skb = op->skb;
	u8 *p = r->aad;
	int nsg, len;

	put_unaligned(op->spi, (__be32 *)p);
	p += 4;
	if (capi->base.esn) {
		put_unaligned_be64(op->seq, p);
		p += 8;
	} else {
		put_unaligned_be32(op->seq, p);
		p += 4;
	}
	memcpy(p, esp + sizeof(struct ip_esp_hdr), iv_len);
	memcpy(r->iv, p, iv_len);
	p += iv_len;
	len = p - r->aad;

	if (op->data) {
		sg_init_table(r->sg, 2);
		sg_set_buf(&r->sg[1], op->data + skip, op->len - skip);
	} else if (!skb_is_nonlinear(skb)) {
		sg_init_table(r->sg, 2);
		sg_set_buf(&r->sg[1], skb->data + skip, skb->len - skip);
	} else {
		sg_init_table(r->sg, DVTI_CAPI_SG);
		nsg = skb_to_sgvec(skb, &r->sg[1], skip, skb->len - skip);
		if (unlikely(nsg < 0))
			return nsg;
	}
	sg_set_buf(&r->sg[0], r->aad, len);

	r->op = op;
	aead_request_set_tfm(&r->req, capi->tfm);
	aead_request_set_callback(&r->req, 0, dvti_capi_done, r);
	aead_request_set_ad(&r->req, len);
	return len;
}

static void dvti_capi_header(struct dvti_capi *capi, struct dvti_aead_op *op, u8 *esp)
{
	put_unaligned(op->spi, (__be32 *)esp);
	put_unaligned_be32(op->seq, esp + 4);

	/* RFC 3602 section 3 wants randomness for CBC. For the others a counter is best (RFC 4106 section 3.1). */
	if (capi->base.type->random_iv)
		get_random_bytes(esp + sizeof(struct ip_esp_hdr), capi->base.type->info.iv_len);
	else
		put_unaligned_be64(op->seq, esp + sizeof(struct ip_esp_hdr));
}

/* Copy the pieces of an op into the packet, which completes the checksum in its inner headers. */
static void dvti_capi_gather(struct dvti_aead_op *op)
{
	__wsum sum = op->sum;
	u8 *at = op->data + op->at;
	unsigned int i;

	for (i = 0; i < op->pieces; i++) {
		memcpy(at, op->piece[i].data, op->piece[i].len);
		if (op->sum_at)
			sum = csum_partial(at, op->piece[i].len, sum);
		at += op->piece[i].len;
	}
	if (op->sum_at)
		*(__sum16 *)(op->data + op->sum_at) = csum_fold(sum) ?: CSUM_MANGLED_0;
}

/* Return: true if the operation finishes later. */
static bool dvti_capi_run(struct dvti_capi *capi, struct dvti_aead_op *op, bool seal)
{
	unsigned int skip = sizeof(struct ip_esp_hdr) + capi->base.type->info.iv_len;
	unsigned int icv_len = capi->base.type->info.icv_len;
	unsigned int total = op->data ? op->len : op->skb->len;
	u8 *esp = op->data ?: op->skb->data;
	struct dvti_capi_request *r;
	int err;

	r = dvti_capi_request_get(capi);
	if (unlikely(!r)) {
		op->err = -ENOMEM;
		return false;
	}

	if (seal) {
		if (op->data)
			dvti_capi_gather(op);
		dvti_capi_header(capi, op, esp);
	}

	err = dvti_capi_prepare(capi, r, op, esp);
	if (unlikely(err < 0))
		goto put;

	if (seal) {
		aead_request_set_crypt(&r->req, r->sg, r->sg, total - skip - icv_len, r->iv);
		err = crypto_aead_encrypt(&r->req);
	} else {
		aead_request_set_crypt(&r->req, r->sg, r->sg, total - skip, r->iv);
		err = crypto_aead_decrypt(&r->req);
	}
	if (unlikely(err == -EINPROGRESS))
		return true;
put:
	dvti_capi_request_put(r);
	op->err = err;
	return false;
}

static unsigned int dvti_capi_seal(struct dvti_cipher *aead, struct dvti_aead_op *ops, unsigned int n)
{
	unsigned int i, later = 0;

	for (i = 0; i < n; i++)
		later += dvti_capi_run(to_capi(aead), &ops[i], true);

	return later;
}

static unsigned int dvti_capi_open(struct dvti_cipher *aead, struct dvti_aead_op *ops, unsigned int n)
{
	unsigned int i, later = 0;

	for (i = 0; i < n; i++)
		later += dvti_capi_run(to_capi(aead), &ops[i], false);

	return later;
}

/* authenc takes both keys in one blob: a length, the integrity key, the encryption key. */
static int dvti_capi_setkey_authenc(struct crypto_aead *tfm, const u8 *key, unsigned int len, unsigned int auth_len)
{
	struct crypto_authenc_key_param *param;
	struct rtattr *rta;
	unsigned int size;
	u8 *blob;
	int err;

	size = RTA_SPACE(sizeof(*param)) + len;
	blob = kzalloc(size, GFP_KERNEL);
	if (!blob)
		return -ENOMEM;

	rta = (struct rtattr *)blob;
	rta->rta_type = CRYPTO_AUTHENC_KEYA_PARAM;
	rta->rta_len = RTA_LENGTH(sizeof(*param));
	param = RTA_DATA(rta);
	param->enckeylen = cpu_to_be32(len - auth_len);
	memcpy(blob + RTA_SPACE(sizeof(*param)), key + len - auth_len, auth_len);
	memcpy(blob + RTA_SPACE(sizeof(*param)) + auth_len, key, len - auth_len);

	err = crypto_aead_setkey(tfm, blob, size);
	kfree_sensitive(blob);
	return err;
}

static struct crypto_aead *dvti_capi_alloc(const struct dvti_aead_type *type, bool esn)
{
	char name[CRYPTO_MAX_ALG_NAME];

	if (!type->auth_key_len)
		return crypto_alloc_aead(type->name, 0, 0);

	/* Extended sequence numbers are authenticated behind the packet (RFC 4303 section 2.2.1). */
	snprintf(name, sizeof(name), "%s%s", esn ? "authencesn" : "authenc", type->name);
	return crypto_alloc_aead(name, 0, 0);
}

static struct dvti_cipher *dvti_capi_new(const struct dvti_aead_type *type, const u8 *key, unsigned int len, bool esn)
{
	struct dvti_capi *capi;
	int err;

	capi = kzalloc(sizeof(*capi), GFP_KERNEL);
	if (!capi)
		return ERR_PTR(-ENOMEM);

	capi->tfm = dvti_capi_alloc(type, esn);
	if (IS_ERR(capi->tfm)) {
		err = PTR_ERR(capi->tfm);
		goto free;
	}

	if (type->auth_key_len)
		err = dvti_capi_setkey_authenc(capi->tfm, key, len, type->auth_key_len);
	else
		err = crypto_aead_setkey(capi->tfm, key, len);
	if (err)
		goto free_tfm;

	err = crypto_aead_setauthsize(capi->tfm, type->info.icv_len);
	if (err)
		goto free_tfm;

	return &capi->base;

free_tfm:
	crypto_free_aead(capi->tfm);
free:
	kfree(capi);
	return ERR_PTR(err);
}

static void dvti_capi_free(struct dvti_cipher *aead)
{
	struct dvti_capi *capi = to_capi(aead);

	crypto_free_aead(capi->tfm);
	kfree(capi);
}

const struct dvti_aead_backend dvti_aead_capi = {
	.new = dvti_capi_new,
	.free = dvti_capi_free,
	.seal = dvti_capi_seal,
	.open = dvti_capi_open,
};

/**
 * dvti_aead_capi_exit() - free the memory that the CPUs keep
 *
 * Context: process; no request is under way.
 */
void dvti_aead_capi_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		kfree_sensitive(per_cpu(dvti_capi_spare, cpu));
		per_cpu(dvti_capi_spare, cpu) = NULL;
	}
}
