// SPDX-License-Identifier: GPL-2.0-only
/*
 * The net device: roles, creation and cloning, names, netns, carrier, MTU. Packets are esp_out.c's and
 * esp_in.c's, requests from userland netlink.c's.
 *
 * A link belongs to two namespaces: the device to the one it is in, which it can change, the tunnel to its
 * underlay's. It dies with either.
 */
#include <linux/inetdevice.h>
#include <linux/rtnetlink.h>
#include <net/addrconf.h>
#include <net/ip_tunnels.h>

#include "esp.h"
#include "event.h"
#include "host_policy.h"
#include "link.h"
#include "net.h"
#include "pmtu.h"
#include "sa.h"

#define DVTI_MTU_DEFAULT 1400	/* until there is a path to follow: fits any encapsulation into 1500 */

/* Links in other namespaces have indices from here on, far from those that netns number on their own. */
#define DVTI_FOREIGN_INDEX_MIN 0x100000
#define DVTI_FOREIGN_TRIES 128

/**
 * dvti_link_update_carrier() - let the carrier follow the outbound SA
 * @link: link
 *
 * On while the SA lives. Without any SA, on if traffic may call for one: without a carrier no packet is ever
 * seen, and over a dormant device IPv6 does not send. Off otherwise, so that routes over a dead tunnel lose.
 *
 * Called whenever the SA or its flags have changed; under the lock the last call sees the last state.
 *
 * Context: process or softirq.
 */
void dvti_link_update_carrier(struct dvti_link *link)
{
	bool alive, waiting;
	struct dvti_sa *out;

	if (link->role == DVTI_ROLE_VIRTUAL_TEMPLATE)
		return;
	spin_lock_bh(&link->carrier_lock);
	rcu_read_lock();
	out = rcu_dereference(link->out);
	alive = out && !test_bit(DVTI_SA_DEAD, &out->flags);
	rcu_read_unlock();
	waiting = !out && READ_ONCE(link->set.trigger_queue);

	if (alive || waiting)
		netif_carrier_on(link->dev);
	else
		netif_carrier_off(link->dev);
	spin_unlock_bh(&link->carrier_lock);
}

/**
 * dvti_link_update_mtu() - let the MTU follow the path, or what has been set
 * @link: link; RTNL held
 */
void dvti_link_update_mtu(struct dvti_link *link)
{
	unsigned int mtu = link->set.mtu;

	ASSERT_RTNL();
	if (!mtu) {
		mtu = dvti_pmtu_link_mtu(link);
		if (!mtu)
			return;
		/* Below this the device would lose IPv6 and its addresses; the data path fragments instead. */
		mtu = max_t(unsigned int, mtu, IPV6_MIN_MTU);
	}
	mtu = clamp(mtu, link->dev->min_mtu, link->dev->max_mtu);
	if (mtu == link->dev->mtu)
		return;
	link->mtu_following = true;
	dev_set_mtu(link->dev, mtu);
	link->mtu_following = false;
}

static int dvti_link_ndo_init(struct net_device *dev)
{
	struct dvti_link *link = netdev_priv(dev);
	int err;

	link->stats = netdev_alloc_pcpu_stats(struct dvti_link_stats);
	if (!link->stats)
		return -ENOMEM;
	err = dst_cache_init(&link->dst, GFP_KERNEL);
	if (err) {
		free_percpu(link->stats);
		return err;
	}
	netdev_lockdep_set_classes(dev);
	return 0;
}

static void dvti_link_unlist(struct dvti_link *link)
{
	struct dvti_net *dn = link->underlay;

	list_del_init(&link->node);
	if (list_empty(&dn->links))
		dvti_demux_forget(dn->net);
	dn->generation++;
	if (link->index)
		xa_erase(&dn->by_index, link->index);
}

/* Transmission has ended and been waited for; packets may still come in until the SAs are gone. */
static void dvti_link_ndo_uninit(struct net_device *dev)
{
	struct dvti_link *link = netdev_priv(dev);

	if (list_empty(&link->node))
		return;
	dvti_link_unlist(link);
	dvti_sa_flush(link);
	dvti_trigger_purge(link);
	dvti_event_link_del(link);
	dvti_sa_retire_link(link);
}

static void dvti_link_destructor(struct net_device *dev)
{
	struct dvti_link *link = netdev_priv(dev);

	dst_cache_destroy(&link->dst);
	kfree(rcu_dereference_protected(link->ends, true));
	free_percpu(link->stats);
}

