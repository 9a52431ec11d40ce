/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IPv6 packets routed into links, and the host's xfrm policies that they should not meet.
 */
#ifndef DVTI_EXEMPT6_OUT_H
#define DVTI_EXEMPT6_OUT_H

/* RTNL held */
int dvti_exempt6_out_get(void);
void dvti_exempt6_out_put(void);

void dvti_exempt6_out_exit(void);	/* after the last put */

#endif
