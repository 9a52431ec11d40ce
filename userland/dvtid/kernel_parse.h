/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads messages of the generic netlink family "dvti". A message that is not understood yields false.
 */
#ifndef DVTI_DVTID_KERNEL_PARSE_H
#define DVTI_DVTID_KERNEL_PARSE_H

#include <linux/netlink.h>
#include <stdbool.h>

#include "kernel.h"

/** struct dvtid_kernel_event - a notification; which members count depends on @command */
struct dvtid_kernel_event {
	uint8_t command;        /* DVTI_CMD_*_NTF */
	struct dvtid_link link;
	struct dvtid_sa sa;
	bool hard;
	struct ike_addr remote;
};

bool dvtid_kernel_parse_link(struct nlmsghdr *h, struct dvtid_link *link);
bool dvtid_kernel_parse_sa(struct nlmsghdr *h, struct dvtid_sa *sa);
bool dvtid_kernel_parse_event(struct nlmsghdr *h, struct dvtid_kernel_event *e);
void dvtid_kernel_parse_spi(struct nlmsghdr *h, void *spi); /* a dvtid_nl_reply; uint32_t *, host byte order */

#endif
