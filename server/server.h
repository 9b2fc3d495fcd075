/* server.h - the server's engine: takes what branches send, decides, tells the branches.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   frames -> bn_server_on_frame -> queue -> bn_server_flush: one write transaction for all
 *                                             commit, then the replies held back, then feeds
 *   head office -> bn_server_save: ops of origin 0, decided at once, same rules
 *   bn_server_tick: silence, pings, empty feeds, trimming, INDEX and HISTORY behind the log
 *
 * Everything belongs to one thread but bn_server_admits() and bn_server_note_refusal(). Once a
 * call has returned BN_E_IO every later one does: the process must stop, reopen and verify.
 * Arrays handed out live in the arena passed in; nothing borrows from the store.
 */
#ifndef BANYAN_SERVER_SERVER_H
#define BANYAN_SERVER_SERVER_H

#include <banyan/core/draft.h>
#include <banyan/core/kv.h>
#include <banyan/core/link.h>
#include <banyan/core/ports.h>
#include <banyan/core/records.h>
#include <banyan/protocol/conflict.h>
#include <banyan/protocol/effect.h>
#include <banyan/protocol/message.h>
#include <banyan/protocol/ticket.h>

typedef struct bn_server bn_server;

#define BN_BRANCH_NAME_BYTES 128
#define BN_REASON_BYTES 160
#define BN_TICKET_TTL_MS (24ull * 3600 * 1000)
#define BN_BRANCHES_MAX BN_SESSIONS_MAX

/* A record changed; called after INDEX and HISTORY know of it, in commit order. */
typedef void (*bn_server_changed)(void *context, uint16_t kind, bn_id id, uint64_t cseq);

typedef struct bn_server_options {
    const char *sync_endpoint; /* told in ENROL_OK; NULL: the host and port of the code */
    uint64_t credit_bytes;     /* op bytes a branch may have unanswered; 0: BN_CREDIT_LOG_BYTES */
    bn_server_changed changed; /* may be NULL */
    void *changed_context;
} bn_server_options;

/* The first open of a store makes incarnation and keys. The kv stays the caller's. */
BN_CHECKED bn_rc bn_server_open(bn_kv *kv, const bn_clock *clock, const bn_random *random,
                                const bn_sender *sender, const bn_server_options *options,
                                bn_server **out, bn_err *err);
void bn_server_close(bn_server **server);

bn_id bn_server_incarnation(const bn_server *server);
const uint8_t *bn_server_transport_public(const bn_server *server);
const uint8_t *bn_server_transport_secret(const bn_server *server);
void bn_server_fingerprint(const bn_server *server, char text[BN_FINGERPRINT_TEXT_BYTES]);
const bn_index_key *bn_server_index_key(const bn_server *server);

/* --- frames, group commit, timers --------------------------------------------------------- */
/* Copies and queues a frame; what needs no commit (PING, BYE) is answered at once.
 * BN_E_AGAIN: the queue is full, flush first. What a peer sends wrong is answered, no error. */
BN_CHECKED bn_rc bn_server_on_frame(bn_server *server, const bn_arrival *arrival, bn_err *err);

/* True when the queue is older than BN_GROUP_COMMIT_MS or larger than BN_GROUP_COMMIT_BYTES. */
bool bn_server_flush_due(const bn_server *server);
bool bn_server_has_queued(const bn_server *server);

/* One write transaction for everything queued, then the replies, then feeds to sessions with
 * credit. BN_E_NO_SPACE: nothing is kept or acknowledged, sessions were told BUSY. */
BN_CHECKED bn_rc bn_server_flush(bn_server *server, bn_err *err);

/* Timers and work in slices; call when bn_server_next_tick_ms() (from now) has passed. */
BN_CHECKED bn_rc bn_server_tick(bn_server *server, bn_err *err);
uint64_t bn_server_next_tick_ms(const bn_server *server);

/* Tells every session BYE; for an orderly stop. */
void bn_server_say_bye(bn_server *server);

