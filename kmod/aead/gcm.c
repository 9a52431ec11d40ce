// SPDX-License-Identifier: GPL-2.0-only
/*
 * The back end for AES-GCM on x86-64: which unit of vector code suits the CPU, and its use of the FPU.
 *
 * Every operation finishes at once. Where the FPU belongs to somebody else (a softirq that has interrupted one of its
 * users) and for packets in fragments the crypto API does the work.
 */
#include <linux/ip.h>
#include <linux/moduleparam.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <net/checksum.h>
#include <asm/cpufeature.h>
#include <asm/fpu/api.h>
#ifndef CONFIG_UML
#include <asm/fpu/types.h>
#include <asm/processor.h>
#endif

#include "backend.h"
#include "gcm.h"

/*
 * One section with the FPU, during which nothing else can run on this CPU: some 20 µs of AES-NI on a slow one, 2 µs
 * on the fast ones.
 */
#define DVTI_GCM_SECTION_PACKETS 16
#define DVTI_GCM_SECTION_BYTES 32768

#define DVTI_GCM_HEAD (sizeof(struct ip_esp_hdr) + 8)
#define DVTI_GCM_ICV 16

static char *dvti_gcm_param = "auto";
module_param_named(aes_gcm, dvti_gcm_param, charp, 0444);
MODULE_PARM_DESC(aes_gcm, "code for AES-GCM: vaes512, vaes256, aesni, kernel (its crypto API); auto takes the first that the CPU runs at full speed");

/**
 * struct dvti_gcm - a keyed transform
 * @base: what all back ends have
 * @fallback: the same key in the crypto API
 * @key: for all units
 */
struct dvti_gcm {
	struct dvti_cipher base;
	struct dvti_cipher *fallback;
	struct dvti_gcm_key key;
};

static const struct dvti_gcm_unit *dvti_gcm_unit;

static struct dvti_gcm *to_gcm(struct dvti_cipher *aead)
{
	return container_of(aead, struct dvti_gcm, base);
}

#ifdef CONFIG_UML
/* The kernel of the host looks after registers, and knows its CPU. */
static bool dvti_gcm_has_registers(bool zmm)
{
	return true;
}

static bool dvti_gcm_zmm_is_slow(void)
{
	return false;
}
#else
static bool dvti_gcm_has_registers(bool zmm)
{
	u64 mask = XFEATURE_MASK_SSE | XFEATURE_MASK_YMM;

	return cpu_has_xfeatures(zmm ? mask | XFEATURE_MASK_AVX512 : mask, NULL);
}

/* Intel's CPUs that lower their clock for 512-bit registers, as the stock kernel lists them */
static bool dvti_gcm_zmm_is_slow(void)
{
	if (boot_cpu_data.x86_vendor != X86_VENDOR_INTEL || boot_cpu_data.x86 != 6)
		return false;

	switch (boot_cpu_data.x86_model) {
	case 0x55:	/* Skylake-X */
	case 0x6a:	/* Ice Lake, servers */
	case 0x6c:
	case 0x7d:	/* Ice Lake */
	case 0x7e:
	case 0x9d:
	case 0x8c:	/* Tiger Lake */
	case 0x8d:
		return true;
	default:
		return false;
	}
}
#endif

static bool dvti_gcm_has_aesni(void)
{
	return boot_cpu_has(X86_FEATURE_AES) && boot_cpu_has(X86_FEATURE_PCLMULQDQ) && boot_cpu_has(X86_FEATURE_XMM4_1);
}

static bool dvti_gcm_has_vaes256(void)
{
	return dvti_gcm_has_aesni() && boot_cpu_has(X86_FEATURE_AVX2) && boot_cpu_has(X86_FEATURE_VAES) &&
	       boot_cpu_has(X86_FEATURE_VPCLMULQDQ) && dvti_gcm_has_registers(false);
}

static bool dvti_gcm_has_vaes512(void)
{
	return dvti_gcm_has_vaes256() && boot_cpu_has(X86_FEATURE_AVX512F) && boot_cpu_has(X86_FEATURE_AVX512BW) &&
	       boot_cpu_has(X86_FEATURE_AVX512DQ) && boot_cpu_has(X86_FEATURE_AVX512VL) &&
	       boot_cpu_has(X86_FEATURE_BMI2) && dvti_gcm_has_registers(true);
}

