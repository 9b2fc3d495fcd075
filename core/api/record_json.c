/* record_json.c - a record, its cells and its changes as JSON.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/api/operations.h"

static json_t *items_json(bn_call *call, const bn_field_def *field, const bn_cell *items,
                          size_t count, bn_arena *arena)
{
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < count; i++) {
        json_t *item = bn_push_object(call, list);
        bn_put(call, item, "value", bn_json_value(field, items[i].value, arena));
        bn_put(call, item, "dot", bn_json_dot(items[i].stamp.dot));
    }
    return list;
}

static void put_multi(bn_call *call, const bn_kind_def *kind, const bn_record *record,
                      json_t *object, bn_arena *arena)
{
    json_t *lists = bn_put_object(call, object, "lists");
    json_t *counters = bn_put_object(call, object, "counters");
    for (size_t i = 0; i < kind->fields_count; i++) {
        const bn_field_def *field = &kind->fields[i];
        size_t count = 0;
        const bn_cell *items = bn_record_items(record, field->number, &count);
        if (count > 0 && field->policy == BN_POLICY_COUNTER) {
            bn_put(call, counters, field->name,
                   json_integer(bn_record_counter(record, field->number)));
        } else if (count > 0) {
            bn_put(call, lists, field->name, items_json(call, field, items, count, arena));
        }
    }
}

json_t *bn_cells_json(bn_call *call, const bn_kind_def *kind, const bn_cell *cells, size_t count,
                      bn_arena *arena)
{
    json_t *fields = json_object();
    for (size_t i = 0; fields != NULL && i < count; i++) {
        const bn_field_def *field = bn_schema_field(kind, cells[i].field);
        if (cells[i].field == BN_FIELD_EXISTENCE) {
            bool is_there = bn_value_equal(cells[i].value, bn_value_int(1));
            bn_put(call, fields, "exists", json_string(is_there ? "yes" : "no"));
        } else if (field != NULL) {
            bn_put(call, fields, field->name, bn_json_value(field, cells[i].value, arena));
        }
    }
    return fields;
}

static size_t existence_cells(const bn_record *record)
{
    return record->cells_count > 0 && record->cells[0].field == BN_FIELD_EXISTENCE ? 1 : 0;
}

json_t *bn_record_json(bn_call *call, const bn_record *record, bn_arena *arena)
{
    const bn_kind_def *kind = bn_schema_kind(record->kind);
    json_t *object = json_object();
    if (object == NULL || kind == NULL) {
        return object;
    }
    bn_put(call, object, "kind", json_string(kind->name));
    bn_put(call, object, "id", bn_json_id(record->id));
    bn_value number = bn_record_value(record, BN_CUSTOMER_number);
    if (kind->kind == BN_KIND_CUSTOMER && number.type == BN_VALUE_TEXT) {
        bn_put(call, object, "number", bn_json_slice(number.text));
    }
    bn_put(call, object, "exists", json_boolean(bn_record_exists(record)));
    size_t first = existence_cells(record);
    bn_put(call, object, "fields",
           bn_cells_json(call, kind, record->cells + first, record->cells_count - first, arena));
    put_multi(call, kind, record, object, arena);
    return object;
}

void bn_put_label(bn_call *call, json_t *object, const bn_record *record, bn_arena *arena)
{
    static const char *const labels[] = {"name", "number", "title", "code", "subject"};
    const bn_kind_def *kind = bn_schema_kind(record->kind);
    for (size_t i = 0; kind != NULL && i < sizeof labels / sizeof labels[0]; i++) {
        const bn_field_def *field = bn_schema_field_named(kind, bn_slice_of(labels[i]));
        bn_value value = field != NULL ? bn_record_value(record, field->number) : bn_value_nil();
        if (!bn_value_is_nil(value) && field->class_ != BN_CLASS_SENSITIVE) {
            bn_put(call, object, labels[i], bn_json_value(field, value, arena));
        }
    }
}

static void put_change(bn_call *call, const bn_kind_def *kind, const bn_change *change,
                       json_t *object, bn_arena *arena)
{
    static const char *const verbs[] = {
        [BN_VERB_SET] = "to", [BN_VERB_ADD] = "added", [BN_VERB_REMOVE] = "removed"};
    const bn_field_def *field = bn_schema_field(kind, change->field);
    const char *name = field != NULL ? field->name : "exists";
    if (change->field != BN_FIELD_EXISTENCE && field == NULL) {
        return;
    }
    json_t *entry = json_object_get(object, name);
    entry = entry != NULL ? entry : bn_put_object(call, object, name);
    if (field == NULL) {
        bool is_there = bn_value_equal(change->value, bn_value_int(1));
        bn_put(call, entry, "to", json_string(is_there ? "yes" : "no"));
        return;
    }
    json_t *value = bn_json_value(field, change->value, arena);
    if (change->verb == BN_VERB_SET) {
        bn_put(call, entry, "to", value);
        return;
    }
    json_t *list = json_object_get(entry, verbs[change->verb]);
    list = list != NULL ? list : bn_put_list(call, entry, verbs[change->verb]);
    bn_push(call, list, value);
}

json_t *bn_changes_json(bn_call *call, uint16_t kind, const bn_change *changes, size_t count,
                        bn_arena *arena)
{
    const bn_kind_def *def = bn_schema_kind(kind);
    json_t *object = json_object();
    for (size_t i = 0; object != NULL && def != NULL && i < count; i++) {
        put_change(call, def, &changes[i], object, arena);
    }
    return object;
}

const char *bn_op_what(const bn_op *op)
{
    switch (op->type) {
    case BN_OP_ERASE:
        return "erase";
    case BN_OP_RESOLVE:
        return "resolve";
    case BN_OP_UNDO:
        return "undo";
    case BN_OP_DECISION:
        return "decision";
    case BN_OP_WRITE:
        break;
    }
    if (op->changes_count == 0 || op->changes[0].field != BN_FIELD_EXISTENCE) {
        return "update";
    }
    if (bn_value_equal(op->changes[0].value, bn_value_int(0))) {
        return "remove";
    }
    return bn_dot_is_none(op->changes[0].base) ? "create" : "restore";
}
