/* plan.c - drafts on their way to ops.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "branch-client/plan.h"

#include "branch-client/bases.h"

#include <banyan/base/check.h>
#include <banyan/base/version.h>
#include <banyan/protocol/version.h>

/* --- what an earlier draft or the store shows ---------------------------------------------- */

static const bn_record *planned_record(const bn_plan *plan, uint16_t kind, bn_id id)
{
    for (size_t i = plan->ops_count; i > 0; i--) {
        const bn_planned *planned = &plan->ops[i - 1];
        if (planned->op.type == BN_OP_WRITE && planned->op.kind == kind &&
            bn_id_equal(planned->op.id, id)) {
            return &planned->after;
        }
    }
    return NULL;
}

static bn_rc load_shown(bn_plan *plan, uint16_t kind, bn_id id, bn_record *out, bn_err *err)
{
    const bn_record *planned = planned_record(plan, kind, id);
    if (planned != NULL) {
        *out = *planned;
        return BN_OK;
    }
    return bn_shown_get(plan->write->branch, plan->write->txn, kind, id, plan->arena, out, err);
}

static bn_rc check_customer(bn_plan *plan, const bn_kind_def *kind, const bn_change_list *list,
                            bn_err *err)
{
    const bn_change *change =
        kind->customer_field != 0 ? bn_changes_find(list, kind->customer_field) : NULL;
    if (change == NULL || change->value.type != BN_VALUE_ID) {
        return BN_OK;
    }
    bn_record customer;
    BN_TRY(load_shown(plan, BN_KIND_CUSTOMER, change->value.id, &customer, err));
    if (!bn_record_exists(&customer)) {
        return bn_fail(err, BN_E_NOT_FOUND, "customer: not a customer of this branch");
    }
    return BN_OK;
}

/* --- creating -------------------------------------------------------------------------------- */

static bn_rc add_number(bn_plan *plan, bn_change_list *list, char *number, bn_err *err)
{
    if (bn_changes_find(list, BN_CUSTOMER_number) != NULL) {
        return bn_fail(err, BN_E_INVALID, "number: is made by the branch");
    }
    bn_customer_number_make(plan->write->branch->identity.origin, plan->customers_made + 1, number);
    return bn_changes_add(list, BN_CUSTOMER_number, bn_value_text(bn_slice_of(number)), err);
}

static bn_rc add_home(bn_plan *plan, const bn_kind_def *kind, bn_change_list *list, bn_err *err)
{
    uint32_t own = plan->write->branch->identity.branch;
    const bn_change *given =
        kind->branch_field != 0 ? bn_changes_find(list, kind->branch_field) : NULL;
    if (given == NULL) {
        return kind->branch_field == 0
                   ? BN_OK
                   : bn_changes_add(list, kind->branch_field, bn_value_int(own), err);
    }
    if (!bn_value_equal(given->value, bn_value_int(own))) {
        return bn_fail(err, BN_E_DENIED, "branch: a new %s is of this branch, %u", kind->name,
                       own);
    }
    return BN_OK;
}

static bn_rc add_defaults(bn_plan *plan, const bn_kind_def *kind, bn_change_list *list,
                          bn_saved *saved, bn_err *err)
{
    if (bn_changes_find(list, BN_FIELD_EXISTENCE) == NULL) {
        BN_TRY(bn_changes_add(list, BN_FIELD_EXISTENCE, bn_value_int(1), err));
    }
    if (kind->kind == BN_KIND_CUSTOMER) {
        char *number = bn_arena_alloc(plan->arena, BN_CUSTOMER_NUMBER_BYTES);
        if (number == NULL) {
            return bn_fail(err, BN_E_NO_MEMORY, "no memory for a customer number");
        }
        BN_TRY(add_number(plan, list, number, err));
        memcpy(saved->number, number, BN_CUSTOMER_NUMBER_BYTES);
    }
    return add_home(plan, kind, list, err);
}

