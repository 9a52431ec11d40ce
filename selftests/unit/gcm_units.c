// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The module's vector code for AES-GCM, every unit that this CPU can run: known answers of RFC 4106's companion and of
 * NIST's CAVP, every length and alignment beside OpenSSL, batches, forgeries, and what must not be touched or left
 * behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <openssl/evp.h>
#include <cmocka.h>

#include "aead/gcm.h"
#include "selftest/vectors.h"
#include "unit/hex.h"

#define CAVP "/usr/lib/python3/dist-packages/cryptography_vectors/ciphers/AES/GCM/"
#define HEAD 16
#define ICV 16
#define LEN_MAX 2048
#define MARGIN 64

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

static const struct dvti_gcm_unit *units[5];	/* up to a NULL */

static void find_units(void)
{
	unsigned int n = 0;

	if (__builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1"))
		units[n++] = &dvti_gcm_aesni;
	if (n && __builtin_cpu_supports("avx"))
		units[n++] = &dvti_gcm_avx;
	if (n == 2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("vpclmulqdq"))
		units[n++] = &dvti_gcm_vaes256;
	if (n == 3 && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
	    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("bmi2"))
		units[n++] = &dvti_gcm_vaes512;
}

/* The same octets in every run. */
static u32 random32(void)
{
	static u64 state = 0x9e3779b97f4a7c15;

	state = state * 6364136223846793005 + 1442695040888963407;
	return state >> 32;
}

static void fill(void *p, size_t n)
{
	u8 *to = p;

	while (n--)
		*to++ = random32();
}

/* Return: how many octets. */
static size_t hex(u8 *to, const char *text)
{
	struct ike_bytes b = unhex(text);

	memcpy(to, b.data, b.len);
	return b.len;
}

static u64 be64(const u8 *p)
{
	u64 v;

	memcpy(&v, p, sizeof(v));
	return __builtin_bswap64(v);
}

/* @aad: of 16 octets, zeros behind its end */
static void describe(struct dvti_gcm_packet *p, u8 *text, u32 len, const u8 *header, const u8 *iv, const u8 *aad)
{
	p->text = text;
	p->src = NULL;
	p->len = len;
	p->ok = 77;
	memcpy(&p->header, header, 8);
	memcpy(&p->iv, iv, 8);
	p->aad_hi = be64(aad);
	p->aad_lo = be64(aad + 8);
}

static void openssl_seal(const u8 *key, unsigned int key_len, const u8 *nonce, const u8 *aad, unsigned int aad_len,
			 const u8 *plain, unsigned int len, u8 *out)
{
	const EVP_CIPHER *cipher = key_len == 16 ? EVP_aes_128_gcm() : key_len == 24 ? EVP_aes_192_gcm() :
				   EVP_aes_256_gcm();
	static EVP_CIPHER_CTX *ctx;
	int n;

	if (!ctx)
		ctx = EVP_CIPHER_CTX_new();
	assert_int_equal(EVP_EncryptInit_ex(ctx, cipher, NULL, key, nonce), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, NULL, &n, aad, aad_len), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, plain, len), 1);
	assert_int_equal(EVP_EncryptFinal_ex(ctx, out + n, &n), 1);
	assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, ICV, out + len), 1);
}

/* ---- known answers ---- */

/* The packets that the module's own test uses, AES-GCM among them. */
static void test_rfc4106(void **state)
{
	unsigned int i, u, packets = 0;

	for (i = 0; i < sizeof(dvti_vectors) / sizeof(dvti_vectors[0]); i++) {
		const struct dvti_vector *v = &dvti_vectors[i];
		u8 key[64], plain[512], packet[512], aad[16] = {}, work[512];
		struct dvti_gcm_key k;
		size_t key_len, len;
		u32 salt, n;

		if (v->kind != DVTI_AEAD_AES_GCM_16)
			continue;
		key_len = hex(key, v->key);
		len = hex(plain, v->plain);
		assert_int_equal(hex(packet, v->packet), HEAD + len + ICV);
		memcpy(&salt, key + key_len - 4, 4);
		memcpy(aad, packet, 4);
		n = __builtin_bswap32(v->seq >> 32);
		memcpy(aad + 4, v->esn ? &n : (void *)(packet + 4), 4);
		if (v->esn)
			memcpy(aad + 8, packet + 4, 4);
		dvti_gcm_setkey(&k, key, key_len - 4, salt, v->esn ? 12 : 8);

		for (u = 0; units[u]; u++) {
			struct dvti_gcm_packet p;

			memset(work, 0, sizeof(work));
			memcpy(work + HEAD, plain, len);
			describe(&p, work + HEAD, len, packet, packet + 8, aad);
			units[u]->seal(&k, &p, 1);
			assert_memory_equal(work, packet, HEAD + len + ICV);
			units[u]->open(&k, &p, 1);
			assert_int_equal(p.ok, 1);
			assert_memory_equal(work + HEAD, plain, len);
			packets++;
		}
	}
	assert_true(packets >= 3);
}

