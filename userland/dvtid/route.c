// SPDX-License-Identifier: GPL-2.0-or-later
#include "route.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "nl.h"

static struct nl_msg *message(int type, int flags, const void *header, size_t len)
{
	struct nl_msg *msg = nlmsg_alloc_simple(type, flags);

	if (!msg || nlmsg_append(msg, (void *)header, len, NLMSG_ALIGNTO) < 0)
		abort();
	return msg;
}

static struct nl_msg *route_message(int type, int flags, const struct dvtid_route *r)
{
	struct rtmsg rt = {
		.rtm_family = r->to.addr.family,
		.rtm_dst_len = r->to.len,
		.rtm_table = r->table && r->table < 256 ? r->table : r->table ? RT_TABLE_UNSPEC : RT_TABLE_MAIN,
		.rtm_protocol = DVTID_ROUTE_PROTOCOL,
		.rtm_type = RTN_UNICAST,
		.rtm_scope = r->gateway.family ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
	};
	struct nl_msg *msg;

	if (type == RTM_DELROUTE)
		rt.rtm_scope = RT_SCOPE_NOWHERE;
	msg = message(type, flags, &rt, sizeof(rt));
	nla_put(msg, RTA_DST, ike_addr_size(&r->to.addr), r->to.addr.bytes);
	nla_put_u32(msg, RTA_OIF, r->ifindex);
	if (r->table)
		nla_put_u32(msg, RTA_TABLE, r->table);
	if (r->metric)
		nla_put_u32(msg, RTA_PRIORITY, r->metric);
	if (r->gateway.family)
		nla_put(msg, RTA_GATEWAY, ike_addr_size(&r->gateway), r->gateway.bytes);
	if (r->source.family && type == RTM_NEWROUTE)
		nla_put(msg, RTA_PREFSRC, ike_addr_size(&r->source), r->source.bytes);
	return msg;
}

static const char *route_text(const struct dvtid_route *r, char *buf, size_t size)
{
	char prefix[IKE_ADDR_STRLEN];

	snprintf(buf, size, "route %s", ike_prefix_text(&r->to, prefix));
	return buf;
}

/*
 * Before others of the same prefix and metric rather than instead of them: the newest link to a network is
 * the one to use, and when it goes, the older is there.
 */
void dvtid_route_add(struct dvtid_nl_batch *b, const struct dvtid_route *r)
{
	char what[96];

	dvtid_nl_batch_add(b, route_message(RTM_NEWROUTE, NLM_F_CREATE, r), EEXIST, route_text(r, what, sizeof(what)));
}

void dvtid_route_del(struct dvtid_nl_batch *b, const struct dvtid_route *r)
{
	char what[96];

	dvtid_nl_batch_add(b, route_message(RTM_DELROUTE, 0, r), ESRCH, route_text(r, what, sizeof(what)));
}

static struct nl_msg *address_message(int type, int flags, uint32_t ifindex, const struct ike_addr *a)
{
	struct ifaddrmsg ifa = {
		.ifa_family = a->family,
		.ifa_prefixlen = ike_addr_size(a) * 8,
		.ifa_scope = RT_SCOPE_UNIVERSE,
		.ifa_index = ifindex,
	};
	struct nl_msg *msg = message(type, flags, &ifa, sizeof(ifa));

	nla_put(msg, IFA_LOCAL, ike_addr_size(a), a->bytes);
	if (a->family == AF_INET)
		nla_put(msg, IFA_ADDRESS, ike_addr_size(a), a->bytes);
	/* Nobody else can have an address on a point-to-point link, and its /128 needs no route. */
	if (type == RTM_NEWADDR && a->family == AF_INET6)
		nla_put_u32(msg, IFA_FLAGS, IFA_F_NODAD | IFA_F_NOPREFIXROUTE);
	return msg;
}

void dvtid_address_add(struct dvtid_nl_batch *b, uint32_t ifindex, const struct ike_addr *a)
{
	char text[IKE_ADDR_STRLEN], what[96];

	snprintf(what, sizeof(what), "address %s", ike_addr_text(a, text));
	dvtid_nl_batch_add(b, address_message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, ifindex, a), EEXIST, what);
}

