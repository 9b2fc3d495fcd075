/* test_records.c - keys, small values, records and conflicts in a store.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "property.h"
#include "unit/unit.h"

#include <banyan/base/check.h>
#include <banyan/core/records.h>

#include <string.h>

#define ARENA_BYTES (8 * 1024 * 1024)

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

static bn_id id_of(unsigned high, unsigned low)
{
    bn_id id = {.bytes = {(uint8_t)high}};
    id.bytes[BN_ID_BYTES - 1] = (uint8_t)low;
    return id;
}

static void keys__order_as_their_numbers_do(void **state)
{
    (void)state;
    property p = property_begin("order of keys", 2000);
    for (unsigned i = 0; i < p.cases; i++) {
        uint8_t key[2][BN_KEY_ENTITY_U64_BYTES];
        uint64_t number[2] = {property_next(&p) >> property_below(&p, 64),
                              property_next(&p) >> property_below(&p, 64)};
        bn_slice a = bn_key_u64(key[0], number[0]);
        bn_slice b = bn_key_u64(key[1], number[1]);
        int order = (number[0] > number[1]) - (number[0] < number[1]);
        assert_int_equal((bn_slice_compare(a, b) > 0) - (bn_slice_compare(a, b) < 0), order);
        a = bn_key_entity_u64(key[0], 1, id_of(1, 2), number[0]);
        b = bn_key_entity_u64(key[1], 1, id_of(1, 2), number[1]);
        assert_int_equal((bn_slice_compare(a, b) > 0) - (bn_slice_compare(a, b) < 0), order);
        a = bn_key_u32_u64(key[0], 7, number[0]);
        b = bn_key_u32_u64(key[1], 8, number[1]);
        assert_true(bn_slice_compare(a, b) < 0);
        assert_int_equal(a.len, 12);
    }
    uint8_t key[BN_KEY_ENTITY_U64_BYTES];
    assert_int_equal(bn_key_entity(key, 1, id_of(1, 1)).len, BN_KEY_ENTITY_BYTES);
    assert_int_equal(bn_key_entity_u64(key, 1, id_of(1, 1), 1).len, BN_KEY_ENTITY_U64_BYTES);
    assert_int_equal(bn_key_u32(key, 1).len, 4);
}

static void meta__keeps_small_values_by_name(void **state)
{
    fixture *f = *state;
    uint64_t number = 0;
    uint8_t bytes[4] = {0};
    assert_ok(bn_meta_get_u64(f->txn, "cursor", 77, &number, &f->err), f->err);
    assert_int_equal(number, 77);
    assert_ok(bn_meta_put_u64(f->txn, "cursor", UINT64_MAX, &f->err), f->err);
    assert_ok(bn_meta_get_u64(f->txn, "cursor", 77, &number, &f->err), f->err);
    assert_true(number == UINT64_MAX);
    assert_int_equal(bn_meta_get(f->txn, "head", bytes, 4, &f->err), BN_E_NOT_FOUND);
    assert_ok(bn_meta_put(f->txn, "head", "abcd", 4, &f->err), f->err);
    assert_ok(bn_meta_get(f->txn, "head", bytes, 4, &f->err), f->err);
    assert_memory_equal(bytes, "abcd", 4);
    assert_int_equal(bn_meta_get(f->txn, "head", bytes, 3, &f->err), BN_E_CORRUPT);
    assert_int_equal(bn_meta_get_u64(f->txn, "head", 0, &number, &f->err), BN_E_CORRUPT);
}

static bn_record record_of(bn_cell *cells, size_t count, uint16_t kind, bn_id id)
{
    return (bn_record){.kind = kind,
                       .id = id,
                       .schema_version = 1,
                       .last_cseq = 9,
                       .cells = cells,
                       .cells_count = count};
}

static void records__come_back_as_they_were_put(void **state)
{
    fixture *f = *state;
    bn_cell cells[] = {
        {.stamp = {{1, 2}, {77}, 9}, .value = bn_value_int(1)},
        {.field = 3, .stamp = {{1, 2}, {77}, 9}, .value = bn_value_text(BN_SLICE("王小明"))},
    };
    bn_record record = record_of(cells, 2, BN_KIND_CUSTOMER, id_of(1, 1));
    bn_record back;
    assert_int_equal(
        bn_records_get(f->txn, BN_KIND_CUSTOMER, id_of(1, 1), &f->arena, &back, &f->err),
        BN_E_NOT_FOUND);
    assert_ok(bn_records_put(f->txn, &record, &f->err), f->err);
    assert_ok(bn_records_get(f->txn, BN_KIND_CUSTOMER, id_of(1, 1), &f->arena, &back, &f->err),
              f->err);
    assert_true(bn_record_exists(&back));
    assert_int_equal(back.last_cseq, 9);
    /* What was read does not change with what is put afterwards. */
    cells[1].value = bn_value_text(BN_SLICE("李娜"));
    assert_ok(bn_records_put(f->txn, &record, &f->err), f->err);
    assert_true(bn_slice_is(bn_record_value(&back, 3).text, "王小明"));
    assert_int_equal(bn_record_dot(&back, 3).oseq, 2);
    assert_ok(bn_records_del(f->txn, BN_KIND_CUSTOMER, id_of(1, 1), &f->err), f->err);
    assert_int_equal(
        bn_records_get(f->txn, BN_KIND_CUSTOMER, id_of(1, 1), &f->arena, &back, &f->err),
        BN_E_NOT_FOUND);
}

