// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What AES-GCM costs in the way ESP uses it: our units of vector code beside intel-ipsec-mb and OpenSSL, in batches.
 *
 *	cipher [rounds=N] [lengths=N,N,mixed,imix,…] [batches=N,…] [units=best|all|NAME,…] [open]
 *
 * Each packet gets a new sequence number, a header and a trailer written by the caller, then is sealed in place; with
 * "open" they are opened instead, right or not, which costs the same. All candidates take turns within a round, so that
 * whatever else the machine does hits them alike. Prints "sample path=dvti|ipsec-mb|openssl unit=… length=… batch=…
 * cycles=… round=…", cycles per packet; our units but the best are paths of their own, dvti-NAME. Where the CPU's
 * counters are out of reach, cycles are those of a chain of additions that is timed beside each measurement and takes
 * one cycle each.
 */
#include <immintrin.h>
#include <intel-ipsec-mb.h>
#include <linux/perf_event.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "aead/gcm.h"
#include "alone.h"

#define BATCH_MAX 64
#define STRIDE 9472
#define HEAD 16
#define ICV 16
#define SALT 0x44332211
#define MAX_TURNS 2000

static u8 *packets;		/* BATCH_MAX of them, STRIDE apart, at the ESP header */
static u64 sequence = 1;
static u32 length_of[BATCH_MAX];
static int counter = -1;
static struct alone alone;

/**
 * struct candidate - one that takes part
 * @path: whose it is
 * @unit: which of its kinds
 * @run: work on the first @n packets
 * @vectors: of ours
 */
struct candidate {
	const char *path;
	const char *unit;
	void (*run)(unsigned int n);
	const struct dvti_gcm_unit *vectors;
};

static const struct dvti_gcm_unit *unit;
static struct dvti_gcm_key dvti_key;
static IMB_MGR *mb;
static struct gcm_key_data *mb_key;
static EVP_CIPHER_CTX *evp;

/* What the data path leaves behind: padding, its length, next header. */
static inline void write_trailer(u8 *text, u32 len)
{
	const u32 trailer = 0x04020201;

	memcpy(text + len - 4, &trailer, 4);
}

static void dvti_describe(struct dvti_gcm_packet *p, unsigned int i)
{
	u64 seq = sequence++;

	p->text = packets + STRIDE * i + HEAD;
	p->src = NULL;
	p->len = length_of[i];
	p->header = (u64)__builtin_bswap32(seq) << 32 | 0x11223344;
	p->iv = __builtin_bswap64(seq);
	p->aad_hi = 0x4433221100000000 | (u32)seq;
	p->aad_lo = 0;
}

static void dvti_seal(unsigned int n)
{
	struct dvti_gcm_packet p[BATCH_MAX];
	unsigned int i;

	for (i = 0; i < n; i++) {
		dvti_describe(&p[i], i);
		write_trailer(p[i].text, p[i].len);
	}
	unit->seal(&dvti_key, p, n);
}

static void dvti_open(unsigned int n)
{
	struct dvti_gcm_packet p[BATCH_MAX];
	unsigned int i;

	for (i = 0; i < n; i++) {
		dvti_describe(&p[i], i);
		memcpy(&p[i].iv, p[i].text - 8, 8);
		p[i].aad_hi = 0x4433221100000000 | i;
	}
	unit->open(&dvti_key, p, n);
}

/* The nonce is stored as one, so that ipsec-mb reads it without waiting for narrower stores. */
static void mb_nonce(u8 *nonce, u64 iv)
{
	_mm_store_si128((__m128i *)nonce, _mm_set_epi64x(iv >> 32, iv << 32 | SALT));
}

static void mb_seal(unsigned int n)
{
	struct gcm_context_data context;
	u8 nonce[16] __attribute__((aligned(16)));
	unsigned int i;

	for (i = 0; i < n; i++) {
		u8 *text = packets + STRIDE * i + HEAD;
		u32 len = length_of[i];
		u64 seq = sequence++;
		u64 header = (u64)__builtin_bswap32(seq) << 32 | 0x11223344, iv = __builtin_bswap64(seq);

		write_trailer(text, len);
		memcpy(text - 16, &header, 8);
		memcpy(text - 8, &iv, 8);
		mb_nonce(nonce, iv);
		IMB_AES256_GCM_ENC(mb, mb_key, &context, text, text, len, nonce, (u8 *)&header, 8, text + len, ICV);
	}
}

static void mb_open(unsigned int n)
{
	struct gcm_context_data context;
	u8 nonce[16] __attribute__((aligned(16))), icv[ICV];
	unsigned int i;
	u64 iv;

	for (i = 0; i < n; i++) {
		u8 *text = packets + STRIDE * i + HEAD;
		u32 len = length_of[i];

		memcpy(&iv, text - 8, 8);
		mb_nonce(nonce, iv);
		IMB_AES256_GCM_DEC(mb, mb_key, &context, text, text, len, nonce, text - HEAD, 8, icv, ICV);
		if (memcmp(icv, text + len, ICV) == 1)	/* cannot be known to the compiler */
			abort();
	}
}

