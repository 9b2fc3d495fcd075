/* batch.c - records of a batch, in rid order.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "batch_parts.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/base/number.h>
#include <banyan/protocol/crypto.h>

#include <pthread.h>
#include <string.h>

#define HASH_RECORDS 64 /* records whose bytes are hashed at once */

/* --- threads, sorting ----------------------------------------------------------------------- */
typedef struct job {
    void (*work)(void *, unsigned);
    void *context;
    unsigned i;
} job;

static void *run_job(void *argument)
{
    const job *j = argument;
    j->work(j->context, j->i);
    return NULL;
}

void batch_run(unsigned threads, void (*work)(void *context, unsigned i), void *context)
{
    pthread_t ids[BN_BATCH_THREADS_MAX];
    job jobs[BN_BATCH_THREADS_MAX];
    bool is_running[BN_BATCH_THREADS_MAX] = {false};
    BN_ASSERT(threads >= 1 && threads <= BN_BATCH_THREADS_MAX);
    for (unsigned i = 1; i < threads; i++) {
        jobs[i] = (job){work, context, i};
        is_running[i] = pthread_create(&ids[i], NULL, run_job, &jobs[i]) == 0;
    }
    work(context, 0);
    for (unsigned i = 1; i < threads; i++) {
        if (is_running[i]) {
            pthread_join(ids[i], NULL);
        } else {
            work(context, i);
        }
    }
}

void sort_u64(uint64_t *values, uint64_t *spare, size_t count)
{
    uint64_t *from = values;
    uint64_t *to = spare;
    for (unsigned shift = 0; shift < 64; shift += 8) {
        size_t starts[257] = {0};
        for (size_t i = 0; i < count; i++) {
            starts[(from[i] >> shift & 255u) + 1]++;
        }
        bool is_same = false;
        for (unsigned i = 0; i < 256; i++) {
            is_same = is_same || starts[i + 1] == count;
            starts[i + 1] += starts[i];
        }
        if (is_same) {
            continue;
        }
        for (size_t i = 0; i < count; i++) {
            to[starts[from[i] >> shift & 255u]++] = from[i];
        }
        uint64_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != values) {
        memcpy(values, from, count * sizeof *values);
    }
}

size_t part_from(size_t count, unsigned parts, unsigned i)
{
    return count / parts * i + (count % parts) * i / parts;
}

/* --- records --------------------------------------------------------------------------------- */
bn_rc bn_batch_create(bn_batch **out)
{
    bn_batch *batch = bn_alloc(sizeof *batch);
    if (batch == NULL) {
        return BN_E_NO_MEMORY;
    }
    *out = batch;
    return BN_OK;
}

void bn_batch_destroy(bn_batch **batch)
{
    if (*batch == NULL) {
        return;
    }
    for (uint32_t i = 0; i < (*batch)->chunks_count; i++) {
        bn_free((*batch)->chunks[i]);
    }
    bn_free((*batch)->rids);
    bn_free((*batch)->refs);
    bn_free((*batch)->places);
    bn_free((*batch)->pairs.pairs);
    bn_free((*batch)->edges);
    bn_free((*batch)->anchors);
    bn_free(*batch);
    *batch = NULL;
}

static bn_rc grow(bn_batch *batch)
{
    uint32_t capacity = batch->capacity == 0 ? 1024 : batch->capacity + batch->capacity / 2;
    bn_rid *rids = bn_realloc_array(batch->rids, capacity, sizeof *rids);
    if (rids == NULL) {
        return BN_E_NO_MEMORY;
    }
    batch->rids = rids;
    uint32_t *refs = bn_realloc_array(batch->refs, capacity, sizeof *refs);
    if (refs == NULL) {
        return BN_E_NO_MEMORY;
    }
    batch->refs = refs;
    batch->capacity = capacity;
    return BN_OK;
}