/**
 * struct cavp - one test of NIST's files, as far as it has been read
 * @key, @iv, @plain, @aad, @sealed, @tag: octets, with their lengths
 * @iv_len, @aad_len, @len, @tag_len: in octets, of the group of tests
 */
struct cavp {
	u8 key[32], iv[128], plain[128], aad[128], sealed[128], tag[16];
	unsigned int key_len, iv_len, aad_len, len, tag_len;
};

/* Return: whether it is of the kind that ESP has: nonces of 96 bits, whole ICVs, AAD in one block. */
static bool cavp_run(const struct cavp *c, const struct dvti_gcm_unit *unit, bool encrypt, bool good)
{
	u8 work[HEAD + 128 + ICV] = {}, aad[16] = {}, header[8] = {};
	struct dvti_gcm_packet p;
	struct dvti_gcm_key k;
	u32 salt;

	if (c->iv_len != 12 || c->tag_len != 16 || c->aad_len > 16)
		return false;

	memcpy(&salt, c->iv, 4);
	memcpy(aad, c->aad, c->aad_len);
	dvti_gcm_setkey(&k, c->key, c->key_len, salt, c->aad_len);
	describe(&p, work + HEAD, c->len, header, c->iv + 4, aad);
	if (encrypt) {
		memcpy(work + HEAD, c->plain, c->len);
		unit->seal(&k, &p, 1);
		assert_memory_equal(work + HEAD, c->sealed, c->len);
		assert_memory_equal(work + HEAD + c->len, c->tag, ICV);
	} else {
		memcpy(work + HEAD, c->sealed, c->len);
		memcpy(work + HEAD + c->len, c->tag, ICV);
		unit->open(&k, &p, 1);
		assert_int_equal(p.ok, good);
		if (good)
			assert_memory_equal(work + HEAD, c->plain, c->len);
	}
	return true;
}

static unsigned int cavp_all(const struct cavp *c, bool encrypt, bool good)
{
	unsigned int u, n = 0;

	for (u = 0; units[u]; u++)
		n += cavp_run(c, units[u], encrypt, good);
	return n;
}

/* Return: tests that applied. */
static unsigned int cavp_file(const char *name, unsigned int key_len, bool encrypt)
{
	struct cavp c = { .key_len = key_len };
	char path[256], line[1024], word[32], value[600];
	unsigned int bits, ran = 0;
	bool ready = false;
	FILE *f;

	snprintf(path, sizeof(path), CAVP "%s%u.rsp", name, key_len * 8);
	f = fopen(path, "r");
	if (!f)
		fail_msg("%s: install python3-cryptography-vectors", path);

	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "[%31[A-Za-z] = %u]", word, &bits) == 2) {
			c.iv_len = !strcmp(word, "IVlen") ? bits / 8 : c.iv_len;
			c.len = !strcmp(word, "PTlen") ? bits / 8 : c.len;
			c.aad_len = !strcmp(word, "AADlen") ? bits / 8 : c.aad_len;
			c.tag_len = !strcmp(word, "Taglen") ? bits / 8 : c.tag_len;
			continue;
		}
		value[0] = 0;
		if (!strncmp(line, "FAIL", 4)) {
			ran += cavp_all(&c, encrypt, false);
			ready = false;
		} else if (sscanf(line, "%31[A-Za-z] = %599[0-9a-f]", word, value) >= 1) {
			if (!strcmp(word, "Key"))
				hex(c.key, value);
			else if (!strcmp(word, "IV"))
				hex(c.iv, value);
			else if (!strcmp(word, "PT"))
				hex(c.plain, value);
			else if (!strcmp(word, "AAD"))
				hex(c.aad, value);
			else if (!strcmp(word, "CT"))
				hex(c.sealed, value);
			else if (!strcmp(word, "Tag"))
				hex(c.tag, value);
			/* The tag ends a test in one kind of file, the plain text in the other. */
			ready = !strcmp(word, encrypt ? "Tag" : "PT");
		}
		if (ready) {
			ran += cavp_all(&c, encrypt, true);
			ready = false;
		}
	}
	fclose(f);
	return ran;
}

