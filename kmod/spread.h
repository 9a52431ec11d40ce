/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When is a CPU so busy that others should work on its batches, and which?
 */
#ifndef DVTI_SPREAD_H
#define DVTI_SPREAD_H

#include <linux/types.h>

struct dvti_lane;
struct net_device;

/* BH disabled, on the gathering CPU */
unsigned int dvti_spread_packets(void);		/* that a lane may hold */
bool dvti_spread_busy(void);
void dvti_spread_ask(struct dvti_lane *lane);

/* Process context; may sleep */
int dvti_spread_init(struct net_device *dev);
void dvti_spread_settle(void);			/* all lanes are idle for good; see dvti_lane_settle() */
void dvti_spread_exit(void);

#endif
