/* union_find.c - disjoint sets whose root is their least member.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/protocol/match/cluster.h>

void bn_union_init(uint32_t *parent, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        parent[i] = i;
    }
}

/* Halves the path on the way, which keeps later searches short. */
uint32_t bn_union_find(uint32_t *parent, uint32_t member)
{
    while (parent[member] != member) {
        parent[member] = parent[parent[member]];
        member = parent[member];
    }
    return member;
}

void bn_union_join(uint32_t *parent, uint32_t a, uint32_t b)
{
    uint32_t x = bn_union_find(parent, a);
    uint32_t y = bn_union_find(parent, b);
    if (x < y) {
        parent[y] = x;
    } else {
        parent[x] = y;
    }
}
