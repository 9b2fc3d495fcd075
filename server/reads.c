/* reads.c - what is committed, as others look at it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "commit/commit.h"
#include "registry.h"

#include <banyan/base/check.h>
#include <banyan/base/number.h>

#define TAIL_MAX 20000 /* commits looked through behind the derived ones */

bn_rc bn_server_read_begin(bn_server *server, bn_server_reader *reader, bn_err *err)
{
    BN_TRY(bn_engine_usable(server, err));
    *reader = (bn_server_reader){.server = server};
    return bn_kv_begin(server->kv, BN_KV_READ, &reader->txn, err);
}

void bn_server_read_end(bn_server_reader *reader)
{
    bn_kv_abort(&reader->txn);
}

/* --- records -------- */
static bn_rc source_get(void *context, uint16_t kind, bn_id id, bn_arena *arena, bn_record *out,
                        bn_err *err)
{
    bn_server_reader *reader = context;
    bn_rc rc = bn_records_get(reader->txn, kind, id, arena, out, err);
    bn_kv_forget(reader->txn);
    return rc;
}

static bn_rc source_next(void *context, uint16_t kind, bn_id after, bn_id *out, bn_err *err)
{
    bn_server_reader *reader = context;
    return bn_records_next_id(reader->txn, kind, after, out, err);
}

bn_record_source bn_server_source(bn_server_reader *reader)
{
    return (bn_record_source){.get = source_get, .next_id = source_next, .context = reader};
}

/* --- conflicts -------- */
static bool passes(const bn_conflict *conflict, const bn_conflict_filter *filter)
{
    if (filter == NULL) {
        return true;
    }
    bool of_branch = filter->branch == 0;
    for (size_t i = 0; i < conflict->candidates_count && !of_branch; i++) {
        of_branch = conflict->candidates[i].branch == filter->branch;
    }
    return of_branch && (filter->state == 0 || conflict->state == filter->state) &&
           (filter->kind == 0 || conflict->kind == filter->kind);
}

bn_rc bn_server_conflict_next(bn_server_reader *reader, const bn_conflict_filter *filter,
                              bn_id after, bn_arena *arena, bn_conflict *out, bn_err *err)
{
    for (;;) {
        bn_conflict conflict;
        BN_TRY(bn_conflicts_next(reader->txn, after, arena, &conflict, err));
        bn_kv_forget(reader->txn);
        if (passes(&conflict, filter)) {
            *out = conflict;
            return BN_OK;
        }
        after = conflict.id;
    }
}

bn_rc bn_server_conflict_get(bn_server_reader *reader, bn_id id, bn_arena *arena,
                             bn_conflict *out, bn_err *err)
{
    return bn_conflicts_get(reader->txn, id, arena, out, err);
}

/* --- commits and history -------- */
static bn_rc show(const bn_entry *entry, bn_arena *arena, bn_commit_view *out, bn_err *err)
{
    bn_commit_view view = {.cseq = entry->cseq, .dot = entry->dot, .branch = entry->branch,
                           .wall_ms = entry->wall_ms, .hlc_effective = entry->hlc,
                           .clock_suspect = (entry->flags & BN_ENTRY_SUSPECT) != 0,
                           .retried = (entry->flags & BN_ENTRY_RETRY) != 0,
                           .outcome = entry->outcome, .reason = entry->reason,
                           .has_op = (entry->flags & BN_ENTRY_HAS_OP) != 0, .kind = entry->kind,
                           .id = entry->id};
    if (view.has_op) {
        BN_TRY(bn_op_decode(entry->op, arena, &view.op, err));
    }
    if (entry->was.len > 0) {
        bn_record was;
        BN_TRY(bn_record_decode(entry->kind, entry->id, entry->was, arena, &was, err));
        view.was = was.cells;
        view.was_count = was.cells_count;
    }
    *out = view;
    return BN_OK;
}

bn_rc bn_server_commit_get(bn_server_reader *reader, uint64_t cseq, bn_arena *arena,
                           bn_commit_view *out, bn_err *err)
{
    bn_entry entry;
    BN_TRY(bn_entry_get(reader->txn, cseq, arena, &entry, err));
    bn_kv_forget(reader->txn);
    return show(&entry, arena, out, err);
}

static bn_rc next_derived(bn_server_reader *reader, uint16_t kind, bn_id id, uint64_t after,
                          uint64_t *cseq, bn_err *err)
{
    BN_AUTO(bn_kv_cursor_close) bn_kv_cursor *cursor = NULL;
    uint8_t from[BN_KEY_ENTITY_U64_BYTES];
    bn_slice key;
    bn_slice value;
    BN_TRY(bn_kv_cursor_open(reader->txn, BN_TABLE_HISTORY, &cursor, err));
    BN_TRY(bn_kv_seek(cursor, bn_key_entity_u64(from, kind, id, after + 1), &key, &value, err));
    if (key.len != BN_KEY_ENTITY_U64_BYTES || memcmp(key.data, from, BN_KEY_ENTITY_BYTES) != 0) {
        return BN_E_NOT_FOUND;
    }
    *cseq = bn_load_u64(key.data + BN_KEY_ENTITY_BYTES);
    return BN_OK;
}

