/* model.c - the tables of an epoch: priors, look-ups, limits.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "model.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/protocol/crypto.h>
#include <banyan/protocol/match/cluster.h>

#include <string.h>

#define LINK_PPM 995000
#define REVIEW_PPM 500000
#define MATES_PER_RECORD_NUMERATOR 3 /* expected matches of a record on a fresh install: 0.3 */
#define MATES_PER_RECORD_DENOMINATOR 10
#define LEARN true
#define FIXED false

static const field_def fields[BN_MATCH_FIELD_COUNT] = {
#define BN_MATCH_FIELD(NAME, field_name) [BN_MATCH_##NAME].name = #field_name,
#define BN_MATCH_LEVEL(FIELD, number, level_name, m, u, quarters, kind) \
    [BN_MATCH_##FIELD].level[number] = {#level_name, m, u, quarters, kind},
#include <banyan/protocol/match/weights.def>
#undef BN_MATCH_FIELD
#undef BN_MATCH_LEVEL
};

const field_def *model_field(unsigned field)
{
    BN_ASSERT(field < BN_MATCH_FIELD_COUNT);
    return &fields[field];
}

unsigned model_top(unsigned field)
{
    unsigned top = MODEL_LEVELS - 1;
    while (fields[field].level[top].name == NULL) {
        top--;
    }
    return top;
}

unsigned model_exact(unsigned field)
{
    unsigned top = model_top(field);
    while (!fields[field].level[top].is_learnt) {
        top--;
    }
    return top;
}

static int32_t log2_ppm(uint32_t ppm)
{
    return bn_log2_ratio(ppm, PPM);
}

static void fill_priors(bn_epoch *epoch)
{
    for (unsigned f = 0; f < BN_MATCH_FIELD_COUNT; f++) {
        for (unsigned l = 1; l <= model_top(f); l++) {
            epoch->m[f][l] = log2_ppm(fields[f].level[l].m_ppm);
            epoch->u[f][l] = log2_ppm(fields[f].level[l].u_ppm);
        }
    }
}

/* Log odds that two of `records` records are one: matches / (pairs - matches). */
int32_t model_prior(uint64_t records, uint64_t matches)
{
    uint64_t n = records < 2 ? 2 : records;
    BN_ASSERT(n <= UINT32_MAX);
    uint64_t pairs = n * (n - 1) / 2;
    uint64_t found = matches < 1 ? 1 : matches;
    found = found > pairs / 2 ? (pairs + 1) / 2 : found;
    return bn_log2_ratio(found, pairs - found > 0 ? pairs - found : 1);
}

bn_epoch *model_create(uint64_t records_count)
{
    bn_epoch *epoch = bn_alloc(sizeof *epoch);
    if (epoch == NULL) {
        return NULL;
    }
    epoch->records_count = records_count;
    epoch->prior = model_prior(records_count, records_count * MATES_PER_RECORD_NUMERATOR /
                                                  MATES_PER_RECORD_DENOMINATOR);
    epoch->limits = (bn_epoch_limits){.link_min = bn_weight_of_ppm(LINK_PPM),
                                      .review_min = bn_weight_of_ppm(REVIEW_PPM),
                                      .mean_min = 0,
                                      .cluster_max = BN_CLUSTER_MAX};
    fill_priors(epoch);
    return epoch;
}

static uint64_t slot_of(unsigned space, uint32_t tag)
{
    return ((uint64_t)tag << 4 | space) * 0x9e3779b97f4a7c15u >> 20;
}

static bn_rc fill_slots(bn_epoch *epoch)
{
    bn_free(epoch->slots);
    epoch->slots = NULL;
    epoch->slots_mask = 0;
    if (epoch->terms_count == 0) {
        return BN_OK;
    }
    size_t size = 16;
    while (size < 2 * epoch->terms_count) {
        size *= 2;
    }
    epoch->slots = bn_alloc_array(size, sizeof *epoch->slots);
    if (epoch->slots == NULL) {
        return BN_E_NO_MEMORY;
    }
    epoch->slots_mask = size - 1;
    for (size_t i = 0; i < epoch->terms_count; i++) {
        size_t at = slot_of(epoch->terms[i].space, epoch->terms[i].tag) & epoch->slots_mask;
        while (epoch->slots[at] != 0) {
            at = (at + 1) & epoch->slots_mask;
        }
        epoch->slots[at] = (uint32_t)i + 1;
    }
    return BN_OK;
}

bn_rc model_settle(bn_epoch *epoch)
{
    BN_TRY(fill_slots(epoch));
    bn_buf bytes;
    bn_buf_init(&bytes, BN_EPOCH_BYTES_MAX);
    bn_rc rc = bn_epoch_encode(epoch, &bytes);
    if (rc == BN_OK) {
        bn_hash hash = bn_hash_of(bn_buf_slice(&bytes));
        memcpy(epoch->hash, hash.bytes, sizeof epoch->hash);
    }
    bn_buf_fini(&bytes);
    return rc;
}

uint32_t model_rarity(const bn_epoch *epoch, unsigned space, uint32_t tag)
{
    if (epoch->slots_mask != 0) {
        size_t at = slot_of(space, tag) & epoch->slots_mask;
        for (; epoch->slots[at] != 0; at = (at + 1) & epoch->slots_mask) {
            const term *t = &epoch->terms[epoch->slots[at] - 1];
            if (t->tag == tag && t->space == space) {
                return t->rarity;
            }
        }
    }
    return epoch->floor[space];
}

uint64_t model_secret_check(const uint8_t secret[BN_BLOCK_SECRET_BYTES])
{
    uint64_t check = bn_hash_short(secret, BN_SLICE("banyan match secret"));
    return check != 0 ? check : 1;
}

/* --- the public side ------------------------------------------------------------------------ */
bn_rc bn_epoch_create_default(uint64_t records_count, bn_epoch **out)
{
    bn_epoch *epoch = model_create(records_count);
    if (epoch == NULL) {
        return BN_E_NO_MEMORY;
    }
    bn_rc rc = model_settle(epoch);
    if (rc != BN_OK) {
        bn_epoch_destroy(&epoch);
        return rc;
    }
    *out = epoch;
    return BN_OK;
}

void bn_epoch_destroy(bn_epoch **epoch)
{
    if (*epoch == NULL) {
        return;
    }
    bn_free((*epoch)->terms);
    bn_free((*epoch)->generics);
    bn_free((*epoch)->crowded);
    bn_free((*epoch)->slots);
    bn_free(*epoch);
    *epoch = NULL;
}

const uint8_t *bn_epoch_hash(const bn_epoch *epoch)
{
    return epoch->hash;
}

const bn_epoch_limits *bn_epoch_limits_of(const bn_epoch *epoch)
{
    return &epoch->limits;
}

uint64_t bn_epoch_records_count(const bn_epoch *epoch)
{
    return epoch->records_count;
}

const uint64_t *bn_epoch_crowded(const bn_epoch *epoch, size_t *count)
{
    *count = epoch->crowded_count;
    return epoch->crowded;
}

bool bn_epoch_fits_secret(const bn_epoch *epoch, const uint8_t secret[BN_BLOCK_SECRET_BYTES])
{
    return epoch->secret_check == 0 || epoch->secret_check == model_secret_check(secret);
}

bool bn_epoch_is_generic(const bn_epoch *epoch, bn_match_field field, uint32_t tag)
{
    size_t low = 0;
    size_t high = epoch->generics_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const generic *g = &epoch->generics[middle];
        if (g->field == field && g->tag == tag) {
            return true;
        }
        bool is_before = g->field < field || (g->field == field && g->tag < tag);
        low = is_before ? middle + 1 : low;
        high = is_before ? high : middle;
    }
    return false;
}

