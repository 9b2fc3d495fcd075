/* fate.c - own ops the server did not apply as sent, kept with the reason.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "branch-client/store.h"

#include <banyan/base/number.h>

#define FATE_FIXED_BYTES (1 + 8)
#define REASON_BYTES_MAX 512

bool bn_outcome_is_refusal(bn_outcome outcome)
{
    return outcome == BN_OUTCOME_QUARANTINED || outcome == BN_OUTCOME_HELD;
}

bn_rc bn_fate_get(bn_kv_txn *txn, uint64_t oseq, bn_arena *arena, bn_fate_row *out, bn_err *err)
{
    uint8_t key[8];
    bn_slice row;
    BN_TRY(bn_kv_get(txn, BN_TABLE_FATE, bn_key_u64(key, oseq), &row, err));
    if (row.len < FATE_FIXED_BYTES) {
        return bn_fail(err, BN_E_CORRUPT, "fate of op %llu: row of %zu bytes",
                       (unsigned long long)oseq, row.len);
    }
    bn_slice reason = bn_arena_copy(
        arena, bn_slice_make(row.data + FATE_FIXED_BYTES, row.len - FATE_FIXED_BYTES));
    if (reason.data == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for the fate of an op");
    }
    *out = (bn_fate_row){.outcome = (bn_outcome)row.data[0],
                         .cseq = bn_load_u64(row.data + 1),
                         .reason = reason};
    return BN_OK;
}

/* Takes the old row out of the count of refusals. */
static bn_rc uncount(bn_write *write, bn_slice key, bn_err *err)
{
    bn_slice row;
    bn_rc rc = bn_kv_get(write->txn, BN_TABLE_FATE, key, &row, NULL);
    if (rc == BN_E_NOT_FOUND) {
        return BN_OK;
    }
    if (rc != BN_OK) {
        return bn_fail(err, rc, "cannot read the fate of an op");
    }
    if (row.len > 0 && bn_outcome_is_refusal((bn_outcome)row.data[0]) &&
        write->heads.refused > 0) {
        write->heads.refused--;
    }
    return BN_OK;
}

bn_rc bn_fate_put(bn_write *write, uint64_t oseq, const bn_fate_row *fate, bn_err *err)
{
    uint8_t key_bytes[8];
    bn_slice key = bn_key_u64(key_bytes, oseq);
    BN_TRY(uncount(write, key, err));
    uint8_t row[FATE_FIXED_BYTES + REASON_BYTES_MAX];
    size_t reason_len = fate->reason.len < REASON_BYTES_MAX ? fate->reason.len : REASON_BYTES_MAX;
    row[0] = (uint8_t)fate->outcome;
    bn_store_u64(row + 1, fate->cseq);
    if (reason_len > 0) {
        memcpy(row + FATE_FIXED_BYTES, fate->reason.data, reason_len);
    }
    write->heads.refused += bn_outcome_is_refusal(fate->outcome) ? 1 : 0;
    return bn_kv_put(write->txn, BN_TABLE_FATE, key,
                     bn_slice_make(row, FATE_FIXED_BYTES + reason_len), err);
}

bn_rc bn_fate_del(bn_write *write, uint64_t oseq, bn_err *err)
{
    uint8_t key_bytes[8];
    bn_slice key = bn_key_u64(key_bytes, oseq);
    BN_TRY(uncount(write, key, err));
    return bn_kv_del(write->txn, BN_TABLE_FATE, key, err);
}
