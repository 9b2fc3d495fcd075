/* train_sample.c - which pairs are looked at for learning, and the patterns they show.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A pair is in the sample because of the hash of its two rids, never because of where it stood in
 * a list. Level vectors are sorted and counted, so sums over them run in one order.
 */
#include "train.h"

#include "compare.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>

#include <string.h>

#define CANDIDATES_MAX 1000000
#define STRANGERS_MAX 500000

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint64_t hash_pair(const bn_batch *batch, uint64_t pair)
{
    const bn_rid *a = &batch->rids[pair >> 32];
    const bn_rid *b = &batch->rids[(uint32_t)pair];
    uint64_t words[4];
    memcpy(words, a->id.bytes, BN_ID_BYTES);
    memcpy(words + 2, b->id.bytes, BN_ID_BYTES);
    uint64_t h = a->dot.oseq ^ (uint64_t)a->dot.origin << 40;
    for (int i = 0; i < 4; i++) {
        h = mix(h + words[i] + 0x9e3779b97f4a7c15u);
    }
    return mix(h + (b->dot.oseq ^ (uint64_t)b->dot.origin << 40));
}

static bool pick_candidates(const bn_batch *batch, pair_list *out)
{
    uint64_t nth = (batch->pairs.count + CANDIDATES_MAX - 1) / CANDIDATES_MAX;
    bool is_good = true;
    for (size_t i = 0; i < batch->pairs.count && is_good; i++) {
        if (nth <= 1 || hash_pair(batch, batch->pairs.pairs[i]) % nth == 0) {
            is_good = pair_list_add(out, batch->pairs.pairs[i]);
        }
    }
    return is_good;
}

static bool pick_strangers(const bn_batch *batch, pair_list *out)
{
    uint64_t n = batch->count;
    uint64_t all = n * (n - 1) / 2;
    bool is_good = true;
    for (uint64_t a = 0; all <= STRANGERS_MAX && a < n; a++) {
        for (uint64_t b = a + 1; b < n && is_good; b++) {
            is_good = pair_list_add(out, a << 32 | b);
        }
    }
    for (uint64_t i = 0; all > STRANGERS_MAX && i < STRANGERS_MAX && is_good; i++) {
        uint64_t a = mix(2 * i + 1) % n;
        uint64_t b = mix(2 * i + 2) % n;
        if (a != b) {
            is_good = pair_list_add(out, a < b ? a << 32 | b : b << 32 | a);
        }
    }
    return is_good;
}

typedef struct level_job {
    const bn_batch *batch;
    const bn_epoch *epoch;
    uint64_t *pairs; /* replaced by their level vectors */
    size_t count;
    unsigned threads;
} level_job;

static void find_levels(void *context, unsigned i)
{
    level_job *job = context;
    size_t to = part_from(job->count, job->threads, i + 1);
    for (size_t at = part_from(job->count, job->threads, i); at < to; at++) {
        bn_feature a;
        bn_feature b;
        batch_open(job->batch, (uint32_t)(job->pairs[at] >> 32), &a);
        batch_open(job->batch, (uint32_t)job->pairs[at], &b);
        job->pairs[at] = bn_match_levels(job->epoch, &a, &b);
    }
}

static bn_rc count_patterns(level_job *job, patterns *out)
{
    batch_run(job->threads, find_levels, job);
    uint64_t *spare = bn_alloc_array(job->count + 1, sizeof *spare);
    if (spare == NULL) {
        return BN_E_NO_MEMORY;
    }
    sort_u64(job->pairs, spare, job->count);
    bn_free(spare);
    size_t distinct = 0;
    for (size_t i = 0; i < job->count; i++) {
        distinct += i == 0 || job->pairs[i] != job->pairs[i - 1] ? 1 : 0;
    }
    out->at = bn_alloc_array(distinct + 1, sizeof *out->at);
    if (out->at == NULL) {
        return BN_E_NO_MEMORY;
    }
    for (size_t i = 0; i < job->count; i++) {
        if (i == 0 || job->pairs[i] != job->pairs[i - 1]) {
            out->at[out->count++].levels = job->pairs[i];
        }
        out->at[out->count - 1].count++;
    }
    out->pairs_count = job->count;
    return BN_OK;
}

bn_rc train_sample(const bn_batch *batch, const bn_epoch *epoch, unsigned threads, sample *out)
{
    double n = (double)batch->count;
    out->all_pairs = n * (n - 1) / 2;
    for (int round = 0; round < 2; round++) {
        pair_list pairs = {.count = 0};
        bool is_good = round == 0 ? pick_candidates(batch, &pairs) : pick_strangers(batch, &pairs);
        level_job job = {batch, epoch, pairs.pairs, pairs.count, threads};
        bn_rc rc = is_good ? count_patterns(&job, round == 0 ? &out->candidates : &out->strangers)
                           : BN_E_NO_MEMORY;
        bn_free(pairs.pairs);
        BN_TRY(rc);
    }
    uint64_t sampled = out->candidates.pairs_count;
    out->scale = sampled > 0 ? (double)batch->pairs.count / (double)sampled : 1;
    return BN_OK;
}

void train_sample_fini(sample *s)
{
    bn_free(s->candidates.at);
    bn_free(s->strangers.at);
    s->candidates = (patterns){.count = 0};
    s->strangers = (patterns){.count = 0};
}
