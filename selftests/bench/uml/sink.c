// SPDX-License-Identifier: GPL-2.0-only
/* The far LAN: a device that throws away what it is to send, and tells the meter. */
#include <linux/etherdevice.h>
#include <linux/netdevice.h>
#include <net/rtnetlink.h>

#include "bench.h"

#define SINK_STRETCH	64	/* packets between two looks at the clock */

static netdev_tx_t sink_xmit(struct sk_buff *skb, struct net_device *dev)
{
	unsigned int packets = max_t(unsigned int, skb_shinfo(skb)->gso_segs, 1);
	struct pcpu_lstats *stats = this_cpu_ptr(dev->lstats);

	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->bytes, skb->len);
	u64_stats_add(&stats->packets, packets);
	u64_stats_update_end(&stats->syncp);
	dev_kfree_skb(skb);
	meter_progress(packets, SINK_STRETCH);
	return NETDEV_TX_OK;
}

static void sink_stats(struct net_device *dev, struct rtnl_link_stats64 *stats)
{
	dev_lstats_read(dev, &stats->tx_packets, &stats->tx_bytes);
}

static const struct net_device_ops sink_ops = {
	.ndo_start_xmit = sink_xmit,
	.ndo_get_stats64 = sink_stats,
	.ndo_set_mac_address = eth_mac_addr,
};

static void sink_setup(struct net_device *dev)
{
	ether_setup(dev);
	eth_hw_addr_random(dev);
	dev->netdev_ops = &sink_ops;
	dev->pcpu_stat_type = NETDEV_PCPU_STAT_LSTATS;
	dev->needs_free_netdev = true;
	dev->lltx = true;
	dev->flags |= IFF_NOARP;
	dev->priv_flags |= IFF_NO_QUEUE;
	dev->features |= NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_HW_CSUM | NETIF_F_GSO_SOFTWARE;
}

static struct rtnl_link_ops sink_link_ops = {
	.kind = "bench_sink",
	.setup = sink_setup,
};

int sink_add(void)
{
	return rtnl_link_register(&sink_link_ops);
}

void sink_remove(void)
{
	rtnl_link_unregister(&sink_link_ops);
}
