/* save.c - drafts become ops: op log, overlay, index and request in one write transaction.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   repeated request? ─► plan (refusals) ─► encode (limits) ─► write (storage only) ─► commit
 *
 * A crash before the commit leaves nothing; after it the request id finds what was saved.
 */
#include "branch-client/plan.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/base/number.h>

#define REQUEST_FIXED_BYTES 4
#define REQUEST_DRAFT_BYTES (BN_ID_BYTES + 8)
#define SAVE_TRIES 4 /* the map of the store grows between transactions */
#define PUSH_OP_OVERHEAD_BYTES 5 /* msgpack bin header in a batch */

/* --- repeated requests ------------------------------------------------------------------------ */

/* The number of a customer that op `oseq` created. */
static bn_rc number_of(bn_write *write, uint64_t oseq, char number[BN_CUSTOMER_NUMBER_BYTES],
                       bn_err *err)
{
    bn_arena *arena = &write->branch->lookup;
    bn_arena_reset(arena);
    bn_op op;
    bool erased;
    BN_TRY(bn_oplog_get(write->txn, oseq, arena, &op, &erased, err));
    if (erased || op.kind != BN_KIND_CUSTOMER) {
        return BN_OK;
    }
    for (size_t i = 0; i < op.changes_count; i++) {
        const bn_change *change = &op.changes[i];
        if (change->field == BN_CUSTOMER_number && change->value.type == BN_VALUE_TEXT &&
            change->value.text.len < BN_CUSTOMER_NUMBER_BYTES) {
            memcpy(number, change->value.text.data, change->value.text.len);
            number[change->value.text.len] = '\0';
        }
    }
    return BN_OK;
}

static bn_rc repeat_request(bn_write *write, bn_slice row, size_t count, bn_saved *saved,
                            bn_err *err)
{
    if (row.len < REQUEST_FIXED_BYTES ||
        row.len != REQUEST_FIXED_BYTES + bn_load_u32(row.data) * (size_t)REQUEST_DRAFT_BYTES) {
        return bn_fail(err, BN_E_CORRUPT, "request: row of %zu bytes", row.len);
    }
    if (bn_load_u32(row.data) != count) {
        return bn_fail(err, BN_E_INVALID, "request id: was used for another save");
    }
    for (size_t i = 0; i < count; i++) {
        const uint8_t *at = row.data + REQUEST_FIXED_BYTES + i * REQUEST_DRAFT_BYTES;
        bn_saved result = {.is_repeat = true};
        memcpy(result.id.bytes, at, BN_ID_BYTES);
        uint64_t oseq = bn_load_u64(at + BN_ID_BYTES);
        if (oseq > 0) {
            result.dot = (bn_dot){write->branch->identity.origin, oseq};
            BN_TRY(number_of(write, oseq, result.number, err));
        }
        saved[i] = result;
    }
    return BN_OK;
}

static bn_rc find_request(bn_write *write, const bn_id *request_id, size_t count, bn_saved *saved,
                          bool *found, bn_err *err)
{
    *found = false;
    if (request_id == NULL) {
        return BN_OK;
    }
    bn_slice row;
    bn_rc rc =
        bn_kv_get(write->txn, BN_TABLE_REQUEST, bn_id_slice(request_id), &row, err);
    if (rc == BN_E_NOT_FOUND) {
        return BN_OK;
    }
    BN_TRY(rc);
    BN_TRY(repeat_request(write, row, count, saved, err));
    *found = true;
    return BN_OK;
}

static bn_rc keep_request(bn_write *write, const bn_id *request_id, const bn_saved *saved,
                          size_t count, bn_arena *arena, bn_err *err)
{
    size_t len = REQUEST_FIXED_BYTES + count * REQUEST_DRAFT_BYTES;
    uint8_t *row = bn_arena_alloc(arena, len);
    if (row == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for a request");
    }
    bn_store_u32(row, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        uint8_t *at = row + REQUEST_FIXED_BYTES + i * REQUEST_DRAFT_BYTES;
        memcpy(at, saved[i].id.bytes, BN_ID_BYTES);
        bn_store_u64(at + BN_ID_BYTES, saved[i].dot.oseq);
    }
    return bn_kv_put(write->txn, BN_TABLE_REQUEST, bn_id_slice(request_id),
                     bn_slice_make(row, len), err);
}

/* --- one transaction of ops ------------------------------------------------------------------- */

