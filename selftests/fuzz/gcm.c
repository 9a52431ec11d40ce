// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The module's vector code for AES-GCM: an input is a key and a batch of packets. Every unit that this CPU can run must
 * seal them as OpenSSL does, touch nothing else, open them again, and refuse the one that has been altered.
 */
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>

#include "aead/gcm.h"

#define PACKETS_MAX 16
#define LEN_MAX 2048
#define HEAD 16
#define ICV 16
#define MARGIN 64
#define ROOM (MARGIN + HEAD + LEN_MAX + ICV + MARGIN)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/**
 * struct input - what has not been consumed yet; zeros behind its end
 * @data: next octet
 * @size: octets left
 */
struct input {
	const uint8_t *data;
	size_t size;
};

static void take(struct input *in, void *to, size_t n)
{
	size_t have = n < in->size ? n : in->size;

	memset(to, 0, n);
	if (have)
		memcpy(to, in->data, have);
	in->data += have;
	in->size -= have;
}

static unsigned int take_number(struct input *in)
{
	uint16_t n;

	take(in, &n, sizeof(n));
	return n;
}

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void openssl_seal(const u8 *key, unsigned int key_len, u32 salt, const struct dvti_gcm_packet *p, const u8 *aad,
			 unsigned int aad_len, u8 *packet)
{
	const EVP_CIPHER *cipher = key_len == 16 ? EVP_aes_128_gcm() : key_len == 24 ? EVP_aes_192_gcm() :
				   EVP_aes_256_gcm();
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	u8 nonce[12], *text = packet + HEAD;
	int n;

	memcpy(nonce, &salt, 4);
	memcpy(nonce + 4, &p->iv, 8);
	memcpy(packet, &p->header, 8);
	memcpy(packet + 8, &p->iv, 8);
	must(ctx && EVP_EncryptInit_ex(ctx, cipher, NULL, key, nonce) == 1 &&
	     EVP_EncryptUpdate(ctx, NULL, &n, aad, aad_len) == 1 &&
	     EVP_EncryptUpdate(ctx, text, &n, text, p->len) == 1 &&
	     EVP_EncryptFinal_ex(ctx, text + n, &n) == 1 &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, ICV, text + p->len) == 1);
	EVP_CIPHER_CTX_free(ctx);
}

static void run(const struct dvti_gcm_unit *unit, struct input in)
{
	static u8 plain[PACKETS_MAX][ROOM], expected[PACKETS_MAX][ROOM], work[PACKETS_MAX][ROOM];
	static u8 away[PACKETS_MAX][LEN_MAX];
	struct dvti_gcm_packet p[PACKETS_MAX];
	unsigned int key_len, n, i, bad, bit, shape;
	u8 key[32], aad[16] = {};
	struct dvti_gcm_key k;
	bool esn;
	u32 salt;

	shape = take_number(&in);
	key_len = 16 + 8 * (shape % 3);
	esn = shape & 0x80;
	n = 1 + (shape >> 8) % PACKETS_MAX;
	bad = take_number(&in) % n;
	bit = take_number(&in);
	take(&in, key, sizeof(key));
	take(&in, &salt, sizeof(salt));
	dvti_gcm_setkey(&k, key, key_len, salt, esn ? 12 : 8);

	for (i = 0; i < n; i++) {
		u64 number;

		memset(plain[i], 0x5a, ROOM);
		p[i].len = take_number(&in) % (LEN_MAX + 1);
		take(&in, &p[i].header, 8);
		take(&in, &p[i].iv, 8);
		take(&in, aad, esn ? 12 : 8);
		memcpy(&number, aad, 8);
		p[i].aad_hi = __builtin_bswap64(number);
		memcpy(&number, aad + 8, 8);
		p[i].aad_lo = __builtin_bswap64(number);
		take(&in, plain[i] + MARGIN + HEAD, p[i].len < 64 ? p[i].len : 64);
		memcpy(expected[i], plain[i], ROOM);
		memcpy(work[i], plain[i], ROOM);
		openssl_seal(key, key_len, salt, &p[i], aad, esn ? 12 : 8, expected[i] + MARGIN);
		p[i].text = work[i] + MARGIN + HEAD;
		p[i].src_len = take_number(&in) % (p[i].len + 1);
		p[i].src = p[i].src_len ? away[i] : NULL;
		memcpy(away[i], p[i].text, p[i].src_len);
		memset(p[i].text, 0xa5, p[i].src_len);
	}

	unit->seal(&k, p, n);
	for (i = 0; i < n; i++)
		must(!memcmp(work[i], expected[i], ROOM));

	bit %= 8 * (p[bad].len + ICV);
	p[bad].text[bit / 8] ^= 1 << bit % 8;
	unit->open(&k, p, n);
	for (i = 0; i < n; i++) {
		must(p[i].ok == (i != bad));
		if (i == bad)
			continue;
		memcpy(expected[i] + MARGIN + HEAD, plain[i] + MARGIN + HEAD, p[i].len);
		must(!memcmp(work[i], expected[i], ROOM));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct input in = { data, size };

	if (!__builtin_cpu_supports("aes") || !__builtin_cpu_supports("pclmul") || !__builtin_cpu_supports("sse4.1"))
		return 0;
	run(&dvti_gcm_aesni, in);
	if (__builtin_cpu_supports("avx"))
		run(&dvti_gcm_avx, in);
	if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("vpclmulqdq"))
		return 0;
	run(&dvti_gcm_vaes256, in);
	if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
	    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("bmi2"))
		run(&dvti_gcm_vaes512, in);
	return 0;
}
