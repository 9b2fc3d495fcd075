/* rebuild.c - everything again from records and log: the proof, and another model.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "state.h"

#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/core/records.h>

#include <string.h>

#define CUSTOMERS_AT_ONCE 128

static const bn_table tables[] = {
    BN_TABLE_MATCH_KEY, BN_TABLE_MATCH_FEATURE, BN_TABLE_GOLDEN, BN_TABLE_GOLDEN_OF,
    BN_TABLE_DECISION,  BN_TABLE_TASK,          BN_TABLE_REDIRECT,
};

/* Calls `step` with all customers there ever were, some at a time. */
typedef bn_rc (*rebuild_step)(work *w, const id_set *customers, bn_err *err);

static bn_rc for_all_customers(work *w, rebuild_step step, bn_err *err)
{
    bn_id id = {{0}};
    bn_rc rc = BN_OK;
    while (rc == BN_OK) {
        bn_arena_reset(w->arena);
        id_set some = {.arena = w->arena};
        while (some.count < CUSTOMERS_AT_ONCE && rc == BN_OK) {
            rc = bn_records_next_id(w->source, BN_KIND_CUSTOMER, id, &id, err);
            rc = rc == BN_OK ? id_set_add(&some, id, NULL) : rc;
        }
        if (rc != BN_OK && rc != BN_E_NOT_FOUND) {
            return rc;
        }
        BN_TRY(step(w, &some, err));
    }
    return BN_OK;
}

static bn_rc resolve_some(work *w, const id_set *customers, bn_err *err)
{
    const changes found = {.ruled = *customers};
    return apply_changes(w, &found, err);
}

bn_rc rebuild_all(work *w, uint64_t up_to, bn_err *err)
{
    changes ignored = {.dirty = {.arena = w->arena}, .ruled = {.arena = w->arena}};
    BN_TRY(slice_read(w, 0, up_to, true, &ignored, err));
    BN_TRY(for_all_customers(w, apply_rows, err));
    return for_all_customers(w, resolve_some, err);
}

/* --- comparing -------------------------------------------------------------------------------- */
typedef struct row {
    bn_rc rc;
    bn_slice key;
    bn_slice value;
} row;

typedef struct comparison {
    bn_server_finding finding;
    void *context;
    uint64_t rows_count;
    uint64_t findings_count;
} comparison;

static void found(comparison *c, bn_table table, bn_slice key, const char *what)
{
    char text[160];
    char name[49];
    size_t len = key.len < 24 ? key.len : 24;
    for (size_t i = 0; i < len; i++) {
        (void)snprintf(name + 2 * i, 3, "%02x", key.data[i]);
    }
    name[2 * len] = '\0';
    (void)snprintf(text, sizeof text, "%s %s: %s", bn_table_name(table), name, what);
    c->findings_count++;
    if (c->finding != NULL) {
        c->finding(c->context, text);
    }
}

static bn_rc compare_table(comparison *c, bn_kv_txn *stored, bn_kv_txn *rebuilt, bn_table table,
                           bn_err *err)
{
    BN_AUTO(bn_kv_cursor_close) bn_kv_cursor *left = NULL;
    BN_AUTO(bn_kv_cursor_close) bn_kv_cursor *right = NULL;
    bn_slice first = bn_slice_make(NULL, 0);
    row a;
    row b;
    BN_TRY(bn_kv_cursor_open(stored, table, &left, err));
    BN_TRY(bn_kv_cursor_open(rebuilt, table, &right, err));
    a.rc = bn_kv_seek(left, first, &a.key, &a.value, err);
    b.rc = bn_kv_seek(right, first, &b.key, &b.value, err);
    while (a.rc == BN_OK || b.rc == BN_OK) {
        if ((a.rc != BN_OK && a.rc != BN_E_NOT_FOUND) ||
            (b.rc != BN_OK && b.rc != BN_E_NOT_FOUND)) {
            return a.rc != BN_OK && a.rc != BN_E_NOT_FOUND ? a.rc : b.rc;
        }
        int order = a.rc != BN_OK ? 1 : b.rc != BN_OK ? -1 : bn_slice_compare(a.key, b.key);
        c->rows_count++;
        if (order != 0) {
            found(c, table, order < 0 ? a.key : b.key,
                  order < 0 ? "a rebuild does not make it" : "is missing");
        } else if (!bn_slice_equal(a.value, b.value)) {
            found(c, table, a.key, "differs from a rebuild");
        }
        a.rc = order <= 0 ? bn_kv_next(left, &a.key, &a.value, err) : a.rc;
        b.rc = order >= 0 ? bn_kv_next(right, &b.key, &b.value, err) : b.rc;
    }
    return BN_OK;
}

