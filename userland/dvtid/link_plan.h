/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which addresses and routes a session's link shall have, and how to get there from those that it has.
 */
#ifndef DVTI_DVTID_LINK_PLAN_H
#define DVTI_DVTID_LINK_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "link_session.h"

#define DVTID_REASON_SIZE 512

struct link_plan {
	struct ike_addr our_addrs[4];
	size_t n_our_addrs;
	struct ike_addr peer_addrs[4];
	size_t n_peer_addrs;
	struct dvtid_route *routes;
	size_t n_routes;
};

int link_plan_make(struct link_plan *plan, struct dvtid_ns *ns, const struct link_session *s,
		   const struct ike_kernel_request *req, char *reason, size_t size);
void link_plan_free(struct link_plan *plan);

/* Add what is missing, then remove what is too much; @s then says what there is. */
int link_plan_apply(struct link_plan *plan, struct dvtid_ns *ns, struct link_session *s, char *reason, size_t size);
/* Remove all that the session has on its link. */
int link_plan_remove(struct dvtid_ns *ns, struct link_session *s, char *reason, size_t size);

/*
 * Does @prefix lie within a network that a device of the host is in, where the links of @profile have their routes?
 * @ns: of those links; @device: receives the name of the device
 */
bool link_plan_connected(struct dvtid_ns *ns, const struct ike_profile *profile, const struct ike_prefix *prefix,
			 char device[16]);

/*
 * Where a planned route would lead packets to the peer's outer address into the tunnel that they carry, pin the
 * way that they go now by a host route, which replaces what @s had pinned before.
 */
int link_plan_pin(const struct link_plan *plan, struct dvtid_ns *home, struct link_session *s,
		  const struct ike_kernel_request *req, char *reason, size_t size);

#endif
