// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sim [--seeds N] [--from N] [--seed N] [--verbose]
 *
 * Runs a world for each seed; one that fails says how to see it again.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "chaos.h"

static bool run(uint64_t seed, bool verbose)
{
	struct world w;
	bool ok = chaos_run(&w, seed, verbose);

	if (!ok)
		printf("seed %llu: %s\n  again: build/userland/sim/sim --seed %llu --verbose\n",
		       (unsigned long long)seed, w.failure, (unsigned long long)seed);
	else if (verbose)
		printf("seed %llu: passed, %u datagrams, %u ESP packets\n", (unsigned long long)seed, w.datagrams,
		       w.esp_sent);
	world_free(&w);
	return ok;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seeds", required_argument, NULL, 'n' },
		{ "from", required_argument, NULL, 'f' },
		{ "seed", required_argument, NULL, 's' },
		{ "verbose", no_argument, NULL, 'v' },
		{ 0 },
	};
	uint64_t n = 1000, from = 1, passed = 0, failed = 0;
	bool verbose = false;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'n':
			n = strtoull(optarg, NULL, 0);
			break;
		case 'f':
			from = strtoull(optarg, NULL, 0);
			break;
		case 's':
			from = strtoull(optarg, NULL, 0);
			n = 1;
			break;
		case 'v':
			verbose = true;
			break;
		default:
			fprintf(stderr, "usage: sim [--seeds N] [--from N] [--seed N] [--verbose]\n");
			return 2;
		}
	}
	for (uint64_t seed = from; seed < from + n; seed++) {
		if (run(seed, verbose))
			passed++;
		else
			failed++;
	}
	printf("%llu passed, %llu failed\n", (unsigned long long)passed, (unsigned long long)failed);
	return failed ? 1 : 0;
}
