/* asc.c - reads a whole table into memory and cuts it into cells in place.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "asc.h"

#include "number.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/base/number.h>

#include <errno.h>
#include <stdbool.h>
#include <sys/stat.h>

#define FILE_BYTES_MAX (1024 * 1024 * 1024)
#define PATH_BYTES 4096

static bn_rc read_file(const char *path, char **out, size_t *len, bn_err *err)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return bn_fail(err, BN_E_NOT_FOUND, "cannot read %s: %s", path, strerror(errno));
    }
    struct stat status;
    bn_rc rc = BN_OK;
    char *text = NULL;
    if (fstat(fileno(file), &status) != 0 || status.st_size > FILE_BYTES_MAX) {
        rc = bn_fail(err, BN_E_LIMIT, "%s is larger than %d bytes", path, FILE_BYTES_MAX);
    } else {
        text = bn_alloc((size_t)status.st_size + 1);
        rc = text == NULL ? bn_fail(err, BN_E_NO_MEMORY, "no memory for %s", path) : BN_OK;
    }
    if (rc == BN_OK) {
        *len = fread(text, 1, (size_t)status.st_size, file);
        if (*len != (size_t)status.st_size) {
            rc = bn_fail(err, BN_E_IO, "cannot read %s: %s", path, strerror(errno));
        }
    }
    (void)fclose(file);
    if (rc != BN_OK) {
        bn_free(text);
        return rc;
    }
    *out = text;
    return BN_OK;
}

static const char *trim(char *cell)
{
    size_t len = strlen(cell);
    while (len > 0 && strchr(" \r\"", cell[len - 1]) != NULL) {
        cell[--len] = '\0';
    }
    while (*cell == ' ' || *cell == '"') {
        cell++;
    }
    return cell;
}

/* Cuts one line in place; the number of its cells, which may be more than ASC_COLUMNS_MAX. */
static size_t cut(char *line, const char *cells[ASC_COLUMNS_MAX])
{
    size_t count = 0;
    char *rest = line;
    for (char *cell = strsep(&rest, ";"); cell != NULL; cell = strsep(&rest, ";")) {
        if (count < ASC_COLUMNS_MAX) {
            cells[count] = trim(cell);
        }
        count++;
    }
    return count;
}

static bn_rc find_columns(const asc *table, const char *const *names, const char *const *header,
                          size_t header_count, size_t at[ASC_COLUMNS_MAX], bn_err *err)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        size_t column = 0;
        while (column < header_count && strcmp(header[column], names[i]) != 0) {
            column++;
        }
        if (column == header_count) {
            return bn_fail(err, BN_E_FORMAT, "%s has no column %s", table->name, names[i]);
        }
        at[i] = column;
    }
    return BN_OK;
}

static bn_rc read_rows(asc *table, const char *const *names, char *text, size_t rows_max,
                       bn_err *err)
{
    const char *cells[ASC_COLUMNS_MAX] = {NULL};
    size_t at[ASC_COLUMNS_MAX] = {0};
    char *rest = text;
    char *line = strsep(&rest, "\n");
    size_t width = cut(line, cells);
    if (width > ASC_COLUMNS_MAX) {
        return bn_fail(err, BN_E_LIMIT, "%s has %zu columns, limit %d", table->name, width,
                       ASC_COLUMNS_MAX);
    }
    BN_TRY(find_columns(table, names, cells, width, at, err));
    table->cells = bn_alloc_array(rows_max * table->columns_count, sizeof *table->cells);
    if (table->cells == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for %zu rows", rows_max);
    }
    for (size_t number = 2; (line = strsep(&rest, "\n")) != NULL; number++) {
        if (*trim(line) == '\0') {
            continue;
        }
        size_t count = cut(line, cells);
        if (count != width) {
            return bn_fail(err, BN_E_FORMAT, "%s:%zu: %zu columns instead of %zu", table->name,
                           number, count, width);
        }
        for (size_t i = 0; i < table->columns_count; i++) {
            table->cells[table->rows_count * table->columns_count + i] = cells[at[i]];
        }
        table->rows_count++;
    }
    return BN_OK;
}

bn_rc asc_open(asc *table, const char *folder, const char *name, const char *const *columns,
               bn_err *err)
{
    char path[PATH_BYTES];
    size_t len = 0;
    *table = (asc){.name = name};
    while (columns[table->columns_count] != NULL) {
        table->columns_count++;
    }
    BN_ASSERT(table->columns_count <= ASC_COLUMNS_MAX);
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) {
        return bn_fail(err, BN_E_LIMIT, "folder name of %zu bytes", strlen(folder));
    }
    BN_TRY(read_file(path, &table->text, &len, err));
    size_t lines = 1;
    for (size_t i = 0; i < len; i++) {
        lines += table->text[i] == '\n';
    }
    bn_rc rc = memchr(table->text, '\0', len) != NULL
                   ? bn_fail(err, BN_E_FORMAT, "%s holds a zero byte", name)
                   : read_rows(table, columns, table->text, lines, err);
    if (rc != BN_OK) {
        asc_close(table);
    }
    return rc;
}

void asc_close(asc *table)
{
    bn_free(table->text);
    bn_free(table->cells);
    *table = (asc){0};
}

const char *asc_cell(const asc *table, size_t row, size_t column)
{
    return table->cells[row * table->columns_count + column];
}

bn_rc asc_id(const asc *table, size_t row, size_t column, uint32_t *out, bn_err *err)
{
    uint64_t id = 0;
    if (bn_parse_u64(bn_slice_of(asc_cell(table, row, column)), &id) != BN_OK || id < 1 ||
        id > ASC_ID_MAX) {
        return bn_fail(err, BN_E_FORMAT, "%s:%zu: not an id in 1..%d", table->name, row + 2,
                       ASC_ID_MAX);
    }
    *out = (uint32_t)id;
    return BN_OK;
}

bn_rc asc_date(const asc *table, size_t row, size_t column, char out[16], bn_err *err)
{
    const char *text = asc_cell(table, row, column);
    unsigned part[3] = {0};
    bool good = strlen(text) == 6 || (strlen(text) > 6 && text[6] == ' ');
    for (size_t i = 0; good && i < 6; i++) {
        good = text[i] >= '0' && text[i] <= '9';
        part[i / 2] = part[i / 2] * 10 + (unsigned)(text[i] - '0');
    }
    if (!good || part[1] < 1 || part[1] > 12 || part[2] < 1 ||
        part[2] > gen_days_in_month(1900 + part[0], part[1])) {
        return bn_fail(err, BN_E_FORMAT, "%s:%zu: not a date yymmdd", table->name, row + 2);
    }
    (void)snprintf(out, 16, "%04u-%02u-%02u", 1900 + part[0] % 100, part[1] % 100, part[2] % 100);
    return BN_OK;
}
