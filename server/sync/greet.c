/* greet.c - HELLO: who is it, do both remember the same past?
 * SPDX-License-Identifier: Apache-2.0
 */
#include "sync.h"

#include "server/audit.h"

#include <banyan/base/version.h>

/* What one session may make the link keep, whatever the branch offers. */
#define CREDIT_MAX ((uint64_t)4 * BN_CREDIT_LOG_BYTES)

static bn_rc reply(bn_server *server, const bn_route *route, const bn_message *to,
                   bn_reject reason, const bn_origin *origin, const char *text)
{
    bn_message message = {.type = BN_MSG_HELLO_REJ, .number = 1, .reply_to = to->number};
    message.rejected = (bn_msg_rejected){.reason = reason, .text = bn_slice_of(text)};
    if (origin != NULL) {
        message.rejected.oseq = origin->oseq;
        message.rejected.chain_head = origin->head;
    }
    return bn_server_hold_ack(server, route, &message);
}

/* Head office has to act on each of these: the branch alone cannot get out of them. */
static bn_rc audit_refusal(bn_server *server, const bn_origin *origin, const char *why, bn_err *err)
{
    char object[64];
    (void)snprintf(object, sizeof object, "branch %u, origin %u", origin->branch, origin->origin);
    return bn_audit_write(server, "", "hello.refused", object, why, err);
}

static bn_rc say_revoked(bn_server *server, const bn_route *route, const bn_message *to,
                         const bn_origin *origin, bn_err *err)
{
    bn_message message = {.type = BN_MSG_REVOKED, .number = 1, .reply_to = to->number};
    message.advice = (bn_msg_advice){.reason = BN_REJECT_REVOKED};
    BN_TRY(audit_refusal(server, origin, "revoked", err));
    return bn_server_hold_ack(server, route, &message);
}

/* The checks of docs/sync.md section 2, in its order. NONE: welcome. */
static bn_rc judge(bn_server *server, const bn_origin *origin, const bn_branch *branch,
                   const bn_msg_hello *hello, bn_reject *reason, bn_hash *feed, const char **text,
                   bn_err *err)
{
    *reason = BN_REJECT_NONE;
    *text = "";
    if (hello->wire_min > BN_WIRE_VERSION || hello->wire_max < BN_WIRE_VERSION_MIN) {
        *reason = BN_REJECT_UPGRADE;
    } else if (!bn_id_is_zero(hello->incarnation) &&
               !bn_id_equal(hello->incarnation, server->incarnation)) {
        *reason = BN_REJECT_ROLLBACK;
        *text = "another incarnation";
    } else if (hello->oseq_last < origin->oseq) {
        *reason = BN_REJECT_FORK;
        *text = "the store is older than its past";
    } else if (hello->oseq_last == origin->oseq &&
               !bn_hash_equal(hello->chain_head, origin->head)) {
        *reason = BN_REJECT_FORK;
        *text = "another op under the same number";
    } else if (hello->cursor > server->counts.head) {
        *reason = BN_REJECT_ROLLBACK;
        *text = "K is above the newest commit";
    } else if (hello->cursor < branch->cursor) {
        *reason = BN_REJECT_FORK;
        *text = "K is below what was acknowledged";
    }
    if (*reason != BN_REJECT_NONE) {
        return BN_OK;
    }
    *feed = branch->cursor_hash;
    BN_TRY(bn_feed_hash_to(server, server->txn, branch, branch->cursor, hello->cursor, feed, err));
    if (!bn_hash_equal(*feed, hello->feed_hash)) {
        *reason = BN_REJECT_ROLLBACK;
        *text = "another feed up to K";
    }
    return BN_OK;
}

static uint64_t new_session_number(bn_server *server)
{
    uint64_t number = 0;
    while (number == 0) {
        server->random->fill(server->random->context, &number, sizeof number);
    }
    return number;
}

static void open_session(bn_server *server, bn_branch *branch, const bn_route *route,
                         const bn_msg_hello *hello, bn_hash feed)
{
    bool is_paused = branch->state == BN_BRANCH_PAUSED;
    bn_session *session = &branch->session;
    (void)bn_session_step(session, is_paused ? BN_EVENT_GREET_PAUSED : BN_EVENT_GREET);
    session->number = new_session_number(server);
    session->route = *route;
    session->sent_count = 0;
    session->credit_max = (int64_t)(hello->credit_bytes < CREDIT_MAX ? hello->credit_bytes
                                                                     : CREDIT_MAX);
    session->credit_bytes = session->credit_max;
    session->sent = hello->cursor;
    session->sent_hash = feed;
    session->marks_first = 0;
    session->marks_count = 0;
    session->is_stuck = false;
    session->pinged_ms = bn_engine_mono(server);
    session->fed_ms = 0;
    branch->cursor = hello->cursor;
    branch->cursor_hash = feed;
    branch->waiting_ops = 0;
    branch->clock_offset_ms = (int64_t)(hello->local_ms - server->wall_ms);
    bn_session_heard(server, branch);
}

static bn_rc welcome(bn_server *server, bn_branch *branch, const bn_origin *origin,
                     const bn_message *to)
{
    bn_message message = {.type = BN_MSG_HELLO_OK, .reply_to = to->number};
    message.hello_ok = (bn_msg_hello_ok){.incarnation = server->incarnation,
                                         .server_ms = server->wall_ms,
                                         .oseq_committed = origin->oseq,
                                         .chain_head = origin->head,
                                         .safe_oseq = origin->safe_oseq,
                                         .feed_head = server->counts.head,
                                         .credit_bytes = server->options.credit_bytes,
                                         .schema_version = BN_SCHEMA_VERSION,
                                         .paused = branch->state == BN_BRANCH_PAUSED};
    bn_session_address(&branch->session, &message);
    return bn_server_hold_ack(server, &branch->session.route, &message);
}

bn_rc bn_on_hello(bn_server *server, const bn_route *route, const uint8_t key[BN_KEY_BYTES],
                  const bn_message *message, bn_err *err)
{
    const bn_msg_hello *hello = &message->hello;
    const bn_origin *origin = bn_registry_origin_of_key(server, key);
    bn_branch *branch = origin != NULL ? bn_registry_branch(server, origin->branch) : NULL;
    if (branch == NULL) {
        BN_TRY(bn_audit_write(server, "", "hello.refused", "", "key not enrolled", err));
        return reply(server, route, message, BN_REJECT_UNKNOWN_KEY, NULL, "");
    }
    if (origin->state != BN_BRANCH_ACTIVE || branch->origin != origin->origin) {
        return say_revoked(server, route, message, origin, err);
    }
    if (hello->origin != origin->origin) {
        BN_TRY(audit_refusal(server, origin, "claims another origin", err));
        return reply(server, route, message, BN_REJECT_UNKNOWN_KEY, NULL,
                     "the origin claimed is not the key's");
    }
    bn_reject reason;
    bn_hash feed;
    const char *text = NULL;
    BN_TRY(judge(server, origin, branch, hello, &reason, &feed, &text, err));
    if (reason == BN_REJECT_FORK || reason == BN_REJECT_ROLLBACK) {
        BN_TRY(audit_refusal(server, origin, text, err));
    }
    if (reason != BN_REJECT_NONE) {
        return reply(server, route, message, reason, origin, text);
    }
    open_session(server, branch, route, hello, feed);
    return welcome(server, branch, origin, message);
}
