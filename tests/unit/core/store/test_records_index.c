/* test_records_index.c - equality look-ups against a plain scan.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "property.h"
#include "unit/unit.h"

#include <banyan/base/check.h>
#include <banyan/core/records.h>

#include <string.h>

#define ARENA_BYTES (8 * 1024 * 1024)
#define CUSTOMERS 20

static const bn_index_key key = {.bytes = {1, 2, 3}};

typedef struct fixture {
    bn_kv_memory *memory;
    bn_kv *kv;
    bn_kv_txn *txn;
    bn_arena arena;
    bn_err err;
} fixture;

static int set_up(void **state)
{
    static fixture f;
    memset(&f, 0, sizeof f);
    bn_arena_init(&f.arena, ARENA_BYTES);
    *state = &f;
    return bn_crypto_start(&f.err) == BN_OK &&
                   bn_kv_open_memory(&f.memory, &f.kv, &f.err) == BN_OK &&
                   bn_kv_begin(f.kv, BN_KV_WRITE, &f.txn, &f.err) == BN_OK
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    bn_kv_abort(&f->txn);
    bn_kv_close(&f->kv);
    bn_kv_memory_destroy(&f->memory);
    bn_arena_fini(&f->arena);
    return 0;
}

static bn_id id_of(size_t i)
{
    return (bn_id){.bytes = {(uint8_t)(i + 1)}};
}

static void put(fixture *f, bn_record *record, uint16_t field, bn_value value)
{
    bn_cell cell = {.field = field, .stamp = {{1, 1}, {1}, 1}, .value = value};
    assert_int_equal(bn_record_put_cell(record, &f->arena, &cell), BN_OK);
}

static bn_record customer(fixture *f, size_t i)
{
    bn_record record;
    bn_record_init(&record, BN_KIND_CUSTOMER, id_of(i));
    put(f, &record, BN_FIELD_EXISTENCE, bn_value_int(1));
    return record;
}

static size_t rows_count(fixture *f)
{
    bn_slice row;
    bn_slice value;
    size_t count = 0;
    BN_AUTO(bn_kv_cursor_close) bn_kv_cursor *cursor = NULL;
    assert_ok(bn_kv_cursor_open(f->txn, BN_TABLE_INDEX, &cursor, &f->err), f->err);
    bn_rc rc = bn_kv_seek(cursor, bn_slice_make("", 0), &row, &value, &f->err);
    while (rc == BN_OK) {
        count++;
        rc = bn_kv_next(cursor, &row, &value, &f->err);
    }
    return count;
}

static size_t found_count(fixture *f, unsigned kind, unsigned field, const char *text)
{
    bn_id ids[CUSTOMERS];
    size_t count = 0;
    assert_ok(bn_indexes_find(f->txn, &key, (uint16_t)kind, (uint16_t)field,
                              bn_value_text(bn_slice_of(text)), (bn_id){0}, ids, CUSTOMERS, &count,
                              &f->err),
              f->err);
    return count;
}

static void indexes__compare_texts_folded(void **state)
{
    fixture *f = *state;
    static const struct {
        uint16_t field;
        const char *stored;
        const char *same;
        const char *other;
    } cases[] = {
        {BN_CUSTOMER_number, "0017-000042-6", "00170000426", "0017-000043-6"},
        {BN_CUSTOMER_email, "Li.Na@Example.com", "li.na@example.COM", "lina@example.com"},
        {BN_CUSTOMER_document_number, "E1234567", " e 123-4567", "E1234568"},
        {BN_CUSTOMER_document_number, "11010519491231002x", "11010519491231002X", "1101051949"},
        {BN_CUSTOMER_document_number, "110105491231002", "11010519491231002X", "110105491231003"},
        {BN_CUSTOMER_mobile, "138 0013 8000", "+86 13800138000", "13800138001"},
        {BN_CUSTOMER_phone, "ext. only", "EXT. ONLY", "ext"},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        bn_record record = customer(f, i);
        put(f, &record, cases[i].field, bn_value_text(bn_slice_of(cases[i].stored)));
        assert_ok(bn_indexes_update(f->txn, &key, NULL, &record, &f->err), f->err);
        assert_int_equal(found_count(f, BN_KIND_CUSTOMER, cases[i].field, cases[i].stored), 1);
        assert_int_equal(found_count(f, BN_KIND_CUSTOMER, cases[i].field, cases[i].same), 1);
        assert_int_equal(found_count(f, BN_KIND_CUSTOMER, cases[i].field, cases[i].other), 0);
        assert_int_equal(found_count(f, BN_KIND_CONTACT, cases[i].field, cases[i].stored), 0);
        assert_ok(bn_indexes_update(f->txn, &key, &record, NULL, &f->err), f->err);
        assert_int_equal(rows_count(f), 0);
    }
}

static void indexes__leave_nothing_readable_in_the_key(void **state)
{
    fixture *f = *state;
    bn_record record = customer(f, 0);
    put(f, &record, BN_CUSTOMER_number, bn_value_text(BN_SLICE("abcdefgh")));
    assert_ok(bn_indexes_update(f->txn, &key, NULL, &record, &f->err), f->err);
    BN_AUTO(bn_kv_cursor_close) bn_kv_cursor *cursor = NULL;
    bn_slice row;
    bn_slice value;
    assert_ok(bn_kv_cursor_open(f->txn, BN_TABLE_INDEX, &cursor, &f->err), f->err);
    assert_ok(bn_kv_seek(cursor, bn_slice_make("", 0), &row, &value, &f->err), f->err);
    assert_int_equal(row.len, 4 + 16 + BN_ID_BYTES);
    assert_int_equal(value.len, 0);
    assert_null(memmem(row.data, row.len, "abcd", 4));
    /* Without the key the same value has another row. */
    const bn_index_key foreign = {.bytes = {9}};
    bn_id ids[1];
    size_t count = 1;
    assert_ok(bn_indexes_find(f->txn, &foreign, BN_KIND_CUSTOMER, BN_CUSTOMER_number,
                              bn_value_text(BN_SLICE("abcdefgh")), (bn_id){0}, ids, 1, &count,
                              &f->err),
              f->err);
    assert_int_equal(count, 0);
}

