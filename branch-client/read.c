/* read.c - what people see: records, conflicts, what waits, what was refused.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "branch-client/store.h"

#include <banyan/base/check.h>
#include <banyan/base/number.h>

static bn_rc begin(bn_branch *branch, bn_kv_txn **txn, bn_err *err)
{
    if (branch->broken) {
        return bn_fail(err, BN_E_IO, "the store failed: stop, start again and verify");
    }
    return bn_kv_begin(branch->kv, BN_KV_READ, txn, err);
}

/* --- records -------------------------------------------------------------------------------- */

static bn_rc get_shown(bn_branch *branch, bn_kv_txn *txn, uint16_t kind, bn_id id, bn_arena *arena,
                       bn_record *out, bn_err *err)
{
    bn_record record;
    BN_TRY(bn_shown_get(branch, txn, kind, id, arena, &record, err));
    if (bn_record_cell(&record, BN_FIELD_EXISTENCE) == NULL) {
        return bn_fail(err, BN_E_NOT_FOUND, "no such record");
    }
    *out = record;
    return BN_OK;
}

bn_rc bn_branch_get(bn_branch *branch, uint16_t kind, bn_id id, bn_arena *arena, bn_record *out,
                    bn_err *err)
{
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    BN_TRY(begin(branch, &txn, err));
    return get_shown(branch, txn, kind, id, arena, out, err);
}

bn_rc bn_branch_read_begin(bn_branch *branch, bn_branch_reader *reader, bn_err *err)
{
    bn_kv_txn *txn = NULL;
    BN_TRY(begin(branch, &txn, err));
    *reader = (bn_branch_reader){.branch = branch, .txn = txn};
    return BN_OK;
}

void bn_branch_read_end(bn_branch_reader *reader)
{
    bn_kv_abort(&reader->txn);
}

/* A record that only has edits waiting for one that left the view shows as empty: queries skip
 * what does not exist. */
static bn_rc source_get(void *context, uint16_t kind, bn_id id, bn_arena *arena, bn_record *out,
                        bn_err *err)
{
    const bn_branch_reader *reader = context;
    return bn_shown_get(reader->branch, reader->txn, kind, id, arena, out, err);
}

static bn_rc source_next_id(void *context, uint16_t kind, bn_id after, bn_id *out, bn_err *err)
{
    const bn_branch_reader *reader = context;
    return bn_shown_next_id(reader->txn, kind, after, out, err);
}

bn_record_source bn_branch_source(bn_branch_reader *reader)
{
    return (bn_record_source){.get = source_get, .next_id = source_next_id, .context = reader};
}

bn_rc bn_branch_find(bn_branch *branch, uint16_t kind, uint16_t field, bn_value value, bn_id after,
                     bn_id *ids, size_t ids_max, size_t *ids_count, bn_err *err)
{
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    BN_TRY(begin(branch, &txn, err));
    return bn_indexes_find(txn, &branch->keys.index, kind, field, value, after, ids, ids_max,
                           ids_count, err);
}

bn_rc bn_branch_golden(bn_branch *branch, bn_id customer, bn_arena *arena, bn_slice *out,
                       bn_err *err)
{
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    BN_TRY(begin(branch, &txn, err));
    bn_slice stored;
    BN_TRY(bn_kv_get(txn, BN_TABLE_GOLDEN, bn_id_slice(&customer), &stored, err));
    bn_slice summary = bn_arena_copy(arena, stored);
    if (summary.data == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for a summary of %zu bytes", stored.len);
    }
    *out = summary;
    return BN_OK;
}

/* --- conflicts ------------------------------------------------------------------------------ */

bn_rc bn_branch_conflict_get(bn_branch *branch, bn_id id, bn_arena *arena, bn_conflict *out,
                             bn_err *err)
{
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    BN_TRY(begin(branch, &txn, err));
    return bn_conflicts_get(txn, id, arena, out, err);
}

bn_rc bn_branch_conflict_next(bn_branch *branch, bn_conflict_state state, bn_id after,
                              bn_arena *arena, bn_conflict *out, bn_err *err)
{
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    BN_TRY(begin(branch, &txn, err));
    bn_conflict conflict;
    do {
        BN_TRY(bn_conflicts_next(txn, after, arena, &conflict, err));
        after = conflict.id;
    } while (state != 0 && conflict.state != state);
    *out = conflict;
    return BN_OK;
}

bn_rc bn_branch_conflicts_of(bn_branch *branch, uint16_t kind, bn_id entity, bn_id *ids,
                             size_t ids_max, size_t *ids_count, bn_err *err)
{
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    BN_TRY(begin(branch, &txn, err));
    return bn_conflicts_of(txn, kind, entity, ids, ids_max, ids_count, err);
}

/* --- own ops -------------------------------------------------------------------------------- */

/* Ops above the confirmed position are exactly those that wait. */
bn_rc bn_branch_waiting_next(bn_branch *branch, uint64_t after_oseq, bn_arena *arena,
                             bn_own_op *out, bn_err *err)
{
    const bn_heads *heads = &branch->heads;
    uint64_t after = after_oseq > heads->oseq_confirmed ? after_oseq : heads->oseq_confirmed;
    if (after >= heads->oseq_last) {
        return BN_E_NOT_FOUND;
    }
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    BN_TRY(begin(branch, &txn, err));
    bn_own_op own = {.dot = {branch->identity.origin, after + 1},
                     .pushed = after + 1 <= heads->oseq_acked};
    bool erased;
    BN_TRY(bn_oplog_get(txn, after + 1, arena, &own.op, &erased, err));
    *out = own;
    return BN_OK;
}

bn_rc bn_branch_refused_next(bn_branch *branch, uint64_t after_oseq, bn_arena *arena,
                             bn_own_op *out, bn_err *err)
{
    if (after_oseq == UINT64_MAX) {
        return BN_E_NOT_FOUND;
    }
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    BN_TRY(begin(branch, &txn, err));
    BN_AUTO(bn_kv_cursor_close) bn_kv_cursor *cursor = NULL;
    BN_TRY(bn_kv_cursor_open(txn, BN_TABLE_FATE, &cursor, err));
    uint8_t seek[8];
    bn_slice key;
    bn_slice value;
    BN_TRY(bn_kv_seek(cursor, bn_key_u64(seek, after_oseq + 1), &key, &value, NULL));
    bn_own_op own = {.dot = {branch->identity.origin, bn_load_u64(key.data)}, .pushed = true};
    bn_kv_cursor_close(&cursor);
    bn_fate_row fate;
    BN_TRY(bn_fate_get(txn, own.dot.oseq, arena, &fate, err));
    bool erased;
    BN_TRY(bn_oplog_get(txn, own.dot.oseq, arena, &own.op, &erased, err));
    own.outcome = fate.outcome;
    own.reason = fate.reason;
    *out = own;
    return BN_OK;
}

bn_rc bn_branch_is_waiting(bn_branch *branch, uint16_t kind, bn_id id, bool *out, bn_err *err)
{
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    BN_TRY(begin(branch, &txn, err));
    uint64_t oseq;
    bn_rc rc = bn_overlay_next(txn, kind, id, 0, &oseq, err);
    if (rc != BN_OK && rc != BN_E_NOT_FOUND) {
        return rc;
    }
    *out = rc == BN_OK;
    return BN_OK;
}
