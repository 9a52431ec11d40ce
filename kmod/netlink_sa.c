// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests that make, change or end SAs. A request may carry several; those of one request are of one link and are
 * taken together or not at all.
 */
#include <linux/rtnetlink.h>

#include "net.h"
#include "netlink.h"
#include "sa.h"

#define DVTI_REPLAY_WINDOW_MIN 32
#define DVTI_NL_SAS_MAX 32	/* in one request */

/** struct dvti_nl_sas - the SAs of a request */
struct dvti_nl_sas {
	unsigned int n;
	struct nlattr *attr[DVTI_NL_SAS_MAX];
};

static int dvti_nl_collect_sas(struct genl_info *info, struct dvti_nl_sas *sas)
{
	struct nlattr *attr;
	int rem;

	sas->n = 0;
	nla_for_each_attr(attr, genlmsg_data(info->genlhdr), genlmsg_len(info->genlhdr), rem) {
		if (nla_type(attr) != DVTI_A_SA)
			continue;
		if (sas->n == DVTI_NL_SAS_MAX) {
			dvti_extack_fmt(info->extack, attr, "a request has at most %d SAs", DVTI_NL_SAS_MAX);
			return -E2BIG;
		}
		sas->attr[sas->n++] = attr;
	}
	return 0;
}

static int dvti_nl_need_sas(struct genl_info *info, struct dvti_nl_sas *sas)
{
	int err = dvti_nl_collect_sas(info, sas);

	if (err || sas->n)
		return err;
	NL_SET_ERR_MSG(info->extack, "the request names no SA");
	return -EINVAL;
}

static u64 dvti_nl_u64(struct nlattr *attr, u64 otherwise)
{
	return attr ? nla_get_u64(attr) : otherwise;
}

static void dvti_nl_parse_limits(struct nlattr **tb, struct dvti_limits *limits)
{
	limits->soft_bytes = dvti_nl_u64(tb[DVTI_A_SA_SOFT_BYTES], limits->soft_bytes);
	limits->hard_bytes = dvti_nl_u64(tb[DVTI_A_SA_HARD_BYTES], limits->hard_bytes);
	limits->soft_packets = dvti_nl_u64(tb[DVTI_A_SA_SOFT_PACKETS], limits->soft_packets);
	limits->hard_packets = dvti_nl_u64(tb[DVTI_A_SA_HARD_PACKETS], limits->hard_packets);
	limits->soft_seconds = dvti_nl_u64(tb[DVTI_A_SA_SOFT_SECONDS], limits->soft_seconds);
	limits->hard_seconds = dvti_nl_u64(tb[DVTI_A_SA_HARD_SECONDS], limits->hard_seconds);
}

/* Attributes that only the kernel writes are refused, rather than ignored, wherever they come in. */
static int dvti_nl_refuse_read_only(struct nlattr **tb, struct netlink_ext_ack *extack)
{
	static const int read_only[] = { DVTI_A_SA_AGE_SECONDS, DVTI_A_SA_IDLE_SECONDS, DVTI_A_SA_STATS };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(read_only); i++) {
		if (!tb[read_only[i]])
			continue;
		NL_SET_ERR_MSG_ATTR(extack, tb[read_only[i]], "this attribute is only ever read");
		return -EINVAL;
	}
	return 0;
}

static int dvti_nl_need_sa(struct nlattr *sa, struct nlattr **tb, int attr, const char *name,
			   struct netlink_ext_ack *extack)
{
	if (tb[attr])
		return 0;
	dvti_extack_fmt(extack, sa, "an SA needs the attribute \"%s\"", name);
	return -EINVAL;
}

