/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The generic netlink family "dvti": links, security associations, events.
 *
 * Requests are answered by the kernel at once and so wait for their answer. Each takes @reason, which on
 * failure receives the kernel's own words (extended acknowledgement) or those of the errno.
 *
 * A link may live in another netns than the daemon. Such a link is spoken to through a socket of its netns:
 * struct dvtid_ns is the pair of sockets of one netns.
 */
#ifndef DVTI_DVTID_KERNEL_H
#define DVTI_DVTID_KERNEL_H

#include <linux/dvti.h>
#include <netlink/netlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "../ikev2/core.h"

struct dvtid_kernel;

/** struct dvtid_ns - one network namespace; @name empty for the daemon's own */
struct dvtid_ns {
	char name[IKE_NAME_MAX];
	int fd;                         /* of the netns, -1 for the daemon's own */
	int family;                     /* number of the generic netlink family */
	struct nl_sock *genl;
	struct nl_sock *route;
	struct dvtid_ns *next;
};

/* Which members of struct dvtid_link count. */
enum {
	DVTID_LINK_IFNAME = 1 << 0,
	DVTID_LINK_IFINDEX = 1 << 1,
	DVTID_LINK_ROLE = 1 << 2,
	DVTID_LINK_TEMPLATE = 1 << 3,
	DVTID_LINK_LOCAL = 1 << 4,
	DVTID_LINK_REMOTE = 1 << 5,
	DVTID_LINK_ENCAP = 1 << 6,
	DVTID_LINK_MASTER = 1 << 7,
	DVTID_LINK_MTU = 1 << 8,
	DVTID_LINK_DF = 1 << 9,
	DVTID_LINK_DSCP = 1 << 10,
	DVTID_LINK_TTL = 1 << 11,
	DVTID_LINK_FWMARK = 1 << 12,
	DVTID_LINK_UNDERLAY = 1 << 13,
	DVTID_LINK_TRIGGER_QUEUE = 1 << 14,
	DVTID_LINK_COOKIE = 1 << 15,
	DVTID_LINK_UP = 1 << 16,
	DVTID_LINK_MODE = 1 << 17,
	DVTID_LINK_NETNSID = 1 << 18,
	DVTID_LINK_DSCP_VALUE = 1 << 19,
	DVTID_LINK_TCP_MSS = 1 << 20,
	DVTID_LINK_FRAGMENT = 1 << 21,
	DVTID_LINK_MTU_IGNORE = 1 << 22,
	DVTID_LINK_TTL_INHERIT = 1 << 24,
	DVTID_LINK_GRE_KEY = 1 << 23,
};

/** struct dvtid_link - a link as asked for, or as the kernel shows it; addresses carry their UDP port */
struct dvtid_link {
	uint32_t has;
	char ifname[16];
	uint32_t ifindex;
	uint32_t role;                  /* enum dvti_role */
	uint32_t mode;                  /* enum dvti_tunnel_mode */
	uint32_t template_ifindex;
	struct ike_addr local, remote;
	uint32_t encap;                 /* enum dvti_encap */
	uint32_t master_ifindex;
	int32_t netns_id;               /* shown only, of a link whose device is elsewhere */
	uint32_t mtu;
	uint32_t df, dscp;
	uint8_t dscp_value, ttl;
	uint32_t fwmark;
	uint32_t underlay_ifindex;
	uint32_t trigger_queue;
	uint32_t fragment;              /* enum dvti_fragment_policy */
	uint8_t mtu_ignore, ttl_inherit;
	uint32_t gre_key;               /* 0 for none; shown only with mode gre */
	uint32_t tcp_mss;               /* 0 off, 1 what fits, else octets */
	uint64_t cookie;
	uint64_t stats[DVTI_A_LINK_STATS_MAX + 1]; /* by attribute number; shown only */
};

