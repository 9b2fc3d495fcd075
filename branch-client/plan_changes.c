/* plan_changes.c - from what a form, a command or an import row says to the changes of an op.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "branch-client/plan.h"

static bn_rc no_room(bn_err *err)
{
    return bn_fail(err, BN_E_LIMIT, "more than %d changes of one record", BN_CHANGES_ROOM);
}

static bn_rc push(bn_change_list *list, const bn_change *change, bn_err *err)
{
    if (list->count == BN_CHANGES_ROOM) {
        return no_room(err);
    }
    list->changes[list->count++] = *change;
    return BN_OK;
}

/* "Take this value out" becomes one REMOVE per add of it that is shown. */
static bn_rc push_removals(bn_change_list *list, const bn_change *change, const bn_record *shown,
                           bn_err *err)
{
    size_t count;
    const bn_cell *items = bn_record_items(shown, change->field, &count);
    for (size_t i = 0; i < count; i++) {
        if (bn_value_equal(items[i].value, change->value)) {
            bn_change removal = *change;
            removal.base = items[i].stamp.dot;
            BN_TRY(push(list, &removal, err));
        }
    }
    return BN_OK;
}

static bn_rc check_field(const bn_kind_def *kind, uint16_t field, bn_err *err)
{
    if (field != BN_FIELD_EXISTENCE && bn_schema_field(kind, field) == NULL) {
        return bn_fail(err, BN_E_INVALID, "%s has no field %u", kind->name, field);
    }
    return BN_OK;
}

bn_rc bn_changes_start(const bn_draft *draft, const bn_kind_def *kind, const bn_record *shown,
                       bool as_shown, bn_arena *arena, bn_change_list *out, bn_err *err)
{
    bn_change_list list = {.changes = bn_arena_array(arena, BN_CHANGES_ROOM, sizeof(bn_change))};
    if (list.changes == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for the changes of a record");
    }
    for (size_t i = 0; i < draft->changes_count; i++) {
        bn_change change = draft->changes[i];
        BN_TRY(check_field(kind, change.field, err));
        if (change.verb == BN_VERB_REMOVE && as_shown && bn_dot_is_none(change.base)) {
            BN_TRY(push_removals(&list, &change, shown, err));
            continue;
        }
        if (change.verb == BN_VERB_ADD) {
            change.base = (bn_dot){0, 0};
        }
        BN_TRY(push(&list, &change, err));
    }
    *out = list;
    return BN_OK;
}

const bn_change *bn_changes_find(const bn_change_list *list, uint16_t field)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->changes[i].field == field) {
            return &list->changes[i];
        }
    }
    return NULL;
}

bn_rc bn_changes_add(bn_change_list *list, uint16_t field, bn_value value, bn_err *err)
{
    bn_change change = {.field = field, .verb = BN_VERB_SET, .value = value};
    return push(list, &change, err);
}

/* --- what changes nothing ------------------------------------------------------------------- */

static bool has_item(const bn_record *shown, const bn_change *change, bool with_dot)
{
    size_t count;
    const bn_cell *items = bn_record_items(shown, change->field, &count);
    for (size_t i = 0; i < count; i++) {
        if (bn_value_equal(items[i].value, change->value) &&
            (!with_dot || bn_dot_equal(items[i].stamp.dot, change->base))) {
            return true;
        }
    }
    return false;
}

static bool is_shown(const bn_change *change, const bn_field_def *field, const bn_record *shown)
{
    bn_policy policy = field != NULL ? field->policy : BN_POLICY_HUMAN;
    if (change->verb == BN_VERB_REMOVE) {
        return !has_item(shown, change, true);
    }
    if (change->verb == BN_VERB_ADD && policy == BN_POLICY_SET) {
        return has_item(shown, change, false);
    }
    if (change->verb == BN_VERB_ADD && policy == BN_POLICY_COUNTER) {
        return change->value.type == BN_VALUE_INT && change->value.integer == 0;
    }
    return change->verb == BN_VERB_SET &&
           bn_value_equal(bn_record_value(shown, change->field), change->value);
}

/* Does any change of the group differ from what is shown? */
static bool group_differs(const bn_change_list *list, const bn_kind_def *kind,
                          const bn_record *shown, uint8_t group)
{
    for (size_t i = 0; i < list->count; i++) {
        const bn_field_def *field = bn_schema_field(kind, list->changes[i].field);
        if (field != NULL && field->group == group &&
            !is_shown(&list->changes[i], field, shown)) {
            return true;
        }
    }
    return false;
}

void bn_changes_drop_equal(bn_change_list *list, const bn_kind_def *kind, const bn_record *shown)
{
    bool keeps[BN_CHANGES_ROOM];
    for (size_t i = 0; i < list->count; i++) {
        const bn_field_def *field = bn_schema_field(kind, list->changes[i].field);
        keeps[i] = field != NULL && field->group > 0
                       ? group_differs(list, kind, shown, field->group)
                       : !is_shown(&list->changes[i], field, shown);
    }
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (keeps[i]) {
            list->changes[kept++] = list->changes[i];
        }
    }
    list->count = kept;
}

/* --- groups --------------------------------------------------------------------------------- */

static bn_rc complete_group(bn_change_list *list, const bn_kind_def *kind, const bn_record *shown,
                            uint8_t group, bn_dot base, bn_err *err)
{
    for (size_t i = 0; i < kind->fields_count; i++) {
        const bn_field_def *field = &kind->fields[i];
        if (field->group != group || bn_changes_find(list, field->number) != NULL) {
            continue;
        }
        bn_change change = {.field = field->number,
                            .verb = BN_VERB_SET,
                            .base = base,
                            .value = bn_record_value(shown, field->number)};
        BN_TRY(push(list, &change, err));
    }
    return BN_OK;
}

bn_rc bn_changes_complete_groups(bn_change_list *list, const bn_kind_def *kind,
                                 const bn_record *shown, bn_err *err)
{
    size_t given = list->count;
    for (size_t i = 0; i < given; i++) {
        const bn_field_def *field = bn_schema_field(kind, list->changes[i].field);
        if (field != NULL && field->group > 0) {
            BN_TRY(complete_group(list, kind, shown, field->group, list->changes[i].base, err));
        }
    }
    return BN_OK;
}

/* Insertion: forms come nearly sorted. */
void bn_changes_sort(bn_change_list *list)
{
    for (size_t i = 1; i < list->count; i++) {
        bn_change change = list->changes[i];
        size_t at = i;
        while (at > 0 && bn_change_compare(&list->changes[at - 1], &change) > 0) {
            list->changes[at] = list->changes[at - 1];
            at--;
        }
        list->changes[at] = change;
    }
}