/* Is the record there for this draft, or does the draft bring it into being? */
static bn_rc check_presence(bn_plan *plan, const bn_draft *draft, const bn_kind_def *kind,
                            const bn_planned *planned, const bn_change_list *list, bool as_shown,
                            bool *creates, bn_err *err)
{
    const bn_change *existence = bn_changes_find(list, BN_FIELD_EXISTENCE);
    bool sets_there = existence != NULL && bn_value_equal(existence->value, bn_value_int(1));
    if (bn_record_cell(&planned->before, BN_FIELD_EXISTENCE) == NULL) {
        if (!sets_there && !bn_id_is_zero(draft->id)) {
            return bn_fail(err, BN_E_NOT_FOUND, "no such %s", kind->name);
        }
        if (existence != NULL && !sets_there) {
            return bn_fail(err, BN_E_INVALID, "%s: cannot be created removed", kind->name);
        }
        *creates = true;
        return BN_OK;
    }
    *creates = false;
    if (bn_record_exists(&planned->before) || existence != NULL) {
        return BN_OK;
    }
    *plan->stale = (bn_stale){.draft = planned->draft,
                              .field = BN_FIELD_EXISTENCE,
                              .dot = bn_record_dot(&planned->before, BN_FIELD_EXISTENCE)};
    return bn_fail(err, as_shown ? BN_E_NOT_FOUND : BN_E_STALE,
                   "this %s was removed: restore it first", kind->name);
}

/* --- one write ------------------------------------------------------------------------------- */

/* The newest clock among the values the changes build on. */
static bn_hlc clock_seen(const bn_record *shown, const bn_change_list *list)
{
    bn_hlc seen = {0};
    for (size_t i = 0; i < list->count; i++) {
        const bn_cell *cell = bn_record_cell(shown, list->changes[i].field);
        if (cell != NULL && bn_hlc_compare(cell->stamp.hlc, seen) > 0) {
            seen = cell->stamp.hlc;
        }
        size_t count;
        const bn_cell *items = bn_record_items(shown, list->changes[i].field, &count);
        for (size_t j = 0; j < count; j++) {
            if (bn_hlc_compare(items[j].stamp.hlc, seen) > 0) {
                seen = items[j].stamp.hlc;
            }
        }
    }
    return seen;
}

/* Rules over several fields bind what a save makes, not what was there before it. */
static bn_rc check_whole(const bn_kind_def *kind, const bn_planned *planned, bn_err *err)
{
    if (!bn_record_exists(&planned->after)) {
        return BN_OK;
    }
    bn_rc rc = bn_validate_record(kind, &planned->after, err);
    if (rc == BN_E_INVALID && bn_record_exists(&planned->before) &&
        bn_validate_record(kind, &planned->before, NULL) != BN_OK) {
        return BN_OK;
    }
    return rc;
}

static void stamp_op(bn_plan *plan, bn_op *op, bn_hlc seen, uint64_t *oseq)
{
    bn_branch *branch = plan->write->branch;
    op->schema_version = BN_SCHEMA_VERSION;
    op->cursor = plan->write->heads.cursor;
    op->hlc = bn_hlc_tick((bn_hlc){plan->hlc}, seen, bn_branch_now_ms(branch));
    *oseq = plan->write->heads.oseq_last + plan->ops_count + 1;
}

static bn_rc apply_planned(bn_plan *plan, bn_planned *planned, bn_err *err)
{
    BN_TRY(bn_record_copy(&planned->before, plan->arena, &planned->after));
    bn_stamp stamp = {.dot = {plan->write->branch->identity.origin, planned->oseq},
                      .hlc = planned->op.hlc};
    bn_rc rc = bn_record_apply_op(&planned->after, plan->arena, &planned->op, &stamp);
    return rc == BN_OK ? BN_OK
                       : bn_fail(err, rc, "the record would have too many fields or elements");
}

static bn_rc read_target(bn_plan *plan, const bn_draft *draft, bn_planned *planned, bn_err *err)
{
    if (!bn_id_is_zero(draft->id)) {
        return load_shown(plan, draft->kind, draft->id, &planned->before, err);
    }
    bn_id id;
    BN_TRY(bn_branch_make_id(plan->write->branch, &id, err));
    bn_record_init(&planned->before, draft->kind, id);
    return BN_OK;
}

static bn_rc check_kind(const bn_draft *draft, const bn_kind_def **out, bn_err *err)
{
    const bn_kind_def *kind = bn_schema_kind(draft->kind);
    if (kind == NULL) {
        return bn_fail(err, BN_E_INVALID, "no kind %u", draft->kind);
    }
    if (kind->scope == BN_SCOPE_EVERYWHERE) {
        return bn_fail(err, BN_E_DENIED, "%s: kept by head office", kind->name);
    }
    *out = kind;
    return BN_OK;
}

