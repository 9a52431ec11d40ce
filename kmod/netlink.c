// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family, and the requests that make, change or end links. Everything that changes something runs
 * under RTNL. SAs are netlink_sa.c's, answers netlink_show.c's, tables netlink_gen.c's.
 */
#include <linux/rtnetlink.h>

#include "esp.h"
#include "link.h"
#include "mss.h"
#include "net.h"
#include "netlink.h"
#include "sa.h"
#include "spi.h"

#define DVTI_NAME_PATTERN "dvti%d"	/* of links that are given no name */

static int dvti_nl_parse_link_attr(struct nlattr *attr, struct nlattr **tb, struct netlink_ext_ack *extack)
{
	static const int read_only[] = { DVTI_A_LINK_NETNS_ID, DVTI_A_LINK_STATS };
	unsigned int i;
	int err;

	err = nla_parse_nested(tb, DVTI_A_LINK_MAX, attr, dvti_link_nl_policy, extack);
	if (err)
		return err;
	for (i = 0; i < ARRAY_SIZE(read_only); i++) {
		if (!tb[read_only[i]])
			continue;
		NL_SET_ERR_MSG_ATTR(extack, tb[read_only[i]], "this attribute is only ever read");
		return -EINVAL;
	}
	return 0;
}

static int dvti_nl_parse_link(struct genl_info *info, struct nlattr **tb)
{
	if (GENL_REQ_ATTR_CHECK(info, DVTI_A_LINK))
		return -EINVAL;
	return dvti_nl_parse_link_attr(info->attrs[DVTI_A_LINK], tb, info->extack);
}

static struct dvti_link *dvti_nl_link_by_name(struct net *net, const char *name)
{
	struct net_device *dev = __dev_get_by_name(net, name);

	return dev && dvti_is_link(dev) ? netdev_priv(dev) : NULL;
}

/**
 * dvti_nl_find_link() - the link that a request names
 * @skb: request, for its sender's rights
 * @net: its sender's netns
 * @ifindex: attribute, or NULL
 * @ifname: attribute, or NULL
 * @extack: gets the reason of a refusal
 *
 * Who stands where the device is may work on it only with rights over its underlay too: the outer packets are sent
 * there.
 *
 * RTNL held. Return: link, or ERR_PTR.
 */
struct dvti_link *dvti_nl_find_link(struct sk_buff *skb, struct net *net, struct nlattr *ifindex, struct nlattr *ifname,
				    struct netlink_ext_ack *extack)
{
	struct dvti_link *link;

	if (ifindex) {
		link = dvti_link_find(net, nla_get_u32(ifindex));
		if (!link) {
			dvti_extack_fmt(extack, ifindex, "no dvti link has the index %u here", nla_get_u32(ifindex));
			return ERR_PTR(-ENODEV);
		}
	} else if (ifname) {
		link = dvti_nl_link_by_name(net, nla_data(ifname));
		if (!link) {
			dvti_extack_fmt(extack, ifname, "no dvti link is called \"%s\" here", (char *)nla_data(ifname));
			return ERR_PTR(-ENODEV);
		}
	} else {
		NL_SET_ERR_MSG(extack, "the request names no link: ifindex or ifname is needed");
		return ERR_PTR(-EINVAL);
	}
	if (!net_eq(link->underlay->net, net) &&
	    !netlink_ns_capable(skb, link->underlay->net->user_ns, CAP_NET_ADMIN)) {
		dvti_extack_fmt(extack, ifindex ?: ifname, "%s has its underlay in a netns that is not yours to manage",
				link->dev->name);
		return ERR_PTR(-EPERM);
	}
	return link;
}

/**
 * dvti_nl_named_link() - the link that the set "link" of a request names
 * @skb: request
 * @info: request
 * @tb: result, attributes of the set; or NULL
 *
 * RTNL held. Return: link, or ERR_PTR.
 */
struct dvti_link *dvti_nl_named_link(struct sk_buff *skb, struct genl_info *info, struct nlattr **tb)
{
	struct nlattr *own[DVTI_A_LINK_MAX + 1];
	int err;