static bn_rc put_row(bn_batch *batch, bn_slice row, uint32_t *ref, bn_err *err)
{
    if (batch->chunks_count == 0 || CHUNK_BYTES - batch->chunk_used < row.len) {
        if (batch->chunks_count == CHUNKS_MAX) {
            return bn_fail(err, BN_E_LIMIT, "batch: rows exceed %u MB", CHUNKS_MAX);
        }
        uint8_t *chunk = bn_alloc_array(CHUNK_BYTES, 1);
        if (chunk == NULL) {
            return bn_fail(err, BN_E_NO_MEMORY, "batch: no memory for rows");
        }
        batch->chunks[batch->chunks_count++] = chunk;
        batch->chunk_used = 0;
    }
    uint32_t chunk = batch->chunks_count - 1;
    memcpy(batch->chunks[chunk] + batch->chunk_used, row.data, row.len);
    *ref = chunk << CHUNK_BITS | batch->chunk_used;
    batch->chunk_used += (uint32_t)row.len;
    return BN_OK;
}

bn_rc bn_batch_add(bn_batch *batch, const bn_rid *rid, bn_slice row, bn_err *err)
{
    BN_ASSERT(!batch->is_sealed);
    BN_TRY(bn_feature_check(row, err));
    if (batch->count == BN_BATCH_RECORDS_MAX) {
        return bn_fail(err, BN_E_LIMIT, "batch: more than %d records", BN_BATCH_RECORDS_MAX);
    }
    if (batch->count == batch->capacity) {
        BN_TRY(grow(batch));
    }
    uint32_t ref = 0;
    BN_TRY(put_row(batch, row, &ref, err));
    batch->rids[batch->count] = *rid;
    batch->refs[batch->count++] = ref;
    return BN_OK;
}

static int by_rid(const void *x, const void *y, void *context)
{
    const bn_rid *rids = context;
    return bn_rid_compare(&rids[*(const uint32_t *)x], &rids[*(const uint32_t *)y]);
}

/* Permutes rids and refs into `order`, cycle by cycle, without a second copy. */
static void permute(bn_batch *batch, uint32_t *order)
{
    for (uint32_t i = 0; i < batch->count; i++) {
        uint32_t at = i;
        bn_rid rid = batch->rids[i];
        uint32_t ref = batch->refs[i];
        while (order[at] != i && order[at] != at) {
            uint32_t from = order[at];
            batch->rids[at] = batch->rids[from];
            batch->refs[at] = batch->refs[from];
            order[at] = at;
            at = from;
        }
        batch->rids[at] = rid;
        batch->refs[at] = ref;
        order[at] = at;
    }
}

/* Gives back what the arrays grew too much; keeping it is no failure. */
static void trim(bn_batch *batch)
{
    if (batch->count == 0 || batch->count == batch->capacity) {
        return;
    }
    bn_rid *rids = bn_realloc_array(batch->rids, batch->count, sizeof *rids);
    batch->rids = rids != NULL ? rids : batch->rids;
    uint32_t *refs = bn_realloc_array(batch->refs, batch->count, sizeof *refs);
    batch->refs = refs != NULL ? refs : batch->refs;
}

/* Copies the rows into rid order: every later step walks them in that order, and a walk through
 * memory costs a fraction of a jump per record. */
static bn_rc lay_rows(bn_batch *batch, bn_err *err)
{
    uint8_t *old[CHUNKS_MAX];
    uint32_t old_count = batch->chunks_count;
    memcpy(old, batch->chunks, old_count * sizeof *old);
    batch->chunks_count = 0;
    bn_rc rc = BN_OK;
    for (uint32_t p = 0; p < batch->count && rc == BN_OK; p++) {
        const uint8_t *row = old[batch->refs[p] >> CHUNK_BITS] +
                             (batch->refs[p] & (CHUNK_BYTES - 1));
        rc = put_row(batch, bn_slice_make(row, bn_load_u16(row + 3)), &batch->refs[p], err);
    }
    for (uint32_t i = 0; i < old_count; i++) {
        bn_free(old[i]);
    }
    return rc;
}

