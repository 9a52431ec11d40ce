/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's own xfrm policies and the inner packets that they should leave alone.
 */
#ifndef DVTI_HOST_POLICY_H
#define DVTI_HOST_POLICY_H

struct net_device;

/** enum dvti_exemption - whether something is done about policies in a netns */
enum dvti_exemption {
	DVTI_EXEMPTION_IDLE,	/* there are none, or no link is up */
	DVTI_EXEMPTION_ACTIVE,
	DVTI_EXEMPTION_FAILED,	/* there is no way; has been logged */
};

/**
 * struct dvti_host_policy - a netns's part
 * @links_up: devices that are up there; RTNL writes
 * @out: for packets routed into links; RTNL writes
 * @in: for packets out of links for this host; RTNL writes
 */
struct dvti_host_policy {
	unsigned int links_up;
	enum dvti_exemption out;
	enum dvti_exemption in;
};

/* RTNL held */
void dvti_host_policy_exempt(struct net_device *dev);
void dvti_host_policy_link_up(struct net_device *dev);
void dvti_host_policy_link_down(struct net_device *dev);

void dvti_host_policy_init(void);
void dvti_host_policy_exit(void);	/* after the last link */

#endif
