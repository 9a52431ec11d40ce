/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Traffic selectors (RFC 7296 sections 2.9 and 3.13) and their narrowing.
 */
#ifndef DVTI_IKE_TS_H
#define DVTI_IKE_TS_H

#include "addr.h"

/** struct ike_ts - one selector; ports in host byte order, protocol 0 for any */
struct ike_ts {
	struct ike_addr start, end;
	uint8_t protocol;
	uint16_t port_start, port_end;
};

#define IKE_TS_STRLEN 160

void ike_ts_any(struct ike_ts *ts, sa_family_t family);
bool ike_ts_is_any(const struct ike_ts *ts);
/* "10.0.0.0/8", "10.0.0.1-10.0.0.9", "10.0.0.0/8 tcp 80-90", "2001:db8::/32 icmpv6" */
bool ike_ts_parse(struct ike_ts *ts, const char *text);
bool ike_ts_equal(const struct ike_ts *a, const struct ike_ts *b);
/* The packets that both take; false when there are none. */
bool ike_ts_intersect(const struct ike_ts *a, const struct ike_ts *b, struct ike_ts *out);
/* All pairwise intersections of two lists without those contained in another; @out holds @max. */
size_t ike_ts_narrow(const struct ike_ts *offer, size_t n_offer, const struct ike_ts *ours, size_t n_ours,
		     struct ike_ts *out, size_t max);
/* Smallest number of prefixes that cover exactly start … end; returns how many were written. */
size_t ike_ts_prefixes(const struct ike_ts *ts, struct ike_prefix *out, size_t max);
const char *ike_ts_text(const struct ike_ts *ts, char buf[IKE_TS_STRLEN]);

#endif
