/* indexes.c - equality look-ups by keyed hash.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   INDEX   kind u16 | field u16 | BLAKE2b-128 of the form, keyed | id 16  ->  nothing
 *
 * Who reads the disk without the key learns how many records share a value, never which. Only
 * records that exist have rows. A record has at most one row per cell and item.
 */
#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/base/number.h>
#include <banyan/core/records.h>

#include "index_form.h"
#include "record_keys.h"

#include <string.h>

#define HASH_BYTES 16
#define HEAD_BYTES (4 + HASH_BYTES)
#define ROWS_MAX (BN_FIELDS_MAX + BN_ITEMS_MAX)
#define FORM_BYTES_MAX (BN_TEXT_BYTES_MAX + 1)

/* What a row is named by, without the id. */
typedef struct head {
    uint8_t bytes[HEAD_BYTES];
} head;

typedef struct heads {
    size_t count;
    head row[ROWS_MAX];
} heads;

/* False when the value has nothing to compare. */
static bn_rc make_head(const bn_index_key *key, uint16_t kind, uint16_t field, bn_value value,
                       head *out, bool *is_made)
{
    BN_AUTO(bn_buf_fini) bn_buf form;
    bn_buf_init(&form, FORM_BYTES_MAX);
    BN_TRY(bn_index_form(kind, field, value, &form));
    *is_made = form.len > 0;
    if (*is_made) {
        bn_store_u16(out->bytes, kind);
        bn_store_u16(out->bytes + 2, field);
        bn_hash_keyed(bn_slice_make(key->bytes, sizeof key->bytes), bn_buf_slice(&form),
                      out->bytes + 4, HASH_BYTES);
    }
    return BN_OK;
}

static bool has_head(const heads *in, const head *wanted)
{
    for (size_t i = 0; i < in->count; i++) {
        if (memcmp(in->row[i].bytes, wanted->bytes, HEAD_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

static bn_rc collect_cells(const bn_index_key *key, const bn_kind_def *kind, const bn_cell *cells,
                           size_t count, heads *out)
{
    for (size_t i = 0; i < count; i++) {
        const bn_field_def *field = bn_schema_field(kind, cells[i].field);
        bool is_made = false;
        head made;
        if (field == NULL || !bn_index_has(field)) {
            continue;
        }
        BN_TRY(
            make_head(key, (uint16_t)kind->kind, cells[i].field, cells[i].value, &made, &is_made));
        if (is_made && !has_head(out, &made)) {
            if (out->count == ROWS_MAX) {
                return BN_E_LIMIT;
            }
            out->row[out->count++] = made;
        }
    }
    return BN_OK;
}

static bn_rc collect(const bn_index_key *key, const bn_record *record, heads *out)
{
    out->count = 0;
    const bn_kind_def *kind = record != NULL ? bn_schema_kind(record->kind) : NULL;
    if (kind == NULL || !bn_record_exists(record)) {
        return BN_OK;
    }
    BN_TRY(collect_cells(key, kind, record->cells, record->cells_count, out));
    return collect_cells(key, kind, record->items, record->items_count, out);
}

static bn_slice row_key(uint8_t out[HEAD_BYTES + BN_ID_BYTES], const head *row, bn_id id)
{
    memcpy(out, row->bytes, HEAD_BYTES);
    memcpy(out + HEAD_BYTES, id.bytes, BN_ID_BYTES);
    return bn_slice_make(out, HEAD_BYTES + BN_ID_BYTES);
}

static bn_rc write_difference(bn_kv_txn *txn, const heads *old, const heads *now, bn_id id,
                              bn_err *err)
{
    uint8_t key[HEAD_BYTES + BN_ID_BYTES];
    for (size_t i = 0; i < old->count; i++) {
        if (!has_head(now, &old->row[i])) {
            BN_TRY(bn_kv_del(txn, BN_TABLE_INDEX, row_key(key, &old->row[i], id), err));
        }
    }
    for (size_t i = 0; i < now->count; i++) {
        if (!has_head(old, &now->row[i])) {
            BN_TRY(bn_kv_put(txn, BN_TABLE_INDEX, row_key(key, &now->row[i], id),
                             bn_slice_make("", 0), err));
        }
    }
    return BN_OK;
}

bn_rc bn_indexes_update(bn_kv_txn *txn, const bn_index_key *key, const bn_record *before,
                        const bn_record *after, bn_err *err)
{
    heads old;
    heads now;
    const bn_record *either = after != NULL ? after : before;
    if (either == NULL) {
        return BN_OK;
    }
    BN_ASSERT(before == NULL || after == NULL || bn_id_equal(before->id, after->id));
    bn_rc rc = collect(key, before, &old);
    if (rc == BN_OK) {
        rc = collect(key, after, &now);
    }
    if (rc != BN_OK) {
        return bn_fail(err, rc, "index: a value has no compare form");
    }
    return write_difference(txn, &old, &now, either->id, err);
}

bn_rc bn_indexes_find(bn_kv_txn *txn, const bn_index_key *key, uint16_t kind, uint16_t field,
                      bn_value value, bn_id after, bn_id *ids, size_t ids_max, size_t *ids_count,
                      bn_err *err)
{
    head wanted;
    bool is_made = false;
    bn_id first;
    bn_rc rc = make_head(key, kind, field, value, &wanted, &is_made);
    if (rc != BN_OK) {
        return bn_fail(err, rc, "index: the value has no compare form");
    }
    if (!is_made || !bn_id_successor(after, &first)) {
        *ids_count = 0;
        return BN_OK;
    }
    return bn_key_tails(txn, BN_TABLE_INDEX, bn_slice_make(wanted.bytes, HEAD_BYTES), first, ids,
                        ids_max, ids_count, err);
}
