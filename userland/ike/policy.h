/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the administrator configured, as the IKE core reads it.
 *
 * The configuration reader builds one struct ike_policy, checks it whole, and hands it over; from then on
 * nobody changes it. A reload builds another. IKE SAs hold a reference to the policy that they were made
 * under. Every list is an array with a count; every pointer stays inside the same policy.
 */
#ifndef DVTI_IKE_POLICY_H
#define DVTI_IKE_POLICY_H

#include "addr.h"
#include "id.h"
#include "suite.h"
#include "ts.h"

#define IKE_NAME_MAX 64

/** struct ike_secret - octets that are wiped when the policy goes */
struct ike_secret {
	uint8_t *data;
	size_t len;
};

/**
 * struct ike_keyring_peer - pre-shared keys for the peers that match
 * @name: as configured
 * @match: identity of the peer, any when IKE_ID_MATCH_ANY
 * @address: the peer's address must lie here, if has_address (for a responder that has several peers
 *           without distinct identities; the identity decides otherwise)
 * @local: key that we authenticate with
 * @remote: key that the peer authenticates with; one and the same unless configured apart
 */
struct ike_keyring_peer {
	char name[IKE_NAME_MAX];
	struct ike_id_match match;
	bool has_address;
	struct ike_prefix address;
	struct ike_secret local;
	struct ike_secret remote;
};

struct ike_keyring {
	char name[IKE_NAME_MAX];
	struct ike_keyring_peer *peers;
	size_t n_peers;
};

/** struct ike_transform_set - what a Child SA may use, best first */
struct ike_transform_set {
	char name[IKE_NAME_MAX];
	struct ike_proposal *proposals; /* protocol ESP; KE transforms only when PFS is demanded or offered */
	size_t n_proposals;
};

/**
 * struct ike_ipsec_profile - how Child SAs are made
 * @pfs: groups for CREATE_CHILD_SA, best first. As initiator of a rekey the first is offered; as responder
 *       any of them is accepted
 * @pfs_required: refuse a peer that rekeys without a key exchange; false accepts it
 * @replay_window: packets, 0 for off
 * @esn: offer and prefer extended sequence numbers
 * @life_seconds: hard lifetime, the rekey begins earlier by a margin with jitter; 0 for none
 * @life_bytes: hard limit of octets, 0 for none
 * @life_packets: hard limit of packets, 0 for none
 * @local_ts, @remote_ts: what an initiator offers and a responder narrows to; none means 0.0.0.0/0 and ::/0
 */
struct ike_ipsec_profile {
	char name[IKE_NAME_MAX];
	const struct ike_transform_set **sets;
	size_t n_sets;
	uint16_t *pfs;
	size_t n_pfs;
	bool pfs_required;
	uint32_t replay_window;
	bool esn;
	uint32_t life_seconds;
	uint64_t life_bytes;
	uint64_t life_packets;
	struct ike_ts *local_ts;
	size_t n_local_ts;
	struct ike_ts *remote_ts;
	size_t n_remote_ts;
};

struct ike_pool {
	char name[IKE_NAME_MAX];
	struct ike_range range; /* of either family */
};

/**
 * struct ike_authorization - what a peer gets once it has authenticated
 * @pools: at most one of each family; the address goes to the peer (CFG_REPLY)
 * @routes: prefixes told to the peer (INTERNAL_IP4_SUBNET, INTERNAL_IP6_SUBNET)
 * @remote_routes: prefixes routed to the peer whatever it says
 * @accept: prefixes within which the peer's own announcements (CFG_SET, narrowed selectors) are believed;
 *          none means those that are nobody else's (ikev2/route_trust.c)
 */
struct ike_authorization {
	char name[IKE_NAME_MAX];
	const struct ike_pool *pool4;
	const struct ike_pool *pool6;
	struct ike_prefix *routes;
	size_t n_routes;
	struct ike_prefix *remote_routes;
	size_t n_remote_routes;
	struct ike_prefix *accept;
	size_t n_accept;
	struct ike_addr *dns;
	size_t n_dns;
	char domain[256];
};

