/* session.h - what the files of the branch's session share.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_BRANCH_CLIENT_SYNC_SESSION_H
#define BANYAN_BRANCH_CLIENT_SYNC_SESSION_H

#include "branch-client/exchange.h"
#include "branch-client/sync/driver.h"

#include <banyan/base/buf.h>
#include <banyan/base/limits.h>

#define BN_PUSH_DELAY_MS 20            /* after a save: so that a burst travels together */
#define BN_PAUSE_ASK_MS 60000          /* a resume may get lost: greet again to hear */
#define BN_MUTE_MS 2000                /* no room to send for so long: the connection ended */
#define BN_SEND_RETRY_MS 50            /* the queue was full, or the link not connected yet */
#define BN_MARKS_EVERY_MS 60000        /* marks and last contact, if nothing else is written */
#define BN_CLOCK_SAMPLES 8             /* the offset is that of the quickest of these */
#define BN_SYNC_ARENA_BYTES_MAX ((size_t)16 * 1024 * 1024)
#define BN_NEVER UINT64_MAX

typedef struct bn_clock_sample {
    uint64_t rtt_ms;
    int64_t offset_ms;
} bn_clock_sample;

struct bn_branch_sync {
    bn_branch *branch;
    bn_dialer dialer;
    const bn_clock *clock;
    const bn_random *random;
    bn_sync_moved moved;
    void *moved_context;
    bn_arena arena; /* of the frame at work */
    bn_buf frame;   /* the frame being sent */
    bn_buf ops;     /* of the batch being sent */
    bn_sync_status status;
    /* session; all moments are of the monotonic clock */
    uint64_t session, number;
    bool dial_due;
    uint64_t deadline;      /* of dialling, of greeting, and of believing in a pause */
    uint64_t send_at;       /* next try to send the greeting */
    uint64_t heard_at;
    uint64_t mute_at;       /* when missing room counts as the end; BN_NEVER: there is room */
    uint64_t ping_at, ping_sent_at;
    uint64_t retry_at;
    uint32_t retry_after_ms; /* what the server asked for */
    uint64_t hello_sent_at;
    /* pushing */
    uint64_t committed;     /* oseq the server has, in this session */
    uint64_t in_flight;     /* last oseq of the batch on its way; 0: none */
    uint64_t push_at;
    uint64_t answer_by;     /* to the batch in flight */
    size_t batch_bytes_max;
    /* feed */
    uint64_t feed_head;
    uint64_t credit_owed;
    bool ack_owed;
    uint64_t ack_at;
    uint64_t marks_at;
    bn_clock_sample samples[BN_CLOCK_SAMPLES];
    size_t samples_count, samples_next;
};

uint64_t bn_sync_mono(const bn_branch_sync *sync);
uint64_t bn_sync_wall(const bn_branch_sync *sync);
bool bn_sync_in_session(const bn_branch_sync *sync); /* live or paused */

/* moves.c: the one place where the state changes. False: no row, nothing changed. */
bool bn_sync_move(bn_branch_sync *sync, bn_sync_event event, bn_reject reject, const char *reason);
uint64_t bn_sync_backoff_ms(uint32_t tries_count, uint32_t retry_after_ms, const bn_random *random);

/* driver.c: encodes and hands to the dialer; gives the message its session and number. */
BN_CHECKED bn_rc bn_sync_send(bn_branch_sync *sync, bn_message *message);
/* Ends the session because of what the other side sent. */
void bn_sync_protest(bn_branch_sync *sync, const char *reason);
/* Ends the session because our own store said `rc`; BN_OK unless the process must stop. */
BN_CHECKED bn_rc bn_sync_storage_failed(bn_branch_sync *sync, bn_rc rc, bn_err *err);

/* greet.c */
BN_CHECKED bn_rc bn_sync_dial(bn_branch_sync *sync, bn_err *err);
void bn_sync_greet(bn_branch_sync *sync);
BN_CHECKED bn_rc bn_sync_on_welcome(bn_branch_sync *sync, const bn_message *message, bn_err *err);
void bn_sync_on_rejected(bn_branch_sync *sync, const bn_msg_rejected *rejected);

/* push.c */
BN_CHECKED bn_rc bn_sync_push(bn_branch_sync *sync, bn_err *err);
BN_CHECKED bn_rc bn_sync_on_push_ack(bn_branch_sync *sync, const bn_msg_push_ack *ack, bn_err *err);
void bn_sync_on_push_nack(bn_branch_sync *sync, const bn_msg_rejected *nack);

/* pull.c */
BN_CHECKED bn_rc bn_sync_on_feed(bn_branch_sync *sync, const bn_msg_feed *feed, size_t frame_bytes,
                                 bn_err *err);
void bn_sync_ack_feed(bn_branch_sync *sync);

/* clock.c */
void bn_sync_add_sample(bn_branch_sync *sync, uint64_t sent_at, uint64_t server_in_ms,
                        uint64_t server_out_ms);
void bn_sync_ping(bn_branch_sync *sync);
void bn_sync_on_ping(bn_branch_sync *sync, const bn_message *message);
void bn_sync_on_pong(bn_branch_sync *sync, const bn_msg_ping *pong);

#endif