static bn_rc encode_ops(bn_plan *plan, bn_buf *bytes, bn_err *err)
{
    bn_buf_clear(bytes);
    size_t batch_bytes = 0;
    for (size_t i = 0; i < plan->ops_count; i++) {
        bn_planned *planned = &plan->ops[i];
        if (i + 1 < plan->ops_count) {
            planned->op.flags |= BN_OP_FLAG_MORE;
        }
        planned->bytes_at = bytes->len;
        bn_op_encode(&planned->op, bytes);
        planned->bytes_len = bytes->len - planned->bytes_at;
        batch_bytes += planned->bytes_len + PUSH_OP_OVERHEAD_BYTES;
        if (planned->bytes_len > BN_OP_BYTES_MAX) {
            return bn_fail(err, BN_E_LIMIT, "record %zu: %zu bytes changed, limit %d",
                           planned->draft + 1, planned->bytes_len, BN_OP_BYTES_MAX);
        }
        if (batch_bytes > BN_BATCH_BYTES_MAX) {
            return bn_fail(err, BN_E_LIMIT, "saved together: over %d bytes at record %zu",
                           BN_BATCH_BYTES_MAX, planned->draft + 1);
        }
    }
    bn_rc rc = bn_buf_status(bytes);
    return rc == BN_OK ? BN_OK : bn_fail(err, rc, "the changes cannot be encoded");
}

static bn_rc append_op(bn_write *write, bn_plan *plan, const bn_planned *planned, bn_err *err)
{
    bn_heads *heads = &write->heads;
    bn_branch *branch = write->branch;
    bn_slice op = bn_slice_make(branch->bytes.data + planned->bytes_at, planned->bytes_len);
    BN_ASSERT(planned->oseq == heads->oseq_last + 1);
    bn_hash head = bn_chain_next(heads->chain, op);
    uint8_t *row = bn_arena_alloc(plan->arena, BN_HASH_BYTES + op.len);
    if (row == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for a row of the op log");
    }
    memcpy(row, head.bytes, BN_HASH_BYTES);
    memcpy(row + BN_HASH_BYTES, op.data, op.len);
    uint8_t key[8];
    BN_TRY(bn_kv_put(write->txn, BN_TABLE_OPLOG, bn_key_u64(key, planned->oseq),
                     bn_slice_make(row, BN_HASH_BYTES + op.len), err));
    BN_TRY(bn_overlay_add(write, &planned->op, planned->oseq, op.len, err));
    heads->oseq_last = planned->oseq;
    heads->chain = head;
    heads->hlc = planned->op.hlc.value;
    return BN_OK;
}

static bn_rc write_planned(bn_write *write, bn_plan *plan, const bn_planned *planned, bn_err *err)
{
    BN_TRY(append_op(write, plan, planned, err));
    if (planned->op.type != BN_OP_WRITE) {
        return BN_OK;
    }
    bool fresh = bn_record_is_empty(&planned->before);
    BN_TRY(bn_indexes_update(write->txn, &write->branch->keys.index,
                             fresh ? NULL : &planned->before, &planned->after, err));
    bn_write_touch(write, planned->op.kind, planned->op.id);
    return BN_OK;
}

/* Plans and encodes; nothing is written yet. */
static bn_rc prepare(bn_write *write, const bn_draft *drafts, size_t count, bn_saved *saved,
                     bn_plan *plan, bn_err *err)
{
    bn_branch *branch = write->branch;
    bn_arena_reset(&branch->scratch);
    plan->write = write;
    plan->arena = &branch->scratch;
    plan->hlc = write->heads.hlc;
    plan->customers_made = write->heads.customers_made;
    plan->ops_max = count;
    plan->ops = bn_arena_array(plan->arena, count, sizeof *plan->ops);
    if (plan->ops == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for %zu drafts", count);
    }
    for (size_t i = 0; i < count; i++) {
        BN_TRY(bn_plan_draft(plan, &drafts[i], i, &saved[i], err));
    }
    return encode_ops(plan, &branch->bytes, err);
}

static bn_rc write_plan(bn_write *write, bn_plan *plan, const bn_saved *saved, size_t count,
                        const bn_id *request_id, bn_err *err)
{
    for (size_t i = 0; i < plan->ops_count; i++) {
        BN_TRY(write_planned(write, plan, &plan->ops[i], err));
    }
    write->heads.customers_made = plan->customers_made;
    return request_id != NULL && plan->ops_count > 0
               ? keep_request(write, request_id, saved, count, plan->arena, err)
               : BN_OK;
}

