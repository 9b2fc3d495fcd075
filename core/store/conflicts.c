/* conflicts.c - conflict records, and which entity has which.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   CONFLICT     conflict id 16                        -> conflict record
 *   CONFLICT_OF  kind u16 | entity 16 | conflict id 16 -> nothing
 *
 * Both rows are written and removed together.
 */
#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/core/records.h>

#include "record_keys.h"

#include <string.h>

#define OF_BYTES (BN_KEY_ENTITY_BYTES + BN_ID_BYTES)

static bn_slice key_of(uint8_t out[OF_BYTES], const bn_conflict *conflict)
{
    bn_key_entity(out, conflict->kind, conflict->entity);
    memcpy(out + BN_KEY_ENTITY_BYTES, conflict->id.bytes, BN_ID_BYTES);
    return bn_slice_make(out, OF_BYTES);
}

bn_rc bn_conflicts_get(bn_kv_txn *txn, bn_id id, bn_arena *arena, bn_conflict *out, bn_err *err)
{
    bn_slice stored;
    BN_TRY(bn_kv_get(txn, BN_TABLE_CONFLICT, bn_id_slice(&id), &stored, err));
    bn_slice bytes = bn_arena_copy(arena, stored);
    if (bytes.data == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "conflict: no room for its %zu bytes", stored.len);
    }
    return bn_conflict_decode(bytes, arena, out, err);
}

bn_rc bn_conflicts_put(bn_kv_txn *txn, const bn_conflict *conflict, bn_err *err)
{
    uint8_t of[OF_BYTES];
    BN_AUTO(bn_buf_fini) bn_buf bytes;
    bn_buf_init(&bytes, BN_VALUE_BYTES_MAX);
    bn_conflict_encode(conflict, &bytes);
    bn_rc rc = bn_buf_status(&bytes);
    if (rc != BN_OK) {
        return bn_fail(err, rc, "conflict: cannot be put into %d bytes", BN_VALUE_BYTES_MAX);
    }
    BN_TRY(
        bn_kv_put(txn, BN_TABLE_CONFLICT, bn_id_slice(&conflict->id), bn_buf_slice(&bytes), err));
    return bn_kv_put(txn, BN_TABLE_CONFLICT_OF, key_of(of, conflict), bn_slice_make("", 0), err);
}

bn_rc bn_conflicts_del(bn_kv_txn *txn, const bn_conflict *conflict, bn_err *err)
{
    uint8_t of[OF_BYTES];
    BN_TRY(bn_kv_del(txn, BN_TABLE_CONFLICT, bn_id_slice(&conflict->id), err));
    return bn_kv_del(txn, BN_TABLE_CONFLICT_OF, key_of(of, conflict), err);
}

bn_rc bn_conflicts_next(bn_kv_txn *txn, bn_id after, bn_arena *arena, bn_conflict *out, bn_err *err)
{
    bn_id first;
    bn_id found;
    size_t count = 0;
    if (bn_id_successor(after, &first)) {
        BN_TRY(bn_key_tails(txn, BN_TABLE_CONFLICT, bn_slice_make("", 0), first, &found, 1, &count,
                            err));
    }
    return count == 0 ? BN_E_NOT_FOUND : bn_conflicts_get(txn, found, arena, out, err);
}

bn_rc bn_conflicts_of(bn_kv_txn *txn, uint16_t kind, bn_id entity, bn_id *ids, size_t ids_max,
                      size_t *ids_count, bn_err *err)
{
    uint8_t prefix[BN_KEY_ENTITY_BYTES];
    return bn_key_tails(txn, BN_TABLE_CONFLICT_OF, bn_key_entity(prefix, kind, entity), (bn_id){0},
                        ids, ids_max, ids_count, err);
}
