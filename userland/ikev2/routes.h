/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is routed to a session's link.
 */
#ifndef DVTI_IKEV2_ROUTES_H
#define DVTI_IKEV2_ROUTES_H

#include "session.h"

/**
 * struct routes_refused - what is not routed though the peer announced it
 * @text: "10.99.0.0/24 (overlaps pool "p"), …", cut off where it gets too long; empty when @n is 0
 * @blocked: some of it only because of another session
 */
struct routes_refused {
	size_t n;
	bool blocked;
	char text[1024];
};

/* @child: whose remote selectors count, may be NULL; *@out is for free(), NULL when there are none. */
size_t routes_compute(const struct session *session, const struct child_sa *child, struct ike_prefix **out,
		      struct routes_refused *refused);

#endif
