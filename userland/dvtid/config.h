/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads dvti.conf(5) into a struct ike_policy that is whole and consistent, or tells what is wrong where.
 */
#ifndef DVTI_DVTID_CONFIG_H
#define DVTI_DVTID_CONFIG_H

#include <stddef.h>

#include "../ike/policy.h"

/**
 * dvtid_config_read() - read, check and complete a configuration
 * @path: the file
 * @report: receives one line for each error and warning, "file:line: section: what, and what was expected",
 *          empty when there is none; malloc'd, the caller frees it
 *
 * Return: a policy with one reference, or NULL when there was an error. Warnings do not prevent it.
 */
struct ike_policy *dvtid_config_read(const char *path, char **report);

#endif
