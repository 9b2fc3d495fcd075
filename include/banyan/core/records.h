/* records.h - records, conflicts and equality indexes in a store: what both programs share.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Thin typed doors over kv.h. Texts in what they return borrow from the store's bytes copied into
 * the arena, so they live as long as the arena.
 */
#ifndef BANYAN_CORE_RECORDS_H
#define BANYAN_CORE_RECORDS_H

#include <banyan/core/kv.h>
#include <banyan/protocol/conflict.h>
#include <banyan/protocol/crypto.h>
#include <banyan/protocol/record.h>

/* --- keys (all big endian, drawn in docs/store.md) ----------------------------------------- */
#define BN_KEY_ENTITY_BYTES 18
bn_slice bn_key_entity(uint8_t out[BN_KEY_ENTITY_BYTES], uint16_t kind, bn_id id);
bn_slice bn_key_u64(uint8_t out[8], uint64_t number);
bn_slice bn_key_u32(uint8_t out[4], uint32_t number);
bn_slice bn_key_u32_u64(uint8_t out[12], uint32_t first, uint64_t second);
#define BN_KEY_ENTITY_U64_BYTES 26
bn_slice bn_key_entity_u64(uint8_t out[BN_KEY_ENTITY_U64_BYTES], uint16_t kind, bn_id id,
                           uint64_t number);

/* --- META: small named values -------------------------------------------------------------- */
BN_CHECKED bn_rc bn_meta_get_u64(bn_kv_txn *txn, const char *name, uint64_t absent, uint64_t *out,
                                 bn_err *err);
BN_CHECKED bn_rc bn_meta_put_u64(bn_kv_txn *txn, const char *name, uint64_t value, bn_err *err);
/* `out_len` bytes exactly; BN_E_NOT_FOUND when absent, BN_E_CORRUPT on another length. */
BN_CHECKED bn_rc bn_meta_get(bn_kv_txn *txn, const char *name, void *out, size_t out_len,
                             bn_err *err);
BN_CHECKED bn_rc bn_meta_put(bn_kv_txn *txn, const char *name, const void *bytes, size_t len,
                             bn_err *err);

/* --- records ----------------------------------------------------------------------------- */
BN_CHECKED bn_rc bn_records_get(bn_kv_txn *txn, uint16_t kind, bn_id id, bn_arena *arena,
                                bn_record *out, bn_err *err); /* BN_E_NOT_FOUND */
BN_CHECKED bn_rc bn_records_put(bn_kv_txn *txn, const bn_record *record, bn_err *err);
BN_CHECKED bn_rc bn_records_del(bn_kv_txn *txn, uint16_t kind, bn_id id, bn_err *err);

/* Next record of a kind with id > after (zero id: the first). BN_E_NOT_FOUND at the end. */
BN_CHECKED bn_rc bn_records_next_id(bn_kv_txn *txn, uint16_t kind, bn_id after, bn_id *out,
                                    bn_err *err);

/* --- conflicts --------------------------------------------------------------------------- */
BN_CHECKED bn_rc bn_conflicts_get(bn_kv_txn *txn, bn_id id, bn_arena *arena, bn_conflict *out,
                                  bn_err *err);
BN_CHECKED bn_rc bn_conflicts_put(bn_kv_txn *txn, const bn_conflict *conflict, bn_err *err);
BN_CHECKED bn_rc bn_conflicts_del(bn_kv_txn *txn, const bn_conflict *conflict, bn_err *err);
BN_CHECKED bn_rc bn_conflicts_next(bn_kv_txn *txn, bn_id after, bn_arena *arena, bn_conflict *out,
                                   bn_err *err);
/* Conflicts of one entity, at most `ids_max`. */
BN_CHECKED bn_rc bn_conflicts_of(bn_kv_txn *txn, uint16_t kind, bn_id entity, bn_id *ids,
                                 size_t ids_max, size_t *ids_count, bn_err *err);

/* --- equality indexes: keyed hashes only, nothing readable on disk ---------------------------- */
typedef struct bn_index_key {
    uint8_t bytes[BN_KEY_BYTES];
} bn_index_key;

/* Brings the INDEX rows of a record from `before` to `after`; either may be NULL. Indexed are
 * fields with search EQUAL or TAIL, and REF fields ("what hangs on this customer"). Texts are
 * compared folded: case, width, blanks and dashes do not count. */
BN_CHECKED bn_rc bn_indexes_update(bn_kv_txn *txn, const bn_index_key *key,
                                   const bn_record *before, const bn_record *after, bn_err *err);

/* Has the field rows in the INDEX table? */
bool bn_index_has(const bn_field_def *field);

/* Ids of records of `kind` whose `field` equals `value`, after `after`, at most `ids_max`. */
BN_CHECKED bn_rc bn_indexes_find(bn_kv_txn *txn, const bn_index_key *key, uint16_t kind,
                                 uint16_t field, bn_value value, bn_id after, bn_id *ids,
                                 size_t ids_max, size_t *ids_count, bn_err *err);

/* --- where records come from, seen by queries: a store, or a store with an overlay ------------ */
typedef struct bn_record_source {
    bn_rc (*get)(void *context, uint16_t kind, bn_id id, bn_arena *arena, bn_record *out,
                 bn_err *err);
    bn_rc (*next_id)(void *context, uint16_t kind, bn_id after, bn_id *out, bn_err *err);
    void *context;
} bn_record_source;

#endif