static const struct dvti_gcm_unit *dvti_gcm_choose(const char *wanted)
{
	bool any = !strcmp(wanted, "auto");

	if (((any && !dvti_gcm_zmm_is_slow()) || !strcmp(wanted, "vaes512")) && dvti_gcm_has_vaes512())
		return &dvti_gcm_vaes512;
	if ((any || !strcmp(wanted, "vaes256")) && dvti_gcm_has_vaes256())
		return &dvti_gcm_vaes256;
	if ((any || !strcmp(wanted, "aesni")) && dvti_gcm_has_aesni())
		return &dvti_gcm_aesni;
	return NULL;
}

static void dvti_gcm_fpu_begin(void)
{
	kernel_fpu_begin();
	/* Code for 128-bit registers stumbles over what somebody else has left in the upper halves. */
	if (dvti_gcm_unit == &dvti_gcm_aesni && boot_cpu_has(X86_FEATURE_AVX))
		asm volatile("vzeroupper");
}

static void dvti_gcm_gather(const struct dvti_aead_op *op)
{
	const struct dvti_aead_piece *piece = op->piece;
	u8 *at = op->data + op->at;
	__wsum sum = op->sum;
	unsigned int i;

	for (i = 0; i < op->pieces; i++, piece++) {
		sum = csum_add(sum, (__force __wsum)dvti_gcm_unit->copy_sum(at, piece->data, piece->len));
		at += piece->len;
	}
	if (op->sum_at)
		*(__sum16 *)(op->data + op->sum_at) = csum_fold(sum) ?: CSUM_MANGLED_0;
}

/* Return: false if the packet is in fragments. */
static bool dvti_gcm_describe(const struct dvti_gcm *gcm, const struct dvti_aead_op *op, struct dvti_gcm_packet *p)
{
	u8 *data = op->data;

	if (data) {
		p->len = op->len;
	} else {
		if (unlikely(skb_is_nonlinear(op->skb)))
			return false;
		data = op->skb->data;
		p->len = op->skb->len;
	}
	p->len -= DVTI_GCM_HEAD + DVTI_GCM_ICV;
	p->text = data + DVTI_GCM_HEAD;

	p->aad_hi = (u64)be32_to_cpu(op->spi) << 32;
	if (gcm->base.esn) {
		p->aad_hi |= upper_32_bits(op->seq);
		p->aad_lo = op->seq << 32;
	} else {
		p->aad_hi |= lower_32_bits(op->seq);
		p->aad_lo = 0;
	}
	return true;
}

/**
 * struct dvti_gcm_section - what is done in one section with the FPU
 * @n: packets
 * @op: where each comes from
 * @packet: as the vector code wants it
 */
struct dvti_gcm_section {
	unsigned int n;
	struct dvti_aead_op *op[DVTI_GCM_SECTION_PACKETS];
	struct dvti_gcm_packet packet[DVTI_GCM_SECTION_PACKETS];
};

/*
 * Take packets for the next section. What is not for vector code goes to the crypto API at once; @later counts what
 * it finishes later. Return: how many of @ops.
 */
static unsigned int dvti_gcm_take(const struct dvti_gcm *gcm, struct dvti_gcm_section *s, struct dvti_aead_op *ops,
				  unsigned int n, bool seal, unsigned int *later)
{
	unsigned int i, bytes = 0;

	s->n = 0;
	for (i = 0; i < n && s->n < DVTI_GCM_SECTION_PACKETS && bytes < DVTI_GCM_SECTION_BYTES; i++) {
		if (likely(dvti_gcm_describe(gcm, &ops[i], &s->packet[s->n]))) {
			bytes += s->packet[s->n].len;
			s->op[s->n++] = &ops[i];
		} else if (seal) {
			*later += dvti_aead_capi.seal(gcm->fallback, &ops[i], 1);
		} else {
			*later += dvti_aead_capi.open(gcm->fallback, &ops[i], 1);
		}
	}
	return i;
}