	tb = tb ?: own;
	err = dvti_nl_parse_link(info, tb);
	if (err)
		return ERR_PTR(err);
	return dvti_nl_find_link(skb, genl_info_net(info), tb[DVTI_A_LINK_IFINDEX], tb[DVTI_A_LINK_IFNAME],
				 info->extack);
}

static void dvti_nl_set_u32(u32 *value, struct nlattr *attr)
{
	if (attr)
		WRITE_ONCE(*value, nla_get_u32(attr));
}

static void dvti_nl_set_u8(u8 *value, struct nlattr *attr)
{
	if (attr)
		WRITE_ONCE(*value, nla_get_u8(attr));
}

static int dvti_nl_check_settings(struct nlattr **tb, struct net *underlay, struct netlink_ext_ack *extack)
{
	struct nlattr *mtu = tb[DVTI_A_LINK_MTU], *bound = tb[DVTI_A_LINK_UNDERLAY_IFINDEX];
	struct nlattr *mss = tb[DVTI_A_LINK_TCP_MSS];

	if (mtu && nla_get_u32(mtu) && (nla_get_u32(mtu) < ETH_MIN_MTU || nla_get_u32(mtu) > DVTI_MTU_MAX)) {
		dvti_extack_fmt(extack, mtu, "an MTU is 0 (follow the path) or %u to %zu, not %u", ETH_MIN_MTU,
				DVTI_MTU_MAX, nla_get_u32(mtu));
		return -EINVAL;
	}
	if (mss && nla_get_u32(mss) > DVTI_MSS_AUTO &&
	    (nla_get_u32(mss) < DVTI_MSS_MIN || nla_get_u32(mss) > DVTI_MSS_MAX)) {
		dvti_extack_fmt(extack, mss, "a TCP MSS is 0 (off), 1 (what fits) or %u to %u, not %u", DVTI_MSS_MIN,
				DVTI_MSS_MAX, nla_get_u32(mss));
		return -EINVAL;
	}
	if (bound && nla_get_u32(bound) && !__dev_get_by_index(underlay, nla_get_u32(bound))) {
		dvti_extack_fmt(extack, bound, "the underlay has no device with index %u", nla_get_u32(bound));
		return -ENODEV;
	}
	return 0;
}

static void dvti_nl_apply_settings(struct dvti_link_settings *set, struct nlattr **tb)
{
	dvti_nl_set_u32(&set->mode, tb[DVTI_A_LINK_MODE]);
	dvti_nl_set_u32(&set->mtu, tb[DVTI_A_LINK_MTU]);
	dvti_nl_set_u32(&set->df, tb[DVTI_A_LINK_DF]);
	dvti_nl_set_u32(&set->dscp, tb[DVTI_A_LINK_DSCP]);
	dvti_nl_set_u8(&set->dscp_value, tb[DVTI_A_LINK_DSCP_VALUE]);
	dvti_nl_set_u8(&set->ttl, tb[DVTI_A_LINK_TTL]);
	dvti_nl_set_u8(&set->ttl_inherit, tb[DVTI_A_LINK_TTL_INHERIT]);
	dvti_nl_set_u32(&set->fwmark, tb[DVTI_A_LINK_FWMARK]);
	dvti_nl_set_u32(&set->underlay_ifindex, tb[DVTI_A_LINK_UNDERLAY_IFINDEX]);
	dvti_nl_set_u32(&set->trigger_queue, tb[DVTI_A_LINK_TRIGGER_QUEUE]);
	dvti_nl_set_u32(&set->tcp_mss, tb[DVTI_A_LINK_TCP_MSS]);
	dvti_nl_set_u32(&set->gre_key, tb[DVTI_A_LINK_GRE_KEY]);
	dvti_nl_set_u32(&set->fragment, tb[DVTI_A_LINK_FRAGMENT]);
	dvti_nl_set_u8(&set->mtu_ignore, tb[DVTI_A_LINK_MTU_IGNORE]);
}

/* Role and template have to agree; one of them may be left out. */
static int dvti_nl_new_role(struct sk_buff *skb, struct genl_info *info, struct nlattr **tb,
			    struct dvti_link_request *req)
{
	struct nlattr *template = tb[DVTI_A_LINK_TEMPLATE_IFINDEX];

