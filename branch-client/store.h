/* store.h - what the files of the branch's engine share: heads, one write, what is shown.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Rows of this program beyond core/tables.def:
 *
 *   META "heads"     numbers of bn_heads, u64b each, then both chain heads
 *   META "identity"  origin u32b | branch u32b | incarnation 16 | server key 32 | name | endpoint
 *   KEYS "transport" public 32 | secret 32      KEYS "sign" public 32 | secret 64
 *   KEYS "index"     key of the equality indexes 32
 *   OPLOG            chain head 32 | op; nothing behind the head once the op was erased
 *   OVERLAY          ops that are about no record (resolutions ...) stand under kind 0
 *   FATE             outcome u8 | cseq u64b | reason
 *   HISTORY          'O' | oseq u64b | outcome u8      own op, its changes are in OPLOG
 *                    'E' | effect                      another's change
 *   REQUEST          drafts u32b | per draft: id 16 | oseq u64b, 0 when nothing was saved
 *   GOLDEN           customer id 16 -> summary the server sent
 */
#ifndef BANYAN_BRANCH_CLIENT_STORE_H
#define BANYAN_BRANCH_CLIENT_STORE_H

#include "branch-client/branch.h"

#include <banyan/base/buf.h>
#include <banyan/base/limits.h>

/* 256 of the largest records, both images. */
#define BN_SCRATCH_BYTES_MAX ((size_t)64 * 1024 * 1024)
/* Remembered per write; beyond it the column is reloaded. */
#define BN_CUSTOMERS_TOUCHED_MAX 8192
#define BN_KIND_OVERLAY_OTHER 0

/* What every write moves: one row, so that it is one put. */
typedef struct bn_heads {
    uint64_t oseq_last, oseq_acked, oseq_confirmed, oseq_safe;
    uint64_t hlc;
    uint64_t customers_made;  /* counter of customer numbers */
    uint64_t cursor;          /* K */
    uint64_t last_contact_ms;
    uint64_t ops_waiting, records_waiting, bytes_waiting;
    uint64_t refused, conflicts_open;
    bn_hash chain;            /* at oseq_last */
    bn_hash feed;             /* at cursor */
} bn_heads;

typedef struct bn_keys {
    uint8_t transport_public[BN_KEY_BYTES], transport_secret[BN_KEY_BYTES];
    uint8_t sign_public[BN_SIGN_PUBLIC_BYTES], sign_secret[BN_SIGN_SECRET_BYTES];
    bn_index_key index;
} bn_keys;

struct bn_branch {
    bn_kv *kv;
    const bn_clock *clock;
    const bn_random *random;
    bn_heads heads;
    bn_identity identity;
    bool enrolled;
    bool talking;  /* a session is live */
    bool writing;  /* a write or a bulk is open */
    bool broken;   /* storage failed: only closing is possible */
    int64_t clock_offset_ms;
    bn_keys keys;
    bn_search_column *column;
    bool column_ready;
    bn_id column_at; /* last customer loaded */
    bn_id *touched;  /* customers of the write that is open, or being put into the column */
    size_t touched_count, touched_capacity;
    bool touched_lost;
    bn_arena scratch; /* of the save or the effect at work */
    bn_arena lookup;  /* of one read inside */
    bn_buf bytes;     /* encoded ops of the transaction at work */
};

/* One write transaction. Its heads become the branch's when it was committed. */
typedef struct bn_write {
    bn_branch *branch;
    bn_kv_txn *txn;
    bn_heads heads;
} bn_write;

BN_CHECKED bn_rc bn_write_begin(bn_branch *branch, bn_write *write, bn_err *err);
BN_CHECKED bn_rc bn_write_commit(bn_write *write, bn_err *err); /* consumes it either way */
void bn_write_abort(bn_write *write);
void bn_write_touch(bn_write *write, uint16_t kind, bn_id id);

/* BN_E_IO after storage failed, BN_E_BUSY while a write is open. */
BN_CHECKED bn_rc bn_branch_usable(const bn_branch *branch, bn_err *err);

/* --- heads.c ------------------------------------------------------------------------------ */
BN_CHECKED bn_rc bn_heads_load(bn_kv_txn *txn, bn_heads *out, bn_err *err);
BN_CHECKED bn_rc bn_heads_store(bn_kv_txn *txn, const bn_heads *heads, bn_err *err);

