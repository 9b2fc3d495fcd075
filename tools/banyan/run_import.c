/* run_import.c - banyan import: looks at the whole file first, then sends it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "import.h"
#include "print.h"
#include "run.h"
#include "show.h"
#include "show_private.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/base/number.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define BLOCK_BYTES 65536
#define MAP_FILE_BYTES_MAX (1024 * 1024)
#define REPORT_BYTES_MAX (64 * 1024)

static void free_json(json_t **value)
{
    json_decref(*value);
}

static void close_file(FILE **file)
{
    if (*file != NULL) {
        fclose(*file);
    }
}

/* Standard input is kept aside: the file is read twice. */
static FILE *open_input(cli *c, const char *path, bn_err *err)
{
    if (strcmp(path, "-") != 0) {
        FILE *file = fopen(path, "re");
        if (file == NULL) {
            (void)bn_fail(err, errno == ENOENT ? BN_E_NOT_FOUND : BN_E_FAILED, "%s: %s", path,
                          strerror(errno));
        }
        return file;
    }
    FILE *copy = tmpfile();
    uint8_t block[BLOCK_BYTES];
    size_t got = 0;
    while (copy != NULL && (got = fread(block, 1, sizeof block, c->in)) > 0) {
        if (fwrite(block, 1, got, copy) != got) {
            fclose(copy);
            copy = NULL;
        }
    }
    if (copy == NULL || fflush(copy) != 0) {
        (void)bn_fail(err, BN_E_NO_SPACE, "no room to keep standard input");
        return NULL;
    }
    rewind(copy);
    return copy;
}

static bn_rc probe_file(import_job *job, bn_err *err)
{
    uint8_t block[BLOCK_BYTES];
    size_t got = 0;
    bn_csv_probe_begin(&job->probe);
    job->file_hash = bn_chain_start(BN_SLICE("import"));
    while ((got = fread(block, 1, sizeof block, job->file)) > 0) {
        bn_csv_probe_feed(&job->probe, bn_slice_make(block, got));
        job->file_hash = bn_chain_next(job->file_hash, bn_slice_make(block, got));
    }
    if (ferror(job->file) != 0) {
        return bn_fail(err, BN_E_FAILED, "the file cannot be read: %s", strerror(errno));
    }
    rewind(job->file);
    return bn_csv_probe_end(&job->probe, err);
}

static bn_rc read_text(const char *path, bn_buf *out, bn_err *err)
{
    BN_AUTO(close_file) FILE *file = fopen(path, "re");
    uint8_t block[BLOCK_BYTES];
    size_t got = 0;
    if (file == NULL) {
        return bn_fail(err, errno == ENOENT ? BN_E_NOT_FOUND : BN_E_FAILED, "%s: %s", path,
                       strerror(errno));
    }
    while ((got = fread(block, 1, sizeof block, file)) > 0) {
        bn_buf_append(out, block, got);
    }
    return bn_buf_status(out) == BN_OK
               ? BN_OK
               : bn_fail(err, BN_E_LIMIT, "%s: larger than %d bytes", path, MAP_FILE_BYTES_MAX);
}

static bn_rc load_map(import_job *job, bn_err *err)
{
    const char *path = cli_value(job->call, "map");
    const char *kind_name = cli_value(job->call, "kind");
    const bn_kind_def *kind =
        kind_name != NULL ? bn_schema_kind_named(bn_slice_of(kind_name)) : NULL;
    if (kind_name != NULL && kind == NULL) {
        return bn_fail(err, BN_E_INVALID, "no kind of record %s", kind_name);
    }
    if (path == NULL) {
        return bn_import_map_guess(kind != NULL ? kind : bn_schema_kind(BN_KIND_CUSTOMER),
                                   &job->map, err);
    }
    BN_AUTO(bn_buf_fini) bn_buf text;
    BN_AUTO(bn_buf_fini) bn_buf report;
    bn_buf_init(&text, MAP_FILE_BYTES_MAX);
    bn_buf_init(&report, REPORT_BYTES_MAX);
    BN_TRY(read_text(path, &text, err));
    bn_rc rc = bn_import_map_read(path, bn_buf_slice(&text), kind, &report, &job->map, err);
    fputs(bn_buf_cstr(&report), job->c->err);
    return rc;
}

static bn_rc take_choices(import_job *job, bn_err *err)
{
    const char *mode = cli_value(job->call, "mode");
    const char *resume = cli_value(job->call, "resume");
    job->mode = mode != NULL ? mode : bn_import_map_mode(job->map);
    job->mode = job->mode[0] != '\0' ? job->mode : "create";
    job->key = bn_import_map_key(job->map);
    job->errors_path = cli_value(job->call, "errors");
    if (strcmp(job->mode, "create") != 0 && strcmp(job->mode, "update") != 0 &&
        strcmp(job->mode, "upsert") != 0) {
        return bn_fail(err, BN_E_INVALID, "mode %s: create, update or upsert", job->mode);
    }
    if (strcmp(job->mode, "create") == 0) {
        job->key = "";
    }
    if (resume != NULL && (bn_parse_u64(bn_slice_of(resume), &job->resume_row) != BN_OK)) {
        return bn_fail(err, BN_E_INVALID, "--resume %s: the row the last run named", resume);
    }
    return BN_OK;
}