static int dvti_nl_check_sa(struct nlattr **tb, const struct dvti_sa_request *req, struct netlink_ext_ack *extack)
{
	struct nlattr *window = tb[DVTI_A_SA_REPLAY_WINDOW];

	if (ntohl(req->spi) < DVTI_SPI_MIN) {
		dvti_extack_fmt(extack, tb[DVTI_A_SA_SPI], "SPI %u: values below %u are reserved", ntohl(req->spi),
				DVTI_SPI_MIN);
		return -EINVAL;
	}
	if (req->key_len > DVTI_KEY_MAX) {
		dvti_extack_fmt(extack, tb[DVTI_A_SA_KEY], "a key has at most %u octets, not %u", DVTI_KEY_MAX,
				req->key_len);
		return -EINVAL;
	}
	if (!dvti_aead_encrypts(req->aead) && !tb[DVTI_A_SA_ALLOW_UNENCRYPTED]) {
		NL_SET_ERR_MSG_ATTR(extack, tb[DVTI_A_SA_AEAD],
				    "this transform does not encrypt, which needs the attribute \"allow-unencrypted\"");
		return -EPERM;
	}
	if (window && req->dir == DVTI_DIRECTION_OUT) {
		NL_SET_ERR_MSG_ATTR(extack, window, "a replay window is for inbound SAs");
		return -EINVAL;
	}
	if (req->window && req->window < DVTI_REPLAY_WINDOW_MIN) {
		dvti_extack_fmt(extack, window, "a replay window is 0 (off) or %u to %u packets, not %u",
				DVTI_REPLAY_WINDOW_MIN, DVTI_REPLAY_WINDOW_MAX, req->window);
		return -EINVAL;
	}
	if (!req->esn && req->seq > U32_MAX) {
		NL_SET_ERR_MSG_ATTR(extack, tb[DVTI_A_SA_SEQ], "a sequence number above 2^32 needs esn");
		return -EINVAL;
	}
	if (req->seq > DVTI_SEQ_MAX_ESN) {
		NL_SET_ERR_MSG_ATTR(extack, tb[DVTI_A_SA_SEQ], "no sequence number is left after this one");
		return -EINVAL;
	}
	if (req->esn && req->dir == DVTI_DIRECTION_IN && !req->window) {
		NL_SET_ERR_MSG_ATTR(extack, window, "extended sequence numbers cannot be inferred without a window");
		return -EINVAL;
	}
	return 0;
}

static struct dvti_sa *dvti_nl_make_sa(struct nlattr *attr, struct netlink_ext_ack *extack)
{
	struct nlattr *tb[DVTI_A_SA_MAX + 1];
	struct dvti_sa_request req = {};
	struct dvti_sa *sa;
	int err;

	err = dvti_nl_parse_sa(attr, tb, extack) ?:
	      dvti_nl_refuse_read_only(tb, extack) ?:
	      dvti_nl_need_sa(attr, tb, DVTI_A_SA_DIR, "dir", extack) ?:
	      dvti_nl_need_sa(attr, tb, DVTI_A_SA_SPI, "spi", extack) ?:
	      dvti_nl_need_sa(attr, tb, DVTI_A_SA_AEAD, "aead", extack) ?:
	      dvti_nl_need_sa(attr, tb, DVTI_A_SA_KEY, "key", extack);
	if (err)
		return ERR_PTR(err);

	req.dir = nla_get_u32(tb[DVTI_A_SA_DIR]);
	req.spi = nla_get_be32(tb[DVTI_A_SA_SPI]);
	req.aead = nla_get_u32(tb[DVTI_A_SA_AEAD]);
	req.key = nla_data(tb[DVTI_A_SA_KEY]);
	req.key_len = nla_len(tb[DVTI_A_SA_KEY]);
	req.esn = tb[DVTI_A_SA_ESN];
	req.window = tb[DVTI_A_SA_REPLAY_WINDOW] ? nla_get_u32(tb[DVTI_A_SA_REPLAY_WINDOW]) : 0;
	req.seq = dvti_nl_u64(tb[DVTI_A_SA_SEQ], 0);
	req.cookie = dvti_nl_u64(tb[DVTI_A_SA_COOKIE], 0);
	dvti_nl_parse_limits(tb, &req.limits);
	err = dvti_nl_check_sa(tb, &req, extack);
	if (err)
		return ERR_PTR(err);
	req.selectors = dvti_nl_parse_selectors(attr, extack);
	if (IS_ERR(req.selectors))
		return ERR_CAST(req.selectors);

	sa = dvti_sa_alloc(&req, extack);
	if (IS_ERR(sa))
		kfree(req.selectors);
	return sa;
}

void dvti_nl_discard_sas(struct list_head *sas)
{
	struct dvti_sa *sa, *next;

	list_for_each_entry_safe(sa, next, sas, node) {
		list_del_init(&sa->node);
		dvti_sa_discard(sa);
	}
}

