// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reservation of inbound SPIs. IKE announces an SPI before the SA exists; until it does, nobody else may be given
 * the same number on that address, neither by us nor by xfrm.
 */
#include <linux/random.h>
#include <net/xfrm.h>

#include "net.h"
#include "sa.h"
#include "spi.h"

#define DVTI_SPI_SECONDS 60	/* kept for so long unless the request says otherwise */
#define DVTI_SPI_TRIES 64
#define DVTI_SPI_RESERVED_MAX 65536	/* in a netns */

/**
 * struct dvti_spi - a promised SPI
 * @node: in dvti_net.reserved
 * @key: SPI and local address
 * @expires: get_jiffies_64() of the end of the promise
 */
struct dvti_spi {
	struct hlist_node node;
	struct dvti_sa_key key;
	u64 expires;
};

static struct hlist_head *dvti_spi_bucket(struct dvti_net *dn, __be32 spi)
{
	return &dn->reserved[(__force u32)spi & (DVTI_SPI_BUCKETS - 1)];
}

static struct dvti_spi *dvti_spi_find(struct dvti_net *dn, const struct dvti_sa_key *key)
{
	struct dvti_spi *r;

	lockdep_assert_held(&dn->reserved_lock);
	hlist_for_each_entry(r, dvti_spi_bucket(dn, key->spi), node)
		if (!memcmp(&r->key, key, sizeof(*key)))
			return r;
	return NULL;
}

/**
 * dvti_spi_in_xfrm() - does an xfrm SA have this SPI?
 * @dn: underlay
 * @key: SPI and local address
 *
 * Ours would be served first, and the other would never see a packet again.
 *
 * Context: process.
 */
bool dvti_spi_in_xfrm(struct dvti_net *dn, const struct dvti_sa_key *key)
{
	struct xfrm_state *x;

	x = xfrm_state_lookup(dn->net, 0, (const xfrm_address_t *)&key->daddr, key->spi, IPPROTO_ESP, key->family);
	if (!x)
		return false;
	xfrm_state_put(x);
	return true;
}

static bool dvti_spi_taken(struct dvti_net *dn, const struct dvti_sa_key *key)
{
	bool taken;

	rcu_read_lock();
	taken = dvti_sa_find(dn, key->spi, key->family, &key->daddr);
	rcu_read_unlock();
	return taken || dvti_spi_in_xfrm(dn, key);
}

static int dvti_spi_insert(struct dvti_net *dn, struct dvti_spi *r)
{
	int err = 0;

	spin_lock(&dn->reserved_lock);
	if (dn->n_reserved >= DVTI_SPI_RESERVED_MAX) {
		err = -ENOSPC;
	} else if (dvti_spi_find(dn, &r->key)) {
		err = -EEXIST;
	} else {
		hlist_add_head(&r->node, dvti_spi_bucket(dn, r->key.spi));
		dn->n_reserved++;
	}
	spin_unlock(&dn->reserved_lock);
	return err;
}

static void dvti_spi_remove(struct dvti_net *dn, struct dvti_spi *r)
{
	lockdep_assert_held(&dn->reserved_lock);
	hlist_del(&r->node);
	dn->n_reserved--;
}

/**
 * dvti_spi_reserve() - promise an SPI
 * @dn: underlay
 * @key: local address; its SPI may be 0, then a random one is filled in
 * @seconds: how long, 0 for the default
 * @extack: gets the reason of a refusal
 *
 * Context: process. Return: 0 or a negative error.
 */
int dvti_spi_reserve(struct dvti_net *dn, struct dvti_sa_key *key, u32 seconds, struct netlink_ext_ack *extack)
{
	bool chosen = key->spi;
	struct dvti_spi *r;
	int tries, err = -EEXIST;

	r = kzalloc(sizeof(*r), GFP_KERNEL_ACCOUNT);
	if (!r)
		return -ENOMEM;
	r->expires = get_jiffies_64() + (u64)(seconds ?: DVTI_SPI_SECONDS) * HZ;

	for (tries = 0; err == -EEXIST && tries < (chosen ? 1 : DVTI_SPI_TRIES); tries++) {
		if (!chosen)
			key->spi = htonl(get_random_u32() | DVTI_SPI_MIN);
		if (dvti_spi_taken(dn, key))
			continue;
		r->key = *key;
		err = dvti_spi_insert(dn, r);
		if (err)
			continue;
		queue_delayed_work(system_wq, &dn->reserved_gc, HZ);
		return 0;
	}

	kfree(r);
	if (err == -ENOSPC)
		dvti_extack_fmt(extack, NULL, "%u SPIs are reserved already: use them or let them expire",
				DVTI_SPI_RESERVED_MAX);
	else if (chosen)
		dvti_extack_fmt(extack, NULL, "SPI 0x%08x is in use or reserved on this address", ntohl(key->spi));
	else
		NL_SET_ERR_MSG(extack, "no free SPI was found on this address");
	return err;
}

/**
 * dvti_spi_claim() - an SA has been installed
 * @dn: underlay
 * @key: of the SA
 */
void dvti_spi_claim(struct dvti_net *dn, const struct dvti_sa_key *key)
{
	struct dvti_spi *r;

	spin_lock(&dn->reserved_lock);
	r = dvti_spi_find(dn, key);
	if (r)
		dvti_spi_remove(dn, r);
	spin_unlock(&dn->reserved_lock);
	kfree(r);
}

/* Once a second while there are reservations. */
static void dvti_spi_gc(struct work_struct *work)
{
	struct dvti_net *dn = container_of(to_delayed_work(work), struct dvti_net, reserved_gc);
	u64 now = get_jiffies_64();
	struct hlist_node *next;
	struct dvti_spi *r;
	bool left = false;
	unsigned int i;

	spin_lock(&dn->reserved_lock);
	for (i = 0; i < DVTI_SPI_BUCKETS; i++) {
		hlist_for_each_entry_safe(r, next, &dn->reserved[i], node) {
			if (time_before64(now, r->expires)) {
				left = true;
				continue;
			}
			dvti_spi_remove(dn, r);
			kfree(r);
		}
	}
	spin_unlock(&dn->reserved_lock);

	if (left)
		queue_delayed_work(system_wq, &dn->reserved_gc, HZ);
}

void dvti_spi_init_net(struct dvti_net *dn)
{
	spin_lock_init(&dn->reserved_lock);
	INIT_DELAYED_WORK(&dn->reserved_gc, dvti_spi_gc);
}

void dvti_spi_exit_net(struct dvti_net *dn)
{
	struct hlist_node *next;
	struct dvti_spi *r;
	unsigned int i;

	cancel_delayed_work_sync(&dn->reserved_gc);
	for (i = 0; i < DVTI_SPI_BUCKETS; i++) {
		hlist_for_each_entry_safe(r, next, &dn->reserved[i], node) {
			hlist_del(&r->node);
			kfree(r);
		}
	}
}
