/* driver.h - the branch's end of the session with the server, without sockets and without a loop.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   loop or simulator ── on_frame, tick, nudge ──► bn_branch_sync ── dialer ──► link
 *
 * States and events are session.def; an event without a row is refused and counted. The caller
 * calls bn_branch_sync_tick() when bn_branch_sync_next_tick_ms() has passed, and whenever the
 * link's descriptor fired without a frame (it may have connected).
 */
#ifndef BANYAN_BRANCH_CLIENT_SYNC_DRIVER_H
#define BANYAN_BRANCH_CLIENT_SYNC_DRIVER_H

#include "branch-client/branch.h"

#include <banyan/core/link.h>
#include <banyan/protocol/message.h>
#include <banyan/protocol/ticket.h>

/* The link as the session sees it. One connection at a time. */
typedef struct bn_dialer {
    /* Starts a fresh connection; an older one was closed before. */
    bn_rc (*open)(void *context, const bn_link_client_options *options, bn_err *err);
    void (*close)(void *context); /* also when nothing is open */
    /* BN_E_AGAIN: not connected yet, or the queue is full. Never blocks. */
    bn_rc (*send)(void *context, bn_slice frame);
    /* False while there is no connection or no room; NULL: cannot tell. */
    bool (*writable)(void *context);
    void *context;
} bn_dialer;

typedef enum bn_sync_state {
#define BN_SYNC_STATE(NAME, name) BN_SYNC_##NAME,
#define BN_SYNC_EVENT(NAME, name)
#define BN_SYNC_MOVE(...)
#include "branch-client/sync/session.def"
#undef BN_SYNC_STATE
#undef BN_SYNC_EVENT
#undef BN_SYNC_MOVE
    BN_SYNC_STATES_COUNT
} bn_sync_state;

typedef enum bn_sync_event {
#define BN_SYNC_STATE(NAME, name)
#define BN_SYNC_EVENT(NAME, name) BN_SYNC_ON_##NAME,
#define BN_SYNC_MOVE(...)
#include "branch-client/sync/session.def"
#undef BN_SYNC_STATE
#undef BN_SYNC_EVENT
#undef BN_SYNC_MOVE
    BN_SYNC_EVENTS_COUNT
} bn_sync_event;

const char *bn_sync_state_name(bn_sync_state state); /* "live" */
const char *bn_sync_event_name(bn_sync_event event);

/* Where `event` leads from `state`; false when the table has no row. */
bool bn_sync_next_state(bn_sync_state state, bn_sync_event event, bn_sync_state *next);

typedef struct bn_branch_sync bn_branch_sync;

/* Hears of every move: for the log. `reason` may be "". */
typedef void (*bn_sync_moved)(void *context, bn_sync_state from, bn_sync_event event,
                              bn_sync_state to, const char *reason);

/* Starts offline. Branch, dialer's context, clock and random stay the caller's. */
BN_CHECKED bn_rc bn_branch_sync_create(bn_branch *branch, const bn_dialer *dialer,
                                       const bn_clock *clock, const bn_random *random,
                                       bn_branch_sync **out, bn_err *err);
void bn_branch_sync_destroy(bn_branch_sync **sync); /* says BYE when live */
void bn_branch_sync_on_move(bn_branch_sync *sync, bn_sync_moved moved, void *context);

/* Wants to be connected from now on (also: try now, out of a back-off or a stop). BN_E_DENIED
 * before enrolment. */
BN_CHECKED bn_rc bn_branch_sync_start(bn_branch_sync *sync, bn_err *err);
void bn_branch_sync_halt(bn_branch_sync *sync); /* a person wants to be offline; says BYE */

/* What the server sends wrong ends the session and is no error; an error is our own storage:
 * BN_E_IO means that the process must stop. */
BN_CHECKED bn_rc bn_branch_sync_on_frame(bn_branch_sync *sync, bn_slice frame, bn_err *err);
BN_CHECKED bn_rc bn_branch_sync_tick(bn_branch_sync *sync, bn_err *err);
uint64_t bn_branch_sync_next_tick_ms(const bn_branch_sync *sync); /* from now; 0: at once */

/* A save happened: push soon. */
void bn_branch_sync_nudge(bn_branch_sync *sync);

/* Pings at the next tick: what the server sent before its answer has arrived with it. */
void bn_branch_sync_ask(bn_branch_sync *sync);

#define BN_SYNC_REASON_BYTES BN_ERR_TEXT_MAX

typedef struct bn_sync_status {
    bn_sync_state state;
    uint64_t since_ms;          /* wall clock */
    char reason[BN_SYNC_REASON_BYTES]; /* why it is not live; "" when there is nothing to say */
    bn_reject reject;           /* what the server said, NONE when it was not the server */
    uint64_t last_contact_ms;   /* wall clock of the last frame; 0: never */
    uint64_t next_try_ms;       /* wall clock; 0: no try is planned */
    uint32_t tries_count;       /* since the last live session */
    int64_t clock_offset_ms;    /* server minus branch */
    uint64_t rtt_ms;            /* of the best recent sample */
    uint64_t feed_behind;       /* commits of the server not applied here yet, as last heard */
    uint64_t ops_unacked;
    uint64_t bytes_sent, bytes_received, frames_sent, frames_received;
    uint64_t ops_sent;          /* repeats included */
    uint64_t events_refused;    /* events without a row in session.def */
    uint64_t pings_sent;
    uint64_t pings_answered;    /* what a session that ended left open counts as answered */
    uint64_t apply_fail_cseq;   /* the commit that cannot be applied; 0: none */
} bn_sync_status;
void bn_branch_sync_get_status(const bn_branch_sync *sync, bn_sync_status *out);

/* --- enrolment ---------------------------------------------------------------------------- */
typedef enum bn_enrol_state {
    BN_ENROL_CONNECTING,
    BN_ENROL_ASKING,
    BN_ENROL_DONE,  /* bn_branch_identity() is set and durable */
    BN_ENROL_FAILED /* see bn_branch_enrol_reason(); the code can be tried again unless rejected */
} bn_enrol_state;

#define BN_ENROL_TIMEOUT_MS 15000 /* without an answer: failed, unreachable */

typedef struct bn_branch_enrol bn_branch_enrol;

/* Knocks at the ticket's enrolment door. `machine` is a host name for people. BN_E_EXISTS when
 * the branch is enrolled already. Repeating with the same store and code is harmless. */
BN_CHECKED bn_rc bn_branch_enrol_begin(bn_branch *branch, const bn_ticket *ticket,
                                       const char *machine, const bn_dialer *dialer,
                                       const bn_clock *clock, bn_branch_enrol **out, bn_err *err);
void bn_branch_enrol_end(bn_branch_enrol **enrol);
BN_CHECKED bn_rc bn_branch_enrol_on_frame(bn_branch_enrol *enrol, bn_slice frame, bn_err *err);
BN_CHECKED bn_rc bn_branch_enrol_tick(bn_branch_enrol *enrol, bn_err *err);
uint64_t bn_branch_enrol_next_tick_ms(const bn_branch_enrol *enrol);
bn_enrol_state bn_branch_enrol_state(const bn_branch_enrol *enrol);
bn_rc bn_branch_enrol_result(const bn_branch_enrol *enrol);  /* BN_OK unless FAILED */
const char *bn_branch_enrol_reason(const bn_branch_enrol *enrol); /* "" unless FAILED */

#endif