static void test_cavp(void **state)
{
	unsigned int len;

	for (len = 16; len <= 32; len += 8) {
		assert_true(cavp_file("gcmEncryptExtIV", len, true) >= 100);
		assert_true(cavp_file("gcmDecrypt", len, false) >= 100);
	}
}

/* ---- beside OpenSSL ---- */

static u8 plain[LEN_MAX], sealed[LEN_MAX + ICV];
static u8 arena[MARGIN * 2 + HEAD + LEN_MAX + ICV + MARGIN];

/* One packet at @at of the arena, which must stay as it is around it. */
static void cross_check(const struct dvti_gcm_unit *unit, const struct dvti_gcm_key *k, const u8 *header,
			const u8 *aad, u32 len, unsigned int at)
{
	u8 *packet = arena + MARGIN + at, margins[2 * MARGIN];
	struct dvti_gcm_packet p;

	memset(packet - MARGIN, 0xa5, MARGIN + HEAD);
	memcpy(packet + HEAD, plain, len);
	memset(packet + HEAD + len, 0xa5, ICV + MARGIN);
	memset(margins, 0xa5, sizeof(margins));

	describe(&p, packet + HEAD, len, header, header + 8, aad);
	unit->seal(k, &p, 1);
	if (memcmp(packet, header, HEAD) || memcmp(packet + HEAD, sealed, len + ICV) ||
	    memcmp(packet - MARGIN, margins, MARGIN) || memcmp(packet + HEAD + len + ICV, margins, MARGIN))
		fail_msg("%s: seals %u octets at %u wrongly", unit->name, len, at);

	unit->open(k, &p, 1);
	if (p.ok != 1 || memcmp(packet, header, HEAD) || memcmp(packet + HEAD, plain, len) ||
	    memcmp(packet + HEAD + len, sealed + len, ICV) || memcmp(packet - MARGIN, margins, MARGIN) ||
	    memcmp(packet + HEAD + len + ICV, margins, MARGIN))
		fail_msg("%s: opens %u octets at %u wrongly", unit->name, len, at);
}

static void test_lengths_and_alignments(void **state)
{
	unsigned int key_len, at, u;
	u8 key[32], header[HEAD], aad[16], nonce[12];
	struct dvti_gcm_key k;
	u32 len, salt;

	for (len = 0; len <= LEN_MAX; len++) {
		bool esn = len & 1;

		key_len = 16 + 8 * (len % 3);
		fill(key, sizeof(key));
		fill(header, sizeof(header));
		memset(aad, 0, sizeof(aad));
		fill(aad, esn ? 12 : 8);
		fill(&salt, sizeof(salt));
		fill(plain, len);
		memcpy(nonce, &salt, 4);
		memcpy(nonce + 4, header + 8, 8);
		openssl_seal(key, key_len, nonce, aad, esn ? 12 : 8, plain, len, sealed);
		dvti_gcm_setkey(&k, key, key_len, salt, esn ? 12 : 8);
		for (u = 0; units[u]; u++)
			for (at = 0; at < MARGIN; at++)
				cross_check(units[u], &k, header, aad, len, at);
	}
}

/* More than 256 and 65536 blocks: the counter is carried beyond its lowest octets. */
static void test_long(void **state)
{
	static const u32 lens[] = { 256 * 16 - 17, 256 * 16, 9000, 65535 - 40, 65537 * 16 + 5 };
	u8 key[32], header[HEAD], aad[16] = {}, nonce[12];
	struct dvti_gcm_key k;
	u32 salt, len;
	unsigned int i, u;

	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		u8 *text, *expected, *packet;

		len = lens[i];
		text = malloc(len);
		expected = malloc(len + ICV);
		packet = malloc(HEAD + len + ICV);
		fill(key, sizeof(key));
		fill(header, sizeof(header));
		fill(aad, 8);
		fill(&salt, sizeof(salt));
		fill(text, len);
		memcpy(nonce, &salt, 4);
		memcpy(nonce + 4, header + 8, 8);
		openssl_seal(key, 32, nonce, aad, 8, text, len, expected);
		dvti_gcm_setkey(&k, key, 32, salt, 8);
		for (u = 0; units[u]; u++) {
			struct dvti_gcm_packet p;

			memcpy(packet + HEAD, text, len);
			describe(&p, packet + HEAD, len, header, header + 8, aad);
			units[u]->seal(&k, &p, 1);
			assert_memory_equal(packet + HEAD, expected, len + ICV);
			units[u]->open(&k, &p, 1);
			assert_int_equal(p.ok, 1);
			assert_memory_equal(packet + HEAD, text, len);
		}
		free(text);
		free(expected);
		free(packet);
	}
}

