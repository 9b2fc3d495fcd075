/* kv_cursor.c - walking over tables in key order, and checking every row on the way.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A cursor keeps one buffer for the unsealed value it stands on, so that a scan of any length
 * takes no more memory than its longest row. After BN_E_CORRUPT it stands on the damaged row and
 * a step goes on behind it.
 */
#include "envelope.h"
#include "kv_private.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/base/limits.h>

#define VERIFY_ROWS_PER_TXN 1000 /* so that a verification does not pin old pages */

bn_rc bn_kv_cursor_open(bn_kv_txn *txn, bn_table table, bn_kv_cursor **out, bn_err *err)
{
    BN_ASSERT(bn_table_exists(table));
    BN_TRY(bn_kv_check_alive(txn->kv, err));
    bn_kv_cursor *cursor = bn_alloc(sizeof *cursor);
    if (cursor == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "store: no memory for a cursor");
    }
    bn_rc rc =
        bn_kv_note(txn->kv, txn->kv->calls->cursor_open(txn->inner, table, &cursor->inner, err));
    if (rc != BN_OK) {
        bn_free(cursor);
        return rc;
    }
    cursor->txn = txn;
    cursor->table = table;
    cursor->next = txn->cursors;
    txn->cursors = cursor;
    bn_buf_init(&cursor->plain, BN_VALUE_BYTES_MAX);
    *out = cursor;
    return BN_OK;
}

void bn_kv_cursor_close(bn_kv_cursor **cursor)
{
    bn_kv_cursor *doomed = BN_TAKE(*cursor);
    if (doomed == NULL) {
        return;
    }
    if (doomed->txn != NULL) {
        bn_kv_cursor **link = &doomed->txn->cursors;
        while (*link != doomed) {
            link = &(*link)->next;
        }
        *link = doomed->next;
        doomed->txn->kv->calls->cursor_close(doomed->inner);
    }
    bn_buf_fini(&doomed->plain);
    bn_free(doomed);
}

static bn_rc move_raw(bn_kv_cursor *cursor, bn_engine_move move, bn_slice key, bn_slice *out_key,
                      bn_slice *out_raw, bn_err *err)
{
    BN_ASSERT(cursor->txn != NULL);
    bn_kv *kv = cursor->txn->kv;
    BN_TRY(bn_kv_check_alive(kv, err));
    bool is_step = move == BN_MOVE_NEXT || move == BN_MOVE_PREV;
    if (is_step && !cursor->is_placed) {
        return BN_E_NOT_FOUND;
    }
    if (key.len > BN_KEY_BYTES_MAX) {
        return bn_fail(err, BN_E_LIMIT, "store: key of %s: %zu bytes, limit %d",
                       bn_table_name(cursor->table), key.len, BN_KEY_BYTES_MAX);
    }
    bn_rc rc =
        bn_kv_note(kv, kv->calls->cursor_move(cursor->inner, move, key, out_key, out_raw, err));
    cursor->is_placed = rc == BN_OK;
    return rc;
}

/* The value in `raw`, borrowed until the cursor moves; NULL in *reason when it is sound. */
static bn_rc open_row(bn_kv_cursor *cursor, bn_slice key, bn_slice raw, bn_slice *out,
                      const char **reason)
{
    size_t room_bytes = bn_envelope_room(raw);
    uint8_t *room = NULL;
    bn_buf_clear(&cursor->plain);
    if (room_bytes > 0) {
        room = bn_buf_grow(&cursor->plain, room_bytes);
        if (room == NULL) {
            *reason = "there is no room for it";
            return bn_buf_status(&cursor->plain);
        }
    }
    const uint8_t *seal_key = bn_kv_seal_of(cursor->txn->kv, cursor->table);
    return bn_envelope_open(seal_key, cursor->table, key, raw, room, out, reason);
}

static bn_rc move_to(bn_kv_cursor *cursor, bn_engine_move move, bn_slice key, bn_slice *out_key,
                     bn_slice *out_value, bn_err *err)
{
    bn_slice found;
    bn_slice raw;
    bn_slice value;
    const char *reason = NULL;
    BN_TRY(move_raw(cursor, move, key, &found, &raw, err));
    bn_rc rc = open_row(cursor, found, raw, &value, &reason);
    if (rc == BN_E_CORRUPT) {
        return bn_kv_fail_row(err, cursor->table, reason);
    }
    if (rc != BN_OK) {
        return bn_fail(err, rc, "store: a row of %s: %s", bn_table_name(cursor->table), reason);
    }
    *out_key = found;
    *out_value = value;
    return BN_OK;
}

