// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>

#include "config.h"
#include "daemon.h"
#include "options.h"

static int check(const char *path)
{
	char *report = NULL;
	struct ike_policy *policy = dvtid_config_read(path, &report);

	fputs(report, stderr);
	free(report);
	if (!policy)
		return EXIT_FAILURE;
	printf("%s: good: %zu profile%s\n", path, policy->n_profiles, policy->n_profiles == 1 ? "" : "s");
	ike_policy_unref(policy);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct dvtid_options opts;

	dvtid_options_parse(&opts, argc, argv);
	switch (opts.mode) {
	case DVTID_CHECK:
		return check(opts.config);
	case DVTID_HELP:
		dvtid_options_usage();
		return EXIT_SUCCESS;
	case DVTID_VERSION_ONLY:
		puts("dvtid " DVTID_VERSION);
		return EXIT_SUCCESS;
	case DVTID_USAGE:
		return 2;
	case DVTID_RUN:
		break;
	}
	return dvtid_main(&opts);
}
