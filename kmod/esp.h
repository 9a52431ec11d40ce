/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The data path. Packets are gathered per CPU and worked on in batches; a batch of one takes the short way.
 */
#ifndef DVTI_ESP_H
#define DVTI_ESP_H

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/udp.h>

struct dvti_link;
struct dvti_sa;

/* batch.c: the per-CPU queues and their NAPI */
int dvti_batch_init(void);
void dvti_batch_exit(void);	/* after the last link has gone and handlers are unregistered */
void dvti_batch_flush_sa(void);	/* wait until no CPU holds a batch that was gathered before the call; may sleep */

/* esp_out.c: ndo_start_xmit of a link */
netdev_tx_t dvti_esp_xmit(struct sk_buff *skb, struct net_device *dev);
/* The link's outbound SA exists now: send held packets. Softirq or process. */
void dvti_esp_out_kick(struct dvti_link *link, struct sk_buff_head *held);

/* The most that is put in front of an inner packet, the underlay's device comes on top, and behind it */
#define DVTI_ESP_HEADROOM (sizeof(struct ipv6hdr) + sizeof(struct udphdr) + sizeof(struct ip_esp_hdr) + 16 + 8)
/* Ethernet, IPv4, ESP with an IV of 8 octets */
#define DVTI_ESP_HEADROOM_MIN (16 + sizeof(struct iphdr) + sizeof(struct ip_esp_hdr) + 8)
#define DVTI_ESP_TAILROOM (16 + 2 + 32)

/* esp_err.c: ICMP errors about packets of ours; 0 if it was one */
int dvti_esp4_err(struct sk_buff *skb, u32 info);
int dvti_esp6_err(struct sk_buff *skb, struct inet6_skb_parm *opt, u8 type, u8 code, int offset, __be32 info);

/* esp_rcv.c: IPPROTO_ESP handlers and UDP-encapsulated input, beside stock xfrm */
void dvti_esp_rcv(struct dvti_sa *sa, struct sk_buff *skb, u8 encap);
int dvti_esp_rcv_init(void);
void dvti_esp_rcv_exit(void);

#endif
