/* identity.c - who this branch is: its keys, and what enrolment made it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "branch-client/store.h"

#include <banyan/base/check.h>
#include <banyan/base/number.h>
#include <banyan/protocol/ticket.h>

#define IDENTITY_NAME "identity"
#define IDENTITY_FIXED_BYTES (4 + 4 + BN_ID_BYTES + BN_KEY_BYTES)
#define IDENTITY_BYTES \
    (IDENTITY_FIXED_BYTES + BN_IDENTITY_NAME_BYTES + BN_IDENTITY_ENDPOINT_BYTES)

/* --- keys --------------------------------------------------------------------------------- */

static bn_rc get_key(bn_kv_txn *txn, const char *name, void *first, size_t first_len, void *second,
                     size_t second_len, bn_err *err)
{
    bn_slice row;
    BN_TRY(bn_kv_get(txn, BN_TABLE_KEYS, bn_slice_of(name), &row, err));
    if (row.len != first_len + second_len) {
        return bn_fail(err, BN_E_CORRUPT, "key %s: %zu bytes, expected %zu", name, row.len,
                       first_len + second_len);
    }
    memcpy(first, row.data, first_len);
    if (second_len > 0) {
        memcpy(second, row.data + first_len, second_len);
    }
    return BN_OK;
}

static bn_rc put_key(bn_kv_txn *txn, const char *name, const void *first, size_t first_len,
                     const void *second, size_t second_len, bn_err *err)
{
    uint8_t row[BN_SIGN_PUBLIC_BYTES + BN_SIGN_SECRET_BYTES];
    BN_ASSERT(first_len + second_len <= sizeof row);
    memcpy(row, first, first_len);
    if (second_len > 0) {
        memcpy(row + first_len, second, second_len);
    }
    bn_rc rc = bn_kv_put(txn, BN_TABLE_KEYS, bn_slice_of(name),
                         bn_slice_make(row, first_len + second_len), err);
    bn_wipe(row, sizeof row);
    return rc;
}

static bn_rc load_keys(bn_kv_txn *txn, bn_keys *keys, bn_err *err)
{
    BN_TRY(get_key(txn, "transport", keys->transport_public, BN_KEY_BYTES, keys->transport_secret,
                   BN_KEY_BYTES, err));
    BN_TRY(get_key(txn, "sign", keys->sign_public, BN_SIGN_PUBLIC_BYTES, keys->sign_secret,
                   BN_SIGN_SECRET_BYTES, err));
    return get_key(txn, "index", keys->index.bytes, sizeof keys->index.bytes, NULL, 0, err);
}

static bn_rc make_keys(bn_branch *branch, bn_err *err)
{
    bn_keys *keys = &branch->keys;
    bn_keypair_transport(keys->transport_public, keys->transport_secret);
    bn_keypair_sign(keys->sign_public, keys->sign_secret);
    branch->random->fill(branch->random->context, keys->index.bytes, sizeof keys->index.bytes);
    BN_AUTO(bn_kv_abort) bn_kv_txn *txn = NULL;
    BN_TRY(bn_kv_begin(branch->kv, BN_KV_WRITE, &txn, err));
    BN_TRY(put_key(txn, "transport", keys->transport_public, BN_KEY_BYTES, keys->transport_secret,
                   BN_KEY_BYTES, err));
    BN_TRY(put_key(txn, "sign", keys->sign_public, BN_SIGN_PUBLIC_BYTES, keys->sign_secret,
                   BN_SIGN_SECRET_BYTES, err));
    BN_TRY(put_key(txn, "index", keys->index.bytes, sizeof keys->index.bytes, NULL, 0, err));
    return bn_kv_commit(&txn, err);
}

bn_rc bn_keys_load_or_make(bn_branch *branch, bn_err *err)
{
    bn_kv_txn *txn = NULL;
    BN_TRY(bn_kv_begin(branch->kv, BN_KV_READ, &txn, err));
    bool any = bn_kv_has(txn, BN_TABLE_KEYS, BN_SLICE("transport"));
    bn_rc rc = any ? load_keys(txn, &branch->keys, err) : BN_OK;
    bn_kv_abort(&txn);
    return any ? rc : make_keys(branch, err);
}

/* --- identity ----------------------------------------------------------------------------- */

