// SPDX-License-Identifier: GPL-2.0-only
/*
 * Answers: links and SAs, one or all. Dumps go on where they stopped by counting; generation numbers tell userland
 * when the list has changed meanwhile.
 */
#include <linux/rtnetlink.h>

#include "net.h"
#include "netlink.h"
#include "sa.h"

static int dvti_nl_put_settings(struct sk_buff *msg, const struct dvti_link_settings *s)
{
	if (nla_put_u32(msg, DVTI_A_LINK_MODE, s->mode) || nla_put_u32(msg, DVTI_A_LINK_MTU, s->mtu) ||
	    nla_put_u32(msg, DVTI_A_LINK_DF, s->df) || nla_put_u32(msg, DVTI_A_LINK_DSCP, s->dscp) ||
	    nla_put_u8(msg, DVTI_A_LINK_DSCP_VALUE, s->dscp_value) || nla_put_u8(msg, DVTI_A_LINK_TTL, s->ttl) ||
	    nla_put_u32(msg, DVTI_A_LINK_FWMARK, s->fwmark) ||
	    nla_put_u32(msg, DVTI_A_LINK_UNDERLAY_IFINDEX, s->underlay_ifindex) ||
	    nla_put_u32(msg, DVTI_A_LINK_TRIGGER_QUEUE, s->trigger_queue) ||
	    nla_put_u32(msg, DVTI_A_LINK_TCP_MSS, s->tcp_mss) ||
	    nla_put_u32(msg, DVTI_A_LINK_FRAGMENT, s->fragment) ||
	    nla_put_u8(msg, DVTI_A_LINK_MTU_IGNORE, s->mtu_ignore) ||
	    nla_put_u8(msg, DVTI_A_LINK_TTL_INHERIT, s->ttl_inherit) ||
	    (s->mode == DVTI_TUNNEL_MODE_GRE && nla_put_u32(msg, DVTI_A_LINK_GRE_KEY, s->gre_key)))
		return -EMSGSIZE;
	return 0;
}

