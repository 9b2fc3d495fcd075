/* commit.h - deciding ops and writing what was decided, within the engine's transaction.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   bn_commit_op -> decode, validate, held?, scope       decide.c, scope.c
 *                -> per field or group: relate, decide   fields.c, removal.c, conflicts.c
 *                -> or resolve, undo                     resolve.c
 *                -> record, conflicts, DOT, COMMIT, FEED persist.c
 *                -> who enters or leaves the view        views.c
 *
 * A function that finds the op not acceptable calls bn_refuse(), whose BN_E_DENIED travels up to
 * bn_commit_op(); nothing has been written until then.
 */
#ifndef BANYAN_SERVER_COMMIT_H
#define BANYAN_SERVER_COMMIT_H

#include "server/engine.h"

#include <banyan/protocol/version.h>

#define BN_CELLS_MAX (BN_FIELDS_MAX + 2)
#define BN_TOUCHED_MAX (BN_FIELDS_MAX + 2)

/* --- commit entries -------- */
enum {
    BN_ENTRY_AS_SENT = 1,   /* effects, when empty, follow from the op alone */
    BN_ENTRY_SUSPECT = 2,   /* the clock was clamped */
    BN_ENTRY_RETRY = 4,     /* decided again: the dot has an earlier entry */
    BN_ENTRY_HAS_OP = 8,    /* the op's bytes can be decoded */
    BN_ENTRY_MORE = 16,     /* the next op of the origin belongs to it */
    BN_ENTRY_VIEW = 32,     /* ENTER or LEAVE behind an op: no op of its own */
    BN_ENTRY_ERASED = 64    /* the op's values were taken out for good */
};

typedef struct bn_entry {
    uint64_t cseq;
    uint8_t flags;
    bn_outcome outcome;
    bn_dot dot;
    uint32_t branch;
    uint64_t wall_ms;
    bn_hlc hlc;            /* effective */
    uint16_t kind;         /* record it is about */
    bn_id id;
    bn_slice reason;
    bn_slice op;           /* bytes as signed */
    bn_slice effects;      /* encoded one after the other: what others than the author get */
    bn_slice was;          /* encoded partial record: values before, of indexed fields */
} bn_entry;

void bn_entry_encode(const bn_entry *entry, bn_buf *out);
BN_CHECKED bn_rc bn_entry_decode(uint64_t cseq, bn_slice bytes, bn_entry *out, bn_err *err);
/* Slices live in the arena. */
BN_CHECKED bn_rc bn_entry_get(bn_kv_txn *txn, uint64_t cseq, bn_arena *arena, bn_entry *out,
                              bn_err *err);
/* The effects of an entry: stored ones, or the PUT that an op applied as sent amounts to. */
BN_CHECKED bn_rc bn_entry_effects(const bn_entry *entry, bn_arena *arena, bn_buf *out,
                                  bn_err *err);

/* --- one decision -------- */
typedef struct bn_touched { /* a conflict this op opened or changed */
    bn_conflict conflict;
    bn_conflict_state before; /* 0: it is new */
} bn_touched;

typedef struct bn_lost {
    uint16_t field;
    bn_dot base;
} bn_lost;

struct bn_decision {
    bn_server *server;
    bn_origin *origin;
    uint32_t branch;       /* of the author; 0: the server */
    bn_dot dot;
    bool is_retry;
    bn_slice bytes;
    bool has_op;
    bn_op op;
    bn_stamp stamp;
    bool is_suspect;
    const bn_kind_def *kind;
    bn_record record;      /* working copy */
    bool was_empty;
    bool existed;
    bn_view before;        /* who held the record */
    bool is_in_view;       /* the author's branch is among them */
    uint64_t enter_cseq;
    bool is_plain;         /* so far as sent: the record is what bn_record_apply_op makes */
    bool is_asking;        /* second round: every scalar write becomes an open conflict */
    bn_outcome outcome;
    char reason[BN_REASON_BYTES];

