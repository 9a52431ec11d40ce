// SPDX-License-Identifier: GPL-2.0-only
/*
 * Security associations: how they are made, replaced, limited and ended. They are found by way of sa_table.c. What is
 * in a request is read by netlink_sa.c; what an SA does to packets is the data path's (esp_out.c, esp_in.c).
 *
 * The end of an SA has four steps: nobody finds it any more; it is DEAD; the RCU readers and batches that had found
 * it before are waited for, together for all that died meanwhile; the initial reference is dropped.
 */
#include <linux/llist.h>
#include <linux/rtnetlink.h>
#include <linux/wait_bit.h>

#include "esp.h"
#include "event.h"
#include "net.h"
#include "sa.h"
#include "spi.h"
#include "trace.h"

/* Soft event so many packets before the numbers run out: minutes at a million packets a second. */
#define DVTI_SEQ_RESERVE 0x100000

/* Between two reports of where a peer is now: at least, when it goes on moving; at most, while nobody follows it. */
#define DVTI_SA_MOVED_FLAPS (HZ / 10)
#define DVTI_SA_MOVED_AGAIN (2 * HZ)

static struct workqueue_struct *dvti_sa_wq;
static struct kmem_cache *dvti_sa_cache;

static void dvti_sa_free(struct dvti_sa *sa)
{
	struct dvti_link *link = sa->link;

	dvti_aead_free(sa->aead);
	dvti_replay_destroy(&sa->replay);
	kfree(sa->selectors);
	kfree(rcu_dereference_protected(sa->ends, true));
	dvti_demux_reset(&sa->demux);
	free_percpu(sa->stats);
	if (link) {
		struct dvti_net *dn = link->underlay;

		netdev_put(link->dev, &sa->link_tracker);
		if (atomic_dec_and_test(&dn->sas))
			wake_up_var(&dn->sas);
	}
	kmem_cache_free(dvti_sa_cache, sa);
}

bool dvti_sa_get(struct dvti_sa *sa)
{
	return refcount_inc_not_zero(&sa->refs);
}

void dvti_sa_put(struct dvti_sa *sa)
{
	if (refcount_dec_and_test(&sa->refs))
		dvti_sa_free(sa);
}

/* What has been unpublished and waits for the data path, and the one work item that reaps all of it together. */
static LLIST_HEAD(dvti_dying_sas);
static LLIST_HEAD(dvti_dying_links);

static void dvti_sa_reap(struct work_struct *work)
{
	struct llist_node *sas = llist_del_all(&dvti_dying_sas);
	struct llist_node *links = llist_del_all(&dvti_dying_links);
	struct dvti_link *link, *next_link;
	struct dvti_sa *sa, *next;

	synchronize_rcu_expedited();
	dvti_batch_flush_sa();
	llist_for_each_entry_safe(sa, next, sas, dying)
		dvti_sa_put(sa);
	llist_for_each_entry_safe(link, next_link, links, dying)
		netdev_put(link->dev, &link->dying_tracker);
}

static DECLARE_WORK(dvti_sa_reaper, dvti_sa_reap);

static void dvti_sa_retire(struct dvti_sa *sa)
{
	llist_add(&sa->dying, &dvti_dying_sas);
	queue_work(dvti_sa_wq, &dvti_sa_reaper);
}

/**
 * dvti_sa_retire_link() - keep a link's device until no batch has a packet of it
 * @link: being unregistered
 */
void dvti_sa_retire_link(struct dvti_link *link)
{
	netdev_hold(link->dev, &link->dying_tracker, GFP_KERNEL);
	llist_add(&link->dying, &dvti_dying_links);
	queue_work(dvti_sa_wq, &dvti_sa_reaper);
}

static void dvti_sa_soft(struct dvti_sa *sa, u32 limit)
{
	if (test_and_set_bit(DVTI_SA_SOFT_SENT, &sa->flags))
		return;
	trace_dvti_expire(sa, DVTI_EXPIRE_KIND_SOFT, limit);
	dvti_event_expire(sa, DVTI_EXPIRE_KIND_SOFT, limit);
}

