/* driver.c - frames in, timers, frames out.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "branch-client/sync/session.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>

uint64_t bn_sync_mono(const bn_branch_sync *sync)
{
    return sync->clock->mono_ms(sync->clock->context);
}

uint64_t bn_sync_wall(const bn_branch_sync *sync)
{
    return sync->clock->wall_ms(sync->clock->context);
}

bool bn_sync_in_session(const bn_branch_sync *sync)
{
    return sync->status.state == BN_SYNC_LIVE || sync->status.state == BN_SYNC_PAUSED;
}

bn_rc bn_branch_sync_create(bn_branch *branch, const bn_dialer *dialer, const bn_clock *clock,
                            const bn_random *random, bn_branch_sync **out, bn_err *err)
{
    bn_branch_sync *sync = bn_alloc(sizeof *sync);
    if (sync == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for a session");
    }
    sync->branch = branch;
    sync->dialer = *dialer;
    sync->clock = clock;
    sync->random = random;
    sync->push_at = BN_NEVER;
    sync->mute_at = BN_NEVER;
    sync->marks_at = BN_NEVER;
    sync->status.since_ms = bn_sync_wall(sync);
    bn_arena_init(&sync->arena, BN_SYNC_ARENA_BYTES_MAX);
    bn_buf_init(&sync->frame, BN_FRAME_BYTES_MAX);
    bn_buf_init(&sync->ops, BN_BATCH_BYTES_MAX + BN_OP_BYTES_MAX + 16);
    *out = sync;
    return BN_OK;
}

static void say_bye(bn_branch_sync *sync)
{
    if (!bn_sync_in_session(sync) && sync->status.state != BN_SYNC_GREETING) {
        return;
    }
    bn_message bye = {.type = BN_MSG_BYE, .advice = {.reason = BN_REJECT_SHUTDOWN}};
    bn_rc rc = bn_sync_send(sync, &bye);
    (void)rc; /* it is a courtesy */
}

void bn_branch_sync_destroy(bn_branch_sync **sync)
{
    bn_branch_sync *ending = *sync;
    if (ending == NULL) {
        return;
    }
    *sync = NULL;
    say_bye(ending);
    ending->dialer.close(ending->dialer.context);
    bn_branch_note_contact(ending->branch, false);
    bn_arena_fini(&ending->arena);
    bn_buf_fini(&ending->frame);
    bn_buf_fini(&ending->ops);
    bn_free(ending);
}

void bn_branch_sync_on_move(bn_branch_sync *sync, bn_sync_moved moved, void *context)
{
    sync->moved = moved;
    sync->moved_context = context;
}

bn_rc bn_branch_sync_start(bn_branch_sync *sync, bn_err *err)
{
    if (!bn_branch_enrolled(sync->branch)) {
        return bn_fail(err, BN_E_DENIED, "this branch is not enrolled yet");
    }
    sync->status.tries_count = 0;
    bn_sync_move(sync, BN_SYNC_ON_START, BN_REJECT_NONE, "");
    return BN_OK;
}

void bn_branch_sync_halt(bn_branch_sync *sync)
{
    say_bye(sync);
    bn_sync_move(sync, BN_SYNC_ON_HALT, BN_REJECT_NONE, "");
}

bn_rc bn_sync_send(bn_branch_sync *sync, bn_message *message)
{
    message->session = sync->session;
    message->number = sync->number + 1;
    bn_buf_clear(&sync->frame);
    bn_message_encode(message, &sync->frame);
    BN_TRY(bn_buf_status(&sync->frame));
    BN_TRY(sync->dialer.send(sync->dialer.context, bn_buf_slice(&sync->frame)));
    sync->number++;
    sync->status.frames_sent++;
    sync->status.bytes_sent += sync->frame.len;
    return BN_OK;
}

void bn_sync_protest(bn_branch_sync *sync, const char *reason)
{
    bn_message error = {.type = BN_MSG_ERROR,
                        .advice = {.reason = BN_REJECT_MALFORMED, .text = bn_slice_of(reason)}};
    bn_rc rc = bn_sync_send(sync, &error);
    (void)rc;
    bn_sync_move(sync, BN_SYNC_ON_LOST, BN_REJECT_MALFORMED, reason);
}

