/* meta.c - small named values.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/base/number.h>
#include <banyan/core/records.h>

#include <string.h>

bn_rc bn_meta_get(bn_kv_txn *txn, const char *name, void *out, size_t out_len, bn_err *err)
{
    bn_slice value;
    BN_TRY(bn_kv_get(txn, BN_TABLE_META, bn_slice_of(name), &value, err));
    if (value.len != out_len) {
        return bn_fail(err, BN_E_CORRUPT, "meta %s: %zu bytes, expected %zu", name, value.len,
                       out_len);
    }
    memcpy(out, value.data, out_len);
    return BN_OK;
}

bn_rc bn_meta_put(bn_kv_txn *txn, const char *name, const void *bytes, size_t len, bn_err *err)
{
    return bn_kv_put(txn, BN_TABLE_META, bn_slice_of(name), bn_slice_make(bytes, len), err);
}

bn_rc bn_meta_get_u64(bn_kv_txn *txn, const char *name, uint64_t absent, uint64_t *out, bn_err *err)
{
    uint8_t bytes[8];
    bn_rc rc = bn_meta_get(txn, name, bytes, sizeof bytes, err);
    if (rc == BN_E_NOT_FOUND) {
        *out = absent;
        return BN_OK;
    }
    if (rc == BN_OK) {
        *out = bn_load_u64(bytes);
    }
    return rc;
}

bn_rc bn_meta_put_u64(bn_kv_txn *txn, const char *name, uint64_t value, bn_err *err)
{
    uint8_t bytes[8];
    bn_store_u64(bytes, value);
    return bn_meta_put(txn, name, bytes, sizeof bytes, err);
}
