/* branch.c - opens a branch's store and keeps what is in memory of it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "branch-client/store.h"

#include "branch-client/exchange.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>

static bn_rc load(bn_branch *branch, bn_err *err)
{
    BN_TRY(bn_keys_load_or_make(branch, err));
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    BN_TRY(bn_kv_begin(branch->kv, BN_KV_READ, &txn, err));
    BN_TRY(bn_heads_load(txn, &branch->heads, err));
    return bn_identity_load(txn, &branch->identity, &branch->enrolled, err);
}

bn_rc bn_branch_open(bn_kv *kv, const bn_clock *clock, const bn_random *random, bn_branch **out,
                     bn_err *err)
{
    BN_TRY(bn_crypto_start(err));
    BN_AUTO(bn_branch_close) bn_branch *branch = bn_alloc(sizeof *branch);
    if (branch == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for a branch");
    }
    branch->kv = kv;
    branch->clock = clock;
    branch->random = random;
    bn_arena_init(&branch->scratch, BN_SCRATCH_BYTES_MAX);
    bn_arena_init(&branch->lookup, BN_SCRATCH_BYTES_MAX);
    bn_buf_init(&branch->bytes, BN_BATCH_BYTES_MAX + BN_OP_BYTES_MAX);
    if (bn_search_create(&branch->column) != BN_OK) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for the search column");
    }
    BN_TRY(load(branch, err));
    *out = BN_TAKE(branch);
    return BN_OK;
}

void bn_branch_close(bn_branch **branch)
{
    bn_branch *closing = *branch;
    if (closing == NULL) {
        return;
    }
    *branch = NULL;
    BN_ASSERT(!closing->writing);
    bn_search_destroy(&closing->column);
    bn_arena_fini(&closing->scratch);
    bn_arena_fini(&closing->lookup);
    bn_buf_fini(&closing->bytes);
    bn_free(closing->touched);
    bn_wipe(&closing->keys, sizeof closing->keys);
    bn_free(closing);
}

void bn_branch_set_clock_offset(bn_branch *branch, int64_t offset_ms)
{
    branch->clock_offset_ms = offset_ms;
}

uint64_t bn_branch_now_ms(const bn_branch *branch)
{
    uint64_t wall = branch->clock->wall_ms(branch->clock->context);
    int64_t offset = branch->clock_offset_ms;
    if (offset < 0 && (uint64_t)-offset > wall) {
        return 0;
    }
    return offset < 0 ? wall - (uint64_t)-offset : wall + (uint64_t)offset;
}

void bn_branch_position(const bn_branch *branch, bn_position *out)
{
    const bn_heads *heads = &branch->heads;
    *out = (bn_position){.oseq_last = heads->oseq_last,
                         .oseq_acked = heads->oseq_acked,
                         .chain = heads->chain,
                         .cursor = heads->cursor,
                         .feed = heads->feed,
                         .bytes_waiting = heads->bytes_waiting};
}

void bn_branch_note_acked(bn_branch *branch, uint64_t oseq, uint64_t safe_oseq)
{
    bn_heads *heads = &branch->heads;
    if (oseq > heads->oseq_acked && oseq <= heads->oseq_last) {
        heads->oseq_acked = oseq;
    }
    if (safe_oseq > heads->oseq_safe && safe_oseq <= heads->oseq_last) {
        heads->oseq_safe = safe_oseq;
    }
}

void bn_branch_note_contact(bn_branch *branch, bool talking)
{
    branch->talking = talking;
    if (!talking) {
        return;
    }
    branch->heads.last_contact_ms = branch->clock->wall_ms(branch->clock->context);
}

bn_rc bn_branch_store_marks(bn_branch *branch, bn_err *err)
{
    bn_write write;
    BN_TRY(bn_write_begin(branch, &write, err));
    return bn_write_commit(&write, err);
}

void bn_branch_get_counts(const bn_branch *branch, bn_branch_counts *out)
{
    const bn_heads *heads = &branch->heads;
    uint64_t settled = heads->oseq_acked > heads->oseq_confirmed ? heads->oseq_acked
                                                                 : heads->oseq_confirmed;
    *out = (bn_branch_counts){
        .records_waiting = heads->records_waiting,
        .ops_waiting = heads->ops_waiting,
        .bytes_waiting = heads->bytes_waiting,
        .ops_unacked = heads->oseq_last - settled,
        .refused = heads->refused,
        .conflicts_open = heads->conflicts_open,
        .cut_off_since_ms = branch->talking ? 0 : heads->last_contact_ms,
        .last_contact_ms = heads->last_contact_ms,
        .cursor = heads->cursor,
        .oseq_last = heads->oseq_last,
        .oseq_acked = heads->oseq_acked,
        .oseq_confirmed = heads->oseq_confirmed,
        .customers_searchable = bn_search_count(branch->column),
    };
}
