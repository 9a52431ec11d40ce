/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The IKE core: all of the protocol, no input or output of its own, no clock.
 *
 * The caller feeds it datagrams, the time, finished jobs and kernel events, and after each call takes the
 * actions that have gathered until there are none. Nothing here blocks. Time is in milliseconds of a clock
 * that never goes back. One core serves all peers of one daemon; it is not thread safe, only the jobs that
 * it hands out run elsewhere.
 *
 *	ike_core_datagram(core, &dg, now);
 *	while ((a = ike_core_next_action(core)))
 *		carry_out(a), ike_action_free(a);
 *	arm_timer(ike_core_deadline(core));
 */
#ifndef DVTI_IKEV2_CORE_H
#define DVTI_IKEV2_CORE_H

#include "../ike/addr.h"
#include "../ike/id.h"
#include "../ike/policy.h"
#include "../ike/suite.h"
#include "../ike/ts.h"

struct ike_core;
struct ike_job;

/**
 * struct ike_core_env - where the core gets what it cannot compute
 * @random: fill @buf with @len unpredictable octets
 * @spi: a free inbound ESP SPI for @local, host byte order, never below 256; 0 when there is none
 * @connected: does @prefix lie within a network that a device of this host is in, where @profile's links have their
 *             routes? @device receives its name. May be NULL, which says no
 */
struct ike_core_env {
	void *ctx;
	void (*random)(void *ctx, void *buf, size_t len);
	uint32_t (*spi)(void *ctx, const struct ike_addr *local);
	bool (*connected)(void *ctx, const struct ike_profile *profile, const struct ike_prefix *prefix,
			  char device[16]);
};

/**
 * struct ike_datagram - an IKE message as it came
 * @local, @remote: with ports
 * @natt: it came to (or leaves from) the NAT traversal port, where a non-ESP marker of four zero octets
 *        stands before the message; the marker is the caller's business and is not in @data
 * @keepalive: a NAT keepalive (RFC 3948 section 2.3), only in IKE_ACTION_SEND: @data goes out as it is, without
 *             the marker
 * @data: borrowed for the call
 */
struct ike_datagram {
	struct ike_addr local;
	struct ike_addr remote;
	bool natt;
	bool keepalive;
	const uint8_t *data;
	size_t len;
};

/** struct ike_kernel_sa - one direction of a Child SA */
struct ike_kernel_sa {
	uint32_t spi;                   /* host byte order */
	const struct ike_esp_suite *suite; /* static: encryption, key size, integrity (see suite.h) */
	uint8_t key[IKE_ESP_KEY_MAX];   /* encryption key, then salt or integrity key */
	size_t key_len;
	bool esn;
	uint32_t replay_window;
	uint64_t hard_seconds;          /* 0 for none; the core times rekeys itself, this is the backstop */
	uint64_t soft_bytes, hard_bytes;
	uint64_t soft_packets, hard_packets;
};

enum ike_kernel_op {
	IKE_KERNEL_SESSION_UP,  /* make or find the link; install @in and @out; addresses, routes, carrier */
	IKE_KERNEL_SESSION_UPDATE, /* addresses or routes of a session have changed: make it so */
	IKE_KERNEL_SESSION_DOWN,/* remove SAs, routes and addresses; delete a virtual-access, keep a static link */
	IKE_KERNEL_CHILD_IN,    /* install @in beside the inbound SAs of the session */
	IKE_KERNEL_CHILD_OUT,   /* install @out, which replaces the outbound SA at once */
	IKE_KERNEL_CHILD_BOTH,  /* both of them together */
	IKE_KERNEL_CHILD_DEL,   /* delete inbound SA del_in and, if it is still the one in use, outbound SA del_out */
	IKE_KERNEL_MOVE,        /* the session's outer addresses or encapsulation have changed */
};

/**
 * struct ike_kernel_request - what the kernel shall do for a session
 * @id: give it back with ike_core_kernel_done(); every request is answered once, in order
 * @session: number of the session, never reused in the life of a core; the kernel link keeps it as its cookie
 * @child: number of the Child SA, the cookie of its two SAs, for ike_core_expire()
 * @profile: where template, interface and so on stand; alive as long as the request. NULL only in a
 *           SESSION_DOWN for a survivor whose profile is no longer configured
 * @local, @remote: outer addresses with ports
 * @encap: UDP encapsulation
 *
 * SESSION_UP may come again for a session that is up, when its peer has authenticated anew: find the link by
 * @session, set its outer addresses, install @in and @out, make addresses and routes as given; older inbound
 * SAs stay until their CHILD_DEL.
 *
 * @adopt: SESSION_UP for a link that survived an earlier daemon and carries @adopt as its cookie, 0 for none
 * @our_addrs: inner addresses that the peer gave us (initiator)
 * @peer_addrs: inner addresses that we gave the peer; each is routed to the link
 * @routes: prefixes to route to the link
 * @dns, @domain: for information (initiator)
 * @local_ts, @remote_ts: selectors of the Child SA for the SAs of this request; wide open when both any; none in
 *             transport mode
 */
