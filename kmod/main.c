// SPDX-License-Identifier: GPL-2.0-only
/*
 * dvti.ko: dynamic virtual tunnel interfaces.
 */
#include <linux/module.h>
#include <net/genetlink.h>
#include <net/rtnetlink.h>

MODULE_DESCRIPTION("Dynamic virtual tunnel interfaces (IPsec)");
MODULE_LICENSE("GPL");
MODULE_ALIAS_RTNL_LINK("dvti");
MODULE_ALIAS_GENL_FAMILY("dvti");
