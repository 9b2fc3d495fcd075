/* fields.c - the fields and groups of a WRITE op, each related, decided and collected.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "commit.h"

#include "server/registry.h"
#include "server/row.h"

#include <banyan/base/check.h>
#include <banyan/core/records.h>

/* --- relation -------------------------------------------------------------------------------- */
/* DOT row: outcome u8 | cseq u64 | count u16 | count times field u16, base 12. */
static bn_fate fate_of(void *context, bn_dot dot, uint16_t field, bn_dot *base)
{
    bn_decision *d = context;
    uint8_t key[12];
    bn_slice value;
    bn_rc rc = bn_kv_get(d->server->txn, BN_TABLE_DOT, bn_key_u32_u64(key, dot.origin, dot.oseq),
                         &value, NULL);
    if (rc == BN_E_NOT_FOUND) {
        return BN_FATE_IN_FORCE;
    }
    if (rc != BN_OK) {
        return BN_FATE_UNKNOWN;
    }
    bn_row row = {.rest = value};
    (void)bn_row_u8(&row);
    (void)bn_row_u64(&row);
    uint16_t count = bn_row_u16(&row);
    for (uint16_t i = 0; i < count && !row.failed; i++) {
        uint16_t lost = bn_row_u16(&row);
        bn_dot made_from = bn_row_dot(&row);
        if (lost == field && !row.failed) {
            *base = made_from;
            return BN_FATE_NOT_IN_FORCE;
        }
    }
    return BN_FATE_IN_FORCE;
}

bn_relation bn_decide_relation(bn_decision *d, const bn_unit *unit, bn_dot *base)
{
    bn_relation_input input = {.current = unit->current,
                               .base = unit->base,
                               .origin = d->dot.origin,
                               .field = unit->field,
                               .blind = (d->op.flags & BN_OP_FLAG_BLIND) != 0,
                               .cursor = d->op.cursor,
                               .enter_cseq = d->enter_cseq,
                               .fate_of = fate_of,
                               .context = d};
    return bn_relate(&input, base);
}

/* --- gathering a unit ------------------------------------------------------------------------ */
static void set_current(const bn_decision *d, bn_unit *unit)
{
    unit->has_current = false;
    unit->current = (bn_stamp){0};
    if (d->was_empty) {
        return;
    }
    for (size_t i = 0; i < d->record.cells_count; i++) {
        const bn_cell *cell = &d->record.cells[i];
        bool belongs = bn_decide_is_of(d, cell->field, unit->field, unit->group);
        if (belongs && (!unit->has_current || cell->stamp.cseq > unit->current.cseq)) {
            unit->has_current = true;
            unit->current = cell->stamp;
        }
    }
}

static size_t group_size(const bn_kind_def *kind, uint8_t group, uint16_t *lowest)
{
    size_t count = 0;
    for (size_t i = 0; i < kind->fields_count; i++) {
        if (kind->fields[i].group == group) {
            *lowest = count == 0 ? kind->fields[i].number : *lowest;
            count++;
        }
    }
    return count;
}

static bn_rc gather(bn_decision *d, size_t first, const bn_field_def *field, bn_unit *unit)
{
    unit->field = field->number;
    unit->group = (uint8_t)field->group;
    unit->policy = field->policy;
    unit->base = d->op.changes[first].base;
    unit->changes[0] = &d->op.changes[first];
    unit->changes_count = 1;
    if (unit->group == 0) {
        set_current(d, unit);
        return BN_OK;
    }
    size_t size = group_size(d->kind, unit->group, &unit->field);
    for (size_t i = first + 1; i < d->op.changes_count; i++) {
        const bn_field_def *other = bn_schema_field(d->kind, d->op.changes[i].field);
        if (other == NULL || other->group != unit->group) {
            continue;
        }
        if (!bn_dot_equal(d->op.changes[i].base, unit->base)) {
            return bn_refuse(d, "invalid: group of %s: bases differ", field->name);
        }
        unit->changes[unit->changes_count++] = &d->op.changes[i];
    }
    set_current(d, unit);
    bool is_blind = (d->op.flags & BN_OP_FLAG_BLIND) != 0;
    if (unit->changes_count < size && !bn_dot_is_none(unit->base) && !is_blind) {
        return bn_refuse(d, "invalid: group of %s: %zu of its %zu fields", field->name,
                         unit->changes_count, size);
    }
    return BN_OK;
}

/* Was this field's group dealt with at an earlier change? */
static bool is_done(const bn_decision *d, size_t at, const bn_field_def *field)
{
    for (size_t i = 0; i < at && field->group != 0; i++) {
        const bn_field_def *other = bn_schema_field(d->kind, d->op.changes[i].field);
        if (other != NULL && other->group == field->group) {
            return true;
        }
    }
    return false;
}

