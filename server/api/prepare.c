/* prepare.c - a draft of head office on its way to the engine: whole groups, true bases.
 * SPDX-License-Identifier: Apache-2.0
 *
 * All fields of a group carry one stamp, so their base is the newest of them; a change of one
 * field takes the others along as they are.
 */
#include "server/api/operations.h"

#define CHANGES_MAX (BN_FIELDS_MAX + BN_ITEMS_MAX)

typedef struct list {
    bn_change *changes;
    size_t count;
} list;

static bn_dot shown_dot(const bn_kind_def *kind, const bn_record *record,
                        const bn_field_def *field)
{
    const bn_cell *newest = bn_record_cell(record, field->number);
    for (size_t i = 0; field->group > 0 && i < record->cells_count; i++) {
        const bn_cell *cell = &record->cells[i];
        const bn_field_def *other = bn_schema_field(kind, cell->field);
        if (other != NULL && other->group == field->group &&
            (newest == NULL || cell->stamp.cseq > newest->stamp.cseq)) {
            newest = cell;
        }
    }
    return newest != NULL ? newest->stamp.dot : (bn_dot){0, 0};
}

static bn_rc check_base(const bn_kind_def *kind, const bn_record *record, bool as_shown,
                        bn_change *change, bn_stale *stale, bn_err *err)
{
    const bn_field_def *field = bn_schema_field(kind, change->field);
    if (change->verb != BN_VERB_SET || field == NULL) {
        return BN_OK;
    }
    bn_dot own = bn_record_dot(record, change->field);
    bn_dot now = shown_dot(kind, record, field);
    if (!as_shown && !bn_dot_equal(change->base, own) && !bn_dot_equal(change->base, now)) {
        *stale = (bn_stale){.field = change->field, .dot = now};
        return bn_fail(err, BN_E_STALE, "%s: changed since it was read", field->name);
    }
    change->base = now;
    return BN_OK;
}

static bool differs(const bn_record *record, const bn_change *change)
{
    if (change->verb == BN_VERB_SET) {
        return !bn_value_equal(bn_record_value(record, change->field), change->value);
    }
    size_t count = 0;
    const bn_cell *items = bn_record_items(record, change->field, &count);
    const bn_field_def *field = bn_schema_field(bn_schema_kind(record->kind), change->field);
    if (change->verb == BN_VERB_REMOVE || field == NULL || field->policy != BN_POLICY_SET) {
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        if (bn_value_equal(items[i].value, change->value)) {
            return false;
        }
    }
    return true;
}

static bool group_differs(const bn_kind_def *kind, const bn_record *record, const bn_draft *draft,
                          uint8_t group)
{
    for (size_t i = 0; i < draft->changes_count; i++) {
        const bn_field_def *field = bn_schema_field(kind, draft->changes[i].field);
        if (field != NULL && field->group == group && differs(record, &draft->changes[i])) {
            return true;
        }
    }
    return false;
}

static bool is_listed(const list *changes, uint16_t field)
{
    for (size_t i = 0; i < changes->count; i++) {
        if (changes->changes[i].field == field) {
            return true;
        }
    }
    return false;
}

static bn_rc push(list *changes, const bn_change *change, bn_err *err)
{
    if (changes->count == CHANGES_MAX) {
        return bn_fail(err, BN_E_LIMIT, "more than %d changes of one record", CHANGES_MAX);
    }
    changes->changes[changes->count++] = *change;
    return BN_OK;
}

static bn_rc complete_group(const bn_kind_def *kind, const bn_record *record, const bn_change *of,
                            list *changes, bn_err *err)
{
    const bn_field_def *field = bn_schema_field(kind, of->field);
    for (size_t i = 0; field != NULL && field->group > 0 && i < kind->fields_count; i++) {
        const bn_field_def *other = &kind->fields[i];
        if (other->group != field->group || is_listed(changes, other->number)) {
            continue;
        }
        bn_change change = {.field = other->number, .verb = BN_VERB_SET, .base = of->base,
                            .value = bn_record_value(record, other->number)};
        BN_TRY(push(changes, &change, err));
    }
    return BN_OK;
}

static bn_rc load(bn_server_api *api, const bn_draft *draft, bn_arena *arena, bn_record *out,
                  bn_err *err)
{
    bn_server_reader reader;
    bn_record_init(out, draft->kind, draft->id);
    if (bn_id_is_zero(draft->id)) {
        return BN_OK;
    }
    BN_TRY(bn_server_read_begin(api->options.server, &reader, err));
    bn_rc rc = bn_records_get(reader.txn, draft->kind, draft->id, arena, out, err);
    bn_server_read_end(&reader);
    if (rc == BN_E_NOT_FOUND) {
        return bn_fail(err, rc, "no such %s", bn_schema_kind(draft->kind)->name);
    }
    return rc;
}

static bool sets_existence(const bn_draft *draft)
{
    for (size_t i = 0; i < draft->changes_count; i++) {
        if (draft->changes[i].field == BN_FIELD_EXISTENCE) {
            return true;
        }
    }
    return false;
}

bn_rc bn_prepare_draft(bn_server_api *api, const bn_draft *draft, bn_arena *arena, bn_draft *out,
                       bn_stale *stale, bn_err *err)
{
    const bn_kind_def *kind = bn_schema_kind(draft->kind);
    bn_record record;
    list changes = {.changes = bn_arena_array(arena, CHANGES_MAX, sizeof(bn_change))};
    if (kind == NULL || changes.changes == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for the changes of a record");
    }
    BN_TRY(load(api, draft, arena, &record, err));
    if (!bn_id_is_zero(draft->id) && !bn_record_exists(&record) && !sets_existence(draft)) {
        return bn_fail(err, BN_E_NOT_FOUND, "this %s was removed: restore it first", kind->name);
    }
    bool as_shown = draft->as_shown || draft->blind;
    for (size_t i = 0; i < draft->changes_count; i++) {
        bn_change change = draft->changes[i];
        const bn_field_def *field = bn_schema_field(kind, change.field);
        BN_TRY(check_base(kind, &record, as_shown, &change, stale, err));
        bool is_kept = field != NULL && field->group > 0
                           ? group_differs(kind, &record, draft, field->group)
                           : differs(&record, &change);
        if (is_kept) {
            BN_TRY(push(&changes, &change, err));
        }
    }
    for (size_t i = 0, given = changes.count; i < given; i++) {
        bn_change of = changes.changes[i];
        BN_TRY(complete_group(kind, &record, &of, &changes, err));
    }
    *out = *draft;
    out->as_shown = true;
    out->changes = changes.changes;
    out->changes_count = changes.count;
    return BN_OK;
}
