/* resolve.c - a person closes a conflict, or takes a decision back; always by a new write.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "commit.h"

#include "server/registry.h"

#include <banyan/core/log.h>
#include <banyan/core/records.h>

static bn_rc lost(bn_decision *d, const char *reason)
{
    bn_outcome_worse(d, BN_OUTCOME_LOST);
    (void)snprintf(d->reason, sizeof d->reason, "%s", reason);
    return BN_OK;
}

static bn_rc find(bn_decision *d, bn_touched **out, bn_err *err)
{
    bn_touched *touched = &d->touched[0];
    BN_TRY(bn_conflicts_get(d->server->txn, d->op.id, &d->server->arena, &touched->conflict, err));
    touched->before = touched->conflict.state;
    *out = touched;
    return BN_OK;
}

static bn_rc already_decided(bn_decision *d, const bn_conflict *conflict)
{
    char text[BN_REASON_BYTES];
    char when[BN_TIME_TEXT_BYTES];
    bn_time_format(conflict->decided_ms, when);
    (void)snprintf(text, sizeof text, "already decided by %.*s at %s",
                   BN_SLICE_ARG(conflict->decided_by), when);
    return lost(d, text);
}

static bool has_seen_all(const bn_decision *d, const bn_conflict *conflict)
{
    for (size_t i = 0; i < conflict->candidates_count; i++) {
        bool seen = false;
        for (size_t j = 0; j < d->op.observed_count && !seen; j++) {
            seen = bn_dot_equal(conflict->candidates[i].dot, d->op.observed[j]);
        }
        if (!seen) {
            return false;
        }
    }
    return true;
}

static bool is_of(const bn_decision *d, const bn_conflict *conflict, uint16_t field)
{
    return bn_decide_is_of(d, field, conflict->field, conflict->group);
}

static bn_stamp in_force(const bn_decision *d, const bn_conflict *conflict)
{
    bn_stamp newest = {0};
    for (size_t i = 0; i < d->record.cells_count; i++) {
        const bn_cell *cell = &d->record.cells[i];
        if (is_of(d, conflict, cell->field) && cell->stamp.cseq >= newest.cseq) {
            newest = cell->stamp;
        }
    }
    return newest;
}

/* Writes `cells` with the stamp of this op; other filled fields of the group are emptied. */
static bn_rc write_cells(bn_decision *d, const bn_conflict *conflict, const bn_cell *cells,
                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bn_cell cell = {.field = cells[i].field, .stamp = d->stamp, .value = cells[i].value};
        BN_TRY(bn_decide_put(d, &cell));
    }
    for (size_t i = 0; i < d->record.cells_count && conflict->group != 0; i++) {
        uint16_t field = d->record.cells[i].field;
        bool listed = !is_of(d, conflict, field);
        for (size_t j = 0; j < count; j++) {
            listed = listed || cells[j].field == field;
        }
        if (!listed) {
            bn_cell cell = {.field = field, .stamp = d->stamp};
            BN_TRY(bn_decide_put(d, &cell));
        }
    }
    return BN_OK;
}

/* Values typed by hand, checked like any write. */
static bn_rc typed_cells(bn_decision *d, const bn_conflict *conflict, bn_cell *cells)
{
    for (size_t i = 0; i < d->op.changes_count; i++) {
        const bn_change *change = &d->op.changes[i];
        const bn_field_def *field = bn_schema_field(d->kind, change->field);
        bn_err invalid = {0};
        if (!is_of(d, conflict, change->field) || change->verb != BN_VERB_SET) {
            return bn_refuse(d, "invalid: field %u is not of this conflict", change->field);
        }
        if (field != NULL &&
            bn_validate_value(d->kind, field, change->value, &invalid) != BN_OK) {
            return bn_refuse(d, "invalid: %.150s", invalid.text);
        }
        if (field == NULL && (change->value.type != BN_VALUE_INT || change->value.integer < 0 ||
                              change->value.integer > 1)) {
            return bn_refuse(d, "invalid: existence is 0 or 1");
        }
        cells[i] = (bn_cell){.field = change->field, .value = change->value};
    }
    return BN_OK;
}

