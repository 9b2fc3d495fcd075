/* survivor.h - candidates of the units, between collecting and ranking them.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_MATCH_SURVIVOR_H
#define BANYAN_MATCH_SURVIVOR_H

#include <banyan/protocol/match/survivor.h>

#define SURVIVOR_UNITS_MAX 40  /* numbers of units stay below */
#define SURVIVOR_BORN_MAX 16   /* identity numbers that fit their check digit */

/* One row of BN_SURVIVOR_SOURCE. */
typedef struct survivor_field {
    bn_survivor_unit unit;
    uint16_t kind;
    uint16_t verified;                      /* field, 0: none */
    uint16_t fields[BN_SURVIVOR_PARTS_MAX]; /* 0: no such part */
} survivor_field;

const survivor_field *survivor_fields(size_t *count);

typedef struct survivor_candidate {
    const bn_survivor_rule *rule;
    bn_option option;
    bn_slice key;        /* normal form of its k parts */
    uint32_t source;     /* index of the member; sources_count: a pinned value of its own */
    uint32_t filled;
    bool is_pinned;
    bool is_wrong;       /* looks like a mistake: loses trust */
} survivor_candidate;

/* What the valid identity numbers of the cluster prove. */
typedef struct survivor_proof {
    int64_t born[SURVIVOR_BORN_MAX];
    bool is_male[SURVIVOR_BORN_MAX];
    size_t count;
} survivor_proof;

typedef struct survivor_list {
    survivor_candidate *candidates;
    size_t count;
    size_t capacity;
    bn_arena *arena;
    survivor_proof proof;
} survivor_list;

/* All candidates of all units. */
BN_CHECKED bn_rc survivor_collect(const bn_cluster_view *cluster, survivor_list *list, bn_err *err);

/* Normal form, proof and doubts of one candidate. */
BN_CHECKED bn_rc survivor_judge(survivor_list *list, survivor_candidate *candidate, bn_err *err);

/* Takes down a resident number that fits its check digit. */
void survivor_note_proof(survivor_list *list, bn_slice type, bn_slice number);

#endif
