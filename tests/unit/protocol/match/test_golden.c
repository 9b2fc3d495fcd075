/* test_golden.c - ids, anchors and bytes of golden records.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "golden_unit.h"
#include "property.h"

static void golden__the_record_made_first_is_the_anchor(void **state)
{
    (void)state;
    bn_id early = gold_id(9, 1, 5);
    bn_id late = gold_id(1, 2, 5);
    bn_id other_branch = gold_id(8, 1, 9);
    bn_id members[] = {late, early, other_branch};
    assert_true(bn_id_equal(bn_golden_anchor(members, 3), other_branch));
    assert_true(bn_id_equal(bn_golden_anchor(members, 2), early));
    assert_true(bn_anchor_compare(early, late) < 0);
    assert_int_equal(bn_anchor_compare(late, late), 0);
}

static void golden__an_id_belongs_to_its_anchor_for_ever(void **state)
{
    (void)state;
    char text[BN_ID_TEXT_BYTES];
    bn_id_format(bn_golden_id(gold_id(1, 0, 1)), text);
    assert_string_equal(text, "cb858bd393cdff6bcdc6eb2f3cefb620");
    assert_false(bn_id_equal(bn_golden_id(gold_id(1, 0, 1)), bn_golden_id(gold_id(1, 0, 2))));
}

static void golden__survives_its_bytes(void **state)
{
    (void)state;
    bn_err err = {0};
    bn_arena arena;
    bn_buf bytes;
    bn_buf again;
    bn_golden golden;
    bn_golden back;
    uint8_t epoch[BN_HASH_BYTES] = {7};
    bn_arena_init(&arena, 8 << 20);
    bn_buf_init(&bytes, BN_GOLDEN_BYTES_MAX);
    bn_buf_init(&again, BN_GOLDEN_BYTES_MAX);
    bn_record one = gold_record(BN_KIND_CUSTOMER, gold_id(1, 0, 1), &arena);
    bn_record two = gold_record(BN_KIND_CUSTOMER, gold_id(2, 5, 1), &arena);
    gold_text(&one, &arena, BN_CUSTOMER_name, "Li Na", 1);
    gold_text(&one, &arena, BN_CUSTOMER_street, "12 Long Road", 1);
    gold_text(&two, &arena, BN_CUSTOMER_name, "Li Ming", 3);
    gold_put(&two, &arena, BN_CUSTOMER_birth_date, bn_value_int(19800101), 3);
    bn_golden_source sources[] = {{.customer = &two}, {.customer = &one}};
    bn_cluster_view view = {.sources = sources, .sources_count = 2};
    assert_ok(bn_golden_make(epoch, &view, &arena, &golden, &err), err);
    assert_true(bn_id_equal(golden.anchor, one.id));
    assert_true(bn_id_equal(golden.id, bn_golden_id(one.id)));
    assert_int_equal(golden.members_count, 2);
    assert_true(bn_id_compare(golden.members[0], golden.members[1]) < 0);
    assert_true(bn_hlc_ms(golden.newest) == GOLD_T0 + 3 * GOLD_DAY);
    bn_golden_encode(&golden, &bytes);
    assert_ok(bn_golden_decode(golden.id, bn_buf_slice(&bytes), &arena, &back, &err), err);
    bn_golden_encode(&back, &again);
    assert_true(bn_slice_equal(bn_buf_slice(&bytes), bn_buf_slice(&again)));
    assert_non_null(bn_golden_unit(&back, BN_UNIT_NAME));
    assert_null(bn_golden_unit(&back, BN_UNIT_TAGS));
    for (size_t len = 0; len < bytes.len; len++) {
        assert_int_not_equal(bn_golden_decode(golden.id, bn_slice_make(bytes.data, len), &arena,
                                              &back, NULL),
                             BN_OK);
    }
    bn_buf_fini(&bytes);
    bn_buf_fini(&again);
    bn_arena_fini(&arena);
}

static void golden__refuses_to_be_nobody(void **state)
{
    (void)state;
    bn_arena arena;
    bn_golden golden;
    uint8_t epoch[BN_HASH_BYTES] = {0};
    bn_cluster_view view = {0};
    bn_arena_init(&arena, 1 << 16);
    assert_int_equal(bn_golden_make(epoch, &view, &arena, &golden, NULL), BN_E_LIMIT);
    bn_arena_fini(&arena);
}

int main(void)
{
    bn_err err = {0};
    if (bn_crypto_start(&err) != BN_OK) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden__the_record_made_first_is_the_anchor),
        cmocka_unit_test(golden__an_id_belongs_to_its_anchor_for_ever),
        cmocka_unit_test(golden__survives_its_bytes),
        cmocka_unit_test(golden__refuses_to_be_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
