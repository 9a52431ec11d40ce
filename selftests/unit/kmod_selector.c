// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which inner packets an SA carries: ranges, protocols, ports, ICMP, fragments, IPv6 extension headers, and
 * packets that end where they should not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "selector.c"

static const u8 tcp4[] = {
	0x45, 0, 0, 44, 0, 0, 0, 0, 64, IPPROTO_TCP, 0, 0, 10, 1, 0, 5, 10, 2, 0, 9,
	0x04, 0x00, 0x00, 0x50, 0, 0, 0, 0,	/* 1024 to 80 */
};

/* TCP behind hop-by-hop and destination options */
static const u8 tcp6[] = {
	0x60, 0, 0, 0, 0, 24, IPPROTO_HOPOPTS, 64,
	0xfd, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5,
	0xfd, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9,
	IPPROTO_DSTOPTS, 0, 1, 4, 0, 0, 0, 0,
	IPPROTO_TCP, 0, 1, 4, 0, 0, 0, 0,
	0x04, 0x00, 0x00, 0x50, 0, 0, 0, 0,
};

struct one {
	struct dvti_selectors head;
	struct dvti_selector s;
};

static void set4(struct in6_addr *addr, u8 a, u8 b, u8 c, u8 d)
{
	memset(addr, 0, sizeof(*addr));
	addr->s6_addr[0] = a;
	addr->s6_addr[1] = b;
	addr->s6_addr[2] = c;
	addr->s6_addr[3] = d;
}

/* Local 10.1.0.0/24, remote 10.2.0.0/24, anything else open */
static struct dvti_selectors *nets4(struct one *one)
{
	struct dvti_selector *s = &one->head.s[0];

	memset(one, 0, sizeof(*one));
	one->head.n = 1;
	s->family = AF_INET;
	set4(&s->lstart, 10, 1, 0, 0);
	set4(&s->lend, 10, 1, 0, 255);
	set4(&s->rstart, 10, 2, 0, 0);
	set4(&s->rend, 10, 2, 0, 255);
	s->lport_end = 65535;
	s->rport_end = 65535;
	return &one->head;
}

static struct dvti_selectors *any6(struct one *one)
{
	struct dvti_selector *s = &one->head.s[0];

	memset(one, 0, sizeof(*one));
	one->head.n = 1;
	s->family = AF_INET6;
	memset(&s->lend, 0xff, sizeof(s->lend));
	memset(&s->rend, 0xff, sizeof(s->rend));
	s->lport_end = 65535;
	s->rport_end = 65535;
	return &one->head;
}

static void no_selectors_take_anything(void **unused)
{
	(void)unused;
	assert_true(dvti_selectors_match(NULL, tcp4, sizeof(tcp4), true));
}

static void addresses_have_a_direction(void **unused)
{
	struct one one;
	struct dvti_selectors *s = nets4(&one);

	(void)unused;
	assert_true(dvti_selectors_match(s, tcp4, sizeof(tcp4), true));
	assert_false(dvti_selectors_match(s, tcp4, sizeof(tcp4), false));
}

static void ranges_include_their_ends(void **unused)
{
	struct one one;
	struct dvti_selectors *s = nets4(&one);

	(void)unused;
	set4(&s->s[0].lstart, 10, 1, 0, 5);
	set4(&s->s[0].lend, 10, 1, 0, 5);
	assert_true(dvti_selectors_match(s, tcp4, sizeof(tcp4), true));
	set4(&s->s[0].lend, 10, 1, 0, 4);
	assert_false(dvti_selectors_match(s, tcp4, sizeof(tcp4), true));
	set4(&s->s[0].lstart, 10, 1, 0, 6);
	set4(&s->s[0].lend, 10, 1, 1, 0);
	assert_false(dvti_selectors_match(s, tcp4, sizeof(tcp4), true));
}

static void ports_and_protocol_count(void **unused)
{
	struct one one;
	struct dvti_selectors *s = nets4(&one);

	(void)unused;
	s->s[0].protocol = IPPROTO_TCP;
	s->s[0].rport_start = 80;
	s->s[0].rport_end = 81;
	assert_true(dvti_selectors_match(s, tcp4, sizeof(tcp4), true));
	s->s[0].rport_start = 81;
	assert_false(dvti_selectors_match(s, tcp4, sizeof(tcp4), true));
	s->s[0].rport_start = 0;
	s->s[0].lport_start = 1025;
	assert_false(dvti_selectors_match(s, tcp4, sizeof(tcp4), true));
	s->s[0].lport_start = 0;
	s->s[0].protocol = IPPROTO_UDP;
	assert_false(dvti_selectors_match(s, tcp4, sizeof(tcp4), true));
}