	req->role = template ? DVTI_ROLE_VIRTUAL_ACCESS : DVTI_ROLE_STATIC;
	if (tb[DVTI_A_LINK_ROLE])
		req->role = nla_get_u32(tb[DVTI_A_LINK_ROLE]);
	if (template ? req->role != DVTI_ROLE_VIRTUAL_ACCESS : req->role == DVTI_ROLE_VIRTUAL_ACCESS) {
		NL_SET_ERR_MSG_ATTR(info->extack, template ?: tb[DVTI_A_LINK_ROLE],
				    "a virtual-access, and nothing else, is cloned from a template");
		return -EINVAL;
	}
	if (!template)
		return 0;
	req->template = dvti_nl_find_link(skb, genl_info_net(info), template, NULL, info->extack);
	if (IS_ERR(req->template))
		return PTR_ERR(req->template);
	if (req->template->role != DVTI_ROLE_VIRTUAL_TEMPLATE) {
		dvti_extack_fmt(info->extack, template, "%s is no virtual-template", req->template->dev->name);
		return -EINVAL;
	}
	req->set = req->template->set;
	return 0;
}

/* Where the device shall be; a counted reference in req->target. */
static int dvti_nl_new_target(struct sk_buff *skb, struct genl_info *info, struct nlattr **tb,
			      struct dvti_link_request *req)
{
	struct nlattr *fd = tb[DVTI_A_LINK_NETNS_FD];

	if (!fd) {
		req->target = get_net(genl_info_net(info));
		return 0;
	}
	req->target = get_net_ns_by_fd(nla_get_s32(fd));
	if (IS_ERR(req->target)) {
		dvti_extack_fmt(info->extack, fd, "file descriptor %d is no network namespace", nla_get_s32(fd));
		return PTR_ERR(req->target);
	}
	if (netlink_ns_capable(skb, req->target->user_ns, CAP_NET_ADMIN))
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, fd, "that network namespace is not yours to manage");
	put_net(req->target);
	return -EPERM;
}

static int dvti_nl_new_master(struct genl_info *info, struct nlattr **tb, struct dvti_link_request *req)
{
	struct nlattr *master = tb[DVTI_A_LINK_MASTER_IFINDEX];

	if (!master)
		return 0;
	req->master_given = true;
	if (!nla_get_u32(master))
		return 0;
	req->master = __dev_get_by_index(req->target, nla_get_u32(master));
	if (req->master)
		return 0;
	dvti_extack_fmt(info->extack, master, "the target netns has no device with index %u", nla_get_u32(master));
	return -ENODEV;
}

/* The link, its SAs and its state, or nothing; RTNL held. */
static struct dvti_link *dvti_nl_new_link(struct sk_buff *skb, struct genl_info *info, struct nlattr **tb,
					  struct dvti_link_request *req, struct list_head *sas)
{
	struct net *underlay = genl_info_net(info);
	struct dvti_link *link;
	int err;

	err = dvti_nl_new_role(skb, info, tb, req) ?:
	      dvti_nl_new_master(info, tb, req) ?:
	      dvti_nl_check_settings(tb, underlay, info->extack);
	if (err)
		return ERR_PTR(err);
	if (req->role == DVTI_ROLE_VIRTUAL_TEMPLATE && !list_empty(sas)) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[DVTI_A_SA],
				    "a virtual-template carries no packets and has no SAs");
		return ERR_PTR(-EINVAL);
	}
	req->underlay = dvti_net(underlay);
	req->name = tb[DVTI_A_LINK_IFNAME] ? nla_data(tb[DVTI_A_LINK_IFNAME]) : DVTI_NAME_PATTERN;
	req->cookie = tb[DVTI_A_LINK_COOKIE] ? nla_get_u64(tb[DVTI_A_LINK_COOKIE]) : 0;
	dvti_nl_apply_settings(&req->set, tb);
	req->ends = dvti_nl_parse_ends(tb[DVTI_A_LINK_LOCAL], tb[DVTI_A_LINK_REMOTE], tb[DVTI_A_LINK_ENCAP], NULL,
				       info->extack);
	if (IS_ERR(req->ends))
		return ERR_CAST(req->ends);

	link = dvti_link_create(req, info->extack);
	if (IS_ERR(link)) {
		kfree(req->ends);
		return link;
	}
	if (!list_empty(sas))
		err = dvti_nl_install_sas(info, link, sas);
	else
		dvti_link_update_mtu(link);
	if (!err && tb[DVTI_A_LINK_UP])
		err = dev_open(link->dev, info->extack);
	if (err) {
		dvti_link_delete(link);
		return ERR_PTR(err);
	}
	dvti_link_update_carrier(link);
	return link;
}