/* The feature without the values that are no evidence. */
static void drop_generic(const bn_epoch *epoch, bn_feature *f)
{
    uint8_t kept = 0;
    for (uint8_t i = 0; i < f->phones_count; i++) {
        if (!bn_epoch_is_generic(epoch, BN_MATCH_PHONE, f->phones[i].tag)) {
            f->phones[kept++] = f->phones[i];
        }
    }
    f->phones_count = kept;
    kept = 0;
    for (uint8_t i = 0; i < f->emails_count; i++) {
        if (!bn_epoch_is_generic(epoch, BN_MATCH_EMAIL, f->emails[i].tag)) {
            f->emails[kept++] = f->emails[i];
        }
    }
    f->emails_count = kept;
    kept = 0;
    for (uint8_t i = 0; i < f->documents_count; i++) {
        if (!bn_epoch_is_generic(epoch, BN_MATCH_IDENTITY, model_document_tag(&f->documents[i]))) {
            f->documents[kept++] = f->documents[i];
        }
    }
    f->documents_count = kept;
}

size_t bn_epoch_keys(const bn_epoch *epoch, const uint8_t secret[BN_BLOCK_SECRET_BYTES],
                     const bn_feature *feature, bn_block_key keys[BN_BLOCK_KEYS_MAX])
{
    if (epoch->generics_count == 0) {
        return bn_block_keys(secret, feature, keys);
    }
    bn_feature plain = *feature;
    drop_generic(epoch, &plain);
    return bn_block_keys(secret, &plain, keys);
}

void model_drop_generic(const bn_epoch *epoch, bn_feature *feature)
{
    if (epoch->generics_count > 0) {
        drop_generic(epoch, feature);
    }
}
