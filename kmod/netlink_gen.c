// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/dvti.yaml */
/* YNL-GEN kernel source */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "netlink_gen.h"

#include <uapi/linux/dvti.h>

/* Common nested types */
const struct nla_policy dvti_address_nl_policy[DVTI_A_ADDRESS_PORT + 1] = {
	[DVTI_A_ADDRESS_IPV4] = { .type = NLA_U32, },
	[DVTI_A_ADDRESS_IPV6] = NLA_POLICY_EXACT_LEN(16),
	[DVTI_A_ADDRESS_PORT] = { .type = NLA_U16, },
};

const struct nla_policy dvti_link_nl_policy[DVTI_A_LINK_TTL_INHERIT + 1] = {
	[DVTI_A_LINK_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[DVTI_A_LINK_IFNAME] = { .type = NLA_NUL_STRING, .len = 15, },
	[DVTI_A_LINK_ROLE] = NLA_POLICY_MAX(NLA_U32, 2),
	[DVTI_A_LINK_TEMPLATE_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[DVTI_A_LINK_MODE] = NLA_POLICY_MAX(NLA_U32, 1),
	[DVTI_A_LINK_LOCAL] = NLA_POLICY_NESTED(dvti_address_nl_policy),
	[DVTI_A_LINK_REMOTE] = NLA_POLICY_NESTED(dvti_address_nl_policy),
	[DVTI_A_LINK_ENCAP] = NLA_POLICY_MAX(NLA_U32, 1),
	[DVTI_A_LINK_NETNS_FD] = { .type = NLA_S32, },
	[DVTI_A_LINK_NETNS_ID] = { .type = NLA_S32, },
	[DVTI_A_LINK_MASTER_IFINDEX] = { .type = NLA_U32, },
	[DVTI_A_LINK_MTU] = { .type = NLA_U32, },
	[DVTI_A_LINK_DF] = NLA_POLICY_MAX(NLA_U32, 2),
	[DVTI_A_LINK_DSCP] = NLA_POLICY_MAX(NLA_U32, 1),
	[DVTI_A_LINK_DSCP_VALUE] = NLA_POLICY_MAX(NLA_U8, 63),
	[DVTI_A_LINK_TTL] = { .type = NLA_U8, },
	[DVTI_A_LINK_FWMARK] = { .type = NLA_U32, },
	[DVTI_A_LINK_UNDERLAY_IFINDEX] = { .type = NLA_U32, },
	[DVTI_A_LINK_TRIGGER_QUEUE] = NLA_POLICY_MAX(NLA_U32, 256),
	[DVTI_A_LINK_COOKIE] = { .type = NLA_U64, },
	[DVTI_A_LINK_UP] = { .type = NLA_FLAG, },
	[DVTI_A_LINK_STATS] = NLA_POLICY_NESTED(dvti_link_stats_nl_policy),
	[DVTI_A_LINK_TCP_MSS] = { .type = NLA_U32, },
	[DVTI_A_LINK_GRE_KEY] = { .type = NLA_U32, },
	[DVTI_A_LINK_FRAGMENT] = NLA_POLICY_MAX(NLA_U32, 2),
	[DVTI_A_LINK_MTU_IGNORE] = NLA_POLICY_MAX(NLA_U8, 1),
	[DVTI_A_LINK_TTL_INHERIT] = NLA_POLICY_MAX(NLA_U8, 1),
};

const struct nla_policy dvti_link_stats_nl_policy[DVTI_A_LINK_STATS_RX_GRE + 1] = {
	[DVTI_A_LINK_STATS_TX_PACKETS] = { .type = NLA_U64, },
	[DVTI_A_LINK_STATS_TX_BYTES] = { .type = NLA_U64, },
	[DVTI_A_LINK_STATS_RX_PACKETS] = { .type = NLA_U64, },
	[DVTI_A_LINK_STATS_RX_BYTES] = { .type = NLA_U64, },
	[DVTI_A_LINK_STATS_TX_NO_SA] = { .type = NLA_U64, },
	[DVTI_A_LINK_STATS_TX_TRIGGER_EXPIRED] = { .type = NLA_U64, },
	[DVTI_A_LINK_STATS_TX_SELECTOR] = { .type = NLA_U64, },
	[DVTI_A_LINK_STATS_TX_TOO_BIG] = { .type = NLA_U64, },
	[DVTI_A_LINK_STATS_TX_NO_ROUTE] = { .type = NLA_U64, },
	[DVTI_A_LINK_STATS_TX_LOOP] = { .type = NLA_U64, },
	[DVTI_A_LINK_STATS_TX_NO_MEMORY] = { .type = NLA_U64, },
	[DVTI_A_LINK_STATS_TX_SEQUENCE] = { .type = NLA_U64, },
	[DVTI_A_LINK_STATS_TX_CRYPTO] = { .type = NLA_U64, },
	[DVTI_A_LINK_STATS_TX_NOT_IP] = { .type = NLA_U64, },
	[DVTI_A_LINK_STATS_TX_EXPIRED] = { .type = NLA_U64, },
	[DVTI_A_LINK_STATS_RX_TRUNCATED] = { .type = NLA_U64, },
	[DVTI_A_LINK_STATS_RX_REPLAY] = { .type = NLA_U64, },
	[DVTI_A_LINK_STATS_RX_INTEGRITY] = { .type = NLA_U64, },
	[DVTI_A_LINK_STATS_RX_PADDING] = { .type = NLA_U64, },
	[DVTI_A_LINK_STATS_RX_NEXT_HEADER] = { .type = NLA_U64, },
	[DVTI_A_LINK_STATS_RX_INNER] = { .type = NLA_U64, },
	[DVTI_A_LINK_STATS_RX_SELECTOR] = { .type = NLA_U64, },
	[DVTI_A_LINK_STATS_RX_ECN] = { .type = NLA_U64, },
	[DVTI_A_LINK_STATS_RX_NO_MEMORY] = { .type = NLA_U64, },
	[DVTI_A_LINK_STATS_RX_OVERFLOW] = { .type = NLA_U64, },
	[DVTI_A_LINK_STATS_RX_ENCAP] = { .type = NLA_U64, },
	[DVTI_A_LINK_STATS_RX_EXPIRED] = { .type = NLA_U64, },
	[DVTI_A_LINK_STATS_RX_DUMMY] = { .type = NLA_U64, },
	[DVTI_A_LINK_STATS_TX_OVERFLOW] = { .type = NLA_U64, },
	[DVTI_A_LINK_STATS_RX_CRYPTO] = { .type = NLA_U64, },
	[DVTI_A_LINK_STATS_TX_DEV_DOWN] = { .type = NLA_U64, },
	[DVTI_A_LINK_STATS_TX_OUTER] = { .type = NLA_U64, },
	[DVTI_A_LINK_STATS_RX_DEV_DOWN] = { .type = NLA_U64, },
	[DVTI_A_LINK_STATS_TX_NO_CARRIER] = { .type = NLA_U64, },
	[DVTI_A_LINK_STATS_RX_GRE] = { .type = NLA_U64, },
};

const struct nla_policy dvti_sa_nl_policy[DVTI_A_SA_ALLOW_UNENCRYPTED + 1] = {
	[DVTI_A_SA_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[DVTI_A_SA_DIR] = NLA_POLICY_MAX(NLA_U32, 1),
	[DVTI_A_SA_SPI] = { .type = NLA_U32, },
	[DVTI_A_SA_AEAD] = NLA_POLICY_RANGE(NLA_U32, 1, 20),
	[DVTI_A_SA_KEY] = { .type = NLA_BINARY, },
	[DVTI_A_SA_LOCAL] = NLA_POLICY_NESTED(dvti_address_nl_policy),
	[DVTI_A_SA_REMOTE] = NLA_POLICY_NESTED(dvti_address_nl_policy),
	[DVTI_A_SA_ENCAP] = NLA_POLICY_MAX(NLA_U32, 1),
	[DVTI_A_SA_ESN] = { .type = NLA_FLAG, },
	[DVTI_A_SA_REPLAY_WINDOW] = NLA_POLICY_MAX(NLA_U32, DVTI_REPLAY_WINDOW_MAX),
	[DVTI_A_SA_SEQ] = { .type = NLA_U64, },
	[DVTI_A_SA_SOFT_BYTES] = { .type = NLA_U64, },
	[DVTI_A_SA_HARD_BYTES] = { .type = NLA_U64, },
	[DVTI_A_SA_SOFT_PACKETS] = { .type = NLA_U64, },
	[DVTI_A_SA_HARD_PACKETS] = { .type = NLA_U64, },
	[DVTI_A_SA_SOFT_SECONDS] = { .type = NLA_U64, },
	[DVTI_A_SA_HARD_SECONDS] = { .type = NLA_U64, },
	[DVTI_A_SA_SELECTOR] = NLA_POLICY_NESTED(dvti_selector_nl_policy),
	[DVTI_A_SA_COOKIE] = { .type = NLA_U64, },
	[DVTI_A_SA_AGE_SECONDS] = { .type = NLA_U64, },
	[DVTI_A_SA_IDLE_SECONDS] = { .type = NLA_U64, },
	[DVTI_A_SA_STATS] = NLA_POLICY_NESTED(dvti_sa_stats_nl_policy),
	[DVTI_A_SA_ALLOW_UNENCRYPTED] = { .type = NLA_FLAG, },
};

const struct nla_policy dvti_sa_stats_nl_policy[DVTI_A_SA_STATS_SELECTOR + 1] = {
	[DVTI_A_SA_STATS_PACKETS] = { .type = NLA_U64, },
	[DVTI_A_SA_STATS_BYTES] = { .type = NLA_U64, },
	[DVTI_A_SA_STATS_REPLAY] = { .type = NLA_U64, },
	[DVTI_A_SA_STATS_INTEGRITY] = { .type = NLA_U64, },
	[DVTI_A_SA_STATS_MALFORMED] = { .type = NLA_U64, },
	[DVTI_A_SA_STATS_SELECTOR] = { .type = NLA_U64, },
};

const struct nla_policy dvti_selector_nl_policy[DVTI_A_SELECTOR_REMOTE_PORT_END + 1] = {
	[DVTI_A_SELECTOR_PROTOCOL] = { .type = NLA_U8, },
	[DVTI_A_SELECTOR_LOCAL_START] = { .type = NLA_BINARY, },
	[DVTI_A_SELECTOR_LOCAL_END] = { .type = NLA_BINARY, },
	[DVTI_A_SELECTOR_REMOTE_START] = { .type = NLA_BINARY, },
	[DVTI_A_SELECTOR_REMOTE_END] = { .type = NLA_BINARY, },
	[DVTI_A_SELECTOR_LOCAL_PORT_START] = { .type = NLA_U16, },
	[DVTI_A_SELECTOR_LOCAL_PORT_END] = { .type = NLA_U16, },
	[DVTI_A_SELECTOR_REMOTE_PORT_START] = { .type = NLA_U16, },
	[DVTI_A_SELECTOR_REMOTE_PORT_END] = { .type = NLA_U16, },
};

const struct nla_policy dvti_spi_nl_policy[DVTI_A_SPI_SECONDS + 1] = {
	[DVTI_A_SPI_SPI] = { .type = NLA_U32, },
	[DVTI_A_SPI_LOCAL] = NLA_POLICY_NESTED(dvti_address_nl_policy),
	[DVTI_A_SPI_SECONDS] = NLA_POLICY_MAX(NLA_U32, 600),
};

/* DVTI_CMD_LINK_NEW - do */
const struct nla_policy dvti_link_new_nl_policy[DVTI_A_SA + 1] = {
	[DVTI_A_LINK] = NLA_POLICY_NESTED(dvti_link_nl_policy),
	[DVTI_A_SA] = NLA_POLICY_NESTED(dvti_sa_nl_policy),
};

/* DVTI_CMD_LINK_SET - do */
const struct nla_policy dvti_link_set_nl_policy[DVTI_A_LINK + 1] = {
	[DVTI_A_LINK] = NLA_POLICY_NESTED(dvti_link_nl_policy),
};

/* DVTI_CMD_LINK_GET - do */
const struct nla_policy dvti_link_get_nl_policy[DVTI_A_LINK + 1] = {
	[DVTI_A_LINK] = NLA_POLICY_NESTED(dvti_link_nl_policy),
};

/* DVTI_CMD_LINK_DEL - do */
const struct nla_policy dvti_link_del_nl_policy[DVTI_A_LINK + 1] = {
	[DVTI_A_LINK] = NLA_POLICY_NESTED(dvti_link_nl_policy),
};

/* DVTI_CMD_SA_NEW - do */
const struct nla_policy dvti_sa_new_nl_policy[DVTI_A_SA + 1] = {
	[DVTI_A_SA] = NLA_POLICY_NESTED(dvti_sa_nl_policy),
};

/* DVTI_CMD_SA_UPDATE - do */
const struct nla_policy dvti_sa_update_nl_policy[DVTI_A_SA + 1] = {
	[DVTI_A_SA] = NLA_POLICY_NESTED(dvti_sa_nl_policy),
};

/* DVTI_CMD_SA_GET - do */
const struct nla_policy dvti_sa_get_nl_policy[DVTI_A_SA + 1] = {
	[DVTI_A_SA] = NLA_POLICY_NESTED(dvti_sa_nl_policy),
};

/* DVTI_CMD_SA_DEL - do */
const struct nla_policy dvti_sa_del_nl_policy[DVTI_A_SA + 1] = {
	[DVTI_A_SA] = NLA_POLICY_NESTED(dvti_sa_nl_policy),
};

/* DVTI_CMD_SA_FLUSH - do */
const struct nla_policy dvti_sa_flush_nl_policy[DVTI_A_SA + 1] = {
	[DVTI_A_SA] = NLA_POLICY_NESTED(dvti_sa_nl_policy),
};

/* DVTI_CMD_SPI_RESERVE - do */
const struct nla_policy dvti_spi_reserve_nl_policy[DVTI_A_SPI + 1] = {
	[DVTI_A_SPI] = NLA_POLICY_NESTED(dvti_spi_nl_policy),
};

/* Ops table for dvti */
const struct genl_ops dvti_nl_ops[10] = {
	{
		.cmd		= DVTI_CMD_LINK_NEW,
		.doit		= dvti_nl_link_new_doit,
		.policy		= dvti_link_new_nl_policy,
		.maxattr	= DVTI_A_SA,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= DVTI_CMD_LINK_SET,
		.doit		= dvti_nl_link_set_doit,
		.policy		= dvti_link_set_nl_policy,
		.maxattr	= DVTI_A_LINK,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= DVTI_CMD_LINK_GET,
		.doit		= dvti_nl_link_get_doit,
		.dumpit		= dvti_nl_link_get_dumpit,
		.policy		= dvti_link_get_nl_policy,
		.maxattr	= DVTI_A_LINK,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= DVTI_CMD_LINK_DEL,
		.doit		= dvti_nl_link_del_doit,
		.policy		= dvti_link_del_nl_policy,
		.maxattr	= DVTI_A_LINK,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= DVTI_CMD_SA_NEW,
		.doit		= dvti_nl_sa_new_doit,
		.policy		= dvti_sa_new_nl_policy,
		.maxattr	= DVTI_A_SA,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= DVTI_CMD_SA_UPDATE,
		.doit		= dvti_nl_sa_update_doit,
		.policy		= dvti_sa_update_nl_policy,
		.maxattr	= DVTI_A_SA,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= DVTI_CMD_SA_GET,
		.doit		= dvti_nl_sa_get_doit,
		.start		= dvti_nl_sa_get_start,
		.dumpit		= dvti_nl_sa_get_dumpit,
		.policy		= dvti_sa_get_nl_policy,
		.maxattr	= DVTI_A_SA,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= DVTI_CMD_SA_DEL,
		.doit		= dvti_nl_sa_del_doit,
		.policy		= dvti_sa_del_nl_policy,
		.maxattr	= DVTI_A_SA,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= DVTI_CMD_SA_FLUSH,
		.doit		= dvti_nl_sa_flush_doit,
		.policy		= dvti_sa_flush_nl_policy,
		.maxattr	= DVTI_A_SA,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= DVTI_CMD_SPI_RESERVE,
		.doit		= dvti_nl_spi_reserve_doit,
		.policy		= dvti_spi_reserve_nl_policy,
		.maxattr	= DVTI_A_SPI,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
};

const struct genl_multicast_group dvti_nl_mcgrps[1] = {
	[DVTI_NLGRP_EVENTS] = { "events", },
};