static void dvti_sa_hard(struct dvti_sa *sa, u32 limit)
{
	if (test_and_set_bit(DVTI_SA_EXPIRED, &sa->flags))
		return;
	set_bit(DVTI_SA_DEAD, &sa->flags);
	trace_dvti_expire(sa, DVTI_EXPIRE_KIND_HARD, limit);
	dvti_event_expire(sa, DVTI_EXPIRE_KIND_HARD, limit);
	if (sa->dir == DVTI_DIRECTION_OUT)
		dvti_link_update_carrier(sa->link);
}

void dvti_sa_exhausted(struct dvti_sa *sa)
{
	dvti_sa_hard(sa, DVTI_LIMIT_SEQUENCE);
}

static noinline bool dvti_sa_count(struct dvti_sa *sa, unsigned int packets, u64 bytes)
{
	u64 hard_packets = READ_ONCE(sa->limits.hard_packets), soft_packets = READ_ONCE(sa->limits.soft_packets);
	u64 hard_bytes = READ_ONCE(sa->limits.hard_bytes), soft_bytes = READ_ONCE(sa->limits.soft_bytes);
	u64 all_packets = atomic64_add_return(packets, &sa->total_packets);
	u64 all_bytes = atomic64_add_return(bytes, &sa->total_bytes);

	if (hard_packets && all_packets >= hard_packets) {
		dvti_sa_hard(sa, DVTI_LIMIT_PACKETS);
		return all_packets == hard_packets;
	}
	if (hard_bytes && all_bytes >= hard_bytes) {
		dvti_sa_hard(sa, DVTI_LIMIT_BYTES);
		return all_bytes == hard_bytes;
	}
	if (soft_packets && all_packets >= soft_packets)
		dvti_sa_soft(sa, DVTI_LIMIT_PACKETS);
	else if (soft_bytes && all_bytes >= soft_bytes)
		dvti_sa_soft(sa, DVTI_LIMIT_BYTES);
	return true;
}

static noinline void dvti_sa_trace(const struct dvti_sa *sa, unsigned int packets, u64 bytes)
{
	if (sa->dir == DVTI_DIRECTION_OUT)
		trace_dvti_seal(sa, packets, bytes);
	else
		trace_dvti_open(sa, packets, bytes);
}

/**
 * dvti_sa_account() - count a batch against the limits of its SA
 * @sa: SA
 * @packets: in the batch
 * @bytes: of inner packets in the batch
 *
 * Touches nothing that CPUs share unless packets or bytes are limited; the time of use at most once a tick.
 *
 * Context: BH off. Return: false when a hard limit has been passed: the batch must be dropped.
 */
bool dvti_sa_account(struct dvti_sa *sa, unsigned int packets, u64 bytes)
{
	u64 now = get_jiffies_64();

	if (unlikely(test_bit(DVTI_SA_DEAD, &sa->flags)))
		return false;
	if (READ_ONCE(sa->used_at) != now)
		WRITE_ONCE(sa->used_at, now);
	if (sa->dir == DVTI_DIRECTION_OUT) {
		u64 last = sa->esn ? DVTI_SEQ_MAX_ESN : DVTI_SEQ_MAX;

		if (unlikely((u64)atomic64_read(&sa->seq) > last - DVTI_SEQ_RESERVE))
			dvti_sa_soft(sa, DVTI_LIMIT_SEQUENCE);
	}
	if (unlikely(READ_ONCE(sa->counted)) && !dvti_sa_count(sa, packets, bytes))
		return false;

	if (trace_dvti_seal_enabled() || trace_dvti_open_enabled())
		dvti_sa_trace(sa, packets, bytes);
	return true;
}