bn_rc bn_sync_storage_failed(bn_branch_sync *sync, bn_rc rc, bn_err *err)
{
    if (rc == BN_E_IO || rc == BN_E_CORRUPT) {
        return rc;
    }
    char reason[BN_SYNC_REASON_BYTES];
    snprintf(reason, sizeof reason, "the store said %s: %.100s", bn_rc_text(rc),
             err != NULL ? err->text : "");
    bn_sync_move(sync, BN_SYNC_ON_LOST, BN_REJECT_NONE, reason);
    return BN_OK;
}

/* --- frames ----------------------------------------------------------------------------------- */

static void on_advice(bn_branch_sync *sync, const bn_msg_advice *advice)
{
    const char *text = bn_reject_text(advice->reason);
    sync->retry_after_ms = advice->retry_after_ms;
    if (advice->reason == BN_REJECT_NONE) {
        bn_sync_move(sync, BN_SYNC_ON_RESUME, advice->reason, "");
    } else if (advice->reason == BN_REJECT_PAUSED) {
        bn_sync_move(sync, BN_SYNC_ON_PAUSE, advice->reason, text);
    } else {
        bn_sync_move(sync, BN_SYNC_ON_REFUSED, advice->reason, text);
    }
}

/* What ends a session in any of its states. True when it was that. */
static bool on_ending(bn_branch_sync *sync, const bn_message *message)
{
    const bn_msg_advice *advice = &message->advice;
    bn_sync_event event = BN_SYNC_ON_LOST;
    if (message->type == BN_MSG_REVOKED) {
        event = BN_SYNC_ON_BARRED;
    } else if (message->type != BN_MSG_BYE && message->type != BN_MSG_ERROR) {
        return false;
    }
    bn_reject reject = message->type == BN_MSG_REVOKED ? BN_REJECT_REVOKED : advice->reason;
    sync->retry_after_ms = advice->retry_after_ms;
    bn_sync_move(sync, event, reject, bn_reject_text(reject));
    return true;
}

static bn_rc on_greeting_message(bn_branch_sync *sync, const bn_message *message, bn_err *err)
{
    if (message->type == BN_MSG_HELLO_OK) {
        return bn_sync_on_welcome(sync, message, err);
    }
    if (message->type == BN_MSG_HELLO_REJ) {
        bn_sync_on_rejected(sync, &message->rejected);
    } else if (message->type == BN_MSG_ADVICE) {
        sync->retry_after_ms = message->advice.retry_after_ms;
        bn_sync_move(sync, BN_SYNC_ON_REFUSED, message->advice.reason,
                     bn_reject_text(message->advice.reason));
    } else {
        bn_sync_protest(sync, "this message has no place before the greeting is answered");
    }
    return BN_OK;
}

static bn_rc on_session_message(bn_branch_sync *sync, const bn_message *message, size_t frame_bytes,
                                bn_err *err)
{
    bn_branch_note_contact(sync->branch, true);
    if (message->type == BN_MSG_FEED) {
        return bn_sync_on_feed(sync, &message->feed, frame_bytes, err);
    }
    if (message->type == BN_MSG_PUSH_ACK) {
        return bn_sync_on_push_ack(sync, &message->push_ack, err);
    }
    if (message->type == BN_MSG_PUSH_NACK) {
        bn_sync_on_push_nack(sync, &message->rejected);
    } else if (message->type == BN_MSG_PING) {
        bn_sync_on_ping(sync, message);
    } else if (message->type == BN_MSG_PONG) {
        bn_sync_on_pong(sync, &message->ping);
    } else if (message->type == BN_MSG_ADVICE) {
        on_advice(sync, &message->advice);
    } else {
        bn_sync_protest(sync, "this message has no place in a session");
    }
    return BN_OK;
}

