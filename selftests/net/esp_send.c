// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * esp_send: one ESP packet with AES-GCM, right or wrong as the test wants it.
 *
 *	esp_send local=10.2.0.1 remote=10.1.0.1 spi=0x1021 key=HEX seq=7 echo=192.168.9.2,192.168.9.1
 *
 *	seq=N		full sequence number; its upper half is authenticated with the word esn
 *	echo=FROM,TO	the inner packet is an ICMP echo request, else
 *	inner=HEX	these octets
 *	behind=N	octets of filling behind the inner packet
 *	next=N		next header, else by the inner packet's version
 *	pad=N		what the pad length field says, else the truth
 *	tos=N		traffic class of the outer header
 *	inner-tos=N	of the inner packet
 *	cut=N		send only so many octets, counted from the ESP header
 *	flip=N		alter the octet there, after sealing
 *	port=N		in UDP from this port to 4500
 *	count=N		so many packets, with ascending sequence numbers
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PACKET_MAX 4096
#define SALT_LEN 4
#define IV_LEN 8
#define ICV_LEN 16
#define HEAD_LEN (8 + IV_LEN)

static struct {
	struct sockaddr_storage local, remote;
	uint32_t spi;
	uint64_t seq;
	bool esn;
	uint8_t key[36];
	size_t key_len;
	uint8_t inner[PACKET_MAX];
	size_t inner_len;
	long behind, next, pad, tos, inner_tos, cut, flip, port, count;
} opt = { .next = -1, .pad = -1, .inner_tos = -1, .cut = -1, .flip = -1, .count = 1 };

static void __attribute__((format(printf, 1, 2), noreturn)) die(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fputs("esp_send: ", stderr);
	vfprintf(stderr, format, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(2);
}

static size_t unhex(const char *text, uint8_t *out, size_t max)
{
	size_t n = strlen(text) / 2;

	if (n > max)
		die("too long: %s", text);
	for (size_t i = 0; i < n; i++)
		if (sscanf(text + 2 * i, "%2hhx", &out[i]) != 1)
			die("not hexadecimal: %s", text);
	return n;
}

static void address(const char *text, struct sockaddr_storage *out)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
	struct sockaddr_in *in4 = (struct sockaddr_in *)out;

	if (inet_pton(AF_INET, text, &in4->sin_addr) == 1)
		in4->sin_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &in6->sin6_addr) == 1)
		in6->sin6_family = AF_INET6;
	else
		die("not an address: %s", text);
}

static uint16_t checksum(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += i & 1 ? p[i] : p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

static void echo_request(char *text)
{
	struct iphdr *ip = (struct iphdr *)opt.inner;
	struct icmphdr *icmp = (struct icmphdr *)(ip + 1);
	char *to = strchr(text, ',');

	if (!to)
		die("echo=FROM,TO is wanted");
	*to++ = 0;
	opt.inner_len = sizeof(*ip) + sizeof(*icmp) + 32;
	ip->version = 4;
	ip->ihl = 5;
	ip->tot_len = htons(opt.inner_len);
	ip->ttl = 64;
	ip->protocol = IPPROTO_ICMP;
	if (inet_pton(AF_INET, text, &ip->saddr) != 1 || inet_pton(AF_INET, to, &ip->daddr) != 1)
		die("not IPv4 addresses: %s, %s", text, to);
	icmp->type = ICMP_ECHO;
	icmp->un.echo.id = htons(0x1234);
	icmp->checksum = checksum(icmp, opt.inner_len - sizeof(*ip));
}

static void word(char *text)
{
	static const struct { const char *name; long *value; } numbers[] = {
		{ "behind", &opt.behind }, { "next", &opt.next }, { "pad", &opt.pad }, { "tos", &opt.tos },
		{ "inner-tos", &opt.inner_tos }, { "cut", &opt.cut }, { "flip", &opt.flip }, { "port", &opt.port },
		{ "count", &opt.count },
	};
	char *value = strchr(text, '=');

	if (!strcmp(text, "esn")) {
		opt.esn = true;
		return;
	}
	if (!value)
		die("unknown word \"%s\"", text);
	*value++ = 0;

	if (!strcmp(text, "local")) {
		address(value, &opt.local);
	} else if (!strcmp(text, "remote")) {
		address(value, &opt.remote);
	} else if (!strcmp(text, "spi")) {
		opt.spi = strtoul(value, NULL, 0);
	} else if (!strcmp(text, "seq")) {
		opt.seq = strtoull(value, NULL, 0);
	} else if (!strcmp(text, "key")) {
		opt.key_len = unhex(value, opt.key, sizeof(opt.key));
	} else if (!strcmp(text, "inner")) {
		opt.inner_len = unhex(value, opt.inner, sizeof(opt.inner));
	} else if (!strcmp(text, "echo")) {
		echo_request(value);
	} else {
		for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
			if (!strcmp(text, numbers[i].name)) {
				*numbers[i].value = strtol(value, NULL, 0);
				return;
			}
		}
		die("unknown word \"%s\"", text);
	}
}

