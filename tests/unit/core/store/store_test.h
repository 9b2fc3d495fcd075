/* store_test.h - stores to test with: a fresh folder, both engines, short words for rows.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_TESTS_STORE_TEST_H
#define BANYAN_TESTS_STORE_TEST_H

#include "unit/unit.h"

#include <banyan/base/check.h>
#include <banyan/core/kv.h>
#include <banyan/protocol/crypto.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PATH_BYTES 512

typedef struct test_store {
    bool is_lmdb;
    char folder[PATH_BYTES];
    bn_kv_memory *memory;
    bn_kv *kv;
} test_store;

static inline void make_folder(char folder[PATH_BYTES])
{
    const char *base = getenv("TMPDIR");
    snprintf(folder, PATH_BYTES, "%s/banyan-store-XXXXXX", base != NULL ? base : "/tmp");
    assert_non_null(mkdtemp(folder));
}

static inline void remove_folder(const char *folder)
{
    DIR *listing = opendir(folder);
    assert_non_null(listing);
    for (struct dirent *entry = readdir(listing); entry != NULL; entry = readdir(listing)) {
        unlinkat(dirfd(listing), entry->d_name, 0);
    }
    closedir(listing);
    rmdir(folder);
}

static inline const char *path_in(const char *folder, const char *name)
{
    static char path[PATH_BYTES + 32];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static inline bn_rc try_open(const char *folder, bn_kv **out, bn_err *err)
{
    bn_kv_options options = {.folder = folder, .allow_any_fs = true};
    return bn_kv_open_lmdb(&options, out, err);
}

static inline void open_store(test_store *store)
{
    bn_err err = {0};
    if (store->is_lmdb) {
        assert_ok(try_open(store->folder, &store->kv, &err), err);
    } else {
        assert_ok(bn_kv_open_memory(&store->memory, &store->kv, &err), err);
    }
}

static inline void reopen_store(test_store *store)
{
    bn_kv_close(&store->kv);
    open_store(store);
}

static inline test_store begin_store(bool is_lmdb)
{
    test_store store = {.is_lmdb = is_lmdb};
    if (is_lmdb) {
        make_folder(store.folder);
    }
    open_store(&store);
    return store;
}

static inline void end_store(test_store *store)
{
    bn_kv_close(&store->kv);
    bn_kv_memory_destroy(&store->memory);
    if (store->is_lmdb) {
        remove_folder(store->folder);
    }
}

static inline bn_kv_txn *begin(bn_kv *kv, bn_kv_mode mode)
{
    bn_err err = {0};
    bn_kv_txn *txn = NULL;
    assert_ok(bn_kv_begin(kv, mode, &txn, &err), err);
    return txn;
}

static inline void commit(bn_kv_txn *txn)
{
    bn_err err = {0};
    assert_ok(bn_kv_commit(&txn, &err), err);
}

static inline void put(bn_kv_txn *txn, bn_table table, const char *key, const char *value)
{
    bn_err err = {0};
    assert_ok(bn_kv_put(txn, table, bn_slice_of(key), bn_slice_of(value), &err), err);
}

/* One row in a transaction of its own. */
static inline void save(bn_kv *kv, bn_table table, const char *key, const char *value)
{
    bn_kv_txn *txn = begin(kv, BN_KV_WRITE);
    put(txn, table, key, value);
    commit(txn);
}

static inline void expect(bn_kv_txn *txn, bn_table table, const char *key, const char *value)
{
    bn_err err = {0};
    bn_slice found;
    assert_ok(bn_kv_get(txn, table, bn_slice_of(key), &found, &err), err);
    assert_true(bn_slice_is(found, value));
}

static inline void expect_none(bn_kv_txn *txn, bn_table table, const char *key)
{
    bn_slice found;
    assert_int_equal(bn_kv_get(txn, table, bn_slice_of(key), &found, NULL), BN_E_NOT_FOUND);
}

static inline int start_crypto(void **state)
{
    (void)state;
    return bn_crypto_start(NULL) == BN_OK ? 0 : -1;
}

#endif
