// SPDX-License-Identifier: GPL-2.0-or-later
#include "privilege.h"

#include <cap-ng.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

bool dvtid_privilege_sufficient(char *reason, size_t size)
{
	if (!capng_get_caps_process() && capng_have_capability(CAPNG_EFFECTIVE, CAP_NET_ADMIN))
		return true;
	snprintf(reason, size, "dvtid needs CAP_NET_ADMIN: run it as root or by its systemd unit");
	return false;
}

int dvtid_privilege_drop(bool keep_netns, char *reason, size_t size)
{
	bool bind_low = capng_have_capability(CAPNG_EFFECTIVE, CAP_NET_BIND_SERVICE);
	bool netns = keep_netns && capng_have_capability(CAPNG_EFFECTIVE, CAP_SYS_ADMIN);
	bool bounding = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);
	int err;

	capng_clear(CAPNG_SELECT_ALL);
	capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET, CAP_NET_ADMIN);
	if (bind_low)
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET, CAP_NET_BIND_SERVICE);
	if (netns)
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET, CAP_SYS_ADMIN);
	err = capng_apply(bounding ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS);
	if (err || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) {
		snprintf(reason, size, "capabilities cannot be dropped: %s", strerror(errno));
		return -1;
	}
	return 0;
}
