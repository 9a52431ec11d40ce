// SPDX-License-Identifier: GPL-2.0-only
/*
 * A TCP sender and a receiver that live in the kernel: a system call of User Mode Linux costs as much as sealing
 * four packets.
 */
#include <linux/bvec.h>
#include <linux/completion.h>
#include <linux/inet.h>
#include <linux/kthread.h>
#include <linux/mutex.h>
#include <linux/nsproxy.h>
#include <linux/seq_file.h>
#include <linux/uio.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "bench.h"

#define BULK_PORT	5301
#define BULK_ORDER	3
#define BULK_PAGES	8
#define BULK_WAIT	(30 * HZ)
#define BULK_STRETCH	SZ_128K	/* bytes between two looks at the clock */

static DEFINE_MUTEX(bulk_lock);		/* one command at a time; protects what follows */
static struct socket *listener;		/* of the taker, NULL when there is none */
static struct task_struct *taker;
static DECLARE_COMPLETION(taken);
static struct page *pages;		/* what is sent, again and again */
static u64 bytes_taken;

static int take(void *unused)
{
	struct socket *from;
	int n;

	bytes_taken = 0;
	n = kernel_accept(listener, &from, 0);
	if (n)
		goto out;
	do {
		struct msghdr msg = {};
		struct kvec nowhere = {};

		/* With MSG_TRUNC TCP throws the data away. */
		n = kernel_recvmsg(from, &msg, &nowhere, 1, SZ_256K, MSG_TRUNC);
		if (n > 0) {
			bytes_taken += n;
			meter_progress(n, BULK_STRETCH);
		}
	} while (n > 0);
	sock_release(from);
out:
	complete(&taken);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

static void end_taking(void)
{
	if (!taker)
		return;
	kernel_sock_shutdown(listener, SHUT_RDWR);
	kthread_stop(taker);
	put_task_struct(taker);
	taker = NULL;
	sock_release(listener);
	listener = NULL;
}

static int start_taking(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(BULK_PORT) };
	int err;

	end_taking();
	err = sock_create_kern(current->nsproxy->net_ns, AF_INET, SOCK_STREAM, IPPROTO_TCP, &listener);
	if (err)
		return err;
	sock_set_reuseaddr(listener->sk);
	err = kernel_bind(listener, (struct sockaddr *)&any, sizeof(any));
	if (!err)
		err = kernel_listen(listener, 1);
	if (err)
		goto release;
	reinit_completion(&taken);
	taker = kthread_create(take, NULL, "bulk_take");
	if (IS_ERR(taker)) {
		err = PTR_ERR(taker);
		taker = NULL;
		goto release;
	}
	get_task_struct(taker);
	wake_up_process(taker);
	return 0;
release:
	sock_release(listener);
	listener = NULL;
	return err;
}

static int give(__be32 to, u64 left)
{
	struct sockaddr_in peer = { .sin_family = AF_INET, .sin_port = htons(BULK_PORT), .sin_addr.s_addr = to };
	struct bio_vec vec[BULK_PAGES];
	struct socket *out;
	int err, i;

	if (!taker)
		return -ENOTCONN;
	err = sock_create_kern(current->nsproxy->net_ns, AF_INET, SOCK_STREAM, IPPROTO_TCP, &out);
	if (err)
		return err;
	err = kernel_connect(out, (struct sockaddr *)&peer, sizeof(peer), 0);
	if (err)
		goto release;
	for (i = 0; i < BULK_PAGES; i++)
		bvec_set_page(&vec[i], pages, PAGE_SIZE << BULK_ORDER, 0);
	while (left) {
		struct msghdr msg = { .msg_flags = MSG_SPLICE_PAGES };

		iov_iter_bvec(&msg.msg_iter, ITER_SOURCE, vec, BULK_PAGES, BULK_PAGES * (PAGE_SIZE << BULK_ORDER));
		while (left && msg_data_left(&msg)) {
			err = sock_sendmsg(out, &msg);
			if (err <= 0)
				goto release;
			left -= min_t(u64, left, err);
		}
	}
	kernel_sock_shutdown(out, SHUT_WR);
	err = wait_for_completion_timeout(&taken, BULK_WAIT) ? 0 : -ETIMEDOUT;
release:
	sock_release(out);
	return err;
}

static ssize_t bulk_write(struct file *file, const char __user *from, size_t size, loff_t *pos)
{
	char text[64], address[32];
	unsigned int megabytes;
	__be32 to;
	int err;

	if (size >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, from, size))
		return -EFAULT;
	text[size] = '\0';
	mutex_lock(&bulk_lock);
	if (sysfs_streq(text, "take")) {
		err = start_taking();
	} else if (sscanf(text, "give %31s %u", address, &megabytes) == 2) {
		to = in_aton(address);
		err = give(to, (u64)megabytes << 20);
		end_taking();
	} else {
		err = -EINVAL;
	}
	mutex_unlock(&bulk_lock);
	return err ? err : size;
}

static int bulk_show(struct seq_file *to, void *unused)
{
	mutex_lock(&bulk_lock);
	seq_printf(to, "%llu\n", bytes_taken);
	mutex_unlock(&bulk_lock);
	return 0;
}

static int bulk_open(struct inode *inode, struct file *file)
{
	return single_open(file, bulk_show, NULL);
}

static const struct proc_ops bulk_ops = {
	.proc_open = bulk_open,
	.proc_read = seq_read,
	.proc_lseek = seq_lseek,
	.proc_write = bulk_write,
	.proc_release = single_release,
};

int bulk_add(struct proc_dir_entry *dir)
{
	pages = alloc_pages(GFP_KERNEL | __GFP_COMP | __GFP_ZERO, BULK_ORDER);
	if (!pages)
		return -ENOMEM;
	if (!proc_create("bulk", 0600, dir, &bulk_ops)) {
		__free_pages(pages, BULK_ORDER);
		return -ENOMEM;
	}
	return 0;
}

void bulk_remove(void)
{
	mutex_lock(&bulk_lock);
	end_taking();
	mutex_unlock(&bulk_lock);
	__free_pages(pages, BULK_ORDER);
}
