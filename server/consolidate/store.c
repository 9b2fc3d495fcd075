/* store.c - rows of consolidation: features, keys, decisions, questions, events.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   DECISION      1 | dot 12                -> hlc u64 | body
 *                 2 | customer 16 | dot 12  -> nothing
 *                 3 | replaced 12 | dot 12  -> nothing
 *   TASK          1 | id 16                 -> kind u8 | later u8 | evidence u64 | weight u32 |
 *                                              rules u32 | dot 12 | customers, bytes
 *                 2 | customer 16 | id 16   -> nothing
 *   GOLDEN_EVENT  1 | cseq u64 | n u32      -> change u8 | golden 16 | before, bytes | after, bytes
 *                 2 | golden 16 | cseq u64 | n u32 -> nothing
 */
#include "state.h"

#include "server/row.h"

#include <banyan/base/check.h>
#include <banyan/core/records.h>

#include <string.h>

#define ROW_BYTES_MAX (256 * 1024)
#define KEY_MAX 64
#define DOT_BYTES 12

typedef struct key {
    uint8_t bytes[KEY_MAX];
    size_t len;
} key;

static bn_slice key_slice(const key *k)
{
    return bn_slice_make(k->bytes, k->len);
}

static key key_of(uint8_t part)
{
    return (key){.bytes = {part}, .len = 1};
}

static void key_add(key *k, const void *bytes, size_t len)
{
    memcpy(k->bytes + k->len, bytes, len);
    k->len += len;
}

static void key_add_dot(key *k, bn_dot dot)
{
    uint8_t bytes[DOT_BYTES];
    (void)bn_key_u32_u64(bytes, dot.origin, dot.oseq);
    key_add(k, bytes, sizeof bytes);
}

static bn_dot dot_of(const uint8_t *bytes)
{
    return (bn_dot){.origin = bn_load_u32(bytes), .oseq = bn_load_u64(bytes + 4)};
}

/* --- plain access ----------------------------------------------------------------------------- */
bn_rc store_get(bn_kv_txn *txn, bn_table table, bn_slice at, bn_arena *arena, bn_slice *out,
                bn_err *err)
{
    bn_slice value;
    BN_TRY(bn_kv_get(txn, table, at, &value, err));
    bn_slice copy = bn_arena_copy(arena, value);
    bn_kv_forget(txn);
    if (copy.data == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "%s: row of %zu bytes", bn_table_name(table),
                       value.len);
    }
    *out = copy;
    return BN_OK;
}

static bn_rc put_buf(bn_kv_txn *txn, bn_table table, bn_slice at, bn_buf *value, bn_err *err)
{
    bn_rc rc = bn_buf_status(value);
    rc = rc == BN_OK ? bn_kv_put(txn, table, at, bn_buf_slice(value), err)
                     : bn_fail(err, rc, "%s: row too large", bn_table_name(table));
    bn_buf_fini(value);
    return rc;
}

bn_rc store_walk(bn_kv_txn *txn, bn_table table, bn_slice prefix, store_visit visit, void *context,
                 bn_err *err)
{
    BN_AUTO(bn_kv_cursor_close) bn_kv_cursor *cursor = NULL;
    bn_slice at;
    bn_slice value;
    BN_TRY(bn_kv_cursor_open(txn, table, &cursor, err));
    bn_rc rc = bn_kv_seek(cursor, prefix, &at, &value, err);
    while (rc == BN_OK && bn_slice_starts(at, prefix)) {
        BN_TRY(visit(context, at, value, err));
        rc = bn_kv_next(cursor, &at, &value, err);
    }
    return rc == BN_E_NOT_FOUND ? BN_OK : rc;
}

/* --- features and keys ------------------------------------------------------------------------ */
bn_rc store_row(work *w, bn_id id, bn_slice *row, bn_err *err)
{
    bn_rc rc = store_get(w->txn, BN_TABLE_MATCH_FEATURE, bn_id_slice(&id), w->arena, row, err);
    if (rc == BN_E_NOT_FOUND) {
        *row = bn_slice_make(NULL, 0);
        return BN_OK;
    }
    return rc;
}

