/* block.h - blocking keys: under which hashes a row is filed, and which of them are read.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   row --> keys {pass, wide, narrow}     written: every wide and every narrow key
 *   epoch's list of crowded wide keys --> read: wide, or narrow where wide is crowded
 *
 * Keys are SipHash under a secret of the index, so that a stolen index does not name people. The
 * choice between wide and narrow belongs to the key and the epoch and never to how many records
 * are there today; hence it does not change when a record comes or goes.
 */
#ifndef BANYAN_PROTOCOL_MATCH_BLOCK_H
#define BANYAN_PROTOCOL_MATCH_BLOCK_H

#include <banyan/protocol/match/feature.h>

#define BN_BLOCK_SECRET_BYTES 16
#define BN_BLOCK_KEYS_MAX 96          /* of one row */
#define BN_BLOCK_CANDIDATES_MAX 2000 /* safety cap of one key: beyond it, an alarm */

typedef enum bn_pass {
#define BN_PASS(NAME, crowd, text) BN_PASS_##NAME,
#include <banyan/protocol/match/passes.def>
#undef BN_PASS
    BN_PASS_COUNT
} bn_pass;

typedef struct bn_block_key {
    uint64_t wide;   /* never 0 */
    uint64_t narrow; /* 0: this pass has no narrower key for this row */
    uint8_t pass;    /* bn_pass */
} bn_block_key;

/* The keys of a row, ascending by (wide, narrow), without duplicates. Needs bn_crypto_start(). */
size_t bn_block_keys(const uint8_t secret[BN_BLOCK_SECRET_BYTES], const bn_feature *feature,
                     bn_block_key keys[BN_BLOCK_KEYS_MAX]);

/* The same of one pass only. */
size_t bn_block_pass_keys(const uint8_t secret[BN_BLOCK_SECRET_BYTES], const bn_feature *feature,
                          bn_pass pass, bn_block_key keys[BN_BLOCK_KEYS_MAX]);

/* What the index holds for the row: at most 2 * BN_BLOCK_KEYS_MAX hashes, ascending, distinct. */
size_t bn_block_writes(const bn_block_key *keys, size_t keys_count,
                       uint64_t hashes[2 * BN_BLOCK_KEYS_MAX]);

/* Where to look for candidates: ascending, distinct. `crowded` is the epoch's list of crowded
 * wide keys, ascending. */
size_t bn_block_reads(const bn_block_key *keys, size_t keys_count, const uint64_t *crowded,
                      size_t crowded_count, uint64_t hashes[2 * BN_BLOCK_KEYS_MAX]);

const char *bn_pass_name(bn_pass pass);
uint32_t bn_pass_crowd(bn_pass pass); /* records under a wide key before an epoch lists it */

#endif
