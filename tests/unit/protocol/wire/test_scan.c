/* test_scan.c - what the scanner lets through and where it stops.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "protocol/wire/scan.h"
#include "unit/unit.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/base/limits.h>

#include <string.h>

typedef struct scan_case {
    const char *why;
    bn_slice bytes;
    bn_rc rc;
    size_t offset;
} scan_case;

static void check_all(const scan_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bn_scan_fault fault = {0, ""};
        bn_rc rc = bn_scan(cases[i].bytes, &fault);
        if (rc != cases[i].rc || (rc != BN_OK && fault.offset != cases[i].offset)) {
            fail_msg("%s: %s at byte %zu (%s)", cases[i].why, bn_rc_text(rc), fault.offset,
                     fault.reason);
        }
    }
}

static void scan__accepts_every_allowed_type(void **state)
{
    (void)state;
    const scan_case cases[] = {
        {"nil", BN_SLICE("\xc0"), BN_OK, 0},
        {"false", BN_SLICE("\xc2"), BN_OK, 0},
        {"true", BN_SLICE("\xc3"), BN_OK, 0},
        {"127", BN_SLICE("\x7f"), BN_OK, 0},
        {"-32", BN_SLICE("\xe0"), BN_OK, 0},
        {"128", BN_SLICE("\xcc\x80"), BN_OK, 0},
        {"256", BN_SLICE("\xcd\x01\x00"), BN_OK, 0},
        {"65536", BN_SLICE("\xce\x00\x01\x00\x00"), BN_OK, 0},
        {"2^32", BN_SLICE("\xcf\x00\x00\x00\x01\x00\x00\x00\x00"), BN_OK, 0},
        {"-33", BN_SLICE("\xd0\xdf"), BN_OK, 0},
        {"-129", BN_SLICE("\xd1\xff\x7f"), BN_OK, 0},
        {"-32769", BN_SLICE("\xd2\xff\xff\x7f\xff"), BN_OK, 0},
        {"-2^31-1", BN_SLICE("\xd3\xff\xff\xff\xff\x7f\xff\xff\xff"), BN_OK, 0},
        {"smallest", BN_SLICE("\xd3\x80\x00\x00\x00\x00\x00\x00\x00"), BN_OK, 0},
        {"text",
         BN_SLICE("\xa3"
                  "abc"),
         BN_OK, 0},
        {"chinese", BN_SLICE("\xa6\xe6\x98\x8e\xe5\xa4\xa9"), BN_OK, 0},
        {"bytes", BN_SLICE("\xc4\x02\xff\x00"), BN_OK, 0},
        {"empty array", BN_SLICE("\x90"), BN_OK, 0},
        {"nested", BN_SLICE("\x93\x01\x92\xa1\x61\xc0\x07"), BN_OK, 0},
    };
    check_all(cases, BN_COUNT(cases));
}

static void scan__refuses_what_is_not_allowed(void **state)
{
    (void)state;
    const scan_case cases[] = {
        {"nothing", BN_SLICE(""), BN_E_FORMAT, 0},
        {"0xc1", BN_SLICE("\x91\xc1"), BN_E_FORMAT, 1},
        {"float", BN_SLICE("\xca\x00\x00\x00\x00"), BN_E_FORMAT, 0},
        {"double", BN_SLICE("\xcb\x00\x00\x00\x00\x00\x00\x00\x00"), BN_E_FORMAT, 0},
        {"fixmap", BN_SLICE("\x81\x01\x01"), BN_E_FORMAT, 0},
        {"map16", BN_SLICE("\xde\x00\x10"), BN_E_FORMAT, 0},
        {"map32", BN_SLICE("\xdf\x40\x00\x00\x00"), BN_E_FORMAT, 0},
        {"fixext", BN_SLICE("\xd4\x01\x01"), BN_E_FORMAT, 0},
        {"fixext 16", BN_SLICE("\xd8\x01\x01"), BN_E_FORMAT, 0},
        {"ext8", BN_SLICE("\xc7\x01\x01\x01"), BN_E_FORMAT, 0},
        {"behind the end", BN_SLICE("\xc0\xc0"), BN_E_FORMAT, 1},
        {"item missing", BN_SLICE("\x92\x01"), BN_E_FORMAT, 0},
        {"number cut", BN_SLICE("\x91\xcd\x01"), BN_E_FORMAT, 1},
        {"text cut",
         BN_SLICE("\x91\xa3"
                  "ab"),
         BN_E_FORMAT, 1},
        {"bytes cut", BN_SLICE("\x91\xc4\x02\x00"), BN_E_FORMAT, 1},
        {"array of 2^31", BN_SLICE("\xdd\x80\x00\x00\x00"), BN_E_FORMAT, 0},
        {"array of 5 with 4", BN_SLICE("\x95\x01\x01\x01\x01"), BN_E_FORMAT, 0},
    };
    check_all(cases, BN_COUNT(cases));
}

static void scan__refuses_longer_forms_of_the_same_number(void **state)
{
    (void)state;
    const scan_case cases[] = {
        {"127 in 2", BN_SLICE("\xcc\x7f"), BN_E_FORMAT, 0},
        {"255 in 3", BN_SLICE("\xcd\x00\xff"), BN_E_FORMAT, 0},
        {"65535 in 5", BN_SLICE("\xce\x00\x00\xff\xff"), BN_E_FORMAT, 0},
        {"2^32-1 in 9", BN_SLICE("\xcf\x00\x00\x00\x00\xff\xff\xff\xff"), BN_E_FORMAT, 0},
        {"-32 in 2", BN_SLICE("\xd0\xe0"), BN_E_FORMAT, 0},
        {"-128 in 3", BN_SLICE("\xd1\xff\x80"), BN_E_FORMAT, 0},
        {"-32768 in 5", BN_SLICE("\xd2\xff\xff\x80\x00"), BN_E_FORMAT, 0},
        {"-2^31 in 9", BN_SLICE("\xd3\xff\xff\xff\xff\x80\x00\x00\x00"), BN_E_FORMAT, 0},
        {"1 as signed", BN_SLICE("\xd0\x01"), BN_E_FORMAT, 0},
        {"300 as signed", BN_SLICE("\xd1\x01\x2c"), BN_E_FORMAT, 0},
        {"0 as signed", BN_SLICE("\xd3\x00\x00\x00\x00\x00\x00\x00\x00"), BN_E_FORMAT, 0},
        {"text of 1 in 2",
         BN_SLICE("\xd9\x01"
                  "a"),
         BN_E_FORMAT, 0},
        {"text of 1 in 3",
         BN_SLICE("\xda\x00\x01"
                  "a"),
         BN_E_FORMAT, 0},
        {"text of 1 in 5",
         BN_SLICE("\xdb\x00\x00\x00\x01"
                  "a"),
         BN_E_FORMAT, 0},
        {"bytes of 1 in 3",
         BN_SLICE("\xc5\x00\x01"
                  "a"),
         BN_E_FORMAT, 0},
        {"bytes of 1 in 5",
         BN_SLICE("\xc6\x00\x00\x00\x01"
                  "a"),
         BN_E_FORMAT, 0},
        {"array of 1 in 3", BN_SLICE("\xdc\x00\x01\x01"), BN_E_FORMAT, 0},
        {"array of 1 in 5", BN_SLICE("\xdd\x00\x00\x00\x01\x01"), BN_E_FORMAT, 0},
    };
    check_all(cases, BN_COUNT(cases));
}

static void scan__refuses_text_that_is_not_clean(void **state)
{
    (void)state;
    const scan_case cases[] = {
        {"stray byte", BN_SLICE("\x92\x01\xa1\xff"), BN_E_FORMAT, 2},
        {"overlong", BN_SLICE("\xa2\xc0\x80"), BN_E_FORMAT, 0},
        {"surrogate", BN_SLICE("\xa3\xed\xa0\x80"), BN_E_FORMAT, 0},
        {"cut character", BN_SLICE("\xa2\xe6\x98"), BN_E_FORMAT, 0},
        {"cut character before ascii",
         BN_SLICE("\xa3\xe6\x98"
                  "a"),
         BN_E_FORMAT, 0},
        {"beyond U+10FFFF", BN_SLICE("\xa4\xf4\x90\x80\x80"), BN_E_FORMAT, 0},
        {"NUL", BN_SLICE("\xa1\x00"), BN_E_FORMAT, 0},
        {"escape", BN_SLICE("\xa1\x1b"), BN_E_FORMAT, 0},
        {"delete", BN_SLICE("\xa1\x7f"), BN_E_FORMAT, 0},
        {"C1 control", BN_SLICE("\xa2\xc2\x85"), BN_E_FORMAT, 0},
        {"bidi override",
         BN_SLICE("\xa4"
                  "a\xe2\x80\xae"),
         BN_E_FORMAT, 0},
        {"bidi behind chinese", BN_SLICE("\xa6\xe6\x98\x8e\xe2\x80\xae"), BN_E_FORMAT, 0},
        {"noncharacter", BN_SLICE("\xa3\xef\xbf\xbf"), BN_E_FORMAT, 0},
        {"NUL in eight",
         BN_SLICE("\xa8"
                  "abcdefg\x00"),
         BN_E_FORMAT, 0},
        {"delete in eight",
         BN_SLICE("\xa9"
                  "abc\x7f"
                  "efghi"),
         BN_E_FORMAT, 0},
        {"control in eight",
         BN_SLICE("\xa8\x1f"
                  "bcdefgh"),
         BN_E_FORMAT, 0},
        {"stray byte in eight",
         BN_SLICE("\xa8"
                  "abcdef\xffg"),
         BN_E_FORMAT, 0},
        {"edges in eight", BN_SLICE("\xa8 ~ ~ ~ ~"), BN_OK, 0},
        {"newline in eight",
         BN_SLICE("\xa8"
                  "abcd\nefg"),
         BN_OK, 0},
        {"newline and tab", BN_SLICE("\xa2\n\t"), BN_OK, 0},
        {"emoji", BN_SLICE("\xa4\xf0\x9f\x8c\xb3"), BN_OK, 0},
        {"any bytes in bin", BN_SLICE("\xc4\x01\xff"), BN_OK, 0},
    };
    check_all(cases, BN_COUNT(cases));
}

static void scan__limits_depth(void **state)
{
    (void)state;
    uint8_t bytes[BN_SCAN_DEPTH_MAX + 2];
    bn_scan_fault fault;
    memset(bytes, 0x91, sizeof bytes);
    bytes[BN_SCAN_DEPTH_MAX] = 0xc0;
    assert_int_equal(bn_scan(bn_slice_make(bytes, BN_SCAN_DEPTH_MAX + 1), &fault), BN_OK);
    bytes[BN_SCAN_DEPTH_MAX] = 0x91;
    bytes[BN_SCAN_DEPTH_MAX + 1] = 0xc0;
    assert_int_equal(bn_scan(bn_slice_make(bytes, BN_SCAN_DEPTH_MAX + 2), &fault), BN_E_LIMIT);
    assert_int_equal(fault.offset, BN_SCAN_DEPTH_MAX);
}

static void scan__limits_items(void **state)
{
    (void)state;
    const uint32_t count = BN_SCAN_NODES_MAX;
    uint8_t *bytes = bn_alloc(5 + count); /* the array itself is an item too */
    bn_scan_fault fault;
    memcpy(bytes, "\xdd\x00\x01\x00\x00", 5);
    assert_int_equal(bn_scan(bn_slice_make(bytes, 5 + count), &fault), BN_E_LIMIT);
    assert_int_equal(fault.offset, 5 + count - 1);
    memcpy(bytes, "\xdc\xff\xff", 3);
    assert_int_equal(bn_scan(bn_slice_make(bytes, 3 + count - 1), &fault), BN_OK);
    bn_free(bytes);
}

static void scan__finds_the_first_of_several(void **state)
{
    (void)state;
    size_t len = 0;
    bn_scan_fault fault;
    assert_int_equal(bn_scan_first(BN_SLICE("\x92\x01\x90\x05\xc1"), &len, &fault), BN_OK);
    assert_int_equal(len, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scan__accepts_every_allowed_type),
        cmocka_unit_test(scan__refuses_what_is_not_allowed),
        cmocka_unit_test(scan__refuses_longer_forms_of_the_same_number),
        cmocka_unit_test(scan__refuses_text_that_is_not_clean),
        cmocka_unit_test(scan__limits_depth),
        cmocka_unit_test(scan__limits_items),
        cmocka_unit_test(scan__finds_the_first_of_several),
    };
    return cmocka_run_group_tests_name("wire/scan", tests, NULL, NULL);
}