struct ike_kernel_request {
	enum ike_kernel_op op;
	uint64_t id;
	uint64_t session;
	uint64_t child;
	const struct ike_profile *profile;
	struct ike_id peer_id;
	struct ike_addr local, remote;
	bool encap;
	uint64_t adopt;
	struct ike_kernel_sa in, out;
	uint32_t del_in, del_out;       /* SPIs, host byte order */
	struct ike_addr our_addrs[4];
	size_t n_our_addrs;
	struct ike_addr peer_addrs[4];
	size_t n_peer_addrs;
	struct ike_prefix *routes;
	size_t n_routes;
	struct ike_addr dns[8];
	size_t n_dns;
	char domain[256];
	struct ike_ts *local_ts;
	size_t n_local_ts;
	struct ike_ts *remote_ts;
	size_t n_remote_ts;
};

enum ike_log_level { IKE_LOG_ERROR, IKE_LOG_WARNING, IKE_LOG_NOTICE, IKE_LOG_INFO, IKE_LOG_DEBUG };

/**
 * struct ike_log_event - something that an administrator may want to know
 * @name: stable, for machines: "session-up", "session-down", "negotiation-refused", "retransmit-timeout", …
 * @text: one line for people, complete in itself: who, which exchange, what was offered, what is configured,
 *        which setting to change; without keys
 * @held: how many of the kind about this peer were held back since the one before
 */
struct ike_log_event {
	enum ike_log_level level;
	const char *name;
	char *text;
	char peer[IKE_ADDR_STRLEN];
	char peer_id[IKE_ID_STRLEN];
	char profile[IKE_NAME_MAX];
	uint64_t session;
	unsigned int held;
};

enum ike_action_type {
	IKE_ACTION_SEND,        /* @send: a datagram; @send.data is owned by the action */
	IKE_ACTION_JOB,         /* @job: call ike_job_run() on any thread, then ike_core_job_done() */
	IKE_ACTION_KERNEL,      /* @kernel */
	IKE_ACTION_CONNECT,     /* @profile: resolve its peer, choose a source address, call ike_core_connect() */
	IKE_ACTION_LOG,         /* @log */
	IKE_ACTION_KEYS,        /* @keys: a line for a key log, only after ike_core_export_keys(core, true) */
};

struct ike_action {
	enum ike_action_type type;
	union {
		struct ike_datagram send;
		struct ike_job *job;
		struct ike_kernel_request *kernel;
		const struct ike_profile *profile;
		struct ike_log_event *log;
		char *keys;
	};
	struct ike_policy *policy; /* keeps what the pointers above reach alive */
};

struct ike_core *ike_core_new(const struct ike_core_env *env, struct ike_policy *policy, uint64_t now);
void ike_core_free(struct ike_core *core);

/* What has happened. */
void ike_core_datagram(struct ike_core *core, const struct ike_datagram *dg, uint64_t now);
void ike_core_tick(struct ike_core *core, uint64_t now);
void ike_core_job_done(struct ike_core *core, struct ike_job *job, uint64_t now);
/* @error: 0 or a negative errno, with @reason in words (may be NULL); @ifname: the link of SESSION_UP */
void ike_core_kernel_done(struct ike_core *core, uint64_t id, int error, const char *reason,
			  const char *ifname, uint64_t now);
void ike_core_acquire(struct ike_core *core, const char *ifname, uint64_t session, uint64_t now);
void ike_core_expire(struct ike_core *core, uint64_t child, uint32_t spi, bool hard, uint64_t now);
void ike_core_moved(struct ike_core *core, uint64_t session, const struct ike_addr *remote, uint64_t now);
void ike_core_link_deleted(struct ike_core *core, uint64_t session, uint64_t now);

/* What the administrator wants. */
void ike_core_start(struct ike_core *core, uint64_t now); /* dial the profiles with connect auto */
void ike_core_connect(struct ike_core *core, const char *profile, const struct ike_addr *local,
		      const struct ike_addr *remote, uint64_t now);