/* ---- batches and forgeries ---- */

#define BATCH 16
#define ROOM (HEAD + LEN_MAX + ICV + MARGIN)

/* Some of the packet's text, or all of it, moves to @away. */
static void move_away(struct dvti_gcm_packet *p, u8 *away)
{
	p->src = away;
	/* Usually all but the trailer */
	p->src_len = random32() & 3 ? p->len - random32() % (p->len < 6 ? p->len + 1 : 6) : random32() % (p->len + 1);
	memcpy(away, p->text, p->src_len);
	memset(p->text, 0xa5, p->src_len);
}

/*
 * Any mixture, of which some come from elsewhere, one of them altered: that one alone is refused, and the others open.
 * Nothing around the text changes.
 */
static void test_batches(void **state)
{
	static u8 text[BATCH][ROOM], work[BATCH][ROOM], closed[BATCH][ROOM], away[BATCH][LEN_MAX], single[ROOM];
	/* Each is a kind of batch in some unit. */
	static const unsigned int limits[][2] = { { 0, 65 }, { 65, 81 }, { 0, 129 }, { 0, 200 }, { 0, LEN_MAX + 1 } };
	unsigned int turn, i, u, n, bad, least, limit;
	struct dvti_gcm_packet p[BATCH], one;
	u8 key[32], header[HEAD], aad[16];
	struct dvti_gcm_key k;

	for (turn = 0; turn < (SANITIZED ? 400 : 4000); turn++) {
		bool esn = random32() & 1;

		if (turn % 16 == 0)
			fill(key, sizeof(key));
		dvti_gcm_setkey(&k, key, 16 + 8 * (turn % 3), random32(), esn ? 12 : 8);
		n = 1 + random32() % BATCH;
		i = random32() % 5;
		least = limits[i][0];
		limit = limits[i][1];
		for (u = 0; units[u]; u++) {
			for (i = 0; i < n; i++) {
				fill(text[i], 64);	/* the rest stays from the turn before */
				memcpy(work[i], text[i], ROOM);
				fill(header, sizeof(header));
				memset(aad, 0, sizeof(aad));
				fill(aad, esn ? 12 : 8);
				describe(&p[i], work[i] + HEAD, least + random32() % (limit - least), header,
					 header + 8, aad);
				if (random32() & 1)
					move_away(&p[i], away[i]);
			}
			units[u]->seal(&k, p, n);
			for (i = 0; i < n; i++) {
				memcpy(single, text[i], ROOM);
				one = p[i];
				one.text = single + HEAD;
				one.src = NULL;
				dvti_gcm_aesni.seal(&k, &one, 1);
				assert_memory_equal(work[i], single, ROOM);
			}

			bad = random32() % n;
			p[bad].text[random32() % (p[bad].len + ICV)] ^= 1 << random32() % 8;
			memcpy(closed, work, sizeof(work));
			units[u]->open(&k, p, n);
			for (i = 0; i < n; i++) {
				unsigned int end = HEAD + p[i].len;

				assert_int_equal(p[i].ok, i != bad);
				assert_memory_equal(work[i], closed[i], HEAD);
				assert_memory_equal(work[i] + end, closed[i] + end, ROOM - end);
				if (i != bad)
					assert_memory_equal(p[i].text, text[i] + HEAD, p[i].len);
			}
		}
	}
}