static void later_fragments_match_only_any_port(void **unused)
{
	struct one one;
	struct dvti_selectors *s = nets4(&one);
	u8 fragment[sizeof(tcp4)];

	(void)unused;
	memcpy(fragment, tcp4, sizeof(tcp4));
	fragment[7] = 100;
	assert_true(dvti_selectors_match(s, fragment, sizeof(fragment), true));
	s->s[0].rport_start = 80;
	s->s[0].rport_end = 80;
	assert_false(dvti_selectors_match(s, fragment, sizeof(fragment), true));
	s->s[0].rport_start = 65535;
	s->s[0].rport_end = 0;
	assert_true(dvti_selectors_match(s, fragment, sizeof(fragment), true));
	assert_false(dvti_selectors_match(s, tcp4, sizeof(tcp4), true));
	/* The first fragment has its ports. */
	fragment[6] = 0x20;
	fragment[7] = 0;
	assert_false(dvti_selectors_match(s, fragment, sizeof(fragment), true));
}

static void icmp_type_and_code_stand_for_ports(void **unused)
{
	struct one one;
	struct dvti_selectors *s = nets4(&one);
	u8 echo[sizeof(tcp4)];

	(void)unused;
	memcpy(echo, tcp4, sizeof(tcp4));
	echo[9] = IPPROTO_ICMP;
	echo[20] = 8;
	echo[21] = 0;
	s->s[0].protocol = IPPROTO_ICMP;
	s->s[0].lport_start = s->s[0].rport_start = 0x0800;
	s->s[0].lport_end = s->s[0].rport_end = 0x08ff;
	assert_true(dvti_selectors_match(s, echo, sizeof(echo), true));
	echo[20] = 3;
	assert_false(dvti_selectors_match(s, echo, sizeof(echo), true));
}

static void ipv6_extension_headers_are_walked(void **unused)
{
	struct one one;
	struct dvti_selectors *s = any6(&one);

	(void)unused;
	s->s[0].protocol = IPPROTO_TCP;
	s->s[0].rport_start = 80;
	s->s[0].rport_end = 80;
	assert_true(dvti_selectors_match(s, tcp6, sizeof(tcp6), true));
	assert_false(dvti_selectors_match(s, tcp6, sizeof(tcp6), false));
	assert_false(dvti_selectors_match(s, tcp4, sizeof(tcp4), true));
}

static void ipv6_fragments(void **unused)
{
	struct one one;
	struct dvti_selectors *s = any6(&one);
	u8 fragment[sizeof(tcp6)];

	(void)unused;
	memcpy(fragment, tcp6, sizeof(tcp6));
	fragment[40] = IPPROTO_FRAGMENT;
	fragment[48] = IPPROTO_TCP;
	fragment[50] = 0;
	s->s[0].protocol = IPPROTO_TCP;
	s->s[0].rport_start = s->s[0].rport_end = 80;
	fragment[51] = 1;	/* the first, more to come */
	assert_true(dvti_selectors_match(s, fragment, sizeof(fragment), true));
	fragment[51] = 8;	/* a later one */
	assert_false(dvti_selectors_match(s, fragment, sizeof(fragment), true));
	s->s[0].rport_start = 0;
	s->s[0].rport_end = 65535;
	assert_true(dvti_selectors_match(s, fragment, sizeof(fragment), true));
}

/* Each packet cut at every length, in memory that ends there: the sanitizers see any step too far. */
static void truncated_packets_never_match_ports(void **unused)
{
	static const struct { const u8 *p; unsigned int len, ports_end; } cases[] = {
		{ tcp4, sizeof(tcp4), 24 }, { tcp6, sizeof(tcp6), 60 },
	};
	struct { struct dvti_selectors head; struct dvti_selector s[2]; } both;
	struct one one;

	(void)unused;
	memset(&both, 0, sizeof(both));
	both.s[0] = nets4(&one)->s[0];
	both.s[1] = any6(&one)->s[0];
	both.head.n = 2;
	both.s[0].rport_start = both.s[0].rport_end = 80;
	both.s[1].rport_start = both.s[1].rport_end = 80;

	for (unsigned int i = 0; i < 2; i++) {
		for (unsigned int len = 0; len <= cases[i].len; len++) {
			u8 *p = malloc(len ? len : 1);

			assert_non_null(p);
			memcpy(p, cases[i].p, len);
			assert_int_equal(dvti_selectors_match(&both.head, p, len, true), len >= cases[i].ports_end);
			free(p);
		}
	}
}

static void a_bad_header_never_matches(void **unused)
{
	struct one one;
	struct dvti_selectors *s = nets4(&one);
	u8 bad[sizeof(tcp4)];

	(void)unused;
	memcpy(bad, tcp4, sizeof(tcp4));
	bad[0] = 0x44;
	assert_false(dvti_selectors_match(s, bad, sizeof(bad), true));
	bad[0] = 0x4f;
	assert_false(dvti_selectors_match(s, bad, sizeof(bad), true));
	bad[0] = 0x55;
	assert_false(dvti_selectors_match(s, bad, sizeof(bad), true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_selectors_take_anything),
		cmocka_unit_test(addresses_have_a_direction),
		cmocka_unit_test(ranges_include_their_ends),
		cmocka_unit_test(ports_and_protocol_count),
		cmocka_unit_test(later_fragments_match_only_any_port),
		cmocka_unit_test(icmp_type_and_code_stand_for_ports),
		cmocka_unit_test(ipv6_extension_headers_are_walked),
		cmocka_unit_test(ipv6_fragments),
		cmocka_unit_test(truncated_packets_never_match_ports),
		cmocka_unit_test(a_bad_header_never_matches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
