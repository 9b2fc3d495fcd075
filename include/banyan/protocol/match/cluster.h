/* cluster.h - from pairs to customers: constrained average-link inside one component.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   records + edges + decisions --> components (union-find) --> per component:
 *   contract must-links, then identity groups, then visit edges by (weight desc, rid, rid):
 *   merge X, Y when no constraint parts them, |X|+|Y| <= MAX and the mean weight of all their
 *   cross pairs (missing ones scored on demand, each held within +-20 bits) exceeds mean_min.
 *
 * The result depends on the set of records, edges and decisions and on nothing else: not on
 * their order, not on any record outside the component.
 */
#ifndef BANYAN_PROTOCOL_MATCH_CLUSTER_H
#define BANYAN_PROTOCOL_MATCH_CLUSTER_H

#include <banyan/base/arena.h>
#include <banyan/protocol/match/epoch.h>

#define BN_CLUSTER_MAX 60          /* records of one customer that merge by themselves */
#define BN_COMPONENT_MAX 20000     /* records of one component; more is BN_E_LIMIT */
#define BN_CLUSTER_CLAMP_BITS 20

typedef struct bn_cluster_edge { /* indexes into bn_component.records */
    uint32_t a;
    uint32_t b;
    int32_t weight;
} bn_cluster_edge;

/* A steward's facts. A cannot-link is a pin of two groups of one record. */
typedef struct bn_cluster_pin {
    uint32_t pin;    /* number of the pin within the component */
    uint32_t group;  /* records of two groups of one pin never share a cluster */
    uint32_t record;
} bn_cluster_pin;

typedef struct bn_cluster_record {
    bn_rid rid;
    bn_slice row; /* checked */
} bn_cluster_record;

typedef struct bn_component {
    const bn_epoch *epoch;
    int32_t edge_min; /* edges below it drive no merge; usually the epoch's link_min */
    const bn_cluster_record *records; /* in any order; rids distinct */
    uint32_t records_count;
    const bn_cluster_edge *edges; /* in any order; a pair at most once, a != b */
    size_t edges_count;
    const bn_cluster_edge *musts; /* must-links; .weight is not read */
    size_t musts_count;
    const bn_cluster_pin *pins;
    size_t pins_count;
} bn_component;

typedef enum bn_merge_cause {
    BN_MERGE_MUST,     /* a steward said so */
    BN_MERGE_IDENTITY, /* one verified number */
    BN_MERGE_WEIGHT
} bn_merge_cause;

typedef enum bn_refusal {
    BN_REFUSED_NOT,
    BN_REFUSED_FORBIDDEN, /* a hard rule parts a member of one from a member of the other */
    BN_REFUSED_PIN,       /* a steward's pin does; a must-link against a pin is refused too */
    BN_REFUSED_SIZE,
    BN_REFUSED_MEAN       /* they do not cohere */
} bn_refusal;

/* One step of the run, in order: what was joined or not, and why. */
typedef struct bn_cluster_step {
    bn_merge_cause cause;
    bn_refusal refusal;
    uint32_t a; /* the pair that drove it: records, the lower rid first */
    uint32_t b;
    int32_t weight;      /* of that pair */
    int64_t weights_sum; /* of all cross pairs, clamped; mean = sum / (size_a * size_b) */
    uint32_t size_a;     /* of the cluster of `a` before */
    uint32_t size_b;
} bn_cluster_step;

typedef struct bn_clusters {
    uint32_t *anchor; /* per record: the member with the least rid of its cluster */
    uint32_t clusters_count;
    bn_cluster_step *steps; /* merges and refusals, in order; each refused pair once */
    size_t steps_count;
} bn_clusters;

/* Everything in `out` lives in `arena`. BN_E_LIMIT for a component beyond BN_COMPONENT_MAX,
 * BN_E_INVALID for an index out of range, BN_E_NO_MEMORY. */
BN_CHECKED bn_rc bn_cluster_component(const bn_component *component, bn_arena *arena,
                                      bn_clusters *out, bn_err *err);

/* --- components ---------------------------------------------------------------------------- */
/* Union-find over 0..count-1 in the caller's array: the root is always the least member. */
void bn_union_init(uint32_t *parent, uint32_t count);
uint32_t bn_union_find(uint32_t *parent, uint32_t member);
void bn_union_join(uint32_t *parent, uint32_t a, uint32_t b);

#endif