/**
 * dvti_sa_peer_moved() - an authenticated packet came from elsewhere
 * @sa: inbound SA
 * @from: where the packet came from (remote) and to (local)
 *
 * One event for each new place, and no more than ten a second from a peer that flaps. As long as nobody has followed it
 * is repeated: events can be lost, and a daemon may have been away.
 *
 * Context: softirq, RCU read side.
 */
void dvti_sa_peer_moved(struct dvti_sa *sa, const struct dvti_endpoints *from)
{
	struct in6_addr addr = {};
	bool known, report;

	memcpy(&addr, &from->r6, from->family == AF_INET ? 4 : 16);
	spin_lock(&sa->moved_lock);
	known = sa->moved.family == from->family && sa->moved.port == from->rport &&
		ipv6_addr_equal(&sa->moved.addr, &addr);
	report = !sa->moved.family ||
		 time_after_eq(jiffies, sa->moved_at + (known ? DVTI_SA_MOVED_AGAIN : DVTI_SA_MOVED_FLAPS));
	if (report) {
		sa->moved.family = from->family;
		sa->moved.port = from->rport;
		sa->moved.addr = addr;
		sa->moved_at = jiffies;
	}
	spin_unlock(&sa->moved_lock);

	if (report && !test_bit(DVTI_SA_DEAD, &sa->flags))
		dvti_event_moved(sa, from);
}

static void dvti_sa_arm_lifetime(struct dvti_sa *sa, u64 age)
{
	u64 soft = READ_ONCE(sa->limits.soft_seconds), hard = READ_ONCE(sa->limits.hard_seconds);
	u64 next = U64_MAX;

	if (hard)
		next = hard > age ? hard - age : 0;
	if (soft && !test_bit(DVTI_SA_SOFT_SENT, &sa->flags))
		next = min(next, soft > age ? soft - age : 0);
	if (next == U64_MAX)
		return;
	/* Longer than jiffies can say: wake up early and look again. */
	mod_delayed_work(dvti_sa_wq, &sa->lifetime, min_t(u64, next, INT_MAX / HZ) * HZ);
}

static void dvti_sa_lifetime(struct work_struct *work)
{
	struct dvti_sa *sa = container_of(to_delayed_work(work), struct dvti_sa, lifetime);
	u64 soft = READ_ONCE(sa->limits.soft_seconds), hard = READ_ONCE(sa->limits.hard_seconds);
	u64 age = ktime_get_boottime_seconds() - sa->installed_at;

	if (test_bit(DVTI_SA_DEAD, &sa->flags))
		return;

	rcu_read_lock();
	if (hard && age >= hard)
		dvti_sa_hard(sa, DVTI_LIMIT_TIME);
	else if (soft && age >= soft)
		dvti_sa_soft(sa, DVTI_LIMIT_TIME);
	rcu_read_unlock();

	if (!test_bit(DVTI_SA_DEAD, &sa->flags))
		dvti_sa_arm_lifetime(sa, age);
}

/**
 * dvti_sa_set_limits() - change the lifetimes of an installed SA
 * @sa: SA
 * @limits: all of them, 0 for none
 *
 * A soft limit that has been announced may be announced again.
 */
void dvti_sa_set_limits(struct dvti_sa *sa, const struct dvti_limits *limits)
{
	bool counted = limits->soft_bytes || limits->hard_bytes || limits->soft_packets || limits->hard_packets;

	ASSERT_RTNL();
	if (counted && !sa->counted) {
		struct dvti_sa_sums sums;

		dvti_stats_sum_sa(sa->stats, &sums);
		atomic64_set(&sa->total_packets, sums.packets);
		atomic64_set(&sa->total_bytes, sums.bytes);
	}
	WRITE_ONCE(sa->limits.soft_bytes, limits->soft_bytes);
	WRITE_ONCE(sa->limits.hard_bytes, limits->hard_bytes);
	WRITE_ONCE(sa->limits.soft_packets, limits->soft_packets);
	WRITE_ONCE(sa->limits.hard_packets, limits->hard_packets);
	WRITE_ONCE(sa->limits.soft_seconds, limits->soft_seconds);
	WRITE_ONCE(sa->limits.hard_seconds, limits->hard_seconds);
	WRITE_ONCE(sa->counted, counted);
	clear_bit(DVTI_SA_SOFT_SENT, &sa->flags);
	dvti_sa_arm_lifetime(sa, ktime_get_boottime_seconds() - sa->installed_at);
}