/* --- identity.c --------------------------------------------------------------------------- */
BN_CHECKED bn_rc bn_keys_load_or_make(bn_branch *branch, bn_err *err);
BN_CHECKED bn_rc bn_identity_load(bn_kv_txn *txn, bn_identity *out, bool *found, bn_err *err);
bn_hash bn_branch_chain_start(const bn_branch *branch);

/* --- overlay.c ---------------------------------------------------------------------------- */
/* The op and its bytes, in the arena. BN_E_NOT_FOUND: no such op. *erased: it has no bytes. */
BN_CHECKED bn_rc bn_oplog_get(bn_kv_txn *txn, uint64_t oseq, bn_arena *arena, bn_op *out,
                              bool *erased, bn_err *err);
BN_CHECKED bn_rc bn_oplog_head(const bn_branch *branch, bn_kv_txn *txn, uint64_t oseq,
                               bn_hash *out, bn_err *err);
BN_CHECKED bn_rc bn_oplog_row(bn_kv_txn *txn, uint64_t oseq, bn_hash *head, bn_slice *op,
                              bn_err *err);

/* Next waiting op of the entity with oseq > after. BN_E_NOT_FOUND. */
BN_CHECKED bn_rc bn_overlay_next(bn_kv_txn *txn, uint16_t kind, bn_id id, uint64_t after,
                                 uint64_t *oseq, bn_err *err);
uint16_t bn_overlay_kind(const bn_op *op);
BN_CHECKED bn_rc bn_overlay_add(bn_write *write, const bn_op *op, uint64_t oseq, size_t op_bytes,
                                bn_err *err);
BN_CHECKED bn_rc bn_overlay_drop(bn_write *write, const bn_op *op, uint64_t oseq, bn_err *err);

/* Applies what waits for the record onto it. */
BN_CHECKED bn_rc bn_overlay_apply(const bn_branch *branch, bn_kv_txn *txn, bn_arena *arena,
                                  bn_record *record, bn_err *err);

/* Confirmed record and overlay; an empty record when there is neither. */
BN_CHECKED bn_rc bn_shown_get(const bn_branch *branch, bn_kv_txn *txn, uint16_t kind, bn_id id,
                              bn_arena *arena, bn_record *out, bn_err *err);
BN_CHECKED bn_rc bn_confirmed_get(bn_kv_txn *txn, uint16_t kind, bn_id id, bn_arena *arena,
                                  bn_record *out, bn_err *err);
BN_CHECKED bn_rc bn_shown_next_id(bn_kv_txn *txn, uint16_t kind, bn_id after, bn_id *out,
                                  bn_err *err);

/* --- fate.c ------------------------------------------------------------------------------- */
typedef struct bn_fate_row {
    bn_outcome outcome;
    uint64_t cseq;
    bn_slice reason; /* in the arena */
} bn_fate_row;
BN_CHECKED bn_rc bn_fate_get(bn_kv_txn *txn, uint64_t oseq, bn_arena *arena, bn_fate_row *out,
                             bn_err *err);
BN_CHECKED bn_rc bn_fate_put(bn_write *write, uint64_t oseq, const bn_fate_row *row, bn_err *err);
BN_CHECKED bn_rc bn_fate_del(bn_write *write, uint64_t oseq, bn_err *err);
bool bn_outcome_is_refusal(bn_outcome outcome); /* quarantined or held */

/* --- searching.c -------------------------------------------------------------------------- */
void bn_column_catch_up(bn_branch *branch); /* puts the touched customers into the column */

/* --- history.c ---------------------------------------------------------------------------- */
BN_CHECKED bn_rc bn_history_put_own(bn_write *write, const bn_op *op, uint64_t oseq, uint64_t cseq,
                                    bn_outcome outcome, bn_err *err);
BN_CHECKED bn_rc bn_history_put_effect(bn_write *write, const bn_effect *effect, bn_slice bytes,
                                       bn_err *err);
BN_CHECKED bn_rc bn_history_del(bn_write *write, uint16_t kind, bn_id id, bn_err *err);

#endif