static const bn_change *change_of(const bn_unit *unit, unsigned field)
{
    for (size_t i = 0; i < unit->changes_count; i++) {
        if (unit->changes[i]->field == field) {
            return unit->changes[i];
        }
    }
    return NULL;
}

/* --- deciding a unit ------------------------------------------------------------------------- */
/* Puts the unit's values; other filled fields of its group keep their values when the author had
 * seen them and are emptied otherwise, so that a group always carries one dot. */
static bn_rc take(bn_decision *d, const bn_unit *unit, bool had_seen)
{
    for (size_t i = 0; i < unit->changes_count; i++) {
        bn_cell cell = {.field = unit->changes[i]->field, .stamp = d->stamp,
                        .value = unit->changes[i]->value};
        BN_TRY(bn_decide_put(d, &cell));
    }
    for (size_t i = 0; i < d->record.cells_count && unit->group != 0; i++) {
        const bn_cell *old = &d->record.cells[i];
        const bn_field_def *field = bn_schema_field(d->kind, old->field);
        if (field == NULL || field->group != unit->group || change_of(unit, old->field) != NULL) {
            continue;
        }
        bn_cell cell = {.field = old->field, .stamp = d->stamp,
                        .value = had_seen ? old->value : bn_value_nil()};
        d->is_plain = false;
        BN_TRY(bn_decide_put(d, &cell));
    }
    return BN_OK;
}

static bool all_equal(const bn_decision *d, const bn_unit *unit)
{
    for (size_t i = 0; i < unit->changes_count; i++) {
        if (!bn_value_equal(bn_record_value(&d->record, unit->changes[i]->field),
                            unit->changes[i]->value)) {
            return false;
        }
    }
    for (size_t i = 0; i < d->record.cells_count && unit->group != 0; i++) {
        const bn_cell *old = &d->record.cells[i];
        const bn_field_def *field = bn_schema_field(d->kind, old->field);
        if (field != NULL && field->group == unit->group && change_of(unit, old->field) == NULL &&
            !bn_value_is_nil(old->value)) {
            return false;
        }
    }
    return true;
}

static bn_verdict verdict_on(bn_decision *d, const bn_unit *unit)
{
    bn_value home = d->kind->branch_field != 0
                        ? bn_record_value(&d->record, d->kind->branch_field)
                        : bn_value_nil();
    uint32_t owner = home.type == BN_VALUE_INT ? (uint32_t)home.integer : 0;
    uint32_t current_branch = bn_registry_branch_of(d->server, unit->current.dot.origin);
    bn_contender current = {.stamp = unit->current,
                            .value = bn_record_value(&d->record, unit->changes[0]->field),
                            .by_owner = owner != 0 && current_branch == owner,
                            .by_server = unit->current.dot.origin == 0};
    bn_contender incoming = {.stamp = d->stamp,
                             .value = unit->changes[0]->value,
                             .by_owner = owner != 0 && d->branch == owner,
                             .by_server = d->dot.origin == 0};
    return bn_decide(unit->policy, &current, &incoming, all_equal(d, unit));
}

/* An open conflict, or a closed one that shows what a policy decided. */
static bn_rc record_conflict(bn_decision *d, const bn_unit *unit, bn_dot base, bool is_open,
                             bool took, bn_err *err)
{
    bn_touched *touched = NULL;
    bn_candidate incoming;
    bn_candidate in_force;
    bool has_current = false;
    BN_TRY(bn_conflicts_touch(d, unit->field, unit->group, unit->policy, base, &touched, err));
    bn_conflict *conflict = &touched->conflict;
    BN_TRY(bn_conflicts_in_force(d, unit->field, unit->group, &in_force, &has_current, err));
    if (has_current) {
        BN_TRY(bn_conflicts_add(d, conflict, &in_force, (bn_dot){0}));
    }
    BN_TRY(bn_conflicts_incoming(d, unit, &incoming));
    BN_TRY(bn_conflicts_add(d, conflict, &incoming, unit->base));
    if (is_open) {
        bn_conflicts_reopen(d, conflict);
        return BN_OK;
    }
    if (conflict->state == BN_CONFLICT_OPEN) {
        return BN_OK;
    }
    conflict->before = took ? unit->current.dot : d->dot;
    bn_conflicts_close(d, conflict, BN_CONFLICT_AUTO, took ? d->dot : unit->current.dot,
                       bn_slice_of(bn_policy_name(unit->policy)), 0);
    return BN_OK;
}

