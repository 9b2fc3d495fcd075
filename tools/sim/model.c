/* model.c - the model's memory, and what decides conflicts: resolutions and undos.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "model.h"

void *model_grow(void *array, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity) {
        return array;
    }
    *capacity = *capacity == 0 ? 32 : *capacity * 2;
    void *grown = bn_realloc_array(array, *capacity, size);
    BN_ASSERT(grown != NULL);
    return grown;
}

void model_fini(model *m)
{
    for (size_t i = 0; i < m->records_count; i++) {
        bn_free(m->records[i]);
    }
    for (size_t i = 0; i < m->conflicts_count; i++) {
        bn_free(m->conflicts[i]);
    }
    bn_free(m->records);
    bn_free(m->conflicts);
    bn_free(m->lost);
    bn_free(m->dots);
    *m = (model){0};
}

model_record *model_find(const model *m, uint16_t kind, bn_id id)
{
    for (size_t i = 0; i < m->records_count; i++) {
        if (m->records[i]->kind == kind && bn_id_equal(m->records[i]->id, id)) {
            return m->records[i];
        }
    }
    return NULL;
}

static model_record *find_or_make(model *m, uint16_t kind, bn_id id)
{
    model_record *record = model_find(m, kind, id);
    if (record == NULL) {
        record = bn_alloc(sizeof *record);
        BN_ASSERT(record != NULL);
        record->kind = kind;
        record->id = id;
        m->records = model_grow(m->records, m->records_count, &m->records_capacity,
                                sizeof(model_record *));
        m->records[m->records_count++] = record;
    }
    return record;
}

static void note_dot(model *m, const bn_commit_view *commit)
{
    m->dots = model_grow(m->dots, m->dots_count, &m->dots_capacity, sizeof *m->dots);
    m->dots[m->dots_count++] =
        (model_dot){.dot = commit->dot, .branch = commit->branch, .cseq = commit->cseq};
}

void model_worse(model_op *o, bn_outcome outcome)
{
    o->outcome = outcome > o->outcome ? outcome : o->outcome;
}

static void lose(model *m, bn_dot dot, uint16_t field, bn_dot base)
{
    m->lost = model_grow(m->lost, m->lost_count, &m->lost_capacity, sizeof *m->lost);
    m->lost[m->lost_count++] = (model_lost){.dot = dot, .field = field, .base = base};
}

void model_lose(model_op *o, uint16_t field, bn_dot base)
{
    lose(o->m, o->commit->dot, field, base);
}

bool model_follow(const model *m, bn_dot dot, uint16_t field, bn_dot *base)
{
    for (size_t i = m->lost_count; i > 0; i--) {
        const model_lost *lost = &m->lost[i - 1];
        if (bn_dot_equal(lost->dot, dot) && lost->field == field) {
            *base = lost->base;
            return true;
        }
    }
    return false;
}

static void forget_lost(model *m, bn_dot dot)
{
    size_t kept = 0;
    for (size_t i = 0; i < m->lost_count; i++) {
        if (!bn_dot_equal(m->lost[i].dot, dot)) {
            m->lost[kept++] = m->lost[i];
        }
    }
    m->lost_count = kept;
}

/* --- conflicts -------- */
model_conflict *model_conflict_at(model_op *o, uint16_t field, uint8_t group, bn_dot base)
{
    model *m = o->m;
    bn_id id = bn_conflict_id(o->record->kind, o->record->id, field, base);
    for (size_t i = 0; i < m->conflicts_count; i++) {
        if (bn_id_equal(m->conflicts[i]->id, id)) {
            return m->conflicts[i];
        }
    }
    model_conflict *conflict = bn_alloc(sizeof *conflict);
    BN_ASSERT(conflict != NULL);
    conflict->id = id;
    conflict->kind = o->record->kind;
    conflict->entity = o->record->id;
    conflict->field = field;
    conflict->group = group;
    conflict->base = base;
    m->conflicts = model_grow(m->conflicts, m->conflicts_count, &m->conflicts_capacity,
                              sizeof(model_conflict *));
    m->conflicts[m->conflicts_count++] = conflict;
    return conflict;
}

void model_candidate_add(model_conflict *conflict, const model_candidate *candidate,
                         bn_dot made_from)
{
    for (size_t i = 0; i < conflict->candidates_count; i++) {
        bn_dot old = conflict->candidates[i].dot;
        if (bn_dot_equal(old, candidate->dot) ||
            (!bn_dot_is_none(made_from) && bn_dot_equal(old, made_from) &&
             old.origin == candidate->dot.origin)) {
            conflict->candidates[i] = *candidate;
            return;
        }
    }
    BN_ASSERT(conflict->candidates_count < MODEL_CANDIDATES_MAX);
    conflict->candidates[conflict->candidates_count++] = *candidate;
}

static const model_candidate *candidate_of(const model_conflict *conflict, bn_dot dot)
{
    for (size_t i = 0; i < conflict->candidates_count; i++) {
        if (bn_dot_equal(conflict->candidates[i].dot, dot)) {
            return &conflict->candidates[i];
        }
    }
    return NULL;
}