static unsigned int dvti_gcm_seal(struct dvti_cipher *aead, struct dvti_aead_op *ops, unsigned int n)
{
	struct dvti_gcm *gcm = to_gcm(aead);
	struct dvti_gcm_section s;
	unsigned int i, taken, later = 0;

	if (unlikely(!irq_fpu_usable()))
		return dvti_aead_capi.seal(gcm->fallback, ops, n);

	for (; n; n -= taken, ops += taken) {
		taken = dvti_gcm_take(gcm, &s, ops, n, true, &later);
		for (i = 0; i < s.n; i++) {
			s.packet[i].header = (u64)(__force u32)htonl(s.op[i]->seq) << 32 | (__force u32)s.op[i]->spi;
			s.packet[i].iv = (__force u64)cpu_to_be64(s.op[i]->seq);
			s.op[i]->err = 0;
		}

		dvti_gcm_fpu_begin();
		for (i = 0; i < s.n; i++)
			if (s.op[i]->data && s.op[i]->pieces)
				dvti_gcm_gather(s.op[i]);
		dvti_gcm_unit->seal(&gcm->key, s.packet, s.n);
		kernel_fpu_end();
	}
	return later;
}

static unsigned int dvti_gcm_open(struct dvti_cipher *aead, struct dvti_aead_op *ops, unsigned int n)
{
	struct dvti_gcm *gcm = to_gcm(aead);
	struct dvti_gcm_section s;
	unsigned int i, taken, later = 0;

	if (unlikely(!irq_fpu_usable()))
		return dvti_aead_capi.open(gcm->fallback, ops, n);

	for (; n; n -= taken, ops += taken) {
		taken = dvti_gcm_take(gcm, &s, ops, n, false, &later);
		for (i = 0; i < s.n; i++)
			memcpy(&s.packet[i].iv, s.packet[i].text - sizeof(u64), sizeof(u64));

		dvti_gcm_fpu_begin();
		dvti_gcm_unit->open(&gcm->key, s.packet, s.n);
		kernel_fpu_end();

		for (i = 0; i < s.n; i++)
			s.op[i]->err = s.packet[i].ok ? 0 : -EBADMSG;
	}
	return later;
}

static struct dvti_cipher *dvti_gcm_new(const struct dvti_aead_type *type, const u8 *key, unsigned int len, bool esn)
{
	unsigned int aes_len = len - 4;
	struct dvti_gcm *gcm;
	u32 salt;
	int err;

	/* Cache lines belong to one key as a whole. */
	gcm = kzalloc(roundup_pow_of_two(sizeof(*gcm)), GFP_KERNEL);
	if (!gcm)
		return ERR_PTR(-ENOMEM);

	gcm->fallback = dvti_aead_capi.new(type, key, len, esn);
	if (IS_ERR(gcm->fallback)) {
		err = PTR_ERR(gcm->fallback);
		kfree(gcm);
		return ERR_PTR(err);
	}
	gcm->fallback->type = type;
	gcm->fallback->esn = esn;

	memcpy(&salt, key + aes_len, sizeof(salt));
	local_bh_disable();
	dvti_gcm_fpu_begin();
	dvti_gcm_setkey(&gcm->key, key, aes_len, salt, esn ? 12 : 8);
	kernel_fpu_end();
	local_bh_enable();
	return &gcm->base;
}

static void dvti_gcm_free(struct dvti_cipher *aead)
{
	struct dvti_gcm *gcm = to_gcm(aead);

	dvti_aead_capi.free(gcm->fallback);
	kfree_sensitive(gcm);
}

static const struct dvti_aead_backend dvti_aead_gcm = {
	.new = dvti_gcm_new,
	.free = dvti_gcm_free,
	.seal = dvti_gcm_seal,
	.open = dvti_gcm_open,
};

/**
 * dvti_gcm_backend() - vector code of our own
 *
 * Return: back end, NULL if the CPU has nothing that it could use.
 */
const struct dvti_aead_backend *dvti_gcm_backend(void)
{
	return dvti_gcm_unit ? &dvti_aead_gcm : NULL;
}

/**
 * dvti_gcm_init() - look at the CPU
 */
void dvti_gcm_init(void)
{
	dvti_gcm_unit = dvti_gcm_choose(dvti_gcm_param);
	pr_info("dvti: AES-GCM with %s\n", dvti_gcm_unit ? dvti_gcm_unit->name : "the kernel's crypto API");
}
