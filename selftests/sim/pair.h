/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hub and a spoke, for tests of one thing at a time: change the configurations, then start.
 */
#ifndef DVTI_SIM_PAIR_H
#define DVTI_SIM_PAIR_H

#include "world.h"
#include "ike/payload.h"
#include "ikev2/core_state.h"
#include "ikev2/session.h"

struct pair {
	struct world w;
	struct sim_config *hub_config, *spoke_config;
	struct host *hub, *spoke;
	/* what pair_watch() saw go by, and pair_drop() is to lose */
	unsigned int keepalives, seen[256];
	unsigned int drop;
	uint8_t drop_exchange;
	bool drop_response;
	uint16_t last_notify;           /* first notification of the last datagram in the clear */
	size_t largest;
};

void pair_configure(struct pair *p);
void pair_configure_spoke(struct pair *p, const char *name); /* under another name */
void pair_start(struct pair *p);         /* hosts; the spoke dials */
bool pair_up(struct pair *p);            /* start, and both links are up */
bool pair_settled(struct pair *p, uint64_t ms);
void pair_drop(struct pair *p, uint8_t exchange, bool response, unsigned int n); /* lose the next @n of these */
void pair_end(struct pair *p);           /* and check that neither kernel had to object */

struct session *pair_session(struct host *host); /* the only one, or NULL */
struct sim_link *pair_link(struct host *host);
/* From both ends at the same instant. */
void pair_rekey(struct pair *p, bool hub_ike, bool spoke_ike);
void pair_rekey_one(struct host *host, bool ike);

#endif
