/* branches.c - what head office does with branches: add, pause, resume, revoke, rename, look.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "audit.h"
#include "save.h"
#include "sync/sync.h"

#include <banyan/base/check.h>
#include <banyan/base/number.h>
#include <banyan/core/records.h>

#define BRANCH_NUMBER_MAX 999999
#define FEED_ROWS_COUNTED 100000

static bn_rc audit(bn_server *server, const char *actor, const char *action,
                   const bn_branch *branch, bn_err *err)
{
    char object[64];
    (void)snprintf(object, sizeof object, "branch %u", branch->branch);
    return bn_audit_write(server, actor, action, object, "", err);
}

static bn_rc check_name(const char *name, bn_err *err)
{
    size_t len = strnlen(name, BN_BRANCH_NAME_BYTES);
    if (len == 0 || len >= BN_BRANCH_NAME_BYTES) {
        return bn_fail(err, BN_E_LIMIT, "branch name: %zu bytes, limit 1 to %d", len,
                       BN_BRANCH_NAME_BYTES - 1);
    }
    return BN_OK;
}

static uint32_t next_free(const bn_server *server)
{
    const bn_registry *r = &server->registry;
    return r->branches_count == 0 ? 1 : r->branches[r->branches_count - 1]->branch + 1;
}

/* The reference record every branch sees. */
static bn_rc save_entity(bn_server *server, bn_branch *branch, const char *actor, bn_err *err)
{
    bn_server_saved saved;
    bool is_new = bn_id_is_zero(branch->entity);
    bn_change changes[] = {
        {.field = BN_BRANCH_name, .value = bn_value_text(bn_slice_of(branch->name))},
        {.field = BN_BRANCH_code, .value = bn_value_int(branch->branch)},
    };
    bn_draft draft = {.type = BN_OP_WRITE, .kind = BN_KIND_BRANCH, .id = branch->entity,
                      .actor = bn_slice_of(actor), .as_shown = true, .changes = changes,
                      .changes_count = is_new ? 2 : 1};
    BN_TRY(bn_save_in(server, &draft, 1, &saved, err));
    branch->entity = saved.saved.id;
    branch->dirty = true;
    return BN_OK;
}

static bn_rc add(bn_server *server, uint32_t number, const char *name, uint64_t ttl_ms,
                 const char *actor, bn_enrolment_code *out, bn_err *err)
{
    bn_branch *branch = bn_registry_branch(server, number);
    bool is_new = branch == NULL;
    if (is_new && name == NULL) {
        return bn_fail(err, BN_E_INVALID, "branch %u is new and needs a name", number);
    }
    if (is_new) {
        BN_TRY(bn_registry_add_branch(server, number, &branch, err));
    }
    if (name != NULL) {
        BN_TRY(check_name(name, err));
        (void)snprintf(branch->name, sizeof branch->name, "%s", name);
        BN_TRY(save_entity(server, branch, actor, err));
    }
    bn_enrolment_code code = {.branch = number, .expires_ms = server->wall_ms + ttl_ms};
    server->random->fill(server->random->context, code.token, sizeof code.token);
    BN_TRY(bn_code_drop_unused(server, number, err));
    bn_code row = {.branch = number, .expires_ms = code.expires_ms};
    BN_TRY(bn_code_put(server, bn_slice_make(code.token, sizeof code.token), &row, err));
    branch->ticket_expires_ms = code.expires_ms;
    branch->dirty = true;
    BN_TRY(audit(server, actor, is_new ? "branch.add" : "branch.code", branch, err));
    *out = code;
    return BN_OK;
}

bn_rc bn_server_branch_add(bn_server *server, uint32_t number, const char *name, uint64_t ttl_ms,
                           const char *actor, bn_enrolment_code *out, bn_err *err)
{
    number = number == 0 ? next_free(server) : number;
    if (number > BRANCH_NUMBER_MAX) {
        return bn_fail(err, BN_E_LIMIT, "branch %u: limit %d", number, BRANCH_NUMBER_MAX);
    }
    BN_TRY(bn_engine_begin(server, err));
    ttl_ms = ttl_ms == 0 ? BN_TICKET_TTL_MS : ttl_ms;
    return bn_engine_end(server, add(server, number, name, ttl_ms, actor, out, err), err);
}

static bn_rc known(const bn_server *server, uint32_t number, bn_branch **out, bn_err *err)
{
    *out = bn_registry_branch(server, number);
    return *out != NULL ? BN_OK : bn_fail(err, BN_E_NOT_FOUND, "no branch %u", number);
}

