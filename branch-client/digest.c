/* digest.c - one number over the confirmed state, to be compared with the server's.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "branch-client/store.h"

#include <banyan/base/check.h>
#include <banyan/base/number.h>

/* Stored bytes are the canonical ones, so they are added as they lie there. */
static bn_rc add_table(bn_kv_txn *txn, bn_table table, bn_slice incarnation, bn_digest *digest,
                       bn_err *err)
{
    bool records = table == BN_TABLE_ENTITY;
    BN_AUTO(bn_kv_cursor_close) bn_kv_cursor *cursor = NULL;
    BN_TRY(bn_kv_cursor_open(txn, table, &cursor, err));
    bn_slice key;
    bn_slice value;
    bn_rc rc = bn_kv_seek(cursor, BN_SLICE(""), &key, &value, err);
    while (rc == BN_OK) {
        size_t at = records ? 2 : 0;
        if (key.len != at + BN_ID_BYTES) {
            return bn_fail(err, BN_E_CORRUPT, "%s: key of %zu bytes", bn_table_name(table),
                           key.len);
        }
        bn_id id;
        memcpy(id.bytes, key.data + at, BN_ID_BYTES);
        bn_digest_add(digest, incarnation,
                      records ? bn_load_u16(key.data) : BN_DIGEST_KIND_CONFLICT, id, value);
        rc = bn_kv_next(cursor, &key, &value, err);
    }
    return rc == BN_E_NOT_FOUND ? BN_OK : rc;
}

bn_rc bn_branch_digest(bn_branch *branch, bn_digest *out, bn_err *err)
{
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    BN_TRY(bn_kv_begin(branch->kv, BN_KV_READ, &txn, err));
    bn_digest digest = {0};
    bn_slice incarnation = bn_id_slice(&branch->identity.incarnation);
    BN_TRY(add_table(txn, BN_TABLE_ENTITY, incarnation, &digest, err));
    BN_TRY(add_table(txn, BN_TABLE_CONFLICT, incarnation, &digest, err));
    *out = digest;
    return BN_OK;
}
