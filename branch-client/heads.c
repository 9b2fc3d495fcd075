/* heads.c - the one row every write moves, and the write around it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A commit whose result is not BN_OK may have been kept all the same: the heads are then read
 * again from the store, so that memory never says anything else than the disk.
 */
#include "branch-client/store.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/base/number.h>

#include <stddef.h>

#define HEADS_NAME "heads"
#define NUMBERS_COUNT (offsetof(bn_heads, chain) / sizeof(uint64_t))
#define HEADS_BYTES (NUMBERS_COUNT * 8 + (size_t)2 * BN_HASH_BYTES)

bn_rc bn_heads_load(bn_kv_txn *txn, bn_heads *out, bn_err *err)
{
    uint8_t row[HEADS_BYTES];
    bn_rc rc = bn_meta_get(txn, HEADS_NAME, row, sizeof row, err);
    if (rc == BN_E_NOT_FOUND) {
        *out = (bn_heads){0};
        return BN_OK;
    }
    BN_TRY(rc);
    uint64_t numbers[NUMBERS_COUNT];
    for (size_t i = 0; i < NUMBERS_COUNT; i++) {
        numbers[i] = bn_load_u64(row + i * 8);
    }
    memcpy(out, numbers, sizeof numbers);
    memcpy(out->chain.bytes, row + NUMBERS_COUNT * 8, BN_HASH_BYTES);
    memcpy(out->feed.bytes, row + NUMBERS_COUNT * 8 + BN_HASH_BYTES, BN_HASH_BYTES);
    return BN_OK;
}

bn_rc bn_heads_store(bn_kv_txn *txn, const bn_heads *heads, bn_err *err)
{
    uint64_t numbers[NUMBERS_COUNT];
    memcpy(numbers, heads, sizeof numbers);
    uint8_t row[HEADS_BYTES];
    for (size_t i = 0; i < NUMBERS_COUNT; i++) {
        bn_store_u64(row + i * 8, numbers[i]);
    }
    memcpy(row + NUMBERS_COUNT * 8, heads->chain.bytes, BN_HASH_BYTES);
    memcpy(row + NUMBERS_COUNT * 8 + BN_HASH_BYTES, heads->feed.bytes, BN_HASH_BYTES);
    return bn_meta_put(txn, HEADS_NAME, row, sizeof row, err);
}

bn_rc bn_branch_usable(const bn_branch *branch, bn_err *err)
{
    if (branch->broken) {
        return bn_fail(err, BN_E_IO, "the store failed: stop, start again and verify");
    }
    if (branch->writing) {
        return bn_fail(err, BN_E_BUSY, "another save is at work");
    }
    return BN_OK;
}

bn_rc bn_write_begin(bn_branch *branch, bn_write *write, bn_err *err)
{
    BN_TRY(bn_branch_usable(branch, err));
    bn_kv_txn *txn = NULL;
    bn_rc rc = bn_kv_begin(branch->kv, BN_KV_WRITE, &txn, err);
    if (rc != BN_OK) {
        branch->broken = rc == BN_E_IO;
        return rc;
    }
    *write = (bn_write){.branch = branch, .txn = txn, .heads = branch->heads};
    branch->writing = true;
    branch->touched_count = 0;
    branch->touched_lost = false;
    return BN_OK;
}

static void reload_heads(bn_branch *branch)
{
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    bn_heads heads;
    if (bn_kv_begin(branch->kv, BN_KV_READ, &txn, NULL) != BN_OK ||
        bn_heads_load(txn, &heads, NULL) != BN_OK) {
        branch->broken = true;
        return;
    }
    branch->heads = heads;
}

/* The session may have moved these while the write was open: a bulk lasts. */
static void take_marks(bn_heads *heads, const bn_heads *now)
{
    heads->last_contact_ms = now->last_contact_ms;
    heads->oseq_acked = now->oseq_acked;
    heads->oseq_safe = now->oseq_safe;
}

bn_rc bn_write_commit(bn_write *write, bn_err *err)
{
    bn_branch *branch = write->branch;
    take_marks(&write->heads, &branch->heads);
    bn_rc rc = bn_heads_store(write->txn, &write->heads, err);
    if (rc != BN_OK) {
        bn_write_abort(write);
        return rc;
    }
    rc = bn_kv_commit(&write->txn, err);
    branch->writing = false;
    if (rc == BN_OK) {
        branch->heads = write->heads;
    } else {
        reload_heads(branch);
        branch->broken = branch->broken || rc == BN_E_IO;
    }
    if (!branch->broken) {
        bn_column_catch_up(branch);
    }
    return rc;
}

void bn_write_abort(bn_write *write)
{
    if (write->txn != NULL) {
        bn_kv_abort(&write->txn);
        write->branch->writing = false;
        write->branch->touched_count = 0;
        write->branch->touched_lost = false;
    }
}

static bool make_room(bn_branch *branch)
{
    if (branch->touched_count < branch->touched_capacity) {
        return true;
    }
    size_t capacity = branch->touched_capacity == 0 ? 64 : branch->touched_capacity * 2;
    if (capacity > BN_CUSTOMERS_TOUCHED_MAX) {
        return false;
    }
    bn_id *grown = bn_realloc_array(branch->touched, capacity, sizeof *grown);
    if (grown == NULL) {
        return false;
    }
    branch->touched = grown;
    branch->touched_capacity = capacity;
    return true;
}

void bn_write_touch(bn_write *write, uint16_t kind, bn_id id)
{
    bn_branch *branch = write->branch;
    if (kind != BN_KIND_CUSTOMER || branch->touched_lost) {
        return;
    }
    if (branch->touched_count > 0 &&
        bn_id_equal(branch->touched[branch->touched_count - 1], id)) {
        return;
    }
    if (!make_room(branch)) {
        branch->touched_lost = true;
        return;
    }
    branch->touched[branch->touched_count++] = id;
}
