/* import_rows.c - the texts of one row become a draft; pending drafts become one commit.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/api/import.h"

#include <banyan/protocol/crypto.h>

#define FNV_START UINT64_C(14695981039346656037)
#define FNV_PRIME UINT64_C(1099511628211)

static uint64_t hash_text(bn_slice text)
{
    uint64_t hash = FNV_START;
    for (size_t i = 0; i < text.len; i++) {
        hash = (hash ^ text.data[i]) * FNV_PRIME;
    }
    return hash ^ (hash >> 32);
}

static bn_slice cell_text(const json_t *cell)
{
    return bn_slice_trim(bn_slice_make(json_string_value(cell), json_string_length(cell)));
}

/* --- keys of pending drafts ------------------------------------------------------------------- */

static bn_slice *key_slot(bn_import *import, bn_slice text)
{
    size_t at = hash_text(text) & (BN_IMPORT_KEY_SLOTS - 1);
    while (import->pending_keys[at].data != NULL &&
           !bn_slice_equal(import->pending_keys[at], text)) {
        at = (at + 1) & (BN_IMPORT_KEY_SLOTS - 1);
    }
    return &import->pending_keys[at];
}

static bool is_pending(bn_import *import, bn_slice text)
{
    return import->pending_count > 0 && key_slot(import, text)->data != NULL;
}

bn_rc bn_import_flush(bn_import *import, bn_err *err)
{
    bn_call *call = import->call;
    if (import->pending_count == 0) {
        return BN_OK;
    }
    BN_TRY(call->api->desk->save_rows(call->api->role, import->drafts, import->pending_count,
                                      import->has_request ? import->requests : NULL,
                                      import->results, err));
    for (size_t i = 0; i < import->pending_count; i++) {
        bn_import_row *row = &import->rows[import->row_of[i]];
        const bn_desk_row *result = &import->results[i];
        row->code = result->code;
        row->done = result->done;
        row->err = result->err;
    }
    import->pending_count = 0;
    memset(import->pending_keys, 0, BN_IMPORT_KEY_SLOTS * sizeof *import->pending_keys);
    return BN_OK;
}

/* --- finding records -------------------------------------------------------------------------- */

/* The one record of `kind` whose `field` is `value`. BN_E_NOT_FOUND, BN_E_INVALID for several. */
static bn_rc find_one(bn_call *call, const bn_kind_def *kind, const bn_field_def *field,
                      bn_value value, bn_id *out, bn_err *err)
{
    bn_id ids[2];
    size_t count = 0;
    BN_TRY(call->api->desk->find(call->api->role, (uint16_t)kind->kind, field->number, value,
                                 (bn_id){{0}}, ids, 2, &count, err));
    if (count == 0) {
        return bn_fail(err, BN_E_NOT_FOUND, "no %s has this %s", kind->name, field->name);
    }
    if (count > 1) {
        return bn_fail(err, BN_E_INVALID, "more than one %s has this %s", kind->name, field->name);
    }
    *out = ids[0];
    return BN_OK;
}

static bn_rc look_up(bn_import *import, bn_import_column *column, bn_slice text, bn_value *out,
                     bn_err *err)
{
    bn_call *call = import->call;
    bn_found *slot = &column->cache[hash_text(text) % BN_IMPORT_CACHE_SLOTS];
    if (slot->text.data != NULL && bn_slice_equal(slot->text, text)) {
        *out = bn_value_id(slot->id);
        return BN_OK;
    }
    bn_value value;
    bn_id id;
    BN_TRY(bn_parse_value(column->target, column->lookup, text, &call->arena, &value, err));
    bn_rc rc = find_one(call, column->target, column->lookup, value, &id, err);
    if (rc == BN_E_NOT_FOUND && column->target->kind == import->kind->kind &&
        import->pending_count > 0) {
        BN_TRY(bn_import_flush(import, err));
        rc = find_one(call, column->target, column->lookup, value, &id, err);
    }
    BN_TRY(rc);
    *slot = (bn_found){.text = text, .id = id};
    *out = bn_value_id(id);
    return BN_OK;
}

/* --- one row ------------------------------------------------------------------------------ */

static bn_rc push_value(bn_import *import, bn_import_column *column, bn_verb verb, bn_slice text,
                        bn_change_set *set, bn_err *err)
{
    bn_change change = {.field = column->field->number, .verb = verb};
    BN_TRY(column->lookup != NULL
               ? look_up(import, column, text, &change.value, err)
               : bn_value_of_text(import->call, import->kind, column->field, text, &change.value,
                                  err));
    return bn_value_is_nil(change.value) ? BN_OK : bn_change_set_push(set, &change, err);
}

/* "vip;staff": elements of a set are parted by semicolons. */
static bn_rc push_elements(bn_import *import, bn_import_column *column, bn_slice text,
                           bn_change_set *set, bn_err *err)
{
    while (text.len > 0) {
        const uint8_t *end = memchr(text.data, ';', text.len);
        size_t len = end != NULL ? (size_t)(end - text.data) : text.len;
        bn_slice part = bn_slice_trim(bn_slice_make(text.data, len));
        if (part.len > 0) {
            BN_TRY(push_value(import, column, BN_VERB_ADD, part, set, err));
        }
        size_t used = end != NULL ? len + 1 : len;
        text = bn_slice_make(text.data + used, text.len - used);
    }
    return BN_OK;
}

