/* sessions.c - the state of each session, and frames that need no commit.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "sync.h"

#include <banyan/base/check.h>

static const struct {
    bn_session_state state;
    bn_session_event event;
    bn_session_state next;
} rows[] = {
#define BN_SESSION_ROW(state, event, next) \
    {BN_SESSION_##state, BN_EVENT_##event, BN_SESSION_##next},
#include "session.def"
#undef BN_SESSION_ROW
};

bool bn_session_step(bn_session *session, bn_session_event event)
{
    for (size_t i = 0; i < BN_COUNT(rows); i++) {
        if (rows[i].state == session->state && rows[i].event == event) {
            session->state = rows[i].next;
            return true;
        }
    }
    return false;
}

static bool same_route(const bn_route *a, const bn_route *b)
{
    return a->door == b->door && a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

bn_branch *bn_session_of(bn_server *server, const bn_route *route,
                         const uint8_t key[BN_KEY_BYTES], uint64_t number)
{
    const bn_origin *origin = bn_registry_origin_of_key(server, key);
    bn_branch *branch = origin != NULL ? bn_registry_branch(server, origin->branch) : NULL;
    bool is_it = branch != NULL && branch->origin == origin->origin &&
                 origin->state == BN_BRANCH_ACTIVE &&
                 branch->session.state != BN_SESSION_CLOSED && number != 0 &&
                 branch->session.number == number && same_route(&branch->session.route, route);
    return is_it ? branch : NULL;
}

void bn_session_address(bn_session *session, bn_message *message)
{
    message->session = session->number;
    message->number = ++session->sent_count;
}

void bn_session_say(bn_server *server, bn_branch *branch, bn_message *message)
{
    bn_session_address(&branch->session, message);
    (void)bn_server_send(server, &branch->session.route, message);
}

void bn_session_advise(bn_server *server, bn_branch *branch, bn_message_type type,
                       bn_reject reason, const char *text)
{
    if (branch->session.state == BN_SESSION_CLOSED) {
        return;
    }
    bn_message message = {.type = type};
    message.advice = (bn_msg_advice){.reason = reason, .text = bn_slice_of(text)};
    bn_session_say(server, branch, &message);
}

void bn_session_heard(bn_server *server, bn_branch *branch)
{
    branch->session.heard_ms = bn_engine_mono(server);
    branch->heard_ms = bn_engine_wall(server);
    branch->dirty = true;
    server->rows_dirty = true;
}

void bn_on_ping(bn_server *server, bn_branch *branch, const bn_message *message)
{
    uint64_t now = bn_engine_wall(server);
    branch->waiting_ops = message->ping.waiting_ops;
    branch->clock_offset_ms = (int64_t)(message->ping.t0_ms - now);
    if (message->type == BN_MSG_PONG) {
        /* t0 is ours, t1 the branch's clock in between. */
        uint64_t middle = message->ping.t0_ms + (now - message->ping.t0_ms) / 2;
        branch->clock_offset_ms = (int64_t)(message->ping.t1_ms - middle);
        return;
    }
    bn_message pong = {.type = BN_MSG_PONG, .reply_to = message->number};
    pong.ping = (bn_msg_ping){.t0_ms = message->ping.t0_ms, .t1_ms = now, .t2_ms = now};
    bn_session_say(server, branch, &pong);
}

void bn_on_apply_fail(bn_server *server, bn_branch *branch, const bn_message *message)
{
    branch->apply_fail_cseq = message->apply_fail.cseq;
    branch->dirty = true;
    server->rows_dirty = true;
}

void bn_on_feed_ack(bn_server *server, bn_branch *branch, const bn_message *message)
{
    bn_session *session = &branch->session;
    const bn_msg_feed_ack *ack = &message->feed_ack;
    size_t known = 0;
    for (size_t i = 0; i < session->marks_count; i++) {
        const bn_feed_mark *mark =
            &session->marks[(session->marks_first + i) % BN_FEED_FRAMES_MAX];
        if (mark->to == ack->cursor && bn_hash_equal(mark->hash, ack->feed_hash)) {
            known = i + 1;
        }
    }
    uint64_t room = (uint64_t)(session->credit_max - session->credit_bytes);
    session->credit_bytes += (int64_t)(ack->credit_bytes < room ? ack->credit_bytes : room);
    server->pump_wanted = true;
    if (known == 0) {
        bool is_old = ack->cursor <= branch->cursor;
        if (!is_old) {
            bn_session_advise(server, branch, BN_MSG_ERROR, BN_REJECT_ROLLBACK,
                              "the feed hash acknowledged is not the one sent");
            (void)bn_session_step(session, BN_EVENT_BYE);
        }
        return;
    }
    session->marks_first = (session->marks_first + known) % BN_FEED_FRAMES_MAX;
    session->marks_count -= known;
    session->waits_ms = bn_engine_mono(server);
    branch->cursor = ack->cursor;
    branch->cursor_hash = ack->feed_hash;
    if (branch->apply_fail_cseq != 0 && branch->cursor >= branch->apply_fail_cseq) {
        branch->apply_fail_cseq = 0;
    }
    branch->dirty = true;
    server->rows_dirty = true;
    server->pump_wanted = true;
}

void bn_server_say_bye(bn_server *server)
{
    for (size_t i = 0; i < server->registry.branches_count; i++) {
        bn_branch *branch = server->registry.branches[i];
        bn_session_advise(server, branch, BN_MSG_BYE, BN_REJECT_SHUTDOWN, "");
        (void)bn_session_step(&branch->session, BN_EVENT_BYE);
    }
}
