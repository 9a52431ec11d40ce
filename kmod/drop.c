// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets that end here. Each is counted under its reason and can be seen by tracepoints: dvti_drop with our word for
 * it, and the kernel's own kfree_skb with the nearest of the reasons that it knows. The device's statistics have fewer
 * columns; what is wrong with a packet or its way is an error there, what we had no room or use for a drop.
 */
#include <linux/if_link.h>
#include <linux/skbuff.h>

#include "drop.h"
#include "link.h"
#include "trace.h"

/**
 * struct dvti_drop_kind - what a reason is in the words of others
 * @name: as userland calls the counter
 * @reason: why the skb is freed
 * @total: offset of the device's sum
 * @detail: offset of a device's counter within @total, or that of @total
 */
struct dvti_drop_kind {
	const char *name;
	enum skb_drop_reason reason;
	u16 total, detail;
};

#define DVTI_STAT(field) offsetof(struct rtnl_link_stats64, field)
#define DVTI_KIND(slot, word, why, sum, part) \
	[DVTI_DROP(slot)] = { word, SKB_DROP_REASON_##why, DVTI_STAT(sum), DVTI_STAT(part) }
#define DVTI_TX_DROP(slot, word, why) DVTI_KIND(slot, word, why, tx_dropped, tx_dropped)
#define DVTI_RX_DROP(slot, word, why) DVTI_KIND(slot, word, why, rx_dropped, rx_dropped)
#define DVTI_TX_ERROR(slot, word, why, part) DVTI_KIND(slot, word, why, tx_errors, part)
#define DVTI_RX_ERROR(slot, word, why, part) DVTI_KIND(slot, word, why, rx_errors, part)

static const struct dvti_drop_kind dvti_drop_kinds[] = {
	DVTI_TX_DROP(TX_NO_SA, "tx_no_sa", NOT_SPECIFIED),
	DVTI_TX_DROP(TX_TRIGGER_EXPIRED, "tx_trigger_expired", NOT_SPECIFIED),
	DVTI_TX_DROP(TX_SELECTOR, "tx_selector", XFRM_POLICY),
	DVTI_TX_ERROR(TX_TOO_BIG, "tx_too_big", PKT_TOO_BIG, tx_errors),
	DVTI_TX_ERROR(TX_NO_ROUTE, "tx_no_route", IP_OUTNOROUTES, tx_carrier_errors),
	DVTI_TX_ERROR(TX_LOOP, "tx_loop", NOT_SPECIFIED, collisions),
	DVTI_TX_DROP(TX_NO_MEMORY, "tx_no_memory", NOMEM),
	DVTI_TX_DROP(TX_SEQUENCE, "tx_sequence", NOT_SPECIFIED),
	DVTI_TX_ERROR(TX_CRYPTO, "tx_crypto", NOT_SPECIFIED, tx_errors),
	DVTI_TX_ERROR(TX_NOT_IP, "tx_not_ip", INVALID_PROTO, tx_errors),
	DVTI_TX_DROP(TX_EXPIRED, "tx_expired", NOT_SPECIFIED),
	DVTI_RX_ERROR(RX_TRUNCATED, "rx_truncated", HDR_TRUNC, rx_length_errors),
	DVTI_RX_ERROR(RX_REPLAY, "rx_replay", NOT_SPECIFIED, rx_errors),
	DVTI_RX_ERROR(RX_INTEGRITY, "rx_integrity", SKB_CSUM, rx_crc_errors),
	DVTI_RX_ERROR(RX_PADDING, "rx_padding", NOT_SPECIFIED, rx_frame_errors),
	DVTI_RX_ERROR(RX_NEXT_HEADER, "rx_next_header", UNHANDLED_PROTO, rx_frame_errors),
	DVTI_RX_ERROR(RX_INNER, "rx_inner", IP_INHDR, rx_frame_errors),
	DVTI_RX_DROP(RX_SELECTOR, "rx_selector", XFRM_POLICY),
	DVTI_RX_ERROR(RX_ECN, "rx_ecn", NOT_SPECIFIED, rx_frame_errors),
	DVTI_RX_DROP(RX_NO_MEMORY, "rx_no_memory", NOMEM),
	DVTI_RX_DROP(RX_OVERFLOW, "rx_overflow", CPU_BACKLOG),
	DVTI_RX_DROP(RX_ENCAP, "rx_encap", NOT_SPECIFIED),
	DVTI_RX_DROP(RX_EXPIRED, "rx_expired", NOT_SPECIFIED),
	DVTI_RX_DROP(RX_DUMMY, "rx_dummy", NOT_SPECIFIED),
	DVTI_TX_DROP(TX_OVERFLOW, "tx_overflow", CPU_BACKLOG),
	DVTI_RX_ERROR(RX_CRYPTO, "rx_crypto", NOT_SPECIFIED, rx_errors),
	DVTI_TX_DROP(TX_DEV_DOWN, "tx_dev_down", DEV_READY),
	DVTI_TX_DROP(TX_OUTER, "tx_outer", NOT_SPECIFIED),
	DVTI_RX_DROP(RX_DEV_DOWN, "rx_dev_down", DEV_READY),
	/* The core drops these itself and adds them to the device's statistics. */
	DVTI_TX_DROP(TX_NO_CARRIER, "tx_no_carrier", NOT_SPECIFIED),
	DVTI_RX_ERROR(RX_GRE, "rx_gre", UNHANDLED_PROTO, rx_frame_errors),
};

static_assert(ARRAY_SIZE(dvti_drop_kinds) == DVTI_DROPS);

/**
 * dvti_drop_count() - packets of a link have been dropped
 * @link: link
 * @slot: DVTI_DROP(reason)
 * @packets: how many
 *
 * Context: BH off.
 */
void dvti_drop_count(struct dvti_link *link, unsigned int slot, unsigned int packets)
{
	struct dvti_link_stats *s = this_cpu_ptr(link->stats);

	u64_stats_update_begin(&s->syncp);
	u64_stats_add(&s->drops[slot], packets);
	u64_stats_update_end(&s->syncp);
	trace_dvti_drop(link, dvti_drop_kinds[slot].name, packets);
}

void dvti_drop_free(struct sk_buff *skb, unsigned int slot)
{
	kfree_skb_reason(skb, dvti_drop_kinds[slot].reason);
}

/**
 * dvti_drop_skb() - count one packet as dropped and free it
 * @link: its link
 * @skb: packet, consumed
 * @slot: DVTI_DROP(reason)
 *
 * Context: BH off.
 */
void dvti_drop_skb(struct dvti_link *link, struct sk_buff *skb, unsigned int slot)
{
	dvti_drop_count(link, slot, 1);
	dvti_drop_free(skb, slot);
}

/**
 * dvti_drop_device_stats() - sort drops into what ip -s link shows
 * @drops: sums by slot
 * @stats: of the device; added to
 */
void dvti_drop_device_stats(const u64 *drops, struct rtnl_link_stats64 *stats)
{
	const struct dvti_drop_kind *k = dvti_drop_kinds;
	unsigned int i;

	for (i = 0; i < DVTI_DROPS; i++, k++) {
		*(__u64 *)((u8 *)stats + k->total) += drops[i];
		if (k->detail != k->total)
			*(__u64 *)((u8 *)stats + k->detail) += drops[i];
	}
}
