/* batch_parts.h - the inside of a batch, shared by its files.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Rows lie in chunks; a reference is chunk << 20 | offset. After sealing, records are known by
 * their place in rid order. Pairs and edges ascend by (a, b).
 */
#ifndef BANYAN_MATCH_BATCH_PARTS_H
#define BANYAN_MATCH_BATCH_PARTS_H

#include "model.h"

#include <banyan/protocol/match/batch.h>

#define CHUNK_BITS 20
#define CHUNK_BYTES (1u << CHUNK_BITS)
#define CHUNKS_MAX 4096

typedef struct pair_list {
    uint64_t *pairs;
    size_t count;
    size_t capacity;
} pair_list;

struct bn_batch {
    uint8_t *chunks[CHUNKS_MAX];
    uint32_t chunks_count;
    uint32_t chunk_used;
    bn_rid *rids;
    uint32_t *refs;
    uint32_t *places; /* of the n-th added */
    uint32_t count;
    uint32_t capacity;
    bool is_sealed;
    pair_list pairs;
    bn_batch_edge *edges;
    size_t edges_count;
    uint32_t *anchors;
    bn_batch_report report;
};

/* Runs work(context, i) for i in 0..threads-1, each on its own thread when there are several. */
void batch_run(unsigned threads, void (*work)(void *context, unsigned i), void *context);

/* Sorts by value, least significant byte first; `spare` holds as many. */
void sort_u64(uint64_t *values, uint64_t *spare, size_t count);

/* Part `i` of `parts` of 0..count: from .. to. */
size_t part_from(size_t count, unsigned parts, unsigned i);

/* Where a row begins; touches nothing of the row itself. */
static inline const uint8_t *batch_row_start(const bn_batch *batch, uint32_t place)
{
    return batch->chunks[batch->refs[place] >> CHUNK_BITS] +
           (batch->refs[place] & (CHUNK_BYTES - 1));
}

void batch_open(const bn_batch *batch, uint32_t place, bn_feature *out);

bool pair_list_add(pair_list *list, uint64_t pair);

/* Every wide key of one pass, in no order: what frozen counts count. Heap, owned by the caller. */
BN_CHECKED bn_rc batch_wide_keys(const bn_batch *batch, const bn_epoch *epoch,
                                 const uint8_t secret[BN_BLOCK_SECRET_BYTES], bn_pass pass,
                                 unsigned threads, uint64_t **keys, size_t *count);

#endif