static bn_rc ask(bn_decision *d, const bn_unit *unit, bn_dot base, bn_err *err)
{
    bn_outcome_worse(d, BN_OUTCOME_CONFLICT);
    BN_TRY(bn_decide_lost(d, unit->field, base));
    return record_conflict(d, unit, base, true, false, err);
}

static bn_rc decide_concurrent(bn_decision *d, const bn_unit *unit, bn_dot base, bn_err *err)
{
    bool keeps = bn_policy_keeps_record(unit->policy);
    d->is_plain = false;
    switch (verdict_on(d, unit)) {
    case BN_VERDICT_TAKE:
        bn_outcome_worse(d, BN_OUTCOME_MERGED);
        BN_TRY(take(d, unit, false));
        return keeps ? record_conflict(d, unit, base, false, true, err) : BN_OK;
    case BN_VERDICT_KEEP:
        bn_outcome_worse(d, BN_OUTCOME_LOST);
        BN_TRY(bn_decide_lost(d, unit->field, base));
        return keeps ? record_conflict(d, unit, base, false, false, err) : BN_OK;
    case BN_VERDICT_SAME: {
        bn_outcome_worse(d, BN_OUTCOME_SAME);
        int order = bn_hlc_compare(d->stamp.hlc, unit->current.hlc);
        if (order > 0 || (order == 0 && d->dot.origin < unit->current.dot.origin)) {
            return take(d, unit, true);
        }
        return bn_decide_lost(d, unit->field, base);
    }
    case BN_VERDICT_ASK:
        return ask(d, unit, base, err);
    }
    return BN_OK;
}

static bn_rc decide_unit(bn_decision *d, const bn_unit *unit, bn_err *err)
{
    bn_dot base = unit->base;
    bn_relation relation = BN_CAUSAL;
    if (unit->has_current || !bn_dot_is_none(unit->base)) {
        relation = bn_decide_relation(d, unit, &base);
    }
    if (d->is_asking) {
        return all_equal(d, unit) ? bn_decide_lost(d, unit->field, base) : ask(d, unit, base, err);
    }
    if (relation == BN_CONCURRENT) {
        return decide_concurrent(d, unit, base, err);
    }
    BN_TRY(take(d, unit, true));
    if (unit->has_current && bn_conflicts_may_be_open(d->server, d->record.id)) {
        return bn_conflicts_causal(d, unit, err);
    }
    return BN_OK;
}

/* --- multi fields ---------------------------------------------------------------------------- */
static bn_rc add_delta(bn_decision *d, const bn_change *change, bn_cell *item)
{
    size_t count = 0;
    const bn_cell *sums = bn_record_items(&d->record, change->field, &count);
    d->has_counter = true;
    for (size_t i = 0; i < count; i++) {
        if (sums[i].stamp.dot.origin == d->dot.origin &&
            !bn_add_i64(sums[i].value.integer, change->value.integer, &item->value.integer)) {
            return bn_refuse(d, "limit: the counter overflows");
        }
    }
    return BN_OK;
}

static bn_rc change_items(bn_decision *d, const bn_change *change, const bn_field_def *field)
{
    if (change->verb == BN_VERB_REMOVE) {
        d->gone[d->gone_count++] = (struct bn_gone){
            .field = change->field, .dot = change->base, .value = change->value};
        return BN_OK;
    }
    bn_cell item = {.field = change->field, .stamp = d->stamp, .value = change->value};
    if (field->policy == BN_POLICY_COUNTER) {
        BN_TRY(add_delta(d, change, &item));
    }
    d->items[d->items_count++] = item;
    return BN_OK;
}

bn_rc bn_decide_write(bn_decision *d, bn_err *err)
{
    const bn_op *op = &d->op;
    bool names_existence = op->changes[0].field == BN_FIELD_EXISTENCE;
    if (names_existence) {
        BN_TRY(bn_decide_existence(d, &op->changes[0], err));
    }
    for (size_t i = names_existence ? 1 : 0; i < op->changes_count; i++) {
        const bn_field_def *field = bn_schema_field(d->kind, op->changes[i].field);
        if (field == NULL) {
            return bn_refuse(d, "invalid: no field %u", op->changes[i].field);
        }
        if (bn_policy_is_multi(field->policy)) {
            BN_TRY(change_items(d, &op->changes[i], field));
        } else if (!is_done(d, i, field)) {
            bn_unit unit;
            BN_TRY(gather(d, i, field, &unit));
            BN_TRY(decide_unit(d, &unit, err));
        }
    }
    if (!names_existence && !d->existed) {
        return bn_decide_unseen_removal(d, err);
    }
    return BN_OK;
}
