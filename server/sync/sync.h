/* sync.h - sessions with branches: greeting, pushes, feeds.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_SERVER_SYNC_H
#define BANYAN_SERVER_SYNC_H

#include "server/commit/commit.h"
#include "server/registry.h"

typedef enum bn_session_event {
    BN_EVENT_GREET,
    BN_EVENT_GREET_PAUSED,
    BN_EVENT_PUSH,
    BN_EVENT_FEED_ACK,
    BN_EVENT_APPLY_FAIL,
    BN_EVENT_PING,
    BN_EVENT_PONG,
    BN_EVENT_PAUSE,
    BN_EVENT_RESUME,
    BN_EVENT_BYE,
    BN_EVENT_SILENCE,
    BN_EVENT_REVOKE
} bn_session_event;

/* The one place where a session changes its state; false: refused, nothing changed. */
bool bn_session_step(bn_session *session, bn_session_event event);

/* The session a frame belongs to: its branch, when key, route and number are those of it. */
bn_branch *bn_session_of(bn_server *server, const bn_route *route,
                         const uint8_t key[BN_KEY_BYTES], uint64_t number);
/* Fills in session and number. */
void bn_session_address(bn_session *session, bn_message *message);
/* Sends at once on the branch's session, numbered. */
void bn_session_say(bn_server *server, bn_branch *branch, bn_message *message);
void bn_session_advise(bn_server *server, bn_branch *branch, bn_message_type type,
                       bn_reject reason, const char *text);
void bn_session_heard(bn_server *server, bn_branch *branch);

/* Frames handled inside the flush's transaction; replies go through bn_server_hold_ack(). */
BN_CHECKED bn_rc bn_on_hello(bn_server *server, const bn_route *route,
                             const uint8_t key[BN_KEY_BYTES], const bn_message *message,
                             bn_err *err);
BN_CHECKED bn_rc bn_on_push(bn_server *server, const bn_route *route,
                            const uint8_t key[BN_KEY_BYTES], const bn_message *message,
                            bn_err *err);
BN_CHECKED bn_rc bn_on_enrol(bn_server *server, const bn_route *route,
                             const uint8_t key[BN_KEY_BYTES], const bn_message *message,
                             bn_err *err);
/* These need no transaction. */
void bn_on_feed_ack(bn_server *server, bn_branch *branch, const bn_message *message);
void bn_on_apply_fail(bn_server *server, bn_branch *branch, const bn_message *message);
void bn_on_ping(bn_server *server, bn_branch *branch, const bn_message *message);

/* --- feeds ----------------------------------------------------------------------------------- */
/* Takes the feed hash from commit `from` on over the rows up to `to`. */
BN_CHECKED bn_rc bn_feed_hash_to(bn_server *server, bn_kv_txn *txn, const bn_branch *branch,
                                 uint64_t from, uint64_t to, bn_hash *hash, bn_err *err);
/* Sends what is new to every session with credit. */
BN_CHECKED bn_rc bn_pump_all(bn_server *server, bn_err *err);
/* Deletes FEED rows that were acknowledged, at most `rows_max`; within a transaction. */
BN_CHECKED bn_rc bn_feed_trim(bn_server *server, bn_branch *branch, size_t rows_max, size_t *done,
                              bn_err *err);

/* --- behind the log -------- */
/* Brings INDEX and HISTORY on by at most `commits_max` commits, in a transaction of its own. */
BN_CHECKED bn_rc bn_derive_slice(bn_server *server, size_t commits_max, bn_err *err);

#endif