static void indexes__what_hangs_on_a_customer_is_found_page_by_page(void **state)
{
    fixture *f = *state;
    const bn_id owner = {.bytes = {99}};
    for (size_t i = 0; i < 7; i++) {
        bn_record task;
        bn_record_init(&task, BN_KIND_TASK, id_of(i));
        put(f, &task, BN_FIELD_EXISTENCE, bn_value_int(1));
        put(f, &task, BN_TASK_customer, bn_value_id(i == 3 ? id_of(50) : owner));
        assert_ok(bn_indexes_update(f->txn, &key, NULL, &task, &f->err), f->err);
    }
    bn_id after = {0};
    size_t total = 0;
    size_t count = 0;
    do {
        bn_id ids[4];
        assert_ok(bn_indexes_find(f->txn, &key, BN_KIND_TASK, BN_TASK_customer, bn_value_id(owner),
                                  after, ids, 4, &count, &f->err),
                  f->err);
        for (size_t i = 0; i < count; i++) {
            assert_true(bn_id_compare(ids[i], after) > 0 && !bn_id_equal(ids[i], id_of(3)));
            after = ids[i];
        }
        total += count;
    } while (count > 0);
    assert_int_equal(total, 6);
}

/* Random changes to a few customers; the rows are always those of a fresh index. */
static void indexes__agree_with_a_scan_after_any_changes(void **state)
{
    fixture *f = *state;
    static const char *const texts[] = {"", "a", "A", "b", "b-b", "bb", "c"};
    property p = property_begin("index against a scan", 2000);
    bn_record records[CUSTOMERS];
    const char *number[CUSTOMERS] = {NULL};
    bool is_there[CUSTOMERS] = {false};
    for (size_t i = 0; i < CUSTOMERS; i++) {
        bn_record_init(&records[i], BN_KIND_CUSTOMER, id_of(i));
    }
    for (unsigned c = 0; c < p.cases; c++) {
        size_t i = (size_t)property_below(&p, CUSTOMERS);
        bn_record before;
        assert_int_equal(bn_record_copy(&records[i], &f->arena, &before), BN_OK);
        is_there[i] = property_below(&p, 4) != 0;
        number[i] = texts[property_below(&p, BN_COUNT(texts))];
        put(f, &records[i], BN_FIELD_EXISTENCE, bn_value_int(is_there[i] ? 1 : 0));
        put(f, &records[i], BN_CUSTOMER_number,
            number[i][0] == 0 ? bn_value_nil() : bn_value_text(bn_slice_of(number[i])));
        assert_ok(bn_indexes_update(f->txn, &key, &before, &records[i], &f->err), f->err);
        size_t wanted = 0;
        size_t rows = 0;
        for (size_t j = 0; j < CUSTOMERS; j++) {
            bool has_row = is_there[j] && number[j][0] != 0;
            rows += has_row ? 1 : 0;
            wanted += has_row && number[j][0] == 'b' && strlen(number[j]) > 1 ? 1 : 0;
        }
        assert_int_equal(rows_count(f), rows);
        assert_int_equal(found_count(f, BN_KIND_CUSTOMER, BN_CUSTOMER_number, "BB"), wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(indexes__compare_texts_folded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(indexes__leave_nothing_readable_in_the_key, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(indexes__what_hangs_on_a_customer_is_found_page_by_page,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(indexes__agree_with_a_scan_after_any_changes, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
