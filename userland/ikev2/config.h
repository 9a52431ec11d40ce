/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configuration payloads (RFC 7296 section 3.15): addresses, routes and name servers between peers.
 */
#ifndef DVTI_IKEV2_CONFIG_H
#define DVTI_IKEV2_CONFIG_H

#include "core.h"
#include "../ike/payload.h"

struct ike_sa;
struct message;
struct session;

/** struct config_wish - what a CFG_REQUEST asked for */
struct config_wish {
	bool requested;
	bool ip4, ip6;
	struct ike_addr wish4, wish6;   /* AF_UNSPEC: any */
	bool set;                       /* it was a CFG_SET: answer with CFG_ACK */
};

/* What the CP payload of a request wants; false when it is malformed. None at all is fine. */
bool config_read(const struct message *m, struct config_wish *wish, struct session *session, const char **why);
/* Initiator of IKE_AUTH. */
void config_add_request(struct ike_chain *chain);
/* Responder of IKE_AUTH: lease addresses; 0, or the notification for the peer (logged). */
uint16_t config_lease(struct ike_sa *sa, const struct config_wish *wish);
/* CFG_REPLY or CFG_ACK, whichever fits @wish. */
void config_add_answer(struct ike_sa *sa, const struct config_wish *wish, struct ike_chain *chain);
/* Initiator: take over what the peer replied. */
void config_take_reply(struct session *session, const struct message *m);
/* Our routes as CFG_SET; false when there are none. */
bool config_add_set(struct ike_sa *sa, struct ike_chain *chain);
bool config_has_routes(const struct ike_sa *sa);

#endif