/* Every bit of text and ICV, and of what is authenticated only, counts, whichever path the length takes. */
static void test_forgeries(void **state)
{
	static const u32 lens[] = { 4, 60, 100, 300, 700 };
	u8 key[32], header[HEAD], aad[16] = {}, work[HEAD + 700 + ICV], copy[HEAD + 700 + ICV];
	struct dvti_gcm_packet p[4], forged;
	struct dvti_gcm_key k;
	unsigned int i, j, u, bit;

	fill(key, sizeof(key));
	fill(header, sizeof(header));
	fill(aad, 12);
	dvti_gcm_setkey(&k, key, 32, 1, 12);
	for (u = 0; units[u]; u++) {
		for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
			fill(work, sizeof(work));
			describe(&p[0], work + HEAD, lens[i], header, header + 8, aad);
			units[u]->seal(&k, p, 1);
			for (bit = 0; bit < 8 * (lens[i] + ICV); bit += 3) {
				/* Alone, and as the last of four */
				for (j = 0; j < 2; j++) {
					memcpy(copy, work, sizeof(work));
					copy[HEAD + bit / 8] ^= 1 << bit % 8;
					forged = p[0];
					forged.text = copy + HEAD;
					p[1] = p[2] = p[3] = forged;
					units[u]->open(&k, &p[1], j ? 3 : 1);
					assert_int_equal(p[1].ok, 0);
				}
			}
			for (bit = 0; bit < 64 + 64 + 32; bit++) {
				memcpy(copy, work, sizeof(work));
				forged = p[0];
				forged.text = copy + HEAD;
				if (bit < 64)
					forged.iv ^= 1ULL << bit;
				else if (bit < 128)
					forged.aad_hi ^= 1ULL << (bit - 64);
				else
					forged.aad_lo ^= 1ULL << (bit - 96);
				units[u]->open(&k, &forged, 1);
				assert_int_equal(forged.ok, 0);
			}
		}
	}
}

/* ---- what must not be touched or left behind ---- */

/* Memory that ends where the process has none, and begins where it has none. */
static u8 *guarded(size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE), inner = (size + page - 1) / page * page;
	u8 *p = mmap(NULL, inner + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(p != MAP_FAILED);
	assert_int_equal(mprotect(p + page, inner, PROT_READ | PROT_WRITE), 0);
	return p + page;
}

/* Packets whose first octet is the first of a page, or whose last one is the last: reading beyond is death. */
static void test_guard_pages(void **state)
{
	enum { SIZE = 4096 };
	u8 key[32], header[HEAD], aad[16] = {}, *area[4];
	struct dvti_gcm_packet p[4];
	struct dvti_gcm_key k;
	unsigned int i, u, end;
	u32 len;

	fill(key, sizeof(key));
	fill(header, sizeof(header));
	dvti_gcm_setkey(&k, key, 16, 1, 8);
	for (i = 0; i < 4; i++)
		area[i] = guarded(SIZE);
	for (u = 0; units[u]; u++) {
		for (len = 0; len <= LEN_MAX; len += len < 300 ? 1 : 7) {
			for (end = 0; end < 2; end++) {
				for (i = 0; i < 4; i++)
					describe(&p[i], area[i] + HEAD + end * (SIZE - HEAD - len - ICV), len, header,
						 header + 8, aad);
				units[u]->seal(&k, p, 4);
				units[u]->open(&k, p, 4);
				for (i = 0; i < 4; i++)
					assert_int_equal(p[i].ok, 1);
			}
		}
	}
	for (i = 0; i < 4; i++)
		munmap(area[i] - sysconf(_SC_PAGESIZE), SIZE + 2 * sysconf(_SC_PAGESIZE));
}

/*
 * Text that lies elsewhere, at every length and with each number of octets behind it that a trailer can have, where
 * there is nothing in front of it nor behind it.
 */
