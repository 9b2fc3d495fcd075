/* model_write.c - what a WRITE does, field by field: docs/sync.md, section 4, word by word.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "model.h"

typedef struct unit {
    uint16_t field;
    uint8_t group;
    bn_policy policy;
    bn_dot base;
    const bn_change *changes[BN_FIELDS_MAX];
    size_t count;
} unit;

/* --- fields and groups -------- */
uint16_t model_unit_field(const bn_kind_def *kind, const bn_field_def *field)
{
    for (size_t i = 0; i < kind->fields_count && field->group != 0; i++) {
        if (kind->fields[i].group == field->group) {
            return kind->fields[i].number;
        }
    }
    return field->number;
}

bool model_is_of_unit(const bn_kind_def *kind, uint16_t unit_field, uint8_t group, uint16_t field)
{
    const bn_field_def *def = bn_schema_field(kind, field);
    return field == unit_field || (group != 0 && def != NULL && def->group == group);
}

bn_stamp model_current(const model_op *o, uint16_t unit_field, uint8_t group)
{
    bn_stamp newest = {0};
    for (uint16_t f = 0; f <= BN_FIELDS_MAX; f++) {
        const bn_cell *cell = &o->record->cells[f];
        if (cell->stamp.cseq > newest.cseq && model_is_of_unit(o->kind, unit_field, group, f)) {
            newest = cell->stamp;
        }
    }
    return newest;
}

static model_candidate in_force(const model_op *o, uint16_t unit_field, uint8_t group)
{
    model_candidate candidate = {.dot = model_current(o, unit_field, group).dot};
    for (uint16_t f = 0; f <= BN_FIELDS_MAX; f++) {
        if (o->record->cells[f].stamp.cseq != 0 &&
            model_is_of_unit(o->kind, unit_field, group, f)) {
            candidate.cells[candidate.cells_count] = o->record->cells[f];
            candidate.cells[candidate.cells_count++].field = f;
        }
    }
    return candidate;
}

static model_candidate incoming_of(const model_op *o, const unit *u)
{
    model_candidate candidate = {.dot = o->commit->dot};
    for (size_t i = 0; i < u->count; i++) {
        candidate.cells[candidate.cells_count++] =
            (bn_cell){.field = u->changes[i]->field, .value = u->changes[i]->value};
    }
    return candidate;
}

/* --- relation -------- */
static bool is_causal(const model_op *o, uint16_t field, bn_stamp current, bn_dot *base)
{
    const bn_op *op = &o->commit->op;
    while (!bn_dot_equal(*base, current.dot) && base->origin == o->commit->dot.origin &&
           !bn_dot_is_none(*base) && model_follow(o->m, *base, field, base)) {
    }
    if (bn_dot_equal(*base, current.dot)) {
        return true;
    }
    return (op->flags & BN_OP_FLAG_BLIND) != 0 && current.cseq <= op->cursor && o->was_in_view;
}

/* --- deciding -------- */
static bool later(bn_stamp a, bn_stamp b)
{
    if (a.hlc.value != b.hlc.value) {
        return a.hlc.value > b.hlc.value;
    }
    return a.dot.origin != b.dot.origin ? a.dot.origin < b.dot.origin : a.dot.oseq > b.dot.oseq;
}

/* Of equal values: clocks clamped to the same moment by one origin leave the first in force. */
static bool is_larger(bn_stamp a, bn_stamp b)
{
    return a.dot.origin == b.dot.origin ? a.hlc.value > b.hlc.value : later(a, b);
}

static uint32_t branch_of(const model_op *o, bn_dot dot)
{
    for (size_t i = 0; i < o->m->dots_count; i++) {
        if (bn_dot_equal(o->m->dots[i].dot, dot)) {
            return o->m->dots[i].branch;
        }
    }
    return 0;
}

static uint64_t cseq_of(const model *m, bn_dot dot)
{
    for (size_t i = m->dots_count; i > 0; i--) {
        if (bn_dot_equal(m->dots[i - 1].dot, dot)) {
            return m->dots[i - 1].cseq;
        }
    }
    return 0;
}

