/* desk.c - the server as the shared operations see it: what is committed, and saves decided.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/api/operations.h"
#include "server/request.h"

#include <banyan/base/check.h>

#define CATCH_UP_TICKS_MAX 64
#define PEERS_ARENA_BYTES (1024 * 1024)

static bn_server *server_of(void *role)
{
    return ((bn_server_api *)role)->options.server;
}

static bn_rc read_begin(void *role, bn_record_source *out, bn_err *err)
{
    bn_server_api *api = role;
    BN_TRY(bn_server_read_begin(server_of(role), &api->reader, err));
    *out = bn_server_source(&api->reader);
    return BN_OK;
}

static void read_end(void *role)
{
    bn_server_read_end(&((bn_server_api *)role)->reader);
}

/* INDEX follows the log in slices: what was just saved must be found. */
static bn_rc catch_up(bn_server *server, bn_err *err)
{
    bn_server_counts counts;
    bn_server_get_counts(server, &counts);
    for (int i = 0; i < CATCH_UP_TICKS_MAX && counts.derived < counts.head; i++) {
        BN_TRY(bn_server_tick(server, err));
        bn_server_get_counts(server, &counts);
    }
    return BN_OK;
}

static bn_rc find(void *role, uint16_t kind, uint16_t field, bn_value value, bn_id after,
                  bn_id *ids, size_t ids_max, size_t *ids_count, bn_err *err)
{
    bn_server *server = server_of(role);
    bn_server_reader reader;
    BN_TRY(catch_up(server, err));
    BN_TRY(bn_server_read_begin(server, &reader, err));
    bn_rc rc = bn_indexes_find(reader.txn, bn_server_index_key(server), kind, field, value, after,
                               ids, ids_max, ids_count, err);
    bn_server_read_end(&reader);
    return rc;
}

static bn_rc search(void *role, bn_slice text, bn_search_hit *hits, size_t hits_max,
                    size_t *hits_count, bn_err *err)
{
    BN_TRY(catch_up(server_of(role), err));
    return bn_search_find(((bn_server_api *)role)->column, text, hits, hits_max, hits_count, err);
}

static bool search_ready(void *role)
{
    return ((bn_server_api *)role)->is_loaded;
}

static bn_rc is_waiting(void *role, uint16_t kind, bn_id id, bool *out, bn_err *err)
{
    (void)role;
    (void)kind;
    (void)id;
    (void)err;
    *out = false;
    return BN_OK;
}

/* An origin's branch stands in the registry; a record has few origins. */
static bool origin_branch(void *role, uint32_t origin, uint32_t *branch)
{
    bn_server *server = server_of(role);
    bn_branch_status status = {.branch = 0};
    *branch = 0;
    if (origin == 0) {
        return true;
    }
    BN_AUTO(bn_arena_fini) bn_arena arena;
    bn_arena_init(&arena, PEERS_ARENA_BYTES);
    while (bn_server_branch_next(server, status.branch, &status, NULL) == BN_OK) {
        bn_peer_status *peers = NULL;
        size_t count = 0;
        bn_arena_reset(&arena);
        bool is_current = status.origin == origin;
        if (!is_current &&
            bn_server_branch_peers(server, status.branch, &arena, &peers, &count, NULL) != BN_OK) {
            return false;
        }
        for (size_t i = 0; i < count && !is_current; i++) {
            is_current = peers[i].origin == origin;
        }
        if (is_current) {
            *branch = status.branch;
            return true;
        }
    }
    return false;
}

/* --- saving ----------------------------------------------------------------------------------- */

static void tell(const bn_server_saved *saved, bn_desk_saved *out)
{
    *out = (bn_desk_saved){.saved = saved->saved, .outcome = saved->outcome};
    snprintf(out->reason, sizeof out->reason, "%s", saved->reason);
}

/* A decision is of the kind of the record in dispute. */
static bn_rc decide(bn_server_api *api, const bn_draft *draft, const bn_id *request,
                    bn_server_saved *saved, bn_err *err)
{
    bn_draft ready = *draft;
    bn_server_reader reader;
    bn_conflict conflict;
    BN_TRY(bn_server_read_begin(api->options.server, &reader, err));
    bn_rc rc = bn_server_conflict_get(&reader, draft->id, &api->arena, &conflict, err);
    bn_server_read_end(&reader);
    if (rc == BN_E_NOT_FOUND) {
        return bn_fail(err, rc, "no such conflict");
    }
    BN_TRY(rc);
    ready.kind = conflict.kind;
    ready.as_shown = true;
    return bn_server_save_once(api->options.server, &ready, 1, request, saved, err);
}

static bn_rc write(bn_server_api *api, const bn_draft *draft, const bn_id *request,
                   bn_server_saved *saved, bn_stale *stale, bn_err *err)
{
    bn_draft ready;
    BN_TRY(bn_prepare_draft(api, draft, &api->arena, &ready, stale, err));
    if (ready.changes_count == 0) {
        *saved = (bn_server_saved){.saved = {.id = draft->id}};
        return BN_OK;
    }
    return bn_server_save_once(api->options.server, &ready, 1, request, saved, err);
}

