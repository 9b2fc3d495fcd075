/* apply_own.c - the server applied own ops as sent: overlay to confirmed.
 * SPDX-License-Identifier: Apache-2.0
 *
 * In order, an op that is confirmed is the first of its record in the overlay: what is shown is
 * the same before and after, so neither INDEX nor the search column is touched. An op that was
 * quarantined and tried again comes later than its neighbours and takes the long way.
 */
#include "branch-client/apply.h"

static bn_rc check_run(const bn_heads *heads, const bn_effect *effect, bn_err *err)
{
    if (effect->oseq == 0 || effect->count == 0 || effect->oseq > heads->oseq_last ||
        effect->count > heads->oseq_last - effect->oseq + 1) {
        return bn_fail(err, BN_E_FORMAT, "own ops %llu and %u more: this branch made %llu",
                       (unsigned long long)effect->oseq, effect->count,
                       (unsigned long long)heads->oseq_last);
    }
    if (effect->oseq > heads->oseq_confirmed + 1) {
        return bn_fail(err, BN_E_FORMAT, "own op %llu confirmed before op %llu",
                       (unsigned long long)effect->oseq,
                       (unsigned long long)heads->oseq_confirmed + 1);
    }
    return BN_OK;
}

static bn_rc apply_to(bn_record *record, const bn_apply *apply, const bn_op *op, uint64_t oseq,
                      uint64_t cseq, bn_err *err)
{
    bn_stamp stamp = {.dot = {apply->write->branch->identity.origin, oseq},
                      .hlc = op->hlc,
                      .cseq = cseq};
    bn_rc rc = bn_record_apply_op(record, apply->arena, op, &stamp);
    return rc == BN_OK ? BN_OK
                       : bn_fail(err, rc, "own op %llu does not fit its record",
                                 (unsigned long long)oseq);
}

/* The next op in order. */
static bn_rc confirm_next(const bn_apply *apply, const bn_op *op, uint64_t oseq, uint64_t cseq,
                          bn_err *err)
{
    bn_write *write = apply->write;
    if (op->type == BN_OP_WRITE) {
        bn_record record;
        BN_TRY(bn_confirmed_get(write->txn, op->kind, op->id, apply->arena, &record, err));
        BN_TRY(apply_to(&record, apply, op, oseq, cseq, err));
        BN_TRY(bn_records_put(write->txn, &record, err));
    }
    BN_TRY(bn_overlay_drop(write, op, oseq, err));
    write->heads.oseq_confirmed = oseq;
    return BN_OK;
}

/* An op that was refused once and accepted on a retry. */
static bn_rc confirm_retried(const bn_apply *apply, const bn_op *op, uint64_t oseq, uint64_t cseq,
                             bn_err *err)
{
    bn_fate_row fate;
    bn_rc rc = bn_fate_get(apply->write->txn, oseq, apply->arena, &fate, NULL);
    if (rc != BN_OK || !bn_outcome_is_refusal(fate.outcome)) {
        return bn_fail(err, rc == BN_OK || rc == BN_E_NOT_FOUND ? BN_E_FORMAT : rc,
                       "own op %llu was confirmed before", (unsigned long long)oseq);
    }
    BN_TRY(bn_fate_del(apply->write, oseq, err));
    if (op->type != BN_OP_WRITE) {
        return BN_OK;
    }
    bn_confirmed_change change;
    BN_TRY(bn_confirmed_begin(apply, op->kind, op->id, &change, err));
    BN_TRY(apply_to(&change.confirmed, apply, op, oseq, cseq, err));
    return bn_confirmed_end(apply, &change, err);
}

static bn_rc confirm(const bn_apply *apply, uint64_t oseq, uint64_t cseq, bn_err *err)
{
    bn_op op;
    bool erased;
    BN_TRY(bn_oplog_get(apply->write->txn, oseq, apply->arena, &op, &erased, err));
    if (erased) {
        return bn_fail(err, BN_E_CORRUPT, "own op %llu was erased before it was confirmed",
                       (unsigned long long)oseq);
    }
    bool in_order = oseq == apply->write->heads.oseq_confirmed + 1;
    BN_TRY(in_order ? confirm_next(apply, &op, oseq, cseq, err)
                    : confirm_retried(apply, &op, oseq, cseq, err));
    return bn_history_put_own(apply->write, &op, oseq, cseq, BN_OUTCOME_APPLIED, err);
}

bn_rc bn_branch_apply_own(const bn_apply *apply, const bn_effect *effect, bn_err *err)
{
    BN_TRY(check_run(&apply->write->heads, effect, err));
    bn_effect run = *effect; /* the arena it came from is reset between ops */
    for (uint32_t i = 0; i < run.count; i++) {
        bn_arena_reset(apply->arena);
        BN_TRY(confirm(apply, run.oseq + i, run.cseq + i, err));
    }
    return BN_OK;
}
