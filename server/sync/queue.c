/* queue.c - frames in, one transaction for all that wait, replies and feeds out; and timers.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "sync.h"

#include "server/audit.h"

#include <banyan/base/check.h>

#define TICK_MS 250
#define DERIVE_COMMITS 2000
#define TRIM_ROWS 256

/* --- in -------------------------------------------------------------------------------------- */
static void answer_malformed(bn_server *server, const bn_route *route, const bn_message *message,
                             bn_rc rc)
{
    bool is_version = rc == BN_E_UNSUPPORTED;
    bn_message reply = {.type = BN_MSG_ERROR, .session = message->session, .number = 1,
                        .reply_to = message->number};
    if (is_version && message->type == BN_MSG_HELLO) {
        reply.type = BN_MSG_HELLO_REJ;
        reply.session = 0;
        reply.rejected = (bn_msg_rejected){.reason = BN_REJECT_UPGRADE};
    } else {
        reply.advice = (bn_msg_advice){.reason = is_version ? BN_REJECT_UPGRADE
                                                            : BN_REJECT_MALFORMED};
    }
    (void)bn_server_send(server, route, &reply);
}

static bn_rc enqueue(bn_server *server, const bn_arrival *arrival)
{
    if (server->queue_count == BN_QUEUE_FRAMES_MAX ||
        server->queue_bytes.len + arrival->frame.len > BN_QUEUE_BYTES_MAX) {
        return BN_E_AGAIN;
    }
    size_t at = server->queue_bytes.len;
    bn_buf_append_slice(&server->queue_bytes, arrival->frame);
    BN_TRY(bn_buf_status(&server->queue_bytes));
    if (server->queue_count == 0) {
        server->queued_since_ms = bn_engine_mono(server);
    }
    bn_queued *queued = &server->queue[server->queue_count++];
    *queued = (bn_queued){.route = arrival->route, .at = at, .len = arrival->frame.len};
    memcpy(queued->key, arrival->key, BN_KEY_BYTES);
    return BN_OK;
}

static bn_session_event event_of(bn_message_type type)
{
    switch ((int)type) {
    case BN_MSG_FEED_ACK:
        return BN_EVENT_FEED_ACK;
    case BN_MSG_APPLY_FAIL:
        return BN_EVENT_APPLY_FAIL;
    case BN_MSG_PING:
        return BN_EVENT_PING;
    case BN_MSG_PONG:
        return BN_EVENT_PONG;
    default:
        return BN_EVENT_BYE;
    }
}

/* Messages that change no row at once. */
static void handle_light(bn_server *server, const bn_arrival *arrival, const bn_message *message)
{
    bn_branch *branch = bn_session_of(server, &arrival->route, arrival->key, message->session);
    if (branch == NULL) {
        bn_message reply = {.type = BN_MSG_ERROR, .session = message->session, .number = 1,
                            .reply_to = message->number};
        reply.advice = (bn_msg_advice){.reason = BN_REJECT_NO_SESSION};
        if (message->type != BN_MSG_BYE) {
            (void)bn_server_send(server, &arrival->route, &reply);
        }
        return;
    }
    bn_session_heard(server, branch);
    if (!bn_session_step(&branch->session, event_of(message->type))) {
        bn_session_advise(server, branch, BN_MSG_ERROR, BN_REJECT_PAUSED, "");
        return;
    }
    switch ((int)message->type) {
    case BN_MSG_FEED_ACK:
        bn_on_feed_ack(server, branch, message);
        break;
    case BN_MSG_APPLY_FAIL:
        bn_on_apply_fail(server, branch, message);
        break;
    case BN_MSG_PING:
    case BN_MSG_PONG:
        bn_on_ping(server, branch, message);
        break;
    default:
        break;
    }
}

