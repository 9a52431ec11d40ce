// SPDX-License-Identifier: GPL-2.0-or-later
#include "link_removal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "link_plan.h"
#include "log.h"

#define AT_ONCE 256

void link_removal_add(struct link_removal *removal, struct link_session *s)
{
	if (removal->n == removal->room) {
		removal->room = removal->room ? 2 * removal->room : 16;
		removal->sessions = realloc(removal->sessions, removal->room * sizeof(*removal->sessions));
		if (!removal->sessions)
			abort();
	}
	removal->sessions[removal->n++] = s;
}

static void remove_one(struct dvtid_kernel *kernel, struct dvtid_ns *ns, const struct link_session *s)
{
	char why[DVTID_REASON_SIZE];
	int err = dvtid_kernel_links_del(ns, &s->ifindex, 1, why, sizeof(why));

	if (err && *s->netns)
		dvtid_kernel_ns_forget(kernel, s->netns);
	if (err && err != -ENODEV && err != -ENOENT)
		dvtid_log(IKE_LOG_ERROR, "link-stays", "link %s cannot be removed: %s", s->ifname, why);
}

/* Of one netns. All go together or none, so that one which is gone already leaves them to be deleted one by one. */
static void remove_some(struct dvtid_kernel *kernel, struct link_session *const *sessions, size_t n)
{
	const char *netns = sessions[0]->netns;
	uint32_t ifindex[AT_ONCE];
	char why[DVTID_REASON_SIZE];
	struct dvtid_ns *ns = dvtid_kernel_ns(kernel, netns, why, sizeof(why));

	if (!ns)
		return; /* and with the netns went its links */
	for (size_t i = 0; i < n; i++)
		ifindex[i] = sessions[i]->ifindex;
	if (n > 1 && !dvtid_kernel_links_del(ns, ifindex, n, why, sizeof(why)))
		return;
	for (size_t i = 0; i < n && ns; i++) {
		remove_one(kernel, ns, sessions[i]);
		ns = dvtid_kernel_ns(kernel, netns, why, sizeof(why));
	}
}

void link_removal_run(struct link_removal *removal, struct dvtid_kernel *kernel, const char *state_dir)
{
	size_t n;

	for (size_t at = 0; at < removal->n; at += n) {
		struct link_session *const *first = &removal->sessions[at];

		for (n = 1; n < AT_ONCE && at + n < removal->n && !strcmp(first[n]->netns, first[0]->netns);)
			n++;
		remove_some(kernel, first, n);
		for (size_t i = 0; i < n; i++) {
			link_session_remove(state_dir, first[i]);
			link_session_free(first[i]);
		}
	}
	free(removal->sessions);
	*removal = (struct link_removal){ 0 };
}