/**
 * dvti_nl_make_sas() - the SAs of a request, keyed, in its order
 * @info: request
 * @sas: gets them; they belong to the caller
 *
 * Keys are wiped from the request, whose buffer the socket layer would free as it is.
 *
 * Context: process, without RTNL since ciphers may have to be loaded. Return: 0 or a negative error.
 */
int dvti_nl_make_sas(struct genl_info *info, struct list_head *sas)
{
	struct dvti_nl_sas named;
	struct nlattr *key;
	struct dvti_sa *sa;
	unsigned int i;
	int err;

	err = dvti_nl_collect_sas(info, &named);
	if (err)
		return err;
	for (i = 0; i < named.n; i++) {
		sa = err ? NULL : dvti_nl_make_sa(named.attr[i], info->extack);
		if (IS_ERR(sa))
			err = PTR_ERR(sa);
		else if (sa)
			list_add_tail(&sa->node, sas);
		key = nla_find_nested(named.attr[i], DVTI_A_SA_KEY);
		if (key)
			memzero_explicit(nla_data(key), nla_len(key));
	}
	if (err)
		dvti_nl_discard_sas(sas);
	return err;
}

/**
 * dvti_nl_install_sas() - put SAs on their link
 * @info: request that named them
 * @link: link; RTNL held
 * @sas: what dvti_nl_make_sas() has made of it; taken over whatever happens
 *
 * Return: 0 or a negative error, then nothing of it is left.
 */
int dvti_nl_install_sas(struct genl_info *info, struct dvti_link *link, struct list_head *sas)
{
	struct dvti_sa *sa = list_first_entry(sas, struct dvti_sa, node);
	struct nlattr *tb[DVTI_A_SA_MAX + 1];
	struct dvti_endpoints *ends;
	struct dvti_nl_sas named;
	unsigned int i;
	int err;

	err = dvti_nl_collect_sas(info, &named);
	if (err)
		goto err_discard;
	for (i = 0; i < named.n; i++) {
		err = dvti_nl_parse_sa(named.attr[i], tb, info->extack);
		if (err)
			goto err_discard;
		ends = dvti_nl_parse_ends(tb[DVTI_A_SA_LOCAL], tb[DVTI_A_SA_REMOTE], tb[DVTI_A_SA_ENCAP],
					  rtnl_dereference(link->ends), info->extack);
		if (IS_ERR(ends)) {
			err = PTR_ERR(ends);
			goto err_discard;
		}
		RCU_INIT_POINTER(sa->ends, ends);
		sa = list_next_entry(sa, node);
	}
	return dvti_sa_install(link, sas, info->extack);

err_discard:
	dvti_nl_discard_sas(sas);
	return err;
}

/* The link that all SAs of a request name. */
static struct dvti_link *dvti_nl_link_of_sas(struct sk_buff *skb, struct genl_info *info)
{
	struct dvti_link *link = NULL, *first = NULL;
	struct nlattr *tb[DVTI_A_SA_MAX + 1];
	struct dvti_nl_sas named;
	unsigned int i;
	int err;

	err = dvti_nl_need_sas(info, &named);
	if (err)
		return ERR_PTR(err);
	for (i = 0; i < named.n; i++) {
		err = dvti_nl_parse_sa(named.attr[i], tb, info->extack) ?:
		      dvti_nl_need_sa(named.attr[i], tb, DVTI_A_SA_IFINDEX, "ifindex", info->extack);
		if (err)
			return ERR_PTR(err);
		link = dvti_nl_find_link(skb, genl_info_net(info), tb[DVTI_A_SA_IFINDEX], NULL, info->extack);
		if (IS_ERR(link))
			return link;
		first = first ?: link;
		if (link != first) {
			NL_SET_ERR_MSG_ATTR(info->extack, named.attr[i], "the SAs of one request are of one link");
			return ERR_PTR(-EINVAL);
		}
	}
	return link;
}

int dvti_nl_sa_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dvti_link *link;
	LIST_HEAD(sas);
	int err;

	err = dvti_nl_make_sas(info, &sas);
	if (err)
		return err;

	rtnl_lock();
	link = dvti_nl_link_of_sas(skb, info);
	err = PTR_ERR_OR_ZERO(link);
	if (!err && link->role == DVTI_ROLE_VIRTUAL_TEMPLATE) {
		dvti_extack_fmt(info->extack, NULL, "%s is a virtual-template and carries no packets",
				link->dev->name);
		err = -EOPNOTSUPP;
	}
	if (err)
		dvti_nl_discard_sas(&sas);
	else
		err = dvti_nl_install_sas(info, link, &sas);
	rtnl_unlock();
	return err;
}

