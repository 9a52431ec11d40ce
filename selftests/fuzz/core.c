// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A hub and a spoke with a session between them, and an input that is the script of what goes wrong: garbage from
 * strangers, datagrams changed, lost, doubled or late on the way, a peer that holds the keys and sends what it
 * likes, time, events of the kernel, whims of the administrator.
 *
 * Whatever the script, both must come to rest when they are shut down, and every log line must be fit for a log.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ike/crypto.h"
#include "ike/payload.h"
#include "ikev2/core.h"

#define WIRE_MAX 256
#define PENDING_MAX 32
#define STEPS_MAX 48

/* Second octet of the script: what kind of world it is. */
enum {
	WORLD_DEFERS = 1,       /* jobs and the kernel take their time */
	WORLD_NAT = 2,          /* in front of the spoke */
	WORLD_ROUTES = 4,       /* both announce some */
	WORLD_NARROWS = 8,      /* the hub has selectors narrower than the spoke's */
	WORLD_MISFIT = 16,      /* selectors that do not meet */
	WORLD_WRONG_KEY = 32,
	WORLD_UNKNOWN = 64,     /* the hub serves other identities */
	WORLD_PFS = 128,        /* demanded */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct wire {
	uint8_t *data;
	size_t len;
	struct ike_addr local, remote; /* of the receiver */
	bool natt;
};

/* A job or, where @job is NULL, a request to the kernel that is not done yet. */
struct pending {
	struct ike_job *job;
	uint64_t kernel_id;
	bool may_fail;
};

struct node {
	struct ike_core *core;
	struct ike_policy policy;
	struct ike_profile profile;
	struct ike_keyring keyring;
	struct ike_keyring_peer peer;
	struct ike_ipsec_profile ipsec;
	struct ike_transform_set set;
	const struct ike_transform_set *sets[1];
	struct ike_proposal ike[2], esp[2];
	struct ike_id_match match;
	struct ike_authorization authorization;
	struct ike_pool pool;
	struct ike_virtual_template tmpl;
	uint16_t pfs[1];
	struct ike_prefix routes[2];
	struct ike_ts ts[1];
	struct ike_addr addr;
	struct wire in[WIRE_MAX];       /* on the way to this node */
	size_t n_in;
	struct pending pending[PENDING_MAX];
	size_t n_pending;
	uint64_t random;
	uint32_t spi;
	uint64_t session;
	uint32_t child_spi;
	uint64_t child;
	bool kernel_fails;
};

/* Keys of the newest IKE SA, as the key log tells them. */
struct sniffed {
	bool have;
	uint64_t spi_i, spi_r;
	struct ike_keys keys;
};

struct world {
	struct node hub, spoke;
	struct sniffed sniffed;
	uint8_t kind;
	uint16_t nat_port;
	uint64_t now;
	struct ike_reader script;
};

static uint8_t secret[] = "only these two know";

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void env_random(void *ctx, void *buf, size_t len)
{
	struct node *n = ctx;

	for (size_t i = 0; i < len; i++) {
		n->random = n->random * 6364136223846793005ull + 1442695040888963407ull;
		((uint8_t *)buf)[i] = (uint8_t)(n->random >> 56);
	}
}

static uint32_t env_spi(void *ctx, const struct ike_addr *local)
{
	struct node *n = ctx;

	return n->kernel_fails ? 0 : ++n->spi;
}

static size_t unhex(uint8_t *out, size_t max, const char **text)
{
	size_t n = 0;
	unsigned int octet;

	for (; n < max && sscanf(*text, "%2x", &octet) == 1; *text += 2)
		out[n++] = (uint8_t)octet;
	*text = strchr(*text, ',');
	*text = *text ? *text + 1 : "";
	return n;
}

/* "spi_i,spi_r,ei,er,..." of AES-GCM: the only suite that is offered here. */
static void sniff(struct sniffed *s, const char *line)
{
	unsigned long long spi_i, spi_r;

	if (sscanf(line, "%16llx,%16llx,", &spi_i, &spi_r) != 2)
		return;
	line += 34;
	*s = (struct sniffed){ .have = true, .spi_i = spi_i, .spi_r = spi_r,
			       .keys = { .encr = IKE_ENCR_AES_GCM_16, .key_bits = 256 } };
	s->keys.e_len = unhex(s->keys.ei, sizeof(s->keys.ei), &line);
	unhex(s->keys.er, sizeof(s->keys.er), &line);
	require(s->keys.e_len == 36);
}

static struct node *other(struct world *w, const struct node *n)
{
	return n == &w->hub ? &w->spoke : &w->hub;
}

static void to_wire(struct world *w, struct node *to, const struct ike_datagram *dg)
{
	struct wire *slot;

	if (to->n_in == WIRE_MAX)
		return;
	slot = &to->in[to->n_in++];
	slot->data = malloc(dg->len ? dg->len : 1);
	if (dg->len)
		memcpy(slot->data, dg->data, dg->len);
	slot->len = dg->len;
	slot->local = dg->remote;
	slot->remote = dg->local;
	slot->natt = dg->natt;
	if (!(w->kind & WORLD_NAT))
		return;
	if (to == &w->hub) {
		require(ike_addr_parse(&slot->remote, "203.0.113.9"));
		slot->remote.port = w->nat_port + dg->natt;
	} else {
		slot->local = to->addr;
		slot->local.port = dg->natt ? 4500 : 500;
	}
}

/* FUZZ_LOG=1 shows what a finding says of itself. */
static void check_log(const struct node *n, const struct ike_log_event *log)
{
	if (getenv("FUZZ_LOG"))
		fprintf(stderr, "%s: %s: %s\n", n->profile.name, log->name, log->text);
	require(log->name && *log->name && log->text && *log->text);
	for (const char *c = log->text; *c; c++)
		require((unsigned char)*c >= ' ' && *c != 0x7f);
}

static void carry_out(struct world *w, struct node *n);

static void complete(struct world *w, struct node *n, const struct pending *p)
{
	if (p->job) {
		ike_job_run(p->job);
		ike_core_job_done(n->core, p->job, w->now);
	} else if (n->kernel_fails && p->may_fail) {
		ike_core_kernel_done(n->core, p->kernel_id, -12, "out of memory", NULL, w->now);
	} else {
		ike_core_kernel_done(n->core, p->kernel_id, 0, NULL, "va0", w->now);
	}
}

static void complete_next(struct world *w, struct node *n)
{
	struct pending first = n->pending[0];

	if (!n->n_pending)
		return;
	memmove(n->pending, n->pending + 1, --n->n_pending * sizeof(n->pending[0]));
	complete(w, n, &first);
	carry_out(w, n);
}

static void start(struct world *w, struct node *n, struct pending p)
{
	if (w->kind & WORLD_DEFERS && n->n_pending < PENDING_MAX)
		n->pending[n->n_pending++] = p;
	else
		complete(w, n, &p);
}

static void kernel(struct world *w, struct node *n, const struct ike_kernel_request *req)
{
	if (req->op == IKE_KERNEL_SESSION_UP)
		n->session = req->session;
	if (req->in.spi) {
		n->child_spi = req->in.spi;
		n->child = req->child;
	}
	start(w, n, (struct pending){
		.kernel_id = req->id,
		.may_fail = req->op == IKE_KERNEL_SESSION_UP || req->op == IKE_KERNEL_CHILD_IN,
	});
}

static void carry_out(struct world *w, struct node *n)
{
	struct ike_action *a;

	while ((a = ike_core_next_action(n->core))) {
		switch (a->type) {
		case IKE_ACTION_SEND:
			to_wire(w, other(w, n), &a->send);
			break;
		case IKE_ACTION_JOB:
			start(w, n, (struct pending){ .job = a->job });
			break;
		case IKE_ACTION_KERNEL:
			kernel(w, n, a->kernel);
			break;
		case IKE_ACTION_CONNECT:
			ike_core_connect(n->core, a->profile->name, &n->addr, &other(w, n)->addr, w->now);
			break;
		case IKE_ACTION_LOG:
			check_log(n, a->log);
			break;
		case IKE_ACTION_KEYS:
			if (n == &w->hub)
				sniff(&w->sniffed, a->keys);
			break;
		}
		ike_action_free(a);
	}
}

static void deliver(struct world *w, struct node *n)
{
	struct wire first = n->in[0];
	struct ike_datagram dg = { .local = first.local, .remote = first.remote, .natt = first.natt,
				   .data = first.data, .len = first.len };

	if (!n->n_in)
		return;
	memmove(n->in, n->in + 1, --n->n_in * sizeof(n->in[0]));
	ike_core_datagram(n->core, &dg, w->now);
	free(first.data);
	carry_out(w, n);
}

static void deliver_all(struct world *w)
{
	for (unsigned int i = 0; i < 1000; i++) {
		if (!w->hub.n_in && !w->spoke.n_in && !w->hub.n_pending && !w->spoke.n_pending)
			break;
		complete_next(w, &w->hub);
		complete_next(w, &w->spoke);
		deliver(w, &w->hub);
		deliver(w, &w->spoke);
	}
}

static void tick(struct world *w, uint64_t ms)
{
	w->now += ms;
	ike_core_tick(w->hub.core, w->now);
	carry_out(w, &w->hub);
	ike_core_tick(w->spoke.core, w->now);
	carry_out(w, &w->spoke);
}

static void receive(struct world *w, struct node *n, const struct ike_addr *from, const uint8_t *data, size_t len)
{
	uint8_t *exact = malloc(len ? len : 1); /* a sanitizer sees the first octet beyond */
	struct ike_datagram dg = { .local = n->addr, .remote = *from, .data = exact, .len = len };

	if (len)
		memcpy(exact, data, len);
	ike_core_datagram(n->core, &dg, w->now);
	free(exact);
	carry_out(w, n);
}

/* Payloads with headers that are right, bodies from the script: most of the way past the codecs. */
static void script_payloads(struct world *w, struct ike_chain *c)
{
	unsigned int n = ike_read_u8(&w->script) % 10;

	while (n-- && ike_reader_left(&w->script)) {
		uint8_t type = (uint8_t)(IKE_PAYLOAD_SA + ike_read_u8(&w->script) % 22);
		size_t len = ike_read_u8(&w->script);

		if (len > ike_reader_left(&w->script))
			len = ike_reader_left(&w->script);
		ike_chain_raw(c, type, ike_read_bytes(&w->script, len), len);
	}
}

static void from_a_stranger(struct world *w, struct node *n, bool header)
{
	struct ike_header h = { .version = IKE_VERSION_2, .exchange = IKE_EXCHANGE_SA_INIT, .flags = IKE_FLAG_INITIATOR };
	struct ike_addr from = { .family = AF_INET, .port = 500, .bytes = { 203, 0, 113, ike_read_u8(&w->script) % 4 } };
	struct ike_writer out = { 0 };
	struct ike_chain c = { 0 };
	size_t len;

	if (!header) {
		len = ike_read_u8(&w->script);
		if (len > ike_reader_left(&w->script))
			len = ike_reader_left(&w->script);
		receive(w, n, &from, ike_read_bytes(&w->script, len), len);
		return;
	}
	h.spi_i = ike_read_u8(&w->script);
	h.exchange = (uint8_t)(IKE_EXCHANGE_SA_INIT + ike_read_u8(&w->script) % 5);
	h.flags = ike_read_u8(&w->script);
	script_payloads(w, &c);
	if (ike_message_encode(&out, &h, &c))
		receive(w, n, &from, out.data, out.len);
	ike_writer_free(&out);
	ike_chain_free(&c);
}

struct seen {
	uint32_t ours, theirs;
};

static void see(const struct ike_session_status *status, void *ctx)
{
	struct seen *seen = ctx;

	seen->ours = status->our_next_msgid;
	seen->theirs = status->peer_next_msgid;
	require(status->state && status->profile);
}

/* A peer that has the keys and no manners. */
static void from_the_peer(struct world *w, struct node *n)
{
	uint8_t control = ike_read_u8(&w->script), exchange = ike_read_u8(&w->script);
	bool to_hub = n == &w->hub, response = control & 1;
	struct ike_header h = { .spi_i = w->sniffed.spi_i, .spi_r = w->sniffed.spi_r, .version = IKE_VERSION_2 };
	struct ike_cipher *cipher;
	struct ike_writer out = { 0 };
	struct ike_chain c = { 0 };
	struct ike_skf frag = { 1, 1 };
	struct seen seen = { 0 };

	if (!w->sniffed.have)
		return;
	ike_core_visit(n->core, see, &seen, w->now);
	h.exchange = (uint8_t)(IKE_EXCHANGE_AUTH + exchange % 4);
	h.flags = (to_hub ? IKE_FLAG_INITIATOR : 0) | (response ? IKE_FLAG_RESPONSE : 0);
	h.message_id = (response ? seen.ours : seen.theirs) + (control >> 1 & 3) - ((control >> 3 & 1) ? 2 : 0);
	if (control & 0x20) {
		frag.number = control >> 6;
		frag.total = 2;
	}
	script_payloads(w, &c);
	cipher = ike_cipher_new(&w->sniffed.keys, to_hub);
	if (cipher && ike_sk_seal(cipher, &out, &h, c.first, (struct ike_bytes){ c.w.data, c.w.len },
				  control & 0x20 ? &frag : NULL, secret))
		receive(w, n, &other(w, n)->addr, out.data, out.len);
	ike_cipher_free(cipher);
	ike_writer_free(&out);
	ike_chain_free(&c);
}

static void on_the_way(struct world *w, struct node *n, uint8_t what)
{
	size_t at;

	if (!n->n_in)
		return;
	switch (what) {
	case 0:
		at = ike_read_u16(&w->script) % n->in[0].len;
		n->in[0].data[at] ^= ike_read_u8(&w->script) | 1;
		break;
	case 1:
		n->in[0].len = ike_read_u16(&w->script) % n->in[0].len;
		break;
	case 2:
		free(n->in[0].data);
		memmove(n->in, n->in + 1, --n->n_in * sizeof(n->in[0]));
		return;
	case 3:
		to_wire(w, n, &(struct ike_datagram){ .local = n->in[0].remote, .remote = n->in[0].local,
						    .natt = n->in[0].natt, .data = n->in[0].data, .len = n->in[0].len });
		break;
	case 4:
		n->in[0].remote.port ^= ike_read_u8(&w->script);
		break;
	}
	deliver(w, n);
}

static void survivor(struct world *w, struct node *n)
{
	struct ike_survivor s = { .cookie = 4711, .ifname = "va9", .expires = w->now + 1000 };

	s.peer_id = other(w, n)->profile.local_id;
	snprintf(s.profile, sizeof(s.profile), "%s", n->profile.name);
	s.n_peer_addrs = ike_addr_parse(&s.peer_addrs[0], "10.9.0.3");
	ike_core_adopt(n->core, &s, w->now);
}

static void event(struct world *w, struct node *n, uint8_t what)
{
	struct ike_addr moved = other(w, n)->addr;
	struct seen seen;

	switch (what) {
	case 0:
		ike_core_rekey(n->core, n->session, true, w->now);
		break;
	case 1:
		ike_core_rekey(n->core, n->session, false, w->now);
		break;
	case 2:
		ike_core_clear(n->core, ike_read_u8(&w->script) & 1 ? n->session : 0, w->now);
		break;
	case 3:
		ike_core_acquire(n->core, "tun0", n->session, w->now);
		break;
	case 4:
		ike_core_expire(n->core, n->child, n->child_spi, false, w->now);
		break;
	case 5:
		ike_core_expire(n->core, n->child, n->child_spi, true, w->now);
		break;
	case 6:
		moved.port ^= ike_read_u8(&w->script);
		ike_core_moved(n->core, n->session, &moved, w->now);
		break;
	case 7:
		ike_core_link_deleted(n->core, n->session, w->now);
		break;
	case 8:
		ike_core_initiate(n->core, n->profile.name, w->now);
		break;
	case 9:
		ike_core_reload(n->core, &n->policy, w->now);
		break;
	case 10:
		n->kernel_fails = !n->kernel_fails;
		break;
	case 11:
		ike_core_connect_failed(n->core, n->profile.name, "no such host", w->now);
		break;
	case 12:
		survivor(w, n);
		break;
	case 13:
		w->nat_port += 2;
		break;
	case 14:
		ike_core_shutdown(n->core, w->now);
		break;
	case 15:
		require(ike_core_deadline(n->core) > 0 && ike_core_counters(n->core));
		ike_core_visit(n->core, see, &seen, w->now);
		break;
	}
	carry_out(w, n);
}

static void step(struct world *w)
{
	uint8_t op = ike_read_u8(&w->script);
	struct node *n = op & 0x80 ? &w->hub : &w->spoke;

	switch (op & 7) {
	case 0:
		from_a_stranger(w, n, op & 8);
		break;
	case 1:
	case 2:
		from_the_peer(w, n);
		break;
	case 3:
		if (op & 8)
			complete_next(w, n);
		else
			deliver(w, n);
		break;
	case 4:
		on_the_way(w, n, (op >> 3) % 5);
		break;
	case 5:
		tick(w, 1ull << (op >> 3 & 15) << 5);
		break;
	case 6:
		event(w, n, op >> 3 & 15);
		break;
	case 7:
		deliver_all(w);
		break;
	}
}

/* What makes this world another than the plain one. */
static void vary(struct node *n, uint8_t kind, bool hub)
{
	if (kind & WORLD_ROUTES) {
		require(ike_prefix_parse(&n->routes[0], hub ? "10.1.0.0/16" : "10.2.0.0/16"));
		require(ike_prefix_parse(&n->routes[1], hub ? "2001:db8:1::/48" : "2001:db8:2::/48"));
		n->authorization.routes = n->routes;
		n->authorization.n_routes = 2;
	}
	if (kind & (hub ? WORLD_NARROWS | WORLD_MISFIT : WORLD_MISFIT)) {
		require(ike_ts_parse(&n->ts[0], hub ? "10.0.0.0/8" : "11.0.0.0/8"));
		n->ipsec.local_ts = n->ipsec.remote_ts = n->ts;
		n->ipsec.n_local_ts = n->ipsec.n_remote_ts = 1;
	}
	if (kind & WORLD_WRONG_KEY && hub)
		n->peer.remote.len--;
	if (kind & WORLD_UNKNOWN && hub)
		require(ike_id_match_parse(&n->match, "fqdn *.example.com"));
	if (kind & WORLD_PFS) {
		n->ipsec.n_pfs = 1;
		n->ipsec.pfs_required = true;
	}
}

static void prepare(struct node *n, const char *name, const char *id, const char *addr, bool dials,
		    uint8_t kind)
{
	struct ike_core_env env = { .ctx = n, .random = env_random, .spi = env_spi };

	require(ike_addr_parse(&n->addr, addr));
	n->addr.port = 500;
	n->random = (uintptr_t)*id;
	n->spi = 0x1000;
	n->peer.local = n->peer.remote = (struct ike_secret){ secret, sizeof(secret) - 1 };
	n->peer.match.kind = IKE_ID_MATCH_ANY;
	n->keyring = (struct ike_keyring){ .peers = &n->peer, .n_peers = 1 };
	n->set = (struct ike_transform_set){ .proposals = n->esp, .n_proposals = ike_proposal_default_esp(n->esp, 2) };
	n->sets[0] = &n->set;
	n->pfs[0] = IKE_KE_CURVE25519;
	n->ipsec = (struct ike_ipsec_profile){ .sets = n->sets, .n_sets = 1, .pfs = n->pfs, .n_pfs = dials,
					       .replay_window = 64, .life_seconds = 3600 };
	require(ike_range_parse(&n->pool.range, "10.9.0.1-10.9.0.9"));
	n->authorization = (struct ike_authorization){ .pool4 = dials ? NULL : &n->pool };

	/* AES-GCM and X25519 only: the first is what sniff() reads, the second is cheap. */
	n->ike[0] = (struct ike_proposal){ .protocol = IKE_PROTO_IKE };
	ike_proposal_add(&n->ike[0], IKE_TRANSFORM_ENCR, IKE_ENCR_AES_GCM_16, 256);
	ike_proposal_add(&n->ike[0], IKE_TRANSFORM_PRF, IKE_PRF_HMAC_SHA256, 0);
	ike_proposal_add(&n->ike[0], IKE_TRANSFORM_KE, IKE_KE_CURVE25519, 0);

	n->match.kind = IKE_ID_MATCH_ANY;
	n->profile = (struct ike_profile){
		.peer_port = 500, .match_remote = &n->match, .n_match_remote = 1, .proposals = n->ike,
		.n_proposals = 1, .keyring = &n->keyring, .ipsec = &n->ipsec, .authorization = &n->authorization,
		.tmpl = &n->tmpl, .config_request = dials, .connect = dials ? IKE_CONNECT_AUTO : IKE_CONNECT_LISTEN,
		.dpd_seconds = 30, .nat_keepalive_seconds = 20, .retransmit_base_ms = 1000, .retransmit_tries = 4,
		.life_seconds = 86400, .fragmentation = true, .initial_contact = true,
	};
	snprintf(n->profile.name, sizeof(n->profile.name), "%s", name);
	snprintf(n->profile.peer, sizeof(n->profile.peer), "%s", dials ? "hub" : "");
	snprintf(n->profile.interface, sizeof(n->profile.interface), "%s", dials ? "tun0" : "");
	require(ike_id_parse(&n->profile.local_id, id));
	vary(n, kind, !dials);
	n->policy = (struct ike_policy){ .refs = 1, .half_open_cookie = 4, .half_open_max = 8, .port = 500,
					 .natt_port = 4500, .profiles = &n->profile, .n_profiles = 1 };
	n->core = ike_core_new(&env, &n->policy, 0);
	ike_core_export_keys(n->core, true);
}

static void finish(struct world *w)
{
	w->hub.kernel_fails = w->spoke.kernel_fails = false;
	ike_core_shutdown(w->hub.core, w->now);
	carry_out(w, &w->hub);
	ike_core_shutdown(w->spoke.core, w->now);
	carry_out(w, &w->spoke);
	for (unsigned int i = 0; i < 100; i++) {
		deliver_all(w);
		if (ike_core_idle(w->hub.core) && ike_core_idle(w->spoke.core))
			break;
		tick(w, 4000);
	}
	require(ike_core_idle(w->hub.core) && ike_core_idle(w->spoke.core));
}

static void clean_up(struct node *n)
{
	ike_core_free(n->core);
	require(n->policy.refs == 1);
	for (size_t i = 0; i < n->n_in; i++)
		free(n->in[i].data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world *w = calloc(1, sizeof(*w));

	unsigned int handshake;

	/* The first octet says how far the handshake is when the script begins. */
	ike_reader_init(&w->script, data, size);
	handshake = ike_read_u8(&w->script) % 8;
	w->kind = ike_read_u8(&w->script);
	w->nat_port = 40000;
	prepare(&w->hub, "clients", "fqdn hub", "192.0.2.1", false, w->kind);
	prepare(&w->spoke, "uplink", "fqdn spoke", "198.51.100.1", true, w->kind);
	ike_core_start(w->spoke.core, w->now);
	carry_out(w, &w->spoke);
	for (; handshake < 6; handshake++) {
		complete_next(w, &w->spoke);
		deliver(w, &w->hub);
		complete_next(w, &w->hub);
		deliver(w, &w->spoke);
	}
	for (unsigned int i = 0; i < STEPS_MAX && ike_reader_left(&w->script); i++)
		step(w);
	finish(w);
	clean_up(&w->hub);
	clean_up(&w->spoke);
	free(w);
	return 0;
}
