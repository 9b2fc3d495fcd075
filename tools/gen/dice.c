/* dice.c - SplitMix64 (Steele, Lea, Flood 2014) and picks made from it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "dice.h"

#include <banyan/base/check.h>

dice dice_of(uint64_t seed)
{
    return (dice){.state = seed};
}

dice dice_split(uint64_t seed, uint64_t n)
{
    dice d = {.state = seed ^ (n * 0xd1342543de82ef95u)};
    d.state = dice_next(&d);
    return d;
}

uint64_t dice_next(dice *d)
{
    uint64_t z = (d->state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint32_t dice_below(dice *d, uint32_t bound)
{
    BN_ASSERT(bound > 0);
    return (uint32_t)(((dice_next(d) >> 32) * bound) >> 32);
}

uint32_t dice_between(dice *d, uint32_t low, uint32_t high)
{
    return low + dice_below(d, high - low + 1);
}

bool dice_permille(dice *d, uint32_t permille)
{
    return dice_below(d, 1000) < permille;
}

size_t dice_pick(dice *d, const uint32_t *sums, size_t count)
{
    uint32_t at = dice_below(d, sums[count - 1]);
    size_t low = 0;
    size_t high = count - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (sums[middle] > at) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}