/* --- a store in memory beside the real one ---------------------------------------------------- */
typedef struct beside {
    bn_kv_memory *memory;
    bn_kv *kv;
    bn_kv_txn *source;
    work work;
} beside;

static void beside_close(beside *b)
{
    bn_kv_abort(&b->work.txn);
    bn_kv_abort(&b->source);
    bn_kv_close(&b->kv);
    bn_kv_memory_destroy(&b->memory);
}

static bn_rc beside_open(bn_consolidate *c, const bn_epoch *epoch, beside *b, bn_err *err)
{
    BN_TRY(bn_kv_open_memory(&b->memory, &b->kv, err));
    BN_TRY(bn_kv_begin(c->kv, BN_KV_READ, &b->source, err));
    BN_TRY(bn_kv_begin(b->kv, BN_KV_WRITE, &b->work.txn, err));
    b->work.c = c;
    b->work.epoch = epoch;
    b->work.source = b->source;
    b->work.arena = &c->arena;
    b->work.made = &c->made;
    bn_arena_reset(&c->arena);
    bn_arena_reset(&c->made);
    return rebuild_all(&b->work, c->cursor, err);
}

bn_rc bn_consolidate_verify(bn_consolidate *c, bn_server_finding finding, void *context,
                            uint64_t *rows_count, bn_err *err)
{
    beside b = {0};
    comparison result = {.finding = finding, .context = context};
    if (bn_consolidate_behind(c) > 0) {
        return bn_fail(err, BN_E_AGAIN, "golden records: %llu commits wait",
                       (unsigned long long)bn_consolidate_behind(c));
    }
    bn_rc rc = beside_open(c, c->epoch, &b, err);
    for (size_t i = 0; i < BN_COUNT(tables) && rc == BN_OK; i++) {
        rc = compare_table(&result, b.source, b.work.txn, tables[i], err);
    }
    beside_close(&b);
    BN_TRY(rc);
    *rows_count = result.rows_count;
    return result.findings_count == 0
               ? BN_OK
               : bn_fail(err, BN_E_CORRUPT, "golden records: %llu rows differ from a rebuild",
                         (unsigned long long)result.findings_count);
}

/* --- another model ---------------------------------------------------------------------------- */
static bn_rc count_row(void *context, bn_slice key, bn_slice value, bn_err *err)
{
    (void)key;
    (void)value;
    (void)err;
    (*(uint64_t *)context)++;
    return BN_OK;
}

typedef struct mover {
    bn_kv_txn *rebuilt;
    uint64_t moved;
} mover;

static bn_rc count_moved(void *context, bn_slice key, bn_slice value, bn_err *err)
{
    mover *m = context;
    bn_slice other;
    bn_rc rc = bn_kv_get(m->rebuilt, BN_TABLE_GOLDEN_OF, key, &other, err);
    m->moved += rc != BN_OK || !bn_slice_equal(value, other) ? 1 : 0;
    bn_kv_forget(m->rebuilt);
    return rc == BN_E_NOT_FOUND ? BN_OK : rc;
}

