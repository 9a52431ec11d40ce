/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CREATE_CHILD_SA: what its three uses share, and the one that makes a Child SA where a session has none.
 */
#ifndef DVTI_IKEV2_CREATE_CHILD_H
#define DVTI_IKEV2_CREATE_CHILD_H

#include "child_negotiate.h"
#include "session.h"

/* A new Child SA for a session that has lost its own. */
void create_child_request(struct session *session);
/* Any CREATE_CHILD_SA request. */
void create_child_handle(struct ike_sa *sa, struct message *m);

/*
 * Steps that a new Child SA and the rekey of one have in common. Initiator: make @task->x with its child and
 * begin, by a key pair if there will be PFS; @send goes on.
 */
bool create_child_init_begin(struct task *task, void (*send)(struct task *task));
void create_child_init_payloads(struct task *task, struct ike_chain *chain);

enum create_child_answer {
	CREATE_CHILD_ACCEPTED,  /* go on with create_child_init_keys() */
	CREATE_CHILD_AGAIN,     /* refused, but another try is under way */
	CREATE_CHILD_BUSY,      /* TEMPORARY_FAILURE */
	CREATE_CHILD_MISSING,   /* CHILD_SA_NOT_FOUND */
	CREATE_CHILD_REFUSED,   /* for good (logged) */
	CREATE_CHILD_UNWANTED,  /* the peer has made it, but not as we can use it (logged): delete it there */
};
enum create_child_answer create_child_init_answer(struct task *task, struct message *m,
						  void (*send)(struct task *task));
/* Keys of the accepted child, after the shared secret if there is PFS; @finish gets false when that failed. */
void create_child_init_keys(struct task *task, struct message *m, void (*finish)(struct task *task, bool ok));

/* Responder: choose, compute, install, answer. @old_child: what is rekeyed, or 0. */
void create_child_resp_begin(struct ike_sa *sa, struct message *m, uint64_t old_child);

/* Pauses after TEMPORARY_FAILURE and after a refusal; different for each try. */
uint64_t create_child_soon(struct ike_core *core);
uint64_t create_child_later(struct ike_core *core);

#endif
