// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What an administrator or a script writes: identities, patterns, addresses, prefixes, ranges, selectors,
 * transforms. What is printed of an address or a selector must parse to the same again.
 */
#include <stdlib.h>
#include <string.h>

#include "ike/id.h"
#include "ike/suite.h"
#include "ike/ts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void identities(const char *text)
{
	struct ike_id_match m;
	char buf[IKE_ID_STRLEN];
	struct ike_id id;

	if (!ike_id_parse(&id, text))
		id = (struct ike_id){ .type = IKE_ID_FQDN, .len = 3, .data = "hub" };
	require(id.len > 0 && id.len <= IKE_ID_MAX);
	require(strlen(ike_id_text(&id, buf)) < sizeof(buf));
	require(ike_id_equal(&id, &id));
	if (ike_id_match_parse(&m, text)) {
		ike_id_match(&m, &id);
		require(strlen(ike_id_match_text(&m, buf)) < sizeof(buf));
	}
}

static void addresses(const char *text)
{
	struct ike_prefix p, p2;
	char buf[IKE_ADDR_STRLEN];
	struct ike_addr a, a2;
	struct ike_range r;

	if (ike_addr_parse(&a, text))
		require(ike_addr_parse(&a2, ike_addr_text(&a, buf)) && ike_addr_equal(&a, &a2));
	if (ike_prefix_parse(&p, text)) {
		require(ike_prefix_contains(&p, &p.addr) || p.addr.scope);
		require(ike_prefix_parse(&p2, ike_prefix_text(&p, buf)) && p.len == p2.len &&
			ike_addr_equal(&p.addr, &p2.addr));
	}
	if (ike_range_parse(&r, text))
		require(ike_addr_compare(&r.first, &r.last) <= 0);
}

static void selectors(const char *text)
{
	char buf[IKE_TS_STRLEN];
	struct ike_ts ts, again;

	if (!ike_ts_parse(&ts, text))
		return;
	require(ike_ts_parse(&again, ike_ts_text(&ts, buf)) && ike_ts_equal(&ts, &again));
	require(ike_ts_intersect(&ts, &ts, &again) && ike_ts_equal(&ts, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ike_transform t;
	char *text;

	text = malloc(size + 1);
	memcpy(text, data, size);
	text[size] = '\0';
	identities(text);
	addresses(text);
	selectors(text);
	for (uint8_t type = 0; type < 8; type++)
		for (uint8_t protocol = 0; protocol < 5; protocol++)
			if (ike_transform_parse(protocol, type, text, &t))
				require(t.type == type);
	free(text);
	return 0;
}