    bn_cell cells[BN_CELLS_MAX]; /* the PUT */
    size_t cells_count;
    bn_cell items[BN_CELLS_MAX];
    size_t items_count;
    struct bn_gone gone[BN_CELLS_MAX];
    size_t gone_count;
    bool has_counter;
    bn_cell was[BN_CELLS_MAX];
    size_t was_count;
    bn_lost lost[BN_CELLS_MAX];
    size_t lost_count;
    bn_touched touched[BN_TOUCHED_MAX];
    size_t touched_count;
};

bn_decision *bn_decision_create(void);
void bn_decision_destroy(bn_decision **decision);

/* Takes down why the op is not acceptable; always BN_E_DENIED. */
BN_CHECKED bn_rc bn_refuse(bn_decision *d, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The outcome of an op is the least favourable of its fields. */
void bn_outcome_worse(bn_decision *d, bn_outcome outcome);

typedef struct bn_committed {
    uint64_t cseq;
    bn_outcome outcome;
    bool as_sent;
    const char *reason; /* until the next op is decided */
} bn_committed;

/* Decides the op under the next cseq and writes everything. `op_bytes` live as long as the batch's
 * arena. Errors are those of the store: the transaction is lost. */
BN_CHECKED bn_rc bn_commit_op(bn_server *server, bn_origin *origin, uint64_t oseq,
                              bn_slice op_bytes, bool is_retry, bn_committed *out, bn_err *err);

/* True when this op of the origin was committed before. */
bool bn_push_is_repeat(const bn_origin *origin, uint64_t oseq);

/* --- parts of it -------- */
/* One field, or the fields of one group, that an op writes. */
typedef struct bn_unit {
    uint16_t field;        /* lowest of the group by the schema: names the unit */
    uint8_t group;
    bn_policy policy;
    const bn_change *changes[BN_FIELDS_MAX];
    size_t changes_count;
    bn_dot base;
    bool has_current;
    bn_stamp current;
} bn_unit;

BN_CHECKED bn_rc bn_decide_write(bn_decision *d, bn_err *err);
BN_CHECKED bn_rc bn_decide_existence(bn_decision *d, const bn_change *change, bn_err *err);
BN_CHECKED bn_rc bn_decide_unseen_removal(bn_decision *d, bn_err *err);
BN_CHECKED bn_rc bn_decide_resolution(bn_decision *d, bn_err *err);
BN_CHECKED bn_rc bn_decide_undo(bn_decision *d, bn_err *err);
BN_CHECKED bn_rc bn_decide_erase(bn_decision *d, bn_err *err);

bn_relation bn_decide_relation(bn_decision *d, const bn_unit *unit, bn_dot *base);
/* Is the field `of`, or one of its group (0: it has none)? */
bool bn_decide_is_of(const bn_decision *d, uint16_t field, uint16_t of, uint8_t group);
BN_CHECKED bn_rc bn_decide_put(bn_decision *d, const bn_cell *cell);
BN_CHECKED bn_rc bn_decide_lost(bn_decision *d, uint16_t field, bn_dot base);
/* The record as it was decided: as sent, or by the PUT collected. */
BN_CHECKED bn_rc bn_decide_apply(bn_decision *d);

/* HELD when the op builds on a blocked one; loads the record and checks the scope. */
BN_CHECKED bn_rc bn_scope_held(bn_decision *d, bn_err *err);
BN_CHECKED bn_rc bn_scope_check(bn_decision *d, bn_err *err);
BN_CHECKED bn_rc bn_scope_sees(bn_decision *d, uint16_t kind, bn_id id, bool *sees, bn_err *err);

/* --- conflicts -------- */
BN_CHECKED bn_rc bn_conflicts_load_filter(bn_server *server, bn_err *err);
/* The record of (entity, unit, base), loaded or new, in the list of this op. */
BN_CHECKED bn_rc bn_conflicts_touch(bn_decision *d, uint16_t field, uint8_t group,
                                    bn_policy policy, bn_dot base, bn_touched **out, bn_err *err);
BN_CHECKED bn_rc bn_conflicts_add(bn_decision *d, bn_conflict *conflict,
                                  const bn_candidate *candidate, bn_dot made_from);
/* The candidate an op or a cell in force makes. */
BN_CHECKED bn_rc bn_conflicts_incoming(bn_decision *d, const bn_unit *unit, bn_candidate *out);
BN_CHECKED bn_rc bn_conflicts_in_force(bn_decision *d, uint16_t field, uint8_t group,
                                       bn_candidate *out, bool *has, bn_err *err);
BN_CHECKED bn_rc bn_conflicts_author(bn_decision *d, const bn_stamp *stamp, bn_candidate *out,
                                     bn_err *err);
/* A causal write met open conflicts of its unit: superseded or joined. */
BN_CHECKED bn_rc bn_conflicts_causal(bn_decision *d, const bn_unit *unit, bn_err *err);
void bn_conflicts_close(bn_decision *d, bn_conflict *conflict, bn_conflict_state state,
                        bn_dot decided, bn_slice by, uint32_t branch);
void bn_conflicts_reopen(bn_decision *d, bn_conflict *conflict);
BN_CHECKED bn_rc bn_conflicts_write(bn_decision *d, bn_err *err);
/* An erased record leaves no values in conflict records either. */
BN_CHECKED bn_rc bn_conflicts_erase(bn_decision *d, bn_err *err);
bool bn_conflicts_may_be_open(const bn_server *server, bn_id entity);

/* --- views and feeds -------- */
typedef enum bn_feed_type {
    BN_FEED_OWN = 1,     /* own op applied as sent */
    BN_FEED_OUTCOME = 2, /* own op decided otherwise, nothing of it for the branch */
    BN_FEED_DECIDED = 3, /* own op decided otherwise, with the effects of the commit */
    BN_FEED_EFFECTS = 4  /* effects of the commit: another's op, ENTER, LEAVE */
} bn_feed_type;

BN_CHECKED bn_rc bn_feed_add(bn_server *server, bn_branch *branch, uint64_t cseq,
                             bn_feed_type type, uint64_t oseq, bool more, bn_err *err);
/* NULL unless the branch has a machine that may still hear of things. */
bn_branch *bn_feed_listener(bn_server *server, uint32_t branch);

BN_CHECKED bn_rc bn_view_of(bn_server *server, bn_kv_txn *txn, const bn_record *record,
                            bn_arena *arena, bn_view *out, bn_err *err);
const struct bn_view_branch *bn_view_find(const bn_view *view, uint32_t branch);
/* Commits behind the op for whoever enters or leaves the view of its record. */
BN_CHECKED bn_rc bn_views_follow(bn_decision *d, bn_err *err);
/* ENTER commits of everything a branch may see: the start of a feed. */
BN_CHECKED bn_rc bn_views_enter_all(bn_server *server, bn_branch *branch, bn_err *err);
/* Highest commit at which the record left the branch's view; 0: never. */
BN_CHECKED bn_rc bn_view_left(bn_server *server, uint32_t branch, uint16_t kind, bn_id id,
                              uint64_t *out, bn_err *err);

/* Writes record, conflicts, DOT, COMMIT and FEED rows of the decision. */
BN_CHECKED bn_rc bn_persist(bn_decision *d, bn_err *err);
BN_CHECKED bn_rc bn_persist_entry(bn_server *server, const bn_entry *entry, bn_err *err);

/* --- quarantine -------- */
BN_CHECKED bn_rc bn_quarantine_write(bn_decision *d, bn_err *err);
BN_CHECKED bn_rc bn_quarantine_blocks(bn_server *server, bn_dot dot, bool *blocks, bn_err *err);
BN_CHECKED bn_rc bn_quarantine_blocks_record(bn_server *server, uint32_t origin, uint16_t kind,
                                             bn_id id, uint64_t before, bool *blocks,
                                             bn_err *err);

/* --- replies that follow a commit -------- */
/* Keeps a reply until the commit is on disk. */
BN_CHECKED bn_rc bn_server_hold_ack(bn_server *server, const bn_route *route,
                                    const bn_message *message);
/* After the commit: sends all. After a failure: pushes are told BUSY, the rest is forgotten. */
void bn_server_release_holds(bn_server *server);
void bn_server_drop_holds(bn_server *server);
/* Encodes and sends at once; what the link does not take is lost, as on any link. */
bn_rc bn_server_send(bn_server *server, const bn_route *route, const bn_message *message);

#endif
