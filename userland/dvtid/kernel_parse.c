// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel_parse.h"

#include <string.h>

#include "nl.h"

static struct nla_policy link_policy[DVTI_A_LINK_MAX + 1] = {
	[DVTI_A_LINK_IFINDEX] = { .type = NLA_U32 },
	[DVTI_A_LINK_IFNAME] = { .type = NLA_STRING },
	[DVTI_A_LINK_ROLE] = { .type = NLA_U32 },
	[DVTI_A_LINK_TEMPLATE_IFINDEX] = { .type = NLA_U32 },
	[DVTI_A_LINK_MODE] = { .type = NLA_U32 },
	[DVTI_A_LINK_LOCAL] = { .type = NLA_NESTED },
	[DVTI_A_LINK_REMOTE] = { .type = NLA_NESTED },
	[DVTI_A_LINK_ENCAP] = { .type = NLA_U32 },
	[DVTI_A_LINK_NETNS_ID] = { .type = NLA_U32 },
	[DVTI_A_LINK_MASTER_IFINDEX] = { .type = NLA_U32 },
	[DVTI_A_LINK_MTU] = { .type = NLA_U32 },
	[DVTI_A_LINK_DF] = { .type = NLA_U32 },
	[DVTI_A_LINK_DSCP] = { .type = NLA_U32 },
	[DVTI_A_LINK_DSCP_VALUE] = { .type = NLA_U8 },
	[DVTI_A_LINK_TTL] = { .type = NLA_U8 },
	[DVTI_A_LINK_FWMARK] = { .type = NLA_U32 },
	[DVTI_A_LINK_UNDERLAY_IFINDEX] = { .type = NLA_U32 },
	[DVTI_A_LINK_TRIGGER_QUEUE] = { .type = NLA_U32 },
	[DVTI_A_LINK_FRAGMENT] = { .type = NLA_U32 },
	[DVTI_A_LINK_MTU_IGNORE] = { .type = NLA_U8 },
	[DVTI_A_LINK_TTL_INHERIT] = { .type = NLA_U8 },
	[DVTI_A_LINK_TCP_MSS] = { .type = NLA_U32 },
	[DVTI_A_LINK_GRE_KEY] = { .type = NLA_U32 },
	[DVTI_A_LINK_COOKIE] = { .type = NLA_U64 },
	[DVTI_A_LINK_STATS] = { .type = NLA_NESTED },
};

static struct nla_policy sa_policy[DVTI_A_SA_MAX + 1] = {
	[DVTI_A_SA_IFINDEX] = { .type = NLA_U32 },
	[DVTI_A_SA_DIR] = { .type = NLA_U32 },
	[DVTI_A_SA_SPI] = { .type = NLA_U32 },
	[DVTI_A_SA_AEAD] = { .type = NLA_U32 },
	[DVTI_A_SA_LOCAL] = { .type = NLA_NESTED },
	[DVTI_A_SA_REMOTE] = { .type = NLA_NESTED },
	[DVTI_A_SA_ENCAP] = { .type = NLA_U32 },
	[DVTI_A_SA_REPLAY_WINDOW] = { .type = NLA_U32 },
	[DVTI_A_SA_SEQ] = { .type = NLA_U64 },
	[DVTI_A_SA_SOFT_BYTES] = { .type = NLA_U64 },
	[DVTI_A_SA_HARD_BYTES] = { .type = NLA_U64 },
	[DVTI_A_SA_SOFT_PACKETS] = { .type = NLA_U64 },
	[DVTI_A_SA_HARD_PACKETS] = { .type = NLA_U64 },
	[DVTI_A_SA_SOFT_SECONDS] = { .type = NLA_U64 },
	[DVTI_A_SA_HARD_SECONDS] = { .type = NLA_U64 },
	[DVTI_A_SA_COOKIE] = { .type = NLA_U64 },
	[DVTI_A_SA_AGE_SECONDS] = { .type = NLA_U64 },
	[DVTI_A_SA_IDLE_SECONDS] = { .type = NLA_U64 },
	[DVTI_A_SA_STATS] = { .type = NLA_NESTED },
};

static void get_address(struct nlattr *nest, struct ike_addr *a)
{
	struct nlattr *tb[DVTI_A_ADDRESS_MAX + 1];

	memset(a, 0, sizeof(*a));
	if (!nest || nla_parse_nested(tb, DVTI_A_ADDRESS_MAX, nest, NULL) < 0)
		return;
	if (tb[DVTI_A_ADDRESS_IPV4] && nla_len(tb[DVTI_A_ADDRESS_IPV4]) == 4) {
		a->family = AF_INET;
		memcpy(a->bytes, nla_data(tb[DVTI_A_ADDRESS_IPV4]), 4);
	} else if (tb[DVTI_A_ADDRESS_IPV6] && nla_len(tb[DVTI_A_ADDRESS_IPV6]) == 16) {
		a->family = AF_INET6;
		memcpy(a->bytes, nla_data(tb[DVTI_A_ADDRESS_IPV6]), 16);
	}
	if (tb[DVTI_A_ADDRESS_PORT] && nla_len(tb[DVTI_A_ADDRESS_PORT]) == 2)
		a->port = ntohs(nla_get_u16(tb[DVTI_A_ADDRESS_PORT]));
}

