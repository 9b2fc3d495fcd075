/* test_kv_threads.c - one writer and several readers at the same time, while the map grows.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store_test.h"

#include <pthread.h>
#include <stdatomic.h>

#define READERS 3
#define WRITERS 2
#define ROUNDS 120 /* per writer */
#define ROWS 8
#define VALUE_BYTES 2000

typedef struct shared {
    bn_kv *kv;
    atomic_bool is_done;
    atomic_uint wrong_count;
    atomic_uint reads_count;
    atomic_uint refused_count;
} shared;

/* All rows of a round carry its number; a commit is all or nothing. */
static void *write_rounds(void *context)
{
    shared *all = context;
    for (unsigned round = 0; round < ROUNDS;) {
        bn_kv_txn *txn = NULL;
        uint8_t value[VALUE_BYTES];
        memset(value, (int)(round % 251), sizeof value);
        bn_rc rc = bn_kv_begin(all->kv, BN_KV_WRITE, &txn, NULL);
        for (int i = 0; i < ROWS && rc == BN_OK; i++) {
            char key[32];
            snprintf(key, sizeof key, "row %d", i);
            rc = bn_kv_put(txn, BN_TABLE_ENTITY, bn_slice_of(key),
                           bn_slice_make(value, sizeof value), NULL);
            snprintf(key, sizeof key, "%p %u %d", (void *)&txn, round, i);
            if (rc == BN_OK) { /* so that the store gets larger */
                rc = bn_kv_put(txn, BN_TABLE_OPLOG, bn_slice_of(key),
                               bn_slice_make(value, sizeof value), NULL);
            }
        }
        if (rc == BN_OK) {
            rc = bn_kv_commit(&txn, NULL);
        }
        bn_kv_abort(&txn);
        if (rc == BN_OK) {
            round++;
        } else {
            atomic_fetch_add(rc == BN_E_NO_SPACE ? &all->refused_count : &all->wrong_count, 1);
        }
        if (atomic_load(&all->refused_count) > 100000) {
            break; /* the map never grew */
        }
    }
    return NULL;
}

static void *read_rounds(void *context)
{
    shared *all = context;
    while (!atomic_load(&all->is_done)) {
        bn_kv_txn *txn = NULL;
        bool is_wrong = bn_kv_begin(all->kv, BN_KV_READ, &txn, NULL) != BN_OK;
        int first = -1;
        for (int i = 0; i < ROWS && !is_wrong; i++) {
            char key[32];
            bn_slice found;
            snprintf(key, sizeof key, "row %d", i);
            bn_rc rc = bn_kv_get(txn, BN_TABLE_ENTITY, bn_slice_of(key), &found, NULL);
            int shown = rc == BN_OK ? found.data[VALUE_BYTES - 1] : -2;
            is_wrong = (rc != BN_OK && rc != BN_E_NOT_FOUND) || (i > 0 && shown != first);
            first = shown;
        }
        bn_kv_abort(&txn);
        atomic_fetch_add(is_wrong ? &all->wrong_count : &all->reads_count, 1);
    }
    return NULL;
}

static void run(test_store *store)
{
    static const uint8_t seal_key[32] = {4};
    bn_err err = {0};
    pthread_t readers[READERS];
    pthread_t writers[WRITERS];
    shared all = {.kv = store->kv};
    assert_ok(bn_kv_set_seal(store->kv, seal_key, &err), err);
    for (size_t i = 0; i < READERS; i++) {
        assert_int_equal(pthread_create(&readers[i], NULL, read_rounds, &all), 0);
    }
    for (size_t i = 0; i < WRITERS; i++) {
        assert_int_equal(pthread_create(&writers[i], NULL, write_rounds, &all), 0);
    }
    for (size_t i = 0; i < WRITERS; i++) {
        pthread_join(writers[i], NULL);
    }
    atomic_store(&all.is_done, true);
    for (size_t i = 0; i < READERS; i++) {
        pthread_join(readers[i], NULL);
    }
    bn_kv_stats stats;
    bn_kv_get_stats(store->kv, &stats);
    assert_int_equal(atomic_load(&all.wrong_count), 0);
    assert_int_equal(stats.commits_count, WRITERS * ROUNDS);
    assert_int_equal(stats.readers_count, 0);
    assert_true(atomic_load(&all.reads_count) > 0);
    end_store(store);
}

static void threads__see_whole_commits_in_memory(void **state)
{
    (void)state;
    test_store store = begin_store(false);
    run(&store);
}

static void threads__see_whole_commits_in_lmdb_while_it_grows(void **state)
{
    (void)state;
    test_store store = {.is_lmdb = true};
    bn_err err = {0};
    make_folder(store.folder);
    bn_kv_options options = {.folder = store.folder, .map_bytes = 1 << 20, .allow_any_fs = true};
    assert_ok(bn_kv_open_lmdb(&options, &store.kv, &err), err);
    run(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads__see_whole_commits_in_memory),
        cmocka_unit_test(threads__see_whole_commits_in_lmdb_while_it_grows),
    };
    return cmocka_run_group_tests(tests, start_crypto, NULL);
}