bn_rc bn_identity_load(bn_kv_txn *txn, bn_identity *out, bool *found, bn_err *err)
{
    uint8_t row[IDENTITY_BYTES];
    bn_rc rc = bn_meta_get(txn, IDENTITY_NAME, row, sizeof row, err);
    if (rc == BN_E_NOT_FOUND) {
        *found = false;
        return BN_OK;
    }
    BN_TRY(rc);
    bn_identity identity = {.origin = bn_load_u32(row), .branch = bn_load_u32(row + 4)};
    memcpy(identity.incarnation.bytes, row + 8, BN_ID_BYTES);
    memcpy(identity.server_key, row + 8 + BN_ID_BYTES, BN_KEY_BYTES);
    memcpy(identity.name, row + IDENTITY_FIXED_BYTES, sizeof identity.name - 1);
    memcpy(identity.sync_endpoint, row + IDENTITY_FIXED_BYTES + BN_IDENTITY_NAME_BYTES,
           sizeof identity.sync_endpoint - 1);
    *out = identity;
    *found = true;
    return BN_OK;
}

static bn_rc store_identity(bn_kv_txn *txn, const bn_identity *identity, bn_err *err)
{
    uint8_t row[IDENTITY_BYTES] = {0};
    bn_store_u32(row, identity->origin);
    bn_store_u32(row + 4, identity->branch);
    memcpy(row + 8, identity->incarnation.bytes, BN_ID_BYTES);
    memcpy(row + 8 + BN_ID_BYTES, identity->server_key, BN_KEY_BYTES);
    memcpy(row + IDENTITY_FIXED_BYTES, identity->name,
           strnlen(identity->name, sizeof identity->name - 1));
    memcpy(row + IDENTITY_FIXED_BYTES + BN_IDENTITY_NAME_BYTES, identity->sync_endpoint,
           strnlen(identity->sync_endpoint, sizeof identity->sync_endpoint - 1));
    return bn_meta_put(txn, IDENTITY_NAME, row, sizeof row, err);
}

bn_hash bn_branch_chain_start(const bn_branch *branch)
{
    return bn_origin_chain_start(branch->identity.origin, branch->keys.transport_public);
}

static bn_rc check_identity(const bn_branch *branch, const bn_identity *identity, bn_err *err)
{
    if (identity->origin == 0 || identity->branch == 0 || bn_id_is_zero(identity->incarnation)) {
        return bn_fail(err, BN_E_INVALID, "identity: origin %u of branch %u is not complete",
                       identity->origin, identity->branch);
    }
    if (branch->enrolled && (identity->origin != branch->identity.origin ||
                             identity->branch != branch->identity.branch ||
                             !bn_id_equal(identity->incarnation, branch->identity.incarnation))) {
        return bn_fail(err, BN_E_EXISTS,
                       "this folder belongs to branch %u (origin %u): enrol in a new folder",
                       branch->identity.branch, branch->identity.origin);
    }
    return BN_OK;
}

bn_rc bn_branch_set_identity(bn_branch *branch, const bn_identity *identity, bn_err *err)
{
    BN_TRY(check_identity(branch, identity, err));
    bn_write write;
    BN_TRY(bn_write_begin(branch, &write, err));
    if (!branch->enrolled) {
        write.heads.chain =
            bn_origin_chain_start(identity->origin, branch->keys.transport_public);
        write.heads.feed = bn_feed_start(identity->branch, identity->origin);
    }
    bn_rc rc = store_identity(write.txn, identity, err);
    if (rc != BN_OK) {
        bn_write_abort(&write);
        return rc;
    }
    BN_TRY(bn_write_commit(&write, err));
    branch->identity = *identity;
    branch->identity.name[BN_IDENTITY_NAME_BYTES - 1] = '\0';
    branch->identity.sync_endpoint[BN_IDENTITY_ENDPOINT_BYTES - 1] = '\0';
    branch->enrolled = true;
    return BN_OK;
}

bool bn_branch_enrolled(const bn_branch *branch)
{
    return branch->enrolled;
}

const bn_identity *bn_branch_identity(const bn_branch *branch)
{
    return &branch->identity;
}

const uint8_t *bn_branch_transport_public(const bn_branch *branch)
{
    return branch->keys.transport_public;
}

const uint8_t *bn_branch_transport_secret(const bn_branch *branch)
{
    return branch->keys.transport_secret;
}

const uint8_t *bn_branch_sign_public(const bn_branch *branch)
{
    return branch->keys.sign_public;
}

const uint8_t *bn_branch_sign_secret(const bn_branch *branch)
{
    return branch->keys.sign_secret;
}

void bn_branch_fingerprint(const bn_branch *branch, char text[BN_FINGERPRINT_TEXT_BYTES])
{
    bn_fingerprint(branch->keys.transport_public, text);
}

bn_rc bn_branch_make_id(bn_branch *branch, bn_id *out, bn_err *err)
{
    if (!branch->enrolled) {
        return bn_fail(err, BN_E_DENIED, "this branch is not enrolled yet");
    }
    uint8_t random[6];
    branch->random->fill(branch->random->context, random, sizeof random);
    *out = bn_id_make(branch->identity.origin, bn_branch_now_ms(branch), random);
    return BN_OK;
}
