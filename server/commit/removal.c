/* removal.c - existence: created, removed, restored, and removals that met edits.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   removal arrives, somebody's edit above its K     HUMAN: asks   EDIT_WINS: lost     WINS: taken
 *   edit arrives, removal above its K is in force    HUMAN: asks   EDIT_WINS: revives  WINS: lost
 *
 * Both orders lead to the same conflict: its base is the existence the removal was made from, its
 * candidates are the edit (there) and the removal (not there).
 */
#include "commit.h"

#include <banyan/core/records.h>

static bn_policy as_policy(bn_removal removal)
{
    return removal == BN_REMOVAL_HUMAN ? BN_POLICY_HUMAN : BN_POLICY_LWW;
}

/* The newest write by another origin that the author of the op had not received. */
static const bn_cell *unseen_edit(const bn_decision *d)
{
    const bn_record *record = &d->record;
    const bn_cell *newest = NULL;
    for (size_t i = 0; i < record->cells_count + record->items_count; i++) {
        const bn_cell *cell = i < record->cells_count ? &record->cells[i]
                                                      : &record->items[i - record->cells_count];
        bool is_existence = i < record->cells_count && cell->field == BN_FIELD_EXISTENCE;
        if (is_existence || cell->stamp.dot.origin == d->dot.origin ||
            cell->stamp.cseq <= d->op.cursor) {
            continue;
        }
        if (newest == NULL || cell->stamp.cseq > newest->stamp.cseq) {
            newest = cell;
        }
    }
    return newest;
}

static bn_rc existence_candidate(bn_decision *d, const bn_stamp *stamp, int64_t value,
                                 bn_candidate *out, bn_err *err)
{
    if (bn_dot_equal(stamp->dot, d->dot)) {
        *out = (bn_candidate){.dot = d->dot, .hlc_original = d->op.hlc,
                              .hlc_effective = d->stamp.hlc, .branch = d->branch,
                              .clock_suspect = d->is_suspect, .actor = d->op.actor};
    } else {
        BN_TRY(bn_conflicts_author(d, stamp, out, err));
    }
    out->cells = bn_arena_array(&d->server->arena, 1, sizeof *out->cells);
    if (out->cells == NULL) {
        return BN_E_NO_MEMORY;
    }
    out->cells[0] = (bn_cell){.field = BN_FIELD_EXISTENCE, .stamp = *stamp,
                              .value = bn_value_int(value)};
    out->cells_count = 1;
    return BN_OK;
}

typedef struct removal_case {
    bn_stamp there;     /* who says it is there */
    bn_stamp removed;   /* who says it is not */
    bn_dot base;
    bn_stamp in_force;  /* existence now */
} removal_case;

/* The conflict record of an edit and a removal; open, or closed by the kind's rule. */
static bn_rc meet(bn_decision *d, const removal_case *c, bn_err *err)
{
    bn_touched *touched = NULL;
    bn_removal rule = d->kind->removal;
    BN_TRY(bn_conflicts_touch(d, BN_FIELD_EXISTENCE, 0, as_policy(rule), c->base, &touched, err));
    bn_conflict *conflict = &touched->conflict;
    bn_candidate there;
    bn_candidate removed;
    BN_TRY(existence_candidate(d, &c->there, 1, &there, err));
    BN_TRY(existence_candidate(d, &c->removed, 0, &removed, err));
    bool edit_first = c->there.cseq < c->removed.cseq;
    BN_TRY(bn_conflicts_add(d, conflict, edit_first ? &there : &removed, (bn_dot){0}));
    BN_TRY(bn_conflicts_add(d, conflict, edit_first ? &removed : &there, (bn_dot){0}));
    const bn_cell *now = bn_record_cell(&d->record, BN_FIELD_EXISTENCE);
    if (now != NULL && conflict->base_cells_count == 0 && bn_dot_equal(now->stamp.dot, c->base)) {
        conflict->base_cells = bn_arena_array(&d->server->arena, 1, sizeof *conflict->base_cells);
        if (conflict->base_cells == NULL) {
            return BN_E_NO_MEMORY;
        }
        conflict->base_cells[0] = *now;
        conflict->base_cells_count = 1;
    }
    if (rule == BN_REMOVAL_HUMAN) {
        bn_conflicts_reopen(d, conflict);
    } else if (conflict->state != BN_CONFLICT_OPEN) {
        bool stays = rule == BN_REMOVAL_EDIT_WINS;
        conflict->before = stays ? c->removed.dot : c->there.dot;
        bn_conflicts_close(d, conflict, BN_CONFLICT_AUTO, stays ? c->there.dot : c->removed.dot,
                           stays ? BN_SLICE("edit_wins") : BN_SLICE("removal_wins"), 0);
    }
    return BN_OK;
}

static bn_rc take_existence(bn_decision *d, int64_t value)
{
    bn_cell cell = {.field = BN_FIELD_EXISTENCE, .stamp = d->stamp, .value = bn_value_int(value)};
    return bn_decide_put(d, &cell);
}

