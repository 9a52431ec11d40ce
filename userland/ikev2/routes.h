/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is routed to a session's link.
 */
#ifndef DVTI_IKEV2_ROUTES_H
#define DVTI_IKEV2_ROUTES_H

#include "session.h"

/* @child: whose remote selectors count, may be NULL; *@out is for free(), NULL when there are none. */
size_t routes_compute(const struct session *session, const struct child_sa *child, struct ike_prefix **out);

#endif