bn_rc bn_batch_seal(bn_batch *batch, bn_err *err)
{
    BN_ASSERT(!batch->is_sealed);
    size_t size = (size_t)batch->count + 1;
    batch->places = bn_alloc_array(size, sizeof *batch->places);
    uint32_t *order = bn_alloc_array(size, sizeof *order);
    if (batch->places == NULL || order == NULL) {
        bn_free(order);
        return bn_fail(err, BN_E_NO_MEMORY, "batch of %u records", batch->count);
    }
    for (uint32_t i = 0; i < batch->count; i++) {
        order[i] = i;
    }
    if (batch->count > 0) {
        qsort_r(order, batch->count, sizeof *order, by_rid, batch->rids);
    }
    bool is_double = false;
    for (uint32_t p = 0; p < batch->count; p++) {
        batch->places[order[p]] = p;
        is_double = is_double || (p > 0 && bn_rid_compare(&batch->rids[order[p - 1]],
                                                          &batch->rids[order[p]]) == 0);
    }
    permute(batch, order);
    bn_free(order);
    if (is_double) {
        return bn_fail(err, BN_E_EXISTS, "batch: two records with one rid");
    }
    trim(batch);
    BN_TRY(lay_rows(batch, err));
    batch->is_sealed = true;
    batch->report.records_count = batch->count;
    return BN_OK;
}

size_t bn_batch_count(const bn_batch *batch)
{
    return batch->count;
}

const bn_rid *bn_batch_rid(const bn_batch *batch, uint32_t place)
{
    BN_ASSERT(batch->is_sealed && place < batch->count);
    return &batch->rids[place];
}

bn_slice bn_batch_row(const bn_batch *batch, uint32_t place)
{
    const uint8_t *row = batch_row_start(batch, place);
    return bn_slice_make(row, bn_load_u16(row + 3));
}

uint32_t bn_batch_place(const bn_batch *batch, uint32_t added)
{
    BN_ASSERT(batch->is_sealed && added < batch->count);
    return batch->places[added];
}

void batch_open(const bn_batch *batch, uint32_t place, bn_feature *out)
{
    bn_feature_open(bn_batch_row(batch, place), out);
}

const uint64_t *bn_batch_pairs(const bn_batch *batch, size_t *count)
{
    *count = batch->pairs.count;
    return batch->pairs.pairs;
}

const bn_batch_edge *bn_batch_edges(const bn_batch *batch, size_t *count)
{
    *count = batch->edges_count;
    return batch->edges;
}

const uint32_t *bn_batch_anchors(const bn_batch *batch)
{
    return batch->anchors;
}

const bn_batch_report *bn_batch_report_of(const bn_batch *batch)
{
    return &batch->report;
}

static size_t put_rid(const bn_rid *rid, uint8_t *out)
{
    memcpy(out, rid->id.bytes, BN_ID_BYTES);
    bn_store_u32(out + BN_ID_BYTES, rid->dot.origin);
    bn_store_u64(out + BN_ID_BYTES + 4, rid->dot.oseq);
    return BN_ID_BYTES + 12;
}

/* A hash chain: head = H(head | up to HASH_RECORDS records), which needs no buffer of them all. */
void bn_batch_hash(const bn_batch *batch, uint8_t out[32])
{
    uint8_t bytes[HASH_RECORDS * 2 * (BN_ID_BYTES + 12)];
    bn_hash head = bn_chain_start(BN_SLICE("banyan clustering"));
    BN_ASSERT(batch->anchors != NULL);
    size_t len = 0;
    for (uint32_t p = 0; p < batch->count; p++) {
        len += put_rid(&batch->rids[p], bytes + len);
        len += put_rid(&batch->rids[batch->anchors[p]], bytes + len);
        if (len == sizeof bytes || p + 1 == batch->count) {
            head = bn_chain_next(head, bn_slice_make(bytes, len));
            len = 0;
        }
    }
    memcpy(out, head.bytes, sizeof head.bytes);
}
