/* test_kv.c - what both engines promise, said once and asked of each.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store_test.h"

#include <banyan/base/limits.h>

static const uint8_t key_one[32] = {1};
static const uint8_t key_two[32] = {2};

static void kv__keeps_what_was_committed_over_a_close(bool is_lmdb)
{
    test_store store = begin_store(is_lmdb);
    save(store.kv, BN_TABLE_ENTITY, "a", "one");
    reopen_store(&store);
    bn_kv_txn *txn = begin(store.kv, BN_KV_READ);
    expect(txn, BN_TABLE_ENTITY, "a", "one");
    expect_none(txn, BN_TABLE_OPLOG, "a");
    bn_kv_abort(&txn);
    assert_null(txn);
    end_store(&store);
}

static void kv__drops_what_was_aborted(bool is_lmdb)
{
    test_store store = begin_store(is_lmdb);
    save(store.kv, BN_TABLE_ENTITY, "a", "one");
    bn_kv_txn *txn = begin(store.kv, BN_KV_WRITE);
    put(txn, BN_TABLE_ENTITY, "a", "two");
    put(txn, BN_TABLE_ENTITY, "b", "three");
    expect(txn, BN_TABLE_ENTITY, "a", "two");
    bn_kv_abort(&txn);
    txn = begin(store.kv, BN_KV_READ);
    expect(txn, BN_TABLE_ENTITY, "a", "one");
    expect_none(txn, BN_TABLE_ENTITY, "b");
    bn_kv_abort(&txn);
    end_store(&store);
}

static void kv__shows_a_reader_the_state_it_began_with(bool is_lmdb)
{
    test_store store = begin_store(is_lmdb);
    save(store.kv, BN_TABLE_ENTITY, "a", "old");
    bn_kv_txn *writer = begin(store.kv, BN_KV_WRITE);
    put(writer, BN_TABLE_ENTITY, "a", "new");
    bn_kv_txn *before = begin(store.kv, BN_KV_READ);
    expect(before, BN_TABLE_ENTITY, "a", "old");
    commit(writer);
    bn_kv_txn *after = begin(store.kv, BN_KV_READ);
    expect(before, BN_TABLE_ENTITY, "a", "old");
    expect(after, BN_TABLE_ENTITY, "a", "new");
    bn_kv_abort(&before);
    bn_kv_abort(&after);
    end_store(&store);
}

static void kv__deletes_and_does_not_mind_what_is_not_there(bool is_lmdb)
{
    test_store store = begin_store(is_lmdb);
    bn_err err = {0};
    bn_kv_txn *txn = begin(store.kv, BN_KV_WRITE);
    put(txn, BN_TABLE_INDEX, "a", "");
    assert_true(bn_kv_has(txn, BN_TABLE_INDEX, BN_SLICE("a")));
    assert_ok(bn_kv_del(txn, BN_TABLE_INDEX, BN_SLICE("a"), &err), err);
    assert_ok(bn_kv_del(txn, BN_TABLE_INDEX, BN_SLICE("never"), &err), err);
    assert_false(bn_kv_has(txn, BN_TABLE_INDEX, BN_SLICE("a")));
    commit(txn);
    end_store(&store);
}

static void kv__takes_keys_and_values_borrowed_from_itself(bool is_lmdb)
{
    test_store store = begin_store(is_lmdb);
    bn_err err = {0};
    bn_slice value;
    save(store.kv, BN_TABLE_ORIGIN, "a", "moved");
    bn_kv_txn *txn = begin(store.kv, BN_KV_WRITE);
    assert_ok(bn_kv_get(txn, BN_TABLE_ORIGIN, BN_SLICE("a"), &value, &err), err);
    assert_ok(bn_kv_put(txn, BN_TABLE_ORIGIN, BN_SLICE("b"), value, &err), err);
    assert_ok(bn_kv_get(txn, BN_TABLE_ORIGIN, BN_SLICE("b"), &value, &err), err);
    assert_ok(bn_kv_put(txn, BN_TABLE_ORIGIN, BN_SLICE("b"), value, &err), err);
    expect(txn, BN_TABLE_ORIGIN, "b", "moved");
    commit(txn);
    end_store(&store);
}

static void kv__refuses_keys_and_values_out_of_bounds(bool is_lmdb)
{
    static uint8_t bytes[BN_VALUE_BYTES_MAX + 1];
    test_store store = begin_store(is_lmdb);
    bn_err err = {0};
    bn_slice found;
    bn_slice key = bn_slice_make(bytes, BN_KEY_BYTES_MAX);
    bn_slice long_key = bn_slice_make(bytes, BN_KEY_BYTES_MAX + 1);
    bn_slice value = bn_slice_make(bytes, BN_VALUE_BYTES_MAX);
    bn_slice long_value = bn_slice_make(bytes, BN_VALUE_BYTES_MAX + 1);
    bn_kv_txn *txn = begin(store.kv, BN_KV_WRITE);
    assert_int_equal(bn_kv_put(txn, BN_TABLE_META, long_key, value, &err), BN_E_LIMIT);
    assert_int_equal(bn_kv_put(txn, BN_TABLE_META, BN_SLICE(""), value, &err), BN_E_LIMIT);
    assert_int_equal(bn_kv_put(txn, BN_TABLE_META, key, long_value, &err), BN_E_LIMIT);
    assert_int_equal(bn_kv_get(txn, BN_TABLE_META, long_key, &found, &err), BN_E_LIMIT);
    assert_int_equal(bn_kv_del(txn, BN_TABLE_META, long_key, &err), BN_E_LIMIT);
    assert_ok(bn_kv_put(txn, BN_TABLE_META, key, value, &err), err);
    commit(txn); /* a refused argument does not doom the transaction */
    txn = begin(store.kv, BN_KV_READ);
    assert_ok(bn_kv_get(txn, BN_TABLE_META, key, &found, &err), err);
    assert_true(bn_slice_equal(found, value));
    bn_kv_abort(&txn);
    end_store(&store);
}

