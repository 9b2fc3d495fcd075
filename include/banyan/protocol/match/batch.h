/* batch.h - the whole pipeline over rows in memory: keys, pairs, scores, clusters.
 * SPDX-License-Identifier: Apache-2.0
 *
 * For evaluation, for training and for the rebuild that proves an incremental store right. Same
 * set of (rid, row) and decisions in, same result out: for any order, any number of threads.
 */
#ifndef BANYAN_PROTOCOL_MATCH_BATCH_H
#define BANYAN_PROTOCOL_MATCH_BATCH_H

#include <banyan/protocol/match/cluster.h>

#define BN_BATCH_RECORDS_MAX 20000000
#define BN_BATCH_THREADS_MAX 16

typedef struct bn_batch bn_batch;

typedef struct bn_batch_edge {
    uint32_t a; /* places in rid order, a < b */
    uint32_t b;
    int32_t weight;
    uint32_t rules;
} bn_batch_edge;

typedef struct bn_batch_report {
    uint64_t records_count;
    uint64_t keys_count;      /* written */
    uint64_t pairs_count;     /* distinct candidate pairs */
    uint64_t edges_count;     /* at least review_min */
    uint64_t links_count;     /* verdict link */
    uint64_t alarms_count;    /* keys beyond BN_BLOCK_CANDIDATES_MAX; 0 in health */
    uint64_t alarm_records;   /* records under them: only neighbours in rid order were paired */
    uint32_t component_max;   /* records of the largest component */
    uint32_t components_over; /* components beyond BN_COMPONENT_MAX: left as single records */
    uint32_t cluster_max;
    uint64_t clusters_count;
    uint64_t refused_count;
} bn_batch_report;

BN_CHECKED bn_rc bn_batch_create(bn_batch **out);
void bn_batch_destroy(bn_batch **batch);

/* Copies the row. Rids must be distinct: BN_E_EXISTS is reported by bn_batch_seal(). */
BN_CHECKED bn_rc bn_batch_add(bn_batch *batch, const bn_rid *rid, bn_slice row, bn_err *err);

/* Puts the records in rid order; from now on a record is its place there. */
BN_CHECKED bn_rc bn_batch_seal(bn_batch *batch, bn_err *err);
size_t bn_batch_count(const bn_batch *batch);
const bn_rid *bn_batch_rid(const bn_batch *batch, uint32_t place);
bn_slice bn_batch_row(const bn_batch *batch, uint32_t place);
uint32_t bn_batch_place(const bn_batch *batch, uint32_t added); /* of the n-th record added */

/* Candidate pairs under an epoch, distinct, as a << 32 | b with a < b, ascending; borrowed until
 * the next call that changes the batch. */
BN_CHECKED bn_rc bn_batch_pair(bn_batch *batch, const bn_epoch *epoch,
                               const uint8_t secret[BN_BLOCK_SECRET_BYTES], unsigned threads,
                               bn_err *err);
const uint64_t *bn_batch_pairs(const bn_batch *batch, size_t *count);

/* Steward's facts for bn_batch_cluster(), by place; the arrays are borrowed until then. */
typedef struct bn_batch_decisions {
    const bn_cluster_edge *musts;
    size_t musts_count;
    const bn_cluster_pin *pins;
    size_t pins_count;
} bn_batch_decisions;

/* Scores the pairs, keeps edges, finds components and clusters them with edges of at least
 * `edge_min`. `decisions` may be NULL. May be called again, with another edge_min. */
BN_CHECKED bn_rc bn_batch_score(bn_batch *batch, const bn_epoch *epoch, unsigned threads,
                                bn_err *err);
BN_CHECKED bn_rc bn_batch_cluster(bn_batch *batch, const bn_epoch *epoch, int32_t edge_min,
                                  const bn_batch_decisions *decisions, bn_err *err);

const bn_batch_edge *bn_batch_edges(const bn_batch *batch, size_t *count); /* by (a, b) */
const uint32_t *bn_batch_anchors(const bn_batch *batch); /* per place: place of its anchor */
const bn_batch_report *bn_batch_report_of(const bn_batch *batch);

/* BLAKE2b over (rid, rid of the anchor) of all records in rid order: the clustering's name. */
void bn_batch_hash(const bn_batch *batch, uint8_t out[32]);

/* --- training ------------------------------------------------------------------------------ */
/* Learns an epoch from the sealed batch without labels: frequencies, u from pairs chosen by hash,
 * m and prior by EM over candidate pairs chosen by hash, on top of the priors of weights.def.
 * Deterministic: depends on the set of records and the secret only. The batch's pairs are those
 * of the new epoch afterwards. */
BN_CHECKED bn_rc bn_batch_train(bn_batch *batch, const uint8_t secret[BN_BLOCK_SECRET_BYTES],
                                unsigned threads, bn_epoch **out, bn_err *err);

#endif
