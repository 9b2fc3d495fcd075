/* test_kv_model.c - random work on both engines against a plain array that cannot be wrong.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store_test.h"

#include "property.h"

#define KEYS 48
#define TABLES 3
#define VALUE_BYTES_MAX 6000 /* more than a page, so that LMDB uses overflow pages */

static const bn_table tables[TABLES] = {BN_TABLE_ORIGIN, BN_TABLE_ENTITY, BN_TABLE_INDEX};

typedef struct model {
    bool is_there[TABLES][KEYS];
    uint32_t stamp[TABLES][KEYS]; /* what the value is made from */
} model;

static uint8_t key_bytes[KEYS][8];
static bn_slice keys[KEYS]; /* in byte order */

static int compare_slices(const void *a, const void *b)
{
    return bn_slice_compare(*(const bn_slice *)a, *(const bn_slice *)b);
}

static void make_keys(property *p)
{
    for (size_t i = 0; i < KEYS; i++) {
        size_t len = 2 + property_below(p, 6);
        for (size_t j = 0; j < len; j++) {
            key_bytes[i][j] = property_below(p, 2) == 0 ? 'a' : (uint8_t)property_next(p);
        }
        key_bytes[i][1] = (uint8_t)i; /* all different */
        keys[i] = bn_slice_make(key_bytes[i], len);
    }
    qsort(keys, KEYS, sizeof keys[0], compare_slices);
}

static bn_slice value_of(uint32_t stamp)
{
    static uint8_t bytes[VALUE_BYTES_MAX];
    size_t len = stamp % 7 == 0 ? stamp % VALUE_BYTES_MAX : stamp % 200;
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)(stamp >> i % 24);
    }
    return bn_slice_make(bytes, len);
}

static void expect_row(const model *m, size_t table, size_t i, bn_rc rc, bn_slice found)
{
    assert_int_equal(rc, m->is_there[table][i] ? BN_OK : BN_E_NOT_FOUND);
    if (rc == BN_OK) {
        assert_true(bn_slice_equal(found, value_of(m->stamp[table][i])));
    }
}

/* Nearest row of the model from `i` on in steps of `step`, or KEYS. */
static size_t nearest(const model *m, size_t table, size_t i, int step)
{
    while (i < KEYS && !m->is_there[table][i]) {
        i += (size_t)step; /* wraps below 0, which ends the loop as well */
    }
    return i < KEYS ? i : KEYS;
}

static void walk(bn_kv_txn *txn, const model *m, property *p)
{
    bn_err err = {0};
    bn_slice key;
    bn_slice value;
    bn_kv_cursor *cursor = NULL;
    size_t table = property_below(p, TABLES);
    size_t i = property_below(p, KEYS);
    bool forward = property_below(p, 2) == 0;
    assert_ok(bn_kv_cursor_open(txn, tables[table], &cursor, &err), err);
    bn_rc rc = forward ? bn_kv_seek(cursor, keys[i], &key, &value, &err)
                       : bn_kv_seek_last(cursor, keys[i], &key, &value, &err);
    i = nearest(m, table, forward ? i : i - 1, forward ? 1 : -1);
    for (size_t steps = property_below(p, KEYS) + 1; steps > 0 && i < KEYS; steps--) {
        assert_int_equal(rc, BN_OK);
        assert_true(bn_slice_equal(key, keys[i]));
        assert_true(bn_slice_equal(value, value_of(m->stamp[table][i])));
        rc = forward ? bn_kv_next(cursor, &key, &value, &err)
                     : bn_kv_prev(cursor, &key, &value, &err);
        i = nearest(m, table, forward ? i + 1 : i - 1, forward ? 1 : -1);
    }
    if (i == KEYS) {
        assert_int_equal(rc, BN_E_NOT_FOUND);
    }
    bn_kv_cursor_close(&cursor);
}

