/* timers.h - the loop's timers: a binary heap over slots that keep their place.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   ticket = generation << 32 | slot + 1     slots[slot].place -> heap[place] -> slot
 *
 * A slot's generation grows when it is freed, so an old ticket finds nothing. The heap is ordered
 * by (due, sequence): timers of the same moment fire in the order they were started.
 */
#ifndef BANYAN_CORE_RUNTIME_TIMERS_H
#define BANYAN_CORE_RUNTIME_TIMERS_H

#include <banyan/core/loop.h>

typedef struct timer_slot {
    uint64_t due_ms;
    uint64_t sequence;
    uint64_t period_ms; /* 0: once */
    bn_loop_call call;
    void *context;
    uint32_t generation;
    uint32_t place; /* in heap[]; while free: the next free slot */
} timer_slot;

typedef struct timers {
    timer_slot *slots;
    uint32_t *heap;
    uint32_t capacity; /* of both arrays */
    uint32_t slots_count;
    uint32_t heap_count;
    uint32_t first_free;
    uint64_t next_sequence;
} timers;

void timers_init(timers *set);
void timers_fini(timers *set);

/* BN_E_LIMIT, BN_E_NO_MEMORY; *ticket is untouched then. `proto` has due, period, call, context. */
BN_CHECKED bn_rc timers_start(timers *set, const timer_slot *proto, uint64_t *ticket);
void timers_cancel(timers *set, uint64_t ticket);
bool timers_waits(const timers *set, uint64_t ticket);

/* False when there is none. */
bool timers_next_due(const timers *set, uint64_t *due_ms);

/* Calls what is due at `now_ms`; what a call starts waits for the next time. */
void timers_fire(timers *set, uint64_t now_ms);

#endif