static void records__are_walked_by_kind_in_the_order_of_ids(void **state)
{
    fixture *f = *state;
    bn_id last;
    memset(last.bytes, 0xff, sizeof last.bytes);
    const bn_id ids[] = {id_of(0, 1), id_of(0, 255), id_of(1, 0), id_of(255, 255), last};
    bn_cell cell = {.stamp = {{1, 1}, {1}, 1}, .value = bn_value_int(1)};
    for (size_t i = BN_COUNT(ids); i > 0; i--) {
        for (uint16_t kind = 2; kind <= 4; kind += 2) {
            bn_record record = record_of(&cell, 1, kind, ids[i - 1]);
            assert_ok(bn_records_put(f->txn, &record, &f->err), f->err);
        }
    }
    for (uint16_t kind = 1; kind <= 5; kind++) {
        bn_id at = {0};
        size_t count = 0;
        while (bn_records_next_id(f->txn, kind, at, &at, &f->err) == BN_OK) {
            assert_true(count < BN_COUNT(ids) && bn_id_equal(at, ids[count]));
            count++;
        }
        assert_int_equal(count, kind % 2 == 0 ? BN_COUNT(ids) : 0);
    }
}

static bn_conflict conflict_of(bn_candidate *candidate, bn_id id, bn_id entity)
{
    return (bn_conflict){.id = id,
                         .state = BN_CONFLICT_OPEN,
                         .kind = BN_KIND_CUSTOMER,
                         .entity = entity,
                         .field = BN_CUSTOMER_name,
                         .policy = BN_POLICY_HUMAN,
                         .candidates = candidate,
                         .candidates_count = 1,
                         .opened_cseq = 9};
}

static void conflicts__are_found_by_id_and_by_entity(void **state)
{
    fixture *f = *state;
    bn_cell cell = {.field = BN_CUSTOMER_name, .value = bn_value_text(BN_SLICE("李娜"))};
    bn_candidate candidate = {
        .dot = {1, 2}, .actor = BN_SLICE("li.na"), .cells = &cell, .cells_count = 1};
    bn_conflict first = conflict_of(&candidate, id_of(5, 1), id_of(1, 1));
    bn_conflict second = conflict_of(&candidate, id_of(3, 1), id_of(1, 1));
    bn_conflict other = conflict_of(&candidate, id_of(4, 1), id_of(1, 2));
    assert_ok(bn_conflicts_put(f->txn, &first, &f->err), f->err);
    assert_ok(bn_conflicts_put(f->txn, &second, &f->err), f->err);
    assert_ok(bn_conflicts_put(f->txn, &other, &f->err), f->err);
    first.state = BN_CONFLICT_RESOLVED;
    first.decided = (bn_dot){1, 2};
    first.decided_by = BN_SLICE("li.na");
    assert_ok(bn_conflicts_put(f->txn, &first, &f->err), f->err);

    bn_conflict back;
    assert_ok(bn_conflicts_get(f->txn, first.id, &f->arena, &back, &f->err), f->err);
    assert_int_equal(back.state, BN_CONFLICT_RESOLVED);
    bn_id ids[4];
    size_t count = 0;
    assert_ok(bn_conflicts_of(f->txn, BN_KIND_CUSTOMER, id_of(1, 1), ids, 4, &count, &f->err),
              f->err);
    assert_int_equal(count, 2);
    assert_true(bn_id_equal(ids[0], second.id) && bn_id_equal(ids[1], first.id));
    assert_ok(bn_conflicts_of(f->txn, BN_KIND_CUSTOMER, id_of(1, 1), ids, 1, &count, &f->err),
              f->err);
    assert_int_equal(count, 1);
    assert_ok(bn_conflicts_of(f->txn, BN_KIND_TASK, id_of(1, 1), ids, 4, &count, &f->err), f->err);
    assert_int_equal(count, 0);

    bn_id at = {0};
    const bn_id in_order[] = {second.id, other.id, first.id};
    for (size_t i = 0; i < 3; i++) {
        assert_ok(bn_conflicts_next(f->txn, at, &f->arena, &back, &f->err), f->err);
        assert_true(bn_id_equal(back.id, in_order[i]));
        at = back.id;
    }
    assert_int_equal(bn_conflicts_next(f->txn, at, &f->arena, &back, &f->err), BN_E_NOT_FOUND);

    assert_ok(bn_conflicts_del(f->txn, &first, &f->err), f->err);
    assert_int_equal(bn_conflicts_get(f->txn, first.id, &f->arena, &back, &f->err), BN_E_NOT_FOUND);
    assert_ok(bn_conflicts_of(f->txn, BN_KIND_CUSTOMER, id_of(1, 1), ids, 4, &count, &f->err),
              f->err);
    assert_int_equal(count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys__order_as_their_numbers_do),
        cmocka_unit_test_setup_teardown(meta__keeps_small_values_by_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(records__come_back_as_they_were_put, set_up, tear_down),
        cmocka_unit_test_setup_teardown(records__are_walked_by_kind_in_the_order_of_ids, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(conflicts__are_found_by_id_and_by_entity, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
