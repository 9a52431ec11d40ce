// SPDX-License-Identifier: GPL-2.0-only
/*
 * The back end for AES-GCM on x86-64: which unit of vector code suits the CPU, and its use of the FPU.
 *
 * Operations finish at once, except where the FPU belongs to somebody else, whom a softirq has interrupted: then they
 * wait for a kernel thread of the same CPU. Packets in fragments are brought together in memory that each CPU keeps,
 * and put back afterwards.
 */
#include <linux/export.h>
#include <linux/ip.h>
#include <linux/moduleparam.h>
#include <linux/percpu.h>
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

/* Memory that a CPU keeps for packets in fragments: enough for ten that fill an Ethernet frame */
#define DVTI_GCM_GATHERED 16384

#define DVTI_GCM_HEAD (sizeof(struct ip_esp_hdr) + 8)
#define DVTI_GCM_ICV 16

static char *dvti_gcm_param = "auto";
module_param_named(aes_gcm, dvti_gcm_param, charp, 0444);
MODULE_PARM_DESC(aes_gcm, "code for AES-GCM: vaes512, vaes256, avx, aesni, kernel (its crypto API); auto takes the first that the CPU runs at full speed");

/**
 * struct dvti_gcm - a keyed transform
 * @base: what all back ends have
 * @key: for all units
 */
struct dvti_gcm {
	struct dvti_cipher base;
	struct dvti_gcm_key key;
};

/**
 * struct dvti_gcm_later - operations that wait for the FPU
 * @work: in dvti_gcm_wq
 * @gcm: transform
 * @run: seals or opens them
 * @ops: the packets
 * @n: how many
 */
struct dvti_gcm_later {
	struct work_struct work;
	struct dvti_gcm *gcm;
	void (*run)(struct dvti_gcm *gcm, struct dvti_aead_op *ops, unsigned int n);
	struct dvti_aead_op *ops;
	unsigned int n;
};

/** struct dvti_gcm_memory - where packets in fragments are brought together */
struct dvti_gcm_memory {
	unsigned int size;
	u8 data[] __aligned(64);
};

/* Stays when new transforms go to the crypto API: there may be old ones. */
static const struct dvti_gcm_unit *dvti_gcm_unit;
static bool dvti_gcm_wanted;
static struct kmem_cache *dvti_gcm_cache;
static struct workqueue_struct *dvti_gcm_wq;
static DEFINE_PER_CPU(struct dvti_gcm_memory *, dvti_gcm_gathered);

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

static bool dvti_gcm_has_avx(void)
{
	return dvti_gcm_has_aesni() && boot_cpu_has(X86_FEATURE_AVX) && dvti_gcm_has_registers(false);
}