/* Headings of the columns that no field takes: a person sees at once what is not imported. */
static const char *left_out(import_job *job, const bn_csv_row *heading)
{
    BN_AUTO(bn_buf_fini) bn_buf names;
    bn_buf_init(&names, REPORT_BYTES_MAX);
    for (size_t i = 0; i < heading->cells_count; i++) {
        if (!bn_import_map_takes(job->map, i)) {
            bn_buf_append_text(&names, names.len > 0 ? ", " : "");
            bn_buf_append(&names, heading->cells[i].data, heading->cells[i].len);
        }
    }
    const char *kept = bn_arena_cstr(&job->c->arena, bn_buf_slice(&names));
    return kept != NULL ? print_safe(job->c, kept) : "";
}

static bn_rc bind_heading(import_job *job, const bn_csv_row *row, bn_err *err)
{
    BN_AUTO(bn_buf_fini) bn_buf report;
    bn_buf_init(&report, REPORT_BYTES_MAX);
    bn_rc rc = bn_import_map_bind(job->map, row, &report, err);
    fputs(bn_buf_cstr(&report), job->c->err);
    if (rc != BN_OK) {
        return rc;
    }
    bn_csv_write(&job->heading, row->cells, row->cells_count, job->delimiter);
    job->columns = json_array();
    for (size_t i = 0; i < bn_import_map_targets_count(job->map); i++) {
        json_array_append_new(job->columns, json_string(bn_import_map_target(job->map, i)));
    }
    job->bound = true;
    cli *c = job->c;
    TELL(c, IMPORT_COLUMNS, print_format(c, "%zu", bn_import_map_targets_count(job->map)),
         print_kind_label(c, bn_import_map_kind(job->map)),
         print_format(c, "%zu", bn_import_map_unused(job->map)));
    if (bn_import_map_unused(job->map) > 0) {
        TELL(c, IMPORT_LEFT_OUT, left_out(job, row));
    }
    return BN_OK;
}

static void refuse_row(import_job *job, const bn_csv_row *row, size_t column, const char *reason)
{
    BN_AUTO(bn_buf_fini) bn_buf original;
    bn_buf_init(&original, IMPORT_KEPT_BYTES_MAX);
    bn_csv_write(&original, row->cells, row->cells_count, job->delimiter);
    import_row at = {.number = row->number, .line = row->line};
    bool known = column < bn_import_map_targets_count(job->map);
    import_refuse(job, &at, bn_buf_slice(&original),
                  known ? bn_import_map_target(job->map, column) : NULL, reason);
}

static bn_rc take_row(void *context, const bn_csv_row *row, bn_err *err)
{
    import_job *job = context;
    bn_slice texts[BN_IMPORT_TARGETS_MAX];
    bn_err flaw = {0};
    size_t column = 0;
    if (!job->bound) {
        return bind_heading(job, row, err);
    }
    if (row->number < job->resume_row) {
        return BN_OK;
    }
    job->rows_count++;
    bn_arena_reset(&job->arena);
    bn_rc rc = bn_import_map_row(job->map, row, &job->arena, texts, &column, &flaw);
    if (rc == BN_E_INVALID) {
        refuse_row(job, row, column, flaw.text);
        return BN_OK;
    }
    if (rc != BN_OK) {
        return bn_fail(err, rc, "%s", flaw.text);
    }
    if (!job->c->dry_run) {
        return import_chunk_put(job, row, texts, err);
    }
    BN_TRY(import_dry_row(job, row, texts, err));
    return cli_interrupted() ? bn_fail(err, BN_E_INTERRUPTED, "stopped by hand") : BN_OK;
}

static bn_rc read_rows(import_job *job, bn_csv *csv, bn_err *err)
{
    uint8_t block[BLOCK_BYTES];
    size_t got = 0;
    while ((got = fread(block, 1, sizeof block, job->file)) > 0) {
        BN_TRY(bn_csv_feed(csv, bn_slice_make(block, got), err));
    }
    BN_TRY(bn_csv_end(csv, err));
    if (!job->bound) {
        return bn_fail(err, BN_E_INVALID, "the file is empty");
    }
    return job->c->dry_run ? BN_OK : import_chunk_send(job, err);
}

