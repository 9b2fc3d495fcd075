/* kv.c - the store's public face: transactions and rows over an engine.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   caller --value--> [envelope: checksum or seal] --raw--> engine (LMDB or memory)
 *
 * Invariants: a value reaches a caller only through its envelope; a transaction whose put or del
 * failed can only end without effect; after BN_E_IO the store refuses everything.
 */
#include "envelope.h"
#include "kv_private.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/base/limits.h>

#define BORROWED_BYTES_MAX ((size_t)64 * 1024 * 1024) /* unsealed values of one transaction */

/* Its address tells threads apart. */
static _Thread_local char thread_mark;

static bn_rc check_key(bn_table table, bn_slice key, bn_err *err)
{
    BN_ASSERT(bn_table_exists(table));
    if (key.len == 0 || key.len > BN_KEY_BYTES_MAX) {
        return bn_fail(err, BN_E_LIMIT, "store: key of %s: %zu bytes, allowed 1 to %d",
                       bn_table_name(table), key.len, BN_KEY_BYTES_MAX);
    }
    return BN_OK;
}

bn_rc bn_kv_begin(bn_kv *kv, bn_kv_mode mode, bn_kv_txn **out, bn_err *err)
{
    BN_TRY(bn_kv_check_alive(kv, err));
    if (mode == BN_KV_WRITE && kv->read_only) {
        return bn_fail(err, BN_E_DENIED, "store: was opened for reading only");
    }
    BN_TRY(bn_kv_settle(kv, err));
    BN_ASSERT(mode == BN_KV_READ || atomic_load(&kv->writer) != &thread_mark);
    bn_kv_txn *txn = bn_alloc(sizeof *txn);
    if (txn == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "store: no memory for a transaction");
    }
    bn_rc rc = bn_kv_note(kv, kv->calls->begin(kv->engine, mode, &txn->inner, err));
    if (rc != BN_OK) {
        bn_free(txn);
        return rc;
    }
    txn->kv = kv;
    txn->mode = mode;
    bn_arena_init(&txn->borrowed, BORROWED_BYTES_MAX);
    atomic_fetch_add(&kv->txns_count, 1);
    if (mode == BN_KV_WRITE) {
        atomic_store(&kv->writer, &thread_mark);
    } else {
        atomic_fetch_add(&kv->readers_count, 1);
    }
    *out = txn;
    return BN_OK;
}

/* What must be let go of before the engine ends the transaction. */
static void leave(bn_kv_txn *txn)
{
    for (bn_kv_cursor *cursor = txn->cursors; cursor != NULL; cursor = cursor->next) {
        txn->kv->calls->cursor_close(cursor->inner);
        cursor->inner = NULL;
        cursor->txn = NULL;
    }
    if (txn->mode == BN_KV_WRITE) {
        atomic_store(&txn->kv->writer, NULL);
    } else {
        atomic_fetch_sub(&txn->kv->readers_count, 1);
    }
}

static void release(bn_kv_txn *txn)
{
    atomic_fetch_sub(&txn->kv->txns_count, 1);
    bn_arena_fini(&txn->borrowed);
    bn_wipe(&txn->nonce, sizeof txn->nonce);
    bn_free(txn);
}

static bn_rc run_hook(bn_kv *kv, bn_kv_moment moment, bn_err *err)
{
    bn_rc rc = kv->hook != NULL ? kv->hook(kv->hook_context, moment) : BN_OK;
    if (rc != BN_OK) {
        return bn_fail(err, bn_kv_note(kv, rc), "store: stopped %s a commit",
                       moment == BN_KV_BEFORE_COMMIT ? "before" : "after");
    }
    return BN_OK;
}

static bn_rc commit_write(bn_kv_txn *txn, bn_err *err)
{
    bn_kv *kv = txn->kv;
    bn_rc rc = txn->status != BN_OK
                   ? bn_fail(err, txn->status, "store: an earlier step of the transaction failed")
                   : bn_kv_check_alive(kv, err);
    if (rc == BN_OK) {
        rc = run_hook(kv, BN_KV_BEFORE_COMMIT, err);
    }
    leave(txn);
    if (rc != BN_OK) {
        kv->calls->abort(kv->engine, txn->inner);
        return rc;
    }
    BN_TRY(bn_kv_note(kv, kv->calls->commit(kv->engine, txn->inner, err)));
    atomic_fetch_add(&kv->commits_count, 1);
    return run_hook(kv, BN_KV_AFTER_COMMIT, err);
}

bn_rc bn_kv_commit(bn_kv_txn **txn, bn_err *err)
{
    if ((*txn)->mode == BN_KV_READ) {
        bn_kv_abort(txn);
        return BN_OK;
    }
    bn_kv_txn *ending = BN_TAKE(*txn);
    bn_rc rc = commit_write(ending, err);
    release(ending);
    return rc;
}

