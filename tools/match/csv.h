/* csv.h - a whole CSV file in memory, as rows of slices.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_TOOLS_MATCH_CSV_H
#define BANYAN_TOOLS_MATCH_CSV_H

#include <banyan/base/arena.h>
#include <banyan/base/buf.h>
#include <banyan/base/err.h>

#define CSV_COLUMNS_MAX 256
#define CSV_FILE_BYTES_MAX ((size_t)4 << 30)

typedef struct csv_table {
    char *text; /* the file; quoted fields are unquoted in place */
    size_t text_len;
    bn_slice columns[CSV_COLUMNS_MAX];
    size_t columns_count;
    bn_slice *cells; /* rows_count * columns_count; missing ones are empty */
    size_t rows_count;
} csv_table;

/* Reads `path`: separator ',' ';' or tab, whichever the header has most of; RFC 4180 quotes with
 * line breaks inside; a byte order mark is skipped; header names are trimmed. A cell that
 * is not UTF-8 has its foreign bytes replaced by question marks. BN_E_IO, BN_E_INVALID,
 * BN_E_LIMIT, BN_E_NO_MEMORY. */
BN_CHECKED bn_rc csv_read(const char *path, csv_table *out, bn_err *err);
void csv_fini(csv_table *table);

/* Number of a column, or -1. */
int csv_column(const csv_table *table, bn_slice name);

bn_slice csv_cell(const csv_table *table, size_t row, int column); /* trimmed; empty for -1 */

#endif