static void evp_seal(unsigned int n)
{
	u8 nonce[12];
	unsigned int i;
	int done;

	for (i = 0; i < n; i++) {
		u8 *text = packets + STRIDE * i + HEAD;
		u32 len = length_of[i], salt = SALT;
		u64 seq = sequence++;
		u64 header = (u64)__builtin_bswap32(seq) << 32 | 0x11223344, iv = __builtin_bswap64(seq);

		write_trailer(text, len);
		memcpy(text - 16, &header, 8);
		memcpy(text - 8, &iv, 8);
		memcpy(nonce, &salt, 4);
		memcpy(nonce + 4, &iv, 8);
		EVP_EncryptInit_ex(evp, NULL, NULL, NULL, nonce);
		EVP_EncryptUpdate(evp, NULL, &done, (u8 *)&header, 8);
		EVP_EncryptUpdate(evp, text, &done, text, len);
		EVP_EncryptFinal_ex(evp, text + done, &done);
		EVP_CIPHER_CTX_ctrl(evp, EVP_CTRL_GCM_GET_TAG, ICV, text + len);
	}
}

static void evp_open(unsigned int n)
{
	u8 nonce[12];
	unsigned int i;
	int done;

	for (i = 0; i < n; i++) {
		u8 *text = packets + STRIDE * i + HEAD;
		u32 len = length_of[i], salt = SALT;

		memcpy(nonce, &salt, 4);
		memcpy(nonce + 4, text - 8, 8);
		EVP_DecryptInit_ex(evp, NULL, NULL, NULL, nonce);
		EVP_DecryptUpdate(evp, NULL, &done, text - HEAD, 8);
		EVP_DecryptUpdate(evp, text, &done, text, len);
		EVP_CIPHER_CTX_ctrl(evp, EVP_CTRL_GCM_SET_TAG, ICV, text + len);
		EVP_DecryptFinal_ex(evp, text + done, &done);
	}
}

static u64 nanoseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* Cycles that this thread has used, or 0 */
static u64 cycles(void)
{
	u64 value;

	if (counter < 0 || read(counter, &value, sizeof(value)) != sizeof(value))
		return 0;
	return value;
}

/* Nanoseconds of one cycle at this moment */
static double cycle_time(void)
{
	u64 begin = nanoseconds(), x = 0, one = 1;
	unsigned int i;

	for (i = 0; i < 2500; i++)
		asm volatile(".rept 20; add %1, %0; .endr" : "+r"(x) : "r"(one));
	return (nanoseconds() - begin) / (double)x;
}

/*
 * Cycles per packet; the best of a few, as only disturbance from outside can make it slower. A turn counts if the core
 * was ours alone at both of its ends; a core that is shared all the time has to do in the end.
 */
static double measure(const struct candidate *c, unsigned int batch, unsigned int bytes)
{
	unsigned int i, turn, good = 0, calls = 1 + 400000 / (bytes + 100 * batch);
	double best = 1e30, cycle = 1e30, cost, t;
	u64 begin_cycles, begin;
	bool was_alone;

	for (i = 0; i < 4; i++)
		c->run(batch);
	for (turn = 0; turn < MAX_TURNS && good < 7; turn++) {
		was_alone = alone_probe(&alone);
		begin_cycles = cycles();
		begin = nanoseconds();
		for (i = 0; i < calls; i++)
			c->run(batch);
		cost = counter >= 0 ? cycles() - begin_cycles : nanoseconds() - begin;
		if (alone_probe(&alone) && was_alone)
			good++;
		else if (turn < MAX_TURNS - 7 || good)
			continue;
		best = cost < best ? cost : best;
		if (counter < 0) {
			t = cycle_time();
			cycle = t < cycle ? t : cycle;
		}
	}
	return best / calls / batch / (counter >= 0 ? 1 : cycle);
}

/* "mixed": short packets of all kinds, up to 128 octets. "imix": with longer ones between them. */
static unsigned int set_lengths(const char *lengths)
{
	static const u32 imix[] = { 64, 48, 72, 100, 44, 64, 128, 576, 52, 64, 576, 1420 };
	static const u32 mixed[] = { 64, 48, 72, 100, 44, 64, 128, 52, 96, 40, 112, 60 };
	unsigned int i, bytes = 0;

	for (i = 0; i < BATCH_MAX; i++) {
		unsigned int at = (i * 7 + i / 5) % 12;

		length_of[i] = !strcmp(lengths, "mixed") ? mixed[at] : !strcmp(lengths, "imix") ? imix[at] :
			       (u32)atoi(lengths);
		if (length_of[i] < 4 || length_of[i] > STRIDE - 256) {
			fprintf(stderr, "cipher: no such length: %s\n", lengths);
			exit(2);
		}
		bytes += length_of[i];
	}
	return bytes / BATCH_MAX;
}