/* Does the incoming value win? For all policies but HUMAN. */
static bool wins(const model_op *o, const unit *u, bn_stamp current)
{
    bn_value now = o->record->cells[u->changes[0]->field].value;
    bn_value wanted = u->changes[0]->value;
    bn_value home = o->kind->branch_field != 0 ? o->record->cells[o->kind->branch_field].value
                                               : bn_value_nil();
    bool in_a = false;
    bool in_b = false;
    switch (u->policy) {
    case BN_POLICY_FIRST:
        return false;
    case BN_POLICY_OWNER:
        in_a = home.type == BN_VALUE_INT && home.integer == (int64_t)o->commit->branch;
        in_b = home.type == BN_VALUE_INT && home.integer == (int64_t)branch_of(o, current.dot);
        break;
    case BN_POLICY_SERVER:
        in_a = o->commit->dot.origin == 0;
        in_b = current.dot.origin == 0;
        break;
    case BN_POLICY_MAX:
    case BN_POLICY_MIN:
        if (bn_value_is_nil(now) || bn_value_is_nil(wanted)) {
            return bn_value_is_nil(now);
        }
        return u->policy == BN_POLICY_MAX ? wanted.integer > now.integer
                                          : wanted.integer < now.integer;
    case BN_POLICY_LWW:
    case BN_POLICY_SET:
    case BN_POLICY_APPEND:
    case BN_POLICY_COUNTER:
    case BN_POLICY_HUMAN:
        break;
    }
    return in_a != in_b ? in_a : later(o->stamp, current);
}

static bool all_equal(const model_op *o, const unit *u)
{
    for (uint16_t f = 0; f <= BN_FIELDS_MAX; f++) {
        bn_value now = o->record->cells[f].value;
        bn_value wanted = bn_value_nil();
        if (!model_is_of_unit(o->kind, u->field, u->group, f)) {
            continue;
        }
        for (size_t i = 0; i < u->count; i++) {
            wanted = u->changes[i]->field == f ? u->changes[i]->value : wanted;
        }
        if (!bn_value_equal(now, wanted)) {
            return false;
        }
    }
    return true;
}

/* A group carries one dot: what the op does not name keeps its value when its author had seen it
 * and is emptied otherwise. */
static void take(model_op *o, const unit *u, bool had_seen)
{
    for (uint16_t f = 0; f <= BN_FIELDS_MAX; f++) {
        bn_cell *cell = &o->record->cells[f];
        if (cell->stamp.cseq != 0 && u->group != 0 &&
            model_is_of_unit(o->kind, u->field, u->group, f)) {
            cell->value = had_seen ? cell->value : bn_value_nil();
            cell->stamp = o->stamp;
        }
    }
    for (size_t i = 0; i < u->count; i++) {
        o->record->cells[u->changes[i]->field] = (bn_cell){
            .field = u->changes[i]->field, .stamp = o->stamp, .value = u->changes[i]->value};
    }
}

static void concurrent(model_op *o, const unit *u, bn_stamp current, bn_dot base)
{
    if (all_equal(o, u)) {
        model_worse(o, BN_OUTCOME_SAME);
        if (is_larger(o->stamp, current)) {
            take(o, u, true);
        } else {
            model_lose(o, u->field, base);
        }
        return;
    }
    bool asks = u->policy == BN_POLICY_HUMAN;
    bool wins_it = !asks && wins(o, u, current);
    bool keeps_record = u->policy != BN_POLICY_MAX && u->policy != BN_POLICY_MIN;
    model_worse(o, asks ? BN_OUTCOME_CONFLICT : wins_it ? BN_OUTCOME_MERGED : BN_OUTCOME_LOST);
    if (keeps_record) {
        model_conflict *conflict = model_conflict_at(o, u->field, u->group, base);
        model_candidate old = in_force(o, u->field, u->group);
        model_candidate new = incoming_of(o, u);
        if (old.cells_count > 0) {
            model_candidate_add(conflict, &old, (bn_dot){0});
        }
        model_candidate_add(conflict, &new, u->base);
        if (asks) {
            conflict->state = BN_CONFLICT_OPEN;
        } else if (conflict->state != BN_CONFLICT_OPEN) {
            conflict->state = BN_CONFLICT_AUTO;
            conflict->decided = wins_it ? o->commit->dot : current.dot;
            conflict->before = wins_it ? current.dot : o->commit->dot;
        }
    }
    if (wins_it) {
        take(o, u, false);
    } else {
        model_lose(o, u->field, base);
    }
}