static int dvti_nl_put_link_stats(struct sk_buff *msg, const struct dvti_link *link)
{
	struct nlattr *nest = nla_nest_start(msg, DVTI_A_LINK_STATS);
	struct dvti_link_sums sums;
	unsigned int i;

	if (!nest)
		return -EMSGSIZE;
	dvti_stats_sum_link(link->stats, &sums);
	sums.drops[DVTI_DROP(TX_NO_CARRIER)] = dvti_stats_no_carrier(link->dev);
	if (nla_put_u64_64bit(msg, DVTI_A_LINK_STATS_TX_PACKETS, sums.tx_packets, DVTI_A_LINK_STATS_PAD) ||
	    nla_put_u64_64bit(msg, DVTI_A_LINK_STATS_TX_BYTES, sums.tx_bytes, DVTI_A_LINK_STATS_PAD) ||
	    nla_put_u64_64bit(msg, DVTI_A_LINK_STATS_RX_PACKETS, sums.rx_packets, DVTI_A_LINK_STATS_PAD) ||
	    nla_put_u64_64bit(msg, DVTI_A_LINK_STATS_RX_BYTES, sums.rx_bytes, DVTI_A_LINK_STATS_PAD))
		return -EMSGSIZE;
	for (i = 0; i < DVTI_DROPS; i++)
		if (nla_put_u64_64bit(msg, DVTI_A_LINK_STATS_TX_NO_SA + i, sums.drops[i], DVTI_A_LINK_STATS_PAD))
			return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/**
 * dvti_nl_put_link() - all that there is to say about a link
 * @msg: message
 * @link: link; RTNL held
 * @net: netns of who asks
 *
 * Return: 0 or -EMSGSIZE.
 */
int dvti_nl_put_link(struct sk_buff *msg, const struct dvti_link *link, struct net *net)
{
	struct nlattr *nest = nla_nest_start(msg, DVTI_A_LINK);
	struct net *where = dev_net(link->dev);
	struct net_device *master = netdev_master_upper_dev_get(link->dev);

	if (!nest || nla_put_u32(msg, DVTI_A_LINK_IFINDEX, link->dev->ifindex) ||
	    nla_put_string(msg, DVTI_A_LINK_IFNAME, link->dev->name) ||
	    nla_put_u32(msg, DVTI_A_LINK_ROLE, link->role) ||
	    (link->template_ifindex && nla_put_u32(msg, DVTI_A_LINK_TEMPLATE_IFINDEX, link->template_ifindex)) ||
	    (master && nla_put_u32(msg, DVTI_A_LINK_MASTER_IFINDEX, master->ifindex)) ||
	    (!net_eq(where, net) && nla_put_s32(msg, DVTI_A_LINK_NETNS_ID, peernet2id_alloc(net, where, GFP_KERNEL))) ||
	    dvti_nl_put_ends(msg, rtnl_dereference(link->ends), DVTI_A_LINK_LOCAL, DVTI_A_LINK_REMOTE,
			     DVTI_A_LINK_ENCAP) ||
	    dvti_nl_put_settings(msg, &link->set) ||
	    nla_put_u64_64bit(msg, DVTI_A_LINK_COOKIE, link->cookie, DVTI_A_LINK_PAD) ||
	    (link->dev->flags & IFF_UP && nla_put_flag(msg, DVTI_A_LINK_UP)) || dvti_nl_put_link_stats(msg, link))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

int dvti_nl_link_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dvti_link *link;
	struct sk_buff *msg;
	void *hdr;
	int err;

	msg = genlmsg_new(DVTI_NL_LINK_SIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	hdr = genlmsg_put_reply(msg, info, &dvti_nl_family, 0, DVTI_CMD_LINK_GET);
	if (!hdr) {
		err = -EMSGSIZE;
		goto err_free;
	}

	rtnl_lock();
	link = dvti_nl_named_link(skb, info, NULL);
	err = IS_ERR(link) ? PTR_ERR(link) : dvti_nl_put_link(msg, link, genl_info_net(info));
	rtnl_unlock();
	if (err)
		goto err_free;
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);

err_free:
	nlmsg_free(msg);
	return err;
}

/* cb->args[0] counts the links of the underlay that have been dumped. */
int dvti_nl_link_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dvti_net *dn = dvti_net(sock_net(skb->sk));
	struct dvti_link *link;
	long i = 0;
	void *hdr;

	rtnl_lock();
	cb->seq = dn->generation;
	list_for_each_entry(link, &dn->links, node) {
		if (i++ < cb->args[0])
			continue;
		hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &dvti_nl_family, NLM_F_MULTI,
				  DVTI_CMD_LINK_GET);
		if (!hdr)
			break;
		genl_dump_check_consistent(cb, hdr);
		if (dvti_nl_put_link(skb, link, dn->net)) {
			genlmsg_cancel(skb, hdr);
			break;
		}
		genlmsg_end(skb, hdr);
		cb->args[0] = i;
	}
	rtnl_unlock();
	return skb->len;
}

static int dvti_nl_put_sa_u64(struct sk_buff *msg, int attr, u64 value)
{
	return nla_put_u64_64bit(msg, attr, value, DVTI_A_SA_PAD);
}

static int dvti_nl_put_limits(struct sk_buff *msg, const struct dvti_limits *l)
{
	const struct { int attr; u64 value; } limits[] = {
		{ DVTI_A_SA_SOFT_BYTES, l->soft_bytes },
		{ DVTI_A_SA_HARD_BYTES, l->hard_bytes },
		{ DVTI_A_SA_SOFT_PACKETS, l->soft_packets },
		{ DVTI_A_SA_HARD_PACKETS, l->hard_packets },
		{ DVTI_A_SA_SOFT_SECONDS, l->soft_seconds },
		{ DVTI_A_SA_HARD_SECONDS, l->hard_seconds },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(limits); i++)
		if (limits[i].value && dvti_nl_put_sa_u64(msg, limits[i].attr, limits[i].value))
			return -EMSGSIZE;
	return 0;
}

