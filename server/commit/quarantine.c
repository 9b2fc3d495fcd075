/* quarantine.c - ops that are not acceptable: kept with their bytes and the reason.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   QUARANTINE  origin u32b | oseq u64b -> state u8 | cseq u64 | wall u64 | kind u16 | id 16 |
 *               reason | note | actor | op
 */
#include "commit.h"

#include "server/audit.h"
#include "server/registry.h"
#include "server/row.h"

#include <banyan/base/check.h>
#include <banyan/core/records.h>

typedef struct row {
    bn_quarantined shown;
    uint16_t kind;
    bn_id id;
} row;

static bn_rc put_row(bn_server *server, const row *r, bn_err *err)
{
    uint8_t key[12];
    bn_buf *out = &server->value;
    bn_buf_clear(out);
    bn_row_put_u8(out, (uint8_t)r->shown.state);
    bn_row_put_u64(out, r->shown.cseq);
    bn_row_put_u64(out, r->shown.wall_ms);
    bn_row_put_u16(out, r->kind);
    bn_buf_append(out, r->id.bytes, BN_ID_BYTES);
    bn_row_put_bytes(out, r->shown.reason);
    bn_row_put_bytes(out, r->shown.note);
    bn_row_put_bytes(out, r->shown.actor);
    bn_row_put_bytes(out, r->shown.op_bytes);
    return bn_engine_put(server, BN_TABLE_QUARANTINE,
                         bn_key_u32_u64(key, r->shown.dot.origin, r->shown.dot.oseq), out, err);
}

static bn_rc read_row(const bn_server *server, bn_dot dot, bn_slice value, bn_arena *arena,
                      row *out, bn_err *err)
{
    bn_slice bytes = bn_arena_copy(arena, value);
    if (bytes.data == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "quarantined op of %zu bytes", value.len);
    }
    bn_row reader = {.rest = bytes};
    row r = {.shown = {.dot = dot, .branch = bn_registry_branch_of(server, dot.origin)}};
    r.shown.state = (bn_quarantine_state)bn_row_u8(&reader);
    r.shown.cseq = bn_row_u64(&reader);
    r.shown.wall_ms = bn_row_u64(&reader);
    r.kind = bn_row_u16(&reader);
    bn_row_fixed(&reader, r.id.bytes, BN_ID_BYTES);
    r.shown.reason = bn_row_bytes(&reader);
    r.shown.note = bn_row_bytes(&reader);
    r.shown.actor = bn_row_bytes(&reader);
    r.shown.op_bytes = bn_row_bytes(&reader);
    BN_TRY(bn_row_end(&reader, "quarantine", err));
    *out = r;
    return BN_OK;
}

static bn_rc get_row(const bn_server *server, bn_kv_txn *txn, bn_dot dot, bn_arena *arena,
                     row *out, bn_err *err)
{
    uint8_t key[12];
    bn_slice value;
    BN_TRY(bn_kv_get(txn, BN_TABLE_QUARANTINE, bn_key_u32_u64(key, dot.origin, dot.oseq), &value,
                     err));
    return read_row(server, dot, value, arena, out, err);
}

static bn_rc next_row(const bn_server *server, bn_kv_txn *txn, bn_dot after, bn_arena *arena,
                      row *out, bn_err *err)
{
    BN_AUTO(bn_kv_cursor_close) bn_kv_cursor *cursor = NULL;
    uint8_t from[12];
    bn_slice key;
    bn_slice value;
    BN_TRY(bn_kv_cursor_open(txn, BN_TABLE_QUARANTINE, &cursor, err));
    BN_TRY(bn_kv_seek(cursor, bn_key_u32_u64(from, after.origin, after.oseq + 1), &key, &value,
                      err));
    if (key.len != 12) {
        return bn_fail(err, BN_E_CORRUPT, "quarantine key of %zu bytes", key.len);
    }
    bn_dot dot = {.origin = bn_load_u32(key.data), .oseq = bn_load_u64(key.data + 4)};
    return read_row(server, dot, value, arena, out, err);
}

static bool is_blocking(bn_quarantine_state state)
{
    return state == BN_QUARANTINE_OPEN || state == BN_QUARANTINE_HELD;
}