int dvti_nl_link_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[DVTI_A_LINK_MAX + 1];
	struct dvti_link_request req = {};
	struct dvti_link *link;
	struct sk_buff *msg;
	LIST_HEAD(sas);
	void *hdr;
	int err;

	err = dvti_nl_parse_link(info, tb);
	if (err)
		return err;
	if (tb[DVTI_A_LINK_IFINDEX]) {
		NL_SET_ERR_MSG_ATTR(info->extack, tb[DVTI_A_LINK_IFINDEX],
				    "the kernel chooses the index of a new link");
		return -EINVAL;
	}
	msg = genlmsg_new(DVTI_NL_LINK_SIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	hdr = genlmsg_put_reply(msg, info, &dvti_nl_family, 0, DVTI_CMD_LINK_NEW);
	if (!hdr) {
		err = -EMSGSIZE;
		goto err_free;
	}
	err = dvti_nl_make_sas(info, &sas) ?: dvti_nl_new_target(skb, info, tb, &req);
	if (err)
		goto err_sas;

	rtnl_lock();
	link = dvti_nl_new_link(skb, info, tb, &req, &sas);
	err = IS_ERR(link) ? PTR_ERR(link) : dvti_nl_put_link(msg, link, genl_info_net(info));
	rtnl_unlock();
	put_net(req.target);
	if (err)
		goto err_sas;
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);

err_sas:
	dvti_nl_discard_sas(&sas);
err_free:
	nlmsg_free(msg);
	return err;
}

/* What is fixed when a link is made. */
static int dvti_nl_set_check(struct nlattr **tb, struct netlink_ext_ack *extack)
{
	static const int fixed[] = { DVTI_A_LINK_ROLE, DVTI_A_LINK_TEMPLATE_IFINDEX, DVTI_A_LINK_NETNS_FD,
				     DVTI_A_LINK_MASTER_IFINDEX, DVTI_A_LINK_UP };
	unsigned int i;

	if (tb[DVTI_A_LINK_IFINDEX] && tb[DVTI_A_LINK_IFNAME]) {
		NL_SET_ERR_MSG_ATTR(extack, tb[DVTI_A_LINK_IFNAME],
				    "name the link by ifindex or ifname; ip link renames");
		return -EINVAL;
	}
	for (i = 0; i < ARRAY_SIZE(fixed); i++) {
		if (!tb[fixed[i]])
			continue;
		NL_SET_ERR_MSG_ATTR(extack, tb[fixed[i]],
				    "this is said when a link is made; ip link can change some of it");
		return -EINVAL;
	}
	return 0;
}

static int dvti_nl_set_link(struct dvti_link *link, struct nlattr **tb, struct netlink_ext_ack *extack)
{
	struct dvti_endpoints *ends;
	int err;

	err = dvti_nl_set_check(tb, extack) ?: dvti_nl_check_settings(tb, link->underlay->net, extack);
	if (err)
		return err;
	ends = dvti_nl_parse_ends(tb[DVTI_A_LINK_LOCAL], tb[DVTI_A_LINK_REMOTE], tb[DVTI_A_LINK_ENCAP],
				  rtnl_dereference(link->ends), extack);
	if (IS_ERR(ends))
		return PTR_ERR(ends);
	if (ends) {
		err = dvti_sa_set_link_ends(link, ends, extack);
		if (err) {
			kfree(ends);
			return err;
		}
	}
	dvti_nl_apply_settings(&link->set, tb);
	if (tb[DVTI_A_LINK_COOKIE])
		WRITE_ONCE(link->cookie, nla_get_u64(tb[DVTI_A_LINK_COOKIE]));
	dst_cache_reset(&link->dst);
	dvti_link_update_mtu(link);
	dvti_link_update_carrier(link);
	return 0;
}