static int dvti_link_ndo_open(struct net_device *dev)
{
	dvti_host_policy_link_up(dev);
	dvti_link_update_carrier(netdev_priv(dev));
	return 0;
}

static int dvti_link_ndo_stop(struct net_device *dev)
{
	dvti_host_policy_link_down(dev);
	dvti_trigger_purge(netdev_priv(dev));
	return 0;
}

static int dvti_link_ndo_change_mtu(struct net_device *dev, int mtu)
{
	struct dvti_link *link = netdev_priv(dev);

	/* What an administrator says stays; what the path says may change again. */
	if (!link->mtu_following)
		WRITE_ONCE(link->set.mtu, mtu);
	WRITE_ONCE(dev->mtu, mtu);
	return 0;
}

static void dvti_link_ndo_get_stats64(struct net_device *dev, struct rtnl_link_stats64 *stats)
{
	struct dvti_link *link = netdev_priv(dev);
	struct dvti_link_sums sums;

	dvti_stats_sum_link(link->stats, &sums);
	stats->tx_packets = sums.tx_packets;
	stats->tx_bytes = sums.tx_bytes;
	stats->rx_packets = sums.rx_packets;
	stats->rx_bytes = sums.rx_bytes;
	dvti_drop_device_stats(sums.drops, stats);
}

static int dvti_link_ndo_get_iflink(const struct net_device *dev)
{
	const struct dvti_link *link = netdev_priv(dev);

	return READ_ONCE(link->set.underlay_ifindex);
}

static netdev_tx_t dvti_link_template_xmit(struct sk_buff *skb, struct net_device *dev)
{
	dvti_drop_skb(netdev_priv(dev), skb, DVTI_DROP(TX_NO_SA));
	return NETDEV_TX_OK;
}

static const struct net_device_ops dvti_link_netdev_ops = {
	.ndo_init		= dvti_link_ndo_init,
	.ndo_uninit		= dvti_link_ndo_uninit,
	.ndo_open		= dvti_link_ndo_open,
	.ndo_stop		= dvti_link_ndo_stop,
	.ndo_start_xmit		= dvti_esp_xmit,
	.ndo_change_mtu		= dvti_link_ndo_change_mtu,
	.ndo_get_stats64	= dvti_link_ndo_get_stats64,
	.ndo_get_iflink		= dvti_link_ndo_get_iflink,
};

static const struct net_device_ops dvti_link_template_ops = {
	.ndo_init		= dvti_link_ndo_init,
	.ndo_uninit		= dvti_link_ndo_uninit,
	.ndo_start_xmit		= dvti_link_template_xmit,
	.ndo_change_mtu		= dvti_link_ndo_change_mtu,
	.ndo_get_stats64	= dvti_link_ndo_get_stats64,
	.ndo_get_iflink		= dvti_link_ndo_get_iflink,
};

static const struct device_type dvti_link_type = { .name = "dvti" };

static void dvti_link_setup(struct net_device *dev)
{
	netdev_features_t features = NETIF_F_HW_CSUM | NETIF_F_RXCSUM | NETIF_F_SG | NETIF_F_FRAGLIST |
				     NETIF_F_GSO_SOFTWARE | NETIF_F_HIGHDMA;
	struct dvti_link *link = netdev_priv(dev);

	dev->netdev_ops = &dvti_link_netdev_ops;
	dev->header_ops = &ip_tunnel_header_ops;
	dev->type = ARPHRD_NONE;
	dev->flags = IFF_POINTOPOINT | IFF_NOARP | IFF_MULTICAST;
	/* Netpoll would transmit with interrupts off; our queues are for softirqs. */
	dev->priv_flags |= IFF_NO_QUEUE | IFF_DISABLE_NETPOLL;
	dev->mtu = DVTI_MTU_DEFAULT;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = DVTI_MTU_MAX;
	/* Grows to what packets turn out to need: too much of it makes the stack move every packet. */
	dev->needed_headroom = DVTI_ESP_HEADROOM_MIN;
	dev->needed_tailroom = DVTI_ESP_TAILROOM;
	dev->features |= features;
	dev->hw_features |= features;
	dev->hw_enc_features |= features;
	dev->needs_free_netdev = true;
	dev->priv_destructor = dvti_link_destructor;
	dvti_compat_set_lltx(dev);
	netif_keep_dst(dev);
	SET_NETDEV_DEVTYPE(dev, &dvti_link_type);

	link->dev = dev;
	link->role = DVTI_ROLE_STATIC;
	spin_lock_init(&link->carrier_lock);
	INIT_LIST_HEAD(&link->node);
	INIT_LIST_HEAD(&link->sas);
	dvti_trigger_init(link);
	netif_carrier_off(dev);
}

