/* kv_open.c - opening a store: its format row, its seal, its end.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The row "store.format" of META is written by the first use of a new store and read by every
 * opening after that; it is never sealed:
 *
 *   | format version u32b | sealed 0/1 | key check 16, zeros without a seal |
 *
 * The key check is derived from the seal key, says nothing about it, and tells a wrong key from
 * damage. A missing row where the folder says that there was a store is a loss.
 */
#include "envelope.h"
#include "kv_private.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/base/limits.h>
#include <banyan/base/number.h>
#include <banyan/base/version.h>

#define FORMAT_KEY BN_SLICE("store.format")
#define FORMAT_BYTES (4 + 1 + BN_KEY_CHECK_BYTES)

static const struct {
    const char *name;
    bool exists;
    bool sealed;
} tables[BN_TABLES_MAX] = {
#define BN_TABLE(name_, number, sealed_, summary) \
    [number] = {.name = #name_, .exists = true, .sealed = (sealed_)},
#include <banyan/core/tables.def>
#undef BN_TABLE
};

bool bn_table_exists(bn_table table)
{
    return (unsigned)table < BN_TABLES_MAX && tables[table].exists;
}

const char *bn_table_name(bn_table table)
{
    return bn_table_exists(table) ? tables[table].name : "?";
}

bn_rc bn_kv_note(bn_kv *kv, bn_rc rc)
{
    if (rc == BN_E_IO) {
        atomic_store(&kv->is_failed, true);
    }
    return rc;
}

bn_rc bn_kv_check_alive(bn_kv *kv, bn_err *err)
{
    if (atomic_load_explicit(&kv->is_failed, memory_order_relaxed)) {
        return bn_fail(err, BN_E_IO, "store: storage failed earlier, stop, reopen and verify");
    }
    return BN_OK;
}

const uint8_t *bn_kv_seal_of(const bn_kv *kv, bn_table table)
{
    return kv->has_seal && tables[table].sealed ? kv->seal_key : NULL;
}

bn_rc bn_kv_fail_row(bn_err *err, bn_table table, const char *reason)
{
    return bn_fail(err, BN_E_CORRUPT, "store: a row of %s is damaged: %s", bn_table_name(table),
                   reason);
}

static bn_rc parse_format(bn_slice raw, bn_format_row *out, bn_err *err)
{
    bn_slice row;
    const char *reason = NULL;
    if (bn_envelope_open(NULL, BN_TABLE_META, FORMAT_KEY, raw, NULL, &row, &reason) != BN_OK) {
        return bn_kv_fail_row(err, BN_TABLE_META, reason);
    }
    if (row.len < 4) {
        return bn_kv_fail_row(err, BN_TABLE_META, "the store's format is cut short");
    }
    uint32_t version = bn_load_u32(row.data);
    if (version != BN_STORE_VERSION) {
        return bn_fail(err, BN_E_UNSUPPORTED, "store: has format %u, this program knows %d",
                       (unsigned)version, BN_STORE_VERSION);
    }
    if (row.len != FORMAT_BYTES) {
        return bn_kv_fail_row(err, BN_TABLE_META, "the store's format is cut short");
    }
    *out = (bn_format_row){.is_there = true, .is_sealed = row.data[4] != 0};
    memcpy(out->key_check, row.data + 5, sizeof out->key_check);
    return BN_OK;
}

static bn_rc read_format(bn_kv *kv, bn_err *err)
{
    void *txn = NULL;
    bn_slice raw;
    BN_TRY(bn_kv_note(kv, kv->calls->begin(kv->engine, BN_KV_READ, &txn, err)));
    bn_rc rc = kv->calls->get(txn, BN_TABLE_META, FORMAT_KEY, &raw, err);
    if (rc == BN_OK) {
        rc = parse_format(raw, &kv->format, err);
    } else if (rc == BN_E_NOT_FOUND) {
        rc = kv->was_used ? bn_fail(err, BN_E_CORRUPT,
                                    "store: is empty although store.id says that there was one: "
                                    "restore a backup")
                          : BN_OK;
    }
    kv->calls->abort(kv->engine, txn);
    return bn_kv_note(kv, rc);
}

static bn_rc write_format(bn_kv *kv, bn_err *err)
{
    uint8_t row[FORMAT_BYTES];
    uint8_t raw[FORMAT_BYTES + BN_ENVELOPE_BYTES_MAX];
    void *txn = NULL;
    bn_store_u32(row, BN_STORE_VERSION);
    row[4] = kv->has_seal ? 1 : 0;
    memcpy(row + 5, kv->key_check, BN_KEY_CHECK_BYTES);
    bn_envelope_write(NULL, NULL, BN_TABLE_META, FORMAT_KEY, bn_slice_make(row, sizeof row), raw);
    bn_slice value = bn_slice_make(raw, bn_envelope_size(false, sizeof row));
    BN_TRY(bn_kv_note(kv, kv->calls->begin(kv->engine, BN_KV_WRITE, &txn, err)));
    bn_rc rc = kv->calls->put(txn, BN_TABLE_META, FORMAT_KEY, value, err);
    if (rc != BN_OK) {
        kv->calls->abort(kv->engine, txn);
        return bn_kv_note(kv, rc);
    }
    BN_TRY(bn_kv_note(kv, kv->calls->commit(kv->engine, txn, err)));
    kv->format = (bn_format_row){.is_there = true, .is_sealed = kv->has_seal};
    memcpy(kv->format.key_check, kv->key_check, BN_KEY_CHECK_BYTES);
    return BN_OK;
}

/* Compares the key we have, or not, with what the store was made with. */
static bn_rc check_seal(const bn_kv *kv, bn_err *err)
{
    if (kv->format.is_sealed && !kv->has_seal) {
        return bn_fail(err, BN_E_DENIED, "store: is sealed, its key is needed");
    }
    if (!kv->format.is_sealed && kv->has_seal) {
        return bn_fail(err, BN_E_DENIED, "store: was made without a key and cannot use one");
    }
    if (!bn_bytes_equal(kv->format.key_check, kv->key_check, BN_KEY_CHECK_BYTES)) {
        return bn_fail(err, BN_E_DENIED, "store: this is not the key it was sealed with");
    }
    return BN_OK;
}

bn_rc bn_kv_settle(bn_kv *kv, bn_err *err)
{
    bn_rc rc = BN_OK;
    if (atomic_load_explicit(&kv->is_settled, memory_order_acquire)) {
        return BN_OK;
    }
    pthread_mutex_lock(&kv->settle_lock);
    if (!atomic_load(&kv->is_settled)) {
        if (!kv->format.is_there && !kv->read_only) {
            rc = write_format(kv, err);
        }
        if (rc == BN_OK && kv->format.is_there) {
            rc = check_seal(kv, err);
        }
        if (rc == BN_OK && !kv->read_only) {
            rc = kv->calls->mark_used(kv->engine, err);
        }
        atomic_store_explicit(&kv->is_settled, rc == BN_OK, memory_order_release);
    }
    pthread_mutex_unlock(&kv->settle_lock);
    return rc;
}

static bn_rc open_over(bn_engine_state state, bn_kv **out, bn_err *err)
{
    bn_kv *kv = bn_alloc(sizeof *kv);
    if (kv == NULL) {
        state.calls->close(state.engine);
        return bn_fail(err, BN_E_NO_MEMORY, "store: no memory to open it");
    }
    kv->calls = state.calls;
    kv->engine = state.engine;
    kv->read_only = state.read_only;
    kv->was_used = state.was_used;
    pthread_mutex_init(&kv->settle_lock, NULL);
    bn_buf_init(&kv->envelope, BN_VALUE_BYTES_MAX + BN_ENVELOPE_BYTES_MAX);
    bn_rc rc = read_format(kv, err);
    if (rc != BN_OK) {
        bn_kv_close(&kv);
        return rc;
    }
    *out = kv;
    return BN_OK;
}

bn_rc bn_kv_open_lmdb(const bn_kv_options *options, bn_kv **out, bn_err *err)
{
    bn_engine_state state;
    BN_TRY(bn_lmdb_open(options, &state, err));
    return open_over(state, out, err);
}

bn_rc bn_kv_open_memory(bn_kv_memory **memory, bn_kv **out, bn_err *err)
{
    bn_engine_state state;
    BN_TRY(bn_memory_open(memory, &state, err));
    return open_over(state, out, err);
}

void bn_kv_set_hook(bn_kv *kv, bn_kv_hook hook, void *context)
{
    kv->hook = hook;
    kv->hook_context = context;
}

bn_rc bn_kv_set_seal(bn_kv *kv, const uint8_t key[32], bn_err *err)
{
    uint8_t check[BN_KEY_BYTES];
    BN_ASSERT(!kv->has_seal && !atomic_load(&kv->is_settled));
    bn_key_derive(key, 1, "rec-data", kv->seal_key);
    bn_key_derive(key, 1, "seal-chk", check);
    memcpy(kv->key_check, check, BN_KEY_CHECK_BYTES);
    kv->has_seal = true;
    bn_rc rc = bn_kv_settle(kv, err);
    if (rc != BN_OK) { /* as if it had not been called: another key may be tried */
        kv->has_seal = false;
        bn_wipe(kv->seal_key, sizeof kv->seal_key);
        memset(kv->key_check, 0, sizeof kv->key_check);
    }
    return rc;
}

void bn_kv_close(bn_kv **kv)
{
    bn_kv *doomed = BN_TAKE(*kv);
    if (doomed == NULL) {
        return;
    }
    BN_ASSERT(atomic_load(&doomed->txns_count) == 0);
    doomed->calls->close(doomed->engine);
    bn_buf_fini(&doomed->envelope);
    pthread_mutex_destroy(&doomed->settle_lock);
    bn_wipe(doomed->seal_key, sizeof doomed->seal_key);
    bn_free(doomed);
}

void bn_kv_get_stats(bn_kv *kv, bn_kv_stats *out)
{
    kv->calls->fill_stats(kv->engine, out);
    out->commits_count = atomic_load(&kv->commits_count);
    out->readers_count = atomic_load(&kv->readers_count);
}
