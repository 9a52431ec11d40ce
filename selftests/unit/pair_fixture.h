/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hub and spoke of the simulation, anew for each test of a program: for cmocka's setup and teardown.
 */
#ifndef DVTI_UNIT_PAIR_FIXTURE_H
#define DVTI_UNIT_PAIR_FIXTURE_H

#include "sim/pair.h"

static struct pair p;

static int setup(void **state)
{
	(void)state;
	pair_configure(&p);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pair_end(&p);
	return 0;
}

#endif
