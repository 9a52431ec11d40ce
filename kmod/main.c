// SPDX-License-Identifier: GPL-2.0-only
/*
 * dvti.ko: dynamic virtual tunnel interfaces. The order in which its parts come and go, in the module and in
 * each netns.
 */
#include <linux/module.h>
#include <net/genetlink.h>
#include <net/rtnetlink.h>

#include "early_demux.h"
#include "esp.h"
#include "host_policy.h"
#include "link.h"
#include "net.h"
#include "netlink.h"
#include "pages.h"
#include "sa.h"
#include "spi.h"

unsigned int dvti_net_id __read_mostly;

static int __net_init dvti_net_init(struct net *net)
{
	struct dvti_net *dn = dvti_net(net);

	dn->net = net;
	INIT_LIST_HEAD(&dn->links);
	xa_init_flags(&dn->by_index, XA_FLAGS_ALLOC);
	dvti_spi_init_net(dn);
	return dvti_sa_init_net(dn);
}

static void __net_exit dvti_net_exit_batch(struct list_head *nets)
{
	struct net *net;
	LIST_HEAD(kill);

	rtnl_lock();
	list_for_each_entry(net, nets, exit_list)
		dvti_link_exit_net(dvti_net(net), &kill);
	unregister_netdevice_many(&kill);
	rtnl_unlock();

	list_for_each_entry(net, nets, exit_list) {
		struct dvti_net *dn = dvti_net(net);

		dvti_sa_exit_net(dn);
		dvti_spi_exit_net(dn);
		xa_destroy(&dn->by_index);
	}
}

static struct pernet_operations dvti_net_ops = {
	.init		= dvti_net_init,
	.exit_batch	= dvti_net_exit_batch,
	.id		= &dvti_net_id,
	.size		= sizeof(struct dvti_net),
};

static int __init dvti_init(void)
{
	int err;

	err = dvti_batch_init();
	if (err)
		return err;
	err = dvti_sa_init();
	if (err)
		goto err_batch;
	/* A device, not a subsystem: its exit comes before the netns lets go of its devices. */
	err = register_pernet_device(&dvti_net_ops);
	if (err)
		goto err_sa;
	dvti_host_policy_init();
	err = dvti_link_init();
	if (err)
		goto err_policy;
	err = dvti_demux_init();
	if (err)
		goto err_link;
	err = dvti_esp_rcv_init();
	if (err)
		goto err_demux;
	err = dvti_netlink_init();
	if (err)
		goto err_esp;
	return 0;

err_esp:
	dvti_esp_rcv_exit();
err_demux:
	dvti_demux_exit();
err_link:
	dvti_link_exit();
err_policy:
	dvti_host_policy_exit();
	unregister_pernet_device(&dvti_net_ops);
err_sa:
	dvti_sa_exit();
err_batch:
	dvti_batch_exit();
	return err;
}

/*
 * Nothing new comes in (requests, then packets), the links go with their SAs, and only when the last reference to
 * any of them has been given back does the rest follow.
 */
static void __exit dvti_exit(void)
{
	dvti_netlink_exit();
	dvti_esp_rcv_exit();
	dvti_demux_exit();
	dvti_link_exit();
	dvti_host_policy_exit();
	unregister_pernet_device(&dvti_net_ops);
	dvti_sa_exit();
	dvti_batch_exit();
	dvti_pages_exit();
	rcu_barrier();
}

module_init(dvti_init);
module_exit(dvti_exit);

MODULE_DESCRIPTION("Dynamic virtual tunnel interfaces (IPsec)");
MODULE_LICENSE("GPL");
MODULE_ALIAS_RTNL_LINK("dvti");
MODULE_ALIAS_GENL_FAMILY("dvti");
