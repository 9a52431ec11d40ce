/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's own xfrm policies and the inner packets that they should leave alone.
 */
#ifndef DVTI_HOST_POLICY_H
#define DVTI_HOST_POLICY_H

struct net_device;

/* RTNL held */
void dvti_host_policy_exempt(struct net_device *dev);
void dvti_host_policy_warn(struct net_device *dev);

#endif