bn_rc bn_server_on_frame(bn_server *server, const bn_arrival *arrival, bn_err *err)
{
    BN_TRY(bn_engine_usable(server, err));
    bn_message message = {0};
    bn_arena_reset(&server->frame_arena);
    bn_rc rc = bn_message_decode(arrival->frame, &server->frame_arena, &message, NULL);
    if (rc == BN_E_NO_MEMORY) {
        return bn_fail(err, rc, "frame of %zu bytes", arrival->frame.len);
    }
    bool is_enrolment = rc == BN_OK && message.type == BN_MSG_ENROL_REQ;
    bool is_wrong_door = is_enrolment != (arrival->route.door == BN_DOOR_ENROL);
    if (rc != BN_OK || is_wrong_door) {
        answer_malformed(server, &arrival->route, &message, rc);
        return BN_OK;
    }
    switch ((int)message.type) {
    case BN_MSG_HELLO:
    case BN_MSG_PUSH:
    case BN_MSG_ENROL_REQ:
        return enqueue(server, arrival);
    case BN_MSG_FEED_ACK:
    case BN_MSG_APPLY_FAIL:
    case BN_MSG_PING:
    case BN_MSG_PONG:
    case BN_MSG_BYE:
    case BN_MSG_ERROR:
        handle_light(server, arrival, &message);
        return BN_OK;
    default:
        answer_malformed(server, &arrival->route, &message, BN_E_FORMAT);
        return BN_OK;
    }
}

/* --- the transaction -------- */
bool bn_server_has_queued(const bn_server *server)
{
    return server->queue_count > 0;
}

bool bn_server_flush_due(const bn_server *server)
{
    return server->queue_count > 0 &&
           (server->queue_bytes.len >= BN_GROUP_COMMIT_BYTES ||
            bn_engine_mono(server) - server->queued_since_ms >= BN_GROUP_COMMIT_MS);
}

static bn_rc handle_queued(bn_server *server, const bn_queued *queued, bn_err *err)
{
    bn_message message;
    bn_arena_reset(&server->frame_arena);
    bn_slice frame = bn_slice_make(server->queue_bytes.data + queued->at, queued->len);
    BN_TRY(bn_message_decode(frame, &server->frame_arena, &message, err));
    switch ((int)message.type) {
    case BN_MSG_HELLO:
        return bn_on_hello(server, &queued->route, queued->key, &message, err);
    case BN_MSG_PUSH:
        return bn_on_push(server, &queued->route, queued->key, &message, err);
    default:
        return bn_on_enrol(server, &queued->route, queued->key, &message, err);
    }
}

static bn_rc handle_all(bn_server *server, bn_err *err)
{
    for (size_t i = 0; i < server->queue_count; i++) {
        BN_TRY(handle_queued(server, &server->queue[i], err));
    }
    return BN_OK;
}

/* After a failure: replies held become BUSY, and frames that had none yet get one. */
static void tell_busy(bn_server *server)
{
    for (size_t i = server->holds.count; i < server->queue_count; i++) {
        bn_message message = {0};
        const bn_queued *queued = &server->queue[i];
        bn_arena_reset(&server->frame_arena);
        bn_slice frame = bn_slice_make(server->queue_bytes.data + queued->at, queued->len);
        if (bn_message_decode(frame, &server->frame_arena, &message, NULL) != BN_OK) {
            continue;
        }
        bn_message reply = {.type = message.type == BN_MSG_HELLO ? BN_MSG_HELLO_REJ
                                    : message.type == BN_MSG_PUSH ? BN_MSG_PUSH_NACK
                                                                  : BN_MSG_ENROL_REJ,
                            .session = message.session, .reply_to = message.number};
        reply.rejected.reason = BN_REJECT_BUSY;
        (void)bn_server_send(server, &queued->route, &reply);
    }
    bn_server_drop_holds(server);
}

static bn_rc flush_queue(bn_server *server, bn_err *err)
{
    BN_TRY(bn_engine_begin(server, err));
    return bn_engine_end(server, handle_all(server, err), err);
}

