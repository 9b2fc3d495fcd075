/* changes.c - from {"field": "text"} to the changes of a draft.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/api/operations.h"

#include <banyan/base/number.h>
#include <banyan/protocol/crypto.h>

#define CAPACITY_MIN 8

void bn_change_set_start(bn_call *call, bn_change_set *set)
{
    *set = (bn_change_set){.arena = &call->arena};
}

static bn_rc grow(bn_change_set *set, bn_err *err)
{
    size_t capacity = set->capacity > 0 ? set->capacity * 2 : CAPACITY_MIN;
    bn_change *changes = bn_arena_array(set->arena, capacity, sizeof *changes);
    if (changes == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for the changes");
    }
    if (set->count > 0) {
        memcpy(changes, set->changes, set->count * sizeof *changes);
    }
    set->changes = changes;
    set->capacity = capacity;
    return BN_OK;
}

bn_rc bn_change_set_push(bn_change_set *set, const bn_change *change, bn_err *err)
{
    if (set->count == BN_API_CHANGES_MAX) {
        return bn_fail(err, BN_E_LIMIT, "more than %d changes of one record", BN_API_CHANGES_MAX);
    }
    if (set->count == set->capacity) {
        BN_TRY(grow(set, err));
    }
    set->changes[set->count++] = *change;
    return BN_OK;
}

static bn_slice text_of(const json_t *text)
{
    return bn_slice_make(json_string_value(text), json_string_length(text));
}

bn_rc bn_change_set_fields(bn_call *call, const bn_kind_def *kind, json_t *fields,
                           const char *skip, bn_change_set *set, bn_err *err)
{
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(fields, name, value) {
        if (skip != NULL && strcmp(name, skip) == 0) {
            continue;
        }
        const bn_field_def *field = NULL;
        BN_TRY(bn_field_named(kind, name, &field, err));
        if (bn_policy_is_multi(field->policy)) {
            return bn_fail(err, BN_E_INVALID, "%s: holds several values: use add and remove",
                           field->name);
        }
        if (!json_is_string(value) && !json_is_null(value)) {
            return bn_fail(err, BN_E_INVALID, "%s: wants a text or null", field->name);
        }
        bn_change change = {.field = field->number, .verb = BN_VERB_SET};
        if (json_is_string(value)) {
            BN_TRY(bn_value_of_text(call, kind, field, text_of(value), &change.value, err));
        }
        BN_TRY(bn_change_set_push(set, &change, err));
    }
    return BN_OK;
}

typedef struct element { /* of a multi field, as one call names it */
    const bn_field_def *field;
    bn_value value;
} element;

typedef bn_rc (*take_element)(void *context, const element *at, bn_err *err);

static bn_rc walk_one(bn_call *call, const bn_kind_def *kind, const bn_field_def *field,
                      const json_t *text, take_element take, void *context, bn_err *err)
{
    element at = {.field = field};
    if (!json_is_string(text)) {
        return bn_fail(err, BN_E_INVALID, "%s: wants texts", field->name);
    }
    BN_TRY(bn_value_of_text(call, kind, field, text_of(text), &at.value, err));
    if (bn_value_is_nil(at.value)) {
        return bn_fail(err, BN_E_INVALID, "%s: an element cannot be empty", field->name);
    }
    return take(context, &at, err);
}

/* Every element of {field: text or [texts]}. */
static bn_rc walk(bn_call *call, const bn_kind_def *kind, json_t *fields, take_element take,
                  void *context, bn_err *err)
{
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(fields, name, value) {
        const bn_field_def *field = NULL;
        BN_TRY(bn_field_named(kind, name, &field, err));
        if (!bn_policy_is_multi(field->policy)) {
            return bn_fail(err, BN_E_INVALID, "%s: holds one value: use set", field->name);
        }
        if (!json_is_array(value)) {
            BN_TRY(walk_one(call, kind, field, value, take, context, err));
            continue;
        }
        for (size_t i = 0; i < json_array_size(value); i++) {
            BN_TRY(walk_one(call, kind, field, json_array_get(value, i), take, context, err));
        }
    }
    return BN_OK;
}

static bn_rc take_add(void *context, const element *at, bn_err *err)
{
    bn_change change = {.field = at->field->number, .verb = BN_VERB_ADD, .value = at->value};
    return bn_change_set_push(context, &change, err);
}

bn_rc bn_change_set_adds(bn_call *call, const bn_kind_def *kind, json_t *fields,
                         bn_change_set *set, bn_err *err)
{
    return walk(call, kind, fields, take_add, set, err);
}

typedef struct removing {
    bn_change_set *set;
    const bn_record *shown;
} removing;

/* One change per add that is shown: a concurrent add of the same value stays. */
static bn_rc take_removal(void *context, const element *at, bn_err *err)
{
    const removing *from = context;
    if (at->field->policy != BN_POLICY_SET) {
        return bn_fail(err, BN_E_INVALID, "%s: keeps everything, nothing can be taken out",
                       at->field->name);
    }
    size_t count = 0;
    const bn_cell *items = bn_record_items(from->shown, at->field->number, &count);
    for (size_t i = 0; i < count; i++) {
        if (bn_value_equal(items[i].value, at->value)) {
            bn_change change = {.field = at->field->number, .verb = BN_VERB_REMOVE,
                                .base = items[i].stamp.dot, .value = at->value};
            BN_TRY(bn_change_set_push(from->set, &change, err));
        }
    }
    return BN_OK;
}

bn_rc bn_change_set_removals(bn_call *call, const bn_kind_def *kind, json_t *fields,
                             const bn_record *shown, bn_change_set *set, bn_err *err)
{
    removing from = {.set = set, .shown = shown};
    return walk(call, kind, fields, take_removal, &from, err);
}

static bn_change *find_set(bn_change_set *set, uint16_t field)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->changes[i].field == field && set->changes[i].verb == BN_VERB_SET) {
            return &set->changes[i];
        }
    }
    return NULL;
}

bn_rc bn_change_set_seen(bn_call *call, const bn_kind_def *kind, json_t *seen,
                         const bn_record *shown, bn_change_set *set, bn_err *err)
{
    (void)call;
    for (size_t i = 0; i < set->count; i++) {
        if (set->changes[i].verb == BN_VERB_SET) {
            set->changes[i].base = bn_record_dot(shown, set->changes[i].field);
        }
    }
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(seen, name, value) {
        const bn_field_def *field = NULL;
        BN_TRY(bn_field_named(kind, name, &field, err));
        bn_dot dot = {0, 0};
        if (!json_is_null(value) &&
            !(json_is_string(value) && bn_dot_parse(text_of(value), &dot))) {
            return bn_fail(err, BN_E_INVALID, "seen: %s wants a dot such as 17.42, or null",
                           field->name);
        }
        bn_change *change = find_set(set, field->number);
        if (change != NULL) {
            change->base = dot;
        }
    }
    return BN_OK;
}

bn_id bn_request_of_row(bn_id request, uint64_t number)
{
    uint8_t row[8];
    bn_id id;
    bn_store_u64(row, number);
    bn_hash_keyed(bn_id_slice(&request), bn_slice_make(row, sizeof row), id.bytes, sizeof id.bytes);
    return id;
}