static void change(bn_kv_txn *txn, model *m, property *p)
{
    bn_err err = {0};
    size_t table = property_below(p, TABLES);
    size_t i = property_below(p, KEYS);
    uint32_t stamp = (uint32_t)property_next(p);
    if (property_below(p, 3) == 0) {
        assert_ok(bn_kv_del(txn, tables[table], keys[i], &err), err);
        m->is_there[table][i] = false;
    } else {
        assert_ok(bn_kv_put(txn, tables[table], keys[i], value_of(stamp), &err), err);
        m->is_there[table][i] = true;
        m->stamp[table][i] = stamp;
    }
}

static void check_all(bn_kv_txn *txn, const model *m)
{
    for (size_t table = 0; table < TABLES; table++) {
        for (size_t i = 0; i < KEYS; i++) {
            bn_slice found = {NULL, 0};
            bn_rc rc = bn_kv_get(txn, tables[table], keys[i], &found, NULL);
            expect_row(m, table, i, rc, found);
        }
    }
}

static bn_rc crash(void *context, bn_kv_moment moment)
{
    return moment == *(const bn_kv_moment *)context ? BN_E_IO : BN_OK;
}

/* Ends the transaction in one of the ways there are; true when its work is kept. */
static bool end_txn(test_store *store, bn_kv_txn *txn, const uint8_t *seal, property *p)
{
    bn_err err = {0};
    bn_kv_moment moment = property_below(p, 2) == 0 ? BN_KV_BEFORE_COMMIT : BN_KV_AFTER_COMMIT;
    switch (property_below(p, 8)) {
    case 0:
        bn_kv_abort(&txn);
        return false;
    case 1:
        bn_kv_set_hook(store->kv, crash, &moment);
        assert_int_equal(bn_kv_commit(&txn, &err), BN_E_IO);
        reopen_store(store);
        if (seal != NULL) {
            assert_ok(bn_kv_set_seal(store->kv, seal, &err), err);
        }
        return moment == BN_KV_AFTER_COMMIT;
    default:
        commit(txn);
        return true;
    }
}

static void run(bool is_lmdb, const uint8_t *seal, unsigned cases)
{
    property p = property_begin("kv model", cases);
    test_store store = begin_store(is_lmdb);
    bn_err err = {0};
    model committed = {0};
    make_keys(&p);
    if (seal != NULL) {
        assert_ok(bn_kv_set_seal(store.kv, seal, &err), err);
    }
    for (unsigned n = 0; n < p.cases; n++) {
        model m = committed;
        bn_kv_txn *reader = begin(store.kv, BN_KV_READ);
        bn_kv_txn *txn = begin(store.kv, BN_KV_WRITE);
        for (size_t steps = property_below(&p, 20); steps > 0; steps--) {
            change(txn, &m, &p);
            walk(txn, &m, &p);
        }
        check_all(txn, &m);
        check_all(reader, &committed);
        walk(reader, &committed, &p);
        bn_kv_abort(&reader);
        if (end_txn(&store, txn, seal, &p)) {
            committed = m;
        }
    }
    bn_kv_txn *last = begin(store.kv, BN_KV_READ);
    check_all(last, &committed);
    bn_kv_abort(&last);
    end_store(&store);
}

static const uint8_t seal_key[32] = {5};

static void model__holds_in_memory(void **state)
{
    (void)state;
    run(false, NULL, 600);
}

static void model__holds_in_memory_sealed(void **state)
{
    (void)state;
    run(false, seal_key, 100);
}

static void model__holds_in_lmdb(void **state)
{
    (void)state;
    run(true, NULL, 150);
}

static void model__holds_in_lmdb_sealed(void **state)
{
    (void)state;
    run(true, seal_key, 80);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(model__holds_in_memory),
        cmocka_unit_test(model__holds_in_memory_sealed),
        cmocka_unit_test(model__holds_in_lmdb),
        cmocka_unit_test(model__holds_in_lmdb_sealed),
    };
    return cmocka_run_group_tests(tests, start_crypto, NULL);
}