/**
 * dvti_sa_alloc() - a keyed SA that belongs to no link yet
 * @req: what it shall be
 * @extack: gets the reason of a refusal
 *
 * Context: process, may sleep. Return: the SA, or ERR_PTR.
 */
struct dvti_sa *dvti_sa_alloc(const struct dvti_sa_request *req, struct netlink_ext_ack *extack)
{
	bool in = req->dir == DVTI_DIRECTION_IN;
	struct dvti_sa *sa;
	int err = -ENOMEM;

	sa = kmem_cache_zalloc(dvti_sa_cache, GFP_KERNEL);
	if (!sa)
		return ERR_PTR(-ENOMEM);
	sa->stats = netdev_alloc_pcpu_stats(struct dvti_sa_stats);
	if (!sa->stats)
		goto err_free;
	err = dvti_replay_init(&sa->replay, in ? req->window : 0, req->esn, in ? req->seq : 0, GFP_KERNEL);
	if (err)
		goto err_stats;

	sa->aead = dvti_aead_new(req->aead, req->key, req->key_len, req->esn);
	if (IS_ERR(sa->aead)) {
		err = PTR_ERR(sa->aead);
		if (err == -EINVAL)
			dvti_extack_fmt(extack, NULL, "transform %u does not take a key of %u octets", req->aead,
					req->key_len);
		else
			dvti_extack_fmt(extack, NULL, "the kernel cannot provide transform %u (error %d)", req->aead,
					err);
		goto err_replay;
	}

	sa->info = dvti_aead_info(sa->aead);
	sa->dir = req->dir;
	sa->esn = req->esn;
	sa->spi = req->spi;
	sa->cookie = req->cookie;
	sa->limits = req->limits;
	sa->counted = req->limits.soft_bytes || req->limits.hard_bytes || req->limits.soft_packets ||
		      req->limits.hard_packets;
	sa->selectors = req->selectors;
	atomic64_set(&sa->seq, in ? 0 : req->seq);
	refcount_set(&sa->refs, 1);
	spin_lock_init(&sa->moved_lock);
	seqlock_init(&sa->demux.lock);
	INIT_LIST_HEAD(&sa->node);
	INIT_DELAYED_WORK(&sa->lifetime, dvti_sa_lifetime);
	return sa;

err_replay:
	dvti_replay_destroy(&sa->replay);
err_stats:
	free_percpu(sa->stats);
err_free:
	kmem_cache_free(dvti_sa_cache, sa);
	return ERR_PTR(err);
}

void dvti_sa_discard(struct dvti_sa *sa)
{
	WARN_ON_ONCE(sa->link);
	dvti_sa_free(sa);
}

static const struct dvti_endpoints *dvti_sa_ends(const struct dvti_sa *sa, const struct dvti_link *link)
{
	const struct dvti_endpoints *ends = rtnl_dereference(sa->ends);

	return ends ?: rtnl_dereference(link->ends);
}

/* The key that @sa has with @ends; refuses ends that do not suit. */
static int dvti_sa_key_for(const struct dvti_sa *sa, const struct dvti_endpoints *ends, struct dvti_sa_key *key,
			   struct netlink_ext_ack *extack)
{
	bool in = sa->dir == DVTI_DIRECTION_IN;
	const void *addr;
	bool any;

