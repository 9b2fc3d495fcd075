/* epoch.h - the frozen model: everything a score depends on besides the two rows.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Immutable once made. Its canonical bytes are what is stored and sent, their BLAKE2b its name.
 * Two epochs never decide together: edges and clusters carry the hash they were made with.
 */
#ifndef BANYAN_PROTOCOL_MATCH_EPOCH_H
#define BANYAN_PROTOCOL_MATCH_EPOCH_H

#include <banyan/base/arena.h>
#include <banyan/protocol/match/block.h>
#include <banyan/protocol/match/score.h>

#define BN_EPOCH_VERSION 1
#define BN_EPOCH_TERMS_MAX 2000000    /* 7 bytes each */
#define BN_EPOCH_GENERICS_MAX 100000  /* 5 bytes each */
#define BN_EPOCH_CROWDED_MAX 4000000  /* 8 bytes each */
#define BN_EPOCH_BYTES_MAX (48 * 1024 * 1024)

typedef struct bn_epoch_limits {
    int32_t link_min;   /* least weight of a link: posterior .995 */
    int32_t review_min; /* least weight of a review: posterior .5 */
    int32_t mean_min;   /* average-link: mean cross weight must exceed it */
    uint32_t cluster_max;
} bn_epoch_limits;

/* The epoch of a fresh install: the tables of weights.def, no frequencies, nothing crowded, and
 * the prior of `records_count` records. BN_E_NO_MEMORY. */
BN_CHECKED bn_rc bn_epoch_create_default(uint64_t records_count, bn_epoch **out);
BN_CHECKED bn_rc bn_epoch_decode(bn_slice bytes, bn_epoch **out, bn_err *err); /* BN_E_CORRUPT */
void bn_epoch_destroy(bn_epoch **epoch);

/* Canonical bytes: equal models have equal bytes. */
BN_CHECKED bn_rc bn_epoch_encode(const bn_epoch *epoch, bn_buf *out);
const uint8_t *bn_epoch_hash(const bn_epoch *epoch); /* 32 bytes, borrowed */

const bn_epoch_limits *bn_epoch_limits_of(const bn_epoch *epoch);
uint64_t bn_epoch_records_count(const bn_epoch *epoch); /* it was trained on, or given above */

/* Wide keys to be read narrow, ascending; they hold for one secret only. */
const uint64_t *bn_epoch_crowded(const bn_epoch *epoch, size_t *count);

/* False when the epoch's crowded list was made under another secret: its keys would never be
 * found crowded. True when the list is empty. */
bool bn_epoch_fits_secret(const bn_epoch *epoch, const uint8_t secret[BN_BLOCK_SECRET_BYTES]);

/* Values too common to be evidence (a corporate switchboard, noreply@): no key, no agreement. */
bool bn_epoch_is_generic(const bn_epoch *epoch, bn_match_field field, uint32_t tag);

/* Keys of a row that are to be written: without those of generic values. The same contract as
 * bn_block_keys(). */
size_t bn_epoch_keys(const bn_epoch *epoch, const uint8_t secret[BN_BLOCK_SECRET_BYTES],
                     const bn_feature *feature, bn_block_key keys[BN_BLOCK_KEYS_MAX]);

#endif
