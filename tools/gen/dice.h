/* dice.h - repeatable chance: one seed, one sequence, on every machine.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_TOOLS_GEN_DICE_H
#define BANYAN_TOOLS_GEN_DICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct dice {
    uint64_t state;
} dice;

dice dice_of(uint64_t seed);

/* An independent sequence for part `n` of the work. */
dice dice_split(uint64_t seed, uint64_t n);
uint64_t dice_next(dice *d);
uint32_t dice_below(dice *d, uint32_t bound);                /* 0..bound-1; bound > 0 */
uint32_t dice_between(dice *d, uint32_t low, uint32_t high); /* both included */
bool dice_permille(dice *d, uint32_t permille);

/* Picks an index by weight: sums[i] = weight 0 + ... + weight i, the last one > 0. */
size_t dice_pick(dice *d, const uint32_t *sums, size_t count);

#endif