static size_t writes_of(const work *w, bn_slice row, uint64_t hashes[2 * BN_BLOCK_KEYS_MAX])
{
    bn_feature feature;
    bn_block_key keys[BN_BLOCK_KEYS_MAX];
    if (row.len == 0) {
        return 0;
    }
    bn_feature_open(row, &feature);
    size_t count = bn_epoch_keys(w->epoch, w->c->secret, &feature, keys);
    return bn_block_writes(keys, count, hashes);
}

static bn_slice match_key(uint8_t out[8 + BN_ID_BYTES], uint64_t hash, bn_id id)
{
    bn_store_u64(out, hash);
    memcpy(out + 8, id.bytes, BN_ID_BYTES);
    return bn_slice_make(out, 8 + BN_ID_BYTES);
}

bn_rc store_put_row(work *w, bn_id id, bn_slice before, bn_slice after, bn_err *err)
{
    uint64_t old[2 * BN_BLOCK_KEYS_MAX];
    uint64_t new[2 * BN_BLOCK_KEYS_MAX];
    uint8_t at[8 + BN_ID_BYTES];
    size_t old_count = writes_of(w, before, old);
    size_t new_count = writes_of(w, after, new);
    size_t i = 0;
    size_t j = 0;
    while (i < old_count || j < new_count) {
        if (j == new_count || (i < old_count && old[i] < new[j])) {
            BN_TRY(bn_kv_del(w->txn, BN_TABLE_MATCH_KEY, match_key(at, old[i++], id), err));
        } else if (i == old_count || new[j] < old[i]) {
            BN_TRY(bn_kv_put(w->txn, BN_TABLE_MATCH_KEY, match_key(at, new[j++], id),
                             BN_SLICE(""), err));
        } else {
            i++;
            j++;
        }
    }
    return after.len > 0
               ? bn_kv_put(w->txn, BN_TABLE_MATCH_FEATURE, bn_id_slice(&id), after, err)
               : bn_kv_del(w->txn, BN_TABLE_MATCH_FEATURE, bn_id_slice(&id), err);
}

bn_rc store_golden_of(work *w, bn_id id, bn_id *golden, bn_err *err)
{
    bn_slice value;
    bn_rc rc = bn_kv_get(w->txn, BN_TABLE_GOLDEN_OF, bn_id_slice(&id), &value, err);
    *golden = (bn_id){{0}};
    if (rc == BN_E_NOT_FOUND) {
        return BN_OK;
    }
    BN_TRY(rc);
    if (value.len != BN_ID_BYTES) {
        return bn_fail(err, BN_E_CORRUPT, "GOLDEN_OF: row of %zu bytes", value.len);
    }
    memcpy(golden->bytes, value.data, BN_ID_BYTES);
    bn_kv_forget(w->txn);
    return BN_OK;
}

/* --- decisions -------------------------------------------------------------------------------- */
typedef struct dot_list {
    bn_arena *arena;
    bn_dot *dots;
    size_t count;
    size_t capacity;
} dot_list;

static bn_rc add_dot(void *context, bn_slice at, bn_slice value, bn_err *err)
{
    dot_list *list = context;
    (void)value;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 8 : list->capacity * 2;
        bn_dot *grown = bn_arena_array(list->arena, capacity, sizeof *grown);
        if (grown == NULL) {
            return bn_fail(err, BN_E_NO_MEMORY, "%zu decisions on one customer", capacity);
        }
        if (list->count > 0) {
            memcpy(grown, list->dots, list->count * sizeof *grown);
        }
        list->dots = grown;
        list->capacity = capacity;
    }
    list->dots[list->count++] = dot_of(at.data + at.len - DOT_BYTES);
    return BN_OK;
}

static bn_rc stop_there(void *context, bn_slice at, bn_slice value, bn_err *err)
{
    (void)at;
    (void)value;
    (void)err;
    *(bool *)context = true;
    return BN_OK;
}

static bn_rc is_replaced(work *w, bn_dot dot, bool *out, bn_err *err)
{
    key prefix = key_of(3);
    key_add_dot(&prefix, dot);
    *out = false;
    return store_walk(w->txn, BN_TABLE_DECISION, key_slice(&prefix), stop_there, out, err);
}

