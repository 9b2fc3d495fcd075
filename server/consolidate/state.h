/* state.h - what the parts of consolidation share.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   bn_consolidate  one open server's consolidation
 *   work            one transaction: where records are read from, where results are written to
 *
 * The two transactions of a work are one and the same in a slice; a rebuild reads the store and
 * writes into memory.
 */
#ifndef BANYAN_SERVER_CONSOLIDATE_STATE_H
#define BANYAN_SERVER_CONSOLIDATE_STATE_H

#include "consolidate.h"

#define WORK_ARENA_BYTES ((size_t)1 << 30)
#define MADE_ARENA_BYTES ((size_t)256 << 20)
#define CURSOR_NAME "golden.cursor"
#define EPOCH_NAME "golden.epoch"
#define SIZE_NONE UINT32_MAX

/* Ids in the order they were first added, each with its number. */
typedef struct id_set {
    bn_arena *arena;
    bn_id *ids;
    uint32_t count;
    uint32_t capacity;
    uint32_t *slots; /* number + 1; 0: free */
    uint32_t slots_mask;
} id_set;

BN_CHECKED bn_rc id_set_add(id_set *set, bn_id id, uint32_t *number);
uint32_t id_set_find(const id_set *set, bn_id id); /* SIZE_NONE */

struct bn_consolidate {
    bn_server *server;
    bn_kv *kv;
    bn_epoch *epoch;
    uint8_t secret[BN_BLOCK_SECRET_BYTES];
    uint64_t cursor;
    uint64_t alarms;
    bn_arena arena;
    bn_arena made;
};

typedef struct work {
    bn_consolidate *c;
    const bn_epoch *epoch;
    bn_kv_txn *source;
    bn_kv_txn *txn;
    bn_arena *arena; /* of the whole transaction */
    bn_arena *made;  /* of one golden record */
    uint64_t cseq;   /* of the events */
    uint32_t events_count;
    bool keeps_events;
    id_set missing;  /* members met that a commit still to come removes */
} work;

/* --- store.c ---------------------------------------------------------------------------------- */
/* Copies the value into the arena. BN_E_NOT_FOUND. */
BN_CHECKED bn_rc store_get(bn_kv_txn *txn, bn_table table, bn_slice key, bn_arena *arena,
                           bn_slice *out, bn_err *err);
BN_CHECKED bn_rc store_row(work *w, bn_id id, bn_slice *row, bn_err *err); /* empty: none */
BN_CHECKED bn_rc store_put_row(work *w, bn_id id, bn_slice before, bn_slice after, bn_err *err);
BN_CHECKED bn_rc store_golden_of(work *w, bn_id id, bn_id *golden, bn_err *err); /* zero: none */

BN_CHECKED bn_rc store_rulings(work *w, bn_id id, bn_ruling_in_force **out, size_t *count,
                               bn_err *err);
BN_CHECKED bn_rc store_ruling(work *w, bn_dot dot, bn_ruling_in_force *out, bn_err *err);
BN_CHECKED bn_rc store_put_ruling(work *w, bn_dot dot, bn_hlc hlc, bn_slice body,
                                  const bn_ruling *ruling, bn_err *err);

BN_CHECKED bn_rc store_del_tasks(work *w, bn_id id, bn_err *err);
BN_CHECKED bn_rc store_put_task(work *w, const bn_question *task, bn_err *err);
BN_CHECKED bn_rc task_decode(bn_id id, bn_slice bytes, bn_arena *arena, bn_question *out,
                             bn_err *err);
BN_CHECKED bn_rc store_put_event(work *w, const bn_golden_event *event, bn_err *err);

/* Walks the keys that start with `prefix`. */
typedef bn_rc (*store_visit)(void *context, bn_slice key, bn_slice value, bn_err *err);
BN_CHECKED bn_rc store_walk(bn_kv_txn *txn, bn_table table, bn_slice prefix, store_visit visit,
                            void *context, bn_err *err);

/* --- source.c --------------------------------------------------------------------------------- */
/* A customer with its documents, phones, e-mails and addresses; *exists false: removed or never
 * there, *out is not filled. */
BN_CHECKED bn_rc source_load(work *w, bn_id id, bn_arena *arena, bn_golden_source *out,
                             bool *exists, bool *was, bn_err *err);

/* --- reach.c ---------------------------------------------------------------------------------- */
typedef struct reached { /* one component */
    bn_cluster_record *records;
    uint32_t records_count;
    bn_resolve_edge *edges;
    size_t edges_count;
    bn_ruling_in_force *rulings;
    size_t rulings_count;
} reached;

/* Customers that share a key with the row, itself excluded. */
BN_CHECKED bn_rc reach_candidates(work *w, bn_id id, bn_slice row, id_set *out, bn_err *err);
/* Neighbours: edges to candidates and by decisions. */
BN_CHECKED bn_rc reach_neighbours(work *w, bn_id id, bn_slice row, id_set *out, bn_err *err);
/* The component of a customer; its members are added to `seen`. */
BN_CHECKED bn_rc reach_component(work *w, bn_id seed, id_set *seen, reached *out, bn_err *err);

/* --- apply.c ---------------------------------------------------------------------------------- */
typedef struct changes {
    id_set dirty; /* customers whose record or kin changed */
    id_set ruled; /* customers named by a decision that came or ended */
} changes;

BN_CHECKED bn_rc apply_changes(work *w, const changes *found, bn_err *err);
/* Rows and keys only, as the first half of a rebuild: nothing is resolved before all are there. */
BN_CHECKED bn_rc apply_rows(work *w, const id_set *customers, bn_err *err);

/* --- settle.c --------------------------------------------------------------------------------- */
/* Writes clusters, golden records, redirects, questions and events of the processed customers. */
typedef struct settled {
    id_set processed; /* customers of the components looked at, and removed ones */
    id_set touched;   /* customers whose values or pins may have changed */
} settled;
BN_CHECKED bn_rc settle_component(work *w, const reached *component, const bn_resolved *resolved,
                                  settled *s, bn_err *err);
BN_CHECKED bn_rc settle_removed(work *w, bn_id id, bool was, bn_err *err);
BN_CHECKED bn_rc settle_values(work *w, bn_id id, bn_err *err);
BN_CHECKED bn_rc settle_stale(work *w, const settled *s, bn_err *err);

/* --- slice.c, rebuild.c ----------------------------------------------------------------------- */
/* Takes down what the commits (from, to] changed. */
BN_CHECKED bn_rc slice_read(work *w, uint64_t from, uint64_t to, bool decisions_only,
                            changes *out, bn_err *err);
BN_CHECKED bn_rc rebuild_all(work *w, uint64_t up_to, bn_err *err);

/* --- epochs.c --------------------------------------------------------------------------------- */
BN_CHECKED bn_rc epochs_load(bn_consolidate *c, bn_err *err);
BN_CHECKED bn_rc epochs_store(bn_kv_txn *txn, const bn_epoch *epoch, bn_err *err);

#endif