static int dvti_nl_put_sa_stats(struct sk_buff *msg, const struct dvti_sa *sa)
{
	struct nlattr *nest = nla_nest_start(msg, DVTI_A_SA_STATS);
	struct dvti_sa_sums sums;

	if (!nest)
		return -EMSGSIZE;
	dvti_stats_sum_sa(sa->stats, &sums);
	if (nla_put_u64_64bit(msg, DVTI_A_SA_STATS_PACKETS, sums.packets, DVTI_A_SA_STATS_PAD) ||
	    nla_put_u64_64bit(msg, DVTI_A_SA_STATS_BYTES, sums.bytes, DVTI_A_SA_STATS_PAD) ||
	    nla_put_u64_64bit(msg, DVTI_A_SA_STATS_REPLAY, sums.replay, DVTI_A_SA_STATS_PAD) ||
	    nla_put_u64_64bit(msg, DVTI_A_SA_STATS_INTEGRITY, sums.integrity, DVTI_A_SA_STATS_PAD) ||
	    nla_put_u64_64bit(msg, DVTI_A_SA_STATS_MALFORMED, sums.malformed, DVTI_A_SA_STATS_PAD) ||
	    nla_put_u64_64bit(msg, DVTI_A_SA_STATS_SELECTOR, sums.selector, DVTI_A_SA_STATS_PAD))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static u64 dvti_nl_sa_seq(struct dvti_sa *sa)
{
	u64 top;

	if (sa->dir == DVTI_DIRECTION_OUT)
		return atomic64_read(&sa->seq);
	spin_lock_bh(&sa->replay.lock);
	top = sa->replay.top;
	spin_unlock_bh(&sa->replay.lock);
	return top;
}

/* All but the key. */
static int dvti_nl_put_sa(struct sk_buff *msg, struct dvti_sa *sa)
{
	const struct dvti_endpoints *ends = rtnl_dereference(sa->ends) ?: rtnl_dereference(sa->link->ends);
	struct nlattr *nest = nla_nest_start(msg, DVTI_A_SA);
	u64 idle = div_u64(get_jiffies_64() - READ_ONCE(sa->used_at), HZ);
	unsigned int i;

	if (!nest || nla_put_u32(msg, DVTI_A_SA_IFINDEX, sa->link->dev->ifindex) ||
	    nla_put_u32(msg, DVTI_A_SA_DIR, sa->dir) || nla_put_be32(msg, DVTI_A_SA_SPI, sa->spi) ||
	    nla_put_u32(msg, DVTI_A_SA_AEAD, dvti_aead_kind(sa->aead)) ||
	    dvti_nl_put_ends(msg, ends, DVTI_A_SA_LOCAL, DVTI_A_SA_REMOTE, DVTI_A_SA_ENCAP) ||
	    (sa->esn && nla_put_flag(msg, DVTI_A_SA_ESN)) ||
	    (sa->dir == DVTI_DIRECTION_IN && nla_put_u32(msg, DVTI_A_SA_REPLAY_WINDOW, sa->replay.window)) ||
	    dvti_nl_put_sa_u64(msg, DVTI_A_SA_SEQ, dvti_nl_sa_seq(sa)) ||
	    dvti_nl_put_limits(msg, &sa->limits) ||
	    dvti_nl_put_sa_u64(msg, DVTI_A_SA_COOKIE, sa->cookie) ||
	    dvti_nl_put_sa_u64(msg, DVTI_A_SA_AGE_SECONDS, ktime_get_boottime_seconds() - sa->installed_at) ||
	    dvti_nl_put_sa_u64(msg, DVTI_A_SA_IDLE_SECONDS, idle) || dvti_nl_put_sa_stats(msg, sa))
		return -EMSGSIZE;
	for (i = 0; sa->selectors && i < sa->selectors->n; i++)
		if (dvti_nl_put_selector(msg, &sa->selectors->s[i]))
			return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

int dvti_nl_sa_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[DVTI_A_SA_MAX + 1], *attr = info->attrs[DVTI_A_SA];
	struct sk_buff *msg;
	struct dvti_sa *sa;
	void *hdr;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, DVTI_A_SA))
		return -EINVAL;
	msg = genlmsg_new(DVTI_NL_SA_SIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	hdr = genlmsg_put_reply(msg, info, &dvti_nl_family, 0, DVTI_CMD_SA_GET);
	if (!hdr) {
		err = -EMSGSIZE;
		goto err_free;
	}

	rtnl_lock();
	sa = dvti_nl_find_sa(skb, info, attr, tb);
	err = IS_ERR(sa) ? PTR_ERR(sa) : dvti_nl_put_sa(msg, sa);
	rtnl_unlock();
	if (err)
		goto err_free;
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);

