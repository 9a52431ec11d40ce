// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * CP payloads. Beside the request and reply of RFC 7296 this speaks the set and acknowledge that FlexVPN routers
 * use to tell each other their networks, in IKE_AUTH and in INFORMATIONAL exchanges.
 */
#include <ctype.h>

#include "config.h"
#include "core_state.h"
#include "log.h"
#include "memory.h"
#include "message.h"
#include "session.h"
#include "../aaa/authorization.h"

#define ATTRS_MAX IKE_CP_ATTRS_MAX

/* Attributes under construction, with room for their values. */
struct attrs {
	size_t n;
	struct ike_cp_attr a[ATTRS_MAX];
	uint8_t value[ATTRS_MAX][IKE_CP_VALUE_MAX];
};

static void add_addr(struct attrs *attrs, uint16_t type4, uint16_t type6, const struct ike_addr *addr)
{
	if (attrs->n == ATTRS_MAX)
		return;
	attrs->a[attrs->n] = ike_cp_make_addr(addr->family == AF_INET ? type4 : type6, addr, attrs->value[attrs->n]);
	attrs->n++;
}

static void add_routes(struct ike_sa *sa, struct attrs *attrs, const struct ike_authorization *auth)
{
	const struct ike_prefix *prefixes = auth->routes;
	size_t n = auth->n_routes;

	if (n > ATTRS_MAX - attrs->n)
		log_sa(sa, IKE_LOG_WARNING, "routes-left-out",
		       "only %zu of the %zu prefixes in route-set of authorization-policy \"%s\" fit into one message; summarise them",
		       ATTRS_MAX - attrs->n, n, auth->name);
	for (size_t i = 0; i < n && attrs->n < ATTRS_MAX; i++, attrs->n++)
		attrs->a[attrs->n] = ike_cp_make_prefix(prefixes[i].addr.family == AF_INET ?
								IKE_CP_INTERNAL_IP4_SUBNET :
								IKE_CP_INTERNAL_IP6_SUBNET,
							&prefixes[i], attrs->value[attrs->n]);
}

static void add_empty(struct attrs *attrs, uint16_t type)
{
	if (attrs->n < ATTRS_MAX)
		attrs->a[attrs->n++] = (struct ike_cp_attr){ .type = type };
}

static bool decode(const struct message *m, struct ike_cp *cp, bool *there, const char **why)
{
	const struct ike_payload *p = ike_payloads_find(&m->in, IKE_PAYLOAD_CP);

	*there = p != NULL;
	return !p || ike_cp_decode(p->body, p->len, cp, why);
}

static void take_announced(struct session *session, const struct ike_cp *cp)
{
	struct ike_prefix prefix;

	free(session->announced);
	session->announced = xzalloc(cp->n * sizeof(*session->announced));
	session->n_announced = 0;
	for (size_t i = 0; i < cp->n; i++) {
		if (cp->a[i].type != IKE_CP_INTERNAL_IP4_SUBNET && cp->a[i].type != IKE_CP_INTERNAL_IP6_SUBNET)
			continue;
		if (ike_cp_attr_prefix(&cp->a[i], &prefix))
			session->announced[session->n_announced++] = prefix;
	}
}

bool config_read(const struct message *m, struct config_wish *wish, struct session *session, const char **why)
{
	struct ike_cp cp;
	bool there;

	*wish = (struct config_wish){ 0 };
	if (!decode(m, &cp, &there, why))
		return false;
	if (!there)
		return true;
	wish->set = cp.type == IKE_CP_SET;
	wish->requested = cp.type == IKE_CP_REQUEST;
	if (wish->set)
		take_announced(session, &cp);
	for (size_t i = 0; wish->requested && i < cp.n; i++) {
		if (cp.a[i].type == IKE_CP_INTERNAL_IP4_ADDRESS) {
			wish->ip4 = true;
			ike_cp_attr_addr(&cp.a[i], &wish->wish4);
		} else if (cp.a[i].type == IKE_CP_INTERNAL_IP6_ADDRESS) {
			wish->ip6 = true;
			ike_cp_attr_addr(&cp.a[i], &wish->wish6);
		}
	}
	return true;
}

void config_add_request(struct ike_chain *chain)
{
	static const uint16_t wanted[] = {
		IKE_CP_INTERNAL_IP4_ADDRESS, IKE_CP_INTERNAL_IP6_ADDRESS, IKE_CP_INTERNAL_IP4_DNS,
		IKE_CP_INTERNAL_IP6_DNS,     IKE_CP_INTERNAL_IP4_SUBNET,  IKE_CP_INTERNAL_IP6_SUBNET,
		IKE_CP_INTERNAL_DNS_DOMAIN,
	};
	struct attrs attrs = { 0 };

	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		add_empty(&attrs, wanted[i]);
	ike_chain_cp(chain, IKE_CP_REQUEST, attrs.a, attrs.n);
}

static bool has_address(const struct session *session, sa_family_t family)
{
	for (size_t i = 0; i < session->n_peer_addrs; i++)
		if (session->peer_addrs[i].family == family)
			return true;
	return false;
}

static enum authorization_lease lease(struct ike_sa *sa, sa_family_t family, const struct ike_addr *wish)
{
	struct session *session = sa->session;
	enum authorization_lease result;
	struct ike_addr addr;

