/* block.c - the keys of a row, sorted and chosen.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/protocol/match/block.h>

#include "block_pass.h"

#include <banyan/base/check.h>

#include <stdlib.h>

typedef struct pass_row {
    const char *name;
    uint32_t crowd;
} pass_row;

static const pass_row passes[BN_PASS_COUNT] = {
#define BN_PASS(NAME, crowd_max, text) [BN_PASS_##NAME] = {.name = #NAME, .crowd = (crowd_max)},
#include <banyan/protocol/match/passes.def>
#undef BN_PASS
};

static int compare_keys(const void *a, const void *b)
{
    const bn_block_key *x = a;
    const bn_block_key *y = b;
    if (x->wide != y->wide) {
        return x->wide < y->wide ? -1 : 1;
    }
    return x->narrow < y->narrow ? -1 : x->narrow > y->narrow ? 1 : 0;
}

static size_t settle_keys(bn_block_key *keys, size_t count)
{
    qsort(keys, count, sizeof *keys, compare_keys);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || compare_keys(&keys[kept - 1], &keys[i]) != 0) {
            keys[kept++] = keys[i];
        }
    }
    return kept;
}

size_t bn_block_keys(const uint8_t secret[BN_BLOCK_SECRET_BYTES], const bn_feature *feature,
                     bn_block_key keys[BN_BLOCK_KEYS_MAX])
{
    block_maker m = {.secret = secret, .feature = feature, .keys = keys};
    block_names(&m);
    for (unsigned pass = 0; pass < BN_PASS_COUNT; pass++) {
        block_run(&m, (bn_pass)pass);
    }
    return settle_keys(keys, m.count);
}

size_t bn_block_pass_keys(const uint8_t secret[BN_BLOCK_SECRET_BYTES], const bn_feature *feature,
                          bn_pass pass, bn_block_key keys[BN_BLOCK_KEYS_MAX])
{
    block_maker m = {.secret = secret, .feature = feature, .keys = keys};
    if (!block_applies(pass, feature->party)) {
        return 0;
    }
    block_names(&m);
    block_run(&m, pass);
    return settle_keys(keys, m.count);
}

static int compare_hashes(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return x < y ? -1 : x > y ? 1 : 0;
}

static size_t settle_hashes(uint64_t *hashes, size_t count)
{
    qsort(hashes, count, sizeof *hashes, compare_hashes);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || hashes[kept - 1] != hashes[i]) {
            hashes[kept++] = hashes[i];
        }
    }
    return kept;
}

size_t bn_block_writes(const bn_block_key *keys, size_t keys_count,
                       uint64_t hashes[2 * BN_BLOCK_KEYS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < keys_count; i++) {
        hashes[count++] = keys[i].wide;
        if (keys[i].narrow != 0) {
            hashes[count++] = keys[i].narrow;
        }
    }
    return settle_hashes(hashes, count);
}

size_t bn_block_reads(const bn_block_key *keys, size_t keys_count, const uint64_t *crowded,
                      size_t crowded_count, uint64_t hashes[2 * BN_BLOCK_KEYS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < keys_count; i++) {
        bool is_crowded = crowded_count > 0 && bsearch(&keys[i].wide, crowded, crowded_count,
                                                       sizeof *crowded, compare_hashes) != NULL;
        if (!is_crowded) {
            hashes[count++] = keys[i].wide;
        } else if (keys[i].narrow != 0) {
            hashes[count++] = keys[i].narrow;
        }
    }
    return settle_hashes(hashes, count);
}

const char *bn_pass_name(bn_pass pass)
{
    BN_ASSERT(pass < BN_PASS_COUNT);
    return passes[pass].name;
}

uint32_t bn_pass_crowd(bn_pass pass)
{
    BN_ASSERT(pass < BN_PASS_COUNT);
    return passes[pass].crowd;
}