/* A causal write over an open conflict: superseded when its author knew all candidates. */
void model_causal(model_op *o, uint16_t field, const model_candidate *incoming, bn_dot base,
                  bn_dot current)
{
    model *m = o->m;
    for (size_t i = 0; i < m->conflicts_count; i++) {
        model_conflict *conflict = m->conflicts[i];
        if (conflict->state != BN_CONFLICT_OPEN || conflict->kind != o->record->kind ||
            !bn_id_equal(conflict->entity, o->record->id) || conflict->field != field) {
            continue;
        }
        bool knows_all = true;
        for (size_t c = 0; c < conflict->candidates_count; c++) {
            bn_dot dot = conflict->candidates[c].dot;
            knows_all = knows_all && (dot.origin == o->commit->dot.origin ||
                                      bn_dot_equal(dot, current) ||
                                      cseq_of(m, dot) <= o->commit->op.cursor);
        }
        if (knows_all) {
            conflict->state = BN_CONFLICT_SUPERSEDED;
        } else {
            model_worse(o, BN_OUTCOME_CONFLICT);
            model_candidate_add(conflict, incoming, base);
        }
    }
}

static void write_unit(model_op *o, const unit *u)
{
    bn_stamp current = model_current(o, u->field, u->group);
    bn_dot base = u->base;
    if (!is_causal(o, u->field, current, &base)) {
        concurrent(o, u, current, base);
        return;
    }
    model_candidate incoming = incoming_of(o, u);
    take(o, u, true);
    if (current.cseq != 0) {
        model_causal(o, u->field, &incoming, u->base, current.dot);
    }
}

/* --- elements -------- */
static void change_items(model_op *o, const bn_change *change, bn_policy policy)
{
    model_record *record = o->record;
    size_t kept = 0;
    for (size_t i = 0; i < record->items_count && change->verb == BN_VERB_REMOVE; i++) {
        const model_item *item = &record->items[i];
        if (item->field != change->field || !bn_dot_equal(item->dot, change->base) ||
            !bn_value_equal(item->value, change->value)) {
            record->items[kept++] = *item;
        }
    }
    if (change->verb == BN_VERB_REMOVE) {
        record->items_count = kept;
        return;
    }
    for (size_t i = 0; i < record->items_count && policy == BN_POLICY_COUNTER; i++) {
        model_item *item = &record->items[i];
        if (item->field == change->field && item->dot.origin == o->commit->dot.origin) {
            item->value.integer += change->value.integer;
            item->dot = o->commit->dot;
            item->cseq = o->commit->cseq;
            return;
        }
    }
    BN_ASSERT(record->items_count < MODEL_ITEMS_MAX);
    record->items[record->items_count++] = (model_item){.field = change->field,
                                                        .dot = o->commit->dot,
                                                        .value = change->value,
                                                        .cseq = o->commit->cseq};
}

/* --- existence -------- */
static void set_existence(model_op *o, int64_t value)
{
    o->record->cells[0] = (bn_cell){.stamp = o->stamp, .value = bn_value_int(value)};
}

static void meet(model_op *o, bn_dot there, bn_dot removed, bool removal_first, bn_dot base)
{
    model_conflict *conflict = model_conflict_at(o, 0, 0, base);
    model_candidate edit = {.dot = there, .cells_count = 1};
    model_candidate removal = {.dot = removed, .cells_count = 1};
    edit.cells[0].value = bn_value_int(1);
    removal.cells[0].value = bn_value_int(0);
    if (bn_dot_equal(o->record->cells[0].stamp.dot, base)) {
        conflict->has_base_cell = true;
        conflict->base_cell = o->record->cells[0];
    }
    model_candidate_add(conflict, removal_first ? &removal : &edit, (bn_dot){0});
    model_candidate_add(conflict, removal_first ? &edit : &removal, (bn_dot){0});
    if (o->kind->removal == BN_REMOVAL_HUMAN) {
        conflict->state = BN_CONFLICT_OPEN;
    } else if (conflict->state != BN_CONFLICT_OPEN) {
        bool stays = o->kind->removal == BN_REMOVAL_EDIT_WINS;
        conflict->state = BN_CONFLICT_AUTO;
        conflict->decided = stays ? there : removed;
        conflict->before = stays ? removed : there;
        conflict->is_by_edit = stays;
    }
}

static void removal_met(model_op *o, bn_dot there, bn_dot base)
{
    meet(o, there, o->commit->dot, false, base);
    if (o->kind->removal == BN_REMOVAL_WINS) {
        model_worse(o, BN_OUTCOME_MERGED);
        set_existence(o, 0);
        return;
    }
    model_worse(o, o->kind->removal == BN_REMOVAL_HUMAN ? BN_OUTCOME_CONFLICT : BN_OUTCOME_LOST);
    model_lose(o, 0, base);
}

