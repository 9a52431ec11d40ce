/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The UDP sockets of IKE: port 500 and the NAT traversal port, IPv4 and IPv6, once for each front VRF.
 */
#ifndef DVTI_DVTID_SOCKETS_H
#define DVTI_DVTID_SOCKETS_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "../ikev2/core.h"

struct dvtid_sockets;

typedef void (*dvtid_datagram)(void *ctx, const struct ike_datagram *dg);
/* Called after the last datagram of a burst. */
typedef void (*dvtid_burst_end)(void *ctx);

struct dvtid_sockets *dvtid_sockets_new(uv_loop_t *loop, uint16_t port, uint16_t natt_port, dvtid_datagram datagram,
					dvtid_burst_end burst_end, void *ctx);
void dvtid_sockets_free(struct dvtid_sockets *s); /* the loop must run once more to drop its handles */

/*
 * Open the sockets that @policy asks for and does not have yet. On failure nothing has changed.
 * dvtid_sockets_trim() then closes those that it
 * does not ask for, and sets the marks of the others.
 */
int dvtid_sockets_open(struct dvtid_sockets *s, const struct ike_policy *policy, char *reason, size_t size);
void dvtid_sockets_trim(struct dvtid_sockets *s, const struct ike_policy *policy);

void dvtid_sockets_send(struct dvtid_sockets *s, const struct ike_datagram *dg);

/*
 * The address that packets to @remote leave from: connects a socket to it without sending anything.
 * @front_vrf is that of the virtual-template, or empty. The result carries the IKE port and the VRF as scope.
 */
int dvtid_sockets_source(struct dvtid_sockets *s, const char *front_vrf, const struct ike_addr *remote,
			 struct ike_addr *local, char *reason, size_t size);

#endif
