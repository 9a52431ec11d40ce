// SPDX-License-Identifier: GPL-2.0-only
/*
 * dvti_selftest.ko: known answers, forgeries and round trips through the interface that the data path uses
 * (aead.h). Loading it runs the tests; it stays loaded only if all of them pass.
 */
#include <linux/bottom_half.h>
#include <linux/completion.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#ifdef CONFIG_X86
#include <asm/fpu/api.h>
#endif

#include "aead/backend.h"
#include "vectors.h"

#define DVTI_TEST_PACKET_MAX 9216
#define DVTI_TEST_KEY_MAX 160

static unsigned int dvti_test_failures;

/* One test, and what it says of itself. */
static __printf(2, 3) void dvti_test(bool ok, const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	vaf.va = &args;
	if (ok) {
		pr_info("dvti_selftest: ok: %pV\n", &vaf);
	} else {
		pr_err("dvti_selftest: not ok: %pV\n", &vaf);
		dvti_test_failures++;
	}
	va_end(args);
}

static void dvti_test_done(struct dvti_aead_op *op)
{
	complete(op->owner);
}

/* One operation as the data path would do it, waiting for the callback if there is to be one. */
static int dvti_test_run(struct dvti_cipher *aead, struct sk_buff *skb, u32 spi, u64 seq, bool seal, bool *later)
{
	DECLARE_COMPLETION_ONSTACK(done);
	struct dvti_aead_op op = {
		.skb = skb,
		.spi = cpu_to_be32(spi),
		.seq = seq,
		.done = dvti_test_done,
		.owner = &done,
	};
	unsigned int n;

	local_bh_disable();
	n = seal ? dvti_aead_seal(aead, &op, 1) : dvti_aead_open(aead, &op, 1);
	local_bh_enable();

	if (n)
		wait_for_completion(&done);
	if (later)
		*later = n;
	return op.err;
}

static struct sk_buff *dvti_test_skb(const u8 *data, unsigned int len)
{
	struct sk_buff *skb = alloc_skb(len, GFP_KERNEL);

	if (skb)
		skb_put_data(skb, data, len);
	return skb;
}

/* The same octets with all but the first @head of them in page fragments of at most @part octets */
static struct sk_buff *dvti_test_skb_frags(const u8 *data, unsigned int len, unsigned int head, unsigned int part)
{
	struct sk_buff *skb = alloc_skb(head, GFP_KERNEL);
	unsigned int at = head, n, i = 0;
	struct page *page;

	if (!skb)
		return NULL;
	skb_put_data(skb, data, head);

	for (; at < len; at += n) {
		n = min(len - at, part);
		page = alloc_page(GFP_KERNEL);
		if (!page) {
			kfree_skb(skb);
			return NULL;
		}
		memcpy(page_address(page), data + at, n);
		skb_add_rx_frag(skb, i++, page, 0, n, PAGE_SIZE);
	}
	return skb;
}

static bool dvti_test_skb_equal(struct sk_buff *skb, unsigned int off, const u8 *data, unsigned int len)
{
	u8 *copy = kmalloc(len, GFP_KERNEL);
	bool equal;

	equal = copy && !skb_copy_bits(skb, off, copy, len) && !memcmp(copy, data, len);
	kfree(copy);
	return equal;
}

/* What opens must open to the known payload, from linear memory and from fragments. */
static void dvti_test_open(struct dvti_cipher *aead, const struct dvti_vector *v, const u8 *packet, unsigned int len,
			   const u8 *plain, unsigned int plain_len, const char *name)
{
	unsigned int head = 8 + dvti_aead_info(aead)->iv_len;
	struct sk_buff *skb;
	unsigned int part;
	int err;

	skb = dvti_test_skb(packet, len);
	err = skb ? dvti_test_run(aead, skb, v->spi, v->seq, false, NULL) : -ENOMEM;
	dvti_test(!err && dvti_test_skb_equal(skb, head, plain, plain_len), "%s opens (%d)", name, err);
	kfree_skb(skb);

	for (part = 5; part <= 21; part += 8) {
		if (DIV_ROUND_UP(len - head, part) > MAX_SKB_FRAGS)
			continue;
		skb = dvti_test_skb_frags(packet, len, head, part);
		err = skb ? dvti_test_run(aead, skb, v->spi, v->seq, false, NULL) : -ENOMEM;
		dvti_test(!err && dvti_test_skb_equal(skb, head, plain, plain_len),
			  "%s opens from fragments of %u (%d)", name, part, err);
		kfree_skb(skb);
	}
}

