/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/dvti.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_DVTI_GEN_H
#define _LINUX_DVTI_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/linux/dvti.h>

/* Common nested types */
extern const struct nla_policy dvti_address_nl_policy[DVTI_A_ADDRESS_PORT + 1];
extern const struct nla_policy dvti_link_nl_policy[DVTI_A_LINK_TTL_INHERIT + 1];
extern const struct nla_policy dvti_link_stats_nl_policy[DVTI_A_LINK_STATS_RX_GRE + 1];
extern const struct nla_policy dvti_sa_nl_policy[DVTI_A_SA_ALLOW_UNENCRYPTED + 1];
extern const struct nla_policy dvti_sa_stats_nl_policy[DVTI_A_SA_STATS_SELECTOR + 1];
extern const struct nla_policy dvti_selector_nl_policy[DVTI_A_SELECTOR_REMOTE_PORT_END + 1];
extern const struct nla_policy dvti_spi_nl_policy[DVTI_A_SPI_SECONDS + 1];

extern const struct nla_policy dvti_link_new_nl_policy[DVTI_A_SA + 1];

extern const struct nla_policy dvti_link_set_nl_policy[DVTI_A_LINK + 1];

extern const struct nla_policy dvti_link_get_nl_policy[DVTI_A_LINK + 1];

extern const struct nla_policy dvti_link_del_nl_policy[DVTI_A_LINK + 1];

extern const struct nla_policy dvti_sa_new_nl_policy[DVTI_A_SA + 1];

extern const struct nla_policy dvti_sa_update_nl_policy[DVTI_A_SA + 1];

extern const struct nla_policy dvti_sa_get_nl_policy[DVTI_A_SA + 1];

extern const struct nla_policy dvti_sa_del_nl_policy[DVTI_A_SA + 1];

extern const struct nla_policy dvti_sa_flush_nl_policy[DVTI_A_SA + 1];

extern const struct nla_policy dvti_spi_reserve_nl_policy[DVTI_A_SPI + 1];

/* Ops table for dvti */
extern const struct genl_ops dvti_nl_ops[10];
extern const struct genl_multicast_group dvti_nl_mcgrps[1];

int dvti_nl_link_new_doit(struct sk_buff *skb, struct genl_info *info);
int dvti_nl_link_set_doit(struct sk_buff *skb, struct genl_info *info);
int dvti_nl_link_get_doit(struct sk_buff *skb, struct genl_info *info);
int dvti_nl_link_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int dvti_nl_link_del_doit(struct sk_buff *skb, struct genl_info *info);
int dvti_nl_sa_new_doit(struct sk_buff *skb, struct genl_info *info);
int dvti_nl_sa_update_doit(struct sk_buff *skb, struct genl_info *info);
int dvti_nl_sa_get_doit(struct sk_buff *skb, struct genl_info *info);
int dvti_nl_sa_get_start(struct netlink_callback *cb);
int dvti_nl_sa_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int dvti_nl_sa_del_doit(struct sk_buff *skb, struct genl_info *info);
int dvti_nl_sa_flush_doit(struct sk_buff *skb, struct genl_info *info);
int dvti_nl_spi_reserve_doit(struct sk_buff *skb, struct genl_info *info);

enum {
	DVTI_NLGRP_EVENTS,
};

#endif /* _LINUX_DVTI_GEN_H */
