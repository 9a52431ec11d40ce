/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network addresses and prefixes of either family, apart from any socket API.
 */
#ifndef DVTI_IKE_ADDR_H
#define DVTI_IKE_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/**
 * struct ike_addr - an address with a port
 * @family: AF_INET, AF_INET6, or AF_UNSPEC for none
 * @port: UDP port in host byte order, 0 where it does not matter
 * @scope: interface index of a link-local IPv6 address, or of the VRF in which an address of ours stands, else 0
 * @bytes: network byte order; IPv4 uses the first four, the rest is zero
 */
struct ike_addr {
	sa_family_t family;
	uint16_t port;
	uint32_t scope;
	uint8_t bytes[16];
};

struct ike_prefix {
	struct ike_addr addr;
	uint8_t len;
};

/** struct ike_range - addresses from @first to @last, both included, of one family */
struct ike_range {
	struct ike_addr first;
	struct ike_addr last;
};

#define IKE_ADDR_STRLEN 64 /* "[v6%scope]:port" fits */

size_t ike_addr_size(const struct ike_addr *a); /* 4, 16, or 0 for AF_UNSPEC */
bool ike_addr_equal(const struct ike_addr *a, const struct ike_addr *b);      /* with the port */
bool ike_addr_same_host(const struct ike_addr *a, const struct ike_addr *b);  /* without it */
int ike_addr_compare(const struct ike_addr *a, const struct ike_addr *b);     /* memcmp order, one family */
bool ike_addr_parse(struct ike_addr *a, const char *text);                    /* no port, no name lookup */
bool ike_prefix_parse(struct ike_prefix *p, const char *text);                /* "10.0.0.0/8"; host bits must be 0 */
bool ike_range_parse(struct ike_range *r, const char *text);                  /* "a-b", "a - b" or a prefix */
bool ike_prefix_contains(const struct ike_prefix *p, const struct ike_addr *a);
void ike_addr_from_sockaddr(struct ike_addr *a, const struct sockaddr *sa);
socklen_t ike_addr_to_sockaddr(const struct ike_addr *a, struct sockaddr_storage *ss);

/* Text into @buf of IKE_ADDR_STRLEN octets; returned for use as an argument. */
const char *ike_addr_text(const struct ike_addr *a, char *buf);          /* host only */
const char *ike_addr_port_text(const struct ike_addr *a, char *buf);     /* 192.0.2.1:500, [2001:db8::1]:500 */
const char *ike_prefix_text(const struct ike_prefix *p, char *buf);

#endif
