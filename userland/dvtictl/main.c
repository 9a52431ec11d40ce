// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dvtictl: show and steer the dvtid daemon. It knows the control protocol and nothing else.
 */
#include <getopt.h>
#include <stdlib.h>

#include "client.h"
#include "command.h"

#define EXIT_USAGE 2

static void usage(FILE *out)
{
	fprintf(out,
		"usage: dvtictl [options] command\n"
		"\n"
		"options:\n"
		"  -c, --control SOCKET  the daemon's control socket (%s)\n"
		"  -j, --json            the daemon's reply as JSON\n"
		"  -l, --link NAME       only this link\n"
		"      --level LEVEL     of events to monitor: error, warning, notice, info, debug (info)\n"
		"      --netns NAME      where the link of set-link is, if not with the daemon\n"
		"  -h, --help            this text\n"
		"\n"
		"commands:\n", CLIENT_SOCKET_DEFAULT);
	command_list(out);
}

int main(int argc, char **argv)
{
	enum { OPT_LEVEL = 256, OPT_NETNS };
	static const struct option options[] = {
		{ "control", required_argument, NULL, 'c' },
		{ "json", no_argument, NULL, 'j' },
		{ "link", required_argument, NULL, 'l' },
		{ "level", required_argument, NULL, OPT_LEVEL },
		{ "netns", required_argument, NULL, OPT_NETNS },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct command_options o = { .control = CLIENT_SOCKET_DEFAULT };
	const struct command *command;
	int opt, used;

	while ((opt = getopt_long(argc, argv, "c:jl:h", options, NULL)) != -1) {
		switch (opt) {
		case 'c':
			o.control = optarg;
			break;
		case 'j':
			o.json = true;
			break;
		case 'l':
			o.link = optarg;
			break;
		case OPT_LEVEL:
			o.level = optarg;
			break;
		case OPT_NETNS:
			o.netns = optarg;
			break;
		case 'h':
			usage(stdout);
			return EXIT_SUCCESS;
		default:
			fprintf(stderr, "Try: dvtictl --help\n");
			return EXIT_USAGE;
		}
	}
	command = command_find(argc - optind, argv + optind, &used);
	if (!command)
		return EXIT_USAGE;
	return command_run(command, &o, argc - optind - used, argv + optind + used);
}