/* Moves the branch's state; the session hears of it after the commit. */
static bn_rc set_state(bn_server *server, bn_branch *branch, bn_branch_state state,
                       const char *actor, const char *action, bn_err *err)
{
    BN_TRY(bn_engine_begin(server, err));
    branch->state = state;
    branch->dirty = true;
    bn_rc rc = BN_OK;
    if (state == BN_BRANCH_REVOKED) {
        bn_origin *origin = bn_registry_origin(server, branch->origin);
        if (origin != NULL && branch->origin != 0) {
            origin->state = BN_BRANCH_REVOKED;
            origin->dirty = true;
        }
        branch->ticket_expires_ms = 0;
        rc = bn_code_drop_unused(server, branch->branch, err);
    }
    rc = rc == BN_OK ? audit(server, actor, action, branch, err) : rc;
    return bn_engine_end(server, rc, err);
}

bn_rc bn_server_branch_pause(bn_server *server, uint32_t number, const char *actor, bn_err *err)
{
    bn_branch *branch = NULL;
    BN_TRY(known(server, number, &branch, err));
    if (branch->state != BN_BRANCH_ACTIVE) {
        return bn_fail(err, BN_E_STALE, "branch %u is not active", number);
    }
    BN_TRY(set_state(server, branch, BN_BRANCH_PAUSED, actor, "branch.pause", err));
    if (bn_session_step(&branch->session, BN_EVENT_PAUSE)) {
        bn_session_advise(server, branch, BN_MSG_ADVICE, BN_REJECT_PAUSED, "");
    }
    return BN_OK;
}

bn_rc bn_server_branch_resume(bn_server *server, uint32_t number, const char *actor, bn_err *err)
{
    bn_branch *branch = NULL;
    BN_TRY(known(server, number, &branch, err));
    if (branch->state != BN_BRANCH_PAUSED) {
        return bn_fail(err, BN_E_STALE, "branch %u is not paused", number);
    }
    bn_branch_state state = branch->origin != 0 ? BN_BRANCH_ACTIVE : BN_BRANCH_NEW;
    BN_TRY(set_state(server, branch, state, actor, "branch.resume", err));
    if (bn_session_step(&branch->session, BN_EVENT_RESUME)) {
        bn_session_advise(server, branch, BN_MSG_ADVICE, BN_REJECT_NONE, "");
    }
    return BN_OK;
}

bn_rc bn_server_branch_revoke(bn_server *server, uint32_t number, const char *actor, bn_err *err)
{
    bn_branch *branch = NULL;
    BN_TRY(known(server, number, &branch, err));
    BN_TRY(set_state(server, branch, BN_BRANCH_REVOKED, actor, "branch.revoke", err));
    bn_rc rc = bn_registry_publish_keys(server);
    if (rc != BN_OK) {
        server->is_broken = true;
        return bn_fail(err, BN_E_IO, "table of admitted keys: no memory");
    }
    bn_session_advise(server, branch, BN_MSG_REVOKED, BN_REJECT_REVOKED, "");
    (void)bn_session_step(&branch->session, BN_EVENT_REVOKE);
    return BN_OK;
}

bn_rc bn_server_branch_rename(bn_server *server, uint32_t number, const char *name,
                              const char *actor, bn_err *err)
{
    bn_branch *branch = NULL;
    BN_TRY(known(server, number, &branch, err));
    BN_TRY(check_name(name, err));
    BN_TRY(bn_engine_begin(server, err));
    (void)snprintf(branch->name, sizeof branch->name, "%s", name);
    bn_rc rc = save_entity(server, branch, actor, err);
    rc = rc == BN_OK ? audit(server, actor, "branch.rename", branch, err) : rc;
    return bn_engine_end(server, rc, err);
}

/* --- looking -------- */
/* Open conflicts per branch, counted anew when something was committed since. */
static bn_rc count_conflicts(bn_server *server, bn_kv_txn *txn, bn_err *err)
{
    const bn_registry *r = &server->registry;
    if (server->conflicts_at == server->counts.head + 1) {
        return BN_OK;
    }
    for (size_t i = 0; i < r->branches_count; i++) {
        r->branches[i]->conflicts_open = 0;
    }
    bn_id after = {0};
    for (;;) {
        bn_conflict conflict;
        bn_arena_reset(&server->frame_arena);
        bn_rc rc = bn_conflicts_next(txn, after, &server->frame_arena, &conflict, err);
        if (rc == BN_E_NOT_FOUND) {
            server->conflicts_at = server->counts.head + 1;
            return BN_OK;
        }
        BN_TRY(rc);
        bn_kv_forget(txn);
        after = conflict.id;
        for (size_t i = 0; conflict.state == BN_CONFLICT_OPEN && i < r->branches_count; i++) {
            bool has = false;
            for (size_t j = 0; j < conflict.candidates_count; j++) {
                has = has || conflict.candidates[j].branch == r->branches[i]->branch;
            }
            r->branches[i]->conflicts_open += has ? 1 : 0;
        }
    }
}

