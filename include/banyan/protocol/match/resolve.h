/* resolve.h - one component under the decisions: who is one customer, and what is left to ask.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   records, edges, decisions in force --> musts and pins --> bn_cluster_component
 *                                      --> clusters, and questions for a steward
 *
 * The result depends on the sets passed in and on nothing else, so a component may be resolved
 * alone, anywhere, at any time.
 */
#ifndef BANYAN_PROTOCOL_MATCH_RESOLVE_H
#define BANYAN_PROTOCOL_MATCH_RESOLVE_H

#include <banyan/protocol/match/cluster.h>
#include <banyan/protocol/match/decision.h>

#define BN_QUESTION_RIDS_MAX BN_RULING_MEMBERS_MAX
#define BN_QUESTIONS_MAX 256 /* of one component: the strongest */

typedef struct bn_resolve_edge { /* a pair whose verdict is review or link */
    uint32_t a; /* indexes into records, a != b */
    uint32_t b;
    bn_score score;
} bn_resolve_edge;

typedef struct bn_ruling_in_force {
    bn_dot dot;
    bn_hlc hlc;
    bn_ruling ruling;
} bn_ruling_in_force;

typedef struct bn_resolve_input {
    const bn_epoch *epoch;
    const bn_cluster_record *records; /* customers: rid.dot is none */
    uint32_t records_count;
    const bn_resolve_edge *edges;     /* each pair at most once */
    size_t edges_count;
    const bn_ruling_in_force *rulings; /* that name a record of the component, in any order */
    size_t rulings_count;
} bn_resolve_input;

typedef enum bn_question_kind {
    BN_QUESTION_REVIEW = 1,    /* between the thresholds */
    BN_QUESTION_COLLISION = 2, /* one number, two people */
    BN_QUESTION_REFUSED = 3,   /* a link that a constraint, a pin or the mean did not allow */
    BN_QUESTION_CONTRADICTION = 4, /* a decision "same" against a pin or a hard rule */
    BN_QUESTION_STALE = 5,     /* the evidence of a decision changed; it stays in force */
    BN_QUESTION_SIZE = 6       /* a component too large to resolve: left as single records */
} bn_question_kind;

typedef struct bn_question {
    bn_id id;          /* of kind, records and evidence: asked once, however often found */
    bn_question_kind kind;
    const bn_id *rids; /* ascending */
    size_t rids_count;
    uint64_t evidence;
    int32_t weight;    /* of the strongest pair; 0 where none is meant */
    uint32_t rules;
    bn_dot ruling;     /* CONTRADICTION, STALE: the decision */
    bool is_later;     /* a steward put it off */
} bn_question;

typedef struct bn_resolved {
    uint32_t *cluster;    /* per record: index of the cluster's anchor by bn_anchor_compare() */
    bn_clusters clusters; /* with the trace of merges and refusals */
    bn_question *questions; /* ascending by id */
    size_t questions_count;
} bn_resolved;

/* All in `arena`. A component beyond BN_COMPONENT_MAX stays single records, with a question. */
BN_CHECKED bn_rc bn_resolve(const bn_resolve_input *input, bn_arena *arena, bn_resolved *out,
                            bn_err *err);

/* Is a decision's evidence still what it was? `row_of` gives the checked row, empty when gone. */
typedef bn_slice (*bn_row_of)(void *context, bn_id id);

/* The question a changed evidence raises; false when there is none. */
bool bn_resolve_stale(const bn_ruling_in_force *ruling, const bn_ruling_in_force *rulings,
                      size_t rulings_count, bn_row_of row_of, void *context, bn_arena *arena,
                      bn_question *out);

bn_id bn_question_id(bn_question_kind kind, const bn_id *rids, size_t count, uint64_t evidence);
const char *bn_question_name(bn_question_kind kind); /* "review" */

/* --- why ----------------------------------------------------------------------------------- */
typedef enum bn_why {
    BN_WHY_SAME_RULED = 1, /* a steward joined them, or records between them */
    BN_WHY_SAME_IDENTITY = 2,
    BN_WHY_SAME_WEIGHT = 3,
    BN_WHY_APART_RULED = 4,
    BN_WHY_APART_FORBIDDEN = 5,
    BN_WHY_APART_REFUSED = 6,  /* strong enough, but the merge was refused: see `step` */
    BN_WHY_APART_REVIEW = 7,   /* in the band: a steward decides */
    BN_WHY_APART_WEIGHT = 8,   /* too weak */
    BN_WHY_APART_NO_KEY = 9    /* strong enough, but no key brings them together */
} bn_why;

typedef struct bn_why_pair {
    bn_why why;
    bn_explanation pair;         /* of the two rows, whatever decided */
    const bn_cluster_step *step; /* that joined or refused them, NULL: none */
    bn_dot ruling;
} bn_why_pair;

typedef struct bn_why_query {
    uint32_t a; /* records of the component */
    uint32_t b;
    bool is_candidate; /* a key brings the two together */
} bn_why_query;

/* Why the two records of the resolved component are one or are not. BN_E_NO_MEMORY. */
BN_CHECKED bn_rc bn_resolve_why(const bn_resolve_input *input, const bn_resolved *resolved,
                                const bn_why_query *query, bn_arena *arena, bn_why_pair *out);

const char *bn_why_name(bn_why why); /* "same_weight" */

#endif