static void kv__walks_in_byte_order_both_ways(bool is_lmdb)
{
    static const char *const keys[] = {"a", "aa", "b", "ba", "\x7f", "\x80", "\xff"};
    test_store store = begin_store(is_lmdb);
    bn_err err = {0};
    bn_slice key;
    bn_slice value;
    bn_kv_cursor *cursor = NULL;
    bn_kv_txn *txn = begin(store.kv, BN_KV_WRITE);
    for (size_t i = BN_COUNT(keys); i > 0; i--) {
        put(txn, BN_TABLE_CONFLICT_OF, keys[i - 1], keys[i - 1]);
    }
    commit(txn);
    txn = begin(store.kv, BN_KV_READ);
    assert_ok(bn_kv_cursor_open(txn, BN_TABLE_CONFLICT_OF, &cursor, &err), err);
    assert_int_equal(bn_kv_next(cursor, &key, &value, &err), BN_E_NOT_FOUND); /* not placed */
    assert_ok(bn_kv_seek(cursor, BN_SLICE(""), &key, &value, &err), err);
    for (size_t i = 0; i < BN_COUNT(keys); i++) {
        assert_true(bn_slice_is(key, keys[i]));
        assert_true(bn_slice_is(value, keys[i]));
        bn_rc rc = bn_kv_next(cursor, &key, &value, &err);
        assert_int_equal(rc, i + 1 < BN_COUNT(keys) ? BN_OK : BN_E_NOT_FOUND);
    }
    assert_int_equal(bn_kv_prev(cursor, &key, &value, &err), BN_E_NOT_FOUND);
    assert_ok(bn_kv_seek_last(cursor, BN_SLICE(""), &key, &value, &err), err);
    for (size_t i = BN_COUNT(keys); i > 0; i--) {
        assert_true(bn_slice_is(key, keys[i - 1]));
        bn_rc rc = bn_kv_prev(cursor, &key, &value, &err);
        assert_int_equal(rc, i > 1 ? BN_OK : BN_E_NOT_FOUND);
    }
    assert_ok(bn_kv_seek(cursor, BN_SLICE("ab"), &key, &value, &err), err);
    assert_true(bn_slice_is(key, "b"));
    assert_ok(bn_kv_seek_last(cursor, BN_SLICE("b"), &key, &value, &err), err);
    assert_true(bn_slice_is(key, "aa"));
    assert_int_equal(bn_kv_seek_last(cursor, BN_SLICE("a"), &key, &value, &err), BN_E_NOT_FOUND);
    bn_kv_cursor_close(&cursor);
    bn_kv_abort(&txn);
    end_store(&store);
}

