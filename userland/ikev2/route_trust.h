/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How far a peer is believed when it says which networks are behind it.
 */
#ifndef DVTI_IKEV2_ROUTE_TRUST_H
#define DVTI_IKEV2_ROUTE_TRUST_H

#include "session.h"

#define ROUTE_DISTRUST_MAX 160

/**
 * route_distrust() - is there a reason not to route @prefix to the session's link?
 * @why: receives the reason in words
 * @blocked: set when the reason is another session, so that it may go away
 *
 * Return: true if there is.
 */
bool route_distrust(const struct session *session, const struct ike_prefix *prefix, char why[ROUTE_DISTRUST_MAX],
		    bool *blocked);

#endif
