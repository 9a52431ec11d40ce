// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every fragment is authenticated before it is kept, so only the peer itself can fill our memory, and that
 * with one message at a time and direction.
 */
#include "fragment.h"
#include "ike_sa.h"
#include "memory.h"

struct fragments {
	uint32_t message_id;
	uint16_t total;
	uint16_t got;
	uint8_t first;
	size_t size;
	struct ike_writer part[FRAGMENTS_MAX];
};

void fragments_free(struct fragments *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < FRAGMENTS_MAX; i++)
		ike_writer_free(&f->part[i]);
	free(f);
}

/*
 * RFC 7383 section 2.6: fragments with a larger total belong to a new try of the sender with smaller ones and
 * replace what is there; those with a smaller total are late and ignored.
 */
static struct fragments *collection(struct fragments **slot, uint32_t message_id, uint16_t total)
{
	struct fragments *f = *slot;

	if (f && f->message_id == message_id && f->total == total)
		return f;
	if (f && f->message_id == message_id && f->total > total)
		return NULL;
	fragments_free(f);
	f = *slot = xzalloc(sizeof(*f));
	f->message_id = message_id;
	f->total = total;
	return f;
}

enum message_open fragment_add(struct ike_sa *sa, struct message *m, const struct ike_payload *skf,
			       const char **why)
{
	struct fragments **slot = &sa->fragments[message_is_response(m)];
	struct ike_writer plain = { 0 };
	struct fragments *f;
	struct ike_skf head;

	if (!ike_skf_decode(skf->body, skf->len, &head, why))
		return MESSAGE_FORGED;
	if (head.total > FRAGMENTS_MAX) {
		*why = "more fragments than are accepted";
		return MESSAGE_FORGED;
	}
	if (!ike_sk_open(sa->cipher_in, m->dg->data, m->dg->len, skf, &plain, why))
		return MESSAGE_FORGED;
	f = collection(slot, m->h.message_id, head.total);
	if (!f || f->part[head.number - 1].data || f->size + plain.len > FRAGMENTS_SIZE_MAX) {
		ike_writer_free(&plain);
		return MESSAGE_PARTIAL;
	}
	if (head.number == 1)
		f->first = skf->next;
	if (!plain.len)
		ike_write_reserve(&plain, 1), plain.len = 0; /* an empty one counts as there */
	f->size += plain.len;
	f->part[head.number - 1] = plain;
	if (++f->got < f->total)
		return MESSAGE_PARTIAL;
	for (uint16_t i = 0; i < f->total; i++)
		ike_write_bytes(&m->plain, f->part[i].data, f->part[i].len);
	m->first = f->first;
	fragments_free(f);
	*slot = NULL;
	return MESSAGE_OPEN;
}