/* *spoiled: the transaction holds half a save and cannot be committed. *wrote: it holds one. */
static bn_rc save_in(bn_write *write, const bn_draft *drafts, size_t count, const bn_id *request_id,
                     bn_saved *saved, bn_stale *stale, bool *spoiled, bool *wrote, bn_err *err)
{
    *wrote = false;
    if (!write->branch->enrolled) {
        return bn_fail(err, BN_E_DENIED, "this branch is not enrolled yet");
    }
    if (count == 0 || count > BN_TXN_OPS_MAX) {
        return bn_fail(err, BN_E_LIMIT, "%zu records saved together, 1 to %d are possible", count,
                       BN_TXN_OPS_MAX);
    }
    bool found;
    BN_TRY(find_request(write, request_id, count, saved, &found, err));
    if (found) {
        return BN_OK;
    }
    bn_stale ignored;
    bn_plan plan = {.stale = stale != NULL ? stale : &ignored};
    *plan.stale = (bn_stale){0};
    BN_TRY(prepare(write, drafts, count, saved, &plan, err));
    bn_rc rc = write_plan(write, &plan, saved, count, request_id, err);
    *spoiled = rc != BN_OK;
    *wrote = plan.ops_count > 0;
    return rc;
}

static bn_rc save_once(bn_branch *branch, const bn_draft *drafts, size_t count,
                       const bn_id *request_id, bn_saved *saved, bn_stale *stale, bn_err *err)
{
    bn_write write;
    BN_TRY(bn_write_begin(branch, &write, err));
    bool spoiled = false;
    bool wrote = false;
    bn_rc rc = save_in(&write, drafts, count, request_id, saved, stale, &spoiled, &wrote, err);
    if (rc != BN_OK || !wrote) {
        bn_write_abort(&write);
        return rc;
    }
    return bn_write_commit(&write, err);
}

bn_rc bn_branch_save(bn_branch *branch, const bn_draft *drafts, size_t count,
                     const bn_id *request_id, bn_saved *saved, bn_stale *stale, bn_err *err)
{
    bn_rc rc = BN_E_NO_SPACE;
    for (int i = 0; i < SAVE_TRIES && rc == BN_E_NO_SPACE; i++) {
        rc = save_once(branch, drafts, count, request_id, saved, stale, err);
    }
    return rc;
}

/* --- bulk --------------------------------------------------------------------------------- */

struct bn_branch_bulk {
    bn_write write;
    uint64_t oseq_first; /* last op before the bulk */
    bool spoiled;
};

bn_rc bn_branch_bulk_begin(bn_branch *branch, bn_branch_bulk **out, bn_err *err)
{
    bn_branch_bulk *bulk = bn_alloc(sizeof *bulk);
    if (bulk == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for a bulk save");
    }
    bn_rc rc = bn_write_begin(branch, &bulk->write, err);
    if (rc != BN_OK) {
        bn_free(bulk);
        return rc;
    }
    bulk->oseq_first = branch->heads.oseq_last;
    *out = bulk;
    return BN_OK;
}

bn_rc bn_branch_bulk_save(bn_branch_bulk *bulk, const bn_draft *drafts, size_t count,
                          const bn_id *request_id, bn_saved *saved, bn_stale *stale, bn_err *err)
{
    if (bulk->spoiled) {
        return bn_fail(err, BN_E_FAILED, "an earlier failure spoiled this bulk: abort it");
    }
    if (count > BN_BULK_OPS_MAX - (bulk->write.heads.oseq_last - bulk->oseq_first)) {
        return bn_fail(err, BN_E_LIMIT, "commit first: %d ops in one bulk", BN_BULK_OPS_MAX);
    }
    bool wrote;
    return save_in(&bulk->write, drafts, count, request_id, saved, stale, &bulk->spoiled, &wrote,
                   err);
}

bn_rc bn_branch_bulk_commit(bn_branch_bulk **bulk, bn_err *err)
{
    bn_branch_bulk *ending = *bulk;
    *bulk = NULL;
    bn_rc rc;
    if (ending->spoiled) {
        bn_write_abort(&ending->write);
        rc = bn_fail(err, BN_E_FAILED, "an earlier failure spoiled this bulk: nothing is kept");
    } else {
        rc = bn_write_commit(&ending->write, err);
    }
    bn_free(ending);
    return rc;
}

void bn_branch_bulk_abort(bn_branch_bulk **bulk)
{
    if (*bulk != NULL) {
        bn_write_abort(&(*bulk)->write);
        bn_free(*bulk);
        *bulk = NULL;
    }
}
