/* records.c - records in their table, and stepping over ids.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/core/records.h>

#include "record_keys.h"

#include <string.h>

#define PREFIX_BYTES_MAX 32

bn_rc bn_records_get(bn_kv_txn *txn, uint16_t kind, bn_id id, bn_arena *arena, bn_record *out,
                     bn_err *err)
{
    uint8_t key[BN_KEY_ENTITY_BYTES];
    bn_slice stored;
    BN_TRY(bn_kv_get(txn, BN_TABLE_ENTITY, bn_key_entity(key, kind, id), &stored, err));
    bn_slice bytes = bn_arena_copy(arena, stored);
    if (bytes.data == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "record: no room for its %zu bytes", stored.len);
    }
    return bn_record_decode(kind, id, bytes, arena, out, err);
}

bn_rc bn_records_put(bn_kv_txn *txn, const bn_record *record, bn_err *err)
{
    uint8_t key[BN_KEY_ENTITY_BYTES];
    BN_AUTO(bn_buf_fini) bn_buf bytes;
    bn_buf_init(&bytes, BN_RECORD_BYTES_MAX);
    bn_record_encode(record, &bytes);
    bn_rc rc = bn_buf_status(&bytes);
    if (rc != BN_OK) {
        return bn_fail(err, rc, "record: cannot be put into %d bytes", BN_RECORD_BYTES_MAX);
    }
    return bn_kv_put(txn, BN_TABLE_ENTITY, bn_key_entity(key, record->kind, record->id),
                     bn_buf_slice(&bytes), err);
}

bn_rc bn_records_del(bn_kv_txn *txn, uint16_t kind, bn_id id, bn_err *err)
{
    uint8_t key[BN_KEY_ENTITY_BYTES];
    return bn_kv_del(txn, BN_TABLE_ENTITY, bn_key_entity(key, kind, id), err);
}

bool bn_id_successor(bn_id id, bn_id *out)
{
    for (size_t i = BN_ID_BYTES; i > 0; i--) {
        id.bytes[i - 1]++;
        if (id.bytes[i - 1] != 0) {
            *out = id;
            return true;
        }
    }
    return false;
}

bn_rc bn_key_tails(bn_kv_txn *txn, bn_table table, bn_slice prefix, bn_id first, bn_id *ids,
                   size_t ids_max, size_t *ids_count, bn_err *err)
{
    uint8_t start[PREFIX_BYTES_MAX + BN_ID_BYTES];
    bn_slice key;
    bn_slice value;
    size_t count = 0;
    BN_ASSERT(prefix.len <= PREFIX_BYTES_MAX);
    if (prefix.len > 0) {
        memcpy(start, prefix.data, prefix.len);
    }
    memcpy(start + prefix.len, first.bytes, BN_ID_BYTES);
    BN_AUTO(bn_kv_cursor_close) bn_kv_cursor *cursor = NULL;
    BN_TRY(bn_kv_cursor_open(txn, table, &cursor, err));
    bn_rc rc =
        bn_kv_seek(cursor, bn_slice_make(start, prefix.len + BN_ID_BYTES), &key, &value, err);
    while (rc == BN_OK && count < ids_max && bn_slice_starts(key, prefix)) {
        if (key.len != prefix.len + BN_ID_BYTES) {
            return bn_fail(err, BN_E_CORRUPT, "%s: key of %zu bytes, expected %zu",
                           bn_table_name(table), key.len, prefix.len + BN_ID_BYTES);
        }
        memcpy(ids[count++].bytes, key.data + prefix.len, BN_ID_BYTES);
        rc = count < ids_max ? bn_kv_next(cursor, &key, &value, err) : BN_OK;
    }
    if (rc != BN_OK && rc != BN_E_NOT_FOUND) {
        return rc;
    }
    *ids_count = count;
    return BN_OK;
}

bn_rc bn_records_next_id(bn_kv_txn *txn, uint16_t kind, bn_id after, bn_id *out, bn_err *err)
{
    uint8_t key[BN_KEY_ENTITY_BYTES];
    bn_id first;
    bn_id found;
    size_t count = 0;
    bn_key_entity(key, kind, after);
    if (bn_id_successor(after, &first)) {
        BN_TRY(bn_key_tails(txn, BN_TABLE_ENTITY, bn_slice_make(key, 2), first, &found, 1, &count,
                            err));
    }
    if (count == 0) {
        return BN_E_NOT_FOUND;
    }
    *out = found;
    return BN_OK;
}