static bool dvti_gcm_has_vaes256(void)
{
	return dvti_gcm_has_avx() && boot_cpu_has(X86_FEATURE_AVX2) && boot_cpu_has(X86_FEATURE_VAES) &&
	       boot_cpu_has(X86_FEATURE_VPCLMULQDQ);
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
	if ((any || !strcmp(wanted, "avx")) && dvti_gcm_has_avx())
		return &dvti_gcm_avx;
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

/*
 * Bring the pieces of a packet together. A single one, of which no sum is to be made, is left to the vector code.
 */
static void dvti_gcm_gather(const struct dvti_aead_op *op, struct dvti_gcm_packet *p)
{
	const struct dvti_aead_piece *piece = op->piece;
	u8 *at = op->data + op->at;
	__wsum sum = op->sum;
	unsigned int i;

	if (op->pieces == 1 && !op->sum_at && op->at == DVTI_GCM_HEAD) {
		p->src = piece->data;
		p->src_len = piece->len;
		return;
	}
	for (i = 0; i < op->pieces; i++, piece++) {
		sum = csum_add(sum, (__force __wsum)dvti_gcm_unit->copy_sum(at, piece->data, piece->len));
		at += piece->len;
	}
	if (op->sum_at)
		*(__sum16 *)(op->data + op->sum_at) = csum_fold(sum) ?: CSUM_MANGLED_0;
}

/**
 * struct dvti_gcm_section - what is done in one section with the FPU
 * @n: packets
 * @pieces: some are to be sealed out of place
 * @gathered: bit i: packet i is in fragments, and here in memory of the CPU's
 * @room_used: octets of that memory
 * @op: where each comes from
 * @packet: as the vector code wants it
 */
struct dvti_gcm_section {
	unsigned int n;
	bool pieces;
	unsigned int gathered;
	unsigned int room_used;
	struct dvti_aead_op *op[DVTI_GCM_SECTION_PACKETS];
	struct dvti_gcm_packet packet[DVTI_GCM_SECTION_PACKETS];
};

static __always_inline void dvti_gcm_describe(const struct dvti_gcm *gcm, const struct dvti_aead_op *op, u8 *data,
					      unsigned int len, struct dvti_gcm_packet *p, bool open)
{
	p->len = len - (DVTI_GCM_HEAD + DVTI_GCM_ICV);
	p->text = data + DVTI_GCM_HEAD;
	p->src = NULL;

	p->aad_hi = (u64)be32_to_cpu(op->spi) << 32;
	if (gcm->base.esn) {
		p->aad_hi |= upper_32_bits(op->seq);
		p->aad_lo = op->seq << 32;
	} else {
		p->aad_hi |= lower_32_bits(op->seq);
		p->aad_lo = 0;
	}

	if (open) {
		p->iv = get_unaligned((const u64 *)(data + sizeof(struct ip_esp_hdr)));
		return;
	}
	p->header = (u64)(__force u32)htonl(op->seq) << 32 | (__force u32)op->spi;
	p->iv = (__force u64)cpu_to_be64(op->seq);
}

/* This CPU's memory for packets in fragments, at least @size octets of it. Context: BH disabled. */
static struct dvti_gcm_memory *dvti_gcm_memory(unsigned int size)
{
	struct dvti_gcm_memory *m = __this_cpu_read(dvti_gcm_gathered);

	if (likely(m && m->size >= size))
		return m;

	size = max_t(unsigned int, size, DVTI_GCM_GATHERED - sizeof(*m));
	m = kmalloc(sizeof(*m) + size, GFP_ATOMIC | __GFP_NOWARN);
	if (!m)
		return NULL;
	m->size = size;
	kfree_sensitive(__this_cpu_read(dvti_gcm_gathered));
	__this_cpu_write(dvti_gcm_gathered, m);
	return m;
}

/* Is it for the next section, because packets of this one have taken the memory? */
static bool dvti_gcm_must_wait(const struct dvti_gcm_section *s, unsigned int len)
{
	return s->gathered && s->room_used + len > __this_cpu_read(dvti_gcm_gathered)->size;
}

/* Return: packet @i in one piece, or NULL. */
static u8 *dvti_gcm_gather_skb(struct dvti_gcm_section *s, unsigned int i, const struct sk_buff *skb)
{
	struct dvti_gcm_memory *m = dvti_gcm_memory(s->room_used + skb->len);
	u8 *data;

	if (!m)
		return NULL;
	data = m->data + s->room_used;
	if (skb_copy_bits(skb, 0, data, skb->len))
		return NULL;
	s->gathered |= BIT(i);
	s->room_used += ALIGN(skb->len, 64);
	return data;
}

/* Put packets that were gathered back into their fragments. */
static void dvti_gcm_scatter(const struct dvti_gcm_section *s)
{
	struct sk_buff *skb;
	unsigned int i;

	for (i = 0; i < s->n; i++) {
		if (!(s->gathered & BIT(i)))
			continue;
		skb = s->op[i]->skb;
		if (skb_store_bits(skb, 0, s->packet[i].text - DVTI_GCM_HEAD, skb->len))
			s->op[i]->err = -EFAULT;
	}
}

/* Take packets for the next section, from @op on. Return: the first for the one after; others not in it have failed. */
static __always_inline struct dvti_aead_op *dvti_gcm_take(const struct dvti_gcm *gcm, struct dvti_gcm_section *s,
							  struct dvti_aead_op *op, struct dvti_aead_op *end, bool open)
{
	struct dvti_gcm_packet *p = s->packet;
	struct dvti_aead_op **to = s->op;
	unsigned int len, bytes = 0;
	u8 *data;

	s->pieces = false;
	s->gathered = 0;
	s->room_used = 0;
	for (; op < end && to < s->op + DVTI_GCM_SECTION_PACKETS && bytes < DVTI_GCM_SECTION_BYTES; op++) {
		data = op->data;
		len = op->len;
		if (!data) {
			data = op->skb->data;
			len = op->skb->len;
			if (unlikely(skb_is_nonlinear(op->skb))) {
				if (dvti_gcm_must_wait(s, len))
					break;
				data = dvti_gcm_gather_skb(s, to - s->op, op->skb);
			}
			if (unlikely(!data)) {
				op->err = -ENOMEM;
				continue;
			}
		} else if (!open) {
			s->pieces |= op->pieces;
		}
		dvti_gcm_describe(gcm, op, data, len, p++, open);
		op->err = 0;
		bytes += len;
		*to++ = op;
	}
	s->n = to - s->op;
	return op;
}

/* Context: BH disabled, the FPU is free. */
static void dvti_gcm_seal_now(struct dvti_gcm *gcm, struct dvti_aead_op *ops, unsigned int n)
{
	struct dvti_aead_op *end = ops + n;
	struct dvti_gcm_section s __uninitialized;
	unsigned int i;

	while (ops < end) {
		ops = dvti_gcm_take(gcm, &s, ops, end, false);

		dvti_gcm_fpu_begin();
		for (i = 0; s.pieces && i < s.n; i++)
			if (s.op[i]->data && s.op[i]->pieces)
				dvti_gcm_gather(s.op[i], &s.packet[i]);
		dvti_gcm_unit->seal(&gcm->key, s.packet, s.n);
		kernel_fpu_end();

		if (unlikely(s.gathered))
			dvti_gcm_scatter(&s);
	}
}

/* Context: BH disabled, the FPU is free. */
static void dvti_gcm_open_now(struct dvti_gcm *gcm, struct dvti_aead_op *ops, unsigned int n)
{
	struct dvti_aead_op *end = ops + n;
	struct dvti_gcm_section s __uninitialized;
	unsigned int i;

	while (ops < end) {
		ops = dvti_gcm_take(gcm, &s, ops, end, true);

		dvti_gcm_fpu_begin();
		dvti_gcm_unit->open(&gcm->key, s.packet, s.n);
		kernel_fpu_end();

		for (i = 0; i < s.n; i++) {
			if (unlikely(!s.packet[i].ok))
				s.op[i]->err = -EBADMSG;
		}
		if (unlikely(s.gathered))
			dvti_gcm_scatter(&s);
	}
}

/* Nobody's use of the FPU can be interrupted by a thread. */
static void dvti_gcm_work(struct work_struct *work)
{
	struct dvti_gcm_later *l = container_of(work, struct dvti_gcm_later, work);
	unsigned int i, n = l->n;

	local_bh_disable();
	l->run(l->gcm, l->ops, n);
	/* The last of them may be the end of transform and operations. */
	for (i = 0; i < n; i++)
		l->ops[i].done(&l->ops[i]);
	local_bh_enable();
	kfree(l);
}

/* Return: how many operations finish later: all, or none for lack of memory. */
static unsigned int dvti_gcm_postpone(struct dvti_gcm *gcm, struct dvti_aead_op *ops, unsigned int n,
				      void (*run)(struct dvti_gcm *gcm, struct dvti_aead_op *ops, unsigned int n))
{
	struct dvti_gcm_later *l = kmalloc(sizeof(*l), GFP_ATOMIC);
	unsigned int i;

	if (!l) {
		for (i = 0; i < n; i++)
			ops[i].err = -ENOMEM;
		return 0;
	}

	INIT_WORK(&l->work, dvti_gcm_work);
	l->gcm = gcm;
	l->run = run;
	l->ops = ops;
	l->n = n;
	queue_work(dvti_gcm_wq, &l->work);
	return n;
}

static unsigned int dvti_gcm_seal(struct dvti_cipher *aead, struct dvti_aead_op *ops, unsigned int n)
{
	if (unlikely(!irq_fpu_usable()))
		return dvti_gcm_postpone(to_gcm(aead), ops, n, dvti_gcm_seal_now);

	dvti_gcm_seal_now(to_gcm(aead), ops, n);
	return 0;
}

static unsigned int dvti_gcm_open(struct dvti_cipher *aead, struct dvti_aead_op *ops, unsigned int n)
{
	if (unlikely(!irq_fpu_usable()))
		return dvti_gcm_postpone(to_gcm(aead), ops, n, dvti_gcm_open_now);

	dvti_gcm_open_now(to_gcm(aead), ops, n);
	return 0;
}

static struct dvti_cipher *dvti_gcm_new(const struct dvti_aead_type *type, const u8 *key, unsigned int len, bool esn)
{
	unsigned int aes_len = len - 4;
	struct dvti_gcm *gcm;
	u32 salt;

	gcm = kmem_cache_zalloc(dvti_gcm_cache, GFP_KERNEL);
	if (!gcm)
		return ERR_PTR(-ENOMEM);

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

	memzero_explicit(gcm, sizeof(*gcm));
	kmem_cache_free(dvti_gcm_cache, gcm);
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
	return dvti_gcm_wanted ? &dvti_aead_gcm : NULL;
}
EXPORT_SYMBOL_GPL(dvti_gcm_backend);

/**
 * dvti_gcm_use() - choose the code for AES-GCM
 * @wanted: as the module parameter has it; NULL for what it says
 *
 * Keys are the same for all units, and each operation stands for itself, so transforms may be at work meanwhile; one
 * stays with the crypto API or with vector code, as it was made.
 * Return: for people, what is used from now on, which is the crypto API if the CPU cannot do what is @wanted.
 */
const char *dvti_gcm_use(const char *wanted)
{
	const struct dvti_gcm_unit *unit = dvti_gcm_choose(wanted ?: dvti_gcm_param);

	dvti_gcm_wanted = unit;
	if (unit)
		WRITE_ONCE(dvti_gcm_unit, unit);
	return unit ? unit->name : "the kernel's crypto API";
}
EXPORT_SYMBOL_GPL(dvti_gcm_use);

/**
 * dvti_gcm_init() - look at the CPU
 *
 * Return: 0 or -ENOMEM.
 */
int dvti_gcm_init(void)
{
	dvti_gcm_cache = kmem_cache_create(KBUILD_MODNAME "_gcm", sizeof(struct dvti_gcm), 0,
					   SLAB_HWCACHE_ALIGN | SLAB_ACCOUNT, NULL);
	if (!dvti_gcm_cache)
		return -ENOMEM;
	dvti_gcm_wq = alloc_workqueue(KBUILD_MODNAME "_gcm", WQ_HIGHPRI | WQ_CPU_INTENSIVE | WQ_MEM_RECLAIM, 0);
	if (!dvti_gcm_wq) {
		kmem_cache_destroy(dvti_gcm_cache);
		return -ENOMEM;
	}
	pr_info("dvti: AES-GCM with %s\n", dvti_gcm_use(NULL));
	return 0;
}

/**
 * dvti_gcm_exit() - after the last transform has been freed
 */
void dvti_gcm_exit(void)
{
	int cpu;

	destroy_workqueue(dvti_gcm_wq);
	kmem_cache_destroy(dvti_gcm_cache);
	for_each_possible_cpu(cpu) {
		kfree_sensitive(per_cpu(dvti_gcm_gathered, cpu));
		per_cpu(dvti_gcm_gathered, cpu) = NULL;
	}
}