static bn_rc apply_checked(bn_decision *d)
{
    bn_err broken = {0};
    BN_TRY(bn_decide_apply(d));
    if (bn_validate_record(d->kind, &d->record, &broken) != BN_OK) {
        return bn_refuse(d, "invalid: %.150s", broken.text);
    }
    return BN_OK;
}

bn_rc bn_decide_resolution(bn_decision *d, bn_err *err)
{
    bn_touched *touched = NULL;
    BN_TRY(find(d, &touched, err));
    bn_conflict *conflict = &touched->conflict;
    if (conflict->state != BN_CONFLICT_OPEN) {
        return already_decided(d, conflict);
    }
    if (!has_seen_all(d, conflict)) {
        bn_outcome_worse(d, BN_OUTCOME_RECORDED);
        (void)snprintf(d->reason, sizeof d->reason, "the conflict has candidates not seen");
        return BN_OK;
    }
    const bn_cell *cells = NULL;
    size_t count = 0;
    bn_cell typed[BN_FIELDS_MAX];
    if (!bn_dot_is_none(d->op.pick)) {
        const bn_candidate *picked = bn_conflict_candidate(conflict, d->op.pick);
        if (picked == NULL) {
            return bn_refuse(d, "invalid: the candidate picked is not of this conflict");
        }
        cells = picked->cells;
        count = picked->cells_count;
    } else {
        BN_TRY(typed_cells(d, conflict, typed));
        cells = typed;
        count = d->op.changes_count;
    }
    BN_TRY(write_cells(d, conflict, cells, count));
    conflict->before = in_force(d, conflict).dot;
    conflict->note = d->op.note;
    bn_conflicts_close(d, conflict, BN_CONFLICT_RESOLVED, d->dot, d->op.actor, d->branch);
    d->touched_count = 1;
    bn_outcome_worse(d, BN_OUTCOME_RESOLVED);
    return apply_checked(d);
}

bn_rc bn_decide_undo(bn_decision *d, bn_err *err)
{
    bn_touched *touched = NULL;
    BN_TRY(find(d, &touched, err));
    bn_conflict *conflict = &touched->conflict;
    if (conflict->state != BN_CONFLICT_AUTO && conflict->state != BN_CONFLICT_RESOLVED) {
        return lost(d, "nothing was decided that could be taken back");
    }
    bool is_existence = conflict->field == BN_FIELD_EXISTENCE;
    bool stays = bn_dot_equal(in_force(d, conflict).dot, conflict->decided);
    /* An edit that won over a removal left the existence cell as it was. */
    bool kept = is_existence && bn_slice_is(conflict->decided_by, "edit_wins") &&
                bn_dot_equal(in_force(d, conflict).dot, conflict->base);
    if (!stays && !kept) {
        return lost(d, "the field was changed since");
    }
    const bn_candidate *before = bn_conflict_candidate(conflict, conflict->before);
    const bn_cell *cells = before != NULL ? before->cells : NULL;
    size_t count = before != NULL ? before->cells_count : 0;
    if (before == NULL && conflict->base_cells_count > 0 &&
        bn_dot_equal(conflict->base_cells[0].stamp.dot, conflict->before)) {
        cells = conflict->base_cells;
        count = conflict->base_cells_count;
    }
    if (count == 0) {
        return lost(d, "the value before is not known");
    }
    BN_TRY(write_cells(d, conflict, cells, count));
    conflict->note = d->op.note;
    bn_conflicts_close(d, conflict, BN_CONFLICT_UNDONE, d->dot, d->op.actor, d->branch);
    d->touched_count = 1;
    return apply_checked(d);
}