static bn_rc count_feed(const bn_branch *branch, bn_kv_txn *txn, uint64_t *out, bn_err *err)
{
    BN_AUTO(bn_kv_cursor_close) bn_kv_cursor *cursor = NULL;
    uint8_t from[12];
    bn_slice key;
    bn_slice value;
    uint64_t start = branch->cursor > branch->feed_start ? branch->cursor : branch->feed_start;
    *out = 0;
    if (branch->feed_last <= start) {
        return BN_OK;
    }
    BN_TRY(bn_kv_cursor_open(txn, BN_TABLE_FEED, &cursor, err));
    bn_rc rc = bn_kv_seek(cursor, bn_key_u32_u64(from, branch->branch, start + 1), &key, &value,
                          err);
    while (rc == BN_OK && key.len == 12 && bn_load_u32(key.data) == branch->branch &&
           *out < FEED_ROWS_COUNTED) {
        (*out)++;
        rc = bn_kv_next(cursor, &key, &value, err);
    }
    return rc == BN_E_NOT_FOUND ? BN_OK : rc;
}

static bn_rc show(bn_server *server, const bn_branch *branch, bn_branch_status *out, bn_err *err)
{
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    BN_TRY(bn_kv_begin(server->kv, BN_KV_READ, &txn, err));
    BN_TRY(count_conflicts(server, txn, err));
    bn_branch_status status = {.branch = branch->branch, .origin = branch->origin,
                               .state = branch->state,
                               .online = branch->session.state != BN_SESSION_CLOSED,
                               .last_heard_ms = branch->heard_ms, .cursor = branch->cursor,
                               .cursor_sent = branch->session.state != BN_SESSION_CLOSED
                                                  ? branch->session.sent
                                                  : branch->cursor,
                               .head = server->counts.head, .waiting_ops = branch->waiting_ops,
                               .clock_offset_ms = branch->clock_offset_ms,
                               .conflicts_open = branch->conflicts_open,
                               .apply_fail_cseq = branch->apply_fail_cseq,
                               .ticket_expires_ms = branch->ticket_expires_ms};
    memcpy(status.name, branch->name, sizeof status.name);
    for (size_t i = 1; i < server->registry.origins_count; i++) {
        const bn_origin *origin = server->registry.origins[i];
        status.quarantined += origin->branch == branch->branch ? origin->blocked : 0;
    }
    const bn_origin *origin = bn_registry_origin(server, branch->origin);
    if (branch->origin != 0 && origin != NULL) {
        status.oseq_committed = origin->oseq;
        memcpy(status.key, origin->key, BN_KEY_BYTES);
    }
    BN_TRY(count_feed(branch, txn, &status.feed_rows, err));
    *out = status;
    return BN_OK;
}

size_t bn_server_branches_count(const bn_server *server)
{
    return server->registry.branches_count;
}

bn_rc bn_server_branch_next(bn_server *server, uint32_t after, bn_branch_status *out, bn_err *err)
{
    const bn_registry *r = &server->registry;
    for (size_t i = 0; i < r->branches_count; i++) {
        if (r->branches[i]->branch > after) {
            return show(server, r->branches[i], out, err);
        }
    }
    return BN_E_NOT_FOUND;
}

bn_rc bn_server_branch_show(bn_server *server, uint32_t number, bn_branch_status *out,
                            bn_err *err)
{
    bn_branch *branch = NULL;
    BN_TRY(known(server, number, &branch, err));
    return show(server, branch, out, err);
}

bn_rc bn_server_branch_peers(bn_server *server, uint32_t number, bn_arena *arena,
                             bn_peer_status **out, size_t *count, bn_err *err)
{
    const bn_registry *r = &server->registry;
    bn_branch *branch = NULL;
    BN_TRY(known(server, number, &branch, err));
    bn_peer_status *peers = bn_arena_array(arena, r->origins_count + 1, sizeof *peers);
    if (peers == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "peers of branch %u", number);
    }
    size_t n = 0;
    for (size_t i = 1; i < r->origins_count; i++) {
        const bn_origin *origin = r->origins[i];
        if (origin->branch == number) {
            peers[n] = (bn_peer_status){.origin = origin->origin, .state = origin->state,
                                        .enrolled_ms = origin->enrolled_ms,
                                        .oseq_committed = origin->oseq};
            memcpy(peers[n++].key, origin->key, BN_KEY_BYTES);
        }
    }
    *out = peers;
    *count = n;
    return BN_OK;
}
