/* kv_engine.h - what a storage engine does for kv.c: raw bytes in ordered tables.
 * SPDX-License-Identifier: Apache-2.0
 *
 * kv.c owns envelopes, seals, hooks, limits and the rule that a transaction which failed once
 * can only be aborted; an engine owns order, isolation and durability. An engine that returns
 * BN_E_IO is not called again but to abort and to close. BN_E_NOT_FOUND carries no text.
 */
#ifndef BANYAN_CORE_STORE_KV_ENGINE_H
#define BANYAN_CORE_STORE_KV_ENGINE_H

#include <banyan/core/kv.h>

typedef enum bn_engine_move {
    BN_MOVE_SEEK,   /* first key >= key; empty key: the first */
    BN_MOVE_BEFORE, /* greatest key < key; empty key: the last */
    BN_MOVE_NEXT,
    BN_MOVE_PREV
} bn_engine_move;

typedef struct bn_engine {
    bn_rc (*begin)(void *engine, bn_kv_mode mode, void **out, bn_err *err);
    bn_rc (*commit)(void *engine, void *txn, bn_err *err); /* ends the transaction either way */
    void (*abort)(void *engine, void *txn);
    bn_rc (*get)(void *txn, bn_table table, bn_slice key, bn_slice *out, bn_err *err);
    bn_rc (*put)(void *txn, bn_table table, bn_slice key, bn_slice value, bn_err *err);
    bn_rc (*del)(void *txn, bn_table table, bn_slice key, bn_err *err);
    bn_rc (*cursor_open)(void *txn, bn_table table, void **out, bn_err *err);
    void (*cursor_close)(void *cursor);
    bn_rc (*cursor_move)(void *cursor, bn_engine_move move, bn_slice key, bn_slice *out_key,
                         bn_slice *out_value, bn_err *err);
    bn_rc (*mark_used)(void *engine, bn_err *err); /* the format row is durable */
    void (*fill_stats)(void *engine, bn_kv_stats *out);
    void (*close)(void *engine);
} bn_engine;

typedef struct bn_engine_state {
    const bn_engine *calls;
    void *engine;
    bool read_only;
    bool was_used; /* a format row must be there */
} bn_engine_state;

BN_CHECKED bn_rc bn_lmdb_open(const bn_kv_options *options, bn_engine_state *out, bn_err *err);
BN_CHECKED bn_rc bn_memory_open(bn_kv_memory **memory, bn_engine_state *out, bn_err *err);

#endif