bn_rc bn_server_flush(bn_server *server, bn_err *err)
{
    BN_TRY(bn_engine_usable(server, err));
    if (server->queue_count > 0 || bn_audit_has_refusals(server)) {
        bn_rc rc = flush_queue(server, err);
        if (rc != BN_OK && rc != BN_E_IO) {
            tell_busy(server);
        }
        server->is_broken = server->is_broken || rc == BN_E_IO;
        server->queue_count = 0;
        bn_buf_clear(&server->queue_bytes);
        BN_TRY(rc);
        bn_server_release_holds(server);
    }
    return bn_pump_all(server, err);
}

/* --- timers -------- */
static void watch_session(bn_server *server, bn_branch *branch, uint64_t now)
{
    bn_session *session = &branch->session;
    if (session->state == BN_SESSION_CLOSED) {
        return;
    }
    /* A link may drop frames: one that nobody acknowledges is sent again by the next session. */
    bool is_unheard = session->marks_count > 0 && now - session->waits_ms >= BN_SILENCE_MS;
    if (is_unheard || now - session->heard_ms >= BN_SILENCE_MS) {
        bn_session_advise(server, branch, BN_MSG_BYE, BN_REJECT_NO_SESSION, "silence");
        (void)bn_session_step(session, BN_EVENT_SILENCE);
        return;
    }
    if (now - session->heard_ms >= BN_PING_EVERY_MS &&
        now - session->pinged_ms >= BN_PING_EVERY_MS) {
        bn_message ping = {.type = BN_MSG_PING};
        ping.ping.t0_ms = bn_engine_wall(server);
        session->pinged_ms = now;
        bn_session_say(server, branch, &ping);
    }
}

static bool has_rows_to_trim(const bn_branch *branch)
{
    uint64_t up_to = branch->cursor > branch->feed_start ? branch->cursor : branch->feed_start;
    return branch->trimmed < up_to;
}

static bn_rc write_rows(bn_server *server, bn_err *err)
{
    const bn_registry *registry = &server->registry;
    size_t done = 0;
    BN_TRY(bn_engine_begin(server, err));
    for (size_t i = 0; i < registry->branches_count && done < TRIM_ROWS; i++) {
        size_t at = (server->trim_next + i) % registry->branches_count;
        bn_branch *branch = registry->branches[at];
        /* Only what is known on disk to be acknowledged: a row written now is not yet. */
        if (!branch->dirty && has_rows_to_trim(branch)) {
            bn_rc rc = bn_feed_trim(server, branch, TRIM_ROWS - done, &done, err);
            if (rc != BN_OK) {
                bn_engine_abort(server);
                return rc;
            }
        }
    }
    server->trim_next++;
    return bn_engine_commit(server, err);
}

static bool needs_trim(const bn_server *server)
{
    for (size_t i = 0; i < server->registry.branches_count; i++) {
        const bn_branch *branch = server->registry.branches[i];
        if (!branch->dirty && has_rows_to_trim(branch)) {
            return true;
        }
    }
    return false;
}

static bn_rc tick(bn_server *server, bn_err *err)
{
    uint64_t now = bn_engine_mono(server);
    server->ticked_ms = now;
    for (size_t i = 0; i < server->registry.branches_count; i++) {
        watch_session(server, server->registry.branches[i], now);
    }
    bool rows_due = server->rows_dirty && now - server->flushed_rows_ms >= BN_FEED_FLUSH_MS;
    if (rows_due || needs_trim(server)) {
        BN_TRY(write_rows(server, err));
    }
    if (server->derived < server->counts.head) {
        BN_TRY(bn_derive_slice(server, DERIVE_COMMITS, err));
    }
    return bn_pump_all(server, err);
}

bn_rc bn_server_tick(bn_server *server, bn_err *err)
{
    BN_TRY(bn_engine_usable(server, err));
    bn_rc rc = tick(server, err);
    server->is_broken = server->is_broken || rc == BN_E_IO;
    return rc;
}

uint64_t bn_server_next_tick_ms(const bn_server *server)
{
    uint64_t now = bn_engine_mono(server);
    if (server->pump_wanted || server->derived < server->counts.head) {
        return 1;
    }
    uint64_t next = server->ticked_ms + TICK_MS;
    return next > now ? next - now : 1;
}
