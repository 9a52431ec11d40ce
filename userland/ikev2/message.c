// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Opening of messages. Nothing here judges what a message means.
 */
#include "message.h"
#include "fragment.h"
#include "ike_sa.h"
#include "memory.h"

bool message_decode(struct message *m, const struct ike_datagram *dg, const char **why)
{
	*m = (struct message){ .dg = dg };
	if (!ike_header_decode(dg->data, dg->len, &m->h, why))
		return false;
	/* Of another version nothing but the header can be relied on. */
	if ((m->h.version >> 4) != IKE_VERSION_2 >> 4)
		return true;
	return ike_payloads_decode(m->h.next_payload, dg->data + IKE_HEADER_LEN, dg->len - IKE_HEADER_LEN,
				   &m->outer, why);
}

void message_free(struct message *m)
{
	ike_writer_free(&m->plain);
}

enum message_open message_open(struct ike_sa *sa, struct message *m, const char **why)
{
	const struct ike_payload *last = m->outer.n ? &m->outer.p[m->outer.n - 1] : NULL;

	*why = "not encrypted";
	if (!last || !sa->cipher_in)
		return MESSAGE_FORGED;
	if (last->type == IKE_PAYLOAD_SKF) {
		enum message_open result = fragment_add(sa, m, last, why);

		if (result != MESSAGE_OPEN)
			return result;
	} else if (last->type == IKE_PAYLOAD_SK) {
		if (!ike_sk_open(sa->cipher_in, m->dg->data, m->dg->len, last, &m->plain, why))
			return MESSAGE_FORGED;
		m->first = last->next;
	} else {
		return MESSAGE_FORGED;
	}
	return ike_payloads_decode(m->first, m->plain.data, m->plain.len, &m->in, why) ? MESSAGE_OPEN :
											MESSAGE_MALFORMED;
}

bool message_ke(const struct message *m, struct ike_ke *ke, const char **why)
{
	const struct ike_payload *p = ike_payloads_find(&m->in, IKE_PAYLOAD_KE);

	*why = NULL;
	return p && ike_ke_decode(p->body, p->len, ke, why);
}

bool message_nonce(const struct message *m, struct ike_bytes *nonce, const char **why)
{
	const struct ike_payload *p = ike_payloads_find(&m->in, IKE_PAYLOAD_NONCE);

	*why = NULL;
	return p && ike_nonce_decode(p->body, p->len, nonce, why);
}