void dvtid_address_del(struct dvtid_nl_batch *b, uint32_t ifindex, const struct ike_addr *a)
{
	char text[IKE_ADDR_STRLEN], what[96];

	snprintf(what, sizeof(what), "address %s", ike_addr_text(a, text));
	dvtid_nl_batch_add(b, address_message(RTM_DELADDR, 0, ifindex, a), EADDRNOTAVAIL, what);
}

struct device {
	uint32_t ifindex;
	uint32_t vrf_table;
	char name[16];
};

static void take_device(struct nlmsghdr *h, void *ctx)
{
	struct nlattr *tb[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1], *vrf[IFLA_VRF_MAX + 1];
	struct device *dev = ctx;

	if (h->nlmsg_type != RTM_NEWLINK || nlmsg_parse(h, sizeof(struct ifinfomsg), tb, IFLA_MAX, NULL) < 0)
		return;
	dev->ifindex = ((struct ifinfomsg *)nlmsg_data(h))->ifi_index;
	if (tb[IFLA_IFNAME])
		nla_strlcpy(dev->name, tb[IFLA_IFNAME], sizeof(dev->name));
	if (!tb[IFLA_LINKINFO] || nla_parse_nested(info, IFLA_INFO_MAX, tb[IFLA_LINKINFO], NULL) < 0 ||
	    !info[IFLA_INFO_KIND] || nla_strcmp(info[IFLA_INFO_KIND], "vrf") || !info[IFLA_INFO_DATA] ||
	    nla_parse_nested(vrf, IFLA_VRF_MAX, info[IFLA_INFO_DATA], NULL) < 0 || !vrf[IFLA_VRF_TABLE])
		return;
	dev->vrf_table = nla_get_u32(vrf[IFLA_VRF_TABLE]);
}

static int device_get(struct dvtid_ns *ns, const char *name, uint32_t ifindex, struct device *dev, char *reason,
		      size_t size)
{
	const struct ifinfomsg ifi = { .ifi_index = ifindex };
	struct nl_msg *msg = message(RTM_GETLINK, 0, &ifi, sizeof(ifi));

	if (name)
		nla_put_string(msg, IFLA_IFNAME, name);
	return dvtid_nl_talk(ns->route, msg, take_device, dev, reason, size);
}

uint32_t dvtid_route_ifindex(struct dvtid_ns *ns, const char *name, char *reason, size_t size)
{
	struct device dev = { 0 };
	char why[128];

	if (device_get(ns, name, 0, &dev, why, sizeof(why)))
		snprintf(reason, size, "device \"%s\": %s", name, why);
	return dev.ifindex;
}

uint32_t dvtid_route_vrf_table(struct dvtid_ns *ns, uint32_t ifindex)
{
	struct device dev = { 0 };
	char why[128];

	device_get(ns, NULL, ifindex, &dev, why, sizeof(why));
	return dev.vrf_table;
}

void dvtid_route_name(struct dvtid_ns *ns, uint32_t ifindex, char name[16])
{
	struct device dev = { 0 };
	char why[128];

	if (device_get(ns, NULL, ifindex, &dev, why, sizeof(why)) || !*dev.name)
		snprintf(dev.name, sizeof(dev.name), "device %u", ifindex);
	snprintf(name, 16, "%s", dev.name);
}

struct lender {
	uint32_t ifindex;
	struct ike_addr *v4, *v6;
};

static void take_address(struct nlmsghdr *h, void *ctx)
{
	const struct lender *l = ctx;
	const struct ifaddrmsg *ifa = nlmsg_data(h);
	struct nlattr *tb[IFA_MAX + 1], *at;
	struct ike_addr *a;

	if (h->nlmsg_type != RTM_NEWADDR || nlmsg_parse(h, sizeof(*ifa), tb, IFA_MAX, NULL) < 0)
		return;
	a = ifa->ifa_family == AF_INET ? l->v4 : l->v6;
	at = tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS];
	if (ifa->ifa_index != l->ifindex || ifa->ifa_scope != RT_SCOPE_UNIVERSE || a->family || !at ||
	    nla_len(at) != (ifa->ifa_family == AF_INET ? 4 : 16))
		return;
	a->family = ifa->ifa_family;
	memcpy(a->bytes, nla_data(at), nla_len(at));
}