	if (!ends || ends->family == AF_UNSPEC) {
		dvti_extack_fmt(extack, NULL, "SPI 0x%08x: neither the SA nor its link says where the tunnel ends",
				ntohl(sa->spi));
		return -EDESTADDRREQ;
	}
	if (ends->family == AF_INET) {
		addr = in ? &ends->l4 : &ends->r4;
		any = !*(const __be32 *)addr;
	} else {
		addr = in ? &ends->l6 : &ends->r6;
		any = ipv6_addr_any(addr);
	}
	if (any) {
		dvti_extack_fmt(extack, NULL, "SPI 0x%08x: an SA of this direction needs a %s address",
				ntohl(sa->spi), in ? "local" : "remote");
		return -EDESTADDRREQ;
	}
	dvti_sa_key_set(key, sa->spi, ends->family, addr);
	return 0;
}

/* May an inbound SA have @key? */
static int dvti_sa_key_check(struct dvti_net *dn, const struct dvti_sa_key *key, struct netlink_ext_ack *extack)
{
	if (dvti_sa_table_has(dn, key)) {
		dvti_extack_fmt(extack, NULL, "an inbound SA with SPI 0x%08x exists already on this address",
				ntohl(key->spi));
		return -EEXIST;
	}
	if (dvti_spi_in_xfrm(dn, key)) {
		dvti_extack_fmt(extack, NULL, "xfrm has an SA with SPI 0x%08x on this address", ntohl(key->spi));
		return -EEXIST;
	}
	return 0;
}

static int dvti_sa_attach(struct dvti_link *link, struct dvti_sa *sa, struct netlink_ext_ack *extack)
{
	struct dvti_net *dn = link->underlay;
	int err;

	err = dvti_sa_key_for(sa, dvti_sa_ends(sa, link), &sa->key, extack);
	if (err)
		return err;
	if (sa->dir == DVTI_DIRECTION_IN) {
		err = dvti_sa_key_check(dn, &sa->key, extack);
		if (err)
			return err;
	} else if (dvti_sa_of_link(link, DVTI_DIRECTION_OUT, sa->spi)) {
		dvti_extack_fmt(extack, NULL, "the link has an outbound SA with SPI 0x%08x already", ntohl(sa->spi));
		return -EEXIST;
	}

	sa->link = link;
	sa->installed_at = ktime_get_boottime_seconds();
	sa->used_at = get_jiffies_64();
	netdev_hold(link->dev, &sa->link_tracker, GFP_KERNEL);
	atomic_inc(&dn->sas);
	list_add_tail(&sa->node, &link->sas);
	dn->generation++;
	err = dvti_sa_table_add(dn, sa);
	if (err) {
		list_del_init(&sa->node);
		netdev_put(link->dev, &sa->link_tracker);
		atomic_dec(&dn->sas);
		sa->link = NULL;
		return err;
	}
	return 0;
}

/* Unhook @sa and let it go. link->out has been seen to. */
static void dvti_sa_detach(struct dvti_sa *sa)
{
	set_bit(DVTI_SA_EXPIRED, &sa->flags);
	set_bit(DVTI_SA_DEAD, &sa->flags);
	dvti_sa_table_remove(sa->link->underlay, sa);
	list_del_init(&sa->node);
	sa->link->underlay->generation++;
	cancel_delayed_work_sync(&sa->lifetime);
	dvti_sa_retire(sa);
}

static void dvti_sa_set_out(struct dvti_link *link, struct dvti_sa *sa)
{
	rcu_assign_pointer(link->out, sa);
	dst_cache_reset(&link->dst);
	dvti_link_update_carrier(link);
	if (!sa)
		return;
	dvti_link_update_mtu(link);
	dvti_trigger_release(link);
}

/**
 * dvti_sa_install() - give SAs to a link, all or none
 * @link: link
 * @sas: made by dvti_sa_alloc(), with their own endpoints in place; taken over whatever happens
 * @extack: gets the reason of a refusal
 *
 * Inbound ones work before the last outbound one takes over, so the peer's first answer is understood.
 *
 * Return: 0 or a negative error.
 */