static void kv__ends_cursors_with_their_transaction(bool is_lmdb)
{
    test_store store = begin_store(is_lmdb);
    bn_err err = {0};
    bn_kv_cursor *cursors[3] = {NULL};
    save(store.kv, BN_TABLE_CONFLICT_OF, "a", "");
    for (int write = 0; write < 2; write++) {
        bn_kv_txn *txn = begin(store.kv, write ? BN_KV_WRITE : BN_KV_READ);
        for (size_t i = 0; i < BN_COUNT(cursors); i++) {
            assert_ok(bn_kv_cursor_open(txn, BN_TABLE_CONFLICT_OF, &cursors[i], &err), err);
        }
        bn_kv_cursor_close(&cursors[1]);
        commit(txn);
        bn_kv_cursor_close(&cursors[0]);
        bn_kv_cursor_close(&cursors[2]);
        assert_null(cursors[2]);
    }
    end_store(&store);
}

typedef struct stop {
    bn_kv_moment at;
    bn_rc rc;
    int calls;
} stop;

static bn_rc stop_commit(void *context, bn_kv_moment moment)
{
    stop *plan = context;
    plan->calls++;
    return moment == plan->at ? plan->rc : BN_OK;
}

static void kv__lets_a_hook_stop_before_and_after_a_commit(bool is_lmdb)
{
    test_store store = begin_store(is_lmdb);
    bn_err err = {0};
    stop plan = {.at = BN_KV_BEFORE_COMMIT, .rc = BN_E_INTERRUPTED};
    bn_kv_set_hook(store.kv, stop_commit, &plan);
    bn_kv_txn *txn = begin(store.kv, BN_KV_WRITE);
    put(txn, BN_TABLE_ENTITY, "before", "x");
    assert_int_equal(bn_kv_commit(&txn, &err), BN_E_INTERRUPTED);
    assert_null(txn);
    assert_int_equal(plan.calls, 1);
    plan.at = BN_KV_AFTER_COMMIT;
    txn = begin(store.kv, BN_KV_WRITE);
    put(txn, BN_TABLE_ENTITY, "after", "x");
    assert_int_equal(bn_kv_commit(&txn, &err), BN_E_INTERRUPTED);
    assert_int_equal(plan.calls, 3);
    reopen_store(&store);
    txn = begin(store.kv, BN_KV_READ);
    expect_none(txn, BN_TABLE_ENTITY, "before");
    expect(txn, BN_TABLE_ENTITY, "after", "x");
    bn_kv_abort(&txn);
    end_store(&store);
}

static void kv__refuses_everything_after_storage_failed(bool is_lmdb)
{
    test_store store = begin_store(is_lmdb);
    bn_err err = {0};
    bn_slice found;
    stop plan = {.at = BN_KV_BEFORE_COMMIT, .rc = BN_E_IO};
    save(store.kv, BN_TABLE_ENTITY, "a", "kept");
    bn_kv_set_hook(store.kv, stop_commit, &plan);
    bn_kv_txn *reader = begin(store.kv, BN_KV_READ);
    bn_kv_txn *txn = begin(store.kv, BN_KV_WRITE);
    put(txn, BN_TABLE_ENTITY, "a", "lost");
    assert_int_equal(bn_kv_commit(&txn, &err), BN_E_IO);
    assert_int_equal(bn_kv_begin(store.kv, BN_KV_READ, &txn, &err), BN_E_IO);
    assert_int_equal(bn_kv_get(reader, BN_TABLE_ENTITY, BN_SLICE("a"), &found, &err), BN_E_IO);
    bn_kv_abort(&reader);
    reopen_store(&store);
    txn = begin(store.kv, BN_KV_WRITE);
    expect(txn, BN_TABLE_ENTITY, "a", "kept");
    bn_kv_abort(&txn);
    end_store(&store);
}