/* An index that is free where the device goes and names no other link of the underlay. */
static int dvti_link_index_foreign(struct dvti_link *link, struct net *target)
{
	struct xa_limit limit = XA_LIMIT(DVTI_FOREIGN_INDEX_MIN, INT_MAX);
	struct dvti_net *dn = link->underlay;
	unsigned int tries;
	u32 index;
	int err;

	for (tries = 0; tries < DVTI_FOREIGN_TRIES; tries++) {
		err = xa_alloc_cyclic(&dn->by_index, &index, link, limit, &dn->next_index, GFP_KERNEL);
		if (err < 0)
			return err;
		if (!__dev_get_by_index(target, index)) {
			link->index = index;
			link->dev->ifindex = index;
			return 0;
		}
		xa_erase(&dn->by_index, index);
	}
	return -EBUSY;
}

static int dvti_link_index_local(struct dvti_link *link)
{
	int err;

	err = xa_insert(&link->underlay->by_index, link->dev->ifindex, link, GFP_KERNEL);
	if (!err)
		link->index = link->dev->ifindex;
	return err;
}

/* Register the device, in the netns that it has been set to, and enter it into the underlay's books. */
static int dvti_link_register(struct dvti_link *link, struct netlink_ext_ack *extack)
{
	struct net_device *dev = link->dev;
	struct dvti_net *dn = link->underlay;
	int err;

	ASSERT_RTNL();
	if (dev_net(dev) != dn->net && !dev->ifindex) {
		err = dvti_link_index_foreign(link, dev_net(dev));
		if (err) {
			NL_SET_ERR_MSG(extack, "no interface index is free in both namespaces");
			return err;
		}
	}
	if (link->role == DVTI_ROLE_VIRTUAL_TEMPLATE)
		dev->netdev_ops = &dvti_link_template_ops;

	err = register_netdevice(dev);
	if (err) {
		if (link->index)
			xa_erase(&dn->by_index, link->index);
		return err;
	}
	list_add_tail(&link->node, &dn->links);
	dn->generation++;
	if (link->index)
		return 0;

	err = dvti_link_index_local(link);
	if (err) {
		NL_SET_ERR_MSG(extack, "the interface index names another link of this underlay");
		unregister_netdevice(dev);
		return err;
	}
	return 0;
}

static int dvti_link_newlink(struct net *src_net, struct net_device *dev, struct nlattr *tb[], struct nlattr *data[],
			     struct netlink_ext_ack *extack)
{
	struct dvti_link *link = netdev_priv(dev);

	link->underlay = dvti_net(src_net);
	if (tb[IFLA_MTU])
		link->set.mtu = nla_get_u32(tb[IFLA_MTU]);
	return dvti_link_register(link, extack);
}

static void dvti_link_dellink(struct net_device *dev, struct list_head *head)
{
	unregister_netdevice_queue(dev, head);
}

static struct net *dvti_link_get_link_net(const struct net_device *dev)
{
	const struct dvti_link *link = netdev_priv(dev);

	return link->underlay->net;
}

struct rtnl_link_ops dvti_link_ops __read_mostly = {
	.kind		= "dvti",
	.priv_size	= sizeof(struct dvti_link),
	.setup		= dvti_link_setup,
	.newlink	= dvti_link_newlink,
	.dellink	= dvti_link_dellink,
	.get_link_net	= dvti_link_get_link_net,
};

/*
 * Find the lowest free number for a pattern such as "va%d". dev_alloc_name() looks at every device in the
 * netns each time; with ten thousand links that is most of the cost of one more.
 */
static int dvti_link_number(struct net *net, const char *pattern, char *name, struct netlink_ext_ack *extack)
{
	const char *percent = strchr(pattern, '%');
	struct dvti_net *dn = dvti_net(net);
	unsigned int n;

	if (percent[1] != 'd' || strchr(percent + 2, '%')) {
		dvti_extack_fmt(extack, NULL, "\"%s\" is no name pattern: one %%d and no other %% may stand in it",
				pattern);
		return -EINVAL;
	}
	if (strcmp(dn->name_pattern, pattern)) {
		strscpy(dn->name_pattern, pattern, sizeof(dn->name_pattern));
		dn->name_next = 0;
	}
	for (n = dn->name_next; n < INT_MAX; n++) {
		if (snprintf(name, IFNAMSIZ, "%.*s%u%s", (int)(percent - pattern), pattern, n, percent + 2) >= IFNAMSIZ)
			break;
		if (!netdev_name_in_use(net, name)) {
			/* Not one more: making the device may yet fail. */
			dn->name_next = n;
			return 0;
		}
	}
	dvti_extack_fmt(extack, NULL, "no number is left for \"%s\"", pattern);
	return -ENFILE;
}

