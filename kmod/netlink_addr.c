// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses and endpoints as netlink attributes.
 */
#include <net/ipv6.h>

#include "link.h"
#include "netlink.h"

#define DVTI_NATT_PORT 4500	/* RFC 3948 section 2.1 */

/**
 * dvti_nl_put_address() - one end of a tunnel
 * @skb: message
 * @attr: attribute that shall hold it
 * @family: AF_INET, AF_INET6, or AF_UNSPEC which puts nothing
 * @addr: its address, network byte order
 * @port: UDP port, or 0 for none
 *
 * Return: 0 or -EMSGSIZE.
 */
int dvti_nl_put_address(struct sk_buff *skb, int attr, u8 family, const void *addr, __be16 port)
{
	struct nlattr *nest;
	int err;

	if (family == AF_UNSPEC)
		return 0;
	nest = nla_nest_start(skb, attr);
	if (!nest)
		return -EMSGSIZE;
	if (family == AF_INET)
		err = nla_put_in_addr(skb, DVTI_A_ADDRESS_IPV4, *(const __be32 *)addr);
	else
		err = nla_put_in6_addr(skb, DVTI_A_ADDRESS_IPV6, addr);
	if (err || (port && nla_put_be16(skb, DVTI_A_ADDRESS_PORT, port)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/**
 * dvti_nl_put_ends() - both ends of a tunnel
 * @skb: message
 * @ends: them, or NULL which puts nothing
 * @local: attribute for the local end
 * @remote: attribute for the remote end
 * @encap: attribute for the encapsulation
 *
 * Return: 0 or -EMSGSIZE.
 */
int dvti_nl_put_ends(struct sk_buff *skb, const struct dvti_endpoints *ends, int local, int remote, int encap)
{
	bool udp;

	if (!ends)
		return 0;
	udp = ends->encap == DVTI_ENCAP_UDP;
	return dvti_nl_put_address(skb, local, ends->family, &ends->l6, udp ? ends->lport : 0) ?:
	       dvti_nl_put_address(skb, remote, ends->family, &ends->r6, udp ? ends->rport : 0) ?:
	       nla_put_u32(skb, encap, ends->encap);
}

/**
 * dvti_nl_parse_address() - read one end of a tunnel
 * @attr: nest of the set "address"
 * @family: result
 * @addr: result, room for 16 octets
 * @port: result, left alone when none is given
 * @extack: gets the reason of a refusal
 *
 * Return: 0 or a negative error.
 */
int dvti_nl_parse_address(struct nlattr *attr, u8 *family, void *addr, __be16 *port, struct netlink_ext_ack *extack)
{
	struct nlattr *tb[DVTI_A_ADDRESS_MAX + 1];
	int err;

	err = nla_parse_nested(tb, DVTI_A_ADDRESS_MAX, attr, dvti_address_nl_policy, extack);
	if (err)
		return err;
	if (!tb[DVTI_A_ADDRESS_IPV4] == !tb[DVTI_A_ADDRESS_IPV6]) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "an end of a tunnel has one address, IPv4 or IPv6");
		return -EINVAL;
	}
	memset(addr, 0, sizeof(struct in6_addr));
	if (tb[DVTI_A_ADDRESS_IPV4]) {
		*family = AF_INET;
		*(__be32 *)addr = nla_get_in_addr(tb[DVTI_A_ADDRESS_IPV4]);
		if (ipv4_is_multicast(*(__be32 *)addr) || ipv4_is_lbcast(*(__be32 *)addr)) {
			NL_SET_ERR_MSG_ATTR(extack, attr, "an end of a tunnel is a unicast address");
			return -EINVAL;
		}
	} else {
		if (!ipv6_mod_enabled()) {
			NL_SET_ERR_MSG_ATTR(extack, attr, "this kernel was started without IPv6");
			return -EAFNOSUPPORT;
		}
		*family = AF_INET6;
		*(struct in6_addr *)addr = nla_get_in6_addr(tb[DVTI_A_ADDRESS_IPV6]);
		if (ipv6_addr_is_multicast(addr) || ipv6_addr_v4mapped(addr)) {
			NL_SET_ERR_MSG_ATTR(extack, attr, "an end of a tunnel is a unicast address, not a mapped one");
			return -EINVAL;
		}
	}
	if (tb[DVTI_A_ADDRESS_PORT]) {
		*port = nla_get_be16(tb[DVTI_A_ADDRESS_PORT]);
		if (!*port) {
			NL_SET_ERR_MSG_ATTR(extack, attr, "port 0");
			return -EINVAL;
		}
	}
	return 0;
}

/**
 * dvti_nl_parse_ends() - read the ends of a tunnel
 * @local: attribute, or NULL
 * @remote: attribute, or NULL
 * @encap: attribute, or NULL
 * @base: what holds where nothing is said, or NULL
 * @extack: gets the reason of a refusal
 *
 * Return: NULL when nothing is said at all, else an object that belongs to the caller, or ERR_PTR.
 */
struct dvti_endpoints *dvti_nl_parse_ends(struct nlattr *local, struct nlattr *remote, struct nlattr *encap,
					  const struct dvti_endpoints *base, struct netlink_ext_ack *extack)
{
	u8 lfamily = base ? base->family : AF_UNSPEC, rfamily = lfamily;
	struct dvti_endpoints *ends;
	int err;

	if (!local && !remote && !encap)
		return NULL;
	ends = base ? kmemdup(base, sizeof(*ends), GFP_KERNEL) : kzalloc(sizeof(*ends), GFP_KERNEL);
	if (!ends)
		return ERR_PTR(-ENOMEM);

	if (local) {
		err = dvti_nl_parse_address(local, &lfamily, &ends->l6, &ends->lport, extack);
		if (err)
			goto err_free;
	}
	if (remote) {
		err = dvti_nl_parse_address(remote, &rfamily, &ends->r6, &ends->rport, extack);
		if (err)
			goto err_free;
	}
	/* Over nothing, one end alone makes the other "any" of its family. */
	if (lfamily == AF_UNSPEC)
		lfamily = rfamily;
	if (rfamily == AF_UNSPEC)
		rfamily = lfamily;
	if (lfamily != rfamily) {
		NL_SET_ERR_MSG_ATTR(extack, remote ?: local, "both ends of a tunnel are of one family");
		err = -EAFNOSUPPORT;
		goto err_free;
	}
	ends->family = lfamily;
	if (encap)
		ends->encap = nla_get_u32(encap);
	if (ends->encap == DVTI_ENCAP_UDP) {
		ends->lport = ends->lport ?: htons(DVTI_NATT_PORT);
		ends->rport = ends->rport ?: htons(DVTI_NATT_PORT);
	}
	return ends;

err_free:
	kfree(ends);
	return ERR_PTR(err);
}