static void kv__reads_sealed_rows_with_the_same_key_only(bool is_lmdb)
{
    test_store store = begin_store(is_lmdb);
    bn_err err = {0};
    bn_slice key;
    bn_slice value;
    bn_kv_cursor *cursor = NULL;
    assert_ok(bn_kv_set_seal(store.kv, key_one, &err), err);
    save(store.kv, BN_TABLE_ENTITY, "a", "secret");
    save(store.kv, BN_TABLE_ENTITY, "b", "");
    save(store.kv, BN_TABLE_CONFLICT_OF, "a", "public");
    reopen_store(&store);
    assert_int_equal(bn_kv_set_seal(store.kv, key_two, &err), BN_E_DENIED);
    assert_non_null(strstr(err.text, "not the key"));
    assert_ok(bn_kv_set_seal(store.kv, key_one, &err), err);
    bn_kv_txn *txn = begin(store.kv, BN_KV_READ);
    expect(txn, BN_TABLE_ENTITY, "a", "secret");
    expect(txn, BN_TABLE_ENTITY, "b", "");
    expect(txn, BN_TABLE_CONFLICT_OF, "a", "public");
    assert_ok(bn_kv_cursor_open(txn, BN_TABLE_ENTITY, &cursor, &err), err);
    assert_ok(bn_kv_seek(cursor, BN_SLICE(""), &key, &value, &err), err);
    assert_true(bn_slice_is(value, "secret"));
    bn_kv_cursor_close(&cursor);
    bn_kv_abort(&txn);
    reopen_store(&store);
    assert_int_equal(bn_kv_begin(store.kv, BN_KV_READ, &txn, &err), BN_E_DENIED);
    end_store(&store);
}

static void kv__does_not_seal_a_store_made_without_a_key(bool is_lmdb)
{
    test_store store = begin_store(is_lmdb);
    bn_err err = {0};
    save(store.kv, BN_TABLE_ENTITY, "a", "open");
    reopen_store(&store);
    assert_int_equal(bn_kv_set_seal(store.kv, key_one, &err), BN_E_DENIED);
    bn_kv_txn *txn = begin(store.kv, BN_KV_READ);
    expect(txn, BN_TABLE_ENTITY, "a", "open");
    bn_kv_abort(&txn);
    end_store(&store);
}

static void kv__bounds_what_one_transaction_borrows(bool is_lmdb)
{
    static uint8_t bytes[BN_VALUE_BYTES_MAX];
    test_store store = begin_store(is_lmdb);
    bn_err err = {0};
    bn_slice value;
    bn_slice key = BN_SLICE("big");
    assert_ok(bn_kv_set_seal(store.kv, key_one, &err), err);
    bn_kv_txn *txn = begin(store.kv, BN_KV_WRITE);
    assert_ok(bn_kv_put(txn, BN_TABLE_ENTITY, key, bn_slice_make(bytes, sizeof bytes), &err), err);
    commit(txn);
    txn = begin(store.kv, BN_KV_READ);
    for (int i = 0; i < 64; i++) {
        assert_ok(bn_kv_get(txn, BN_TABLE_ENTITY, key, &value, &err), err);
    }
    assert_int_equal(bn_kv_get(txn, BN_TABLE_ENTITY, key, &value, &err), BN_E_LIMIT);
    bn_kv_forget(txn);
    assert_ok(bn_kv_get(txn, BN_TABLE_ENTITY, key, &value, &err), err);
    bn_kv_abort(&txn);
    end_store(&store);
}

