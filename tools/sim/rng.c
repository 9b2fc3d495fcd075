/* rng.c - SplitMix64 (Steele, Lea, Flood 2014), one state per purpose.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "sim.h"

uint64_t sim_draw(sim_rng *rng)
{
    uint64_t z = (rng->state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t sim_below(sim_rng *rng, uint64_t bound)
{
    uint64_t drawn = sim_draw(rng);
    return bound == 0 ? 0 : drawn % bound;
}

uint64_t sim_between(sim_rng *rng, uint64_t low, uint64_t high)
{
    return low + sim_below(rng, high - low + 1);
}

bool sim_chance(sim_rng *rng, unsigned per_mille)
{
    return sim_below(rng, 1000) < per_mille;
}