/* The list of changes, ready to be an op; empty when nothing is left. */
static bn_rc settle_changes(bn_plan *plan, const bn_draft *draft, const bn_kind_def *kind,
                            const bn_planned *planned, bn_change_list *list, bn_saved *saved,
                            bn_err *err)
{
    bool as_shown = draft->as_shown || draft->blind;
    bool creates;
    BN_TRY(bn_changes_start(draft, kind, &planned->before, as_shown, plan->arena, list, err));
    BN_TRY(check_presence(plan, draft, kind, planned, list, as_shown, &creates, err));
    if (creates) {
        BN_TRY(add_defaults(plan, kind, list, saved, err));
    } else if (kind->kind == BN_KIND_CUSTOMER &&
               bn_changes_find(list, BN_CUSTOMER_number) != NULL &&
               !bn_value_equal(bn_changes_find(list, BN_CUSTOMER_number)->value,
                               bn_record_value(&planned->before, BN_CUSTOMER_number))) {
        return bn_fail(err, BN_E_INVALID, "number: is permanent");
    }
    uint16_t stale_field = 0;
    bn_dot stale_dot = {0, 0};
    bn_rc rc = bn_branch_bases(kind, &planned->before, as_shown, list->changes, list->count,
                               &stale_field, &stale_dot, err);
    if (rc == BN_E_STALE) {
        *plan->stale =
            (bn_stale){.draft = planned->draft, .field = stale_field, .dot = stale_dot};
    }
    BN_TRY(rc);
    bn_changes_drop_equal(list, kind, &planned->before);
    BN_TRY(bn_changes_complete_groups(list, kind, &planned->before, err));
    bn_changes_sort(list);
    return BN_OK;
}

static bn_rc plan_write(bn_plan *plan, const bn_draft *draft, bn_planned *planned, bn_saved *saved,
                        bool *any, bn_err *err)
{
    const bn_kind_def *kind = NULL;
    BN_TRY(check_kind(draft, &kind, err));
    BN_TRY(read_target(plan, draft, planned, err));
    saved->id = planned->before.id;
    bn_change_list list;
    BN_TRY(settle_changes(plan, draft, kind, planned, &list, saved, err));
    if (list.count == 0) {
        return BN_OK;
    }
    BN_TRY(check_customer(plan, kind, &list, err));
    bn_op *op = &planned->op;
    op->kind = draft->kind;
    op->id = planned->before.id;
    op->flags = draft->blind ? BN_OP_FLAG_BLIND : 0;
    op->changes = list.changes;
    op->changes_count = list.count;
    stamp_op(plan, op, clock_seen(&planned->before, &list), &planned->oseq);
    BN_TRY(bn_op_validate(op, err));
    BN_TRY(apply_planned(plan, planned, err));
    BN_TRY(check_whole(kind, planned, err));
    *any = true;
    return BN_OK;
}

static bn_rc plan_other(bn_plan *plan, const bn_draft *draft, bn_planned *planned, bn_saved *saved,
                        bool *any, bn_err *err)
{
    bn_hlc seen = {0};
    BN_TRY(bn_plan_other(plan, draft, &planned->op, &seen, err));
    stamp_op(plan, &planned->op, seen, &planned->oseq);
    BN_TRY(bn_op_validate(&planned->op, err));
    saved->id = draft->id;
    *any = true;
    return BN_OK;
}

bn_rc bn_plan_draft(bn_plan *plan, const bn_draft *draft, size_t index, bn_saved *saved,
                    bn_err *err)
{
    BN_ASSERT(plan->ops_count < plan->ops_max);
    if (draft->actor.len == 0) {
        return bn_fail(err, BN_E_INVALID, "actor: is missing");
    }
    bn_planned *planned = &plan->ops[plan->ops_count];
    *planned = (bn_planned){.op = {.type = draft->type, .actor = draft->actor}, .draft = index};
    plan->stale->draft = index;
    bn_saved result = {0};
    bool any = false;
    BN_TRY(draft->type == BN_OP_WRITE ? plan_write(plan, draft, planned, &result, &any, err)
                                      : plan_other(plan, draft, planned, &result, &any, err));
    if (any) {
        result.dot = (bn_dot){plan->write->branch->identity.origin, planned->oseq};
        plan->hlc = planned->op.hlc.value;
        plan->customers_made += result.number[0] != '\0' ? 1 : 0;
        plan->ops_count++;
    }
    *saved = result;
    return BN_OK;
}
