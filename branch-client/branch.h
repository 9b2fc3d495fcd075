/* branch.h - the branch's engine: a store that works by itself and applies what the server decides.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   save ──► op log + overlay + index, one transaction      PUSH ──► server
 *                         │                                            │
 *   what is shown = confirmed records + overlay, in order   ◄── FEED ──┘ (sync/driver.h)
 *
 * Everything belongs to one thread. Once a call has returned BN_E_IO every later one does: the
 * process must stop, reopen and verify. What a read hands out lives in the arena passed in.
 */
#ifndef BANYAN_BRANCH_CLIENT_BRANCH_H
#define BANYAN_BRANCH_CLIENT_BRANCH_H

#include <banyan/core/draft.h>
#include <banyan/core/kv.h>
#include <banyan/core/ports.h>
#include <banyan/core/query.h>
#include <banyan/core/records.h>
#include <banyan/core/search.h>
#include <banyan/protocol/conflict.h>
#include <banyan/protocol/effect.h>

#define BN_IDENTITY_NAME_BYTES 128     /* with its NUL */
#define BN_IDENTITY_ENDPOINT_BYTES 160 /* "tcp://host:port", with its NUL */
#define BN_BULK_OPS_MAX 4096           /* ops one bulk holds before it must be committed */

typedef struct bn_branch bn_branch;

/* Loads heads, clock and counts; the first open of a store makes the key pairs. The kv stays the
 * caller's, and so do clock and random. The search column is empty until bn_branch_warm(). */
BN_CHECKED bn_rc bn_branch_open(bn_kv *kv, const bn_clock *clock, const bn_random *random,
                                bn_branch **out, bn_err *err);
void bn_branch_close(bn_branch **branch);

/* Loads at most rows_max more customers into the search column; *done when it holds all. Saves
 * and feeds in between are taken care of. */
BN_CHECKED bn_rc bn_branch_warm(bn_branch *branch, size_t rows_max, bool *done, bn_err *err);

/* --- identity ----------------------------------------------------------------------------- */
typedef struct bn_identity {
    uint32_t origin;
    uint32_t branch;
    bn_id incarnation;                /* of the server's commit log */
    uint8_t server_key[BN_KEY_BYTES]; /* pinned */
    char name[BN_IDENTITY_NAME_BYTES];
    char sync_endpoint[BN_IDENTITY_ENDPOINT_BYTES];
} bn_identity;

bool bn_branch_enrolled(const bn_branch *branch);
const bn_identity *bn_branch_identity(const bn_branch *branch); /* zeroed before enrolment */

/* Takes the identity for good: origin, branch and incarnation cannot change afterwards (another
 * enrolment wants another folder: BN_E_EXISTS); name, server key and endpoint can. */
BN_CHECKED bn_rc bn_branch_set_identity(bn_branch *branch, const bn_identity *identity,
                                        bn_err *err);

const uint8_t *bn_branch_transport_public(const bn_branch *branch);
const uint8_t *bn_branch_transport_secret(const bn_branch *branch);
const uint8_t *bn_branch_sign_public(const bn_branch *branch);
const uint8_t *bn_branch_sign_secret(const bn_branch *branch);
void bn_branch_fingerprint(const bn_branch *branch, char text[BN_FINGERPRINT_TEXT_BYTES]);

/* Server clock minus ours, as the session measured it: stamps are made with the sum. */
void bn_branch_set_clock_offset(bn_branch *branch, int64_t offset_ms);
uint64_t bn_branch_now_ms(const bn_branch *branch); /* wall clock and offset */

/* --- saving ------------------------------------------------------------------------------- */
/* A new id of this origin: for drafts that refer to each other. A draft with such an id creates
 * when it sets BN_FIELD_EXISTENCE to 1. BN_E_DENIED before enrolment. */
BN_CHECKED bn_rc bn_branch_make_id(bn_branch *branch, bn_id *out, bn_err *err);

