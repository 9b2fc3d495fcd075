/* batch.c - the next ops to push: whole transactions, in order, signed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "branch-client/exchange.h"
#include "branch-client/store.h"

#include <banyan/base/check.h>
#include <banyan/base/number.h>
#include <banyan/protocol/ticket.h>

bn_rc bn_branch_head_at(bn_branch *branch, uint64_t oseq, bn_hash *out, bn_err *err)
{
    if (oseq == branch->heads.oseq_last) {
        *out = branch->heads.chain;
        return BN_OK;
    }
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    BN_TRY(bn_kv_begin(branch->kv, BN_KV_READ, &txn, err));
    return bn_oplog_head(branch, txn, oseq, out, err);
}

typedef struct fill {
    bn_buf *ops;
    size_t bytes_max, start;
    uint32_t ops_count;  /* up to the end of the last whole transaction */
    bn_hash head;
    uint32_t open_count; /* ops appended in all */
    size_t whole_len;
} fill;

/* Appends one op; *full when it belongs to a transaction that does not fit any more. */
static bn_rc take(bn_branch *branch, fill *f, bn_slice row, bool *full, bn_err *err)
{
    if (row.len <= BN_HASH_BYTES) {
        return bn_fail(err, BN_E_CORRUPT, "an op to be pushed has no bytes");
    }
    bn_slice bytes = bn_slice_make(row.data + BN_HASH_BYTES, row.len - BN_HASH_BYTES);
    bn_op op;
    bn_arena_reset(&branch->lookup);
    BN_TRY(bn_op_decode(bytes, &branch->lookup, &op, err));
    bn_push_append_op(f->ops, bytes);
    BN_TRY(bn_buf_status(f->ops));
    f->open_count++;
    bool fits = f->open_count <= BN_BATCH_OPS_MAX && f->ops->len - f->start <= f->bytes_max;
    if (!fits && f->ops_count > 0) {
        *full = true;
        return BN_OK;
    }
    if ((op.flags & BN_OP_FLAG_MORE) == 0) {
        f->ops_count = f->open_count;
        f->whole_len = f->ops->len;
        memcpy(f->head.bytes, row.data, BN_HASH_BYTES);
        *full = !fits || f->open_count == BN_BATCH_OPS_MAX;
    }
    return BN_OK;
}

static bn_rc fill_batch(bn_branch *branch, bn_kv_txn *txn, uint64_t after, fill *f, bn_err *err)
{
    BN_AUTO(bn_kv_cursor_close) bn_kv_cursor *cursor = NULL;
    BN_TRY(bn_kv_cursor_open(txn, BN_TABLE_OPLOG, &cursor, err));
    uint8_t seek[8];
    bn_slice key;
    bn_slice row;
    bn_rc rc = bn_kv_seek(cursor, bn_key_u64(seek, after + 1), &key, &row, err);
    bool full = false;
    while (rc == BN_OK && !full) {
        if (bn_load_u64(key.data) != after + f->open_count + 1) {
            return bn_fail(err, BN_E_CORRUPT, "op %llu is missing",
                           (unsigned long long)(after + f->open_count + 1));
        }
        BN_TRY(take(branch, f, row, &full, err));
        if (!full) {
            rc = bn_kv_next(cursor, &key, &row, err);
        }
    }
    return rc == BN_E_NOT_FOUND ? BN_OK : rc;
}

bn_rc bn_branch_next_batch(bn_branch *branch, uint64_t after, size_t bytes_max, bn_buf *ops,
                           bn_msg_push *push, bn_err *err)
{
    bn_msg_push batch = {.first_oseq = after + 1};
    if (after >= branch->heads.oseq_last) {
        *push = batch;
        return BN_OK;
    }
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    BN_TRY(bn_kv_begin(branch->kv, BN_KV_READ, &txn, err));
    BN_TRY(bn_oplog_head(branch, txn, after, &batch.prev_head, err));
    fill f = {.ops = ops, .bytes_max = bytes_max, .start = ops->len, .whole_len = ops->len};
    bn_rc rc = fill_batch(branch, txn, after, &f, err);
    bn_buf_truncate(ops, f.whole_len);
    BN_TRY(rc);
    batch.ops_count = f.ops_count;
    batch.head = f.head;
    batch.ops = bn_slice_make(ops->data + f.start, f.whole_len - f.start);
    bn_sign(branch->keys.sign_secret, BN_SLICE(BN_BATCH_DOMAIN), batch.head, batch.signature);
    *push = batch;
    return BN_OK;
}
