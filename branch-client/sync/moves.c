/* moves.c - the states of the session, changed in one function.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "branch-client/sync/session.h"

#include <banyan/base/check.h>

#define RETRY_AFTER_MS_MAX 3600000 /* a server asking for more is not believed */

typedef struct move {
    bn_sync_state from;
    bn_sync_event event;
    bn_sync_state to;
} move;

static const move moves[] = {
#define BN_SYNC_STATE(NAME, name)
#define BN_SYNC_EVENT(NAME, name)
#define BN_SYNC_MOVE(FROM, EVENT, TO) {BN_SYNC_##FROM, BN_SYNC_ON_##EVENT, BN_SYNC_##TO},
#include "branch-client/sync/session.def"
#undef BN_SYNC_STATE
#undef BN_SYNC_EVENT
#undef BN_SYNC_MOVE
};

static const char *const state_names[] = {
#define BN_SYNC_STATE(NAME, name) name,
#define BN_SYNC_EVENT(NAME, name)
#define BN_SYNC_MOVE(FROM, EVENT, TO)
#include "branch-client/sync/session.def"
#undef BN_SYNC_STATE
#undef BN_SYNC_EVENT
#undef BN_SYNC_MOVE
};

static const char *const event_names[] = {
#define BN_SYNC_STATE(NAME, name)
#define BN_SYNC_EVENT(NAME, name) name,
#define BN_SYNC_MOVE(FROM, EVENT, TO)
#include "branch-client/sync/session.def"
#undef BN_SYNC_STATE
#undef BN_SYNC_EVENT
#undef BN_SYNC_MOVE
};

const char *bn_sync_state_name(bn_sync_state state)
{
    BN_ASSERT((size_t)state < BN_COUNT(state_names));
    return state_names[state];
}

const char *bn_sync_event_name(bn_sync_event event)
{
    BN_ASSERT((size_t)event < BN_COUNT(event_names));
    return event_names[event];
}

bool bn_sync_next_state(bn_sync_state state, bn_sync_event event, bn_sync_state *next)
{
    for (size_t i = 0; i < BN_COUNT(moves); i++) {
        if (moves[i].from == state && moves[i].event == event) {
            *next = moves[i].to;
            return true;
        }
    }
    return false;
}

/* Full jitter: anywhere between the least wait and a ceiling that doubles. */
uint64_t bn_sync_backoff_ms(uint32_t tries_count, uint32_t retry_after_ms, const bn_random *random)
{
    uint64_t ceiling = BN_BACKOFF_MIN_MS;
    for (uint32_t i = 0; i < tries_count && ceiling < BN_BACKOFF_MAX_MS; i++) {
        ceiling *= 2;
    }
    ceiling = ceiling < BN_BACKOFF_MAX_MS ? ceiling : BN_BACKOFF_MAX_MS;
    uint64_t drawn;
    random->fill(random->context, &drawn, sizeof drawn);
    uint64_t wait = BN_BACKOFF_MIN_MS + drawn % (ceiling - BN_BACKOFF_MIN_MS + 1);
    uint64_t asked =
        retry_after_ms < RETRY_AFTER_MS_MAX ? retry_after_ms : (uint64_t)RETRY_AFTER_MS_MAX;
    if (wait >= asked) {
        return wait;
    }
    return asked + drawn % (asked / 4 + 1); /* not all branches at the same moment */
}

static void hang_up(bn_branch_sync *sync)
{
    sync->dialer.close(sync->dialer.context);
    sync->session = 0;
    sync->number = 0;
    sync->in_flight = 0;
    sync->dial_due = false;
    sync->ack_owed = false;
    sync->mute_at = BN_NEVER;
    sync->credit_owed = 0;
    sync->ping_sent_at = 0;
    sync->status.pings_answered = sync->status.pings_sent;
    bn_branch_note_contact(sync->branch, false);
    sync->marks_at = bn_sync_mono(sync);
}

static void enter_backoff(bn_branch_sync *sync)
{
    sync->status.tries_count++;
    uint64_t wait =
        bn_sync_backoff_ms(sync->status.tries_count, sync->retry_after_ms, sync->random);
    sync->retry_after_ms = 0;
    sync->retry_at = bn_sync_mono(sync) + wait;
    sync->status.next_try_ms = bn_sync_wall(sync) + wait;
}

static void enter(bn_branch_sync *sync, bn_sync_state from, bn_sync_state to)
{
    uint64_t now = bn_sync_mono(sync);
    sync->status.next_try_ms = 0;
    switch (to) {
    case BN_SYNC_OFFLINE:
    case BN_SYNC_STOPPED:
        hang_up(sync);
        break;
    case BN_SYNC_BACKOFF:
        hang_up(sync);
        enter_backoff(sync);
        break;
    case BN_SYNC_DIALLING:
        hang_up(sync);
        sync->dial_due = true;
        sync->deadline = now + BN_HELLO_TIMEOUT_MS;
        break;
    case BN_SYNC_GREETING:
        sync->deadline = now + BN_HELLO_TIMEOUT_MS;
        break;
    case BN_SYNC_LIVE:
        sync->status.tries_count = 0;
        sync->push_at = now;
        break;
    case BN_SYNC_PAUSED:
        sync->status.tries_count = 0;
        sync->deadline = now + BN_PAUSE_ASK_MS;
        sync->push_at = BN_NEVER;
        break;
    case BN_SYNC_STATES_COUNT:
        BN_ASSERT(to != BN_SYNC_STATES_COUNT);
    }
    if (from == BN_SYNC_GREETING && (to == BN_SYNC_LIVE || to == BN_SYNC_PAUSED)) {
        sync->heard_at = now;
        sync->ping_at = now + BN_PING_EVERY_MS;
        sync->marks_at = now + BN_MARKS_EVERY_MS;
    }
}

bool bn_sync_move(bn_branch_sync *sync, bn_sync_event event, bn_reject reject, const char *reason)
{
    bn_sync_status *status = &sync->status;
    bn_sync_state from = status->state;
    bn_sync_state to;
    if (!bn_sync_next_state(from, event, &to)) {
        status->events_refused++;
        if (sync->moved != NULL) {
            sync->moved(sync->moved_context, from, event, from, "refused: no such move");
        }
        return false;
    }
    if (from != to) {
        status->state = to;
        status->since_ms = bn_sync_wall(sync);
        if (to != BN_SYNC_DIALLING && to != BN_SYNC_GREETING) { /* they say why, still */
            snprintf(status->reason, sizeof status->reason, "%s", reason);
            status->reject = reject;
        }
        enter(sync, from, to);
    }
    if (sync->moved != NULL) {
        sync->moved(sync->moved_context, from, event, to, reason);
    }
    return true;
}
