/* test_date.c - dates of birth as people write them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/protocol/match/date.h>

#include "match_unit.h"

static void parse__reads_every_common_form(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bn_date_order order;
        uint32_t packed; /* 0: refused */
    } cases[] = {
        {"1990-01-02", BN_DATE_REFUSE_AMBIGUOUS, 19900102},
        {"1990-01-02T00:00:00Z", BN_DATE_REFUSE_AMBIGUOUS, 19900102},
        {"1990-01-02 00:00", BN_DATE_REFUSE_AMBIGUOUS, 19900102},
        {"19900102", BN_DATE_REFUSE_AMBIGUOUS, 19900102},
        {"1990/1/2", BN_DATE_REFUSE_AMBIGUOUS, 19900102},
        {"1990.1.2", BN_DATE_REFUSE_AMBIGUOUS, 19900102},
        {"2.1.1990", BN_DATE_REFUSE_AMBIGUOUS, 19900102},
        {"2. 1. 1990", BN_DATE_REFUSE_AMBIGUOUS, 19900102},
        {"02.01.1990", BN_DATE_MONTH_FIRST, 19900102},
        {"1/2/1990", BN_DATE_MONTH_FIRST, 19900102},
        {"1/2/1990", BN_DATE_DAY_FIRST, 19900201},
        {"1/2/1990", BN_DATE_REFUSE_AMBIGUOUS, 0},
        {"3-3-1990", BN_DATE_REFUSE_AMBIGUOUS, 19900303},
        {"25/12/1990", BN_DATE_MONTH_FIRST, 19901225},
        {"12/25/1990", BN_DATE_DAY_FIRST, 19901225},
        {"1990年1月2日", BN_DATE_REFUSE_AMBIGUOUS, 19900102},
        {"１９９０年１月２日", BN_DATE_REFUSE_AMBIGUOUS, 19900102},
        {"1990年1月2日出生", BN_DATE_REFUSE_AMBIGUOUS, 19900102},
        {"1990 年 1 月 2 日", BN_DATE_REFUSE_AMBIGUOUS, 19900102},
        {"1990年1月2号", BN_DATE_REFUSE_AMBIGUOUS, 19900102},
        {"一九九〇年十二月三十一日", BN_DATE_REFUSE_AMBIGUOUS, 19901231},
        {"1990年1月", BN_DATE_REFUSE_AMBIGUOUS, 19900100},
        {"1990年", BN_DATE_REFUSE_AMBIGUOUS, 19900000},
        {"1990-01", BN_DATE_REFUSE_AMBIGUOUS, 19900100},
        {"199001", BN_DATE_REFUSE_AMBIGUOUS, 19900100},
        {"1990", BN_DATE_REFUSE_AMBIGUOUS, 19900000},
        {"1990-00-00", BN_DATE_REFUSE_AMBIGUOUS, 19900000},
        {"19900500", BN_DATE_REFUSE_AMBIGUOUS, 19900500},
        {"2 Jan 1990", BN_DATE_REFUSE_AMBIGUOUS, 19900102},
        {"January 2, 1990", BN_DATE_REFUSE_AMBIGUOUS, 19900102},
        {"2nd January 1990", BN_DATE_REFUSE_AMBIGUOUS, 19900102},
        {"02-Jan-1990", BN_DATE_REFUSE_AMBIGUOUS, 19900102},
        {"Sept 1990", BN_DATE_REFUSE_AMBIGUOUS, 19900900},
        {"2000-02-29", BN_DATE_REFUSE_AMBIGUOUS, 20000229},
        {"1900-02-29", BN_DATE_REFUSE_AMBIGUOUS, 0},
        {"1990-13-01", BN_DATE_REFUSE_AMBIGUOUS, 0},
        {"1990-04-31", BN_DATE_REFUSE_AMBIGUOUS, 0},
        {"1990-00-05", BN_DATE_REFUSE_AMBIGUOUS, 0},
        {"90-01-02", BN_DATE_DAY_FIRST, 0},
        {"900102", BN_DATE_DAY_FIRST, 0},
        {"农历1990年1月2日", BN_DATE_DAY_FIRST, 0},
        {"", BN_DATE_DAY_FIRST, 0},
        {"abc", BN_DATE_DAY_FIRST, 0},
        {"1990-01-02-03", BN_DATE_DAY_FIRST, 0},
        {"99999999999999", BN_DATE_DAY_FIRST, 0},
        {"1799-01-01", BN_DATE_DAY_FIRST, 0},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        bn_date date = {0};
        bn_err err = {0};
        bn_rc rc = bn_date_parse(bn_slice_of(cases[i].text), cases[i].order, &date, &err);
        uint32_t packed = rc == BN_OK ? bn_date_pack(&date) : 0;
        if (packed != cases[i].packed) {
            fail_msg("%s: %u instead of %u (%s)", cases[i].text, packed, cases[i].packed, err.text);
        }
    }
}

static void parse__tells_precision_and_defaults(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bn_date_precision precision;
        bool is_default;
    } cases[] = {
        {"1990-01-01", BN_DATE_TO_DAY, true}, {"1900-01-01", BN_DATE_TO_DAY, true},
        {"1990-05-01", BN_DATE_TO_DAY, false}, {"1990", BN_DATE_TO_YEAR, false},
        {"1990-01", BN_DATE_TO_MONTH, false}, {"1899-12-30", BN_DATE_TO_DAY, true},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        bn_date date = {0};
        bn_err err = {0};
        assert_ok(bn_date_parse(bn_slice_of(cases[i].text), BN_DATE_REFUSE_AMBIGUOUS, &date, &err),
                  err);
        assert_int_equal(date.precision, cases[i].precision);
        assert_int_equal(date.is_default, cases[i].is_default);
    }
}

static void pack__comes_back_for_every_day(void **state)
{
    (void)state;
    unsigned days = 0;
    for (uint32_t packed = 19000000; packed <= 20991231; packed++) {
        bn_date date;
        if (bn_date_unpack(packed, &date) == BN_OK) {
            char text[16];
            bn_date again = {0};
            assert_int_equal(bn_date_pack(&date), packed);
            snprintf(text, sizeof text, "%u", packed);
            bn_rc rc = bn_date_parse(bn_slice_of(text), BN_DATE_REFUSE_AMBIGUOUS, &again, NULL);
            assert_int_equal(rc, BN_OK);
            assert_int_equal(bn_date_pack(&again), packed);
            days += date.precision == BN_DATE_TO_DAY;
        }
    }
    assert_int_equal(days, 73049); /* 200 years, 49 of them leap */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse__reads_every_common_form),
        cmocka_unit_test(parse__tells_precision_and_defaults),
        cmocka_unit_test(pack__comes_back_for_every_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