/* Saves 1..BN_TXN_OPS_MAX drafts as one transaction, on disk on return. Fills saved[0..count).
 *
 * request_id (NULL: none) makes a repetition harmless: it returns what the first save returned.
 * BN_E_STALE fills *stale (may be NULL): the first base that is not what is shown now; a record
 * removed meanwhile is field BN_FIELD_EXISTENCE. Fields equal to what is shown are dropped; a
 * draft with nothing left saves nothing and its saved[].dot is none. BN_E_NOT_FOUND: no such
 * record, or the customer named is not here. BN_E_DENIED: not enrolled, or the kind is kept by
 * head office. BN_E_INVALID, BN_E_LIMIT: what the schema says. BN_E_NO_SPACE: nothing saved. */
BN_CHECKED bn_rc bn_branch_save(bn_branch *branch, const bn_draft *drafts, size_t count,
                                const bn_id *request_id, bn_saved *saved, bn_stale *stale,
                                bn_err *err);

/* Many transactions in one commit, for imports: each bn_branch_bulk_save() is a transaction of
 * its own and refused by itself; nothing is durable before bn_branch_bulk_commit(). BN_E_LIMIT
 * "commit first" when BN_BULK_OPS_MAX would be passed. While a bulk is open nothing else may
 * write (BN_E_BUSY) and reads show what was before. After a failure that is not about a draft
 * (storage, memory) the bulk can only be aborted; after BN_E_NO_SPACE the same bulk may succeed
 * when it is made again, because the store grows between transactions. */
typedef struct bn_branch_bulk bn_branch_bulk;
BN_CHECKED bn_rc bn_branch_bulk_begin(bn_branch *branch, bn_branch_bulk **out, bn_err *err);
BN_CHECKED bn_rc bn_branch_bulk_save(bn_branch_bulk *bulk, const bn_draft *drafts, size_t count,
                                     const bn_id *request_id, bn_saved *saved, bn_stale *stale,
                                     bn_err *err);
BN_CHECKED bn_rc bn_branch_bulk_commit(bn_branch_bulk **bulk, bn_err *err); /* consumed always */
void bn_branch_bulk_abort(bn_branch_bulk **bulk);

/* --- reads -------------------------------------------------------------------------------- */
/* What is shown: confirmed record and overlay. A removed record is found, with existence 0.
 * BN_E_NOT_FOUND. */
BN_CHECKED bn_rc bn_branch_get(bn_branch *branch, uint16_t kind, bn_id id, bn_arena *arena,
                               bn_record *out, bn_err *err);

/* One consistent view for queries over what is shown, in key order. Short-lived. */
typedef struct bn_branch_reader {
    bn_branch *branch;
    bn_kv_txn *txn;
} bn_branch_reader;
BN_CHECKED bn_rc bn_branch_read_begin(bn_branch *branch, bn_branch_reader *reader, bn_err *err);
void bn_branch_read_end(bn_branch_reader *reader); /* a cleanup handler too */
bn_record_source bn_branch_source(bn_branch_reader *reader);

/* Free search over customers; before the column is ready what is loaded is searched. */
BN_CHECKED bn_rc bn_branch_search(bn_branch *branch, bn_slice text, bn_search_hit *hits,
                                  size_t hits_max, size_t *hits_count, bn_err *err);
bool bn_branch_search_ready(const bn_branch *branch);

/* Ids of shown records whose field equals the value (fields with an index; REF fields too). */
BN_CHECKED bn_rc bn_branch_find(bn_branch *branch, uint16_t kind, uint16_t field, bn_value value,
                                bn_id after, bn_id *ids, size_t ids_max, size_t *ids_count,
                                bn_err *err);

/* The summary of the customer's golden record the server sent last. BN_E_NOT_FOUND. */
BN_CHECKED bn_rc bn_branch_golden(bn_branch *branch, bn_id customer, bn_arena *arena,
                                  bn_slice *out, bn_err *err);

/* Confirmed conflict images. state 0: any. BN_E_NOT_FOUND at the end. */
BN_CHECKED bn_rc bn_branch_conflict_get(bn_branch *branch, bn_id id, bn_arena *arena,
                                        bn_conflict *out, bn_err *err);