static bn_rc save(void *role, const bn_draft *draft, const bn_id *request, bn_desk_saved *out,
                  bn_stale *stale, bn_err *err)
{
    bn_server_api *api = role;
    const bn_id nobody = {{0}};
    bn_server_saved saved = {.cseq = 0};
    bn_rc rc = request != NULL ? bn_server_request_find(server_of(role), request, &saved, err)
                               : BN_E_NOT_FOUND;
    if (rc == BN_E_NOT_FOUND) {
        request = request != NULL ? request : &nobody;
        bn_arena_reset(&api->arena);
        rc = draft->type == BN_OP_WRITE ? write(api, draft, request, &saved, stale, err)
                                        : decide(api, draft, request, &saved, err);
    }
    BN_TRY(rc);
    tell(&saved, out);
    return BN_OK;
}

/* --- rows --------------------------------------------------------------------------------- */

typedef struct batch { /* rows that go to the engine as one transaction */
    bn_draft drafts[BN_TXN_OPS_MAX];
    size_t row_of[BN_TXN_OPS_MAX];
    bn_id requests[BN_TXN_OPS_MAX]; /* zero: none */
    bn_server_saved saved[BN_TXN_OPS_MAX];
    size_t count;
} batch;

static bool ends_all(bn_rc rc)
{
    return rc == BN_E_IO || rc == BN_E_NO_MEMORY || rc == BN_E_NO_SPACE || rc == BN_E_CORRUPT;
}

/* One transaction for all; when one row spoils it, each row by itself. */
static bn_rc save_batch(bn_server_api *api, batch *b, bn_desk_row *rows, bn_err *err)
{
    bn_server *server = api->options.server;
    bn_rc rc = b->count > 0 ? bn_server_save_once(server, b->drafts, b->count, b->requests,
                                                  b->saved, err)
                            : BN_OK;
    for (size_t i = 0; i < b->count; i++) {
        bn_desk_row *row = &rows[b->row_of[i]];
        row->code = rc == BN_OK ? BN_OK
                                : bn_server_save_once(server, &b->drafts[i], 1, &b->requests[i],
                                                      &b->saved[i], &row->err);
        if (ends_all(row->code)) {
            *err = row->err;
            return row->code;
        }
        if (row->code == BN_OK) {
            tell(&b->saved[i], &row->done);
        }
    }
    b->count = 0;
    bn_arena_reset(&api->arena);
    return BN_OK;
}

static bool names_same(const batch *b, const bn_draft *draft)
{
    for (size_t i = 0; i < b->count && !bn_id_is_zero(draft->id); i++) {
        if (b->drafts[i].kind == draft->kind && bn_id_equal(b->drafts[i].id, draft->id)) {
            return true;
        }
    }
    return false;
}

static bn_rc add_row(bn_server_api *api, batch *b, const bn_draft *draft, size_t at,
                     const bn_id *request, bn_desk_row *rows, bn_err *err)
{
    bn_desk_row *row = &rows[at];
    bn_server_saved kept;
    *row = (bn_desk_row){.code = BN_OK};
    if (request != NULL) {
        bn_rc rc = bn_server_request_find(api->options.server, request, &kept, err);
        if (rc == BN_OK) {
            tell(&kept, &row->done);
        }
        if (rc != BN_E_NOT_FOUND) {
            return rc;
        }
    }
    if (b->count == BN_TXN_OPS_MAX || names_same(b, draft)) {
        BN_TRY(save_batch(api, b, rows, err));
    }
    row->code = bn_prepare_draft(api, draft, &api->arena, &b->drafts[b->count], &row->stale,
                                 &row->err);
    if (row->code == BN_OK && b->drafts[b->count].changes_count > 0) {
        b->requests[b->count] = request != NULL ? *request : (bn_id){{0}};
        b->row_of[b->count++] = at;
    } else if (row->code == BN_OK) {
        row->done.saved.id = draft->id;
    }
    return BN_OK;
}

static bn_rc save_rows(void *role, const bn_draft *drafts, size_t count, const bn_id *requests,
                       bn_desk_row *rows, bn_err *err)
{
    bn_server_api *api = role;
    BN_AUTO(bn_arena_fini) bn_arena room;
    bn_arena_init(&room, 2 * sizeof(batch));
    batch *b = bn_arena_alloc(&room, sizeof *b);
    if (b == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for %zu rows", count);
    }
    bn_arena_reset(&api->arena);
    for (size_t i = 0; i < count; i++) {
        const bn_id *request = requests != NULL ? &requests[i] : NULL;
        BN_TRY(add_row(api, b, &drafts[i], i, request, rows, err));
    }
    return save_batch(api, b, rows, err);
}