/* A device goes: its number is free again. */
static void dvti_link_number_free(struct net_device *dev)
{
	struct dvti_net *dn = dvti_net(dev_net(dev));
	const char *percent = strchr(dn->name_pattern, '%');
	size_t prefix = percent ? percent - dn->name_pattern : 0;
	unsigned int n;

	if (!percent || strncmp(dev->name, dn->name_pattern, prefix))
		return;
	if (sscanf(dev->name + prefix, "%u", &n) == 1 && n < dn->name_next)
		dn->name_next = n;
}

static void dvti_link_inherit(struct dvti_link *link, const struct dvti_link *template)
{
	link->template_ifindex = template->dev->ifindex;
	link->dev->tx_queue_len = template->dev->tx_queue_len;
	link->dev->group = template->dev->group;
}

static int dvti_link_enslave(struct dvti_link *link, struct net_device *master, struct netlink_ext_ack *extack)
{
	if (!master->netdev_ops->ndo_add_slave) {
		dvti_extack_fmt(extack, NULL, "%s takes no devices under it", master->name);
		return -EOPNOTSUPP;
	}
	return master->netdev_ops->ndo_add_slave(master, link->dev, extack);
}

/**
 * dvti_link_create() - make a link
 * @req: what it shall be
 * @extack: gets the reason of a refusal
 *
 * RTNL held. Return: the link, or ERR_PTR and nothing is left.
 */
struct dvti_link *dvti_link_create(const struct dvti_link_request *req, struct netlink_ext_ack *extack)
{
	struct net_device *dev, *master = req->master;
	struct dvti_link *link;
	char name[IFNAMSIZ];
	int err;

	ASSERT_RTNL();
	strscpy(name, req->name, sizeof(name));
	if (strchr(req->name, '%')) {
		err = dvti_link_number(req->target, req->name, name, extack);
		if (err)
			return ERR_PTR(err);
	}
	if (!dev_valid_name(name)) {
		dvti_extack_fmt(extack, NULL, "\"%s\" is no valid interface name", name);
		return ERR_PTR(-EINVAL);
	}
	if (netdev_name_in_use(req->target, name)) {
		dvti_extack_fmt(extack, NULL, "there is an interface \"%s\" already", name);
		return ERR_PTR(-EEXIST);
	}

	dev = alloc_netdev(sizeof(*link), name, NET_NAME_USER, dvti_link_setup);
	if (!dev)
		return ERR_PTR(-ENOMEM);
	dev_net_set(dev, req->target);
	dev->rtnl_link_ops = &dvti_link_ops;
	link = netdev_priv(dev);
	link->underlay = req->underlay;
	link->role = req->role;
	link->set = req->set;
	link->cookie = req->cookie;
	if (req->set.mtu)
		dev->mtu = clamp(req->set.mtu, dev->min_mtu, dev->max_mtu);
	if (req->template)
		dvti_link_inherit(link, req->template);

	err = dvti_link_register(link, extack);
	if (err) {
		/* Puts it off if the device got as far as being registered. */
		free_netdev(dev);
		return ERR_PTR(err);
	}
	err = rtnl_configure_link(dev, NULL, 0, NULL);
	if (err)
		goto err_unregister;
	if (!req->master_given && req->template && dev_net(req->template->dev) == req->target)
		master = netdev_master_upper_dev_get(req->template->dev);
	if (master) {
		err = dvti_link_enslave(link, master, extack);
		if (err)
			goto err_unregister;
	}
	rcu_assign_pointer(link->ends, req->ends);
	return link;

err_unregister:
	unregister_netdevice(dev);
	return ERR_PTR(err);
}

/**
 * dvti_link_delete() - end a link with all that belongs to it
 * @link: link; RTNL held. Not to be touched after RTNL has been released
 */
void dvti_link_delete(struct dvti_link *link)
{
	unregister_netdevice(link->dev);
}