BN_CHECKED bn_rc bn_branch_conflict_next(bn_branch *branch, bn_conflict_state state, bn_id after,
                                         bn_arena *arena, bn_conflict *out, bn_err *err);
BN_CHECKED bn_rc bn_branch_conflicts_of(bn_branch *branch, uint16_t kind, bn_id entity, bn_id *ids,
                                        size_t ids_max, size_t *ids_count, bn_err *err);

/* An own op that is not confirmed yet (outcome 0), or was not applied as sent. */
typedef struct bn_own_op {
    bn_dot dot;
    bn_op op;           /* kind and id as in the op; RESOLVE and UNDO: id of the conflict */
    bn_outcome outcome; /* 0: waiting */
    bn_slice reason;
    bool pushed;        /* waiting, and durable at the server */
} bn_own_op;

/* Waiting ops, oldest first, oseq > after_oseq. BN_E_NOT_FOUND at the end. */
BN_CHECKED bn_rc bn_branch_waiting_next(bn_branch *branch, uint64_t after_oseq, bn_arena *arena,
                                        bn_own_op *out, bn_err *err);
/* Ops the server did not apply as sent, oldest first. BN_E_NOT_FOUND at the end. */
BN_CHECKED bn_rc bn_branch_refused_next(bn_branch *branch, uint64_t after_oseq, bn_arena *arena,
                                        bn_own_op *out, bn_err *err);

/* True when the record has own ops that are not confirmed. */
BN_CHECKED bn_rc bn_branch_is_waiting(bn_branch *branch, uint16_t kind, bn_id id, bool *out,
                                      bn_err *err);

typedef struct bn_branch_counts {
    uint64_t records_waiting;   /* records with ops not confirmed: what the sync chip shows */
    uint64_t ops_waiting;
    uint64_t bytes_waiting;
    uint64_t ops_unacked;       /* of these, not durable at the server yet */
    uint64_t refused;           /* quarantined or held at the server */
    uint64_t conflicts_open;
    uint64_t cut_off_since_ms;  /* wall clock of the last frame from the server; 0: talking now */
    uint64_t last_contact_ms;   /* 0: never */
    uint64_t cursor;            /* K */
    uint64_t oseq_last, oseq_acked, oseq_confirmed;
    uint64_t customers_searchable;
} bn_branch_counts;
void bn_branch_get_counts(const bn_branch *branch, bn_branch_counts *out);

/* One change of one record: who, where, when, which fields. */
typedef struct bn_event {
    bn_dot dot;
    uint64_t cseq;              /* 0: waiting */
    bn_hlc hlc;
    uint32_t branch;            /* 0: head office */
    bn_slice actor;
    bn_outcome outcome;         /* 0: waiting; own ops only, else APPLIED */
    bn_slice reason;
    const bn_change *changes;   /* bases are not kept for changes of others */
    size_t changes_count;
} bn_event;
typedef bn_rc (*bn_event_row)(void *context, const bn_event *event, bn_err *err);

/* History of a record as this branch knows it: confirmed by cseq, then waiting by oseq; at most
 * events_max. `event` lives until the callback returns. */
BN_CHECKED bn_rc bn_branch_history(bn_branch *branch, uint16_t kind, bn_id id, size_t events_max,
                                   bn_event_row row, void *context, bn_err *err);

/* --- proofs ------------------------------------------------------------------------------- */
/* Over confirmed records and conflicts, keyed by the incarnation: equal to the server's digest of
 * this branch's view at the same K. */
BN_CHECKED bn_rc bn_branch_digest(bn_branch *branch, bn_digest *out, bn_err *err);

typedef void (*bn_branch_finding)(void *context, const char *text);
/* Op log dense with the right heads, overlay exactly the ops not confirmed, counts and index rows
 * as recomputed. BN_E_CORRUPT when something was found; `finding` hears of each. */
BN_CHECKED bn_rc bn_branch_verify(bn_branch *branch, bn_branch_finding finding, void *context,
                                  uint64_t *rows_count, bn_err *err);

#endif
