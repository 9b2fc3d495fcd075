/* kv_mem.c - the in-memory engine: every commit is a version, readers keep theirs.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   memory --> committed version --> one tree per table
 *   write transaction --> its own version, sharing what it has not changed
 *   read transaction  --> holds the version that was committed when it began
 *
 * A commit swaps one pointer; an abort, and a crash, drop the writer's version. Closing and
 * opening again finds the committed version, as a disk would. A backup holds the version too
 * and costs nothing. Threads may use it as they would LMDB: one writer at a time, readers never
 * wait. There is no limit of size, so BN_E_NO_SPACE does not occur.
 */
#include "kv_engine.h"
#include "tree.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>

#include <pthread.h>
#include <stdatomic.h>

typedef struct version {
    atomic_uint holders;
    bn_tree_node *roots[BN_TABLES_MAX];
} version;

struct bn_kv_memory {
    pthread_mutex_t lock;   /* guards `committed`, `is_open` */
    pthread_mutex_t writer; /* held from the begin to the end of a write transaction */
    version *committed;
    bool is_open;
};

typedef struct mem_txn {
    bn_kv_memory *memory;
    version *seen;
    bool writes;
} mem_txn;

typedef struct mem_cursor {
    mem_txn *txn;
    bn_table table;
    bn_tree_item *at; /* held */
} mem_cursor;

/* A new version with the tables of `from`, or empty ones. */
static version *version_create(const version *from)
{
    version *made = bn_alloc(sizeof *made);
    if (made == NULL) {
        return NULL;
    }
    atomic_init(&made->holders, 1);
    for (size_t i = 0; from != NULL && i < BN_TABLES_MAX; i++) {
        made->roots[i] = bn_tree_hold(from->roots[i]);
    }
    return made;
}

static void version_drop(version *seen)
{
    if (atomic_fetch_sub_explicit(&seen->holders, 1, memory_order_acq_rel) == 1) {
        for (size_t i = 0; i < BN_TABLES_MAX; i++) {
            bn_tree_drop(seen->roots[i]);
        }
        bn_free(seen);
    }
}

static version *hold_committed(bn_kv_memory *memory)
{
    pthread_mutex_lock(&memory->lock);
    version *seen = memory->committed;
    atomic_fetch_add_explicit(&seen->holders, 1, memory_order_relaxed);
    pthread_mutex_unlock(&memory->lock);
    return seen;
}

/* A memory whose committed version is `committed`, which it takes over; NULL when refused. */
static bn_kv_memory *memory_create(version *committed)
{
    bn_kv_memory *memory = bn_alloc(sizeof *memory);
    if (memory == NULL || committed == NULL) {
        if (committed != NULL) {
            version_drop(committed);
        }
        bn_free(memory);
        return NULL;
    }
    pthread_mutex_init(&memory->lock, NULL);
    pthread_mutex_init(&memory->writer, NULL);
    memory->committed = committed;
    return memory;
}

static bn_rc mem_begin(void *engine, bn_kv_mode mode, void **out, bn_err *err)
{
    bn_kv_memory *memory = engine;
    mem_txn *txn = bn_alloc(sizeof *txn);
    if (txn == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "store: no memory for a transaction");
    }
    *txn = (mem_txn){.memory = memory, .writes = mode == BN_KV_WRITE};
    if (txn->writes) {
        pthread_mutex_lock(&memory->writer);
        txn->seen = version_create(memory->committed); /* only writers change `committed` */
        if (txn->seen == NULL) {
            pthread_mutex_unlock(&memory->writer);
            bn_free(txn);
            return bn_fail(err, BN_E_NO_MEMORY, "store: no memory for a transaction");
        }
    } else {
        txn->seen = hold_committed(memory);
    }
    *out = txn;
    return BN_OK;
}

static void mem_abort(void *engine, void *txn_)
{
    bn_kv_memory *memory = engine;
    mem_txn *txn = txn_;
    version_drop(txn->seen);
    if (txn->writes) {
        pthread_mutex_unlock(&memory->writer);
    }
    bn_free(txn);
}

static bn_rc mem_commit(void *engine, void *txn_, bn_err *err)
{
    bn_kv_memory *memory = engine;
    mem_txn *txn = txn_;
    (void)err;
    if (txn->writes) {
        pthread_mutex_lock(&memory->lock);
        version *old = memory->committed;
        memory->committed = txn->seen;
        txn->seen = old;
        pthread_mutex_unlock(&memory->lock);
    }
    mem_abort(memory, txn);
    return BN_OK;
}

static bn_rc mem_get(void *txn_, bn_table table, bn_slice key, bn_slice *out, bn_err *err)
{
    const mem_txn *txn = txn_;
    (void)err;
    const bn_tree_item *item = bn_tree_find(txn->seen->roots[table], key);
    if (item == NULL) {
        return BN_E_NOT_FOUND;
    }
    *out = bn_tree_value(item);
    return BN_OK;
}

