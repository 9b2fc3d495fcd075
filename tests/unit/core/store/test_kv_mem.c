/* test_kv_mem.c - crash, backup and refused memory in the in-memory engine.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store_test.h"

#include "core/store/tree.h"

#include <banyan/base/alloc.h>

static void memory__copy_is_a_backup_that_stays(void **state)
{
    (void)state;
    bn_err err = {0};
    test_store store = begin_store(false);
    test_store backup = {.is_lmdb = false};
    save(store.kv, BN_TABLE_ENTITY, "a", "old");
    assert_int_equal(bn_kv_memory_copy(store.memory, &backup.memory), BN_OK);
    save(store.kv, BN_TABLE_ENTITY, "a", "new");
    assert_ok(bn_kv_open_memory(&backup.memory, &backup.kv, &err), err);
    bn_kv_txn *txn = begin(backup.kv, BN_KV_READ);
    expect(txn, BN_TABLE_ENTITY, "a", "old");
    bn_kv_abort(&txn);
    save(backup.kv, BN_TABLE_ENTITY, "a", "restored");
    end_store(&backup);
    txn = begin(store.kv, BN_KV_READ);
    expect(txn, BN_TABLE_ENTITY, "a", "new");
    bn_kv_abort(&txn);
    end_store(&store);
}

/* Refuses every request in turn until the whole work gets through. */
static void memory__survives_every_refused_allocation(void **state)
{
    (void)state;
    bn_err err = {0};
    test_store store = begin_store(false);
    char key[16];
    for (int i = 0; i < 40; i++) {
        snprintf(key, sizeof key, "%02d", i);
        save(store.kv, BN_TABLE_ENTITY, key, "kept");
    }
    bn_rc rc = BN_E_NO_MEMORY;
    for (size_t n = 1; rc != BN_OK; n++) {
        bn_kv_txn *txn = NULL;
        assert_true(n < 1000);
        bn_alloc_fail_at(n);
        rc = bn_kv_begin(store.kv, BN_KV_WRITE, &txn, &err);
        for (int i = 0; i < 40 && rc == BN_OK; i += 3) {
            snprintf(key, sizeof key, "%02d", i);
            rc = bn_kv_del(txn, BN_TABLE_ENTITY, bn_slice_of(key), &err);
        }
        if (rc == BN_OK) {
            rc = bn_kv_put(txn, BN_TABLE_ENTITY, BN_SLICE("zz"), BN_SLICE("new"), &err);
        }
        bn_alloc_fail_at(0);
        if (txn != NULL) {
            bn_rc end = bn_kv_commit(&txn, &err);
            assert_int_equal(end, rc);
        }
        assert_true(rc == BN_OK || rc == BN_E_NO_MEMORY);
        bn_kv_txn *reader = begin(store.kv, BN_KV_READ);
        for (int i = 0; i < 40; i++) {
            snprintf(key, sizeof key, "%02d", i);
            bool is_deleted = rc == BN_OK && i % 3 == 0;
            assert_int_equal(bn_kv_has(reader, BN_TABLE_ENTITY, bn_slice_of(key)), !is_deleted);
        }
        bn_kv_abort(&reader);
    }
    end_store(&store);
}

static void tree__keeps_old_versions_while_new_ones_change(void **state)
{
    (void)state;
    enum { versions = 60 };
    bn_tree_node *roots[versions] = {NULL};
    char key[16];
    for (int v = 0; v < versions; v++) { /* version v holds the keys v/2 .. v */
        roots[v] = v > 0 ? bn_tree_hold(roots[v - 1]) : NULL;
        snprintf(key, sizeof key, "%04d", v);
        assert_int_equal(bn_tree_put(&roots[v], bn_slice_of(key), bn_slice_of(key)), BN_OK);
        for (int old = 0; old < v / 2; old++) {
            snprintf(key, sizeof key, "%04d", old);
            assert_int_equal(bn_tree_del(&roots[v], bn_slice_of(key)), BN_OK);
        }
    }
    for (int v = 0; v < versions; v++) {
        for (int i = 0; i < versions; i++) {
            snprintf(key, sizeof key, "%04d", i);
            bool is_there = bn_tree_find(roots[v], bn_slice_of(key)) != NULL;
            assert_int_equal(is_there, i >= v / 2 && i <= v);
        }
    }
    for (int v = 0; v < versions; v += 2) {
        bn_tree_drop(roots[v]);
    }
    for (int v = 1; v < versions; v += 2) {
        snprintf(key, sizeof key, "%04d", v);
        assert_non_null(bn_tree_find(roots[v], bn_slice_of(key)));
        bn_tree_drop(roots[v]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory__copy_is_a_backup_that_stays),
        cmocka_unit_test(memory__survives_every_refused_allocation),
        cmocka_unit_test(tree__keeps_old_versions_while_new_ones_change),
    };
    return cmocka_run_group_tests(tests, start_crypto, NULL);
}