void bn_kv_abort(bn_kv_txn **txn)
{
    bn_kv_txn *ending = BN_TAKE(*txn);
    if (ending != NULL) {
        leave(ending);
        ending->kv->calls->abort(ending->kv->engine, ending->inner);
        release(ending);
    }
}

void bn_kv_forget(bn_kv_txn *txn)
{
#ifdef __SANITIZE_ADDRESS__
    bn_arena_fini(&txn->borrowed); /* so that a use of what was forgotten is found */
#else
    bn_arena_reset(&txn->borrowed);
#endif
}

bn_rc bn_kv_get(bn_kv_txn *txn, bn_table table, bn_slice key, bn_slice *out, bn_err *err)
{
    bn_kv *kv = txn->kv;
    bn_slice raw;
    bn_slice value;
    uint8_t *room = NULL;
    const char *reason = NULL;
    BN_TRY(check_key(table, key, err));
    BN_TRY(bn_kv_check_alive(kv, err));
    BN_TRY(bn_kv_note(kv, kv->calls->get(txn->inner, table, key, &raw, err)));
    size_t room_bytes = bn_envelope_room(raw);
    if (room_bytes > 0) {
        room = bn_arena_alloc(&txn->borrowed, room_bytes);
        if (room == NULL) {
            return bn_fail(err, BN_E_LIMIT, "store: %zu bytes read in one transaction, limit %zu",
                           txn->borrowed.used_bytes, BORROWED_BYTES_MAX);
        }
    }
    if (bn_envelope_open(bn_kv_seal_of(kv, table), table, key, raw, room, &value, &reason) !=
        BN_OK) {
        return bn_kv_fail_row(err, table, reason);
    }
    *out = value;
    return BN_OK;
}

bool bn_kv_has(bn_kv_txn *txn, bn_table table, bn_slice key)
{
    bn_slice raw;
    return check_key(table, key, NULL) == BN_OK && bn_kv_check_alive(txn->kv, NULL) == BN_OK &&
           bn_kv_note(txn->kv, txn->kv->calls->get(txn->inner, table, key, &raw, NULL)) == BN_OK;
}

/* What puts and dels have in common before the engine is asked. */
static bn_rc check_write(bn_kv_txn *txn, bn_table table, bn_slice key, bn_err *err)
{
    BN_ASSERT(txn->mode == BN_KV_WRITE);
    BN_TRY(check_key(table, key, err));
    BN_TRY(bn_kv_check_alive(txn->kv, err));
    if (txn->status != BN_OK) {
        return bn_fail(err, txn->status, "store: an earlier step of the transaction failed");
    }
    return BN_OK;
}

/* ... and after: a failed step dooms the transaction, borrowed values end. */
static bn_rc end_write(bn_kv_txn *txn, bn_rc rc)
{
    if (rc != BN_OK) {
        txn->status = bn_kv_note(txn->kv, rc);
    }
    bn_kv_forget(txn);
    return rc;
}

bn_rc bn_kv_put(bn_kv_txn *txn, bn_table table, bn_slice key, bn_slice value, bn_err *err)
{
    bn_kv *kv = txn->kv;
    const uint8_t *seal_key = bn_kv_seal_of(kv, table);
    uint8_t key_copy[BN_KEY_BYTES_MAX];
    BN_TRY(check_write(txn, table, key, err));
    if (value.len > BN_VALUE_BYTES_MAX) {
        return bn_fail(err, BN_E_LIMIT, "store: value of %s: %zu bytes, limit %d",
                       bn_table_name(table), value.len, BN_VALUE_BYTES_MAX);
    }
    bn_buf_clear(&kv->envelope);
    size_t size = bn_envelope_size(seal_key != NULL, value.len);
    uint8_t *raw = bn_buf_grow(&kv->envelope, size);
    if (raw == NULL) {
        return end_write(txn, bn_fail(err, BN_E_NO_MEMORY, "store: no memory for a row"));
    }
    if (seal_key != NULL && !txn->has_nonce) {
        bn_nonce_start(&txn->nonce);
        txn->has_nonce = true;
    }
    /* Copies, so that key and value may be borrowed from the pages this put changes. */
    memcpy(key_copy, key.data, key.len);
    bn_envelope_write(seal_key, &txn->nonce, table, key, value, raw);
    return end_write(txn, kv->calls->put(txn->inner, table, bn_slice_make(key_copy, key.len),
                                         bn_slice_make(raw, size), err));
}

bn_rc bn_kv_del(bn_kv_txn *txn, bn_table table, bn_slice key, bn_err *err)
{
    uint8_t key_copy[BN_KEY_BYTES_MAX];
    BN_TRY(check_write(txn, table, key, err));
    memcpy(key_copy, key.data, key.len);
    bn_slice copied = bn_slice_make(key_copy, key.len);
    return end_write(txn, txn->kv->calls->del(txn->inner, table, copied, err));
}
