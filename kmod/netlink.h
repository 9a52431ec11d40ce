/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The generic netlink family: what its handlers share. Attributes and policies are in netlink_gen.h.
 */
#ifndef DVTI_NETLINK_H
#define DVTI_NETLINK_H

#include <net/genetlink.h>

#include "netlink_gen.h"

struct dvti_endpoints;
struct dvti_link;
struct dvti_sa;
struct dvti_selector;
struct dvti_selectors;

extern struct genl_family dvti_nl_family;

/* netlink_addr.c: endpoints */
int dvti_nl_put_address(struct sk_buff *skb, int attr, u8 family, const void *addr, __be16 port);
int dvti_nl_put_ends(struct sk_buff *skb, const struct dvti_endpoints *ends, int local, int remote, int encap);
int dvti_nl_parse_address(struct nlattr *attr, u8 *family, void *addr, __be16 *port, struct netlink_ext_ack *extack);
/*
 * New endpoints from attributes, each of which may be NULL, over those of @base (may be NULL). Return: NULL when
 * there is no attribute, else an object of the caller's, or ERR_PTR.
 */
struct dvti_endpoints *dvti_nl_parse_ends(struct nlattr *local, struct nlattr *remote, struct nlattr *encap,
					  const struct dvti_endpoints *base, struct netlink_ext_ack *extack);

/* netlink_selector.c */
#define DVTI_SELECTORS_MAX 255	/* as many as a TS payload can carry (RFC 7296 section 3.13) */
struct dvti_selectors *dvti_nl_parse_selectors(struct nlattr *sa, struct netlink_ext_ack *extack);
int dvti_nl_put_selector(struct sk_buff *msg, const struct dvti_selector *s);

/* netlink_sa.c: SAs in a request */
static inline int dvti_nl_parse_sa(struct nlattr *attr, struct nlattr **tb, struct netlink_ext_ack *extack)
{
	return nla_parse_nested(tb, DVTI_A_SA_MAX, attr, dvti_sa_nl_policy, extack);
}

int dvti_nl_make_sas(struct genl_info *info, struct list_head *sas);
void dvti_nl_discard_sas(struct list_head *sas);
int dvti_nl_install_sas(struct genl_info *info, struct dvti_link *link, struct list_head *sas);
struct dvti_sa *dvti_nl_find_sa(struct sk_buff *skb, struct genl_info *info, struct nlattr *attr, struct nlattr **tb);

/* netlink_show.c: links in an answer */
#define DVTI_NL_SA_SIZE (NLMSG_GOODSIZE + DVTI_SELECTORS_MAX * 160)	/* octets that an SA takes at most */
#define DVTI_NL_LINK_SIZE 2048	/* octets that a link takes, generously */
int dvti_nl_put_link(struct sk_buff *msg, const struct dvti_link *link, struct net *net);

/* netlink.c: the link that a request is about; RTNL */
struct dvti_link *dvti_nl_find_link(struct sk_buff *skb, struct net *net, struct nlattr *ifindex, struct nlattr *ifname,
				    struct netlink_ext_ack *extack);
struct dvti_link *dvti_nl_named_link(struct sk_buff *skb, struct genl_info *info, struct nlattr **tb);

int dvti_netlink_init(void);
void dvti_netlink_exit(void);

#endif
