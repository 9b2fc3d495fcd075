/* consolidate.h - golden records of the whole bank, kept behind the commit log.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   commits --> customers that changed, decisions --> rows and keys --> components touched
 *           --> clusters --> golden records, redirects, questions, events      one transaction
 *
 * GOLDEN = f(current records, epoch, decisions in force). What a slice leaves equals what a
 * rebuild from nothing gives, byte for byte: bn_consolidate_verify() proves it. Everything belongs
 * to the server's thread, between its transactions.
 */
#ifndef BANYAN_SERVER_CONSOLIDATE_CONSOLIDATE_H
#define BANYAN_SERVER_CONSOLIDATE_CONSOLIDATE_H

#include "server/server.h"

#include <banyan/protocol/match/golden.h>
#include <banyan/protocol/match/resolve.h>

#define BN_CONSOLIDATE_COMMITS 256     /* of one slice, when nothing else is asked for */
#define BN_CONSOLIDATE_COMMITS_MAX 4096

typedef struct bn_consolidate bn_consolidate;

/* Server and kv stay the caller's and outlive it. A store without a model gets the default one. */
BN_CHECKED bn_rc bn_consolidate_open(bn_server *server, bn_kv *kv, bn_consolidate **out,
                                     bn_err *err);
void bn_consolidate_close(bn_consolidate **consolidate);

/* Takes up to `commits_max` commits (0: BN_CONSOLIDATE_COMMITS) in one transaction. */
BN_CHECKED bn_rc bn_consolidate_slice(bn_consolidate *c, size_t commits_max, bn_err *err);
uint64_t bn_consolidate_behind(const bn_consolidate *c); /* commits not looked at yet */

typedef struct bn_consolidate_counts {
    uint64_t cursor;     /* newest commit taken */
    uint64_t behind;
    uint64_t customers;  /* that exist */
    uint64_t goldens;
    uint64_t tasks_open;
    uint64_t tasks_later;
    uint64_t decisions;
    uint64_t alarms;     /* keys beyond BN_BLOCK_CANDIDATES_MAX met since the start */
    uint8_t epoch[BN_HASH_BYTES];
} bn_consolidate_counts;
BN_CHECKED bn_rc bn_consolidate_get_counts(bn_consolidate *c, bn_consolidate_counts *out,
                                           bn_err *err);

/* --- reads: what they hand out lives in the arena -------------------------------------------- */
/* By customer, or by golden id of now or of any time. BN_E_NOT_FOUND: never was one;
 * BN_E_STALE: its last customer was removed. */
BN_CHECKED bn_rc bn_consolidate_golden(bn_consolidate *c, bn_id id, bn_arena *arena,
                                       bn_golden *out, bn_err *err);
/* The golden record with the smallest id > after. BN_E_NOT_FOUND at the end. */
BN_CHECKED bn_rc bn_consolidate_golden_next(bn_consolidate *c, bn_id after, bn_arena *arena,
                                            bn_golden *out, bn_err *err);

/* The question with the smallest id > after. BN_E_NOT_FOUND at the end. */
BN_CHECKED bn_rc bn_consolidate_task_next(bn_consolidate *c, bn_id after, bn_arena *arena,
                                          bn_question *out, bn_err *err);
BN_CHECKED bn_rc bn_consolidate_task(bn_consolidate *c, bn_id id, bn_arena *arena,
                                     bn_question *out, bn_err *err);

typedef enum bn_golden_change {
    BN_GOLDEN_MADE = 1,
    BN_GOLDEN_JOINED = 2,  /* members came, none left */
    BN_GOLDEN_PARTED = 3,  /* members left, none came */
    BN_GOLDEN_MIXED = 4,
    BN_GOLDEN_VALUES = 5,  /* same members, other values */
    BN_GOLDEN_ENDED = 6    /* its members are elsewhere or removed */
} bn_golden_change;

typedef struct bn_golden_event {
    uint64_t cseq;       /* newest commit of the slice that brought it; 0: another epoch */
    uint32_t n;
    bn_golden_change change;
    bn_id golden;
    const bn_id *before; /* members */
    size_t before_count;
    const bn_id *after;
    size_t after_count;
} bn_golden_event;

/* Events of one golden id, oldest first: the one behind (cseq, n). BN_E_NOT_FOUND at the end. */
BN_CHECKED bn_rc bn_consolidate_event_next(bn_consolidate *c, bn_id golden, uint64_t after_cseq,
                                           uint32_t after_n, bn_arena *arena,
                                           bn_golden_event *out, bn_err *err);

/* Decisions in force that name a customer. */
BN_CHECKED bn_rc bn_consolidate_rulings(bn_consolidate *c, bn_id customer, bn_arena *arena,
                                        bn_ruling_in_force **out, size_t *count, bn_err *err);

/* Why two customers are one or are not; out->step is NULL or lives in the arena. */
BN_CHECKED bn_rc bn_consolidate_explain(bn_consolidate *c, bn_id a, bn_id b, bn_arena *arena,
                                        bn_why_pair *out, bn_err *err);

/* --- decisions made at head office ------------------------------------------------------------ */
typedef struct bn_consolidate_decision {
    bn_ruling ruling;  /* evidence is filled in; members and dots are put in order */
    const char *actor;
    const char *note;
} bn_consolidate_decision;
BN_CHECKED bn_rc bn_consolidate_decide(bn_consolidate *c, bn_consolidate_decision *decision,
                                       bn_server_saved *saved, bn_err *err);

/* --- models ----------------------------------------------------------------------------------- */
const bn_epoch *bn_consolidate_epoch(const bn_consolidate *c);

typedef struct bn_epoch_difference {
    uint64_t goldens_before;
    uint64_t goldens_after;
    uint64_t moved;    /* customers whose golden id would change */
    uint64_t tasks_before;
    uint64_t tasks_after;
} bn_epoch_difference;

/* What another model would change; nothing is written. */
BN_CHECKED bn_rc bn_consolidate_dry_run(bn_consolidate *c, const bn_epoch *epoch,
                                        bn_epoch_difference *out, bn_err *err);
/* Rebuilds everything under the model, in one transaction. Takes a copy. */
BN_CHECKED bn_rc bn_consolidate_activate(bn_consolidate *c, const bn_epoch *epoch, bn_err *err);

/* --- proof ------------------------------------------------------------------------------------ */
/* BLAKE2b over which customer belongs to which golden record, and over all golden records. */
BN_CHECKED bn_rc bn_consolidate_hash(bn_consolidate *c, bn_hash *out, bn_err *err);

/* Rebuilds everything from records, log and model in memory and compares the tables row by row.
 * BN_E_AGAIN while commits wait; BN_E_CORRUPT when something differs. */
BN_CHECKED bn_rc bn_consolidate_verify(bn_consolidate *c, bn_server_finding finding, void *context,
                                       uint64_t *rows_count, bn_err *err);

#endif
