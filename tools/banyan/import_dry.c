/* import_dry.c - an import that only asks: what would be new, changed, the same, refused.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "import.h"
#include "print.h"

#include <banyan/base/check.h>

#include <string.h>

static void free_json(json_t **value)
{
    json_decref(*value);
}

/* What the schema says about each text. */
static bn_rc check_texts(import_job *job, const bn_slice *texts, size_t *column, bn_err *err)
{
    const bn_kind_def *kind = bn_import_map_kind(job->map);
    for (*column = 0; *column < bn_import_map_targets_count(job->map); (*column)++) {
        const bn_field_def *field = bn_import_map_field(job->map, *column);
        bool looked_up = strchr(bn_import_map_target(job->map, *column), ':') != NULL;
        if (looked_up || field->type == BN_TYPE_REF || field->policy == BN_POLICY_SET) {
            continue;
        }
        bn_value value;
        BN_TRY(bn_parse_value(kind, field, texts[*column], &job->arena, &value, err));
        BN_TRY(bn_validate_value(kind, field, value, err));
    }
    return BN_OK;
}

static bool field_differs(import_job *job, const json_t *fields, size_t index, bn_slice text)
{
    const bn_kind_def *kind = bn_import_map_kind(job->map);
    const bn_field_def *field = bn_import_map_field(job->map, index);
    const char *now = json_string_value(json_object_get(fields, field->name));
    bn_value value;
    if (text.len == 0 || field->type == BN_TYPE_REF || bn_policy_is_multi(field->policy) ||
        bn_parse_value(kind, field, text, &job->arena, &value, NULL) != BN_OK) {
        return false;
    }
    const char *wanted = bn_format_value(field, value, &job->arena);
    return wanted != NULL && (now == NULL || strcmp(now, wanted) != 0);
}

static const char *key_of(const import_job *job, size_t *index)
{
    static const char *const usual[] = {"external_id", "number", "code"};
    size_t count = bn_import_map_targets_count(job->map);
    for (size_t n = 0; n < BN_COUNT(usual); n++) {
        const char *wanted = job->key[0] != '\0' ? job->key : usual[n];
        for (*index = 0; *index < count; (*index)++) {
            if (strcmp(bn_import_map_target(job->map, *index), wanted) == 0) {
                return wanted;
            }
        }
    }
    return NULL;
}

/* The record the row is about; NULL when there is none yet. */
static bn_rc find_record(import_job *job, const char *key, bn_slice text, json_t **out,
                         bn_err *err)
{
    BN_AUTO(free_json) json_t *result = NULL;
    BN_AUTO(free_json) json_t *args = json_pack(
        "{s:s,s:[o],s:i}", "kind", bn_import_map_kind(job->map)->name, "where",
        json_sprintf("%s=%.*s", key, BN_SLICE_ARG(text)), "limit", 2);
    BN_TRY(cli_request_quietly(job->c, "record.list", args, &result, NULL, err));
    *out = json_incref(json_array_get(json_object_get(result, "rows"), 0));
    return BN_OK;
}

static void refuse(import_job *job, const bn_csv_row *row, const char *column, const char *reason)
{
    BN_AUTO(bn_buf_fini) bn_buf original;
    bn_buf_init(&original, IMPORT_KEPT_BYTES_MAX);
    bn_csv_write(&original, row->cells, row->cells_count, job->delimiter);
    import_row at = {.number = row->number, .line = row->line};
    import_refuse(job, &at, bn_buf_slice(&original), column, reason);
}

bn_rc import_dry_row(import_job *job, const bn_csv_row *row, const bn_slice *texts, bn_err *err)
{
    size_t column = 0;
    size_t key_index = 0;
    bn_err flaw = {0};
    if (check_texts(job, texts, &column, &flaw) != BN_OK) {
        refuse(job, row, bn_import_map_target(job->map, column), flaw.text);
        return BN_OK;
    }
    bool creates = strcmp(job->mode, "create") == 0;
    const char *key = creates ? NULL : key_of(job, &key_index);
    BN_AUTO(free_json) json_t *record = NULL;
    if (key != NULL && texts[key_index].len > 0) {
        BN_TRY(find_record(job, key, texts[key_index], &record, err));
    }
    import_progress_show(job);
    if (record == NULL) {
        if (strcmp(job->mode, "update") == 0) {
            refuse(job, row, key, "no record has this");
        } else {
            job->saved++;
        }
        return BN_OK;
    }
    const json_t *fields = json_object_get(record, "fields");
    bool differs = false;
    for (size_t i = 0; i < bn_import_map_targets_count(job->map) && !differs; i++) {
        differs = field_differs(job, fields, i, texts[i]);
    }
    job->updated += differs;
    job->same += !differs;
    return BN_OK;
}
