/* epoch.c - the canonical bytes of an epoch.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   "BNME" | epoch, normaliser and row version u8 each | fields u8 | records u64 | prior i32
 *   | link, review, mean i32 | cluster u32 | per field: levels u8, m i32 and u i32 per level
 *   | 16 floors u16 | secret check u64
 *   | terms u32, each: space u8, tag u32, rarity u16 | generic u32, each: field u8, tag u32
 *   | crowded u32, each u64
 *
 * Big endian; lists ascend strictly, so that one model has one form.
 */
#include <banyan/protocol/match/epoch.h>

#include "model.h"

#include <banyan/base/alloc.h>
#include <banyan/base/buf.h>
#include <banyan/base/check.h>
#include <banyan/base/number.h>
#include <banyan/protocol/match/normalise.h>

#include <string.h>

static const char magic[4] = {'B', 'N', 'M', 'E'};

static void put_u16(bn_buf *out, uint16_t value)
{
    uint8_t bytes[2];
    bn_store_u16(bytes, value);
    bn_buf_append(out, bytes, sizeof bytes);
}

static void put_u32(bn_buf *out, uint32_t value)
{
    uint8_t bytes[4];
    bn_store_u32(bytes, value);
    bn_buf_append(out, bytes, sizeof bytes);
}

static void put_u64(bn_buf *out, uint64_t value)
{
    uint8_t bytes[8];
    bn_store_u64(bytes, value);
    bn_buf_append(out, bytes, sizeof bytes);
}

static void put_tables(const bn_epoch *epoch, bn_buf *out)
{
    for (unsigned f = 0; f < BN_MATCH_FIELD_COUNT; f++) {
        unsigned top = model_top(f);
        bn_buf_append_byte(out, (uint8_t)top);
        for (unsigned l = 1; l <= top; l++) {
            put_u32(out, (uint32_t)epoch->m[f][l]);
            put_u32(out, (uint32_t)epoch->u[f][l]);
        }
    }
    for (unsigned s = 0; s < MODEL_SPACES; s++) {
        put_u16(out, epoch->floor[s]);
    }
}

bn_rc bn_epoch_encode(const bn_epoch *epoch, bn_buf *out)
{
    size_t start = out->len;
    bn_buf_append(out, magic, sizeof magic);
    bn_buf_append_byte(out, BN_EPOCH_VERSION);
    bn_buf_append_byte(out, BN_NORMALISE_VERSION);
    bn_buf_append_byte(out, BN_FEATURE_VERSION);
    bn_buf_append_byte(out, BN_MATCH_FIELD_COUNT);
    put_u64(out, epoch->records_count);
    put_u32(out, (uint32_t)epoch->prior);
    put_u32(out, (uint32_t)epoch->limits.link_min);
    put_u32(out, (uint32_t)epoch->limits.review_min);
    put_u32(out, (uint32_t)epoch->limits.mean_min);
    put_u32(out, epoch->limits.cluster_max);
    put_tables(epoch, out);
    put_u64(out, epoch->secret_check);
    put_u32(out, (uint32_t)epoch->terms_count);
    for (size_t i = 0; i < epoch->terms_count; i++) {
        bn_buf_append_byte(out, epoch->terms[i].space);
        put_u32(out, epoch->terms[i].tag);
        put_u16(out, epoch->terms[i].rarity);
    }
    put_u32(out, (uint32_t)epoch->generics_count);
    for (size_t i = 0; i < epoch->generics_count; i++) {
        bn_buf_append_byte(out, epoch->generics[i].field);
        put_u32(out, epoch->generics[i].tag);
    }
    put_u32(out, (uint32_t)epoch->crowded_count);
    for (size_t i = 0; i < epoch->crowded_count; i++) {
        put_u64(out, epoch->crowded[i]);
    }
    bn_rc rc = bn_buf_status(out);
    if (rc != BN_OK) {
        bn_buf_truncate(out, start);
    }
    return rc;
}

/* --- decoding --------------------------------------------------------------------------------- */
typedef struct cursor {
    bn_slice bytes;
    size_t at;
    bool is_good;
} cursor;

static const uint8_t *take(cursor *c, size_t len)
{
    static const uint8_t zeros[8];
    if (!c->is_good || c->bytes.len - c->at < len) {
        c->is_good = false;
        return zeros;
    }
    c->at += len;
    return c->bytes.data + c->at - len;
}

static uint8_t take_u8(cursor *c)
{
    return *take(c, 1);
}

static uint32_t take_u32(cursor *c)
{
    return bn_load_u32(take(c, 4));
}

static int32_t take_weight(cursor *c)
{
    int32_t value = (int32_t)take_u32(c);
    int32_t bound = 64 * BN_WEIGHT_BIT;
    c->is_good = c->is_good && value >= -bound && value <= bound;
    return value;
}

/* How many items of `item_bytes` follow; no more than there are bytes. */
static size_t take_count(cursor *c, size_t item_bytes, size_t count_max)
{
    size_t count = take_u32(c);
    c->is_good = c->is_good && count <= count_max && count <= (c->bytes.len - c->at) / item_bytes;
    return c->is_good ? count : 0;
}