static void test_text_from_elsewhere(void **state)
{
	enum { SIZE = 4096 };
	u8 key[32], header[HEAD], aad[16] = {}, *from = guarded(SIZE);
	static u8 expected[ROOM], work[ROOM];
	struct dvti_gcm_packet p[2];
	struct dvti_gcm_key k;
	unsigned int u, end, trailer;
	u32 len;

	fill(key, sizeof(key));
	fill(header, sizeof(header));
	fill(aad, 8);
	dvti_gcm_setkey(&k, key, 32, 1, 8);
	for (len = 0; len <= LEN_MAX; len++) {
		fill(work, sizeof(work));
		memcpy(expected, work, sizeof(work));
		describe(&p[0], expected + HEAD, len, header, header + 8, aad);
		dvti_gcm_aesni.seal(&k, p, 1);
		for (u = 0; units[u]; u++) {
			for (trailer = 0; trailer <= 20 && trailer <= len; trailer++) {
				end = trailer & 1;
				units[u]->open(&k, p, 1);
				assert_int_equal(p[0].ok, 1);
				memcpy(work, expected, sizeof(work));
				units[u]->seal(&k, p, 1);
				describe(&p[1], work + HEAD, len, header, header + 8, aad);
				p[1].src_len = len - trailer;
				p[1].src = from + end * (SIZE - p[1].src_len);
				memcpy((u8 *)p[1].src, work + HEAD, p[1].src_len);
				memset(work + HEAD, 0xa5, p[1].src_len);
				units[u]->seal(&k, &p[1], 1);
				if (memcmp(work, expected, sizeof(work)))
					fail_msg("%s: seals %u octets wrongly with %u of them elsewhere", units[u]->name,
						 len, p[1].src_len);
			}
		}
	}
	munmap(from - sysconf(_SC_PAGESIZE), SIZE + 2 * sysconf(_SC_PAGESIZE));
}

static u16 fold(u64 sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static void test_copy_sum(void **state)
{
	enum { SIZE = 4096 };
	u8 *from = guarded(SIZE), *to = guarded(SIZE);
	unsigned int u, i, end;
	u32 len;

	fill(from, SIZE);
	memset(from + 1000, 0xff, 600);
	for (u = 0; units[u]; u++) {
		for (len = 0; len <= 1500; len += len < 300 ? 1 : 13) {
			for (end = 0; end < 2; end++) {
				u8 *src = from + end * (SIZE - len), *dst = to + end * (SIZE - len);
				u64 sum = 0;

				for (i = 0; i < len; i++)
					sum += (u64)src[i] << 8 * (i & 1);
				memset(to, 0, SIZE);
				assert_int_equal(fold(units[u]->copy_sum(dst, src, len)) % 0xffff, fold(sum) % 0xffff);
				assert_memory_equal(dst, src, len);
				if (!end)
					assert_int_equal(to[len], 0);
			}
		}
	}
	munmap(from - sysconf(_SC_PAGESIZE), SIZE + 2 * sysconf(_SC_PAGESIZE));
	munmap(to - sysconf(_SC_PAGESIZE), SIZE + 2 * sysconf(_SC_PAGESIZE));
}

#define READ_XMM(n) "movdqu %%xmm" #n ", 16*" #n "(%0)\n\t"
#define READ_ZMM(n) "vmovdqu64 %%zmm" #n ", 64*" #n "(%0)\n\t"

/**
 * struct work - a call of vector code
 * @unit: whose
 * @k: key
 * @aes: what it is made of
 * @p: packets
 * @what: 0 key, 1 seal, 2 open
 * @registers: what the vector registers hold immediately afterwards, where wanted
 */
struct work {
	const struct dvti_gcm_unit *unit;
	struct dvti_gcm_key k;
	u8 aes[32];
	struct dvti_gcm_packet p[BATCH];
	int what;
	u8 *registers;
};

static noinline void do_work(struct work *w)
{
	if (w->what == 0)
		dvti_gcm_setkey(&w->k, w->aes, 32, 1, 12);
	else if (w->what == 1)
		w->unit->seal(&w->k, w->p, BATCH);
	else
		w->unit->open(&w->k, w->p, BATCH);

	/* Here, where no code of the test's own has used them in between */
	if (w->registers && w->unit == &dvti_gcm_vaes512)
		asm volatile(READ_ZMM(0) READ_ZMM(1) READ_ZMM(2) READ_ZMM(3) READ_ZMM(4) READ_ZMM(5) READ_ZMM(6)
			     READ_ZMM(7) READ_ZMM(8) READ_ZMM(9) READ_ZMM(10) READ_ZMM(11) READ_ZMM(12) READ_ZMM(13)
			     READ_ZMM(14) READ_ZMM(15) READ_ZMM(16) READ_ZMM(17) READ_ZMM(18) READ_ZMM(19)
			     READ_ZMM(20) READ_ZMM(21) READ_ZMM(22) READ_ZMM(23) READ_ZMM(24) READ_ZMM(25)
			     READ_ZMM(26) READ_ZMM(27) READ_ZMM(28) READ_ZMM(29) READ_ZMM(30) READ_ZMM(31)
			     "vzeroupper"
			     : : "r"(w->registers) : "memory");
	else if (w->registers)
		asm volatile(READ_XMM(0) READ_XMM(1) READ_XMM(2) READ_XMM(3) READ_XMM(4) READ_XMM(5) READ_XMM(6)
			     READ_XMM(7) READ_XMM(8) READ_XMM(9) READ_XMM(10) READ_XMM(11) READ_XMM(12) READ_XMM(13)
			     READ_XMM(14) READ_XMM(15)
			     : : "r"(w->registers) : "memory");
}

#if !SANITIZED
#define STACK 8192

/*
 * The stack below this function's caller, as the last call there has left it. Reading what belongs to no variable is
 * the very purpose.
 */
static noinline void read_stack(u8 *to)
{
	const u8 *from = __builtin_frame_address(0);
	size_t i;

	for (i = 0; i < STACK; i++)
		to[i] = ((const volatile u8 *)from)[(ptrdiff_t)i - STACK - 64];
}

static noinline void clear_stack(void)
{
	volatile u8 frame[STACK + 2048];
	size_t i;

	for (i = 0; i < sizeof(frame); i++)
		frame[i] = 0;
}

/* @len: octets of text in the first packet, and how many more each has than the one before it */
static void stack_after(struct work *w, u8 key, const unsigned int *len, u8 *stack)
{
	static u8 work[BATCH][ROOM];
	u8 header[HEAD] = {}, aad[16] = {};
	unsigned int i;

	memset(w->aes, key, sizeof(w->aes));
	dvti_gcm_setkey(&w->k, w->aes, 32, 1, 12);
	for (i = 0; i < BATCH; i++) {
		memset(work[i], 0, ROOM);
		describe(&w->p[i], work[i] + HEAD, (len[0] + i * len[1]) % 1500, header, header + 8, aad);
	}
	clear_stack();
	do_work(w);
	read_stack(stack);
}

/*
 * The same work at the same place with two keys: what differs on the stack afterwards depends on the key, be it a round
 * key, key stream or something between them. What does not differ is pointers and the like.
 */
static void test_stack(void **state)
{
	/* What units bring together, in some way or other, and what they do not */
	static const unsigned int lens[][2] = {
		{ 0, 137 }, { 60, 0 }, { 76, 0 }, { 90, 0 }, { 120, 0 }, { 20, 7 }, { 1400, 0 },
	};
	static u8 stack[2][STACK];
	static struct work w;
	unsigned int u, i;

	for (u = 0; units[u]; u++) {
		w.unit = units[u];
		for (w.what = 0; w.what < 3; w.what++) {
			for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
				stack_after(&w, 0x11, lens[i], stack[0]);
				stack_after(&w, 0x71, lens[i], stack[1]);
				assert_memory_equal(stack[0], stack[1], STACK);
			}
		}
	}
}
#endif

