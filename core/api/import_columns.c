/* import_columns.c - what the columns of an import mean.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/api/import.h"

#include <banyan/base/text.h>

/* "customer:external_id": the part before the colon into `name`. */
static bn_rc split(bn_import *import, const char *text, char **name, const char **lookup,
                   bn_err *err)
{
    const char *colon = strchr(text, ':');
    size_t len = colon != NULL ? (size_t)(colon - text) : strlen(text);
    *lookup = colon != NULL ? colon + 1 : NULL;
    *name = bn_arena_cstr(&import->call->arena, bn_slice_trim(bn_slice_make(text, len)));
    return *name != NULL ? BN_OK : bn_fail(err, BN_E_NO_MEMORY, "no memory for the columns");
}

static bool is_found_by(const bn_field_def *field)
{
    return field->search == BN_SEARCH_EQUAL || field->search == BN_SEARCH_TAIL;
}

static bn_rc set_lookup(bn_import *import, bn_import_column *column, const char *lookup,
                        bn_err *err)
{
    column->target = bn_ref_kind(import->kind, column->field);
    if (column->field->type != BN_TYPE_REF || column->target == NULL) {
        return bn_fail(err, BN_E_INVALID, "columns: %s is no reference that can be looked up",
                       column->field->name);
    }
    BN_TRY(bn_field_named(column->target, lookup, &column->lookup, err));
    if (!is_found_by(column->lookup)) {
        return bn_fail(err, BN_E_INVALID, "columns: %s: a %s cannot be found by %s", column->name,
                       column->target->name, column->lookup->name);
    }
    column->cache =
        bn_arena_array(&import->call->arena, BN_IMPORT_CACHE_SLOTS, sizeof *column->cache);
    return column->cache != NULL ? BN_OK
                                 : bn_fail(err, BN_E_NO_MEMORY, "no memory for the columns");
}

static bn_rc read_column(bn_import *import, const json_t *text, bn_import_column *column,
                         bn_err *err)
{
    char *name = NULL;
    const char *lookup = NULL;
    if (!json_is_string(text)) {
        return bn_fail(err, BN_E_INVALID, "columns: wants names of fields");
    }
    *column = (bn_import_column){.name = json_string_value(text)};
    BN_TRY(split(import, column->name, &name, &lookup, err));
    if (name[0] == 0) {
        return BN_OK;
    }
    BN_TRY(bn_field_named(import->kind, name, &column->field, err));
    for (size_t i = 0; i < import->columns_count; i++) {
        if (import->columns[i].field == column->field) {
            return bn_fail(err, BN_E_INVALID, "columns: %s is there twice", name);
        }
    }
    return lookup != NULL ? set_lookup(import, column, lookup, err) : BN_OK;
}

static bn_rc read_mode(bn_import *import, bn_err *err)
{
    static const char *const names[] = {
        [BN_IMPORT_CREATE] = "create",
        [BN_IMPORT_UPDATE] = "update",
        [BN_IMPORT_UPSERT] = "upsert",
    };
    const char *text = bn_arg_text(import->call, "mode");
    for (size_t i = 0; i < 3; i++) {
        if (strcmp(text[0] != 0 ? text : names[0], names[i]) == 0) {
            import->mode = (bn_import_mode)i;
            return BN_OK;
        }
    }
    return bn_fail(err, BN_E_INVALID, "mode: create, update or upsert");
}

static const bn_import_column *column_of(const bn_import *import, const char *name)
{
    for (size_t i = 0; i < import->columns_count; i++) {
        const bn_field_def *field = import->columns[i].field;
        if (field != NULL && strcmp(field->name, name) == 0) {
            return &import->columns[i];
        }
    }
    return NULL;
}

static bn_rc choose_key(bn_import *import, bn_err *err)
{
    static const char *const usual[] = {"external_id", "number", "code"};
    const char *name = bn_arg_text(import->call, "key");
    if (import->mode == BN_IMPORT_CREATE) {
        return name[0] == 0 ? BN_OK
                            : bn_fail(err, BN_E_INVALID, "key: goes with mode update or upsert");
    }
    if (name[0] != 0) {
        import->key = column_of(import, name);
    }
    for (size_t i = 0; name[0] == 0 && import->key == NULL && i < 3; i++) {
        import->key = column_of(import, usual[i]);
    }
    if (import->key == NULL) {
        return bn_fail(err, BN_E_INVALID, "key: %s is none of the columns",
                       name[0] != 0 && strlen(name) < 48 ? name : "external_id, number or code");
    }
    if (!is_found_by(import->key->field)) {
        return bn_fail(err, BN_E_INVALID, "key: a %s cannot be found by %s", import->kind->name,
                       import->key->field->name);
    }
    return BN_OK;
}

bn_rc bn_import_columns(bn_import *import, bn_err *err)
{
    json_t *columns = bn_arg_json(import->call, "columns");
    size_t count = json_array_size(columns);
    if (count < 1 || count > BN_CSV_COLUMNS_MAX) {
        return bn_fail(err, BN_E_LIMIT, "columns: 1 to %d", BN_CSV_COLUMNS_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        bn_import_column column;
        BN_TRY(read_column(import, json_array_get(columns, i), &column, err));
        import->columns[import->columns_count++] = column;
    }
    BN_TRY(read_mode(import, err));
    return choose_key(import, err);
}
