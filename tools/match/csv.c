/* csv.c - reading CSV files as a whole.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Quotes are taken out in place: a cell never grows, so it stays where it was.
 */
#include "csv.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/base/text.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

typedef struct reader {
    char *text;
    size_t len;
    size_t at;
    char separator;
} reader;

static bn_rc read_file(const char *path, char **text, size_t *len, bn_err *err)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return bn_fail(err, BN_E_NOT_FOUND, "%s: %s", path, strerror(errno));
    }
    struct stat status;
    size_t size = fstat(fileno(file), &status) == 0 ? (size_t)status.st_size : SIZE_MAX;
    char *bytes = size <= CSV_FILE_BYTES_MAX ? bn_alloc_array(size + 2, 1) : NULL;
    size_t got = bytes != NULL ? fread(bytes, 1, size, file) : 0;
    bool is_bad = ferror(file) != 0;
    fclose(file);
    if (bytes == NULL || is_bad) {
        bn_free(bytes);
        return bn_fail(err, bytes == NULL ? BN_E_LIMIT : BN_E_IO, "%s: cannot be read", path);
    }
    *text = bytes;
    *len = got;
    return BN_OK;
}

static char separator_of(const char *text, size_t len)
{
    static const char candidates[] = {',', ';', '\t'};
    size_t counts[sizeof candidates] = {0};
    for (size_t i = 0; i < len && text[i] != '\n'; i++) {
        for (size_t c = 0; c < sizeof candidates; c++) {
            counts[c] += text[i] == candidates[c] ? 1 : 0;
        }
    }
    size_t best = 0;
    for (size_t c = 1; c < sizeof candidates; c++) {
        best = counts[c] > counts[best] ? c : best;
    }
    return candidates[best];
}

/* Moves past one cell; true when the row ends with it. */
static bool next_cell(reader *r, bn_slice *cell)
{
    char *out = r->text + r->at;
    char *start = out;
    bool is_quoted = r->at < r->len && r->text[r->at] == '"';
    r->at += is_quoted ? 1 : 0;
    while (r->at < r->len) {
        char c = r->text[r->at];
        if (is_quoted && c == '"' && r->at + 1 < r->len && r->text[r->at + 1] == '"') {
            r->at++;
        } else if (is_quoted && c == '"') {
            is_quoted = false;
            r->at++;
            continue;
        } else if (!is_quoted && (c == r->separator || c == '\n')) {
            break;
        }
        *out++ = c;
        r->at++;
    }
    bool is_end = r->at >= r->len || r->text[r->at] == '\n';
    r->at++;
    if (is_end && out > start && out[-1] == '\r') {
        out--;
    }
    *cell = bn_slice_make(start, (size_t)(out - start));
    if (!bn_utf8_valid(*cell)) {
        for (char *c = start; c < out; c++) {
            *c = (unsigned char)*c < 0x80 ? *c : '?';
        }
    }
    return is_end;
}

static bn_rc read_header(reader *r, csv_table *table, const char *path, bn_err *err)
{
    bool is_end = false;
    while (!is_end) {
        bn_slice cell;
        is_end = next_cell(r, &cell);
        if (table->columns_count == CSV_COLUMNS_MAX) {
            return bn_fail(err, BN_E_LIMIT, "%s: more than %d columns", path, CSV_COLUMNS_MAX);
        }
        table->columns[table->columns_count++] = bn_slice_trim(cell);
    }
    return BN_OK;
}

static bn_rc read_rows(reader *r, csv_table *table)
{
    size_t capacity = 0;
    while (r->at < r->len) {
        if (table->rows_count == capacity) {
            capacity = capacity == 0 ? 1024 : capacity + capacity / 2;
            bn_slice *cells = bn_realloc_array(table->cells, capacity * table->columns_count,
                                               sizeof *cells);
            if (cells == NULL) {
                return BN_E_NO_MEMORY;
            }
            table->cells = cells;
        }
        bn_slice *row = table->cells + table->rows_count * table->columns_count;
        for (size_t c = 0; c < table->columns_count; c++) {
            row[c] = BN_SLICE("");
        }
        bool is_end = false;
        size_t count = 0;
        size_t bytes = 0;
        while (!is_end) {
            bn_slice cell;
            is_end = next_cell(r, &cell);
            bytes += cell.len;
            if (count < table->columns_count) {
                row[count++] = cell;
            }
        }
        table->rows_count += bytes > 0 ? 1 : 0;
    }
    return BN_OK;
}

bn_rc csv_read(const char *path, csv_table *out, bn_err *err)
{
    csv_table table = {.text = NULL};
    BN_TRY(read_file(path, &table.text, &table.text_len, err));
    reader r = {.text = table.text, .len = table.text_len};
    if (r.len >= 3 && memcmp(r.text, "\xef\xbb\xbf", 3) == 0) {
        r.at = 3;
    }
    r.separator = separator_of(r.text, r.len);
    bn_rc rc = read_header(&r, &table, path, err);
    if (rc == BN_OK) {
        rc = read_rows(&r, &table);
    }
    if (rc != BN_OK) {
        csv_fini(&table);
        return rc;
    }
    *out = table;
    return BN_OK;
}

void csv_fini(csv_table *table)
{
    bn_free(table->text);
    bn_free(table->cells);
    *table = (csv_table){.text = NULL};
}

int csv_column(const csv_table *table, bn_slice name)
{
    for (size_t c = 0; c < table->columns_count; c++) {
        if (bn_slice_equal(table->columns[c], name)) {
            return (int)c;
        }
    }
    return -1;
}

bn_slice csv_cell(const csv_table *table, size_t row, int column)
{
    if (column < 0) {
        return BN_SLICE("");
    }
    return bn_slice_trim(table->cells[row * table->columns_count + (size_t)column]);
}