/* Every single octet that is protected, and the numbers that are only implied, must matter. */
static void dvti_test_forgeries(struct dvti_cipher *aead, const struct dvti_vector *v, const u8 *packet,
				unsigned int len, const char *name)
{
	unsigned int i, accepted = 0;
	int err;
	struct sk_buff *skb;

	for (i = 8; i < len; i++) {
		skb = dvti_test_skb(packet, len);
		if (!skb)
			break;
		skb->data[i] ^= 0x10;
		accepted += dvti_test_run(aead, skb, v->spi, v->seq, false, NULL) != -EBADMSG;
		kfree_skb(skb);
	}
	dvti_test(i == len && !accepted, "%s: %u altered packets refused", name, len - 8);

	skb = dvti_test_skb(packet, len);
	dvti_test(skb && dvti_test_run(aead, skb, v->spi ^ 1, v->seq, false, NULL) == -EBADMSG,
		  "%s: SPI matters", name);
	kfree_skb(skb);

	skb = dvti_test_skb(packet, len);
	dvti_test(skb && dvti_test_run(aead, skb, v->spi, v->seq ^ 1, false, NULL) == -EBADMSG,
		  "%s: sequence number matters", name);
	kfree_skb(skb);

	skb = dvti_test_skb(packet, len);
	err = skb ? dvti_test_run(aead, skb, v->spi, v->seq ^ (1ULL << 32), false, NULL) : -ENOMEM;
	dvti_test(err == (v->esn ? -EBADMSG : 0),
		  "%s: upper half of the sequence number matters with ESN alone", name);
	kfree_skb(skb);
}

/* Where the IV follows from the sequence number, or there is none, sealing must give the known packet. */
static void dvti_test_seal(struct dvti_cipher *aead, const struct dvti_vector *v, const u8 *packet,
			   unsigned int len, const u8 *plain, unsigned int plain_len, const char *name)
{
	unsigned int iv_len = dvti_aead_info(aead)->iv_len;
	unsigned int head = 8 + iv_len;
	struct sk_buff *skb;
	int err;

	if (iv_len && (iv_len != 8 || get_unaligned_be64(packet + 8) != v->seq))
		return;

	skb = alloc_skb(len, GFP_KERNEL);
	if (skb) {
		skb_put_zero(skb, head);
		skb_put_data(skb, plain, plain_len);
		skb_put_zero(skb, dvti_aead_info(aead)->icv_len);
	}
	err = skb ? dvti_test_run(aead, skb, v->spi, v->seq, true, NULL) : -ENOMEM;
	dvti_test(!err && !memcmp(skb->data, packet, len), "%s seals to the known packet (%d)", name, err);
	kfree_skb(skb);
}

/* @with: which code does the work, or "" */
static void dvti_test_vector(const struct dvti_vector *v, unsigned int number, const char *with)
{
	unsigned int key_len = strlen(v->key) / 2, plain_len = strlen(v->plain) / 2, len = strlen(v->packet) / 2;
	u8 *key = kzalloc(DVTI_TEST_KEY_MAX + plain_len + len, GFP_KERNEL);
	struct dvti_cipher *aead;
	u8 *plain, *packet;
	char name[64];

	snprintf(name, sizeof(name), "vector %u (kind %u%s)", number, v->kind, with);
	if (!key) {
		dvti_test(false, "%s: no memory", name);
		return;
	}

	plain = key + DVTI_TEST_KEY_MAX;
	packet = plain + plain_len;
	if (hex2bin(key, v->key, key_len) || hex2bin(plain, v->plain, plain_len) || hex2bin(packet, v->packet, len)) {
		dvti_test(false, "%s is not hexadecimal", name);
		goto free;
	}

	aead = dvti_aead_new(v->kind, key, key_len, v->esn);
	dvti_test(!IS_ERR(aead), "%s takes its key (%d)", name, PTR_ERR_OR_ZERO(aead));
	if (IS_ERR(aead))
		goto free;

	dvti_test_open(aead, v, packet, len, plain, plain_len, name);
	dvti_test_forgeries(aead, v, packet, len, name);
	dvti_test_seal(aead, v, packet, len, plain, plain_len, name);
	dvti_aead_free(aead);
free:
	kfree(key);
}