int dvti_sa_install(struct dvti_link *link, struct list_head *sas, struct netlink_ext_ack *extack)
{
	struct list_head *before = link->sas.prev, *pos;
	struct dvti_sa *sa, *next, *out = NULL;
	int err = 0;

	ASSERT_RTNL();
	list_for_each_entry_safe(sa, next, sas, node) {
		list_del_init(&sa->node);
		if (!err)
			err = dvti_sa_attach(link, sa, extack);
		if (err)
			dvti_sa_discard(sa);
	}
	if (err) {
		while (link->sas.prev != before)
			dvti_sa_detach(list_last_entry(&link->sas, struct dvti_sa, node));
		return err;
	}

	for (pos = before->next; pos != &link->sas; pos = pos->next) {
		sa = list_entry(pos, struct dvti_sa, node);
		dvti_sa_arm_lifetime(sa, 0);
		if (sa->dir == DVTI_DIRECTION_OUT)
			out = sa;
		else
			dvti_spi_claim(link->underlay, &sa->key);
	}
	if (out)
		dvti_sa_set_out(link, out);
	return 0;
}

static void dvti_sa_forget_move(struct dvti_sa *sa)
{
	spin_lock_bh(&sa->moved_lock);
	sa->moved.family = AF_UNSPEC;
	spin_unlock_bh(&sa->moved_lock);
}

/**
 * dvti_sa_stage_ends() - do all about a change of endpoints that can fail
 * @sa: installed SA
 * @ends: new endpoints; stay the caller's
 * @extack: gets the reason of a refusal
 *
 * The SA can be found in its new place, and in its old one, until dvti_sa_commit_ends() or dvti_sa_abort_ends().
 *
 * Return: 0 or a negative error, then nothing has changed.
 */
int dvti_sa_stage_ends(struct dvti_sa *sa, const struct dvti_endpoints *ends, struct netlink_ext_ack *extack)
{
	struct dvti_net *dn = sa->link->underlay;
	struct dvti_sa_key key;
	int err;

	ASSERT_RTNL();
	err = dvti_sa_key_for(sa, ends, &key, extack);
	if (err || !memcmp(&key, &sa->key, sizeof(key)))
		return err;
	if (sa->dir == DVTI_DIRECTION_IN) {
		err = dvti_sa_key_check(dn, &key, extack);
		if (err)
			return err;
	}
	err = dvti_sa_table_stage(dn, sa, &key);
	if (err)
		dvti_extack_fmt(extack, NULL, "SPI 0x%08x: no memory for its new address", ntohl(sa->spi));
	return err;
}

static void dvti_sa_commit_move(struct dvti_sa *sa)
{
	dvti_sa_table_commit(sa->link->underlay, sa);
	dvti_sa_forget_move(sa);
}

/**
 * dvti_sa_commit_ends() - give an SA endpoints of its own
 * @sa: installed SA
 * @ends: as staged; taken over
 */
void dvti_sa_commit_ends(struct dvti_sa *sa, struct dvti_endpoints *ends)
{
	struct dvti_endpoints *old = rtnl_dereference(sa->ends);
	struct dvti_link *link = sa->link;

	ASSERT_RTNL();
	rcu_assign_pointer(sa->ends, ends);
	if (old)
		kfree_rcu(old, rcu);
	dvti_sa_commit_move(sa);
	if (rtnl_dereference(link->out) == sa) {
		dst_cache_reset(&link->dst);
		dvti_link_update_mtu(link);
	}
}

/**
 * dvti_sa_abort_ends() - undo dvti_sa_stage_ends()
 * @sa: installed SA
 */
void dvti_sa_abort_ends(struct dvti_sa *sa)
{
	ASSERT_RTNL();
	dvti_sa_table_abort(sa->link->underlay, sa);
}

/**
 * dvti_sa_set_link_ends() - change the endpoints of a link and of the SAs that follow them
 * @link: link
 * @ends: taken over when 0 is returned
 * @extack: gets the reason of a refusal
 *
 * Return: 0 or a negative error, with nothing changed.
 */