err_free:
	nlmsg_free(msg);
	return err;
}

static int dvti_nl_dump_sa(struct sk_buff *msg, struct netlink_callback *cb, struct dvti_sa *sa)
{
	void *hdr = genlmsg_put(msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &dvti_nl_family, NLM_F_MULTI,
				DVTI_CMD_SA_GET);

	if (!hdr)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, hdr);
	if (dvti_nl_put_sa(msg, sa)) {
		genlmsg_cancel(msg, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, hdr);
	return 0;
}

/* cb->args[1] counts the SAs of the link that have been dumped. */
static int dvti_nl_dump_sas_of(struct sk_buff *msg, struct netlink_callback *cb, struct dvti_link *link)
{
	struct dvti_sa *sa;
	long i = 0;

	list_for_each_entry(sa, &link->sas, node) {
		if (i++ < cb->args[1])
			continue;
		if (dvti_nl_dump_sa(msg, cb, sa))
			return -EMSGSIZE;
		cb->args[1] = i;
	}
	return 0;
}

/* Each part of the dump has room for the largest SA, or the dump would seem to end before it. */
int dvti_nl_sa_get_start(struct netlink_callback *cb)
{
	cb->min_dump_alloc = DVTI_NL_SA_SIZE;
	return 0;
}

/* cb->args[0] counts the links of the underlay that have been dumped; with one link, 1 says that it has. */
int dvti_nl_sa_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct nlattr *tb[DVTI_A_SA_MAX + 1], *attr = dvti_compat_dump_attrs(cb)[DVTI_A_SA];
	struct dvti_net *dn = dvti_net(sock_net(skb->sk));
	struct dvti_link *link;
	long i = 0;
	int err = 0;

	rtnl_lock();
	cb->seq = dn->generation;
	if (attr) {
		err = dvti_nl_parse_sa(attr, tb, cb->extack) ?:
		      (tb[DVTI_A_SA_IFINDEX] ? 0 : -EINVAL);
		if (err)
			goto out;
		link = dvti_nl_find_link(cb->skb, dn->net, tb[DVTI_A_SA_IFINDEX], NULL, cb->extack);
		if (IS_ERR(link))
			err = PTR_ERR(link);
		else if (dvti_nl_dump_sas_of(skb, cb, link) && !skb->len)
			err = -EMSGSIZE;
		goto out;
	}
	list_for_each_entry(link, &dn->links, node) {
		if (i++ < cb->args[0])
			continue;
		if (dvti_nl_dump_sas_of(skb, cb, link)) {
			err = skb->len ? 0 : -EMSGSIZE;
			break;
		}
		cb->args[0] = i;
		cb->args[1] = 0;
	}
out:
	rtnl_unlock();
	return err ?: skb->len;
}