void dvtid_route_addresses(struct dvtid_ns *ns, uint32_t ifindex, struct ike_addr *v4, struct ike_addr *v6)
{
	const struct ifaddrmsg ifa = { .ifa_index = ifindex };
	struct lender lender = { ifindex, v4, v6 };
	char why[128];

	memset(v4, 0, sizeof(*v4));
	memset(v6, 0, sizeof(*v6));
	dvtid_nl_talk(ns->route, message(RTM_GETADDR, NLM_F_DUMP, &ifa, sizeof(ifa)), take_address, &lender, why,
		      sizeof(why));
}

/** struct lookup - what the kernel says of the route to an address */
struct lookup {
	struct dvtid_route *route;
	uint8_t type, protocol, prefix_len;
	uint32_t table;
	bool found;
};

static void take_route(struct nlmsghdr *h, void *ctx)
{
	struct lookup *l = ctx;
	const struct rtmsg *rt = nlmsg_data(h);
	struct nlattr *tb[RTA_MAX + 1];
	struct dvtid_route *r = l->route;

	if (h->nlmsg_type != RTM_NEWROUTE || nlmsg_parse(h, sizeof(*rt), tb, RTA_MAX, NULL) < 0 || !tb[RTA_OIF])
		return;
	r->ifindex = nla_get_u32(tb[RTA_OIF]);
	l->prefix_len = rt->rtm_dst_len;
	l->type = rt->rtm_type;
	l->table = tb[RTA_TABLE] ? nla_get_u32(tb[RTA_TABLE]) : rt->rtm_table;
	l->protocol = rt->rtm_protocol;
	if (tb[RTA_GATEWAY] && nla_len(tb[RTA_GATEWAY]) == (int)ike_addr_size(&r->to.addr)) {
		r->gateway.family = rt->rtm_family;
		memcpy(r->gateway.bytes, nla_data(tb[RTA_GATEWAY]), ike_addr_size(&r->gateway));
	}
	l->found = true;
}

static bool look_up(struct dvtid_ns *ns, uint32_t vrf, const struct ike_addr *to, struct lookup *l)
{
	struct dvtid_route *r = l->route;
	const struct rtmsg rt = {
		.rtm_family = to->family,
		.rtm_dst_len = ike_addr_size(to) * 8,
		.rtm_flags = RTM_F_FIB_MATCH | RTM_F_LOOKUP_TABLE,
	};
	struct nl_msg *msg = message(RTM_GETROUTE, 0, &rt, sizeof(rt));
	char why[128];

	memset(r, 0, sizeof(*r));
	r->to.addr = *to;
	r->to.addr.port = 0;
	r->to.addr.scope = 0;
	r->to.len = rt.rtm_dst_len;
	nla_put(msg, RTA_DST, ike_addr_size(to), to->bytes);
	if (vrf)
		nla_put_u32(msg, RTA_OIF, vrf);
	return !dvtid_nl_talk(ns->route, msg, take_route, l, why, sizeof(why)) && l->found;
}

bool dvtid_route_connected(struct dvtid_ns *ns, uint32_t vrf, const struct ike_addr *to, uint32_t *ifindex,
			   uint8_t *prefix_len)
{
	struct dvtid_route r;
	struct lookup l = { .route = &r };

	/* Where its own table has nothing, a VRF without a default route goes on to the main one. */
	if (!look_up(ns, vrf, to, &l) || (vrf && l.table != dvtid_route_vrf_table(ns, vrf)))
		return false;
	*ifindex = r.ifindex;
	*prefix_len = l.prefix_len;
	return l.type == RTN_LOCAL || (l.type == RTN_UNICAST && l.protocol == RTPROT_KERNEL && !r.gateway.family);
}

bool dvtid_route_lookup(struct dvtid_ns *ns, const struct ike_addr *to, struct dvtid_route *r, uint8_t *prefix_len)
{
	struct lookup l = { .route = r };

	if (!look_up(ns, 0, to, &l))
		return false;
	*prefix_len = l.prefix_len;
	return l.type == RTN_UNICAST;
}