/* Seal and open again. */
static bool dvti_test_round_trip(struct dvti_cipher *aead, u8 *data, unsigned int plain_len, u64 seq)
{
	const struct dvti_aead_info *info = dvti_aead_info(aead);
	bool encrypts = dvti_aead_encrypts(dvti_aead_kind(aead));
	unsigned int head = 8 + info->iv_len;
	struct sk_buff *skb = alloc_skb(head + plain_len + info->icv_len, GFP_KERNEL);
	bool ok;

	if (!skb)
		return false;
	skb_put_zero(skb, head);
	skb_put_data(skb, data, plain_len);
	skb_put_zero(skb, info->icv_len);

	ok = !dvti_test_run(aead, skb, 0x1234, seq, true, NULL) &&
	     !!memcmp(skb->data + head, data, plain_len) == encrypts &&
	     get_unaligned_be32(skb->data) == 0x1234 && get_unaligned_be32(skb->data + 4) == (u32)seq &&
	     !dvti_test_run(aead, skb, 0x1234, seq, false, NULL) && !memcmp(skb->data + head, data, plain_len);
	kfree_skb(skb);
	return ok;
}

static void dvti_test_lengths(u32 kind, unsigned int key_len, bool esn, const char *with)
{
	u8 *data = kmalloc(DVTI_TEST_PACKET_MAX, GFP_KERNEL);
	struct dvti_cipher *aead = NULL;
	unsigned int i, len, block, failed = 0;

	if (!data) {
		dvti_test(false, "kind %u: no memory", kind);
		return;
	}
	for (i = 0; i < DVTI_TEST_PACKET_MAX; i++)
		data[i] = i * 31 + (i >> 8);

	aead = dvti_aead_new(kind, data, key_len, esn);
	if (IS_ERR(aead)) {
		dvti_test(false, "kind %u takes a key of %u octets (%d)", kind, key_len, PTR_ERR_OR_ZERO(aead));
		goto free;
	}

	/* Every length that small packets can have, every seventh of the others, one jumbo frame. */
	block = dvti_aead_info(aead)->block;
	for (len = block; len <= 1504; len += len < 256 ? block : 7 * block)
		failed += !dvti_test_round_trip(aead, data, len, 0x100000000ULL + len);
	failed += !dvti_test_round_trip(aead, data, 9200, 5);
	dvti_test(!failed, "kind %u%s, key of %u%s: seals and opens (%u lengths failed)", kind, with, key_len,
		  esn ? ", ESN" : "", failed);
	dvti_aead_free(aead);
free:
	kfree(data);
}

/*
 * While the FPU is taken, as when a softirq interrupts its user, operations must finish later and finish well: two
 * packets, of which the second lies in fragments.
 */
static void dvti_test_asynchronous(const char *with)
{
#ifdef CONFIG_X86
	const struct dvti_vector *v = &dvti_vectors[0];
	unsigned int len = strlen(v->packet) / 2, key_len = strlen(v->key) / 2, plain_len = strlen(v->plain) / 2;
	struct completion done[2];
	struct dvti_aead_op op[2] = {};
	u8 key[64], packet[256], plain[128];
	struct dvti_cipher *aead;
	unsigned int n, i;

	if (hex2bin(key, v->key, key_len) || hex2bin(packet, v->packet, len) || hex2bin(plain, v->plain, plain_len)) {
		dvti_test(false, "asynchronous: vector is not hexadecimal");
		return;
	}
	aead = dvti_aead_new(v->kind, key, key_len, v->esn);
	if (IS_ERR(aead)) {
		dvti_test(false, "asynchronous: no transform (%d)", PTR_ERR_OR_ZERO(aead));
		return;
	}
	op[0].skb = dvti_test_skb(packet, len);
	op[1].skb = dvti_test_skb_frags(packet, len, 16, 7);
	if (!op[0].skb || !op[1].skb) {
		dvti_test(false, "asynchronous: no memory");
		goto free;
	}
	for (i = 0; i < 2; i++) {
		init_completion(&done[i]);
		op[i].spi = cpu_to_be32(v->spi);
		op[i].seq = v->seq;
		op[i].done = dvti_test_done;
		op[i].owner = &done[i];
	}

	local_bh_disable();
	kernel_fpu_begin();
	n = dvti_aead_open(aead, op, 2);
	kernel_fpu_end();
	local_bh_enable();
	for (i = 0; i < n; i++)
		wait_for_completion(&done[i]);

	/* User Mode Linux leaves registers to its host, and never sees them taken. */
	dvti_test(n == (IS_ENABLED(CONFIG_UML) ? 0 : 2), "%u finish later while the FPU is taken%s", n, with);
	for (i = 0; i < 2; i++)
		dvti_test(!op[i].err && dvti_test_skb_equal(op[i].skb, 16, plain, plain_len),
			  "packet %u opens while the FPU is taken%s (%d)", i + 1, with, op[i].err);
free:
	kfree_skb(op[0].skb);
	kfree_skb(op[1].skb);
	dvti_aead_free(aead);
#endif
}

