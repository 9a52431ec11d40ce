/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the daemon may do once everything is open: administer the network and bind low ports. Entering
 * another netns needs more, which is kept only when the configuration names one.
 */
#ifndef DVTI_DVTID_PRIVILEGE_H
#define DVTI_DVTID_PRIVILEGE_H

#include <stdbool.h>
#include <stddef.h>

bool dvtid_privilege_sufficient(char *reason, size_t size);
int dvtid_privilege_drop(bool keep_netns, char *reason, size_t size);

#endif