/* The frame may be gone as soon as a move has closed the connection it came on. */
bn_rc bn_branch_sync_on_frame(bn_branch_sync *sync, bn_slice frame, bn_err *err)
{
    size_t frame_bytes = frame.len;
    sync->status.frames_received++;
    sync->status.bytes_received += frame_bytes;
    if (!bn_sync_in_session(sync) && sync->status.state != BN_SYNC_GREETING) {
        return BN_OK; /* from a connection that was given up */
    }
    bn_arena_reset(&sync->arena);
    bn_message message;
    bn_err why = {0};
    bn_rc rc = bn_message_decode(frame, &sync->arena, &message, &why);
    if (rc != BN_OK) {
        bn_sync_protest(sync, why.text);
        return BN_OK;
    }
    sync->heard_at = bn_sync_mono(sync);
    sync->status.last_contact_ms = bn_sync_wall(sync);
    if (on_ending(sync, &message)) {
        return BN_OK;
    }
    if (sync->status.state == BN_SYNC_GREETING) {
        return on_greeting_message(sync, &message, err);
    }
    if (message.session != sync->session) {
        return BN_OK; /* of an older session */
    }
    return on_session_message(sync, &message, frame_bytes, err);
}

/* --- time ------------------------------------------------------------------------------------- */

static bool is_writable(const bn_branch_sync *sync)
{
    return sync->dialer.writable == NULL || sync->dialer.writable(sync->dialer.context);
}

static bn_rc tick_dialling(bn_branch_sync *sync, uint64_t now, bn_err *err)
{
    if (sync->dial_due) {
        return bn_sync_dial(sync, err);
    }
    if (now >= sync->deadline) {
        bn_sync_move(sync, BN_SYNC_ON_LOST, BN_REJECT_NONE, "the server cannot be reached");
    } else {
        bn_sync_greet(sync); /* the link's descriptor fired, or it is time to look again */
    }
    return BN_OK;
}

/* The one frame of a greeting does not fill a queue: no room means that the connection ended. */
static void tick_greeting(bn_branch_sync *sync, uint64_t now)
{
    if (!is_writable(sync)) {
        bn_sync_move(sync, BN_SYNC_ON_LOST, BN_REJECT_NONE, "the connection ended");
    } else if (now >= sync->deadline) {
        bn_sync_move(sync, BN_SYNC_ON_LOST, BN_REJECT_NONE, "the greeting was not answered");
    }
}

/* In a session the queue may be full for a moment; for longer it means an ended connection. */
static bool is_mute(bn_branch_sync *sync, uint64_t now)
{
    if (is_writable(sync)) {
        sync->mute_at = BN_NEVER;
        return false;
    }
    if (sync->mute_at == BN_NEVER) {
        sync->mute_at = now + BN_MUTE_MS;
    }
    return now >= sync->mute_at;
}

static bn_rc tick_session(bn_branch_sync *sync, uint64_t now, bn_err *err)
{
    if (is_mute(sync, now)) {
        bn_sync_move(sync, BN_SYNC_ON_LOST, BN_REJECT_NONE, "the connection ended");
        return BN_OK;
    }
    if (now >= sync->heard_at + BN_SILENCE_MS) {
        bn_sync_move(sync, BN_SYNC_ON_LOST, BN_REJECT_NONE, "the server fell silent");
        return BN_OK;
    }
    if (sync->status.state == BN_SYNC_PAUSED && now >= sync->deadline) {
        bn_sync_move(sync, BN_SYNC_ON_LOST, BN_REJECT_PAUSED, "asks whether the pause is over");
        return BN_OK;
    }
    if (sync->in_flight != 0 && now >= sync->answer_by) {
        bn_sync_move(sync, BN_SYNC_ON_LOST, BN_REJECT_NONE, "a batch was not answered");
        return BN_OK;
    }
    if (now >= sync->ping_at) {
        bn_sync_ping(sync);
    }
    if (sync->ack_owed && now >= sync->ack_at) {
        bn_sync_ack_feed(sync);
    }
    return now >= sync->push_at ? bn_sync_push(sync, err) : BN_OK;
}