static bn_rc mem_put(void *txn_, bn_table table, bn_slice key, bn_slice value, bn_err *err)
{
    mem_txn *txn = txn_;
    if (bn_tree_put(&txn->seen->roots[table], key, value) != BN_OK) {
        return bn_fail(err, BN_E_NO_MEMORY, "store: no memory for a row of %zu bytes", value.len);
    }
    return BN_OK;
}

static bn_rc mem_del(void *txn_, bn_table table, bn_slice key, bn_err *err)
{
    mem_txn *txn = txn_;
    if (bn_tree_del(&txn->seen->roots[table], key) != BN_OK) {
        return bn_fail(err, BN_E_NO_MEMORY, "store: no memory to delete a row");
    }
    return BN_OK;
}

static bn_rc mem_cursor_open(void *txn, bn_table table, void **out, bn_err *err)
{
    mem_cursor *cursor = bn_alloc(sizeof *cursor);
    if (cursor == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "store: no memory for a cursor");
    }
    *cursor = (mem_cursor){.txn = txn, .table = table};
    *out = cursor;
    return BN_OK;
}

static void mem_cursor_close(void *cursor_)
{
    mem_cursor *cursor = cursor_;
    bn_tree_item_drop(cursor->at);
    bn_free(cursor);
}

static bn_rc mem_cursor_move(void *cursor_, bn_engine_move move, bn_slice key, bn_slice *out_key,
                             bn_slice *out_value, bn_err *err)
{
    mem_cursor *cursor = cursor_;
    (void)err;
    bn_tree_node *root = cursor->txn->seen->roots[cursor->table];
    bn_tree_item *item = NULL;
    switch (move) {
    case BN_MOVE_SEEK:
        item = bn_tree_at_or_after(root, key, false);
        break;
    case BN_MOVE_BEFORE:
        item = bn_tree_before(root, key);
        break;
    case BN_MOVE_NEXT:
        item = bn_tree_at_or_after(root, bn_tree_key(cursor->at), true);
        break;
    case BN_MOVE_PREV:
        item = bn_tree_before(root, bn_tree_key(cursor->at));
        break;
    }
    if (item == NULL) {
        return BN_E_NOT_FOUND;
    }
    bn_tree_item *left_behind = cursor->at;
    cursor->at = bn_tree_item_hold(item);
    bn_tree_item_drop(left_behind);
    *out_key = bn_tree_key(item);
    *out_value = bn_tree_value(item);
    return BN_OK;
}

static bn_rc mem_mark_used(void *engine, bn_err *err)
{
    (void)engine;
    (void)err;
    return BN_OK;
}

static void mem_fill_stats(void *engine, bn_kv_stats *out)
{
    (void)engine;
    *out = (bn_kv_stats){0};
}

static void mem_close(void *engine)
{
    bn_kv_memory *memory = engine;
    memory->is_open = false;
}

static const bn_engine calls = {
    .begin = mem_begin,
    .commit = mem_commit,
    .abort = mem_abort,
    .get = mem_get,
    .put = mem_put,
    .del = mem_del,
    .cursor_open = mem_cursor_open,
    .cursor_close = mem_cursor_close,
    .cursor_move = mem_cursor_move,
    .mark_used = mem_mark_used,
    .fill_stats = mem_fill_stats,
    .close = mem_close,
};

bn_rc bn_memory_open(bn_kv_memory **memory, bn_engine_state *out, bn_err *err)
{
    if (*memory == NULL) {
        *memory = memory_create(version_create(NULL));
        if (*memory == NULL) {
            return bn_fail(err, BN_E_NO_MEMORY, "store: no memory for an in-memory store");
        }
    }
    BN_ASSERT(!(*memory)->is_open);
    (*memory)->is_open = true;
    *out = (bn_engine_state){.calls = &calls, .engine = *memory};
    return BN_OK;
}

void bn_kv_memory_destroy(bn_kv_memory **memory)
{
    bn_kv_memory *doomed = BN_TAKE(*memory);
    if (doomed != NULL) {
        BN_ASSERT(!doomed->is_open);
        version_drop(doomed->committed);
        pthread_mutex_destroy(&doomed->lock);
        pthread_mutex_destroy(&doomed->writer);
        bn_free(doomed);
    }
}

bn_rc bn_kv_memory_copy(const bn_kv_memory *from, bn_kv_memory **out)
{
    /* Versions never change, so that the copy shares the committed one and const is only lent. */
    bn_kv_memory *source = (bn_kv_memory *)(uintptr_t)from;
    bn_kv_memory *copy = memory_create(hold_committed(source));
    if (copy == NULL) {
        return BN_E_NO_MEMORY;
    }
    *out = copy;
    return BN_OK;
}