static bn_rc difference_of(beside *b, bn_epoch_difference *out, bn_err *err)
{
    const uint8_t part = 1;
    bn_slice all = bn_slice_make(NULL, 0);
    bn_slice tasks = bn_slice_make(&part, 1);
    mover m = {.rebuilt = b->work.txn};
    BN_TRY(store_walk(b->source, BN_TABLE_GOLDEN, all, count_row, &out->goldens_before, err));
    BN_TRY(store_walk(b->work.txn, BN_TABLE_GOLDEN, all, count_row, &out->goldens_after, err));
    BN_TRY(store_walk(b->source, BN_TABLE_TASK, tasks, count_row, &out->tasks_before, err));
    BN_TRY(store_walk(b->work.txn, BN_TABLE_TASK, tasks, count_row, &out->tasks_after, err));
    BN_TRY(store_walk(b->source, BN_TABLE_GOLDEN_OF, all, count_moved, &m, err));
    out->moved = m.moved;
    return BN_OK;
}

bn_rc bn_consolidate_dry_run(bn_consolidate *c, const bn_epoch *epoch, bn_epoch_difference *out,
                             bn_err *err)
{
    beside b = {0};
    bn_epoch_difference difference = {0};
    bn_rc rc = beside_open(c, epoch, &b, err);
    rc = rc == BN_OK ? difference_of(&b, &difference, err) : rc;
    beside_close(&b);
    BN_TRY(rc);
    *out = difference;
    return BN_OK;
}

static bn_rc clear_table(bn_kv_txn *txn, bn_table table, bn_err *err)
{
    for (;;) {
        bn_kv_cursor *cursor = NULL;
        bn_slice key;
        bn_slice value;
        uint8_t copy[BN_KEY_BYTES_MAX];
        size_t len = 0;
        BN_TRY(bn_kv_cursor_open(txn, table, &cursor, err));
        bn_rc rc = bn_kv_seek(cursor, bn_slice_make(NULL, 0), &key, &value, err);
        if (rc == BN_OK) {
            len = key.len;
            memcpy(copy, key.data, len);
        }
        bn_kv_cursor_close(&cursor);
        if (rc != BN_OK) {
            return rc == BN_E_NOT_FOUND ? BN_OK : rc;
        }
        BN_TRY(bn_kv_del(txn, table, bn_slice_make(copy, len), err));
    }
}

/* Rows and keys belong to the model; all else is settled again where it differs. */
static bn_rc activate(work *w, uint64_t cursor, bn_err *err)
{
    BN_TRY(clear_table(w->txn, BN_TABLE_MATCH_KEY, err));
    BN_TRY(clear_table(w->txn, BN_TABLE_MATCH_FEATURE, err));
    BN_TRY(clear_table(w->txn, BN_TABLE_TASK, err));
    BN_TRY(epochs_store(w->txn, w->epoch, err));
    return rebuild_all(w, cursor, err);
}

static bn_rc copy_epoch(const bn_epoch *epoch, bn_epoch **out, bn_err *err)
{
    bn_buf bytes;
    bn_buf_init(&bytes, BN_EPOCH_BYTES_MAX);
    bn_rc rc = bn_epoch_encode(epoch, &bytes);
    rc = rc == BN_OK ? bn_epoch_decode(bn_buf_slice(&bytes), out, err)
                     : bn_fail(err, rc, "model too large");
    bn_buf_fini(&bytes);
    return rc;
}

bn_rc bn_consolidate_activate(bn_consolidate *c, const bn_epoch *epoch, bn_err *err)
{
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    BN_AUTO(bn_epoch_destroy) bn_epoch *copy = NULL;
    if (!bn_epoch_fits_secret(epoch, c->secret)) {
        return bn_fail(err, BN_E_INVALID, "the model was trained under another store's secret");
    }
    BN_TRY(copy_epoch(epoch, &copy, err));
    BN_TRY(bn_kv_begin(c->kv, BN_KV_WRITE, &txn, err));
    work w = {.c = c, .epoch = copy, .source = txn, .txn = txn, .arena = &c->arena,
              .made = &c->made, .keeps_events = true};
    bn_arena_reset(&c->arena);
    BN_TRY(activate(&w, c->cursor, err));
    BN_TRY(bn_kv_commit(&txn, err));
    bn_epoch_destroy(&c->epoch);
    c->epoch = BN_TAKE(copy);
    return BN_OK;
}