/* Writes values over the conflict's field or group; what is not named of a group is emptied. */
static void write_over(model_op *o, const model_conflict *conflict, const bn_cell *cells,
                       size_t count)
{
    for (uint16_t f = 0; f <= BN_FIELDS_MAX; f++) {
        bn_cell *cell = &o->record->cells[f];
        if (cell->stamp.cseq != 0 && conflict->group != 0 &&
            model_is_of_unit(o->kind, conflict->field, conflict->group, f)) {
            cell->value = bn_value_nil();
            cell->stamp = o->stamp;
        }
    }
    for (size_t i = 0; i < count; i++) {
        o->record->cells[cells[i].field] =
            (bn_cell){.field = cells[i].field, .stamp = o->stamp, .value = cells[i].value};
    }
    if (conflict->field == BN_FIELD_EXISTENCE) {
        o->record->removal_base = o->stamp.dot; /* a decision is made from nothing but itself */
    }
}

static void resolve(model_op *o, model_conflict *conflict)
{
    const bn_op *op = &o->commit->op;
    bn_cell typed[BN_FIELDS_MAX];
    if (conflict->state != BN_CONFLICT_OPEN) {
        model_worse(o, BN_OUTCOME_LOST);
        return;
    }
    for (size_t i = 0; i < conflict->candidates_count; i++) {
        bool seen = false;
        for (size_t j = 0; j < op->observed_count; j++) {
            seen = seen || bn_dot_equal(op->observed[j], conflict->candidates[i].dot);
        }
        if (!seen) {
            model_worse(o, BN_OUTCOME_RECORDED);
            return;
        }
    }
    conflict->before = model_current(o, conflict->field, conflict->group).dot;
    const model_candidate *picked = candidate_of(conflict, op->pick);
    if (picked != NULL) {
        write_over(o, conflict, picked->cells, picked->cells_count);
    } else {
        for (size_t i = 0; i < op->changes_count; i++) {
            typed[i] = (bn_cell){.field = op->changes[i].field, .value = op->changes[i].value};
        }
        write_over(o, conflict, typed, op->changes_count);
    }
    conflict->state = BN_CONFLICT_RESOLVED;
    conflict->decided = o->commit->dot;
    model_worse(o, BN_OUTCOME_RESOLVED);
}

/* Puts back what the decision replaced; a value from before the conflict is not kept here. */
static void undo(model_op *o, model_conflict *conflict)
{
    bn_dot now = model_current(o, conflict->field, conflict->group).dot;
    bool stays = bn_dot_equal(now, conflict->decided) ||
                 (conflict->is_by_edit && bn_dot_equal(now, conflict->base));
    bool is_decided = conflict->state == BN_CONFLICT_AUTO ||
                      conflict->state == BN_CONFLICT_RESOLVED;
    const model_candidate *before = candidate_of(conflict, conflict->before);
    if (!is_decided || !stays) {
        model_worse(o, BN_OUTCOME_LOST);
        return;
    }
    bool puts_base = before == NULL && conflict->has_base_cell &&
                     bn_dot_equal(conflict->base, conflict->before);
    if (before == NULL && !puts_base) {
        o->record->is_unknown = true;
        conflict->state = o->commit->outcome == BN_OUTCOME_LOST ? conflict->state
                                                                : BN_CONFLICT_UNDONE;
        o->outcome = o->commit->outcome;
        return;
    }
    write_over(o, conflict, puts_base ? &conflict->base_cell : before->cells,
               puts_base ? 1 : before->cells_count);
    conflict->state = BN_CONFLICT_UNDONE;
    conflict->decided = o->commit->dot;
}

static void about_conflict(model_op *o)
{
    for (size_t i = 0; i < o->m->conflicts_count; i++) {
        model_conflict *conflict = o->m->conflicts[i];
        if (bn_id_equal(conflict->id, o->commit->op.id)) {
            o->kind = bn_schema_kind(conflict->kind);
            o->record = find_or_make(o->m, conflict->kind, conflict->entity);
            if (o->commit->op.type == BN_OP_RESOLVE) {
                resolve(o, conflict);
            } else {
                undo(o, conflict);
            }
            return;
        }
    }
    o->outcome = BN_OUTCOME_QUARANTINED; /* a conflict the model does not know */
}

/* --- commits -------- */
bn_outcome model_commit(model *m, const bn_commit_view *commit, bool was_in_view)
{
    model_op o = {.m = m, .commit = commit, .outcome = BN_OUTCOME_APPLIED,
                  .kind = bn_schema_kind(commit->op.kind), .was_in_view = was_in_view};
    o.stamp = (bn_stamp){.dot = commit->dot, .hlc = commit->hlc_effective, .cseq = commit->cseq};
    forget_lost(m, commit->dot); /* of a first try that was refused */
    note_dot(m, commit);
    if (commit->op.type == BN_OP_RESOLVE || commit->op.type == BN_OP_UNDO) {
        about_conflict(&o);
    } else if (commit->op.type == BN_OP_WRITE) {
        o.record = find_or_make(m, commit->op.kind, commit->op.id);
        model_write(&o);
    }
    return o.outcome;
}

void model_refused(model *m, const bn_commit_view *commit)
{
    const bn_kind_def *kind = bn_schema_kind(commit->op.kind);
    if (commit->op.type != BN_OP_WRITE || kind == NULL) {
        return;
    }
    forget_lost(m, commit->dot);
    note_dot(m, commit);
    for (size_t i = 0; i < commit->op.changes_count; i++) {
        const bn_change *change = &commit->op.changes[i];
        const bn_field_def *field = bn_schema_field(kind, change->field);
        if (change->verb == BN_VERB_SET) {
            lose(m, commit->dot, field != NULL ? model_unit_field(kind, field) : change->field,
                 change->base);
        }
    }
}
