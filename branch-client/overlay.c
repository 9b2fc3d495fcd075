/* overlay.c - own ops that are not confirmed, and what is shown because of them.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   shown = confirmed record, then each op of (kind, id) in OVERLAY in the order of oseq
 *
 * An OVERLAY row is a key only; the op is in OPLOG. A look-up costs one seek, and nothing when no
 * op waits at all.
 */
#include "branch-client/store.h"

#include <banyan/base/check.h>
#include <banyan/base/number.h>

bn_rc bn_oplog_row(bn_kv_txn *txn, uint64_t oseq, bn_hash *head, bn_slice *op, bn_err *err)
{
    uint8_t key[8];
    bn_slice row;
    bn_rc rc = bn_kv_get(txn, BN_TABLE_OPLOG, bn_key_u64(key, oseq), &row, err);
    if (rc == BN_E_NOT_FOUND) {
        return bn_fail(err, BN_E_NOT_FOUND, "op %llu is not in the op log",
                       (unsigned long long)oseq);
    }
    BN_TRY(rc);
    if (row.len < BN_HASH_BYTES) {
        return bn_fail(err, BN_E_CORRUPT, "op %llu: row of %zu bytes", (unsigned long long)oseq,
                       row.len);
    }
    memcpy(head->bytes, row.data, BN_HASH_BYTES);
    *op = bn_slice_make(row.data + BN_HASH_BYTES, row.len - BN_HASH_BYTES);
    return BN_OK;
}

bn_rc bn_oplog_get(bn_kv_txn *txn, uint64_t oseq, bn_arena *arena, bn_op *out, bool *erased,
                   bn_err *err)
{
    bn_hash head;
    bn_slice row;
    BN_TRY(bn_oplog_row(txn, oseq, &head, &row, err));
    *erased = row.len == 0;
    if (*erased) {
        return BN_OK;
    }
    bn_slice bytes = bn_arena_copy(arena, row);
    if (bytes.data == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for op %llu", (unsigned long long)oseq);
    }
    return bn_op_decode(bytes, arena, out, err);
}

bn_rc bn_oplog_head(const bn_branch *branch, bn_kv_txn *txn, uint64_t oseq, bn_hash *out,
                    bn_err *err)
{
    if (oseq == 0) {
        *out = bn_branch_chain_start(branch);
        return BN_OK;
    }
    bn_slice op;
    return bn_oplog_row(txn, oseq, out, &op, err);
}

bn_rc bn_overlay_next(bn_kv_txn *txn, uint16_t kind, bn_id id, uint64_t after, uint64_t *oseq,
                      bn_err *err)
{
    if (after == UINT64_MAX) {
        return BN_E_NOT_FOUND;
    }
    uint8_t from[BN_KEY_ENTITY_U64_BYTES];
    bn_slice seek = bn_key_entity_u64(from, kind, id, after + 1);
    BN_AUTO(bn_kv_cursor_close) bn_kv_cursor *cursor = NULL;
    BN_TRY(bn_kv_cursor_open(txn, BN_TABLE_OVERLAY, &cursor, err));
    bn_slice key;
    bn_slice value;
    BN_TRY(bn_kv_seek(cursor, seek, &key, &value, NULL));
    if (key.len != BN_KEY_ENTITY_U64_BYTES || memcmp(key.data, from, BN_KEY_ENTITY_BYTES) != 0) {
        return BN_E_NOT_FOUND;
    }
    *oseq = bn_load_u64(key.data + BN_KEY_ENTITY_BYTES);
    return BN_OK;
}

uint16_t bn_overlay_kind(const bn_op *op)
{
    return op->type == BN_OP_WRITE ? op->kind : BN_KIND_OVERLAY_OTHER;
}

/* Does anything wait for the entity? */
static bn_rc any_waiting(bn_kv_txn *txn, uint16_t kind, bn_id id, bool *out, bn_err *err)
{
    uint64_t oseq;
    bn_rc rc = bn_overlay_next(txn, kind, id, 0, &oseq, err);
    if (rc != BN_OK && rc != BN_E_NOT_FOUND) {
        return rc;
    }
    *out = rc == BN_OK;
    return BN_OK;
}

bn_rc bn_overlay_add(bn_write *write, const bn_op *op, uint64_t oseq, size_t op_bytes, bn_err *err)
{
    uint16_t kind = bn_overlay_kind(op);
    bool waiting = false;
    if (write->heads.ops_waiting > 0) {
        BN_TRY(any_waiting(write->txn, kind, op->id, &waiting, err));
    }
    uint8_t key[BN_KEY_ENTITY_U64_BYTES];
    BN_TRY(bn_kv_put(write->txn, BN_TABLE_OVERLAY, bn_key_entity_u64(key, kind, op->id, oseq),
                     BN_SLICE(""), err));
    write->heads.ops_waiting++;
    write->heads.bytes_waiting += op_bytes;
    write->heads.records_waiting += waiting ? 0 : 1;
    return BN_OK;
}

