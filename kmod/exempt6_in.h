/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IPv6 packets that come out of links for this host, and the host's xfrm policies that they should not meet.
 */
#ifndef DVTI_EXEMPT6_IN_H
#define DVTI_EXEMPT6_IN_H

struct net;

/* Process context */
int dvti_exempt6_in_start(struct net *net);
void dvti_exempt6_in_stop(struct net *net);

#endif
