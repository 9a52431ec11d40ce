/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses and routes of links, by rtnetlink, in the netns of the link.
 */
#ifndef DVTI_DVTID_ROUTE_H
#define DVTI_DVTID_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "../ike/addr.h"
#include "kernel.h"

/* Marks the routes that the daemon made ("ip route show proto 118"), so that it removes no others. */
#define DVTID_ROUTE_PROTOCOL 118

/** struct dvtid_route - a route to a link, or with @gateway or @pin one of the underlay */
struct dvtid_route {
	struct ike_prefix to;
	struct ike_addr gateway;        /* AF_UNSPEC for none */
	struct ike_addr source;         /* preferred source address, AF_UNSPEC for none */
	uint32_t ifindex;
	uint32_t table;                 /* 0 for main */
	uint32_t metric;                /* 0 for the kernel's default */
};

struct dvtid_nl_batch;
void dvtid_route_add(struct dvtid_nl_batch *b, const struct dvtid_route *r);
void dvtid_route_del(struct dvtid_nl_batch *b, const struct dvtid_route *r);
void dvtid_address_add(struct dvtid_nl_batch *b, uint32_t ifindex, const struct ike_addr *a);
void dvtid_address_del(struct dvtid_nl_batch *b, uint32_t ifindex, const struct ike_addr *a);

/* The index of a device, 0 with @reason when there is none of that name. */
uint32_t dvtid_route_ifindex(struct dvtid_ns *ns, const char *name, char *reason, size_t size);
/* And its name; "device N" when there is none of that index any more. */
void dvtid_route_name(struct dvtid_ns *ns, uint32_t ifindex, char name[16]);
/* The routing table of a VRF device, or 0 when it is none. */
uint32_t dvtid_route_vrf_table(struct dvtid_ns *ns, uint32_t ifindex);
/* First global address of each family on a device; AF_UNSPEC where there is none. */
void dvtid_route_addresses(struct dvtid_ns *ns, uint32_t ifindex, struct ike_addr *v4, struct ike_addr *v6);
/*
 * Is @to an address of this host, or one in a network that a device of it is in? Looked up as from the VRF @vrf, 0
 * for none. *@ifindex is the device, *@prefix_len the length of the network.
 */
bool dvtid_route_connected(struct dvtid_ns *ns, uint32_t vrf, const struct ike_addr *to, uint32_t *ifindex,
			   uint8_t *prefix_len);
/* How packets to @to leave now: gateway and device; *@prefix_len is the length of the route that says so. */
bool dvtid_route_lookup(struct dvtid_ns *ns, const struct ike_addr *to, struct dvtid_route *r, uint8_t *prefix_len);

#endif