static bn_rc carry_out(import_job *job, bn_err *err)
{
    cli *c = job->c;
    BN_TRY(load_map(job, err));
    BN_TRY(take_choices(job, err));
    BN_TRY(probe_file(job, err));
    const char *said = cli_value(job->call, "encoding");
    const char *mapped = bn_import_map_encoding(job->map);
    const char *encoding = said != NULL ? said : mapped[0] != '\0' ? mapped : job->probe.encoding;
    char delimiter = bn_import_map_delimiter(job->map);
    job->delimiter = delimiter != 0 ? delimiter : job->probe.delimiter;
    const char *shown = job->delimiter == '\t' ? "tab" : print_format(c, "%c", job->delimiter);
    TELL(c, IMPORT_FILE, encoding, shown, print_format(c, "%" PRIu64, job->probe.lines_count));
    BN_AUTO(bn_csv_destroy) bn_csv *csv = NULL;
    BN_TRY(bn_csv_create(encoding, job->delimiter, take_row, job, &csv, err));
    BN_TRY(import_errors_open(job, err));
    cli_catch_interrupt();
    import_progress_begin(job);
    bn_rc rc = read_rows(job, csv, err);
    import_progress_end(job);
    return rc;
}

static void show_summary(import_job *job)
{
    cli *c = job->c;
    uint64_t took_ms = import_now_ms() - job->progress.started_ms;
    const char *seconds = print_format(c, "%" PRIu64 ".%" PRIu64, took_ms / 1000,
                                       took_ms % 1000 / 100);
    const char *rate =
        print_format(c, "%" PRIu64, job->rows_count * 1000 / (took_ms > 0 ? took_ms : 1));
    const char *rows = print_format(c, "%" PRIu64, job->rows_count);
    const char *saved = print_format(c, "%" PRIu64, job->saved);
    const char *updated = print_format(c, "%" PRIu64, job->updated);
    const char *same = print_format(c, "%" PRIu64, job->same);
    const char *rejected = print_format(c, "%" PRIu64, job->rejected);
    if (c->json || c->jsonl) {
        BN_AUTO(free_json) json_t *result = json_pack(
            "{s:b,s:I,s:I,s:I,s:I,s:I,s:I}", "dry_run", (int)c->dry_run, "rows",
            (json_int_t)job->rows_count, c->dry_run ? "new" : "saved", (json_int_t)job->saved,
            "update", (json_int_t)job->updated, "same", (json_int_t)job->same, "rejected",
            (json_int_t)job->rejected, "took_ms", (json_int_t)took_ms);
        cli_result(c, job->call->command, result);
        return;
    }
    if (c->dry_run) {
        PRINT(c, IMPORT_DRY, rows, saved, updated, same, rejected);
    } else {
        PRINT(c, IMPORT_DONE, rows, saved, same, rejected, seconds, rate);
    }
}

static const char *resume_command(import_job *job)
{
    static const char *const flags[] = {"map", "kind", "mode", "encoding", "errors"};
    const char *text = print_format(job->c, "banyan import %s", cli_value(job->call, "file"));
    for (size_t i = 0; i < BN_COUNT(flags); i++) {
        const char *value = cli_value(job->call, flags[i]);
        if (value != NULL) {
            text = print_format(job->c, "%s --%s %s", text, flags[i], value);
        }
    }
    return print_format(job->c, "%s --resume %" PRIu64, text, job->next_row);
}

static int finish(import_job *job, bn_rc rc, bn_err *err)
{
    cli *c = job->c;
    bn_err close_err = {0};
    bool keep = job->rejected > 0;
    bn_rc closed = import_errors_close(job, keep, &close_err);
    if (rc != BN_OK) {
        const char *next = job->next_row > 0 && !c->dry_run ? resume_command(job) : NULL;
        return cli_fail(c, rc, err->text, next);
    }
    show_summary(job);
    if (closed != BN_OK) {
        return cli_fail(c, closed, close_err.text, NULL);
    }
    if (job->rejected > 0 && job->errors_path != NULL) {
        TELL(c, IMPORT_ERRORS, job->errors_path);
    } else if (job->rejected > 0) {
        TELL(c, IMPORT_ASK_ERRORS, NULL);
    }
    return job->rejected > 0 ? CLI_REJECTED_ROWS : 0;
}

int run_import(cli *c, invocation *call)
{
    bn_err err = {0};
    import_job *job = bn_alloc(sizeof *job);
    if (job == NULL) {
        return cli_fail(c, BN_E_NO_MEMORY, "no memory for an import", NULL);
    }
    job->c = c;
    job->call = call;
    job->rows = json_array();
    bn_arena_init(&job->arena, IMPORT_ROW_ARENA_BYTES);
    bn_buf_init(&job->kept, IMPORT_KEPT_BYTES_MAX);
    bn_buf_init(&job->heading, BN_CSV_ROW_BYTES_MAX * 2);
    job->file = open_input(c, cli_value(call, "file"), &err);
    bn_rc rc = job->file != NULL ? carry_out(job, &err) : err.code;
    int status = finish(job, rc, &err);
    close_file(&job->file);
    bn_import_map_destroy(&job->map);
    bn_arena_fini(&job->arena);
    bn_buf_fini(&job->kept);
    bn_buf_fini(&job->heading);
    json_decref(job->rows);
    json_decref(job->columns);
    bn_free(job);
    return status;
}
