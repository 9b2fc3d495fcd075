/* sheet.h - a CSV file being written: UTF-8, commas, quotes where needed, one line feed per row.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_TOOLS_GEN_SHEET_H
#define BANYAN_TOOLS_GEN_SHEET_H

#include <banyan/base/err.h>

#include <stdio.h>

typedef struct sheet {
    FILE *file;
    const char *path; /* borrowed; for messages */
    unsigned column;
} sheet;

/* `path` "-" is standard output. BN_E_IO. */
BN_CHECKED bn_rc sheet_open(sheet *s, const char *path, bn_err *err);

/* Writes what is left and tells whether all of it arrived. Harmless when not open. */
BN_CHECKED bn_rc sheet_close(sheet *s, bn_err *err);
void sheet_cell(sheet *s, const char *text);
void sheet_cellf(sheet *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sheet_row_end(sheet *s);

/* The names of the columns, NULL-terminated. */
void sheet_header(sheet *s, const char *const *names);

#endif
