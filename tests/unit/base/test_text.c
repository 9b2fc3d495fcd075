/* test_text.c - UTF-8, hex, base 32 and near names.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "property.h"
#include "unit/unit.h"

#include <banyan/base/check.h>
#include <banyan/base/text.h>

static void utf8__accepts_what_is_well_formed_and_nothing_else(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        bool valid;
        bool clean;
    } cases[] = {
        {"", true, true},
        {"王小明", true, true},
        {"Zo\xc3\xab", true, true},
        {"\xf0\xa0\xae\xb7", true, true},          /* U+20BB7 */
        {"a\nb\tc", true, true},
        {"a\rb", true, false},
        {"a\x7f", true, false},
        {"\xe2\x80\xae" "abc", true, false},       /* right-to-left override */
        {"\xef\xbf\xbf", true, false},             /* U+FFFF */
        {"\xc0\xaf", false, false},                /* overlong */
        {"\xe0\x80\xaf", false, false},
        {"\xed\xa0\x80", false, false},            /* surrogate */
        {"\xf4\x90\x80\x80", false, false},        /* above U+10FFFF */
        {"\xe7\x8e", false, false},                /* cut off */
        {"\x80", false, false},
        {"\xff", false, false},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        assert_int_equal(bn_utf8_valid(bn_slice_of(cases[i].bytes)), cases[i].valid);
        assert_int_equal(bn_utf8_clean(bn_slice_of(cases[i].bytes)), cases[i].clean);
    }
}

static void utf8__decoding_and_encoding_are_inverse(void **state)
{
    (void)state;
    property p = property_begin("utf8 round trip", 2000);
    bn_buf buf;
    bn_buf_init(&buf, 64);
    for (unsigned i = 0; i < p.cases; i++) {
        uint32_t c = (uint32_t)property_below(&p, 0x110000);
        if (c >= 0xd800 && c <= 0xdfff) {
            continue;
        }
        bn_buf_clear(&buf);
        bn_utf8_append(&buf, c);
        size_t at = 0;
        assert_true(bn_utf8_valid(bn_buf_slice(&buf)));
        assert_int_equal(bn_utf8_next(bn_buf_slice(&buf), &at), c);
        assert_int_equal(at, buf.len);
    }
    bn_buf_fini(&buf);
}

static void utf8__columns_are_two_for_wide_characters(void **state)
{
    (void)state;
    assert_int_equal(bn_utf8_columns(bn_slice_of("王小明")), 6);
    assert_int_equal(bn_utf8_columns(bn_slice_of("Ann")), 3);
    assert_int_equal(bn_utf8_columns(bn_slice_of("e\xcc\x81")), 1);
    assert_int_equal(bn_utf8_count(bn_slice_of("王小明")), 3);
}

static void hex__round_trips_and_refuses_what_is_not_hex(void **state)
{
    (void)state;
    uint8_t bytes[3];
    char text[7];
    assert_int_equal(bn_hex_decode(BN_SLICE("00aFf1"), bytes, 3), BN_OK);
    bn_hex_encode(bn_slice_make(bytes, 3), text);
    assert_string_equal(text, "00aff1");
    assert_int_equal(bn_hex_decode(BN_SLICE("00af"), bytes, 3), BN_E_INVALID);
    assert_int_equal(bn_hex_decode(BN_SLICE("00afg1"), bytes, 3), BN_E_INVALID);
}

static void base32__round_trips_random_bytes_also_when_typed_sloppily(void **state)
{
    (void)state;
    property p = property_begin("base32 round trip", 500);
    bn_buf text;
    bn_buf back;
    bn_buf_init(&text, 256);
    bn_buf_init(&back, 256);
    for (unsigned i = 0; i < p.cases; i++) {
        uint8_t bytes[64];
        size_t len = property_below(&p, sizeof bytes);
        for (size_t at = 0; at < len; at++) {
            bytes[at] = (uint8_t)property_next(&p);
        }
        bn_buf_clear(&text);
        bn_buf_clear(&back);
        bn_base32_encode(bn_slice_make(bytes, len), &text);
        for (size_t at = 0; at < text.len; at++) {
            text.data[at] = text.data[at] == '0' ? 'o' : text.data[at] == '1' ? 'L' : text.data[at];
        }
        bn_buf_append_text(&text, "- ");
        assert_int_equal(bn_base32_decode(bn_buf_slice(&text), &back), BN_OK);
        assert_true(bn_slice_equal(bn_buf_slice(&back), bn_slice_make(bytes, len)));
    }
    assert_int_equal(bn_base32_decode(BN_SLICE("U0"), &back), BN_E_INVALID);
    bn_buf_fini(&text);
    bn_buf_fini(&back);
}

static void nearest_name__finds_a_name_within_two_edits(void **state)
{
    (void)state;
    static const char *const names[] = {"customer", "conflict", "branch"};
    assert_string_equal(bn_nearest_name(BN_SLICE("cutsomer"), names, 3), "customer");
    assert_string_equal(bn_nearest_name(BN_SLICE("branhc"), names, 3), "branch");
    assert_null(bn_nearest_name(BN_SLICE("quarantine"), names, 3));
    assert_int_equal(bn_edit_distance(BN_SLICE("ab"), BN_SLICE("ba"), 5), 1);
    assert_int_equal(bn_edit_distance(BN_SLICE("kitten"), BN_SLICE("sitting"), 5), 3);
    assert_int_equal(bn_edit_distance(BN_SLICE("kitten"), BN_SLICE("sitting"), 1), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8__accepts_what_is_well_formed_and_nothing_else),
        cmocka_unit_test(utf8__decoding_and_encoding_are_inverse),
        cmocka_unit_test(utf8__columns_are_two_for_wide_characters),
        cmocka_unit_test(hex__round_trips_and_refuses_what_is_not_hex),
        cmocka_unit_test(base32__round_trips_random_bytes_also_when_typed_sloppily),
        cmocka_unit_test(nearest_name__finds_a_name_within_two_edits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
