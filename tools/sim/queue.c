/* queue.c - the event queue: a binary heap by (virtual time, sequence).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "sim.h"

static bool before(const sim_event *a, const sim_event *b)
{
    return a->at != b->at ? a->at < b->at : a->sequence < b->sequence;
}

void sim_queue_push(sim_queue *queue, sim_event event)
{
    if (queue->count == queue->capacity) {
        size_t capacity = queue->capacity == 0 ? 256 : queue->capacity * 2;
        sim_event *grown = bn_realloc_array(queue->heap, capacity, sizeof *grown);
        BN_ASSERT(grown != NULL);
        queue->heap = grown;
        queue->capacity = capacity;
    }
    event.sequence = ++queue->sequence;
    size_t at = queue->count++;
    while (at > 0 && before(&event, &queue->heap[(at - 1) / 2])) {
        queue->heap[at] = queue->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    queue->heap[at] = event;
}

bool sim_queue_pop(sim_queue *queue, sim_event *out)
{
    if (queue->count == 0) {
        return false;
    }
    *out = queue->heap[0];
    sim_event last = queue->heap[--queue->count];
    size_t at = 0;
    for (;;) {
        size_t child = at * 2 + 1;
        if (child >= queue->count) {
            break;
        }
        if (child + 1 < queue->count && before(&queue->heap[child + 1], &queue->heap[child])) {
            child++;
        }
        if (!before(&queue->heap[child], &last)) {
            break;
        }
        queue->heap[at] = queue->heap[child];
        at = child;
    }
    if (queue->count > 0) {
        queue->heap[at] = last;
    }
    return true;
}

void sim_queue_fini(sim_queue *queue)
{
    for (size_t i = 0; i < queue->count; i++) {
        bn_free(queue->heap[i].bytes);
    }
    bn_free(queue->heap);
    *queue = (sim_queue){0};
}
