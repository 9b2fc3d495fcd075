/* test_customer_number.c - numbers given out offline and their check digit.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "property.h"
#include "unit/unit.h"

#include <banyan/base/check.h>
#include <banyan/protocol/schema.h>

#include <string.h>

#define SWAPS_FOUND_PERCENT 97

static bool parses(const char *text, char out[BN_CUSTOMER_NUMBER_BYTES])
{
    bn_err err = {0};
    return bn_customer_number_parse(bn_slice_of(text), out, &err) == BN_OK;
}

static void customer_number__reads_back_what_it_made(void **state)
{
    (void)state;
    static const struct {
        uint32_t origin;
        uint64_t count;
        const char *head;
    } cases[] = {
        {17, 42, "0017-000042-"},
        {0, 0, "0000-000000-"},
        {9999, 999999, "9999-999999-"},
        {123456, 12345678, "123456-12345678-"},
        {UINT32_MAX, UINT64_C(9999999999999999), "4294967295-9999999999999999-"},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        char text[BN_CUSTOMER_NUMBER_BYTES];
        char back[BN_CUSTOMER_NUMBER_BYTES];
        bn_customer_number_make(cases[i].origin, cases[i].count, text);
        assert_memory_equal(text, cases[i].head, strlen(cases[i].head));
        assert_int_equal(strlen(text), strlen(cases[i].head) + 1);
        assert_true(parses(text, back));
        assert_string_equal(text, back);
    }
}

/* Personal numbers of Croatia and Germany use the same system over ten digits. */
static void customer_number__has_the_check_digit_of_iso_7064(void **state)
{
    (void)state;
    static const struct {
        uint32_t origin;
        uint64_t count;
        const char *text;
    } cases[] = {
        {6943, 515153, "6943-515153-0"},
        {9457, 740319, "9457-740319-4"},
        {8609, 574271, "8609-574271-9"},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        char text[BN_CUSTOMER_NUMBER_BYTES];
        bn_customer_number_make(cases[i].origin, cases[i].count, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void customer_number__is_read_without_dashes(void **state)
{
    (void)state;
    char text[BN_CUSTOMER_NUMBER_BYTES];
    char plain[2 * BN_CUSTOMER_NUMBER_BYTES];
    char back[BN_CUSTOMER_NUMBER_BYTES];
    bn_customer_number_make(17, 42, text);
    snprintf(plain, sizeof plain, "  %.4s%.6s%s ", text, text + 5, text + 12);
    assert_true(parses(plain, back));
    assert_string_equal(back, text);
}

static void customer_number__refuses_what_is_none(void **state)
{
    (void)state;
    static const char *const cases[] = {"",           "17-42-1",        "0017-000042",
                                        "0017-42",    "0017-00004x-6",  "00170-000042-6-1",
                                        "-0017-42-6", "+017-000042-6",  "0017--000042-6",
                                        "1-1-1",      "00017-000042-6", "99999999990-000001-1"};
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        char back[BN_CUSTOMER_NUMBER_BYTES] = "untouched";
        assert_false(parses(cases[i], back));
        assert_string_equal(back, "untouched");
    }
}

static void customer_number__finds_every_single_wrong_digit(void **state)
{
    (void)state;
    property p = property_begin("single wrong digits", 2000);
    for (unsigned i = 0; i < p.cases; i++) {
        char text[BN_CUSTOMER_NUMBER_BYTES];
        char back[BN_CUSTOMER_NUMBER_BYTES];
        bn_customer_number_make((uint32_t)property_below(&p, 200000), property_below(&p, 20000000),
                                text);
        for (size_t at = 0; text[at] != 0; at++) {
            char good = text[at];
            for (char digit = '0'; good != '-' && digit <= '9'; digit++) {
                text[at] = digit;
                assert_int_equal(parses(text, back), digit == good);
            }
            text[at] = good;
        }
    }
}

static void customer_number__finds_nearly_every_swap_of_neighbours(void **state)
{
    (void)state;
    property p = property_begin("swapped neighbours", 20000);
    unsigned swaps = 0;
    unsigned found = 0;
    for (unsigned i = 0; i < p.cases; i++) {
        char text[BN_CUSTOMER_NUMBER_BYTES];
        char back[BN_CUSTOMER_NUMBER_BYTES];
        bn_customer_number_make((uint32_t)property_below(&p, 10000), property_below(&p, 1000000),
                                text);
        for (size_t at = 0; text[at + 1] != 0; at++) {
            char left = text[at];
            char right = text[at + 1];
            if (left == '-' || right == '-' || left == right) {
                continue;
            }
            text[at] = right;
            text[at + 1] = left;
            swaps++;
            found += parses(text, back) ? 0 : 1;
            text[at] = left;
            text[at + 1] = right;
        }
    }
    printf("# %u of %u swaps found\n", found, swaps);
    assert_true((uint64_t)found * 100 >= (uint64_t)swaps * SWAPS_FOUND_PERCENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(customer_number__reads_back_what_it_made),
        cmocka_unit_test(customer_number__has_the_check_digit_of_iso_7064),
        cmocka_unit_test(customer_number__is_read_without_dashes),
        cmocka_unit_test(customer_number__refuses_what_is_none),
        cmocka_unit_test(customer_number__finds_every_single_wrong_digit),
        cmocka_unit_test(customer_number__finds_nearly_every_swap_of_neighbours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
