/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPIs that userland has been promised and has not used yet.
 */
#ifndef DVTI_SPI_H
#define DVTI_SPI_H

#include <linux/types.h>

struct dvti_net;
struct dvti_sa_key;
struct netlink_ext_ack;

int dvti_spi_reserve(struct dvti_net *dn, struct dvti_sa_key *key, u32 seconds, struct netlink_ext_ack *extack);
void dvti_spi_claim(struct dvti_net *dn, const struct dvti_sa_key *key);
bool dvti_spi_in_xfrm(struct dvti_net *dn, const struct dvti_sa_key *key);
void dvti_spi_init_net(struct dvti_net *dn);
void dvti_spi_exit_net(struct dvti_net *dn);

#endif
