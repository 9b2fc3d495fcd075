/* asc.h - the tables of the PKDD'99 bank: semicolons, quotes around texts, a line of names first.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_TOOLS_GEN_ASC_H
#define BANYAN_TOOLS_GEN_ASC_H

#include <banyan/base/err.h>

#include <stdint.h>

#define ASC_COLUMNS_MAX 16
#define ASC_ID_MAX 10000000

typedef struct asc {
    char *text;         /* owned; the cells point into it */
    const char **cells; /* rows_count * columns_count */
    size_t rows_count;
    size_t columns_count;
    const char *name;   /* of the file */
} asc;

/* Reads folder/name; the columns wanted are found by their names, in the order asked for.
 * BN_E_NOT_FOUND, BN_E_FORMAT with the line. */
BN_CHECKED bn_rc asc_open(asc *table, const char *folder, const char *name,
                          const char *const *columns, bn_err *err);
void asc_close(asc *table);

/* Without quotes and blanks around it; borrowed until the close. */
const char *asc_cell(const asc *table, size_t row, size_t column);

/* 1..ASC_ID_MAX. BN_E_FORMAT names file and line. */
BN_CHECKED bn_rc asc_id(const asc *table, size_t row, size_t column, uint32_t *out, bn_err *err);

/* yymmdd of the last century as 19yy-mm-dd; what follows a blank is left out. BN_E_FORMAT. */
BN_CHECKED bn_rc asc_date(const asc *table, size_t row, size_t column, char out[16], bn_err *err);

#endif