static void get_stats(struct nlattr *nest, uint64_t *stats, int max)
{
	struct nlattr *at;
	int left;

	if (!nest)
		return;
	nla_for_each_nested(at, nest, left)
		if (nla_type(at) <= max && nla_len(at) == sizeof(uint64_t))
			memcpy(&stats[nla_type(at)], nla_data(at), sizeof(uint64_t));
}

static uint32_t get_u32(struct nlattr *at, uint32_t *has, uint32_t bit)
{
	if (!at)
		return 0;
	*has |= bit;
	return nla_get_u32(at);
}

static bool parse_link(struct nlattr *nest, struct dvtid_link *l)
{
	struct nlattr *tb[DVTI_A_LINK_MAX + 1];

	memset(l, 0, sizeof(*l));
	if (nla_parse_nested(tb, DVTI_A_LINK_MAX, nest, link_policy) < 0)
		return false;
	if (tb[DVTI_A_LINK_IFNAME]) {
		nla_strlcpy(l->ifname, tb[DVTI_A_LINK_IFNAME], sizeof(l->ifname));
		l->has |= DVTID_LINK_IFNAME;
	}
	l->ifindex = get_u32(tb[DVTI_A_LINK_IFINDEX], &l->has, DVTID_LINK_IFINDEX);
	l->role = get_u32(tb[DVTI_A_LINK_ROLE], &l->has, DVTID_LINK_ROLE);
	l->template_ifindex = get_u32(tb[DVTI_A_LINK_TEMPLATE_IFINDEX], &l->has, DVTID_LINK_TEMPLATE);
	l->mode = get_u32(tb[DVTI_A_LINK_MODE], &l->has, DVTID_LINK_MODE);
	l->encap = get_u32(tb[DVTI_A_LINK_ENCAP], &l->has, DVTID_LINK_ENCAP);
	l->netns_id = get_u32(tb[DVTI_A_LINK_NETNS_ID], &l->has, DVTID_LINK_NETNSID);
	l->master_ifindex = get_u32(tb[DVTI_A_LINK_MASTER_IFINDEX], &l->has, DVTID_LINK_MASTER);
	l->mtu = get_u32(tb[DVTI_A_LINK_MTU], &l->has, DVTID_LINK_MTU);
	l->df = get_u32(tb[DVTI_A_LINK_DF], &l->has, DVTID_LINK_DF);
	l->dscp = get_u32(tb[DVTI_A_LINK_DSCP], &l->has, DVTID_LINK_DSCP);
	l->fwmark = get_u32(tb[DVTI_A_LINK_FWMARK], &l->has, DVTID_LINK_FWMARK);
	l->underlay_ifindex = get_u32(tb[DVTI_A_LINK_UNDERLAY_IFINDEX], &l->has, DVTID_LINK_UNDERLAY);
	l->fragment = get_u32(tb[DVTI_A_LINK_FRAGMENT], &l->has, DVTID_LINK_FRAGMENT);
	if (tb[DVTI_A_LINK_MTU_IGNORE]) {
		l->mtu_ignore = nla_get_u8(tb[DVTI_A_LINK_MTU_IGNORE]);
		l->has |= DVTID_LINK_MTU_IGNORE;
	}
	l->gre_key = get_u32(tb[DVTI_A_LINK_GRE_KEY], &l->has, DVTID_LINK_GRE_KEY);
	l->tcp_mss = get_u32(tb[DVTI_A_LINK_TCP_MSS], &l->has, DVTID_LINK_TCP_MSS);
	l->trigger_queue = get_u32(tb[DVTI_A_LINK_TRIGGER_QUEUE], &l->has, DVTID_LINK_TRIGGER_QUEUE);
	if (tb[DVTI_A_LINK_DSCP_VALUE]) {
		l->dscp_value = nla_get_u8(tb[DVTI_A_LINK_DSCP_VALUE]);
		l->has |= DVTID_LINK_DSCP_VALUE;
	}
	if (tb[DVTI_A_LINK_TTL_INHERIT]) {
		l->ttl_inherit = nla_get_u8(tb[DVTI_A_LINK_TTL_INHERIT]);
		l->has |= DVTID_LINK_TTL_INHERIT;
	}
	if (tb[DVTI_A_LINK_TTL]) {
		l->ttl = nla_get_u8(tb[DVTI_A_LINK_TTL]);
		l->has |= DVTID_LINK_TTL;
	}
	if (tb[DVTI_A_LINK_COOKIE]) {
		l->cookie = nla_get_u64(tb[DVTI_A_LINK_COOKIE]);
		l->has |= DVTID_LINK_COOKIE;
	}
	get_address(tb[DVTI_A_LINK_LOCAL], &l->local);
	get_address(tb[DVTI_A_LINK_REMOTE], &l->remote);
	if (l->local.family)
		l->has |= DVTID_LINK_LOCAL;
	if (l->remote.family)
		l->has |= DVTID_LINK_REMOTE;
	get_stats(tb[DVTI_A_LINK_STATS], l->stats, DVTI_A_LINK_STATS_MAX);
	return true;
}

