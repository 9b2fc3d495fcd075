/* test_kv_watch.c - what happens to the file of an open store, and its largest size.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store_test.h"

#define MAP_BYTES_MAX (1u << 20)
#define ROWS_MAX 10000

static void refuse_everything(bn_kv *kv, const char *reason)
{
    bn_kv_txn *txn = NULL;
    bn_err err = {0};
    assert_int_equal(bn_kv_begin(kv, BN_KV_READ, &txn, &err), BN_E_IO);
    assert_non_null(strstr(err.text, reason));
    assert_int_equal(bn_kv_begin(kv, BN_KV_WRITE, &txn, &err), BN_E_IO);
    assert_null(txn);
}

static void kv__takes_no_commit_after_its_file_was_removed(void **state)
{
    (void)state;
    test_store store = begin_store(true);
    save(store.kv, BN_TABLE_ENTITY, "a", "x");
    assert_int_equal(unlink(path_in(store.folder, "data.mdb")), 0);
    refuse_everything(store.kv, "removed while open");
    end_store(&store);
}

static void kv__takes_no_commit_after_its_file_was_replaced(void **state)
{
    (void)state;
    test_store store = begin_store(true);
    test_store other = begin_store(true);
    save(store.kv, BN_TABLE_ENTITY, "a", "x");
    char *from = strdup(path_in(other.folder, "data.mdb"));
    assert_int_equal(rename(from, path_in(store.folder, "data.mdb")), 0);
    free(from);
    refuse_everything(store.kv, "replaced while open");
    end_store(&other);
    end_store(&store);
}

static void kv__reads_nothing_after_its_file_was_cut(void **state)
{
    (void)state;
    test_store store = begin_store(true);
    save(store.kv, BN_TABLE_ENTITY, "a", "x");
    bn_kv_txn *txn = begin(store.kv, BN_KV_READ);
    bn_kv_abort(&txn); /* has seen the size */
    assert_int_equal(truncate(path_in(store.folder, "data.mdb"), 8192), 0);
    refuse_everything(store.kv, "while open");
    end_store(&store);
}

static bn_rc open_small(test_store *store, bn_err *err)
{
    bn_kv_options options = {
        .folder = store->folder, .map_bytes_max = MAP_BYTES_MAX, .allow_any_fs = true};
    return bn_kv_open_lmdb(&options, &store->kv, err);
}

static void kv__keeps_to_a_maximum_below_the_map_it_starts_with(void **state)
{
    (void)state;
    test_store store = {.is_lmdb = true};
    bn_err err = {0};
    bn_kv_stats stats;
    make_folder(store.folder);
    assert_ok(open_small(&store, &err), err);
    bn_rc rc = BN_OK;
    for (int i = 0; i < ROWS_MAX && rc == BN_OK; i++) {
        bn_kv_txn *txn = begin(store.kv, BN_KV_WRITE);
        char key[16];
        static const uint8_t value[4096];
        snprintf(key, sizeof key, "%08d", i);
        rc = bn_kv_put(txn, BN_TABLE_ENTITY, bn_slice_of(key), bn_slice_make(value, sizeof value),
                       &err);
        if (rc == BN_OK) {
            rc = bn_kv_commit(&txn, &err);
        } else {
            bn_kv_abort(&txn);
        }
    }
    assert_int_equal(rc, BN_E_NO_SPACE);
    assert_non_null(strstr(err.text, "raise its maximum"));
    bn_kv_get_stats(store.kv, &stats);
    assert_true(stats.used_bytes <= MAP_BYTES_MAX);
    bn_kv_txn *txn = begin(store.kv, BN_KV_WRITE);
    assert_ok(bn_kv_del(txn, BN_TABLE_ENTITY, BN_SLICE("00000001"), &err), err);
    commit(txn);
    end_store(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kv__takes_no_commit_after_its_file_was_removed),
        cmocka_unit_test(kv__takes_no_commit_after_its_file_was_replaced),
        cmocka_unit_test(kv__reads_nothing_after_its_file_was_cut),
        cmocka_unit_test(kv__keeps_to_a_maximum_below_the_map_it_starts_with),
    };
    return cmocka_run_group_tests(tests, start_crypto, NULL);
}
