/* train.h - the steps of learning an epoch.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_MATCH_TRAIN_H
#define BANYAN_MATCH_TRAIN_H

#include "batch_parts.h"

typedef struct pattern { /* a level vector and how many pairs show it */
    uint64_t levels;
    uint64_t count;
} pattern;

typedef struct patterns { /* ascending by levels */
    pattern *at;
    size_t count;
    uint64_t pairs_count;
} patterns;

typedef struct sample {
    patterns candidates;
    patterns strangers; /* pairs chosen by hash among all pairs */
    double scale;       /* candidate pairs per sampled one */
    double all_pairs;
    double chance[BN_MATCH_FIELD_COUNT]; /* closed form: two random values are equal; < 0 unknown */
} sample;

/* Fills terms, floors and generic values of `epoch`, and `chance`. */
BN_CHECKED bn_rc train_terms(const bn_batch *batch, bn_epoch *epoch,
                             double chance[BN_MATCH_FIELD_COUNT]);

/* Fills the crowded list. */
BN_CHECKED bn_rc train_crowded(const bn_batch *batch, bn_epoch *epoch,
                               const uint8_t secret[BN_BLOCK_SECRET_BYTES], unsigned threads);

BN_CHECKED bn_rc train_sample(const bn_batch *batch, const bn_epoch *epoch, unsigned threads,
                              sample *out);
void train_sample_fini(sample *s);

/* Sets m, u and prior of `epoch` from the sample. */
void train_weights(const sample *s, bn_epoch *epoch);

#endif
