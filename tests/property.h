/* property.h - many random cases from one printed seed.
 * SPDX-License-Identifier: Apache-2.0
 *
 * PROP_SEED=n repeats one run, PROP_CASES=n scales it.
 */
#ifndef BANYAN_TESTS_PROPERTY_H
#define BANYAN_TESTS_PROPERTY_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct property {
    uint64_t seed;
    uint64_t state;
    unsigned cases;
} property;

/* SplitMix64 (Steele, Lea, Flood 2014). */
static inline uint64_t property_next(property *p)
{
    uint64_t z = (p->state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* 0..bound-1 */
static inline uint64_t property_below(property *p, uint64_t bound)
{
    return property_next(p) % bound;
}

static inline property property_begin(const char *name, unsigned cases)
{
    const char *seed = getenv("PROP_SEED");
    const char *count = getenv("PROP_CASES");
    property p = {.seed = seed != NULL ? strtoull(seed, NULL, 0) : 20260101u,
                  .cases = count != NULL ? (unsigned)strtoul(count, NULL, 0) : cases};
    p.state = p.seed;
    printf("# %s: PROP_SEED=%llu, %u cases\n", name, (unsigned long long)p.seed, p.cases);
    return p;
}

#endif