/**
 * dvti_nl_find_sa() - the installed SA that a request names by ifindex, dir and spi
 * @skb: request
 * @info: request
 * @attr: nest of the set "sa" in it
 * @tb: result, attributes of @attr
 *
 * RTNL held. Return: SA, or ERR_PTR.
 */
struct dvti_sa *dvti_nl_find_sa(struct sk_buff *skb, struct genl_info *info, struct nlattr *attr, struct nlattr **tb)
{
	struct dvti_link *link;
	struct dvti_sa *sa;
	int err;

	err = dvti_nl_parse_sa(attr, tb, info->extack) ?:
	      dvti_nl_need_sa(attr, tb, DVTI_A_SA_IFINDEX, "ifindex", info->extack) ?:
	      dvti_nl_need_sa(attr, tb, DVTI_A_SA_DIR, "dir", info->extack) ?:
	      dvti_nl_need_sa(attr, tb, DVTI_A_SA_SPI, "spi", info->extack);
	if (err)
		return ERR_PTR(err);
	link = dvti_nl_find_link(skb, genl_info_net(info), tb[DVTI_A_SA_IFINDEX], NULL, info->extack);
	if (IS_ERR(link))
		return ERR_CAST(link);
	sa = dvti_sa_of_link(link, nla_get_u32(tb[DVTI_A_SA_DIR]), nla_get_be32(tb[DVTI_A_SA_SPI]));
	if (sa)
		return sa;
	dvti_extack_fmt(info->extack, attr, "%s has no %s SA with SPI 0x%08x", link->dev->name,
			nla_get_u32(tb[DVTI_A_SA_DIR]) == DVTI_DIRECTION_IN ? "inbound" : "outbound",
			ntohl(nla_get_be32(tb[DVTI_A_SA_SPI])));
	return ERR_PTR(-ENOENT);
}

static int dvti_nl_update_check(struct nlattr **tb, const struct dvti_sa *sa, struct netlink_ext_ack *extack)
{
	static const int fixed[] = { DVTI_A_SA_AEAD, DVTI_A_SA_KEY, DVTI_A_SA_ESN, DVTI_A_SA_REPLAY_WINDOW,
				     DVTI_A_SA_SELECTOR, DVTI_A_SA_ALLOW_UNENCRYPTED };
	struct nlattr *seq = tb[DVTI_A_SA_SEQ];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fixed); i++) {
		if (!tb[fixed[i]])
			continue;
		NL_SET_ERR_MSG_ATTR(extack, tb[fixed[i]], "this stays for the life of an SA: install a new one");
		return -EINVAL;
	}
	if (!seq)
		return dvti_nl_refuse_read_only(tb, extack);
	if (sa->dir == DVTI_DIRECTION_IN) {
		NL_SET_ERR_MSG_ATTR(extack, seq, "an inbound SA's sequence number is set when it is installed");
		return -EINVAL;
	}
	/* Going back would use an IV twice under one key. */
	if (nla_get_u64(seq) < (u64)atomic64_read(&sa->seq) ||
	    nla_get_u64(seq) > (sa->esn ? DVTI_SEQ_MAX_ESN : DVTI_SEQ_MAX)) {
		NL_SET_ERR_MSG_ATTR(extack, seq, "a sequence number only goes forward, below 2^32 without esn");
		return -ERANGE;
	}
	return dvti_nl_refuse_read_only(tb, extack);
}

static void dvti_nl_advance_seq(struct dvti_sa *sa, u64 to)
{
	s64 now = atomic64_read(&sa->seq);

	while ((u64)now < to && !atomic64_try_cmpxchg(&sa->seq, &now, to))
		;
}

/**
 * struct dvti_nl_update - a change of one SA that has been found possible
 * @sa: the SA
 * @ends: staged endpoints of its own, or NULL
 * @limits: lifetimes
 * @seq: last sequence number sent, at least
 * @cookie: the daemon's
 */
struct dvti_nl_update {
	struct dvti_sa *sa;
	struct dvti_endpoints *ends;
	struct dvti_limits limits;
	u64 seq;
	u64 cookie;
};