bn_rc bn_overlay_drop(bn_write *write, const bn_op *op, uint64_t oseq, bn_err *err)
{
    uint16_t kind = bn_overlay_kind(op);
    uint8_t key_bytes[BN_KEY_ENTITY_U64_BYTES];
    bn_slice key = bn_key_entity_u64(key_bytes, kind, op->id, oseq);
    if (!bn_kv_has(write->txn, BN_TABLE_OVERLAY, key)) {
        return bn_fail(err, BN_E_CORRUPT, "op %llu does not wait", (unsigned long long)oseq);
    }
    bn_hash head;
    bn_slice row;
    BN_TRY(bn_oplog_row(write->txn, oseq, &head, &row, err));
    size_t op_bytes = row.len;
    BN_TRY(bn_kv_del(write->txn, BN_TABLE_OVERLAY, key, err));
    bool waiting;
    BN_TRY(any_waiting(write->txn, kind, op->id, &waiting, err));
    bn_heads *heads = &write->heads;
    if (heads->ops_waiting == 0 || heads->bytes_waiting < op_bytes ||
        (!waiting && heads->records_waiting == 0)) {
        return bn_fail(err, BN_E_CORRUPT, "counts of what waits do not add up");
    }
    heads->ops_waiting--;
    heads->bytes_waiting -= op_bytes;
    heads->records_waiting -= waiting ? 0 : 1;
    return BN_OK;
}

bn_rc bn_overlay_apply(const bn_branch *branch, bn_kv_txn *txn, bn_arena *arena,
                       bn_record *record, bn_err *err)
{
    uint64_t oseq = 0;
    for (;;) {
        bn_rc rc = bn_overlay_next(txn, record->kind, record->id, oseq, &oseq, err);
        if (rc == BN_E_NOT_FOUND) {
            return BN_OK;
        }
        BN_TRY(rc);
        bn_op op;
        bool erased;
        BN_TRY(bn_oplog_get(txn, oseq, arena, &op, &erased, err));
        if (erased) {
            return bn_fail(err, BN_E_CORRUPT, "op %llu waits without its bytes",
                           (unsigned long long)oseq);
        }
        bn_stamp stamp = {.dot = {branch->identity.origin, oseq}, .hlc = op.hlc};
        rc = bn_record_apply_op(record, arena, &op, &stamp);
        if (rc != BN_OK) {
            return bn_fail(err, rc, "op %llu does not fit its record", (unsigned long long)oseq);
        }
    }
}

bn_rc bn_confirmed_get(bn_kv_txn *txn, uint16_t kind, bn_id id, bn_arena *arena, bn_record *out,
                       bn_err *err)
{
    bn_rc rc = bn_records_get(txn, kind, id, arena, out, err);
    if (rc == BN_E_NOT_FOUND) {
        bn_record_init(out, kind, id);
        return BN_OK;
    }
    return rc;
}

bn_rc bn_shown_get(const bn_branch *branch, bn_kv_txn *txn, uint16_t kind, bn_id id,
                   bn_arena *arena, bn_record *out, bn_err *err)
{
    bn_record record;
    BN_TRY(bn_confirmed_get(txn, kind, id, arena, &record, err));
    BN_TRY(bn_overlay_apply(branch, txn, arena, &record, err));
    bn_kv_forget(txn);
    *out = record;
    return BN_OK;
}

/* Next entity of the kind that has something waiting. */
static bn_rc next_waiting_id(bn_kv_txn *txn, uint16_t kind, bn_id after, bn_id *out, bn_err *err)
{
    uint8_t from[BN_KEY_ENTITY_U64_BYTES];
    bool first = bn_id_is_zero(after);
    bn_slice seek = bn_key_entity_u64(from, kind, after, first ? 0 : UINT64_MAX);
    BN_AUTO(bn_kv_cursor_close) bn_kv_cursor *cursor = NULL;
    BN_TRY(bn_kv_cursor_open(txn, BN_TABLE_OVERLAY, &cursor, err));
    bn_slice key;
    bn_slice value;
    BN_TRY(bn_kv_seek(cursor, seek, &key, &value, NULL));
    if (key.len != BN_KEY_ENTITY_U64_BYTES || bn_load_u16(key.data) != kind) {
        return BN_E_NOT_FOUND;
    }
    memcpy(out->bytes, key.data + 2, BN_ID_BYTES);
    return BN_OK;
}

bn_rc bn_shown_next_id(bn_kv_txn *txn, uint16_t kind, bn_id after, bn_id *out, bn_err *err)
{
    bn_id confirmed;
    bn_id waiting;
    bn_rc rc = bn_records_next_id(txn, kind, after, &confirmed, NULL);
    if (rc != BN_OK && rc != BN_E_NOT_FOUND) {
        return bn_fail(err, rc, "cannot read the records of kind %u", kind);
    }
    bn_rc overlay_rc = next_waiting_id(txn, kind, after, &waiting, NULL);
    if (overlay_rc != BN_OK && overlay_rc != BN_E_NOT_FOUND) {
        return bn_fail(err, overlay_rc, "cannot read what waits of kind %u", kind);
    }
    if (rc == BN_E_NOT_FOUND && overlay_rc == BN_E_NOT_FOUND) {
        return BN_E_NOT_FOUND;
    }
    bool take_waiting = rc == BN_E_NOT_FOUND ||
                        (overlay_rc == BN_OK && bn_id_compare(waiting, confirmed) < 0);
    *out = take_waiting ? waiting : confirmed;
    return BN_OK;
}