static void kv__verifies_every_row_over_many_transactions(bool is_lmdb)
{
    test_store store = begin_store(is_lmdb);
    bn_err err = {0};
    uint64_t rows_count = 0;
    bn_kv_stats stats;
    bn_kv_txn *txn = begin(store.kv, BN_KV_WRITE);
    for (int i = 0; i < 2500; i++) {
        char key[16];
        snprintf(key, sizeof key, "%06d", i);
        put(txn, BN_TABLE_ENTITY, key, key);
    }
    put(txn, BN_TABLE_TASK, "t", "u");
    commit(txn);
    assert_ok(bn_kv_verify(store.kv, NULL, NULL, &rows_count, &err), err);
    assert_int_equal(rows_count, 2502); /* and the row of the store itself */
    bn_kv_get_stats(store.kv, &stats);
    assert_int_equal(stats.commits_count, 1);
    assert_int_equal(stats.readers_count, 0);
    end_store(&store);
}

static void kv__names_its_tables(void **state)
{
    (void)state;
    assert_string_equal(bn_table_name(BN_TABLE_META), "META");
    assert_string_equal(bn_table_name(BN_TABLE_GOLDEN_EVENT), "GOLDEN_EVENT");
    assert_string_equal(bn_table_name((bn_table)BN_TABLES_MAX), "?");
}

#define ON_BOTH(name)                       \
    static void name##__in_memory(void **s) \
    {                                       \
        (void)s;                            \
        name(false);                        \
    }                                       \
    static void name##__in_lmdb(void **s)   \
    {                                       \
        (void)s;                            \
        name(true);                         \
    }
#define BOTH(name) cmocka_unit_test(name##__in_memory), cmocka_unit_test(name##__in_lmdb)

ON_BOTH(kv__keeps_what_was_committed_over_a_close)
ON_BOTH(kv__drops_what_was_aborted)
ON_BOTH(kv__shows_a_reader_the_state_it_began_with)
ON_BOTH(kv__deletes_and_does_not_mind_what_is_not_there)
ON_BOTH(kv__takes_keys_and_values_borrowed_from_itself)
ON_BOTH(kv__refuses_keys_and_values_out_of_bounds)
ON_BOTH(kv__walks_in_byte_order_both_ways)
ON_BOTH(kv__ends_cursors_with_their_transaction)
ON_BOTH(kv__lets_a_hook_stop_before_and_after_a_commit)
ON_BOTH(kv__refuses_everything_after_storage_failed)
ON_BOTH(kv__reads_sealed_rows_with_the_same_key_only)
ON_BOTH(kv__does_not_seal_a_store_made_without_a_key)
ON_BOTH(kv__bounds_what_one_transaction_borrows)
ON_BOTH(kv__verifies_every_row_over_many_transactions)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(kv__keeps_what_was_committed_over_a_close),
        BOTH(kv__drops_what_was_aborted),
        BOTH(kv__shows_a_reader_the_state_it_began_with),
        BOTH(kv__deletes_and_does_not_mind_what_is_not_there),
        BOTH(kv__takes_keys_and_values_borrowed_from_itself),
        BOTH(kv__refuses_keys_and_values_out_of_bounds),
        BOTH(kv__walks_in_byte_order_both_ways),
        BOTH(kv__ends_cursors_with_their_transaction),
        BOTH(kv__lets_a_hook_stop_before_and_after_a_commit),
        BOTH(kv__refuses_everything_after_storage_failed),
        BOTH(kv__reads_sealed_rows_with_the_same_key_only),
        BOTH(kv__does_not_seal_a_store_made_without_a_key),
        BOTH(kv__bounds_what_one_transaction_borrows),
        BOTH(kv__verifies_every_row_over_many_transactions),
        cmocka_unit_test(kv__names_its_tables),
    };
    return cmocka_run_group_tests(tests, start_crypto, NULL);
}
