/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Session keys for Wireshark, only with --key-log: the files ikev2_decryption_table and esp_sa of a folder
 * that can serve as a Wireshark profile.
 */
#ifndef DVTI_DVTID_KEYLOG_H
#define DVTI_DVTID_KEYLOG_H

#include <stddef.h>

#include "../ikev2/core.h"

struct dvtid_keylog;

struct dvtid_keylog *dvtid_keylog_open(const char *folder, char *reason, size_t size);
void dvtid_keylog_close(struct dvtid_keylog *k);
void dvtid_keylog_ike(struct dvtid_keylog *k, const char *line);
/* The SAs that @req installs. */
void dvtid_keylog_request(struct dvtid_keylog *k, const struct ike_kernel_request *req);

#endif
