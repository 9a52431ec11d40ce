// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages that leave, in one datagram or, when the peer can take fragments, in several of a size that every
 * path carries (RFC 7383 section 2.5.1).
 */
#include "flight.h"
#include "core_state.h"
#include "ike_sa.h"
#include "memory.h"

#define PATH_SIZE 1280  /* octets of an IP packet with a fragment, IPv4 and IPv6 alike */
#define SKF_OVERHEAD (IKE_HEADER_LEN + IKE_PAYLOAD_HEADER_LEN + 4)

void flight_free(struct flight *f)
{
	for (size_t i = 0; i < f->n; i++)
		ike_writer_free(&f->parts[i]);
	free(f->parts);
	*f = (struct flight){ 0 };
}

static void room_for(struct flight *f, size_t n)
{
	flight_free(f);
	f->parts = xzalloc(n * sizeof(*f->parts));
	f->n = n;
}

bool flight_clear_text(struct flight *f, const struct ike_header *h, const struct ike_chain *chain)
{
	room_for(f, 1);
	if (ike_message_encode(&f->parts[0], h, chain))
		return true;
	flight_free(f);
	return false;
}

static bool seal_part(struct ike_sa *sa, struct ike_writer *out, const struct ike_header *h, uint8_t first,
		      struct ike_bytes plain, const struct ike_skf *frag)
{
	uint8_t iv[IKE_RANDOM_IV];

	core_random(sa->core, iv, sizeof(iv));
	return ike_sk_seal(sa->cipher_out, out, h, first, plain, frag, iv);
}

bool flight_seal(struct ike_sa *sa, struct flight *f, const struct ike_header *h, const struct ike_chain *chain)
{
	struct ike_bytes plain = { chain->w.data, chain->w.len };
	size_t headers = (sa->remote.family == AF_INET6 ? 40 : 20) + 8 + (sa->natt ? 4 : 0);
	size_t whole = headers + IKE_HEADER_LEN + IKE_PAYLOAD_HEADER_LEN +
		       ike_cipher_sealed_size(sa->cipher_out, plain.len);
	size_t room, total;

	if (!sa->fragmentation || whole <= PATH_SIZE) {
		room_for(f, 1);
		if (seal_part(sa, &f->parts[0], h, chain->first, plain, NULL))
			return true;
		flight_free(f);
		return false;
	}
	room = ike_cipher_plain_room(sa->cipher_out, PATH_SIZE - headers - SKF_OVERHEAD);
	total = (plain.len + room - 1) / room;
	room_for(f, total);
	for (size_t i = 0; i < total; i++) {
		struct ike_skf frag = { .number = (uint16_t)(i + 1), .total = (uint16_t)total };
		size_t at = i * room;
		struct ike_bytes part = { plain.data + at, plain.len - at < room ? plain.len - at : room };

		if (!seal_part(sa, &f->parts[i], h, i ? IKE_PAYLOAD_NONE : chain->first, part, &frag)) {
			flight_free(f);
			return false;
		}
	}
	return true;
}

static void send_all(struct ike_core *core, const struct flight *f, struct ike_datagram dg)
{
	for (size_t i = 0; i < f->n; i++) {
		dg.data = f->parts[i].data;
		dg.len = f->parts[i].len;
		action_send(core, &dg);
	}
}

void flight_send(struct ike_sa *sa, const struct flight *f)
{
	sa->last_tx = sa->core->now;
	send_all(sa->core, f, (struct ike_datagram){ .local = sa->local, .remote = sa->remote, .natt = sa->natt });
}

void flight_answer(struct ike_sa *sa, const struct flight *f, const struct ike_datagram *request)
{
	send_all(sa->core, f, (struct ike_datagram){ .local = request->local, .remote = request->remote,
						     .natt = request->natt });
}
