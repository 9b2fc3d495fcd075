/* engine.h - the state every part of the engine works on.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   registry   branches and their origins, as rows in memory; reloaded after a lost transaction
 *   queue      frames waiting for the next flush
 *   holds      replies waiting for the commit
 *   decision   scratch of the op being decided (server/commit)
 *
 * Outside a transaction `txn` is NULL. Counters, heads and rows in memory that a transaction
 * changed are true only once it has committed; bn_engine_abort() puts back what is on disk.
 */
#ifndef BANYAN_SERVER_ENGINE_H
#define BANYAN_SERVER_ENGINE_H

#include "server.h"

#include <banyan/base/limits.h>

#include <pthread.h>

#define BN_FEED_FRAME_BYTES (64 * 1024) /* a feed frame is closed once it is as large as this */
#define BN_FEED_FRAMES_MAX 128          /* frames of one session not acknowledged yet */
#define BN_QUEUE_BYTES_MAX (4 * BN_GROUP_COMMIT_BYTES)
#define BN_QUEUE_FRAMES_MAX 65536
#define BN_BATCH_ARENA_BYTES (64 * 1024 * 1024)
#define BN_CONFLICT_BYTES_MAX BN_VALUE_BYTES_MAX
#define BN_VIEW_BRANCHES_MAX (BN_ITEMS_MAX + 2)
#define BN_FILTER_BITS (1u << 20)
#define BN_FEED_FLUSH_MS 1000  /* K acknowledged is written at most so often, and empty feeds */
#define BN_REFUSALS_MAX 256
#define BN_ENROLS_PER_MINUTE 120

/* --- registry -------------------------------------------------------------------------------- */
typedef struct bn_origin { /* one enrolment; ORIGIN row */
    uint32_t origin;
    uint32_t branch;
    bn_branch_state state; /* ACTIVE or REVOKED */
    uint8_t key[BN_KEY_BYTES];
    uint8_t sign_key[BN_SIGN_PUBLIC_BYTES];
    uint64_t oseq;        /* committed */
    bn_hash head;         /* of the chain at oseq */
    uint64_t safe_oseq;
    uint64_t enrolled_ms;
    uint64_t blocked;     /* ops in quarantine, open or held */
    bool dirty;
} bn_origin;

typedef enum bn_session_state {
    BN_SESSION_CLOSED,
    BN_SESSION_LIVE,
    BN_SESSION_PAUSED
} bn_session_state;

typedef struct bn_feed_mark { /* one frame sent and not acknowledged */
    uint64_t to;
    bn_hash hash;
} bn_feed_mark;

typedef struct bn_session {
    bn_session_state state;
    uint64_t number;       /* in every frame */
    bn_route route;
    uint64_t sent_count;   /* frames sent: their numbers */
    int64_t credit_bytes;  /* feed bytes the branch still takes; below 0: owed */
    int64_t credit_max;
    uint64_t sent;         /* feed sent up to this commit */
    bn_hash sent_hash;
    bn_feed_mark marks[BN_FEED_FRAMES_MAX];
    size_t marks_first;
    size_t marks_count;
    uint64_t heard_ms;     /* monotonic */
    uint64_t pinged_ms;
    uint64_t fed_ms;
    uint64_t waits_ms;     /* since when the oldest frame waits for its acknowledgement */
    bool is_stuck;         /* the link was full: try again at the next tick */
} bn_session;

typedef struct bn_branch { /* BRANCH row, and what is known of its session */
    uint32_t branch;
    char name[BN_BRANCH_NAME_BYTES];
    bn_branch_state state;
    uint32_t origin;       /* current; 0: none */
    uint64_t feed_start;   /* the feed of the current origin holds rows above this commit */
    uint64_t cursor;       /* K acknowledged */
    bn_hash cursor_hash;
    uint64_t trimmed;      /* FEED rows up to here are gone */
    uint64_t heard_ms;     /* wall */
    uint64_t apply_fail_cseq;
    uint64_t ticket_expires_ms;
    bn_id entity;          /* its reference record */
    bool dirty;
    /* memory only */
    bool is_kept;          /* scratch of a reload */
    uint64_t feed_last;    /* newest FEED row */
    uint64_t waiting_ops;
    int64_t clock_offset_ms;
    uint64_t conflicts_open;
    bn_session session;
} bn_branch;

typedef struct bn_registry {
    bn_branch **branches; /* ascending by number */
    size_t branches_count;
    bn_origin **origins;  /* [0] is the server's own; index = origin */
    size_t origins_count;
} bn_registry;

