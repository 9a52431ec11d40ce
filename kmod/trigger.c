// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets that found no outbound SA wait here, a few of them and not for long, while userland is told by an
 * acquire event and negotiates one.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/ipv6.h>

#include "esp.h"
#include "event.h"
#include "link.h"

#define DVTI_TRIGGER_WAIT (10 * HZ)
#define DVTI_ACQUIRE_INTERVAL HZ

static void dvti_trigger_drop(struct dvti_link *link, struct sk_buff_head *skbs, unsigned int reason)
{
	struct sk_buff *skb;

	local_bh_disable();
	while ((skb = __skb_dequeue(skbs)))
		dvti_drop_skb(link, skb, reason);
	local_bh_enable();
}

static void dvti_trigger_take(struct dvti_link *link, struct sk_buff_head *held)
{
	__skb_queue_head_init(held);
	spin_lock_bh(&link->trigger.lock);
	skb_queue_splice_init(&link->trigger, held);
	spin_unlock_bh(&link->trigger.lock);
}

/* The queue is dropped as a whole when its oldest packet has waited for too long. */
static void dvti_trigger_timeout(struct work_struct *work)
{
	struct dvti_link *link = container_of(to_delayed_work(work), struct dvti_link, trigger_expire);
	struct sk_buff_head held;

	dvti_trigger_take(link, &held);
	dvti_trigger_drop(link, &held, DVTI_DROP(TX_TRIGGER_EXPIRED));
}

void dvti_trigger_init(struct dvti_link *link)
{
	skb_queue_head_init(&link->trigger);
	INIT_DELAYED_WORK(&link->trigger_expire, dvti_trigger_timeout);
	link->acquire_at = jiffies - DVTI_ACQUIRE_INTERVAL;
}

static void dvti_trigger_acquire(struct dvti_link *link, const struct sk_buff *skb)
{
	unsigned long last = READ_ONCE(link->acquire_at);

	if (time_before(jiffies, last + DVTI_ACQUIRE_INTERVAL) || cmpxchg(&link->acquire_at, last, jiffies) != last)
		return;
	dvti_event_acquire(link, skb);
}

/*
 * Group membership reports (IGMP, MLDv2): the kernel sends them by itself whenever a device comes up or gets an
 * address. Were they to call for an SA, no tunnel would stay down.
 */
static bool dvti_trigger_is_report(const struct sk_buff *skb)
{
	static const struct in6_addr mld_routers = {{{ 0xff, 2, [15] = 0x16 }}};
	struct ipv6hdr ip6_buf;
	struct iphdr ip_buf;

	if (skb->protocol == htons(ETH_P_IP)) {
		const struct iphdr *ip = skb_header_pointer(skb, skb_network_offset(skb), sizeof(ip_buf), &ip_buf);

		return ip && ip->protocol == IPPROTO_IGMP;
	}
	if (skb->protocol == htons(ETH_P_IPV6)) {
		const struct ipv6hdr *ip6 = skb_header_pointer(skb, skb_network_offset(skb), sizeof(ip6_buf), &ip6_buf);

		return ip6 && ipv6_addr_equal(&ip6->daddr, &mld_routers);
	}
	return false;
}

/**
 * dvti_trigger_hold() - a packet has no SA to go by
 * @link: its link
 * @skb: the packet, inner header at skb->data
 *
 * Context: BH off, RCU read side. Return: true if the packet is taken (it will leave when an SA comes, or be
 * counted as expired), false if it remains the caller's to drop.
 */
bool dvti_trigger_hold(struct dvti_link *link, struct sk_buff *skb)
{
	bool held = false, late;

	if (dvti_trigger_is_report(skb))
		return false;
	dvti_trigger_acquire(link, skb);

	spin_lock(&link->trigger.lock);
	if (skb_queue_len(&link->trigger) < READ_ONCE(link->set.trigger_queue)) {
		__skb_queue_tail(&link->trigger, skb);
		held = true;
		if (skb_queue_len(&link->trigger) == 1)
			mod_delayed_work(system_wq, &link->trigger_expire, DVTI_TRIGGER_WAIT);
	}
	/* Who publishes an SA takes this lock afterwards, so either we see the SA or it sees the packet. */
	late = rcu_access_pointer(link->out);
	spin_unlock(&link->trigger.lock);

	if (held && late)
		dvti_trigger_release(link);
	return held;
}

/**
 * dvti_trigger_release() - an outbound SA has come: send what waits for it
 * @link: link
 *
 * Context: softirq or process.
 */
void dvti_trigger_release(struct dvti_link *link)
{
	struct sk_buff_head held;

	dvti_trigger_take(link, &held);
	if (skb_queue_empty(&held))
		return;
	dvti_esp_out_kick(link, &held);
}

/**
 * dvti_trigger_purge() - the link goes down or away
 * @link: link
 *
 * Context: process, nobody transmits on the link any more.
 */
void dvti_trigger_purge(struct dvti_link *link)
{
	struct sk_buff_head held;

	cancel_delayed_work_sync(&link->trigger_expire);
	dvti_trigger_take(link, &held);
	dvti_trigger_drop(link, &held, DVTI_DROP(TX_DEV_DOWN));
}
