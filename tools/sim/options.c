/* options.c - what kind of world a seed makes (swarm testing: most worlds lack most faults).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "sim.h"

static unsigned maybe(sim_rng *rng, unsigned per_mille, unsigned low, unsigned high)
{
    bool on = sim_chance(rng, per_mille);
    unsigned drawn = (unsigned)sim_between(rng, low, high);
    return on ? drawn : 0;
}

void sim_options_draw(sim_options *options, sim_rng *rng)
{
    unsigned branches = (unsigned)sim_between(rng, 2, 5);
    unsigned many = (unsigned)sim_between(rng, 4, 8);
    options->branches = sim_chance(rng, 150) ? many : branches;
    options->branches = sim_chance(rng, 50) ? 1 : options->branches;
    options->ops = (unsigned)sim_between(rng, 20, 90);
    if (options->fixed_branches != 0) {
        options->branches = options->fixed_branches;
    }
    if (options->fixed_ops != 0) {
        options->ops = options->fixed_ops;
    }
    options->action_gap_ms = (unsigned)sim_between(rng, 20, 1500);
    options->loss = maybe(rng, 400, 5, 300);
    options->late = maybe(rng, 400, 2, 60);
    options->copies = maybe(rng, 500, 10, 300);
    options->latency_ms = (unsigned)sim_between(rng, 1, 200);
    options->cuts = maybe(rng, 600, 20, 300);
    options->crashes = maybe(rng, 600, 20, 300);
    options->clocks = maybe(rng, 400, 20, 200);
    options->controls = maybe(rng, 300, 10, 80);
    options->has_foe = sim_chance(rng, 300);
    options->shared = maybe(rng, 900, 1, 3);
    options->foe_forges = (unsigned)sim_between(rng, 4, 25);
    options->no_space = maybe(rng, 150, 10, 60);
    if (options->permutations) {
        options->loss = options->late = options->copies = options->latency_ms = 0;
        options->has_foe = false;
    }
    for (size_t i = 0; i < BN_COUNT(options->weights); i++) {
        unsigned weight = (unsigned)sim_between(rng, 1, 10);
        options->weights[i] = sim_chance(rng, 250) ? 0 : weight;
    }
}