typedef struct bn_counts { /* written as one META row per transaction */
    uint64_t head;
    uint64_t ops;
    uint64_t records[BN_KIND_MAX + 1];
    uint64_t conflicts[BN_CONFLICT_UNDONE + 1];
    uint64_t quarantined;
    uint64_t held;
} bn_counts;

/* --- queue and holds -------- */
typedef struct bn_queued {
    bn_route route;
    uint8_t key[BN_KEY_BYTES];
    size_t at;
    size_t len;
} bn_queued;

typedef struct bn_hold {
    bn_route route;
    size_t at;
    size_t len;
    bn_message_type type;
    uint64_t session;
    uint64_t reply_to;
} bn_hold;

typedef struct bn_hold_list {
    bn_hold *holds;
    size_t count;
    size_t capacity;
    bn_buf bytes;
} bn_hold_list;

typedef struct bn_refusal {
    bn_door door;
    bool has_key;
    uint8_t key[BN_KEY_BYTES];
    char address[64];
    char reason[64];
    uint32_t count;
} bn_refusal;

typedef struct bn_admission { /* the only part other threads touch */
    pthread_mutex_t lock;
    uint8_t (*keys)[BN_KEY_BYTES]; /* sorted */
    size_t count;
    size_t capacity;
    bn_refusal refusals[BN_REFUSALS_MAX];
    size_t refusals_count;
    uint64_t refused_total;
} bn_admission;

/* Who holds a record, and since when. */
typedef struct bn_view {
    bool everywhere;
    size_t count;
    struct bn_view_branch {
        uint32_t branch;
        uint64_t enter_cseq;
    } branches[BN_VIEW_BRANCHES_MAX];
} bn_view;

typedef struct bn_decision bn_decision;

struct bn_server {
    bn_kv *kv;
    const bn_clock *clock;
    const bn_random *random;
    bn_sender sender;
    bn_server_options options;
    bool has_sender;
    bool is_broken;

    bn_id incarnation;
    uint8_t transport_public[BN_KEY_BYTES];
    uint8_t transport_secret[BN_KEY_BYTES];
    uint8_t sign_public[BN_SIGN_PUBLIC_BYTES];
    uint8_t sign_secret[BN_SIGN_SECRET_BYTES];
    bn_index_key index_key;

    bn_registry registry;
    bn_counts counts;
    uint64_t derived;
    uint64_t commits;
    bn_hlc hlc_last;       /* of origin 0 */
    uint64_t customers_made; /* customer numbers given out here */
    uint64_t audit_sequence;
    bn_hash audit_head;
    uint8_t *may_conflict; /* bits: entities that may have an open conflict */
    uint64_t conflicts_at; /* head at which conflicts_open of the branches were counted */

    bn_kv_txn *txn;
    uint64_t wall_ms;      /* of the running transaction */
    bn_arena arena;        /* of the running transaction, reset per batch */
    bn_arena frame_arena;  /* of one incoming frame or one pump */
    bn_buf value;          /* bytes of a row being written */
    bn_buf effects;        /* effects of the commit being written */
    bn_buf frame;          /* frame being built */
    bn_buf feed;           /* effects of the feed frame being built */
    bn_decision *decision;

    /* view of the customer touched last: kin come right behind their customer */
    bool has_customer;
    bn_id customer;
    bn_view customer_view;

    bn_queued *queue;
    size_t queue_count;
    bn_buf queue_bytes;
    uint64_t queued_since_ms;
    bn_hold_list holds;
    bn_admission admission;

    uint64_t ticked_ms;
    uint64_t flushed_rows_ms; /* when dirty rows were written last */
    bool rows_dirty;
    bool pump_wanted;      /* something was committed since feeds were looked at */
    size_t pump_next;
    size_t trim_next;
    uint64_t enrols_since_ms;
    uint32_t enrols_count;
};

uint64_t bn_engine_wall(const bn_server *server);
uint64_t bn_engine_mono(const bn_server *server);
BN_CHECKED bn_rc bn_engine_usable(const bn_server *server, bn_err *err);

/* One write transaction. Commit writes dirty rows, counters and audit lines first; after any
 * failure memory shows what is on disk again. */
BN_CHECKED bn_rc bn_engine_begin(bn_server *server, bn_err *err);
BN_CHECKED bn_rc bn_engine_commit(bn_server *server, bn_err *err);
void bn_engine_abort(bn_server *server);
/* Commits what was done with BN_OK; aborts after anything else and returns it. */
BN_CHECKED bn_rc bn_engine_end(bn_server *server, bn_rc rc, bn_err *err);

/* Bytes of `buf` as a row, with its sticky failure checked. */
BN_CHECKED bn_rc bn_engine_put(bn_server *server, bn_table table, bn_slice key, bn_buf *buf,
                               bn_err *err);

#endif