/* All that can fail. @done: the changes of the SAs that the request names before this one. */
static int dvti_nl_stage_update(struct sk_buff *skb, struct genl_info *info, struct nlattr *attr,
				struct dvti_nl_update *u, const struct dvti_nl_update *done)
{
	struct nlattr *tb[DVTI_A_SA_MAX + 1];
	struct dvti_sa *sa;
	int err;

	sa = dvti_nl_find_sa(skb, info, attr, tb);
	if (IS_ERR(sa))
		return PTR_ERR(sa);
	while (done < u) {
		if (done++->sa != sa)
			continue;
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "the request names this SA twice");
		return -EINVAL;
	}
	err = dvti_nl_update_check(tb, sa, info->extack);
	if (err)
		return err;

	u->sa = sa;
	u->limits = sa->limits;
	dvti_nl_parse_limits(tb, &u->limits);
	u->seq = dvti_nl_u64(tb[DVTI_A_SA_SEQ], 0);
	u->cookie = dvti_nl_u64(tb[DVTI_A_SA_COOKIE], sa->cookie);
	u->ends = dvti_nl_parse_ends(tb[DVTI_A_SA_LOCAL], tb[DVTI_A_SA_REMOTE], tb[DVTI_A_SA_ENCAP],
				     rtnl_dereference(sa->ends) ?: rtnl_dereference(sa->link->ends), info->extack);
	if (IS_ERR(u->ends))
		return PTR_ERR(u->ends);
	if (!u->ends)
		return 0;
	err = dvti_sa_stage_ends(sa, u->ends, info->extack);
	if (err)
		kfree(u->ends);
	return err;
}

static void dvti_nl_abort_update(struct dvti_nl_update *u)
{
	if (!u->ends)
		return;
	dvti_sa_abort_ends(u->sa);
	kfree(u->ends);
}

static void dvti_nl_commit_update(struct dvti_nl_update *u)
{
	if (u->ends)
		dvti_sa_commit_ends(u->sa, u->ends);
	if (memcmp(&u->limits, &u->sa->limits, sizeof(u->limits)))
		dvti_sa_set_limits(u->sa, &u->limits);
	dvti_nl_advance_seq(u->sa, u->seq);
	WRITE_ONCE(u->sa->cookie, u->cookie);
}

int dvti_nl_sa_update_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dvti_nl_update *updates;
	struct dvti_nl_sas named;
	unsigned int i, n;
	int err;

	err = dvti_nl_need_sas(info, &named);
	if (err)
		return err;
	updates = kcalloc(named.n, sizeof(*updates), GFP_KERNEL);
	if (!updates)
		return -ENOMEM;

	rtnl_lock();
	for (n = 0; n < named.n; n++) {
		err = dvti_nl_stage_update(skb, info, named.attr[n], &updates[n], updates);
		if (err)
			break;
	}
	for (i = 0; i < n; i++) {
		if (err)
			dvti_nl_abort_update(&updates[i]);
		else
			dvti_nl_commit_update(&updates[i]);
	}
	rtnl_unlock();
	kfree(updates);
	return err;
}

int dvti_nl_sa_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[DVTI_A_SA_MAX + 1];
	struct dvti_nl_sas named;
	struct dvti_sa *sa;
	unsigned int i;
	int err;

	err = dvti_nl_need_sas(info, &named);
	if (err)
		return err;
	rtnl_lock();
	/* First see whether all exist, so that a mistake deletes nothing. */
	for (i = 0; i < named.n && !err; i++)
		err = PTR_ERR_OR_ZERO(dvti_nl_find_sa(skb, info, named.attr[i], tb));
	for (i = 0; i < named.n && !err; i++) {
		sa = dvti_nl_find_sa(skb, info, named.attr[i], tb);
		/* Named twice, it is gone the second time. */
		if (!IS_ERR(sa))
			dvti_sa_delete(sa);
	}
	rtnl_unlock();
	return err;
}

int dvti_nl_sa_flush_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dvti_net *dn = dvti_net(genl_info_net(info));
	struct dvti_link *link;
	int err = 0;

	rtnl_lock();
	if (info->attrs[DVTI_A_SA]) {
		link = dvti_nl_link_of_sas(skb, info);
		if (IS_ERR(link))
			err = PTR_ERR(link);
		else
			dvti_sa_flush(link);
	} else {
		list_for_each_entry(link, &dn->links, node)
			dvti_sa_flush(link);
	}
	rtnl_unlock();
	return err;
}