/* Moves a row from one state to another in the counters. */
static void count(bn_server *server, bn_origin *origin, bn_quarantine_state from,
                  bn_quarantine_state to)
{
    bn_counts *counts = &server->counts;
    counts->quarantined -= from == BN_QUARANTINE_OPEN ? 1 : 0;
    counts->held -= from == BN_QUARANTINE_HELD ? 1 : 0;
    counts->quarantined += to == BN_QUARANTINE_OPEN ? 1 : 0;
    counts->held += to == BN_QUARANTINE_HELD ? 1 : 0;
    origin->blocked -= is_blocking(from) ? 1 : 0;
    origin->blocked += is_blocking(to) ? 1 : 0;
    origin->dirty = true;
}

bn_rc bn_quarantine_write(bn_decision *d, bn_err *err)
{
    bn_server *server = d->server;
    bn_quarantine_state state = d->outcome == BN_OUTCOME_HELD ? BN_QUARANTINE_HELD
                                                              : BN_QUARANTINE_OPEN;
    row old;
    bn_rc rc = get_row(server, server->txn, d->dot, &server->arena, &old, err);
    if (rc != BN_OK && rc != BN_E_NOT_FOUND) {
        return rc;
    }
    count(server, d->origin, rc == BN_OK ? old.shown.state : (bn_quarantine_state)0, state);
    row r = {.kind = d->op.kind, .id = d->op.id};
    r.shown = (bn_quarantined){.dot = d->dot, .state = state, .cseq = d->stamp.cseq,
                               .wall_ms = server->wall_ms, .reason = bn_slice_of(d->reason),
                               .op_bytes = d->bytes};
    return put_row(server, &r, err);
}

bn_rc bn_quarantine_blocks(bn_server *server, bn_dot dot, bool *blocks, bn_err *err)
{
    row r;
    *blocks = false;
    bn_rc rc = get_row(server, server->txn, dot, &server->arena, &r, err);
    if (rc == BN_E_NOT_FOUND) {
        return BN_OK;
    }
    BN_TRY(rc);
    *blocks = is_blocking(r.shown.state);
    return BN_OK;
}

bn_rc bn_quarantine_blocks_record(bn_server *server, uint32_t origin, uint16_t kind, bn_id id,
                                  uint64_t before, bool *blocks, bn_err *err)
{
    bn_dot at = {.origin = origin};
    *blocks = false;
    for (;;) {
        row r;
        bn_rc rc = next_row(server, server->txn, at, &server->arena, &r, err);
        if (rc == BN_E_NOT_FOUND) {
            return BN_OK;
        }
        BN_TRY(rc);
        if (r.shown.dot.origin != origin || r.shown.dot.oseq >= before) {
            return BN_OK;
        }
        if (is_blocking(r.shown.state) && r.kind == kind && bn_id_equal(r.id, id)) {
            *blocks = true;
            return BN_OK;
        }
        at = r.shown.dot;
    }
}

/* --- a person looks after it -------- */
static bn_rc close_row(bn_server *server, row *r, bn_quarantine_state state, const char *actor,
                       const char *note, bn_err *err)
{
    bn_origin *origin = bn_registry_origin(server, r->shown.dot.origin);
    BN_ASSERT(origin != NULL);
    count(server, origin, r->shown.state, state);
    r->shown.state = state;
    r->shown.actor = bn_slice_of(actor);
    r->shown.note = bn_slice_of(note);
    return put_row(server, r, err);
}

static bn_rc retry_one(bn_server *server, bn_dot dot, const char *actor, bn_outcome *outcome,
                       bn_err *err)
{
    row r;
    BN_TRY(get_row(server, server->txn, dot, &server->arena, &r, err));
    bn_origin *origin = bn_registry_origin(server, dot.origin);
    if (!is_blocking(r.shown.state) || origin == NULL) {
        return bn_fail(err, BN_E_STALE, "op %u:%llu is not in quarantine any more", dot.origin,
                       (unsigned long long)dot.oseq);
    }
    bn_committed committed;
    /* The row must not block the op itself; what it becomes is written right behind. */
    BN_TRY(bn_commit_op(server, origin, dot.oseq, r.shown.op_bytes, true, &committed, err));
    *outcome = committed.outcome;
    if (committed.outcome == BN_OUTCOME_QUARANTINED || committed.outcome == BN_OUTCOME_HELD) {
        return BN_OK;
    }
    r.shown.cseq = committed.cseq;
    return close_row(server, &r, BN_QUARANTINE_RETRIED, actor, "", err);
}

