/* searching.c - the search column: loaded in slices, kept current behind every commit.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The column is derived. When it cannot follow (no memory, too many customers at once) it is
 * thrown away and loaded again; a save never fails because of it.
 */
#include "branch-client/store.h"

#include <banyan/base/check.h>

static void start_over(bn_branch *branch)
{
    bn_search_column *fresh = NULL;
    branch->column_ready = false;
    branch->column_at = (bn_id){0};
    if (bn_search_create(&fresh) == BN_OK) {
        bn_search_destroy(&branch->column);
        branch->column = fresh;
    }
}

static bn_rc put_customer(bn_branch *branch, bn_kv_txn *txn, bn_id id, bn_err *err)
{
    bn_arena_reset(&branch->lookup);
    bn_record record;
    BN_TRY(bn_shown_get(branch, txn, BN_KIND_CUSTOMER, id, &branch->lookup, &record, err));
    if (!bn_record_exists(&record)) {
        bn_search_remove(branch->column, id);
        return BN_OK;
    }
    return bn_search_put(branch->column, &record, err);
}

static bn_rc put_touched(bn_branch *branch)
{
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    BN_TRY(bn_kv_begin(branch->kv, BN_KV_READ, &txn, NULL));
    for (size_t i = 0; i < branch->touched_count; i++) {
        BN_TRY(put_customer(branch, txn, branch->touched[i], NULL));
    }
    return BN_OK;
}

void bn_column_catch_up(bn_branch *branch)
{
    if (branch->touched_lost || (branch->touched_count > 0 && put_touched(branch) != BN_OK)) {
        start_over(branch);
    }
    branch->touched_count = 0;
    branch->touched_lost = false;
}

bn_rc bn_branch_warm(bn_branch *branch, size_t rows_max, bool *done, bn_err *err)
{
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    BN_TRY(bn_kv_begin(branch->kv, BN_KV_READ, &txn, err));
    for (size_t i = 0; i < rows_max && !branch->column_ready; i++) {
        bn_id id;
        bn_rc rc = bn_shown_next_id(txn, BN_KIND_CUSTOMER, branch->column_at, &id, err);
        if (rc == BN_E_NOT_FOUND) {
            branch->column_ready = true;
            break;
        }
        BN_TRY(rc);
        BN_TRY(put_customer(branch, txn, id, err));
        branch->column_at = id;
    }
    *done = branch->column_ready;
    return BN_OK;
}

bool bn_branch_search_ready(const bn_branch *branch)
{
    return branch->column_ready;
}

bn_rc bn_branch_search(bn_branch *branch, bn_slice text, bn_search_hit *hits, size_t hits_max,
                       size_t *hits_count, bn_err *err)
{
    return bn_search_find(branch->column, text, hits, hits_max, hits_count, err);
}
