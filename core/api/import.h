/* import.h - rows of a file on their way to drafts.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   columns: "name"  "tags"  "customer:external_id"      found once per call
 *   row:     texts ─► values ─► draft ─┐
 *                     references       ├─► save_rows: one commit for all
 *   row:     ...                 draft ┘
 *
 * A row that names a record an earlier row of the same call made is why pending drafts are
 * sometimes saved before the end of the call.
 */
#ifndef BANYAN_CORE_API_IMPORT_H
#define BANYAN_CORE_API_IMPORT_H

#include "core/api/operations.h"

#include <banyan/base/limits.h>

#define BN_IMPORT_CACHE_SLOTS 512 /* found references a column remembers within a call */

typedef enum bn_import_mode { BN_IMPORT_CREATE, BN_IMPORT_UPDATE, BN_IMPORT_UPSERT } bn_import_mode;

typedef struct bn_found { /* text of a reference and what it led to; text.data NULL: free */
    bn_slice text;
    bn_id id;
} bn_found;

typedef struct bn_import_column {
    const char *name;
    const bn_field_def *field;  /* NULL: the column is skipped */
    const bn_kind_def *target;  /* of a reference that is looked up ... */
    const bn_field_def *lookup; /* ... by this field of the target */
    bn_found *cache;
} bn_import_column;

typedef struct bn_import_row {
    bn_rc code;
    const char *column; /* of an error; NULL: the row as a whole */
    bn_desk_saved done;
    bn_err err;
} bn_import_row;

typedef struct bn_import {
    bn_call *call;
    const bn_kind_def *kind;
    bn_import_column columns[BN_CSV_COLUMNS_MAX];
    size_t columns_count;
    const bn_import_column *key; /* NULL: rows only create */
    bn_import_mode mode;
    uint64_t first_row;
    bool has_request;
    bn_id request;
    bn_import_row *rows;
    size_t rows_count;
    /* drafts that wait for their commit */
    bn_draft *drafts;
    bn_id *requests;
    size_t *row_of;
    bn_desk_row *results;
    size_t pending_count;
    bn_slice *pending_keys; /* open addressing over the key texts of pending drafts */
} bn_import;

#define BN_IMPORT_KEY_SLOTS 4096 /* a power of two above BN_DESK_ROWS_MAX */

/* Columns, mode and key of the call. */
BN_CHECKED bn_rc bn_import_columns(bn_import *import, bn_err *err);

/* Makes a draft of one row, or notes in rows[index] why not. An error is about the whole call. */
BN_CHECKED bn_rc bn_import_row_take(bn_import *import, json_t *cells, size_t index, bn_err *err);

/* Saves what is pending. */
BN_CHECKED bn_rc bn_import_flush(bn_import *import, bn_err *err);

#endif
