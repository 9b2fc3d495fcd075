/* batch_pair.c - candidate pairs: one pass after the other, each an index of sorted keys.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   records --> (key, place) of one pass --> sorted by key --> pairs within a key
 *           --> sorted, merged into the pairs of the passes before, each pair once
 *
 * Only one pass is in memory at a time. Threads share the records by range and their keys are
 * put together in range order, so the result is that of one thread.
 */
#include "batch_parts.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>

#include <string.h>

#define NEIGHBOURS 16 /* paired within a key beyond the safety cap */

typedef struct entry {
    uint64_t key;
    uint32_t place;
    uint32_t spare;
} entry;

typedef struct key_set { /* open addressing; holds no 0 */
    uint64_t *keys;
    size_t mask;
} key_set;

typedef struct maker_part {
    entry *entries;
    size_t count;
    size_t capacity;
    bool is_failed;
} maker_part;

typedef struct pass_job {
    const bn_batch *batch;
    const bn_epoch *epoch;
    const uint8_t *secret;
    bn_pass pass;
    unsigned threads;
    const key_set *crowded; /* NULL: wide keys only, for counting */
    maker_part parts[BN_BATCH_THREADS_MAX];
} pass_job;

static bn_rc fill_set(key_set *set, const uint64_t *keys, size_t count)
{
    size_t size = 16;
    while (size < 4 * count) {
        size *= 2;
    }
    set->keys = bn_alloc_array(size, sizeof *set->keys);
    if (set->keys == NULL) {
        return BN_E_NO_MEMORY;
    }
    set->mask = size - 1;
    for (size_t i = 0; i < count; i++) {
        size_t at = keys[i] & set->mask;
        while (set->keys[at] != 0) {
            at = (at + 1) & set->mask;
        }
        set->keys[at] = keys[i];
    }
    return BN_OK;
}

static bool set_has(const key_set *set, uint64_t key)
{
    size_t at = key & set->mask;
    while (set->keys[at] != 0) {
        if (set->keys[at] == key) {
            return true;
        }
        at = (at + 1) & set->mask;
    }
    return false;
}

static void put_entry(maker_part *part, uint64_t key, uint32_t place)
{
    if (part->count == part->capacity) {
        size_t capacity = part->capacity == 0 ? 4096 : part->capacity + part->capacity / 2;
        entry *entries = bn_realloc_array(part->entries, capacity, sizeof *entries);
        if (entries == NULL) {
            part->is_failed = true;
            return;
        }
        part->entries = entries;
        part->capacity = capacity;
    }
    part->entries[part->count++] = (entry){.key = key, .place = place};
}

/* The keys a record is read under; equal ones of one record follow one another. */
static void put_record(pass_job *job, maker_part *part, uint32_t place)
{
    bn_feature feature;
    bn_block_key keys[BN_BLOCK_KEYS_MAX];
    uint64_t reads[BN_BLOCK_KEYS_MAX];
    batch_open(job->batch, place, &feature);
    model_drop_generic(job->epoch, &feature);
    size_t count = bn_block_pass_keys(job->secret, &feature, job->pass, keys);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_crowded = job->crowded != NULL && set_has(job->crowded, keys[i].wide);
        uint64_t key = is_crowded ? keys[i].narrow : keys[i].wide;
        bool is_known = key == 0;
        for (size_t k = 0; k < kept && !is_known; k++) {
            is_known = reads[k] == key;
        }
        if (!is_known) {
            reads[kept++] = key;
            put_entry(part, key, place);
        }
    }
}

static void make_keys(void *context, unsigned i)
{
    pass_job *job = context;
    size_t to = part_from(job->batch->count, job->threads, i + 1);
    for (size_t p = part_from(job->batch->count, job->threads, i); p < to; p++) {
        put_record(job, &job->parts[i], (uint32_t)p);
    }
}

