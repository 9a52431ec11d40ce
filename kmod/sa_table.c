// SPDX-License-Identifier: GPL-2.0-only
/*
 * How SAs are found: inbound ones by what a packet says, outbound ones by what an ICMP error quotes.
 *
 * An SA whose address changes is found in both places for a moment. It has room for two, so that all that can fail
 * (a hash that must grow) is done before anything is given up, and packets are lost to neither place.
 */
#include <linux/hash.h>
#include <linux/jhash.h>
#include <net/ipv6.h>

#include "net.h"
#include "sa.h"

/* Our own SPIs are random by construction, so a multiplication does. */
static u32 dvti_sa_in_hash(const void *data, u32 len, u32 seed)
{
	const struct dvti_sa_key *key = data;

	return hash_64((__force u32)key->spi ^ seed, 32);
}

/* The peers' are by custom. */
static u32 dvti_sa_out_hash(const void *data, u32 len, u32 seed)
{
	const struct dvti_sa_key *key = data;

	return jhash_1word((__force u32)key->spi, seed);
}

static int dvti_sa_key_differs(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct dvti_sa_key *a = &((const struct dvti_sa_place *)obj)->key, *b = arg->key;

	return a->spi != b->spi || a->family != b->family || !ipv6_addr_equal(&a->daddr, &b->daddr);
}

static const struct rhashtable_params dvti_sa_in_params = {
	.key_len = sizeof(struct dvti_sa_key),
	.key_offset = offsetof(struct dvti_sa_place, key),
	.head_offset = offsetof(struct dvti_sa_place, in),
	.hashfn = dvti_sa_in_hash,
	.obj_cmpfn = dvti_sa_key_differs,
	.automatic_shrinking = true,
};

static const struct rhashtable_params dvti_sa_out_params = {
	.key_len = sizeof(struct dvti_sa_key),
	.key_offset = offsetof(struct dvti_sa_place, key),
	.head_offset = offsetof(struct dvti_sa_place, out),
	.hashfn = dvti_sa_out_hash,
	.obj_cmpfn = dvti_sa_key_differs,
	.automatic_shrinking = true,
};

/**
 * dvti_sa_find() - the inbound SA that a packet belongs to
 * @dn: where the packet came in
 * @spi: from its ESP header
 * @family: of its outer header
 * @daddr: its outer destination
 *
 * Context: RCU read side. Return: NULL for an SPI that is not ours.
 */
struct dvti_sa *dvti_sa_find(struct dvti_net *dn, __be32 spi, u8 family, const void *daddr)
{
	struct dvti_sa_place *place;
	struct dvti_sa_key key;

	dvti_sa_key_set(&key, spi, family, daddr);
	place = rhashtable_lookup(&dn->sas_in, &key, dvti_sa_in_params);
	return place ? place->sa : NULL;
}

/**
 * dvti_sa_find_out() - an outbound SA, by what an ICMP error quotes
 * @net: where the error came in
 * @spi: of the quoted ESP header
 * @family: of the quoted packet
 * @remote: its destination
 *
 * Peers behind one NAT can have chosen the same SPI; any of them will do, since the path is the same.
 *
 * Context: RCU read side. Return: NULL if we do not send with that SPI.
 */
struct dvti_sa *dvti_sa_find_out(struct net *net, __be32 spi, u8 family, const void *remote)
{
	struct dvti_sa_key key;
	struct rhlist_head *list;

	dvti_sa_key_set(&key, spi, family, remote);
	list = rhltable_lookup(&dvti_net(net)->sas_out, &key, dvti_sa_out_params);
	return list ? container_of(list, struct dvti_sa_place, out)->sa : NULL;
}

bool dvti_sa_table_has(struct dvti_net *dn, const struct dvti_sa_key *key)
{
	return rhashtable_lookup_fast(&dn->sas_in, key, dvti_sa_in_params);
}

static int dvti_sa_table_insert(struct dvti_net *dn, struct dvti_sa *sa, struct dvti_sa_place *place,
				const struct dvti_sa_key *key)
{
	place->key = *key;
	place->sa = sa;
	if (sa->dir == DVTI_DIRECTION_IN)
		return rhashtable_insert_fast(&dn->sas_in, &place->in, dvti_sa_in_params);
	return rhltable_insert(&dn->sas_out, &place->out, dvti_sa_out_params);
}

static void dvti_sa_table_delete(struct dvti_net *dn, struct dvti_sa *sa, struct dvti_sa_place *place)
{
	if (sa->dir == DVTI_DIRECTION_IN)
		rhashtable_remove_fast(&dn->sas_in, &place->in, dvti_sa_in_params);
	else
		rhltable_remove(&dn->sas_out, &place->out, dvti_sa_out_params);
}

int dvti_sa_table_add(struct dvti_net *dn, struct dvti_sa *sa)
{
	return dvti_sa_table_insert(dn, sa, &sa->place[sa->at], &sa->key);
}

void dvti_sa_table_remove(struct dvti_net *dn, struct dvti_sa *sa)
{
	dvti_sa_table_delete(dn, sa, &sa->place[sa->at]);
}

/**
 * dvti_sa_table_stage() - let an SA be found in a second place too
 * @dn: underlay
 * @sa: installed SA
 * @key: the place
 *
 * The room may have been in use for the place before the present one, and readers may still be at it: the hash knows
 * by its end markers that they have been led astray, and they start again.
 *
 * Return: 0 or a negative error.
 */
int dvti_sa_table_stage(struct dvti_net *dn, struct dvti_sa *sa, const struct dvti_sa_key *key)
{
	int err = dvti_sa_table_insert(dn, sa, &sa->place[!sa->at], key);

	sa->staged = !err;
	return err;
}

/* The second place, if there is one, becomes the only one. */
void dvti_sa_table_commit(struct dvti_net *dn, struct dvti_sa *sa)
{
	if (!sa->staged)
		return;
	dvti_sa_table_delete(dn, sa, &sa->place[sa->at]);
	sa->at = !sa->at;
	sa->staged = false;
	sa->key = sa->place[sa->at].key;
}

void dvti_sa_table_abort(struct dvti_net *dn, struct dvti_sa *sa)
{
	if (!sa->staged)
		return;
	dvti_sa_table_delete(dn, sa, &sa->place[!sa->at]);
	sa->staged = false;
}

int dvti_sa_table_init(struct dvti_net *dn)
{
	int err;

	err = rhashtable_init(&dn->sas_in, &dvti_sa_in_params);
	if (err)
		return err;
	err = rhltable_init(&dn->sas_out, &dvti_sa_out_params);
	if (err)
		rhashtable_destroy(&dn->sas_in);
	return err;
}

void dvti_sa_table_exit(struct dvti_net *dn)
{
	rhltable_destroy(&dn->sas_out);
	rhashtable_destroy(&dn->sas_in);
}