static void take_tables(cursor *c, bn_epoch *epoch)
{
    for (unsigned f = 0; f < BN_MATCH_FIELD_COUNT; f++) {
        c->is_good = c->is_good && take_u8(c) == model_top(f);
        for (unsigned l = 1; l <= model_top(f) && c->is_good; l++) {
            epoch->m[f][l] = take_weight(c);
            epoch->u[f][l] = take_weight(c);
        }
    }
    for (unsigned s = 0; s < MODEL_SPACES; s++) {
        epoch->floor[s] = bn_load_u16(take(c, 2));
    }
}

static bn_rc take_terms(cursor *c, bn_epoch *epoch)
{
    size_t count = take_count(c, 7, BN_EPOCH_TERMS_MAX);
    epoch->terms = bn_alloc_array(count + 1, sizeof *epoch->terms);
    if (epoch->terms == NULL) {
        return BN_E_NO_MEMORY;
    }
    uint64_t before = 0;
    for (size_t i = 0; i < count; i++) {
        term *t = &epoch->terms[i];
        t->space = take_u8(c);
        t->tag = take_u32(c);
        t->rarity = bn_load_u16(take(c, 2));
        uint64_t order = (uint64_t)t->space << 32 | t->tag;
        c->is_good = c->is_good && t->space < MODEL_SPACES && (i == 0 || before < order);
        before = order;
    }
    epoch->terms_count = count;
    return BN_OK;
}

static bn_rc take_generics(cursor *c, bn_epoch *epoch)
{
    size_t count = take_count(c, 5, BN_EPOCH_GENERICS_MAX);
    epoch->generics = bn_alloc_array(count + 1, sizeof *epoch->generics);
    if (epoch->generics == NULL) {
        return BN_E_NO_MEMORY;
    }
    uint64_t before = 0;
    for (size_t i = 0; i < count; i++) {
        generic *g = &epoch->generics[i];
        g->field = take_u8(c);
        g->tag = take_u32(c);
        uint64_t order = (uint64_t)g->field << 32 | g->tag;
        c->is_good = c->is_good && g->field < BN_MATCH_FIELD_COUNT && (i == 0 || before < order);
        before = order;
    }
    epoch->generics_count = count;
    return BN_OK;
}

static bn_rc take_crowded(cursor *c, bn_epoch *epoch)
{
    size_t count = take_count(c, 8, BN_EPOCH_CROWDED_MAX);
    epoch->crowded = bn_alloc_array(count + 1, sizeof *epoch->crowded);
    if (epoch->crowded == NULL) {
        return BN_E_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        epoch->crowded[i] = bn_load_u64(take(c, 8));
        c->is_good = c->is_good && (i == 0 || epoch->crowded[i - 1] < epoch->crowded[i]);
    }
    epoch->crowded_count = count;
    c->is_good = c->is_good && (count > 0) == (epoch->secret_check != 0);
    return BN_OK;
}

static void take_head(cursor *c, bn_epoch *epoch)
{
    c->is_good = c->is_good && memcmp(take(c, sizeof magic), magic, sizeof magic) == 0;
    c->is_good = c->is_good && take_u8(c) == BN_EPOCH_VERSION;
    c->is_good = c->is_good && take_u8(c) == BN_NORMALISE_VERSION;
    c->is_good = c->is_good && take_u8(c) == BN_FEATURE_VERSION;
    c->is_good = c->is_good && take_u8(c) == BN_MATCH_FIELD_COUNT;
    epoch->records_count = bn_load_u64(take(c, 8));
    epoch->prior = take_weight(c);
    epoch->limits.link_min = take_weight(c);
    epoch->limits.review_min = take_weight(c);
    epoch->limits.mean_min = take_weight(c);
    epoch->limits.cluster_max = take_u32(c);
    c->is_good = c->is_good && epoch->limits.cluster_max >= 1 &&
                 epoch->limits.link_min >= epoch->limits.review_min;
}

bn_rc bn_epoch_decode(bn_slice bytes, bn_epoch **out, bn_err *err)
{
    BN_AUTO(bn_epoch_destroy) bn_epoch *epoch = model_create(0);
    if (epoch == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for an epoch");
    }
    cursor c = {.bytes = bytes, .is_good = true};
    take_head(&c, epoch);
    take_tables(&c, epoch);
    epoch->secret_check = bn_load_u64(take(&c, 8));
    BN_TRY(take_terms(&c, epoch));
    BN_TRY(take_generics(&c, epoch));
    BN_TRY(take_crowded(&c, epoch));
    if (!c.is_good || c.at != bytes.len) {
        return bn_fail(err, BN_E_CORRUPT, "epoch: wrong at byte %zu of %zu", c.at, bytes.len);
    }
    BN_TRY(model_settle(epoch));
    *out = BN_TAKE(epoch);
    return BN_OK;
}
