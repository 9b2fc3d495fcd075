/* test_feature.c - rows: canonical, checked, honest about what they hold.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "people.h"

static void feature__does_not_depend_on_the_order_of_values(void **state)
{
    (void)state;
    bn_match_name names[] = {{.whole = BN_SLICE("王小明")}, {.whole = BN_SLICE("Wang Xiaoming")},
                             {.whole = BN_SLICE("王明")}};
    bn_match_name turned[] = {names[2], names[0], names[1], names[0]};
    bn_slice phones[] = {BN_SLICE("13800138000"), BN_SLICE("020-38888888")};
    bn_slice turned_phones[] = {phones[1], phones[0]};
    bn_match_input a = {.party = BN_PARTY_PERSON, .names = names, .names_count = 3,
                        .phones = phones, .phones_count = 2};
    bn_match_input b = {.party = BN_PARTY_PERSON, .names = turned, .names_count = 4,
                        .phones = turned_phones, .phones_count = 2};
    bn_buf ra = make_row(&a);
    bn_buf rb = make_row(&b);
    assert_true(bn_slice_equal(bn_buf_slice(&ra), bn_buf_slice(&rb)));
    bn_buf_fini(&ra);
    bn_buf_fini(&rb);
}

static void feature__splits_a_chinese_name_and_reads_it(void **state)
{
    (void)state;
    bn_match_name name = {.whole = BN_SLICE("歐陽 小明")};
    bn_match_input input = {.party = BN_PARTY_PERSON, .names = &name, .names_count = 1};
    bn_buf row = make_row(&input);
    bn_feature f;
    bn_feature_open(bn_buf_slice(&row), &f);
    assert_int_equal(f.names_count, 1);
    assert_true(bn_slice_is(f.names[0].family, "欧阳"));
    assert_true(bn_slice_is(f.names[0].family_reading, "ouyang"));
    assert_true(bn_slice_is(f.names[0].given_reading, "xiaoming"));
    bn_buf_fini(&row);
}

static void feature__believes_the_resident_number_before_the_stated_date(void **state)
{
    (void)state;
    customer c = {.family = "王", .given = "芳", .id = "11010519491231002X", .born = 19500101};
    bn_buf row = customer_row(&c);
    bn_feature f;
    bn_feature_open(bn_buf_slice(&row), &f);
    assert_int_equal(f.born, 19491231);
    assert_int_equal(f.born_flags, BN_BORN_FROM_ID | BN_BORN_DISPUTED);
    assert_int_equal(f.sex, BN_SEX_FEMALE);
    assert_int_equal(f.documents[0].flags, BN_DOCUMENT_VERIFIED | BN_DOCUMENT_PERMANENT);
    bn_buf_fini(&row);
}

static void feature__marks_a_number_that_fails_its_check_digit(void **state)
{
    (void)state;
    customer c = {.family = "王", .given = "芳", .id = "110105194912310021"};
    bn_buf row = customer_row(&c);
    bn_feature f;
    bn_feature_open(bn_buf_slice(&row), &f);
    assert_int_equal(f.documents[0].flags, BN_DOCUMENT_FAILED);
    assert_int_equal(f.born, 0);
    bn_buf_fini(&row);
}

static void feature__leaves_out_what_cannot_be_read(void **state)
{
    (void)state;
    bn_match_name name = {.whole = BN_SLICE("   ")};
    bn_match_document id = {.type = BN_SLICE("passport"), .number = BN_SLICE("0000000")};
    bn_slice phone = BN_SLICE("none");
    bn_slice email = BN_SLICE("-");
    bn_match_input input = {.party = BN_PARTY_PERSON, .names = &name, .names_count = 1,
                            .documents = &id, .documents_count = 1, .phones = &phone,
                            .phones_count = 1, .emails = &email, .emails_count = 1,
                            .born = 19991399};
    bn_buf row = make_row(&input);
    bn_feature f;
    bn_feature_open(bn_buf_slice(&row), &f);
    assert_int_equal(f.names_count + f.documents_count + f.phones_count + f.emails_count, 0);
    assert_int_equal(f.born, 0);
    bn_buf_fini(&row);
}

static void feature__refuses_a_party_of_neither_kind_and_too_many_values(void **state)
{
    (void)state;
    bn_err err = {.code = BN_OK};
    bn_arena arena;
    bn_buf row;
    bn_arena_init(&arena, SCRATCH_BYTES);
    bn_buf_init(&row, BN_FEATURE_BYTES_MAX);
    bn_match_input input = {.party = (bn_party)0};
    assert_int_equal(bn_feature_make(&input, &arena, &row, &err), BN_E_INVALID);
    bn_slice phones[BN_MATCH_INPUTS_MAX + 1] = {{0}};
    input = (bn_match_input){.party = BN_PARTY_PERSON, .phones = phones,
                             .phones_count = BN_MATCH_INPUTS_MAX + 1};
    assert_int_equal(bn_feature_make(&input, &arena, &row, &err), BN_E_LIMIT);
    assert_int_equal(row.len, 0);
    bn_buf_fini(&row);
    bn_arena_fini(&arena);
}

static void check__refuses_every_cut_and_survives_every_flip(void **state)
{
    (void)state;
    property p = property_begin("feature flips", 200);
    bn_err err = {.code = BN_OK};
    for (unsigned i = 0; i < p.cases; i++) {
        customer c = random_customer(&p);
        bn_buf row = customer_row(&c);
        for (size_t len = 0; len < row.len; len++) {
            assert_int_equal(bn_feature_check(bn_slice_make(row.data, len), &err), BN_E_CORRUPT);
        }
        for (unsigned k = 0; k < 200; k++) {
            size_t at = property_below(&p, row.len);
            uint8_t before = row.data[at];
            row.data[at] ^= (uint8_t)(1u << property_below(&p, 8));
            if (bn_feature_check(bn_buf_slice(&row), &err) == BN_OK) {
                bn_feature f; /* what passes the check can be opened and compared */
                bn_feature_open(bn_buf_slice(&row), &f);
                assert_true(f.names_count <= BN_MATCH_NAMES_MAX);
            }
            row.data[at] = before;
        }
        bn_buf_fini(&row);
    }
}

static void evidence__changes_with_the_row(void **state)
{
    (void)state;
    customer a = {.family = "王", .given = "芳"};
    customer b = {.family = "王", .given = "方"};
    bn_buf ra = customer_row(&a);
    bn_buf rb = customer_row(&b);
    assert_true(bn_feature_evidence(bn_buf_slice(&ra)) != bn_feature_evidence(bn_buf_slice(&rb)));
    assert_true(bn_feature_evidence(bn_buf_slice(&ra)) == bn_feature_evidence(bn_buf_slice(&ra)));
    bn_buf_fini(&ra);
    bn_buf_fini(&rb);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(feature__does_not_depend_on_the_order_of_values),
        cmocka_unit_test(feature__splits_a_chinese_name_and_reads_it),
        cmocka_unit_test(feature__believes_the_resident_number_before_the_stated_date),
        cmocka_unit_test(feature__marks_a_number_that_fails_its_check_digit),
        cmocka_unit_test(feature__leaves_out_what_cannot_be_read),
        cmocka_unit_test(feature__refuses_a_party_of_neither_kind_and_too_many_values),
        cmocka_unit_test(check__refuses_every_cut_and_survives_every_flip),
        cmocka_unit_test(evidence__changes_with_the_row),
    };
    return cmocka_run_group_tests_name("match feature", tests, NULL, NULL);
}
