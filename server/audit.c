/* audit.c - a trail that shows when a line was changed or taken out.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   AUDIT  sequence u64b -> head 32 | line;   head_n = BLAKE2b(head_{n-1} | line_n)
 *   line   wall clock, actor, action, object, detail
 */
#include "audit.h"

#include "row.h"

#include <banyan/base/text.h>

static bn_slice cut(const char *text)
{
    bn_slice s = bn_slice_of(text != NULL ? text : "");
    return bn_slice_make(s.data, s.len > BN_AUDIT_TEXT_BYTES ? BN_AUDIT_TEXT_BYTES : s.len);
}

static bn_hash start_of_chain(void)
{
    return bn_chain_start(BN_SLICE("banyan-audit-v1"));
}

bn_rc bn_audit_load(bn_server *server, bn_kv_txn *txn, bn_err *err)
{
    uint8_t state[8 + BN_HASH_BYTES];
    bn_rc rc = bn_meta_get(txn, "audit", state, sizeof state, err);
    if (rc == BN_E_NOT_FOUND) {
        server->audit_sequence = 0;
        server->audit_head = start_of_chain();
        return BN_OK;
    }
    BN_TRY(rc);
    server->audit_sequence = bn_load_u64(state);
    memcpy(server->audit_head.bytes, state + 8, BN_HASH_BYTES);
    return BN_OK;
}

bn_rc bn_audit_write(bn_server *server, const char *actor, const char *action, const char *object,
                     const char *detail, bn_err *err)
{
    uint8_t line_bytes[8 + 4 * (4 + BN_AUDIT_TEXT_BYTES)];
    bn_buf *value = &server->value;
    bn_buf_clear(value);
    bn_row_put_u64(value, server->wall_ms);
    bn_row_put_bytes(value, cut(actor));
    bn_row_put_bytes(value, cut(action));
    bn_row_put_bytes(value, cut(object));
    bn_row_put_bytes(value, cut(detail));
    BN_TRY(bn_buf_status(value));
    size_t len = value->len;
    memcpy(line_bytes, value->data, len);
    server->audit_head = bn_chain_next(server->audit_head, bn_slice_make(line_bytes, len));
    server->audit_sequence++;
    bn_buf_clear(value);
    bn_buf_append(value, server->audit_head.bytes, BN_HASH_BYTES);
    bn_buf_append(value, line_bytes, len);
    uint8_t key[8];
    BN_TRY(bn_engine_put(server, BN_TABLE_AUDIT, bn_key_u64(key, server->audit_sequence), value,
                         err));
    uint8_t state[8 + BN_HASH_BYTES];
    bn_store_u64(state, server->audit_sequence);
    memcpy(state + 8, server->audit_head.bytes, BN_HASH_BYTES);
    return bn_meta_put(server->txn, "audit", state, sizeof state, err);
}

bool bn_audit_has_refusals(bn_server *server)
{
    pthread_mutex_lock(&server->admission.lock);
    bool has = server->admission.refusals_count > 0;
    pthread_mutex_unlock(&server->admission.lock);
    return has;
}

bn_rc bn_audit_drain_refusals(bn_server *server, bn_err *err)
{
    bn_admission *admission = &server->admission;
    for (;;) {
        bn_refusal refusal = {0};
        pthread_mutex_lock(&admission->lock);
        bool has = admission->refusals_count > 0;
        if (has) {
            refusal = admission->refusals[--admission->refusals_count];
        }
        pthread_mutex_unlock(&admission->lock);
        if (!has) {
            return BN_OK;
        }
        char object[2 * BN_KEY_BYTES + 8] = "no key";
        char detail[BN_AUDIT_TEXT_BYTES];
        if (refusal.has_key) {
            bn_hex_encode(bn_slice_make(refusal.key, BN_KEY_BYTES), object);
        }
        (void)snprintf(detail, sizeof detail, "%s door, %s, %s, %u times",
                       refusal.door == BN_DOOR_SYNC ? "sync" : "enrol", refusal.address,
                       refusal.reason, refusal.count);
        BN_TRY(bn_audit_write(server, "", "key.refused", object, detail, err));
    }
}

bn_rc bn_server_audit_append(bn_server *server, const char *actor, const char *action,
                             const char *object, const char *detail, bn_err *err)
{
    BN_TRY(bn_engine_begin(server, err));
    return bn_engine_end(server, bn_audit_write(server, actor, action, object, detail, err), err);
}

static bn_rc read_line(bn_slice key, bn_slice value, bn_arena *arena, bn_audit_line *out,
                       bn_err *err)
{
    bn_slice bytes = bn_arena_copy(arena, value);
    if (bytes.data == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "audit line of %zu bytes", value.len);
    }
    bn_row row = {.rest = bytes};
    bn_audit_line line = {.sequence = bn_load_u64(key.data)};
    bn_row_fixed(&row, line.head.bytes, BN_HASH_BYTES);
    line.wall_ms = bn_row_u64(&row);
    line.actor = bn_row_bytes(&row);
    line.action = bn_row_bytes(&row);
    line.object = bn_row_bytes(&row);
    line.detail = bn_row_bytes(&row);
    BN_TRY(bn_row_end(&row, "audit", err));
    *out = line;
    return BN_OK;
}

/* The head behind the line before `sequence`. */
static bn_rc head_before(bn_kv_txn *txn, uint64_t sequence, bn_hash *out, bn_err *err)
{
    *out = start_of_chain();
    if (sequence <= 1) {
        return BN_OK;
    }
    uint8_t key[8];
    bn_slice value;
    bn_rc rc = bn_kv_get(txn, BN_TABLE_AUDIT, bn_key_u64(key, sequence - 1), &value, err);
    if (rc == BN_E_NOT_FOUND || (rc == BN_OK && value.len < BN_HASH_BYTES)) {
        return bn_fail(err, BN_E_CORRUPT, "audit: line %llu is missing",
                       (unsigned long long)(sequence - 1));
    }
    BN_TRY(rc);
    memcpy(out->bytes, value.data, BN_HASH_BYTES);
    return BN_OK;
}

bn_rc bn_server_audit_next(bn_server_reader *reader, uint64_t after, bn_arena *arena,
                           bn_audit_line *out, bn_err *err)
{
    uint8_t number[8];
    bn_slice value;
    bn_slice key = bn_key_u64(number, after + 1);
    BN_TRY(bn_kv_get(reader->txn, BN_TABLE_AUDIT, key, &value, err));
    bn_audit_line line;
    BN_TRY(read_line(key, value, arena, &line, err));
    bn_hash before;
    size_t len = value.len - BN_HASH_BYTES;
    bn_slice bytes = bn_arena_copy(arena, bn_slice_make(value.data + BN_HASH_BYTES, len));
    BN_TRY(head_before(reader->txn, line.sequence, &before, err));
    if (bytes.data == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "audit line of %zu bytes", len);
    }
    if (!bn_hash_equal(bn_chain_next(before, bytes), line.head)) {
        return bn_fail(err, BN_E_CORRUPT, "audit: line %llu does not follow the one before",
                       (unsigned long long)line.sequence);
    }
    *out = line;
    return BN_OK;
}
