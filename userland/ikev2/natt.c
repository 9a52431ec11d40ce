// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * NAT detection by hashes of addresses, the change of ports, and keepalives that hold the mapping.
 */
#include "natt.h"
#include "core_state.h"
#include "memory.h"
#include "session.h"

static void add_hash(const struct ike_sa *sa, struct ike_chain *chain, uint16_t type, const struct ike_addr *addr)
{
	uint8_t hash[IKE_SHA1_LEN];

	if (ike_nat_hash(ike_sa_spi_i(sa), ike_sa_spi_r(sa), addr, hash))
		ike_chain_notify(chain, type, hash, sizeof(hash));
}

void natt_add(const struct ike_sa *sa, struct ike_chain *chain, bool pretend)
{
	/* No host has this address, so the peer finds a NAT in front of us. */
	struct ike_addr nowhere = { .family = sa->local.family };

	add_hash(sa, chain, IKE_N_NAT_DETECTION_SOURCE_IP, pretend ? &nowhere : &sa->local);
	add_hash(sa, chain, IKE_N_NAT_DETECTION_DESTINATION_IP, &sa->remote);
}

/* Does none of the notifications of @type fit @addr? A multihomed peer may send several. */
static bool differs(const struct ike_sa *sa, const struct message *m, uint16_t type, const struct ike_addr *addr)
{
	uint8_t hash[IKE_SHA1_LEN];
	struct ike_notify notify;
	bool any = false;

	if (!ike_nat_hash(m->h.spi_i, m->h.spi_r, addr, hash))
		return false;
	for (size_t i = 0; i < m->in.n; i++) {
		if (m->in.p[i].type != IKE_PAYLOAD_NOTIFY ||
		    !ike_notify_decode(m->in.p[i].body, m->in.p[i].len, &notify, NULL) || notify.type != type)
			continue;
		any = true;
		if (notify.data.len == sizeof(hash) && !memcmp(notify.data.data, hash, sizeof(hash)))
			return false;
	}
	return any;
}

void natt_detect(struct ike_sa *sa, const struct message *m, bool pretended)
{
	struct ike_notify notify;

	/* A peer that does not announce it does not speak it. */
	if (!ike_notify_find(&m->in, IKE_N_NAT_DETECTION_SOURCE_IP, &notify))
		return;
	sa->nat_remote = differs(sa, m, IKE_N_NAT_DETECTION_SOURCE_IP, &m->dg->remote);
	sa->nat_local = pretended || differs(sa, m, IKE_N_NAT_DETECTION_DESTINATION_IP, &m->dg->local);
}

void natt_float(struct ike_sa *sa)
{
	if (sa->natt || (!sa->nat_local && !sa->nat_remote))
		return;
	/* A peer on the port that we use for IKE is taken to use our other one as well. */
	sa->remote.port = sa->remote.port == sa->policy->port ? sa->policy->natt_port : NATT_PORT;
	sa->local.port = sa->policy->natt_port;
	sa->natt = true;
}

void natt_keepalive_arm(struct ike_sa *sa)
{
	if (sa->natt && sa->nat_local && sa->profile->nat_keepalive_seconds)
		timer_set(&sa->core->timers, &sa->keepalive_timer,
			  sa->core->now + (uint64_t)sa->profile->nat_keepalive_seconds * 1000);
}

void natt_keepalive_due(struct timer *timer)
{
	static const uint8_t octet[1] = { 0xff };
	struct ike_sa *sa = container_of(timer, struct ike_sa, keepalive_timer);
	struct ike_datagram dg = {
		.local = sa->local, .remote = sa->remote, .natt = true, .keepalive = true,
		.data = octet, .len = sizeof(octet),
	};

	action_send(sa->core, &dg);
	natt_keepalive_arm(sa);
}
