// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traffic selectors as netlink attributes.
 */
#include "netlink.h"
#include "selector.h"

static int dvti_nl_selector_addr(struct nlattr *attr, struct in6_addr *addr, u8 *family, struct netlink_ext_ack *extack)
{
	int len = nla_len(attr);
	u8 is;

	if (len != 4 && len != 16) {
		dvti_extack_fmt(extack, attr, "a selector's address has 4 or 16 octets, not %d", len);
		return -EINVAL;
	}
	is = len == 4 ? AF_INET : AF_INET6;
	if (*family != AF_UNSPEC && *family != is) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "the addresses of a selector are of one family");
		return -EINVAL;
	}
	*family = is;
	memset(addr, 0, sizeof(*addr));
	memcpy(addr, nla_data(attr), len);
	return 0;
}

/* One side; what is not named is unbounded, a start without an end is a single address. */
static int dvti_nl_selector_range(struct nlattr *start, struct nlattr *end, struct in6_addr *from, struct in6_addr *to,
				  u8 *family, struct netlink_ext_ack *extack)
{
	int err = 0;

	memset(from, 0, sizeof(*from));
	memset(to, 0xff, sizeof(*to));
	if (start)
		err = dvti_nl_selector_addr(start, from, family, extack);
	if (!err && (end || start))
		err = dvti_nl_selector_addr(end ?: start, to, family, extack);
	return err;
}

static int dvti_nl_selector_ports(struct nlattr *start, struct nlattr *end, u16 *from, u16 *to,
				  struct netlink_ext_ack *extack)
{
	*from = start ? nla_get_u16(start) : 0;
	*to = end ? nla_get_u16(end) : start ? *from : U16_MAX;
	/* 65535 to 0 is OPAQUE: packets whose ports cannot be seen (RFC 7296 section 3.13.1). */
	if (*to >= *from || (*from == U16_MAX && !*to))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, end, "a selector's port range ends before it begins");
	return -EINVAL;
}

static int dvti_nl_parse_selector(struct nlattr *attr, struct dvti_selector *s, struct netlink_ext_ack *extack)
{
	struct nlattr *tb[DVTI_A_SELECTOR_MAX + 1];
	int err, len;

	err = nla_parse_nested(tb, DVTI_A_SELECTOR_MAX, attr, dvti_selector_nl_policy, extack);
	if (err)
		return err;
	err = dvti_nl_selector_range(tb[DVTI_A_SELECTOR_LOCAL_START], tb[DVTI_A_SELECTOR_LOCAL_END], &s->lstart,
				     &s->lend, &s->family, extack) ?:
	      dvti_nl_selector_range(tb[DVTI_A_SELECTOR_REMOTE_START], tb[DVTI_A_SELECTOR_REMOTE_END], &s->rstart,
				     &s->rend, &s->family, extack) ?:
	      dvti_nl_selector_ports(tb[DVTI_A_SELECTOR_LOCAL_PORT_START], tb[DVTI_A_SELECTOR_LOCAL_PORT_END],
				     &s->lport_start, &s->lport_end, extack) ?:
	      dvti_nl_selector_ports(tb[DVTI_A_SELECTOR_REMOTE_PORT_START], tb[DVTI_A_SELECTOR_REMOTE_PORT_END],
				     &s->rport_start, &s->rport_end, extack);
	if (err)
		return err;
	if (s->family == AF_UNSPEC) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "a selector names at least one address");
		return -EINVAL;
	}
	len = s->family == AF_INET ? 4 : 16;
	if (memcmp(&s->lstart, &s->lend, len) > 0 || memcmp(&s->rstart, &s->rend, len) > 0) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "a selector's address range ends before it begins");
		return -EINVAL;
	}
	s->protocol = tb[DVTI_A_SELECTOR_PROTOCOL] ? nla_get_u8(tb[DVTI_A_SELECTOR_PROTOCOL]) : 0;
	return 0;
}

/**
 * dvti_nl_parse_selectors() - read the selectors of an SA
 * @sa: nest of the set "sa"
 * @extack: gets the reason of a refusal
 *
 * Return: NULL when the SA names none, else an object that belongs to the caller, or ERR_PTR.
 */
struct dvti_selectors *dvti_nl_parse_selectors(struct nlattr *sa, struct netlink_ext_ack *extack)
{
	struct dvti_selectors *selectors;
	unsigned int n = 0, i = 0;
	struct nlattr *attr;
	int rem, err;

	nla_for_each_nested(attr, sa, rem)
		n += nla_type(attr) == DVTI_A_SA_SELECTOR;
	if (!n)
		return NULL;
	if (n > DVTI_SELECTORS_MAX) {
		dvti_extack_fmt(extack, sa, "an SA has at most %d selectors, not %u", DVTI_SELECTORS_MAX, n);
		return ERR_PTR(-E2BIG);
	}
	selectors = kzalloc(struct_size(selectors, s, n), GFP_KERNEL);
	if (!selectors)
		return ERR_PTR(-ENOMEM);
	selectors->n = n;
	nla_for_each_nested(attr, sa, rem) {
		if (nla_type(attr) != DVTI_A_SA_SELECTOR)
			continue;
		err = dvti_nl_parse_selector(attr, &selectors->s[i++], extack);
		if (err) {
			kfree(selectors);
			return ERR_PTR(err);
		}
	}
	return selectors;
}

static int dvti_nl_put_range(struct sk_buff *msg, int start, int end, const struct in6_addr *from,
			     const struct in6_addr *to, int len)
{
	return nla_put(msg, start, len, from) ?: nla_put(msg, end, len, to);
}

/**
 * dvti_nl_put_selector() - one selector of an SA
 * @msg: message, inside the SA's nest
 * @s: selector
 *
 * Return: 0 or -EMSGSIZE.
 */
int dvti_nl_put_selector(struct sk_buff *msg, const struct dvti_selector *s)
{
	struct nlattr *nest = nla_nest_start(msg, DVTI_A_SA_SELECTOR);
	int len = s->family == AF_INET ? 4 : 16;

	if (!nest || nla_put_u8(msg, DVTI_A_SELECTOR_PROTOCOL, s->protocol) ||
	    dvti_nl_put_range(msg, DVTI_A_SELECTOR_LOCAL_START, DVTI_A_SELECTOR_LOCAL_END, &s->lstart, &s->lend, len) ||
	    dvti_nl_put_range(msg, DVTI_A_SELECTOR_REMOTE_START, DVTI_A_SELECTOR_REMOTE_END, &s->rstart, &s->rend,
			      len) ||
	    nla_put_u16(msg, DVTI_A_SELECTOR_LOCAL_PORT_START, s->lport_start) ||
	    nla_put_u16(msg, DVTI_A_SELECTOR_LOCAL_PORT_END, s->lport_end) ||
	    nla_put_u16(msg, DVTI_A_SELECTOR_REMOTE_PORT_START, s->rport_start) ||
	    nla_put_u16(msg, DVTI_A_SELECTOR_REMOTE_PORT_END, s->rport_end))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}