static void edit_met(model_op *o, bn_dot removed, bn_dot base, bool is_restore)
{
    meet(o, o->commit->dot, removed, true, base);
    if (o->kind->removal == BN_REMOVAL_EDIT_WINS) {
        model_worse(o, BN_OUTCOME_MERGED);
        set_existence(o, 1);
        return;
    }
    model_worse(o, o->kind->removal == BN_REMOVAL_HUMAN ? BN_OUTCOME_CONFLICT : BN_OUTCOME_LOST);
    if (is_restore) {
        model_lose(o, 0, base);
    }
}

/* The newest write by others above K: what a removal's author had not seen. */
static bn_dot unseen_edit(const model_op *o)
{
    uint64_t newest = o->commit->op.cursor;
    bn_dot dot = {0};
    for (uint16_t f = 1; f <= BN_FIELDS_MAX; f++) {
        const bn_stamp *stamp = &o->record->cells[f].stamp;
        if (stamp->cseq > newest && stamp->dot.origin != o->commit->dot.origin) {
            newest = stamp->cseq;
            dot = stamp->dot;
        }
    }
    for (size_t i = 0; i < o->record->items_count; i++) {
        const model_item *item = &o->record->items[i];
        if (item->cseq > newest && item->dot.origin != o->commit->dot.origin) {
            newest = item->cseq;
            dot = item->dot;
        }
    }
    return dot;
}

static void change_existence(model_op *o, const bn_change *change)
{
    const bn_cell *now = &o->record->cells[0];
    int64_t wanted = change->value.integer;
    bn_stamp current = now->stamp;
    bn_dot base = change->base;
    bool exists = current.cseq != 0 && now->value.integer == 1;
    bool causal = is_causal(o, 0, current, &base);
    if (!causal && wanted == (exists ? 1 : 0)) {
        model_worse(o, BN_OUTCOME_SAME);
        if (is_larger(o->stamp, current)) {
            set_existence(o, wanted);
        } else {
            model_lose(o, 0, base);
        }
        return;
    }
    bn_dot edit = wanted == 0 && exists && causal ? unseen_edit(o) : (bn_dot){0};
    if (!causal && wanted == 1) {
        edit_met(o, current.dot, base, true);
    } else if (!causal || edit.oseq != 0) {
        removal_met(o, causal ? edit : current.dot, base);
    } else {
        model_candidate incoming = {.dot = o->commit->dot, .cells_count = 1};
        incoming.cells[0].value = change->value;
        set_existence(o, wanted);
        model_causal(o, 0, &incoming, change->base, current.dot);
    }
}

/* An edit without a word about existence, of a record removed behind its author's back. */
static void edit_of_removed(model_op *o, bn_dot base_of_removal)
{
    const bn_cell *now = &o->record->cells[0];
    if (now->stamp.cseq != 0 && now->value.integer == 0 &&
        now->stamp.dot.origin != o->commit->dot.origin &&
        now->stamp.cseq > o->commit->op.cursor) {
        edit_met(o, now->stamp.dot, base_of_removal, false);
    }
}

/* --- the whole op -------- */
void model_write(model_op *o)
{
    const bn_op *op = &o->commit->op;
    bool names_existence = op->changes[0].field == BN_FIELD_EXISTENCE;
    bool was_empty = o->record->cells[0].stamp.cseq == 0;
    bool existed = !was_empty && o->record->cells[0].value.integer == 1;
    bool done[BN_FIELDS_MAX + 1] = {false};
    if (names_existence && was_empty) {
        set_existence(o, op->changes[0].value.integer);
    } else if (names_existence) {
        change_existence(o, &op->changes[0]);
    }
    if (names_existence && bn_dot_equal(o->record->cells[0].stamp.dot, o->commit->dot)) {
        o->record->removal_base = op->changes[0].base;
    }
    for (size_t i = names_existence ? 1 : 0; i < op->changes_count; i++) {
        const bn_field_def *field = bn_schema_field(o->kind, op->changes[i].field);
        BN_ASSERT(field != NULL);
        if (bn_policy_is_multi(field->policy)) {
            change_items(o, &op->changes[i], field->policy);
            continue;
        }
        unit u = {.field = model_unit_field(o->kind, field), .group = field->group,
                  .policy = field->policy, .base = op->changes[i].base};
        for (size_t j = i; j < op->changes_count && !done[u.field]; j++) {
            if (model_is_of_unit(o->kind, u.field, u.group, op->changes[j].field)) {
                u.changes[u.count++] = &op->changes[j];
            }
        }
        done[u.field] = true;
        if (u.count > 0) {
            write_unit(o, &u);
        }
    }
    if (!names_existence && !existed) {
        edit_of_removed(o, o->record->removal_base);
    }
}