bn_rc store_ruling(work *w, bn_dot dot, bn_ruling_in_force *out, bn_err *err)
{
    key at = key_of(1);
    bn_slice value;
    key_add_dot(&at, dot);
    BN_TRY(store_get(w->txn, BN_TABLE_DECISION, key_slice(&at), w->arena, &value, err));
    bn_row row = {.rest = value};
    out->dot = dot;
    out->hlc.value = bn_row_u64(&row);
    bn_slice body = bn_row_bytes(&row);
    BN_TRY(bn_row_end(&row, "decision", err));
    return bn_ruling_decode(body, w->arena, &out->ruling, err);
}

bn_rc store_rulings(work *w, bn_id id, bn_ruling_in_force **out, size_t *count, bn_err *err)
{
    dot_list list = {.arena = w->arena};
    key prefix = key_of(2);
    key_add(&prefix, id.bytes, BN_ID_BYTES);
    *out = NULL;
    *count = 0;
    BN_TRY(store_walk(w->txn, BN_TABLE_DECISION, key_slice(&prefix), add_dot, &list, err));
    if (list.count == 0) {
        return BN_OK;
    }
    bn_ruling_in_force *rulings = bn_arena_array(w->arena, list.count, sizeof *rulings);
    if (rulings == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "%zu decisions on one customer", list.count);
    }
    for (size_t i = 0; i < list.count; i++) {
        bool replaced = false;
        BN_TRY(is_replaced(w, list.dots[i], &replaced, err));
        if (!replaced) {
            BN_TRY(store_ruling(w, list.dots[i], &rulings[(*count)++], err));
        }
    }
    *out = rulings;
    return BN_OK;
}

bn_rc store_put_ruling(work *w, bn_dot dot, bn_hlc hlc, bn_slice body, const bn_ruling *ruling,
                       bn_err *err)
{
    bn_buf row;
    key at = key_of(1);
    key_add_dot(&at, dot);
    bn_buf_init(&row, ROW_BYTES_MAX);
    bn_row_put_u64(&row, hlc.value);
    bn_row_put_bytes(&row, body);
    BN_TRY(put_buf(w->txn, BN_TABLE_DECISION, key_slice(&at), &row, err));
    for (size_t i = 0; i < ruling->members_count; i++) {
        at = key_of(2);
        key_add(&at, ruling->members[i].id.bytes, BN_ID_BYTES);
        key_add_dot(&at, dot);
        BN_TRY(bn_kv_put(w->txn, BN_TABLE_DECISION, key_slice(&at), BN_SLICE(""), err));
    }
    for (size_t i = 0; i < ruling->replaces_count; i++) {
        at = key_of(3);
        key_add_dot(&at, ruling->replaces[i]);
        key_add_dot(&at, dot);
        BN_TRY(bn_kv_put(w->txn, BN_TABLE_DECISION, key_slice(&at), BN_SLICE(""), err));
    }
    return BN_OK;
}

/* --- questions -------------------------------------------------------------------------------- */
static void put_ids(bn_buf *out, const bn_id *ids, size_t count)
{
    bn_row_put_u32(out, (uint32_t)(count * BN_ID_BYTES));
    for (size_t i = 0; i < count; i++) {
        bn_buf_append(out, ids[i].bytes, BN_ID_BYTES);
    }
}

static bn_rc get_ids(bn_row *row, bn_arena *arena, const bn_id **out, size_t *count)
{
    bn_slice bytes = bn_row_bytes(row);
    *count = bytes.len / BN_ID_BYTES;
    bn_id *ids = bn_arena_array(arena, *count + 1, sizeof *ids);
    for (size_t i = 0; i < *count && ids != NULL; i++) {
        memcpy(ids[i].bytes, bytes.data + i * BN_ID_BYTES, BN_ID_BYTES);
    }
    *out = ids;
    return ids != NULL ? BN_OK : BN_E_NO_MEMORY;
}

bn_rc task_decode(bn_id id, bn_slice bytes, bn_arena *arena, bn_question *out, bn_err *err)
{
    bn_row row = {.rest = bytes};
    bn_question task = {.id = id};
    task.kind = (bn_question_kind)bn_row_u8(&row);
    task.is_later = bn_row_u8(&row) != 0;
    task.evidence = bn_row_u64(&row);
    task.weight = (int32_t)bn_row_u32(&row);
    task.rules = bn_row_u32(&row);
    task.ruling = bn_row_dot(&row);
    BN_TRY(get_ids(&row, arena, &task.rids, &task.rids_count));
    BN_TRY(bn_row_end(&row, "task", err));
    *out = task;
    return BN_OK;
}

