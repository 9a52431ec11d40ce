/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Command line of dvtid.
 */
#ifndef DVTI_DVTID_OPTIONS_H
#define DVTI_DVTID_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define DVTID_CONFIG_DEFAULT "/etc/dvti/dvti.conf"
#define DVTID_CONTROL_DEFAULT "/run/dvti/control"
#define DVTID_STATE_DEFAULT "/run/dvti"

enum dvtid_mode { DVTID_RUN, DVTID_CHECK, DVTID_HELP, DVTID_VERSION_ONLY, DVTID_USAGE };

/**
 * struct dvtid_options - what was asked for; strings are borrowed from argv
 * @config: configuration file
 * @control: path of the control socket
 * @state: folder for what must outlive the process
 * @key_log: folder for keys that Wireshark reads, or NULL
 * @port, @natt_port: override the configuration when not 0
 * @debug: log what happens in detail
 * @json_log: log JSON lines to standard error
 */
struct dvtid_options {
	enum dvtid_mode mode;
	const char *config;
	const char *control;
	const char *state;
	const char *key_log;
	uint16_t port, natt_port;
	bool debug;
	bool json_log;
};

/** dvtid_options_parse() - fill @o; on a mistake says so on stderr and sets mode DVTID_USAGE */
void dvtid_options_parse(struct dvtid_options *o, int argc, char **argv);
void dvtid_options_usage(void);

#endif