/* --- the door, on the transport's thread --------------------------------------------------- */
bool bn_server_admits(bn_server *server, const uint8_t key[BN_KEY_BYTES]);
void bn_server_note_refusal(bn_server *server, bn_door door, const uint8_t *key_or_null,
                            const char *address, const char *reason);

/* --- branches ----------------------------------------------------------------------------- */
typedef enum bn_branch_state {
    BN_BRANCH_NEW = 1,     /* no machine enrolled yet */
    BN_BRANCH_ACTIVE = 2,
    BN_BRANCH_PAUSED = 3,
    BN_BRANCH_REVOKED = 4  /* its key was taken back; a new code makes it active again */
} bn_branch_state;

typedef struct bn_branch_status {
    uint32_t branch;
    uint32_t origin;          /* 0: none yet */
    char name[BN_BRANCH_NAME_BYTES];
    bn_branch_state state;
    bool online;              /* a session is live */
    uint64_t last_heard_ms;   /* wall clock; 0: never */
    uint64_t oseq_committed;
    uint64_t cursor;          /* K acknowledged */
    uint64_t cursor_sent;
    uint64_t head;            /* newest cseq */
    uint64_t feed_rows;       /* rows waiting for the branch, counted up to 100,000 */
    uint64_t waiting_ops;     /* not acknowledged yet, as the branch last said */
    int64_t clock_offset_ms;  /* branch minus server, as the last greeting or ping showed */
    uint64_t conflicts_open;
    uint64_t quarantined;     /* quarantined or held */
    uint64_t apply_fail_cseq; /* the branch cannot apply this commit; 0: none */
    uint64_t ticket_expires_ms; /* of a code not used yet; 0: none */
    uint8_t key[BN_KEY_BYTES]; /* transport key of the current origin, zero when none */
} bn_branch_status;

typedef struct bn_peer_status { /* one enrolment, current or past */
    uint32_t origin;
    bn_branch_state state;
    uint8_t key[BN_KEY_BYTES];
    uint64_t enrolled_ms;
    uint64_t oseq_committed;
} bn_peer_status;

typedef struct bn_enrolment_code {
    uint32_t branch;
    uint8_t token[BN_TOKEN_BYTES]; /* the store keeps its hash only */
    uint64_t expires_ms;
} bn_enrolment_code;

/* Makes branch `number` (0: the next free) with its reference record, and a one-time code valid
 * for ttl_ms (0: BN_TICKET_TTL_MS). An existing number gets a new code for the same branch (name
 * NULL keeps it) and its unused codes end. */
BN_CHECKED bn_rc bn_server_branch_add(bn_server *server, uint32_t number, const char *name,
                                      uint64_t ttl_ms, const char *actor, bn_enrolment_code *out,
                                      bn_err *err);
BN_CHECKED bn_rc bn_server_branch_pause(bn_server *server, uint32_t branch, const char *actor,
                                        bn_err *err);
BN_CHECKED bn_rc bn_server_branch_resume(bn_server *server, uint32_t branch, const char *actor,
                                         bn_err *err);
BN_CHECKED bn_rc bn_server_branch_revoke(bn_server *server, uint32_t branch, const char *actor,
                                         bn_err *err);
BN_CHECKED bn_rc bn_server_branch_rename(bn_server *server, uint32_t branch, const char *name,
                                         const char *actor, bn_err *err);
size_t bn_server_branches_count(const bn_server *server);
/* The branch with the smallest number > after. BN_E_NOT_FOUND at the end. */
BN_CHECKED bn_rc bn_server_branch_next(bn_server *server, uint32_t after, bn_branch_status *out,
                                       bn_err *err);
BN_CHECKED bn_rc bn_server_branch_show(bn_server *server, uint32_t branch, bn_branch_status *out,
                                       bn_err *err);
BN_CHECKED bn_rc bn_server_branch_peers(bn_server *server, uint32_t branch, bn_arena *arena,
                                        bn_peer_status **out, size_t *count, bn_err *err);

/* --- ops made at head office --------------------------------------------------------------- */
typedef struct bn_server_saved {
    bn_saved saved;       /* id, dot and customer number, as a branch's save tells them */
    uint64_t cseq;
    bn_outcome outcome;
    char reason[BN_REASON_BYTES];
} bn_server_saved;