static key task_of(bn_id customer, bn_id task)
{
    key at = key_of(2);
    key_add(&at, customer.bytes, BN_ID_BYTES);
    key_add(&at, task.bytes, BN_ID_BYTES);
    return at;
}

bn_rc store_put_task(work *w, const bn_question *task, bn_err *err)
{
    bn_buf row;
    key at = key_of(1);
    key_add(&at, task->id.bytes, BN_ID_BYTES);
    bn_buf_init(&row, ROW_BYTES_MAX);
    bn_row_put_u8(&row, (uint8_t)task->kind);
    bn_row_put_u8(&row, task->is_later ? 1 : 0);
    bn_row_put_u64(&row, task->evidence);
    bn_row_put_u32(&row, (uint32_t)task->weight);
    bn_row_put_u32(&row, task->rules);
    bn_row_put_dot(&row, task->ruling);
    put_ids(&row, task->rids, task->rids_count);
    BN_TRY(put_buf(w->txn, BN_TABLE_TASK, key_slice(&at), &row, err));
    for (size_t i = 0; i < task->rids_count; i++) {
        at = task_of(task->rids[i], task->id);
        BN_TRY(bn_kv_put(w->txn, BN_TABLE_TASK, key_slice(&at), BN_SLICE(""), err));
    }
    return BN_OK;
}

static bn_rc add_task(void *context, bn_slice at, bn_slice value, bn_err *err)
{
    bn_id id;
    (void)value;
    memcpy(id.bytes, at.data + at.len - BN_ID_BYTES, BN_ID_BYTES);
    bn_rc rc = id_set_add(context, id, NULL);
    return rc == BN_OK ? BN_OK : bn_fail(err, rc, "questions about one customer");
}

static bn_rc del_task(work *w, bn_id id, bn_err *err)
{
    bn_question task;
    bn_slice value;
    key at = key_of(1);
    key_add(&at, id.bytes, BN_ID_BYTES);
    BN_TRY(store_get(w->txn, BN_TABLE_TASK, key_slice(&at), w->arena, &value, err));
    BN_TRY(task_decode(id, value, w->arena, &task, err));
    BN_TRY(bn_kv_del(w->txn, BN_TABLE_TASK, key_slice(&at), err));
    for (size_t i = 0; i < task.rids_count; i++) {
        at = task_of(task.rids[i], id);
        BN_TRY(bn_kv_del(w->txn, BN_TABLE_TASK, key_slice(&at), err));
    }
    return BN_OK;
}

bn_rc store_del_tasks(work *w, bn_id id, bn_err *err)
{
    id_set tasks = {.arena = w->arena};
    key prefix = key_of(2);
    key_add(&prefix, id.bytes, BN_ID_BYTES);
    BN_TRY(store_walk(w->txn, BN_TABLE_TASK, key_slice(&prefix), add_task, &tasks, err));
    for (uint32_t i = 0; i < tasks.count; i++) {
        BN_TRY(del_task(w, tasks.ids[i], err));
    }
    return BN_OK;
}

/* --- events ----------------------------------------------------------------------------------- */
bn_rc store_put_event(work *w, const bn_golden_event *event, bn_err *err)
{
    bn_buf row;
    uint8_t place[12];
    if (!w->keeps_events) {
        return BN_OK;
    }
    bn_store_u64(place, w->cseq);
    bn_store_u32(place + 8, w->events_count++);
    key at = key_of(1);
    key_add(&at, place, sizeof place);
    bn_buf_init(&row, ROW_BYTES_MAX);
    bn_row_put_u8(&row, (uint8_t)event->change);
    bn_buf_append(&row, event->golden.bytes, BN_ID_BYTES);
    put_ids(&row, event->before, event->before_count);
    put_ids(&row, event->after, event->after_count);
    BN_TRY(put_buf(w->txn, BN_TABLE_GOLDEN_EVENT, key_slice(&at), &row, err));
    at = key_of(2);
    key_add(&at, event->golden.bytes, BN_ID_BYTES);
    key_add(&at, place, sizeof place);
    return bn_kv_put(w->txn, BN_TABLE_GOLDEN_EVENT, key_slice(&at), BN_SLICE(""), err);
}
