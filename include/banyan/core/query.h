/* query.h - lists of records: filters in words, pages by key.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_CORE_QUERY_H
#define BANYAN_CORE_QUERY_H

#include <banyan/core/records.h>

typedef enum bn_test {
    BN_TEST_EQUAL,    /* field = value; multi fields: one element equals */
    BN_TEST_UNEQUAL,
    BN_TEST_LESS,     /* field < value (dates, numbers, times) */
    BN_TEST_GREATER,
    BN_TEST_CONTAINS, /* folded text contains */
    BN_TEST_EMPTY,
    BN_TEST_FILLED
} bn_test;

typedef struct bn_filter {
    uint16_t field;
    bn_test test;
    bn_value value;
} bn_filter;

#define BN_FILTERS_MAX 16

typedef struct bn_query {
    uint16_t kind;
    const bn_filter *filters; /* all must hold */
    size_t filters_count;
    bn_id after;              /* key of the last row of the page before; zero: the first page */
    size_t rows_max;          /* 1..BN_PAGE_ROWS_MAX */
    bool removed_too;
} bn_query;

typedef bn_rc (*bn_query_row)(void *context, const bn_record *record, bn_err *err);

/* Calls `row` for each record of the page in key order; the record lives until `row` returns.
 * *next is the key to continue after, zero at the end. */
BN_CHECKED bn_rc bn_query_run(const bn_record_source *source, const bn_query *query,
                              bn_query_row row, void *context, bn_id *next, bn_err *err);

/* Reads "field=value", "field!=value", "field<value", "field>value", "field~text", "field="
 * (empty), "field!=" (filled) into a filter. Errors name the nearest field. */
BN_CHECKED bn_rc bn_filter_parse(const bn_kind_def *kind, bn_slice text, bn_arena *arena,
                                 bn_filter *out, bn_err *err);

#endif