void ike_core_connect_failed(struct ike_core *core, const char *profile, const char *reason, uint64_t now);
bool ike_core_initiate(struct ike_core *core, const char *profile, uint64_t now); /* false: no such profile */
/* Delete sessions (0 for all), tell the peers; returns how many. */
unsigned int ike_core_clear(struct ike_core *core, uint64_t session, uint64_t now);
bool ike_core_rekey(struct ike_core *core, uint64_t session, bool ike, uint64_t now);
/* Profiles that are gone or changed in what was negotiated end their sessions; others are not touched. */
void ike_core_reload(struct ike_core *core, struct ike_policy *policy, uint64_t now);
/* Delete all sessions at the peers; actions follow until the peers have answered or given up. */
void ike_core_shutdown(struct ike_core *core, uint64_t now);
bool ike_core_idle(const struct ike_core *core); /* nothing left after ike_core_shutdown() */
void ike_core_export_keys(struct ike_core *core, bool on);

/**
 * struct ike_survivor - a link that outlived an earlier daemon
 *
 * When a peer of this identity comes back under this profile, its session takes over the link and the
 * addresses; when it has not by @expires, a SESSION_DOWN is requested.
 */
struct ike_survivor {
	uint64_t cookie;                /* number of the session in its former life */
	char profile[IKE_NAME_MAX];
	char ifname[16];
	struct ike_id peer_id;
	struct ike_addr peer_addrs[4];
	size_t n_peer_addrs;
	uint64_t expires;
};
void ike_core_adopt(struct ike_core *core, const struct ike_survivor *survivor, uint64_t now);

/* What is to be done. */
struct ike_action *ike_core_next_action(struct ike_core *core);
void ike_action_free(struct ike_action *action);
uint64_t ike_core_deadline(const struct ike_core *core); /* UINT64_MAX: no timer is running */

/*
 * An expensive computation; it touches nothing but itself. A job belongs to the core, which frees it in
 * ike_core_job_done() or, if that was never called, in ike_core_free(): end running ones before.
 */
void ike_job_run(struct ike_job *job);

/* What there is, for show commands. Borrowed for the callback. */
struct ike_child_status {
	uint64_t child;
	uint32_t spi_in, spi_out;
	const struct ike_esp_suite *suite;
	uint16_t dh_group;              /* 0: without PFS */
	bool esn, encap, transport;
	uint64_t age_ms, rekey_in_ms, expires_in_ms;
	const struct ike_ts *local_ts, *remote_ts;
	size_t n_local_ts, n_remote_ts;
};

struct ike_session_status {
	uint64_t session;
	const char *state;              /* "connecting", "authenticating", "up", "rekeying", "deleting" */
	const char *profile;
	const char *ifname;
	bool initiator;
	struct ike_addr local, remote;
	uint64_t spi_i, spi_r;
	struct ike_id local_id, peer_id;
	const struct ike_proposal *proposal; /* the negotiated IKE suite */
	uint64_t age_ms, ike_age_ms, rekey_in_ms;
	uint32_t our_next_msgid, peer_next_msgid;
	bool nat_local, nat_remote, fragmentation;
	uint32_t dpd_seconds;
	struct ike_addr our_addrs[4], peer_addrs[4];
	size_t n_our_addrs, n_peer_addrs;
	const struct ike_prefix *routes;
	size_t n_routes;
	const struct ike_child_status *children;
	size_t n_children;
};

typedef void (*ike_session_visit)(const struct ike_session_status *status, void *ctx);
void ike_core_visit(struct ike_core *core, ike_session_visit visit, void *ctx, uint64_t now);

/** struct ike_core_counters - since the start; what was dropped, and why */
struct ike_core_counters {
	uint64_t rx_datagrams, tx_datagrams, tx_retransmits, rx_retransmits;
	uint64_t rx_malformed;          /* header or payload chain broken */
	uint64_t rx_bad_version;
	uint64_t rx_unknown_spi;
	uint64_t rx_integrity;          /* checksum of an encrypted payload wrong */
	uint64_t rx_message_id;         /* outside the window */
	uint64_t rx_unexpected;         /* exchange not possible in this state */
	uint64_t rx_critical;           /* unknown critical payload */
	uint64_t cookies_sent, cookies_bad;
	uint64_t half_open_dropped;
	uint64_t refused_proposal, refused_auth, refused_ts, refused_routes, refused_other;
	uint64_t sessions_up, sessions_down, timeouts;
	uint64_t rekeys_ike, rekeys_child, collisions;
};
const struct ike_core_counters *ike_core_counters(const struct ike_core *core);

#endif
