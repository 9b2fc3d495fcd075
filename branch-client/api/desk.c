/* desk.c - the branch as the shared operations see it: what is shown, and saves that wait.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "branch-client/api/operations.h"

#include <banyan/base/check.h>

static bn_branch *branch_of(void *role)
{
    return bn_node_branch(((bn_branch_api *)role)->options.node);
}

static bn_rc read_begin(void *role, bn_record_source *out, bn_err *err)
{
    bn_branch_api *api = role;
    BN_TRY(bn_branch_read_begin(branch_of(role), &api->reader, err));
    *out = bn_branch_source(&api->reader);
    return BN_OK;
}

static void read_end(void *role)
{
    bn_branch_read_end(&((bn_branch_api *)role)->reader);
}

static bn_rc find(void *role, uint16_t kind, uint16_t field, bn_value value, bn_id after,
                  bn_id *ids, size_t ids_max, size_t *ids_count, bn_err *err)
{
    return bn_branch_find(branch_of(role), kind, field, value, after, ids, ids_max, ids_count,
                          err);
}

static bn_rc search(void *role, bn_slice text, bn_search_hit *hits, size_t hits_max,
                    size_t *hits_count, bn_err *err)
{
    return bn_branch_search(branch_of(role), text, hits, hits_max, hits_count, err);
}

static bool search_ready(void *role)
{
    return bn_branch_search_ready(branch_of(role));
}

static bn_rc is_waiting(void *role, uint16_t kind, bn_id id, bool *out, bn_err *err)
{
    return bn_branch_is_waiting(branch_of(role), kind, id, out, err);
}

/* Other origins are known by the history of the record only. */
static bool origin_branch(void *role, uint32_t origin, uint32_t *branch)
{
    const bn_identity *identity = bn_branch_identity(branch_of(role));
    if (origin == 0) {
        *branch = 0;
        return true;
    }
    *branch = identity->branch;
    return origin == identity->origin;
}

/* --- saving ----------------------------------------------------------------------------------- */

static bn_rc save(void *role, const bn_draft *draft, const bn_id *request, bn_desk_saved *out,
                  bn_stale *stale, bn_err *err)
{
    bn_branch_api *api = role;
    *out = (bn_desk_saved){.outcome = 0};
    BN_TRY(bn_branch_save(branch_of(role), draft, 1, request, &out->saved, stale, err));
    bn_node_nudge(api->options.node);
    return BN_OK;
}

/* Not about one draft: the bulk cannot go on. */
static bool spoils(bn_rc rc)
{
    return rc == BN_E_IO || rc == BN_E_NO_MEMORY || rc == BN_E_NO_SPACE || rc == BN_E_CORRUPT ||
           rc == BN_E_FAILED;
}

static bn_rc save_slice(bn_branch *branch, const bn_draft *drafts, size_t count,
                        const bn_id *requests, bn_desk_row *rows, bn_err *err)
{
    BN_AUTO(bn_branch_bulk_abort) bn_branch_bulk *bulk = NULL;
    BN_TRY(bn_branch_bulk_begin(branch, &bulk, err));
    for (size_t i = 0; i < count; i++) {
        rows[i] = (bn_desk_row){.code = BN_OK};
        rows[i].code =
            bn_branch_bulk_save(bulk, &drafts[i], 1, requests != NULL ? &requests[i] : NULL,
                                &rows[i].done.saved, &rows[i].stale, &rows[i].err);
        if (spoils(rows[i].code)) {
            *err = rows[i].err;
            return rows[i].code;
        }
    }
    return bn_branch_bulk_commit(&bulk, err);
}

static bn_rc save_rows(void *role, const bn_draft *drafts, size_t count, const bn_id *requests,
                       bn_desk_row *rows, bn_err *err)
{
    bn_branch_api *api = role;
    BN_ASSERT(count <= BN_DESK_ROWS_MAX && count <= BN_BULK_OPS_MAX);
    bn_rc rc = save_slice(branch_of(role), drafts, count, requests, rows, err);
    if (rc == BN_E_NO_SPACE) { /* the map grows between transactions */
        rc = save_slice(branch_of(role), drafts, count, requests, rows, err);
    }
    BN_TRY(rc);
    bn_node_nudge(api->options.node);
    return BN_OK;
}

/* --- history and conflicts ---------------------------------------------------------------- */

typedef struct telling {
    bn_desk_event_row row;
    void *context;
} telling;

static bn_rc tell(void *context, const bn_event *event, bn_err *err)
{
    const telling *t = context;
    const bn_desk_event told = {.dot = event->dot,
                                .cseq = event->cseq,
                                .wall_ms = bn_hlc_ms(event->hlc),
                                .branch = event->branch,
                                .actor = event->actor,
                                .outcome = event->outcome,
                                .reason = event->reason,
                                .changes = event->changes,
                                .changes_count = event->changes_count};
    return t->row(t->context, &told, err);
}

static bn_rc history(void *role, uint16_t kind, bn_id id, size_t events_max, bn_desk_event_row row,
                     void *context, bn_err *err)
{
    telling t = {.row = row, .context = context};
    return bn_branch_history(branch_of(role), kind, id, events_max, tell, &t, err);
}

static bn_rc conflict_get(void *role, bn_id id, bn_arena *arena, bn_conflict *out, bn_err *err)
{
    return bn_branch_conflict_get(branch_of(role), id, arena, out, err);
}

static bool passes(const bn_desk_filter *filter, const bn_conflict *conflict)
{
    if (filter->kind != 0 && conflict->kind != filter->kind) {
        return false;
    }
    for (size_t i = 0; i < conflict->candidates_count; i++) {
        if (conflict->candidates[i].branch == filter->branch) {
            return true;
        }
    }
    return filter->branch == 0;
}

static bn_rc conflict_next(void *role, const bn_desk_filter *filter, bn_id after, bn_arena *arena,
                           bn_conflict *out, bn_err *err)
{
    bn_conflict conflict;
    do {
        BN_TRY(bn_branch_conflict_next(branch_of(role), filter->state, after, arena, &conflict,
                                       err));
        after = conflict.id;
    } while (!passes(filter, &conflict));
    *out = conflict;
    return BN_OK;
}

static bn_rc conflicts_of(void *role, uint16_t kind, bn_id entity, bn_id *ids, size_t ids_max,
                          size_t *ids_count, bn_err *err)
{
    return bn_branch_conflicts_of(branch_of(role), kind, entity, ids, ids_max, ids_count, err);
}

const bn_desk bn_branch_desk = {
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