int dvti_nl_link_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[DVTI_A_LINK_MAX + 1];
	struct dvti_link *link;
	int err;

	rtnl_lock();
	link = dvti_nl_named_link(skb, info, tb);
	err = IS_ERR(link) ? PTR_ERR(link) : dvti_nl_set_link(link, tb, info->extack);
	rtnl_unlock();
	return err;
}

int dvti_nl_link_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[DVTI_A_LINK_MAX + 1];
	struct dvti_link *link;
	struct nlattr *attr;
	int rem, err = 0;
	LIST_HEAD(kill);

	if (GENL_REQ_ATTR_CHECK(info, DVTI_A_LINK))
		return -EINVAL;
	rtnl_lock();
	nla_for_each_attr(attr, genlmsg_data(info->genlhdr), genlmsg_len(info->genlhdr), rem) {
		if (nla_type(attr) != DVTI_A_LINK)
			continue;
		err = dvti_nl_parse_link_attr(attr, tb, info->extack);
		if (err)
			break;
		link = dvti_nl_find_link(skb, genl_info_net(info), tb[DVTI_A_LINK_IFINDEX], tb[DVTI_A_LINK_IFNAME],
					 info->extack);
		err = PTR_ERR_OR_ZERO(link);
		if (err)
			break;
		dvti_link_delete_queue(link, &kill);
	}
	if (err)
		dvti_link_delete_abort(&kill);
	else
		dvti_link_delete_many(&kill);
	rtnl_unlock();
	return err;
}

int dvti_nl_spi_reserve_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[DVTI_A_SPI_MAX + 1];
	struct dvti_sa_key key = {};
	struct nlattr *nest;
	struct sk_buff *msg;
	__be16 port = 0;
	void *hdr;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, DVTI_A_SPI))
		return -EINVAL;
	err = nla_parse_nested(tb, DVTI_A_SPI_MAX, info->attrs[DVTI_A_SPI], dvti_spi_nl_policy, info->extack);
	if (err)
		return err;
	if (!tb[DVTI_A_SPI_LOCAL]) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[DVTI_A_SPI], "an SPI is reserved for a local address");
		return -EINVAL;
	}
	err = dvti_nl_parse_address(tb[DVTI_A_SPI_LOCAL], &key.family, &key.daddr, &port, info->extack);
	if (err)
		return err;
	if (tb[DVTI_A_SPI_SPI])
		key.spi = nla_get_be32(tb[DVTI_A_SPI_SPI]);
	if (tb[DVTI_A_SPI_SPI] && ntohl(key.spi) < DVTI_SPI_MIN) {
		dvti_extack_fmt(info->extack, tb[DVTI_A_SPI_SPI], "SPI %u: values below %u are reserved",
				ntohl(key.spi), DVTI_SPI_MIN);
		return -EINVAL;
	}

	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	err = dvti_spi_reserve(dvti_net(genl_info_net(info)), &key,
			       tb[DVTI_A_SPI_SECONDS] ? nla_get_u32(tb[DVTI_A_SPI_SECONDS]) : 0, info->extack);
	if (err)
		goto err_free;
	err = -EMSGSIZE;
	hdr = genlmsg_put_reply(msg, info, &dvti_nl_family, 0, DVTI_CMD_SPI_RESERVE);
	if (!hdr)
		goto err_free;
	nest = nla_nest_start(msg, DVTI_A_SPI);
	if (!nest || nla_put_be32(msg, DVTI_A_SPI_SPI, key.spi) ||
	    dvti_nl_put_address(msg, DVTI_A_SPI_LOCAL, key.family, &key.daddr, 0))
		goto err_free;
	nla_nest_end(msg, nest);
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);

err_free:
	nlmsg_free(msg);
	return err;
}

struct genl_family dvti_nl_family __ro_after_init = {
	.name		= DVTI_FAMILY_NAME,
	.version	= DVTI_FAMILY_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.ops		= dvti_nl_ops,
	.n_ops		= ARRAY_SIZE(dvti_nl_ops),
	.mcgrps		= dvti_nl_mcgrps,
	.n_mcgrps	= ARRAY_SIZE(dvti_nl_mcgrps),
};

int __init dvti_netlink_init(void)
{
	return genl_register_family(&dvti_nl_family);
}

void dvti_netlink_exit(void)
{
	genl_unregister_family(&dvti_nl_family);
}