/* The marks can wait: a full disk or a save at work is no reason to end a session. */
static bn_rc tick_marks(bn_branch_sync *sync, uint64_t now, bn_err *err)
{
    bn_rc rc = bn_branch_store_marks(sync->branch, err);
    if (rc == BN_E_IO) {
        return rc;
    }
    bool again = rc != BN_OK || bn_sync_in_session(sync);
    sync->marks_at = again ? now + BN_MARKS_EVERY_MS : BN_NEVER;
    return BN_OK;
}

bn_rc bn_branch_sync_tick(bn_branch_sync *sync, bn_err *err)
{
    uint64_t now = bn_sync_mono(sync);
    if (now >= sync->marks_at) {
        BN_TRY(tick_marks(sync, now, err));
    }
    switch (sync->status.state) {
    case BN_SYNC_DIALLING:
        return tick_dialling(sync, now, err);
    case BN_SYNC_GREETING:
        tick_greeting(sync, now);
        return BN_OK;
    case BN_SYNC_LIVE:
    case BN_SYNC_PAUSED:
        return tick_session(sync, now, err);
    case BN_SYNC_BACKOFF:
        if (now >= sync->retry_at) {
            bn_sync_move(sync, BN_SYNC_ON_RETRY, BN_REJECT_NONE, "");
            return bn_sync_dial(sync, err);
        }
        return BN_OK;
    case BN_SYNC_OFFLINE:
    case BN_SYNC_STOPPED:
    case BN_SYNC_STATES_COUNT:
        return BN_OK;
    }
    return BN_OK;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t next_moment(const bn_branch_sync *sync)
{
    switch (sync->status.state) {
    case BN_SYNC_DIALLING:
        return sync->dial_due ? 0 : earlier(sync->send_at, sync->deadline);
    case BN_SYNC_GREETING:
        return sync->deadline;
    case BN_SYNC_LIVE:
    case BN_SYNC_PAUSED: {
        uint64_t moment = earlier(sync->heard_at + BN_SILENCE_MS, sync->ping_at);
        moment = earlier(moment, sync->mute_at);
        if (sync->status.state == BN_SYNC_PAUSED) {
            moment = earlier(moment, sync->deadline);
        }
        moment = sync->in_flight != 0 ? earlier(moment, sync->answer_by) : moment;
        moment = sync->ack_owed ? earlier(moment, sync->ack_at) : moment;
        return earlier(moment, sync->push_at);
    }
    case BN_SYNC_BACKOFF:
        return sync->retry_at;
    case BN_SYNC_OFFLINE:
    case BN_SYNC_STOPPED:
    case BN_SYNC_STATES_COUNT:
        break;
    }
    return BN_NEVER;
}

uint64_t bn_branch_sync_next_tick_ms(const bn_branch_sync *sync)
{
    uint64_t now = bn_sync_mono(sync);
    uint64_t moment = earlier(next_moment(sync), sync->marks_at);
    if (moment == BN_NEVER) {
        return BN_MARKS_EVERY_MS; /* nothing is due: looking again costs nothing */
    }
    return moment > now ? moment - now : 0;
}

void bn_branch_sync_nudge(bn_branch_sync *sync)
{
    if (sync->status.state == BN_SYNC_LIVE && sync->in_flight == 0) {
        sync->push_at = earlier(sync->push_at, bn_sync_mono(sync) + BN_PUSH_DELAY_MS);
    }
}

void bn_branch_sync_ask(bn_branch_sync *sync)
{
    if (bn_sync_in_session(sync)) {
        sync->ping_at = bn_sync_mono(sync);
    }
}

void bn_branch_sync_get_status(const bn_branch_sync *sync, bn_sync_status *out)
{
    bn_branch_counts counts;
    bn_branch_get_counts(sync->branch, &counts);
    *out = sync->status;
    out->last_contact_ms = counts.last_contact_ms;
    out->ops_unacked = counts.ops_unacked;
    out->feed_behind = sync->feed_head > counts.cursor ? sync->feed_head - counts.cursor : 0;
}