/* --- history and conflicts ---------------------------------------------------------------- */

/* A decision names a candidate: its values are what the commit wrote. */
static bn_rc show_decision(bn_server_reader *reader, const bn_commit_view *commit, bn_arena *arena,
                           bn_desk_event *event, bn_err *err)
{
    bn_conflict conflict;
    bool is_resolve = commit->op.type == BN_OP_RESOLVE;
    if ((!is_resolve && commit->op.type != BN_OP_UNDO) || commit->op.changes_count > 0) {
        return BN_OK;
    }
    BN_TRY(bn_server_conflict_get(reader, commit->op.id, arena, &conflict, err));
    const bn_candidate *candidate =
        bn_conflict_candidate(&conflict, is_resolve ? commit->op.pick : conflict.before);
    if (candidate == NULL || candidate->cells_count == 0) {
        return BN_OK;
    }
    bn_change *changes = bn_arena_array(arena, candidate->cells_count, sizeof *changes);
    if (changes == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for an event");
    }
    for (size_t i = 0; i < candidate->cells_count; i++) {
        changes[i] = (bn_change){.field = candidate->cells[i].field,
                                 .value = candidate->cells[i].value};
    }
    event->changes = changes;
    event->changes_count = candidate->cells_count;
    return BN_OK;
}

static bn_rc tell_commit(bn_server_reader *reader, const bn_commit_view *commit, bn_arena *arena,
                         bn_desk_event_row row, void *context, bn_err *err)
{
    bn_desk_event event = {.dot = commit->dot,
                           .cseq = commit->cseq,
                           .wall_ms = commit->has_op ? bn_hlc_ms(commit->hlc_effective)
                                                     : commit->wall_ms,
                           .branch = commit->branch,
                           .actor = commit->op.actor,
                           .outcome = commit->outcome,
                           .reason = commit->reason,
                           .note = commit->op.note,
                           .changes = commit->op.changes,
                           .changes_count = commit->op.changes_count};
    BN_TRY(show_decision(reader, commit, arena, &event, err));
    return row(context, &event, err);
}

static bn_rc history(void *role, uint16_t kind, bn_id id, size_t events_max, bn_desk_event_row row,
                     void *context, bn_err *err)
{
    bn_server_reader reader;
    uint64_t after = 0;
    BN_AUTO(bn_arena_fini) bn_arena arena;
    bn_arena_init(&arena, 4 * BN_VALUE_BYTES_MAX);
    BN_TRY(bn_server_read_begin(server_of(role), &reader, err));
    bn_rc rc = BN_OK;
    for (size_t i = 0; i < events_max && rc == BN_OK; i++) {
        bn_commit_view commit;
        bn_arena_reset(&arena);
        rc = bn_server_history_next(&reader, kind, id, after, &arena, &commit, err);
        if (rc == BN_OK) {
            after = commit.cseq;
            rc = commit.has_op ? tell_commit(&reader, &commit, &arena, row, context, err) : BN_OK;
        }
    }
    bn_server_read_end(&reader);
    return rc == BN_E_NOT_FOUND ? BN_OK : rc;
}

static bn_rc conflict_get(void *role, bn_id id, bn_arena *arena, bn_conflict *out, bn_err *err)
{
    bn_server_reader reader;
    BN_TRY(bn_server_read_begin(server_of(role), &reader, err));
    bn_rc rc = bn_server_conflict_get(&reader, id, arena, out, err);
    bn_server_read_end(&reader);
    return rc;
}

static bn_rc conflict_next(void *role, const bn_desk_filter *filter, bn_id after, bn_arena *arena,
                           bn_conflict *out, bn_err *err)
{
    const bn_conflict_filter wanted = {
        .state = filter->state, .branch = filter->branch, .kind = filter->kind};
    bn_server_reader reader;
    BN_TRY(bn_server_read_begin(server_of(role), &reader, err));
    bn_rc rc = bn_server_conflict_next(&reader, &wanted, after, arena, out, err);
    bn_server_read_end(&reader);
    return rc;
}

static bn_rc conflicts_of(void *role, uint16_t kind, bn_id entity, bn_id *ids, size_t ids_max,
                          size_t *ids_count, bn_err *err)
{
    bn_server_reader reader;
    BN_TRY(bn_server_read_begin(server_of(role), &reader, err));
    bn_rc rc = bn_conflicts_of(reader.txn, kind, entity, ids, ids_max, ids_count, err);
    bn_server_read_end(&reader);
    return rc;
}

const bn_desk bn_server_desk = {
    .read_begin = read_begin,
    .read_end = read_end,
    .find = find,
    .search = search,
    .search_ready = search_ready,
    .is_waiting = is_waiting,
    .branch_of = origin_branch,
    .save = save,
    .save_rows = save_rows,
    .history = history,
    .conflict_get = conflict_get,
    .conflict_next = conflict_next,
    .conflicts_of = conflicts_of,
};
