/* apply_outcome.c - the server decided an own op otherwise: it leaves the overlay.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What of it survived comes as PUT of the same commit. What did not survive is remembered with
 * the reason, so that the person who made it can be told.
 */
#include "branch-client/apply.h"

static bool is_applied(bn_outcome outcome)
{
    return outcome == BN_OUTCOME_APPLIED || outcome == BN_OUTCOME_MERGED ||
           outcome == BN_OUTCOME_SAME || outcome == BN_OUTCOME_RESOLVED;
}

/* Dropping an op changes what is shown of its record. */
static bn_rc drop_waiting(const bn_apply *apply, const bn_op *op, uint64_t oseq, bn_err *err)
{
    bn_write *write = apply->write;
    if (op->type != BN_OP_WRITE) {
        return bn_overlay_drop(write, op, oseq, err);
    }
    bn_confirmed_change change;
    BN_TRY(bn_confirmed_begin(apply, op->kind, op->id, &change, err));
    BN_TRY(bn_overlay_drop(write, op, oseq, err));
    return bn_confirmed_end(apply, &change, err);
}

static bn_rc check_retried(const bn_apply *apply, uint64_t oseq, bn_err *err)
{
    bn_fate_row fate;
    bn_rc rc = bn_fate_get(apply->write->txn, oseq, apply->arena, &fate, NULL);
    if (rc == BN_OK && bn_outcome_is_refusal(fate.outcome)) {
        return BN_OK;
    }
    return bn_fail(err, rc == BN_OK || rc == BN_E_NOT_FOUND ? BN_E_FORMAT : rc,
                   "own op %llu was decided before", (unsigned long long)oseq);
}

bn_rc bn_branch_apply_outcome(const bn_apply *apply, const bn_effect *effect, bn_err *err)
{
    bn_write *write = apply->write;
    bn_heads *heads = &write->heads;
    uint64_t oseq = effect->oseq;
    if (oseq == 0 || oseq > heads->oseq_last || oseq > heads->oseq_confirmed + 1) {
        return bn_fail(err, BN_E_FORMAT, "own op %llu decided, op %llu is next",
                       (unsigned long long)oseq, (unsigned long long)heads->oseq_confirmed + 1);
    }
    bn_op op;
    bool erased;
    BN_TRY(bn_oplog_get(write->txn, oseq, apply->arena, &op, &erased, err));
    if (oseq <= heads->oseq_confirmed) {
        BN_TRY(check_retried(apply, oseq, err));
    } else if (erased) {
        return bn_fail(err, BN_E_CORRUPT, "own op %llu was erased before it was decided",
                       (unsigned long long)oseq);
    } else {
        BN_TRY(drop_waiting(apply, &op, oseq, err));
        heads->oseq_confirmed = oseq;
    }
    if (is_applied(effect->outcome)) {
        BN_TRY(bn_fate_del(write, oseq, err));
    } else {
        bn_fate_row fate = {
            .outcome = effect->outcome, .cseq = effect->cseq, .reason = effect->reason};
        BN_TRY(bn_fate_put(write, oseq, &fate, err));
    }
    return erased ? BN_OK
                  : bn_history_put_own(write, &op, oseq, effect->cseq, effect->outcome, err);
}
