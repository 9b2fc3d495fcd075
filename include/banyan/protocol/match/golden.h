/* golden.h - the golden record: one customer as all branches together know it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A pure function of its members, the epoch and the decisions in force. Its id is the hash of its
 * anchor: the member made first (milliseconds, then origin, then id). When two customers merge,
 * the older anchor's id stays; when they part again each gets back the id it had.
 */
#ifndef BANYAN_PROTOCOL_MATCH_GOLDEN_H
#define BANYAN_PROTOCOL_MATCH_GOLDEN_H

#include <banyan/base/buf.h>
#include <banyan/protocol/crypto.h>
#include <banyan/protocol/match/survivor.h>

#define BN_GOLDEN_VERSION 1
#define BN_GOLDEN_MEMBERS_MAX 4096
#define BN_GOLDEN_BYTES_MAX (1024 * 1024)

typedef struct bn_golden {
    bn_id id;
    uint8_t epoch[BN_HASH_BYTES]; /* the model it was made with */
    bn_id anchor;
    const bn_id *members;         /* ascending */
    size_t members_count;
    bn_hlc newest;                /* of the values offered: what age is counted from */
    const bn_survivors *units;    /* ascending by unit */
    size_t units_count;
} bn_golden;

/* Made first, then lower origin, then lower id. */
int bn_anchor_compare(bn_id a, bn_id b);
bn_id bn_golden_anchor(const bn_id *members, size_t count); /* count > 0 */
bn_id bn_golden_id(bn_id anchor);

/* At least one source, all existing. Values are borrowed. */
BN_CHECKED bn_rc bn_golden_make(const uint8_t epoch[BN_HASH_BYTES], const bn_cluster_view *cluster,
                                bn_arena *arena, bn_golden *out, bn_err *err);

/* Canonical bytes, drawn in docs/golden.md; the id is in the key. Decoding borrows texts. */
void bn_golden_encode(const bn_golden *golden, bn_buf *out);
BN_CHECKED bn_rc bn_golden_decode(bn_id id, bn_slice bytes, bn_arena *arena, bn_golden *out,
                                  bn_err *err);

/* NULL when the unit has no value. */
const bn_survivors *bn_golden_unit(const bn_golden *golden, bn_survivor_unit unit);

/* The matcher's row of a customer with what hangs on it, appended to `row`. */
BN_CHECKED bn_rc bn_golden_row(const bn_golden_source *source, bn_arena *scratch, bn_buf *row,
                               bn_err *err);

#endif
