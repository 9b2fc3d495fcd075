/* enrol.c - a one-time code turns a machine's key into the origin of a branch.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The code is bound to the key it was first used with: a machine that lost the answer asks again
 * and gets the same origin; any other key gets CODE_USED.
 */
#include "sync.h"

#include "server/audit.h"

#define MINUTE_MS 60000

static bn_rc refuse(bn_server *server, const bn_route *route, const bn_message *to,
                    bn_reject reason, uint32_t retry_after_ms, bn_err *err)
{
    bn_message message = {.type = BN_MSG_ENROL_REJ, .number = 1, .reply_to = to->number};
    message.rejected = (bn_msg_rejected){.reason = reason, .retry_after_ms = retry_after_ms};
    if (reason != BN_REJECT_BUSY) {
        BN_TRY(bn_audit_write(server, "", "enrol.refused", "", bn_reject_name(reason), err));
    }
    return bn_server_hold_ack(server, route, &message);
}

static bn_rc accept(bn_server *server, const bn_route *route, const bn_message *to,
                    const bn_origin *origin)
{
    const bn_branch *branch = bn_registry_branch(server, origin->branch);
    const char *endpoint = server->options.sync_endpoint;
    bn_message message = {.type = BN_MSG_ENROL_OK, .number = 1, .reply_to = to->number};
    message.enrol_ok = (bn_msg_enrol_ok){.origin = origin->origin,
                                         .branch = origin->branch,
                                         .branch_name = bn_slice_of(branch->name),
                                         .incarnation = server->incarnation,
                                         .sync_endpoint =
                                             bn_slice_of(endpoint != NULL ? endpoint : ""),
                                         .server_ms = server->wall_ms};
    return bn_server_hold_ack(server, route, &message);
}

/* The machine enrolled before gives way. */
static void replace(bn_server *server, bn_branch *branch)
{
    bn_origin *old = bn_registry_origin(server, branch->origin);
    if (branch->origin == 0 || old == NULL) {
        return;
    }
    old->state = BN_BRANCH_REVOKED;
    old->dirty = true;
    bn_session_advise(server, branch, BN_MSG_REVOKED, BN_REJECT_REVOKED,
                      "another machine was enrolled for this branch");
    (void)bn_session_step(&branch->session, BN_EVENT_REVOKE);
}

static bn_rc enrol(bn_server *server, bn_branch *branch, const uint8_t key[BN_KEY_BYTES],
                   const bn_msg_enrol_req *request, bn_origin **out, bn_err *err)
{
    char object[64];
    bn_origin *origin = NULL;
    BN_TRY(bn_registry_add_origin(server, &origin, err));
    replace(server, branch);
    origin->branch = branch->branch;
    origin->state = BN_BRANCH_ACTIVE;
    memcpy(origin->key, key, BN_KEY_BYTES);
    memcpy(origin->sign_key, request->sign_key, BN_SIGN_PUBLIC_BYTES);
    origin->head = bn_origin_chain_start(origin->origin, key);
    origin->enrolled_ms = server->wall_ms;
    origin->dirty = true;
    branch->origin = origin->origin;
    if (branch->state != BN_BRANCH_PAUSED) {
        branch->state = BN_BRANCH_ACTIVE;
    }
    branch->feed_start = server->counts.head;
    branch->cursor = 0;
    branch->cursor_hash = bn_feed_start(branch->branch, origin->origin);
    branch->apply_fail_cseq = 0;
    branch->ticket_expires_ms = 0;
    branch->dirty = true;
    BN_TRY(bn_views_enter_all(server, branch, err));
    bn_rc rc = bn_registry_publish_keys(server);
    if (rc != BN_OK) {
        return bn_fail(err, rc, "table of admitted keys");
    }
    (void)snprintf(object, sizeof object, "branch %u, origin %u", branch->branch, origin->origin);
    BN_TRY(bn_audit_write(server, "", "branch.enrol", object, "", err));
    *out = origin;
    return BN_OK;
}

static bool is_too_often(bn_server *server)
{
    uint64_t now = bn_engine_mono(server);
    if (server->enrols_count == 0 || now - server->enrols_since_ms >= MINUTE_MS) {
        server->enrols_since_ms = now;
        server->enrols_count = 0;
    }
    return ++server->enrols_count > BN_ENROLS_PER_MINUTE;
}

/* What a used code says to the key that brings it again. */
static bn_origin *same_again(bn_server *server, const bn_code *code,
                             const uint8_t key[BN_KEY_BYTES])
{
    bn_origin *origin = bn_registry_origin(server, code->origin);
    bool is_same = origin != NULL && origin->state == BN_BRANCH_ACTIVE &&
                   bn_bytes_equal(code->key, key, BN_KEY_BYTES);
    return is_same ? origin : NULL;
}

bn_rc bn_on_enrol(bn_server *server, const bn_route *route, const uint8_t key[BN_KEY_BYTES],
                  const bn_message *message, bn_err *err)
{
    const bn_msg_enrol_req *request = &message->enrol_req;
    bn_code code;
    if (is_too_often(server)) {
        return refuse(server, route, message, BN_REJECT_BUSY, MINUTE_MS, err);
    }
    if (request->token.len != BN_TOKEN_BYTES) {
        return refuse(server, route, message, BN_REJECT_MALFORMED, 0, err);
    }
    bn_rc rc = bn_code_get(server, request->token, &code, err);
    bn_branch *branch = rc == BN_OK ? bn_registry_branch(server, code.branch) : NULL;
    if (rc != BN_OK && rc != BN_E_NOT_FOUND) {
        return rc;
    }
    if (branch == NULL) {
        return refuse(server, route, message, BN_REJECT_CODE_UNKNOWN, 0, err);
    }
    if (!bn_signature_holds(request->sign_key, BN_SLICE(BN_ENROL_DOMAIN),
                            bn_enrol_digest(request->token, key), request->signature)) {
        return refuse(server, route, message, BN_REJECT_BAD_SIGNATURE, 0, err);
    }
    if (code.is_used) {
        const bn_origin *origin = same_again(server, &code, key);
        return origin != NULL ? accept(server, route, message, origin)
                              : refuse(server, route, message, BN_REJECT_CODE_USED, 0, err);
    }
    if (server->wall_ms >= code.expires_ms) {
        return refuse(server, route, message, BN_REJECT_CODE_EXPIRED, 0, err);
    }
    if (bn_registry_origin_of_key(server, key) != NULL) {
        return refuse(server, route, message, BN_REJECT_CODE_USED, 0, err);
    }
    bn_origin *origin = NULL;
    BN_TRY(enrol(server, branch, key, request, &origin, err));
    code.is_used = true;
    code.origin = origin->origin;
    memcpy(code.key, key, BN_KEY_BYTES);
    BN_TRY(bn_code_put(server, request->token, &code, err));
    return accept(server, route, message, origin);
}
