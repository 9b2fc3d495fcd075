/* epochs.c - the model in the store, in parts.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   META         "golden.epoch" -> hash 32 of the one in force
 *   MATCH_EPOCH  hash 32 | part u32 -> bytes
 */
#include "state.h"

#include <banyan/base/check.h>
#include <banyan/base/number.h>
#include <banyan/core/records.h>

#include <string.h>

#define PART_BYTES ((size_t)512 * 1024)
#define RECORDS_DEFAULT 100000 /* prior of a fresh install: a bank of so many customers */

static bn_slice part_key(uint8_t out[BN_HASH_BYTES + 4], const uint8_t hash[BN_HASH_BYTES],
                         uint32_t part)
{
    memcpy(out, hash, BN_HASH_BYTES);
    bn_store_u32(out + BN_HASH_BYTES, part);
    return bn_slice_make(out, BN_HASH_BYTES + 4);
}

bn_rc epochs_store(bn_kv_txn *txn, const bn_epoch *epoch, bn_err *err)
{
    bn_buf bytes;
    uint8_t key[BN_HASH_BYTES + 4];
    const uint8_t *hash = bn_epoch_hash(epoch);
    bn_buf_init(&bytes, BN_EPOCH_BYTES_MAX);
    bn_rc rc = bn_epoch_encode(epoch, &bytes);
    for (size_t at = 0; at < bytes.len && rc == BN_OK; at += PART_BYTES) {
        size_t len = bytes.len - at < PART_BYTES ? bytes.len - at : PART_BYTES;
        rc = bn_kv_put(txn, BN_TABLE_MATCH_EPOCH,
                       part_key(key, hash, (uint32_t)(at / PART_BYTES)),
                       bn_slice_make(bytes.data + at, len), err);
    }
    bn_buf_fini(&bytes);
    return rc == BN_OK ? bn_meta_put(txn, EPOCH_NAME, hash, BN_HASH_BYTES, err) : rc;
}

static bn_rc append_part(void *context, bn_slice key, bn_slice value, bn_err *err)
{
    bn_buf *bytes = context;
    (void)key;
    bn_buf_append_slice(bytes, value);
    bn_rc rc = bn_buf_status(bytes);
    return rc == BN_OK ? BN_OK : bn_fail(err, rc, "model of %zu bytes", bytes->len);
}

static bn_rc load(bn_consolidate *c, bn_kv_txn *txn, bn_err *err)
{
    uint8_t hash[BN_HASH_BYTES];
    bn_buf bytes;
    bn_epoch *epoch = NULL;
    BN_TRY(bn_meta_get(txn, EPOCH_NAME, hash, sizeof hash, err));
    bn_buf_init(&bytes, BN_EPOCH_BYTES_MAX);
    bn_rc rc = store_walk(txn, BN_TABLE_MATCH_EPOCH, bn_slice_make(hash, sizeof hash), append_part,
                          &bytes, err);
    rc = rc == BN_OK ? bn_epoch_decode(bn_buf_slice(&bytes), &epoch, err) : rc;
    bn_buf_fini(&bytes);
    BN_TRY(rc);
    if (memcmp(bn_epoch_hash(epoch), hash, sizeof hash) != 0) {
        bn_epoch_destroy(&epoch);
        return bn_fail(err, BN_E_CORRUPT, "the model is not the one its name says");
    }
    c->epoch = epoch;
    return BN_OK;
}

static bn_rc make_default(bn_consolidate *c, bn_err *err)
{
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    bn_rc rc = bn_epoch_create_default(RECORDS_DEFAULT, &c->epoch);
    if (rc != BN_OK) {
        return bn_fail(err, rc, "the default model");
    }
    BN_TRY(bn_kv_begin(c->kv, BN_KV_WRITE, &txn, err));
    BN_TRY(epochs_store(txn, c->epoch, err));
    return bn_kv_commit(&txn, err);
}

bn_rc epochs_load(bn_consolidate *c, bn_err *err)
{
    bn_kv_txn *txn = NULL;
    BN_TRY(bn_kv_begin(c->kv, BN_KV_READ, &txn, err));
    bn_rc rc = load(c, txn, err);
    rc = rc == BN_OK ? bn_meta_get_u64(txn, CURSOR_NAME, 0, &c->cursor, err) : rc;
    bn_kv_abort(&txn);
    return rc == BN_E_NOT_FOUND ? make_default(c, err) : rc;
}
