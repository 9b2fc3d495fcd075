/* block_pass.h - filling in the keys of one pass.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_MATCH_BLOCK_PASS_H
#define BANYAN_MATCH_BLOCK_PASS_H

#include <banyan/protocol/match/block.h>

#define PART_BYTES_MAX 64
#define NAME_PARTS_MAX (2 * BN_MATCH_NAMES_MAX)

typedef struct part { /* a family or given name as it sounds, without blanks */
    uint8_t bytes[PART_BYTES_MAX];
    size_t len;
} part;

typedef struct name_pair {
    part family;
    part given;
    bool is_read; /* out of Hanzi: already a sound */
} name_pair;

typedef struct block_maker {
    const uint8_t *secret;
    const bn_feature *feature;
    bn_block_key *keys;
    size_t count;
    bn_pass pass;
    name_pair names[NAME_PARTS_MAX];
    unsigned names_count;
} block_maker;

/* Reads the names of the feature: once, before any pass. */
void block_names(block_maker *m);

bool block_applies(bn_pass pass, bn_party party);

/* Appends the keys of `pass`. */
void block_run(block_maker *m, bn_pass pass);

#endif
