/* consolidate.c - opening, slices, counts, the name of the whole state.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "state.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/core/records.h>

#include <string.h>

#define SECRET_LABEL "banyan-match-block-v1"
#define HASH_LABEL "banyan-golden-state-v1"

bn_rc bn_consolidate_open(bn_server *server, bn_kv *kv, bn_consolidate **out, bn_err *err)
{
    BN_AUTO(bn_consolidate_close) bn_consolidate *c = bn_alloc(sizeof *c);
    if (c == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "consolidation");
    }
    const bn_index_key *key = bn_server_index_key(server);
    c->server = server;
    c->kv = kv;
    bn_arena_init(&c->arena, WORK_ARENA_BYTES);
    bn_arena_init(&c->made, MADE_ARENA_BYTES);
    bn_hash_keyed(bn_slice_make(key->bytes, sizeof key->bytes), BN_SLICE(SECRET_LABEL), c->secret,
                  sizeof c->secret);
    BN_TRY(epochs_load(c, err));
    *out = BN_TAKE(c);
    return BN_OK;
}

void bn_consolidate_close(bn_consolidate **consolidate)
{
    bn_consolidate *c = *consolidate;
    if (c != NULL) {
        bn_epoch_destroy(&c->epoch);
        bn_arena_fini(&c->arena);
        bn_arena_fini(&c->made);
        bn_wipe(c->secret, sizeof c->secret);
        bn_free(c);
        *consolidate = NULL;
    }
}

static bn_rc take(work *w, uint64_t from, uint64_t to, bn_err *err)
{
    changes found = {.dirty = {.arena = w->arena}, .ruled = {.arena = w->arena}};
    BN_TRY(slice_read(w, from, to, false, &found, err));
    BN_TRY(apply_changes(w, &found, err));
    return bn_meta_put_u64(w->txn, CURSOR_NAME, to, err);
}

uint64_t bn_consolidate_behind(const bn_consolidate *c)
{
    bn_server_counts counts;
    bn_server_get_counts(c->server, &counts);
    return counts.head - c->cursor;
}

bn_rc bn_consolidate_slice(bn_consolidate *c, size_t commits_max, bn_err *err)
{
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    uint64_t behind = bn_consolidate_behind(c);
    commits_max = commits_max == 0 ? BN_CONSOLIDATE_COMMITS : commits_max;
    commits_max = commits_max < BN_CONSOLIDATE_COMMITS_MAX ? commits_max
                                                           : BN_CONSOLIDATE_COMMITS_MAX;
    if (behind == 0) {
        return BN_OK;
    }
    uint64_t to = c->cursor + (behind < commits_max ? behind : commits_max);
    BN_TRY(bn_kv_begin(c->kv, BN_KV_WRITE, &txn, err));
    work w = {.c = c, .epoch = c->epoch, .source = txn, .txn = txn, .arena = &c->arena,
              .made = &c->made, .cseq = to, .keeps_events = true};
    bn_arena_reset(&c->arena);
    BN_TRY(take(&w, c->cursor, to, err));
    BN_TRY(bn_kv_commit(&txn, err));
    c->cursor = to;
    return BN_OK;
}

const bn_epoch *bn_consolidate_epoch(const bn_consolidate *c)
{
    return c->epoch;
}

/* --- counts and hash -------------------------------------------------------------------------- */
static bn_rc count_row(void *context, bn_slice key, bn_slice value, bn_err *err)
{
    (void)key;
    (void)value;
    (void)err;
    (*(uint64_t *)context)++;
    return BN_OK;
}

static bn_rc count_task(void *context, bn_slice key, bn_slice value, bn_err *err)
{
    bn_consolidate_counts *counts = context;
    bool is_later = value.len > 1 && value.data[1] != 0;
    (void)key;
    (void)err;
    counts->tasks_open += is_later ? 0 : 1;
    counts->tasks_later += is_later ? 1 : 0;
    return BN_OK;
}

bn_rc bn_consolidate_get_counts(bn_consolidate *c, bn_consolidate_counts *out, bn_err *err)
{
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    const uint8_t part = 1;
    bn_slice rows = bn_slice_make(&part, 1);
    bn_slice all = bn_slice_make(NULL, 0);
    bn_consolidate_counts counts = {.cursor = c->cursor, .behind = bn_consolidate_behind(c),
                                    .alarms = c->alarms};
    memcpy(counts.epoch, bn_epoch_hash(c->epoch), BN_HASH_BYTES);
    BN_TRY(bn_kv_begin(c->kv, BN_KV_READ, &txn, err));
    BN_TRY(store_walk(txn, BN_TABLE_GOLDEN_OF, all, count_row, &counts.customers, err));
    BN_TRY(store_walk(txn, BN_TABLE_GOLDEN, all, count_row, &counts.goldens, err));
    BN_TRY(store_walk(txn, BN_TABLE_DECISION, rows, count_row, &counts.decisions, err));
    BN_TRY(store_walk(txn, BN_TABLE_TASK, rows, count_task, &counts, err));
    *out = counts;
    return BN_OK;
}

static bn_rc hash_row(void *context, bn_slice key, bn_slice value, bn_err *err)
{
    bn_hash *head = context;
    (void)err;
    *head = bn_chain_next(*head, key);
    *head = bn_chain_next(*head, value);
    return BN_OK;
}

bn_rc bn_consolidate_hash(bn_consolidate *c, bn_hash *out, bn_err *err)
{
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    bn_slice all = bn_slice_make(NULL, 0);
    bn_hash head = bn_chain_start(BN_SLICE(HASH_LABEL));
    BN_TRY(bn_kv_begin(c->kv, BN_KV_READ, &txn, err));
    BN_TRY(store_walk(txn, BN_TABLE_GOLDEN_OF, all, hash_row, &head, err));
    BN_TRY(store_walk(txn, BN_TABLE_GOLDEN, all, hash_row, &head, err));
    *out = head;
    return BN_OK;
}
