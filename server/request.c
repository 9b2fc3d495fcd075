/* request.c - saves of head office that a caller may repeat: done once, also after a restart.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   REQUEST   request id 16 -> record id 16 | cseq u64b
 *             place u64b    -> request id 16: a ring over the newest BN_REQUESTS_KEPT
 *   META      "requests"    -> requests kept so far; its remainder is the next place
 *
 * Rows are written with the ops they are about. Everything else an answer tells is read back from
 * the commit. A save that changed nothing leaves no row.
 */
#include "request.h"

#include "commit/commit.h"
#include "save.h"

#include <banyan/base/check.h>
#include <banyan/base/number.h>

#define META_REQUESTS "requests"
#define ROW_BYTES (BN_ID_BYTES + 8)

/* The number of a customer that the op created. */
static void tell_number(const bn_op *op, bn_saved *saved)
{
    for (size_t i = 0; op->kind == BN_KIND_CUSTOMER && i < op->changes_count; i++) {
        const bn_change *change = &op->changes[i];
        if (change->field == BN_CUSTOMER_number && change->value.type == BN_VALUE_TEXT &&
            change->value.text.len < BN_CUSTOMER_NUMBER_BYTES) {
            memcpy(saved->number, change->value.text.data, change->value.text.len);
            saved->number[change->value.text.len] = '\0';
        }
    }
}

static bn_rc read_row(bn_kv_txn *txn, const bn_id *request, bn_server_saved *out, bn_err *err)
{
    bn_slice row;
    bn_entry entry;
    bn_op op;
    BN_TRY(bn_kv_get(txn, BN_TABLE_REQUEST, bn_id_slice(request), &row, err));
    if (row.len != ROW_BYTES) {
        return bn_fail(err, BN_E_CORRUPT, "request: row of %zu bytes", row.len);
    }
    bn_server_saved saved = {.cseq = bn_load_u64(row.data + BN_ID_BYTES)};
    memcpy(saved.saved.id.bytes, row.data, BN_ID_BYTES);
    BN_AUTO(bn_arena_fini) bn_arena arena;
    bn_arena_init(&arena, 4 * BN_VALUE_BYTES_MAX);
    bn_rc rc = bn_entry_get(txn, saved.cseq, &arena, &entry, err);
    if (rc == BN_E_NOT_FOUND) {
        return bn_fail(err, BN_E_CORRUPT, "request: its commit is not there");
    }
    BN_TRY(rc);
    saved.saved.dot = entry.dot;
    saved.saved.is_repeat = true;
    saved.outcome = entry.outcome;
    (void)snprintf(saved.reason, sizeof saved.reason, "%.*s", (int)entry.reason.len,
                   (const char *)entry.reason.data);
    if ((entry.flags & BN_ENTRY_HAS_OP) != 0) {
        BN_TRY(bn_op_decode(entry.op, &arena, &op, err));
        tell_number(&op, &saved.saved);
    }
    *out = saved;
    return BN_OK;
}

bn_rc bn_server_request_find(bn_server *server, const bn_id *request, bn_server_saved *out,
                             bn_err *err)
{
    bn_server_reader reader;
    BN_TRY(bn_server_read_begin(server, &reader, err));
    bn_rc rc = read_row(reader.txn, request, out, err);
    bn_server_read_end(&reader);
    return rc;
}

/* Puts the row, and takes the one away whose place in the ring it gets. */
static bn_rc keep(bn_server *server, const bn_id *request, const bn_server_saved *saved,
                  bn_err *err)
{
    uint64_t count = 0;
    uint8_t place[8];
    uint8_t row[ROW_BYTES];
    bn_slice old;
    BN_TRY(bn_meta_get_u64(server->txn, META_REQUESTS, 0, &count, err));
    bn_slice key = bn_key_u64(place, count % BN_REQUESTS_KEPT);
    bn_rc rc = bn_kv_get(server->txn, BN_TABLE_REQUEST, key, &old, err);
    if (rc == BN_OK && old.len == BN_ID_BYTES) {
        bn_id gone;
        memcpy(gone.bytes, old.data, BN_ID_BYTES);
        rc = bn_kv_del(server->txn, BN_TABLE_REQUEST, bn_id_slice(&gone), err);
    }
    if (rc != BN_OK && rc != BN_E_NOT_FOUND) {
        return rc;
    }
    memcpy(row, saved->saved.id.bytes, BN_ID_BYTES);
    bn_store_u64(row + BN_ID_BYTES, saved->cseq);
    BN_TRY(bn_kv_put(server->txn, BN_TABLE_REQUEST, key, bn_id_slice(request), err));
    BN_TRY(bn_kv_put(server->txn, BN_TABLE_REQUEST, bn_id_slice(request),
                     bn_slice_make(row, ROW_BYTES), err));
    return bn_meta_put_u64(server->txn, META_REQUESTS, count + 1, err);
}

static bn_rc save_and_keep(bn_server *server, const bn_draft *drafts, size_t count,
                           const bn_id *requests, bn_server_saved *saved, bn_err *err)
{
    BN_TRY(bn_save_in(server, drafts, count, saved, err));
    for (size_t i = 0; i < count; i++) {
        if (!bn_id_is_zero(requests[i])) {
            BN_TRY(keep(server, &requests[i], &saved[i], err));
        }
    }
    return BN_OK;
}

bn_rc bn_server_save_once(bn_server *server, const bn_draft *drafts, size_t count,
                          const bn_id *requests, bn_server_saved *saved, bn_err *err)
{
    BN_TRY(bn_engine_begin(server, err));
    bn_rc rc = save_and_keep(server, drafts, count, requests, saved, err);
    if (rc != BN_OK) {
        bn_engine_abort(server);
        return rc;
    }
    return bn_engine_commit(server, err);
}