int dvti_sa_set_link_ends(struct dvti_link *link, struct dvti_endpoints *ends, struct netlink_ext_ack *extack)
{
	struct dvti_endpoints *old = rtnl_dereference(link->ends);
	struct dvti_sa *sa;
	int err;

	ASSERT_RTNL();
	list_for_each_entry(sa, &link->sas, node) {
		if (rtnl_dereference(sa->ends))
			continue;
		err = dvti_sa_stage_ends(sa, ends, extack);
		if (err)
			goto err_abort;
	}
	rcu_assign_pointer(link->ends, ends);
	if (old)
		kfree_rcu(old, rcu);
	list_for_each_entry(sa, &link->sas, node)
		if (!rtnl_dereference(sa->ends))
			dvti_sa_commit_move(sa);
	dst_cache_reset(&link->dst);
	dvti_link_update_mtu(link);
	return 0;

err_abort:
	list_for_each_entry_continue_reverse(sa, &link->sas, node)
		if (!rtnl_dereference(sa->ends))
			dvti_sa_abort_ends(sa);
	return err;
}

/**
 * dvti_sa_of_link() - one of a link's SAs
 * @link: link
 * @dir: enum dvti_direction
 * @spi: as on the wire
 *
 * Return: NULL if there is none.
 */
struct dvti_sa *dvti_sa_of_link(struct dvti_link *link, u8 dir, __be32 spi)
{
	struct dvti_sa *sa;

	ASSERT_RTNL();
	list_for_each_entry(sa, &link->sas, node)
		if (sa->dir == dir && sa->spi == spi)
			return sa;
	return NULL;
}

/* When two rekeys have crossed, the SA that is deleted may be the one in use and the survivor the older. */
static struct dvti_sa *dvti_sa_successor(struct dvti_link *link, const struct dvti_sa *gone)
{
	struct dvti_sa *sa;

	list_for_each_entry_reverse(sa, &link->sas, node)
		if (sa != gone && sa->dir == DVTI_DIRECTION_OUT && !test_bit(DVTI_SA_DEAD, &sa->flags))
			return sa;
	return NULL;
}

/**
 * dvti_sa_delete() - end an SA
 * @sa: installed SA; not to be touched afterwards
 */
void dvti_sa_delete(struct dvti_sa *sa)
{
	struct dvti_link *link = sa->link;

	ASSERT_RTNL();
	if (rtnl_dereference(link->out) == sa)
		dvti_sa_set_out(link, dvti_sa_successor(link, sa));
	dvti_sa_detach(sa);
}

/**
 * dvti_sa_flush() - end all SAs of a link
 * @link: link
 */
void dvti_sa_flush(struct dvti_link *link)
{
	struct dvti_sa *sa, *next;

	ASSERT_RTNL();
	if (rtnl_dereference(link->out))
		dvti_sa_set_out(link, NULL);
	list_for_each_entry_safe(sa, next, &link->sas, node)
		dvti_sa_detach(sa);
}

int dvti_sa_init_net(struct dvti_net *dn)
{
	return dvti_sa_table_init(dn);
}

void dvti_sa_exit_net(struct dvti_net *dn)
{
	wait_var_event(&dn->sas, !atomic_read(&dn->sas));
	dvti_sa_table_exit(dn);
}

int dvti_sa_init(void)
{
	dvti_sa_cache = KMEM_CACHE(dvti_sa, SLAB_HWCACHE_ALIGN | SLAB_ACCOUNT);
	if (!dvti_sa_cache)
		return -ENOMEM;
	dvti_sa_wq = alloc_workqueue("dvti", WQ_UNBOUND, 0);
	if (!dvti_sa_wq) {
		kmem_cache_destroy(dvti_sa_cache);
		return -ENOMEM;
	}
	return 0;
}

void dvti_sa_exit(void)
{
	destroy_workqueue(dvti_sa_wq);
	kmem_cache_destroy(dvti_sa_cache);
}
