/* apply_record.c - a record gets values, enters the view, leaves it, or is erased.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "branch-client/apply.h"

#include <banyan/base/check.h>
#include <banyan/base/number.h>

/* --- around every change --------------------------------------------------------------------- */

static bn_rc show(const bn_apply *apply, const bn_record *confirmed, bn_record *out, bn_err *err)
{
    BN_TRY(bn_record_copy(confirmed, apply->arena, out));
    if (apply->write->heads.ops_waiting == 0) {
        return BN_OK;
    }
    return bn_overlay_apply(apply->write->branch, apply->write->txn, apply->arena, out, err);
}

bn_rc bn_confirmed_begin(const bn_apply *apply, uint16_t kind, bn_id id, bn_confirmed_change *out,
                         bn_err *err)
{
    BN_TRY(bn_confirmed_get(apply->write->txn, kind, id, apply->arena, &out->confirmed, err));
    BN_TRY(show(apply, &out->confirmed, &out->shown_before, err));
    out->was_shown = !bn_record_is_empty(&out->shown_before);
    return BN_OK;
}

bn_rc bn_confirmed_end(const bn_apply *apply, const bn_confirmed_change *change, bn_err *err)
{
    bn_write *write = apply->write;
    const bn_record *confirmed = &change->confirmed;
    BN_TRY(bn_record_is_empty(confirmed)
               ? bn_records_del(write->txn, confirmed->kind, confirmed->id, err)
               : bn_records_put(write->txn, confirmed, err));
    bn_record shown;
    BN_TRY(show(apply, confirmed, &shown, err));
    BN_TRY(bn_indexes_update(write->txn, &write->branch->keys.index,
                             change->was_shown ? &change->shown_before : NULL,
                             bn_record_is_empty(&shown) ? NULL : &shown, err));
    bn_write_touch(write, confirmed->kind, confirmed->id);
    return BN_OK;
}

/* --- effects ---------------------------------------------------------------------------------- */

bn_rc bn_branch_apply_put(const bn_apply *apply, const bn_effect *effect, bn_slice bytes,
                          bn_err *err)
{
    bn_confirmed_change change;
    BN_TRY(bn_confirmed_begin(apply, effect->kind, effect->id, &change, err));
    bn_rc rc = bn_effect_apply(effect, apply->arena, &change.confirmed);
    if (rc != BN_OK) {
        return bn_fail(err, rc, "the change of commit %llu does not fit its record",
                       (unsigned long long)effect->cseq);
    }
    BN_TRY(bn_confirmed_end(apply, &change, err));
    return bn_history_put_effect(apply->write, effect, bytes, err);
}

bn_rc bn_branch_apply_enter(const bn_apply *apply, const bn_effect *effect, bn_err *err)
{
    bn_confirmed_change change;
    BN_TRY(bn_confirmed_begin(apply, effect->kind, effect->id, &change, err));
    BN_TRY(bn_record_decode(effect->kind, effect->id, effect->image, apply->arena,
                            &change.confirmed, err));
    return bn_confirmed_end(apply, &change, err);
}

/* The confirmed state and all that came with it; own ops that wait are still pushed. An erased
 * record keeps the stamp of its removal when the same commit brought it. */
static bn_rc forget(const bn_apply *apply, const bn_effect *effect, bn_err *err)
{
    bn_confirmed_change change;
    BN_TRY(bn_confirmed_begin(apply, effect->kind, effect->id, &change, err));
    bn_record *record = &change.confirmed;
    const bn_cell *removal = bn_record_cell(record, BN_FIELD_EXISTENCE);
    bool keeps_removal = effect->type == BN_EFFECT_ERASE && removal != NULL &&
                         removal->stamp.cseq == effect->cseq;
    if (keeps_removal) {
        record->cells[0] = *removal;
    }
    record->cells_count = keeps_removal ? 1 : 0;
    record->items_count = 0;
    BN_TRY(bn_confirmed_end(apply, &change, err));
    BN_TRY(bn_history_del(apply->write, effect->kind, effect->id, err));
    return bn_kv_del(apply->write->txn, BN_TABLE_GOLDEN, bn_id_slice(&effect->id), err);
}

bn_rc bn_branch_apply_leave(const bn_apply *apply, const bn_effect *effect, bn_err *err)
{
    BN_TRY(forget(apply, effect, err));
    return bn_branch_drop_conflicts(apply, effect->kind, effect->id, err);
}

/* Own ops of the record lose their bytes too; the chain head stays, so the chain still holds. */
static bn_rc erase_own_ops(const bn_apply *apply, const bn_effect *effect, bn_err *err)
{
    bn_write *write = apply->write;
    for (uint64_t oseq = 1; oseq <= write->heads.oseq_confirmed; oseq++) {
        bn_arena *arena = &write->branch->lookup;
        bn_arena_reset(arena);
        bn_op op;
        bool erased;
        bn_rc rc = bn_oplog_get(write->txn, oseq, arena, &op, &erased, err);
        if (rc == BN_E_NOT_FOUND) {
            continue;
        }
        BN_TRY(rc);
        if (erased || op.kind != effect->kind || !bn_id_equal(op.id, effect->id)) {
            continue;
        }
        bn_hash head;
        bn_slice bytes;
        uint8_t key[8];
        BN_TRY(bn_oplog_row(write->txn, oseq, &head, &bytes, err));
        BN_TRY(bn_kv_put(write->txn, BN_TABLE_OPLOG, bn_key_u64(key, oseq),
                         bn_slice_make(head.bytes, sizeof head.bytes), err));
    }
    return BN_OK;
}

bn_rc bn_branch_apply_erase(const bn_apply *apply, const bn_effect *effect, bn_err *err)
{
    BN_TRY(erase_own_ops(apply, effect, err));
    return forget(apply, effect, err);
}
