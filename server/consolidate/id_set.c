/* id_set.c - ids numbered in the order they come, found again by hashing.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "state.h"

#include <banyan/base/number.h>

#include <string.h>

#define CAPACITY_FIRST 64

/* Random bits of an id are at its end; the creation time spreads the rest. */
static uint32_t hash_of(bn_id id)
{
    uint64_t mixed = bn_load_u64(id.bytes) ^ bn_load_u64(id.bytes + 8) * 0x9e3779b97f4a7c15u;
    mixed *= 0xbf58476d1ce4e5b9u;
    return (uint32_t)(mixed >> 32);
}

uint32_t id_set_find(const id_set *set, bn_id id)
{
    if (set->capacity == 0) {
        return SIZE_NONE;
    }
    for (uint32_t at = hash_of(id) & set->slots_mask; set->slots[at] != 0;
         at = (at + 1) & set->slots_mask) {
        if (bn_id_equal(set->ids[set->slots[at] - 1], id)) {
            return set->slots[at] - 1;
        }
    }
    return SIZE_NONE;
}

static void file(id_set *set, uint32_t number)
{
    uint32_t at = hash_of(set->ids[number]) & set->slots_mask;
    while (set->slots[at] != 0) {
        at = (at + 1) & set->slots_mask;
    }
    set->slots[at] = number + 1;
}

static bn_rc grow(id_set *set)
{
    uint32_t capacity = set->capacity == 0 ? CAPACITY_FIRST : set->capacity * 2;
    bn_id *ids = bn_arena_array(set->arena, capacity, sizeof *ids);
    uint32_t *slots = bn_arena_array(set->arena, (size_t)capacity * 2, sizeof *slots);
    if (ids == NULL || slots == NULL) {
        return BN_E_NO_MEMORY;
    }
    if (set->count > 0) {
        memcpy(ids, set->ids, set->count * sizeof *ids);
    }
    set->ids = ids;
    set->slots = slots;
    set->slots_mask = capacity * 2 - 1;
    set->capacity = capacity;
    for (uint32_t i = 0; i < set->count; i++) {
        file(set, i);
    }
    return BN_OK;
}

bn_rc id_set_add(id_set *set, bn_id id, uint32_t *number)
{
    uint32_t found = id_set_find(set, id);
    if (found == SIZE_NONE) {
        if (set->count == set->capacity) {
            BN_TRY(grow(set));
        }
        found = set->count++;
        set->ids[found] = id;
        file(set, found);
    }
    if (number != NULL) {
        *number = found;
    }
    return BN_OK;
}