static void put_be32(uint8_t *p, uint32_t v)
{
	v = htonl(v);
	memcpy(p, &v, 4);
}

/* Payload with trailer stands at @p + HEAD_LEN already. */
static void seal(uint8_t *p, size_t payload, uint64_t seq)
{
	size_t secret = opt.key_len - SALT_LEN;
	uint8_t nonce[SALT_LEN + IV_LEN], aad[12];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	const EVP_CIPHER *cipher = secret == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm();
	size_t aad_len = 4;
	int n;

	put_be32(p, opt.spi);
	put_be32(p + 4, seq);
	put_be32(p + 8, seq >> 32);
	put_be32(p + 12, seq);
	memcpy(nonce, opt.key + secret, SALT_LEN);
	memcpy(nonce + SALT_LEN, p + 8, IV_LEN);
	memcpy(aad, p, 4);
	if (opt.esn) {
		put_be32(aad + aad_len, seq >> 32);
		aad_len += 4;
	}
	put_be32(aad + aad_len, seq);
	aad_len += 4;

	if (!ctx || EVP_EncryptInit_ex(ctx, cipher, NULL, opt.key, nonce) != 1 ||
	    EVP_EncryptUpdate(ctx, NULL, &n, aad, aad_len) != 1 ||
	    EVP_EncryptUpdate(ctx, p + HEAD_LEN, &n, p + HEAD_LEN, payload) != 1 ||
	    EVP_EncryptFinal_ex(ctx, p + HEAD_LEN + n, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, ICV_LEN, p + HEAD_LEN + payload) != 1)
		die("OpenSSL cannot seal");
	EVP_CIPHER_CTX_free(ctx);
}

static size_t build(uint8_t *p, uint64_t seq)
{
	size_t len = opt.inner_len + opt.behind;
	size_t pad = -(len + 2) & 3;
	uint8_t *at = p + HEAD_LEN;

	memcpy(at, opt.inner, opt.inner_len);
	memset(at + opt.inner_len, 0x5a, opt.behind);
	at += len;
	for (size_t i = 1; i <= pad; i++)
		*at++ = i;
	*at++ = opt.pad >= 0 ? opt.pad : (long)pad;
	*at++ = opt.next >= 0 ? opt.next : (opt.inner[0] >> 4 == 6 ? IPPROTO_IPV6 : IPPROTO_IPIP);
	seal(p, at - p - HEAD_LEN, seq);
	len = at - p + ICV_LEN;

	if (opt.flip >= 0 && (size_t)opt.flip < len)
		p[opt.flip] ^= 1;
	if (opt.cut >= 0 && (size_t)opt.cut < len)
		len = opt.cut;
	return len;
}

static int open_socket(void)
{
	int family = opt.remote.ss_family, tos = opt.tos, fd;
	socklen_t size = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);

	if (family != opt.local.ss_family)
		die("local and remote are wanted, of one family");
	if (opt.port) {
		/* Port of either family stands in the same place. */
		((struct sockaddr_in *)&opt.local)->sin_port = htons(opt.port);
		((struct sockaddr_in *)&opt.remote)->sin_port = htons(4500);
	}

	fd = socket(family, opt.port ? SOCK_DGRAM : SOCK_RAW, opt.port ? IPPROTO_UDP : IPPROTO_ESP);
	if (fd < 0 || bind(fd, (struct sockaddr *)&opt.local, size))
		die("socket: %s", strerror(errno));
	if (family == AF_INET)
		setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
	else
		setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof(tos));
	if (connect(fd, (struct sockaddr *)&opt.remote, size))
		die("connect: %s", strerror(errno));
	return fd;
}

int main(int argc, char **argv)
{
	static uint8_t packet[2 * PACKET_MAX];
	size_t len;
	int fd;

	for (int i = 1; i < argc; i++)
		word(argv[i]);
	if (opt.key_len != 20 && opt.key_len != 36)
		die("key= of 20 or 36 octets is wanted");
	if (opt.behind < 0 || opt.behind > PACKET_MAX / 2)
		die("behind=%ld is too much", opt.behind);
	if (opt.inner_tos >= 0 && opt.inner_len >= sizeof(struct iphdr)) {
		struct iphdr *ip = (struct iphdr *)opt.inner;

		ip->tos = opt.inner_tos;
	}
	if (opt.inner_len >= sizeof(struct iphdr) && opt.inner[0] == 0x45) {
		struct iphdr *ip = (struct iphdr *)opt.inner;

		ip->check = 0;
		ip->check = checksum(ip, sizeof(*ip));
	}

	fd = open_socket();
	for (long i = 0; i < opt.count; i++) {
		len = build(packet, opt.seq + i);
		if (send(fd, packet, len, 0) != (ssize_t)len)
			die("send: %s", strerror(errno));
	}
	close(fd);
	return 0;
}