static void dvti_test_keys(void)
{
	static const u8 key[DVTI_TEST_KEY_MAX];
	struct dvti_cipher *aead;
	unsigned int len;

	aead = dvti_aead_new(999, key, 20, false);
	dvti_test(PTR_ERR_OR_ZERO(aead) == -ENOENT, "an unknown transform is refused");
	dvti_aead_free(aead);

	for (len = 0; len <= sizeof(key); len++) {
		bool good = len == 20 || len == 28 || len == 36;

		aead = dvti_aead_new(DVTI_AEAD_AES_GCM_16, key, len, false);
		if (IS_ERR(aead) == good || (!good && PTR_ERR(aead) != -EINVAL))
			dvti_test(false, "AES-GCM with a key of %u octets: %d", len, PTR_ERR_OR_ZERO(aead));
		dvti_aead_free(aead);
	}
	dvti_test(true, "AES-GCM takes keys of 20, 28 and 36 octets alone");

	for (len = 0; len <= sizeof(key); len++) {
		bool good = len == 20;

		aead = dvti_aead_new(DVTI_AEAD_NULL_HMAC_SHA1_96, key, len, false);
		if (good == IS_ERR(aead) || (!good && PTR_ERR(aead) != -EINVAL))
			dvti_test(false, "NULL with SHA1 with a key of %u octets: %d", len, PTR_ERR_OR_ZERO(aead));
		dvti_aead_free(aead);
	}
	dvti_test(true, "NULL with SHA1 takes an integrity key of 20 octets alone");
}

static void dvti_test_kind(u32 kind, const char *with)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(dvti_vectors); i++)
		if (dvti_vectors[i].kind == kind)
			dvti_test_vector(&dvti_vectors[i], i + 1, with);
}

/* AES-GCM on everything that this CPU can do. */
static void dvti_test_gcm(void)
{
	static const char * const units[] = { "vaes512", "vaes256", "avx", "aesni", "kernel" };
	const char *used;
	char with[40];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(units); i++) {
		used = dvti_gcm_use(units[i]);
		if (!dvti_gcm_backend() && strcmp(units[i], "kernel")) {
			pr_info("dvti_selftest: the CPU lacks %s\n", units[i]);
			continue;
		}
		snprintf(with, sizeof(with), ", %s", used);
		dvti_test_kind(DVTI_AEAD_AES_GCM_16, with);
		dvti_test_lengths(DVTI_AEAD_AES_GCM_16, 20, false, with);
		dvti_test_lengths(DVTI_AEAD_AES_GCM_16, 36, true, with);
		dvti_test_asynchronous(with);
	}
	dvti_gcm_use(NULL);
}

static int __init dvti_selftest_init(void)
{
	static const struct { u32 kind; unsigned int key_len; } transforms[] = {
		{ DVTI_AEAD_CHACHA20_POLY1305, 36 },
		{ DVTI_AEAD_AES_CBC_HMAC_SHA1_96, 36 }, { DVTI_AEAD_AES_CBC_HMAC_SHA256_128, 64 },
		{ DVTI_AEAD_AES_CBC_HMAC_SHA384_192, 80 }, { DVTI_AEAD_AES_CBC_HMAC_SHA512_256, 96 },
		{ DVTI_AEAD_AES_CBC_HMAC_MD5_96, 32 }, { DVTI_AEAD_3DES_CBC_HMAC_SHA1_96, 44 },
		{ DVTI_AEAD_AES_CCM_8, 19 }, { DVTI_AEAD_AES_CCM_16, 35 }, { DVTI_AEAD_AES_GMAC, 36 },
		{ DVTI_AEAD_NULL_HMAC_SHA1_96, 20 },
	};
	unsigned int i;

	dvti_test_keys();
	dvti_test_gcm();
	for (i = 0; i < ARRAY_SIZE(dvti_vectors); i++)
		if (dvti_vectors[i].kind != DVTI_AEAD_AES_GCM_16)
			dvti_test_vector(&dvti_vectors[i], i + 1, "");
	for (i = 0; i < ARRAY_SIZE(transforms); i++) {
		dvti_test_lengths(transforms[i].kind, transforms[i].key_len, false, "");
		dvti_test_lengths(transforms[i].kind, transforms[i].key_len, true, "");
	}

	if (dvti_test_failures) {
		pr_err("dvti_selftest: %u tests failed\n", dvti_test_failures);
		return -EBADMSG;
	}
	pr_info("dvti_selftest: all tests passed\n");
	return 0;
}

/* What was freed is the work of dvti.ko; nothing of this module is left. */
static void __exit dvti_selftest_exit(void)
{
}

module_init(dvti_selftest_init);
module_exit(dvti_selftest_exit);
MODULE_DESCRIPTION("Known answers for the ciphers of dvti");
MODULE_LICENSE("GPL");
