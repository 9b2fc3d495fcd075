/* plan_other.c - ops that write no record: resolutions, undos, decisions.
 * SPDX-License-Identifier: Apache-2.0
 *
 * They show in no record before the server has decided them; until then they are in the list of
 * what waits, and a second decision of the same conflict is refused.
 */
#include "branch-client/plan.h"

static bn_rc observe_all(const bn_conflict *conflict, bn_arena *arena, bn_op *op, bn_err *err)
{
    size_t count =
        conflict->candidates_count < BN_OBSERVED_MAX ? conflict->candidates_count : BN_OBSERVED_MAX;
    op->observed = bn_arena_array(arena, count > 0 ? count : 1, sizeof *op->observed);
    if (op->observed == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for the candidates of a conflict");
    }
    for (size_t i = 0; i < count; i++) {
        op->observed[i] = conflict->candidates[i].dot;
    }
    op->observed_count = count;
    return BN_OK;
}

static bn_rc copy_observed(const bn_draft *draft, bn_arena *arena, bn_op *op, bn_err *err)
{
    op->observed = bn_arena_array(arena, draft->observed_count, sizeof *op->observed);
    if (op->observed == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for the candidates of a conflict");
    }
    memcpy(op->observed, draft->observed, draft->observed_count * sizeof *op->observed);
    op->observed_count = draft->observed_count;
    return BN_OK;
}

/* A value typed by hand: written over what is shown, groups complete. */
static bn_rc take_changes(bn_plan *plan, const bn_draft *draft, const bn_conflict *conflict,
                          bn_op *op, bn_err *err)
{
    const bn_kind_def *kind = bn_schema_kind(conflict->kind);
    if (kind == NULL) {
        return bn_fail(err, BN_E_UNSUPPORTED, "conflict of an unknown kind %u", conflict->kind);
    }
    bn_record shown;
    BN_TRY(bn_shown_get(plan->write->branch, plan->write->txn, conflict->kind, conflict->entity,
                        plan->arena, &shown, err));
    bn_change_list list;
    BN_TRY(bn_changes_start(draft, kind, &shown, true, plan->arena, &list, err));
    BN_TRY(bn_changes_complete_groups(&list, kind, &shown, err));
    bn_changes_sort(&list);
    op->changes = list.changes;
    op->changes_count = list.count;
    return BN_OK;
}

static bn_rc refuse_state(const bn_draft *draft, const bn_conflict *conflict, bn_plan *plan,
                          size_t index, bn_err *err)
{
    bool open = conflict->state == BN_CONFLICT_OPEN;
    bool decided =
        conflict->state == BN_CONFLICT_AUTO || conflict->state == BN_CONFLICT_RESOLVED;
    if (draft->type == BN_OP_RESOLVE ? open : decided) {
        return BN_OK;
    }
    *plan->stale =
        (bn_stale){.draft = index, .field = conflict->field, .dot = conflict->decided};
    return bn_fail(err, BN_E_STALE, "the conflict is %s", bn_conflict_state_name(conflict->state));
}

static bn_rc refuse_second(bn_plan *plan, bn_id conflict, bn_err *err)
{
    for (size_t i = 0; i < plan->ops_count; i++) {
        const bn_op *op = &plan->ops[i].op;
        if (op->type != BN_OP_WRITE && bn_id_equal(op->id, conflict)) {
            return bn_fail(err, BN_E_INVALID, "one conflict is decided twice");
        }
    }
    uint64_t oseq;
    bn_rc rc = bn_overlay_next(plan->write->txn, BN_KIND_OVERLAY_OTHER, conflict, 0, &oseq, err);
    if (rc == BN_OK) {
        return bn_fail(err, BN_E_STALE, "a decision of this conflict waits for the server");
    }
    return rc == BN_E_NOT_FOUND ? BN_OK : rc;
}

static bn_rc plan_about_conflict(bn_plan *plan, const bn_draft *draft, bn_op *op, bn_hlc *seen,
                                 bn_err *err)
{
    bn_conflict conflict;
    bn_rc rc = bn_conflicts_get(plan->write->txn, draft->id, plan->arena, &conflict, err);
    if (rc == BN_E_NOT_FOUND) {
        return bn_fail(err, BN_E_NOT_FOUND, "no such conflict");
    }
    BN_TRY(rc);
    BN_TRY(refuse_state(draft, &conflict, plan, plan->stale->draft, err));
    BN_TRY(refuse_second(plan, draft->id, err));
    op->kind = conflict.kind;
    for (size_t i = 0; i < conflict.candidates_count; i++) {
        bn_hlc hlc = conflict.candidates[i].hlc_effective;
        if (bn_hlc_compare(hlc, *seen) > 0) {
            *seen = hlc;
        }
    }
    if (draft->type == BN_OP_UNDO) {
        return BN_OK;
    }
    if (!bn_dot_is_none(draft->pick) && bn_conflict_candidate(&conflict, draft->pick) == NULL) {
        return bn_fail(err, BN_E_INVALID, "the value picked is no candidate of the conflict");
    }
    op->pick = draft->pick;
    BN_TRY(draft->observed_count > 0 ? copy_observed(draft, plan->arena, op, err)
                                     : observe_all(&conflict, plan->arena, op, err));
    return draft->changes_count > 0 ? take_changes(plan, draft, &conflict, op, err) : BN_OK;
}

bn_rc bn_plan_other(bn_plan *plan, const bn_draft *draft, bn_op *op, bn_hlc *seen, bn_err *err)
{
    op->id = draft->id;
    op->note = draft->note;
    if (draft->type == BN_OP_RESOLVE || draft->type == BN_OP_UNDO) {
        return plan_about_conflict(plan, draft, op, seen, err);
    }
    if (draft->type != BN_OP_DECISION) {
        return bn_fail(err, BN_E_DENIED, "this can be done at head office only");
    }
    op->kind = draft->kind;
    op->body = draft->body;
    return BN_OK;
}
