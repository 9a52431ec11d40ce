/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the name of a peer to a pair of addresses, without blocking.
 */
#ifndef DVTI_DVTID_RESOLVE_H
#define DVTI_DVTID_RESOLVE_H

#include <uv.h>

#include "../ikev2/core.h"
#include "sockets.h"

struct dvtid_resolve;

/* Told once for each dvtid_resolve_start(): the addresses, or with @local NULL the reason why there are none. */
typedef void (*dvtid_resolved)(void *ctx, const char *profile, const struct ike_addr *local,
			       const struct ike_addr *remote, const char *reason);

struct dvtid_resolve *dvtid_resolve_new(uv_loop_t *loop, struct dvtid_sockets *sockets, dvtid_resolved resolved,
					void *ctx);
/* Lookups that are under way end without being told. The loop must run until they have. */
void dvtid_resolve_free(struct dvtid_resolve *r);

void dvtid_resolve_start(struct dvtid_resolve *r, const struct ike_profile *profile);

#endif