/* All parts behind one another in the first one. */
static bn_rc gather(pass_job *job)
{
    maker_part *all = &job->parts[0];
    bool is_failed = false;
    size_t total = 0;
    for (unsigned i = 0; i < job->threads; i++) {
        is_failed = is_failed || job->parts[i].is_failed;
        total += job->parts[i].count;
    }
    entry *entries = is_failed ? NULL : bn_realloc_array(all->entries, total + 1, sizeof *entries);
    if (entries == NULL) {
        return BN_E_NO_MEMORY;
    }
    all->entries = entries;
    all->capacity = total + 1;
    for (unsigned i = 1; i < job->threads; i++) {
        if (job->parts[i].count > 0) {
            memcpy(all->entries + all->count, job->parts[i].entries,
                   job->parts[i].count * sizeof *entries);
        }
        all->count += job->parts[i].count;
        bn_free(job->parts[i].entries);
        job->parts[i].entries = NULL;
    }
    return BN_OK;
}

static void release(pass_job *job)
{
    for (unsigned i = 0; i < job->threads; i++) {
        bn_free(job->parts[i].entries);
    }
}

/* Stable, by key: places within a key stay ascending. */
static bn_rc sort_entries(entry **entries, size_t count)
{
    entry *from = *entries;
    entry *to = bn_alloc_array(count + 1, sizeof *to);
    if (to == NULL) {
        return BN_E_NO_MEMORY;
    }
    for (unsigned shift = 0; shift < 64; shift += 8) {
        size_t starts[257] = {0};
        for (size_t i = 0; i < count; i++) {
            starts[(from[i].key >> shift & 255u) + 1]++;
        }
        for (unsigned i = 0; i < 256; i++) {
            starts[i + 1] += starts[i];
        }
        for (size_t i = 0; i < count; i++) {
            to[starts[from[i].key >> shift & 255u]++] = from[i];
        }
        entry *swap = from;
        from = to;
        to = swap;
    }
    bn_free(to);
    *entries = from;
    return BN_OK;
}

bool pair_list_add(pair_list *list, uint64_t pair)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 4096 : list->capacity + list->capacity / 2;
        uint64_t *pairs = bn_realloc_array(list->pairs, capacity, sizeof *pairs);
        if (pairs == NULL) {
            return false;
        }
        list->pairs = pairs;
        list->capacity = capacity;
    }
    list->pairs[list->count++] = pair;
    return true;
}

static bool pair_group(bn_batch *batch, const entry *entries, size_t count, pair_list *out)
{
    size_t reach = count;
    if (count > BN_BLOCK_CANDIDATES_MAX) {
        reach = NEIGHBOURS;
        batch->report.alarms_count++;
        batch->report.alarm_records += count;
    }
    bool is_good = true;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = i + 1; j < count && j <= i + reach && is_good; j++) {
            is_good = pair_list_add(out, (uint64_t)entries[i].place << 32 | entries[j].place);
        }
    }
    return is_good;
}

static bn_rc pair_pass(bn_batch *batch, const entry *entries, size_t count, pair_list *out)
{
    for (size_t from = 0; from < count;) {
        size_t to = from + 1;
        while (to < count && entries[to].key == entries[from].key) {
            to++;
        }
        if (!pair_group(batch, entries + from, to - from, out)) {
            return BN_E_NO_MEMORY;
        }
        from = to;
    }
    return BN_OK;
}

static size_t distinct(uint64_t *values, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || values[kept - 1] != values[i]) {
            values[kept++] = values[i];
        }
    }
    return kept;
}

/* Merges sorted distinct `added` into sorted distinct `list`, from the back, in place. */
static bn_rc merge_pairs(pair_list *list, const pair_list *added)
{
    size_t total = list->count + added->count;
    if (total > list->capacity) {
        uint64_t *pairs = bn_realloc_array(list->pairs, total, sizeof *pairs);
        if (pairs == NULL) {
            return BN_E_NO_MEMORY;
        }
        list->pairs = pairs;
        list->capacity = total;
    }
    size_t i = list->count;
    size_t j = added->count;
    size_t at = total;
    while (j > 0) {
        if (i > 0 && list->pairs[i - 1] > added->pairs[j - 1]) {
            list->pairs[--at] = list->pairs[--i];
        } else {
            list->pairs[--at] = added->pairs[--j];
        }
    }
    list->count = distinct(list->pairs, total);
    return BN_OK;
}