/* Ops held for a retried one come in the order they were made. */
static bn_rc retry_held(bn_server *server, bn_dot after, const char *actor, bn_err *err)
{
    uint32_t origin = after.origin;
    for (;;) {
        row r;
        bn_arena_reset(&server->arena);
        bn_rc rc = next_row(server, server->txn, after, &server->arena, &r, err);
        if (rc == BN_E_NOT_FOUND || (rc == BN_OK && r.shown.dot.origin != origin)) {
            return BN_OK;
        }
        BN_TRY(rc);
        after = r.shown.dot;
        bn_outcome outcome;
        if (r.shown.state == BN_QUARANTINE_HELD) {
            BN_TRY(retry_one(server, after, actor, &outcome, err));
        }
    }
}

static bn_rc retry(bn_server *server, bn_dot dot, const char *actor, bn_outcome *outcome,
                   bn_err *err)
{
    char object[64];
    bn_arena_reset(&server->arena);
    BN_TRY(retry_one(server, dot, actor, outcome, err));
    if (*outcome != BN_OUTCOME_QUARANTINED && *outcome != BN_OUTCOME_HELD) {
        BN_TRY(retry_held(server, dot, actor, err));
    }
    (void)snprintf(object, sizeof object, "op %u:%llu", dot.origin, (unsigned long long)dot.oseq);
    return bn_audit_write(server, actor, "quarantine.retry", object, bn_outcome_name(*outcome),
                          err);
}

static bn_rc discard(bn_server *server, bn_dot dot, const char *actor, const char *note,
                     bn_err *err)
{
    row r;
    char object[64];
    bn_arena_reset(&server->arena);
    BN_TRY(get_row(server, server->txn, dot, &server->arena, &r, err));
    if (!is_blocking(r.shown.state)) {
        return bn_fail(err, BN_E_STALE, "op %u:%llu is not in quarantine any more", dot.origin,
                       (unsigned long long)dot.oseq);
    }
    BN_TRY(close_row(server, &r, BN_QUARANTINE_DISCARDED, actor, note, err));
    BN_TRY(retry_held(server, dot, actor, err));
    (void)snprintf(object, sizeof object, "op %u:%llu", dot.origin, (unsigned long long)dot.oseq);
    return bn_audit_write(server, actor, "quarantine.discard", object, note, err);
}

bn_rc bn_server_quarantine_retry(bn_server *server, bn_dot dot, const char *actor,
                                 bn_outcome *outcome, bn_err *err)
{
    BN_TRY(bn_engine_begin(server, err));
    bn_outcome became = BN_OUTCOME_QUARANTINED;
    BN_TRY(bn_engine_end(server, retry(server, dot, actor, &became, err), err));
    *outcome = became;
    return BN_OK;
}

bn_rc bn_server_quarantine_discard(bn_server *server, bn_dot dot, const char *actor,
                                   const char *note, bn_err *err)
{
    if (note == NULL || note[0] == '\0' || strlen(note) > BN_NOTE_BYTES_MAX) {
        return bn_fail(err, BN_E_INVALID, "discard: a reason of 1 to %d bytes is needed",
                       BN_NOTE_BYTES_MAX);
    }
    BN_TRY(bn_engine_begin(server, err));
    return bn_engine_end(server, discard(server, dot, actor, note, err), err);
}

bn_rc bn_server_quarantine_get(bn_server_reader *reader, bn_dot dot, bn_arena *arena,
                               bn_quarantined *out, bn_err *err)
{
    row r;
    BN_TRY(get_row(reader->server, reader->txn, dot, arena, &r, err));
    *out = r.shown;
    return BN_OK;
}

bn_rc bn_server_quarantine_next(bn_server_reader *reader, bn_dot after, bn_arena *arena,
                                bn_quarantined *out, bn_err *err)
{
    row r;
    BN_TRY(next_row(reader->server, reader->txn, after, arena, &r, err));
    *out = r.shown;
    return BN_OK;
}
