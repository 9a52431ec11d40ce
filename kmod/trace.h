/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints: batches sealed and opened, packets dropped and why, limits of SAs reached. They cost a branch that is
 * never taken until somebody listens.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM dvti

#if !defined(DVTI_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define DVTI_TRACE_H

#include <linux/tracepoint.h>

#include "sa.h"

#define DVTI_TRACE_REASON_LEN 24

TRACE_DEFINE_ENUM(DVTI_EXPIRE_KIND_SOFT);
TRACE_DEFINE_ENUM(DVTI_EXPIRE_KIND_HARD);
TRACE_DEFINE_ENUM(DVTI_LIMIT_BYTES);
TRACE_DEFINE_ENUM(DVTI_LIMIT_PACKETS);
TRACE_DEFINE_ENUM(DVTI_LIMIT_TIME);
TRACE_DEFINE_ENUM(DVTI_LIMIT_SEQUENCE);

DECLARE_EVENT_CLASS(dvti_batch,
	TP_PROTO(const struct dvti_sa *sa, unsigned int packets, u64 bytes),
	TP_ARGS(sa, packets, bytes),
	TP_STRUCT__entry(
		__array(char, link, IFNAMSIZ)
		__field(u32, spi)
		__field(unsigned int, packets)
		__field(u64, bytes)
	),
	TP_fast_assign(
		strscpy(__entry->link, sa->link->dev->name, IFNAMSIZ);
		__entry->spi = ntohl(sa->spi);
		__entry->packets = packets;
		__entry->bytes = bytes;
	),
	TP_printk("link=%s spi=0x%08x packets=%u bytes=%llu", __entry->link, __entry->spi, __entry->packets,
		  __entry->bytes)
);

/* A batch of inner packets goes to the cipher, within its SA's limits. */
DEFINE_EVENT(dvti_batch, dvti_seal,
	TP_PROTO(const struct dvti_sa *sa, unsigned int packets, u64 bytes),
	TP_ARGS(sa, packets, bytes)
);

/* A batch has been opened: authentic, new, well-formed and within its SA's limits. */
DEFINE_EVENT(dvti_batch, dvti_open,
	TP_PROTO(const struct dvti_sa *sa, unsigned int packets, u64 bytes),
	TP_ARGS(sa, packets, bytes)
);

TRACE_EVENT(dvti_drop,
	TP_PROTO(const struct dvti_link *link, const char *reason, unsigned int packets),
	TP_ARGS(link, reason, packets),
	TP_STRUCT__entry(
		__array(char, link, IFNAMSIZ)
		__array(char, reason, DVTI_TRACE_REASON_LEN)
		__field(unsigned int, packets)
	),
	TP_fast_assign(
		strscpy(__entry->link, link->dev->name, IFNAMSIZ);
		strscpy(__entry->reason, reason, DVTI_TRACE_REASON_LEN);
		__entry->packets = packets;
	),
	TP_printk("link=%s reason=%s packets=%u", __entry->link, __entry->reason, __entry->packets)
);

TRACE_EVENT(dvti_expire,
	TP_PROTO(const struct dvti_sa *sa, u32 kind, u32 limit),
	TP_ARGS(sa, kind, limit),
	TP_STRUCT__entry(
		__array(char, link, IFNAMSIZ)
		__field(u32, spi)
		__field(u32, kind)
		__field(u32, limit)
	),
	TP_fast_assign(
		strscpy(__entry->link, sa->link->dev->name, IFNAMSIZ);
		__entry->spi = ntohl(sa->spi);
		__entry->kind = kind;
		__entry->limit = limit;
	),
	TP_printk("link=%s spi=0x%08x kind=%s limit=%s", __entry->link, __entry->spi,
		  __print_symbolic(__entry->kind,
				   { DVTI_EXPIRE_KIND_SOFT, "soft" },
				   { DVTI_EXPIRE_KIND_HARD, "hard" }),
		  __print_symbolic(__entry->limit,
				   { DVTI_LIMIT_BYTES, "bytes" },
				   { DVTI_LIMIT_PACKETS, "packets" },
				   { DVTI_LIMIT_TIME, "time" },
				   { DVTI_LIMIT_SEQUENCE, "sequence" }))
);

#endif

/* Found by way of the include path of kmod/. */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