static bn_rc settle_pairs(pair_list *added, pair_list *all)
{
    if (added->count == 0) {
        return BN_OK;
    }
    uint64_t *spare = bn_alloc_array(added->count, sizeof *spare);
    if (spare == NULL) {
        return BN_E_NO_MEMORY;
    }
    sort_u64(added->pairs, spare, added->count);
    bn_free(spare);
    added->count = distinct(added->pairs, added->count);
    return merge_pairs(all, added);
}

static bn_rc run_pass(bn_batch *batch, pass_job *job)
{
    batch_run(job->threads, make_keys, job);
    pair_list added = {.count = 0};
    bn_rc rc = gather(job);
    if (rc == BN_OK) {
        batch->report.keys_count += job->parts[0].count;
        rc = sort_entries(&job->parts[0].entries, job->parts[0].count);
    }
    if (rc == BN_OK) {
        rc = pair_pass(batch, job->parts[0].entries, job->parts[0].count, &added);
    }
    release(job);
    if (rc == BN_OK) {
        rc = settle_pairs(&added, &batch->pairs);
    }
    bn_free(added.pairs);
    return rc;
}

static unsigned usable_threads(unsigned threads)
{
    return threads < 1 ? 1 : threads > BN_BATCH_THREADS_MAX ? BN_BATCH_THREADS_MAX : threads;
}

bn_rc bn_batch_pair(bn_batch *batch, const bn_epoch *epoch,
                    const uint8_t secret[BN_BLOCK_SECRET_BYTES], unsigned threads, bn_err *err)
{
    BN_ASSERT(batch->is_sealed);
    if (!bn_epoch_fits_secret(epoch, secret)) {
        return bn_fail(err, BN_E_INVALID, "the epoch was made under another secret");
    }
    batch->pairs.count = 0;
    batch->report = (bn_batch_report){.records_count = batch->count};
    key_set crowded = {.keys = NULL};
    bn_rc rc = fill_set(&crowded, epoch->crowded, epoch->crowded_count);
    for (unsigned pass = 0; pass < BN_PASS_COUNT && rc == BN_OK; pass++) {
        pass_job job = {.batch = batch,
                        .epoch = epoch,
                        .secret = secret,
                        .pass = (bn_pass)pass,
                        .threads = usable_threads(threads),
                        .crowded = &crowded};
        rc = run_pass(batch, &job);
    }
    bn_free(crowded.keys);
    batch->report.pairs_count = batch->pairs.count;
    return rc == BN_OK ? BN_OK : bn_fail(err, rc, "candidate pairs of %u records", batch->count);
}

bn_rc batch_wide_keys(const bn_batch *batch, const bn_epoch *epoch,
                      const uint8_t secret[BN_BLOCK_SECRET_BYTES], bn_pass pass, unsigned threads,
                      uint64_t **keys, size_t *count)
{
    pass_job job = {.batch = batch,
                    .epoch = epoch,
                    .secret = secret,
                    .pass = pass,
                    .threads = usable_threads(threads)};
    batch_run(job.threads, make_keys, &job);
    bn_rc rc = gather(&job);
    size_t total = rc == BN_OK ? job.parts[0].count : 0;
    uint64_t *out = rc == BN_OK ? bn_alloc_array(total + 1, sizeof *out) : NULL;
    if (out == NULL) {
        release(&job);
        return BN_E_NO_MEMORY;
    }
    for (size_t i = 0; i < total; i++) {
        out[i] = job.parts[0].entries[i].key;
    }
    release(&job);
    *keys = out;
    *count = total;
    return BN_OK;
}