/**
 * dvti_link_delete_queue() - a link is to be deleted together with others
 * @link: link; RTNL held. May be on @kill already
 * @kill: for dvti_link_delete_many() or dvti_link_delete_abort()
 */
void dvti_link_delete_queue(struct dvti_link *link, struct list_head *kill)
{
	unregister_netdevice_queue(link->dev, kill);
}

/**
 * dvti_link_delete_many() - end links, waiting for packets in flight once for all
 * @kill: links; RTNL held. None is to be touched after RTNL has been released
 */
void dvti_link_delete_many(struct list_head *kill)
{
	unregister_netdevice_many(kill);
}

/* They stay after all. */
void dvti_link_delete_abort(struct list_head *kill)
{
	struct net_device *dev, *next;

	list_for_each_entry_safe(dev, next, kill, unreg_list)
		list_del_init(&dev->unreg_list);
}

/**
 * dvti_link_find() - the link that a number means to a caller
 * @net: the caller's netns
 * @ifindex: number
 *
 * RTNL held. Return: the link in @net, or when @net has no such device the one elsewhere whose underlay is in
 * @net, or NULL.
 */
struct dvti_link *dvti_link_find(struct net *net, u32 ifindex)
{
	struct net_device *dev;

	ASSERT_RTNL();
	dev = __dev_get_by_index(net, ifindex);
	if (dev)
		return dvti_is_link(dev) ? netdev_priv(dev) : NULL;
	return xa_load(&dvti_net(net)->by_index, ifindex);
}

/* Bring the underlay's books up to date when a device has moved and its index with it. */
static void dvti_link_reindex(struct dvti_link *link)
{
	if (list_empty(&link->node) || link->index == link->dev->ifindex)
		return;
	if (link->index)
		xa_erase(&link->underlay->by_index, link->index);
	link->index = 0;
	if (dvti_link_index_local(link))
		netdev_warn(link->dev, "index %d names another link of its underlay: requests must come from this netns\n",
			    link->dev->ifindex);
}

/*
 * No link-local address is made up, since its router solicitations would call tunnels up; ip link set addrgenmode
 * brings it back. What is configured already stays as an administrator may have changed it meanwhile.
 */
static void dvti_link_configure_inet(struct net_device *dev)
{
	struct in_device *in_dev = __in_dev_get_rtnl(dev);
	struct inet6_dev *in6_dev = __in6_dev_get(dev);

	if (in_dev && !IN_DEV_CONF_GET(in_dev, NOXFRM))
		IN_DEV_CONF_SET(in_dev, SEND_REDIRECTS, 0);
	if (in6_dev && !in6_dev->cnf.disable_policy)
		in6_dev->cnf.addr_gen_mode = IN6_ADDR_GEN_MODE_NONE;
	dvti_host_policy_exempt(dev);
}

static int dvti_link_netdev_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);

	if (!dvti_is_link(dev))
		return NOTIFY_DONE;
	switch (event) {
	case NETDEV_REGISTER:
		dvti_link_reindex(netdev_priv(dev));
		dvti_link_configure_inet(dev);
		break;
	case NETDEV_CHANGEMTU:
		/* An MTU too small for IPv6, and then a larger one, has made a new IPv6 part of the device. */
		dvti_link_configure_inet(dev);
		break;
	case NETDEV_UNREGISTER:
		dvti_link_number_free(dev);
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block dvti_link_notifier = {
	.notifier_call	= dvti_link_netdev_event,
	.priority	= -1,	/* after IPv4 and IPv6 have made their parts of the device */
};

/**
 * dvti_link_exit_net() - the underlay's netns goes: collect its links, wherever they are
 * @underlay: state of that netns; RTNL held
 * @kill: list for unregister_netdevice_many()
 */
void dvti_link_exit_net(struct dvti_net *underlay, struct list_head *kill)
{
	struct dvti_link *link;

	list_for_each_entry(link, &underlay->links, node)
		unregister_netdevice_queue(link->dev, kill);
}

int dvti_link_init(void)
{
	int err;

	err = register_netdevice_notifier(&dvti_link_notifier);
	if (err)
		return err;
	err = rtnl_link_register(&dvti_link_ops);
	if (err)
		unregister_netdevice_notifier(&dvti_link_notifier);
	return err;
}

void dvti_link_exit(void)
{
	rtnl_link_unregister(&dvti_link_ops);
	unregister_netdevice_notifier(&dvti_link_notifier);
}
