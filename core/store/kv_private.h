/* kv_private.h - what the files of the store's public face share.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_CORE_STORE_KV_PRIVATE_H
#define BANYAN_CORE_STORE_KV_PRIVATE_H

#include "kv_engine.h"

#include <banyan/base/arena.h>
#include <banyan/base/buf.h>
#include <banyan/protocol/crypto.h>

#include <pthread.h>
#include <stdatomic.h>

#define BN_KEY_CHECK_BYTES 16

typedef struct bn_format_row {
    bool is_there;
    bool is_sealed;
    uint8_t key_check[BN_KEY_CHECK_BYTES];
} bn_format_row;

struct bn_kv {
    const bn_engine *calls;
    void *engine;
    bool read_only;
    bool was_used;
    bn_format_row format; /* as found or written */
    bool has_seal;
    uint8_t seal_key[BN_KEY_BYTES];
    uint8_t key_check[BN_KEY_CHECK_BYTES];
    pthread_mutex_t settle_lock;
    atomic_bool is_settled;
    atomic_bool is_failed;
    atomic_ullong commits_count;
    atomic_uint readers_count;
    atomic_uint txns_count;
    _Atomic(const char *) writer; /* mark of the thread that has a write transaction */
    bn_kv_hook hook;
    void *hook_context;
    bn_buf envelope; /* of the put that is being made; the writer's */
};

struct bn_kv_txn {
    bn_kv *kv;
    void *inner;
    bn_kv_mode mode;
    bn_rc status; /* of the first put or del that failed */
    bool has_nonce;
    bn_nonce nonce;
    bn_arena borrowed; /* unsealed values handed out */
    bn_kv_cursor *cursors;
};

struct bn_kv_cursor {
    bn_kv_txn *txn; /* NULL once its transaction has ended */
    bn_kv_cursor *next;
    void *inner;
    bn_table table;
    bool is_placed;
    bn_buf plain; /* the unsealed value it stands on */
};

bool bn_table_exists(bn_table table);

/* The key values of `table` are sealed with, or NULL. */
const uint8_t *bn_kv_seal_of(const bn_kv *kv, bn_table table);

/* Every result of the engine passes here: BN_E_IO closes the store to everybody. */
bn_rc bn_kv_note(bn_kv *kv, bn_rc rc);
BN_CHECKED bn_rc bn_kv_check_alive(bn_kv *kv, bn_err *err);

/* Finds or writes the format row; cheap once it was done. */
BN_CHECKED bn_rc bn_kv_settle(bn_kv *kv, bn_err *err);

bn_rc bn_kv_fail_row(bn_err *err, bn_table table, const char *reason);

#endif