/* The op removes; `there` says it exists and the author had not seen that. */
static bn_rc removal_met(bn_decision *d, const bn_stamp *there, bn_dot base, bn_err *err)
{
    removal_case c = {.there = *there, .removed = d->stamp, .base = base};
    d->is_plain = false;
    BN_TRY(meet(d, &c, err));
    switch (d->kind->removal) {
    case BN_REMOVAL_WINS:
        bn_outcome_worse(d, BN_OUTCOME_MERGED);
        return take_existence(d, 0);
    case BN_REMOVAL_EDIT_WINS:
        bn_outcome_worse(d, BN_OUTCOME_LOST);
        break;
    case BN_REMOVAL_HUMAN:
        bn_outcome_worse(d, BN_OUTCOME_CONFLICT);
        break;
    }
    return bn_decide_lost(d, BN_FIELD_EXISTENCE, base);
}

/* The op says it is there (a restore, or an edit); the removal in force was not seen. */
static bn_rc edit_met(bn_decision *d, const bn_stamp *removed, bn_dot base, bool is_restore,
                      bn_err *err)
{
    removal_case c = {.there = d->stamp, .removed = *removed, .base = base};
    d->is_plain = false;
    BN_TRY(meet(d, &c, err));
    switch (d->kind->removal) {
    case BN_REMOVAL_EDIT_WINS:
        bn_outcome_worse(d, BN_OUTCOME_MERGED);
        return take_existence(d, 1);
    case BN_REMOVAL_WINS:
        bn_outcome_worse(d, BN_OUTCOME_LOST);
        break;
    case BN_REMOVAL_HUMAN:
        bn_outcome_worse(d, BN_OUTCOME_CONFLICT);
        break;
    }
    return is_restore ? bn_decide_lost(d, BN_FIELD_EXISTENCE, base) : BN_OK;
}

static bn_rc both_say_same(bn_decision *d, const bn_unit *unit, bn_dot base)
{
    d->is_plain = false;
    bn_outcome_worse(d, BN_OUTCOME_SAME);
    int order = bn_hlc_compare(d->stamp.hlc, unit->current.hlc);
    if (order > 0 || (order == 0 && d->dot.origin < unit->current.dot.origin)) {
        return take_existence(d, unit->changes[0]->value.integer);
    }
    return bn_decide_lost(d, BN_FIELD_EXISTENCE, base);
}

bn_rc bn_decide_existence(bn_decision *d, const bn_change *change, bn_err *err)
{
    int64_t wanted = change->value.integer;
    if (d->was_empty) {
        return take_existence(d, wanted);
    }
    const bn_cell *now = bn_record_cell(&d->record, BN_FIELD_EXISTENCE);
    bn_unit unit = {.field = BN_FIELD_EXISTENCE, .policy = as_policy(d->kind->removal),
                    .base = change->base, .has_current = now != NULL};
    unit.changes[unit.changes_count++] = change;
    unit.current = now != NULL ? now->stamp : (bn_stamp){0};
    bn_dot base = change->base;
    if (bn_decide_relation(d, &unit, &base) == BN_CONCURRENT) {
        if (wanted == (d->existed ? 1 : 0)) {
            return both_say_same(d, &unit, base);
        }
        return wanted == 0 ? removal_met(d, &unit.current, base, err)
                           : edit_met(d, &unit.current, base, true, err);
    }
    const bn_cell *edit = wanted == 0 && d->existed ? unseen_edit(d) : NULL;
    if (edit != NULL) {
        return removal_met(d, &edit->stamp, base, err);
    }
    BN_TRY(take_existence(d, wanted));
    return bn_conflicts_may_be_open(d->server, d->record.id) ? bn_conflicts_causal(d, &unit, err)
                                                             : BN_OK;
}

/* What the removal in force was made from, as its op says. */
static bn_rc base_of_removal(bn_decision *d, const bn_stamp *removed, bn_dot *base, bn_err *err)
{
    bn_entry entry;
    *base = removed->dot;
    BN_TRY(bn_entry_get(d->server->txn, removed->cseq, &d->server->arena, &entry, err));
    bn_op op;
    if ((entry.flags & BN_ENTRY_HAS_OP) != 0 &&
        bn_op_decode(entry.op, &d->server->arena, &op, NULL) == BN_OK && op.changes_count > 0 &&
        op.type == BN_OP_WRITE && op.changes[0].field == BN_FIELD_EXISTENCE) {
        *base = op.changes[0].base;
    }
    return BN_OK;
}

bn_rc bn_decide_unseen_removal(bn_decision *d, bn_err *err)
{
    const bn_cell *removed = bn_record_cell(&d->record, BN_FIELD_EXISTENCE);
    if (removed == NULL || removed->stamp.dot.origin == d->dot.origin ||
        removed->stamp.cseq <= d->op.cursor) {
        return BN_OK;
    }
    bn_dot base;
    bn_stamp stamp = removed->stamp;
    BN_TRY(base_of_removal(d, &stamp, &base, err));
    return edit_met(d, &stamp, base, false, err);
}

bn_rc bn_decide_erase(bn_decision *d, bn_err *err)
{
    (void)err;
    if (d->was_empty) {
        return bn_refuse(d, "invalid: no such record");
    }
    return bn_decide_apply(d);
}
