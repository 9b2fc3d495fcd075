/* model.h - a second, naive reading of docs/sync.md: arrays and loops, none of the engines' code.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Fed with the commits in order (dot, base, K, values, effective clock) it says what each op should
 * have become and what records and conflicts should look like at the end. Who may change what is
 * read from the log: an op the server refused changes nothing here either.
 */
#ifndef BANYAN_TOOLS_SIM_MODEL_H
#define BANYAN_TOOLS_SIM_MODEL_H

#include "sim.h"

#define MODEL_ITEMS_MAX 512
#define MODEL_CANDIDATES_MAX 64

typedef struct model_item {
    uint16_t field;
    bn_dot dot;
    bn_value value;
    uint64_t cseq;
} model_item;

typedef struct model_record {
    uint16_t kind;
    bn_id id;
    bn_cell cells[BN_FIELDS_MAX + 1]; /* by field number; a cseq of 0: never written */
    model_item items[MODEL_ITEMS_MAX];
    size_t items_count;
    bn_dot removal_base; /* what the existence in force was made from */
    bool is_unknown; /* something happened that this model does not cover */
} model_record;

typedef struct model_candidate {
    bn_dot dot;
    bn_cell cells[BN_FIELDS_MAX];
    size_t cells_count;
} model_candidate;

typedef struct model_conflict {
    bn_id id;
    bn_conflict_state state;
    uint16_t kind;
    bn_id entity;
    uint16_t field;
    uint8_t group;
    bn_dot decided;
    bn_dot before;
    model_candidate candidates[MODEL_CANDIDATES_MAX];
    size_t candidates_count;
    bool is_by_edit; /* an edit won over a removal: existence stayed as it was */
    bn_dot base;
    bool has_base_cell; /* the existence both were made from, while it was in force */
    bn_cell base_cell;
} model_conflict;

typedef struct model_lost { /* a write that is not in force, and what it was made from */
    bn_dot dot;
    uint16_t field;
    bn_dot base;
} model_lost;

typedef struct model_dot {
    bn_dot dot;
    uint32_t branch;
    uint64_t cseq;
} model_dot;

typedef struct model {
    model_record **records;
    size_t records_count, records_capacity;
    model_conflict **conflicts;
    size_t conflicts_count, conflicts_capacity;
    model_lost *lost;
    size_t lost_count, lost_capacity;
    model_dot *dots;
    size_t dots_count, dots_capacity;
} model;

void model_fini(model *m);

/* Takes one commit that was not refused; what its op should have become. */
bn_outcome model_commit(model *m, const bn_commit_view *commit, bool was_in_view);

/* An op that was refused: nothing of it is in force. */
void model_refused(model *m, const bn_commit_view *commit);

model_record *model_find(const model *m, uint16_t kind, bn_id id); /* NULL */

/* model_write.c */
typedef struct model_op { /* one op being decided */
    model *m;
    const bn_commit_view *commit;
    const bn_kind_def *kind;
    model_record *record;
    bn_stamp stamp;
    bn_outcome outcome;
    bool was_in_view; /* at K, as far as a blind op needs to know */
} model_op;

void model_worse(model_op *o, bn_outcome outcome);
void model_lose(model_op *o, uint16_t field, bn_dot base);
bool model_follow(const model *m, bn_dot dot, uint16_t field, bn_dot *base);
model_conflict *model_conflict_at(model_op *o, uint16_t field, uint8_t group, bn_dot base);
void model_candidate_add(model_conflict *conflict, const model_candidate *candidate,
                         bn_dot made_from);
void model_write(model_op *o);
uint16_t model_unit_field(const bn_kind_def *kind, const bn_field_def *field);
bool model_is_of_unit(const bn_kind_def *kind, uint16_t unit, uint8_t group, uint16_t field);
bn_stamp model_current(const model_op *o, uint16_t unit, uint8_t group);
void model_causal(model_op *o, uint16_t unit, const model_candidate *incoming, bn_dot base,
                  bn_dot current);
void *model_grow(void *array, size_t count, size_t *capacity, size_t size);

#endif
