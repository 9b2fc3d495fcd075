/* test_names.c - ids, dots, clocks, numbers, slices and result codes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "property.h"
#include "unit/unit.h"

#include <banyan/base/check.h>
#include <banyan/base/id.h>
#include <banyan/base/number.h>

#include <string.h>

static void id__sorts_by_origin_then_time(void **state)
{
    (void)state;
    const uint8_t random[6] = {1, 2, 3, 4, 5, 6};
    bn_id early = bn_id_make(7, 1000, random);
    bn_id late = bn_id_make(7, 1001, random);
    bn_id other = bn_id_make(8, 1, random);
    assert_true(bn_id_compare(early, late) < 0);
    assert_true(bn_id_compare(late, other) < 0);
    assert_int_equal(bn_id_origin(late), 7);
    assert_int_equal(bn_id_ms(late), 1001);
}

static void id__text_round_trips(void **state)
{
    (void)state;
    const uint8_t random[6] = {0xff, 0, 1, 0x80, 0x7f, 9};
    bn_id id = bn_id_make(0xdeadbeef, 1790000000000u, random);
    bn_id back = {0};
    char text[BN_ID_TEXT_BYTES];
    bn_id_format(id, text);
    assert_int_equal(bn_id_parse(bn_slice_of(text), &back), BN_OK);
    assert_true(bn_id_equal(id, back));
    assert_int_equal(bn_id_parse(BN_SLICE("12"), &back), BN_E_INVALID);
    assert_true(bn_id_is_zero((bn_id){0}));
}

static void hlc__orders_by_milliseconds_then_counter(void **state)
{
    (void)state;
    assert_true(bn_hlc_compare(bn_hlc_make(5, 9), bn_hlc_make(6, 0)) < 0);
    assert_true(bn_hlc_compare(bn_hlc_make(5, 9), bn_hlc_make(5, 8)) > 0);
    assert_int_equal(bn_hlc_ms(bn_hlc_make(123456, 7)), 123456);
    assert_int_equal(bn_hlc_counter(bn_hlc_make(123456, 7)), 7);
}

static void numbers__parse_exactly_the_range_they_claim(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bn_rc rc;
        int64_t value;
    } cases[] = {
        {"0", BN_OK, 0},
        {"-1", BN_OK, -1},
        {"9223372036854775807", BN_OK, INT64_MAX},
        {"-9223372036854775808", BN_OK, INT64_MIN},
        {"9223372036854775808", BN_E_INVALID, 0},
        {"", BN_E_INVALID, 0},
        {"-", BN_E_INVALID, 0},
        {"1x", BN_E_INVALID, 0},
        {" 1", BN_E_INVALID, 0},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        int64_t value = 0;
        assert_int_equal(bn_parse_i64(bn_slice_of(cases[i].text), &value), cases[i].rc);
        assert_true(value == cases[i].value);
    }
}

static void numbers__big_endian_bytes_sort_like_numbers(void **state)
{
    (void)state;
    property p = property_begin("big endian", 1000);
    for (unsigned i = 0; i < p.cases; i++) {
        uint64_t a = property_next(&p) >> property_below(&p, 64);
        uint64_t b = property_next(&p) >> property_below(&p, 64);
        uint8_t bytes_a[8];
        uint8_t bytes_b[8];
        bn_store_u64(bytes_a, a);
        bn_store_u64(bytes_b, b);
        assert_true(bn_load_u64(bytes_a) == a);
        int order = memcmp(bytes_a, bytes_b, 8);
        assert_int_equal((order > 0) - (order < 0), (a > b) - (a < b));
    }
}

static void slices__trim_compare_and_start(void **state)
{
    (void)state;
    assert_true(bn_slice_is(bn_slice_trim(BN_SLICE(" \t a b \r\n")), "a b"));
    assert_int_equal(bn_slice_trim(BN_SLICE("  ")).len, 0);
    assert_true(bn_slice_compare(BN_SLICE("ab"), BN_SLICE("abc")) < 0);
    assert_true(bn_slice_starts(BN_SLICE("abc"), BN_SLICE("ab")));
    assert_false(bn_slice_starts(BN_SLICE("a"), BN_SLICE("ab")));
}

static void errors__carry_text_and_context(void **state)
{
    (void)state;
    bn_err err = {0};
    assert_int_equal(bn_fail(&err, BN_E_LIMIT, "name: %d bytes, limit %d", 5, 4), BN_E_LIMIT);
    assert_int_equal(bn_err_context(&err, BN_E_LIMIT, "row %d", 7), BN_E_LIMIT);
    assert_string_equal(err.text, "row 7: name: 5 bytes, limit 4");
    assert_string_equal(bn_rc_text(BN_E_NOT_FOUND), "not_found");
    assert_int_equal(bn_rc_from_text("stale"), BN_E_STALE);
    assert_int_equal(bn_rc_exit_status(BN_E_UNREACHABLE), 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(id__sorts_by_origin_then_time),
        cmocka_unit_test(id__text_round_trips),
        cmocka_unit_test(hlc__orders_by_milliseconds_then_counter),
        cmocka_unit_test(numbers__parse_exactly_the_range_they_claim),
        cmocka_unit_test(numbers__big_endian_bytes_sort_like_numbers),
        cmocka_unit_test(slices__trim_compare_and_start),
        cmocka_unit_test(errors__carry_text_and_context),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