static uint64_t get_u64(struct nlattr *at)
{
	return at ? nla_get_u64(at) : 0;
}

static bool parse_sa(struct nlattr *nest, struct dvtid_sa *sa)
{
	struct nlattr *tb[DVTI_A_SA_MAX + 1];
	uint32_t ignored = 0;

	memset(sa, 0, sizeof(*sa));
	if (nla_parse_nested(tb, DVTI_A_SA_MAX, nest, sa_policy) < 0)
		return false;
	sa->ifindex = get_u32(tb[DVTI_A_SA_IFINDEX], &ignored, 0);
	sa->dir = get_u32(tb[DVTI_A_SA_DIR], &ignored, 0);
	sa->spi = ntohl(get_u32(tb[DVTI_A_SA_SPI], &ignored, 0));
	sa->aead = get_u32(tb[DVTI_A_SA_AEAD], &ignored, 0);
	sa->encap = get_u32(tb[DVTI_A_SA_ENCAP], &ignored, 0);
	sa->replay_window = get_u32(tb[DVTI_A_SA_REPLAY_WINDOW], &ignored, 0);
	sa->esn = tb[DVTI_A_SA_ESN];
	get_address(tb[DVTI_A_SA_LOCAL], &sa->local);
	get_address(tb[DVTI_A_SA_REMOTE], &sa->remote);
	sa->seq = get_u64(tb[DVTI_A_SA_SEQ]);
	sa->soft_bytes = get_u64(tb[DVTI_A_SA_SOFT_BYTES]);
	sa->hard_bytes = get_u64(tb[DVTI_A_SA_HARD_BYTES]);
	sa->soft_packets = get_u64(tb[DVTI_A_SA_SOFT_PACKETS]);
	sa->hard_packets = get_u64(tb[DVTI_A_SA_HARD_PACKETS]);
	sa->soft_seconds = get_u64(tb[DVTI_A_SA_SOFT_SECONDS]);
	sa->hard_seconds = get_u64(tb[DVTI_A_SA_HARD_SECONDS]);
	sa->cookie = get_u64(tb[DVTI_A_SA_COOKIE]);
	sa->age_seconds = get_u64(tb[DVTI_A_SA_AGE_SECONDS]);
	sa->idle_seconds = get_u64(tb[DVTI_A_SA_IDLE_SECONDS]);
	get_stats(tb[DVTI_A_SA_STATS], sa->stats, DVTI_A_SA_STATS_MAX);
	return true;
}

static bool parse_top(struct nlmsghdr *h, struct nlattr **tb)
{
	return genlmsg_valid_hdr(h, 0) &&
	       nla_parse(tb, DVTI_A_MAX, genlmsg_attrdata(genlmsg_hdr(h), 0), genlmsg_attrlen(genlmsg_hdr(h), 0), NULL) >= 0;
}

bool dvtid_kernel_parse_link(struct nlmsghdr *h, struct dvtid_link *link)
{
	struct nlattr *tb[DVTI_A_MAX + 1];

	return parse_top(h, tb) && tb[DVTI_A_LINK] && parse_link(tb[DVTI_A_LINK], link);
}

bool dvtid_kernel_parse_sa(struct nlmsghdr *h, struct dvtid_sa *sa)
{
	struct nlattr *tb[DVTI_A_MAX + 1];

	return parse_top(h, tb) && tb[DVTI_A_SA] && parse_sa(tb[DVTI_A_SA], sa);
}

bool dvtid_kernel_parse_event(struct nlmsghdr *h, struct dvtid_kernel_event *e)
{
	struct nlattr *tb[DVTI_A_MAX + 1];

	memset(e, 0, sizeof(*e));
	if (!parse_top(h, tb) || !tb[DVTI_A_LINK] || !parse_link(tb[DVTI_A_LINK], &e->link))
		return false;
	e->command = genlmsg_hdr(h)->cmd;
	if (tb[DVTI_A_SA] && !parse_sa(tb[DVTI_A_SA], &e->sa))
		return false;
	if (tb[DVTI_A_KIND] && nla_len(tb[DVTI_A_KIND]) == 4)
		e->hard = nla_get_u32(tb[DVTI_A_KIND]) == DVTI_EXPIRE_KIND_HARD;
	get_address(tb[DVTI_A_REMOTE], &e->remote);
	return true;
}

void dvtid_kernel_parse_spi(struct nlmsghdr *h, void *spi)
{
	struct nlattr *tb[DVTI_A_MAX + 1], *in[DVTI_A_SPI_MAX + 1];

	if (!parse_top(h, tb) || !tb[DVTI_A_SPI] || nla_parse_nested(in, DVTI_A_SPI_MAX, tb[DVTI_A_SPI], NULL) < 0)
		return;
	if (in[DVTI_A_SPI_SPI] && nla_len(in[DVTI_A_SPI_SPI]) == 4)
		*(uint32_t *)spi = ntohl(nla_get_u32(in[DVTI_A_SPI_SPI]));
}
