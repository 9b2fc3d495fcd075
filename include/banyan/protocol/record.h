/* record.h - the state of one entity: each value with the stamp of the op that wrote it.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   cells   one per written scalar field: existence, name, ...     sorted by field
 *   items   one per element of a multi field                       sorted by field, value, dot
 *           set: one item per add not yet removed
 *           append: one item per line
 *           counter: one item per origin, value = its sum; dot = that origin's last delta
 *
 * A removed record keeps its cells until it is purged: existence says 0. So a removal can be
 * undone and an edit that met it is not lost.
 */
#ifndef BANYAN_PROTOCOL_RECORD_H
#define BANYAN_PROTOCOL_RECORD_H

#include <banyan/protocol/op.h>

typedef struct bn_stamp {
    bn_dot dot;    /* the op that wrote it */
    bn_hlc hlc;    /* effective clock: clamped by the server */
    uint64_t cseq; /* commit that put it here; 0 while it is only in a branch's overlay */
} bn_stamp;

typedef struct bn_cell {
    uint16_t field;
    bn_stamp stamp;
    bn_value value;
} bn_cell;

typedef struct bn_record {
    uint16_t kind;
    bn_id id;
    uint16_t schema_version;
    uint64_t last_cseq; /* newest commit that touched it; 0 when only in an overlay */
    bn_cell *cells;
    size_t cells_count;
    bn_cell *items;
    size_t items_count;
    size_t cells_capacity; /* room in the arrays; 0: exactly the count */
    size_t items_capacity;
} bn_record;

/* An empty record (no cells: it does not exist) whose arrays live in `arena`. */
void bn_record_init(bn_record *record, uint16_t kind, bn_id id);
bool bn_record_exists(const bn_record *record); /* existence cell present and 1 */
bool bn_record_is_empty(const bn_record *record); /* nothing was ever written */

/* A record whose arrays are its own, so that one may change and the other not; values stay
 * borrowed. A plain assignment shares the arrays. BN_E_NO_MEMORY. */
BN_CHECKED bn_rc bn_record_copy(const bn_record *record, bn_arena *arena, bn_record *out);

/* Canonical bytes (kind and id are in the key, not here); equal records have equal bytes, so
 * digests and byte comparison mean equality. Drawn in docs/store.md: stamps are shared. */
void bn_record_encode(const bn_record *record, bn_buf *out);
BN_CHECKED bn_rc bn_record_decode(uint16_t kind, bn_id id, bn_slice bytes, bn_arena *arena,
                                  bn_record *out, bn_err *err);

/* A field that was cleared has a cell whose value is nil: the clearing has a stamp too. */
const bn_cell *bn_record_cell(const bn_record *record, unsigned field); /* NULL: never written */
bn_value bn_record_value(const bn_record *record, unsigned field);      /* nil when empty */
bn_dot bn_record_dot(const bn_record *record, unsigned field);          /* base for a change */
int64_t bn_record_counter(const bn_record *record, unsigned field);

/* The items of one field: *count of them, borrowed. */
const bn_cell *bn_record_items(const bn_record *record, unsigned field, size_t *count);

/* Puts one scalar cell, replacing what the field had. Values are borrowed, not copied.
 * BN_E_NO_MEMORY, BN_E_LIMIT. */
BN_CHECKED bn_rc bn_record_put_cell(bn_record *record, bn_arena *arena, const bn_cell *cell);

/* Applies one ADD or REMOVE to a multi field under its policy; idempotent by dot. */
BN_CHECKED bn_rc bn_record_change_item(bn_record *record, bn_arena *arena, bn_policy policy,
                                       const bn_change *change, const bn_stamp *stamp);

/* Applies every change of a WRITE op as sent, whatever it meets: what a branch shows while the
 * op is in its overlay, and what OWN means when it is confirmed. ERASE leaves nothing but the
 * stamp of its removal, existence 0. */
BN_CHECKED bn_rc bn_record_apply_op(bn_record *record, bn_arena *arena, const bn_op *op,
                                    const bn_stamp *stamp);

/* Rules over several fields, for the state after a merge: an identity number fits its document
 * type and its check digit, a period does not end before it starts. BN_E_INVALID naming field,
 * place and rule, never the value. */
BN_CHECKED bn_rc bn_validate_record(const bn_kind_def *kind, const bn_record *record, bn_err *err);

/* Kind under which conflict images enter a digest. */
#define BN_DIGEST_KIND_CONFLICT 0xffff

/* Adds the record to an order-independent digest (sum modulo 2^256 of keyed hashes). */
typedef struct bn_digest {
    uint8_t sum[32];
    uint64_t records_count;
} bn_digest;
void bn_digest_add(bn_digest *digest, bn_slice key, uint16_t kind, bn_id id,
                   bn_slice record_bytes);
void bn_digest_remove(bn_digest *digest, bn_slice key, uint16_t kind, bn_id id,
                      bn_slice record_bytes); /* undoes bn_digest_add() of the same bytes */
void bn_digest_format(const bn_digest *digest, char text[33]); /* 16 bytes of its hash, hex */

#endif
