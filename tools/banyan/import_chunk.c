/* import_chunk.c - rows in chunks to the daemon, one commit each, never twice.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "import.h"
#include "print.h"

#include <banyan/base/check.h>
#include <banyan/base/text.h>

#include <inttypes.h>

static void free_json(json_t **value)
{
    json_decref(*value);
}

static int append_dump(const char *bytes, size_t len, void *context)
{
    bn_buf_append(context, bytes, len);
    return 0;
}

/* The file, where the chunk begins, and every text in it. */
static bn_rc request_id(import_job *job, char text[BN_ID_TEXT_BYTES], bn_err *err)
{
    BN_AUTO(bn_buf_fini) bn_buf said;
    bn_buf_init(&said, 4 * IMPORT_CHUNK_BYTES);
    bn_buf_printf(&said, "%s %s %s %" PRIu64 " ", bn_import_map_kind(job->map)->name, job->mode,
                  job->key, job->chunk[0].number);
    json_dump_callback(job->columns, append_dump, &said, JSON_COMPACT);
    json_dump_callback(job->rows, append_dump, &said, JSON_COMPACT);
    if (bn_buf_status(&said) != BN_OK) {
        return bn_fail(err, bn_buf_status(&said), "no memory for a chunk");
    }
    bn_hash hash =
        bn_hash_of_two(bn_slice_make(job->file_hash.bytes, BN_HASH_BYTES), bn_buf_slice(&said));
    bn_hex_encode(bn_slice_make(hash.bytes, BN_ID_BYTES), text);
    return BN_OK;
}

static json_t *chunk_args(import_job *job, bn_err *err)
{
    char request[BN_ID_TEXT_BYTES];
    if (request_id(job, request, err) != BN_OK) {
        return NULL;
    }
    json_t *args = json_pack("{s:s,s:O,s:O,s:I,s:s,s:s}", "kind",
                             bn_import_map_kind(job->map)->name, "columns", job->columns, "rows",
                             job->rows, "first_row", (json_int_t)job->chunk[0].number, "mode",
                             job->mode, "request", request);
    if (args != NULL && job->key[0] != '\0') {
        json_object_set_new(args, "key", json_string(job->key));
    }
    return args;
}

static void take_results(import_job *job, const json_t *result)
{
    const json_t *lines = json_object_get(result, "rows");
    for (size_t i = 0; i < job->chunk_count; i++) {
        const json_t *line = json_array_get(lines, i);
        const char *state = json_string_value(json_object_get(line, "state"));
        const import_row *row = &job->chunk[i];
        if (state != NULL && strcmp(state, "saved") == 0) {
            job->saved++;
        } else if (state != NULL && strcmp(state, "same") == 0) {
            job->same++;
        } else {
            const char *reason = json_string_value(json_object_get(line, "text"));
            import_refuse(job, row, bn_slice_make(job->kept.data + row->kept_at, row->kept_len),
                          json_string_value(json_object_get(line, "column")),
                          reason != NULL ? reason : "the daemon did not say what became of it");
        }
    }
}

bn_rc import_chunk_send(import_job *job, bn_err *err)
{
    if (job->chunk_count == 0) {
        return BN_OK;
    }
    BN_AUTO(free_json) json_t *args = chunk_args(job, err);
    BN_AUTO(free_json) json_t *result = NULL;
    if (args == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for a chunk");
    }
    job->next_row = job->chunk[0].number;
    BN_TRY(cli_request_quietly(job->c, "import.rows", args, &result, NULL, err));
    take_results(job, result);
    job->next_row = job->chunk[job->chunk_count - 1].number + 1;
    job->chunk_count = 0;
    job->rows_bytes = 0;
    json_array_clear(job->rows);
    bn_buf_clear(&job->kept);
    import_progress_show(job);
    return cli_interrupted() ? bn_fail(err, BN_E_INTERRUPTED, "stopped by hand") : BN_OK;
}

bn_rc import_chunk_put(import_job *job, const bn_csv_row *row, const bn_slice *texts, bn_err *err)
{
    size_t bytes = 0;
    size_t count = bn_import_map_targets_count(job->map);
    json_t *cells = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(cells, json_stringn((const char *)texts[i].data, texts[i].len));
        bytes += texts[i].len + 4;
    }
    if (json_array_size(cells) != count) {
        json_decref(cells);
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for a row");
    }
    if (job->chunk_count == IMPORT_CHUNK_ROWS ||
        (job->chunk_count > 0 && job->rows_bytes + bytes > IMPORT_CHUNK_BYTES)) {
        bn_rc rc = import_chunk_send(job, err);
        if (rc != BN_OK) {
            json_decref(cells);
            return rc;
        }
    }
    json_array_append_new(job->rows, cells);
    job->rows_bytes += bytes;
    size_t kept_at = job->kept.len;
    bn_csv_write(&job->kept, row->cells, row->cells_count, job->delimiter);
    job->chunk[job->chunk_count++] = (import_row){.number = row->number, .line = row->line,
                                                  .kept_at = kept_at,
                                                  .kept_len = job->kept.len - kept_at};
    return bn_buf_status(&job->kept) == BN_OK
               ? BN_OK
               : bn_fail(err, bn_buf_status(&job->kept), "no memory for a chunk");
}