/* Decides and commits `count` drafts (at most BN_TXN_OPS_MAX) as one transaction of origin 0. All
 * or nothing: BN_E_STALE when a base is not what the field shows now (the text names the field),
 * BN_E_INVALID or BN_E_NOT_FOUND for what a branch would see quarantined. */
BN_CHECKED bn_rc bn_server_save(bn_server *server, const bn_draft *drafts, size_t count,
                                bn_server_saved *saved, bn_err *err);

/* Closes a conflict with a candidate, or with `changes` when pick is none; observed is what the
 * person saw. */
typedef struct bn_resolution {
    bn_id conflict;
    const bn_dot *observed;
    size_t observed_count;
    bn_dot pick;
    const bn_change *changes;
    size_t changes_count;
    const char *actor;
    const char *note;
} bn_resolution;
BN_CHECKED bn_rc bn_server_resolve(bn_server *server, const bn_resolution *resolution,
                                   bn_server_saved *saved, bn_err *err);
BN_CHECKED bn_rc bn_server_undo(bn_server *server, bn_id conflict, const char *actor,
                                const char *note, bn_server_saved *saved, bn_err *err);
/* Lets a branch serve a customer too, or no longer. */
BN_CHECKED bn_rc bn_server_share(bn_server *server, bn_id customer, uint32_t branch, bool on,
                                 const char *actor, bn_server_saved *saved, bn_err *err);

/* --- reads --------------------------------------------------------------------------------- */
/* One consistent view of what is committed; short-lived, one at a time per caller. */
typedef struct bn_server_reader {
    bn_server *server;
    bn_kv_txn *txn;
} bn_server_reader;
BN_CHECKED bn_rc bn_server_read_begin(bn_server *server, bn_server_reader *reader, bn_err *err);
void bn_server_read_end(bn_server_reader *reader);
bn_record_source bn_server_source(bn_server_reader *reader);

typedef struct bn_conflict_filter {
    bn_conflict_state state; /* 0: any */
    uint32_t branch;         /* 0: any; else one of its candidates is of this branch */
    uint16_t kind;           /* 0: any */
} bn_conflict_filter;

/* Next conflict with id > after that passes the filter (NULL: all). BN_E_NOT_FOUND at the end. */
BN_CHECKED bn_rc bn_server_conflict_next(bn_server_reader *reader, const bn_conflict_filter *filter,
                                         bn_id after, bn_arena *arena, bn_conflict *out,
                                         bn_err *err);
BN_CHECKED bn_rc bn_server_conflict_get(bn_server_reader *reader, bn_id id, bn_arena *arena,
                                        bn_conflict *out, bn_err *err);

/* One commit as the log keeps it. */
typedef struct bn_commit_view {
    uint64_t cseq;
    bn_dot dot;
    uint32_t branch;       /* 0: the server */
    uint64_t wall_ms;      /* server clock at the commit */
    bn_hlc hlc_effective;
    bool clock_suspect;
    bool retried;          /* decided again after quarantine */
    bn_outcome outcome;
    bn_slice reason;
    bool has_op;           /* false: ENTER, LEAVE, or an op that cannot be decoded */
    bn_op op;
    uint16_t kind;         /* of the record it is about (RESOLVE, UNDO: of the conflict's) */
    bn_id id;
    bn_cell *was;          /* values before, of the indexed fields it replaced */
    size_t was_count;
} bn_commit_view;

/* BN_E_NOT_FOUND beyond the head. */
BN_CHECKED bn_rc bn_server_commit_get(bn_server_reader *reader, uint64_t cseq, bn_arena *arena,
                                      bn_commit_view *out, bn_err *err);

/* The next commit > after that is about the record. BN_E_NOT_FOUND at the end. */
BN_CHECKED bn_rc bn_server_history_next(bn_server_reader *reader, uint16_t kind, bn_id id,
                                        uint64_t after, bn_arena *arena, bn_commit_view *out,
                                        bn_err *err);