static bn_rc push_cell(bn_import *import, bn_import_column *column, bn_slice text,
                       bn_change_set *set, bn_err *err)
{
    if (column->field->policy == BN_POLICY_SET) {
        return push_elements(import, column, text, set, err);
    }
    bool is_multi = bn_policy_is_multi(column->field->policy);
    return push_value(import, column, is_multi ? BN_VERB_ADD : BN_VERB_SET, text, set, err);
}

/* Which record the row is about; a zero id: it makes one. */
static bn_rc find_target(bn_import *import, bn_slice key, bn_id *out, bn_err *err)
{
    bn_call *call = import->call;
    *out = (bn_id){{0}};
    if (import->key == NULL) {
        return BN_OK;
    }
    if (key.len == 0) {
        return import->mode == BN_IMPORT_UPSERT
                   ? BN_OK
                   : bn_fail(err, BN_E_INVALID, "%s: is empty", import->key->field->name);
    }
    if (is_pending(import, key)) {
        BN_TRY(bn_import_flush(import, err));
    }
    bn_value value;
    BN_TRY(bn_parse_value(import->kind, import->key->field, key, &call->arena, &value, err));
    bn_rc rc = find_one(call, import->kind, import->key->field, value, out, err);
    return rc == BN_E_NOT_FOUND && import->mode == BN_IMPORT_UPSERT ? BN_OK : rc;
}

/* The key finds a record and is no change of it; a customer's number is made by the branch. */
static bool is_left_out(const bn_import *import, const bn_import_column *column, bool is_new)
{
    bool is_number = import->kind->kind == BN_KIND_CUSTOMER &&
                     column->field->number == BN_CUSTOMER_number;
    return column == import->key && (!is_new || is_number);
}

static bn_rc fill(bn_import *import, json_t *cells, bn_draft *draft, bn_slice *key,
                  bn_import_row *row, bn_err *err)
{
    size_t count = json_array_size(cells);
    if (import->key != NULL) {
        row->column = import->key->name;
        *key = cell_text(json_array_get(cells, (size_t)(import->key - import->columns)));
    }
    BN_TRY(find_target(import, *key, &draft->id, err));
    bn_change_set set;
    bn_change_set_start(import->call, &set);
    for (size_t i = 0; i < count; i++) {
        bn_import_column *column = &import->columns[i];
        bn_slice text = cell_text(json_array_get(cells, i));
        if (column->field == NULL || text.len == 0 ||
            is_left_out(import, column, bn_id_is_zero(draft->id))) {
            continue;
        }
        row->column = column->name;
        BN_TRY(push_cell(import, column, text, &set, err));
    }
    row->column = NULL;
    if (set.count == 0 && bn_id_is_zero(draft->id)) {
        return bn_fail(err, BN_E_INVALID, "the row is empty");
    }
    draft->changes = set.changes;
    draft->changes_count = set.count;
    return BN_OK;
}

static bn_rc check_cells(const bn_import *import, json_t *cells, bn_err *err)
{
    size_t count = json_array_size(cells);
    if (!json_is_array(cells)) {
        return bn_fail(err, BN_E_INVALID, "the row wants a list of texts");
    }
    if (count > import->columns_count) {
        return bn_fail(err, BN_E_INVALID, "the row has %zu texts for %zu columns", count,
                       import->columns_count);
    }
    for (size_t i = 0; i < count; i++) {
        const json_t *cell = json_array_get(cells, i);
        if (!json_is_string(cell) && !json_is_null(cell)) {
            return bn_fail(err, BN_E_INVALID, "%s: wants a text", import->columns[i].name);
        }
    }
    return BN_OK;
}

/* Errors of the store and of memory are about the whole call. */
static bool ends_call(bn_rc rc)
{
    return rc == BN_E_IO || rc == BN_E_NO_MEMORY || rc == BN_E_NO_SPACE || rc == BN_E_CORRUPT;
}

bn_rc bn_import_row_take(bn_import *import, json_t *cells, size_t index, bn_err *err)
{
    bn_import_row *row = &import->rows[index];
    bn_slice key = {NULL, 0};
    bn_draft draft = {.type = BN_OP_WRITE, .kind = (uint16_t)import->kind->kind,
                      .actor = bn_slice_of(import->call->actor), .as_shown = true, .blind = true};
    bn_rc rc = check_cells(import, cells, &row->err);
    rc = rc == BN_OK ? fill(import, cells, &draft, &key, row, &row->err) : rc;
    row->code = rc;
    if (rc != BN_OK) {
        if (ends_call(rc)) {
            *err = row->err;
            return rc;
        }
        return BN_OK;
    }
    if (draft.changes_count == 0) {
        row->done.saved.id = draft.id;
        return BN_OK;
    }
    size_t at = import->pending_count++;
    import->drafts[at] = draft;
    import->row_of[at] = index;
    import->requests[at] = bn_request_of_row(import->request, import->first_row + index);
    if (key.len > 0) {
        *key_slot(import, key) = key;
    }
    return BN_OK;
}
