/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random worlds, from a seed.
 */
#ifndef DVTI_SIM_CHAOS_H
#define DVTI_SIM_CHAOS_H

#include "world.h"

/*
 * One run. Even seeds are gentle: the network misbehaves and everything is rekeyed from both sides at once, and not
 * one ESP packet may be lost for that. Odd seeds are rough: daemons die, links are cut, sessions are cleared; in
 * the end everything must be in order again. False: w->failure says what was wrong.
 */
bool chaos_run(struct world *w, uint64_t seed, bool verbose);

#endif
