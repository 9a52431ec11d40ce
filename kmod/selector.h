/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Traffic selectors that an SA enforces on inner packets (RFC 4301 section 4.4.1, RFC 7296 section 3.13).
 */
#ifndef DVTI_SELECTOR_H
#define DVTI_SELECTOR_H

#include <linux/in6.h>
#include <linux/types.h>

struct sk_buff;

struct dvti_selector {
	u8 family;
	u8 protocol;			/* 0: any */
	struct in6_addr lstart, lend;	/* IPv4 in the first four octets */
	struct in6_addr rstart, rend;
	u16 lport_start, lport_end;	/* host byte order */
	u16 rport_start, rport_end;
};

struct dvti_selectors {
	unsigned int n;
	struct dvti_selector s[];
};

/*
 * Does the inner packet at @ip (version checked, @len octets in linear memory from the IP header on) fit?
 * @out: the packet leaves, so its source is the local side. Context: any.
 */
bool dvti_selectors_match(const struct dvti_selectors *s, const void *ip, unsigned int len, bool out);

#endif
