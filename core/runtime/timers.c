/* timers.c - the loop's timers: a binary heap over slots that keep their place.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "timers.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>

#define CAPACITY_FIRST 64
#define NONE UINT32_MAX

static bool is_before(const timers *set, uint32_t slot_a, uint32_t slot_b)
{
    const timer_slot *a = &set->slots[slot_a];
    const timer_slot *b = &set->slots[slot_b];
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->sequence < b->sequence;
}

static void put(timers *set, uint32_t place, uint32_t slot)
{
    set->heap[place] = slot;
    set->slots[slot].place = place;
}

static void sift_up(timers *set, uint32_t place)
{
    uint32_t slot = set->heap[place];
    while (place > 0 && is_before(set, slot, set->heap[(place - 1) / 2])) {
        put(set, place, set->heap[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    put(set, place, slot);
}

static void sift_down(timers *set, uint32_t place)
{
    uint32_t slot = set->heap[place];
    while (place * 2 + 1 < set->heap_count) {
        uint32_t child = place * 2 + 1;
        if (child + 1 < set->heap_count && is_before(set, set->heap[child + 1], set->heap[child])) {
            child++;
        }
        if (!is_before(set, set->heap[child], slot)) {
            break;
        }
        put(set, place, set->heap[child]);
        place = child;
    }
    put(set, place, slot);
}

static bn_rc grow(timers *set)
{
    if (set->capacity >= BN_LOOP_TIMERS_MAX) {
        return BN_E_LIMIT;
    }
    uint32_t capacity = set->capacity == 0 ? CAPACITY_FIRST : set->capacity * 2;
    timer_slot *slots = bn_realloc_array(set->slots, capacity, sizeof *slots);
    if (slots == NULL) {
        return BN_E_NO_MEMORY;
    }
    set->slots = slots;
    uint32_t *heap = bn_realloc_array(set->heap, capacity, sizeof *heap);
    if (heap == NULL) {
        return BN_E_NO_MEMORY;
    }
    set->heap = heap;
    set->capacity = capacity;
    return BN_OK;
}

static bn_rc take_slot(timers *set, uint32_t *slot)
{
    if (set->first_free != NONE) {
        *slot = set->first_free;
        set->first_free = set->slots[*slot].place;
        return BN_OK;
    }
    if (set->slots_count == set->capacity) {
        BN_TRY(grow(set));
    }
    *slot = set->slots_count++;
    set->slots[*slot].generation = 1;
    return BN_OK;
}

static void release(timers *set, uint32_t slot)
{
    uint32_t place = set->slots[slot].place;
    uint32_t last = set->heap[--set->heap_count];
    if (place < set->heap_count) {
        put(set, place, last);
        sift_down(set, place);
        sift_up(set, set->slots[last].place);
    }
    set->slots[slot].generation++;
    set->slots[slot].place = set->first_free;
    set->first_free = slot;
}

/* The slot of a ticket that still waits, or NONE. */
static uint32_t slot_of(const timers *set, uint64_t ticket)
{
    uint32_t slot = (uint32_t)ticket - 1;
    if (ticket == 0 || slot >= set->slots_count ||
        set->slots[slot].generation != (uint32_t)(ticket >> 32)) {
        return NONE;
    }
    return slot;
}

void timers_init(timers *set)
{
    *set = (timers){.first_free = NONE};
}

void timers_fini(timers *set)
{
    bn_free(set->slots);
    bn_free(set->heap);
    timers_init(set);
}

bn_rc timers_start(timers *set, const timer_slot *proto, uint64_t *ticket)
{
    uint32_t slot = NONE;
    BN_TRY(take_slot(set, &slot));
    uint32_t generation = set->slots[slot].generation;
    set->slots[slot] = *proto;
    set->slots[slot].generation = generation;
    set->slots[slot].sequence = set->next_sequence++;
    put(set, set->heap_count++, slot);
    sift_up(set, set->heap_count - 1);
    *ticket = (uint64_t)generation << 32 | (slot + 1);
    return BN_OK;
}

void timers_cancel(timers *set, uint64_t ticket)
{
    uint32_t slot = slot_of(set, ticket);
    if (slot != NONE) {
        release(set, slot);
    }
}

bool timers_waits(const timers *set, uint64_t ticket)
{
    return slot_of(set, ticket) != NONE;
}

bool timers_next_due(const timers *set, uint64_t *due_ms)
{
    if (set->heap_count == 0) {
        return false;
    }
    *due_ms = set->slots[set->heap[0]].due_ms;
    return true;
}

/* What a call starts has a later sequence and is not due before now, so it comes behind all
 * that was due already: the first such timer ends the round. */
void timers_fire(timers *set, uint64_t now_ms)
{
    uint64_t sequence_end = set->next_sequence;
    while (set->heap_count > 0) {
        uint32_t slot = set->heap[0];
        timer_slot fired = set->slots[slot];
        if (fired.due_ms > now_ms || fired.sequence >= sequence_end) {
            return;
        }
        if (fired.period_ms > 0) {
            uint64_t late = (now_ms - fired.due_ms) % fired.period_ms;
            set->slots[slot].due_ms = now_ms - late + fired.period_ms;
            sift_down(set, 0);
        } else {
            release(set, slot);
        }
        fired.call(fired.context);
    }
}