static void test_registers(void **state)
{
	static u8 work[BATCH][ROOM], registers[64 * 32], zeros[64 * 32];
	static struct work w;
	u8 header[HEAD], aad[16] = {};
	unsigned int u, i;

	fill(w.aes, sizeof(w.aes));
	fill(header, sizeof(header));
	w.registers = registers;
	for (u = 0; units[u]; u++) {
		w.unit = units[u];
		for (w.what = 0; w.what < 3; w.what++) {
			for (i = 0; i < BATCH; i++)
				describe(&w.p[i], work[i] + HEAD, i * 137 % 1500, header, header + 8, aad);
			memset(registers, 0xee, sizeof(registers));
			do_work(&w);
			/* The key is made with 128-bit registers whatever the unit. */
			assert_memory_equal(registers, zeros, w.unit == &dvti_gcm_vaes512 && w.what ? 2048 : 16);
			for (i = 0; i < 16; i++)
				assert_memory_equal(registers + i * (w.unit == &dvti_gcm_vaes512 ? 64 : 16), zeros, 16);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc4106),
		cmocka_unit_test(test_cavp),
		cmocka_unit_test(test_lengths_and_alignments),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_batches),
		cmocka_unit_test(test_forgeries),
		cmocka_unit_test(test_guard_pages),
		cmocka_unit_test(test_text_from_elsewhere),
		cmocka_unit_test(test_copy_sum),
		cmocka_unit_test(test_registers),
#if !SANITIZED /* whose own code uses the stack, too */
		cmocka_unit_test(test_stack),
#endif
	};

	find_units();
	if (!units[0]) {
		print_message("this CPU has no AES instructions: nothing to test\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
