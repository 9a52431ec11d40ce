// SPDX-License-Identifier: GPL-2.0-or-later
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPT_CONTROL = 256, OPT_STATE, OPT_CHECK, OPT_FOREGROUND, OPT_KEY_LOG, OPT_PORT, OPT_NATT_PORT, OPT_JSON_LOG };

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'f' },
	{ "control", required_argument, NULL, OPT_CONTROL },
	{ "state", required_argument, NULL, OPT_STATE },
	{ "check", no_argument, NULL, OPT_CHECK },
	{ "foreground", no_argument, NULL, OPT_FOREGROUND },
	{ "debug", no_argument, NULL, 'd' },
	{ "json-log", no_argument, NULL, OPT_JSON_LOG },
	{ "key-log", required_argument, NULL, OPT_KEY_LOG },
	{ "port", required_argument, NULL, OPT_PORT },
	{ "natt-port", required_argument, NULL, OPT_NATT_PORT },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

void dvtid_options_usage(void)
{
	puts("Usage: dvtid [OPTION]...\n"
	     "       dvtid --check [FILE]\n"
	     "Negotiate IPsec tunnels (IKEv2) and give each peer a link of its own.\n"
	     "\n"
	     "  -f, --config FILE     configuration (" DVTID_CONFIG_DEFAULT ")\n"
	     "      --check [FILE]    read the configuration, say what is wrong, and stop\n"
	     "      --control SOCKET  where dvtictl finds the daemon (" DVTID_CONTROL_DEFAULT ")\n"
	     "      --state DIR       what must outlive a crash (" DVTID_STATE_DEFAULT ")\n"
	     "      --foreground      stay in the foreground, which is what it does in any case\n"
	     "  -d, --debug           log what happens in detail\n"
	     "      --json-log        log JSON lines to standard error\n"
	     "      --key-log DIR     write session keys there, for Wireshark to decrypt captures\n"
	     "      --port N, --natt-port N\n"
	     "                        UDP ports instead of the configured ones (500, 4500)\n"
	     "  -h, --help            show this\n"
	     "  -V, --version         show the version");
}

static bool parse_port(const char *name, const char *text, uint16_t *port)
{
	unsigned long n;
	char *end;

	n = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || !n || n > UINT16_MAX) {
		fprintf(stderr, "dvtid: --%s \"%s\" is not a port from 1 to 65535\n", name, text);
		return false;
	}
	*port = n;
	return true;
}

static bool take(struct dvtid_options *o, int c)
{
	switch (c) {
	case 'f':
		o->config = optarg;
		return true;
	case OPT_CONTROL:
		o->control = optarg;
		return true;
	case OPT_STATE:
		o->state = optarg;
		return true;
	case OPT_CHECK:
		o->mode = DVTID_CHECK;
		return true;
	case OPT_FOREGROUND:
		return true;
	case 'd':
		o->debug = true;
		return true;
	case OPT_JSON_LOG:
		o->json_log = true;
		return true;
	case OPT_KEY_LOG:
		o->key_log = optarg;
		return true;
	case OPT_PORT:
		return parse_port("port", optarg, &o->port);
	case OPT_NATT_PORT:
		return parse_port("natt-port", optarg, &o->natt_port);
	case 'h':
		o->mode = DVTID_HELP;
		return true;
	case 'V':
		o->mode = DVTID_VERSION_ONLY;
		return true;
	default:
		return false;
	}
}

void dvtid_options_parse(struct dvtid_options *o, int argc, char **argv)
{
	int c;

	*o = (struct dvtid_options){
		.config = DVTID_CONFIG_DEFAULT,
		.control = DVTID_CONTROL_DEFAULT,
		.state = DVTID_STATE_DEFAULT,
	};
	while ((c = getopt_long(argc, argv, "f:dhV", long_options, NULL)) != -1)
		if (!take(o, c))
			goto usage;
	if (o->mode == DVTID_CHECK && argc - optind == 1) {
		o->config = argv[optind];
	} else if (optind < argc) {
		fprintf(stderr, "dvtid: \"%s\" is no option\n", argv[optind]);
		goto usage;
	}
	return;

usage:
	fputs("Try \"dvtid --help\".\n", stderr);
	o->mode = DVTID_USAGE;
}