/** struct dvtid_sa - an SA as the kernel shows it; never with its key */
struct dvtid_sa {
	uint32_t ifindex;
	uint32_t dir;                   /* enum dvti_direction */
	uint32_t spi;                   /* host byte order */
	uint32_t aead;                  /* enum dvti_aead */
	struct ike_addr local, remote;
	uint32_t encap;
	bool esn;
	uint32_t replay_window;
	uint64_t seq;
	uint64_t soft_bytes, hard_bytes, soft_packets, hard_packets, soft_seconds, hard_seconds;
	uint64_t cookie, age_seconds, idle_seconds;
	uint64_t stats[DVTI_A_SA_STATS_MAX + 1];
};

/** struct dvtid_kernel_events - who is told what */
struct dvtid_kernel_events {
	void *ctx;
	void (*acquire)(void *ctx, const struct dvtid_link *link);
	void (*expire)(void *ctx, const struct dvtid_sa *sa, bool hard);
	void (*moved)(void *ctx, const struct dvtid_link *link, const struct ike_addr *remote);
	void (*deleted)(void *ctx, const struct dvtid_link *link);
};

struct dvtid_kernel *dvtid_kernel_open(uv_loop_t *loop, const struct dvtid_kernel_events *events, char *reason,
				       size_t size);
void dvtid_kernel_close(struct dvtid_kernel *k); /* the loop must run once more to drop its handle */

/* Sockets of a named netns (as of ip-netns), opened at first use; "" or NULL is the daemon's own. */
struct dvtid_ns *dvtid_kernel_ns(struct dvtid_kernel *k, const char *name, char *reason, size_t size);

/* A netns that has gone, or was made anew, is opened again at its next use. */
void dvtid_kernel_ns_forget(struct dvtid_kernel *k, const char *name);

/* With both SAs of @sas, unless that is NULL. @link receives ifindex and ifname. All or nothing. */
int dvtid_kernel_link_new(struct dvtid_kernel *k, struct dvtid_ns *target, struct dvtid_link *link,
			  const struct ike_kernel_request *sas, uint64_t sa_cookie, char *reason, size_t size);
int dvtid_kernel_link_set(struct dvtid_ns *ns, const struct dvtid_link *link, char *reason, size_t size);
int dvtid_kernel_link_get(struct dvtid_ns *ns, struct dvtid_link *link, char *reason, size_t size);
/* All of them or, when one cannot be deleted, none. */
int dvtid_kernel_links_del(struct dvtid_ns *ns, const uint32_t *ifindex, size_t n, char *reason, size_t size);

/* Install the inbound SA, the outbound SA or both of a request on a link. */
int dvtid_kernel_sa_new(struct dvtid_ns *ns, uint32_t ifindex, const struct ike_kernel_request *req, bool in, bool out,
			uint64_t cookie, char *reason, size_t size);
/* SPIs of 0 are left out; one that has gone already is no error. */
int dvtid_kernel_sa_del(struct dvtid_ns *ns, uint32_t ifindex, uint32_t spi_in, uint32_t spi_out, char *reason,
			size_t size);
int dvtid_kernel_sa_flush(struct dvtid_ns *ns, uint32_t ifindex, char *reason, size_t size);

/* A free inbound SPI on @local, or 0. */
uint32_t dvtid_kernel_spi(struct dvtid_kernel *k, const struct ike_addr *local);

typedef void (*dvtid_kernel_link_visit)(const struct dvtid_link *link, void *ctx);
typedef void (*dvtid_kernel_sa_visit)(const struct dvtid_sa *sa, void *ctx);
/* Links whose underlay is in the daemon's netns. */
int dvtid_kernel_links(struct dvtid_kernel *k, dvtid_kernel_link_visit visit, void *ctx, char *reason, size_t size);
/* SAs of one link of @ns, or with @ns NULL and @ifindex 0 all whose underlay is in the daemon's netns. */
int dvtid_kernel_sas(struct dvtid_kernel *k, struct dvtid_ns *ns, uint32_t ifindex, dvtid_kernel_sa_visit visit,
		     void *ctx, char *reason, size_t size);

#endif