static void set_key(void)
{
	u8 key[32];
	u32 salt = SALT;
	unsigned int i;

	for (i = 0; i < sizeof(key); i++)
		key[i] = 7 * i + 3;
	dvti_gcm_setkey(&dvti_key, key, sizeof(key), salt, 8);
	IMB_AES256_GCM_PRE(mb, key, mb_key);
	evp = EVP_CIPHER_CTX_new();
	if (!evp || !EVP_CipherInit_ex(evp, EVP_aes_256_gcm(), NULL, key, NULL, 1))
		exit(1);
}

static bool has_unit(const struct dvti_gcm_unit *u)
{
	if (!__builtin_cpu_supports("aes") || !__builtin_cpu_supports("pclmul"))
		return false;
	if (u == &dvti_gcm_aesni || (u == &dvti_gcm_avx && __builtin_cpu_supports("avx")))
		return true;
	if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("vpclmulqdq"))
		return false;
	return u == &dvti_gcm_vaes256 || (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
					  __builtin_cpu_supports("avx512dq"));
}

/* Return: how many take part, ours first, the best of ours first of all. */
static unsigned int choose(struct candidate *c, const char *wanted, bool opening)
{
	const struct dvti_gcm_unit *const units[] = { &dvti_gcm_vaes512, &dvti_gcm_vaes256, &dvti_gcm_avx,
						       &dvti_gcm_aesni };
	unsigned int n = 0, i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!has_unit(units[i]) || (!strcmp(wanted, "best") && n) ||
		    (strcmp(wanted, "best") && strcmp(wanted, "all") && !strstr(wanted, units[i]->name)))
			continue;
		c[n] = (struct candidate){ n ? "dvti-" : "dvti", units[i]->name, opening ? dvti_open : dvti_seal,
					   units[i] };
		n++;
	}
	c[n++] = (struct candidate){ "ipsec-mb", "auto", opening ? mb_open : mb_seal, NULL };
	c[n++] = (struct candidate){ "openssl", "auto", opening ? evp_open : evp_seal, NULL };
	return n;
}

/* All candidates at one length and in one size of batch */
static void compare(const struct candidate *c, unsigned int n, const char *length, unsigned int batch, int round)
{
	unsigned int bytes = set_lengths(length);

	for (; n--; c++) {
		unit = c->vectors;
		printf("sample path=%s%s unit=%s length=%s batch=%u cycles=%.1f round=%d\n", c->path,
		       c->path[4] == '-' ? c->unit : "", c->unit, length, batch, measure(c, batch, bytes * batch), round);
	}
}

static void open_counter(void)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_HARDWARE,
		.config = PERF_COUNT_HW_CPU_CYCLES,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};

	counter = syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
	printf("condition cycles are %s\n",
	       counter >= 0 ? "counted by the CPU" : "derived from a timed chain of additions");
}

int main(int argc, char **argv)
{
	const char *lengths = "40,64,128,256,576,1420,9000,mixed,imix", *batches = "1,4,8,16,32", *wanted = "best", *b;
	int rounds = 3, round, i;
	struct candidate c[6];
	char *all, *save, *word;
	bool opening = false;
	unsigned int n;

	for (i = 1; i < argc; i++) {
		if (!strncmp(argv[i], "rounds=", 7))
			rounds = atoi(argv[i] + 7);
		else if (!strncmp(argv[i], "lengths=", 8))
			lengths = argv[i] + 8;
		else if (!strncmp(argv[i], "batches=", 8))
			batches = argv[i] + 8;
		else if (!strncmp(argv[i], "units=", 6))
			wanted = argv[i] + 6;
		else if (!strcmp(argv[i], "open"))
			opening = true;
		else
			return fprintf(stderr, "cipher: what is \"%s\"?\n", argv[i]), 2;
	}

	packets = aligned_alloc(4096, BATCH_MAX * STRIDE + 4096);
	mb_key = aligned_alloc(64, (sizeof(*mb_key) + 63) / 64 * 64);
	mb = alloc_mb_mgr(0);
	if (!packets || !mb_key || !mb)
		return 1;
	memset(packets, 0x5a, BATCH_MAX * STRIDE + 4096);
	packets += 128 + 34;	/* as behind an Ethernet and an IP header */
	init_mb_mgr_auto(mb, NULL);
	set_key();
	open_counter();
	printf("condition AES-256-GCM, %s, in place\n", opening ? "opening" : "sealing");
	printf("condition intel-ipsec-mb %s, %s\n", imb_get_version_str(), OpenSSL_version(OPENSSL_VERSION));

	n = choose(c, wanted, opening);
	for (round = 0; round < rounds; round++) {
		all = strdup(lengths);
		for (word = strtok_r(all, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
			for (b = batches; *b; b += strcspn(b, ","), b += *b == ',') {
				if (atoi(b) < 1 || atoi(b) > BATCH_MAX)
					return fprintf(stderr, "cipher: batches have 1 to %u packets\n", BATCH_MAX), 2;
				compare(c, n, word, atoi(b), round);
			}
		}
		free(all);
	}
	return 0;
}
