/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Links and SAs of the kernel as JSON, and settings of links read from JSON.
 */
#ifndef DVTI_DVTID_CONTROL_KERNEL_H
#define DVTI_DVTID_CONTROL_KERNEL_H

#include <jansson.h>

#include "kernel.h"

json_t *control_kernel_link(const struct dvtid_link *link);
json_t *control_kernel_link_drops(const struct dvtid_link *link); /* reason: packets; all reasons */
json_t *control_kernel_sa(const struct dvtid_sa *sa);

/**
 * control_kernel_link_settings() - the settings of a set-link request
 * @settings: {"remote": "192.0.2.1", "df": "set", "ttl": 64, …}; values may be strings throughout
 * @link: receives values, and which ones there are
 *
 * Return: true, or false with what is wrong in @error.
 */
bool control_kernel_link_settings(json_t *settings, struct dvtid_link *link, char *error, size_t size);

#endif
