/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a CPU gathers: filled and polled by batch.c, while batch_cipher.c works on what it holds.
 */
#ifndef DVTI_BATCH_QUEUE_H
#define DVTI_BATCH_QUEUE_H

#include <linux/netdevice.h>
#include <linux/percpu.h>
#include <linux/skbuff.h>

#include "batch.h"
#include "lane.h"

/**
 * struct dvti_batch_queue - packets that wait on one CPU
 * @skbs: only this CPU touches it, with BH disabled
 * @packets: in @skbs, of which one may carry several
 * @guests: packets from other CPUs, see dvti_batch_queue_out(); its lock protects @invited
 * @invited: put into @guests so far; read by dvti_batch_flush_sa()
 * @admitted: moved from @guests to @skbs so far; read by dvti_batch_flush_sa()
 * @napi: takes them up
 * @taken: packets being worked on; not on the stack, which is deep enough when a sender's own softirq gets here
 * @others: scratch of dvti_batch_group()
 * @polled: taken from @skbs so far
 * @queued: put into @skbs so far; read by dvti_batch_flush_sa()
 * @done: left our hands, or gone into @lane, so far; read by dvti_batch_flush_sa()
 * @at_once: so many packets need not be queued
 * @working: packets of this queue are being worked on further up the stack
 * @polling: by @napi
 * @spread: this CPU is so busy that others should work on what it gathers
 * @late: first batch of this poll whose cipher finishes later; it must not end before NAPI has delivered what this
 *        poll has put into its lists
 * @lane: batches that have not come to their end
 */
struct dvti_batch_queue {
	struct sk_buff_head skbs;
	unsigned int packets;
	struct sk_buff_head guests;
	unsigned long invited;
	unsigned long admitted;
	struct napi_struct napi;
	struct sk_buff *taken[DVTI_BATCH_MAX];
	struct sk_buff *others[DVTI_BATCH_MAX];
	unsigned long polled;
	unsigned long queued;
	unsigned long done;
	u8 at_once;
	bool working;
	bool polling;
	bool spread;
	struct dvti_batch *late;
	struct dvti_lane lane;
};

/**
 * struct dvti_batch_cpu - what a CPU gathers
 * @out: inner packets
 * @in: ESP packets
 * @current_queue: that this CPU works on; another CPU's when that has gone offline
 * @depth: see dvti_batch_enter()
 */
struct dvti_batch_cpu {
	struct dvti_batch_queue out, in;
	struct dvti_batch_queue *current_queue;
	u8 depth;
};

extern struct dvti_batch_cpu __percpu *dvti_batch_cpus;

#endif