/** struct ike_virtual_template - how links are cloned; realised by the kernel side of the daemon */
struct ike_virtual_template {
	char name[IKE_NAME_MAX];        /* of the virtual-template link in the kernel */
	char pattern[16];               /* "va%d": name of the clones */
	char unnumbered[16];            /* device whose addresses are lent, or empty */
	char vrf[16];                   /* master of the clones, or empty */
	char netns[IKE_NAME_MAX];       /* named netns (as of ip-netns) where clones appear, or empty */
	char front_vrf[16];             /* device that outer packets and IKE are bound to, or empty */
	uint32_t mtu;                   /* 0 follows the path */
	uint32_t fwmark;
	uint8_t df;                     /* enum dvti_df_policy of linux/dvti.h */
	uint8_t dscp;                   /* enum dvti_dscp_policy */
	uint8_t dscp_value;
	uint8_t ttl;
	bool ttl_inherit;               /* of the inner packet instead */
	uint32_t trigger_queue;
	uint32_t tcp_mss;               /* 0 off, 1 what fits into the tunnel, else octets for IPv4 */
	uint8_t fragment;               /* enum dvti_fragment_policy */
	bool mtu_ignore;                /* fragment what must not be */
	bool gre;                       /* GRE in transport mode rather than tunnel mode */
	uint32_t gre_key;               /* 0 for none */
	uint32_t route_metric;
	uint32_t route_table;           /* 0 for main, or the VRF's own */
};

enum ike_connect {
	IKE_CONNECT_LISTEN,     /* answer only */
	IKE_CONNECT_AUTO,       /* bring up at once and keep up */
	IKE_CONNECT_ON_DEMAND,  /* bring up at the first packet */
};

/**
 * struct ike_profile - an ikev2-profile
 * @peer: name or address to initiate to, or empty (responder only)
 * @peer_port: 500 unless configured
 * @local_id: ours; IKE_ID_NONE means our outer address
 * @match_remote: identities that this profile serves; the most specific match over all profiles wins,
 *                then the order of the file
 * @proposals: IKE proposals, best first
 * @tmpl: the clones' template (responder, or an initiator without @interface)
 * @interface: name of a static link that an initiator uses, made when missing, or empty
 * @gre: the link's tunnel mode is GRE: Child SAs in transport mode between the outer addresses, protocol 47
 * @config_request: an initiator asks for an address (CP payload)
 * @connect: when an initiator dials
 * @dpd_seconds: idle time after which liveness is checked, 0 for never
 * @nat_keepalive_seconds: RFC 3948 section 4, 0 for never
 * @retransmit_base_ms, @retransmit_tries: first interval (doubles each time) and number of sends
 * @life_seconds: of the IKE SA; rekeyed before
 * @half_open: a responder asks for cookies from this many half-open IKE SAs on
 * @force_encap: claim to be behind a NAT, for networks that drop protocol 50
 */
struct ike_profile {
	char name[IKE_NAME_MAX];
	char peer[256];
	uint16_t peer_port;
	struct ike_addr local_addr;     /* AF_UNSPEC when any */
	struct ike_id local_id;
	struct ike_id_match *match_remote;
	size_t n_match_remote;
	struct ike_proposal *proposals; /* protocol IKE */
	size_t n_proposals;
	const struct ike_keyring *keyring;
	const struct ike_ipsec_profile *ipsec;
	const struct ike_authorization *authorization; /* may be NULL */
	const struct ike_virtual_template *tmpl;       /* may be NULL */
	char interface[16];
	bool gre;
	bool config_request;
	enum ike_connect connect;
	uint32_t dpd_seconds;
	uint32_t nat_keepalive_seconds;
	uint32_t retransmit_base_ms;
	unsigned int retransmit_tries;
	uint32_t life_seconds;
	bool force_encap;
	bool fragmentation;
	bool initial_contact;
};

struct ike_policy {
	unsigned int refs;
	unsigned int half_open_cookie;  /* half-open IKE SAs from which cookies are asked for */
	unsigned int half_open_max;     /* beyond which IKE_SA_INIT is dropped */
	uint16_t port;                  /* 500 */
	uint16_t natt_port;             /* 4500 */
	struct ike_profile *profiles;
	size_t n_profiles;
	struct ike_keyring *keyrings;
	size_t n_keyrings;
	struct ike_transform_set *transform_sets;
	size_t n_transform_sets;
	struct ike_ipsec_profile *ipsec_profiles;
	size_t n_ipsec_profiles;
	struct ike_pool *pools;
	size_t n_pools;
	struct ike_authorization *authorizations;
	size_t n_authorizations;
	struct ike_virtual_template *templates;
	size_t n_templates;
	void (*release)(struct ike_policy *policy); /* called at the last unref */
};

struct ike_policy *ike_policy_ref(struct ike_policy *policy);
void ike_policy_unref(struct ike_policy *policy);
const struct ike_profile *ike_policy_profile(const struct ike_policy *policy, const char *name);

#endif