bn_rc bn_kv_seek(bn_kv_cursor *cursor, bn_slice key, bn_slice *out_key, bn_slice *out_value,
                 bn_err *err)
{
    return move_to(cursor, BN_MOVE_SEEK, key, out_key, out_value, err);
}

bn_rc bn_kv_seek_last(bn_kv_cursor *cursor, bn_slice before, bn_slice *out_key, bn_slice *out_value,
                      bn_err *err)
{
    return move_to(cursor, BN_MOVE_BEFORE, before, out_key, out_value, err);
}

bn_rc bn_kv_next(bn_kv_cursor *cursor, bn_slice *out_key, bn_slice *out_value, bn_err *err)
{
    return move_to(cursor, BN_MOVE_NEXT, (bn_slice){NULL, 0}, out_key, out_value, err);
}

bn_rc bn_kv_prev(bn_kv_cursor *cursor, bn_slice *out_key, bn_slice *out_value, bn_err *err)
{
    return move_to(cursor, BN_MOVE_PREV, (bn_slice){NULL, 0}, out_key, out_value, err);
}

/* Where a verification is. */
typedef struct verify_walk {
    bn_kv *kv;
    bn_kv_report report;
    void *context;
    bn_table table;
    uint8_t key[BN_KEY_BYTES_MAX]; /* of the last row seen */
    size_t key_len;                /* 0 before the first row */
    uint64_t rows_count;
    uint64_t bad_count;
} verify_walk;

static void report_bad(verify_walk *walk, bn_slice key, const char *reason)
{
    walk->bad_count++;
    if (walk->report != NULL) {
        walk->report(walk->context, walk->table, key, reason);
    }
}

/* Checks up to `rows_max` rows behind the last one seen; BN_E_NOT_FOUND at the end. */
static bn_rc verify_rows(verify_walk *walk, bn_kv_cursor *cursor, unsigned rows_max, bn_err *err)
{
    bn_slice key;
    bn_slice raw;
    bn_slice value;
    bn_slice last = bn_slice_make(walk->key, walk->key_len);
    bn_rc rc = move_raw(cursor, BN_MOVE_SEEK, last, &key, &raw, err);
    if (rc == BN_OK && last.len > 0 && bn_slice_equal(key, last)) {
        rc = move_raw(cursor, BN_MOVE_NEXT, (bn_slice){NULL, 0}, &key, &raw, err);
    }
    for (unsigned i = 0; rc == BN_OK && i < rows_max; i++) {
        const char *reason = NULL;
        walk->rows_count++;
        rc = open_row(cursor, key, raw, &value, &reason);
        if (rc == BN_E_CORRUPT) {
            report_bad(walk, key, reason);
        } else if (rc != BN_OK) {
            return bn_fail(err, rc, "store: verify: %s", reason);
        }
        memcpy(walk->key, key.data, key.len);
        walk->key_len = key.len;
        rc = move_raw(cursor, BN_MOVE_NEXT, (bn_slice){NULL, 0}, &key, &raw, err);
    }
    return rc;
}

static bn_rc verify_table(verify_walk *walk, bn_err *err)
{
    bn_rc rc = BN_OK;
    walk->key_len = 0;
    while (rc == BN_OK) { /* ends: every round is some rows further on */
        BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
        BN_AUTO(bn_kv_cursor_close) bn_kv_cursor *cursor = NULL;
        BN_TRY(bn_kv_begin(walk->kv, BN_KV_READ, &txn, err));
        rc = bn_kv_cursor_open(txn, walk->table, &cursor, err);
        if (rc == BN_OK) {
            rc = verify_rows(walk, cursor, VERIFY_ROWS_PER_TXN, err);
        }
    }
    if (rc == BN_E_CORRUPT) { /* the engine cannot walk on in this table */
        report_bad(walk, bn_slice_make(walk->key, walk->key_len),
                   "the pages behind it are damaged");
        return BN_OK;
    }
    return rc == BN_E_NOT_FOUND ? BN_OK : rc;
}

bn_rc bn_kv_verify(bn_kv *kv, bn_kv_report report, void *context, uint64_t *rows_count, bn_err *err)
{
    verify_walk walk = {.kv = kv, .report = report, .context = context};
    for (unsigned number = 0; number < BN_TABLES_MAX; number++) {
        walk.table = (bn_table)number;
        if (bn_table_exists(walk.table)) {
            BN_TRY(verify_table(&walk, err));
        }
    }
    *rows_count = walk.rows_count;
    if (walk.bad_count > 0) {
        return bn_fail(err, BN_E_CORRUPT, "store: %llu of %llu rows are damaged",
                       (unsigned long long)walk.bad_count, (unsigned long long)walk.rows_count);
    }
    return BN_OK;
}
