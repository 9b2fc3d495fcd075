/* measure.h - how good a clustering is against the truth.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_TOOLS_MATCH_MEASURE_H
#define BANYAN_TOOLS_MATCH_MEASURE_H

#include "load.h"

#define CALIBRATION_BINS 10

typedef struct clustering_measure {
    uint64_t found_pairs;   /* pairs of records that share a cluster */
    uint64_t right_pairs;   /* of these, pairs of one entity */
    double precision;
    double recall;
    double f1;
    double b3_precision;
    double b3_recall;
    double b3_f1;
    uint32_t clusters_count;
    uint32_t exact_count;   /* entities that are exactly one cluster */
    uint32_t over_merged;   /* clusters that hold two entities */
    uint32_t under_merged;  /* entities in two clusters */
    uint32_t cluster_max;
    uint8_t hash[32];
} clustering_measure;

typedef struct bin { /* of candidate pairs by their chance of a match */
    uint64_t pairs;
    double expected; /* sum of chances */
    uint64_t actual;
} bin;

typedef struct measure {
    uint64_t records_count;
    uint32_t entities_count;
    uint64_t true_pairs;
    uint64_t candidate_pairs;
    uint64_t candidate_true_pairs;
    double blocking_recall;
    double reduction;
    uint64_t review_pairs;
    uint64_t review_true_pairs;
    uint64_t link_pairs;
    uint64_t link_true_pairs;
    bin bins[CALIBRATION_BINS];
    clustering_measure natural;   /* edges of at least review_min drive merges */
    clustering_measure automatic; /* edges of at least link_min do: what the product joins */
    uint64_t alarms_count;
    uint32_t component_max;
    double train_s;
    double pair_s;
    double score_s;
    double cluster_s;
    uint64_t peak_kib;
    uint8_t epoch_hash[32];
} measure;

/* Clusters are `anchors`; needs truth. */
BN_CHECKED bn_rc measure_clusters(const loaded *l, clustering_measure *out);

/* Fills the figures about pairs; scores all candidate pairs once more. */
void measure_pairs(const loaded *l, const bn_epoch *epoch, measure *out);

void report_text(const measure *m);
void report_json(const measure *m);

#endif