typedef enum bn_quarantine_state {
    BN_QUARANTINE_OPEN = 1,
    BN_QUARANTINE_HELD = 2,     /* waits for an op it builds on */
    BN_QUARANTINE_RETRIED = 3,  /* decided anew and accepted */
    BN_QUARANTINE_DISCARDED = 4
} bn_quarantine_state;

typedef struct bn_quarantined {
    bn_dot dot;
    uint32_t branch;
    bn_quarantine_state state;
    uint64_t cseq;        /* first decided; after a retry the newest */
    uint64_t wall_ms;
    bn_slice reason;
    bn_slice note;        /* of the discard or retry */
    bn_slice actor;       /* who did it */
    bn_slice op_bytes;
} bn_quarantined;

BN_CHECKED bn_rc bn_server_quarantine_next(bn_server_reader *reader, bn_dot after, bn_arena *arena,
                                           bn_quarantined *out, bn_err *err);
BN_CHECKED bn_rc bn_server_quarantine_get(bn_server_reader *reader, bn_dot dot, bn_arena *arena,
                                          bn_quarantined *out, bn_err *err);
/* Decides the op anew; *outcome is what became of it. Ops held for it follow. */
BN_CHECKED bn_rc bn_server_quarantine_retry(bn_server *server, bn_dot dot, const char *actor,
                                            bn_outcome *outcome, bn_err *err);
BN_CHECKED bn_rc bn_server_quarantine_discard(bn_server *server, bn_dot dot, const char *actor,
                                              const char *note, bn_err *err);

typedef struct bn_server_counts {
    uint64_t head;                          /* newest cseq */
    uint64_t ops;                           /* ops of all origins that were decided */
    uint64_t records[BN_KIND_MAX + 1];      /* existing, by kind */
    uint64_t conflicts[BN_CONFLICT_UNDONE + 1]; /* by state */
    uint64_t quarantined;                   /* open */
    uint64_t held;
    uint64_t derived;                       /* INDEX and HISTORY are current up to this commit */
    uint64_t sessions;
    uint64_t refusals;                      /* keys refused since the start */
    uint64_t commits;                       /* write transactions since the start */
} bn_server_counts;
void bn_server_get_counts(const bn_server *server, bn_server_counts *out);

/* Order-independent digest of all records and conflicts a branch's view holds, keyed by the
 * incarnation: equal to what the branch computes over its confirmed state at the same K. */
BN_CHECKED bn_rc bn_server_view_digest(bn_server *server, uint32_t branch, bn_digest *out,
                                       bn_err *err);

/* --- safety -------------------------------------------------------------------------------- */
/* Ops that the verified copy of this store holds may be trimmed at the branches. */
BN_CHECKED bn_rc bn_server_backup_verified(bn_server *server, bn_kv *copy, bn_err *err);

typedef void (*bn_server_finding)(void *context, const char *text);

typedef struct bn_server_proof {
    uint64_t commits_count;
    uint64_t records_count;
    uint64_t conflicts_count;
    uint64_t findings_count;
} bn_server_proof;

/* Dense cseq and oseq, chain heads, and a rebuild of every record and conflict from the commit
 * log, compared byte for byte. BN_E_CORRUPT when something was found; *proof is filled then too. */
BN_CHECKED bn_rc bn_server_verify(bn_server *server, bn_server_finding finding, void *context,
                                  bn_server_proof *proof, bn_err *err);

typedef struct bn_audit_line {
    uint64_t sequence;
    uint64_t wall_ms;
    bn_slice actor;
    bn_slice action;  /* "branch.revoke" */
    bn_slice object;  /* "branch 4": names and numbers, never values of records */
    bn_slice detail;
    bn_hash head;     /* hash chain up to this line */
} bn_audit_line;

BN_CHECKED bn_rc bn_server_audit_append(bn_server *server, const char *actor, const char *action,
                                        const char *object, const char *detail, bn_err *err);
/* The line with the smallest sequence > after; checks its link. BN_E_NOT_FOUND at the end. */
BN_CHECKED bn_rc bn_server_audit_next(bn_server_reader *reader, uint64_t after, bn_arena *arena,
                                      bn_audit_line *out, bn_err *err);

#endif
