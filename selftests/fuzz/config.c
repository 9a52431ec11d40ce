// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The reader of dvti.conf: any octets end in a policy or in a report, never in a crash, and never in both or
 * neither.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dvtid/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[32], *report = NULL;
	struct ike_policy *policy;
	int fd;

	/* include() would read files of this host, or wait on a terminal. */
	if (memmem(data, size, "include", 7))
		return 0;
	fd = memfd_create("dvti.conf", 0);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	policy = dvtid_config_read(path, &report);
	if (!report || (!policy && !*report))
		abort();
	ike_policy_unref(policy);
	free(report);
	close(fd);
	return 0;
}
