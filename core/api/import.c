/* import.c - rows of a file into records, a few hundred per call and commit.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/api/import.h"

static bn_rc start(bn_import *import, size_t count, bn_err *err)
{
    bn_arena *arena = &import->call->arena;
    if (count < 1 || count > BN_DESK_ROWS_MAX) {
        return bn_fail(err, BN_E_LIMIT, "rows: 1 to %d", BN_DESK_ROWS_MAX);
    }
    import->rows_count = count;
    import->rows = bn_arena_array(arena, count, sizeof *import->rows);
    import->drafts = bn_arena_array(arena, count, sizeof *import->drafts);
    import->requests = bn_arena_array(arena, count, sizeof *import->requests);
    import->row_of = bn_arena_array(arena, count, sizeof *import->row_of);
    import->results = bn_arena_array(arena, count, sizeof *import->results);
    import->pending_keys =
        bn_arena_array(arena, BN_IMPORT_KEY_SLOTS, sizeof *import->pending_keys);
    return import->rows != NULL && import->drafts != NULL && import->requests != NULL &&
                   import->row_of != NULL && import->results != NULL &&
                   import->pending_keys != NULL
               ? BN_OK
               : bn_fail(err, BN_E_NO_MEMORY, "no memory for %zu rows", count);
}

static void put_error(bn_call *call, json_t *line, const bn_import_row *row)
{
    bn_put(call, line, "state", json_string("error"));
    bn_put(call, line, "column", row->column != NULL ? bn_json_text(row->column) : json_null());
    bn_put(call, line, "code", json_string(bn_rc_text(row->code)));
    bn_put(call, line, "text", bn_json_text(row->err.text));
}

static void put_rows(const bn_import *import)
{
    bn_call *call = import->call;
    size_t saved = 0;
    size_t same = 0;
    json_t *lines = bn_put_list(call, call->result, "rows");
    for (size_t i = 0; i < import->rows_count; i++) {
        const bn_import_row *row = &import->rows[i];
        json_t *line = bn_push_object(call, lines);
        bn_put(call, line, "row", bn_json_count(import->first_row + i));
        if (row->code != BN_OK) {
            put_error(call, line, row);
            continue;
        }
        bool is_same = bn_dot_is_none(row->done.saved.dot) || row->done.saved.is_repeat;
        *(is_same ? &same : &saved) += 1;
        bn_put(call, line, "state", json_string(is_same ? "same" : "saved"));
        bn_put(call, line, "id", bn_json_id(row->done.saved.id));
        if (row->done.saved.number[0] != 0) {
            bn_put(call, line, "number", json_string(row->done.saved.number));
        }
    }
    bn_put(call, call->result, "saved", bn_json_count(saved));
    bn_put(call, call->result, "same", bn_json_count(same));
    bn_put(call, call->result, "failed", bn_json_count(import->rows_count - saved - same));
}

bn_rc bn_import_rows(bn_call *call, bn_err *err)
{
    json_t *rows = bn_arg_json(call, "rows");
    bn_import *import = bn_arena_alloc(&call->arena, sizeof *import);
    if (import == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for an import");
    }
    import->call = call;
    import->kind = bn_arg_kind(call, "kind");
    import->first_row = bn_arg_number(call, "first_row", 1);
    import->has_request = bn_arg_given(call, "request");
    import->request = bn_arg_id(call, "request");
    BN_TRY(start(import, json_array_size(rows), err));
    BN_TRY(bn_import_columns(import, err));
    for (size_t i = 0; i < import->rows_count; i++) {
        BN_TRY(bn_import_row_take(import, json_array_get(rows, i), i, err));
    }
    BN_TRY(bn_import_flush(import, err));
    put_rows(import);
    return BN_OK;
}