	/* The identity has come back on a new IKE SA: what it has it keeps. */
	if (has_address(session, family))
		return LEASE_GIVEN;
	result = authorization_lease(sa->profile->authorization, sa->core->leases, family, session->owner,
				     wish->family == AF_UNSPEC ? NULL : wish, &addr);
	if (result == LEASE_GIVEN)
		session->peer_addrs[session->n_peer_addrs++] = addr;
	return result;
}

uint16_t config_lease(struct ike_sa *sa, const struct config_wish *wish)
{
	const struct ike_authorization *auth = sa->profile->authorization;
	enum authorization_lease got4, got6;

	if (!wish->ip4 && !wish->ip6)
		return 0;
	got4 = wish->ip4 ? lease(sa, AF_INET, &wish->wish4) : LEASE_NONE;
	got6 = wish->ip6 ? lease(sa, AF_INET6, &wish->wish6) : LEASE_NONE;
	if (got4 == LEASE_GIVEN || got6 == LEASE_GIVEN)
		return 0;
	if (got4 == LEASE_NONE && got6 == LEASE_NONE) {
		log_sa(sa, IKE_LOG_INFO, "no-address",
		       "the peer asks for an inner address, but profile \"%s\" has no authorization-policy with a pool of that family",
		       sa->profile->name);
		return 0;
	}
	sa->core->counters.refused_other++;
	log_sa(sa, IKE_LOG_WARNING, "pool-exhausted",
	       "IKE_AUTH: no inner address left for the peer: pool of authorization-policy \"%s\" is exhausted; make its range larger",
	       auth->name);
	return IKE_N_INTERNAL_ADDRESS_FAILURE;
}

static void add_domain(struct attrs *attrs, const struct ike_authorization *auth)
{
	if (*auth->domain && attrs->n < ATTRS_MAX)
		attrs->a[attrs->n++] = (struct ike_cp_attr){
			.type = IKE_CP_INTERNAL_DNS_DOMAIN,
			.value = { (const uint8_t *)auth->domain, strlen(auth->domain) },
		};
}

void config_add_answer(struct ike_sa *sa, const struct config_wish *wish, struct ike_chain *chain)
{
	const struct ike_authorization *auth = sa->profile->authorization;
	const struct session *session = sa->session;
	struct attrs attrs = { 0 };

	if (wish->set) {
		ike_chain_cp(chain, IKE_CP_ACK, NULL, 0);
		return;
	}
	if (!wish->requested || !session)
		return;
	for (size_t i = 0; i < session->n_peer_addrs; i++)
		if (session->peer_addrs[i].family == AF_INET ? wish->ip4 : wish->ip6)
			add_addr(&attrs, IKE_CP_INTERNAL_IP4_ADDRESS, IKE_CP_INTERNAL_IP6_ADDRESS,
				 &session->peer_addrs[i]);
	if (auth) {
		for (size_t i = 0; i < auth->n_dns; i++)
			add_addr(&attrs, IKE_CP_INTERNAL_IP4_DNS, IKE_CP_INTERNAL_IP6_DNS, &auth->dns[i]);
		add_domain(&attrs, auth);
		add_routes(sa, &attrs, auth);
		sa->routes_told = true;
	}
	if (attrs.n)
		ike_chain_cp(chain, IKE_CP_REPLY, attrs.a, attrs.n);
}

/* Only what can be one: it goes to logs, terminals and resolvers. */
static void take_domain(struct session *session, struct ike_bytes value)
{
	bool fine = value.len && value.len < sizeof(session->domain);

	for (size_t i = 0; fine && i < value.len; i++)
		fine = isalnum(value.data[i]) || (value.data[i] && strchr("-._", value.data[i]));
	if (!fine) {
		log_session(session, IKE_LOG_NOTICE, "domain-refused", "the domain name that the peer assigns is none; ignored");
		return;
	}
	memcpy(session->domain, value.data, value.len);
	session->domain[value.len] = '\0';
}

void config_take_reply(struct session *session, const struct message *m)
{
	struct ike_addr addr;
	struct ike_cp cp;
	const char *why;
	bool there;

	if (!decode(m, &cp, &there, &why) || !there || cp.type != IKE_CP_REPLY)
		return;
	session->n_our_addrs = session->n_dns = 0;
	*session->domain = '\0';
	for (size_t i = 0; i < cp.n; i++) {
		switch (cp.a[i].type) {
		case IKE_CP_INTERNAL_IP4_ADDRESS:
		case IKE_CP_INTERNAL_IP6_ADDRESS:
			if (session->n_our_addrs < SESSION_ADDRS_MAX && ike_cp_attr_addr(&cp.a[i], &addr))
				session->our_addrs[session->n_our_addrs++] = addr;
			break;
		case IKE_CP_INTERNAL_IP4_DNS:
		case IKE_CP_INTERNAL_IP6_DNS:
			if (session->n_dns < 8 && ike_cp_attr_addr(&cp.a[i], &addr))
				session->dns[session->n_dns++] = addr;
			break;
		case IKE_CP_INTERNAL_DNS_DOMAIN:
			take_domain(session, cp.a[i].value);
			break;
		}
	}
	take_announced(session, &cp);
}

bool config_has_routes(const struct ike_sa *sa)
{
	return sa->profile->authorization && sa->profile->authorization->n_routes;
}

bool config_add_set(struct ike_sa *sa, struct ike_chain *chain)
{
	struct attrs attrs = { 0 };

	if (!config_has_routes(sa))
		return false;
	add_routes(sa, &attrs, sa->profile->authorization);
	ike_chain_cp(chain, IKE_CP_SET, attrs.a, attrs.n);
	return true;
}