/* Commits HISTORY does not know of yet are looked through one by one. */
static bn_rc next_in_tail(bn_server_reader *reader, uint16_t kind, bn_id id, uint64_t after,
                          uint64_t *cseq, bn_err *err)
{
    const bn_server *server = reader->server;
    uint64_t at = after > server->derived ? after : server->derived;
    BN_AUTO(bn_arena_fini) bn_arena arena;
    bn_arena_init(&arena, BN_VALUE_BYTES_MAX * 2);
    for (size_t i = 0; i < TAIL_MAX && at < server->counts.head; i++) {
        bn_entry entry;
        bn_arena_reset(&arena);
        BN_TRY(bn_entry_get(reader->txn, ++at, &arena, &entry, err));
        bn_kv_forget(reader->txn);
        if (entry.kind == kind && bn_id_equal(entry.id, id) &&
            (entry.flags & BN_ENTRY_VIEW) == 0) {
            *cseq = at;
            return BN_OK;
        }
    }
    return BN_E_NOT_FOUND;
}

bn_rc bn_server_history_next(bn_server_reader *reader, uint16_t kind, bn_id id, uint64_t after,
                             bn_arena *arena, bn_commit_view *out, bn_err *err)
{
    uint64_t cseq = 0;
    bn_rc rc = next_derived(reader, kind, id, after, &cseq, err);
    if (rc == BN_E_NOT_FOUND) {
        rc = next_in_tail(reader, kind, id, after, &cseq, err);
    }
    BN_TRY(rc);
    return bn_server_commit_get(reader, cseq, arena, out, err);
}

/* --- counts and digest -------- */
void bn_server_get_counts(const bn_server *server, bn_server_counts *out)
{
    const bn_counts *c = &server->counts;
    bn_server_counts counts = {.head = c->head, .ops = c->ops, .quarantined = c->quarantined,
                               .held = c->held, .derived = server->derived,
                               .commits = server->commits,
                               .refusals = server->admission.refused_total};
    memcpy(counts.records, c->records, sizeof counts.records);
    memcpy(counts.conflicts, c->conflicts, sizeof counts.conflicts);
    for (size_t i = 0; i < server->registry.branches_count; i++) {
        counts.sessions += server->registry.branches[i]->session.state != BN_SESSION_CLOSED;
    }
    *out = counts;
}

static bn_rc digest_conflicts(bn_server *server, bn_kv_txn *txn, const bn_record *record,
                              bn_digest *digest, bn_err *err)
{
    bn_id ids[256];
    size_t count = 0;
    BN_TRY(bn_conflicts_of(txn, record->kind, record->id, ids, BN_COUNT(ids), &count, err));
    for (size_t i = 0; i < count; i++) {
        bn_slice bytes;
        BN_TRY(bn_kv_get(txn, BN_TABLE_CONFLICT, bn_id_slice(&ids[i]), &bytes, err));
        bn_digest_add(digest, bn_id_slice(&server->incarnation), BN_DIGEST_KIND_CONFLICT, ids[i],
                      bytes);
    }
    return BN_OK;
}

static bn_rc digest_kind(bn_server *server, bn_kv_txn *txn, uint32_t branch,
                         const bn_kind_def *kind, bn_digest *digest, bn_err *err)
{
    bn_id id = {0};
    for (;;) {
        bn_arena_reset(&server->frame_arena);
        bn_rc rc = bn_records_next_id(txn, kind->kind, id, &id, err);
        if (rc == BN_E_NOT_FOUND) {
            return BN_OK;
        }
        BN_TRY(rc);
        bn_record record;
        bn_view view;
        BN_TRY(bn_records_get(txn, kind->kind, id, &server->frame_arena, &record, err));
        BN_TRY(bn_view_of(server, txn, &record, &server->frame_arena, &view, err));
        if (view.everywhere || bn_view_find(&view, branch) != NULL) {
            bn_buf_clear(&server->feed);
            bn_record_encode(&record, &server->feed);
            BN_TRY(bn_buf_status(&server->feed));
            bn_digest_add(digest, bn_id_slice(&server->incarnation), kind->kind, id,
                          bn_buf_slice(&server->feed));
            BN_TRY(digest_conflicts(server, txn, &record, digest, err));
        }
        bn_kv_forget(txn);
    }
}

bn_rc bn_server_view_digest(bn_server *server, uint32_t branch, bn_digest *out, bn_err *err)
{
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    bn_digest digest = {0};
    size_t count = 0;
    const bn_kind_def *kinds = bn_schema_kinds(&count);
    BN_TRY(bn_engine_usable(server, err));
    if (bn_registry_branch(server, branch) == NULL) {
        return bn_fail(err, BN_E_NOT_FOUND, "no branch %u", branch);
    }
    BN_TRY(bn_kv_begin(server->kv, BN_KV_READ, &txn, err));
    for (size_t i = 0; i < count; i++) {
        BN_TRY(digest_kind(server, txn, branch, &kinds[i], &digest, err));
    }
    *out = digest;
    return BN_OK;
}
