// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Methods of authentication. Each knows how to sign for us and how to verify the peer; what is signed is the same
 * for all (RFC 7296 section 2.15).
 */
#include "auth_method.h"
#include "core_state.h"
#include "log.h"
#include "memory.h"
#include "select.h"

/**
 * struct auth_method
 * @sign: data of our AUTH payload into @out
 * @verify: false, and a line for the administrator, when @data is not what it must be
 */
struct auth_method {
	uint8_t id;
	bool (*sign)(struct ike_sa *sa, struct ike_bytes octets, struct ike_writer *out);
	bool (*verify)(struct ike_sa *sa, struct ike_bytes octets, struct ike_bytes data);
};

static bool signed_octets(const struct ike_sa *sa, bool ours, struct ike_writer *out)
{
	const struct init_state *init = sa->init;
	const struct ike_writer *message = ours ? &init->ours : &init->theirs;
	bool by_initiator = sa->initiator == ours;
	const struct nonce *nonce = by_initiator ? &init->nr : &init->ni;
	struct ike_writer id = { 0 };
	bool ok;

	ike_id_encode(&id, ours ? &sa->local_id : &sa->peer_id);
	ok = !id.error && ike_auth_octets(out, sa->keys.prf, (struct ike_bytes){ message->data, message->len },
					  nonce_bytes(nonce), by_initiator ? sa->keys.pi : sa->keys.pr,
					  (struct ike_bytes){ id.data, id.len });
	ike_writer_free(&id);
	return ok;
}

static const char *known_id(const struct ike_sa *sa, char buf[IKE_ID_STRLEN])
{
	return sa->peer_id.type == IKE_ID_NONE ? "the peer" : ike_id_text(&sa->peer_id, buf);
}

static const struct ike_keyring_peer *key_of_peer(struct ike_sa *sa)
{
	const struct ike_id *id = sa->peer_id.type == IKE_ID_NONE ? NULL : &sa->peer_id;
	const struct ike_keyring_peer *key = select_key(sa->profile->keyring, id, &sa->remote);
	char text[IKE_ID_STRLEN];

	if (!key)
		log_sa(sa, IKE_LOG_WARNING, "authentication-failed",
		       "no pre-shared key for %s: profile \"%s\" uses keyring \"%s\"; add a peer with this identity to it",
		       known_id(sa, text), sa->profile->name,
		       sa->profile->keyring ? sa->profile->keyring->name : "");
	return key;
}

static bool psk_sign(struct ike_sa *sa, struct ike_bytes octets, struct ike_writer *out)
{
	const struct ike_keyring_peer *key = key_of_peer(sa);
	uint8_t *auth;

	if (!key)
		return false;
	auth = ike_write_reserve(out, ike_prf_size(sa->keys.prf));
	return auth && ike_auth_psk(sa->keys.prf, (struct ike_bytes){ key->local.data, key->local.len }, octets, auth);
}

static bool psk_verify(struct ike_sa *sa, struct ike_bytes octets, struct ike_bytes data)
{
	const struct ike_keyring_peer *key = key_of_peer(sa);
	uint8_t want[IKE_PRF_MAX];

	if (!key)
		return false;
	if (data.len == ike_prf_size(sa->keys.prf) &&
	    ike_auth_psk(sa->keys.prf, (struct ike_bytes){ key->remote.data, key->remote.len }, octets, want) &&
	    ike_equal_secret(want, data.data, data.len))
		return true;
	log_sa(sa, IKE_LOG_WARNING, "authentication-failed",
	       "the peer's pre-shared key is not that of peer \"%s\" in keyring \"%s\" (profile \"%s\"); make pre-shared-key the same on both sides",
	       key->name, sa->profile->keyring->name, sa->profile->name);
	return false;
}

static const struct auth_method methods[] = {
	{ .id = IKE_AUTH_PSK, .sign = psk_sign, .verify = psk_verify },
};

bool auth_method_sign(struct ike_sa *sa, struct ike_chain *chain)
{
	const struct auth_method *method = &methods[0];
	struct ike_writer octets = { 0 }, out = { 0 };
	bool ok = signed_octets(sa, true, &octets) &&
		  method->sign(sa, (struct ike_bytes){ octets.data, octets.len }, &out);

	if (ok)
		ike_chain_auth(chain, method->id, out.data, out.len);
	ike_writer_free(&octets);
	ike_writer_free(&out);
	return ok;
}

bool auth_method_verify(struct ike_sa *sa, const struct ike_auth *auth)
{
	struct ike_writer octets = { 0 };
	bool ok = false;

	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
		if (methods[i].id != auth->method)
			continue;
		ok = signed_octets(sa, false, &octets) &&
		     methods[i].verify(sa, (struct ike_bytes){ octets.data, octets.len }, auth->data);
		ike_writer_free(&octets);
		return ok;
	}
	log_sa(sa, IKE_LOG_WARNING, "authentication-failed",
	       "the peer authenticates by %s; profile \"%s\" wants a pre-shared key: set the peer to use one",
	       ike_auth_method_name(auth->method), sa->profile->name);
	return false;
}
