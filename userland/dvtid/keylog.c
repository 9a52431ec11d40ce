// SPDX-License-Identifier: GPL-2.0-or-later
#include "keylog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../ike/keylog.h"

struct dvtid_keylog {
	FILE *ike, *esp;
};

static FILE *open_table(const char *folder, const char *name)
{
	char path[4096];
	FILE *fp;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return NULL;
	fp = fdopen(fd, "a");
	if (!fp)
		close(fd);
	else
		setlinebuf(fp);
	return fp;
}

struct dvtid_keylog *dvtid_keylog_open(const char *folder, char *reason, size_t size)
{
	struct dvtid_keylog *k = calloc(1, sizeof(*k));

	if (!k)
		abort();
	if (!mkdir(folder, 0700) || errno == EEXIST) {
		k->ike = open_table(folder, "ikev2_decryption_table");
		k->esp = k->ike ? open_table(folder, "esp_sa") : NULL;
	}
	if (k->esp)
		return k;
	snprintf(reason, size, "key log in %s: %s", folder, strerror(errno));
	dvtid_keylog_close(k);
	return NULL;
}

void dvtid_keylog_close(struct dvtid_keylog *k)
{
	if (!k)
		return;
	if (k->ike)
		fclose(k->ike);
	if (k->esp)
		fclose(k->esp);
	free(k);
}

void dvtid_keylog_ike(struct dvtid_keylog *k, const char *line)
{
	fprintf(k->ike, "%s\n", line);
}

static void log_sa(struct dvtid_keylog *k, const struct ike_kernel_sa *sa, const struct ike_addr *src,
		   const struct ike_addr *dst)
{
	char buf[IKE_KEYLOG_MAX];
	const char *line;

	if (!sa->suite || !sa->spi)
		return;
	line = ike_keylog_esp(sa->suite, sa->key, sa->spi, src, dst, buf);
	if (line)
		fprintf(k->esp, "%s\n", line);
	explicit_bzero(buf, sizeof(buf));
}

void dvtid_keylog_request(struct dvtid_keylog *k, const struct ike_kernel_request *req)
{
	log_sa(k, &req->in, &req->remote, &req->local);
	log_sa(k, &req->out, &req->local, &req->remote);
}
